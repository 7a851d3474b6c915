//! Settings beside a manifest: what it lets pass, what it brings, what both show.

use super::{SOUND, Site, faulty, secret};
use crate::support::python::venv_for;

#[test]
fn exceptions_stand_in_the_manifest() {
    let allow = r#"
[check]
allow = [
  { rule = "DJ009", reason = "a laptop's" },
  { rule = "security.W018", at = "settings.DEBUG", reason = "a laptop's" },
  { rule = "security.W001", reason = "there is one" },
]
"#;
    for site in Site::of_all(&faulty()) {
        site.project.write("nuages.toml", allow);
        let rules = site.rules(&[]);
        assert!(
            !rules
                .iter()
                .any(|id| id == "security.W009" || id == "security.W018"),
            "{rules:?}"
        );
        assert_eq!(
            rules.iter().filter(|id| *id == "CK002").count(),
            1,
            "{rules:?}"
        );
        let outcome = site.check(&["--show-suppressed"]).code(1);
        assert!(
            outcome
                .stderr()
                .contains("let pass: security.W018: `settings.DEBUG`: a laptop's"),
            "{}",
            outcome.stderr()
        );
    }
}

const MANIFEST: &str = r#"
[env]
SHOP_SECRET_KEY = "${env://THE_KEY}"
SHOP_DB_PASSWORD = "${env://THE_PASSWORD}"

[files."ca.pem"]
content = "${env://THE_CA}"
env = "SHOP_CA"
"#;

#[test]
fn references_are_resolved_for_the_settings() {
    let settings = SOUND.replace(
        "'sslrootcert': 'system'",
        "'sslrootcert': open(os.environ['SHOP_CA']).name",
    ) + "open('place', 'w').write(os.environ['SHOP_CA'])\n";
    for site in Site::of_all(&settings) {
        site.project.write("nuages.toml", MANIFEST);
        let python = venv_for(site.django);
        let python = python.to_str().unwrap();
        let run = |more: &[&str]| {
            let arguments = [
                &[
                    "check",
                    "--settings",
                    "--python",
                    python,
                    "--fail-on",
                    "advice",
                ][..],
                more,
            ]
            .concat();
            let run = site.project.nuages(arguments);
            run.env("THE_KEY", secret(0).repeat(2))
                .env("THE_PASSWORD", secret(1))
                .env("THE_CA", "-----BEGIN NOTHING-----")
                .output()
                .silent_about(&[&secret(0), &secret(1)])
        };
        let outcome = run(&[]).code(4);
        assert!(
            outcome.stderr().contains("`KeyError`: `SHOP_SECRET_KEY`"),
            "{}",
            outcome.stderr()
        );
        assert!(
            outcome
                .stderr()
                .contains("hint: `--resolve` hands the settings"),
            "{}",
            outcome.stderr()
        );
        run(&["--resolve"]).code(0);
        // A file of the manifest is there for as long as the settings are looked at.
        let place = site.project.read("place");
        assert!(place.ends_with("/ca.pem") && !std::path::Path::new(&place).exists());
    }
}

#[test]
fn what_the_manifest_shows_is_told_there() {
    let manifest = r#"
[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://SHOP_DB_PASSWORD}"
HOST = "db.shop.example"
OPTIONS = { sslmode = "require", channel_binding = "require" }

[env]
DEBUG = "true"
"#;
    let settings = SOUND
        .replace("'verify-full', 'sslrootcert': 'system'", "'require'")
        .replace("DEBUG = False", "DEBUG = True");
    for site in Site::of_all(&settings) {
        site.project.write("nuages.toml", manifest);
        let found = site.found(&[]);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(rule, _, file, _)| (rule.as_str(), file.as_str()))
            .collect();
        assert_eq!(
            found,
            [("PG004", "nuages.toml"), ("security.W018", "nuages.toml")]
        );
    }
}
