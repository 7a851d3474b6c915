//! Identities, and what each of their policies may hold.

use super::*;

#[test]
fn each_partition_has_a_policy_of_its_own() {
    let instances = [
        secrets("eu-west-1", &["a", "b"]),
        secrets("cn-north-1", &["c", "d"]),
    ];
    let access = access(&instances, &[]).unwrap();
    let identities: Vec<&str> = access
        .documents
        .iter()
        .map(|document| document.identity.as_str())
        .collect();
    assert_eq!(
        identities,
        [
            "the identity that the environment logs in as, in the partition `aws`",
            "the identity that the environment logs in as, in the partition `aws-cn`",
        ]
    );
    for (document, (own, other)) in access
        .documents
        .iter()
        .zip([("arn:aws:", "arn:aws-cn:"), ("arn:aws-cn:", "arn:aws:")])
    {
        assert!(document.json.contains(own) && !document.json.contains(other));
        assert!(
            document.json.contains("BatchGetSecretValue"),
            "{document:?}"
        );
    }
}

#[test]
fn an_emulator_takes_no_policy() {
    for (url, count) in [
        ("http://127.0.0.1:4566", 0),
        (
            "https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com",
            1,
        ),
    ] {
        let settings = Settings::new()
            .with_text("region", "eu-west-1")
            .with_text("endpoint", url);
        let instance = instance(secrets::DESCRIPTOR, settings, &["a"]);
        let access = access(&[instance], &[]).unwrap();
        assert_eq!(access.documents.len(), count, "{url}");
        let note = "`secrets` is an emulator on this machine: it takes no policy";
        assert_eq!(access.notes.iter().any(|have| have == note), count == 0);
    }
}

#[test]
fn a_role_with_an_external_id_is_assumed_with_it_alone() {
    let role = |name: &str, external: Option<&str>| {
        let arn = format!("arn:aws:iam::123456789012:role/{name}");
        let settings = Settings::new()
            .with_text("region", "eu-west-1")
            .with_text("role_arn", arn);
        let settings = match external {
            Some(id) => settings.with_text("external_id", id),
            None => settings,
        };
        instance(secrets::DESCRIPTOR, settings, &["a"])
    };
    let instances = [
        role("plain", None),
        role("shop", Some("shop*")),
        role("both", Some("x")),
        role("both", None),
    ];
    let access = access(&instances, &[]).unwrap();
    let policy: Value = serde_json::from_str(&access.documents[0].json).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 2, "{policy:#}");
    assert_eq!(statements[0]["Resource"].as_array().unwrap().len(), 2);
    assert!(statements[0].get("Condition").is_none());
    assert_eq!(statements[1]["Sid"], "AssumeRole2");
    assert_eq!(
        statements[1]["Condition"]["StringEquals"]["sts:ExternalId"][0],
        "shop${*}"
    );
    let told = |note: &&String| note.contains("`sts:ExternalId`");
    assert_eq!(access.notes.iter().filter(told).count(), 2);
}
