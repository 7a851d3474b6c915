//! Django on SQL Server, logging in with a token that `nuages exec` fetches, through both drivers of mssql-django: what the
//! server is given, and what is refused before it gets anything.

use std::fs;

use nuages_fakecloud::{FakeCloud, SYSTEM_IDENTITY};

use crate::support::checkout;
use crate::support::odbc::{self, Odbc};
use crate::support::project::{Outcome, Project, Run};
use crate::support::tds::{Login, Tds};

const MANIFEST: &str = r#"
[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "localhost"
PORT = @PORT@
"#;

/// What the manifest says of the login where nothing is special.
const AUTH: &str = "auth = \"entra\"\n";

/// Both drivers: what the manifest says for each, and what Django calls it.
const DRIVERS: &[(&str, &str)] = &[
    ("", "pyodbc"),
    (
        "OPTIONS = { python_driver = \"mssql_python\" }\n",
        "mssql_python",
    ),
];

/// The Django project in `tests/django/mssql`, in an app of App Service beside its database.
struct Desk {
    project: Project,
    cloud: FakeCloud,
    server: Tds,
    odbc: Odbc,
}

impl Desk {
    fn new(manifest: &str, server: Tds) -> Self {
        let cloud = FakeCloud::start();
        let manifest = MANIFEST.replace("@PORT@", &server.port().to_string()) + manifest;
        let project = Project::new(&manifest).tree(&checkout().join("tests/django/mssql"));
        // Both authorities in one file: `nuages` and the drivers read the same variable.
        let authorities = [cloud.ca_file(), server.ca_file()].map(|file| fs::read(file).unwrap());
        project.write("authorities.pem", authorities.concat());
        Self {
            project,
            cloud,
            server,
            odbc: Odbc::find(),
        }
    }

    /// `nuages ARGUMENTS` in the app.
    fn nuages(&self, arguments: &[&str]) -> Run {
        let mut run = self
            .project
            .nuages(arguments)
            .path(odbc::interpreter().parent().unwrap());
        for (name, value) in self.cloud.environment_app_service() {
            run = run.env(name, value);
        }
        for (name, value) in self.odbc.variables() {
            run = run.env(name, value);
        }
        run.env("SSL_CERT_FILE", self.project.path("authorities.pem"))
    }

    /// Has Django log in and say as whom.
    fn look(&self) -> Outcome {
        let tokens = || self.cloud.tokens().into_iter().map(|issued| issued.token);
        let outcome = self
            .nuages(&["exec", "--", "python", "manage.py", "look"])
            .output();
        let tokens: Vec<String> = tokens().collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        outcome.silent_about(&tokens)
    }

    /// The one login there was.
    #[track_caller]
    fn login(&self) -> Login {
        let mut logins = self.server.logins();
        assert_eq!(logins.len(), 1, "one login");
        logins.remove(0)
    }
}

#[test]
fn django_logs_in_with_the_token_and_nothing_else() {
    for (options, driver) in DRIVERS {
        let desk = Desk::new(
            &[AUTH, options].concat(),
            Tds::start(&["--identity", &format!("{SYSTEM_IDENTITY}=shop")]),
        );
        let run = desk.look().code(0);
        assert_eq!(run.stdout(), format!("shop in shop, {driver}\n"));

        let login = desk.login();
        let issued = desk.cloud.tokens();
        assert_eq!(issued.len(), 1, "{driver}");
        assert_eq!(desk.cloud.count("msi.token"), 1, "{driver}");
        assert_eq!(
            issued[0].audience.trim_end_matches('/'),
            "https://database.windows.net"
        );
        assert!(
            login.token.as_deref() == Some(&issued[0].token),
            "{driver}: the very token that was issued"
        );
        assert_eq!((login.user.as_str(), login.password.as_str()), ("", ""));
        assert_eq!(login.database, "shop");
        assert_eq!(login.tls.as_deref(), Some("TLSv1.2"), "{driver}");
        assert_eq!(login.refused, None, "{driver}");
    }
}

#[test]
fn encryption_may_be_stricter() {
    for (python_driver, driver) in [
        ("", "pyodbc"),
        ("python_driver = \"mssql_python\", ", "mssql_python"),
    ] {
        let options =
            format!("OPTIONS = {{ {python_driver}extra_params = {{ Encrypt = \"strict\" }} }}\n");
        let desk = Desk::new(&[AUTH, &options].concat(), Tds::start(&[]));
        desk.look().code(0);
        // With TDS 8 everything is within TLS from the first byte on, which allows for 1.3.
        assert_eq!(desk.login().tls.as_deref(), Some("TLSv1.3"), "{driver}");
    }
}

#[test]
fn a_server_that_may_be_another_gets_no_token() {
    for (options, driver) in DRIVERS {
        let manifest = [AUTH, options].concat();

        let desk = Desk::new(&manifest, Tds::start(&["--encryption", "off"]));
        let run = desk.look().code(1);
        let complaint = "Encryption not supported on SQL Server";
        assert!(
            run.stderr().contains(complaint),
            "{driver}: {}",
            run.stderr()
        );
        assert_eq!(desk.server.logins().len(), 0, "{driver}");

        let desk = Desk::new(&manifest, Tds::start_as("db.elsewhere.example", &[]));
        let run = desk.look().code(1);
        let complaint = "subject name does not match host name";
        assert!(
            run.stderr().contains(complaint),
            "{driver}: {}",
            run.stderr()
        );
        assert_eq!(desk.server.logins().len(), 0, "{driver}");

        let desk = Desk::new(&manifest, Tds::start(&[]));
        fs::copy(desk.cloud.ca_file(), desk.project.path("authorities.pem")).unwrap();
        let run = desk.look().code(1);
        let complaint = "certificate verify failed";
        assert!(
            run.stderr().contains(complaint),
            "{driver}: {}",
            run.stderr()
        );
        assert_eq!(desk.server.logins().len(), 0, "{driver}");
    }
}

#[test]
fn what_would_give_the_token_away_is_refused_before_anything_is_fetched() {
    let desk = Desk::new("", Tds::start(&["--encryption", "off"]));
    let rest = desk.project.read("nuages.toml");
    for (line, complaint) in [
        ("OPTIONS = { extra_params = \"Encrypt=no\" }", "`Encrypt`"),
        (
            "OPTIONS = { extra_params = { Encrypt = \"optional\" } }",
            "`Encrypt`",
        ),
        (
            "OPTIONS = { extra_params = \"TrustServerCertificate=yes\" }",
            "`TrustServerCertificate`",
        ),
        (
            "OPTIONS = { driver = \"ODBC Driver 17 for SQL Server\" }",
            "`driver`",
        ),
        ("USER = \"sa\"", "`USER`"),
        ("PASSWORD = \"x\"", "`PASSWORD`"),
        // Without `auth` too.
        (
            "TOKEN = \"${entra://azure-sql}\"\nOPTIONS = { extra_params = \"Encrypt=no\" }",
            "`Encrypt`",
        ),
    ] {
        let auth = if line.starts_with("TOKEN") { "" } else { AUTH };
        desk.project
            .write("nuages.toml", [&rest, auth, line].concat());
        let run = desk.look().code(3);
        assert!(run.stderr().contains(complaint), "{line}: {}", run.stderr());
        assert_eq!(desk.cloud.connections(), 0, "{line}");
        assert_eq!(desk.server.logins().len(), 0, "{line}");
    }

    // Why: the drivers would do it. Django is given its settings behind our back here.
    for (_, driver) in DRIVERS {
        let python_driver = match *driver {
            "pyodbc" => String::new(),
            other => format!("\"python_driver\": \"{other}\", "),
        };
        let settings = format!(
            "{{\"default\": {{\"ENGINE\": \"mssql\", \"NAME\": \"shop\", \"HOST\": \"localhost\", \"PORT\": {}, \
             \"TOKEN\": \"${{entra://azure-sql}}\", \"OPTIONS\": {{{python_driver}\"extra_params\": \"Encrypt=no\"}}}}}}",
            desk.server.port()
        );
        desk.project
            .write("nuages.toml", format!("[env]\nDATABASES = '{settings}'\n"));
        desk.look().code(0);
        let login = desk.server.logins().pop().unwrap();
        assert!(login.token.is_some() && login.tls.is_none(), "{driver}");
    }
}

#[test]
fn the_driver_gets_a_token_itself() {
    let client = "2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58";
    let auth = [
        ("{ method = \"entra-msi\" }".to_owned(), SYSTEM_IDENTITY),
        (
            format!("{{ method = \"entra-msi\", client_id = \"{client}\" }}"),
            client,
        ),
    ];
    for (options, driver) in DRIVERS {
        let desk = Desk::new("", Tds::start(&[]));
        desk.cloud.add_user_identity(client, "shop-web");
        let rest = desk.project.read("nuages.toml");
        for (auth, identity) in &auth {
            let manifest = format!("{rest}auth = {auth}\n{options}");
            desk.project.write("nuages.toml", manifest);
            // Whatever `nuages` fetches is fetched by now: nothing.
            desk.nuages(&["render", "databases-json", "-o", "databases.json"])
                .output()
                .code(0);
            assert_eq!(desk.cloud.connections(), 0, "{driver}");

            let run = desk.look().code(0);
            assert_eq!(run.stdout(), format!("{identity} in shop, {driver}\n"));
            let login = desk.server.logins().pop().unwrap();
            // The driver may ask more than once.
            let mut issued = desk.cloud.tokens().into_iter();
            assert!(
                issued.any(|it| it.client_id == *identity && login.token == Some(it.token)),
                "{driver}"
            );
            assert_eq!(login.tls.as_deref(), Some("TLSv1.2"), "{driver}");
            desk.cloud.forget();
        }
    }
}

#[test]
fn a_token_for_another_audience_is_the_servers_to_refuse() {
    for (options, driver) in DRIVERS {
        let token = "TOKEN = \"${entra://https://vault.azure.net}\"\n";
        let desk = Desk::new(&[token, options].concat(), Tds::start(&[]));
        let run = desk.look().code(1);
        let complaint = "Login failed for user '<token-identified principal>'";
        assert!(
            run.stderr().contains(complaint),
            "{driver}: {}",
            run.stderr()
        );
        assert_eq!(
            desk.login().refused.as_deref(),
            Some("the token is for https://vault.azure.net")
        );
    }
}

#[test]
fn the_server_refuses_what_is_no_token_for_it() {
    let desk = Desk::new("TOKEN = \"${file://token}\"\n", Tds::start(&[]));
    let issue = |shift| {
        desk.cloud.token_shift(shift);
        let audience = "https://database.windows.net";
        desk.cloud.issue(SYSTEM_IDENTITY, audience).unwrap()
    };
    // Five minutes are within what clocks may differ by.
    desk.project.write("token", issue(240));
    desk.look().code(0);
    for (token, why) in [
        (issue(-7_200), "the token is not valid now"),
        (issue(7_200), "the token is not valid now"),
        ("hunter2".to_owned(), "the token is no JWT"),
    ] {
        desk.project.write("token", token);
        let run = desk.look().code(1);
        let complaint = "(18456)";
        assert!(run.stderr().contains(complaint), "{}", run.stderr());
        let login = desk.server.logins().pop().unwrap();
        assert_eq!(login.refused.as_deref(), Some(why));
    }
}

#[test]
fn a_token_that_cannot_work_starts_nothing() {
    let desk = Desk::new(AUTH, Tds::start(&[]));
    desk.cloud.token_audience(Some("https://vault.azure.net"));
    let run = desk.look().code(4);
    assert!(
        run.stderr()
            .contains("the token is for `https://vault.azure.net`"),
        "{}",
        run.stderr()
    );
    desk.cloud.token_audience(None);
    desk.cloud.token_shift(-7_200);
    let run = desk.look().code(4);
    assert!(run.stderr().contains("expired"), "{}", run.stderr());
    assert_eq!(desk.server.logins().len(), 0);
}

#[test]
fn another_identity_is_another_user() {
    let (web, migrations) = (
        "2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58",
        "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11",
    );
    let manifest = format!(
        "auth = {{ method = \"entra\", client_id = \"{web}\" }}\n\
         [profiles.migrate.databases.default]\n\
         auth = {{ method = \"entra\", client_id = \"{migrations}\" }}\n"
    );
    let known = [web, migrations].map(|id| format!("{id}=shop-{}", &id[..2]));
    let server = Tds::start(&["--identity", &known[0], "--identity", &known[1]]);
    let desk = Desk::new(&manifest, server);
    desk.cloud.add_user_identity(web, "shop-web");
    desk.cloud.add_user_identity(migrations, "shop-migrations");
    let look = &["exec", "--", "python", "manage.py", "look"];
    let run = desk.nuages(look).output().code(0);
    assert_eq!(run.stdout(), "shop-2f in shop, pyodbc\n");
    let run = desk
        .nuages(&[&["--profile", "migrate"], &look[..]].concat())
        .output()
        .code(0);
    assert_eq!(run.stdout(), "shop-7c in shop, pyodbc\n");
}

#[test]
fn a_password_comes_through_as_it_is() {
    // All that the grammar of connection strings has a use for.
    let password = r#"};PWD={x}; = 'ü' "$HOME" \ "#;
    for (options, driver) in DRIVERS {
        let login = "USER = \"shop\"\nPASSWORD = \"${file://password}\"\n";
        let trust = "OPTIONS.extra_params = { Encrypt = true }\n";
        let options = options
            .replace("OPTIONS = { ", "OPTIONS.")
            .replace(" }", "");
        let desk = Desk::new(
            &[login, &options, trust].concat(),
            Tds::start(&["--login", &format!("shop={password}")]),
        );
        desk.project.write("password", password);
        let run = desk.look().code(0).silent_about(&[password]);
        assert_eq!(run.stdout(), format!("shop in shop, {driver}\n"));
        assert!(desk.login().password == password, "{driver}");
        assert_eq!(desk.cloud.connections(), 0, "no token is asked for");

        desk.project.write("password", "another");
        let run = desk.look().code(1);
        let complaint = "Login failed for user 'shop'";
        assert!(
            run.stderr().contains(complaint),
            "{driver}: {}",
            run.stderr()
        );
    }
}
