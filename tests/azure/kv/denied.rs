//! Who is known and may not: by policy, by role, by firewall, and what else a vault says no to.

use nuages_fakecloud::{Denied, FakeCloud, Reply};

use super::{all_of_them, fails, many};
use crate::cloud::{MARKER, made, render, shop};

#[test]
fn each_reason_has_its_own_way_out() {
    for (name, reason) in [
        ("policy", Denied::ByPolicy),
        ("rbac", Denied::ByRbac),
        ("firewall", Denied::ByFirewall),
    ] {
        let cloud = many(1);
        cloud.vault("shop").deny(reason);
        fails(&cloud, &format!("denied_{name}"), &all_of_them(1), 4);
        made(&cloud, &[("msi.token", 1), ("vault.get", 1)]);
    }
}

/// Reasons that the fake does not have, in the words of the service, and one that nobody has heard of.
#[test]
fn other_reasons_are_told_by_their_code() {
    let codes = [
        Some("ForbiddenByConnection"),
        Some("ForbiddenByTheMoon"),
        Some("no code but a sentence value-marker-5d20"),
        None,
    ];
    let cloud = many(codes.len());
    for (n, code) in codes.iter().enumerate() {
        let mut body = serde_json::json!({"error": {"code": "Forbidden", "message": MARKER}});
        if let Some(code) = code {
            body["error"]["innererror"] = serde_json::json!({"code": code});
        }
        let reply = Reply::json(403, &body).naming(&format!("s{n:03}")).always();
        cloud.script("vault.get", reply);
    }
    fails(&cloud, "denied_codes", &all_of_them(codes.len()), 4);
}

/// A role may be on single secrets; the others are read all the same, and a default does not cover what is denied.
#[test]
fn one_of_three_is_denied() {
    let cloud = many(3);
    cloud.vault("shop").deny_secret("s001", Denied::ByRbac);
    let manifest = all_of_them(3).replace("s001}", "s001:-a default}");
    fails(&cloud, "denied_one", &manifest, 4);
    made(&cloud, &[("msi.token", 1), ("vault.get", 3)]);
    assert_eq!(
        render(&cloud, &shop([("A", "${secrets://s002}")]))["A"],
        "value-002"
    );
}

#[test]
fn ten_that_are_denied_are_ten_reports() {
    let cloud = many(10);
    cloud.vault("shop").deny(Denied::ByRbac);
    let outcome = fails(&cloud, "denied_ten", &all_of_them(10), 4);
    assert_eq!(
        outcome.stderr().matches("error: cannot resolve").count(),
        10
    );
    made(&cloud, &[("msi.token", 1), ("vault.get", 10)]);
}

/// What the vault answers to an identity without a role is nothing of the next run's.
#[test]
fn a_role_that_is_given_works_at_once() {
    let cloud = many(1);
    let vault = cloud.vault("shop");
    vault.admit("00000000-0000-4000-8000-000000000000");
    fails(&cloud, "denied_other", &all_of_them(1), 4);
    let ours = cloud.tokens()[0].object_id.clone();
    vault.admit(&ours);
    assert_eq!(render(&cloud, &all_of_them(1))["S000"], "value-000");
}

/// No vault's answer, but some proxy's or portal's, is never taken for one.
#[test]
fn answers_that_are_not_the_vaults_are_told() {
    let page = format!("<html><title>Sign in</title>{MARKER}</html>");
    let cloud = many(6);
    let body = |text: &str| Reply::text(200, "application/json", text).always();
    let replies = [
        Reply::text(403, "text/html", &page).always(),
        Reply::text(200, "text/html", &page).always(),
        Reply::text(404, "text/plain", MARKER).always(),
        body(&format!("{{\"value\": 5, \"id\": \"{MARKER}\"}}")),
        body("{}"),
        Reply::status(302)
            .header("location", "https://elsewhere.example/")
            .always(),
    ];
    for (n, reply) in replies.into_iter().enumerate() {
        cloud.script("vault.get", reply.naming(&format!("s{n:03}")));
    }
    fails(&cloud, "not_the_vaults", &all_of_them(6), 4);
    assert!(!cloud.tunnels().iter().any(|to| to.starts_with("elsewhere")));
}

/// A 404 of something on the way is no missing secret: a default would cover it up.
#[test]
fn a_404_without_the_vaults_code_is_not_missing() {
    let cloud = FakeCloud::start();
    cloud.vault("shop");
    cloud.script(
        "vault.get",
        Reply::text(404, "text/html", "<h1>not here</h1>").always(),
    );
    let manifest = shop([("A", "${secrets://db:-a default}")]);
    fails(&cloud, "not_found_page", &manifest, 4);
}
