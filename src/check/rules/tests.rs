//! What holds for every rule: ids, texts, and the examples that its page shows.

use std::{collections::HashSet, fmt::Write as _};

use proptest::prelude::*;

use super::{FAMILIES, Rule, all};
use crate::check::testing::{Around, fixed, found, ids, resolved};

#[test]
fn ids_are_unique_and_in_order() {
    let mut seen = HashSet::new();
    for family in FAMILIES {
        let ids: Vec<&str> = family.rules.iter().map(|rule| rule.id).collect();
        assert!(ids.is_sorted(), "{}: {ids:?}", family.name);
        for id in ids {
            assert!(seen.insert(id), "{id} stands twice");
            let is_id = id.len() == 5 && id[..2].bytes().all(|byte| byte.is_ascii_uppercase());
            assert!(is_id, "{id} is no id");
        }
    }
}

#[test]
fn texts_are_whole() {
    for rule in all() {
        let Rule {
            id,
            title,
            why,
            remedy,
            sources,
            ..
        } = rule;
        assert!(!title.is_empty() && !title.ends_with('.'), "{id}: {title}");
        assert!(why.ends_with(['.', '?', ')']), "{id}: {why}");
        assert!(
            !remedy.is_empty() && !remedy.ends_with('.'),
            "{id}: {remedy}"
        );
        assert!(
            sources.iter().all(|source| source.starts_with("https://")),
            "{id}: {sources:?}"
        );
        assert_eq!(rule.wrong.is_empty(), rule.right.is_empty(), "{id}");
    }
}

#[test]
fn what_the_page_calls_wrong_is_found_and_what_it_calls_right_is_not() {
    for rule in all().filter(|rule| !rule.wrong.is_empty()) {
        let wrong = ids(rule.wrong);
        assert!(
            wrong.contains(&rule.id),
            "{}: {wrong:?}\n{}",
            rule.id,
            rule.wrong
        );
        let right = ids(rule.right);
        assert!(
            !right.contains(&rule.id),
            "{}: {right:?}\n{}",
            rule.id,
            rule.right
        );
    }
}

#[test]
fn what_a_fix_has_changed_is_found_no_more() {
    for rule in all().filter(|rule| !rule.wrong.is_empty()) {
        if let Some(text) = fixed(rule.wrong, rule.id) {
            let found = ids(&text);
            assert!(!found.contains(&rule.id), "{}: {found:?}\n{text}", rule.id);
        }
    }
}

#[test]
fn a_fix_brings_nothing_worse_to_light() {
    for rule in all().filter(|rule| !rule.wrong.is_empty()) {
        let Some(text) = fixed(rule.wrong, rule.id) else {
            continue;
        };
        let before = ids(rule.wrong);
        let worst = found(rule.wrong, &[])
            .iter()
            .filter(|one| one.rule.id == rule.id)
            .map(|one| one.severity)
            .max();
        for one in found(&text, &[]) {
            let is_new = !before.contains(&one.rule.id);
            assert!(
                !is_new || Some(one.severity) <= worst,
                "{}: {}",
                rule.id,
                one.rule.id
            );
        }
    }
}

/// What a run with `--resolve` says is the same for every secret that is found fault with in the same way.
#[test]
fn what_references_bring_is_in_no_finding() {
    let manifest = |engine: &str| {
        let mut text = format!("[databases.default]\nENGINE = \"{engine}\"\n");
        for key in ["NAME", "USER", "PASSWORD", "HOST"] {
            let _ = writeln!(text, "{key} = \"${{env://{key}}}\"");
        }
        text.push_str("[databases.default.OPTIONS]\n");
        for option in RESOLVED {
            let _ = writeln!(text, "{option} = \"${{env://{option}}}\"");
        }
        text
    };
    for engine in ["postgresql", "mysql", "sqlite3", "oracle"] {
        for secret in [
            "24680135",
            "hunter2",
            "/srv/hunter2",
            "HUNTER2,24680135",
            "true",
        ] {
            let options = RESOLVED
                .map(|name| format!("\"{name}\":\"{secret}\""))
                .join(",");
            let json = format!(
                "{{\"NAME\":\"{secret}\",\"USER\":\"root\",\"HOST\":\"{secret}\",\"OPTIONS\":{{{options}}}}}"
            );
            let url = "[databases.default]\nurl = \"${env://U}\"\n".to_owned();
            for text in [manifest(engine), format!("{url}ENGINE = \"{engine}\"\n")] {
                for one in resolved(&text, &json) {
                    assert!(one.fix.as_ref().is_none_or(|fix| {
                        !["24680135", "hunter2"]
                            .iter()
                            .any(|part| fix.describe(&[]).to_lowercase().contains(part))
                    }));
                    let said = format!("{} {:?} {:?}", one.key, one.notes, one.remedy);
                    let said = said.to_lowercase();
                    assert!(
                        !said.contains("24680135") && !said.contains("hunter2"),
                        "{said}"
                    );
                }
            }
        }
    }
}

const RESOLVED: [&str; 16] = [
    "sslmode",
    "sslrootcert",
    "passfile",
    "service",
    "isolation_level",
    "keepalives",
    "sslsni",
    "connect_timeout",
    "ssl",
    "ssl_mode",
    "ssl_ca",
    "init_command",
    "sql_mode",
    "local_infile",
    "read_default_file",
    "ssl_server_dn_match",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands there, no rule of any family falls over it.
    #[test]
    fn no_value_makes_a_rule_panic(
        engine in prop::sample::select(vec!["postgresql", "mysql", "sqlite3", "oracle", "mssql"]),
        key in prop::sample::select(vec!["HOST", "PORT", "NAME", "USER", "PASSWORD", "CONN_MAX_AGE"]),
        options in prop::collection::vec((prop::sample::select(vec![
            "sslmode", "sslrootcert", "passfile", "service", "pool", "isolation_level", "keepalives",
            "channel_binding", "require_auth", "gssencmode", "host", "hostaddr", "port", "user",
            "ssl", "ssl_mode", "ssl_ca", "ssl_verify_cert", "init_command", "sql_mode", "local_infile",
            "connect_timeout", "read_default_file", "ssl_server_dn_match",
        ]), any::<u8>(), "\\PC{0,12}", any::<i64>()), 0..6),
        text in "\\PC{0,24}",
    ) {
        let quoted = |text: &str| toml_edit::Value::from(text.replace("${", "$")).to_string();
        let mut manifest = format!("[databases.a]\nENGINE = \"{engine}\"\n{key} = {}\n", quoted(&text));
        manifest.push_str("[databases.a.OPTIONS]\n");
        let mut seen = HashSet::new();
        for (name, kind, text, number) in &options {
            if !seen.insert(name) {
                continue;
            }
            let value = match kind % 7 {
                0 => quoted(text),
                1 => number.to_string(),
                2 => "true".to_owned(),
                3 => "1e300".to_owned(),
                4 => format!("[{}]", quoted(text)),
                5 => format!("{{ ca = {}, check_hostname = {} }}", quoted(text), kind % 2 == 0),
                _ => "\"${env://X}\"".to_owned(),
            };
            let _ = writeln!(manifest, "{name} = {value}");
        }
        let around = Around::new();
        around.look(&manifest);
    }

    /// Nor whatever a URL has.
    #[test]
    fn no_url_makes_a_rule_panic(
        scheme in prop::sample::select(vec!["postgres", "mysql", "sqlite", "oracle"]),
        rest in "[a-z0-9@:/?&=%.,()~$'+-]{0,40}",
    ) {
        let manifest = format!("[databases.a]\nurl = \"{scheme}://{rest}\"\n");
        Around::new().look(&manifest);
    }
}
