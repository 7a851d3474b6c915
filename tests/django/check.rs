//! `nuages check --settings` on projects of a real Django: what its own checks find and what ours do is one list; where it
//! stands is shown, and no value is.

mod failures;
mod manifest;

use serde_json::Value;

use crate::support::project::{Outcome, Project, Run};
use crate::support::python::{Django, venv_for, venv_with};

const MANAGE: &str =
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

/// Put together here, so that no scan of this file finds them.
fn secret(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s", "Vc5DfW6x"];
    (0..3)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}z")
}

fn secrets() -> Vec<String> {
    (0..8).map(secret).collect()
}

/// Settings in which everything is as it should be.
const SOUND: &str = r"
import os

SECRET_KEY = os.environ['SHOP_SECRET_KEY']
DEBUG = False
ALLOWED_HOSTS = ['shop.example']
INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions']
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    'django.middleware.clickjacking.XFrameOptionsMiddleware',
]
ROOT_URLCONF = 'shop.urls'
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': 'shop',
        'USER': 'shop_app',
        'PASSWORD': os.environ['SHOP_DB_PASSWORD'],
        'HOST': 'db.shop.example',
        'OPTIONS': {'sslmode': 'verify-full', 'sslrootcert': 'system', 'channel_binding': 'require'},
    },
}
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
";

struct Site {
    project: Project,
    django: Django,
}

impl Site {
    fn new(django: Django, settings: &str) -> Self {
        Self {
            project: Project::empty()
                .file("manage.py", MANAGE)
                .file("shop/__init__.py", "")
                .file("shop/urls.py", "urlpatterns = []\n")
                .file("shop/settings.py", settings),
            django,
        }
    }

    fn of_all(settings: &str) -> impl Iterator<Item = Self> {
        Django::chosen()
            .into_iter()
            .map(move |django| Self::new(django, settings))
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.project
            .nuages(arguments)
            .env("SHOP_SECRET_KEY", secret(0).repeat(2))
            .env("SHOP_DB_PASSWORD", secret(1))
    }

    fn check(&self, more: &[&str]) -> Outcome {
        let python = venv_for(self.django);
        let python = python.to_str().expect("a path in UTF-8");
        let arguments = ["check", "--settings", "--python", python];
        let secrets = secrets();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        self.run(&[&arguments[..], more].concat())
            .output()
            .silent_about(&secrets)
    }

    fn json(&self, more: &[&str]) -> Value {
        let outcome = self.check(&[more, &["--format", "json", "--fail-on", "advice"]].concat());
        serde_json::from_str(outcome.stdout())
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", outcome.stdout(), outcome.stderr()))
    }

    /// The rule, key, file and line of everything that is found, in order.
    fn found(&self, more: &[&str]) -> Vec<(String, String, String, u64)> {
        let report = self.json(more);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let found = report["findings"].as_array().expect("findings").iter();
        let found = found.map(|one| {
            let (rule, key) = (text(&one["rule"]), text(&one["key"]));
            let line = one["line"].as_u64().expect("a line");
            (rule, key, text(&one["path"]), line)
        });
        found.collect()
    }

    fn rules(&self, more: &[&str]) -> Vec<String> {
        self.found(more)
            .into_iter()
            .map(|(rule, ..)| rule)
            .collect()
    }
}

/// The line of a text, from 1.
fn line_of(text: &str, part: &str) -> u64 {
    let at = text.find(part).unwrap_or_else(|| panic!("no {part}"));
    text[..at].matches('\n').count() as u64 + 1
}

#[test]
fn where_django_finds_nothing_neither_do_we() {
    for site in Site::of_all(SOUND) {
        let python = venv_for(site.django);
        let arguments = ["-B", "-m", "django", "check", "--deploy"];
        let run = site.project.program(&python, arguments);
        let run = run
            .env("DJANGO_SETTINGS_MODULE", "shop.settings")
            .env("SHOP_SECRET_KEY", secret(0).repeat(2))
            .env("SHOP_DB_PASSWORD", secret(1));
        let said = run.output().code(0);
        assert!(said.stdout().contains("no issues"), "{}", said.stdout());
        let outcome = site.check(&["--fail-on", "advice"]).code(0);
        assert_eq!(outcome.stdout(), "");
        assert!(
            !site.project.path("shop/__pycache__").exists(),
            "the project is changed"
        );
    }
}

/// Every fault there is a rule for.
fn faulty() -> String {
    format!(
        r"
import os

SECRET_KEY = 'short'
SECRET_KEY_FALLBACKS = ['short', 'too']
DEBUG = True
ALLOWED_HOSTS = ['*']
INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions']
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    'django.middleware.clickjacking.XFrameOptionsMiddleware',
]
ROOT_URLCONF = 'shop.urls'
ASGI_APPLICATION = 'shop.asgi.application'
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
DATABASES = {{
    'default': {{
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': 'shop',
        'USER': 'shop_app',
        'PASSWORD': '{}',
        'HOST': 'db.shop.example',
        'CONN_MAX_AGE': 60,
        'OPTIONS': {{
            'sslmode': 'require', 'channel_binding': 'require',
        }},
    }},
}}
CACHES = {{'default': {{'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://:{}@cache.internal/0'}}}}
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
X_FRAME_OPTIONS = 'SAMEORIGIN'
",
        secret(1),
        secret(2)
    )
}

#[test]
fn djangos_findings_and_ours_are_one_list() {
    let settings = faulty();
    for site in Site::of_all(&settings) {
        let found = site.found(&[]);
        let at = |part: &str| line_of(&settings, part);
        let expected = [
            ("security.W004", "settings.SECURE_HSTS_SECONDS", 2),
            ("security.W008", "settings.SECURE_SSL_REDIRECT", 2),
            ("security.W012", "settings.SESSION_COOKIE_SECURE", 2),
            ("security.W016", "settings.CSRF_COOKIE_SECURE", 2),
            ("security.W009", "settings.SECRET_KEY", at("SECRET_KEY =")),
            (
                "security.W025",
                "settings.SECRET_KEY_FALLBACKS.0",
                at("SECRET_KEY_FALLBACKS"),
            ),
            (
                "security.W025",
                "settings.SECRET_KEY_FALLBACKS.1",
                at("SECRET_KEY_FALLBACKS"),
            ),
            ("security.W018", "settings.DEBUG", at("DEBUG")),
            ("DJ020", "settings.ALLOWED_HOSTS", at("ALLOWED_HOSTS")),
            ("GN001", "databases.default.PASSWORD", at("'PASSWORD'")),
            ("GN001", "settings.SECRET_KEY", at("SECRET_KEY =")),
            (
                "GN001",
                "settings.SECRET_KEY_FALLBACKS.0",
                at("SECRET_KEY_FALLBACKS"),
            ),
            (
                "GN001",
                "settings.SECRET_KEY_FALLBACKS.1",
                at("SECRET_KEY_FALLBACKS"),
            ),
            (
                "GN010",
                "databases.default.CONN_MAX_AGE",
                at("'CONN_MAX_AGE'"),
            ),
            (
                "GN011",
                "databases.default.CONN_MAX_AGE",
                at("'CONN_MAX_AGE'"),
            ),
            (
                "PG004",
                "databases.default.OPTIONS.sslmode",
                at("'sslmode'"),
            ),
            ("GN001", "settings.CACHES.default.LOCATION", at("CACHES")),
            ("GN018", "settings.CACHES.default.LOCATION", at("CACHES")),
            (
                "security.W006",
                "settings.SECURE_CONTENT_TYPE_NOSNIFF",
                at("SECURE_CONTENT"),
            ),
            (
                "security.W022",
                "settings.SECURE_REFERRER_POLICY",
                at("SECURE_REFERRER"),
            ),
            (
                "security.W019",
                "settings.X_FRAME_OPTIONS",
                at("X_FRAME_OPTIONS"),
            ),
        ];
        for (rule, key, line) in expected {
            let line_and_file = ("shop/settings.py".to_owned(), line);
            let is_there = found.iter().any(|(id, one, file, line)| {
                id == rule && one == key && (file.clone(), *line) == line_and_file
            });
            assert!(is_there, "{rule} of {key} in line {line}: {found:#?}");
        }
        for (rule, key, ..) in &found {
            let count = found
                .iter()
                .filter(|(id, one, ..)| (id, one) == (rule, key))
                .count();
            assert_eq!(count, 1, "{rule} of {key}: {found:#?}");
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
    }
}

#[test]
fn each_finding_shows_its_line_and_no_value() {
    for site in Site::of_all(&faulty()) {
        let outcome = site.check(&["--fail-on", "advice"]).code(1);
        let text = outcome.stdout();
        let findings = text.split("\n\n").count();
        let arrows = text.matches("--> shop/settings.py:").count();
        let lines = text
            .lines()
            .filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
            .count();
        assert!(
            findings == arrows && arrows == lines && lines > 15,
            "{findings} {arrows} {lines}\n{text}"
        );
        assert!(
            text.contains("'sslmode': 'require'")
                && text.contains("X_FRAME_OPTIONS = 'SAMEORIGIN'"),
            "{text}"
        );
        for format in ["json", "sarif", "github", "gitlab"] {
            let outcome = site
                .check(&["--format", format, "--show-suppressed"])
                .code(1);
            assert!(outcome.stdout().contains("security.W009"), "{format}");
        }
    }
}

#[test]
fn without_evaluation_literals_are_found() {
    let settings = faulty();
    let site = Site::new(Django::chosen()[0], &settings);
    let outcome = site.run(&["check", "--format", "json"]).output().code(1);
    let report: Value = serde_json::from_str(outcome.stdout()).unwrap();
    let found = report["findings"].as_array().unwrap();
    let rules: Vec<&str> = found
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect();
    assert!(rules.iter().all(|rule| *rule == "GN001"), "{rules:?}");
    let lines: Vec<u64> = found
        .iter()
        .map(|one| one["line"].as_u64().unwrap())
        .collect();
    for part in ["'PASSWORD'", "CACHES"] {
        assert!(
            lines.contains(&line_of(&settings, part)),
            "{part}: {lines:?}"
        );
    }
}

#[test]
fn settings_are_a_package_built_on_a_base() {
    for django in Django::chosen() {
        let site = Site::new(django, "");
        std::fs::remove_file(site.project.path("shop/settings.py")).unwrap();
        site.project.write(
            "shop/settings/__init__.py",
            "from .base import *\nX_FRAME_OPTIONS = 'SAMEORIGIN'\n",
        );
        site.project.write(
            "shop/settings/base.py",
            format!("{SOUND}SECURE_SSL_REDIRECT = False\n"),
        );
        let found = site.found(&[]);
        let expected = [
            ("security.W019", "shop/settings/__init__.py", 2),
            (
                "security.W008",
                "shop/settings/base.py",
                SOUND.matches('\n').count() as u64 + 1,
            ),
        ];
        let found: Vec<(&str, &str, u64)> = found
            .iter()
            .map(|(rule, _, file, line)| (rule.as_str(), file.as_str(), *line))
            .collect();
        assert_eq!(found, expected);
        // As a module, and as a file.
        for named in ["shop.settings", "shop/settings/__init__.py"] {
            let python = venv_for(django);
            let arguments = [
                "check",
                "--settings",
                named,
                "--python",
                python.to_str().unwrap(),
                "--fail-on",
                "warning",
            ];
            let outcome = site.run(&arguments).output().code(1);
            assert!(outcome.stdout().contains("security.W019"), "{named}");
        }
    }
}

#[test]
fn settings_for_development_are_no_deployment() {
    for django in Django::chosen() {
        let site = Site::new(django, "");
        std::fs::remove_file(site.project.path("shop/settings.py")).unwrap();
        site.project.write("shop/settings/__init__.py", "");
        site.project.write(
            "shop/settings/dev.py",
            format!("{SOUND}DEBUG = True\nSECURE_SSL_REDIRECT = False\n"),
        );
        let python = venv_for(django);
        let arguments = [
            "check",
            "--settings",
            "shop.settings.dev",
            "--python",
            python.to_str().unwrap(),
            "--fail-on",
            "advice",
        ];
        let outcome = site.run(&arguments).output().code(0);
        assert!(
            outcome
                .stderr()
                .contains("`shop.settings.dev` is for development"),
            "{}",
            outcome.stderr()
        );
    }
}

#[test]
fn checks_of_the_project_say_what_they_will_without_values() {
    let settings = format!(
        "{SOUND}\nfrom django.core import checks\n@checks.register\ndef odd(app_configs, **kwargs):\n    key = DATABASES['default']['PASSWORD']\n    return [checks.Error(f'The password is {{key}}.', hint=key, id='shop.E001')]\n"
    );
    for site in Site::of_all(&settings) {
        let outcome = site.check(&[]).code(1);
        assert!(
            outcome
                .stdout()
                .contains("error[shop.E001]: The password is ********"),
            "{}",
            outcome.stdout()
        );
    }
}

/// What stands in the place of mysqlclient is told by the modules of the process that evaluates the settings.
#[test]
fn pymysql_in_the_place_of_mysqlclient() {
    const MODE: &str = "'OPTIONS': {'ssl_mode': 'VERIFY_IDENTITY'}";
    let settings = |first: &str| {
        format!(
            "{first}import os\nSECRET_KEY = os.environ['SHOP_SECRET_KEY']\nDATABASES = {{'default': {{'ENGINE': 'django.db.backends.mysql', \
             'NAME': 'shop', 'HOST': 'db.shop.example', 'USER': 'shop_app',\n    'PASSWORD': os.environ['SHOP_DB_PASSWORD'],\n    {MODE}}}}}\n"
        )
    };
    let installed = settings("import pymysql\npymysql.install_as_MySQLdb()\n");
    let python = venv_with("clients", 10);
    let python = python.to_str().expect("a path in UTF-8");
    let found = |settings: &str| {
        let site = Site::new(Django::V5_2, settings);
        let outcome = site
            .run(&[
                "check",
                "--settings",
                "--python",
                python,
                "--format",
                "json",
            ])
            .output();
        let report: Value = serde_json::from_str(outcome.stdout())
            .unwrap_or_else(|error| panic!("{error}\n{}", outcome.stderr()));
        let all = report["findings"].as_array().expect("findings").clone();
        all.into_iter().find(|one| one["rule"] == "MY010")
    };
    let one = found(&installed).expect("a finding");
    assert_eq!(one["key"], "databases.default.OPTIONS.ssl_mode");
    assert_eq!(one["path"], "shop/settings.py");
    assert_eq!(one["line"], line_of(&installed, MODE));
    assert_eq!(found(&settings("")), None);
}
