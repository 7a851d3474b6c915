//! The protocol `json-lines`: answers, refusals, and programs that babble, lie or die.

use std::{fs, time::UNIX_EPOCH};

use nuages_provider::{ErrorKind, Reference, Retry};
use nuages_provider_local::command::DESCRIPTOR;
use proptest::prelude::*;

use super::project::{Project, failure};

#[tokio::test]
async fn each_refusal_of_a_program_has_its_class() {
    for (word, kind, retry) in [
        ("not-found", ErrorKind::NotFound, Retry::Never),
        ("denied", ErrorKind::PermissionDenied, Retry::Never),
        ("unauthenticated", ErrorKind::Unauthenticated, Retry::Never),
        ("unavailable", ErrorKind::Unavailable, Retry::Later),
        ("rate-limited", ErrorKind::RateLimited, Retry::Later),
        ("malformed", ErrorKind::Malformed, Retry::Never),
    ] {
        let project = Project::json_lines(&format!(
            r#"echo '{{"id":0,"error":"{word}","message":" vault\u001b[2J sealed "}}'"#
        ));
        let error = project.error("x").await;
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{word}");
        assert!(
            error.message().ends_with(": vault [2J sealed"),
            "{}",
            error.message()
        );
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_fails_its_own_reference() {
    for (answer, reason) in [
        (r#""value":12"#, "`value` is not a string"),
        (r#""value":null"#, "`value` is not a string"),
        (r#""base64":"hunter2!""#, "`base64` is not padded base64"),
        (r#""base64":"aHVudGVyMg""#, "`base64` is not padded base64"),
        (
            r#""value":"hunter2","error":"denied""#,
            "it needs exactly one of `value`, `base64`, `versions` and `error`",
        ),
        (
            r#""vaule":"hunter2""#,
            "it needs exactly one of `value`, `base64`, `versions` and `error`",
        ),
        (
            r#""versions":["hunter2"]"#,
            "it needs exactly one of `value`, `base64`, `versions` and `error`",
        ),
        (
            r#""error":"hunter2""#,
            "its `error` is not a class of the protocol",
        ),
        (
            r#""value":"hunter2","expires":"soon""#,
            "`expires` is neither an RFC 3339 time nor seconds since 1970",
        ),
        (
            r#""value":"hunter2","version":[]"#,
            "`version` is neither a string nor a number",
        ),
    ] {
        let script = format!(
            "cat <<'END'\n{{\"id\":1,\"value\":\"hunter2 b\"}}\n\n{{\"id\":0,{answer}}}\nEND"
        );
        let mut answers = Project::json_lines(&script).fetch(&["a", "b"]).await;
        assert_eq!(answers.pop().unwrap().unwrap().value.expose(), b"hunter2 b");
        let error = failure(answers.remove(0));
        assert_eq!(error.kind(), ErrorKind::Malformed, "{answer}");
        assert_eq!(
            error.message(),
            format!("the answer of `sh` for `a` cannot be used: {reason}")
        );
    }
    let twice = Project::json_lines(r#"for i in 1 2; do echo '{"id":0,"value":"hunter2"}'; done"#);
    assert!(
        twice
            .error("x")
            .await
            .message()
            .ends_with("it was answered twice")
    );
}

#[tokio::test]
async fn a_line_that_is_no_answer_fails_the_run() {
    for (line, reason) in [
        (
            "hunter2",
            "line 2 of the output of `sh` is not a JSON object",
        ),
        (
            r#"["hunter2"]"#,
            "line 2 of the output of `sh` is not a JSON object",
        ),
        (
            r#"{"id":1,"value":"hunter2"#,
            "line 2 of the output of `sh` is not a JSON object",
        ),
        (
            r#"{"id":2,"value":"hunter2"}"#,
            "line 2 of the output of `sh` has an `id` that was not asked for",
        ),
        (
            r#"{"id":"1","value":"hunter2"}"#,
            "line 2 of the output of `sh` has an `id` that was not asked for",
        ),
        (
            r#"{"id":-1,"value":"hunter2"}"#,
            "line 2 of the output of `sh` has an `id` that was not asked for",
        ),
        (
            r#"{"value":"hunter2"}"#,
            "line 2 of the output of `sh` has an `id` that was not asked for",
        ),
        (
            r#"{"protocol":2,"id":1}"#,
            "line 2 of the output of `sh` speaks another version of the protocol",
        ),
    ] {
        let script = format!("cat <<'END'\n{{\"id\":0,\"value\":\"hunter2 a\"}}\n{line}\nEND");
        for answer in Project::json_lines(&script).fetch(&["a", "b"]).await {
            let error = failure(answer);
            assert_eq!(
                (error.kind(), error.message()),
                (ErrorKind::Malformed, reason),
                "{line}"
            );
        }
    }
    let bytes = Project::json_lines(r#"printf '{"id":0,"value":"\377"}\n'"#);
    assert_eq!(bytes.error("x").await.kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn what_a_program_leaves_unanswered_is_unavailable() {
    let first = r#"printf '{"id":0,"value":"hunter2 a"}\n'"#;
    for (rest, message) in [
        ("", "`sh` did not answer for `b`"),
        (
            "exit 7",
            "`sh` exited with status 7 without an answer for `b`",
        ),
        (
            r#"printf '{"id":1,"val'; exit 7"#,
            "`sh` exited with status 7 without an answer for `b`",
        ),
    ] {
        let mut answers = Project::json_lines(&format!("{first}\n{rest}"))
            .fetch(&["a", "b"])
            .await;
        let error = failure(answers.pop().unwrap());
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Unavailable, message)
        );
        assert_eq!(answers.pop().unwrap().unwrap().value.expose(), b"hunter2 a");
    }
}

#[tokio::test]
async fn versions_and_expiry_travel_both_ways() {
    let project = Project::json_lines(
        r#"cat > asked; echo '{"id":0,"value":"hunter2","version":"v3","expires":"2026-11-22T09:30:00+01:00"}'"#,
    );
    let reference = Reference::new("command", "a\"b").with_option("version", "v3");
    let locator = (DESCRIPTOR.parse)(&reference).unwrap();
    let secret = project
        .open()
        .await
        .fetch(&[locator])
        .await
        .remove(0)
        .unwrap();
    assert_eq!(
        project.file("asked"),
        "{\"protocol\":1,\"id\":0,\"name\":\"a\\\"b\",\"options\":{\"version\":\"v3\"}}\n"
    );
    assert_eq!(secret.version.as_deref(), Some("v3"));
    let expires = secret.expires.unwrap().duration_since(UNIX_EPOCH).unwrap();
    assert_eq!(expires.as_secs(), 1_795_336_200);
}

#[tokio::test]
async fn a_range_of_versions_is_the_programs_to_answer() {
    let asking = Reference::new("command", "key").with_option("versions", "2..3");
    for (answer, list) in [
        (
            r#""versions":["n\"w","old"],"version":"v9""#,
            r#"["n\"w","old"]"#,
        ),
        (r#""versions":[]"#, "[]"),
        // Of a program that knows of one version alone.
        (r#""value":"hunter2""#, "[]"),
    ] {
        let project = Project::json_lines(&format!("cat > asked; echo '{{\"id\":0,{answer}}}'"));
        let locator = (DESCRIPTOR.parse)(&asking).unwrap();
        let mut answers = project.open().await.fetch(&[locator]).await;
        let secret = answers.remove(0).unwrap();
        assert_eq!(secret.value.expose_text().unwrap(), list);
        let asked = project.file("asked");
        assert!(
            asked.contains(r#""options":{"versions":"2..3"}"#),
            "{asked}"
        );
    }
    for (answer, reason) in [
        (r#""versions":"hunter2""#, "`versions` is not a list"),
        (
            r#""versions":["hunter2",7]"#,
            "`versions` holds something else than strings",
        ),
        (
            r#""versions":["hunter2"],"value":"hunter2""#,
            "it has `versions`, and something beside it",
        ),
    ] {
        let project = Project::json_lines(&format!("echo '{{\"id\":0,{answer}}}'"));
        let locator = (DESCRIPTOR.parse)(&asking).unwrap();
        let mut answers = project.open().await.fetch(&[locator]).await;
        let error = answers.remove(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.message().ends_with(reason), "{}", error.message());
        assert!(!error.message().contains("hunter2"));
    }
}

#[tokio::test]
async fn thousands_of_references_pass_through_full_pipes() {
    let names: Vec<_> = (0..5000)
        .map(|number| format!("a/rather/long/name/so/that/no/pipe/holds/all/{number}"))
        .collect();
    // Answers each line at once: a reader that wrote everything first would wait for ever.
    let script = r#"sed 's/^{"protocol":1,\("id":[0-9]*\),"name":\("[^"]*"\).*/{\1,"value":\2}/'"#;
    let answers = Project::json_lines(script)
        .fetch(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    assert_eq!(answers.len(), names.len());
    for (answer, name) in answers.into_iter().zip(&names) {
        assert_eq!(answer.unwrap().value.expose(), name.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_and_any_bytes_come_back(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let project = Project::json_lines("cat answers");
        let answers = [
            serde_json::json!({"id": 1, "base64": STANDARD.encode(&bytes)}),
            serde_json::json!({"id": 0, "value": text}),
        ];
        fs::write(project.directory.path().join("answers"), answers.map(|answer| format!("{answer}\r\n")).concat()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut answers = runtime.block_on(project.fetch(&["text", "bytes"])).into_iter();
        let (first, second) = (answers.next().unwrap().unwrap(), answers.next().unwrap().unwrap());
        prop_assert_eq!(first.value.expose(), text.as_bytes());
        prop_assert_eq!(second.value.expose(), &bytes[..]);
    }
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let long = format!("{}é{}", "m".repeat(199), "x".repeat(300));
    let project = Project::json_lines(&format!(
        r#"echo '{{"id":0,"error":"denied","message":"{long}"}}'"#
    ));
    let error = project.error("db").await;
    assert_eq!(
        error.message(),
        format!("`sh` says that `db` is denied: {}é", "m".repeat(199))
    );
}
