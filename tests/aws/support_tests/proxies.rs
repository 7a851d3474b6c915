//! https and the forward proxy, judged by Python's `ssl` and by boto3.

use std::io::ErrorKind;

use serde_json::{Value, json};

use super::Client;
use crate::support::faults::connect::{Asked, Connect};
use crate::support::faults::tls::{Certificate, Tls};
use crate::support::faults::{Faults, Rule, Then};
use crate::support::moto::Moto;

/// Connects with Python's `ssl`; `None`, or OpenSSL's number of what is wrong with the certificate.
fn judge(tls: &Tls, host: &str) -> Option<u64> {
    let said = Moto::start().python(
        "import socket, ssl\n\
         host, port, authority = sys.argv[1:]\n\
         context = ssl.create_default_context(cafile=authority)\n\
         context.verify_flags |= ssl.VERIFY_X509_STRICT\n\
         try:\n\
         \x20   with socket.create_connection(('127.0.0.1', int(port))) as plain:\n\
         \x20       with context.wrap_socket(plain, server_hostname=host) as sealed:\n\
         \x20           sealed.sendall(b'GET /x HTTP/1.0\\r\\n\\r\\n')\n\
         \x20           while sealed.recv(1000): pass\n\
         \x20           show(None)\n\
         except ssl.SSLCertVerificationError as error:\n\
         \x20   show(error.verify_code)",
        &[
            host,
            &tls.address().port().to_string(),
            tls.ca_file().to_str().unwrap(),
        ],
    );
    serde_json::from_str::<Value>(&said).unwrap().as_u64()
}

#[test]
fn each_certificate_is_what_its_name_says() {
    let faults = Faults::before(Faults::refused()).rule(Rule::always(Then::status(200)));
    let start = |certificate| Tls::start(faults.address(), &certificate);
    let good = start(Certificate::Good);
    assert_eq!(judge(&good, "localhost"), None);
    assert_eq!(judge(&good, "127.0.0.1"), None);
    assert_eq!((good.handshakes(), faults.count("GET /x")), (2, 2));
    let vendor = start(Certificate::GoodFor(vec![
        "*.eu-west-1.amazonaws.com".into(),
    ]));
    assert_eq!(judge(&vendor, "ssm.eu-west-1.amazonaws.com"), None);
    assert_eq!(faults.total(), 3);

    // The numbers are OpenSSL's (x509_vfy.h): 62 another host, 64 another address, 10 expired, 20 no issuer found.
    let other = start(Certificate::OtherHost);
    assert_eq!(
        (judge(&other, "localhost"), judge(&other, "127.0.0.1")),
        (Some(62), Some(64))
    );
    assert_eq!(judge(&other, "elsewhere.example"), None);
    assert_eq!(judge(&start(Certificate::Expired), "localhost"), Some(10));
    assert_eq!(
        judge(&start(Certificate::UnknownAuthority), "localhost"),
        Some(20)
    );
    // Only the one client that was shown a host it asked for has sent anything.
    assert_eq!(faults.total(), 4);
}

#[test]
fn boto3_reaches_moto_over_https() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address());
    let tls = Tls::start(faults.address(), &Certificate::Good);
    let authority = tls.ca_file();
    let account = moto.account().through(tls.url());
    // The second value is larger than any buffer on the way.
    let script = "secrets = client('secretsmanager')\n\
                  for n in range(20):\n\
                  \x20   secrets.create_secret(Name=f's{n}', SecretString=chr(97 + n) * 65000)\n\
                  answer = secrets.batch_get_secret_value(SecretIdList=[f's{n}' for n in range(20)])\n\
                  show(sorted(v['SecretString'][:2] + str(len(v['SecretString'])) for v in answer['SecretValues']))";
    let said = account
        .try_python(
            script,
            &[],
            &[("AWS_CA_BUNDLE", authority.to_str().unwrap())],
        )
        .unwrap();
    let wanted: Vec<_> = ('a'..='t')
        .map(|letter| format!("{letter}{letter}65000"))
        .collect();
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), json!(wanted));
    assert_eq!(
        (tls.handshakes(), faults.connections(), faults.total()),
        (1, 1, 21)
    );
}

#[test]
fn a_reset_goes_through_tls_and_through_a_tunnel() {
    let faults = Faults::before(Faults::refused()).rule(Rule::always(Then::Reset));
    let tls = Tls::start(faults.address(), &Certificate::Good);
    // Python's own sockets tell a reset from an end; its `ssl` may take the one for the other.
    let said = Moto::start().python(
        "import socket, ssl\n\
         plain = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n\
         came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()\n\
         context = ssl.create_default_context(cafile=sys.argv[2])\n\
         sealed = context.wrap_bio(came, goes, server_hostname='localhost')\n\
         def until_done(act, *arguments):\n\
         \x20   while True:\n\
         \x20       try:\n\
         \x20           return act(*arguments)\n\
         \x20       except ssl.SSLWantReadError:\n\
         \x20           plain.sendall(goes.read())\n\
         \x20           data = plain.recv(10000)\n\
         \x20           came.write(data) if data else came.write_eof()\n\
         until_done(sealed.do_handshake)\n\
         sealed.write(b'GET / HTTP/1.1\\r\\n\\r\\n')\n\
         try:\n\
         \x20   show(until_done(sealed.read, 100).decode())\n\
         except OSError as error:\n\
         \x20   show(type(error).__name__)",
        &[
            &tls.address().port().to_string(),
            tls.ca_file().to_str().unwrap(),
        ],
    );
    assert_eq!(said.trim(), r#""ConnectionResetError""#);

    let proxy = Connect::start(faults.address());
    let address = proxy.url()["http://".len()..].parse().unwrap();
    let mut client = Client::connect(address);
    client.tunnel("a.example:443");
    assert_eq!(
        client.ask("A", "{}").unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(faults.count("A"), 1);
}

#[test]
fn a_tunnel_leads_to_the_server_whatever_host_is_asked_for() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address());
    let hosts = ["ssm.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com"];
    let certificate = Certificate::GoodFor(hosts.map(str::to_owned).to_vec());
    let tls = Tls::start(faults.address(), &certificate);
    let proxy = Connect::start(tls.address());
    let account = moto.account();
    let said = account
        .try_python(
            "import os\n\
             del os.environ['AWS_ENDPOINT_URL']\n\
             client('ssm').put_parameter(Name='/a', Value='1', Type='String')\n\
             show(client('sts').get_caller_identity()['Account'])",
            &[],
            &[
                ("HTTPS_PROXY", &proxy.url().replace("//", "//me:word@")),
                ("AWS_CA_BUNDLE", tls.ca_file().to_str().unwrap()),
            ],
        )
        .unwrap();
    assert_eq!(said.trim(), format!("\"{}\"", account.id()));
    assert_eq!(proxy.hosts(), hosts.map(|host| format!("{host}:443")));
    // `me:word` in base64.
    assert!(
        proxy
            .asked()
            .iter()
            .all(|asked| asked.authorization.as_deref() == Some("Basic bWU6d29yZA=="))
    );
    assert_eq!((faults.count("PutParameter"), faults.total()), (1, 2));
}

#[test]
fn a_request_in_absolute_form_is_handed_on() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address());
    let proxy = Connect::start(faults.address());
    let account = moto.account().through("http://ssm.example:8080");
    account
        .try_python(
            "ssm = client('ssm')\n\
             ssm.put_parameter(Name='/a', Value='1', Type='String')\n\
             assert ssm.get_parameter(Name='/a')['Parameter']['Value'] == '1'",
            &[],
            &[("HTTP_PROXY", &proxy.url())],
        )
        .unwrap();
    let asked = Asked {
        method: "POST".into(),
        target: "http://ssm.example:8080/".into(),
        authorization: None,
    };
    assert_eq!(proxy.asked(), [asked.clone(), asked]);
    assert!(proxy.hosts().is_empty());
    assert_eq!(faults.names("GetParameter"), [json!("/a")]);
}
