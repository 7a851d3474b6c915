//! The server: accounts that do not see each other, roles, and an end that comes with that of its process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{checkout, http, moto, moto::Moto, process};

#[test]
fn accounts_are_apart() {
    let accounts = [Moto::start().account(), Moto::start().account()];
    assert_ne!(accounts[0].id(), accounts[1].id());
    for account in &accounts {
        account.python(
            "client('ssm').put_parameter(Name='/shop/db', Value=sys.argv[1], Type='SecureString')\n\
             client('secretsmanager').create_secret(Name='shop', SecretString=sys.argv[1])",
            &[account.id()],
        );
    }
    for account in &accounts {
        let seen = account.python(
            "ssm, secrets = client('ssm'), client('secretsmanager')\n\
             show([ssm.get_parameters(Names=['/shop/db'], WithDecryption=True)['Parameters'][0]['Value'],\n\
                   secrets.batch_get_secret_value(SecretIdList=['shop'])['SecretValues'][0]['SecretString'],\n\
                   client('sts').get_caller_identity()['Account'],\n\
                   len(ssm.describe_parameters()['Parameters'])])",
            &[],
        );
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let id = account.id();
        assert_eq!(seen, json!([id, id, id, 1]));
    }
    let empty = Moto::start().python(
        "show(client('secretsmanager').list_secrets()['SecretList'])",
        &[],
    );
    assert_eq!(empty.trim(), "[]");
}

#[test]
fn a_role_leads_into_its_account() {
    let (own, other) = (Moto::start().account(), Moto::start().account());
    other.python(
        "client('ssm').put_parameter(Name='/only/here', Value='1', Type='String')",
        &[],
    );
    let seen = own.python(
        "role = client('sts').assume_role(RoleArn=f'arn:aws:iam::{sys.argv[1]}:role/reader', RoleSessionName='test')\n\
         keys = role['Credentials']\n\
         keys = dict(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'],\n\
                     aws_session_token=keys['SessionToken'])\n\
         show([client('sts', **keys).get_caller_identity()['Arn'],\n\
               client('ssm', **keys).get_parameter(Name='/only/here')['Parameter']['Value']])",
        &[other.id()],
    );
    let seen: Value = serde_json::from_str(&seen).unwrap();
    let arn = format!("arn:aws:sts::{}:assumed-role/reader/test", other.id());
    assert_eq!(seen, json!([arn, "1"]));
}

#[test]
fn a_script_that_fails_is_told_with_what_it_said() {
    let account = Moto::start().account();
    let said = account
        .try_python(
            "print('so far')\nclient('ssm').get_parameter(Name='/none')",
            &[],
            &[],
        )
        .unwrap_err();
    assert!(
        said.contains("so far") && said.contains("ParameterNotFound"),
        "{said}"
    );
}

#[test]
fn the_server_ends_when_its_input_does() {
    let mut server = Command::new(moto::interpreter())
        .arg(checkout().join("tests/support/moto_server.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    let mut said = BufReader::new(server.stdout.take().unwrap());
    said.read_line(&mut port).unwrap();
    let address = format!("127.0.0.1:{}", port.trim());
    assert_eq!(http::get(&address, "/moto-api/").0, 200);

    drop(server.stdin.take());
    let ended = process::wait_within(&mut server, Duration::from_secs(30));
    if ended.is_none() {
        server.kill().unwrap();
    }
    assert!(ended.is_some_and(|status| status.success()));
    assert!(TcpStream::connect(&address).is_err());
}
