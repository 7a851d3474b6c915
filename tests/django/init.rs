//! `nuages init` on projects as Django makes them: the settings have the very same values afterwards, and no literal.

use crate::support::project::{Outcome, Project, Run};
use crate::support::python::{Django, venv_for};

/// What the settings come to, without showing it.
const HASH: &str = r"
import hashlib, json
from django.conf import settings
names = sorted(name for name in dir(settings) if name.isupper())
values = {name: getattr(settings, name) for name in names}
print(len(names), hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest())
";

/// Put together here, so that no scan of this file finds them.
fn value(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s", "Vc5DfW6x"];
    (0..3)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}z")
}

struct Site {
    project: Project,
    django: Django,
}

impl Site {
    /// A project that `django-admin startproject` has made, with a key for a store.
    fn start(django: Django) -> Self {
        let site = Self {
            project: Project::empty(),
            django,
        };
        site.program("django-admin", &["startproject", "shop", "."])
            .output()
            .code(0);
        site.project.nuages(["key", "new"]).output().code(0);
        std::fs::create_dir(site.project.path(".git")).unwrap();
        for (file, content) in [
            ("HEAD", "ref: refs/heads/main\n"),
            ("config", "[core]\n\trepositoryformatversion = 0\n"),
            ("objects/.keep", ""),
            ("refs/heads/.keep", ""),
        ] {
            site.project.write(format!(".git/{file}"), content);
        }
        site
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Run {
        let python = venv_for(self.django);
        let programs = python.parent().unwrap();
        self.project
            .program(&programs.join(name), arguments)
            .path(programs)
            .env("DJANGO_SETTINGS_MODULE", "shop.settings")
    }

    /// Settings with other lines in them, and more below.
    fn edit(&self, changes: &[(&str, String)], more: &str) {
        let mut text = self.project.read("shop/settings.py");
        for (line, instead) in changes {
            let found = text
                .lines()
                .find(|there| there.starts_with(line))
                .unwrap_or_else(|| panic!("no line {line}"))
                .to_owned();
            text = text.replacen(&found, instead, 1);
        }
        self.project.write("shop/settings.py", text + more);
    }

    /// Leaves the databases out that `startproject` writes.
    fn without_databases(&self) {
        let text = self.project.read("shop/settings.py");
        let (before, rest) = text.split_once("DATABASES = {").unwrap();
        let (_, after) = rest.split_once("\n}\n").unwrap();
        self.project
            .write("shop/settings.py", format!("{before}{after}"));
    }

    fn hash(&self) -> String {
        let run = self.program("python", &["-B", "-c", HASH]);
        run.output().code(0).stdout().to_owned()
    }

    /// The same, with what the manifest gives. `DEBUG` of an env file is off there unless the environment says so.
    fn hash_after(&self) -> String {
        let run = self
            .nuages(&["exec", "--", "python", "-B", "-c", HASH])
            .env("DJANGO_SETTINGS_MODULE", "shop.settings")
            .env("DEBUG", "on");
        run.output().code(0).stdout().to_owned()
    }

    fn nuages(&self, arguments: &[&str]) -> Run {
        let python = venv_for(self.django);
        self.project
            .nuages(arguments)
            .path(python.parent().unwrap())
    }

    /// Moves everything, and sees that the settings are what they were.
    fn init(&self, secrets: &[&str]) -> Outcome {
        let before = self.hash();
        let dry = self.nuages(&["init"]).output().code(0);
        let dry = dry.silent_about(secrets);
        assert!(
            dry.stderr().contains("nothing was changed"),
            "{}",
            dry.stderr()
        );
        assert_eq!(self.hash(), before, "a look changes nothing");

        let run = self.nuages(&["init", "--into", "secrets", "--yes"]);
        let run = run.output().code(0).silent_about(secrets);
        for file in ["nuages.toml", "shop/settings.py"] {
            let text = self.project.read(file);
            assert!(
                secrets.iter().all(|secret| !text.contains(secret)),
                "{file} holds a value"
            );
        }
        // What the env file had is in the store.
        let env = self.project.path(".env");
        if env.exists() {
            std::fs::remove_file(env).unwrap();
        }
        assert_eq!(self.hash_after(), before);
        self.nuages(&["exec", "--", "python", "manage.py", "check"])
            .output()
            .code(0);
        // The home directory of these runs, where the key is, is the project's own.
        self.nuages(&["scan", "shop", "manage.py", "nuages.toml"])
            .output()
            .code(0);
        run
    }
}

#[test]
fn literals_of_a_new_project() {
    for django in Django::chosen() {
        let site = Site::start(django);
        let (password, mail, broker) = (value(1), value(2), value(3));
        site.without_databases();
        // Django 6.1 has a dictionary for it, and does not take both.
        let mailer = if site
            .project
            .read("shop/settings.py")
            .contains("MAILERS = {")
        {
            format!(
                "MAILERS = {{'default': {{'BACKEND': 'django.core.mail.backends.smtp.EmailBackend',\n    \
                 'OPTIONS': {{'host': 'smtp.internal', 'username': 'shop', 'password': '{mail}'}}}}}}"
            )
        } else {
            format!("EMAIL_HOST_PASSWORD = '{mail}'")
        };
        site.edit(
            &[],
            &format!(
                "\nDATABASES = {{\n    'default': {{\n        'ENGINE': 'django.db.backends.postgresql',\n        \
                 'NAME': 'shop', 'USER': 'shop_app', 'PASSWORD': '{password}',\n        \
                 'HOST': 'db.internal', 'PORT': 5432, 'CONN_MAX_AGE': 60,\n        \
                 'OPTIONS': {{'sslmode': 'verify-full', 'connect_timeout': 5}},\n    }},\n    \
                 'archive': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/srv/archive.sqlite3'}},\n}}\n\
                 {mailer}\n\
                 CACHES = {{'default': {{'BACKEND': 'django.core.cache.backends.redis.RedisCache',\n    \
                 'LOCATION': 'redis://:{broker}@cache:6379/1'}}}}\n"
            ),
        );
        let text = site.project.read("shop/settings.py");
        let key = text
            .lines()
            .find_map(|line| line.strip_prefix("SECRET_KEY = '"))
            .unwrap()
            .trim_end_matches('\'')
            .to_owned();
        let run = site.init(&[&password, &mail, &broker, &key]);
        for line in [
            "+DATABASES = json.loads(os.environ[\"DATABASES\"])",
            "+SECRET_KEY = os.environ[\"SECRET_KEY\"]",
        ] {
            assert!(
                run.stderr().lines().any(|said| said == line),
                "{}",
                run.stderr()
            );
        }
        assert!(
            run.stdout().contains("[databases.archive]"),
            "{}",
            run.stdout()
        );
    }
}

#[test]
fn the_database_that_startproject_writes_stays() {
    let site = Site::start(Django::chosen()[0]);
    let run = site.init(&[]);
    assert!(!run.stdout().contains("[databases"), "{}", run.stdout());
}

#[test]
fn a_project_with_django_environ() {
    let site = Site::start(Django::chosen()[0]);
    let (key, password, cache) = (value(1), value(2), value(3));
    site.without_databases();
    site.edit(
        &[
            ("SECRET_KEY", "import environ\nenv = environ.Env(DEBUG=(bool, False))\nenviron.Env.read_env(BASE_DIR / '.env')\nSECRET_KEY = env('SECRET_KEY')".to_owned()),
            ("DEBUG", "DEBUG = env('DEBUG')".to_owned()),
            ("ALLOWED_HOSTS", "ALLOWED_HOSTS = env.list('ALLOWED_HOSTS', default=[])".to_owned()),
        ],
        "\nDATABASES = {'default': env.db()}\nCACHES = {'default': env.cache('CACHE_URL')}\nEMAIL_PORT = env.int('EMAIL_PORT', default=25)\n",
    );
    site.project.write(
        ".env",
        format!(
            "DEBUG=on\nSECRET_KEY='{key} with blanks #1'\nALLOWED_HOSTS=localhost,.example.com\n\
             DATABASE_URL=postgres://shop:{password}%23@db.internal:5432/shop?sslmode=require\n\
             CACHE_URL=rediscache://:{cache}@cache:6379/1\n"
        ),
    );
    let run = site.init(&[&key, &password, &cache]);
    assert!(
        run.stdout().contains("url_style = \"django-environ\""),
        "{}",
        run.stdout()
    );
    assert_eq!(site.project.read(".gitignore"), ".env\n");
}

#[test]
fn a_project_with_decouple() {
    let site = Site::start(Django::chosen()[0]);
    let (key, password, mail) = (value(1), value(2), value(3));
    site.without_databases();
    site.edit(
        &[
            ("SECRET_KEY", "from decouple import Csv, config\nSECRET_KEY = config('SECRET_KEY')".to_owned()),
            ("DEBUG", "DEBUG = config('DEBUG', default=False, cast=bool)".to_owned()),
            ("ALLOWED_HOSTS", "ALLOWED_HOSTS = config('ALLOWED_HOSTS', cast=Csv())".to_owned()),
        ],
        "\nDATABASES = {'default': {\n    'ENGINE': 'django.db.backends.postgresql',\n    'NAME': config('DB_NAME', default='shop'),\n    \
         'USER': config('DB_USER'),\n    'PASSWORD': config('DB_PASSWORD'),\n    'HOST': config('DB_HOST', default='db.internal'),\n    \
         'CONN_MAX_AGE': config('DB_AGE', default=60, cast=int),\n}}\n\
         EMAIL_HOST_PASSWORD = config('EMAIL_HOST_PASSWORD', default='')\n",
    );
    site.project.write(
        ".env",
        format!(
            "SECRET_KEY={key}\"'\\n$x\nDEBUG=True\nALLOWED_HOSTS=.localhost\nDB_USER=shop_app\n\
             DB_PASSWORD=\"{password}\"\nEMAIL_HOST_PASSWORD={mail}\n"
        ),
    );
    let run = site.init(&[&key, &password, &mail]);
    assert!(
        run.stdout()
            .contains("PASSWORD     = \"${secrets://db-password}\""),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_project_with_dj_database_url() {
    let site = Site::start(Django::chosen()[0]);
    let (password, token) = (value(1), value(2));
    site.without_databases();
    site.edit(
        &[("SECRET_KEY", "import os\nimport dj_database_url\nSECRET_KEY = os.environ['SECRET_KEY']".to_owned())],
        "\nDATABASES = {\n    'default': dj_database_url.config(conn_max_age=600, conn_health_checks=True),\n    \
         'old': dj_database_url.parse('sqlite:////srv/old.sqlite3'),\n}\n\
         API_TOKEN = os.environ.get('API_TOKEN')\n",
    );
    let text = site.project.read("shop/settings.py");
    site.project.write(
        "shop/settings.py",
        text.replacen(
            "import os\n",
            "import os\nfrom dotenv import load_dotenv\nload_dotenv()\n",
            1,
        ),
    );
    site.project.write(
        ".env",
        format!("SECRET_KEY={token}k\nDATABASE_URL=postgres://shop:{password}@db.internal/shop\nAPI_TOKEN={token}\n"),
    );
    let run = site.init(&[&password, &token]);
    assert!(
        run.stdout().contains("CONN_MAX_AGE       = 600"),
        "{}",
        run.stdout()
    );
}
