//! While it holds secrets, the process leaves no core file and lets no other process of its user look inside; and no
//! value is ever an argument of a process it starts.
//!
//! Root may look into anything, so as root these tests step down to an unprivileged user first. Each check stands beside
//! the same check of a process that has not hardened itself: where the machine makes that one fail too, the test says so
//! instead of passing for nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::process::{send, wait_within};
use crate::support::project::{Project, Run};

const CANARY: &str = "gu1neaP1gInMem0ry";

/// One secret that is there at once, and one that never comes.
const MANIFEST: &str = r#"[providers.slow]
kind = "command"
argv = ["sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec sleep 60"]

[providers.quick]
kind = "file"

[env]
A = "${quick://secret}"
B = "${env://SECRET}"
C = "${slow://x}"
"#;

/// `nobody`, as which nothing can be read that is not meant to be.
const NOBODY: u32 = 65_534;

/// A project that the unprivileged user owns, with a copy of the program that this user can reach.
struct Cage {
    project: Project,
    program: std::path::PathBuf,
}

impl Cage {
    fn new() -> Self {
        let project = Project::new(MANIFEST).file("secret", CANARY);
        let program = project.path("nuages");
        fs::copy(env!("CARGO_BIN_EXE_nuages"), &program).expect("a copy of the program");
        if rustix::process::geteuid().is_root() {
            for path in [
                project.root().to_owned(),
                project.path("nuages.toml"),
                project.path("secret"),
                program.clone(),
            ] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("a new owner");
            }
        }
        Self { project, program }
    }

    /// A command run as the unprivileged user, with as large a core file as the machine allows.
    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let script = r#"ulimit -Sc "$(ulimit -Hc)"; exec "$0" "$@""#;
        let run = self
            .project
            .program("sh".as_ref(), ["-c", script])
            .arg(program);
        let mut command = arguments
            .iter()
            .fold(run, Run::arg)
            .env("SECRET", CANARY)
            .into_command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// `nuages` in the midst of resolving: both secrets are there or in the environment, the third is awaited.
    fn resolving(&self) -> Resolving {
        let child = self
            .command(&self.program, &["-vvv", "exec", "--", "true"])
            .spawn()
            .expect("a child");
        let end = Instant::now() + Duration::from_secs(30);
        while !self.project.path("pid").exists() {
            assert!(
                Instant::now() < end,
                "the provider's program was never started"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let provider = self
            .project
            .read("pid")
            .trim()
            .parse()
            .expect("a process id");
        fs::remove_file(self.project.path("pid")).expect("the file can be removed");
        Resolving { child, provider }
    }

    /// A process that has the secret in its environment and has not hardened itself.
    fn unhardened(&self) -> Child {
        let child = self
            .command("sleep".as_ref(), &["60"])
            .spawn()
            .expect("a child");
        let end = Instant::now() + Duration::from_secs(30);
        while fs::read_to_string(format!("/proc/{}/comm", child.id())).expect("a name") != "sleep\n"
        {
            assert!(Instant::now() < end, "`sleep` was never started");
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }

    /// Whether another process of the same user can read this file of `/proc`.
    fn can_read(&self, id: u32, file: &str) -> bool {
        let path = format!("/proc/{id}/{file}");
        let mut command = self.command("head".as_ref(), &["-c", "1", &path]);
        command.stdout(Stdio::piped());
        let output = command.output().expect("a reader");
        output.status.success() && !output.stdout.is_empty()
    }

    fn core_files(&self) -> usize {
        let entries = fs::read_dir(self.project.root()).expect("a directory");
        entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("core"))
            .count()
    }
}

struct Resolving {
    child: Child,
    /// The program that `nuages` waits for. It outlives a `nuages` that is killed.
    provider: u32,
}

impl Drop for Resolving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        send(self.provider, Signal::KILL);
    }
}

fn end(child: &mut Child, signal: Signal) -> ExitStatus {
    // Rust's runtime catches the first SIGSEGV and SIGBUS to tell a stack overflow, and lets the next one through.
    let status = (0..20)
        .find_map(|_| {
            send(child.id(), signal);
            wait_within(child, Duration::from_millis(500))
        })
        .expect("an end");
    assert_eq!(status.signal(), Some(signal.as_raw()));
    status
}

/// Holds whatever `core_pattern` says: the kernel tells in the exit status whether it dumped core, into a file or a pipe.
#[test]
fn a_crash_leaves_no_core() {
    let cage = Cage::new();
    let hard = cage
        .project
        .program("sh".as_ref(), ["-c", "ulimit -Hc"])
        .output()
        .code(0);
    let control = end(&mut cage.unhardened(), Signal::SEGV);
    let may_dump = hard.stdout().trim() != "0";
    // With a hard limit of zero nothing here dumps core, and the limit alone is what holds.
    assert!(
        !may_dump || control.core_dumped(),
        "the control was to dump core; core_pattern is at fault"
    );
    let by_control = cage.core_files();
    for signal in [Signal::SEGV, Signal::ABORT, Signal::QUIT, Signal::BUS] {
        let mut resolving = cage.resolving();
        let status = end(&mut resolving.child, signal);
        assert!(
            !status.core_dumped(),
            "{signal:?} made the kernel dump core"
        );
    }
    assert_eq!(cage.core_files(), by_control, "a core file was left");
}

/// Two independent reasons for there being no core, so that one is left where a sandbox takes the other away.
#[test]
fn the_process_is_hardened_twice() {
    let cage = Cage::new();
    let resolving = cage.resolving();
    let limits =
        fs::read_to_string(format!("/proc/{}/limits", resolving.child.id())).expect("limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("a limit");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // The files of a process that is not dumpable belong to root: proc(5), `/proc/pid`.
    let owner = fs::metadata(format!("/proc/{}/environ", resolving.child.id()))
        .expect("metadata")
        .uid();
    assert_eq!(owner, 0, "the process is dumpable");
}

#[test]
fn no_other_process_of_the_user_can_look_inside() {
    let cage = Cage::new();
    let mut control = cage.unhardened();
    let control_can = ["environ", "maps", "auxv"].map(|file| cage.can_read(control.id(), file));
    drop(control.kill());
    drop(control.wait());
    assert_eq!(
        control_can, [true; 3],
        "an unhardened process of the same user can be read"
    );

    let resolving = cage.resolving();
    for file in ["environ", "maps", "auxv", "mem"] {
        assert!(
            !cage.can_read(resolving.child.id(), file),
            "`{file}` can be read"
        );
    }
}

/// While the provider runs, and when the command does: the canary is an argument of no process on the machine.
#[test]
fn no_value_is_an_argument() {
    let cage = Cage::new();
    let of_anyone = || {
        let processes = fs::read_dir("/proc").expect("/proc").flatten();
        let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        lines
            .filter(|line| {
                line.windows(CANARY.len())
                    .any(|window| window == CANARY.as_bytes())
            })
            .count()
    };
    let mut told = Command::new("sh")
        .args(["-c", "read x", CANARY])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a child");
    // The kernel fills in the arguments a moment after the new program has taken the old one's place.
    let is_found = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        of_anyone() > 0
    });
    drop(told.kill());
    drop(told.wait());
    assert!(is_found, "the search finds what is there");

    let resolving = cage.resolving();
    assert_eq!(of_anyone(), 0, "while resolving");
    drop(resolving);

    let project = Project::new("[env]\nA = \"${file://secret}\"\n").file("secret", CANARY);
    let mut running = project
        .nuages(["exec", "--", "sh", "-c", "echo ready; exec sleep 60"])
        .start();
    running.wait_for(Duration::from_secs(20), |line| {
        (line == "ready").then_some(())
    });
    assert_eq!(of_anyone(), 0, "while the command runs");
}
