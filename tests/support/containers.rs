//! Containers: Podman builds and runs images here, with a store of its own below the target directory and without a network.
//! What would come from a registry is made of Debian's packages ([`super::base_images`]).

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::process::Running;
use super::{base_images, is_root, must_run, on_path, scratch};

/// Says `no` on a machine that runs no containers: within one without the rights for it, or without Podman.
const CHOICE: &str = "NUAGES_TEST_CONTAINERS";

/// Whether containers are to be tested, as they are unless `NUAGES_TEST_CONTAINERS` says `no`.
pub(crate) fn chosen() -> bool {
    match std::env::var(CHOICE).as_deref() {
        Ok("no") => {
            eprintln!("{CHOICE}=no: nothing is run in a container");
            false
        }
        Ok("yes") | Err(_) => true,
        Ok(other) => panic!("{CHOICE} is `{other}`; known are yes and no"),
    }
}

/// Podman with these arguments, still to be started.
pub(crate) fn podman<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    with(settings(), arguments)
}

fn with<I: AsRef<OsStr>>(directory: &Path, arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new("podman");
    command
        .args(["--storage-driver", "overlay", "--log-level", "error"])
        .arg("--root")
        .arg(directory.join("store"))
        .arg("--runroot")
        .arg(directory.join("run"))
        .arg("--tmpdir")
        .arg(directory.join("run/tmp"))
        .env("CONTAINERS_CONF", directory.join("containers.conf"))
        .stdin(Stdio::null())
        .args(arguments);
    command
}

/// Where the store is, once Podman is there, and a runtime that works here.
fn settings() -> &'static PathBuf {
    static SETTINGS: OnceLock<PathBuf> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let lock = File::create(scratch().join("containers.lock")).expect("a lock file");
        lock.lock().expect("the lock of the containers");
        if on_path("podman").is_empty() && is_root() {
            install();
        }
        let directory = scratch().join("containers");
        fs::create_dir_all(directory.join("run/tmp")).expect("a directory for containers");
        let mut complaints = String::new();
        for runtime in ["crun", "runc"] {
            match try_runtime(&directory, runtime) {
                Ok(()) => return directory,
                Err(complaint) => complaints.push_str(&complaint),
            }
        }
        panic!(
            "no container runs here: have Podman with crun or runc (`apt-get install podman runc`) and the rights to run \
             containers, or set {CHOICE}=no\n{complaints}"
        )
    })
}

fn install() {
    let apt = |arguments: &[&str]| {
        must_run(
            Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update", "-q"]);
    let packages = ["podman", "crun", "runc"];
    apt(&[
        &["install", "-qy", "--no-install-recommends"],
        &packages[..],
    ]
    .concat());
}

/// crun wants the second version of control groups alone, runc takes both.
fn try_runtime(directory: &Path, runtime: &str) -> Result<(), String> {
    // Podman's own limits may be higher than those that may be set here.
    let text = format!(
        "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\
         [engine]\nruntime = \"{runtime}\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n"
    );
    fs::write(directory.join("containers.conf"), text).expect("the settings of Podman");
    base_images::python(|arguments| with(directory, arguments));
    let mut command = with(directory, ["run", "--rm", "--network=none"]);
    let output = command
        .args([base_images::PYTHON, "true"])
        .output()
        .map_err(|error| format!("podman: {error}\n"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{runtime}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// What a deployment's file says of a container, to be run without its engine.
#[derive(Clone, Default)]
pub(crate) struct Container {
    pub(crate) image: String,
    /// In place of the image's own.
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    /// Everything else, as Podman's options.
    pub(crate) options: Vec<String>,
}

impl Container {
    pub(crate) fn of(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn options<T: Into<String>>(mut self, options: impl IntoIterator<Item = T>) -> Self {
        self.options.extend(options.into_iter().map(Into::into));
        self
    }

    pub(crate) fn command<T: Into<String>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.command = words.into_iter().map(Into::into).collect();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `podman run` of it, with what else is to be said.
    fn run(&self, more: &[&str]) -> Command {
        if self.image == base_images::POSTGRES {
            base_images::postgres(|arguments| podman(arguments));
        }
        let mut command = podman(["run", "--no-healthcheck"]);
        command.args(more).args(&self.options);
        for (name, value) in &self.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        let mut words = self.command.clone();
        if let Some(entrypoint) = &self.entrypoint {
            let (program, arguments) = entrypoint.split_first().expect("an entrypoint");
            command.arg("--entrypoint").arg(program);
            words.splice(0..0, arguments.iter().cloned());
        }
        command.arg(&self.image).args(words);
        command
    }

    /// Runs it to its end: its exit code, and what it wrote to both outputs.
    pub(crate) fn ends(&self) -> (Option<i32>, String) {
        let output = self.run(&["--rm"]).output().expect("podman");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.code(), said)
    }

    /// Starts it, and leaves it running.
    pub(crate) fn start(&self) -> Started {
        let id = must_run(&mut self.run(&["--detach"])).trim().to_owned();
        Started { id }
    }
}

/// A container that was started; removed when dropped.
pub(crate) struct Started {
    id: String,
}

impl Started {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Waits until its log has a line with these words.
    ///
    /// Panics with the log where it ends before, or the words do not come.
    pub(crate) fn says(&self, words: &str) {
        let mut log = Running::start(podman(["logs", "--follow", &self.id]));
        log.wait_for(std::time::Duration::from_mins(1), |line| {
            line.contains(words).then_some(())
        });
    }

    pub(crate) fn is_running(&self) -> bool {
        let state = must_run(&mut podman([
            "inspect",
            "--format",
            "{{.State.Running}}",
            &self.id,
        ]));
        state.trim() == "true"
    }

    pub(crate) fn log(&self) -> String {
        let output = podman(["logs", &self.id]).output().expect("podman");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        said
    }

    /// Runs a command in it: its exit code and output.
    pub(crate) fn runs<I: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = I>,
    ) -> (Option<i32>, String) {
        let output = podman(["exec", &self.id])
            .args(words)
            .output()
            .expect("podman");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.code(), said)
    }

    /// What Python prints in it.
    ///
    /// Panics where it fails.
    pub(crate) fn python(&self, script: &str) -> String {
        must_run(podman(["exec", &self.id]).args(["python", "-c", script]))
    }

    /// A page of what it serves.
    pub(crate) fn page(&self, path: &str) -> String {
        let script = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:8000PATH', timeout=60).read().decode(), end='')";
        self.python(&script.replace("PATH", path))
    }

    /// The path of its first process below `/proc`.
    pub(crate) fn first_process(&self) -> PathBuf {
        let id = must_run(&mut podman([
            "inspect",
            "--format",
            "{{.State.Pid}}",
            &self.id,
        ]));
        Path::new("/proc").join(id.trim())
    }

    /// Stops it as an engine does, which waits so long before it kills; the exit code.
    pub(crate) fn stop(&self, seconds: &str) -> i32 {
        must_run(&mut podman(["stop", "--time", seconds, &self.id]));
        let code = must_run(&mut podman([
            "inspect",
            "--format",
            "{{.State.ExitCode}}",
            &self.id,
        ]));
        code.trim().parse().expect("an exit code")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(podman(["rm", "--force", "--volumes", "--time", "2", &self.id]).output());
    }
}
