//! `examples/mysql-rds-token/run` from nothing through a second token; what its README has the reader type; whose token the
//! database takes, boto3's among them; and that its policy is the one that `nuages plan --iam` writes.

use crate::looks::blocks;
use crate::stand_ins::{Example, says, shows_its_manifest};
use crate::support::mariadb;
use crate::support::project::Project;

const HERE: &str = "examples/mysql-rds-token";

/// Tokens that boto3 makes with the role's credentials, right ones and wrong ones, each with how it was changed.
const TOKENS: &str = r#"
import datetime, json, os, subprocess, sys
import boto3, botocore.auth, botocore.compat
import MySQLdb

now = botocore.compat.get_current_datetime
port = int(os.environ["DB_PORT"])

def credentials(seconds):
    said = subprocess.run([sys.executable, "task_role.py", os.environ["DEPLOYMENT"] + "/role.key", seconds],
                          stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said)

def token(host="127.0.0.1", port=port, user="shop_app", region="eu-west-1", seconds="3600", secret="", age=0):
    moment = lambda remove_tzinfo=True: now(remove_tzinfo) - datetime.timedelta(seconds=age)
    botocore.auth.get_current_datetime = moment
    role = credentials(seconds)
    session = boto3.Session(role["AccessKeyId"], secret or role["SecretAccessKey"], role["SessionToken"], region)
    return session.client("rds").generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user, Region=region)

def look(name, password, user="shop_app", ca=os.environ["DB_ROOT_CERT"], sql="SELECT database()", **more):
    try:
        server = MySQLdb.connect(host="127.0.0.1", port=port, user=user, password=password, database="shop",
                                 ssl_mode="VERIFY_IDENTITY", ssl={"ca": ca}, **more)
        cursor = server.cursor()
        cursor.execute(sql)
        print(f"{name}: {cursor.fetchall()}")
    except MySQLdb.Error as error:
        print(f"{name}: {error.args[0]}")

look("boto3's", token())
look("one of fourteen minutes ago", token(age=840))
look("one of seventeen minutes ago", token(age=1020))
look("one whose credentials have ended", token(seconds="-120"))
look("one for another user", token(user="shop_migrations"))
look("one for another port", token(port=3306))
look("one for another host", token(host="shop.example.org"))
look("one for another region", token(region="us-east-1"))
look("one of another key", token(secret="stand-in"))
look("one that is changed", token().replace("X-Amz-Expires=900", "X-Amz-Expires=901"))
look("a password", "stand-in")
look("the login of migrations", token(user="shop_migrations"), user="shop_migrations")
look("a table by the shop", token(), sql="ALTER TABLE shop_record ADD COLUMN mine int")
look("another's certificate", token(), ca="/etc/ssl/certs/ca-certificates.crt")
server = MySQLdb.connect
try:
    server(host="127.0.0.1", port=port, user="shop_app", password=token(), database="shop", ssl_mode="DISABLED")
except MySQLdb.Error as error:
    print(f"no TLS: {error.args[0]}")
"#;

/// What is said of them, by the client and in the server's log.
const TAKEN: &[&str] = &[
    "boto3's: (('shop',),)",
    "one of fourteen minutes ago: (('shop',),)",
    "one of seventeen minutes ago: 1045",
    "one whose credentials have ended: 1045",
    "one for another user: 1045",
    "one for another port: 1045",
    "one for another host: 1045",
    "one for another region: 1045",
    "one of another key: 1045",
    "one that is changed: 1045",
    "a password: 1045",
    "the login of migrations: (('shop',),)",
    "a table by the shop: 1142",
];

/// The reasons of the refusals, in that order.
const REASONS: &[&str] = &[
    "the token has expired",
    "the token has expired",
    "the token is for shop_migrations",
    "the token is for 127.0.0.1:3306",
    "the token is for shop.example.org:",
    "the token is for another region or service",
    "the signature is wrong",
    "the signature is wrong",
    "the password is no token",
];

fn fresh() -> Example {
    let (programs, variables) = mariadb::programs();
    Example::fresh(HERE, programs, variables)
}

#[test]
fn the_shop_is_served_beyond_the_life_of_its_token() {
    let example = fresh();
    example.runs_as_the_readme_says();

    let script = format!(
        "look=$(cat <<'END'\n{TOKENS}\nEND\n)\n: >\"$DEPLOYMENT/logins.log\"\npython -c \"$look\"\n\
         echo '--- log'\ngrep -v 'logged in' \"$DEPLOYMENT/logins.log\""
    );
    let outcome = example.types_the_readme_and(&script);
    let (typed, then) = outcome.stdout().split_once("--- and then\n").unwrap();
    for wanted in [
        "databases.default.PASSWORD",
        "[X] 0001_initial",
        ": logged in",
        "shop_migrations 2",
    ] {
        assert!(typed.contains(wanted), "`{wanted}` is not in {typed}");
    }
    let (taken, log) = then.split_once("--- log\n").unwrap();
    let taken: Vec<_> = taken.lines().collect();
    assert_eq!(taken[..TAKEN.len()], *TAKEN);
    for (line, name) in taken[TAKEN.len()..]
        .iter()
        .zip(["another's certificate", "no TLS"])
    {
        assert!(line.starts_with(&format!("{name}: ")), "{line}");
    }
    assert_eq!(taken.len(), TAKEN.len() + 2);
    let reasons: Vec<_> = log.lines().collect();
    for (line, reason) in reasons.iter().zip(REASONS) {
        assert!(line.contains(reason), "`{reason}` is not in {reasons:#?}");
    }
    assert_eq!(reasons.len(), REASONS.len(), "{reasons:#?}");
    says(&outcome, &[], &["migrating as shop_migrations"]);

    example.a_run_cut_short_leaves_nothing(
        "waiting for the next token",
        &["mariadbd", "moto_server", "--supervise", "shop.wsgi"],
    );
}

#[test]
fn the_readme_shows_the_manifest_and_its_policy() {
    shows_its_manifest(HERE);
    let example = Project::empty().tree(&crate::support::checkout().join(HERE));
    let plan = example.nuages(["plan", "--iam"]).output().code(0);
    assert_eq!(blocks(&example.read("README.md"), "json"), [plan.stdout()]);
    let migrations = example
        .nuages(["--profile", "migrate", "plan", "--iam"])
        .output()
        .code(0);
    says(&migrations, &["dbuser:*/shop_migrations"], &[]);
    assert!(!migrations.stdout().contains("shop_app"));
}
