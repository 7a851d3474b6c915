//! Which files are a Django project's settings, and which is its env file. They are read; nothing of them is run.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use nuages_provider_local::dotenv::{self, Dialect};
use zeroize::Zeroizing;

use super::super::{
    Exit,
    arguments::Init,
    context::{Context, read_text},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    init::{self, EnvFile, Library, Parent, Variable},
    suggest,
};

const LARGEST_SETTINGS: u64 = 1 << 20;
const LARGEST_ENV_FILE: u64 = 1 << 18;

/// So many files may settings be made of.
const MOST_FILES: usize = 16;

/// Directories below the working directory that `manage.py` is looked for in.
const MOST_DIRECTORIES: usize = 200;

const ENV_FILE: &str = ".env";

/// A byte-order mark is no part of the text.
const MARK: char = '\u{feff}';

/// What was found.
pub(super) struct Found {
    /// The settings, what they are built on first.
    pub(super) files: Vec<File>,
    pub(super) env: Option<Env>,
}

/// A file of settings.
pub(super) struct File {
    pub(super) place: PathBuf,
    pub(super) text: Zeroizing<String>,
    pub(super) has_mark: bool,
}

/// The env file.
pub(super) struct Env {
    pub(super) place: PathBuf,
    pub(super) file: EnvFile,
    /// What reads it as the project's own library does.
    pub(super) dialect: Dialect,
}

/// Finds and reads the project.
pub(super) fn find(context: &Context, command: &Init) -> Result<Found, Exit> {
    let base = context.environment.base();
    let main = main_settings(context, command)?;
    let mut files = Vec::new();
    if let Some(main) = &main {
        let mut seen = BTreeSet::new();
        collect(context, main, &mut seen, &mut files)?;
    }
    let env = match (&command.env_file, &main) {
        (Some(named), _) => Some(base.join(named)),
        (None, Some(main)) => main
            .ancestors()
            .skip(1)
            .take_while(|directory| directory.starts_with(base))
            .map(|directory| directory.join(ENV_FILE))
            .find(|path| path.is_file()),
        (None, None) => Some(base.join(ENV_FILE)).filter(|path| path.is_file()),
    };
    if main.is_none() && env.is_none() {
        let title = "there is no Django project here: no `manage.py`, no settings and no `.env`";
        let hint = "go to the project's directory, or name the settings: `--settings PATH`";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    let env = env
        .map(|place| env_file(context, place, &files))
        .transpose()?;
    Ok(Found { files, env })
}

/// A path as people are told.
pub(super) fn shown(context: &Context, path: &Path) -> String {
    let base = context.environment.base();
    path.strip_prefix(base)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The settings that Django would start with; none where there is no project.
fn main_settings(context: &Context, command: &Init) -> Result<Option<PathBuf>, Exit> {
    let roots = roots(context.environment.base());
    if let Some(named) = &command.settings {
        let path = context.environment.base().join(named);
        let is_path = path.is_file();
        let found = is_path
            .then_some(path)
            .or_else(|| roots.iter().find_map(|root| module(root, named)));
        return found.map(Some).ok_or_else(|| {
            let title = format!("there are no settings `{named}`");
            let hint = "a file such as `shop/settings.py`, or a module such as `shop.settings`";
            context.fail(Diagnostic::new(Class::Usage, title).hint(hint))
        });
    }
    let mut found: BTreeSet<PathBuf> = roots.iter().flat_map(|root| started_with(root)).collect();
    if found.is_empty() {
        found = roots.iter().flat_map(|root| by_name(root)).collect();
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (first, second) => {
            let all = first.into_iter().chain(second).chain(found);
            let all: Vec<String> = all.map(|path| shown(context, &path)).collect();
            let title = format!("there are several settings: {}", suggest::list(&all));
            let last = all.last().map_or("PATH", String::as_str);
            let hint = format!("choose the deployment's, such as `--settings {last}`");
            Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
        }
    }
}

/// The directory itself, and those up to two levels below that have a `manage.py`.
fn roots(base: &Path) -> Vec<PathBuf> {
    let mut roots = vec![base.to_owned()];
    let mut below = directories(base);
    let deeper: Vec<PathBuf> = below.iter().flat_map(|below| directories(below)).collect();
    below.extend(deeper);
    below.truncate(MOST_DIRECTORIES);
    roots.extend(
        below
            .into_iter()
            .filter(|below| below.join("manage.py").is_file()),
    );
    roots
}

/// Directories that may hold a project's own code, in order.
fn directories(base: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(base) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && name != "node_modules" && name != "site-packages"
        })
        .map(|entry| entry.path())
        .filter(|path| !path.join("pyvenv.cfg").exists())
        .take(MOST_DIRECTORIES)
        .collect();
    found.sort();
    found
}

/// The settings that `manage.py`, `wsgi.py` and `asgi.py` name.
fn started_with(root: &Path) -> Vec<PathBuf> {
    let mut starters = vec![root.join("manage.py")];
    for directory in directories(root) {
        starters.push(directory.join("wsgi.py"));
        starters.push(directory.join("asgi.py"));
    }
    starters
        .iter()
        .filter_map(|path| read_text(path, LARGEST_SETTINGS).ok())
        .filter_map(|text| module(root, settings_module(&text)?))
        .collect()
}

/// What stands behind `"DJANGO_SETTINGS_MODULE",` in quotes.
fn settings_module(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("DJANGO_SETTINGS_MODULE")?;
    let mut parts = rest.split(['"', '\'']);
    let (_, between, named) = (parts.next()?, parts.next()?, parts.next()?);
    let is_sound = |name: &str| !name.is_empty() && name.split('.').all(is_word);
    (between.trim().starts_with([',', ']', ')']))
        .then_some(named)
        .filter(|named| is_sound(named))
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A module's file.
fn module(root: &Path, name: &str) -> Option<PathBuf> {
    if !name.split('.').all(is_word) {
        return None;
    }
    let path: PathBuf = root.join(name.split('.').collect::<PathBuf>());
    let file = path.with_extension("py");
    [file, path.join("__init__.py")]
        .into_iter()
        .find(|path| path.is_file())
}

/// Settings by their usual names.
fn by_name(root: &Path) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = vec![root.to_owned()];
    places.extend(directories(root));
    let mut found = Vec::new();
    for place in places {
        let alone = place.join("settings.py");
        if alone.is_file() {
            found.push(alone);
            continue;
        }
        let usual = ["production", "prod", "base", "local", "dev"];
        let package = place.join("settings");
        let named = usual.iter().map(|name| package.join(format!("{name}.py")));
        found.extend(named.filter(|path| path.is_file()));
    }
    found
}

/// The file and what it is built on, which comes first.
fn collect(
    context: &Context,
    place: &Path,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<File>,
) -> Result<(), Exit> {
    if seen.len() >= MOST_FILES || !seen.insert(place.to_owned()) {
        return Ok(());
    }
    let text = read_text(place, LARGEST_SETTINGS).map_err(|cause| {
        let title = format!("cannot read `{}`", shown(context, place));
        context.fail(Diagnostic::new(Class::Usage, title).cause(cause))
    })?;
    let has_mark = text.starts_with(MARK);
    let text = Zeroizing::new(text.trim_start_matches(MARK).to_owned());
    for parent in init::parents(&text) {
        if let Some(parent) = parent_file(context, place, &parent) {
            collect(context, &parent, seen, files)?;
        }
    }
    files.push(File {
        place: place.to_owned(),
        text,
        has_mark,
    });
    Ok(())
}

/// The file of `from .base import *`, where it is one of the project's.
fn parent_file(context: &Context, place: &Path, parent: &Parent) -> Option<PathBuf> {
    let base = context.environment.base();
    if parent.level == 0 {
        let mut roots = place.ancestors().skip(1);
        return roots
            .by_ref()
            .take_while(|root| root.starts_with(base))
            .find_map(|root| module(root, &parent.module));
    }
    let up = usize::try_from(parent.level).ok()?;
    let directory = place.ancestors().nth(up)?;
    if parent.module.is_empty() {
        return Some(directory.join("__init__.py")).filter(|path| path.is_file());
    }
    module(directory, &parent.module).filter(|path| path.starts_with(base))
}

/// Reads the env file as the library does that the settings use.
fn env_file(context: &Context, place: PathBuf, files: &[File]) -> Result<Env, Exit> {
    let path = shown(context, &place);
    let text = read_text(&place, LARGEST_ENV_FILE).map(Zeroizing::new);
    let text = text.map_err(|cause| {
        let title = format!("cannot read `{path}`");
        context.fail(Diagnostic::new(Class::Usage, title).cause(cause))
    })?;
    let libraries = files
        .iter()
        .rev()
        .flat_map(|file| init::libraries(&file.text));
    let by = |dialect| of_dialect(context, &text, dialect);
    let (variables, dialect) = match libraries.into_iter().next() {
        Some(Library::Decouple) => {
            let variables = init::read_decouple(text.trim_start_matches(MARK));
            let reads_same = |dialect: &Dialect| is_same(&variables, &by(*dialect));
            let same = Dialect::ALL.into_iter().find(reads_same);
            (variables, same.unwrap_or_default())
        }
        Some(Library::DjangoEnviron) => (by(Dialect::DjangoEnviron), Dialect::DjangoEnviron),
        Some(Library::PythonDotenv) | None => (by(Dialect::PythonDotenv), Dialect::PythonDotenv),
    };
    Ok(Env {
        place,
        file: EnvFile { path, variables },
        dialect,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the proposal is made of what the values look like"
)]
fn of_dialect(context: &Context, text: &str, dialect: Dialect) -> Vec<Variable> {
    dotenv::variables(text, dialect, &context.environment)
        .into_iter()
        .map(|(name, value)| Variable {
            name,
            value: value.and_then(|value| {
                value
                    .expose_text()
                    .ok()
                    .map(|text| Zeroizing::new(text.to_owned()))
            }),
        })
        .collect()
}

/// Whether every variable has the same value in both.
fn is_same(one: &[Variable], other: &[Variable]) -> bool {
    one.iter().all(|variable| {
        let mut others = other.iter();
        others.any(|other| other.name == variable.name && other.value == variable.value)
    })
}

/// A path below a directory, as `.gitignore` there would name it.
pub(super) fn below(directory: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(directory).ok()?;
    let parts: Option<Vec<&str>> = relative
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    let parts = parts.filter(|parts| !parts.is_empty())?;
    // A name alone is ignored at every depth.
    let slash = if parts.len() > 1 { "/" } else { "" };
    Some(format!("{slash}{}", parts.join("/")))
}
