//! A node for the pods of `examples/kubernetes`: their containers, volumes and role, with a store and a database behind them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use super::{SECRET_KEY, path};
use crate::shop_image;
use crate::support::containers::Container;
use crate::support::moto::{Account, Moto};
use crate::support::postgres::{APP, MIGRATIONS, Postgres};
use crate::support::project::Project;

/// A cluster with one node: its volumes are directories here, its store and its database are real ones.
pub(super) struct Cluster {
    pub(super) volumes: Project,
    pub(super) account: Account,
    _database: Postgres,
}

impl Cluster {
    pub(super) fn new() -> Self {
        let account = Moto::start().account();
        let put = "import sys\nfor name, value in zip(sys.argv[1::2], sys.argv[2::2]):\n    client('ssm').put_parameter(Name='/shop/prod/' + name, Value=value, Type='SecureString')";
        account.python(
            put,
            &[
                "app/db-password",
                APP.password,
                "app/django-secret-key",
                SECRET_KEY,
                "migrations/db-password",
                MIGRATIONS.password,
            ],
        );
        let database = Postgres::start();
        let manifest = fs::read_to_string(path("nuages.toml")).unwrap();
        let here = manifest
            .replace("shop.abcdefghijkl.eu-west-1.rds.amazonaws.com", "localhost")
            .replace("PORT = 5432", &format!("PORT = {}", database.port()));
        let volumes = Project::empty()
            .file("manifest/nuages.toml", here)
            .file(
                "manifest/secret-key.j2",
                fs::read(path("init-container/secret-key.j2")).unwrap(),
            )
            .file(
                "authority/ca.crt",
                fs::read(database.root_certificate()).unwrap(),
            )
            // What EKS mounts for a service account with a role.
            .file("token/token", "the token of the service account");
        for file in [
            "manifest/nuages.toml",
            "manifest/secret-key.j2",
            "authority/ca.crt",
            "token/token",
        ] {
            open(&volumes.path(file), 0o444);
        }
        for directory in ["", "manifest", "authority", "token"] {
            open(&volumes.path(directory), 0o755);
        }
        for directory in ["memory", "secrets"] {
            fs::create_dir(volumes.path(directory)).unwrap();
            open(&volumes.path(directory), 0o777);
        }
        Self {
            volumes,
            account,
            _database: database,
        }
    }

    /// A container of a pod, in the network of this machine. Both images' part is played by the shop's.
    pub(super) fn container(&self, pod: &Value, container: &Value) -> Container {
        let texts = |value: &Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let security = &pod["securityContext"];
        let mut made = Container::of(shop_image::shop())
            .options([
                "--network=host",
                "--read-only",
                "--read-only-tmpfs=false",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
            ])
            .options([format!(
                "--user={}:{}",
                security["runAsUser"], security["runAsGroup"]
            )])
            .options([format!(
                "--volume={}:/var/run/secrets/eks.amazonaws.com/serviceaccount:ro",
                self.volumes.path("token").display()
            )])
            .env("AWS_ENDPOINT_URL", &Moto::start().url())
            .env("AWS_REGION", "eu-west-1")
            .env(
                "AWS_ROLE_ARN",
                &format!("arn:aws:iam::{}:role/shop", self.account.id()),
            )
            .env(
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
            )
            // The port is free on a node, and may be taken here.
            .env("GUNICORN_CMD_ARGS", "--bind=127.0.0.1:0");
        let mut words = texts(&container["command"]);
        if words[0] == "/nuages" {
            "nuages".clone_into(&mut words[0]);
        }
        made.entrypoint = Some(words);
        made.command = texts(&container["args"]);
        for variable in container["env"].as_array().into_iter().flatten() {
            made = made.env(
                variable["name"].as_str().unwrap(),
                variable["value"].as_str().unwrap(),
            );
        }
        for mount in container["volumeMounts"].as_array().unwrap() {
            let from = self.volumes.path(mount["name"].as_str().unwrap());
            let access = if mount["readOnly"] == true {
                "ro"
            } else {
                "rw"
            };
            made = made.options([format!(
                "--volume={}:{}:{access}",
                from.display(),
                mount["mountPath"].as_str().unwrap()
            )]);
        }
        made
    }
}

fn open(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
