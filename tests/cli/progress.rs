//! The line that says what is waited for: at a terminal, gone when done, and never in the way. The store is as slow as the
//! test says: it answers once a file is there.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::project::Project;
use crate::support::terminal::{CLEARED, Terminal};

/// Two secrets, each of which is there once a file of its name is.
fn project() -> Project {
    Project::new(
        "[providers.secrets]\nkind = \"command\"\nargv = [\"sh\", \"slow\"]\n\n[env]\nA = \"${secrets://one}\"\nB = \"${secrets://two}\"\n",
    )
    .file("slow", "until [ -e \"go-$1\" ]; do sleep 0.05; done; cat \"go-$1\"\n")
}

fn command(project: &Project, words: &[&str]) -> Command {
    let run = project.nuages(words).env("TERM", "xterm");
    run.into_command()
}

/// Another program in the place of nuages, with what it would have.
fn instead(program: &str, nuages: &Command) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(
        nuages
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    if let Some(directory) = nuages.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

/// Lets the store answer.
fn go(project: &Project, name: &str) {
    // Whole at once: the store looks all the time.
    project.write("ready", format!("value-of-{name}"));
    fs::rename(project.path("ready"), project.path(format!("go-{name}"))).unwrap();
}

/// What was written after the line was cleared for the last time.
fn after(screen: &str) -> &str {
    let (before, after) = screen.rsplit_once(CLEARED).expect("a line that is cleared");
    assert!(before.contains("waiting for"), "{screen:?}");
    assert!(
        !screen.contains("\x1b[?25l"),
        "the cursor stays: {screen:?}"
    );
    after
}

#[test]
fn exec_says_what_it_waits_for_and_leaves_nothing() {
    let project = project();
    let manifest = project
        .read("nuages.toml")
        .replace("[providers.secrets]", "[providers.others]");
    project.write(
        "nuages.toml",
        format!(
            "[providers.secrets]\nkind = \"command\"\nargv = [\"sh\", \"slow\"]\n{}",
            manifest.replace("secrets://two", "others://two")
        ),
    );
    let script = "printf '%s %s\\n' \"$A\" \"$B\"; grep ^Sig /proc/self/status";
    let exec = command(&project, &["exec", "--", "sh", "-c", script]);
    let mut terminal = Terminal::start(exec);
    terminal.until("waiting for secrets (command), others (command): 0 of 2, 0 s");
    go(&project, "one");
    terminal.until("waiting for others (command): 1 of 2");
    go(&project, "two");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen}");
    let left = after(&screen);
    let (values, signals) = left.split_once('\n').unwrap();
    assert_eq!(values, "value-of-one value-of-two\r");

    // The same command without us has the same signals blocked, ignored and caught.
    let mut bare = Command::new("sh");
    bare.args(["-c", script]);
    let (_, screen) = Terminal::start(bare).end();
    assert_eq!(signals, screen.split_once('\n').unwrap().1);
}

#[test]
fn an_interrupt_leaves_a_clean_line() {
    let project = project();
    let mut terminal = Terminal::start(command(&project, &["render", "json"]));
    terminal.until("waiting for secrets (command)");
    terminal.press("\x03");
    let (status, screen) = terminal.end();
    assert_eq!(status.signal(), Some(2), "{screen:?}");
    assert_eq!(after(&screen), "");
}

/// Under a parent, signals belong to the command: what has been drawn before takes none of them away.
#[test]
fn a_command_with_a_parent_gets_its_interrupts() {
    for option in ["--redact", "--supervise"] {
        let project = project();
        let script = "trap 'echo caught; exit 7' INT; echo up; while :; do sleep 0.05; done";
        let words = ["exec", option, "--", "sh", "-c", script];
        let mut terminal = Terminal::start(command(&project, &words));
        terminal.until("waiting for secrets (command)");
        go(&project, "one");
        go(&project, "two");
        terminal.until("up");
        terminal.press("\x03");
        let (status, screen) = terminal.end();
        assert_eq!(status.code(), Some(7), "{option}: {screen:?}");
        assert!(after(&screen).contains("caught"), "{option}: {screen:?}");
    }
}

#[test]
fn an_error_and_what_verbose_says_come_on_lines_of_their_own() {
    let project = project();
    let mut terminal = Terminal::start(command(&project, &["-v", "get", "secrets://one"]));
    terminal.until("waiting for secrets (command): 0 of 1");
    go(&project, "one");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen}");
    assert!(after(&screen).starts_with("nuages: fetched 1 from `secrets` (command)\r\n"));

    project.write(
        "slow",
        "until [ -e \"go-$1\" ]; do sleep 0.05; done; exit 44\n",
    );
    let mut terminal = Terminal::start(command(&project, &["get", "secrets://two"]));
    terminal.until("waiting for secrets (command)");
    go(&project, "two");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(4), "{screen}");
    let plain: String = after(&screen)
        .replace("\x1b[1m\x1b[91m", "")
        .replace("\x1b[0m", "");
    assert!(plain.contains("error"), "{screen:?}");
    assert!(!after(&screen).contains("waiting"), "{screen:?}");
}

/// It takes longer than the line would wait: what is not there then is never there.
#[test]
fn nobody_who_does_not_look_is_shown_anything() {
    let slow = || project().file("slow", "sleep 1; echo value\n");
    let quiet = slow();
    let (status, screen) = Terminal::start(command(&quiet, &["-q", "get", "secrets://one"])).end();
    assert!(status.success() && screen.is_empty(), "-q: {screen:?}");
    for term in [Some("dumb"), None] {
        let project = slow();
        let mut run = project
            .nuages(["get", "--reveal", "secrets://one"])
            .into_command();
        if let Some(term) = term {
            run.env("TERM", term);
        }
        let (status, screen) = Terminal::start(run).end();
        assert!(status.success(), "{screen}");
        assert_eq!(screen, "value", "{term:?}");
    }
    let project = slow();
    let run = command(&project, &["get", "--reveal", "secrets://one"]);
    let file = fs::File::create(project.path("stderr")).unwrap();
    let terminal = Terminal::start_with(run, |run| run.stderr(Stdio::from(file)));
    assert_eq!(terminal.end().1, "value");
    assert_eq!(project.read("stderr"), "");
    // A program that may ask for something itself has the terminal for itself.
    let project = slow();
    let manifest = project.read("nuages.toml");
    project.write(
        "nuages.toml",
        manifest.replace("\n\n[env]", "\nstderr = \"inherit\"\n\n[env]"),
    );
    let run = command(&project, &["get", "--reveal", "secrets://one"]);
    assert_eq!(Terminal::start(run).end().1, "value");
}

/// A program that asks at the terminal itself, past its error output: what it asks stands there until it is answered.
#[test]
fn a_question_is_not_written_over() {
    let project = project().file(
        "slow",
        "until [ -e \"go-$1\" ]; do sleep 0.05; done\n\
         stty -echo </dev/tty; sleep 0.3; printf 'passphrase? ' >/dev/tty; sleep 0.5\n\
         read -r answer </dev/tty; echo >/dev/tty; stty echo </dev/tty\n\
         until [ -e go-on ]; do sleep 0.05; done; echo \"$answer\"\n",
    );
    let words = ["get", "--reveal", "secrets://one"];
    let mut terminal = Terminal::start(command(&project, &words));
    terminal.until("waiting for secrets (command): 0 of 1");
    go(&project, "one");
    terminal.until("passphrase? ");
    terminal.press("hunter2\n");
    // It goes on below.
    terminal.until("passphrase? \r\n\r\x1b[2K");
    go(&project, "on");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen:?}");
    assert_eq!(after(&screen), "hunter2", "{screen:?}");
}

/// What is stopped and goes on in the background leaves the terminal to the shell.
#[test]
fn a_job_that_goes_to_the_background_is_silent() {
    let project = project();
    let nuages = command(&project, &[]);
    let mut shell = instead("bash", &nuages);
    shell
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ");
    let mut terminal = Terminal::start(shell);
    terminal.until("ready> ");
    let program = nuages.get_program().to_str().unwrap();
    terminal.press(&format!("{program} exec -- sh -c 'echo > done'\n"));
    terminal.until("waiting for secrets (command)");
    terminal.press("\x1a");
    terminal.until("Stopped");
    terminal.press("bg; sleep 0.5; echo now-$((40 + 2))\n");
    terminal.until("now-42");
    go(&project, "one");
    go(&project, "two");
    terminal.press("wait; test -e done && echo is-$((40 + 3)); exit\n");
    terminal.until("is-43");
    let (_, screen) = terminal.end();
    let since = screen.split_once("Stopped").unwrap().1;
    // What it was about to write when it was stopped, and no more.
    assert!(since.matches("waiting for").count() <= 2, "{screen:?}");
}

/// Ctrl-S holds the terminal, and nothing but the terminal.
#[test]
fn a_terminal_that_takes_nothing_holds_nobody_up() {
    let project = project();
    let words = ["exec", "--", "sh", "-c", "echo > ready; mv ready done"];
    let mut terminal = Terminal::start(command(&project, &words));
    terminal.press("\x13");
    go(&project, "one");
    std::thread::sleep(Duration::from_millis(500));
    go(&project, "two");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen:?}");
    assert!(project.path("done").exists());
}

#[test]
fn a_terminal_without_room_for_a_line_has_none() {
    let project = project().file("slow", "sleep 1; echo value\n");
    let shell = "stty cols 3; exec \"$0\" \"$@\"";
    let nuages = command(&project, &["get", "--reveal", "secrets://one"]);
    let mut narrow = instead("sh", &nuages);
    narrow
        .args(["-c", shell])
        .arg(nuages.get_program())
        .args(nuages.get_args());
    let (status, screen) = Terminal::start(narrow).end();
    assert!(status.success(), "{screen:?}");
    assert_eq!(screen, "value");
}

#[test]
fn a_scan_counts_its_files() {
    let project = Project::new("");
    let scan = command(&project, &["scan", "--stdin"]);
    let mut terminal = Terminal::start_with(scan, |scan| scan.stdin(Stdio::piped()));
    terminal.until("looked at 0 files");
    drop(terminal.child().stdin.take());
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen}");
    let rest = screen.rsplit_once(CLEARED).unwrap().1;
    assert!(rest.starts_with("nuages: no findings"), "{screen:?}");
}

#[test]
fn a_check_says_that_settings_are_evaluated() {
    let python = crate::support::python::venv();
    let settings = "import os, time\nwhile not os.path.exists('go-on'):\n    time.sleep(0.05)\nDEBUG = False\n";
    let project = Project::empty()
        .file(
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n",
        )
        .file("settings.py", settings);
    let check = command(
        &project,
        &[
            "check",
            "--settings",
            "settings",
            "--python",
            python.to_str().unwrap(),
        ],
    );
    let mut terminal = Terminal::start(check);
    terminal.until("evaluating `settings` in its Python");
    go(&project, "on");
    let (_, screen) = terminal.end();
    assert!(
        !screen
            .rsplit_once(CLEARED)
            .unwrap()
            .1
            .contains("evaluating"),
        "{screen:?}"
    );
}

/// A store that takes the call and says nothing.
#[cfg(feature = "provider-aws")]
#[test]
fn doctor_names_who_does_not_answer() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let project = Project::new(&format!(
        "[providers.parameters]\nkind = \"aws-ssm\"\nregion = \"eu-west-1\"\nendpoint = \"http://127.0.0.1:{port}\"\n"
    ));
    let mut doctor = command(&project, &["--deadline", "2", "doctor"]);
    doctor.envs([
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
    ]);
    let mut terminal = Terminal::start(doctor);
    terminal.until("waiting for parameters (aws-ssm): 0 of 1");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(5), "{screen}");
    assert!(after(&screen).contains("no answer in 2 s"), "{screen:?}");
}
