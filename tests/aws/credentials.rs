//! Who we are: each source of credentials against what AWS has or a stand-in for it, in AWS's order, with nobody asked
//! who need not be, and a message that says why a source gives nothing.

mod machine;
mod nothing;
mod profiles;
mod roles;

use super::{fake::Answer, fake::Fake, shot::shot, store::Store};
use crate::support::{
    faults::BODY_MARKER,
    moto::{Account, REGION},
    project::{Outcome, Project, Run},
};

/// What the one parameter of these tests holds.
const VALUE: &str = "value-marker-90c1";

/// Secret access keys and session tokens of these tests hold one of these.
const KEYS: [&str; 3] = [
    "aws-secret-key-marker-51d2",
    "session-token-marker-7c3e",
    "process-marker-4b1d",
];

const MANIFEST: &str =
    "[providers.secrets]\nkind = \"aws-ssm\"\n\n[env]\nA = \"${secrets:///shop/a}\"\n";

/// An account with the parameter `/shop/a` and the secret `shop`.
fn store() -> Store {
    Store::with(
        "client('ssm').put_parameter(Name='/shop/a', Value=sys.argv[1], Type='SecureString')\n\
         client('secretsmanager').create_secret(Name='shop', SecretString=sys.argv[1])",
        &[VALUE],
    )
}

/// A run that is told where AWS is, and nothing of who we are.
fn nameless(store: &Store, project: &Project, arguments: &[&str]) -> Run {
    project
        .nuages(arguments)
        .env("AWS_ENDPOINT_URL", store.faults.url())
        .env("AWS_REGION", REGION)
}

const GET: [&str; 2] = ["get", "secrets:///shop/a"];

/// Insists that the value was read, and that each request for it was signed by this access key.
#[track_caller]
fn reads(store: &Store, run: Run, access_key: &str) {
    let outcome = run.output().code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), (VALUE, ""));
    signed_by(store, access_key);
}

#[track_caller]
fn signed_by(store: &Store, access_key: &str) {
    let requests = store.faults.requests().into_iter();
    let mut reading = requests
        .filter(|request| ["GetParameters", "GetSecretValue"].contains(&&*request.operation))
        .peekable();
    assert!(reading.peek().is_some(), "nothing was read");
    for request in reading {
        let signature = request.header("authorization").unwrap().to_owned();
        assert!(
            signature.contains(&format!("Credential={access_key}/")),
            "{signature}"
        );
    }
}

/// Insists on a failed login, told as in `snapshots/login_NAME.snap`, without a key, a token or an answer in it.
#[track_caller]
fn fails(name: &str, project: &Project, run: Run) -> Outcome {
    let run = ["exec", "--", "sh", "-c", "touch started"]
        .iter()
        .fold(run.arg("-vvv"), Run::arg);
    let outcome = run.output().code(4);
    let outcome = outcome
        .silent_about(&[BODY_MARKER, VALUE])
        .silent_about(&KEYS);
    assert!(!project.path("started").exists(), "a child was started");
    shot(&format!("login_{name}"), project, &outcome, &[]);
    outcome
}

/// Credentials as container and machine services give them, good until 2099.
fn credentials(account: &Account) -> String {
    let key = account.access_key();
    format!(
        r#"{{"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "AccessKeyId": "{key}",
             "SecretAccessKey": "{}", "Token": "{}", "Expiration": "2099-01-01T00:00:00Z"}}"#,
        KEYS[0], KEYS[1]
    )
}

/// The metadata service of a machine in `region` with a role of this account.
fn metadata(account: &Account, region: &'static str) -> Fake {
    const TOKEN: &str = "metadata-token-6a2f";
    let credentials = credentials(account);
    Fake::start(move |asked| -> Option<Answer> {
        let text = |body: &str| Some((200, Vec::new(), body.to_owned()));
        if asked.what == "PUT /latest/api/token" {
            let life = "x-aws-ec2-metadata-token-ttl-seconds";
            let header = format!("{life}: {}", asked.header(life)?);
            return Some((200, vec![header], TOKEN.to_owned()));
        }
        if asked.header("x-aws-ec2-metadata-token") != Some(TOKEN) {
            return Some((401, Vec::new(), String::new()));
        }
        match asked.what.as_str() {
            "GET /latest/meta-data/iam/security-credentials/" => text("shop-role"),
            "GET /latest/meta-data/iam/security-credentials/shop-role" => text(&credentials),
            "GET /latest/meta-data/placement/region" => text(region),
            _ => Some((404, Vec::new(), BODY_MARKER.to_owned())),
        }
    })
}
