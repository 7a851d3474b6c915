//! A supervised command at a terminal: keys, job control, and a terminal that can be used afterwards.

use std::time::Duration;

use super::project;
use crate::redact::AtTerminal;

/// Under a shell with job control, as a person has it.
#[test]
fn a_terminal_keeps_its_keys() {
    let project = project();
    let mut run = AtTerminal::with(
        project
            .program("bash".as_ref(), ["--norc", "--noprofile", "-i"])
            .env("PS1", "$ "),
    );
    let nuages = env!("CARGO_BIN_EXE_nuages");
    let keys = format!("{nuages} exec --supervise -- python3 child.py keys");
    run.next("$ ");
    run.type_in(&format!("{keys}\r"));
    run.next("ready\r\n");
    run.type_in("one\r");
    run.next("[one]\r\n");
    run.type_in("\x03");
    run.next("heard INT\r\n");
    run.type_in("\x1a");
    let seen = run.next("Stopped");
    assert!(!seen.contains("heard INT"), "twice: {seen}");
    run.next("$ ");
    run.type_in("echo at the shell $((40 + 2))\r");
    run.next("at the shell 42\r\n$ ");
    run.type_in("fg\r");
    run.next("heard CONT\r\n");
    run.type_in("two\r");
    let seen = run.next("[two]\r\n");
    assert!(!seen.contains("heard CONT"), "twice: {seen}");
    run.type_in("end\r");
    run.next("$ ");
    run.type_in("echo code $?\r");
    run.next("code 5\r\n$ ");
    // Started in the background, it stops for want of the terminal, and has it when it is brought to the front.
    run.type_in(&format!("{keys} &\r"));
    run.next("ready\r\n");
    std::thread::sleep(Duration::from_millis(500));
    run.type_in("\r");
    run.next("Stopped");
    run.next("$ ");
    run.type_in("fg\r");
    run.next("heard CONT\r\n");
    run.type_in("three\r");
    run.next("[three]\r\n");
    run.type_in("\x1a");
    run.next("Stopped");
    run.next("$ ");
    run.type_in("fg\r");
    run.next("heard CONT\r\n");
    run.type_in("end\r");
    run.next("$ ");
    run.type_in("echo last $?\r");
    run.next("last 5\r\n$ ");
    // The others of a pipeline have the terminal too.
    let reader = "(read line; read key < /dev/tty; echo \"<$line $key>\")";
    run.type_in(&format!(
        "{nuages} exec --supervise -- echo piped | {reader}\r"
    ));
    run.next("\r\n");
    std::thread::sleep(Duration::from_millis(300));
    run.type_in("typed\r");
    run.next("<piped typed>\r\n$ ");
    run.type_in("exit 0\r");
    assert_eq!(run.finish().0, Some(0));
}

/// A shell that has made itself the foreground and is killed leaves a terminal that the next command can read.
#[test]
fn a_terminal_is_taken_back() {
    let project = project();
    let nuages = env!("CARGO_BIN_EXE_nuages");
    project.write(
        "grab.py",
        "import os, signal\nsignal.signal(signal.SIGTTOU, signal.SIG_IGN)\nos.setpgid(0, 0)\n\
         os.tcsetpgrp(0, os.getpgrp())\nos.kill(os.getpid(), 9)\n",
    );
    let outer = format!(
        "{nuages} exec --supervise -- python3 grab.py; echo \"code $?\"; read line; echo \"[$line]\""
    );
    let mut run = AtTerminal::with(project.program("sh".as_ref(), ["-c", &outer]));
    run.wait_for("code 137\r\n");
    run.type_in("typed\r");
    run.wait_for("[typed]\r\n");
    assert_eq!(run.finish().0, Some(0));
}
