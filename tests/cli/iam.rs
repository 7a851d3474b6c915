//! `nuages plan --iam`: what the identities that read must be allowed.

use serde_json::Value;

use crate::shot::shot;
use crate::support::project::Project;

fn aws() -> Project {
    Project::new(
        r#"[providers.secrets]
kind = "aws-ssm"
prefix = "/shop/prod/"
region = "eu-west-1"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${secrets://db-password}"

[env]
STRIPE = "${aws-secrets://stripe?region=eu-west-1#live}"
OLD = "${aws-secrets://stripe?region=eu-west-1&versions=2..3}"

[profiles.dev.providers.secrets]
kind = "dotenv"
"#,
    )
}

const AZURE: &str = r#"
[providers.vault]
kind = "azure-kv"
vault = "shop-prod"

[databases.reports]
ENGINE = "postgresql"
NAME = "reports"
HOST = "reports.postgres.database.azure.com"
auth = "entra"

[files.key]
content = "${vault://tls-key}"
"#;

#[test]
fn one_policy_comes_alone() {
    let project = aws();
    let outcome = project.nuages(["plan", "--iam"]).output().code(0);
    shot("plan_iam", &project, &outcome);
    serde_json::from_str::<Value>(outcome.stdout()).expect("a policy and nothing else");
    let quiet = project.nuages(["-q", "plan", "--iam"]).output().code(0);
    assert_eq!((quiet.stdout(), quiet.stderr()), (outcome.stdout(), ""));
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let only = ["plan", "--iam", "--only", "databases", "--kms-key", key];
    shot(
        "plan_iam_key",
        &project,
        &project.nuages(only).output().code(0),
    );
}

#[test]
fn several_have_a_heading_each() {
    let project = Project::new(&(aws().read("nuages.toml") + AZURE));
    shot(
        "plan_iam_several",
        &project,
        &project.nuages(["plan", "--iam"]).output().code(0),
    );
    shot(
        "plan_iam_json",
        &project,
        &project.nuages(["plan", "--iam", "--json"]).output().code(0),
    );
}

/// Azure's are commands: they are run as they are, and end where nobody said whom they are for.
#[test]
fn commands_are_a_shells() {
    let project = Project::new(&(aws().read("nuages.toml") + AZURE));
    let outcome = project
        .nuages(["plan", "--iam", "--only", "files.key"])
        .output()
        .code(0);
    let script = outcome.stdout();
    let project = Project::empty().file("script", script).file(
        "bin/az",
        "#!/bin/sh\ncase $1 in keyvault) echo /id/of/$4 ;; *) echo \"$@\" ;; esac\n",
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(project.path("bin/az"), mode).unwrap();
    let sh = |assignee: Option<&str>| {
        let run = project
            .program("/bin/sh".as_ref(), ["script"])
            .path(&project.path("bin"));
        match assignee {
            Some(id) => run.env("ASSIGNEE", id),
            None => run,
        }
        .output()
    };
    let unset = sh(None);
    assert_eq!((unset.status.success(), unset.stdout()), (false, ""));
    assert!(unset.stderr().contains("ASSIGNEE"), "{}", unset.stderr());
    assert_eq!(
        sh(Some("an id")).code(0).stdout(),
        "role assignment create --role 4633458b-17de-408a-b874-0445c86b69e6 --assignee an id --scope /id/of/shop-prod/secrets/tls-key\n"
    );
}

#[test]
fn what_nobody_decides_needs_nothing() {
    let project = aws();
    let arguments = ["--profile", "dev", "plan", "--iam", "--only", "databases"];
    shot(
        "plan_iam_nothing",
        &project,
        &project.nuages(arguments).output().code(0),
    );
    let key = [&arguments[..], &["--kms-key", "x"]].concat();
    shot(
        "plan_iam_key_unused",
        &project,
        &project.nuages(key).output().code(2),
    );
    let wrong = ["plan", "--iam", "--kms-key", "alias/shop"];
    shot(
        "plan_iam_key_wrong",
        &project,
        &project.nuages(wrong).output().code(2),
    );
}

/// Who a policy is for stands in a heading, and a heading is one line.
#[test]
fn a_name_makes_no_command() {
    let manifest = "[providers.a]\nkind = \"aws-ssm\"\nprofile = \"x\\ntouch hit\\u001b[2J\"\nregion = \"eu-west-1\"\n\
                    [env]\nA = \"${a://a}\"\nB = \"${aws-ssm:///b?region=eu-west-1}\"\n";
    let project = Project::new(manifest);
    let outcome = project.nuages(["plan", "--iam"]).output().code(0);
    let outputs = [outcome.stdout(), outcome.stderr()];
    assert!(
        !outputs
            .concat()
            .lines()
            .any(|line| line.starts_with("touch"))
    );
    assert!(!outputs.concat().contains('\u{1b}'));
}

#[test]
fn a_template_has_its_own() {
    let project = aws().file("x.conf", "{{ secrets('other') }}\n");
    let outcome = project
        .nuages(["plan", "--iam", "--template", "x.conf"])
        .output()
        .code(0);
    assert!(outcome.stdout().contains("parameter/shop/prod/other\""));
    assert!(!outcome.stdout().contains("db-password"));
}
