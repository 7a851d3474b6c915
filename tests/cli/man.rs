//! `nuages man`: what it writes, and that a real `man` takes it for a page.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::shot::{run, shot};
use crate::support::{debian, project::Project, terminal::Terminal};

/// The names of all commands, from the help.
pub(crate) fn commands() -> Vec<Vec<String>> {
    let project = Project::empty();
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = project.nuages(&words).output().code(0);
        let below = help.stdout().split("\nCommands:\n").nth(1).unwrap_or("");
        let below = below.split("\n\n").next().unwrap_or("");
        for line in below.lines() {
            // A name stands two blanks in; what is said of it goes on further in.
            let name = line
                .strip_prefix("  ")
                .filter(|rest| !rest.starts_with(' '));
            let name = name.and_then(|rest| rest.split(' ').next());
            if let Some(name) = name.filter(|name| *name != "help") {
                open.push([&path[..], &[name.to_owned()]].concat());
            }
        }
        found.push(path);
    }
    found
}

#[test]
fn a_page_has_every_section() {
    let project = Project::empty();
    let page = project.nuages(["man", "exec"]).output().code(0);
    assert!(page.stderr.is_empty(), "{}", page.stderr());
    for section in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "NOTES",
        "\"EXIT STATUS\"",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
        "\"SEE ALSO\"",
    ] {
        let heading = format!("\n.SH {section}\n");
        assert!(page.stdout().contains(&heading), "{section}");
    }
    let whole = project.nuages(["man"]).output().code(0);
    assert!(whole.stdout().contains("AWS_REGION"), "all variables");
    assert!(!page.stdout().contains("AWS_REGION"), "our own alone");
}

#[test]
fn pages_of_commands_that_are_not_there() {
    let project = Project::empty();
    for (name, words) in [
        ("man_near", &["man", "exce"][..]),
        ("man_below", &["man", "scan", "rule"]),
    ] {
        shot(name, &project, &project.nuages(words).output().code(2));
    }
}

/// Each command has a page, and every page is one that groff has nothing to say against.
#[test]
fn a_directory_of_pages() {
    let project = Project::empty();
    let outcome = project
        .nuages(["man", "--out", "share/man1"])
        .output()
        .code(0);
    let commands = commands();
    assert!(commands.len() >= 20, "{commands:?}");
    assert!(
        outcome
            .stderr()
            .contains(&format!("wrote {} pages", commands.len())),
        "{}",
        outcome.stderr()
    );
    for command in &commands {
        let name = [&["nuages".to_owned()], &command[..]].concat().join("-");
        let path = project.path(format!("share/man1/{name}.1"));
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let one = [&["man".to_owned()], &command[..]].concat();
        let alone = project.nuages(&one).output().code(0);
        assert_eq!(alone.stdout(), page, "{name}");
        // What `man` does first: groff itself reads no UTF-8.
        let ascii = project.path(format!("{name}.ascii"));
        fs::write(&ascii, page.replace(|c: char| !c.is_ascii(), "?")).unwrap();
        let mut check = debian::program(
            "groff",
            "groff-base",
            &[
                ("GROFF_FONT_PATH", "{}/usr/share/groff/current/font"),
                ("GROFF_TMAC_PATH", "{}/usr/share/groff/current/tmac"),
            ],
        );
        check.args(["-man", "-Tascii", "-ww", "-z"]).arg(&ascii);
        let checked = run(check);
        assert_eq!(checked.status.code(), Some(0), "{}", checked.stderr());
        assert_eq!(checked.stderr(), "", "{name}");
    }
}

/// At a terminal `man` has the page; where there is none, the help is there to be read.
#[test]
fn at_a_terminal_the_page_is_read() {
    let project = Project::empty();
    let page = project.nuages(["man", "get"]).output().code(0);
    project.write(
        "bin/man",
        "#!/bin/sh\n[ \"$*\" = '-l -' ] && cat > page && echo shown\n",
    );
    let runs = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path("bin/man"), runs).unwrap();
    let run = project.nuages(["man", "get"]).path(&project.path("bin"));
    let (status, screen) = Terminal::start(run.into_command()).end();
    assert!(status.success() && screen == "shown\r\n", "{screen:?}");
    assert_eq!(project.read("page"), page.stdout());

    let run = project
        .nuages(["man", "get"])
        .env("PATH", project.path("none"));
    let (status, screen) = Terminal::start(run.into_command()).end();
    assert!(status.success(), "{screen:?}");
    let help = project.nuages(["get", "--help"]).into_command();
    let (note, shown) = screen.split_once("\r\n").unwrap();
    assert!(note.starts_with("nuages: there is no `man`"), "{note}");
    assert_eq!(shown, Terminal::start(help).end().1);
}

/// A pager takes an interrupt as a key and goes on: so do we, or the shell would read what is typed into it.
#[test]
fn an_interrupt_is_for_the_pager() {
    let project = Project::empty();
    project.write(
        "bin/man",
        "#!/bin/sh\ntrap 'echo interrupted; exit 0' INT\ncat > page\necho shown\n\
         until false; do sleep 0.05; done\n",
    );
    let runs = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path("bin/man"), runs).unwrap();
    let path = format!("{}:/usr/bin:/bin", project.path("bin").display());
    let run = project.nuages(["man", "get"]).env("PATH", &path);
    let mut terminal = Terminal::start(run.into_command());
    terminal.until("shown");
    terminal.press("\x03");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{status:?}: {screen:?}");
    assert!(screen.ends_with("interrupted\r\n"), "{screen:?}");

    // One that ends by it was there: nobody wants help instead.
    project.write(
        "bin/man",
        "#!/bin/sh\ncat > page\necho shown\nuntil false; do sleep 0.05; done\n",
    );
    let run = project.nuages(["man", "get"]).env("PATH", &path);
    let mut terminal = Terminal::start(run.into_command());
    terminal.until("shown");
    terminal.press("\x03");
    let (_, screen) = terminal.end();
    assert!(!screen.contains("there is no `man`"), "{screen:?}");
}

#[test]
fn a_page_that_cannot_be_written_is_named() {
    let project = Project::empty();
    fs::create_dir_all(project.path("pages/nuages-exec.1")).unwrap();
    let outcome = project.nuages(["man", "--out", "pages"]).output().code(2);
    let stderr = outcome.stderr();
    assert!(
        stderr.starts_with("error: cannot write `") && stderr.contains("pages/nuages-exec.1`"),
        "{stderr}"
    );
}
