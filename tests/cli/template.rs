//! `nuages render --template` from end to end: what is written, what is fetched for it, every way in which it is refused,
//! and that no refusal shows a value.

use std::fs;

use crate::shot::shot;
use crate::support::project::{Outcome, Project};

/// With a character that each type of file must escape or refuse.
const SECRET: &str = "hunter2 \"'\\ % } é";

const MANIFEST: &str = r#"[providers.secrets]
kind = "dotenv"
path = ".env"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${secrets://db-password}"
HOST = "db.internal"
PORT = 5432

[databases.reports]
url = "postgres://reports:${secrets://reports-password | urlencode}@db:6432/reports"

[env]
SECRET_KEY = "${secrets://django-secret-key}"
HOSTS = { value = ["a", "b"], as = "json" }
DEBUG = false
UNUSED = "${secrets://is-not-there}"
OPTIONAL = { value = "${secrets://is-not-there}", optional = true }
"#;

fn project() -> Project {
    let quoted = SECRET.replace('\\', "\\\\").replace('"', "\\\"");
    Project::new(MANIFEST).file(
        ".env",
        format!("DB_PASSWORD=\"{quoted}\"\nREPORTS_PASSWORD=r\nDJANGO_SECRET_KEY=plain-key-1\n"),
    )
}

fn render(project: &Project, name: &str, template: &str) -> Outcome {
    project.write(name, template);
    project.nuages(["render", "--template", name]).output()
}

/// The run fails with this code and its snapshot, and shows no value.
#[track_caller]
fn fails(shown: &str, name: &str, template: &str, code: i32) {
    let project = project();
    let outcome = render(&project, name, template).code(code);
    assert!(outcome.stdout.is_empty(), "{}", outcome.stdout());
    let said = outcome.stderr();
    assert!(
        !said.contains("hunter2") && !said.contains("plain-key-1"),
        "{said}"
    );
    shot(&format!("template_{shown}"), &project, &outcome);
}

const NGINX: &str = r#"upstream app { server {{ databases.default.HOST }}:{{ databases.default.PORT }}; }
server {
{% if env.DEBUG %}
    error_log stderr debug;
{% endif %}
{% for port in [80, 8080] %}
    listen {{ port }};
{% endfor %}
    proxy_set_header X-Key "Bearer {{ env.SECRET_KEY }}";
    proxy_set_header X-Password {{ secrets("db-password") }};
    proxy_set_header Authorization {{ ["Basic ", [databases.default.USER, ":", ref("secrets://db-password | trim")] | join | base64] | join }};
}
"#;

#[test]
fn a_good_template() {
    let project = project();
    let outcome = render(&project, "nginx.conf.j2", NGINX).code(0);
    assert!(outcome.stderr.is_empty(), "{}", outcome.stderr());
    shot("template_nginx", &project, &outcome);
}

#[test]
fn a_plan_names_what_the_template_names_and_nothing_else() {
    let project = project();
    project.write("nginx.conf.j2", NGINX);
    let outcome = project
        .nuages(["plan", "--template", "nginx.conf.j2"])
        .output()
        .code(0);
    shot("template_plan", &project, &outcome);
    // Whole tables take all that is below them.
    project.write(
        "all.j2",
        "{% for name, value in env|items %}{{ name }}{% endfor %}",
    );
    let outcome = project
        .nuages(["plan", "--template", "all.j2"])
        .output()
        .code(0);
    assert!(
        outcome.stdout().contains("is-not-there"),
        "{}",
        outcome.stdout()
    );
}

#[test]
fn a_json_file_takes_every_kind_of_value() {
    let project = project();
    let template = r#"{"p": "a-{{ secrets("db-password") }}", "w": {{ databases.default.PASSWORD }},
"port": {{ databases.default.PORT }}, "debug": {{ env.DEBUG }}, "hosts": {{ env.HOSTS }}, "all": {{ databases }},
"host": {{ databases.reports.HOST }}, "is": {{ env.OPTIONAL is defined }}, "none": {{ none }}, "j": {{ env.SECRET_KEY | json }}}
"#;
    let outcome = render(&project, "a.json.j2", template).code(0);
    let seen: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(seen["p"], format!("a-{SECRET}"));
    assert_eq!(seen["w"], SECRET);
    assert_eq!(seen["all"]["default"]["PASSWORD"], SECRET);
    assert_eq!(seen["all"]["reports"]["PASSWORD"], "r");
    assert_eq!(
        (&seen["port"], &seen["debug"], &seen["is"], &seen["none"]),
        (
            &5432.into(),
            &false.into(),
            &false.into(),
            &serde_json::Value::Null
        )
    );
    assert_eq!(
        (&seen["host"], &seen["j"]),
        (&"db".into(), &"plain-key-1".into())
    );
    assert_eq!(seen["hosts"], serde_json::json!(["a", "b"]));
}

#[test]
fn names_that_are_not_there_are_told_at_once_before_anything_is_fetched() {
    fails(
        "unknown",
        "a.yaml.j2",
        "a: {{ env.SECRT_KEY }}\nb: {{ databases.defualt.HOST }}\nc: {{ databases.default.PASWORD }}\n\
         d: {{ secret('x') }}\ne: {{ env.DEBUG | upcase }}\nf: {{ nothing }}\ng: {{ secrets(env.DEBUG) }}\nh: {{ secrets }}\n",
        3,
    );
}

#[test]
fn every_secret_that_cannot_be_fetched_is_told() {
    fails(
        "not_found",
        "a.yaml.j2",
        "a: {{ secrets('one') }}\nb: {{ ref('secrets://two#x') }}\nc: {{ env.UNUSED }}\n",
        4,
    );
}

#[test]
fn what_a_place_cannot_hold_is_refused() {
    fails("block", "a.yaml", "a: |\n  {{ env.SECRET_KEY }}\n", 4);
    fails("behind", "a.toml", "a = {{ env.SECRET_KEY }}x\n", 4);
    fails(
        "supervisor",
        "supervisord.conf",
        "[program:web]\nenvironment=PASSWORD=\"{{ secrets('db-password') }}\"\n",
        4,
    );
    fails(
        "command",
        "supervisord.conf",
        "[program:web]\ncommand=web --key {{ env.SECRET_KEY }}\n",
        4,
    );
}

#[test]
fn what_is_not_a_template_is_told_with_its_place() {
    fails("syntax", "a.yaml", "a: {{ env.SECRET_KEY\n", 3);
    fails(
        "include",
        "a.yaml",
        "a: x\n{% include '/etc/passwd' %}\n",
        3,
    );
    fails(
        "undefined",
        "a.yaml",
        "{% set x = env.HOSTS %}\na: {{ x.y }}\n",
        4,
    );
}

/// At a terminal, asterisks stand for secrets, in whole tables as well. `script` stands in for one.
#[test]
fn values_are_masked_at_a_terminal() {
    let project = project();
    project.write(
        "a.json.j2",
        "[{{ databases }}, {{ env.SECRET_KEY }}, {{ secrets('db-password') }}]\n",
    );
    let run = |more: &str| {
        let nuages = env!("CARGO_BIN_EXE_nuages");
        let command = format!("{nuages} render --template a.json.j2 {more}");
        let arguments = ["-qec", &command, "/dev/null"];
        project
            .program("script".as_ref(), arguments)
            .output()
            .code(0)
    };
    let masked = run("");
    let shown = String::from_utf8_lossy(&masked.stdout);
    assert!(shown.contains("\"PASSWORD\":\"********\""), "{shown}");
    assert!(shown.contains("\"********\", \"********\"]"), "{shown}");
    assert!(
        shown.contains("db.internal") && !shown.contains("hunter2"),
        "{shown}"
    );
    let revealed = run("--reveal");
    assert!(String::from_utf8_lossy(&revealed.stdout).contains("hunter2"));
}

/// Nothing in a template gets at a secret's text, or shows it in what goes wrong.
#[test]
fn secrets_stay_out_of_the_engine() {
    for (template, code) in [
        ("{{ secrets('db-password') ~ 'x' }}", 3),
        ("{% if secrets('db-password') == 'x' %}a{% endif %}", 3),
        (
            "{% set x = secrets('db-password') %}{% set y = [x, 1] %}{{ 'h' in y }}",
            3,
        ),
        ("{{ databases.default.PASSWORD[:3] }}", 3),
        ("{{ databases.reports.PASSWORD | upper }}", 3),
        ("{{ secrets('db-password') | length }}", 3),
        ("{{ secrets('db-password') | trim is odd }}", 3),
        ("{{ range(secrets('db-password')) }}", 3),
        (
            "{% for c in secrets('db-password') %}{{ c }}{% endfor %}",
            4,
        ),
        ("{{ secrets('db-password').x }}", 4),
        ("{{ secrets('db-password') | base64decode }}", 4),
        ("{{ secrets('db-password') | join }}", 4),
        ("{% set x = {secrets('db-password'): 1} %}{{ x }}", 4),
        ("{{ debug() }}", 3),
        ("{{ env.SECRET_KEY | pprint }}", 3),
        ("{{ env.SECRET_KEY.upper() }}", 3),
        ("{% set x %}{{ env.SECRET_KEY }}{% endset %}", 3),
        ("{% filter upper %}{{ env.SECRET_KEY }}{% endfilter %}", 3),
        ("{% macro x() %}{{ env.SECRET_KEY }}{% endmacro %}", 3),
    ] {
        let project = project();
        project.write("t.j2", template);
        let outcome = project
            .nuages(["render", "--template", "t.j2", "--set", "type=none"])
            .output();
        let said = outcome.stderr();
        assert!(
            !said.contains("hunter2") && !said.contains("plain-key"),
            "{template}: {said}"
        );
        assert!(said.starts_with("error: "), "{template}: {said}");
        assert_eq!(outcome.status.code(), Some(code), "{template}: {said}");
        assert!(outcome.stdout.is_empty(), "{template}");
    }
}

#[test]
fn work_depth_and_size_are_bounded() {
    let project = project();
    for template in [
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}".to_owned(),
        format!("{{{{ {}1 }}}}", "1+".repeat(100_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(20_000)),
        format!("{{{{ {} }}}}", "[".repeat(10_000)),
        "x".repeat(300_000),
        "{{".repeat(50_000),
        format!(
            "{{% for a in range(9999) %}}{}{{% endfor %}}",
            "x".repeat(10_000)
        ),
    ] {
        project.write("t.j2", &template);
        let outcome = project
            .nuages(["render", "--template", "t.j2", "--set", "type=none"])
            .output();
        let code = outcome.status.code();
        assert!(matches!(code, Some(2..=4)), "{code:?}: {template:.60}");
        assert!(outcome.stdout.is_empty());
    }
}

#[test]
fn the_type_is_the_files_own_or_the_one_that_is_set() {
    let project = project();
    let run = |arguments: &[&str]| {
        project
            .nuages([&["render", "--template"], arguments].concat())
            .output()
    };
    project.write("t.j2", "a = {{ env.SECRET_KEY }}");
    shot("template_no_type", &project, &run(&["t.j2"]).code(2));
    shot(
        "template_wrong_type",
        &project,
        &run(&["t.j2", "--set", "type=tolm"]).code(2),
    );
    run(&["t.j2", "--only", "env.DEBUG", "--set", "type=toml"]).code(2);
    run(&["t.j2", "json"]).code(2);
    run(&["none.j2", "--set", "type=toml"]).code(2);
    project.write("in.toml", "a = {{ env.SECRET_KEY }}");
    let outcome = run(&["in.toml", "-o", "./in.toml"]).code(2);
    shot("template_itself", &project, &outcome);
    assert_eq!(project.read("in.toml"), "a = {{ env.SECRET_KEY }}");
    let many = "{{ nothing }}".repeat(10_000);
    project.write("many.json.j2", &many);
    let outcome = run(&["many.json.j2"]).code(3);
    assert_eq!(
        outcome.stderr().matches("there is no `nothing`").count(),
        50
    );
    for (name, written) in [("toml", "a = \"plain-key-1\""), ("none", "a = plain-key-1")] {
        let outcome = run(&["t.j2", "--set", &format!("type={name}")]).code(0);
        assert_eq!(outcome.stdout(), written);
    }
    run(&["t.j2", "-o", "out.toml"]).code(0);
    assert_eq!(project.read("out.toml"), "a = \"plain-key-1\"");
    assert_eq!(project.mode("out.toml"), 0o600);
    run(&["t.j2", "-o", "out.toml", "--mode", "0640"]).code(0);
    assert_eq!(project.mode("out.toml"), 0o640);
}

#[test]
fn a_failure_leaves_the_old_file_and_git_is_looked_at() {
    let project = project();
    project.write("out.toml", "old");
    project.write(
        "t.j2",
        "a = {{ env.SECRET_KEY }}\nb = {{ secrets('none') }}",
    );
    let arguments = ["render", "--template", "t.j2", "-o", "out.toml"];
    project.nuages(arguments).output().code(4);
    project.write("t.j2", "a = {{ env.SECRET_KEY }}\nb {{ env.SECRET_KEY }}");
    project.nuages(arguments).output().code(4);
    assert_eq!(project.read("out.toml"), "old");
    let files = fs::read_dir(project.root()).expect("a directory").count();
    assert_eq!(files, 4, "no temporary file is left");
    project
        .program("git".as_ref(), ["init", "-q"])
        .output()
        .code(0);
    project.write("t.j2", "a = {{ env.SECRET_KEY }}");
    let outcome = project.nuages(arguments).output().code(2);
    shot("template_tracked", &project, &outcome);
}
