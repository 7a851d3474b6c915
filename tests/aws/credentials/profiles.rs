//! Profiles in `~/.aws`: keys, roles, programs, IAM Identity Center.

use crate::support::faults::{Rule, Then};

use super::{Fake, GET, KEYS, MANIFEST, Project, Run, Store, fails, nameless, reads, store};

/// A project whose home has these files of profiles.
fn home(config: &str, credentials: &str) -> Project {
    Project::new(MANIFEST)
        .file(".aws/config", config)
        .file(".aws/credentials", credentials)
}

/// `[name]` with the account's keys.
fn keys(store: &Store, name: &str) -> String {
    let (id, secret) = (store.account.access_key(), KEYS[0]);
    format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
}

/// A run that has a machine to ask, which it must not.
fn with<'a>(
    run: Run,
    machine: &Fake,
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Run {
    let run = run.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url());
    variables
        .into_iter()
        .fold(run, |run, (name, value)| run.env(name, value))
}

#[test]
fn a_profiles_keys_are_found_by_each_way_to_name_it() {
    let (store, machine) = (store(), Fake::black_hole());
    let key = store.account.access_key();
    let project = home("", &keys(&store, "shop"));
    let run = nameless(&store, &project, &GET);
    reads(&store, with(run, &machine, [("AWS_PROFILE", "shop")]), &key);

    // The manifest's own goes before what the environment says.
    let project = home("", &keys(&store, "shop")).file(
        "nuages.toml",
        "[providers.secrets]\nkind = \"aws-ssm\"\nprofile = \"shop\"\n",
    );
    let others = [
        ("AWS_ACCESS_KEY_ID", "AKIA999999999999TEST"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_PROFILE", "other"),
    ];
    reads(
        &store,
        with(nameless(&store, &project, &GET), &machine, others),
        &key,
    );

    let project = home("", &keys(&store, "default"));
    reads(
        &store,
        with(nameless(&store, &project, &GET), &machine, []),
        &key,
    );

    // A profile has a region too.
    let project = home(
        "[profile shop]\nregion = eu-central-1\n",
        &keys(&store, "shop"),
    );
    store.faults.forget();
    let run = project
        .nuages(GET)
        .env("AWS_ENDPOINT_URL", store.faults.url());
    with(run, &machine, [("AWS_PROFILE", "shop")])
        .output()
        .code(4);
    assert_eq!(store.faults.requests()[0].region(), Some("eu-central-1"));
    assert_eq!(machine.connections(), 0);
}

#[test]
fn files_of_profiles_may_be_elsewhere() {
    let (store, machine) = (store(), Fake::black_hole());
    let project = Project::new(MANIFEST).file("deep/keys", keys(&store, "shop"));
    let keys = project.path("deep/keys");
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", keys.to_str().unwrap()),
        ("AWS_PROFILE", "shop"),
    ];
    let run = with(nameless(&store, &project, &GET), &machine, variables);
    reads(&store, run, &store.account.access_key());
}

#[test]
fn a_role_is_assumed_with_another_profile() {
    let (store, machine) = (store(), Fake::black_hole());
    let role = format!("arn:aws:iam::{}:role/shop", store.account.id());
    let config =
        format!("[profile shop]\nrole_arn = {role}\nsource_profile = base\nexternal_id = django\n");
    let project = home(&config, &keys(&store, "base"));
    let run = with(
        nameless(&store, &project, &GET),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    let outcome = run.output().code(0);
    assert_eq!(outcome.stdout(), super::VALUE);
    let requests = store.faults.requests();
    let operations: Vec<_> = requests.iter().map(|request| &*request.operation).collect();
    assert_eq!(operations, ["AssumeRole", "GetParameters"]);
    assert!(
        requests[0]
            .header("authorization")
            .unwrap()
            .contains(&store.account.access_key())
    );
    assert!(requests[0].body.contains("ExternalId=django"));
    assert!(
        requests[1]
            .header("authorization")
            .unwrap()
            .contains("Credential=ASIA")
    );
    assert_eq!(machine.connections(), 0);
}

#[test]
fn a_profiles_role_that_is_denied_is_told() {
    let (store, machine) = (store(), Fake::black_hole());
    let config =
        "[profile shop]\nrole_arn = arn:aws:iam::123456789012:role/shop\nsource_profile = base\n";
    let project = home(config, &keys(&store, "base"));
    store
        .faults
        .script([Rule::on("AssumeRole", Then::error(403, "AccessDenied"))]);
    let run = nameless(&store, &project, &[]);
    let run = with(run, &machine, [("AWS_PROFILE", "shop")]);
    fails("profile_role_denied", &project, run);
    assert_eq!((store.faults.total(), machine.connections()), (1, 0));
}

#[test]
fn a_program_gives_credentials_once_for_all_instances() {
    let (store, machine) = (store(), Fake::black_hole());
    let key = store.account.access_key();
    let script = format!(
        "echo asked >> \"$HOME/asked\"\n\
         echo '{{\"Version\": 1, \"AccessKeyId\": \"{key}\", \"SecretAccessKey\": \"{}\"}}'\n",
        KEYS[0]
    );
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\n\n[providers.two]\nkind = \"aws-secrets\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two://shop}\"\n",
    )
    .file("login.sh", script);
    let config = format!(
        "[profile shop]\ncredential_process = sh {}\n",
        project.path("login.sh").display()
    );
    project.write(".aws/config", config);
    let run = nameless(&store, &project, &["render", "json"]);
    with(run, &machine, [("AWS_PROFILE", "shop")])
        .output()
        .code(0);
    super::signed_by(&store, &key);
    assert_eq!(
        (project.read("asked").as_str(), store.faults.total()),
        ("asked\n", 2)
    );
}

#[test]
fn what_a_program_says_is_not_shown() {
    let (store, machine) = (store(), Fake::black_hole());
    for (name, script) in [
        (
            "process_fails",
            format!("echo {0}; echo {0} >&2; exit 1", KEYS[2]),
        ),
        ("process_says_no_json", format!("echo {0}", KEYS[2])),
    ] {
        let project = home("", "").file("login.sh", script);
        let config = format!(
            "[profile shop]\ncredential_process = sh {}\n",
            project.path("login.sh").display()
        );
        project.write(".aws/config", config);
        let run = with(
            nameless(&store, &project, &[]),
            &machine,
            [("AWS_PROFILE", "shop")],
        );
        fails(name, &project, run);
    }
    assert_eq!((store.faults.total(), machine.connections()), (0, 0));
}

#[test]
fn a_session_that_has_run_out_is_to_be_renewed() {
    let (store, machine) = (store(), Fake::black_hole());
    let project = home(
        "[profile shop]\nsso_session = shop\nsso_account_id = 123456789012\nsso_role_name = shop\n\n\
         [sso-session shop]\nsso_region = eu-west-1\nsso_start_url = https://shop.awsapps.com/start\n",
        "",
    )
    // The file's name is the SHA-1 of the session's.
    .file(
        ".aws/sso/cache/5042d146667518a1a5017644946b8650aafca44c.json",
        format!(
            r#"{{"startUrl": "https://shop.awsapps.com/start", "region": "eu-west-1", "accessToken": "{}",
                 "expiresAt": "2026-01-01T00:00:00Z"}}"#,
            KEYS[1]
        ),
    );
    let run = with(
        nameless(&store, &project, &[]),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    fails("session_over", &project, run);
    // As before the first login.
    std::fs::remove_dir_all(project.path(".aws/sso")).unwrap();
    let run = with(
        nameless(&store, &project, &[]),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    fails("session_over", &project, run);
    assert_eq!((store.faults.total(), machine.connections()), (0, 0));
}

#[test]
fn a_profile_that_is_not_there_is_named() {
    let (store, machine) = (store(), Fake::black_hole());
    let project = home(
        "[profile shop]\nregion = eu-west-1\n",
        &keys(&store, "default"),
    );
    let run = with(
        nameless(&store, &project, &[]),
        &machine,
        [("AWS_PROFILE", "shpo")],
    );
    fails("no_such_profile", &project, run);
    let run = with(
        nameless(&store, &project, &[]),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    fails("profile_without_credentials", &project, run);
    project.write(
        "nuages.toml",
        MANIFEST.replace("aws-ssm\"", "aws-ssm\"\nprofile = \"shpo\""),
    );
    let run = with(nameless(&store, &project, &[]), &machine, []);
    fails("no_such_profile_of_the_manifest", &project, run);
    assert_eq!((store.faults.total(), machine.connections()), (0, 0));
}

#[test]
fn a_profile_that_is_written_wrong_is_told() {
    let (store, machine) = (store(), Fake::black_hole());
    let lacks = home(
        "[profile shop]\nrole_arn = arn:aws:iam::123456789012:role/shop\nsource_profile = gone\n",
        "",
    );
    let run = with(
        nameless(&store, &lacks, &[]),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    fails("profile_without_its_source", &lacks, run);
    let broken = home("[profile shop\n", &keys(&store, "default"));
    let run = with(
        nameless(&store, &broken, &[]),
        &machine,
        [("AWS_PROFILE", "shop")],
    );
    fails("profiles_that_are_none", &broken, run);
    assert_eq!((store.faults.total(), machine.connections()), (0, 0));
}
