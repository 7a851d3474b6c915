//! Spans of time, and what profiles do to what is kept fresh.

use proptest::prelude::*;

use super::*;
use crate::{
    manifest::{FileContent, Layer, Manifest, entry},
    registry::Registry,
};

#[test]
fn periods_are_numbers_with_units() {
    for (text, milliseconds) in [
        ("0s", 0),
        ("250ms", 250),
        ("90s", 90_000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("007s", 7000),
        ("1s1s", 2000),
    ] {
        let period = parse_period(text);
        assert_eq!(period, Some(Duration::from_millis(milliseconds)), "{text}");
    }
    for text in [
        "",
        "5",
        "m",
        "5 m",
        " 5m",
        "5m ",
        "5M",
        "5min",
        "1.5h",
        "-5m",
        "+5m",
        "5m3",
        "٥m",
        "18446744073709551616ms",
        "18446744073709551615s",
        "18446744073709551615ms1ms",
    ] {
        assert_eq!(parse_period(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(parts in proptest::collection::vec((0..1_000_000_u64, 0..UNITS.len()), 1..6)) {
        let texts: Vec<String> = parts.iter().map(|(number, unit)| format!("{number}{}", UNITS[*unit].0)).collect();
        let text = texts.concat();
        let sum = parts.iter().map(|(number, unit)| number * UNITS[*unit].1).sum();
        prop_assert_eq!(parse_period(&text), Some(Duration::from_millis(sum)));
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let is_shaped = text.chars().all(|c| c.is_ascii_digit() || "msdh".contains(c));
        prop_assert!(parse_period(&text).is_none() || is_shaped);
    }
}

fn manifest(text: &str) -> Manifest {
    let manifest = Manifest::read(
        "nuages.toml".to_owned(),
        text.to_owned(),
        &Registry::builtin(),
    );
    assert_eq!(manifest.errors(), []);
    manifest
}

fn select(manifest: &Manifest, profiles: &[&str]) -> Layer {
    let profiles: Vec<String> = profiles.iter().map(|name| (*name).to_owned()).collect();
    manifest.select(&profiles).unwrap()
}

#[test]
fn profiles_change_what_they_name() {
    let manifest = manifest(
        r#"
[supervise]
on_change = "restart"
settle = "5s"

[audit]
path = "audit.jsonl"

[databases.default]
ENGINE = "postgresql"
live = true
verify = "connect"

[files."databases.json"]
render = "databases-json"
on_change = "signal:HUP"

[profiles.one.supervise]
on_change = "none"
jitter = "1m"

[profiles.one.databases.default]
verify = { command = ["python", "probe.py"] }

[profiles.two.supervise]
settle = "0s"

[profiles.two.audit]
path = "/var/log/two.jsonl"

[profiles.two.databases.default]
live = false

[profiles.two.files."databases.json"]
content = "none"

[profiles.test.databases.default]
ENGINE = "sqlite3"
"#,
    );
    let base = select(&manifest, &[]);
    assert_eq!(base.supervise.on_change, Some(OnChange::Restart));
    assert_eq!(base.supervise.settle, Some(Duration::from_secs(5)));
    assert_eq!(base.supervise.jitter, None);
    let database = entry(&base.databases, "default").unwrap();
    assert!(matches!(database.live, Some((Live::Driver, _))));
    assert!(matches!(database.verify, Some((Verify::Connect, _))));
    let file = entry(&base.files, "databases.json").unwrap();
    assert_eq!(file.on_change, Some(OnChange::Signal(Signal::HUP)));

    let both = select(&manifest, &["one", "two"]);
    assert_eq!(both.supervise.on_change, Some(OnChange::None));
    assert_eq!(both.supervise.settle, Some(Duration::ZERO));
    assert_eq!(both.supervise.jitter, Some(Duration::from_mins(1)));
    let path = both.audit.path.as_ref().map(|path| path.text.as_str());
    assert_eq!(path, Some("/var/log/two.jsonl"));
    let database = entry(&both.databases, "default").unwrap();
    assert!(matches!(database.live, Some((Live::Not, _))));
    let command = Verify::Command {
        command: vec!["python".to_owned(), "probe.py".to_owned()],
    };
    assert_eq!(
        database.verify.as_ref().map(|(verify, _)| verify),
        Some(&command)
    );
    // A file is replaced whole.
    let file = entry(&both.files, "databases.json").unwrap();
    assert_eq!(file.on_change, None);
    assert!(matches!(file.content, FileContent::Value(_)));

    // Another kind of server starts afresh.
    let test = select(&manifest, &["test"]);
    let database = entry(&test.databases, "default").unwrap();
    assert!(database.live.is_none() && database.verify.is_none());
}

#[test]
fn how_often_an_instance_is_asked_is_a_setting_of_it() {
    let registry = Registry::builtin();
    let Some(kind) = registry
        .iter()
        .find(|kind| !kind.settings.iter().any(|setting| setting.required))
    else {
        return;
    };
    let text = format!(
        "[providers.s]\nkind = \"{kind}\"\nrefresh = \"5m\"\n[profiles.often.providers.s]\nrefresh = \"1s\"\n[profiles.other.providers.s]\nkind = \"{kind}\"\n",
        kind = kind.scheme
    );
    let manifest = Manifest::read("nuages.toml".to_owned(), text, &registry);
    assert_eq!(manifest.errors(), []);
    let refresh = |profiles: &[&str]| {
        let layer = select(&manifest, profiles);
        entry(&layer.providers, "s").unwrap().refresh
    };
    assert_eq!(refresh(&[]), Some(Duration::from_mins(5)));
    assert_eq!(refresh(&["often"]), Some(Duration::from_secs(1)));
    assert_eq!(refresh(&["other"]), None, "another kind starts afresh");
}
