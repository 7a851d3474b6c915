//! `?versions=2..3` from the manifest to the outputs: a store that keeps versions, and a laptop's that keeps one.

use crate::shot::shot;
use crate::support::project::Project;

/// Names what it is asked for, and answers with the versions of a key.
const STORE: &str = r#"#!/bin/sh
while read -r line; do
    case $line in
        *versions*) echo '{"id":0,"versions":["the key \"before\"","the first key of all"],"version":"7"}' ;;
        *) echo '{"id":1,"value":"the key that signs now","version":"8"}' ;;
    esac
done
"#;

fn project() -> Project {
    Project::new(
        r#"[providers.secrets]
kind = "command"
argv = ["sh", "store"]
protocol = "json-lines"

[env]
SECRET_KEY_FALLBACKS = "${secrets://django-secret-key?versions=2..3}"
SECRET_KEY = "${secrets://django-secret-key}"

[profiles.dev.providers.secrets]
kind = "dotenv"
"#,
    )
    .file("store", STORE)
    .file(".env", "DJANGO_SECRET_KEY='the key of this laptop'\n")
}

#[test]
fn fallbacks_are_a_list_in_every_output() {
    let project = project();
    for format in ["json", "dotenv", "sh"] {
        let outcome = project.nuages(["render", format]).output().code(0);
        shot(&format!("versions_{format}"), &project, &outcome);
    }
    let outcome = project.nuages(["plan"]).output().code(0);
    shot("versions_plan", &project, &outcome);
}

/// One manifest for laptop and cloud.
#[test]
fn a_laptop_has_no_earlier_keys() {
    let project = project();
    let run = project.nuages(["--profile", "dev", "render", "json"]);
    shot("versions_laptop", &project, &run.output().code(0));
    for (reference, list) in [
        (
            "dotenv://DJANGO_SECRET_KEY?versions=1..3",
            r#"["the key of this laptop"]"#,
        ),
        ("file://.env?versions=2", "[]"),
        ("env://HOME?versions=2..3", "[]"),
    ] {
        let outcome = project.nuages(["get", reference]).env("HOME", "/").output();
        assert_eq!(outcome.code(0).stdout(), list, "{reference}");
    }
    let missing = project.nuages(["get", "dotenv://NONE?versions=2..3"]);
    missing.output().code(4);
    let wrong = project.nuages(["get", "dotenv://NONE?versions=all"]);
    shot("versions_wrong", &project, &wrong.output().code(3));
}

/// An earlier key still signs what was signed by it, so it is masked wherever it shows.
#[test]
fn earlier_keys_are_masked_each() {
    let project = project();
    let stream = "a: the first key of all, b: the key \"before\", c: the key that signs now\n";
    let outcome = project.nuages(["redact"]).stdin(stream).output().code(0);
    assert_eq!(outcome.stdout(), "a: ********, b: ********, c: ********\n");
    let laptop = project
        .nuages(["--profile", "dev", "redact"])
        .stdin("[] a\n");
    let outcome = laptop.output().code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), ("[] a\n", ""));
}

#[test]
fn a_field_is_picked_of_each_version() {
    let project = project().file(
        "store",
        r#"echo '{"id":0,"versions":["{\"key\":\"k2\"}","{\"key\":\"k1\"}"]}'"#,
    );
    let get = |reference| {
        project
            .nuages(["-f", "nuages.toml", "get", reference])
            .output()
    };
    let picked = get("secrets://django?versions=2..3#key").code(0);
    assert_eq!(picked.stdout(), r#"["k2","k1"]"#);
    let none = get("secrets://django?versions=2..3#kye").code(4);
    shot("versions_no_field", &project, &none);
}

/// No engine of a cluster makes such a list.
#[test]
fn a_cluster_cannot_have_it() {
    let project = Project::new(
        "[providers.secrets]\nkind = 'aws-ssm'\nregion = 'eu-west-1'\n\
         [env]\nSECRET_KEY_FALLBACKS = '${secrets://django-secret-key?versions=2..3}'\n",
    );
    let outcome = project.nuages(["render", "external-secret"]).output();
    shot("versions_cluster", &project, &outcome.code(4));
}
