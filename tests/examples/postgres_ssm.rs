//! `examples/postgres-ssm/run` from nothing to a page and through a new password; what its README has the reader type; and
//! what it does where a parameter is missing, the store is down, or it is cut short: nothing starts, nothing stays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::looks::{blocks, files, keep_what_is_installed, names, with_pip};
use crate::support::project::{Outcome, Project, Run};
use crate::support::{checkout, copy_tree, postgres_programs, process, python};

const HERE: &str = "examples/postgres-ssm";

/// The line of the page: rows through the ORM, as whom, over what.
const PAGE: &str = "shop: 3 records, read by shop_app over TLSv1.3";

/// The oldest Python 3 that the pinned Django runs on.
const OLDEST_PYTHON: u32 = 10;

/// A copy of the example at its place in an otherwise empty checkout, and a temporary directory of its own.
struct Example {
    clone: Project,
    temporary: Project,
    postgres: PathBuf,
    python: PathBuf,
}

impl Example {
    fn fresh() -> Self {
        let clone = Project::empty();
        copy_tree(&checkout().join(HERE), &clone.path(HERE));
        let temporary = Project::empty();
        // Where root runs this, the database server runs as another, who passes through.
        fs::set_permissions(temporary.root(), fs::Permissions::from_mode(0o711)).unwrap();
        let example = Self {
            clone,
            temporary,
            postgres: postgres_programs::find(),
            python: python::with_venv(OLDEST_PYTHON),
        };
        keep_what_is_installed(&example.clone, HERE, &example.python, || {
            // A home of its own: pip asks rustc for its version, and the rustup behind it makes a directory there.
            example.run(&Project::empty(), &["true"]).output().code(0);
        });
        example
    }

    /// `run` with these arguments, still to be started.
    fn run(&self, home: &Project, arguments: &[&str]) -> Run {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let ours = [self.python.parent().unwrap(), &self.postgres].map(Path::to_owned);
        let path = std::env::join_paths(ours.into_iter().chain(std::env::split_paths(&inherited)));
        let mut run = self
            .clone
            .program(&self.clone.path(HERE).join("run"), arguments)
            .env("PATH", path.unwrap())
            .env("HOME", home.root())
            .env("TMPDIR", self.temporary.root())
            .env("NUAGES_BIN", env!("CARGO_BIN_EXE_nuages"))
            // What a caller may have set is not to lead anywhere else.
            .env("AWS_PROFILE", "somebody-elses")
            .env("AWS_REGION", "us-west-2")
            .env("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
            .env("NUAGES_PROFILE", "none")
            .env("PGHOST", "db.elsewhere.example");
        if let Some(libraries) = postgres_programs::libraries(&self.postgres.join("initdb")) {
            run = run.env("LD_LIBRARY_PATH", libraries);
        }
        with_pip(run)
    }

    /// Runs it to its end, and insists that nothing is left of it.
    fn ends(&self, arguments: &[&str], code: i32) -> Outcome {
        let home = Project::empty();
        let outcome = self.run(&home, arguments).output().code(code);
        assert_eq!(names(home.root()), [""; 0], "nothing is made at home");
        self.nothing_is_left();
        outcome
    }

    /// Types a script in the shell that the example hands over to, once all but the shop runs.
    fn types(&self, script: &str, code: i32) -> Outcome {
        self.ends(&["bash", "-euo", "pipefail", "-c", script], code)
    }

    fn nothing_is_left(&self) {
        assert_eq!(names(self.temporary.root()), [""; 0], "files are left");
        let running = self.processes();
        assert!(running.is_empty(), "processes are left: {running:#?}");
    }

    /// The command lines of all processes of the example: its temporary directory is among what each was given.
    fn processes(&self) -> Vec<String> {
        process::processes_of(self.temporary.root())
    }

    fn readme(&self) -> String {
        self.clone.read(format!("{HERE}/README.md"))
    }
}

#[test]
fn the_deployment_serves_and_rotates() {
    let example = Example::fresh();
    let before = files(&example.clone.path(HERE));

    serves_through_a_new_password(&example);
    let parts = names(example.clone.root());
    assert_eq!(parts, ["examples", "target"], "nothing is made elsewhere");
    commands_of_the_readme(&example);
    rotation_needs_both_places(&example);
    assert!(
        files(&example.clone.path(HERE)) == before,
        "the example's own files are as they were"
    );
}

fn serves_through_a_new_password(example: &Example) {
    let typed = &blocks(&example.readme(), "sh")[0];
    assert_eq!(typed.trim(), format!("{HERE}/run"));
    // A home of its own: pip asks rustc for its version, and the rustup behind it makes a directory there.
    let home = Project::empty();
    let run = example.run(&home, &[]).output().code(0);
    example.nothing_is_left();
    let shown = format!("{PAGE}\n{PAGE}\n");
    assert_eq!(run.stdout(), shown, "before the new password, and after it");
    assert_eq!(
        blocks(&example.readme(), "text"),
        [shown],
        "the README shows what is printed"
    );
    let replaced = run.stderr().matches("replaced `secrets://app/db-password`");
    assert_eq!(replaced.count(), 1, "{}", run.stderr());
}

/// Types in what the README says to do in the example's shell.
fn commands_of_the_readme(example: &Example) {
    let readme = example.readme();
    let typed = blocks(&readme, "sh");
    assert_eq!(typed.len(), 2, "one block to run it, one for its shell");
    assert!(readme.contains(&format!("`{HERE}/run bash`")));
    let outcome = example.types(&typed[1], 0);
    let said = outcome.stdout();
    for wanted in [
        "databases.default.PASSWORD",
        "arn:aws:sts::123456789012",
        "[X] 0001_initial",
    ] {
        assert!(said.contains(wanted), "`{wanted}` is not in {said}");
    }
    // The exit code that the command in that shell ends with is the one of the run.
    example.types("exit 7", 7);
}

/// A password that is new in PostgreSQL alone is refused at the next start; in both places it is taken.
fn rotation_needs_both_places(example: &Example) {
    let outcome = example.types(
        r#"
        look() { nuages exec -- python manage.py showmigrations shop; }
        look
        echo "ALTER ROLE shop_app PASSWORD 'of-postgresql-alone'" | psql -qX "$ADMIN_DATABASE"
        if look; then exit 9; fi
        ./rotate shop_app app/db-password
        look
        # Nor does the shop's login migrate, nor is there a way in without TLS or without the right authority.
        if nuages exec -- psql -qX "host=localhost port=$DB_PORT user=shop_app dbname=shop sslmode=disable" -c 'SELECT 1'
        then exit 9; fi
        if DB_ROOT_CERT=/etc/ssl/certs/ca-certificates.crt look; then exit 9; fi
        nuages exec -- python manage.py shell -c '
from django.db import connection
connection.cursor().execute("CREATE TABLE mine (id int)")' || echo "may not: $?"
        "#,
        0,
    );
    let complaint = outcome.stderr();
    for wanted in [
        r#"password authentication failed for user "shop_app""#,
        "no encryption",
        "certificate verify failed",
        "permission denied for schema public",
    ] {
        assert!(complaint.contains(wanted), "`{wanted}` not in {complaint}");
    }
    assert!(outcome.stdout().ends_with("may not: 1\n"));
}

/// While the shop serves: its arguments and all files of the deployment, the database's own too, hold no secret.
#[test]
fn no_secret_is_written_or_passed_as_an_argument() {
    let example = Example::fresh();
    let outcome = example.types(
        r#"
        nuages exec -- gunicorn shop.wsgi 2>"$DEPLOYMENT/gunicorn.log" & shop=$!
        until grep -q 'Booting worker' "$DEPLOYMENT/gunicorn.log"; do kill -0 "$shop"; sleep 0.1; done
        grep -qzx shop.wsgi "/proc/$shop/cmdline" # nuages has become gunicorn
        for name in app/db-password migrations/db-password app/django-secret-key; do
            secret=$(nuages get "secrets://$name")
            ((${#secret} >= 43)) || exit 9
            # No pipes: what ends early upstream is not to hide that something was found.
            if grep -qaF -f <(echo "$secret") /proc/[0-9]*/cmdline 2>/dev/null; then exit 10; fi
            if grep -rqaF -f <(echo "$secret") "$DEPLOYMENT" .; then exit 11; fi
            if grep -qaF -f <(echo "$secret") "/proc/$shop/environ"; then echo "$name reaches the shop"; fi
        done
        tr '\0' '\n' <"/proc/$shop/environ" | grep '^AWS_' | cut -d= -f1
        kill "$shop"
        wait "$shop"
        "#,
        0,
    );
    assert_eq!(
        outcome.stdout(),
        "app/db-password reaches the shop\napp/django-secret-key reaches the shop\nAWS_ENDPOINT_URL\n",
        "the shop has its own secrets, and neither the other login's nor the keys of AWS"
    );
}

#[test]
fn a_store_that_is_down_starts_nothing() {
    let example = Example::fresh();
    let outcome = example.types(
        r#"
        moto=$(cat "$DEPLOYMENT/moto.pid")
        try() { nuages --deadline "$1" exec -- touch "$DEPLOYMENT/started" || echo "exit $?"; }
        kill -STOP "$moto"
        try 2
        kill -KILL "$moto"
        try 20
        [[ ! -e $DEPLOYMENT/started ]]
        "#,
        0,
    );
    assert_eq!(
        outcome.stdout(),
        "exit 5\nexit 4\n",
        "silent until the deadline, then gone"
    );
    for wanted in ["no answer within 2 s", "refused the connection"] {
        assert!(outcome.stderr().contains(wanted), "{}", outcome.stderr());
    }
}

/// TERM while the shop is being served.
#[test]
fn a_run_cut_short_leaves_nothing() {
    let example = Example::fresh();
    let home = Project::empty();
    let mut run = example.run(&home, &[]).start();
    let started = "serving as shop_app";
    run.wait_for(Duration::from_mins(2), |line| {
        line.ends_with(started).then_some(())
    });
    let running = example.processes();
    for server in ["moto_server", "postgres"] {
        let found = running.iter().any(|line| line.contains(server));
        assert!(
            found,
            "a look at processes finds `{server}`, too: {running:#?}"
        );
    }
    run.send(Signal::TERM);
    let (status, said) = run.finish(Duration::from_mins(3));
    assert!(!status.success(), "{said}");
    example.nothing_is_left();
}

/// The whole run, in a checkout whose manifest has a typing error.
#[test]
fn a_wrong_parameter_name_starts_no_gunicorn() {
    let example = Example::fresh();
    let manifest = format!("{HERE}/nuages.toml");
    let right = example.clone.read(&manifest);
    let wrong = right.replace("secrets://app/db-password}", "secrets://app/db-pasword}");
    assert_ne!(wrong, right);
    example.clone.write(&manifest, wrong);
    let outcome = example.ends(&[], 4);
    assert_eq!(outcome.stdout(), "", "no page");
    let said = outcome.stderr();
    assert!(said.contains("there is no parameter `/shop/prod/app/db-pasword`"));
    assert!(
        !said.contains("Starting gunicorn") && !said.contains("Listening"),
        "{said}"
    );
}

#[test]
fn the_readme_shows_the_manifest_as_it_is() {
    let read = |name: &str| fs::read_to_string(checkout().join(HERE).join(name)).unwrap();
    let shown = blocks(&read("README.md"), "toml");
    assert_eq!(shown.len(), 1);
    assert!(
        read("nuages.toml").ends_with(&shown[0]),
        "all but the comment at its head"
    );
}

/// The parameters that a profile reads, by their whole names.
fn parameters(profile: &[&str]) -> Vec<String> {
    let example = Project::empty().tree(&checkout().join(HERE));
    let plan = example.nuages(profile).arg("plan").arg("--json");
    let plan: Value = serde_json::from_slice(&plan.output().code(0).stdout).unwrap();
    let instances = plan["instances"].as_array().unwrap();
    let secrets = instances.iter().find(|it| it["name"] == "secrets").unwrap();
    let fetches = secrets["fetches"].as_array().unwrap().iter();
    fetches
        .map(|fetch| format!("/shop/prod/{}", fetch["locator"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_policy_allows_what_the_shop_reads_and_no_more() {
    let readme = fs::read_to_string(checkout().join(HERE).join("README.md")).unwrap();
    let policies = blocks(&readme, "json");
    assert_eq!(policies.len(), 1);
    let policy: Value = serde_json::from_str(&policies[0]).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions: Vec<_> = statements.iter().map(|it| it["Action"].as_str()).collect();
    assert_eq!(actions, [Some("ssm:GetParameters"), Some("kms:Decrypt")]);
    for statement in statements {
        assert_eq!(statement["Effect"], "Allow");
    }

    let resource = statements[0]["Resource"].as_str().unwrap();
    let prefix = resource
        .strip_prefix("arn:aws:ssm:eu-west-1:123456789012:parameter")
        .and_then(|path| path.strip_suffix('*'))
        .unwrap();
    let shop = parameters(&[]);
    assert_eq!(shop.len(), 2);
    assert!(shop.iter().all(|name| name.starts_with(prefix)), "{shop:?}");
    // What the page gives the migration job instead is what that reads, and the login is not the shop's to read.
    let mut migrations = parameters(&["--profile", "migrate"]);
    migrations.sort();
    assert_eq!(
        migrations,
        [
            "/shop/prod/app/django-secret-key",
            "/shop/prod/migrations/db-password"
        ]
        .map(str::to_owned)
    );
    assert!(!migrations[1].starts_with(prefix));
    for allowed in [
        "`parameter/shop/prod/migrations/*`",
        "`parameter/shop/prod/app/django-secret-key`",
    ] {
        assert!(readme.contains(allowed), "{allowed}");
    }
}
