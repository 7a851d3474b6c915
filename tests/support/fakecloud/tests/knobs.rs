//! What a test can turn, by plain HTTP without TLS. That the services are like the real ones is judged elsewhere, by
//! Microsoft's own SDKs.
#![allow(
    clippy::unwrap_used,
    reason = "a part that is broken is to fail the test at once"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nuages_fakecloud::{
    App, CLIENT_ID, Denied, FakeCloud, Reply, SYSTEM_IDENTITY, TENANT, USER_IDENTITY,
};
use serde_json::{Value, json};

const VAULT: &str = "https://vault.azure.net";

/// An answer: its status, its headers in lower case, its body.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

fn ask(
    cloud: &FakeCloud,
    method: &str,
    host: &str,
    target: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(cloud.http_address()).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0);
    }
    let mut body = String::new();
    stream.read_to_string(&mut body).unwrap();
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: serde_json::from_str(&body).unwrap_or_default(),
    }
}

/// Reads `db-password` of the vault `shop` with this token.
fn read(cloud: &FakeCloud, token: &str) -> Answer {
    let target = "/secrets/db-password/?api-version=2025-07-01";
    let bearer = format!("Authorization: Bearer {token}\r\n");
    ask(cloud, "GET", "shop.vault.azure.net", target, &bearer, "")
}

/// Logs in with the client secret.
fn login(cloud: &FakeCloud, client_id: &str, secret: &str) -> Answer {
    let body = format!(
        "grant_type=client_credentials&client_id={client_id}&client_secret={secret}&scope={VAULT}/.default"
    );
    let target = format!("/{TENANT}/oauth2/v2.0/token");
    ask(
        cloud,
        "POST",
        "login.microsoftonline.com",
        &target,
        "",
        &body,
    )
}

fn with_a_secret() -> FakeCloud {
    let cloud = FakeCloud::start();
    cloud.vault("shop").set("db-password", "value");
    cloud
}

#[test]
fn times_of_tokens() {
    let cloud = with_a_secret();
    assert_eq!(read(&cloud, &cloud.issue_token(VAULT)).status, 200);

    cloud.token_life(Duration::from_secs(1));
    cloud.leeway(Duration::ZERO);
    let short = cloud.issue_token(VAULT);
    cloud.token_shift(3_600);
    let early = cloud.issue_token(VAULT);
    assert_eq!(read(&cloud, &early).status, 401);
    cloud.clock_offset(3_600);
    assert_eq!(read(&cloud, &early).status, 200);
    assert_eq!(read(&cloud, &short).status, 401);
    assert!(
        read(&cloud, &short)
            .head
            .contains("error=\"invalid_token\"")
    );
    cloud.leeway(Duration::from_secs(4_000));
    assert_eq!(read(&cloud, &short).status, 200);
}

#[test]
fn the_clock_is_that_of_every_answer() {
    let cloud = with_a_secret();
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    cloud.clock_offset(-i64::try_from(elapsed.as_secs()).unwrap());
    let answer = login(&cloud, CLIENT_ID, cloud.client_secret());
    assert!(
        answer.head.contains("\r\ndate: thu, 01 jan 1970 00:00:"),
        "{}",
        answer.head
    );
    assert_eq!(answer.body["expires_in"], 3_599);
}

#[test]
fn audiences_and_revoked_tokens() {
    let cloud = with_a_secret();
    cloud.token_audience(Some("https://elsewhere.example"));
    let wrong = login(&cloud, CLIENT_ID, cloud.client_secret()).body["access_token"].clone();
    cloud.token_audience(None);
    assert_eq!(read(&cloud, wrong.as_str().unwrap()).status, 401);

    let token = cloud.issue_token(VAULT);
    assert_eq!(read(&cloud, &token).status, 200);
    cloud.revoke_tokens();
    assert_eq!(read(&cloud, &token).status, 401);
    assert_eq!(read(&cloud, &cloud.issue_token(VAULT)).status, 200);
}

#[test]
fn the_same_token_again() {
    let cloud = with_a_secret();
    let got = || login(&cloud, CLIENT_ID, cloud.client_secret()).body["access_token"].clone();
    assert_ne!(got(), got());
    cloud.same_tokens(true);
    let known = cloud.issue_token(VAULT);
    assert_eq!(got(), known.as_str());
    assert_ne!(cloud.issue(SYSTEM_IDENTITY, VAULT).unwrap(), known);
    assert_ne!(cloud.issue_token("https://database.windows.net"), known);
}

#[test]
fn tokens_of_people() {
    let cloud = with_a_secret();
    let token = cloud.issue_user_token("django@shop.example", VAULT);
    assert_eq!(read(&cloud, &token).status, 200);
    let issued = cloud.tokens();
    let last = issued.last().unwrap();
    assert_eq!((&last.token, last.audience.as_str()), (&token, VAULT));
    assert!(!format!("{last:?}").contains(&token));
}

#[test]
fn scripts_are_used_up_in_their_order() {
    let cloud = with_a_secret();
    let token = cloud.issue_token(VAULT);
    cloud.script("vault.get", Reply::throttled(7).times(2));
    cloud.script("vault", Reply::vault(503, "ServiceUnavailable"));
    cloud.script(
        "entra.token",
        Reply::entra(503, "temporarily_unavailable", 90033).always(),
    );
    cloud.script(
        "vault.get",
        Reply::status(500).naming("other-secret").always(),
    );

    let first = read(&cloud, &token);
    assert_eq!(first.status, 429);
    assert!(
        first.head.contains("\r\nretry-after: 7\r\n"),
        "{}",
        first.head
    );
    let statuses = [0; 4].map(|_| read(&cloud, &token).status);
    assert_eq!(statuses, [429, 503, 200, 200]);
    assert_eq!(cloud.count("vault.get"), 5);

    for _ in 0..2 {
        let answer = login(&cloud, CLIENT_ID, cloud.client_secret());
        assert_eq!(
            (answer.status, &answer.body["error_codes"]),
            (503, &json!([90033]))
        );
    }
    assert_eq!(cloud.tokens().len(), 1, "a script hands out no token");
    cloud.clear_scripts();
    assert_eq!(login(&cloud, CLIENT_ID, cloud.client_secret()).status, 200);
}

#[test]
fn answers_take_their_time() {
    let cloud = with_a_secret();
    let token = cloud.issue_token(VAULT);
    let timed = || {
        let start = Instant::now();
        assert_eq!(read(&cloud, &token).status, 200);
        start.elapsed()
    };
    cloud.latency(Duration::from_millis(150));
    assert!(timed() >= Duration::from_millis(150));
    cloud.latency(Duration::ZERO);
    let reply = Reply::json(200, &json!({})).late(Duration::from_millis(300));
    cloud.script("vault.get", reply);
    assert!(timed() >= Duration::from_millis(300));
}

#[test]
fn the_books() {
    let cloud = with_a_secret();
    read(&cloud, "no token");
    read(&cloud, &cloud.issue_token(VAULT));
    login(&cloud, CLIENT_ID, "wrong");
    ask(&cloud, "GET", "elsewhere.example", "/page", "", "");
    let seen = cloud.requests();
    let operations: Vec<_> = seen
        .iter()
        .map(|seen| (seen.operation, seen.status))
        .collect();
    assert_eq!(
        operations,
        [
            ("vault.challenge", 401),
            ("vault.get", 200),
            ("entra.token", 401),
            ("unknown", 404)
        ]
    );
    assert_eq!(seen[1].header("authorization"), Some("Bearer"));
    assert_eq!(seen[1].host, "shop.vault.azure.net");
    assert_eq!(seen[2].field("client_id"), Some(CLIENT_ID));
    assert_eq!(seen[2].field("client_secret"), None);
    assert_eq!(cloud.count("vault"), 2);
    assert_eq!(cloud.count_path("GET", "/secrets/"), 2);
    assert_eq!(cloud.connections(), 4);
    cloud.forget();
    assert_eq!((cloud.requests().len(), cloud.connections()), (0, 0));
}

#[test]
fn who_may_read() {
    let cloud = with_a_secret();
    let vault = cloud.vault("shop");
    let app = App::secret("s3cret");
    vault.admit(app.object_id());
    cloud.add_app(TENANT, "11111111-1111-4111-8111-111111111111", app);
    let token = |id| cloud.issue(id, VAULT).unwrap();
    assert_eq!(
        read(&cloud, &token("11111111-1111-4111-8111-111111111111")).status,
        200
    );
    let refused = read(&cloud, &token(CLIENT_ID));
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body["error"]["innererror"]["code"],
        "ForbiddenByRbac"
    );
    vault.deny(Denied::ByFirewall);
    let refused = read(&cloud, &token(USER_IDENTITY));
    assert_eq!(
        refused.body["error"]["innererror"]["code"],
        "ForbiddenByFirewall"
    );
}

#[test]
fn identities_of_the_machine() {
    let cloud = FakeCloud::start();
    let metadata = |more: &str| {
        let target = format!(
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource={VAULT}{more}"
        );
        ask(
            &cloud,
            "GET",
            "169.254.169.254",
            &target,
            "Metadata: true\r\n",
            "",
        )
    };
    assert_eq!(metadata("").body["client_id"], SYSTEM_IDENTITY);
    cloud.remove_system_identity();
    assert_eq!(metadata("").body["client_id"], USER_IDENTITY);
    cloud.add_user_identity("22222222-2222-4222-8222-222222222222", "other");
    let refused = metadata("");
    assert_eq!(refused.status, 400);
    let said = refused.body["error_description"].as_str().unwrap();
    assert!(
        said.starts_with("Multiple user assigned identities"),
        "{said}"
    );
    assert_eq!(
        metadata("&client_id=22222222-2222-4222-8222-222222222222").status,
        200
    );
    cloud.remove_user_identities();
    assert_eq!(metadata("").body["error_description"], "Identity not found");
}

#[test]
fn a_resource_of_ones_own() {
    let cloud = FakeCloud::start();
    let asked = || {
        let target = "/msi/token?api-version=2019-08-01&resource=api://shop";
        let header = format!("X-IDENTITY-HEADER: {}\r\n", cloud.identity_header());
        ask(&cloud, "GET", "127.0.0.1", target, &header, "").status
    };
    assert_eq!(asked(), 400);
    cloud.add_resource("api://shop");
    assert_eq!(asked(), 200);
}

/// Whatever comes in, the cloud goes on.
#[test]
fn nonsense_does_no_harm() {
    let cloud = with_a_secret();
    let host = "shop.vault.azure.net";
    let bearer = format!("Authorization: Bearer {}\r\n", cloud.issue_token(VAULT));
    for (method, target, headers, body) in [
        ("PUT", "/secrets/x?api-version=7.4", bearer.as_str(), "{"),
        (
            "PUT",
            "/secrets/x?api-version=7.4",
            bearer.as_str(),
            r#"{"value": 1}"#,
        ),
        (
            "PATCH",
            "/secrets/x?api-version=7.4",
            bearer.as_str(),
            "null",
        ),
        (
            "GET",
            "/secrets?api-version=7.4&$skiptoken=%FF",
            bearer.as_str(),
            "",
        ),
        (
            "GET",
            "/secrets?api-version=7.4&maxresults=99999999999999999999",
            bearer.as_str(),
            "",
        ),
        (
            "GET",
            "/secrets/%FF%00?api-version=7.4",
            bearer.as_str(),
            "",
        ),
        ("GET", "/secrets/x", "Authorization: Bearer\r\n", ""),
        ("GET", "/secrets/x", "Authorization: Bearer a.b.c\r\n", ""),
        ("BREW", "/", bearer.as_str(), ""),
    ] {
        let status = ask(&cloud, method, host, target, headers, body).status;
        assert!((400..500).contains(&status), "{method} {target}: {status}");
    }
    let mut stream = TcpStream::connect(cloud.http_address()).unwrap();
    stream.write_all(b"\x01\x02 no HTTP\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(read(&cloud, &cloud.issue_token(VAULT)).status, 200);
}

#[test]
fn a_proxy_knows_no_vault_that_nobody_has_made() {
    let cloud = with_a_secret();
    let tunnel = |host: &str| {
        let address = cloud.proxy_url().replace("http://", "");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n"
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    assert!(tunnel("shop.vault.azure.net").starts_with("HTTP/1.1 200"));
    assert!(tunnel("nowhere.vault.azure.net").starts_with("HTTP/1.1 502"));
    let asked = ["shop.vault.azure.net:443", "nowhere.vault.azure.net:443"];
    assert_eq!(cloud.tunnels(), asked);
}

#[test]
fn nothing_is_left_behind() {
    let cloud = FakeCloud::start();
    let (directory, address) = (cloud.directory().to_owned(), cloud.http_address());
    assert!(directory.join("ca.pem").is_file());
    drop(cloud);
    assert!(!directory.exists());
    assert!(TcpStream::connect(address).is_err());
}
