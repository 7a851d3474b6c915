//! Mistakes of the manifest: unknown words, references that are none, profiles that do not fit together, no TOML.

use super::{fails, refused};
use crate::shot::{run, shot};
use crate::support::project::Project;

refused! {
    unknown_key_at_the_top: "[database.default]\nENGINE = \"sqlite3\"\n";
    unknown_key_of_a_provider: "[providers.secrets]\nkind = \"file\"\npth = \"/run/secrets\"\n";
    unknown_key_of_a_database: "[databases.default]\nENGINE = \"postgresql\"\nPASSWROD = \"${env://DB_PASSWORD}\"\n";
    unknown_key_of_a_test_database: "[databases.default]\nENGINE = \"postgresql\"\nTEST = { NAMES = \"test_shop\" }\n";
    unknown_key_of_a_profile: "[profiles.dev.enviroment]\nDEBUG = \"1\"\n";
    unknown_key_of_a_variable: "[env]\nSENTRY = { value = \"${env://SENTRY}\", optinal = true }\n";
    unknown_scheme_near: "[providers.secrets]\nkind = \"env\"\n\n[env]\nKEY = \"${secret://key}\"\n";
    unknown_scheme_far: "[env]\nKEY = \"${zebra://key}\"\n";
    unknown_kind: "[providers.secrets]\nkind = \"dotnev\"\n";
    instance_without_kind: "[providers.secrets]\npath = \"x\"\n\n[env]\nKEY = \"${secrets://key}\"\n";
    instance_of_another_profile: "[env]\nKEY = \"${vault://key}\"\n\n[profiles.prod.providers.vault]\nkind = \"env\"\n";
    instance_named_like_another_provider: "[providers.env]\nkind = \"file\"\n";
    provider_that_lacks_a_setting: "[providers.pass]\nkind = \"command\"\n";
    reference_in_a_setting: "[providers.s]\nkind = \"file\"\npath = \"${env://DIR}\"\n";
    unterminated_reference: "[env]\nKEY = \"${env://KEY\"\n";
    reference_that_is_none: "[env]\nKEY = \"${KEY}\"\n";
    reference_without_locator: "[env]\nKEY = \"${env://}\"\n";
    reference_with_an_unknown_option: "[env]\nKEY = \"${file:///run/key?keep_newlines=true}\"\n";
    reference_with_an_option_without_name: "[env]\nKEY = \"${file:///run/key?=true}\"\n";
    bare_reference: "[providers.secrets]\nkind = \"age\"\n\n[env]\nKEY = \"secrets://key\"\nPAGE = \"https://shop.example\"\nOTHER = \"{secrets://other}\"\n";
    unknown_filter: "[env]\nKEY = \"${env://KEY | urlencoded}\"\n";
    no_filter: "[env]\nKEY = \"${env://KEY | }\"\n";
    profile_that_extends_itself: "[profiles.a]\nextends = \"b\"\n[profiles.b]\nextends = [\"c\"]\n[profiles.c]\nextends = \"a\"\n";
    profile_that_extends_none: "[profiles.staging]\nextends = \"prud\"\n[profiles.prod]\n";
    file_outside_of_its_directory: "[files.\"../key\"]\ncontent = \"${env://KEY}\"\n[files.\"/etc/key\"]\ncontent = \"x\"\n";
    file_that_is_a_directory_too: "[files.\"tls\"]\ncontent = \"a\"\n[files.\"tls/key\"]\ncontent = \"b\"\n";
    two_entries_for_one_variable: "[env]\nTLS_KEY = \"x\"\n[files.\"tls.key\"]\ncontent = \"y\"\nenv = \"TLS_KEY\"\n[databases.default]\nENGINE = \"sqlite3\"\n[files.d]\ncontent = \"z\"\nenv = \"DATABASES\"\n";
    variable_with_an_impossible_name: "[env]\n\"A=B\" = \"x\"\n\"\" = \"x\"\n";
    variable_that_is_a_list: "[env]\nALLOWED_HOSTS = [\"a\", \"b\"]\n";
    unknown_cast: "[env]\nDEBUG = { value = \"${env://DEBUG}\", as = \"boolean\" }\n";
    not_toml: "[databases.default\nNAME = \"shop\"\nUSER = shop\n= 1\n[env]\nA = \"unclosed\nB = 1 2\n";
    not_toml_with_a_bare_password: "[databases.default]\nPASSWORD = hunter2\n";
    key_given_twice: "[env]\nA = \"1\"\nA = \"2\"\n";
}

/// One reading finds everything, in the order of the places.
#[test]
fn all_mistakes_at_once() {
    let manifest = r#"colour = "blue"

[providers.secrets]
kind = "file"
depth = 3

[databases.default]
ENGINE = "postgres"
PORT = "54x32"
CONN_HEALTH_CHECKS = "perhaps"
PASSWORD = "${secret://db}"

[env]
A = "${env://A | rot13}"
B = { value = "${env://B", optional = "yes" }

[profiles.dev]
extends = "base"
"#;
    super::is_refused("all_mistakes_at_once", manifest);
}

#[test]
fn a_profile_that_does_not_exist() {
    let project = Project::new("[profiles.prod]\n[profiles.dev]\n");
    fails("profile_near", &project, &["--profile", "prd", "plan"], 2);
    fails("profile_far", &project, &["--profile", "zebra", "plan"], 2);
    let outcome = project
        .nuages(["plan"])
        .env("NUAGES_PROFILE", "dev, stagin")
        .output()
        .code(2);
    shot("profile_from_the_environment", &project, &outcome);
}

#[test]
fn a_key_to_keep_that_does_not_exist() {
    let project = Project::new("[env]\nKEY = \"x\"\n");
    fails(
        "only_unknown",
        &project,
        &[
            "plan",
            "--only",
            "KEY,env.NONE",
            "--only",
            "databases.default",
        ],
        2,
    );
}

/// The one thing an empty manifest lacks is something to do.
#[test]
fn an_empty_manifest_is_sound() {
    let project = Project::new("");
    let plan = project.nuages(["plan"]).output().code(0);
    assert_eq!(
        plan.stdout(),
        "nothing to fetch: every value is a literal\n"
    );
    assert_eq!(project.nuages(["render"]).output().code(0).stdout(), "{}\n");
    let run = project
        .nuages(["exec", "--", "sh", "-c", "echo ${DATABASES-none}"])
        .output()
        .code(0);
    assert_eq!(run.stdout(), "none\n");
}

#[test]
fn a_manifest_that_cannot_be_read() {
    fails("no_manifest", &Project::empty(), &["plan"], 3);
    fails(
        "no_such_manifest",
        &Project::empty(),
        &["-f", "other.toml", "plan"],
        3,
    );

    let project = Project::empty();
    project.write("nuages.toml", b"[env]\nA = \"\xff\"\n");
    fails("manifest_not_utf8", &project, &["plan"], 3);

    let project = Project::new(&format!("# {}\n", "x".repeat(4 * 1024 * 1024)));
    fails("manifest_too_big", &project, &["plan"], 3);

    let project = Project::empty().file("nuages.toml/x", "");
    fails("manifest_is_a_directory", &project, &["plan"], 3);
}

#[test]
fn a_manifest_that_never_ends_is_not_read_to_the_end() {
    let project = Project::empty();
    fails(
        "manifest_never_ends",
        &project,
        &["-f", "/dev/zero", "plan"],
        3,
    );
}

#[test]
fn colour_comes_only_when_asked_for() {
    let project = Project::new("[env]\nKEY = \"${zebra://key}\"\n");
    for (arguments, is_coloured) in [
        (&["plan"][..], false),
        (&["plan", "--color", "always"], true),
        (&["plan", "--color", "never"], false),
    ] {
        let outcome = project.nuages(arguments).output().code(3);
        assert_eq!(
            outcome.stderr().contains('\u{1b}'),
            is_coloured,
            "{arguments:?}"
        );
    }
    let quiet = project.nuages(["-q", "plan"]).output().code(3);
    assert!(
        quiet.stderr().starts_with("error: "),
        "errors are said under --quiet too"
    );
}

/// Names come from files: a terminal obeys what it is sent.
#[test]
fn control_characters_in_names_are_shown_and_not_sent() {
    let project = Project::new(
        "[env]\n\"A\\u001b[31m\" = \"${zebra://x}\"\n[databases.\"d\\u0007\"]\nENGINE = 3\n",
    );
    let outcome = run(project.nuages(["plan"]).into_command()).code(3);
    let is_hostile = |c: char| c.is_control() && c != '\n';
    assert!(
        !outcome.stderr().contains(is_hostile),
        "{:?}",
        outcome.stderr()
    );
}
