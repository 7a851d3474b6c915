//! Resolved values to what the command is handed: its environment, its files, and for live databases the files that their
//! drivers read.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use nuages_provider::Environment;
use zeroize::Zeroizing;

use crate::{
    diagnostic::{Class, Diagnostic},
    django::{engine, live},
    exec::child::{ChildEnvironment, child_environment},
    manifest,
    plan::{self, FileContent, Plan},
    render::{Document, env_text},
    resolve::{Bytes, Print, Prints, Resolved, ResolvedFile},
    value::{Table, Value},
};

/// Python's variable for where modules are looked for.
const PYTHONPATH: &str = "PYTHONPATH";

/// Where our own modules are, below the private directory.
const PYTHON: &str = "python";

/// Where live databases have their files, below the private directory.
const DATABASES: &str = "databases";

/// What the command is started in, besides the values.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// What we have inherited.
    pub(crate) inherited: Environment,
    /// Names of our own logins, which the command does not get.
    pub(crate) bootstrap: Vec<&'static str>,
    /// Whether hardly anything is inherited.
    pub(crate) pristine: bool,
    /// Where `[files]` go.
    pub(crate) files: Option<PathBuf>,
    /// The private directory of the supervisor; `None` where nothing is live.
    pub(crate) place: Option<PathBuf>,
    /// Whether the Python package finds the databases in a file, which it prefers to the environment.
    pub(crate) has_databases_file: bool,
}

/// What the command is handed.
pub(crate) struct Handover {
    pub(crate) environment: ChildEnvironment,
    /// `[files]`, rendered ones among them.
    pub(crate) files: Vec<ResolvedFile>,
    /// What goes into the private directory: names relative to it.
    pub(crate) live: Vec<Live>,
    /// Whether our own modules have to be there.
    needs_python: bool,
    /// What tells whether it is as before.
    pub(crate) marks: Marks,
}

/// The files of a live database.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) alias: String,
    pub(crate) files: Vec<(String, Bytes)>,
}

/// What tells whether a part is as it was. No value can be read from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Of all values in the environment.
    pub(crate) environment: Option<Print>,
    /// Of each database with its password.
    pub(crate) whole: BTreeMap<String, Print>,
    /// Of each database as it stands in the environment.
    pub(crate) tables: BTreeMap<String, Print>,
    /// Of the files of each live database.
    pub(crate) live: BTreeMap<String, Print>,
    /// Of each file of `[files]`, by its path.
    pub(crate) files: BTreeMap<String, Print>,
}

impl Handover {
    /// Makes it of what was resolved for `plan`. Nothing is written.
    ///
    /// # Errors
    /// Every value that no driver, file or process can be given.
    pub(crate) fn new(
        plan: &Plan,
        resolved: &Resolved,
        surroundings: &Surroundings,
        prints: &Prints,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut document = resolved.document.clone();
        let mut errors = Vec::new();
        let mut live = Vec::new();
        let mut hidden: Vec<&'static str> = Vec::new();
        let mut needs_python = false;
        if let Some(place) = &surroundings.place {
            for database in plan
                .databases
                .iter()
                .filter(|planned| planned.live.is_some())
            {
                match deliver(database, &document.databases, place) {
                    Ok(delivery) => {
                        let table = Value::Table(delivery.table);
                        document.databases.insert(database.alias.clone(), table);
                        needs_python |= delivery.needs_python;
                        hidden.extend(delivery.hides);
                        let files = delivery.files.into_iter().map(|file| {
                            (
                                format!("{DATABASES}/{}", file.name),
                                Bytes::new(file.content),
                            )
                        });
                        live.push(Live {
                            alias: database.alias.clone(),
                            files: files.collect(),
                        });
                    }
                    Err(more) => errors.extend(more),
                }
            }
        }
        let mut files = resolved.files.clone();
        match rendered(plan, &document) {
            Ok(more) => files.extend(more),
            Err(more) => errors.extend(more),
        }
        for name in &hidden {
            if document.env.get(name).is_some() {
                let title = format!("`env.{name}` would take the place of what is kept fresh");
                errors.push(Diagnostic::new(Class::Manifest, title).hint("leave it out"));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let handed = Resolved {
            document,
            files,
            single: None,
            asked: Vec::new(),
            origins: Vec::new(),
        };
        let inherited = surroundings.inherited.variables();
        let mut environment = child_environment(
            inherited.filter(|(name, _)| !hidden.iter().any(|hidden| *name == OsStr::new(hidden))),
            &surroundings.bootstrap,
            surroundings.pristine,
            &handed,
            surroundings.files.as_deref(),
        )?;
        if let Some(place) = surroundings.place.as_ref().filter(|_| needs_python) {
            add_python(&mut environment.variables, &place.join(PYTHON))
                .map_err(|error| vec![*error])?;
        }
        let marks = Marks {
            environment: Some(if surroundings.has_databases_file {
                of_values(&without_read_again(&handed.document), prints)
            } else {
                of_values(&handed.document, prints)
            }),
            whole: of_databases(&resolved.document.databases, prints),
            tables: of_databases(&handed.document.databases, prints),
            live: live.iter().map(|live| live.mark(prints)).collect(),
            files: handed
                .files
                .iter()
                .map(|file| (file.path.clone(), prints.of(file.content.expose())))
                .collect(),
        };
        Ok(Self {
            environment,
            files: handed.files,
            live,
            needs_python,
            marks,
        })
    }

    /// What is left when its files are written; they are wiped.
    pub(crate) fn into_environment(self) -> (ChildEnvironment, Marks) {
        (self.environment, self.marks)
    }

    /// Our own modules, where they are needed: names relative to the private directory, and their text.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (String, &'static str)> {
        let modules = if self.needs_python {
            live::python_files()
        } else {
            &[]
        };
        modules
            .iter()
            .map(|(name, text)| (format!("{PYTHON}/{name}"), *text))
    }
}

impl Live {
    fn mark(&self, prints: &Prints) -> (String, Print) {
        let contents = self.files.iter().map(|(_, content)| content.expose());
        (self.alias.clone(), prints.of_all(contents))
    }
}

/// The print of all values in the environment.
fn of_values(document: &Document, prints: &Prints) -> Print {
    let databases = env_text(&Value::Table(document.databases.clone()));
    let values = document.env.iter();
    let values: Vec<(&str, Zeroizing<String>)> = values
        .map(|(name, value)| (name, env_text(value)))
        .collect();
    let variables = values
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let parts: Vec<&[u8]> = std::iter::once(databases.as_bytes())
        .chain(variables)
        .collect();
    prints.of_all(parts)
}

/// What the command has from its environment alone: passwords that are read again out of a file count for nothing there.
fn without_read_again(document: &Document) -> Document {
    let mut left = document.clone();
    for (alias, database) in document.databases.iter() {
        let Value::Table(database) = database else {
            continue;
        };
        let key = match database.get("ENGINE") {
            Some(Value::Text(engine)) => read_again(engine.expose()),
            _ => None,
        };
        let Some(key) = key else { continue };
        let mut kept = Table::new();
        for (name, value) in database.iter().filter(|(name, _)| *name != key) {
            kept.insert(name.to_owned(), value.clone());
        }
        left.databases.insert(alias.to_owned(), Value::Table(kept));
    }
    left
}

/// The key that the Python package reads again at each connection, by `ENGINE`: as `_databases.py` has it.
fn read_again(engine: &str) -> Option<&'static str> {
    match engine {
        "django.db.backends.postgresql" | "django.contrib.gis.db.backends.postgis" => {
            Some("PASSWORD")
        }
        "mssql" => Some("TOKEN"),
        _ => None,
    }
}

/// The print of each database.
fn of_databases(databases: &Table, prints: &Prints) -> BTreeMap<String, Print> {
    databases
        .iter()
        .map(|(alias, database)| (alias.to_owned(), prints.of(env_text(database).as_bytes())))
        .collect()
}

fn deliver(
    planned: &plan::Database,
    databases: &Table,
    place: &Path,
) -> Result<live::Delivery, Vec<Diagnostic>> {
    let key = format!("databases.{}", planned.alias);
    let Some(Value::Table(database)) = databases.get(&planned.alias) else {
        return Err(vec![Diagnostic::new(
            Class::Provider,
            format!("`{key}` has no keys"),
        )]);
    };
    let written = match database.get("ENGINE") {
        Some(Value::Text(engine)) => engine::find(engine.expose()),
        _ => None,
    };
    let family = planned.family.or(written.map(|engine| engine.family));
    let span = planned.live.as_ref().map(|(_, span)| span.clone());
    let client = match planned.live {
        Some((manifest::Live::PyMysql, _)) => live::Client::PyMysql,
        _ => live::Client::MysqlClient,
    };
    let directory = place.join(DATABASES);
    live::deliver(&planned.alias, database, family, client, &directory).map_err(|faults| {
        let told = faults.into_iter().map(|fault| {
            let (key, place) = planned.place(&fault.path);
            let title = format!("cannot keep `{key}` live: {}", fault.what);
            let mut error = Diagnostic::new(Class::Manifest, title).maybe_hint(fault.hint);
            error.span = place.or(span.clone());
            error
        });
        told.collect()
    })
}

/// The files that hold all values in a format.
pub(crate) fn rendered(
    plan: &Plan,
    document: &Document,
) -> Result<Vec<ResolvedFile>, Vec<Diagnostic>> {
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for file in &plan.files {
        let FileContent::Format(format) = file.content else {
            continue;
        };
        match format.render(document) {
            Ok(content) => files.push(ResolvedFile {
                key: file.key.clone(),
                path: file.path.clone(),
                env: file.env.clone(),
                content: Bytes::new(content),
            }),
            Err(faults) => errors.extend(faults.iter().map(|fault| {
                let title = format!("cannot render `{}` as `{}`", file.key, format.name());
                Diagnostic::new(Class::Provider, title)
                    .at(file.span.clone())
                    .cause(format!("`{}`: {}", fault.key, fault.reason))
            })),
        }
    }
    if errors.is_empty() {
        Ok(files)
    } else {
        Err(errors)
    }
}

/// Puts our modules before all others: their name is ours alone.
fn add_python(
    variables: &mut Vec<(OsString, OsString)>,
    directory: &Path,
) -> Result<(), Box<Diagnostic>> {
    if directory.as_os_str().as_encoded_bytes().contains(&b':') {
        let title = format!(
            "`{PYTHONPATH}` cannot name `{}`: it has a `:`",
            directory.display()
        );
        let hint = "`--files-dir DIR` chooses another place";
        return Err(Box::new(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    let mut path = directory.as_os_str().to_owned();
    match variables.iter_mut().find(|(name, _)| name == PYTHONPATH) {
        Some((_, given)) => {
            if !given.is_empty() {
                path.push(":");
                path.push(&*given);
            }
            *given = path;
        }
        None => variables.push((OsString::from(PYTHONPATH), path)),
    }
    Ok(())
}
