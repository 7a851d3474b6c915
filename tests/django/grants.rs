//! The SQL of grants, on a real PostgreSQL and a real MariaDB: applied by an administrator, it lets the shop migrate and
//! run, what is not theirs fails for both logins, and applied again it changes nothing.

mod mariadb;
mod postgresql;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nuages::check::grants;
use nuages::manifest::Manifest;
use nuages::plan::Selection;
use nuages::registry::Registry;
use serde_json::{Value, json};

use crate::shop::SECRET_KEY;
use crate::support::checkout;
use crate::support::project::{Outcome, Project};
use crate::support::python::{self, Django};

/// The passwords that the logins get once they are there.
const RUNS: &str = "rUns-it 1";
const MIGRATES: &str = "mIgrates-it 2";

/// A table of later, and a row that migrations put there.
const LATER: &str = r#"
from django.db import migrations, models


def stock(apps, schema_editor):
    apps.get_model("catalogue", "Shelf").objects.create(label="first")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Shelf",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("label", models.CharField(max_length=20, db_index=True)),
                ("record", models.ForeignKey("catalogue.Record", models.CASCADE, null=True)),
            ],
        ),
        migrations.AddField("Record", "year", models.IntegerField(null=True)),
        migrations.RunPython(stock, migrations.RunPython.noop),
    ]
"#;

/// What the running application does with rows.
const ROWS: &str = "\
from catalogue.models import Record
from django.db import transaction
one = Record.objects.create(title='Swing 42')
Record.objects.filter(pk=one.pk).update(title='Swing 39')
with transaction.atomic():
    assert Record.objects.select_for_update().get(pk=one.pk).title == 'Swing 39'
one.delete()
print('rows', Record.objects.count())
";

/// The same in the table that came later.
const LATER_ROWS: &str = "\
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(\"INSERT INTO catalogue_shelf (label) VALUES ('second')\")
    cursor.execute(\"UPDATE catalogue_shelf SET label = 'third' WHERE label = 'second'\")
    cursor.execute(\"SELECT count(*) FROM catalogue_shelf\")
    print('shelves', cursor.fetchone()[0])
    cursor.execute(\"DELETE FROM catalogue_shelf WHERE label = 'third'\")
";

/// The bytes of a name as hexadecimal digits, so that no quote of the test is in the way.
fn hexadecimal(text: &str) -> String {
    let digits: Vec<String> = text.bytes().map(|b| format!("{b:02x}")).collect();
    digits.concat()
}

/// The shop with a manifest of its own, and a way to the server besides.
struct Deployment {
    project: Project,
    manifest: String,
    engine: &'static str,
    python: PathBuf,
    /// Modules that are not in the environment.
    modules: Option<PathBuf>,
    /// How a driver connects, less user and password.
    place: Value,
}

impl Deployment {
    fn new(
        django: Django,
        engine: &'static str,
        place: Value,
        modules: Option<PathBuf>,
        manifest: String,
    ) -> Self {
        let project = Project::new(&manifest)
            .tree(&checkout().join("tests/django/shop"))
            .file("run-secrets/runs", RUNS)
            .file("run-secrets/migrates", MIGRATES)
            .file("run-secrets/key", SECRET_KEY);
        Self {
            project,
            manifest,
            engine,
            python: python::venv_for(django),
            modules,
            place,
        }
    }

    /// The SQL for the manifest as it is.
    fn grants(&self) -> String {
        let registry = Registry::builtin();
        let manifest = Manifest::read("nuages.toml", self.manifest.as_str(), &registry);
        grants::sql(&manifest, &Selection::default(), &registry, None).expect("SQL")
    }

    /// Runs SQL as a login: the rows that came, or the server's code for why not.
    fn run(&self, user: &str, password: &str, sql: &str) -> Result<Value, String> {
        self.run_at(&self.place, user, password, sql)
            .map_err(|(code, _)| code)
    }

    fn run_at(
        &self,
        place: &Value,
        user: &str,
        password: &str,
        sql: &str,
    ) -> Result<Value, (String, String)> {
        let mut login = place.clone();
        login["user"] = json!(user);
        login["password"] = json!(password);
        let mut command = Command::new(&self.python);
        command.arg(checkout().join("tests/django/grants/run.py"));
        if let Some(modules) = &self.modules {
            command.env("PYTHONPATH", modules);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let task = json!({"engine": self.engine, "login": login, "sql": sql});
        let mut input = child.stdin.take().unwrap();
        input.write_all(task.to_string().as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        match told["error"].as_str() {
            None => Ok(told["rows"].clone()),
            Some(code) => Err((
                code.to_owned(),
                told["message"].as_str().unwrap_or_default().to_owned(),
            )),
        }
    }

    /// `nuages OPTIONS exec -- python manage.py ARGUMENTS`.
    fn manage(&self, options: &[&str], arguments: &[&str]) -> Outcome {
        let words = [options, &["exec", "--", "python", "manage.py"], arguments].concat();
        let programs = self.python.parent().unwrap();
        let mut run = self.project.nuages(&words).path(programs);
        if let Some(modules) = &self.modules {
            run = run.env("PYTHONPATH", modules);
        }
        run.output()
    }

    fn migrate(&self) -> String {
        let run = self.manage(&["--profile", "migrate"], &["migrate", "--no-color"]);
        run.code(0).stdout().to_owned()
    }

    /// Runs Python in the running application, which says how many there are.
    fn shell(&self, script: &str) -> String {
        let run = self.manage(&[], &["shell", "-c", script]).code(0);
        run.stdout().lines().last().unwrap_or_default().to_owned()
    }

    /// The shop migrates and runs; then a migration comes later, and what it makes is the application's too.
    fn migrates_and_runs(&self) {
        let said = self.migrate();
        assert!(
            said.contains("Applying catalogue.0001_initial... OK"),
            "{said}"
        );
        assert_eq!(self.shell(ROWS), "rows 3");
        self.project
            .write("catalogue/migrations/0002_later.py", LATER);
        let said = self.migrate();
        assert!(
            said.contains("Applying catalogue.0002_later... OK"),
            "{said}"
        );
        assert_eq!(self.shell(LATER_ROWS), "shelves 2");
    }

    /// Each statement fails with this code.
    #[track_caller]
    fn fails(&self, (user, password): (&str, &str), code: &str, statements: &[&str]) {
        for sql in statements {
            let came = self.run(user, password, sql);
            assert_eq!(came, Err(code.to_owned()), "{user}: {sql}");
        }
    }
}
