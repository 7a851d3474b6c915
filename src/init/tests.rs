//! Projects as they are found, and what is proposed for them.

use super::*;
use crate::scan::rule;

const PASSWORD: &str = "Kq7ZpX2vLm9RtY4w";
const KEY: &str = "Nb3GhJ8sVc5DfW6xTz1Q";

fn store(kind: &str) -> Store {
    Store {
        instance: "secrets".to_owned(),
        kind: kind.to_owned(),
        settings: Vec::new(),
        dev: None,
    }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<Variable> {
    let one = |(name, value): &(&str, &str)| Variable {
        name: (*name).to_owned(),
        value: Some(Zeroizing::new((*value).to_owned())),
    };
    pairs.iter().map(one).collect()
}

/// The proposal for one file of settings and an env file, and the settings as they would be.
fn proposed(text: &str, env: &[(&str, &str)]) -> (Proposal, String, String) {
    let project = Project {
        settings: vec![Settings {
            path: "shop/settings.py".to_owned(),
            text: Zeroizing::new(text.to_owned()),
        }],
        env: Some(EnvFile {
            path: ".env".to_owned(),
            variables: variables(env),
        }),
        store: store("file"),
        has_package: false,
        import: &|text| {
            text.starts_with("op://")
                .then(|| Ok(format!("file:///{text}")))
        },
    };
    let detector = Detector::new(rule::built_in().into());
    let proposal = propose(&project, &detector, &Registry::builtin()).unwrap();
    let diff = proposal
        .edits
        .iter()
        .map(|edit| proposal.diff(edit, &project, &detector))
        .collect::<String>();
    for secret in [PASSWORD, KEY] {
        assert!(!proposal.manifest.contains(secret), "{}", proposal.manifest);
        assert!(!diff.contains(secret), "{diff}");
        assert!(!proposal.left.concat().contains(secret));
        assert!(!format!("{:?}", proposal.moves).contains(secret));
    }
    let new = proposal
        .edits
        .first()
        .map_or_else(|| text.to_owned(), |edit| edit.new.to_string());
    (proposal, new, diff)
}

fn has(text: &str, line: &str) {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.lines().any(|there| squeezed(there) == line),
        "{line}\n{text}"
    );
}

#[test]
fn a_dictionary_becomes_databases_of_the_manifest() {
    let (proposal, new, diff) = proposed(
        &format!(
            "import os\nDATABASES = {{\n  'default': {{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop',\n   \
             'PASSWORD': '{PASSWORD}', 'HOST': os.environ.get('DB_HOST', 'db.internal'), 'PORT': '', 'USER': os.environ['DB_USER'],\n   \
             'CONN_MAX_AGE': None, 'ATOMIC_REQUESTS': True, 'OPTIONS': {{'sslkey': 'a${{b}}', 'keepalives': 1, 'hosts': ['a', 'b']}}}},\n  \
             'old': dict(ENGINE='x.y', PASSWORD=os.getenv('OLD_PASSWORD'), HOST=None),\n}}\n"
        ),
        &[("DB_USER", "shop_app2"), ("OLD_PASSWORD", "x")],
    );
    let manifest = &proposal.manifest;
    for line in [
        "ENGINE = \"postgresql\"",
        "PASSWORD = \"${secrets://database-password}\"",
        "HOST = \"${env://DB_HOST:-db.internal}\"",
        "USER = \"${env://DB_USER:-shop_app2}\"",
        "CONN_MAX_AGE = \"none\"",
        "ATOMIC_REQUESTS = true",
        "OPTIONS = { sslkey = \"a$${b}\", keepalives = 1, hosts = [\"a\", \"b\"] }",
        "PASSWORD = \"${secrets://old-password}\"",
        "ENGINE = \"x.y\"",
    ] {
        has(manifest, line);
    }
    assert!(
        manifest.contains("verify-full"),
        "a word on TLS: {manifest}"
    );
    assert!(
        !manifest.contains("[env]"),
        "the databases take them all: {manifest}"
    );
    assert!(
        new.starts_with(
            "import json\nimport os\nDATABASES = json.loads(os.environ[\"DATABASES\"])\n"
        ),
        "{new}"
    );
    assert!(diff.contains("'PASSWORD': '…'"), "{diff}");
    let moves: Vec<(&str, bool)> = proposal
        .moves
        .iter()
        .map(|one| (one.secret.as_str(), one.is_of_settings))
        .collect();
    assert_eq!(
        moves,
        [("database-password", true), ("old-password", false)]
    );
}

#[test]
fn what_is_not_understood_in_every_part_stays() {
    for databases in [
        "{'default': {'ENGINE': 'sqlite3', 'NAME': BASE_DIR / 'db.sqlite3', 'PASSWORD': '@'}}",
        "{'default': {**BASE, 'PASSWORD': '@'}}",
        "{'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': '@', 'OPTIONS': {'timeout': int(os.environ['T'])}}}",
        "{'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': '@', 'NO_KEY_of_django': 1}}",
        "{'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': '@'}}\nif x:\n    DATABASES = {}",
    ] {
        let text = format!(
            "import os\nDATABASES = {}\n",
            databases.replace('@', PASSWORD)
        );
        let (proposal, new, _) = proposed(&text, &[]);
        assert!(
            !proposal.manifest.contains("[databases"),
            "{}",
            proposal.manifest
        );
        has(
            &proposal.manifest,
            "DATABASE_PASSWORD = \"${secrets://database-password}\"",
        );
        let expected = text.replace(
            &format!("'{PASSWORD}'"),
            "os.environ[\"DATABASE_PASSWORD\"]",
        );
        assert_eq!(new, expected);
    }
}

#[test]
fn urls_become_urls() {
    let (proposal, new, _) = proposed(
        &format!(
            "DATABASES = {{'default': env.db(), 'a': dj_database_url.config('A_URL', conn_max_age=60, ssl_require=True),\n \
             'b': dj_database_url.parse('postgres://u:{PASSWORD}@h/d'), 'c': config('C_URL', default='sqlite:///x', cast=db_url)}}\n"
        ),
        &[("DATABASE_URL", "sqlite:///db.sqlite3")],
    );
    for line in [
        "url = \"${secrets://database-url}\"",
        "url_style = \"django-environ\"",
        "url = \"${secrets://a-url}\"",
        "OPTIONS = { sslmode = \"require\" }",
        "url = \"${secrets://b-database-url}\"",
        "url = \"${secrets://c-url:-sqlite:///x}\"",
    ] {
        has(&proposal.manifest, line);
    }
    assert!(
        new.ends_with("DATABASES = json.loads(os.environ[\"DATABASES\"])\n"),
        "{new}"
    );
}

#[test]
fn variables_are_what_their_readers_make_of_them() {
    let (proposal, new, _) = proposed(
        &format!(
            "import os, environ\nenv = environ.Env(DEBUG=(bool, False))\nSECRET_KEY = '{KEY}'  # why\n\
             A = os.environ['PLAIN']\nB = os.getenv('WITH_DEFAULT', 'x')\nC = env('API_TOKEN')\nD = env.bool('DEBUG')\n\
             E = config('MAIL_PASSWORD', default='', cast=str)\nif 'MAYBE' in os.environ:\n    F = os.environ['MAYBE']\n\
             G = os.environ['PATH']\nH = env('KNOWN_TOKEN', default='{PASSWORD}')\nI = env.int('N', 3)\n"
        ),
        &[
            ("PLAIN", "a}b|c"),
            ("EXTRA", "shop.example.com"),
            ("KNOWN_TOKEN", KEY),
            ("ONE_PASSWORD", "op://vault/item/field"),
            ("not a name", "x"),
            ("EMPTY_KEY", ""),
            ("WITH_SECRET_HOST", &format!("{KEY}.example.com")),
        ],
    );
    for line in [
        "SECRET_KEY = \"${secrets://secret-key}\"",
        "PLAIN = \"${env://PLAIN:-a$}b$|c}\"",
        "WITH_DEFAULT = { value = \"${env://WITH_DEFAULT}\", optional = true }",
        "API_TOKEN = \"${secrets://api-token}\"",
        "DEBUG = { value = \"${env://DEBUG}\", optional = true }",
        "MAIL_PASSWORD = { value = \"${secrets://mail-password}\", optional = true }",
        "MAYBE = { value = \"${env://MAYBE}\", optional = true }",
        "KNOWN_TOKEN = \"${secrets://known-token}\"",
        "N = { value = \"${env://N}\", optional = true }",
        "EXTRA = \"${env://EXTRA:-shop.example.com}\"",
        "ONE_PASSWORD = \"${file:///op://vault/item/field}\"",
        "EMPTY_KEY = \"${env://EMPTY_KEY:-}\"",
        "WITH_SECRET_HOST = \"${secrets://with-secret-host}\"",
    ] {
        has(&proposal.manifest, line);
    }
    assert!(!proposal.manifest.contains("PATH"), "{}", proposal.manifest);
    assert_eq!(proposal.unknown, ["api-token"]);
    assert!(
        new.contains("SECRET_KEY = os.environ[\"SECRET_KEY\"]  # why\n"),
        "{new}"
    );
    assert!(new.contains("H = env('KNOWN_TOKEN')\n"), "{new}");
    let of = |name: &str| {
        let mut moves = proposal.moves.iter();
        moves.find(|one| one.variable == name).map(Move::expose)
    };
    assert_eq!(of("KNOWN_TOKEN"), Some(KEY), "the env file counts");
    assert_eq!(of("SECRET_KEY"), Some(KEY));
    assert_eq!(of("ONE_PASSWORD"), None, "a reference is no value");
}

#[test]
fn line_breaks_of_windows_and_comments_stay() {
    let text = format!(
        "# é\r\nSECRET_KEY = '{KEY}' # é\r\nDATABASES = {{'default': {{'ENGINE': 'mssql', 'PASSWORD': 'x'}}}}  # end\r\nX = 1"
    );
    let (_, new, diff) = proposed(&text, &[]);
    assert_eq!(
        new,
        "# é\r\nimport json\r\nimport os\r\n\r\nSECRET_KEY = os.environ[\"SECRET_KEY\"] # é\r\n\
         DATABASES = json.loads(os.environ[\"DATABASES\"])  # end\r\nX = 1"
    );
    assert!(diff.contains("'PASSWORD': '…'"), "{diff}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let (proposal, new, _) = proposed(
        &format!(
            "SECRET_KEY = '{KEY}' + 'tail'\nenv.prefixed('X_')\nDATABASES = {{'default': {{'ENGINE': 'sqlite3'}}}}\n"
        ),
        &[("DEBUG", "True")],
    );
    let left = proposal.left.join("\n");
    for said in [
        "line 1: `django-secret-key`",
        "with a prefix",
        "`DEBUG` is on",
    ] {
        assert!(left.contains(said), "{said}\n{left}");
    }
    assert!(new.contains(KEY));
    assert!(!proposal.manifest.contains("[databases"));

    let project = Project {
        settings: vec![Settings {
            path: "settings.py".to_owned(),
            text: Zeroizing::new("x = (".to_owned()),
        }],
        env: None,
        store: store("file"),
        has_package: false,
        import: &|_| None,
    };
    let detector = Detector::new(rule::built_in().into());
    let none = propose(&project, &detector, &Registry::builtin());
    assert!(matches!(none, Err(NoProposal::NotPython(path)) if path == "settings.py"));
}

#[test]
fn a_store_that_reads_env_files_is_asked_for_the_very_name() {
    let project = Project {
        settings: Vec::new(),
        env: Some(EnvFile {
            path: ".env".to_owned(),
            variables: variables(&[
                ("db_password", KEY),
                ("_TOKEN", PASSWORD),
                ("API_KEY", KEY),
                ("TOKEN", KEY),
                ("token", PASSWORD),
            ]),
        }),
        store: store("dotenv"),
        has_package: false,
        import: &|_| None,
    };
    let detector = Detector::new(rule::built_in().into());
    let proposal = propose(&project, &detector, &Registry::builtin()).unwrap();
    has(
        &proposal.manifest,
        "db_password = \"${secrets://db_password}\"",
    );
    has(&proposal.manifest, "_TOKEN = \"${secrets://_TOKEN}\"");
    has(&proposal.manifest, "API_KEY = \"${secrets://api-key}\"");
    has(&proposal.manifest, "TOKEN = \"${secrets://TOKEN}\"");
    has(&proposal.manifest, "token = \"${secrets://token}\"");
}

#[test]
fn star_imports_and_libraries_are_seen() {
    let text = "from .base import *\nfrom ..common.all import *\nfrom django.conf.global_settings import *\nfrom .x import y\nimport environ\n";
    let parents = parents(text);
    let shown: Vec<(u32, &str)> = parents
        .iter()
        .map(|parent| (parent.level, parent.module.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (1, "base"),
            (2, "common.all"),
            (0, "django.conf.global_settings")
        ]
    );
    assert_eq!(libraries(text), [Library::DjangoEnviron]);
}

#[test]
fn a_password_that_is_a_word_is_no_obstacle() {
    let (proposal, new, _) = proposed(
        "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'postgres',\n  \
         'USER': os.environ.get('DB_USER', 'postgres'), 'PASSWORD': 'postgres', 'HOST': 'db',\n  \
         'OPTIONS': {'extra_params': 'Pwd=word;'}}}\n",
        &[
            ("DB_USER", "postgres"),
            ("PGHOST", "postgres"),
            ("ADMIN", "me:swordfish"),
            ("DB_PASSWORD", "swordfish"),
        ],
    );
    for line in [
        "ENGINE = \"postgresql\"",
        "NAME = \"postgres\"",
        "USER = \"${env://DB_USER:-postgres}\"",
        "PASSWORD = \"${secrets://database-password}\"",
        "OPTIONS = { extra_params = \"${secrets://database-extra-params}\" }",
        "PGHOST = \"${env://PGHOST:-postgres}\"",
        "ADMIN = \"${secrets://admin}\"",
    ] {
        has(&proposal.manifest, line);
    }
    assert!(new.contains("json.loads"), "{new}");
}

#[test]
fn databases_that_stay_and_values_that_stand_elsewhere_are_told() {
    let head = format!("import os\nNOTE = 'say {PASSWORD}'\nDB_PASSWORD = '{PASSWORD}'\n");
    for (databases, why) in [
        (
            "DATABASES = {'default': made('x')}\n",
            "it is not one dictionary",
        ),
        (
            "DATABASES = {'a': {'ENGINE': 'mysql'}}\nDATABASES = {'a': {'ENGINE': 'mysql'}}\n",
            "it is set more than once",
        ),
        (
            "DATABASES = {'a': {'ENGINE': 'mysql', 'OPTIONS': {'x': None}}}\n",
            "a value of it cannot stand in a manifest",
        ),
        (
            "DATABASES = {'a': {'ENGINE': 'mysql', 'CONN_HEALTH_CHECKS': 1}}\n",
            "in a manifest `CONN_HEALTH_CHECKS` must be",
        ),
        (
            &format!("DATABASES = {{'a': {{'ENGINE': 'mysql', 'NAME': '{PASSWORD}'}}}}\n"),
            "the value of `DB_PASSWORD` stands in another value as well",
        ),
    ] {
        let text = format!("{head}{databases}");
        let (detector, registry) = (Detector::new(rule::built_in().into()), Registry::builtin());
        let project = Project {
            settings: vec![Settings {
                path: "settings.py".to_owned(),
                text: Zeroizing::new(text),
            }],
            env: None,
            store: store("file"),
            has_package: false,
            import: &|_| None,
        };
        let left = propose(&project, &detector, &registry).unwrap().left;
        let stays = format!("`settings.py`, line 4: `DATABASES` stays in the settings: {why}");
        assert!(
            left.iter().any(|left| left.starts_with(&stays)),
            "{stays}\n{left:?}"
        );
        let copy = "`settings.py`, line 2: the value of `DB_PASSWORD` stands there as well";
        assert!(left.iter().any(|left| left == copy), "{left:?}");
        assert!(
            !left.iter().any(|left| left.contains("line 3:")),
            "{left:?}"
        );
    }
}

#[test]
fn debug_is_on_in_the_profile_of_laptops_alone() {
    let (proposal, _, _) = proposed(
        "import os\nDEBUG = os.environ['DEBUG'] == 'true'\n",
        &[("DEBUG", "true"), ("ALLOWED_HOSTS", "localhost")],
    );
    let (base, dev) = proposal.manifest.split_once("[profiles.dev.env]").unwrap();
    has(base, "DEBUG = \"${env://DEBUG:-false}\"");
    has(dev, "DEBUG = \"${env://DEBUG:-true}\"");
    assert!(!dev.contains("ALLOWED_HOSTS"));
}
