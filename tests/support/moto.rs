//! A real moto: a server that answers as AWS does, one for all tests of a process, and boto3, AWS's own client for Python,
//! as the judge of it. Each test takes an account of its own, so no test sees what another has stored.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::python;

/// The region of every test, unless it says another.
pub(crate) const REGION: &str = "eu-west-1";

/// The oldest Python 3 that the pinned release of moto runs on.
const OLDEST_PYTHON: u32 = 10;

/// A running server. It ends with this process, even when that is killed: its standard input closes.
pub(crate) struct Moto {
    address: SocketAddr,
    /// Holds the server's standard input open.
    _server: Child,
}

impl Moto {
    /// The server of this process; the first who asks starts it and waits until it answers.
    pub(crate) fn start() -> &'static Self {
        static SERVER: OnceLock<Moto> = OnceLock::new();
        SERVER.get_or_init(Self::spawn)
    }

    fn spawn() -> Self {
        let mut command = Command::new(interpreter());
        isolate(&mut command);
        let mut server = command
            .arg(super::checkout().join("tests/support/moto_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a moto server");
        let mut said = String::new();
        BufReader::new(server.stdout.take().expect("a pipe"))
            .read_line(&mut said)
            .expect("what moto says");
        let port = said
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("moto did not start; it said `{said}`, and why above"));
        Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            _server: server,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An account that no other test of this process has, with nothing in it.
    pub(crate) fn account(&self) -> Account {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_001);
        Account {
            id: format!("{:012}", NEXT.fetch_add(1, Ordering::Relaxed)),
            url: self.url(),
        }
    }

    /// Runs Python in an account that no other test has; see [`Account::python`].
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> String {
        self.account().python(script, arguments)
    }
}

/// One AWS account of the server, reached with an access key of its own in the region [`REGION`].
///
/// Roles work as well: `AssumeRole` gives keys that moto itself takes to the role's account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    id: String,
    url: String,
}

impl Account {
    /// Twelve digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The access key that belongs to the account; `moto_server.py` reads the account from it.
    pub(crate) fn access_key(&self) -> String {
        format!("AKIA{}TEST", self.id)
    }

    /// The same account, reached by another address, such as that of a proxy in front of the server.
    #[must_use]
    pub(crate) fn through(&self, url: impl Into<String>) -> Self {
        Self {
            id: self.id.clone(),
            url: url.into(),
        }
    }

    /// The credentials alone, as variables.
    pub(crate) fn credentials(&self) -> [(&'static str, String); 3] {
        [
            ("AWS_ACCESS_KEY_ID", self.access_key()),
            ("AWS_SECRET_ACCESS_KEY", "aws-secret-key-marker-51d2".into()),
            ("AWS_REGION", REGION.into()),
        ]
    }

    /// The variables by which any AWS SDK finds the server and this account.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            // boto3 does not read `AWS_REGION`.
            ("AWS_DEFAULT_REGION", REGION.into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ];
        variables.extend(self.credentials());
        variables
    }

    /// Runs a script in which `boto3` and `client("ssm")` reach this account, `sys.argv[1:]` are the arguments, and
    /// `show(value)` prints JSON. Returns its output.
    ///
    /// Panics with both outputs when the script fails.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> String {
        self.try_python(script, arguments, &[])
            .unwrap_or_else(|said| panic!("a script for boto3 failed:\n{said}"))
    }

    /// As [`Self::python`], with more variables.
    ///
    /// # Errors
    ///
    /// Both outputs, when the script fails.
    pub(crate) fn try_python(
        &self,
        script: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        let mut command = Command::new(interpreter());
        isolate(&mut command);
        command
            .arg("-")
            .args(arguments)
            .envs(self.variables())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("Python");
        // A script that ends early need not have read all of its text.
        let mut stdin = child.stdin.take().expect("a pipe");
        drop(stdin.write_all(format!("{PRELUDE}{script}\n").as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().expect("the end of Python");
        let (said, complaint) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        if output.status.success() {
            Ok(said.into_owned())
        } else {
            Err(format!("{said}\n--- stderr\n{complaint}"))
        }
    }
}

/// A client of boto3 tries once, so that what a test counts is what it asked for.
const PRELUDE: &str = r#"
import json, sys
import boto3, botocore.exceptions
from botocore.config import Config

def client(service, **options):
    defaults = dict(retries=dict(total_max_attempts=1), connect_timeout=10, read_timeout=30, max_pool_connections=64)
    return boto3.client(service, config=Config(**{**defaults, **options.pop("config", {})}), **options)

def show(value):
    print(json.dumps(value, default=str))

"#;

/// The `python` of an environment with moto and boto3.
pub(crate) fn interpreter() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| python::venv_with("moto", OLDEST_PYTHON))
}

/// Leaves the caller's own AWS configuration, and everything else of its environment, outside.
fn isolate(command: &mut Command) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LANG", "C.UTF-8");
}
