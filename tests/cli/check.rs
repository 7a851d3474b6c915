//! `nuages check` as its user meets it: findings with their lines, what is let pass, what `--fix` writes.

use crate::{
    shot::shot,
    support::project::{Outcome, Project},
};

/// A deployment with a fault of each severity.
const FAULTY: &str = r#"# The shop's database.
[providers.secrets]
kind = "dotenv"
path = "/nonexistent/.env"

[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example" # behind the firewall
USER = "sa"
PASSWORD = "${secrets://db-password}"
CONN_MAX_AGE = 60
OPTIONS = { driver = "ODBC Driver 17 for SQL Server" } # the image has no other

[env]
REDIS_URL_KEY = "rediss://:${secrets://redis}@cache.shop.example:6380/0"
"#;

/// The same without a fault.
const SOUND: &str = r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#;

fn check(project: &Project, arguments: &[&str]) -> Outcome {
    let all = ["--color", "never", "check"].iter().chain(arguments);
    project.nuages(all).output()
}

/// The time that a run takes is no part of what it says.
fn timeless(project: &Project, name: &str, mut outcome: Outcome) {
    let text = outcome.stderr().to_owned();
    let lines = text.lines().map(|line| match line.rsplit_once("; in ") {
        Some((begin, _)) => format!("{begin}; in 0.00 s\n"),
        None => format!("{line}\n"),
    });
    outcome.stderr = lines.collect::<String>().into_bytes();
    shot(name, project, &outcome);
}

#[test]
fn each_finding_shows_its_line() {
    let project = Project::new(FAULTY);
    timeless(&project, "check_faulty", check(&project, &[]).code(1));
}

#[test]
fn a_sound_manifest_is_told_in_a_line() {
    let project = Project::new(SOUND);
    timeless(
        &project,
        "check_sound",
        check(&project, &["--fail-on", "advice"]).code(0),
    );
}

#[test]
fn what_counts_decides_the_exit_code() {
    let advice = SOUND.to_owned() + "CONN_MAX_AGE = 60\n";
    let advice = advice.replace(
        "OPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\nCONN_MAX_AGE = 60\n",
        "CONN_MAX_AGE = 60\nOPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\n",
    );
    let project = Project::new(&advice);
    for (level, code) in [("advice", 1), ("warning", 0), ("error", 0)] {
        check(&project, &["--fail-on", level]).code(code);
    }
    check(&project, &[]).code(0);
    let warning = advice.replace(
        "OPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\n",
        "",
    );
    let project = Project::new(&warning);
    for (level, code) in [("advice", 1), ("warning", 1), ("error", 0)] {
        check(&project, &["--fail-on", level]).code(code);
    }
}

#[test]
fn a_fix_keeps_comments_and_says_what_is_left() {
    let project = Project::new(FAULTY);
    timeless(&project, "check_fix", check(&project, &["--fix"]).code(1));
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("check_fixed", project.read("nuages.toml"));
    });
    let again = check(&project, &["--fix"]).code(1);
    assert!(
        again
            .stderr()
            .contains("nothing that `--fix` changes was found"),
        "{}",
        again.stderr()
    );
    assert_eq!(
        project.mode("nuages.toml") & 0o077,
        0,
        "the file keeps its permissions"
    );
}

#[test]
fn an_exception_has_a_reason_and_an_end() {
    let allow = |until: &str| {
        format!(
            "{FAULTY}\n[check]\nallow = [\n  {{ rule = \"MS011\", at = \"databases.default\", reason = \"the old server knows no other\", until = \"{until}\" }},\n  {{ rule = \"MS004\", reason = \"no other driver\" }},\n  {{ rule = \"MS001\", reason = \"nothing\" }},\n]\n"
        )
    };
    let project = Project::new(&allow("2999-12-31"));
    timeless(
        &project,
        "check_allowed",
        check(&project, &["--show-suppressed"]).code(0),
    );
    let project = Project::new(&allow("2020-12-31"));
    timeless(&project, "check_expired", check(&project, &[]).code(1));
    let project = Project::new(&format!(
        "{FAULTY}\n[check]\nallow = [{{ rule = \"MS01\", reason = \"a slip\" }}, {{ rule = \"MS011\" }}]\n"
    ));
    timeless(
        &project,
        "check_allow_mistakes",
        check(&project, &[]).code(3),
    );
}

#[test]
fn a_rule_has_a_page() {
    let project = Project::empty();
    timeless(
        &project,
        "check_explain",
        check(&project, &["--explain", "ms004"]).code(0),
    );
    timeless(
        &project,
        "check_explain_unknown",
        check(&project, &["--explain", "MS04"]).code(2),
    );
    let all = check(&project, &["--explain", "all"]).code(0);
    assert!(all.stdout().contains("# MS001: ") && all.stdout().contains("# GN021: "));
}

#[test]
fn mistakes_of_the_manifest_are_told_among_the_rest() {
    let project = Project::new(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nPASSWROD = \"${env://P}\"\nCONN_MAX_AGE = \"an hour\"\n",
    );
    timeless(&project, "check_mistakes", check(&project, &[]).code(1));
    let project = Project::new(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"${nowhere://P}\"\nPASSWROD = \"${env://P}\"\n",
    );
    timeless(
        &project,
        "check_mistakes_untold",
        check(&project, &[]).code(3),
    );
    let project = Project::new("[databases.default\nENGINE = \"postgresql\"\n");
    timeless(&project, "check_no_toml", check(&project, &[]).code(3));
    let empty = Project::empty();
    timeless(&empty, "check_no_manifest", check(&empty, &[]).code(3));
    let project = Project::new(SOUND);
    timeless(
        &project,
        "check_no_profile",
        project
            .nuages(["--profile", "pord", "check"])
            .output()
            .code(2),
    );
}

#[test]
fn literals_are_in_no_report() {
    let secrets = [
        "swordfish-in-a-bowl",
        "carp7-in-a-pond-Qx2",
        "trout-In9-the-Brook",
    ];
    let manifest = format!(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db.shop.example\"\nUSER = \"u\"\nPASSWORD = \"{}\"\n\n[databases.b]\nurl = \"postgres://u:{}@db.shop.example/b\"\n\n[env]\nSTRIPE = {{ value = \"${{env://S:-{}}}\" }}\nMAIL_PASSWORD = \"{}\"\n",
        secrets[0], secrets[1], secrets[2], secrets[2]
    );
    let project = Project::new(&manifest);
    for format in ["human", "json", "sarif", "github", "gitlab"] {
        let outcome = check(&project, &["--format", format]).code(1);
        assert!(outcome.stdout().contains("GN001"), "{}", outcome.stdout());
        outcome.silent_about(&secrets);
    }
}

#[test]
fn with_resolve_values_are_looked_at() {
    let manifest = SOUND.replace("${env://DB_PASSWORD}", "${secrets://db-password}")
        + "\n[providers.secrets]\nkind = \"file\"\npath = \"secrets\"\n";
    let project = Project::new(&manifest).file("secrets/db-password", "Password123");
    check(&project, &["--fail-on", "warning"]).code(0);
    let outcome = check(&project, &["--resolve"])
        .code(1)
        .silent_about(&["Password123"]);
    timeless(&project, "check_resolved", outcome);
    project.write("secrets/db-password", "qN7!bV2x-Lp9-kW4z");
    check(&project, &["--resolve", "--fail-on", "warning"]).code(0);
    let project = Project::new(&manifest);
    timeless(
        &project,
        "check_unresolved",
        check(&project, &["--resolve"]).code(4),
    );
}

#[test]
fn a_file_that_git_takes_is_told() {
    let manifest = "[providers.secrets]\nkind = \"dotenv\"\n\n[env]\nA = \"${secrets://a}\"\n";
    let project = Project::new(manifest).file(".env", "A=b\n");
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command
            .args(["-C", project.root().to_str().unwrap()])
            .args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    check(&project, &[]).code(0);
    git(&["init", "-q"]);
    let outcome = check(&project, &[]).code(1);
    assert!(
        outcome.stdout().contains("GN017") && outcome.stdout().contains("git does not ignore it"),
        "{}",
        outcome.stdout()
    );
    project.write(".gitignore", ".env\n");
    check(&project, &[]).code(0);
    git(&["add", "-f", ".env"]);
    let outcome = check(&project, &[]).code(1);
    assert!(
        outcome.stdout().contains("git tracks it"),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn two_hundred_references_and_twenty_databases() {
    let mut manifest = String::from("[providers.secrets]\nkind = \"file\"\npath = \"secrets\"\n");
    for number in 0..20 {
        let alias = if number == 0 {
            "default".to_owned()
        } else {
            format!("db{number}")
        };
        manifest.push_str(&format!("\n[databases.{alias}]\nENGINE = \"postgresql\"\nNAME = \"shop{number}\"\nHOST = \"db{number}.shop.example\"\nUSER = \"shop{number}\"\nPASSWORD = \"${{secrets://db{number}}}\"\nOPTIONS = {{ sslmode = \"verify-full\", sslrootcert = \"system\" }}\n"));
    }
    manifest.push_str("\n[env]\n");
    for number in 0..180 {
        manifest.push_str(&format!(
            "VALUE_{number} = \"${{secrets://value-{number}}}\"\n"
        ));
    }
    let project = Project::new(&manifest);
    check(&project, &["--fail-on", "warning"]).code(0);
}

#[test]
fn grants_are_written_from_the_manifest() {
    let manifest = std::fs::read_to_string(
        crate::support::checkout().join("examples/postgres-ssm/nuages.toml"),
    )
    .unwrap();
    let project = Project::new(&manifest);
    let outcome = check(&project, &["--grants"]).code(0);
    assert!(outcome.stderr().is_empty(), "{}", outcome.stderr());
    for part in ["shop_app", "shop_migrations", "ALTER DEFAULT PRIVILEGES"] {
        assert!(
            outcome.stdout().contains(part),
            "{part}: {}",
            outcome.stdout()
        );
    }
    let sqlite = Project::new("[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\n");
    timeless(
        &sqlite,
        "check_grants_sqlite",
        check(&sqlite, &["--grants"]),
    );
    let named = check(&project, &["--grants", "--migrate-profile", "migrat"]);
    timeless(&project, "check_grants_no_profile", named);
    check(&project, &["--grants", "--resolve"]).code(2);
}

/// A server without a named driver, which `--fix` names.
fn unnamed() -> String {
    SOUND.replace(
        "OPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\n",
        "",
    )
}

#[test]
fn a_fix_writes_through_a_link_and_into_no_read_only_file() {
    let project = Project::empty().file("real/shop.toml", unnamed());
    let link = project.path("nuages.toml");
    std::os::unix::fs::symlink("real/shop.toml", &link).unwrap();
    check(&project, &["--fix"]).code(0);
    assert!(link.is_symlink());
    assert_eq!(project.read("real/shop.toml"), SOUND);

    let project = Project::new(&unnamed());
    let path = project.path("nuages.toml");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o444);
    std::fs::set_permissions(&path, mode).unwrap();
    let outcome = check(&project, &["--fix"]);
    assert!(
        outcome.stderr().contains("it is read-only"),
        "{}",
        outcome.stderr()
    );
    outcome.code(4);
    assert_eq!(project.read("nuages.toml"), unnamed());
    assert_eq!(project.mode("nuages.toml") & 0o777, 0o444);
}

#[test]
fn a_fix_changes_the_manifest_that_is_named() {
    let project = Project::new(&unnamed()).file("other.toml", unnamed());
    let arguments = ["-f", "other.toml", "check", "--fix"];
    project.nuages(arguments).output().code(0);
    assert_eq!(project.read("nuages.toml"), unnamed());
    assert_eq!(project.read("other.toml"), SOUND);
    let again = project.nuages(arguments).output().code(0);
    assert!(
        again
            .stderr()
            .contains("nothing that `--fix` changes was found")
    );
    assert_eq!(project.read("other.toml"), SOUND);
}

#[test]
fn a_fix_for_one_profile_changes_what_it_alone_has() {
    let manifest = format!(
        "{}\n[profiles.dev.databases.default]\nHOST = \"localhost\" # here\n\n[profiles.prod.databases.default]\nHOST = \"db.shop.example\" # there\n\n[profiles.prod.env]\nA = \"b\"\n",
        unnamed().replace("sql.shop.example", "localhost")
    );
    let expected = manifest.replace(
        "# there\n",
        "# there\nOPTIONS = { driver = \"ODBC Driver 18 for SQL Server\" }\n",
    );
    for profile in ["dev", "prod"] {
        let project = Project::new(&manifest);
        let arguments = ["--profile", profile, "check", "--fix"];
        project.nuages(arguments).output().code(0);
        let is_prod = profile == "prod";
        let wanted = if is_prod { &expected } else { &manifest };
        assert_eq!(&project.read("nuages.toml"), wanted, "{profile}");
        project.nuages(arguments).output().code(0);
        assert_eq!(&project.read("nuages.toml"), wanted, "{profile}");
    }
}

#[test]
fn a_fix_leaves_line_endings_and_the_mark_at_the_beginning() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let project = Project::new(&windows(&unnamed()));
    check(&project, &["--fix"]).code(0);
    assert_eq!(project.read("nuages.toml"), windows(SOUND));
}

#[test]
fn several_faults_of_one_text_are_mended() {
    let manifest = SOUND.replace(
        " }\n",
        ", extra_params = \"APP=$${env://X};Encrypt=no;TrustServerCertificate=yes\" }\n",
    );
    let project = Project::new(&manifest);
    check(&project, &["--fix"]).code(0);
    let text = project.read("nuages.toml");
    assert!(
        text.contains("\"APP=$${env://X};Encrypt=yes;TrustServerCertificate=no\""),
        "{text}"
    );
}

#[test]
fn a_change_is_shown_without_what_it_leaves() {
    let secrets = ["carp7-in-a-pond", "trout9-in-a-brook", "pike3-in-a-lake"];
    let manifest = format!(
        "{}\n[env]\nCACHE_KEY = \"redis://:${{env://A:-{}}}@{}.example\"\n",
        SOUND.replace(
            " }\n",
            &format!(
                ", extra_params = \"PWD={};TrustServerCertificate=yes;Encrypt=yes\" }}\n",
                secrets[0]
            )
        ),
        secrets[1],
        secrets[2],
    );
    let project = Project::new(&manifest);
    for format in ["human", "json", "sarif", "github", "gitlab"] {
        let outcome = check(&project, &["--format", format]).silent_about(&secrets);
        assert!(
            outcome
                .stdout()
                .contains("extra_params: TrustServerCertificate=no"),
            "{}",
            outcome.stdout()
        );
    }
}

#[test]
fn references_stay_readable_and_what_stands_for_a_secret_does_not() {
    let secrets = ["swordfish-in-a-bowl", "Zk29dkfj29dk"];
    let manifest = format!(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"u\"\nPASWORD = \"{}\" # a slip\nPASSWORD = \"${{env://DB_PASSWORD:-{}}}\"\n\n\
         [env]\nCREDENTIALS = \"${{env://X:-shop:{}}}\"\n\n[check]\nallow = [{{ rule = \"GN001\", reason = \"known\" }}]\n",
        secrets[0], secrets[1], secrets[1]
    );
    let outcome = check(&Project::new(&manifest), &[]).code(1);
    let outcome = outcome.silent_about(&secrets);
    let text = outcome.stdout();
    assert!(
        text.contains("PASWORD = \"*******************\" # a slip"),
        "{text}"
    );
    assert!(text.contains("\"${env://X:-*****************}\""), "{text}");
}
