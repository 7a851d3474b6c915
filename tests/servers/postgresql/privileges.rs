//! What logins can do there.

use super::{app, at, holds_no_secret, login, server};
use crate::{
    LONG, ask, ask_within, fact, ids, note,
    support::postgres::{APP, CertificateName, MIGRATIONS, More, Postgres},
};

#[test]
fn what_a_login_can_do_is_told() {
    let _kept = server();
    let heard = ask(&app(&[]));
    assert_eq!(fact(&heard, "/user"), APP.name);
    assert_eq!(fact(&heard, "/database"), "shop");
    assert_eq!(fact(&heard, "/server/product"), "PostgreSQL");
    assert_eq!(fact(&heard, "/privileges"), &serde_json::json!([]));
    let changes = fact(&heard, "/changes_tables");
    assert_eq!(changes["creates_in"], serde_json::json!([]));
    assert_eq!(changes["alters"], 0);
    assert_eq!(ids(&heard), Vec::<&str>::new(), "{heard:#?}");
    assert_eq!(fact(&heard, "/not_looked_at"), &serde_json::json!([]));

    for (user, rules, words) in [
        ("boss", &["SV020"][..], &["SUPERUSER"][..]),
        (
            "maker",
            &["SV022", "SV024", "SV025"],
            &[
                "CREATEROLE",
                "CREATEDB",
                "makes tables in `own`",
                "alters and drops 1 table",
            ],
        ),
        ("copier", &["SV023"], &["REPLICATION", "BYPASSRLS"]),
        (
            "reader",
            &["SV021", "SV023", "SV024"],
            &[
                "pg_read_all_data",
                "pg_execute_server_program",
                "pg_monitor",
            ],
        ),
        // What it can become counts, inherited or not.
        (
            "climber",
            &["SV020", "SV022"],
            &["rds_superuser", "CREATEROLE through `rds_superuser`"],
        ),
    ] {
        let password = format!("secret-of-{user}");
        let heard = ask(&login(user, &password, &[]));
        assert_eq!(ids(&heard), rules, "{heard:#?}");
        let notes: Vec<&str> = heard.told.iter().map(|told| told.note.as_str()).collect();
        let notes = notes.join("\n");
        for word in words {
            assert!(notes.contains(word), "{word}: {notes}");
        }
        assert!(
            heard.told.iter().all(|told| told.key == "USER"),
            "{heard:#?}"
        );
        holds_no_secret(&heard);
    }
}

#[test]
fn tables_are_for_the_login_that_migrates() {
    let _kept = server();
    let settings = login(MIGRATIONS.name, MIGRATIONS.password, &[]);
    let heard = ask(&settings);
    assert_eq!(ids(&heard), ["SV025"]);
    let seen = note(&heard, "SV025");
    for word in [
        "makes tables in `public`",
        "makes schemas",
        "alters and drops 1 table",
    ] {
        assert!(seen.contains(word), "{seen}");
    }
    assert!(ids(&ask_within(&settings, &Vec::new(), None, true, LONG)).is_empty());
    // A superuser is too much for migrations too, if less so.
    let boss = login("boss", "secret-of-boss", &[]);
    let heard = ask_within(&boss, &Vec::new(), None, true, LONG);
    assert_eq!(heard.told[0].rule, "SV020");
    assert_eq!(heard.told[0].severity, "warning");
}

#[test]
fn a_role_that_is_assumed_is_told_with_the_login() {
    let _kept = server();
    let settings = |role| login("maker", "secret-of-maker", &[("assume_role", role)]);
    let heard = ask(&settings("nosy"));
    assert_eq!(fact(&heard, "/user"), "nosy");
    assert_eq!(fact(&heard, "/login"), "maker");
    // The login can go back to what it is.
    assert!(ids(&heard).contains(&"SV022"));
    for role in ["boss", "no such role", "x\"; SELECT 1; --"] {
        let heard = ask(&settings(role));
        assert_eq!(ids(&heard), ["SV007"], "{role}");
        assert_eq!(heard.told[0].key, "OPTIONS.assume_role");
    }
}

#[test]
fn everybodys_right_to_make_tables_is_told() {
    // As every database was before version 15.
    let server = Postgres::start_with(
        CertificateName::Localhost,
        More {
            logins: Some("host all all all scram-sha-256\n"),
            statements: ["", "GRANT CREATE ON SCHEMA public TO PUBLIC"],
            ..More::default()
        },
    );
    let settings = at(&server, APP.name, APP.password, &[]);
    let heard = ask(&settings);
    assert_eq!(ids(&heard), ["SV026", "SV025"], "{heard:#?}");
    assert!(note(&heard, "SV026").contains("`public`"));
    assert!(note(&heard, "SV025").contains("makes tables in `public`"));
    assert_eq!(
        fact(&heard, "/changes_tables/everybody_creates_in"),
        &serde_json::json!(["public"])
    );
    let heard = ask_within(&settings, &Vec::new(), None, true, LONG);
    assert_eq!(ids(&heard), ["SV026"]);
}
