//! Profiles on the manifest, and where the manifest is looked for.

use std::path::Path;

use crate::shot::run;
use crate::support::project::Project;

/// The rendered JSON with these arguments in front.
fn render(project: &Project, arguments: &[&str]) -> serde_json::Value {
    let outcome = project
        .nuages([arguments, &["render", "json"]].concat())
        .output()
        .code(0);
    serde_json::from_str(outcome.stdout()).expect("JSON")
}

fn env(project: &Project, arguments: &[&str]) -> String {
    let rendered = render(project, arguments);
    let entries = rendered.as_object().expect("an object").iter();
    let pairs: Vec<String> = entries
        .map(|(key, value)| format!("{key}={}", value.as_str().expect("text")))
        .collect();
    pairs.join(" ")
}

const LAYERS: &str = r#"[env]
A = "base"
B = "base"

[profiles.one.env]
B = "one"
C = "one"

[profiles.two.env]
C = "two"

[profiles.child]
extends = "one"
env.C = "child"

[profiles.grandchild]
extends = ["two", "child"]
env.D = "grandchild"
"#;

#[test]
fn the_last_profile_wins_and_the_rest_stays() {
    let project = Project::new(LAYERS);
    assert_eq!(env(&project, &[]), "A=base B=base");
    assert_eq!(env(&project, &["--profile", "one"]), "A=base B=one C=one");
    assert_eq!(
        env(&project, &["--profile", "one", "--profile", "two"]),
        "A=base B=one C=two"
    );
    assert_eq!(
        env(&project, &["--profile", "two", "--profile", "one"]),
        "A=base B=one C=one"
    );
}

#[test]
fn a_profile_stands_on_those_it_extends() {
    let project = Project::new(LAYERS);
    assert_eq!(
        env(&project, &["--profile", "child"]),
        "A=base B=one C=child"
    );
    assert_eq!(
        env(&project, &["--profile", "child,grandchild"]),
        env(&project, &["--profile", "child", "--profile", "grandchild"])
    );
    assert_eq!(
        env(&project, &["--profile", "grandchild"]),
        "A=base B=one C=child D=grandchild"
    );
}

#[test]
fn profiles_come_from_the_environment_unless_named() {
    let project = Project::new(LAYERS);
    let with = |profiles: &str, arguments: &[&str]| {
        let run = project
            .nuages([arguments, &["render", "dotenv"]].concat())
            .env("NUAGES_PROFILE", profiles);
        run.output().code(0).stdout().replace('\n', " ")
    };
    assert_eq!(with("one", &[]), "A='base' B='one' C='one' ");
    assert_eq!(with(" one , two ,", &[]), "A='base' B='one' C='two' ");
    assert_eq!(with("", &[]), "A='base' B='base' ");
    assert_eq!(
        with("one", &["--profile", "two"]),
        "A='base' B='base' C='two' "
    );
}

/// A name that cannot be read must not pass for none: the run would use other secrets than it was told to.
#[test]
fn a_profile_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = Project::new(LAYERS);
    let outcome = project
        .nuages(["plan"])
        .env("NUAGES_PROFILE", std::ffi::OsStr::from_bytes(b"one\xff"))
        .output();
    assert_eq!(outcome.status.code(), Some(2), "{}", outcome.stdout());
}

#[test]
fn databases_are_merged_key_by_key() {
    let project = Project::new(
        r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db"
OPTIONS = { sslmode = "require", pool = { min_size = 1, max_size = 4 } }

[profiles.prod.databases.default]
HOST = "prod"
OPTIONS = { pool = { max_size = 8 }, connect_timeout = 3 }

[profiles.gis.databases.default]
ENGINE = "postgis"

[profiles.test.databases.default]
ENGINE = "sqlite3"
NAME = ":memory:"

[profiles.url.databases.default]
url = "mysql://u@h/d"

[profiles.more.databases.reports]
ENGINE = "sqlite3"
"#,
    );
    let default =
        |profile: &str| render(&project, &["--profile", profile])["DATABASES"]["default"].clone();
    assert_eq!(
        default("prod"),
        serde_json::json!({
            "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "prod",
            "OPTIONS": { "sslmode": "require", "pool": { "min_size": 1, "max_size": 8 }, "connect_timeout": 3 },
        })
    );
    // The same kind of server keeps what was said of it, another kind starts afresh, and so does a URL.
    assert_eq!(default("gis")["HOST"], "db");
    assert_eq!(
        default("gis")["ENGINE"],
        "django.contrib.gis.db.backends.postgis"
    );
    assert_eq!(
        default("test"),
        serde_json::json!({ "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:" })
    );
    let by_url = default("url");
    assert_eq!(
        (by_url["ENGINE"].as_str(), by_url["HOST"].as_str()),
        (Some("django.db.backends.mysql"), Some("h"))
    );
    assert!(
        by_url
            .get("OPTIONS")
            .is_none_or(|options| options.get("sslmode").is_none()),
        "{by_url}"
    );
    let both = render(&project, &["--profile", "more"]);
    assert_eq!(both["DATABASES"].as_object().expect("an object").len(), 2);
}

#[test]
fn instances_keep_their_settings_unless_their_kind_changes() {
    let project = Project::new(
        r#"[providers.secrets]
kind = "file"
path = "base"
keep_newline = true

[env]
A = "${secrets://a-name}"

[profiles.other.providers.secrets]
path = "other"

[profiles.dev.providers.secrets]
kind = "dotenv"
"#,
    )
    .file("base/a-name", "base\n")
    .file("other/a-name", "other\n")
    .file(".env", "A_NAME=dev\n");
    assert_eq!(env(&project, &[]), "A=base\n");
    assert_eq!(
        env(&project, &["--profile", "other"]),
        "A=other\n",
        "`keep_newline` stays"
    );
    assert_eq!(
        env(&project, &["--profile", "dev"]),
        "A=dev",
        "`path` means nothing to another kind"
    );
}

/// Entries of `[env]` and `[files]` are replaced whole: an optional one may become a required one.
#[test]
fn entries_are_replaced_whole() {
    let project = Project::new(
        "[env]\nA = { value = \"${env://NONE}\", optional = true, as = \"int\" }\n[profiles.strict.env]\nA = \"${env://NONE}\"\n",
    );
    assert_eq!(env(&project, &[]), "");
    project
        .nuages(["--profile", "strict", "render", "json"])
        .output()
        .code(4);
}

/// Plans in `directory` and gives the exit code.
fn plan_in(project: &Project, directory: &Path) -> i32 {
    let mut command = project.nuages(["plan"]).into_command();
    command.current_dir(directory);
    run(command).status.code().expect("an exit code")
}

#[test]
fn the_manifest_is_looked_for_up_to_the_git_root_and_not_beyond() {
    let project = Project::new("")
        .file("repository/a/b/c/x", "")
        .file("repository/.git/HEAD", "ref: refs/heads/main\n");
    let deep = project.path("repository/a/b/c");
    assert_eq!(
        plan_in(&project, &deep),
        3,
        "what lies above the git root is somebody else's"
    );
    project.write("repository/nuages.toml", "");
    for directory in ["repository", "repository/a", "repository/a/b/c"] {
        assert_eq!(
            plan_in(&project, &project.path(directory)),
            0,
            "{directory}"
        );
    }
    project.write("repository/a/b/nuages.toml", "broken");
    assert_eq!(plan_in(&project, &deep), 3, "the nearest one counts");
    assert_eq!(plan_in(&project, &project.path("repository/a")), 0);
    std::fs::remove_file(project.path("repository/a/b/nuages.toml"))
        .expect("the file can be removed");

    // A linked worktree and a submodule have a file `.git`.
    project.write("repository/a/b/.git", "gitdir: elsewhere\n");
    assert_eq!(plan_in(&project, &deep), 3);
}

#[test]
fn without_git_only_this_directory_is_looked_in() {
    let project = Project::new("").file("below/x", "");
    assert_eq!(plan_in(&project, project.root()), 0);
    assert_eq!(plan_in(&project, &project.path("below")), 3);
}

#[test]
fn paths_start_at_the_manifest() {
    let project = Project::new("[env]\nA = \"${file://secret}\"\n")
        .file("secret", "x")
        .file(".git/HEAD", "")
        .file("a/b/x", "");
    let mut command = project.nuages(["render", "dotenv"]).into_command();
    command.current_dir(project.path("a/b"));
    assert_eq!(run(command).code(0).stdout(), "A='x'\n");
}

#[test]
fn a_manifest_is_named_by_option_or_environment() {
    let project = Project::new("[env]\nA = \"here\"\n")
        .file("x/one.toml", "[env]\nA = \"one\"\n")
        .file("x/two.toml", "[env]\nA = \"two\"\n");
    let rendered = |arguments: &[&str], variable: &str| {
        let run = project
            .nuages([arguments, &["render", "dotenv"]].concat())
            .env("NUAGES_MANIFEST", variable);
        run.output().code(0).stdout().to_owned()
    };
    assert_eq!(rendered(&[], ""), "A='here'\n");
    assert_eq!(rendered(&[], "x/one.toml"), "A='one'\n");
    assert_eq!(rendered(&["-f", "x/two.toml"], "x/one.toml"), "A='two'\n");
    assert_eq!(
        rendered(&["--manifest", "x/two.toml"], "none.toml"),
        "A='two'\n"
    );
    project
        .nuages(["plan"])
        .env("NUAGES_MANIFEST", "none.toml")
        .output()
        .code(3);
}
