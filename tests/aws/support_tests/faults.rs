//! The proxy: what it passes on, what it counts, when it answers, and each of its faults as a client meets it.

use std::io::ErrorKind;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Client;
use crate::support::faults::{BODY_MARKER, Faults, Rule, Then};
use crate::support::moto::Moto;

fn alone(then: Then) -> Faults {
    Faults::before(Faults::refused()).rule(Rule::always(then))
}

#[test]
fn everything_passes_and_is_counted() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address());
    let account = moto.account().through(faults.url());
    let said = account.python(
        "ssm, secrets = client('ssm'), client('secretsmanager')\n\
         for n in range(12):\n\
         \x20   ssm.put_parameter(Name=f'/p/{n:02}', Value=f'é{n}', Type='SecureString')\n\
         names = [f'/p/{n:02}' for n in range(12)]\n\
         values = []\n\
         for some in (names[:10], names[10:]):\n\
         \x20   values += [p['Value'] for p in ssm.get_parameters(Names=some, WithDecryption=True)['Parameters']]\n\
         secrets.create_secret(Name='shop', SecretString='s' * 60000)\n\
         answer = secrets.batch_get_secret_value(SecretIdList=['shop', 'none'])\n\
         show([sorted(values, key=lambda v: int(v[1:])), len(answer['SecretValues'][0]['SecretString']), answer['Errors'][0]['SecretId'],\n\
               client('sts').get_caller_identity()['Account']])",
        &[],
    );
    let said: Value = serde_json::from_str(&said).unwrap();
    let values: Vec<_> = (0..12).map(|n| format!("é{n}")).collect();
    assert_eq!(said, json!([values, 60000, "none", account.id()]));

    assert_eq!(faults.count("PutParameter"), 12);
    assert_eq!(faults.count("GetCallerIdentity"), 1);
    assert_eq!(faults.total(), 12 + 2 + 2 + 1);
    let names =
        |range: std::ops::Range<usize>| range.map(|n| format!("/p/{n:02}")).collect::<Vec<_>>();
    assert_eq!(
        faults.names("GetParameters"),
        [json!(names(0..10)), json!(names(10..12))]
    );
    assert_eq!(
        faults.names("BatchGetSecretValue"),
        [json!(["shop", "none"])]
    );
    assert_eq!(faults.names("CreateSecret"), [json!("shop")]);
    assert_eq!((faults.most_in_flight(), faults.in_flight()), (1, 0));
    // Three clients, each with one connection that is kept.
    assert_eq!(faults.connections(), 3);
    assert!(
        faults.requests()[0]
            .header("authorization")
            .unwrap()
            .contains(&account.access_key())
    );
}

#[test]
fn requests_at_the_same_time_are_counted() {
    let faults = alone(Then::status(200)).delay(Duration::from_millis(700));
    let start = Barrier::new(9);
    thread::scope(|scope| {
        for _ in 0..9 {
            scope.spawn(|| {
                let mut client = Client::connect(faults.address());
                start.wait();
                client.status("A", "");
            });
        }
    });
    assert_eq!((faults.most_in_flight(), faults.total()), (9, 9));
    faults.forget();
    faults.script([Rule::always(Then::status(200)).late(Duration::ZERO)]);
    let mut client = Client::connect(faults.address());
    for _ in 0..50 {
        client.status("A", "");
    }
    assert_eq!((faults.most_in_flight(), faults.connections()), (1, 1));
}

#[test]
fn an_answer_is_delayed_by_no_less_than_was_said() {
    let delay = Duration::from_millis(150);
    let moto = Moto::start();
    let faults = Faults::before(moto.address()).delay(delay);
    let account = moto.account().through(faults.url());
    let times = account.python(
        "import time\n\
         ssm, times = client('ssm'), []\n\
         for _ in range(10):\n\
         \x20   start = time.monotonic()\n\
         \x20   ssm.get_parameters(Names=['/none'])\n\
         \x20   times.append(time.monotonic() - start)\n\
         show(times)",
        &[],
    );
    let times: Vec<f64> =
        serde_json::from_value::<Vec<Value>>(serde_json::from_str(&times).unwrap())
            .unwrap()
            .iter()
            .map(|time| time.as_f64().unwrap())
            .collect();
    assert!(
        times.iter().all(|&time| time >= delay.as_secs_f64()),
        "{times:?}"
    );
    // The server's own time is within the delay, not on top of it; one undisturbed answer of ten shows that.
    let quickest = times.iter().copied().fold(f64::MAX, f64::min);
    assert!(quickest < 2.0 * delay.as_secs_f64(), "{times:?}");
}

#[test]
fn errors_are_those_that_boto3_knows() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address())
        .rule(
            Rule::on("GetParameters", Then::error(400, "AccessDeniedException")).naming("/denied"),
        )
        .rule(Rule::on(
            "GetParameters",
            Then::error(400, "ThrottlingException").header("Retry-After", "7"),
        ))
        .rule(Rule::on(
            "GetCallerIdentity",
            Then::error(403, "ExpiredToken"),
        ))
        .rule(Rule::on("BatchGetSecretValue", Then::status(503)));
    let said = moto.account().through(faults.url()).python(
        "def code(call, **arguments):\n\
         \x20   try:\n\
         \x20       return call(**arguments)\n\
         \x20   except botocore.exceptions.ClientError as error:\n\
         \x20       meta = error.response['ResponseMetadata']\n\
         \x20       return [meta['HTTPStatusCode'], error.response['Error']['Code'],\n\
         \x20               error.response['Error'].get('Message'), meta['HTTPHeaders'].get('retry-after')]\n\
         show([code(client('ssm').get_parameters, Names=['/denied']), code(client('ssm').get_parameters, Names=['/x']),\n\
               code(client('sts').get_caller_identity),\n\
               code(client('secretsmanager').batch_get_secret_value, SecretIdList=['x'])[0]])",
        &[],
    );
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        said,
        json!([
            [400, "AccessDeniedException", BODY_MARKER, null],
            [400, "ThrottlingException", BODY_MARKER, "7"],
            [403, "ExpiredToken", BODY_MARKER, null],
            503,
        ])
    );
}

#[test]
fn a_client_that_tries_again_gets_through_a_share_of_throttling() {
    let moto = Moto::start();
    let faults = Faults::before(moto.address())
        .rule(Rule::always(Then::error(400, "ThrottlingException")).share(0.4, 7));
    let account = moto.account().through(faults.url());
    // The pauses between two attempts are left out: they are boto3's, and not what is tested.
    account.python(
        "import time\n\
         time.sleep = lambda seconds: None\n\
         ssm = client('ssm', config=dict(retries=dict(total_max_attempts=30, mode='standard')))\n\
         for n in range(40):\n\
         \x20   ssm.get_parameters(Names=[f'/{n}'])",
        &[],
    );
    let throttled = faults
        .requests()
        .iter()
        .filter(|request| request.rule.is_some())
        .count();
    assert_eq!(faults.count("GetParameters"), 40 + throttled);
    assert!(throttled > 5);
}

#[test]
fn a_black_hole_holds() {
    let faults = alone(Then::BlackHole);
    let mut client = Client::connect(faults.address());
    client.limit(Duration::from_millis(400));
    let kind = client.ask("A", "{}").unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind}"
    );
    // More may be said to it; it stays silent, and counts neither more requests nor an end.
    client.send("A", "{}").unwrap();
    assert!(client.answer().is_err());
    assert_eq!((faults.total(), faults.in_flight()), (1, 1));
    drop(client);
    let end = Instant::now() + Duration::from_secs(20);
    while faults.in_flight() > 0 {
        assert!(
            Instant::now() < end,
            "the end of the connection is not noticed"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_reset_is_a_reset() {
    let faults = alone(Then::Reset);
    let error = Client::connect(faults.address())
        .ask("A", r#"{"Names":[]}"#)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!((faults.total(), faults.in_flight()), (1, 0));
}

#[test]
fn a_truncated_answer_ends_in_good_order() {
    let faults = alone(Then::Truncated);
    let mut client = Client::connect(faults.address());
    let (status, head, body) = client.ask("A", "").unwrap();
    assert_eq!(status, 200);
    assert!(
        head.contains(&format!("content-length: {}", body.len() + 500)),
        "{head}"
    );
    assert!(String::from_utf8(body).unwrap().contains(BODY_MARKER));
}

#[test]
fn garbage_is_no_http() {
    let faults = alone(Then::Garbage);
    let mut client = Client::connect(faults.address());
    client.send("A", "").unwrap();
    let said = client.rest().unwrap();
    assert!(!said.starts_with(b"HTTP"));
    assert!(String::from_utf8(said).unwrap().contains(BODY_MARKER));
}

#[test]
fn a_page_is_a_page() {
    let faults = alone(Then::Html { code: 200 });
    let (status, head, body) = Client::connect(faults.address()).ask("A", "").unwrap();
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains(BODY_MARKER));
}

#[test]
fn a_huge_body_is_as_large_as_was_said_and_well_formed() {
    let moto = Moto::start();
    for chunked in [false, true] {
        let faults = Faults::before(moto.address()).rule(Rule::always(Then::HugeBody {
            bytes: 3_000_000,
            chunked,
        }));
        let said = moto.account().through(faults.url()).python(
            "import urllib.request\n\
             answer = urllib.request.urlopen(sys.argv[1], data=b'{}')\n\
             body = answer.read()\n\
             show([len(body), answer.headers['content-length'], sorted(json.loads(body))])\n\
             show(client('ssm').get_parameters(Names=['/x'])['Parameters'])",
            &[&faults.url()],
        );
        let length = if chunked {
            json!(null)
        } else {
            json!("3000000")
        };
        let wanted = json!([3_000_000, length, ["Filler", "Parameters", "SecretValues"]]);
        let (first, second) = said.split_once('\n').unwrap();
        assert_eq!(serde_json::from_str::<Value>(first).unwrap(), wanted);
        assert_eq!(second.trim(), "[]");
    }
}

#[test]
fn a_refused_address_refuses() {
    let error = std::net::TcpStream::connect(Faults::refused()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}
