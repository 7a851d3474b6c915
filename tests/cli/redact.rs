//! `nuages redact` and `nuages exec --redact`: no value gets through, everything else does, and the command meets what it
//! would have met without a parent: terminal, signals, exit codes.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::shot::shot;
use crate::support::process::wait_within;
use crate::support::project::{Outcome, Project, Run};

const SECRET: &str = "hunter2 s\u{e9}cret/\"x\"";
const PATIENCE: Duration = Duration::from_secs(30);

fn project() -> Project {
    Project::new(
        "[env]\nKEY = \"${file://secret}\"\nURL = \"rediss://:${file://secret | urlencode}@cache:6380/0\"\n",
    )
    .file("secret", SECRET)
}

fn sh(project: &Project, script: &str) -> Outcome {
    let arguments = ["exec", "--redact", "--", "sh", "-c", script];
    project.nuages(arguments).output()
}

#[test]
fn a_filter_masks_every_form_and_nothing_else() {
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(SECRET).expect("a string");
    let input = [
        b"\xff\x00 plain \r\n".as_slice(),
        SECRET.as_bytes(),
        b"|",
        hex.as_bytes(),
        b"|",
        json.as_bytes(),
        b"|hunter2%20s%C3%A9cret%2F%22x%22|hunter2+s%C3%A9cret%2F%22x%22|end without a line break",
    ]
    .concat();
    let outcome = project().nuages(["redact"]).stdin(input).output().code(0);
    let expected =
        b"\xff\x00 plain \r\n********|********|\"********\"|********|********|end without a line break";
    assert_eq!(
        String::from_utf8_lossy(&outcome.stdout),
        String::from_utf8_lossy(expected)
    );
    assert_eq!(outcome.stderr(), "");
}

/// The reader sees each line when it is written, not when the input ends.
#[test]
fn a_filter_passes_on_what_comes_as_it_comes() {
    let project = project();
    let mut command = project.nuages(["redact"]).into_command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a child");
    let (mut input, mut output) = (
        child.stdin.take().expect("a pipe"),
        child.stdout.take().expect("a pipe"),
    );
    for (write, read) in [
        ("prompt> ", "prompt> "),
        ("hunter2 s", ""),
        ("\u{e9}cret/\"x\"\n", "********\n"),
    ] {
        input.write_all(write.as_bytes()).expect("a write");
        let mut seen = vec![0; read.len()];
        output.read_exact(&mut seen).expect("what was written");
        assert_eq!(String::from_utf8_lossy(&seen), read);
    }
    drop(input);
    assert!(wait_within(&mut child, PATIENCE).expect("an end").success());
}

#[test]
fn a_filter_ends_quietly_with_its_reader() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let script = format!("yes filler | {nuages} redact | head -n 1");
    let outcome = project
        .program("sh".as_ref(), ["-c", &script])
        .output()
        .code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), ("filler\n", ""));
}

#[test]
fn a_filter_masks_parts_of_a_structured_secret_and_files() {
    let json = r#"{"username": "shop_app", "password": "correct-horse", "engine": "postgres", "port": 5432, "host": "db.internal"}"#;
    let project = Project::new(concat!(
        "[env]\nA = \"${file://json}\"\nB = \"${file://word}\"\nPORT = \"${file://port}\"\nPIN = \"${file://pin}\"\n",
        "[files.\"key.pem\"]\ncontent = \"${file://pem}\"\n",
    ))
    .file("json", json)
    .file("word", "postgres\n")
    .file("port", "5432")
    .file("pin", "abc")
    .file("pem", "-----BEGIN KEY-----\nMIIBVQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n");
    let input = "postgres://shop_app:correct-horse@db.internal:5432 abc\nMIIBVQIBADANBgkq\n";
    let outcome = project.nuages(["redact"]).stdin(input).output().code(0);
    assert_eq!(
        outcome.stdout(),
        "postgres://shop_app:********@db.internal:5432 abc\n********\n"
    );
    shot("redact_short", &project, &outcome);
    let only = project
        .nuages(["--only", "PORT", "redact"])
        .stdin(input)
        .output()
        .code(0);
    assert_eq!((only.stdout(), only.stderr()), (input, ""));
}

#[test]
fn nothing_is_read_or_run_where_a_value_is_missing() {
    let project = Project::new("[env]\nKEY = \"${file://missing}\"\n");
    let outcome = project.nuages(["redact"]).stdin("input").output().code(4);
    assert_eq!(outcome.stdout(), "");
    let outcome = sh(&project, "echo started").code(4);
    assert_eq!(outcome.stdout(), "");
}

#[test]
fn both_streams_are_masked_and_kept_apart() {
    let outcome = sh(
        &project(),
        "echo \"out $KEY $URL\"; echo \"err $KEY\" >&2; printf %s \"$KEY\" | base64",
    )
    .code(0);
    assert_eq!(outcome.stdout(), "out ******** ********\n********\n");
    assert_eq!(outcome.stderr(), "err ********\n");
}

/// Written a byte at a time, with pauses that would show what is held if anything did.
#[test]
fn a_value_in_pieces_is_masked() {
    let script = "printf 'x hunt'; sleep 0.3; printf 'er2 s\\303'; sleep 0.3; printf '\\251cret/\"x\"\\n'; printf 'hunter2'";
    let outcome = sh(&project(), script).code(0);
    assert_eq!(outcome.stdout(), "x ********\nhunter2");
}

#[test]
fn the_end_of_the_command_is_the_runs() {
    let project = project();
    for code in [0, 1, 2, 4, 37, 126, 255] {
        assert_eq!(
            sh(&project, &format!("exit {code}")).status.code(),
            Some(code)
        );
    }
    for signal in [2, 9, 15] {
        assert_eq!(
            sh(&project, &format!("kill -{signal} $$")).status.code(),
            Some(128 + signal)
        );
    }
    let missing = project
        .nuages(["exec", "--redact", "--", "no-such-program"])
        .output()
        .code(127);
    assert!(
        missing.stderr().contains("cannot run `no-such-program`"),
        "{}",
        missing.stderr()
    );
    project
        .nuages(["exec", "--redact", "--", "/"])
        .output()
        .code(126);
}

#[test]
fn signals_are_handed_on() {
    let project = project();
    let script =
        "for s in TERM INT HUP QUIT USR1 USR2 WINCH TTIN TTOU; do trap \"echo heard $s\" $s; done
        trap 'echo heard CONT; exit 5' CONT; echo ready; while :; do sleep 0.05; done";
    let mut running = project
        .nuages(["exec", "--redact", "--", "sh", "-c", script])
        .start();
    running.wait_for(PATIENCE, |line| (line == "ready").then_some(()));
    for (name, signal) in [
        ("TERM", Signal::TERM),
        ("INT", Signal::INT),
        ("HUP", Signal::HUP),
        ("QUIT", Signal::QUIT),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
        ("WINCH", Signal::WINCH),
        ("TTIN", Signal::TTIN),
        ("TTOU", Signal::TTOU),
        ("CONT", Signal::CONT),
    ] {
        running.send(signal);
        running.wait_for(PATIENCE, |line| {
            (line == format!("heard {name}")).then_some(())
        });
    }
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(5), "{said}");
}

/// What was ignored before, as under `nohup`, stays ignored.
#[test]
fn an_ignored_signal_stays_ignored() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let script = format!(
        "trap '' HUP; exec {nuages} exec --redact -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo alive'"
    );
    let outcome = project
        .program("sh".as_ref(), ["-c", &script])
        .output()
        .code(0);
    assert_eq!(outcome.stdout(), "alive\n");
}

#[test]
fn a_process_that_outlives_the_command_is_not_waited_for() {
    let start = Instant::now();
    let outcome = sh(&project(), "(sleep 60; echo late) & (while :; do echo noise; sleep 0.01; done) & echo \"early $KEY\"; sleep 0.1; kill $!").code(0);
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    assert!(
        outcome.stdout().contains("early ********\n"),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn a_stream_that_is_closed_early_ends_nothing_else() {
    let outcome = sh(
        &project(),
        "exec >&-; sleep 0.2; echo \"still $KEY\" >&2; exit 3",
    )
    .code(3);
    assert_eq!(
        (outcome.stdout(), outcome.stderr()),
        ("", "still ********\n")
    );
}

/// A command whose reader has gone away is told so, as if it wrote there itself.
#[test]
fn a_closed_reader_reaches_the_command() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let script = format!("{nuages} exec --redact -- sh -c 'yes; echo ended $? >&2' | head -n 1");
    let outcome = project
        .program("sh".as_ref(), ["-c", &script])
        .output()
        .code(0);
    assert_eq!((outcome.stdout(), outcome.stderr()), ("y\n", "ended 141\n"));
}

#[test]
fn input_and_much_output_arrive_whole() {
    let input: Vec<u8> = (0..400_000_u32).flat_map(u32::to_le_bytes).collect();
    let outcome = project()
        .nuages(["exec", "--redact", "--", "cat"])
        .stdin(input.clone())
        .output()
        .code(0);
    assert!(outcome.stdout == input, "the stream has changed on its way");
}

/// A run at a terminal: what a person would see, and type.
pub(crate) struct AtTerminal {
    child: Child,
    terminal: pty_process::blocking::Pty,
    end: File,
    seen: String,
}

impl AtTerminal {
    fn start(project: &Project, script: &str) -> Self {
        let arguments = ["-q", "exec", "--redact", "--", "sh", "-c", script];
        Self::with(project.nuages(arguments))
    }

    pub(crate) fn with(run: Run) -> Self {
        let command = run.into_command();
        let (terminal, end) = pty_process::blocking::open().expect("a terminal");
        terminal
            .resize(pty_process::Size::new(33, 99))
            .expect("a size");
        // Kept open here, so that its settings can be looked at after the run.
        let kept = end
            .as_fd()
            .try_clone_to_owned()
            .expect("a descriptor")
            .into();
        let child = pty_process::blocking::Command::from(command)
            .spawn(end)
            .expect("a child");
        Self {
            child,
            terminal,
            end: kept,
            seen: String::new(),
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).expect("a key");
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.seen.contains(text) {
            assert!(start.elapsed() < PATIENCE, "no {text:?} in {:?}", self.seen);
            self.read(100);
        }
    }

    /// Waits for the text, and shows what came until then; the next wait is for what comes after.
    pub(crate) fn next(&mut self, text: &str) -> String {
        self.wait_for(text);
        let end = self.seen.find(text).map_or(0, |at| at + text.len());
        self.seen.drain(..end).collect()
    }

    fn read(&mut self, milliseconds: i64) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: milliseconds * 1_000_000,
        };
        let ready = poll(
            &mut [PollFd::new(&self.terminal, PollFlags::IN)],
            Some(&timeout),
        );
        if ready == Ok(1) {
            let mut buffer = [0; 4096];
            let count = self.terminal.read(&mut buffer).expect("what is shown");
            self.seen
                .push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    /// The exit code, and all that was seen.
    pub(crate) fn finish(mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "no end; seen {:?}", self.seen);
            self.read(50);
        };
        self.read(100);
        (status.code(), std::mem::take(&mut self.seen))
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_command_keeps_a_terminal_of_the_same_size() {
    let script = "test -t 0 && test -t 1 && test -t 2 && echo \"all $KEY\"; stty size; exit 3";
    let project = project();
    let run = AtTerminal::start(&project, script);
    let (code, seen) = run.finish();
    assert_eq!(
        (code, seen.as_str()),
        (Some(3), "all ********\r\n33 99\r\n")
    );
}

#[test]
fn a_new_size_and_keys_reach_the_command() {
    let script = "trap 'stty size' WINCH; trap 'echo heard; exit 9' INT; printf 'name? '; read name; echo \"[$name]\"
        while :; do sleep 0.05; done";
    let project = project();
    let mut run = AtTerminal::start(&project, script);
    run.wait_for("name? ");
    run.type_in("some one\r");
    run.wait_for("[some one]\r\n");
    let size = Winsize {
        ws_row: 44,
        ws_col: 55,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&run.terminal, size).expect("a size");
    run.wait_for("44 55\r\n");
    run.type_in("\x03");
    let (code, seen) = run.finish();
    assert_eq!(code, Some(9), "{seen:?}");
    assert_eq!(seen.matches("heard").count(), 1, "{seen:?}");
}

#[test]
fn the_terminal_is_as_before_after_any_end() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let ends = [
        ("exit 0", 0),
        ("kill -9 $$", 137),
        ("stty -echo raw; exit 1", 1),
        ("kill -TERM $PPID; sleep 30", 143),
    ];
    for (script, code) in ends {
        project.write("inner", format!("echo ready; read line; {script}\n"));
        let outer =
            format!("{nuages} -q exec --redact -- sh inner; echo \"code $?\"; stty -a; read line");
        let mut run = AtTerminal::with(project.program("sh".as_ref(), ["-c", &outer]));
        run.wait_for("ready\r\n");
        let raw = tcgetattr(&run.end).expect("settings").local_modes;
        assert!(
            !raw.intersects(LocalModes::ICANON | LocalModes::ECHO),
            "ours is raw meanwhile"
        );
        run.type_in("\r");
        run.wait_for(&format!("code {code}\r\n"));
        run.wait_for(" icanon");
        let after = tcgetattr(&run.end).expect("settings").local_modes;
        assert!(
            after.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG),
            "{script}"
        );
        run.type_in("\r");
        assert_eq!(run.finish().0, Some(0), "{script}");
    }
}

/// Where standard error goes elsewhere, the two are still kept apart; and input that is no terminal is left alone.
#[test]
fn a_terminal_for_one_stream_alone() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let inner = "test -t 1 && ! test -t 0 && ! test -t 2 && cat && echo \\\"err \\$KEY\\\" >&2";
    let outer = format!(
        "printf 'in\\n' | {nuages} -q exec --redact -- sh -c \"{inner}\" 2> err; echo \"code $?\""
    );
    let run = AtTerminal::with(project.program("sh".as_ref(), ["-c", &outer]));
    let (_, seen) = run.finish();
    assert_eq!(seen, "in\r\ncode 0\r\n");
    assert_eq!(project.read("err"), "err ********\n");
}

/// A terminal ends lines with CR and LF; a value with several is masked all the same, and what is typed is seen at once.
#[test]
fn a_terminal_hides_values_with_several_lines() {
    let project =
        Project::new("[env]\nKEY = \"${file://secret}\"\n").file("secret", "ab\ncd\nef\ngh");
    let mut run = AtTerminal::start(&project, "printf '%s|\\n' \"$KEY\"; read a; echo end");
    run.wait_for("********|\r\n");
    // What is typed here begins the value: the first key is shown, the second is not.
    run.type_in("ab");
    std::thread::sleep(Duration::from_millis(400));
    run.type_in("x\r");
    let (code, seen) = run.finish();
    assert_eq!(code, Some(0));
    assert!(seen.contains("abx\r\nend\r\n"), "{seen:?}");
}
