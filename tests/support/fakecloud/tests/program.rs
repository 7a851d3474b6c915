//! The program `fakecloud`, as an example starts it.
#![allow(
    clippy::unwrap_used,
    reason = "a part that is broken is to fail the test at once"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fakecloud"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn it_serves_until_its_input_ends() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.json");
    std::fs::write(
        &seed,
        r#"{ "vaults": { "shop": { "db-password": "value", "old": { "value": "x", "disabled": true } } },
             "identities": [{ "clientId": "22222222-2222-4222-8222-222222222222", "name": "other" }],
             "apps": [{ "clientId": "33333333-3333-4333-8333-333333333333", "secret": "s3cret" }],
             "tokenLife": 60, "sameTokens": true }"#,
    )
    .unwrap();
    let mut child = program(&["--seed", seed.to_str().unwrap(), "--environment", "github"])
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines
        .map(Result::unwrap)
        .take_while(|line| line != "ready")
        .collect();
    let names: Vec<_> = lines
        .iter()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    assert_eq!(
        names,
        [
            "HTTPS_PROXY",
            "SSL_CERT_FILE",
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "GITHUB_ACTIONS",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
        ]
    );
    // A shell would take the question mark for a pattern.
    assert!(lines[5].contains("='https://"), "{}", lines[5]);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_says_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.json");
    std::fs::write(&seed, r#"{ "vault": {} }"#).unwrap();
    for (arguments, said) in [
        (&["--what", "x"][..], "usage: fakecloud"),
        (&["--seed"], "usage: fakecloud"),
        (&["--environment", "elsewhere"], "usage: fakecloud"),
        (&["--seed", seed.to_str().unwrap()], "unknown key `vault`"),
    ] {
        let output = program(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains(said), "{arguments:?}: {complaint}");
    }
}
