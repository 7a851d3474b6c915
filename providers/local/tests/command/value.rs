//! The protocol `value`: what becomes of arguments, output, endings, and of a fetch that is given up.

use std::fs;

use nuages_provider::{ErrorKind, Reference, Result, Setting};
use nuages_provider_local::command::DESCRIPTOR;

use super::project::{Project, argv, failure};

#[tokio::test]
async fn the_value_is_the_output_less_one_newline() {
    for (printed, value, kept) in [
        (r"hunter2\n", "hunter2", "hunter2\n"),
        (r"hunter2\r\n", "hunter2", "hunter2\r\n"),
        (r"hunter2\n\n", "hunter2\n", "hunter2\n\n"),
        (r" hunter2 ", " hunter2 ", " hunter2 "),
        (r"\n", "", "\n"),
    ] {
        let project = Project::new(&format!("printf '{printed}'"));
        assert_eq!(project.value("x").await, value.as_bytes(), "{printed}");
        let project = project.with("keep_newline", Setting::Flag(true));
        assert_eq!(project.value("x").await, kept.as_bytes(), "{printed}");
    }
    let bytes = Project::new(r"printf '\377\000\001hunter2'");
    assert_eq!(bytes.value("x").await, b"\xff\x00\x01hunter2");
}

#[tokio::test]
async fn the_name_is_one_argument_and_never_code() {
    let project = Project::new(r#"printf '[%s]' "$@""#);
    let name = r#"a b; $(touch oops) `touch oops` "'*"#;
    assert_eq!(project.value(name).await, format!("[{name}]").as_bytes());
    let project = project.with(
        "argv",
        argv(&[
            "sh",
            "program.sh",
            "op://vault/{}/password",
            "--name={}",
            "last",
        ]),
    );
    assert_eq!(
        project.value("db").await,
        b"[op://vault/db/password][--name=db][last]"
    );
    assert!(!project.directory.path().join("oops").exists());
}

#[tokio::test]
async fn the_program_runs_in_the_projects_directory_with_its_environment_alone() {
    let project =
        Project::new(r#"printf '%s %s %s' "$(pwd -P)" "$GREETING" "${CARGO_MANIFEST_DIR-none}""#);
    let place = fs::canonicalize(project.directory.path()).unwrap();
    assert_eq!(
        project.value("x").await,
        format!("{} bonjour none", place.display()).as_bytes()
    );
}

#[tokio::test]
async fn the_program_reads_nothing_from_our_input() {
    assert_eq!(Project::new("wc -c | tr -d ' '").value("x").await, b"0");
}

#[tokio::test]
async fn how_a_program_ends_is_told_and_what_it_prints_is_not() {
    let cases = [
        (
            "echo hunter2; echo hunter2 >&2; exit 3",
            ErrorKind::Unavailable,
            "`sh` exited with status 3 for `x`",
        ),
        (
            "echo hunter2; kill -9 $$",
            ErrorKind::Unavailable,
            "`sh` was ended by signal 9 (SIGKILL) for `x`",
        ),
        (
            "exit 44",
            ErrorKind::NotFound,
            "`sh` says that `x` does not exist: it exited with status 44",
        ),
        (":", ErrorKind::Malformed, "`sh` printed nothing for `x`"),
    ];
    for (script, kind, message) in cases {
        let error = Project::new(script).error("x").await;
        assert_eq!((error.kind(), error.message()), (kind, message), "{script}");
    }
    let project = Project::new("exit 2").with("not_found_code", Setting::Integer(2));
    assert_eq!(project.error("x").await.kind(), ErrorKind::NotFound);
    let error = Project::new("exit 3").error("x").await;
    assert!(error.hint().unwrap().contains("`stderr = \"inherit\"`"));
    let locator =
        (DESCRIPTOR.parse)(&Reference::new("command", "x").with_option("version", "3")).unwrap();
    let error = failure(
        Project::new("echo hunter2")
            .open()
            .await
            .fetch(&[locator])
            .await
            .remove(0),
    );
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn no_more_than_eight_processes_run_at_once() {
    let project = Project::new(
        "mkdir -p at; : > at/$$; ls at | wc -l >> counts; sleep 0.1; rm at/$$; echo hunter2",
    );
    let names: Vec<_> = (0..24).map(|number| number.to_string()).collect();
    let answers = project
        .fetch(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    assert!(answers.len() == 24 && answers.iter().all(Result::is_ok));
    let most = project
        .file("counts")
        .lines()
        .map(|count| count.trim().parse::<usize>().unwrap())
        .max()
        .unwrap();
    assert!((2..=8).contains(&most), "{most} at once");
}

#[tokio::test]
async fn answers_keep_the_order_of_the_questions_whichever_ends_first() {
    let project = Project::new("sleep \"0.$1\"; printf 'hunter2 %s' \"$1\"");
    let names = ["4", "0", "2", "1", "3"];
    for (answer, name) in project.fetch(&names).await.into_iter().zip(names) {
        assert_eq!(
            answer.unwrap().value.expose(),
            format!("hunter2 {name}").as_bytes()
        );
    }
}
