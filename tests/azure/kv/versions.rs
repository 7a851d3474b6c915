//! `?versions=2..3`: what was rotated comes back as a list, newest first, without what may not be used.

use nuages_fakecloud::{Denied, FakeCloud, Reply, SecretSetup};
use serde_json::json;

use super::fails;
use crate::cloud::{MARKER, made, render, shop};

/// A vault whose secret `key` has these versions, a minute apart, the last one made now.
fn rotated(versions: &[(&str, SecretSetup)]) -> FakeCloud {
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    let ago = (0..versions.len()).rev();
    for ((value, setup), minutes) in versions.iter().zip(ago) {
        cloud.clock_offset(-60 * i64::try_from(minutes).unwrap());
        vault.set_with("key", value, setup.clone());
    }
    cloud
}

fn plain<const N: usize>(values: [&str; N]) -> [(&str, SecretSetup); N] {
    values.map(|value| (value, SecretSetup::default()))
}

#[test]
fn versions_are_counted_back_by_their_age() {
    let cloud = rotated(&plain(["first", "second", "third", "fo\"urth", "fifth"]));
    cloud.vault("shop").set("new", "only");
    let rendered = render(
        &cloud,
        &shop([
            ("KEY", "${secrets://key}"),
            ("TWO", "${secrets://key?versions=2..3}"),
            ("ONE", "${secrets://key?versions=2}"),
            ("ALL", "${secrets://key?versions=1..20}"),
            ("NONE", "${secrets://new?versions=2..3}"),
        ]),
    );
    let expected = json!({
        "KEY": "fifth",
        "TWO": r#"["fo\"urth","third"]"#,
        "ONE": r#"["fo\"urth"]"#,
        "ALL": r#"["fifth","fo\"urth","third","second","first"]"#,
        "NONE": "[]",
    });
    assert_eq!(json!(rendered), expected);
    made(
        &cloud,
        &[("msi.token", 1), ("vault.versions", 4), ("vault.get", 9)],
    );
}

/// A list has 25 versions a page, in no order of their age.
#[test]
fn a_long_list_is_read_to_its_end() {
    let values: Vec<String> = (0..60).map(|n| format!("value-{n:02}")).collect();
    let versions: Vec<_> = values
        .iter()
        .map(|value| (&**value, SecretSetup::default()))
        .collect();
    let cloud = rotated(&versions);
    let rendered = render(&cloud, &shop([("KEYS", "${secrets://key?versions=2..3}")]));
    assert_eq!(rendered["KEYS"], r#"["value-58","value-57"]"#);
    made(
        &cloud,
        &[("msi.token", 1), ("vault.versions", 3), ("vault.get", 2)],
    );
}

#[test]
fn what_may_not_be_used_has_no_place() {
    let setup = SecretSetup::default;
    let disabled = SecretSetup {
        disabled: true,
        ..setup()
    };
    let expired = SecretSetup {
        expires: Some(1_580_688_000),
        ..setup()
    };
    let cloud = rotated(&[
        ("first", setup()),
        ("second", setup()),
        ("the disabled one", disabled),
        ("the expired one", expired),
        ("current", setup()),
    ]);
    let manifest = shop([("KEYS", "${secrets://key?versions=2..3}")]);
    assert_eq!(render(&cloud, &manifest)["KEYS"], r#"["second","first"]"#);
    let allowing = manifest.replace("vault = 'shop'\n", "vault = 'shop'\nallow_expired = true\n");
    assert_eq!(
        render(&cloud, &allowing)["KEYS"],
        r#"["the expired one","second"]"#
    );
}

/// A field of each, and the end of the first that ends.
#[test]
fn a_field_is_picked_of_each_version() {
    let cloud = rotated(&plain([r#"{"key": "k1"}"#, r#"{"key": "k2"}"#, "{}"]));
    let manifest = shop([("KEYS", "${secrets://key?versions=1..3#key}")]);
    assert_eq!(render(&cloud, &manifest)["KEYS"], r#"["k2","k1"]"#);
}

#[test]
fn what_cannot_be_listed_is_told() {
    for (name, reason) in [("rbac", Denied::ByRbac), ("policy", Denied::ByPolicy)] {
        let cloud = rotated(&plain([MARKER, "new"]));
        cloud.vault("shop").deny(reason);
        let manifest = shop([("KEYS", "${secrets://key?versions=2..3:-[]}")]);
        fails(&cloud, &format!("versions_denied_{name}"), &manifest, 4);
        made(&cloud, &[("msi.token", 1), ("vault.versions", 1)]);
    }
}

#[test]
fn what_is_not_there_is_missing_or_left_out() {
    let cloud = rotated(&plain(["first", "second", "third"]));
    let gone = Reply::vault(404, "SecretNotFound");
    cloud.script("vault.get", gone);
    let one = shop([("KEYS", "${secrets://key?versions=2}")]);
    assert_eq!(render(&cloud, &one)["KEYS"], "[]", "deleted meanwhile");
    let entries = [
        ("DEFAULT", "${secrets://none?versions=2..3:-[]}"),
        ("MISSING", "${secrets://none?versions=2..3}"),
    ];
    assert_eq!(render(&cloud, &shop([entries[0]]))["DEFAULT"], "[]");
    fails(&cloud, "versions_missing", &shop(entries), 4);
}
