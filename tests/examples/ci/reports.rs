//! The jobs that look for leaks: what they upload to GitHub and GitLab.

use std::fs;

use serde_json::Value;

use super::{Agent, SECRET_KEY, Variables, pipelines, steps};

/// What a job that looks for leaks uploads: of a commit without one, and after a secret was committed and taken out again.
#[test]
fn github_and_gitlab_are_told_of_leaks() {
    let pipelines = pipelines();
    assert_eq!(
        pipelines["scan-permissions"],
        serde_json::json!({ "contents": "read", "security-events": "write" })
    );
    assert_eq!(
        pipelines["github-reports"],
        serde_json::json!(["scan.sarif", "check.sarif"])
    );
    let agent = Agent::new();
    agent.commits();
    // A job that has no secret has no file with them.
    fs::remove_file(agent.project.path(".env")).unwrap();
    let none = Variables::new();
    let report = |file: &str| -> Value { serde_json::from_str(&agent.project.read(file)).unwrap() };
    let counts = || {
        let sarif = ["scan.sarif", "check.sarif"].map(|file| {
            let report = report(file);
            assert_eq!(report["version"], "2.1.0");
            report["runs"][0]["results"].as_array().unwrap().len()
        });
        let reports = &pipelines["gitlab-reports"];
        let gitlab = ["secret_detection", "sast"].map(|kind| {
            let report = report(reports[kind].as_str().unwrap());
            assert_eq!(report["scan"]["type"], kind);
            report["vulnerabilities"].as_array().unwrap().len()
        });
        (sarif, gitlab)
    };
    let run = |wanted: i32| {
        // Every step runs unless the job is cancelled.
        let codes = steps(&pipelines, "github-scan")
            .into_iter()
            .map(|(command, _)| agent.try_run(&command, &none).status.code());
        assert_eq!(codes.collect::<Vec<_>>(), [Some(0), Some(wanted), Some(0)]);
        agent
            .try_run(&steps(&pipelines, "gitlab-scan")[0].0, &none)
            .code(wanted);
        counts()
    };
    let ([before, advice], gitlab) = run(0);
    assert_eq!((before, gitlab), (0, [0, advice]));

    let leak = "git add shop && git -c user.name=Ada -c user.email=ada@shop.example commit --quiet --message Change";
    let settings = agent.project.read("shop/settings.py");
    for text in [
        format!("{settings}SECRET_KEY = 'x{SECRET_KEY}k%v'\n"),
        settings,
    ] {
        agent.project.write("shop/settings.py", text);
        agent.try_run(leak, &none).code(0);
    }
    assert_eq!(run(1), ([1, advice], [1, advice]));
    assert!(!agent.project.read("scan.sarif").contains(SECRET_KEY));
}
