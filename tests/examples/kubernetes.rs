//! `examples/kubernetes`: every file is one that Kubernetes takes, every pod keeps to the profile "restricted" of its pod security
//! standards, and the containers run as they are stated, one after the other, against a store and a database.

mod cluster;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::lint;
use crate::support::checkout;
use crate::support::containers::{self, Started};
use crate::support::postgres::APP;
use crate::support::project::Project;
use cluster::Cluster;

const HERE: &str = "examples/kubernetes";
const SECRET_KEY: &str = "0123456789012345678901234567890123456789012345678901";
const FILES: [&str; 5] = [
    "service-accounts.yaml",
    "entrypoint/deployment.yaml",
    "entrypoint/migrate.yaml",
    "init-container/deployment.yaml",
    "external-secrets/deployment.yaml",
];

fn path(file: &str) -> PathBuf {
    checkout().join(HERE).join(file)
}

/// What a workload starts.
fn pod(file: &str) -> Value {
    lint::documents(&path(file)).remove(0)["spec"]["template"]["spec"].take()
}

fn containers_of<'a>(pod: &'a Value, kind: &str) -> Vec<&'a Value> {
    pod[kind].as_array().into_iter().flatten().collect()
}

#[test]
fn the_files_are_those_of_kubernetes() {
    let mut found = 0;
    for directory in ["", "entrypoint", "init-container", "external-secrets"] {
        let entries = fs::read_dir(path(directory)).unwrap();
        let is_yaml = |path: &Path| path.extension().is_some_and(|it| it == "yaml");
        found += entries
            .filter(|it| is_yaml(&it.as_ref().unwrap().path()))
            .count();
    }
    assert_eq!(
        found,
        FILES.len() + 1,
        "each file is among those that are looked at, or made"
    );
    for file in FILES {
        lint::kubernetes(&path(file));
    }
    let accounts: Vec<Value> = lint::documents(&path(FILES[0]));
    let accounts: Vec<&Value> = accounts.iter().map(|it| &it["metadata"]["name"]).collect();
    for file in &FILES[1..] {
        let pod = pod(file);
        assert!(accounts.contains(&&pod["serviceAccountName"]), "{file}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{file}");
        let names: Vec<&Value> = pod["volumes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        for container in ["initContainers", "containers"]
            .iter()
            .flat_map(|kind| containers_of(&pod, kind))
        {
            let mounts = container["volumeMounts"].as_array().unwrap();
            assert!(
                mounts.iter().all(|it| names.contains(&&it["name"])),
                "{file}"
            );
        }
        is_restricted(file, &pod);
    }
}

/// The profile "restricted" of the pod security standards, and a read-only root besides.
fn is_restricted(file: &str, pod: &Value) {
    for key in ["hostNetwork", "hostPID", "hostIPC", "hostUsers"] {
        assert!(pod.get(key).is_none(), "{file}: {key}");
    }
    let context = &pod["securityContext"];
    assert_eq!(context["runAsNonRoot"], true, "{file}");
    assert_eq!(context["runAsUser"], 10001, "{file}");
    assert_eq!(
        context["seccompProfile"]["type"], "RuntimeDefault",
        "{file}"
    );
    for volume in pod["volumes"].as_array().unwrap() {
        assert!(
            volume.get("configMap").is_some() || volume["emptyDir"]["medium"] == "Memory",
            "{file}: {volume}"
        );
    }
    let all = ["initContainers", "containers"]
        .iter()
        .flat_map(|kind| containers_of(pod, kind));
    for container in all {
        let wanted = json!({ "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } });
        assert_eq!(container["securityContext"], wanted, "{file}");
        let ports = container["ports"].as_array().into_iter().flatten();
        assert!(
            ports.clone().all(|port| port.get("hostPort").is_none()),
            "{file}"
        );
        assert!(
            container["resources"]["limits"]["memory"].is_string(),
            "{file}"
        );
    }
}

#[test]
fn the_external_secret_is_what_nuages_writes() {
    let project = Project::empty().tree(&checkout().join(HERE));
    let readme = project.read("README.md");
    let mut commands = readme
        .lines()
        .filter(|line| line.starts_with("nuages render external-secret"));
    let command = commands.next().expect("the command");
    let words = command
        .split(" > ")
        .next()
        .unwrap()
        .split_whitespace()
        .skip(1);
    let written = project.nuages(words).output().code(0);
    assert_eq!(
        written.stdout(),
        project.read("external-secrets/external-secret.yaml"),
        "as the README's command writes it"
    );
    // The shop gets its variables, and its stores log in as its service account.
    let pod = pod("external-secrets/deployment.yaml");
    let made = lint::documents(&path("external-secrets/external-secret.yaml"));
    assert_eq!(
        made[1]["spec"]["target"]["name"],
        pod["containers"][0]["envFrom"][0]["secretRef"]["name"]
    );
    assert_eq!(
        made[0]["spec"]["provider"]["aws"]["auth"]["jwt"]["serviceAccountRef"]["name"],
        pod["serviceAccountName"]
    );
}

/// What the readiness probe asks for.
fn is_ready(container: &Value, running: &Started) -> String {
    running.says("Booting worker");
    let log = running.log();
    let (_, address) = log.split_once("Listening at: ").unwrap();
    let address = address.split_whitespace().next().unwrap();
    let probe = &container["readinessProbe"]["httpGet"];
    let header = &probe["httpHeaders"][0];
    let script = format!(
        "import urllib.request as web; print(web.urlopen(web.Request('{address}{}', headers={{'{}': '{}'}}), timeout=60).read().decode(), end='')",
        probe["path"].as_str().unwrap(),
        header["name"].as_str().unwrap(),
        header["value"].as_str().unwrap(),
    );
    running.python(&script)
}

#[test]
fn the_pods_run_as_they_are_stated() {
    if !containers::chosen() {
        return;
    }
    let cluster = Cluster::new();
    let page = "shop: 3 records, read by shop_app over TLSv1.3\n";

    let job = pod("entrypoint/migrate.yaml");
    let (code, said) = cluster.container(&job, &job["containers"][0]).ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Applying shop.0001_initial... OK"), "{said}");

    let deployment = pod("entrypoint/deployment.yaml");
    let stated = &deployment["containers"][0];
    let shop = cluster.container(&deployment, stated).start();
    assert_eq!(is_ready(stated, &shop), page);
    let probe = stated["startupProbe"]["exec"]["command"]
        .as_array()
        .unwrap();
    let (code, said) = shop.runs(probe.iter().map(|it| it.as_str().unwrap()));
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let grace = deployment["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap();
    let kill_after = stated["command"]
        .as_array()
        .unwrap()
        .iter()
        .skip_while(|it| *it != "--kill-after")
        .nth(1);
    assert!(
        kill_after
            .unwrap()
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            < grace
    );
    assert_eq!(shop.stop(&grace.to_string()), 0);
    drop(shop);

    let deployment = pod("init-container/deployment.yaml");
    for first in containers_of(&deployment, "initContainers") {
        let (code, said) = cluster.container(&deployment, first).ends();
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains(SECRET_KEY) && !said.contains(APP.password));
    }
    assert_eq!(cluster.volumes.read("secrets/secret-key"), SECRET_KEY);
    for file in ["databases.json", "secret-key"] {
        assert_eq!(cluster.volumes.mode(format!("secrets/{file}")), 0o600);
    }
    let stated = &deployment["containers"][0];
    let shop = cluster.container(&deployment, stated).start();
    assert_eq!(is_ready(stated, &shop), page);
    let names = shop.python("import os; print(*sorted(os.environ))");
    assert!(
        !names.contains("DATABASES ") && !names.contains("SECRET_KEY "),
        "{names}"
    );
    drop(shop);

    // Where a secret is missing, the pod stays in its first phase.
    cluster.account.python(
        "client('ssm').delete_parameter(Name='/shop/prod/app/django-secret-key')",
        &[],
    );
    fs::remove_file(cluster.volumes.path("secrets/secret-key")).unwrap();
    let first = containers_of(&deployment, "initContainers");
    let (code, said) = cluster.container(&deployment, first[1]).ends();
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("/shop/prod/app/django-secret-key"), "{said}");
    assert!(!cluster.volumes.path("secrets/secret-key").exists());
}

/// The role of the shop reads what the shop needs, that of the migrations what they need.
#[test]
fn the_roles_are_apart() {
    let project = Project::empty().tree(&checkout().join(HERE));
    let readme = project.read("README.md");
    let policy = |profile: &[&str]| {
        let command = [&["nuages"], profile, &["plan", "--iam\n"]]
            .concat()
            .join(" ");
        assert!(readme.contains(&command), "{command}");
        project
            .nuages(profile)
            .arg("plan")
            .arg("--iam")
            .output()
            .code(0)
            .stdout()
            .to_owned()
    };
    let shop = policy(&[]);
    let migrations = policy(&["--profile", "migrate"]);
    assert!(
        shop.contains("parameter/shop/prod/app/db-password") && !shop.contains("migrations"),
        "{shop}"
    );
    assert!(
        migrations.contains("parameter/shop/prod/migrations/db-password")
            && !migrations.contains("app/db-password"),
        "{migrations}"
    );
}
