//! What a page has its reader do, in its order: files that are there, commands that are typed, output that comes.

use std::path::{Component, Path};

use crate::note::Note;
use crate::page::{Block, Page};

/// One thing that happens.
pub(crate) struct Step {
    /// The line of the page in front of the first line of `script`.
    pub(crate) line: usize,
    pub(crate) act: Act,
    /// The exit code of the last command.
    pub(crate) exit: i32,
    /// What comes out of it, where the page shows that.
    pub(crate) output: Option<Output>,
}

pub(crate) enum Act {
    /// A file takes this content.
    Write { path: String, content: String },
    /// A shell reads this.
    Shell(String),
    /// A shell reads this in the background; the page goes on once the text has come.
    Background { script: String, until: String },
}

pub(crate) enum Output {
    /// As it stands, `…` aside.
    Text(String),
    /// JSON that is equal.
    Json(String),
    /// JSON of the same keys and kinds.
    Shape(String),
}

/// How a page is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page about a project: what it shows is in that project, and its commands run there.
    Project,
    /// A page that is typed from its first command on: nothing is there that its commands do not make.
    Typed,
}

/// The settings of the project that a page's own are added to.
const SETTINGS: &str = "shop/settings.py";

/// The steps of a page, those of each new project by themselves; or what cannot be told apart in it, each with page and line.
pub(crate) fn steps(
    page: &Page,
    form: Form,
    settings: &str,
) -> Result<Vec<Vec<Step>>, Vec<String>> {
    let mut parts = vec![Vec::new()];
    let mut faults = Vec::new();
    // Whether commands stand right before, and whether they were run: what follows them is their output.
    let mut before = Before::Nothing;
    for block in &page.blocks {
        if block.notes.contains(&Note::Afresh) {
            parts.push(Vec::new());
        }
        let steps = parts.last_mut().expect("one at least");
        let next = match block.language.as_str() {
            "sh" | "console" => commands(block, steps),
            "text" => {
                if let Err(fault) = text(block, before, steps) {
                    faults.push(format!("{}: {fault}", page.place(block)));
                }
                Before::Nothing
            }
            _ => {
                if form == Form::Project || !matches!(block.language.as_str(), "toml" | "python") {
                    other(block, settings, steps);
                }
                Before::Nothing
            }
        };
        before = next;
    }
    if faults.is_empty() {
        Ok(parts)
    } else {
        Err(faults)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Run,
    NotRun,
}

/// Whether it is looked at alone, or somebody else runs it.
fn elsewhere(block: &Block) -> bool {
    let is = |note: &Note| matches!(note, Note::NotRun(_) | Note::RunBy(_));
    block.notes.iter().any(is)
}

fn commands(block: &Block, steps: &mut Vec<Step>) -> Before {
    if elsewhere(block) {
        return Before::NotRun;
    }
    if block.language == "console" {
        steps.extend(console(block));
        return Before::Nothing;
    }
    let until = block.notes.iter().find_map(|note| match note {
        Note::Background(until) => Some(until.clone()),
        _ => None,
    });
    let script = block.text.clone();
    let act = match until {
        Some(until) => Act::Background { script, until },
        None => Act::Shell(script),
    };
    steps.push(Step {
        line: block.line,
        act,
        exit: block.exit(),
        output: None,
    });
    Before::Run
}

/// `$ command` and the lines behind it that it prints. Without such lines, nothing is said of what it prints.
fn console(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (at, line) in block.text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            let act = Act::Shell(format!("{command}\n"));
            steps.push(Step {
                line: block.line + at,
                act,
                exit: 0,
                output: None,
            });
        } else if let Some(step) = steps.last_mut() {
            let shown = step
                .output
                .get_or_insert_with(|| Output::Text(String::new()));
            if let Output::Text(shown) = shown {
                shown.push_str(line);
                shown.push('\n');
            }
        }
    }
    if let Some(last) = steps.last_mut() {
        last.exit = block.exit();
    }
    steps
}

fn text(block: &Block, before: Before, steps: &mut Vec<Step>) -> Result<(), &'static str> {
    let output = Some(Output::Text(block.text.clone()));
    if let Some(path) = shown(block) {
        steps.push(print(block, path, output));
    } else if elsewhere(block) || before == Before::NotRun {
        // What is said of the commands holds for their output.
    } else if before == Before::Run {
        let last = steps.last_mut().ok_or("no commands stand before it")?;
        last.output = output;
    } else {
        return Err("a `text` block is the output of the commands before it, and there are none");
    }
    Ok(())
}

fn shown(block: &Block) -> Option<&str> {
    block.notes.iter().find_map(|note| match note {
        Note::Shows(path) => Some(path.as_str()),
        _ => None,
    })
}

fn print(block: &Block, path: &str, output: Option<Output>) -> Step {
    let act = Act::Shell(format!("cat '{path}'\n"));
    Step {
        line: block.line,
        act,
        exit: 0,
        output,
    }
}

fn other(block: &Block, settings: &str, steps: &mut Vec<Step>) {
    let write = |path: &str, content: String| Step {
        line: block.line,
        act: Act::Write {
            path: path.to_owned(),
            content,
        },
        exit: 0,
        output: None,
    };
    let shell = |script: String, output| Step {
        line: block.line,
        act: Act::Shell(script),
        exit: 0,
        output,
    };
    if let Some(path) = shown(block) {
        let text = block.text.clone();
        let output = if block.language == "json" {
            Output::Json(text)
        } else {
            Output::Text(text)
        };
        steps.push(print(block, path, Some(output)));
        return;
    }
    if block.notes.contains(&Note::Apart) || elsewhere(block) {
        return;
    }
    let shape = block.notes.iter().find_map(|note| match note {
        Note::ShapeOf(command) => Some(command),
        _ => None,
    });
    match (block.language.as_str(), block.file()) {
        ("json", _) if shape.is_some() => {
            let script = format!("{}\n", shape.map_or("", String::as_str));
            steps.push(shell(script, Some(Output::Shape(block.text.clone()))));
        }
        // Settings are those of a project: Django reads them, with what the manifest brings.
        ("python", Some("settings.py" | SETTINGS)) => {
            steps.push(write(SETTINGS, format!("{settings}\n{}", block.text)));
            steps.push(shell(
                "nuages exec -- python manage.py check\n".to_owned(),
                None,
            ));
        }
        ("toml", None) => steps.push(write("nuages.toml", block.text.clone())),
        ("python", None) => steps.push(shell(
            format!("python - <<'END'\n{}END\n", block.text),
            None,
        )),
        // A file outside of the project is not ours to write.
        (_, Some(path)) if within(path) => steps.push(write(path, block.text.clone())),
        (_, _) => {}
    }
}

/// Whether a path leads to a file below the directory that it is taken from.
fn within(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[test]
fn nothing_is_written_outside_of_the_project() {
    assert!(within("shop/settings.py") && within("./nuages.toml"));
    assert!(!within("/etc/systemd/system/shop.service") && !within("shop/../../nuages.toml"));
}
