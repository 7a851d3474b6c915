//! Values kept fresh under `nuages exec --supervise`: files that follow their secret, signals and restarts, stores that go
//! away and come back, and what is told of all that. Longer than a file ought to be: they share one project and its waiting.

mod masked;
mod unwritten;
mod verified;

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::keeping::{places, state, wait_for};
use crate::support::process::{Running, send};
use crate::support::project::Project;

const PATIENCE: Duration = Duration::from_mins(1);

/// Says what it has at its start and at each USR1, and ends when it is told to.
const CHILD: &str = r#"trap 'echo "heard $(cat $PART_FILE)"' USR1
trap 'echo told; exit 0' TERM
echo "started with $A and $(cat $PART_FILE)"
while :; do sleep 0.05; done
"#;

const MANIFEST: &str = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[supervise]
on_change = "restart"
settle = "300ms"
jitter = "0s"

[env]
A = "${secrets://a}"

[files.part]
content = "${secrets://part}"
on_change = "signal:USR1"
"#;

fn project(manifest: &str) -> Project {
    Project::new(manifest)
        .file(".env", "A=one\nPART=first\n")
        .file("child.sh", CHILD)
}

/// Replaced as editors and stores do it: nobody reads half a file.
fn replace(project: &Project, text: &str) {
    project.write(".env.new", text);
    std::fs::rename(project.path(".env.new"), project.path(".env")).expect("a new file");
}

fn start(project: &Project, options: &[&str]) -> Running {
    let fixed = ["exec", "--supervise", "--files-dir", "made"];
    let command = ["--", "sh", "child.sh"];
    let mut running = project.nuages([&fixed, options, &command].concat()).start();
    expect(&mut running, "started with ");
    running
}

/// Waits for a line that begins so, and gives the rest of it.
fn expect(running: &mut Running, begin: &str) -> String {
    running.wait_for(PATIENCE, |line| line.strip_prefix(begin).map(str::to_owned))
}

fn end(running: Running) -> String {
    running.send(Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(0), "{said}");
    said
}

/// Waits until the value of a key is in this state.
fn wait_for_state(project: &Project, key: &str, wanted: &str) -> Value {
    wait_for(&project.path("made"), key, |value| value["state"] == wanted)
}

#[test]
fn a_file_follows_its_secret_and_the_command_is_told() {
    let project = project(MANIFEST);
    let mut running = start(&project, &[]);
    for value in ["second", "third"] {
        replace(&project, &format!("A=one\nPART={value}\n"));
        assert_eq!(expect(&mut running, "heard "), value);
    }
    // Touched, but the same.
    replace(&project, "# the same\nA=one\nPART=third\n");
    std::thread::sleep(Duration::from_millis(2500));
    let said = end(running);
    assert_eq!(said.matches("heard ").count(), 2, "{said}");
    assert_eq!(said.matches("started with").count(), 1, "{said}");
    for value in ["first", "second", "third"] {
        let quiet = said.lines().filter(|line| line.starts_with("nuages:"));
        assert!(quiet.clone().all(|line| !line.contains(value)), "{said}");
    }
    assert!(places(&project.path("made")).is_empty(), "nothing is left");
}

/// A signal that a command does not catch yet would end it.
#[test]
fn a_signal_waits_until_the_command_catches_it() {
    let project = project(MANIFEST).file(
        "child.sh",
        format!("echo \"started with $A\"\nsleep 4\n{CHILD}"),
    );
    let mut running = start(&project, &[]);
    replace(&project, "A=one\nPART=second\n");
    expect(&mut running, "nuages: `files.part` is fresh");
    assert_eq!(expect(&mut running, "heard "), "second");
    end(running);
}

#[test]
fn a_changed_variable_starts_the_command_again_once() {
    let project = project(MANIFEST);
    let mut running = start(&project, &["--kill-after", "20"]);
    replace(&project, "A=two\nPART=second\n");
    expect(&mut running, "told");
    assert_eq!(
        expect(&mut running, "started with "),
        "two and second",
        "both changes"
    );
    let value = wait_for_state(&project, "env.A", "fresh");
    assert_eq!(value["delivery"], "environment");
    let whole = state(&project.path("made"));
    assert_eq!(whole["command"]["restarts"], 1);
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 2, "{said}");
}

#[test]
fn a_command_that_does_not_end_is_killed_for_its_restart() {
    let project = project(MANIFEST).file(
        "child.sh",
        "trap '' TERM\necho \"started with $A\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &["--kill-after", "0.5"]);
    replace(&project, "A=two\nPART=first\n");
    assert_eq!(expect(&mut running, "started with "), "two");
    running.send(Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(137), "{said}");
}

/// Somebody tells it to end while it is ending for a restart: then it has ended for good.
#[test]
fn who_is_told_to_end_is_not_started_again() {
    let project = project(MANIFEST).file(
        "child.sh",
        "trap 'sleep 2; exit 7' TERM\necho \"started with $A\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: values have changed");
    std::thread::sleep(Duration::from_secs(1));
    running.send(Signal::TERM);
    let (status, said) = running.finish(PATIENCE);
    assert_eq!(status.code(), Some(7), "{said}");
    assert_eq!(said.matches("started with").count(), 1, "{said}");
}

#[test]
fn a_store_that_goes_away_takes_nothing_with_it() {
    let project = project(MANIFEST);
    let mut running = start(&project, &[]);
    // Not "does not exist": it cannot be known.
    std::fs::remove_file(project.path(".env")).expect("a file to remove");
    std::fs::create_dir(project.path(".env")).expect("something else in its place");
    let value = wait_for_state(&project, "env.A", "failing");
    let error = value["error"].as_str().expect("a reason").to_owned();
    assert!(error.contains(".env"), "{error}");
    // For more than three times its period.
    std::thread::sleep(Duration::from_millis(3500));
    let value = wait_for_state(&project, "files.part", "failing");
    assert!(value["failures"].as_u64() >= Some(3), "{value:#}");
    assert_eq!(project.read("made/part"), "first");
    std::fs::remove_dir(project.path(".env")).expect("a directory to remove");
    replace(&project, "A=one\nPART=later\n");
    assert_eq!(expect(&mut running, "heard "), "later");
    wait_for_state(&project, "env.A", "fresh");
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 1, "{said}");
    assert_eq!(
        said.matches("cannot refresh `env.A`").count(),
        1,
        "told once: {said}"
    );
    assert!(said.contains("`env.A` can be refreshed again"), "{said}");
}

#[test]
fn a_secret_that_is_deleted_stays_as_it_was() {
    let project = project(MANIFEST);
    let running = start(&project, &[]);
    replace(&project, "UNRELATED=1\n");
    wait_for_state(&project, "files.part", "failing");
    wait_for_state(&project, "env.A", "failing");
    assert_eq!(project.read("made/part"), "first");
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 1, "{said}");
}

#[test]
fn without_a_reaction_the_change_is_told_and_shown() {
    let manifest = MANIFEST.replace("on_change = \"restart\"\n", "");
    let project = project(&manifest);
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: warning: `env.A` has changed");
    wait_for_state(&project, "env.A", "outdated");
    std::thread::sleep(Duration::from_millis(2500));
    wait_for_state(&project, "env.A", "outdated");
    // Back to what the command has.
    replace(&project, "A=one\nPART=first\n");
    wait_for_state(&project, "env.A", "fresh");
    let said = end(running);
    assert_eq!(said.matches("has changed").count(), 1, "{said}");
}

#[test]
fn a_change_that_is_taken_back_restarts_nothing() {
    let manifest = MANIFEST.replace("\"300ms\"", "\"3s\"");
    let project = project(&manifest);
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: values have changed");
    replace(&project, "A=one\nPART=first\n");
    expect(
        &mut running,
        "nuages: the values are what they were: the command is not started again",
    );
    wait_for_state(&project, "env.A", "fresh");
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 1, "{said}");
}

/// Whoever has stopped it has it stopped, but not for ever.
#[test]
fn a_command_that_is_stopped_ends_for_its_restart() {
    let project = project(MANIFEST);
    let mut running = start(&project, &[]);
    let pid = state(&project.path("made"))["command"]["pid"].clone();
    let pid = u32::try_from(pid.as_u64().expect("a number")).expect("a process");
    send(pid, Signal::STOP);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "told");
    assert_eq!(expect(&mut running, "started with "), "two and first");
    end(running);
}

#[test]
fn a_rendered_file_follows_and_a_file_can_ask_for_the_restart() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[supervise]
settle = "0s"
jitter = "0s"

[databases.default]
ENGINE = "oracle"
NAME = "shop"
PASSWORD = "${secrets://a}"

[files."databases.json"]
render = "databases-json"
env = "PART_FILE"
on_change = "restart"
"#;
    let project = project(manifest);
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "told");
    expect(&mut running, "started with ");
    end(running);
    let rendered = project.read("made/databases.json");
    assert!(rendered.contains("\"two\""), "{rendered}");
    assert_eq!(project.mode("made/databases.json"), 0o600);
}

#[test]
fn new_values_are_tried_first() {
    let manifest = format!(
        "{MANIFEST}\n[databases.default]\nENGINE = \"oracle\"\nNAME = \"shop\"\nPASSWORD = \"${{secrets://a}}\"\nverify = {{ command = [\"sh\", \"try.sh\"] }}\n"
    );
    let project = project(&manifest).file(
        "try.sh",
        "case $DATABASES in *two*) test -e ready;; *) exit 9;; esac\n",
    );
    let mut running = start(&project, &["--kill-after", "20"]);
    replace(&project, "A=two\nPART=first\n");
    let line = expect(&mut running, "nuages: warning: the new value of ");
    assert_eq!(
        line,
        "`databases.default.PASSWORD`, `env.A` is not used: `databases.default`: `sh` has ended with exit code 1; \
         the last good value stays"
    );
    wait_for_state(&project, "databases.default.PASSWORD", "waiting");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!running.said().contains("told"), "the old one runs on");
    project.write("ready", "");
    assert!(expect(&mut running, "started with ").starts_with("two"));
    end(running);
}

/// A round that turns out to need no restart has fetched everything anew: what drivers read is no older than what is known.
#[test]
fn without_the_restart_live_values_are_brought_all_the_same() {
    let manifest = format!(
        "{}\n{}",
        MANIFEST.replace("\"300ms\"", "\"3s\""),
        r#"[providers.tokens]
kind = "command"
argv = ["sh", "-c", "echo made >> asked; echo token-$(wc -l < asked)"]

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.internal"
USER = "shop_app"
PASSWORD = "${tokens://db}"
live = true
"#
    );
    let project = project(&manifest);
    let mut running = start(&project, &[]);
    let [place] = &places(&project.path("made"))[..] else {
        panic!("one supervisor");
    };
    let file = place.join("databases/default.pgpass");
    let read = || std::fs::read_to_string(&file).expect("a driver's file");
    assert!(read().ends_with(":token-1\n"), "{}", read());
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: values have changed");
    replace(&project, "A=one\nPART=first\n");
    std::thread::sleep(Duration::from_millis(4500));
    wait_for_state(&project, "env.A", "fresh");
    let newest = project.read("asked").lines().count();
    assert!(newest > 1);
    assert!(
        read().ends_with(&format!(":token-{newest}\n")),
        "{}",
        read()
    );
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 1, "{said}");
}

/// What was left behind by a supervisor that was killed, the next one removes; one that runs keeps its own.
#[test]
fn supervisors_share_a_directory() {
    let project = project(MANIFEST);
    let killed = start(&project, &[]);
    killed.send(Signal::KILL);
    let (_, said) = killed.finish(PATIENCE);
    let left = places(&project.path("made"));
    assert_eq!(left.len(), 1, "{said}");
    let one = start(&project, &[]);
    assert!(!left[0].exists());
    let other = start(&project, &[]);
    assert_eq!(places(&project.path("made")).len(), 2);
    end(one);
    assert_eq!(places(&project.path("made")).len(), 1);
    assert_eq!(
        state(&project.path("made"))["values"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    end(other);
    assert!(places(&project.path("made")).is_empty());
}

/// Another manifest's, and in the place that is chosen for it: the next start of the same user finds it.
#[test]
fn what_a_killed_supervisor_has_left_is_removed_by_any_other() {
    let (one, other) = (project(MANIFEST), project(MANIFEST));
    let memory = crate::files::memory();
    let start = |project: &Project| {
        let arguments = ["exec", "--supervise", "--", "sh", "child.sh"];
        let run = project.nuages(arguments);
        let mut running = run.env("XDG_RUNTIME_DIR", memory.path()).start();
        expect(&mut running, "started with ");
        running
    };
    let all = || -> Vec<std::path::PathBuf> {
        let all = std::fs::read_dir(memory.path()).expect("a directory");
        all.map(|entry| entry.expect("an entry").path()).collect()
    };
    let killed = start(&one);
    let [directory] = &all()[..] else {
        panic!("{:?}", all());
    };
    let living = start(&other);
    assert_eq!(places(directory).len(), 1, "one that lives keeps its own");
    end(living);
    assert_eq!(places(directory).len(), 1);
    killed.send(Signal::KILL);
    killed.finish(PATIENCE);
    assert_eq!(places(directory).len(), 1, "nobody has removed it yet");
    // Its files are all that was in it besides; and what is only called like it is left alone.
    std::fs::remove_file(directory.join("part")).expect("a file");
    let foreign = memory.path().join(format!("{}x", directory.display()));
    std::fs::create_dir_all(foreign.join(".nuages/1")).expect("directories");
    let living = start(&other);
    assert!(!directory.exists());
    assert!(foreign.join(".nuages/1").exists());
    end(living);
    assert!(
        all()
            .iter()
            .all(|left| !left.join(".nuages").exists() || *left == foreign)
    );
}

#[test]
fn without_a_supervisor_live_is_told_to_do_nothing() {
    let project = Project::new(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db\"\nPASSWORD = \"${file://secret}\"\nlive = true\n",
    )
    .file("secret", "hunter2hunter2");
    let outcome = project
        .nuages(["exec", "--", "sh", "-c", "echo $DATABASES"])
        .output()
        .code(0);
    assert!(outcome.stdout().contains("hunter2hunter2"));
    assert!(
        outcome
            .stderr()
            .contains("`live` is for `exec --supervise`"),
        "{}",
        outcome.stderr()
    );
}

/// While the old command takes its time, a file may have become newer than what the restart was ordered with.
#[test]
fn a_restart_brings_nothing_older_back() {
    let project = project(MANIFEST).file(
        "child.sh",
        "trap 'echo ending; sleep 4; exit 0' TERM\necho \"started with $A and $(cat $PART_FILE)\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "ending");
    assert_eq!(
        state(&project.path("made"))["values"][0]["state"],
        "outdated"
    );
    replace(&project, "A=two\nPART=second\n");
    assert_eq!(expect(&mut running, "started with "), "two and second");
    wait_for_state(&project, "files.part", "fresh");
    wait_for_state(&project, "env.A", "fresh");
    assert_eq!(project.read("made/part"), "second");
    running.send(Signal::TERM);
    running.finish(PATIENCE);
}

/// A server that the command has left running would keep its port.
#[test]
fn what_the_command_has_left_is_ended_before_it_starts_again() {
    let project = project(MANIFEST).file(
        "child.sh",
        "setsid sleep 600 &\necho \"left $!\"\ntrap 'exit 0' TERM\necho \"started with $A\"\nwhile :; do sleep 0.05; done\n",
    );
    let fixed = ["exec", "--supervise", "--files-dir", "made", "--"];
    let mut running = project
        .nuages([&fixed[..], &["sh", "child.sh"]].concat())
        .start();
    let left = expect(&mut running, "left ");
    let is_there = || std::path::Path::new(&format!("/proc/{left}")).exists();
    expect(&mut running, "started with ");
    assert!(is_there());
    replace(&project, "A=two\nPART=first\n");
    assert_eq!(expect(&mut running, "started with "), "two");
    assert!(!is_there(), "process {left} is still there");
    end(running);
}

/// The alias of one database may be the beginning of another's.
#[test]
fn aliases_with_dots_are_told_apart() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[databases.a]
ENGINE = "postgresql"
NAME = "a"
USER = "a"
HOST = "db"
PASSWORD = "${secrets://a}"
live = true

[databases."a.b"]
ENGINE = "postgresql"
NAME = "b"
USER = "b"
HOST = "db"
PASSWORD = "${secrets://part}"
live = true
"#;
    let project = project(manifest).file(
        "child.sh",
        "echo \"started with it\"\ntrap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n",
    );
    let running = start(&project, &[]);
    let before = wait_for_state(&project, "databases.a.b.PASSWORD", "fresh")["changed"].clone();
    replace(&project, "A=one\nPART=second\n");
    wait_for(&project.path("made"), "databases.a.b.PASSWORD", |value| {
        value["changed"] != before && value["state"] == "fresh"
    });
    let place = places(&project.path("made")).remove(0).join("databases");
    let passwords: Vec<String> = std::fs::read_dir(place)
        .expect("files")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"))
        .collect();
    assert!(
        passwords
            .iter()
            .any(|line| line.trim_end().ends_with(":b:second")),
        "{passwords:?}"
    );
    assert!(
        passwords
            .iter()
            .any(|line| line.trim_end().ends_with(":a:one")),
        "{passwords:?}"
    );
    end(running);
}

/// One store that is looked at all the time, one that never is by itself, and a live database.
const TWO_STORES: &str = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[providers.slow]
kind = "file"
path = "slow"
refresh = "@SLOW@"

[supervise]
on_change = "restart"
settle = "2s"
jitter = "0s"

[env]
A = "${secrets://a}"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop"
HOST = "db"
PASSWORD = "${slow://password}"
live = true
"#;

/// What a driver would read.
fn live_file(project: &Project) -> String {
    let place = places(&project.path("made")).remove(0);
    let directory = std::fs::read_dir(place.join("databases")).expect("a directory");
    let files: Vec<_> = directory.flatten().map(|entry| entry.path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    std::fs::read_to_string(&files[0]).expect("a password file")
}

/// A restart fetches everything. What it has found goes to the driver, also where there is no need for a restart any more.
#[test]
fn what_a_restart_finds_is_not_lost_with_it() {
    let project =
        project(&TWO_STORES.replace("@SLOW@", "1h")).file("slow/password", "f1rstPassword");
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: values have changed");
    project.write("slow/password", "s3condPassword");
    replace(&project, "A=one\nPART=first\n");
    std::thread::sleep(Duration::from_millis(3500));
    assert!(live_file(&project).contains("s3condPassword"));
    let said = end(running);
    assert_eq!(said.matches("started with").count(), 1, "{said}");
}

/// What comes while the command takes its time to end is not undone by its start.
#[test]
fn a_restart_does_not_bring_back_an_earlier_password() {
    let project = project(&TWO_STORES.replace("@SLOW@", "1s").replace("\"2s\"", "\"0s\""))
        .file("slow/password", "f1rstPassword")
        .file(
            "child.sh",
            "trap 'echo told; sleep 4; exit 0' TERM\necho \"started with $A\"\nwhile :; do sleep 0.05; done\n",
        );
    let mut running = start(&project, &["--kill-after", "20"]);
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "told");
    project.write("slow/password", "s3condPassword");
    assert_eq!(expect(&mut running, "started with "), "two");
    assert!(live_file(&project).contains("s3condPassword"));
    end(running);
}

/// They are looked at together, and each goes its own way.
#[test]
fn many_files_change_at_once_and_one_stands_in_nobodys_way() {
    let names: Vec<String> = (0..9).map(|number| format!("f{number}")).collect();
    let mut manifest = MANIFEST.replace("\n[env]\nA = \"${secrets://a}\"\n", "");
    for name in &names {
        manifest.push_str(&format!(
            "[files.{name}]\ncontent = \"${{secrets://{name}}}\"\non_change = \"none\"\n"
        ));
    }
    let env = |begin: &str, without: &str| -> String {
        let all = names.iter().filter(|name| *name != without);
        all.map(|name| format!("{}={begin}-of-{name}\n", name.to_uppercase()))
            .collect()
    };
    let project = project(&manifest).file(".env", format!("PART=first\n{}", env("first", "")));
    let mut running = start(&project, &["--redact"]);
    // One is gone, and a directory is in the way of another.
    std::fs::remove_file(project.path("made/f7")).expect("a file");
    std::fs::create_dir(project.path("made/f7")).expect("a directory");
    replace(&project, &format!("PART=second\n{}", env("second", "f3")));
    assert_eq!(expect(&mut running, "heard "), "********");
    for name in &names {
        let key = format!("files.{name}");
        let is_good = name != "f3" && name != "f7";
        wait_for_state(&project, &key, if is_good { "fresh" } else { "failing" });
        if is_good {
            let path = project.path("made").join(name);
            let begin = std::time::Instant::now();
            while std::fs::read_to_string(&path).expect("a file") != format!("second-of-{name}") {
                assert!(begin.elapsed() < PATIENCE, "{name}");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
    assert_eq!(project.read("made/f3"), "first-of-f3");
    end(running);
}

/// What the Python package reads again at each connection is not old because the environment is.
#[test]
fn what_is_read_out_of_databases_file_is_fresh() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop"
HOST = "db"
PASSWORD = "${secrets://a}"

[databases.whole]
url = "postgres://shop:${secrets://a | urlencode}@db/shop"

[databases.other]
ENGINE = "mysql"
NAME = "shop"
USER = "shop"
HOST = "db"
PASSWORD = "${secrets://other}"

[files."databases.json"]
render = "databases-json"
env = "DATABASES_FILE"
"#;
    let project = project(manifest).file(".env", "A=one\nOTHER=one\n").file(
        "child.sh",
        "trap 'exit 0' TERM\necho \"started with it\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nOTHER=one\n");
    expect(
        &mut running,
        "nuages: `databases.default.PASSWORD`, `databases.whole.url` is fresh",
    );
    let said = running.said().to_owned();
    assert!(!said.contains("warning"), "{said}");
    // MySQL's driver reads what it was given.
    replace(&project, "A=two\nOTHER=two\n");
    expect(
        &mut running,
        "nuages: warning: `databases.other.PASSWORD` has changed",
    );
    wait_for_state(&project, "databases.other.PASSWORD", "outdated");
    let file = project.read("made/databases.json");
    assert_eq!(file.matches("\"two\"").count(), 3, "{file}");
    end(running);
}

/// Every line of the log, by what was done and how it went.
#[test]
fn what_a_supervisor_does_is_on_record() {
    let manifest = format!("{MANIFEST}\n[audit]\npath = \"audit.jsonl\"\n");
    let project = project(&manifest);
    let mut running = start(&project, &[]);
    replace(&project, "A=one\nPART=second-value\n");
    assert_eq!(expect(&mut running, "heard "), "second-value");
    replace(&project, "A=two\nPART=second-value\n");
    expect(&mut running, "started with ");
    end(running);
    let log = project.read("audit.jsonl");
    assert!(!log.contains("second-value"), "{log}");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let has = |act: &str, keys: serde_json::Value, outcome: &str| {
        let is_it = |line: &&serde_json::Value| {
            line["act"] == act && line["keys"] == keys && line["outcome"] == outcome
        };
        assert!(lines.iter().any(|line| is_it(&line)), "{act} {keys}: {log}");
    };
    let part = serde_json::json!(["files.part"]);
    let variable = serde_json::json!(["env.A"]);
    has("read", part.clone(), "ok");
    has("refresh", variable.clone(), "unchanged");
    has("refresh", part.clone(), "ok");
    has("swap", part, "ok");
    has("signal", serde_json::json!([]), "ok");
    has("restart", serde_json::json!([]), "ok");
    has("swap", variable, "ok");
    for line in &lines {
        assert_eq!(line["caller"]["command"], "exec", "{line}");
    }
}

/// A file that is to go with the next login is none of the command's that runs with the one before.
#[test]
fn the_next_logins_password_waits_for_its_start() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[supervise]
on_change = "restart"
settle = "0s"
jitter = "0s"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "${secrets://a}"
HOST = "db"
PASSWORD = "${secrets://part}"
live = true
"#;
    let project = project(manifest).file(
        "child.sh",
        "trap 'echo told; sleep 5; exit 0' TERM\necho \"started with it\"\nwhile :; do sleep 0.05; done\n",
    );
    let mut running = start(&project, &[]);
    replace(&project, "A=two\nPART=second\n");
    expect(&mut running, "told");
    replace(&project, "A=two\nPART=third\n");
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(live_file(&project), "db:*:*:one:first\n");
    expect(&mut running, "started with ");
    assert_eq!(live_file(&project), "db:*:*:two:third\n");
    running.send(Signal::TERM);
    running.finish(PATIENCE);
}
