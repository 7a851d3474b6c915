//! `examples/compose`: its file fits Compose's schema, and its services run one after the other as it states them, up to the page.
//! All are in one network namespace, without a way out.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::checkout;
use crate::support::containers::{self, Container, Started, podman};
use crate::support::project::Project;
use crate::{lint, shop_image};

const HERE: &str = "examples/compose";

#[test]
fn the_file_is_one_of_compose_and_its_services_are_hardened() {
    let path = checkout().join(HERE).join("compose.yaml");
    lint::schema("vendor.compose-spec", &path);
    let file = &lint::documents(&path)[0];
    let services = file["services"].as_object().unwrap();
    let mut names: Vec<_> = services.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["app", "certificates", "db", "migrate"]);
    for (name, service) in services {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            serde_json::json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert_eq!(
            texts(&service["user"])[0].starts_with("0:"),
            name == "certificates"
        );
        let environment = service["environment"].as_object();
        let secret = environment.is_some_and(|it| {
            it.keys()
                .any(|key| key.contains("PASSWORD") && !key.ends_with("_FILE"))
        });
        assert!(!secret, "{name} has a secret in its environment");
    }
    // Each login's password goes where it is used.
    assert_eq!(
        texts(&services["app"]["secrets"]),
        ["db-password", "django-secret-key"]
    );
    assert_eq!(
        texts(&services["migrate"]["secrets"]),
        ["db-migrations-password", "django-secret-key"]
    );
}

/// A text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    }
}

/// The project of Compose, its volumes named as nobody else's are.
struct Deployment {
    project: Project,
    file: Value,
    name: String,
}

impl Deployment {
    fn new() -> Self {
        let project = Project::empty().tree(&checkout().join(HERE));
        drop(fs::remove_dir_all(project.path("secrets")));
        // Here `/tmp` is entered by others, and on a server the directory that Compose mounts from is.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        fs::set_permissions(project.root(), open).unwrap();
        project.write("hosts", "127.0.0.1 localhost db\n");
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(project.path("hosts"), everybody).unwrap();
        let file = lint::documents(&project.path("compose.yaml")).remove(0);
        let name = project
            .root()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace('.', "");
        Self {
            project,
            file,
            name,
        }
    }

    /// What Compose makes of a service.
    fn service(&self, name: &str) -> Container {
        let service = self.file["services"][name].as_object().unwrap();
        // All are in one network namespace, where the name of the database's service is this machine.
        let hosts = format!(
            "--volume={}:/etc/hosts:ro",
            self.project.path("hosts").display()
        );
        let mut container = Container::default().options(["--no-hosts", &hosts]);
        for (key, value) in service {
            match key.as_str() {
                "image" if value == "shop" => shop_image::shop().clone_into(&mut container.image),
                "image" => {
                    container.image = format!("docker.io/library/{}", value.as_str().unwrap());
                }
                "entrypoint" => container.entrypoint = Some(texts(value)),
                "command" => container.command = texts(value),
                "environment" => {
                    for (name, value) in value.as_object().unwrap() {
                        container = container.env(name, value.as_str().unwrap());
                    }
                }
                "read_only" => {
                    container = container.options(["--read-only", "--read-only-tmpfs=false"]);
                }
                "user" => {
                    container = container.options([format!("--user={}", value.as_str().unwrap())]);
                }
                "cap_drop" => container = container.options(["--cap-drop=ALL"]),
                "security_opt" => {
                    container = container.options(["--security-opt=no-new-privileges"]);
                }
                "tmpfs" => {
                    container =
                        container.options(texts(value).iter().map(|it| format!("--tmpfs={it}")));
                }
                "secrets" => {
                    container = container.options(texts(value).iter().map(|it| self.secret(it)));
                }
                "volumes" => {
                    container = container.options(texts(value).iter().map(|it| self.volume(it)));
                }
                // Who talks to whom is the test's own part, as is the order.
                "build" | "network_mode" | "networks" | "ports" | "depends_on" | "healthcheck"
                | "restart" | "stop_grace_period" => {}
                other => panic!("`{other}` of {name} is not known here"),
            }
        }
        container
    }

    fn secret(&self, name: &str) -> String {
        let file = self.file["secrets"][name]["file"].as_str().unwrap();
        format!(
            "--volume={}:/run/secrets/{name}:ro",
            self.project.path(file).display()
        )
    }

    fn volume(&self, volume: &str) -> String {
        match volume.strip_prefix("./") {
            Some(file) => format!("--volume={}/{file}", self.project.root().display()),
            None => format!("--volume={}-{volume}", self.name),
        }
    }

    /// What Compose asks for a service's health, until it is well.
    fn is_healthy(&self, name: &str, container: &Started) {
        let test = texts(&self.file["services"][name]["healthcheck"]["test"]);
        assert_eq!(test[0], "CMD");
        let start = Instant::now();
        loop {
            let (code, said) = container.runs(&test[1..]);
            if code == Some(0) {
                return;
            }
            assert!(
                container.is_running() && start.elapsed() < Duration::from_mins(1),
                "{name}: {said}\n{}",
                container.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn ends_well(container: &Container) -> String {
        let (code, said) = container.ends();
        assert_eq!(code, Some(0), "{said}");
        said
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        for name in self.file["volumes"].as_object().unwrap().keys() {
            drop(podman(["volume", "rm", "--force", &format!("{}-{name}", self.name)]).output());
        }
    }
}

#[test]
fn the_services_run_up_to_the_page() {
    if !containers::chosen() {
        return;
    }
    shop_image::shop();
    let deployment = Deployment::new();
    let secrets = make_secrets(&deployment.project);
    Deployment::ends_well(
        &deployment
            .service("certificates")
            .options(["--network=none"]),
    );
    let db = deployment.service("db").options(["--network=none"]).start();
    deployment.is_healthy("db", &db);

    let network = format!("--network=container:{}", db.id());
    let said = Deployment::ends_well(&deployment.service("migrate").options([&network]));
    assert!(said.contains("Applying shop.0001_initial... OK"), "{said}");
    let app = deployment.service("app").options([&network]);
    // The login of the shop does not migrate, and has no way to the one that does.
    let (code, said) = app.clone().env("NUAGES_PROFILE", "migrate").ends();
    assert_eq!(code, Some(4));
    assert!(said.contains("databases.default.PASSWORD"), "{said}");

    let app = app.start();
    app.says("Booting worker");
    deployment.is_healthy("app", &app);
    let page = app.page("/");
    assert_eq!(page, "shop: 3 records, read by shop_app over TLSv1.3\n");
    let readme = fs::read_to_string(checkout().join(HERE).join("README.md")).unwrap();
    assert!(readme.contains(&page), "the README shows the page");
    assert_eq!(app.stop("30"), 0);
    for log in [app.log(), db.log(), said] {
        for secret in &secrets {
            assert!(!log.contains(secret), "a secret is in a log");
        }
    }
}

/// Runs `make-secrets` twice: it makes each secret once.
fn make_secrets(project: &Project) -> Vec<String> {
    let script = project.path("make-secrets");
    let run = |script: &Path| project.program(script, [""; 0]).output().code(0);
    run(&script);
    let read = || -> Vec<String> {
        [
            "db-admin-password",
            "db-password",
            "db-migrations-password",
            "django-secret-key",
        ]
        .map(|name| project.read(format!("secrets/{name}")))
        .into()
    };
    let secrets = read();
    run(&script);
    assert_eq!(secrets, read());
    assert!(secrets.iter().all(|secret| secret.len() == 64));
    assert_eq!(
        (project.mode("secrets"), project.mode("secrets/db-password")),
        (0o700, 0o444)
    );
    assert_eq!(project.read(".gitignore").lines().last(), Some("/secrets/"));
    secrets
}
