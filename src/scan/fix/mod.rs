//! Taking secrets out of files: a text and the places of its secrets become edits, each with the name of the variable that
//! is to hold the value. Pure: what the manifest and a store make of the names is somebody else's.

mod diff;
mod env;
mod import;
pub(crate) mod names;
pub(crate) mod path;
mod python;
mod reader;

use std::ops::Range;

use zeroize::Zeroizing;

use super::text::{Kind, Role, Text, file_name};

pub use diff::unified;
pub use names::{Names, Taken, secret_name};

/// A secret in a text, as a scan found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The secret's bytes.
    pub span: Range<usize>,
    /// The rule's id: what a variable is called where nothing else says it.
    pub rule: String,
}

/// What is to be done about one secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The variable that is to hold the value.
    pub name: Name,
    /// The bytes of the text that give way.
    range: Range<usize>,
    form: Form,
    value: Zeroizing<String>,
}

/// What a variable is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// So: the text reads the variable already, or sets it.
    Fixed(String),
    /// So, unless that means something else already.
    Wanted(String),
}

/// What takes the place of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A read of the environment: of `os.environ`, or of the `environ` that the file has.
    Read {
        is_bare: bool,
        /// Whether bytes are wanted.
        is_bytes: bool,
    },
    /// What JSON in the environment says.
    Json,
    /// A read by the Python package `nuages`.
    Package {
        /// Whether bytes are wanted.
        is_bytes: bool,
    },
    /// What that package gives for `DATABASES`.
    PackageDatabases,
    /// Nothing: the call around it goes on without.
    Nothing,
    /// A comment that says where the value went.
    Comment,
}

/// Why a secret stays where it is: a lower-case fragment.
pub type Left = &'static str;

const NOT_THIS_FILE: Left = "only Python and env files are changed";
const NOT_THIS_ROLE: Left = "tests, examples and other people's code are left alone";
const NOT_PYTHON: Left = "the file is no Python that can be read";
const NO_TEXT: Left = "the file is no UTF-8";

impl Change {
    /// An expression of Python that gives way to JSON in the environment, however many values it holds.
    #[must_use]
    pub(crate) fn to_json(variable: &str, range: Range<usize>) -> Self {
        Self {
            name: Name::Fixed(variable.to_owned()),
            range,
            form: Form::Json,
            value: Zeroizing::default(),
        }
    }

    /// A value that gets a name and stays where it is.
    #[must_use]
    pub(crate) fn of_name(name: Name, value: &str) -> Self {
        Self {
            name,
            range: 0..0,
            form: Form::Nothing,
            value: Zeroizing::new(value.to_owned()),
        }
    }

    /// The same, read by the Python package `nuages` rather than out of the environment.
    #[must_use]
    pub(crate) fn by_package(mut self) -> Self {
        self.form = match self.form {
            Form::Read { is_bytes, .. } => Form::Package { is_bytes },
            Form::Json => Form::PackageDatabases,
            form => form,
        };
        self
    }

    /// The value, for a store.
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }

    /// The value is another one: what the text falls back on is not what counts.
    pub(crate) fn set_value(&mut self, value: &str) {
        self.value = Zeroizing::new(value.to_owned());
    }

    /// The bytes of the text that give way.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change")
            .field("name", &self.name)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// What can be done about each of the places: an answer for every one, in their order.
#[must_use]
pub fn plan(text: &Text<'_>, places: &[Place]) -> Vec<Result<Change, Left>> {
    let all = |left: Left| places.iter().map(|_| Err(left)).collect();
    let is_python = text.kind == Kind::Python && file_name(text.path).ends_with(b".py");
    if !is_python && text.kind != Kind::Env {
        return all(NOT_THIS_FILE);
    }
    if text.role != Role::Main {
        return all(NOT_THIS_ROLE);
    }
    let Ok(source) = std::str::from_utf8(text.bytes) else {
        return all(NO_TEXT);
    };
    if is_python {
        python::plan(source, places).unwrap_or_else(|| all(NOT_PYTHON))
    } else {
        env::plan(source, places, is_shell(text))
    }
}

/// Files that a shell runs: `$` and the like mean more there than to a reader of env files.
fn is_shell(text: &Text<'_>) -> bool {
    file_name(text.path) == b".envrc"
}

/// The text with the changes made, each with the name that its variable has got; `manifest` is the file that comments point to.
///
/// # Errors
/// Where the changes cannot stand side by side, or would leave what is no Python any more.
pub fn apply(text: &Text<'_>, changes: &[(&Change, &str)], manifest: &str) -> Result<String, Left> {
    let source = std::str::from_utf8(text.bytes).map_err(|_| NO_TEXT)?;
    let mut edits: Vec<(Range<usize>, String)> = changes
        .iter()
        .map(|(change, name)| {
            (
                change.range.clone(),
                replacement(change.form, name, manifest),
            )
        })
        .collect();
    if text.kind == Kind::Python {
        edits.extend(import::imports(source, changes)?);
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    // Two secrets of one literal are one change.
    edits.dedup();
    let mut new = String::with_capacity(source.len());
    let mut done = 0;
    for (range, replacement) in edits {
        let kept = source
            .get(done..range.start)
            .ok_or("two of its secrets overlap")?;
        new.push_str(kept);
        new.push_str(&replacement);
        done = range.end;
    }
    new.push_str(source.get(done..).unwrap_or_default());
    if text.kind == Kind::Python && !python::is_python(&new) {
        return Err("the change would leave what is no Python");
    }
    Ok(new)
}

fn replacement(form: Form, name: &str, manifest: &str) -> String {
    match form {
        Form::Read { is_bare, is_bytes } => format!(
            "{}environ[\"{name}\"]{}",
            if is_bare { "" } else { "os." },
            if is_bytes { ".encode()" } else { "" }
        ),
        Form::Json => format!("json.loads(os.environ[\"{name}\"])"),
        Form::Package { is_bytes } => format!(
            "nuages.env(\"{name}\"){}",
            if is_bytes { ".encode()" } else { "" }
        ),
        Form::PackageDatabases => "nuages.databases()".to_owned(),
        Form::Nothing => String::new(),
        Form::Comment => format!("# {name}: in the store, see {manifest}"),
    }
}

#[cfg(test)]
mod tests;
