//! Files that should never be in a commit, whatever their values look like: an env file, a rendered `DATABASES`.

use gix::bstr::ByteSlice as _;

use super::{
    detect::Match,
    text::{Role, Text, file_name, is_env_file},
};
use crate::finding::Confidence;

/// What is to be said of a file that is about to be committed.
pub(super) fn check(text: &Text<'_>) -> Option<Match> {
    let is_env =
        is_env_file(&file_name(text.path).to_ascii_lowercase()) && text.role != Role::Example;
    if is_env && holds_assignment(text.bytes) {
        return Some(found("env-file", "an env file belongs into `.gitignore`"));
    }
    is_rendered(text.bytes).then(|| {
        found(
            "rendered-file",
            "it has the shape of a rendered `DATABASES` with a password",
        )
    })
}

fn found(rule: &'static str, note: &'static str) -> Match {
    Match {
        rule: rule.into(),
        span: 0..0,
        confidence: Confidence::High,
        notes: vec![note.into()],
    }
}

/// Whether any name has a value.
fn holds_assignment(bytes: &[u8]) -> bool {
    bytes.lines().any(|line| {
        let line = line.trim_ascii();
        let value = line
            .split_once_str("=")
            .map(|(_, value)| value.trim_ascii());
        !line.starts_with(b"#")
            && value.is_some_and(|value| !value.is_empty() && value != b"\"\"" && value != b"''")
    })
}

/// Whether it is JSON whose every entry is a database, one of them with a password.
fn is_rendered(bytes: &[u8]) -> bool {
    if !bytes.trim_ascii_start().starts_with(b"{") || !bytes.contains_str("\"ENGINE\"") {
        return false;
    }
    let document: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let Some(databases) = document.as_ref().and_then(serde_json::Value::as_object) else {
        return false;
    };
    let is_password =
        |value: &serde_json::Value| value.as_str().is_some_and(|password| !password.is_empty());
    !databases.is_empty()
        && databases
            .values()
            .all(|database| database["ENGINE"].is_string())
        && databases
            .values()
            .any(|database| is_password(&database["PASSWORD"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str, text: &str) -> Option<String> {
        check(&Text::new(path.into(), text.as_bytes())).map(|found| found.rule.into_owned())
    }

    #[test]
    fn stops_env_files_with_values_and_lets_examples_pass() {
        for path in [".env", "deploy/.env.production", "prod.env", ".envrc"] {
            assert_eq!(
                rule(path, "# ours\nDEBUG=off\n").as_deref(),
                Some("env-file"),
                "{path}"
            );
        }
        for path in [
            ".env.example",
            ".env.sample",
            "env.py",
            "docs/.env.template",
            ".env.dist",
        ] {
            assert_eq!(rule(path, "DEBUG=off\n"), None, "{path}");
        }
        assert_eq!(rule(".env", "# DEBUG=off\nNAME=\nOTHER=\"\"\n"), None);
    }

    #[test]
    fn stops_a_rendered_databases() {
        let rendered = r#"{"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "PASSWORD": "p"}}"#;
        assert_eq!(
            rule("databases.json", rendered).as_deref(),
            Some("rendered-file")
        );
        assert_eq!(
            rule("databases.json", &rendered.replace("\"p\"", "\"\"")),
            None
        );
        assert_eq!(
            rule("fixture.json", r#"[{"ENGINE": "x", "PASSWORD": "p"}]"#),
            None
        );
    }
}
