//! A project to run `nuages` in: a temporary directory with a manifest and files, and runs whose environment holds
//! nothing but what the test says.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use tempfile::TempDir;

use super::process::Running;

/// A temporary directory laid out as a project; removed when dropped.
pub(crate) struct Project {
    directory: TempDir,
    /// Where `[files]` go unless a test says where: removed with the project.
    memory: Option<TempDir>,
}

impl Project {
    /// A project whose `nuages.toml` is `manifest`.
    pub(crate) fn new(manifest: &str) -> Self {
        Self::empty().file("nuages.toml", manifest)
    }

    /// A project without a manifest.
    pub(crate) fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            memory: memory(),
        }
    }

    /// Adds or replaces a file, private to its owner; directories on the way are made.
    pub(crate) fn file(self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// As [`Self::file`], on a project already in use.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent directory"))
            .expect("directories of a project");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        file.write_all(content.as_ref())
            .expect("the content of a file");
    }

    /// Copies a directory's content into the project.
    pub(crate) fn tree(self, from: &Path) -> Self {
        super::copy_tree(from, self.root());
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// The full path of a file in the project.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// A file's content as text.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.path(path);
        fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    /// A file's permission bits: `0o600`.
    pub(crate) fn mode(&self, path: impl AsRef<Path>) -> u32 {
        fs::metadata(self.path(path))
            .expect("a file's metadata")
            .permissions()
            .mode()
            & 0o7777
    }

    /// A run of `nuages` in the project's directory with these arguments, still to be started.
    pub(crate) fn nuages<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Run {
        self.program(env!("CARGO_BIN_EXE_nuages").as_ref(), arguments)
    }

    /// The same for any other program.
    pub(crate) fn program<I: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = I>,
    ) -> Run {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root())
            .env("LANG", "C.UTF-8");
        if let Some(memory) = &self.memory {
            command.env("XDG_RUNTIME_DIR", memory.path());
        }
        Run {
            command,
            stdin: Vec::new(),
        }
    }
}

/// A private directory where Linux has one in memory.
fn memory() -> Option<TempDir> {
    let private = fs::Permissions::from_mode(0o700);
    let mut builder = tempfile::Builder::new();
    let directory = builder.permissions(private).tempdir_in("/dev/shm");
    directory.ok()
}

/// One run, described and then started once.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

impl Run {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a directory in front of `PATH`.
    pub(crate) fn path(self, directory: &Path) -> Self {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let directories = std::iter::once(directory.to_owned()).chain(std::env::split_paths(&rest));
        let path = std::env::join_paths(directories).expect("directories without a colon");
        self.env("PATH", path)
    }

    /// What the run reads on its standard input; nothing unless said.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The command itself, for a test that starts it in its own way.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(self) -> Running {
        Running::start(self.command)
    }

    /// Runs it to its end.
    pub(crate) fn output(self) -> Outcome {
        let Self { mut command, stdin } = self;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let mut pipe = child.stdin.take().expect("a pipe");
        // On a thread of its own, or a long input and a long output would wait for each other. A program need not read
        // its input to the end, so a closed pipe is no fault.
        let feeder = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
        let output = child.wait_with_output().expect("the output of a child");
        feeder.join().expect("the thread that feeds the input");
        Outcome {
            status: output.status,
            stdout: output.stdout,
            stderr: output.stderr,
        }
    }
}

/// How a run ended and what it said.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    /// Standard output as text; bytes that are no UTF-8 fail the test.
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8 on standard output")
    }

    /// Standard error as text; bytes that are no UTF-8 fail the test.
    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("UTF-8 on standard error")
    }

    /// Insists on an exit code, showing both outputs when it is another.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "ended with {}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            String::from_utf8_lossy(&self.stdout),
            String::from_utf8_lossy(&self.stderr),
        );
        self
    }

    /// Insists that neither output holds any of the `secrets`.
    #[track_caller]
    pub(crate) fn silent_about(self, secrets: &[&str]) -> Self {
        for secret in secrets {
            for output in [&self.stdout, &self.stderr] {
                let shown = output
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!shown, "an output holds a secret");
            }
        }
        self
    }
}
