//! What a page says of a block in an HTML comment before it:
//!
//! | comment | the block |
//! |---|---|
//! | `not run: REASON` | is looked at, not run; what it prints, or has others print, is not compared |
//! | `run by: tests/…/FILE.rs` | is run by another test, which names the directory of the page |
//! | `run: exit 1` | ends with that code, and no other of its commands fails |
//! | `run: in the background until "TEXT"` | is a server, which runs until the end of the page |
//! | `run: with moto` | needs that stand-in; the whole page has it. There are `azure`, `moto` and `postgres` |
//! | `run: apart` | is a manifest that the commands of the page do not use |
//! | `run: afresh` | begins in a new project, and so does what comes behind it |
//! | `file: PATH` | is that file |
//! | `shows: PATH` | is what that file holds by then |
//! | `shape of: COMMAND` | is JSON with the keys and kinds that the command prints |
//!
//! Several of `run` are separated by commas.

/// One thing said of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    NotRun(String),
    RunBy(String),
    Exit(i32),
    Background(String),
    With(String),
    Apart,
    Afresh,
    File(String),
    Shows(String),
    ShapeOf(String),
}

/// Reads the inside of a comment; `None` where it is no note at all.
pub(crate) fn parse(text: &str) -> Option<Result<Vec<Note>, String>> {
    let (kind, said) = text.split_once(':')?;
    let said = said.trim();
    Some(match kind.trim() {
        // A word is no reason.
        "not run" if said.split_whitespace().count() < 3 => {
            Err("`not run` wants a reason in a few words".to_owned())
        }
        "not run" => Ok(vec![Note::NotRun(said.to_owned())]),
        "run by" => Ok(vec![Note::RunBy(said.to_owned())]),
        "file" => Ok(vec![Note::File(said.to_owned())]),
        "shows" => Ok(vec![Note::Shows(said.to_owned())]),
        "shape of" => Ok(vec![Note::ShapeOf(said.to_owned())]),
        "run" => said
            .split(',')
            .map(|way| run(way.trim()).ok_or_else(|| format!("no way to run a block: `{way}`")))
            .collect(),
        _ => return None,
    })
}

fn run(way: &str) -> Option<Note> {
    match way {
        "apart" => return Some(Note::Apart),
        "afresh" => return Some(Note::Afresh),
        _ => {}
    }
    let quoted = |text: &str| Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    let (kind, rest) = way.split_once(' ')?;
    match kind {
        "exit" => rest.parse().ok().map(Note::Exit),
        "with" => Some(Note::With(rest.to_owned())),
        "in" => quoted(rest.strip_prefix("the background until ")?).map(Note::Background),
        _ => None,
    }
}
