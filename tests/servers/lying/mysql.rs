//! The same for servers that speak as MySQL does.

use std::time::Duration;

use nuages::value::Value;

use super::{MYSQL, PASSWORD, at, holds_no_secret, packet};
use crate::{
    ask, ask_within, fact, ids,
    liar::{Line, Seen, certificate_of, has, liar, named},
    note,
};

/// What a MySQL server that caches hashes asks for: the hash first, and where it has none, the password.
fn caching(line: &mut Line, sequence: u8, has_hash: bool) {
    line.say(&packet(
        sequence,
        b"\xfecaching_sha2_password\0aaaaaaaaaaaaaaaaaaaa\0",
    ));
    if line.hear(4 + 32).is_none() {
        return;
    }
    if has_hash {
        line.say(&packet(sequence + 2, &[1, 3]));
        line.say(&packet(sequence + 3, &[0, 0, 0, 2, 0, 0, 0]));
    } else {
        line.say(&packet(sequence + 2, &[1, 4]));
        if line.hear(4 + PASSWORD.len() + 1).is_none() {
            return;
        }
        line.say(&packet(sequence + 4, &[0, 0, 0, 2, 0, 0, 0]));
    }
    // Whatever it is asked, it refuses to say.
    while let Some(head) = line.hear(4) {
        line.hear(usize::from(head[0]) | usize::from(head[1]) << 8);
        line.say(&packet(1, b"\xff\x15\x04#28000no"));
    }
}

#[test]
fn a_password_goes_to_a_server_that_was_verified_and_to_no_other() {
    let (port, _) = mysql(|line, _| caching(line, 2, true));
    let heard = ask(&at(MYSQL, port, &[]));
    assert_eq!(fact(&heard, "/method/name"), "caching_sha2_password");
    assert!(
        !fact(&heard, "/not_looked_at")
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(fact(&heard, "/changes_tables").is_null());

    let (tls, file) = certificate_of(&named(&["127.0.0.1"]));
    let (port, seen) = liar(move |line| {
        line.say(&packet(0, &greeting(true)));
        if line.hear(4 + 32).is_none() {
            return;
        }
        line.secure(&tls);
        let Some(length) = line.hear(4) else { return };
        line.hear(usize::from(length[0]) | usize::from(length[1]) << 8);
        caching(line, 3, false);
    });
    let settings = |mode: &str| {
        let mut settings = at(MYSQL, port, &[("ssl_mode", mode)]);
        let authority = [(
            "ca".to_owned(),
            Value::plain(file.path().display().to_string()),
        )];
        if let Some(Value::Table(options)) = settings.get_mut("OPTIONS") {
            options.insert("ssl", Value::Table(authority.into_iter().collect()));
        }
        settings
    };
    for mode in ["PREFERRED", "REQUIRED"] {
        let heard = ask(&settings(mode));
        assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
    }
    assert!(!has(&seen, PASSWORD));
    let heard = ask(&settings("VERIFY_IDENTITY"));
    assert_eq!(fact(&heard, "/tls/verified"), "identity");
    assert!(has(&seen, &format!("{PASSWORD}\0")));
}

fn greeting(has_tls: bool) -> Vec<u8> {
    let mut greeting = b"\x0a8.0.36\0\x01\0\0\0aaaaaaaa\0".to_vec();
    // SECURE_CONNECTION, PROTOCOL_41, CONNECT_WITH_DB, and SSL; PLUGIN_AUTH.
    greeting.extend_from_slice(&[
        0x08,
        if has_tls { 0x8a } else { 0x82 },
        45,
        2,
        0,
        0x08,
        0,
        21,
    ]);
    greeting.extend_from_slice(&[0; 10]);
    greeting.extend_from_slice(b"aaaaaaaaaaaa\0mysql_native_password\0");
    greeting
}

/// A MySQL server that greets, takes the response and goes on.
fn mysql(then: impl Fn(&mut Line, &[u8]) + Send + Sync + 'static) -> (u16, Seen) {
    liar(move |line| {
        line.say(&packet(0, &greeting(false)));
        let Some(head) = line.hear(4) else { return };
        let length = usize::from(head[0]) | usize::from(head[1]) << 8;
        if let Some(response) = line.hear(length) {
            then(line, &response);
        }
    })
}

/// Lets everybody in, and answers every command with these bytes.
fn mysql_answering(answer: Vec<u8>) -> u16 {
    let (port, _) = mysql(move |line, _| {
        line.say(&packet(2, &[0, 0, 0, 2, 0, 0, 0]));
        loop {
            let Some(head) = line.hear(4) else { return };
            if line
                .hear(usize::from(head[0]) | usize::from(head[1]) << 8)
                .is_none()
            {
                return;
            }
            if !line.say(&answer) {
                return;
            }
        }
    });
    port
}

#[test]
fn a_mysql_server_is_not_obeyed_either() {
    let column = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        [&[0xfc, length[0], length[1]], text.as_bytes()].concat()
    };
    let texts = [
        "8.0\u{1b}[2J",
        &"y".repeat(9000),
        &format!("{PASSWORD}@%"),
        "GRANT ALL PRIVILEGES ON *.* TO x",
    ];
    let values: Vec<u8> = texts.iter().flat_map(|text| column(text)).collect();
    let mut answer = packet(1, &[4]);
    for at in 2..6 {
        answer.extend(packet(at, b"def"));
    }
    answer.extend(packet(6, &[0xfe, 0, 0, 2, 0]));
    answer.extend(packet(7, &values));
    answer.extend(packet(8, &[0xfe, 0, 0, 2, 0]));
    let heard = ask(&at(MYSQL, mysql_answering(answer), &[]));
    assert_eq!(fact(&heard, "/user"), "********@%");
    holds_no_secret(&heard);
    for line in &heard.lines {
        assert!(
            !line.chars().any(char::is_control) && line.len() < 1000,
            "{line:?}"
        );
    }

    // It asks for a file of ours.
    let heard = ask(&at(
        MYSQL,
        mysql_answering(packet(1, b"\xfb/etc/passwd")),
        &[],
    ));
    assert_eq!(ids(&heard), ["SV008"], "{heard:#?}");
    // Packets that promise more than they have, or count wrongly.
    for answer in [
        packet(1, &[0xfc]),
        packet(9, &[1]),
        vec![0xff, 0xff, 0xff, 1],
        packet(1, &[0xfe; 9]),
    ] {
        let within = Duration::from_secs(2);
        let heard = ask_within(
            &at(MYSQL, mysql_answering(answer), &[]),
            &Vec::new(),
            None,
            false,
            within,
        );
        assert_eq!(heard.outcome, "refused", "{heard:#?}");
    }
}

#[test]
fn the_password_is_kept_from_whoever_just_asks() {
    let (port, seen) = mysql(|line, _| {
        line.say(&packet(2, b"\xfemysql_clear_password\0\0"));
        line.hear_out();
    });
    let heard = ask(&at(MYSQL, port, &[]));
    assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
    let heard = ask(&at(MYSQL, port, &[("auth_plugin", "mysql_clear_password")]));
    assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
    assert!(!has(&seen, PASSWORD));

    let (port, seen) = mysql(|line, _| {
        // The hash is not in the server's cache: it would like the password.
        line.say(&packet(
            2,
            b"\xfecaching_sha2_password\0aaaaaaaaaaaaaaaaaaaa\0",
        ));
        line.hear(4 + 32);
        line.say(&packet(4, &[1, 4]));
        line.hear_out();
    });
    let heard = ask(&at(MYSQL, port, &[]));
    assert_eq!(ids(&heard), ["SV005"], "{heard:#?}");
    assert!(note(&heard, "SV005").contains("caching_sha2_password"));
    assert!(!has(&seen, PASSWORD));
}
