//! What every block is held to before anything runs: a manifest is planned and checked, a command exists with its options,
//! every other language is read by what reads it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nuages::manifest::Manifest;
use nuages::plan::{Selection, plan};
use nuages::registry::Registry;
use serde_json::{Value, json};

use crate::note::Note;
use crate::page::{Block, Page};
use crate::support::{checkout, python};

/// Languages that `judge.py` reads.
const JUDGED: [&str; 7] = ["dockerfile", "ini", "json", "python", "sql", "toml", "yaml"];

/// The oldest Python 3 with a reader of TOML.
const OLDEST_PYTHON: u32 = 11;

/// What is wrong with the blocks of these pages, each with page and line.
pub(crate) fn faults(pages: &[Page]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut judged = Vec::new();
    for page in pages {
        for block in &page.blocks {
            let place = page.place(block);
            let mut say = |fault: String| faults.push(format!("{place}: {fault}"));
            match block.language.as_str() {
                "sh" | "console" => commands(page, block, &mut say),
                "text" => run_by(page, block, &mut say),
                "toml" if is_manifest(block) => {
                    let example = page.path.starts_with("examples/");
                    match example.then(|| of_the_example(page, block)).transpose() {
                        Err(fault) => say(fault),
                        // What a page leaves out may be what a rule asks for: the example's own manifest is checked.
                        Ok(whole) => manifest(block, whole != Some(false), &mut say),
                    }
                }
                language if JUDGED.contains(&language) => judged.push(json!({
                    "place": place,
                    "language": language,
                    "file": block.file().unwrap_or_default(),
                    "text": block.text,
                })),
                // Rust is compiled where it stands in a crate's own documentation.
                "rust,ignore" if block.not_run().is_some() => {}
                "" => say("a block without a language".to_owned()),
                language => say(format!(
                    "nothing reads a block of `{language}`; there are sh, console, text and {}",
                    JUDGED.join(", ")
                )),
            }
        }
    }
    faults.extend(judge(&judged));
    faults
}

fn is_manifest(block: &Block) -> bool {
    block
        .file()
        .is_none_or(|file| file.ends_with("nuages.toml"))
}

/// Planned without a profile and with each, and, if it is `whole`, without a finding of the check that is an error.
fn manifest(block: &Block, whole: bool, say: &mut impl FnMut(String)) {
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", &block.text, &registry);
    let mut selections = vec![Selection::default()];
    selections.extend(manifest.profiles().map(|profile| Selection {
        profiles: vec![profile.to_owned()],
        only: Vec::new(),
    }));
    for selection in selections {
        if let Err(errors) = plan(&manifest, &selection, &registry) {
            return say(format!("{selection:?}: {errors:#?}"));
        }
    }
    if !whole {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    // What a manifest may name beside it: the rules of another scanner, and a baseline, with nothing in them.
    std::fs::write(directory.path().join(".gitleaks.toml"), "").expect("a file beside it");
    if block.text.contains("baseline") {
        let mut scan = nuages(&["scan", "--write-baseline"]);
        scan.current_dir(directory.path()).output().expect("nuages");
    }
    let path = directory.path().join("nuages.toml");
    std::fs::write(&path, &block.text).expect("a manifest");
    let check = nuages(&["check", "--manifest"])
        .arg(&path)
        .output()
        .expect("nuages");
    if check.status.code() != Some(block.exit()) {
        say(format!(
            "`nuages check` ends with {}\n{}{}",
            check.status,
            String::from_utf8_lossy(&check.stdout),
            String::from_utf8_lossy(&check.stderr)
        ));
    }
}

/// The lines of the manifest on an example's page are the example's, in its order. Whether they are all of it.
fn of_the_example(page: &Page, block: &Block) -> Result<bool, String> {
    let path = page.path.replace("README.md", "nuages.toml");
    let manifest = std::fs::read_to_string(checkout().join(&path)).unwrap_or_default();
    let mut lines = manifest.lines();
    for line in block.text.lines().filter(|line| !line.is_empty()) {
        if !lines.any(|other| other == line) {
            return Err(format!("this does not stand there in {path}: `{line}`"));
        }
    }
    // The comment at the top of the file is no part of what a page shows.
    Ok(manifest.ends_with(&block.text))
}

fn nuages(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nuages"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// A shell reads them, and each `nuages` has the options that stand behind it: what a page does not run is not wrong either.
fn commands(page: &Page, block: &Block, say: &mut impl FnMut(String)) {
    run_by(page, block, say);
    let script: String = if block.language == "console" {
        block
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .fold(String::new(), |all, line| all + line + "\n")
    } else {
        block.text.clone()
    };
    let read = Command::new("bash")
        .args(["-n", "-c", &script])
        .output()
        .expect("bash");
    if !read.status.success() {
        return say(String::from_utf8_lossy(&read.stderr).into_owned());
    }
    for line in script.replace("\\\n", " ").lines() {
        for arguments in calls(line) {
            let mut command = nuages(&[]);
            // Before what belongs to the command that is started.
            let end = arguments
                .iter()
                .position(|word| word == "--")
                .unwrap_or(arguments.len());
            command.args(&arguments[..end]).arg("--help");
            let help = command.output().expect("nuages");
            if !help.status.success() {
                say(format!(
                    "`nuages {}`\n{}",
                    arguments.join(" "),
                    String::from_utf8_lossy(&help.stderr)
                ));
            }
        }
    }
}

/// The arguments of each `nuages` in a line: a command's first word, or behind `exec`, `sudo` and the like.
fn calls(line: &str) -> Vec<Vec<String>> {
    let words = words(line);
    let mut calls = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| words[at].as_str());
        let begins = before.is_none_or(|before| {
            [
                "|", "&&", ";", "||", "(", "exec", "sudo", "then", "do", "$(",
            ]
            .contains(&before)
                || before.contains('=') && !before.starts_with('-')
        });
        if word != "nuages" || !begins {
            continue;
        }
        let end = |word: &&String| {
            !["|", "&&", ";", "||", ")", ">", "<", "&", ">>", "2>"].contains(&word.as_str())
        };
        calls.push(words[at + 1..].iter().take_while(end).cloned().collect());
    }
    calls
}

/// A line as a shell splits it, as far as it stands in the documentation: quotes, comments, operators.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, '#') if word.is_empty() && !begun => break,
            (None, ' ' | '\t' | '|' | ';' | '(' | ')' | '<' | '>') => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
                if !c.is_whitespace() {
                    words.push(c.to_string());
                }
            }
            _ => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// A test that runs a block is there, and names the page's directory; so is what a reason for not running it names.
fn run_by(page: &Page, block: &Block, say: &mut impl FnMut(String)) {
    for note in &block.notes {
        match note {
            Note::RunBy(path) => {
                let directory = page.path.rsplit_once('/').map_or("", |(it, _)| it);
                match std::fs::read_to_string(checkout().join(path)) {
                    Err(error) => say(format!("{path}: {error}")),
                    Ok(test) if !test.contains(directory) => {
                        say(format!("{path} says nothing of `{directory}`"));
                    }
                    Ok(_) => {}
                }
            }
            Note::NotRun(reason) => {
                let words = reason
                    .split([' ', ',', ';'])
                    .map(|word| word.trim_end_matches('.'));
                let paths = words.filter(|word| {
                    ["tests/", "examples/", "docs/", ".ci/"]
                        .iter()
                        .any(|it| word.starts_with(it))
                });
                for path in paths.filter(|path| !checkout().join(path).exists()) {
                    say(format!("there is no `{path}`"));
                }
            }
            _ => {}
        }
    }
}

/// The Python that has the readers.
pub(crate) fn interpreter() -> PathBuf {
    python::venv_with("snippets", OLDEST_PYTHON)
}

fn judge(blocks: &[Value]) -> Vec<String> {
    let mut judge = Command::new(interpreter());
    judge
        .arg("-B")
        .arg(checkout().join("tests/snippets/judge.py"))
        .arg(checkout());
    let mut judge = judge
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judge");
    let mut stdin = judge.stdin.take().expect("a pipe");
    stdin
        .write_all(json!(blocks).to_string().as_bytes())
        .expect("the judge reads");
    drop(stdin);
    let output = judge.wait_with_output().expect("the judge");
    assert!(output.status.success(), "the judge failed");
    serde_json::from_slice(&output.stdout).expect("a list of faults")
}
