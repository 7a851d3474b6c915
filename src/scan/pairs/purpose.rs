//! What a file or a line is there for, where the path does not say all of it: values that open nothing, and fixtures that
//! go into a database.

use gix::bstr::ByteSlice as _;

use super::{name::Name, value};
use crate::scan::text::{Kind, Role, Text, file_name};

/// The database that a workflow starts for its tests has a password that opens nothing else, and the key that the tests
/// run with signs nothing else.
pub(super) fn is_throw_away(text: &Text<'_>, name: &Name<'_>, said: &str) -> bool {
    const WORKFLOWS: &[&[u8]] = &[
        b".github/",
        b".gitlab-ci",
        b".circleci/",
        b".travis",
        b".drone",
        b"azure-pipelines",
        b"bitbucket-pipelines",
        b".woodpecker",
        b".buildkite/",
        b"appveyor",
        b".cirrus",
        b"jenkinsfile",
    ];
    const RUNNERS: &[&[u8]] = &[b"pytest.ini", b".pytest.ini", b"tox.ini"];
    const SERVICES: &[&str] = &[
        "postgres", "pg", "mysql", "mariadb", "mongo", "rabbit", "redis", "db", "database",
        "minio", "elastic", "mssql", "sa",
    ];
    let path = text.path.to_ascii_lowercase();
    let is_simple = said.len() <= 12
        && said
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let is_workflow = WORKFLOWS.iter().any(|workflow| path.starts_with(workflow));
    let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let lower = name.text.to_ascii_lowercase();
    let is_of_service = || {
        lower
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(|word| SERVICES.iter().any(|service| word.starts_with(service)))
    };
    let is_key = lower.ends_with("secret_key");
    is_simple && (is_workflow && (is_key || is_of_service()) || is_key && RUNNERS.contains(&file))
        || is_key && is_for_build(text, name)
}

/// The key that an image's build needs to gather its static files signs nothing: `SECRET_KEY=x … collectstatic`, of one
/// command, which may go on over a few lines.
fn is_for_build(text: &Text<'_>, name: &Name<'_>) -> bool {
    let bytes = text.bytes;
    let mut start = name.span.end;
    for _ in 0..if text.kind == Kind::Shell { 4 } else { 0 } {
        let end = value::line_end(bytes, start, 512);
        let line = &bytes[start..end];
        let command = line.iter().position(|byte| b"&;|".contains(byte));
        if line[..command.unwrap_or(line.len())].contains_str("collectstatic") {
            return true;
        }
        if command.is_some() || !line.ends_with(b"\\") {
            return false;
        }
        start = value::whites(bytes, end);
    }
    false
}

/// What `loaddata` puts into a database, of the project itself and not of its tests: models with their fields.
pub(super) fn is_fixture_of_project(text: &Text<'_>) -> bool {
    let head = &text.bytes[..text.bytes.len().min(1024)];
    text.role == Role::Test
        && matches!(text.kind, Kind::Json | Kind::Yaml)
        && text
            .path
            .split(|&byte| byte == b'/')
            .any(|folder| folder == b"fixtures")
        && !is_of_tests(text)
        && !file_name(text.path).contains_str("test")
        && head.contains_str("model")
        && head.contains_str("fields")
}

/// `fixtures` make a test's file by their name alone, but a project's own fixtures hold its users' hashes.
pub(super) fn is_of_tests(text: &Text<'_>) -> bool {
    let is_test = |folder: &[u8]| folder.starts_with(b"test") || folder.starts_with(b"spec");
    text.role == Role::Vendored || text.path.split(|&byte| byte == b'/').any(is_test)
}
