//! `nuages init`: what it proposes, what it says, what it refuses, and what it leaves behind.

use std::path::Path;

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

const MANAGE: &str =
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

/// Put together here, so that no scan of this file finds them.
fn value(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s", "Vc5DfW6x", "Tz1QeU0y"];
    (0..5)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}a")
}

fn settings() -> String {
    format!(
        "\"\"\"The shop.\"\"\"\nimport os\nfrom pathlib import Path\n\nSECRET_KEY = '{}'  # generated\n\n\
         DATABASES = {{\n    'default': {{\n        'ENGINE': 'django.db.backends.postgresql',\n        'NAME': 'shop',\n        \
         'USER': os.environ['DB_USER'],\n        'PASSWORD': '{}',\n        'HOST': os.getenv('DB_HOST', 'db.internal'),\n        \
         'CONN_MAX_AGE': 60,\n    }},\n}}\nEMAIL_HOST_PASSWORD = os.environ.get('MAIL_PASSWORD')\n\
         LOG_LEVEL = os.environ.get('LOG_LEVEL', 'INFO')\n",
        value(1),
        value(2)
    )
}

fn shop() -> Project {
    Project::empty()
        .file("manage.py", MANAGE)
        .file("shop/settings.py", settings())
}

fn init(project: &Project, more: &[&str]) -> Outcome {
    let values: Vec<String> = (0..6).map(value).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    project
        .nuages([&["init"], more].concat())
        .output()
        .silent_about(&values)
}

fn key(project: &Project) {
    project.nuages(["key", "new"]).output().code(0);
}

/// A repository of git, as far as it takes one to ignore files.
fn repository(project: &Project) {
    for (file, content) in [
        ("HEAD", "ref: refs/heads/main\n"),
        ("config", "[core]\n\trepositoryformatversion = 0\n"),
        ("objects/.keep", ""),
        ("refs/heads/.keep", ""),
    ] {
        project.write(format!(".git/{file}"), content);
    }
}

/// Every file below a directory, with its content.
fn everything(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// A run that changes nothing.
fn unchanged(name: &str, project: &Project, code: i32, more: &[&str]) {
    let before = everything(project.root());
    let outcome = init(project, more).code(code);
    assert_eq!(everything(project.root()), before, "{name}");
    shot(name, project, &outcome);
}

#[test]
fn a_look_shows_all_and_changes_nothing() {
    unchanged("init_look", &shop(), 0, &[]);
}

#[test]
fn an_env_file_alone_is_enough() {
    let project = Project::empty().file(
        ".env",
        format!(
            "# local\nDEBUG=True\nSECRET_KEY='{}'\nALLOWED_HOSTS=localhost\n",
            value(1)
        ),
    );
    repository(&project);
    shot(
        "init_env_file",
        &project,
        &init(&project, &["--write"]).code(0),
    );
    assert_eq!(project.read(".gitignore"), ".env\n");
    project.nuages(["plan"]).output().code(0);
    let got = project
        .nuages(["get", "secrets://secret-key"])
        .output()
        .code(0);
    assert_eq!(got.stdout(), value(1));
    // What git ignores already is not said again.
    std::fs::remove_file(project.path("nuages.toml")).unwrap();
    init(&project, &["--write"]).code(0);
    assert_eq!(project.read(".gitignore"), ".env\n");
}

#[test]
fn values_move_before_the_settings_change() {
    let project = shop();
    key(&project);
    shot(
        "init_into",
        &project,
        &init(&project, &["--into", "vault", "--yes"]).code(0),
    );
    assert!(!project.read("shop/settings.py").contains(&value(1)));
    let get = |reference: &str| {
        let outcome = project.nuages(["get", reference]).output().code(0);
        outcome.stdout().to_owned()
    };
    assert_eq!(get("vault://secret-key"), value(1));
    assert_eq!(get("vault://database-password"), value(2));
    let json = project
        .nuages(["render", "--only", "databases"])
        .env("DB_USER", "shop_app")
        .output()
        .code(0);
    assert!(json.stdout().contains(&value(2)));
    // There is a manifest now, and it is not the one that these settings would make.
    let outcome = init(&project, &[]).code(2);
    assert!(outcome.stderr().contains("there is a manifest already"));
}

/// A project that depends on the package has its settings ask that.
#[test]
fn settings_of_a_project_with_the_package() {
    let project = shop().file("requirements.txt", "django\nnuages  # secrets\n");
    key(&project);
    shot(
        "init_package",
        &project,
        &init(&project, &["--into", "vault", "--yes"]).code(0),
    );
    let changed = project.read("shop/settings.py");
    for line in [
        "import nuages",
        "SECRET_KEY = nuages.env(\"SECRET_KEY\")  # generated",
        "DATABASES = nuages.databases()",
    ] {
        assert!(changed.lines().any(|there| there == line), "{changed}");
    }
    assert!(!changed.contains("json"), "{changed}");

    // One that imports it depends on it, whatever its files say.
    let project = shop();
    project.write("shop/settings.py", format!("import nuages\n{}", settings()));
    let shown = init(&project, &[]).code(0);
    assert!(shown.stderr().contains("+DATABASES = nuages.databases()"));
    assert!(
        !shown.stderr().contains("+import nuages"),
        "{}",
        shown.stderr()
    );
}

#[test]
fn a_run_that_was_stopped_goes_on() {
    let project = shop();
    key(&project);
    init(&project, &["--into", "secrets", "--yes"]).code(0);
    let (manifest, changed) = (
        project.read("nuages.toml"),
        project.read("shop/settings.py"),
    );
    // As if it had been stopped before the settings were written.
    project.write("shop/settings.py", settings());
    let again = init(&project, &["--into", "secrets", "--yes"]).code(0);
    assert!(!again.stderr().contains("stored"), "{}", again.stderr());
    assert_eq!(project.read("nuages.toml"), manifest);
    assert_eq!(project.read("shop/settings.py"), changed);
}

#[test]
fn another_value_in_the_store_is_left_alone() {
    let project = shop();
    key(&project);
    init(&project, &["--into", "secrets", "--yes"]).code(0);
    project
        .nuages(["put", "--overwrite", "secret-key"])
        .stdin(value(5))
        .output()
        .code(0);
    project.write("shop/settings.py", settings());
    let before = everything(project.root());
    let outcome = init(&project, &["--into", "secrets", "--yes"]).code(4);
    assert_eq!(everything(project.root()), before);
    shot("init_other_value", &project, &outcome);
    init(&project, &["--into", "secrets", "--yes", "--replace"]).code(0);
    let got = project
        .nuages(["get", "secrets://secret-key"])
        .output()
        .code(0);
    assert_eq!(got.stdout(), value(1));
}

#[test]
fn values_that_would_be_nowhere_stay() {
    let project = shop();
    key(&project);
    unchanged("init_nowhere", &project, 2, &["--yes"]);
    unchanged(
        "init_no_one_to_ask",
        &project,
        2,
        &["--write", "--into", "secrets"],
    );
}

#[test]
fn a_store_without_a_key_is_not_begun() {
    unchanged("init_no_key", &shop(), 4, &["--into", "secrets", "--yes"]);
}

#[test]
fn stores_of_every_kind_can_be_asked_for() {
    let project = shop();
    unchanged("init_unknown_kind", &project, 2, &["--provider", "dotnev"]);
    unchanged(
        "init_command",
        &project,
        0,
        &[
            "--provider",
            "command",
            "--set",
            "argv=[\"pass\", \"show\", \"shop/{}\"]",
        ],
    );
    unchanged(
        "init_needs_setting",
        &project,
        2,
        &["--provider", "command"],
    );
    unchanged(
        "init_not_writable",
        &project,
        2,
        &[
            "--provider",
            "file",
            "--set",
            "path=run",
            "--into",
            "secrets",
            "--yes",
        ],
    );
}

#[test]
fn the_settings_are_found_or_asked_for() {
    unchanged("init_nothing_here", &Project::empty(), 2, &[]);
    let project = Project::empty()
        .file(
            "site/manage.py",
            MANAGE.replace("shop.settings", "conf.settings.dev"),
        )
        .file(
            "site/conf/wsgi.py",
            MANAGE.replace("shop.settings", "conf.settings.prod"),
        )
        .file(
            "site/conf/settings/base.py",
            "import os\nA = os.environ['BASE_TOKEN']\n",
        )
        .file("site/conf/settings/dev.py", "from .base import *\n")
        .file(
            "site/conf/settings/prod.py",
            "from .base import *\nB = os.environ['PROD_HOST']\n",
        );
    unchanged("init_several", &project, 2, &[]);
    unchanged(
        "init_module",
        &project,
        0,
        &["--settings", "conf.settings.prod"],
    );
    unchanged(
        "init_no_such_settings",
        &project,
        2,
        &["--settings", "conf.settings.stage"],
    );
    let broken = shop().file("shop/settings.py", "SECRET_KEY = (\n");
    unchanged("init_not_python", &broken, 2, &[]);
}

#[test]
fn a_tracked_env_file_is_warned_of() {
    let project = Project::empty().file(".env", format!("API_TOKEN={}\n", value(1)));
    let git = |arguments: &[&str]| {
        let run = project.program(Path::new("git"), arguments);
        run.output().code(0);
    };
    git(&["init", "-q"]);
    git(&["add", ".env"]);
    let outcome = init(&project, &["--yes"]).code(0);
    assert!(
        outcome.stderr().contains("warning: git tracks `.env`"),
        "{}",
        outcome.stderr()
    );
    assert_eq!(project.read(".gitignore"), ".env\n");
}

#[test]
fn marks_and_line_breaks_stay() {
    let text = format!("\u{feff}# é\r\nSECRET_KEY = \"{}\"\r\n", value(1));
    let project = shop().file("shop/settings.py", text);
    key(&project);
    init(&project, &["--into", "secrets", "--yes"]).code(0);
    assert_eq!(
        project.read("shop/settings.py"),
        "\u{feff}# é\r\nimport os\r\n\r\nSECRET_KEY = os.environ[\"SECRET_KEY\"]\r\n"
    );
}

#[test]
fn a_tutorials_project_is_taken_whole() {
    // Its password is a word that stands in names too.
    let project = shop().file(
        "shop/settings.py",
        format!(
            "SECRET_KEY = '{}'\nDEBUG = True\nDATABASES = {{\n    'default': {{\n        'ENGINE': 'django.db.backends.postgresql',\n        \
             'NAME': 'postgres',\n        'USER': 'postgres',\n        'PASSWORD': 'postgres',\n        'HOST': 'localhost',\n    }}\n}}\n\
             OLD = 'not {} any more'\n",
            value(1),
            value(1)
        ),
    )
    .file(".env", "DEBUG=on\nFLOWER_AUTH=flower:swordfish\n");
    key(&project);
    let outcome = init(&project, &["--into", "secrets", "--yes"]).code(0);
    shot("init_tutorial", &project, &outcome);
    let rendered = project.nuages(["render"]).output().code(0);
    assert!(
        rendered.stdout().contains("\"PASSWORD\": \"postgres\""),
        "{}",
        rendered.stdout()
    );
    let of = |profile: &[&str]| {
        let outcome = project
            .nuages([profile, &["get", "secrets://flower-auth"]].concat())
            .output()
            .code(0);
        outcome.stdout().to_owned()
    };
    assert_eq!(of(&[]), "flower:swordfish");
    assert_eq!(of(&["--profile", "dev"]), "flower:swordfish");
}

/// References of other tools become ours, whichever store the rest goes to; one that has no equal is told.
#[test]
fn references_in_other_tools_words_are_kept_as_ours() {
    let project = Project::empty()
        .file("manage.py", MANAGE)
        .file(
            "shop/settings.py",
            "import os\nfrom dotenv import load_dotenv\nload_dotenv()\n\
             SECRET_KEY = os.environ['SECRET_KEY']\nMAIL = os.environ['MAIL']\nSMS = os.environ['SMS']\n\
             PAY = os.environ['PAY']\nMAP = os.environ['MAP']\nOLD = os.environ['OLD']\n",
        )
        .file(
            ".env",
            "SECRET_KEY=op://shop/django/secret key\n\
             MAIL=@Microsoft.KeyVault(VaultName=shop;SecretName=mail)\n\
             SMS=arn:aws:secretsmanager:eu-west-1:123456789012:secret:sms-AbCdEf:key::\n\
             PAY=ref+awsssm://shop/pay?region=eu-west-1\n\
             AZURE_KEY_VAULT_URL=https://shop.vault.azure.net/\nMAP=azure:keyvault:map\n\
             OLD=ref+vault://secret/old#/x\n",
        );
    unchanged("init_imports", &project, 0, &[]);
}

/// What the manifest says of TLS is so before `check --fix` has changed it, and after.
#[test]
fn what_is_said_of_tls_stays_true() {
    const SAID: &str = "# Without sslmode in OPTIONS libpq checks neither";
    let project = Project::empty().file("manage.py", MANAGE).file(
        "shop/settings.py",
        settings().replace("os.getenv('DB_HOST', 'db.internal')", "'db.shop.example'"),
    );
    key(&project);
    init(&project, &["--into", "vault", "--yes"]).code(0);
    let before = project.read("nuages.toml");
    assert!(
        before.contains(SAID) && !before.contains("OPTIONS ="),
        "{before}"
    );
    project.nuages(["check", "--fix"]).output().code(0);
    let after = project.read("nuages.toml");
    assert!(
        after.contains("sslmode = \"verify-full\", sslrootcert = \"system\" }"),
        "{after}"
    );
    // Comments stay: none of them may speak of what was.
    assert!(after.contains(SAID) && !after.contains("yet"), "{after}");
}
