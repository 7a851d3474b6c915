//! The Azure CLI and the Azure Developer CLI: programs of these names in front of `PATH`, which say what the real ones say.

use std::{
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use nuages_fakecloud::{FakeCloud, TENANT, Variables};

use super::{EXEC, GET, cloud, fails, project, with};
use crate::{
    cloud::{MARKER, SHOP, keeps_quiet, made, run},
    shot::shot,
    support::project::Project,
};

/// The Azure CLI's own application.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// A laptop where somebody has logged in once: the directory of both tools is there, and on `PATH` is this script alone.
fn laptop(cloud: &FakeCloud, tool: &str, script: &str) -> (Project, Variables) {
    let project = project();
    install(&project, tool, script);
    let path = project.path("bin");
    let variables = with(
        &cloud.environment_network(),
        &[("PATH", path.to_str().unwrap())],
    );
    (project, variables)
}

fn install(project: &Project, tool: &str, script: &str) {
    let home = if tool == "az" { ".azure" } else { ".azd" };
    project.write(format!("{home}/config"), "");
    let path = format!("bin/{tool}");
    project.write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n"));
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(project.path(&path), executable).unwrap();
}

/// A script that writes down how it was called, and gives a person's token for a vault.
fn giving(cloud: &FakeCloud, tool: &str) -> String {
    let token = cloud.issue_user_token("ann@shop.example", "https://vault.azure.net");
    let answer = if tool == "az" {
        format!(
            r#"{{"accessToken": "{token}", "expiresOn": "2099-01-01 00:00:00.000000", "expires_on": 4070908800, "subscription": "s", "tenant": "{TENANT}", "tokenType": "Bearer"}}"#
        )
    } else {
        format!(r#"{{"token": "{token}", "expiresOn": "2099-01-01T00:00:00Z"}}"#)
    };
    format!("echo \"{tool} $*\" >> \"$HOME/called\"\ncat <<'END'\n{answer}\nEND")
}

#[test]
fn a_person_logs_in_by_either_tool() {
    for (tool, called) in [
        (
            "az",
            "az account get-access-token -o json --scope https://vault.azure.net/.default",
        ),
        (
            "azd",
            "azd auth token -o json --no-prompt --scope https://vault.azure.net/.default",
        ),
    ] {
        let cloud = cloud();
        let (project, variables) = laptop(&cloud, tool, &giving(&cloud, tool));
        // The environment's tenant is for services.
        let variables = with(&variables, &[("AZURE_TENANT_ID", TENANT)]);
        let outcome = run(&variables, &project, &GET).output().code(0);
        assert_eq!((outcome.stdout(), outcome.stderr()), (MARKER, ""));
        assert_eq!(project.read("called"), format!("{called}\n"));
        made(&cloud, &[("vault.get", 1)]);

        let told = run(&variables, &project, &["doctor"]).output().code(0);
        keeps_quiet(&cloud, &variables, &told);
        shot(&format!("login_{tool}_doctor"), &project, &told, &[]);
    }
}

#[test]
fn the_tools_are_asked_for_the_manifests_tenant() {
    for (tool, option) in [("az", "--tenant"), ("azd", "--tenant-id")] {
        let cloud = cloud();
        let (project, variables) = laptop(&cloud, tool, &giving(&cloud, tool));
        let manifest = format!("{SHOP}tenant = \"{TENANT}\"\n\n[env]\nA = \"${{secrets://db}}\"\n");
        project.write("nuages.toml", manifest);
        run(&variables, &project, &GET).output().code(0);
        let called = project.read("called");
        assert!(
            called.ends_with(&format!(" {option} {TENANT}\n")),
            "{called}"
        );
    }
}

#[test]
fn az_goes_before_azd_and_both_after_what_is_deployed() {
    let cloud = cloud();
    let (project, variables) = laptop(&cloud, "azd", &giving(&cloud, "azd"));
    install(&project, "az", &giving(&cloud, "az"));
    run(&variables, &project, &GET).output().code(0);
    assert!(project.read("called").starts_with("az "));
    project.write("called", "");
    let named = [("AZURE_TOKEN_CREDENTIALS", "AzureDeveloperCliCredential")];
    run(&with(&variables, &named), &project, &GET)
        .output()
        .code(0);
    assert!(project.read("called").starts_with("azd "));
    project.write("called", "");
    let app = cloud.environment_app_service();
    let path = variables.iter().find(|(name, _)| name == "PATH").unwrap();
    let app = with(&app, &[("PATH", &path.1)]);
    run(&app, &project, &GET).output().code(0);
    assert_eq!(project.read("called"), "");
    let developer = with(&app, &[("AZURE_TOKEN_CREDENTIALS", "dev")]);
    run(&developer, &project, &GET).output().code(0);
    assert!(project.read("called").starts_with("az "));
}

#[test]
fn a_tool_that_nobody_set_up_is_not_run() {
    let cloud = cloud();
    let (project, variables) = laptop(&cloud, "az", &giving(&cloud, "az"));
    std::fs::remove_dir_all(project.path(".azure")).unwrap();
    let developer = with(&variables, &[("AZURE_TOKEN_CREDENTIALS", "dev")]);
    fails("tool_not_set_up", &cloud, &project, &developer);
    assert!(!project.path("called").exists());
    // Its directory may be elsewhere.
    let elsewhere = with(
        &developer,
        &[("AZURE_CONFIG_DIR", project.path("bin").to_str().unwrap())],
    );
    run(&elsewhere, &project, &GET).output().code(0);
}

#[test]
fn a_tool_that_gives_no_token_is_told_without_its_words() {
    let fails_with = |words: &str, code: u8| {
        format!("cat >&2 <<'END'\n{words} tool-marker-11c4\nEND\nexit {code}")
    };
    for (tool, name, script) in [
        (
            "az",
            "nobody",
            fails_with("ERROR: Please run 'az login' to setup account.", 1),
        ),
        (
            "az",
            "expired",
            fails_with(
                "ERROR: AADSTS700082: The refresh token has expired due to inactivity. Please run: az login",
                1,
            ),
        ),
        ("az", "fails", fails_with("ERROR: something", 2)),
        ("az", "killed", "kill -9 $$".to_owned()),
        ("az", "garbage", "echo tool-marker-11c4".to_owned()),
        ("az", "says_nothing", String::new()),
        (
            "az",
            "old",
            r#"echo '{"accessToken": "tool-marker-11c4", "expiresOn": "2099-01-01 00:00:00", "tokenType": "Bearer"}'"#
                .to_owned(),
        ),
        (
            "azd",
            "nobody",
            fails_with(
                r#"{"type":"consoleMessage","timestamp":"2026-01-01T00:00:00Z","data":{"message":"ERROR: not logged in, run `azd auth login` to login"}}"#,
                1,
            ),
        ),
        ("azd", "garbage", "echo tool-marker-11c4".to_owned()),
    ] {
        let cloud = cloud();
        let (project, variables) = laptop(&cloud, tool, &script);
        let outcome = fails(&format!("{tool}_{name}"), &cloud, &project, &variables);
        drop(outcome.silent_about(&["tool-marker"]));
        made(&cloud, &[]);
    }
}

#[test]
fn a_tool_that_is_named_and_not_there() {
    for (tool, name) in [("az", "azure-cli"), ("azd", "azure-developer-cli")] {
        let cloud = cloud();
        let (project, variables) = laptop(&cloud, "other", "");
        let manifest =
            format!("{SHOP}credential = \"{name}\"\n\n[env]\nA = \"${{secrets://db}}\"\n");
        project.write("nuages.toml", manifest);
        fails(&format!("{tool}_not_there"), &cloud, &project, &variables);
    }
}

#[test]
fn a_token_of_another_application_of_the_person() {
    // What the tool gives is what the vault sees.
    let cloud = cloud();
    let (project, variables) = laptop(&cloud, "az", &giving(&cloud, "az"));
    assert_eq!(cloud.tokens()[0].client_id, AZURE_CLI);
    cloud.revoke_tokens();
    let outcome = run(&variables, &project, &EXEC).output().code(4);
    keeps_quiet(&cloud, &variables, &outcome);
    shot("login_az_revoked", &project, &outcome, &[]);
    assert_eq!(cloud.count("vault.get"), 0);
}

#[test]
fn a_tool_that_hangs_ends_with_the_run() {
    for tool in ["az", "azd"] {
        let cloud = cloud();
        let script = "echo $$ > \"$HOME/pid\"\nexec sleep 600";
        let (project, variables) = laptop(&cloud, tool, script);
        let mut arguments = vec!["--deadline", "2"];
        arguments.extend(EXEC);
        let start = Instant::now();
        let outcome = run(&variables, &project, &arguments).output().code(5);
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1_800), "{took:?}");
        assert!(took < Duration::from_secs(20), "{took:?}");
        keeps_quiet(&cloud, &variables, &outcome);
        assert!(!project.path("started").exists());
        shot(&format!("login_{tool}_hangs"), &project, &outcome, &[]);
        // It is gone, not merely forgotten.
        let pid = project.read("pid");
        let process = format!("/proc/{}/stat", pid.trim());
        let end = Instant::now() + Duration::from_secs(20);
        while is_running(&process) {
            assert!(Instant::now() < end, "{tool} still runs");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a process is there and is no zombie, by `/proc/PID/stat`.
fn is_running(stat: &str) -> bool {
    std::fs::read_to_string(stat).is_ok_and(|text| {
        let state = text.rsplit(") ").next().unwrap_or_default();
        !state.starts_with('Z')
    })
}
