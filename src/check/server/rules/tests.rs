//! Which rules hold for which facts, without a server.

use super::*;
use crate::{
    check::server::facts::{Certificate, Changes, Method, Product, Server},
    value::Table,
};

const NOW: &str = "2026-11-23T00:00:00Z";

fn now() -> SystemTime {
    timestamp::parse(NOW).unwrap()
}

/// A sound database far away.
fn sound() -> Facts {
    Facts {
        server: Server {
            product: Product::Postgresql,
            version: "18.1".to_owned(),
            series: Some((18, 1)),
        },
        place: "db.example:5432".to_owned(),
        is_local: false,
        user: "app".to_owned(),
        login: None,
        database: Some("shop".to_owned()),
        channel: Channel::Tls(Tls {
            version: Some("TLSv1.3".to_owned()),
            cipher: Some("TLS13_AES_256_GCM_SHA384".to_owned()),
            asked: Some(Asked::Identity),
            verified: Verified::Identity,
            certificate: Some(Certificate {
                until: timestamp::parse("2027-11-23T00:00:00Z"),
                names: vec!["db.example".to_owned()],
            }),
            ends_before: false,
        }),
        method: Some(Method {
            name: "SCRAM-SHA-256-PLUS".to_owned(),
            strength: Strength::Sound,
        }),
        weak_storage: None,
        powers: Vec::new(),
        changes: Some(Changes::default()),
        skew: Skew::new(now(), now(), Duration::from_millis(20)),
        gaps: Vec::new(),
    }
}

fn tls(facts: &mut Facts) -> &mut Tls {
    match &mut facts.channel {
        Channel::Tls(tls) => tls,
        other => panic!("{other:?}"),
    }
}

fn settings(engine: &str) -> Table {
    let mut settings = Table::new();
    settings.insert("ENGINE", Value::plain(engine));
    settings
}

fn observed(facts: &Facts, may_alter: bool) -> Vec<Observation> {
    let settings = settings("django.db.backends.postgresql");
    let target = Target {
        alias: "default",
        settings: &settings,
        may_alter,
    };
    observations(&target, facts, now())
}

fn power(kind: PowerKind, name: &str) -> Power {
    Power {
        kind,
        name: name.to_owned(),
        via: None,
    }
}

/// A change of sound facts, and what is told then: rules, keys, and a part of the first note.
type Case = (
    fn(&mut Facts),
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: &[Case] = &[
    (|_| {}, &[], ""),
    (
        |facts| facts.channel = Channel::Plain,
        &[("SV010", "OPTIONS.sslmode")],
        "`db.example:5432` has no TLS",
    ),
    (
        |facts| (facts.channel, facts.is_local) = (Channel::Plain, true),
        &[],
        "",
    ),
    (
        |facts| (facts.channel, facts.is_local) = (Channel::Socket, true),
        &[],
        "",
    ),
    (|facts| facts.channel = Channel::Unknown, &[], ""),
    (
        |facts| tls(facts).verified = Verified::Nothing,
        &[("SV011", "OPTIONS.sslmode")],
        "nothing of the server's",
    ),
    (
        |facts| tls(facts).verified = Verified::Authority,
        &[("SV011", "OPTIONS.sslmode")],
        "the name",
    ),
    (|facts| tls(facts).verified = Verified::Unknown, &[], ""),
    (
        |facts| tls(facts).ends_before = true,
        &[("SV013", "")],
        "something between",
    ),
    (
        |facts| {
            tls(facts).certificate.as_mut().unwrap().until =
                timestamp::parse("2026-12-01T00:00:00Z");
        },
        &[("SV012", "")],
        "expires soon: 2026-12-01T00:00:00Z",
    ),
    (
        |facts| {
            tls(facts).certificate.as_mut().unwrap().until =
                timestamp::parse("2026-11-22T00:00:00Z");
        },
        &[("SV012", "")],
        "has expired",
    ),
    (
        |facts| {
            facts.powers = vec![
                power(PowerKind::Machine, "pg_read_server_files"),
                power(PowerKind::Data, "BYPASSRLS"),
                power(PowerKind::Sight, "pg_monitor"),
                power(PowerKind::Logins, "CREATEROLE"),
            ];
        },
        &[
            ("SV021", "USER"),
            ("SV022", "USER"),
            ("SV023", "USER"),
            ("SV024", "USER"),
        ],
        "`app` has pg_read_server_files",
    ),
    (
        |facts| {
            facts.login = Some("low".to_owned());
            facts.powers = vec![Power {
                via: Some("boss".to_owned()),
                ..power(PowerKind::Everything, "SUPERUSER")
            }];
            // Told once.
            facts.changes.as_mut().unwrap().alters = 7;
        },
        &[("SV020", "USER")],
        "`low` has SUPERUSER through `boss`",
    ),
    (
        |facts| {
            let changes = facts.changes.as_mut().unwrap();
            changes.creates_in = vec!["public".to_owned()];
            changes.creates_schemas = true;
            changes.alters = 2;
        },
        &[("SV025", "USER")],
        "`app`: makes tables in `public`; makes schemas; alters and drops 2 tables and views",
    ),
    (
        |facts| {
            let changes = facts.changes.as_mut().unwrap();
            changes.creates_in = vec!["public".to_owned()];
            changes.by_everybody = vec!["public".to_owned()];
        },
        &[("SV026", ""), ("SV025", "USER")],
        "everybody who may connect can make tables in `public`",
    ),
    (|facts| facts.changes = None, &[], ""),
    (
        |facts| facts.powers = vec![power(PowerKind::Schema, "db_owner")],
        &[("SV025", "USER")],
        "`app`: db_owner",
    ),
    (
        |facts| facts.server.series = Some((14, 20)),
        &[("SV030", "")],
        "PostgreSQL 14 gets no more fixes since 2026-11-12",
    ),
    (
        |facts| (facts.server.product, facts.server.series) = (Product::SqlServer, Some((13, 0))),
        &[("SV030", "")],
        "SQL Server 2016 gets no more",
    ),
    (|facts| facts.server.series = Some((99, 0)), &[], ""),
    (
        |facts| (facts.server.product, facts.server.series) = (Product::Other, Some((9, 6))),
        &[],
        "",
    ),
    (
        |facts| facts.method.as_mut().unwrap().strength = Strength::Weak,
        &[("SV040", "USER")],
        "the server asked for",
    ),
    (
        |facts| facts.method.as_mut().unwrap().strength = Strength::Clear,
        &[("SV041", "USER")],
        "the password itself",
    ),
    (
        |facts| facts.method.as_mut().unwrap().strength = Strength::Absent,
        &[("SV042", "USER")],
        "no proof",
    ),
    (
        |facts| facts.method.as_mut().unwrap().strength = Strength::Unknown,
        &[],
        "",
    ),
    (
        |facts| facts.weak_storage = Some("md5".to_owned()),
        &[("SV043", "")],
        "`password_encryption` is `md5`",
    ),
    (
        |facts| {
            facts.skew = Skew::new(
                now() + Duration::from_secs(31),
                now(),
                Duration::from_secs(2),
            );
        },
        &[],
        "",
    ),
    (
        |facts| facts.skew = Skew::new(now() - Duration::from_secs(7300), now(), Duration::ZERO),
        &[("SV050", "")],
        "at least 2 hours behind",
    ),
];

#[test]
fn rules_hold_for_facts() {
    for (number, (change, told, note)) in CASES.iter().enumerate() {
        let mut facts = sound();
        change(&mut facts);
        let found = observed(&facts, false);
        let seen: Vec<(&str, String)> = found
            .iter()
            .map(|one| (one.rule, one.key.join(".")))
            .collect();
        let seen: Vec<(&str, &str)> = seen
            .iter()
            .map(|(rule, key)| (*rule, key.as_str()))
            .collect();
        assert_eq!(seen, *told, "case {number}");
        if let Some(first) = found.first() {
            assert!(first.note.contains(note), "case {number}: {}", first.note);
        }
    }
}

#[test]
fn a_login_for_migrations_changes_tables() {
    let mut facts = sound();
    facts.changes = Some(Changes {
        creates_in: vec!["public".to_owned()],
        alters: 3,
        ..Changes::default()
    });
    assert!(observed(&facts, true).is_empty());
    facts.powers = vec![power(PowerKind::Everything, "SUPERUSER")];
    assert_eq!(observed(&facts, true)[0].severity, Severity::Warning);
    assert_eq!(observed(&facts, false)[0].severity, Severity::Error);
}

#[test]
fn what_is_refused_is_told_at_its_key() {
    let keys = |engine: &str, refusal: &Refusal| {
        let settings = settings(engine);
        let target = Target {
            alias: "default",
            settings: &settings,
            may_alter: false,
        };
        let found = of_refusal(&target, refusal);
        format!(
            "{} {} {}",
            found[0].rule,
            found[0].key.join("."),
            found[0].note
        )
    };
    let postgresql = "django.db.backends.postgresql";
    for (engine, refusal, told) in [
        (
            postgresql,
            Refusal::new(Class::Login, "no").code("28P01"),
            "SV001 PASSWORD no (28P01)",
        ),
        (postgresql, Refusal::new(Class::Time, "no"), "SV002 HOST no"),
        (
            postgresql,
            Refusal::new(Class::Certificate, "no").said("a name"),
            "SV003 OPTIONS.sslmode no: a name",
        ),
        (
            "django.db.backends.mysql",
            Refusal::new(Class::Tls, "no"),
            "SV004 OPTIONS.ssl_mode no",
        ),
        (
            "mssql",
            Refusal::new(Class::Cleartext, "no"),
            "SV005 OPTIONS.extra_params no",
        ),
        (
            "django.db.backends.oracle",
            Refusal::new(Class::Certificate, "no"),
            "SV003 HOST no",
        ),
        (
            postgresql,
            Refusal::new(Class::Database, "no"),
            "SV006 NAME no",
        ),
        // A code that is none is not shown.
        (
            postgresql,
            Refusal::new(Class::Busy, "no").code("<b>"),
            "SV008  no",
        ),
    ] {
        assert_eq!(keys(engine, &refusal), told);
    }
}

#[test]
fn facts_are_told_in_words_and_as_json() {
    let mut facts = sound();
    facts.gaps = vec!["the rest".to_owned()];
    insta::assert_snapshot!(facts.lines().join("\n"), @"
    PostgreSQL 18.1 at `db.example:5432`, as `app` in `shop`
    TLS: TLSv1.3, TLS13_AES_256_GCM_SHA384, authority and name verified; certificate for db.example until 2027-11-23T00:00:00Z
    login: SCRAM-SHA-256-PLUS
    privileges: none beyond those on its tables were seen
    tables: cannot make, alter or drop any
    clock: agrees with ours within 0.010 s
    not looked at: the rest
    ");
    insta::assert_snapshot!(serde_json::to_string(&facts.json()).unwrap(), @r#"{"server":{"product":"PostgreSQL","version":"18.1"},"place":"db.example:5432","local":false,"user":"app","login":null,"database":"shop","tls":{"in_use":true,"version":"TLSv1.3","cipher":"TLS13_AES_256_GCM_SHA384","asked":"TLS, a trusted authority and the server's name","verified":"identity","expires":"2027-11-23T00:00:00Z","names":["db.example"],"ends_before_server":false},"method":{"name":"SCRAM-SHA-256-PLUS","strength":"sound"},"weak_password_storage":null,"privileges":[],"changes_tables":{"creates_in":[],"everybody_creates_in":[],"creates_schemas":false,"alters":0,"grants":[]},"clock":{"at_least_seconds":0.0,"give_or_take_seconds":0.01},"not_looked_at":["the rest"]}"#);
}
