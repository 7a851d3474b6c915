//! Failures between the resolved values and their reader: environment strings, commands that cannot run, formats.

use super::fails;
use crate::shot::shot;
use crate::support::project::Project;

/// The longest `NAME=value` of Linux, without its NUL: `MAX_ARG_STRLEN` is 32 pages of 4 KiB.
const LONGEST: usize = 131_071;

#[test]
fn a_variable_may_be_as_long_as_the_kernel_takes_and_no_longer() {
    let project = Project::new("[env]\nBIG = \"${file://big}\"\n");
    let longest = LONGEST - "BIG=".len();
    project.write("big", "x".repeat(longest));
    let outcome = project
        .nuages(["exec", "--", "sh", "-c", "echo ${#BIG}"])
        .output()
        .code(0);
    assert_eq!(outcome.stdout(), format!("{longest}\n"));

    project.write("big", "x".repeat(longest + 1));
    fails("variable_too_long", &project, &["exec", "--", "true"], 4);
}

#[test]
fn an_environment_that_is_too_long_as_a_whole_is_told_apart() {
    let variables: String = (0..200)
        .map(|number| format!("V{number} = \"${{file://big}}\"\n"))
        .collect();
    let project = Project::new(&format!("[env]\n{variables}")).file("big", "x".repeat(LONGEST - 5));
    fails(
        "environment_too_long",
        &project,
        &["exec", "--", "true"],
        126,
    );
}

#[test]
fn a_variable_cannot_hold_nul() {
    let project = Project::new("[env]\nNUL = \"${file://nul}\"\n").file("nul", "hunter2\0x");
    fails("variable_with_nul", &project, &["exec", "--", "true"], 4);
    project
        .nuages(["exec", "--", "true"])
        .output()
        .silent_about(&["hunter2"]);
}

#[test]
fn a_command_that_cannot_run_ends_as_in_a_shell() {
    let project = Project::new("")
        .file("plain", "#!/bin/sh\n")
        .file("directory/x", "");
    fails(
        "command_not_found",
        &project,
        &["exec", "--", "no-such-program-anywhere", "hunter2"],
        127,
    );
    project
        .nuages(["exec", "--", "no-such-program-anywhere", "hunter2"])
        .output()
        .code(127)
        .silent_about(&["hunter2"]);
    fails(
        "command_not_there",
        &project,
        &["exec", "--", "./none"],
        127,
    );
    fails(
        "command_not_executable",
        &project,
        &["exec", "--", "./plain"],
        126,
    );
    fails(
        "command_is_a_directory",
        &project,
        &["exec", "--", "./directory"],
        126,
    );
}

#[test]
fn a_command_is_needed() {
    let project = Project::new("");
    fails("no_command", &project, &["exec"], 2);
    fails("no_command_after_dashes", &project, &["exec", "--"], 2);
    fails(
        "command_without_dashes",
        &project,
        &["exec", "python", "manage.py"],
        2,
    );
    fails("no_subcommand", &project, &[], 2);
    fails("unknown_subcommand", &project, &["rnder"], 2);
}

#[test]
fn a_directory_of_files_that_is_not_ours_alone_is_refused() {
    let project = Project::new("[files.key]\ncontent = \"${file://secret}\"\n")
        .file("secret", "hunter2")
        .file("open/x", "");
    let arguments = ["exec", "--files-dir", "open", "--", "touch", "started"];
    fails("files_directory_open_to_others", &project, &arguments, 4);
    assert!(!project.path("started").exists() && !project.path("open/key").exists());
}

#[test]
fn formats_say_what_they_cannot_hold() {
    let project = Project::new(
        "[env]\nLINES = \"${file://lines}\"\nNUL = \"${file://nul}\"\n\"NO NAME\" = \"x\"\n",
    )
    .file("lines", "hunter2\nx")
    .file("nul", "hunter2\0");
    fails("format_unknown", &project, &["render", "xml"], 2);
    fails("format_near", &project, &["render", "database-json"], 2);
    for format in ["docker", "sh", "dotenv"] {
        fails(
            &format!("format_{format}"),
            &project,
            &["render", format],
            4,
        );
        project
            .nuages(["render", format])
            .output()
            .silent_about(&["hunter2"]);
    }
}

#[test]
fn places_that_cannot_be_written() {
    let project = Project::new("").file("directory/x", "");
    fails(
        "output_is_a_directory",
        &project,
        &["render", "-o", "directory"],
        2,
    );
    fails(
        "output_in_no_directory",
        &project,
        &["render", "-o", "none/x.json"],
        2,
    );
    fails(
        "mode_open_to_all",
        &project,
        &["render", "-o", "x.json", "--mode", "0644"],
        2,
    );
    fails(
        "mode_without_output",
        &project,
        &["render", "--mode", "0600"],
        2,
    );
}

/// A secret's path in a rendered document would be a lie: only `exec` makes files.
#[test]
fn paths_of_files_are_for_exec() {
    let project = Project::new(
        "[files.ca]\ncontent = \"x\"\n[databases.default]\nENGINE = \"postgresql\"\nOPTIONS = { sslrootcert = \"${files://ca}\" }\n",
    );
    fails("files_in_render", &project, &["render"], 4);
    let run = project
        .nuages([
            "exec",
            "--files-dir",
            "made",
            "--",
            "sh",
            "-c",
            "echo $DATABASES",
        ])
        .output()
        .code(0);
    let path = project.path("made/ca").display().to_string();
    assert!(
        run.stdout().replace("\\u002f", "/").contains(&path),
        "{}",
        run.stdout()
    );
    let unknown = Project::new("[env]\nA = \"${files://cb}\"\n[files.ca]\ncontent = \"x\"\n");
    let outcome = unknown.nuages(["plan"]).output().code(3);
    shot("files_unknown", &unknown, &outcome);
}
