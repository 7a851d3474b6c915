//! `nuages completions`: real shells complete with what it writes.

use crate::shot::run;
use crate::support::{debian, project::Project};

/// A project with the script of a shell in it.
fn project(shell: &str) -> Project {
    let project = Project::new(MANIFEST);
    let script = project.nuages(["completions", shell]).output().code(0);
    assert!(script.stderr.is_empty(), "{}", script.stderr());
    project.file("script", &script.stdout)
}

/// Names that a shell would run, or take for an option, are not offered.
const MANIFEST: &str = r#"
[providers.store]
kind = "dotenv"

[profiles.staging.env]
A = "a"

[profiles."$(touch run)".env]
A = "a"

[profiles."-x".env]
A = "a"
"#;

/// What is typed, and words that have to be offered then; and one that must not be.
const CASES: &[(&str, &[&str], &str)] = &[
    ("nuages ex", &["exec"], "render"),
    (
        "nuages ",
        &["exec", "render", "man", "completions"],
        "--json",
    ),
    ("nuages exec --su", &["--supervise"], "--pristine"),
    ("nuages scan ", &["fingerprint", "rules"], "exec"),
    (
        "nuages exec --color ",
        &["auto", "always", "never"],
        "render",
    ),
    ("nuages render databases", &["databases-json"], "yaml"),
    ("nuages check --explain PG00", &["PG001"], "GN001"),
    ("nuages --profile ", &["staging"], "$(touch run)"),
    ("nuages exec --profile st", &["staging"], "store://"),
    ("nuages get ", &["store://"], "staging"),
    ("nuages put sto", &["store://"], "staging"),
    (
        "nuages completions ",
        &["bash", "zsh", "fish", "elvish", "powershell", "nushell"],
        "exec",
    ),
];

/// The `PATH` with this build's program first, which the scripts ask.
fn path() -> std::ffi::OsString {
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_nuages")).parent();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let directories = own.map(std::path::Path::to_owned).into_iter();
    std::env::join_paths(directories.chain(std::env::split_paths(&rest))).unwrap()
}

/// Whether the words of `offered` are those of a case.
#[track_caller]
fn holds(shell: &str, typed: &str, offered: &[&str], wanted: &[&str], unwanted: &str) {
    for word in wanted {
        assert!(offered.contains(word), "{shell}: `{typed}`: {offered:?}");
    }
    assert!(
        !offered.contains(&unwanted),
        "{shell}: `{typed}`: {offered:?}"
    );
}

#[test]
fn bash_completes() {
    let project = project("bash");
    // As readline does it: the words, the place of the one that is typed, then the function that the script has named.
    let complete = r#"
        source ./script
        specification=$(complete -p nuages) || exit 3
        function=${specification#*-F }
        function=${function%% *}
        read -ra COMP_WORDS <<<"$1"
        [[ $1 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
        COMP_LINE=$1
        COMP_POINT=${#COMP_LINE}
        "$function" nuages "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    for (typed, wanted, unwanted) in CASES {
        let outcome = project
            .program("bash".as_ref(), ["--norc", "-c", complete, "bash", typed])
            .env("PATH", path())
            .output()
            .code(0);
        let offered: Vec<&str> = outcome.stdout().lines().collect();
        holds("bash", typed, &offered, wanted, unwanted);
    }
}

#[test]
fn fish_completes() {
    let project = project("fish");
    for (typed, wanted, unwanted) in CASES {
        let complete = "set -q FISH_ROOT; and set -p fish_function_path $FISH_ROOT/usr/share/fish/functions; \
                        source ./script; complete -C \"$argv[1]\"";
        let mut fish = debian::program("fish", "fish", &[("FISH_ROOT", "{}")]);
        fish.args(["--no-config", "-c", complete, typed])
            .current_dir(project.root())
            .env("PATH", path())
            .env("HOME", project.root());
        let outcome = run(fish).code(0);
        let offered: Vec<&str> = outcome
            .stdout()
            .lines()
            .map(|line| line.split('\t').next().unwrap_or_default())
            .collect();
        holds("fish", typed, &offered, wanted, unwanted);
    }
}

#[test]
fn zsh_completes() {
    let project = project("zsh");
    project.write("_nuages", project.read("script"));
    project.write("capture.zsh", include_str!("completions/capture.zsh"));
    for (typed, wanted, unwanted) in CASES {
        let mut zsh = debian::program("zsh", "zsh", &[("ZSH_ROOT", "{}")]);
        zsh.args(["-f", "capture.zsh", ".", typed])
            .current_dir(project.root())
            .env("PATH", path())
            .env("HOME", project.root());
        let outcome = run(zsh).code(0);
        let offered: Vec<&str> = outcome.stdout().lines().collect();
        holds("zsh", typed, &offered, wanted, unwanted);
    }
}

/// What is offered where there is no manifest, or one with mistakes: nothing, or what can be read of it.
#[test]
fn words_of_a_manifest() {
    let words = |project: &Project, kind| {
        let outcome = project.nuages(["completions", kind]).output().code(0);
        outcome.stdout().to_owned()
    };
    let none = Project::empty();
    assert_eq!(words(&none, "profiles") + &words(&none, "instances"), "");
    let broken = Project::new("[providers.a]\n\n[profiles.dev.nosuch]\n");
    assert_eq!(words(&broken, "profiles"), "dev\n");
    assert_eq!(words(&broken, "instances"), "");
}

/// Their shells are no packages of Debian: what is looked at is that every command is there.
#[test]
fn the_others_know_every_command() {
    for shell in ["elvish", "powershell", "nushell"] {
        let script = project(shell).read("script");
        for command in crate::man::commands() {
            let name = command.last().map_or("nuages", String::as_str);
            assert!(script.contains(name), "{shell}: {command:?}");
        }
        assert!(!script.contains("__nuages_"), "{shell}");
    }
}

#[test]
fn a_shell_that_is_not_known() {
    let project = Project::empty();
    let outcome = project.nuages(["completions", "tcsh"]).output().code(2);
    assert!(
        outcome.stderr().contains("bash, zsh, fish"),
        "{}",
        outcome.stderr()
    );
}
