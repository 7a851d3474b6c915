//! `nuages exec --supervise`: as process 1 of its own namespace and as any other, nothing that is sent is lost, nothing
//! that ends stays, and what is told to end does.

mod terminal;

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};
use rustix_libc_wrappers::process::SignalExt as _;

use crate::redact::AtTerminal;
use crate::support::memory::copies;
use crate::support::process::{Running, send};
use crate::support::project::{Project, Run};

const PATIENCE: Duration = Duration::from_mins(1);
const CHILD: &str = include_str!("supervise/child.py");
const CANARY: &str = "gu1neaP1gSup3rv1se";

fn project() -> Project {
    Project::new("[env]\nKEY = \"${file://secret}\"\n[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nPASSWORD = \"${file://secret}\"\n")
        .file("secret", CANARY)
        .file("child.py", CHILD)
}

fn supervise(project: &Project, options: &[&str], child: &[&str]) -> Run {
    let fixed = ["exec", "--supervise"];
    project.nuages([&fixed, options, &["--", "python3", "child.py"], child].concat())
}

/// The same as process 1 of a namespace of its own.
fn as_first(project: &Project, options: &[&str], child: &[&str]) -> Run {
    let root = rustix::process::geteuid().is_root();
    let namespace: &[&str] = if root { &["-pf"] } else { &["-Urpf"] };
    let nuages = [
        "--mount-proc",
        env!("CARGO_BIN_EXE_nuages"),
        "exec",
        "--supervise",
    ];
    let child = [&["--", "python3", "child.py"], child].concat();
    let arguments = [namespace, &nuages, options, &child].concat();
    project.program("unshare".as_ref(), arguments)
}

/// The one child of a process: what `unshare` has started.
fn child_of(id: u32) -> u32 {
    let path = format!("/proc/{id}/task/{id}/children");
    let children = std::fs::read_to_string(path).expect("a list of children");
    children.trim().parse().expect("one child")
}

fn is_there(id: i32) -> bool {
    Pid::from_raw(id).is_some_and(|pid| test_kill_process(pid).is_ok())
}

fn wait_until_gone(id: i32) {
    let start = Instant::now();
    while is_there(id) {
        assert!(start.elapsed() < PATIENCE, "process {id} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn number_after(running: &mut Running, word: &str) -> i32 {
    running.wait_for(PATIENCE, |line| {
        line.strip_prefix(word)?.trim().parse().ok()
    })
}

#[test]
fn no_zombie_stays_and_the_exit_code_is_the_commands() {
    let project = project();
    for is_first in [true, false] {
        let run = if is_first {
            as_first(&project, &[], &["orphans"])
        } else {
            supervise(&project, &[], &["orphans"])
        };
        let outcome = run.output().code(42);
        let said = outcome.stdout();
        let parent = said
            .trim_end()
            .rsplit_once("zombies 0, child of ")
            .unwrap_or_else(|| panic!("{said}"))
            .1;
        assert_eq!(parent == "1", is_first, "{said}");
        let adopted = format!("adopted by {parent}\n");
        assert_eq!(said.matches(&adopted).count(), 3, "{said}");
        assert_eq!(outcome.stderr(), "");
    }
}

#[test]
fn the_end_of_the_command_is_the_runs() {
    let project = project();
    let sh = |script: &str| {
        let arguments = ["exec", "--supervise", "--", "sh", "-c", script];
        project.nuages(arguments).output()
    };
    for code in [0, 1, 42, 126, 255] {
        sh(&format!("exit {code}")).code(code);
    }
    for signal in [1, 2, 9, 11, 15] {
        sh(&format!("kill -{signal} $$")).code(128 + signal);
    }
    let missing = project
        .nuages(["exec", "--supervise", "--", "no-such-program"])
        .output()
        .code(127);
    assert!(
        missing.stderr().contains("cannot run `no-such-program`"),
        "{}",
        missing.stderr()
    );
    project
        .nuages(["exec", "--supervise", "--", "/"])
        .output()
        .code(126);
    project
        .nuages(["exec", "--kill-after", "1", "--", "true"])
        .output()
        .code(2);
}

#[test]
fn every_signal_is_handed_on_once() {
    let project = project();
    let mut signals = vec![
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
        ("WINCH", Signal::WINCH),
        ("TTIN", Signal::TTIN),
        ("TTOU", Signal::TTOU),
        ("TSTP", Signal::TSTP),
        ("CONT", Signal::CONT),
        ("ALRM", Signal::ALARM),
        ("URG", Signal::URG),
        ("IO", Signal::IO),
        ("TERM", Signal::TERM),
    ];
    for (name, number) in [("RT0", 0), ("RT1", 1), ("RT15", 15), ("RT30", 30)] {
        signals.push((name, Signal::rt(number).expect("a real-time signal")));
    }
    let names: Vec<&str> = signals.iter().map(|(name, _)| *name).collect();
    let arguments = [&["hear"], names.as_slice()].concat();
    for is_first in [false, true] {
        let mut running = if is_first {
            as_first(&project, &[], &arguments).start()
        } else {
            supervise(&project, &[], &arguments).start()
        };
        running.wait_for(PATIENCE, |line| line.starts_with("ready").then_some(()));
        let nuages = if is_first {
            child_of(running.id())
        } else {
            running.id()
        };
        for (name, signal) in &signals {
            let start = Instant::now();
            send(nuages, *signal);
            let name = if name.starts_with("RT") {
                (*name).to_owned()
            } else {
                format!("SIG{name}")
            };
            running.wait_for(PATIENCE, |line| {
                (line == format!("heard {name} 1")).then_some(())
            });
            if *signal == Signal::TERM {
                println!(
                    "TERM was sent, heard and answered in {:?} (first process: {is_first})",
                    start.elapsed()
                );
            }
        }
        send(nuages, Signal::KILL);
        let (_, said) = running.finish(PATIENCE);
        let is_again = |line: &str| line.starts_with("heard") && line.ends_with(" 2");
        assert!(!said.lines().any(is_again), "{said}");
    }
}

/// What a shell, `timeout` or a runner sends to our whole process group reaches the command once.
#[test]
fn a_signal_to_the_whole_group_is_heard_once() {
    use std::os::unix::process::CommandExt as _;
    let project = project();
    let mut command = supervise(&project, &[], &["hear", "TERM", "USR1"]).into_command();
    command.process_group(0);
    let mut running = Running::start(command);
    running.wait_for(PATIENCE, |line| line.starts_with("ready").then_some(()));
    let group = i32::try_from(running.id()).ok().and_then(Pid::from_raw);
    kill_process_group(group.expect("a group"), Signal::TERM).expect("a signal");
    running.wait_for(PATIENCE, |line| (line == "heard SIGTERM 1").then_some(()));
    running.send(Signal::USR1);
    running.wait_for(PATIENCE, |line| (line == "heard SIGUSR1 1").then_some(()));
    assert!(!running.said().contains("heard SIGTERM 2"));
    running.send(Signal::KILL);
}

#[test]
fn a_command_that_ignores_term_is_killed_with_all_it_started() {
    let project = project();
    for is_first in [false, true] {
        let options = ["--kill-after", "0.5"];
        let mut running = if is_first {
            as_first(&project, &options, &["ignore"]).start()
        } else {
            supervise(&project, &options, &["ignore"]).start()
        };
        let grandchild = number_after(&mut running, "ready");
        let nuages = if is_first {
            child_of(running.id())
        } else {
            running.id()
        };
        let start = Instant::now();
        send(nuages, Signal::TERM);
        let (status, said) = running.finish(PATIENCE);
        assert_eq!(status.code(), Some(137), "{said}");
        assert!(
            start.elapsed() >= Duration::from_millis(500),
            "it had its time"
        );
        if !is_first {
            wait_until_gone(grandchild);
        }
    }
}

#[test]
fn a_second_term_kills_but_an_echo_of_the_first_does_not() {
    let project = project();
    let mut running = supervise(&project, &[], &["ignore"]).start();
    let grandchild = number_after(&mut running, "ready");
    for signal in [Signal::INT, Signal::INT, Signal::TERM, Signal::TERM] {
        running.send(signal);
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(1100));
    assert!(
        is_there(grandchild) && is_there(i32::try_from(running.id()).expect("a number")),
        "nobody has told it twice"
    );
    running.send(Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(137), "{said}");
    wait_until_gone(grandchild);
}

#[test]
fn ten_thousand_orphans_and_a_thousand_signals() {
    let project = project();
    let start = Instant::now();
    let mut running = as_first(&project, &[], &["stress", "4", "2500"]).start();
    running.wait_for(PATIENCE, |line| (line == "ready").then_some(()));
    let nuages = child_of(running.id());
    for count in 1..=1000 {
        send(nuages, Signal::USR1);
        running.wait_for(PATIENCE, |line| {
            (line == format!("ack {count}")).then_some(())
        });
    }
    println!("1000 signals answered after {:?}", start.elapsed());
    // Said before or after the last answer.
    let end = "made [0, 0, 0, 0] zombies 0";
    if !running.said().contains(end) {
        running.wait_for(PATIENCE, |line| (line == end).then_some(()));
    }
    println!("10000 orphans waited for after {:?}", start.elapsed());
    send(nuages, Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(143), "{said}");
}

/// As without a parent: what a command leaves running on purpose runs on.
#[test]
fn what_outlives_the_command_is_left_alone() {
    let project = project();
    let start = Instant::now();
    let mut running = supervise(&project, &[], &["leave"]).start();
    running.wait_for(PATIENCE, |line| (line == "left").then_some(()));
    let (status, _) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_mins(1), "nobody waits");
    let mark = project.root().to_str().expect("a path").to_owned();
    let left = std::fs::read_dir("/proc")
        .expect("processes")
        .flatten()
        .find_map(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let is_ours = environment
                .windows(mark.len())
                .any(|part| part == mark.as_bytes());
            is_ours.then(|| entry.file_name().to_str()?.parse::<u32>().ok())?
        });
    send(left.expect("the process that was left"), Signal::KILL);
}

/// A parent may have blocked signals; neither we nor the command are to be deaf for it.
#[test]
fn a_mask_of_the_parents_is_lifted() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let script = format!(
        "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64)); os.execv({nuages:?}, \
         [{nuages:?}, 'exec', '--supervise', '--', 'sh', '-c', 'grep SigBlk /proc/self/status; kill -USR1 $PPID; exec sleep 60'])"
    );
    let outcome = project
        .program("python3".as_ref(), ["-c", &script])
        .output()
        .code(128 + 10);
    assert_eq!(outcome.stdout(), "SigBlk:\t0000000000000000\n");
}

/// A container that is stopped before its command runs: process 1 gets no signal that it does not catch.
#[test]
fn the_first_process_ends_while_it_resolves() {
    let project = Project::new(
        "[providers.slow]\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"touch asked; exec sleep 25\"]\n[env]\nA = \"${slow://x}\"\n",
    );
    let start = Instant::now();
    let running = as_first(&project, &[], &["orphans"]).start();
    while !project.path("asked").exists() {
        assert!(start.elapsed() < PATIENCE, "nothing was asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = Instant::now();
    send(child_of(running.id()), Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(143), "{said}");
    assert!(told.elapsed() < Duration::from_secs(20), "{said}");
}

/// With masking: what is written is masked, and all else is as above.
#[test]
fn masked_and_supervised() {
    let project = project();
    let script = "echo \"out $KEY\"; echo \"err $KEY\" >&2; exit 7";
    let arguments = [
        "exec",
        "--supervise",
        "--redact",
        "--kill-after",
        "0.3",
        "--",
        "sh",
        "-c",
    ];
    let outcome = project.nuages(arguments).arg(script).output().code(7);
    assert!(
        outcome.stdout().starts_with("out ********\n"),
        "{}",
        outcome.stdout()
    );
    assert_eq!(outcome.stderr(), "err ********\n");
    let stubborn = "trap '' TERM; kill -TERM $PPID; echo \"on $KEY\"; while :; do sleep 0.05; done";
    let outcome = project.nuages(arguments).arg(stubborn).output().code(137);
    assert_eq!(outcome.stdout(), "on ********\n");
    // At a terminal it has one of its own.
    let run = AtTerminal::with(
        project
            .nuages(arguments)
            .arg("test -t 0 && test -t 1 && echo \"all $KEY\"; exit 3"),
    );
    assert_eq!(run.finish(), (Some(3), "all ********\r\n".to_owned()));
}

/// What the supervisor itself still holds of a value once the command has it.
#[test]
fn no_copy_of_a_value_stays_with_the_supervisor() {
    let project = project();
    let mut running = supervise(&project, &[], &["hear", "TERM"]).start();
    running.wait_for(PATIENCE, |line| line.starts_with("ready").then_some(()));
    let found = copies(running.id(), &[CANARY]);
    running.send(Signal::KILL);
    if let Some((copies, bytes)) = found {
        println!("{copies:?} copies of a value in {bytes} bytes");
        assert_eq!(copies, [0]);
    }
}
