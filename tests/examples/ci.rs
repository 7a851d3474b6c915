//! `examples/ci`: every pipeline file is one, and its steps run in their order with a local store, each system played by
//! its own rules: what a step hands over is what the next one gets, and no log shows a secret.

mod reports;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::project::{Outcome, Project};
use crate::support::{self, checkout};
use crate::{lint, runners};

const HERE: &str = "examples/ci";
const SECRET_KEY: &str = "0123456789012345678901234567890123456789";
const PAYMENT_KEY: &str = "p$y;]%0A \"key\" 'of' the sandbox";
const URL: &str = "sqlite:///db.sqlite3";

type Variables = BTreeMap<String, String>;

/// What the pipeline files have a shell do.
fn pipelines() -> Value {
    let script = checkout().join("tests/examples/pipelines.py");
    let output = Command::new(support::python::venv_with("formats", 11))
        .arg("-B")
        .arg(script)
        .arg(checkout().join(HERE))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn steps(pipelines: &Value, system: &str) -> Vec<(String, Variables)> {
    let steps = pipelines[system].as_array().unwrap().iter();
    let step = |step: &Value| {
        let env = step["env"].as_object().unwrap().iter();
        let env = env.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        (step["command"].as_str().unwrap().to_owned(), env.collect())
    };
    steps.map(step).collect()
}

/// One agent with a checkout: a store of its own, and what a job's environment holds.
struct Agent {
    project: Project,
    variables: Variables,
    log: String,
}

impl Agent {
    fn new() -> Self {
        let project = Project::empty().tree(&checkout().join(HERE));
        let quoted = PAYMENT_KEY.replace('\'', "\\'");
        project.write(
            ".env",
            format!(
                "DATABASE_URL='{URL}'\nDJANGO_SECRET_KEY={SECRET_KEY}\nPAYMENT_KEY='{quoted}'\n"
            ),
        );
        // The stores of the clouds are no part of every build.
        let manifest = project.read("nuages.toml");
        let (local, _) = manifest.split_once("[profiles.").unwrap();
        project.write("nuages.toml", local);
        let variables = [(
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            project.path("token").display().to_string(),
        )];
        Self {
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            log: String::new(),
            project,
        }
    }

    /// The project as the checkout of a commit.
    fn commits(&self) {
        let git = "git init --quiet && git add . && git -c user.name=Ada -c user.email=ada@shop.example commit --quiet --message Begin";
        let run = self.project.program("bash".as_ref(), ["-ec", git]);
        run.env("GIT_CONFIG_NOSYSTEM", "1").output().code(0);
    }

    /// Runs a step, which succeeds.
    fn run(&mut self, command: &str, more: &Variables) -> Outcome {
        let outcome = self.try_run(command, more).code(0);
        self.log.push_str(outcome.stdout());
        self.log.push_str(outcome.stderr());
        outcome
    }

    /// Runs a step as these systems do; Django and nuages are there already.
    fn try_run(&self, command: &str, more: &Variables) -> Outcome {
        let command = command
            .replace("pip install -r requirements.txt", "true")
            .replace("/tmp/aws-id-token", "token")
            .replace("NUAGES_PROFILE=aws ", "");
        let mut run = self
            .project
            .program("bash".as_ref(), ["-eo", "pipefail", "-c", &command]);
        let program = Path::new(env!("CARGO_BIN_EXE_nuages"));
        let programs =
            [program, &support::python::venv()].map(|it| it.parent().unwrap().to_owned());
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(
            programs
                .into_iter()
                .chain(std::env::split_paths(&inherited)),
        );
        run = run.env("PATH", path.unwrap());
        for (name, value) in self.variables.iter().chain(more) {
            run = run.env(name, value);
        }
        run.env("PYTHONDONTWRITEBYTECODE", "1").output()
    }

    /// The step sees the very values, and its log, with what is masked there, shows none.
    fn has_the_values(&mut self, more: &Variables, masks: &[String]) {
        let seen = self.run(
            "printf '%s|%s|' \"$PAYMENT_KEY\" \"$DJANGO_SECRET_KEY\"",
            more,
        );
        assert_eq!(seen.stdout(), format!("{PAYMENT_KEY}|{SECRET_KEY}|"));
        let name = "import json, os; print(json.loads(os.environ['DATABASES'])['default']['NAME'])";
        let name = self.run(&format!("python -c \"{name}\""), more);
        assert_eq!(name.stdout().trim(), "db.sqlite3");
        if masks.is_empty() {
            return;
        }
        let all = self.run(
            "env; env | base64 -w0; python -c 'import os; print(dict(os.environ))'",
            more,
        );
        for line in all.stdout().lines() {
            let shown = runners::masked(line, masks);
            assert!(
                !shown.contains(SECRET_KEY) && !shown.contains("the sandbox"),
                "{shown}"
            );
        }
    }

    fn is_silent(&self) {
        for secret in [SECRET_KEY, PAYMENT_KEY] {
            assert!(!self.log.contains(secret), "{}", self.log.len());
        }
    }
}

#[test]
fn github_runs() {
    let pipelines = pipelines();
    // What the login takes, and no more.
    assert_eq!(
        pipelines["permissions"],
        serde_json::json!({ "contents": "read", "id-token": "write" })
    );
    let mut agent = Agent::new();
    let mut masks = Vec::new();
    for (command, env) in steps(&pipelines, "github") {
        assert!(env.is_empty(), "no step is given a secret");
        agent.project.write("github.env", "");
        let file = agent.project.path("github.env").display().to_string();
        let outcome = agent.run(&command, &[("GITHUB_ENV".to_owned(), file)].into());
        if command.contains("render github") {
            masks = runners::github_masks(outcome.stdout());
            agent.log.clear();
        }
        let handed = runners::github_file(&agent.project.read("github.env")).unwrap();
        agent.variables.extend(handed);
    }
    agent.is_silent();
    assert!(agent.variables.contains_key("RELEASE") && !masks.is_empty());
    agent.has_the_values(&Variables::new(), &masks);
}

#[test]
fn azure_pipelines_runs() {
    let mut agent = Agent::new();
    agent.commits();
    let (mut secrets, mut masks, mut last) = (Variables::new(), Vec::new(), Variables::new());
    for (command, env) in steps(&pipelines(), "azure-pipelines") {
        // A secret reaches the steps that name it.
        let named = env.iter().filter_map(|(name, macro_)| {
            let variable = macro_.strip_prefix("$(")?.strip_suffix(')')?;
            Some((name.clone(), secrets.get(variable)?.clone()))
        });
        last = named.collect();
        // The tasks' library takes these away.
        assert!(
            !last
                .keys()
                .any(|name| name.starts_with("SECRET_") || name.starts_with("INPUT_"))
        );
        if command.contains("nuages check") {
            // In the cloud there is no file with secrets, whose values would be held against the rules as well.
            let (store, away) = (agent.project.path(".env"), agent.project.path(".git/env"));
            fs::rename(&store, &away).unwrap();
            agent.run(&command, &last);
            fs::rename(&away, &store).unwrap();
            continue;
        }
        let outcome = agent.run(&command, &last.clone());
        if !command.contains("render azure-pipelines") {
            continue;
        }
        agent.log.clear();
        for line in outcome.stdout().lines() {
            let command = runners::azure_command(line).unwrap();
            match command.name.as_str() {
                "task.setsecret" => masks.push(command.data),
                "task.setvariable" if command.properties["issecret"] == "true" => {
                    secrets.insert(command.properties["variable"].clone(), command.data);
                }
                "task.setvariable" => {
                    let name = command.properties["variable"].to_uppercase();
                    agent.variables.insert(name, command.data);
                }
                other => panic!("{other}"),
            }
        }
    }
    agent.is_silent();
    assert_eq!(
        secrets.keys().collect::<Vec<_>>(),
        last.keys().collect::<Vec<_>>()
    );
    agent.has_the_values(&last, &masks);
}

#[test]
fn gitlab_runs() {
    let pipelines = pipelines();
    let mut agent = Agent::new();
    agent
        .variables
        .insert("AWS_ID_TOKEN".to_owned(), "a token".to_owned());
    let steps = steps(&pipelines, "gitlab");
    agent.run(&steps[0].0, &Variables::new());
    assert_eq!(agent.project.mode("token"), 0o600);
    let report = agent.project.read(pipelines["report"].as_str().unwrap());
    let report = runners::gitlab_report(&report).unwrap();
    assert_eq!(report, [("RELEASE".to_owned(), "2026.11".to_owned())]);
    let outcome = agent.run(&steps[1].0, &report.into_iter().collect());
    assert_eq!(outcome.stdout(), "release 2026.11\n");
    // On a laptop, as the README has it.
    let typed = "nuages exec -- python manage.py test";
    assert!(agent.project.read("README.md").contains(typed));
    agent.run(typed, &Variables::new());
    agent.is_silent();
}

#[test]
fn circleci_runs() {
    let mut agent = Agent::new();
    let file = agent.project.path("bash.env").display().to_string();
    agent.variables.insert("BASH_ENV".to_owned(), file);
    agent
        .variables
        .insert("CIRCLE_OIDC_TOKEN_V2".to_owned(), "a token".to_owned());
    for (command, _) in steps(&pipelines(), "circleci") {
        agent.run(&command, &Variables::new());
    }
    assert_eq!(agent.project.mode("bash.env"), 0o600);
    agent.is_silent();
    agent.has_the_values(&Variables::new(), &[]);
}

#[test]
fn bitbucket_runs() {
    let pipelines = pipelines();
    let mut agent = Agent::new();
    let file = agent.project.path("variables");
    let mut variables = Variables::new();
    variables.insert("BITBUCKET_STEP_OIDC_TOKEN".to_owned(), "a token".to_owned());
    variables.insert(
        "BITBUCKET_PIPELINES_VARIABLES_PATH".to_owned(),
        file.display().to_string(),
    );
    let steps = steps(&pipelines, "bitbucket");
    agent.run(&steps[0].0, &variables);
    let handed = agent.project.read("variables");
    let handed = handed.lines().map(|line| line.split_once('=').unwrap());
    let listed = pipelines["output-variables"].as_array().unwrap();
    let handed: Variables = handed
        .filter(|(name, _)| listed.iter().any(|listed| listed == name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let outcome = agent.run(&steps[1].0, &handed);
    assert_eq!(outcome.stdout(), "release 2026.11\n");
    agent.is_silent();
}

/// Each file fits the schema that its system publishes. There is none for a Jenkinsfile.
#[test]
fn the_files_are_those_of_their_systems() {
    for (name, file) in [
        ("vendor.github-workflows", ".github/workflows/test.yml"),
        ("vendor.gitlab-ci", ".gitlab-ci.yml"),
        ("vendor.azure-pipelines", "azure-pipelines.yml"),
        ("vendor.bitbucket-pipelines", "bitbucket-pipelines.yml"),
        ("vendor.circle-ci", ".circleci/config.yml"),
    ] {
        lint::schema(name, &checkout().join(HERE).join(file));
    }
}

/// Groovy is not run: what stands in `sh '…'` is, in its order.
#[test]
fn jenkins_runs() {
    let mut agent = Agent::new();
    let file = agent.project.read("Jenkinsfile");
    assert_eq!(file.matches('{').count(), file.matches('}').count());
    let steps: Vec<&str> = file
        .lines()
        .filter_map(|line| line.trim().strip_prefix("sh '")?.strip_suffix('\''))
        .collect();
    assert_eq!(steps.len(), 5, "{steps:?}");
    let mut values = Variables::new();
    for step in steps {
        agent.run(step, &values);
        if step.contains("render jenkins") {
            assert_eq!(agent.project.mode("run.properties"), 0o600);
            let bytes = agent.project.read("run.properties").into_bytes();
            values = runners::java_properties(&bytes)
                .unwrap()
                .into_iter()
                .collect();
        }
    }
    assert!(!agent.project.path("run.properties").exists());
    agent.is_silent();
    agent.has_the_values(&values, &[]);
}

/// The manifest as it stands, with the stores of both clouds.
#[test]
#[cfg(all(feature = "provider-aws", feature = "provider-azure"))]
fn the_manifest_holds_in_every_profile() {
    let project = Project::empty().tree(&checkout().join(HERE));
    for profile in ["aws", "azure"] {
        let plan = project
            .nuages(["--profile", profile, "plan"])
            .output()
            .code(0);
        assert!(
            plan.stdout().contains("databases.default"),
            "{}",
            plan.stdout()
        );
    }
}
