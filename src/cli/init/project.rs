//! The files that a manifest is made of: a Django project's settings and its env file.

use std::path::{Component, Path, PathBuf};

use nuages_provider_local::dotenv::{self, Dialect};
use zeroize::Zeroizing;

pub(super) use super::super::project::{File, shown};
use super::super::{
    Exit,
    arguments::Init,
    context::{Context, read_text},
    project::{MARK, Reader, Unreadable, main_settings},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    init::{self, EnvFile, Library, Variable},
};

const LARGEST_ENV_FILE: u64 = 1 << 18;

const ENV_FILE: &str = ".env";

/// What was found.
pub(super) struct Found {
    /// The settings, what they are built on first.
    pub(super) files: Vec<File>,
    pub(super) env: Option<Env>,
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
    let main = main_settings(context, base, command.settings.as_deref())?;
    let mut reader = Reader::new(base);
    if let Some(main) = &main {
        reader.read(main);
    }
    if let Some(Unreadable { place, cause }) = reader.unreadable.first() {
        let title = format!("cannot read `{}`", shown(context, place));
        return Err(context.fail(Diagnostic::new(Class::Usage, title).cause(cause)));
    }
    let files = reader.files;
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
