//! A stand-in for SQL Server (`tds_server.py`) that takes logins as Azure SQL does and tells the test who came: with which
//! token or password, over which TLS. Its certificate is of an authority of its own. It ends when dropped.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{must_run, odbc};

/// A running server.
pub(crate) struct Tds {
    server: Child,
    port: u16,
    directory: TempDir,
}

/// One login, whether it was taken or not.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
    pub(crate) token: Option<String>,
    /// `TLSv1.2`; `None` where everything came in clear.
    pub(crate) tls: Option<String>,
    /// Why it was refused; the client is not told.
    pub(crate) refused: Option<String>,
}

impl Tds {
    /// A server that encrypts everything, with a certificate for `localhost`. `options` are those of `tds_server.py`.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_as("localhost", options)
    }

    /// As [`Self::start`], with a certificate for `name` alone.
    pub(crate) fn start_as(name: &str, options: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |file: &str| directory.path().join(file);
        must_run(
            Command::new(odbc::interpreter())
                .args(["-m", "trustme", "--quiet", "-i", name, "-d"])
                .arg(directory.path()),
        );
        let mut server = Command::new(odbc::interpreter())
            .arg("-B")
            .arg(super::checkout().join("tests/support/tds_server.py"))
            .arg("--certificate")
            .arg(at("server.pem"))
            .arg("--key")
            .arg(at("server.key"))
            .arg("--log")
            .arg(at("logins"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a stand-in for SQL Server");
        let mut said = String::new();
        BufReader::new(server.stdout.take().expect("a pipe"))
            .read_line(&mut said)
            .expect("what the server says");
        let port = said.trim().parse().unwrap_or_else(|_| {
            panic!("tds_server.py did not start; it said `{said}`, and why above")
        });
        Self {
            server,
            port,
            directory,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The file with the authority that a client is to trust, in PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("client.pem")
    }

    /// The logins so far, each there before its client hears the answer.
    pub(crate) fn logins(&self) -> Vec<Login> {
        // Without a login there is no file.
        let log = fs::read_to_string(self.directory.path().join("logins")).unwrap_or_default();
        log.lines()
            .map(|line| {
                let record: Value = serde_json::from_str(line).expect("JSON in the log");
                let text = |key: &str| record[key].as_str().map(str::to_owned);
                Login {
                    user: text("user").expect("a user"),
                    password: text("password").expect("a password"),
                    database: text("database").expect("a database"),
                    token: text("token"),
                    tls: text("tls"),
                    refused: text("refused"),
                }
            })
            .collect()
    }
}

impl Drop for Tds {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
