//! `nuages check --connect` as it is typed, against the real server.

use serde_json::Value;

use super::server;
use crate::support::{postgres::APP, project::Project};

/// Logins of the server, and what is told of each: with TLS or without, of a superuser and of one that may little, with a
/// password proved by SCRAM and by MD5.
#[test]
fn each_database_is_told_truthfully_and_no_password_is_shown() {
    let server = server();
    let root = server.root_certificate();
    let logins = [
        ("default", APP.name, APP.password, "verify-full"),
        ("boss", "boss", "secret-of-boss", "disable"),
        ("old", "by_md5", "secret-of-md5", "verify-full"),
        ("wrong", APP.name, "not-the-password-of-it", "verify-full"),
    ];
    // One finds its authority among the files that the manifest makes.
    let mut manifest = String::from(
        "[providers.secrets]\nkind = \"file\"\npath = \"secrets\"\n\n[files.\"ca.pem\"]\ncontent = \"${secrets://ca}\"\n",
    );
    let authority = std::fs::read(&root).unwrap();
    let mut project = Project::empty().file("secrets/ca", authority);
    for (alias, user, password, sslmode) in logins {
        let root = if sslmode == "disable" {
            String::new()
        } else if alias == "default" {
            ", sslrootcert = \"${files://ca.pem}\"".to_owned()
        } else {
            format!(", sslrootcert = \"{}\"", root.display())
        };
        manifest += &format!(
            "\n[databases.{alias}]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"localhost\"\nPORT = {}\nUSER = \"{user}\"\n\
             PASSWORD = \"${{secrets://{alias}}}\"\nOPTIONS = {{ sslmode = \"{sslmode}\"{root} }}\n",
            server.port()
        );
        project = project.file(format!("secrets/{alias}"), password);
    }
    let project = project.file("nuages.toml", manifest);
    let secrets: Vec<&str> = logins.iter().map(|(_, _, password, _)| *password).collect();
    let human = project.nuages(["check", "--connect"]).output().code(1);
    let human = human.silent_about(&secrets);
    for part in ["authority and name verified", "TLS: none", "SUPERUSER"] {
        assert!(human.stdout().contains(part), "{part}:\n{}", human.stdout());
    }
    let json = project.nuages(["check", "--connect", "--format", "json"]);
    let json = json.output().code(1).silent_about(&secrets);
    let report: Value = serde_json::from_str(json.stdout()).unwrap();
    let statuses: Vec<&str> = report["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| server["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["ok", "ok", "ok", "failed"]);
    let of = |alias: &str| -> Vec<String> {
        let begin = format!("databases.{alias}.");
        let findings = report["findings"].as_array().unwrap().iter();
        let own = findings.filter(|one| one["key"].as_str().unwrap().starts_with(&begin));
        own.map(|one| one["rule"].as_str().unwrap().to_owned())
            .filter(|rule| rule.starts_with("SV"))
            .collect()
    };
    assert!(of("default").is_empty(), "{:?}", of("default"));
    assert!(of("boss").contains(&"SV020".to_owned()), "{:?}", of("boss"));
    assert!(!of("old").is_empty(), "{:?}", of("old"));
    assert_eq!(of("wrong"), ["SV001"]);
}
