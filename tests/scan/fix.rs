//! `nuages scan --fix`, from a project with literals to one that gets the very same values from a store.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::project::{Outcome, Project};

const MANIFEST: &str = "\
# the shop's secrets
[scan]
exclude = [\"keys\", \"secrets.age\"]
[providers.secrets]   # one store
kind = \"age\"
key_file = \"keys/age.key\"
";

/// Values that a generator could have made; put together here so that no scan of this file finds them.
fn value(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s", "Vc5DfW6x", "Tz1QeU0y"];
    (0..5)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}a")
}

/// A project with an age store and its key.
fn project(manifest: &str) -> Project {
    let project = Project::new(manifest);
    project.nuages(["key", "new"]).output().code(0);
    project
}

fn fix(project: &Project, more: &[&str]) -> Outcome {
    project.nuages([&["scan", "--fix"], more].concat()).output()
}

fn get(project: &Project, secret: &str) -> String {
    let reference = format!("secrets://{secret}");
    let outcome = project.nuages(["get", &reference]).output().code(0);
    outcome.stdout().to_owned()
}

/// What Python prints in the environment that the manifest makes.
fn python(project: &Project, script: &str) -> String {
    let command = ["exec", "--", "python3", "-B", "-c", script];
    project.nuages(command).output().code(0).stdout().to_owned()
}

/// Every file below a directory, with its content and permissions.
fn everything(root: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut all = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let mode = path.metadata().unwrap().permissions().mode();
            all.push((
                path.display().to_string(),
                mode,
                std::fs::read(&path).unwrap(),
            ));
        }
    }
    all.sort();
    all
}

fn settings(values: &[String]) -> String {
    let [key, password, replica, default, library, api] = values else {
        unreachable!()
    };
    format!(
        "\"\"\"The shop's settings.\"\"\"\n\
         from __future__ import annotations\n\
         \n\
         # imports\n\
         import sys\n\
         \n\
         SECRET_KEY = '{key}'  # generated\n\
         DATABASES = {{\n    \
             \"default\": {{\"NAME\": \"shop\", \"PASSWORD\": r\"{password}\"}},\n    \
             \"replica\": dict(NAME=\"shop\", PASSWORD=\"{replica}\"),\n\
         }}\n\
         import os\n\
         EMAIL_HOST_PASSWORD = os.environ.get(\n    \"MAIL_PASSWORD\",\n    \"{default}\",\n)\n\
         def env(name, cast=str, **rest):\n    \
             return cast(os.environ[name] if name in os.environ else rest[\"default\"])\n\
         API_SECRET = env(\"API_SECRET\", default=\"{library}\", cast=str)\n\
         class Payments:\n    \
             apiKey = b\"{api}\"\n"
    )
}

#[test]
fn the_settings_get_the_very_values_from_the_store() {
    let values: Vec<String> = (0..6).map(value).collect();
    let all: Vec<&str> = values.iter().map(String::as_str).collect();
    let project = project(MANIFEST).file("settings.py", settings(&values));
    let path = project.path("settings.py");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = "import settings as s; \
        print(s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.DATABASES['replica']['PASSWORD'], \
        s.EMAIL_HOST_PASSWORD, s.API_SECRET, s.Payments.apiKey)";
    let before = python(&project, script);
    assert!(
        all.iter().all(|value| before.contains(value)),
        "all are used"
    );

    let outcome = fix(&project, &["--yes"]).code(0).silent_about(&all);
    let said = outcome.stderr();
    for line in [
        "-SECRET_KEY = '…'  # generated",
        "+SECRET_KEY = os.environ[\"SECRET_KEY\"]  # generated",
        "+SECRET_KEY = \"${secrets://secret-key}\"",
        "--- settings.py",
        "--- nuages.toml",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    assert!(said.contains("rotate "), "{said}");

    let after = project.read("settings.py");
    assert!(all.iter().all(|value| !after.contains(value)), "{after}");
    for part in [
        "# imports\nimport os\nimport sys\n",
        "\"PASSWORD\": os.environ[\"DATABASE_PASSWORD\"]}",
        "PASSWORD=os.environ[\"REPLICA_DATABASE_PASSWORD\"])",
        "EMAIL_HOST_PASSWORD = os.environ[\"MAIL_PASSWORD\"]\n",
        "API_SECRET = env(\"API_SECRET\", cast=str)\n",
        "apiKey = os.environ[\"API_KEY\"].encode()\n",
    ] {
        assert!(after.contains(part), "{part}\n{after}");
    }
    assert_eq!(project.mode("settings.py"), 0o755);
    assert_eq!(python(&project, script), before);
    let manifest = project.read("nuages.toml");
    assert!(manifest.starts_with(MANIFEST), "{manifest}");
    assert!(
        manifest.contains("MAIL_PASSWORD = \"${secrets://mail-password}\"\n"),
        "{manifest}"
    );

    let again = fix(&project, &["--yes"]).code(0);
    assert!(again.stderr().contains("nothing to take out"));
    assert_eq!(project.read("settings.py"), after);
}

#[test]
fn a_line_of_an_env_file_becomes_a_comment() {
    let (password, url) = (value(1), format!("postgres://shop:{}@db/shop", value(2)));
    let project = project(MANIFEST).file(
        ".env",
        format!(
            "# local\nDEBUG=1\nexport DB_PASSWORD='{password}' # mine\nDATABASE_URL={url}\r\nLAST=x"
        ),
    );
    fix(&project, &["--yes"])
        .code(0)
        .silent_about(&[&password, &value(2)]);
    assert_eq!(
        project.read(".env"),
        "# local\nDEBUG=1\n# DB_PASSWORD: in the store, see nuages.toml # mine\n\
         # DATABASE_URL: in the store, see nuages.toml\r\nLAST=x"
    );
    assert_eq!(project.mode(".env"), 0o600);
    assert_eq!(get(&project, "db-password"), password);
    assert_eq!(
        python(&project, "import os; print(os.environ['DATABASE_URL'])"),
        format!("{url}\n")
    );
}

#[test]
fn what_cannot_be_changed_is_named_and_left() {
    let (joined, formatted, key) = (value(1), value(2), value(3));
    let source = format!(
        "SECRET_KEY = \"{joined}\" + \"tail\"\nAPI_TOKEN = f\"{formatted}{{1}}\"\nEMAIL_HOST_PASSWORD = \"{key}\"\n"
    );
    let project = project(MANIFEST)
        .file("settings.py", &source)
        .file("values.yaml", format!("db_password: {}\n", value(4)))
        .file(
            "tests/test_shop.py",
            format!("SECRET_KEY = \"{}\"\n", value(0)),
        );
    let outcome = fix(&project, &["--yes", "--confidence", "low"])
        .code(1)
        .silent_about(&[&joined, &formatted, &key, &value(4), &value(0)]);
    for left in [
        "settings.py:1:",
        "settings.py:2:",
        "values.yaml:1:",
        "tests/test_shop.py:1:",
    ] {
        let left = format!("left: {left}");
        assert!(
            outcome.stderr().contains(&left),
            "{left}\n{}",
            outcome.stderr()
        );
    }
    let after = project.read("settings.py");
    assert!(after.contains(&joined) && after.contains(&formatted));
    assert!(
        after.ends_with("EMAIL_HOST_PASSWORD = os.environ[\"EMAIL_HOST_PASSWORD\"]\n"),
        "{after}"
    );
    assert!(after.starts_with("import os\n\nSECRET_KEY"), "{after}");
}

#[test]
fn two_values_of_one_name_are_two_variables() {
    let (one, two) = (value(1), value(2));
    let project = project(MANIFEST)
        .file("a.py", format!("SECRET_KEY = \"{one}\"\n"))
        .file(
            "b.py",
            format!("import os\nSECRET_KEY = \"{two}\"\nX = os.getenv(\"OTHER\")\n"),
        );
    fix(&project, &["--yes", "b.py", "a.py"]).code(0);
    let script = "import a, b; print(a.SECRET_KEY, b.SECRET_KEY)";
    assert_eq!(python(&project, script), format!("{one} {two}\n"));
}

/// Nothing at all may have changed, and no value may be said.
fn refused(project: &Project, more: &[&str], code: i32, says: &str) {
    let before = everything(project.root());
    let outcome = fix(project, more).code(code).silent_about(&[&value(1)]);
    assert!(
        outcome.stderr().contains(says),
        "{says}\n{}",
        outcome.stderr()
    );
    assert_eq!(everything(project.root()), before, "{says}");
}

#[test]
fn what_is_in_the_way_is_said_before_anything_is_changed() {
    let source = format!("SECRET_KEY = \"{}\"\n", value(1));
    let with = |manifest: &str| project(manifest).file("settings.py", &source);

    let none = Project::empty().file("settings.py", &source);
    refused(&none, &["--yes"], 3, "nuages key new");

    let nowhere = Project::new("").file("settings.py", &source);
    refused(&nowhere, &["--yes"], 2, "no instance that can be written");

    let two = with(&format!(
        "{MANIFEST}[providers.b]\nkind = \"age\"\npath = \"b.age\"\n"
    ));
    refused(&two, &["--yes"], 2, "--instance NAME");
    refused(&two, &["--yes", "--instance", "c"], 2, "`secrets`");

    let clash = with(&format!(
        "{MANIFEST}[env]\nSECRET_KEY = \"${{secrets://old}}\"\n"
    ));
    refused(&clash, &["--yes"], 3, "`env.SECRET_KEY` is there already");
    let overlay = with(&format!(
        "{MANIFEST}[profiles.p.env]\nSECRET_KEY = \"${{secrets://old}}\"\n"
    ));
    refused(
        &overlay,
        &["--yes", "--profile", "p"],
        3,
        "`env.SECRET_KEY` is there already",
    );

    let stored = with(MANIFEST);
    stored
        .nuages(["put", "secret-key"])
        .stdin("other")
        .output()
        .code(0);
    refused(&stored, &["--yes"], 4, "another value for `secret-key`");

    let alone = with(MANIFEST);
    refused(&alone, &[], 2, "`--yes` goes ahead");

    // Where the store has the very value, and the manifest the very entry, there is nothing against it.
    let there = with(&format!(
        "{MANIFEST}[env]\nSECRET_KEY = \"${{secrets://secret-key}}\"\n"
    ));
    there
        .nuages(["put", "secret-key"])
        .stdin(value(1))
        .output()
        .code(0);
    let before = (there.read("nuages.toml"), there.read("secrets.age"));
    fix(&there, &["--yes"]).code(0);
    assert_eq!(
        (there.read("nuages.toml"), there.read("secrets.age")),
        before
    );
    assert!(
        there
            .read("settings.py")
            .contains("os.environ[\"SECRET_KEY\"]")
    );
}

/// Runs the program at a terminal of its own and types an answer.
fn at_a_terminal(project: &Project, answer: &str) -> (i32, String) {
    const SCRIPT: &str = "\
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], 'scan', '--fix'])
said = b''
asked = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if b'[y/N]' in said and not asked:
        asked = True
        os.write(terminal, sys.argv[2].encode() + b'\\n')
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
print(said.decode())
";
    let python = project.program(
        "python3".as_ref(),
        ["-c", SCRIPT, env!("CARGO_BIN_EXE_nuages"), answer],
    );
    let outcome = python.output().code(0).silent_about(&[&value(1)]);
    let (code, said) = outcome.stdout().split_once('\n').unwrap();
    (code.parse().unwrap(), said.to_owned())
}

#[test]
fn at_a_terminal_it_asks() {
    let source = format!("SECRET_KEY = \"{}\"\n", value(1));
    let project = project(MANIFEST).file("settings.py", &source);
    let before = everything(project.root());
    let (code, said) = at_a_terminal(&project, "n");
    assert!(
        said.contains("write the values to `secrets` and change 2 files? [y/N]"),
        "{said}"
    );
    assert_eq!(code, 1);
    assert_eq!(everything(project.root()), before);

    let (code, said) = at_a_terminal(&project, "y");
    assert_eq!(code, 0, "{said}");
    assert_eq!(get(&project, "secret-key"), value(1));
    assert!(!project.read("settings.py").contains(&value(1)));
}

#[test]
fn what_was_done_before_a_failure_is_said() {
    let source = format!(
        "SECRET_KEY = \"{}\"\n{}",
        value(1),
        "x = 1\n".repeat(10_000)
    );
    let project = project(MANIFEST).file("settings.py", &source);
    // No file of this run may grow over 8 KiB: the store and the manifest do not, the settings would.
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let words = ["-c", limited, "sh", nuages, "scan", "--fix", "--yes"];
    let outcome = project
        .program("sh".as_ref(), words)
        .output()
        .code(4)
        .silent_about(&[&value(1)]);
    for said in [
        "cannot change `settings.py`",
        "done before that: stored `secrets://secret-key`, changed `nuages.toml`\n",
    ] {
        assert!(
            outcome.stderr().contains(said),
            "{said}\n{}",
            outcome.stderr()
        );
    }
    assert_eq!(project.read("settings.py"), source);

    // The next run goes on from there.
    fix(&project, &["--yes"]).code(0);
    assert_eq!(get(&project, "secret-key"), value(1));
    assert!(!project.read("settings.py").contains(&value(1)));
}

#[test]
fn a_store_that_cannot_be_read_stops_everything() {
    let project = project(MANIFEST).file("settings.py", format!("SECRET_KEY = \"{}\"\n", value(1)));
    std::fs::create_dir(project.path("secrets.age")).unwrap();
    refused(&project, &["--yes"], 4, "secrets.age");
}

#[test]
fn an_env_file_that_the_manifest_reads_stays() {
    let text = format!("DB_PASSWORD={}\n", value(1));
    let manifest = format!("{MANIFEST}[profiles.dev.providers.secrets]\nkind = \"dotenv\"\n");
    let project = project(&manifest).file(".env", &text);
    refused(&project, &["--yes"], 1, "left: .env:1:13");
}
