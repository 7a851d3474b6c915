//! Files that cannot be written for a while: told once, shown, and tried again until they can be. A directory in a file's place
//! is in the way of every user.

use super::{MANIFEST, end, expect, project, replace, start, state, wait_for, wait_for_state};

/// The restart goes on with the file of before, and nothing changes any more but the room for it.
#[test]
fn what_a_restart_could_not_write_is_written_later() {
    let child = super::CHILD.replace("cat $PART_FILE)\"\nwhile", "cat $PART_FILE 2>&1)\"\nwhile");
    let project = project(MANIFEST).file("child.sh", child);
    let mut running = start(&project, &[]);
    block(&project);
    // Only the variable: the file is to be written for the restart alone.
    replace(&project, "A=two\nPART=first\n");
    expect(&mut running, "nuages: warning: cannot write `files.part`: ");
    assert!(expect(&mut running, "started with ").starts_with("two"));
    let whole = state(&project.path("made"));
    assert_eq!(whole["unwritten"][0]["key"], "files.part", "{whole:#}");
    let value = wait_for_state(&project, "files.part", "failing");
    assert!(value["error"].is_string(), "{value:#}");
    wait_for_state(&project, "env.A", "fresh");
    let status = project.nuages(["status", "--files-dir", "made"]).output();
    let said = status.code(1);
    assert!(
        said.stdout().contains("cannot write `files.part`: "),
        "{}",
        said.stdout()
    );
    // It is tried again and again, and told once.
    std::thread::sleep(std::time::Duration::from_secs(3));
    std::fs::remove_dir(project.path("made/part")).expect("an empty directory");
    expect(&mut running, "nuages: `files.part` could be written now");
    assert_eq!(expect(&mut running, "heard "), "first");
    wait_for_state(&project, "files.part", "fresh");
    assert_eq!(
        state(&project.path("made"))["unwritten"],
        serde_json::json!([])
    );
    let said = end(running);
    assert_eq!(said.matches("cannot write").count(), 1, "{said}");
    assert_eq!(said.matches("started with").count(), 2, "{said}");
}

/// The same of a change while the command runs, also where the command has an older value of another kind.
#[test]
fn what_a_change_could_not_write_is_written_later() {
    let manifest = r#"
[providers.secrets]
kind = "dotenv"
path = ".env"
refresh = "1s"

[env]
A = "${secrets://part}"

[files.part]
content = "${secrets://part}"
on_change = "signal:USR1"
"#;
    let project = project(manifest);
    let mut running = start(&project, &[]);
    replace(&project, "PART=second\n");
    assert_eq!(expect(&mut running, "heard "), "second");
    wait_for_state(&project, "env.A", "outdated");
    block(&project);
    replace(&project, "PART=third\n");
    expect(&mut running, "nuages: warning: the new value of ");
    // More than one refresh later it is still not forgotten.
    wait_for(&project.path("made"), "files.part", |value| {
        value["state"] == "failing" && value["failures"].as_u64() > Some(2)
    });
    std::fs::remove_dir(project.path("made/part")).expect("an empty directory");
    assert_eq!(expect(&mut running, "heard "), "third");
    let said = end(running);
    assert_eq!(said.matches("is not used").count(), 1, "{said}");
}

fn block(project: &crate::support::project::Project) {
    std::fs::remove_file(project.path("made/part")).expect("a file");
    std::fs::create_dir(project.path("made/part")).expect("a directory");
}
