//! The images of `examples/image`, built from their Dockerfiles as they stand, once for all tests. What a registry would give is
//! made of Debian's packages; the compiler's place is taken by one that has built already: `.ci/run` runs `.ci/dist` itself.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::containers::podman;
use crate::support::project::Project;
use crate::support::{base_images, checkout, copy_tree, must_run, scratch};

const HERE: &str = "examples/image";
const RUST: &str = "docker.io/library/rust:1.95-slim-bookworm";

/// What `docker build -t nuages` and `docker build -t shop` make; the second's name.
pub(crate) fn shop() -> &'static str {
    static SHOP: OnceLock<String> = OnceLock::new();
    SHOP.get_or_init(|| {
        let name = format!("localhost/shop:{:016x}", fingerprint());
        let lock = File::create(scratch().join("shop-image.lock")).unwrap();
        lock.lock().unwrap();
        let exists = podman(["image", "exists", &name]).status().unwrap();
        if !exists.success() {
            make(&name);
        }
        name
    })
}

/// Another one where what goes into the images is: the program under test, and the files of the example.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    let program = fs::metadata(env!("CARGO_BIN_EXE_nuages")).unwrap();
    (program.len(), program.modified().unwrap()).hash(&mut hasher);
    let mut directories = vec![checkout().join(HERE), checkout().join(".ci")];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(directory).unwrap();
        let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_none_or(|it| it != "md") {
                (&path, fs::read(&path).unwrap()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

fn make(name: &str) {
    compiler();
    nuages();
    let context = Project::empty().tree(&checkout().join(HERE));
    // What is at hand in a checkout is not to be in the image.
    context.write(".env", "SECRET_KEY=left-in-the-folder\n");
    let version = "import sys; print('.'.join(map(str, sys.version_info[:2])), end='')";
    let run = [
        "run",
        "--rm",
        "--network=none",
        base_images::PYTHON,
        "python",
        "-c",
        version,
    ];
    let version = must_run(&mut podman(run));
    let wheels = base_images::wheels(&context.path("requirements.txt"), &version);
    let wheels = format!("{}:/wheels:ro", wheels.display());
    let no_longer = must_run(&mut podman(["images", "--quiet", "localhost/shop"]));
    build(
        &context,
        name,
        &["-f", "app.Dockerfile", "--volume", &wheels],
    );
    // What earlier programs made is of no use to anybody.
    for image in no_longer.lines() {
        drop(podman(["rmi", "--force", image]).output());
    }
    must_run(&mut podman(["image", "prune", "--force"]));
}

/// An image with a `cargo` that gives the program under test, where the real one would build it.
fn compiler() {
    let context = Project::empty();
    let cargo = "#!/bin/sh\nset -eu\ntest \"$*\" = \"build --release --locked --target $(uname -m)-unknown-linux-gnu\"\n\
                 test -e Cargo.lock -a -e src/main.rs -a -e providers/core/src/lib.rs -a -e tests/support/fakecloud/Cargo.toml\n\
                 mkdir -p target/$5/release\ncp /usr/local/nuages target/$5/release/nuages\n";
    context.write("cargo", cargo);
    fs::set_permissions(context.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    // Without what debuggers read it is a fraction of its size, and five layers hold it.
    let (from, to) = (env!("CARGO_BIN_EXE_nuages"), context.path("nuages"));
    must_run(Command::new("strip").arg("-o").arg(to).arg(from));
    let dockerfile = format!(
        "FROM {}\nCOPY cargo /usr/local/bin/cargo\nCOPY nuages /usr/local/nuages\n",
        base_images::PYTHON
    );
    context.write("Dockerfile", dockerfile);
    build(&context, RUST, &[]);
}

/// The image of nuages, from what its `.dockerignore` lets through of a checkout.
fn nuages() {
    let context = Project::empty();
    for name in ["Cargo.toml", "Cargo.lock", "build.rs"] {
        fs::copy(checkout().join(name), context.path(name)).unwrap();
    }
    for name in [".ci", "providers", "src", "tests/support/fakecloud", HERE] {
        copy_tree(&checkout().join(name), &context.path(name));
    }
    build(&context, "nuages", &["-f", "examples/image/Dockerfile"]);
}

fn build(context: &Project, name: &str, more: &[&str]) {
    let mut command = podman([
        "build",
        "--quiet",
        "--isolation=chroot",
        "--network=host",
        "--pull=never",
        "--format=docker",
        "-t",
        name,
    ]);
    must_run(
        command
            .args(more)
            .arg::<&OsStr>(context.root().as_ref())
            .current_dir(context.root()),
    );
}
