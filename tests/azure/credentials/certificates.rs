//! An application with a certificate. The fake checks the signature, the audience, the times, and that no assertion comes
//! twice.

use std::collections::BTreeSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use nuages_fakecloud::{App, CLIENT_ID, FakeCloud, TENANT, Variables};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::Value;

use super::{cloud, fails, project, reads, with};
use crate::{
    cloud::{made, run},
    support::{
        faults::{
            Faults,
            connect::Connect,
            tls::{Certificate, Tls},
        },
        project::Project,
    },
};

const PATH: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const SEND: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";

/// A key that the application does not have.
const OTHER_KEY: &[u8] = include_bytes!("../../support/fakecloud/keys/issuer.p8");

/// The application's key and certificate, each in PEM.
fn parts(cloud: &FakeCloud) -> (String, String) {
    let both = std::fs::read_to_string(cloud.certificate_file()).unwrap();
    let (key, certificate) = both.split_once("-----BEGIN CERTIFICATE").unwrap();
    (
        key.to_owned(),
        format!("-----BEGIN CERTIFICATE{certificate}"),
    )
}

/// A project with this file, and the variables that name it.
fn with_file(cloud: &FakeCloud, content: impl AsRef<[u8]>) -> (Project, Variables) {
    let project = project().file("app.pem", content);
    let path = project.path("app.pem");
    let variables = with(
        &cloud.environment_certificate(),
        &[(PATH, path.to_str().unwrap())],
    );
    (project, variables)
}

/// The key as PKCS#1 has it: what PKCS#8 wraps in its last element.
fn pkcs1(key: &str) -> String {
    let der = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let der = der.secret_pkcs8_der();
    // A sequence of more than 255 bytes within an octet string begins so.
    let start = der
        .windows(8)
        .rposition(|w| w[0] == 0x04 && w[1] == 0x82 && w[4] == 0x30 && w[5] == 0x82)
        .unwrap();
    let text = STANDARD.encode(&der[start + 4..]);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

/// A certificate of this key for nobody in particular.
fn certificate_of(key: &KeyPair) -> String {
    let params = CertificateParams::new(Vec::new()).unwrap();
    params.self_signed(key).unwrap().pem()
}

fn rsa(der: &[u8]) -> KeyPair {
    let der = PrivatePkcs8KeyDer::from(der);
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap()
}

#[test]
fn key_and_certificate_in_any_order_and_form() {
    let cloud = cloud();
    let (key, certificate) = parts(&cloud);
    for content in [
        format!("{key}{certificate}"),
        format!("{certificate}{key}"),
        format!("{}{certificate}", pkcs1(&key)),
        format!("{certificate}{}", pkcs1(&key)),
        // As `openssl pkcs12` writes it.
        format!("Bag Attributes\n    friendlyName: shop\n{certificate}\nBag Attributes\n{key}"),
    ] {
        let (project, variables) = with_file(&cloud, &content);
        reads(&cloud, &project, &variables, CLIENT_ID);
        // Beside the manifest, where the path is a relative one.
        let relative = with(&variables, &[(PATH, "app.pem")]);
        reads(&cloud, &project, &relative, CLIENT_ID);
    }
    // Ten logins, each with an assertion of its own: the fake takes none twice.
    made(&cloud, &[("entra.token", 10), ("vault.get", 10)]);
}

/// The header and the claims of the assertions that were sent, by a proxy that sees what is inside of TLS.
fn assertions(cloud: &FakeCloud, changes: &[(&str, &str)], content: &str) -> Vec<(Value, Value)> {
    let faults = Faults::before(cloud.http_address());
    let hosts = ["login.microsoftonline.com", "shop.vault.azure.net"];
    let hosts = hosts.map(str::to_owned).to_vec();
    let tls = Tls::start(faults.address(), &Certificate::GoodFor(hosts));
    let proxy = Connect::start(tls.address());
    let (project, variables) = with_file(cloud, content);
    let variables = with(
        &variables,
        &[
            ("HTTPS_PROXY", &proxy.url()),
            ("SSL_CERT_FILE", tls.ca_file().to_str().unwrap()),
        ],
    );
    let variables = with(&variables, changes);
    for _ in 0..2 {
        run(&variables, &project, &super::GET).output().code(0);
    }
    let decoded = |part: &str| {
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let requests = faults.requests().into_iter();
    requests
        .filter_map(|request| {
            let mut fields = request.body.split('&');
            let assertion = fields.find_map(|field| field.strip_prefix("client_assertion="))?;
            let mut parts = assertion.split('.');
            Some((
                decoded(parts.next().unwrap()),
                decoded(parts.next().unwrap()),
            ))
        })
        .collect()
}

#[test]
fn an_assertion_is_for_one_login_of_one_application() {
    let cloud = cloud();
    let (key, certificate) = parts(&cloud);
    let sent = assertions(&cloud, &[], &format!("{key}{certificate}"));
    assert_eq!(sent.len(), 2);
    let ids: BTreeSet<&str> = sent.iter().map(|(_, claims)| text(claims, "jti")).collect();
    assert_eq!(ids.len(), 2);
    for (header, claims) in &sent {
        assert_eq!(text(header, "alg"), "PS256");
        assert!(header.get("x5c").is_none(), "{header}");
        for (name, value) in [
            ("iss", CLIENT_ID),
            ("sub", CLIENT_ID),
            (
                "aud",
                &format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"),
            ),
        ] {
            assert_eq!(text(claims, name), value, "{name}");
        }
        let time = |name: &str| claims.get(name).and_then(Value::as_u64).unwrap();
        assert_eq!((time("exp") - time("nbf"), time("iat")), (600, time("nbf")));
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap()
}

#[test]
fn the_chain_goes_along_where_that_is_said() {
    let cloud = cloud();
    let (key, own) = parts(&cloud);
    let issuer = certificate_of(&rsa(OTHER_KEY));
    let content = format!("{own}{key}{issuer}");
    let der = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        lines.collect::<String>()
    };
    let chain = serde_json::json!([der(&own), der(&issuer)]);
    for (value, sent) in [("true", Some(&chain)), ("1", Some(&chain)), ("false", None)] {
        for (header, _) in assertions(&cloud, &[(SEND, value)], &content) {
            assert_eq!(header.get("x5c"), sent, "{value}");
        }
    }
}

#[test]
fn a_file_that_is_not_what_it_should_be() {
    let cloud = cloud();
    let (key, certificate) = parts(&cloud);
    let curve = KeyPair::generate().unwrap();
    let password = ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "password-marker-77");
    let encrypted = key.replace(" PRIVATE", " ENCRYPTED PRIVATE") + &certificate;
    let old = pkcs1(&key).replace(
        "KEY-----\n",
        "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
    ) + &certificate;
    let broken = certificate.replace("MII", "!!!") + &key;
    let pfx: &[u8] =
        b"0\x82\x0a\x01\x02\x01\x030\x82\x09\xc7\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x01";
    for (name, content, change) in [
        ("encrypted", encrypted.as_bytes(), ("", "")),
        ("encrypted_with_password", encrypted.as_bytes(), password),
        ("encrypted", old.as_bytes(), ("", "")),
        (
            "curve",
            (curve.serialize_pem() + &certificate_of(&curve)).as_bytes(),
            ("", ""),
        ),
        ("without_key", certificate.as_bytes(), ("", "")),
        ("without_certificate", key.as_bytes(), ("", "")),
        ("pfx", pfx, ("", "")),
        ("empty", b"", ("", "")),
        ("broken", broken.as_bytes(), ("", "")),
    ] {
        let (project, variables) = with_file(&cloud, content);
        let variables = with(&variables, &[change]);
        let name = format!("certificate_{name}");
        let outcome = fails(&name, &cloud, &project, &variables);
        let body = key.lines().nth(3).unwrap();
        drop(outcome.silent_about(&[body, "PRIVATE", "password-marker"]));
    }
    let (project, variables) = with_file(&cloud, "");
    let missing = with(&variables, &[(PATH, "missing.pem")]);
    fails("certificate_missing", &cloud, &project, &missing);
    let directory = with(&variables, &[(PATH, ".")]);
    fails("certificate_directory", &cloud, &project, &directory);
    // Nobody was asked.
    made(&cloud, &[]);
}

#[test]
fn a_certificate_of_nobody_and_a_key_of_another() {
    let cloud = cloud();
    let (key, own) = parts(&cloud);
    let other = rsa(OTHER_KEY);
    for content in [
        // Another certificate of another key; the application's certificate with another's key.
        other.serialize_pem() + &certificate_of(&other),
        other.serialize_pem() + &own,
        // The application's key with a certificate that was never uploaded.
        parts(&FakeCloud::start()).1 + &key,
    ] {
        cloud.forget();
        let (project, variables) = with_file(&cloud, content);
        fails("certificate_wrong", &cloud, &project, &variables);
        made(&cloud, &[("entra.token", 1)]);
    }
}

#[test]
fn an_application_without_certificates() {
    let cloud = cloud();
    cloud.add_app(TENANT, CLIENT_ID, App::secret("something else"));
    let variables = cloud.environment_certificate();
    let project = project().file("app.pem", std::fs::read(cloud.certificate_file()).unwrap());
    let variables = with(&variables, &[(PATH, "app.pem")]);
    fails("certificate_wrong", &cloud, &project, &variables);
}

#[test]
fn a_clock_that_is_wrong_is_explained() {
    let cloud = cloud();
    // The cloud is two hours ahead of this machine.
    cloud.clock_offset(7_200);
    let (key, own) = parts(&cloud);
    let (project, variables) = with_file(&cloud, key + &own);
    fails("certificate_clock", &cloud, &project, &variables);
}
