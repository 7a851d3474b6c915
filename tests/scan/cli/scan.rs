//! Sources, exit codes, reports and what is let pass.

use serde_json::Value;

use super::{Repository, line, secret};
use crate::support::project::Project;

fn findings(stdout: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(stdout).expect("JSON");
    document["findings"].as_array().expect("a list").clone()
}

#[test]
fn finds_a_secret_and_never_shows_it() {
    let secret = secret(1);
    let project = Project::empty().file("settings.py", line(&secret));
    for format in ["human", "json", "sarif", "github", "gitlab"] {
        let outcome = project.nuages(["scan", "--format", format]).output();
        let outcome = outcome.code(1).silent_about(&[&secret]);
        assert!(
            outcome.stdout().contains("settings.py"),
            "{format}: {}",
            outcome.stdout()
        );
        assert!(
            outcome.stderr().contains("1 finding"),
            "{format}: {}",
            outcome.stderr()
        );
    }
    let outcome = project.nuages(["scan", "--exit-zero"]).output().code(0);
    assert!(outcome.stdout().contains("django-secret-key"));
}

#[test]
fn says_that_there_is_nothing() {
    let project = Project::empty().file(
        "settings.py",
        "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n",
    );
    let outcome = project.nuages(["scan"]).output().code(0);
    assert_eq!(outcome.stdout(), "");
    assert!(
        outcome
            .stderr()
            .starts_with("nuages: no findings; looked at 1 file"),
        "{}",
        outcome.stderr()
    );
    let quiet = project.nuages(["scan", "--quiet"]).output().code(0);
    assert_eq!(quiet.stderr(), "");
}

#[test]
fn a_place_that_is_not_there_fails_the_scan() {
    let project = Project::empty().file("settings.py", "DEBUG = True\n");
    let outcome = project
        .nuages(["scan", "settings.py", "absent.py"])
        .output()
        .code(4);
    assert!(
        outcome.stderr().contains("absent.py"),
        "{}",
        outcome.stderr()
    );
    let outside = project.nuages(["scan", "--staged"]).output().code(4);
    assert!(
        outside.stderr().contains("is in no git repository"),
        "{}",
        outside.stderr()
    );
}

#[test]
fn what_is_ignored_is_left_out_but_no_env_file_and_no_tracked_one() {
    let repository = Repository::new();
    let (ignored, env, tracked) = (secret(1), secret(2), secret(3));
    repository.commit("kept/settings.py", &line(&tracked));
    repository.write(".gitignore", "*.py\n.env\n");
    repository.write("local.py", &line(&ignored));
    repository.write(".env", &format!("DB_PASSWORD={env}\n"));
    let outcome = repository.scan(&["--format", "json"]).code(1);
    let paths: Vec<String> = findings(outcome.stdout())
        .iter()
        .map(|finding| finding["path"].as_str().expect("a path").to_owned())
        .collect();
    assert_eq!(paths, [".env", "kept/settings.py"]);
    // What is named is scanned.
    repository.scan(&["local.py"]).code(1);
}

#[test]
fn standard_input_is_read_as_its_name_says() {
    let secret = secret(1);
    let project = Project::empty();
    let scan = |name: &str, text: String| {
        let run = project.nuages(["scan", "--stdin", "--stdin-path", name]);
        run.stdin(text).output().silent_about(&[&secret])
    };
    let outcome = scan("shop/settings.py", line(&secret)).code(1);
    assert!(
        outcome.stdout().contains("shop/settings.py:1:15"),
        "{}",
        outcome.stdout()
    );
    scan(
        "compose.yml",
        format!("services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {secret}\n"),
    )
    .code(1);
    scan("notes.txt", "nothing to see\n".to_owned()).code(0);
}

#[test]
fn the_index_alone_decides_about_a_commit() {
    let repository = Repository::new();
    let (old, staged, unstaged) = (secret(1), secret(2), secret(3));
    repository.commit("settings.py", &line(&old));
    repository.scan(&["--staged"]).code(0);
    repository.write(
        "settings.py",
        &(line(&old) + "EMAIL_HOST_PASSWORD = \"" + &staged + "\"\n"),
    );
    repository.git(&["add", "settings.py"]);
    repository.write("settings.py", &line(&unstaged));
    let outcome = repository.scan(&["--staged", "--format", "json"]).code(1);
    let found = findings(outcome.stdout());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["path"], &found[0]["line"]),
        (&"settings.py".into(), &2.into())
    );
    let whole = repository
        .scan(&["--staged", "--whole", "--format", "json"])
        .code(1);
    assert_eq!(findings(whole.stdout()).len(), 2);
}

#[test]
fn a_new_value_under_an_old_name_is_found() {
    let repository = Repository::new();
    let settings = |value: &str| {
        format!(
            "import os\n\nSECRET_KEY = (\n    # of this deployment\n    {value}\n)\nDEBUG = False\n"
        )
    };
    repository.commit("settings.py", &settings("os.environ[\"SECRET_KEY\"]"));
    repository.write("settings.py", &settings(&format!("\"{}\"", secret(1))));
    repository.git(&["add", "settings.py"]);
    let outcome = repository.scan(&["--staged", "--format", "json"]).code(1);
    let found = findings(outcome.stdout());
    assert_eq!(
        (found.len(), &found[0]["line"]),
        (1, &5.into()),
        "{found:?}"
    );
}

#[test]
fn history_names_the_commit_that_brought_a_secret_and_remembers_what_is_clean() {
    let repository = Repository::new();
    repository.commit("readme.txt", "A shop.\n");
    let secret = secret(1);
    let guilty = repository.commit("settings.py", &line(&secret));
    repository.commit("settings.py", &(line(&secret) + "DEBUG = False\n"));
    repository.commit(
        "settings.py",
        "import os\nSECRET_KEY = os.environ[\"SECRET_KEY\"]\n",
    );
    repository.scan(&[]).code(0);
    for _ in 0..2 {
        let outcome = repository.scan(&["--history", "--format", "json"]);
        let outcome = outcome.code(1).silent_about(&[&secret]);
        let found = findings(outcome.stdout());
        assert_eq!(found.len(), 1, "{found:?}");
        let origin = &found[0]["origin"];
        assert_eq!(origin["commit"], *guilty, "{origin}");
        assert_eq!(origin["author"], "Ada");
    }
    let caches = std::fs::read_dir(repository.project.path(".git/nuages"))
        .expect("the cache")
        .count();
    assert_eq!(caches, 1);
    repository.scan(&["--history", "--no-cache"]).code(1);
}

#[test]
fn a_range_holds_what_its_commits_bring() {
    let repository = Repository::new();
    let (old, new) = (secret(1), secret(2));
    repository.commit("settings.py", &line(&old));
    repository.git(&["tag", "base"]);
    let guilty = repository.commit("more.py", &line(&new));
    repository.commit("more.py", "DEBUG = True\n");
    let outcome = repository
        .scan(&["--range", "base..HEAD", "--format", "json"])
        .code(1);
    let found = findings(outcome.stdout());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["origin"]["commit"], *guilty);
    repository.scan(&["--range", "HEAD~1..HEAD"]).code(0);
    let wrong = repository.scan(&["--range", "nowhere..HEAD"]).code(4);
    assert!(wrong.stderr().contains("nowhere"), "{}", wrong.stderr());
}

#[test]
fn a_baseline_lets_pass_what_is_known_and_nothing_new() {
    let repository = Repository::new();
    let (known, new) = (secret(1), secret(2));
    repository.write("settings.py", &line(&known));
    let written = repository.scan(&["--write-baseline"]).code(0);
    assert!(
        written.stderr().contains("1 known, 1 of them new"),
        "{}",
        written.stderr()
    );
    assert!(
        !repository
            .project
            .read(".nuages-baseline.json")
            .contains(&known)
    );
    repository.scan(&[]).code(0);
    repository.write("settings.py", &("\n\n# moved\n".to_owned() + &line(&known)));
    repository.scan(&[]).code(0);
    repository.write("settings.py", &line(&new));
    repository.scan(&[]).code(1);
    repository.write(".nuages-baseline.json", "{");
    let broken = repository.scan(&[]).code(2);
    assert!(
        broken.stderr().contains("cannot use"),
        "{}",
        broken.stderr()
    );
}

#[test]
fn marks_and_the_manifest_let_pass_with_a_reason() {
    let repository = Repository::new();
    let secret = secret(1);
    repository.write(
        "settings.py",
        &format!("SECRET_KEY = \"{secret}\"  # nuages:allow the sandbox's own\n"),
    );
    repository.scan(&[]).code(0);
    let shown = repository.scan(&["--show-suppressed"]).code(0);
    assert!(
        shown.stderr().contains("the sandbox's own"),
        "{}",
        shown.stderr()
    );
    repository.write("settings.py", &line(&secret));
    let allow = |until: &str| {
        let manifest = format!(
            "[scan]\n[[scan.allow]]\nrule = \"django-secret-key\"\npath = \"settings.py\"\nreason = \"a demo\"\nuntil = \"{until}\"\n"
        );
        repository.write("nuages.toml", &manifest);
    };
    allow("2999-12-31");
    repository.scan(&[]).code(0);
    allow("2001-01-01");
    repository.scan(&[]).code(1);
    repository.write("nuages.toml", "[scan]\nexclude = [\"settings.py\"]\n");
    repository.scan(&[]).code(0);
    repository.write("nuages.toml", "[scan]\nexcludes = [\"settings.py\"]\n");
    let wrong = repository.scan(&[]).code(3);
    assert!(
        wrong.stderr().contains("did you mean `exclude`"),
        "{}",
        wrong.stderr()
    );
}

#[test]
fn rules_of_the_project_and_of_a_gitleaks_configuration_hold() {
    let own = crate::notation::expand("shopkey_{lownum:32}", 1);
    let project = Project::new(
        "[[scan.rules]]\nid = \"shop-key\"\ntitle = \"key of the shop\"\nkeywords = [\"shopkey_\"]\npattern = 'shopkey_[a-z0-9]{32}'\n",
    )
    .file("notes.txt", &own);
    let outcome = project
        .nuages(["scan"])
        .output()
        .code(1)
        .silent_about(&[&own]);
    assert!(
        outcome.stdout().contains("key of the shop"),
        "{}",
        outcome.stdout()
    );
    project.write(
        "nuages.toml",
        "[[scan.rules]]\nid = \"shop-key\"\npattern = '('\n",
    );
    let wrong = project.nuages(["scan"]).output().code(3);
    assert!(
        wrong.stderr().contains("`pattern` cannot be used"),
        "{}",
        wrong.stderr()
    );
    project.write("nuages.toml", "");
    project.write(
        ".gitleaks.toml",
        "[[rules]]\nid = \"theirs\"\ndescription = \"a key of theirs\"\nregex = '''shopkey_[a-z0-9]{32}'''\nkeywords = [\"shopkey_\"]\n",
    );
    project.nuages(["scan"]).output().code(0);
    let theirs = project
        .nuages(["scan", "--config", ".gitleaks.toml"])
        .output()
        .code(1);
    assert!(theirs.stdout().contains("theirs"), "{}", theirs.stdout());
}

#[test]
fn lists_its_rules() {
    let outcome = Project::empty()
        .nuages(["scan", "rules", "--json"])
        .output()
        .code(0);
    let rules: Value = serde_json::from_str(outcome.stdout()).expect("JSON");
    let rules = rules.as_array().expect("a list");
    assert!(rules.len() > 300, "{}", rules.len());
    assert!(rules.iter().any(|rule| rule["id"] == "github-pat"));
}
