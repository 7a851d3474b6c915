//! Servers that hang, lie, ask for what they should not have, or are none.

mod mysql;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nuages::{
    check::server::{Heard, listen},
    value::Table,
};
use rcgen::{CertificateParams, DnType, date_time_ymd};
use rustls::ServerConfig;

use super::{
    LONG, ask, ask_within, database, fact, ids,
    liar::{Line, certificate_of, has, liar, named},
    note,
};

const PASSWORD: &str = "the-secret-password";

const POSTGRESQL: &str = "django.db.backends.postgresql";
const MYSQL: &str = "django.db.backends.mysql";

fn at(engine: &str, port: u16, options: &[(&str, &str)]) -> Table {
    let port = port.to_string();
    let keys = [
        ("NAME", "shop"),
        ("HOST", "127.0.0.1"),
        ("PORT", port.as_str()),
        ("USER", "ann"),
        ("PASSWORD", PASSWORD),
    ];
    database(engine, &keys, options)
}

fn holds_no_secret(heard: &Heard) {
    let text = format!("{heard:?}");
    assert!(!text.contains(PASSWORD), "{text}");
}

/// A message of PostgreSQL.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// A packet of MySQL.
fn packet(sequence: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let mut bytes = vec![length[0], length[1], length[2], sequence];
    bytes.extend_from_slice(body);
    bytes
}

/// Takes the first message of a client that asks for no TLS, or says that there is none.
fn startup(line: &mut Line) -> Option<()> {
    startup_with(line, None)
}

/// The same with TLS, where there is some.
fn startup_with(line: &mut Line, tls: Option<&Arc<ServerConfig>>) -> Option<()> {
    loop {
        let length = line.hear(4)?;
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let body = line.hear(length as usize - 4)?;
        if length != 8 {
            return Some(());
        }
        assert_eq!(body, [0x04, 0xd2, 0x16, 0x2f]);
        match tls {
            Some(configuration) => {
                line.say(b"S");
                line.secure(configuration);
            }
            None => {
                line.say(b"N");
            }
        }
    }
}

/// What PostgreSQL answers to a query: one row.
fn row(texts: &[&str]) -> Vec<u8> {
    let count = u16::try_from(texts.len()).unwrap().to_be_bytes();
    let mut names = count.to_vec();
    let mut values = count.to_vec();
    for text in texts {
        names.extend_from_slice(b"c\0");
        names.extend_from_slice(&[0; 18]);
        values.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        values.extend_from_slice(text.as_bytes());
    }
    [
        message(b'T', &names),
        message(b'D', &values),
        message(b'C', b"SELECT 1\0"),
    ]
    .concat()
}

const READY: &[u8] = b"Z\0\0\0\x05I";

/// Lets everybody in and answers everything with these.
fn answering(texts: Vec<String>, tls: Option<Arc<ServerConfig>>) -> u16 {
    let (port, _) = liar(move |line| {
        if startup_with(line, tls.as_ref()).is_none() {
            return;
        }
        line.say(&message(b'R', &[0, 0, 0, 0]));
        line.say(READY);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        loop {
            let Some(head) = line.hear(5) else { return };
            let length = u32::from_be_bytes(head[1..].try_into().unwrap());
            if line.hear(length as usize - 4).is_none() || head[0] != b'Q' {
                return;
            }
            line.say(&[&row(&texts)[..], READY].concat());
        }
    });
    port
}

#[test]
fn a_server_that_hangs_is_left_at_the_deadline() {
    let (silent, _) = liar(Line::hear_out);
    let (half, _) = liar(|line| {
        line.say(b"S");
        line.hear_out();
    });
    let databases = [
        at(POSTGRESQL, silent, &[]),
        at(POSTGRESQL, half, &[]),
        at(MYSQL, silent, &[]),
        at(MYSQL, half, &[]),
    ];
    let databases: Vec<_> = databases
        .iter()
        .map(|settings| ("default", settings, false))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let start = Instant::now();
    let within = Duration::from_secs(1);
    let heard = runtime.block_on(listen(&databases, None, &Vec::new(), within));
    // All at once, not one after the other.
    assert!(start.elapsed() < within * 3, "{:?}", start.elapsed());
    assert_eq!(heard.len(), 4);
    for heard in &heard {
        assert_eq!(ids(heard), ["SV002"], "{heard:#?}");
        assert_eq!(heard.json["class"], "time");
        assert!(note(heard, "SV002").contains("within 1 s"), "{heard:#?}");
    }
}

#[test]
fn what_a_server_says_is_shown_and_not_obeyed() {
    let texts: Vec<String> = [
        "PostgreSQL 15.1\u{1b}]0;owned\u{7}\r\n\u{202e}",
        "not a number",
        &format!("ann {PASSWORD}"),
        &"x".repeat(100_000),
        "f\0t",
        "md5",
    ]
    .map(str::to_owned)
    .into();
    let heard = ask(&at(POSTGRESQL, answering(texts, None), &[]));
    assert_eq!(heard.outcome, "answered", "{heard:#?}");
    holds_no_secret(&heard);
    let mut shown = heard.lines.clone();
    shown.extend(heard.told.iter().map(|told| told.note.clone()));
    for line in shown {
        assert!(
            !line.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{line:?}"
        );
        assert!(line.chars().count() < 1000, "{line}");
    }
    assert!(heard.lines[0].contains("\\u{1b}]0;owned"), "{heard:#?}");
    // It let us in without asking for anything.
    assert!(ids(&heard).contains(&"SV042"), "{heard:#?}");
}

#[test]
fn the_password_is_kept_from_whoever_just_asks() {
    let (port, seen) = liar(|line| {
        if startup(line).is_some() {
            line.say(&message(b'R', &[0, 0, 0, 3]));
            line.hear_out();
        }
    });
    for options in [&[][..], &[("sslmode", "disable")]] {
        let heard = ask(&at(POSTGRESQL, port, options));
        assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
        holds_no_secret(&heard);
    }
    assert!(has(&seen, "ann"));
    assert!(!has(&seen, PASSWORD));
}

#[test]
fn a_server_cannot_make_us_work_for_ever() {
    let (port, _) = liar(|line| {
        if startup(line).is_none() {
            return;
        }
        line.say(&message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0"));
        let Some(head) = line.hear(5) else { return };
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4;
        let Some(body) = line.hear(length) else {
            return;
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        let nonce = text.rsplit("r=").next().unwrap();
        let answer = format!("r={nonce}xyz,s=c2FsdHNhbHQ=,i=2000000000");
        line.say(&message(b'R', &[b"\0\0\0\x0b", answer.as_bytes()].concat()));
        line.hear_out();
    });
    let heard = ask(&at(POSTGRESQL, port, &[]));
    assert_eq!(ids(&heard), ["SV008"], "{heard:#?}");
    assert!(heard.took < Duration::from_secs(5));

    // Rows without end.
    let (port, _) = liar(|line| {
        if startup(line).is_none() {
            return;
        }
        line.say(&message(b'R', &[0, 0, 0, 0]));
        line.say(READY);
        let text = "x".repeat(60_000);
        while line.say(&row(&[&text])) {}
    });
    let heard = ask(&at(POSTGRESQL, port, &[]));
    assert_eq!(heard.outcome, "refused", "{heard:#?}");
    assert!(heard.took < LONG);
}

#[test]
fn what_is_no_database_is_told() {
    for greeting in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        b"\0\0\0\0\0\0\0\0",
    ] {
        let (port, _) = liar(move |line| {
            line.say(greeting);
        });
        for engine in [POSTGRESQL, MYSQL] {
            let heard = ask(&at(engine, port, &[]));
            assert_eq!(heard.outcome, "refused", "{heard:#?}");
            assert!(["SV002", "SV008"].contains(&ids(&heard)[0]), "{heard:#?}");
        }
    }
}

#[test]
fn tls_that_ends_before_the_server_is_told() {
    let (tls, file) = certificate_of(&named(&["127.0.0.1"]));
    let path = file.path().display().to_string();
    // To whether it has TLS itself the server says no, as to everything else.
    let port = answering(vec!["f".to_owned()], Some(tls));
    let heard = ask(&at(
        POSTGRESQL,
        port,
        &[("sslmode", "verify-full"), ("sslrootcert", &path)],
    ));
    // A certificate that is trusted itself needs no authority.
    assert_eq!(fact(&heard, "/tls/verified"), "identity", "{heard:#?}");
    assert_eq!(fact(&heard, "/tls/ends_before_server"), true);
    assert!(ids(&heard).contains(&"SV013"), "{heard:#?}");
}

#[test]
fn proofs_that_are_not_spoken_are_named() {
    for (request, words) in [
        (&b"\0\0\0\x07"[..], "Kerberos"),
        (b"\0\0\0\x0aOAUTHBEARER\0\0", "OAuth"),
        (b"\0\0\0\x63", "not known here"),
    ] {
        let (port, _) = liar(move |line| {
            if startup(line).is_some() {
                line.say(&message(b'R', request));
                line.hear_out();
            }
        });
        let heard = ask(&at(POSTGRESQL, port, &[]));
        assert_eq!(heard.outcome, "not looked at", "{heard:#?}");
        assert!(heard.lines[0].contains(words), "{heard:#?}");
    }
}

/// Which certificates of a server that is trusted itself are accepted.
#[test]
fn certificates_are_judged_as_libpq_does() {
    let with_name = |mut wanted: CertificateParams, name: &str| {
        wanted.distinguished_name.push(DnType::CommonName, name);
        wanted
    };
    let until = |mut wanted: CertificateParams, year: i32| {
        wanted.not_before = date_time_ymd(2019, 1, 1);
        wanted.not_after = date_time_ymd(year, 1, 1);
        wanted
    };
    let host = "127.0.0.1";
    for (wanted, full, authority) in [
        (named(&[host]), "answered", "answered"),
        // The common name counts where there is no other.
        (with_name(named(&[]), host), "answered", "answered"),
        (with_name(named(&["db.example"]), host), "SV003", "answered"),
        (named(&["db.example"]), "SV003", "answered"),
        (named(&[]), "SV003", "answered"),
        (until(named(&[host]), 2020), "SV003", "SV003"),
    ] {
        let shown = format!("{:?} {:?}", wanted.subject_alt_names, wanted.not_after);
        let (tls, file) = certificate_of(&wanted);
        let path = file.path().display().to_string();
        let port = answering(vec!["f".to_owned()], Some(tls));
        for (mode, expected) in [("verify-full", full), ("verify-ca", authority)] {
            let heard = ask(&at(
                POSTGRESQL,
                port,
                &[("sslmode", mode), ("sslrootcert", &path)],
            ));
            let came = match heard.outcome {
                "refused" => ids(&heard)[0],
                outcome => outcome,
            };
            assert_eq!(came, expected, "{mode} {shown} {heard:#?}");
        }
    }
    // Where nothing is verified, it is told that it has expired.
    let (tls, _file) = certificate_of(&until(named(&[host]), 2020));
    let port = answering(vec!["f".to_owned()], Some(tls));
    let heard = ask(&at(POSTGRESQL, port, &[("sslmode", "require")]));
    assert!(
        note(&heard, "SV012").contains("has expired: 2020-01-01"),
        "{heard:#?}"
    );
}

/// Bytes by a rule that looks like chance.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

#[test]
fn noise_ends_no_program() {
    let within = Duration::from_millis(300);
    for seed in 0..60 {
        let (port, _) = liar(move |line| {
            if startup(line).is_none() {
                return;
            }
            // Some of it well framed, some let in first.
            let mut noise = noise(seed);
            if seed % 3 == 0 {
                line.say(&message(b'R', &[0, 0, 0, 0]));
                line.say(READY);
            }
            for _ in 0..20 {
                let kind = b"RSKZTDCENEv123"[usize::from(noise.next().unwrap()) % 14];
                let length = usize::from(noise.next().unwrap()) % 64;
                let body: Vec<u8> = noise.by_ref().take(length).collect();
                line.say(&message(kind, &body));
            }
        });
        let heard = ask_within(&at(POSTGRESQL, port, &[]), &Vec::new(), None, false, within);
        assert!(
            !format!("{heard:?}").contains("failed within itself"),
            "{seed} {heard:#?}"
        );

        let (port, _) = liar(move |line| {
            let mut noise = noise(seed);
            for sequence in 0..20 {
                let length = usize::from(noise.next().unwrap()) % 90;
                let mut body: Vec<u8> = noise.by_ref().take(length).collect();
                if sequence == 0 {
                    body.insert(0, 10);
                }
                line.say(&packet(sequence, &body));
            }
        });
        let heard = ask_within(&at(MYSQL, port, &[]), &Vec::new(), None, false, within);
        assert!(
            !format!("{heard:?}").contains("failed within itself"),
            "{seed} {heard:#?}"
        );
    }
}
