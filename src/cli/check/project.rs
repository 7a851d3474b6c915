//! The project that `nuages check` looks at: its files of settings, and what they are when its own Python evaluates them.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::super::{
    Exit,
    arguments::Check,
    context::{Context, Loaded},
    project::{self, Reader},
};
use super::{
    failure::{self, Situation},
    handed::Handed,
};
use crate::{
    check::{
        self, Stage,
        settings::{Answer, Evaluated, File, Question, evaluate},
    },
    diagnostic::{Class, Diagnostic},
    manifest::Manifest,
    variables::{DJANGO_SETTINGS_MODULE, VIRTUAL_ENV},
};

/// How the variables begin that drivers of databases read.
const DRIVERS: &[&str] = &["PG", "MYSQL_", "KRB5", "TNS_"];

/// Files of settings.
#[derive(Default)]
pub(super) struct Files {
    /// What each is built on comes first.
    pub(super) all: Vec<File>,
    /// Those that settings begin with.
    pub(super) mains: Vec<usize>,
    /// What could not be read.
    pub(super) notes: Vec<String>,
}

/// A module of settings, as it is to be evaluated.
pub(super) struct Target {
    pub(super) module: String,
    /// Where the project's modules start.
    pub(super) root: PathBuf,
    /// The module's file, where it is known before.
    file: Option<PathBuf>,
}

/// Where projects are looked for: here, then beside the manifest.
fn bases<'a>(context: &'a Context, loaded: &'a Loaded) -> Vec<&'a Path> {
    let mut bases = vec![context.environment.base(), loaded.environment.base()];
    bases.dedup();
    bases
}

impl Files {
    /// The settings of the projects that are here, or beside the manifest.
    pub(super) fn find(context: &Context, loaded: &Loaded) -> Self {
        let found = bases(context, loaded)
            .into_iter()
            .map(|base| (base, project::candidates(base)))
            .find(|(_, found)| !found.is_empty());
        let (base, found) = found.unwrap_or((context.environment.base(), BTreeSet::new()));
        Self::read(context, base, found.iter().map(PathBuf::as_path))
    }

    /// The file of a target, as far as it is known.
    pub(super) fn of(context: &Context, target: &Target) -> Self {
        Self::read(
            context,
            &target.root,
            target.file.iter().map(PathBuf::as_path),
        )
    }

    fn read<'a>(context: &Context, base: &Path, mains: impl Iterator<Item = &'a Path>) -> Self {
        let mut reader = Reader::new(base);
        let mains = mains.filter_map(|main| reader.read(main)).collect();
        let unreadable = reader.unreadable.iter().map(|one| {
            let path = project::shown(context, &one.place);
            format!("`{path}` was not looked at: {}", one.cause)
        });
        Self {
            mains,
            notes: unreadable.collect(),
            all: reader
                .files
                .into_iter()
                .map(|file| File {
                    path: project::shown(context, &file.place),
                    text: file.text,
                    parents: file.parents,
                })
                .collect(),
        }
    }
}

impl Target {
    /// What `--settings` asks for; none where it was not given.
    pub(super) fn find(
        context: &Context,
        command: &Check,
        loaded: &Loaded,
    ) -> Result<Option<Self>, Exit> {
        let Some(typed) = &command.settings else {
            return Ok(None);
        };
        let of_environment = context.environment.text(DJANGO_SETTINGS_MODULE);
        let named = [Some(typed.as_str()), of_environment];
        let named = named.into_iter().flatten().find(|name| !name.is_empty());
        for base in bases(context, loaded) {
            let file = match named {
                Some(name) => project::named(base, name),
                None => project::main_settings(context, base, None)?,
            };
            if let Some(file) = file {
                return Self::of(context, base, file, named).map(Some);
            }
        }
        match named {
            // Python may find it elsewhere.
            Some(name) if project::is_module(name) => Ok(Some(Self {
                module: name.to_owned(),
                root: context.environment.base().to_owned(),
                file: None,
            })),
            Some(name) => {
                let title = format!("there are no settings `{name}`");
                let hint = "a module such as `shop.settings`, or a file such as `shop/settings.py`";
                Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
            }
            None => {
                let title = "there is no Django project here: no `manage.py` and no settings";
                let hint = "name the settings: `--settings shop.settings`";
                Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
            }
        }
    }

    fn of(
        context: &Context,
        base: &Path,
        file: PathBuf,
        named: Option<&str>,
    ) -> Result<Self, Exit> {
        let is_path = |name: &&str| base.join(name).is_file();
        let module = named.filter(|name| !is_path(name));
        if let Some(module) = module
            && let Some(root) = root_of(&file, module)
        {
            return Ok(Self {
                module: module.to_owned(),
                root: root.to_owned(),
                file: Some(file),
            });
        }
        let Some((root, module)) = project::module_name(base, &file) else {
            let shown = project::shown(context, &file);
            let title = format!("`{shown}` is no module that Python can import");
            return Err(context.fail(Diagnostic::new(Class::Usage, title)));
        };
        Ok(Self {
            module,
            root,
            file: Some(file),
        })
    }

    /// What it is for, as the profiles say, or else its name; `manifest` is there where the settings get its values.
    pub(super) fn stage(&self, profiles: &[String], manifest: Option<&Manifest>) -> Stage {
        if profiles.iter().any(|name| check::is_production(name)) {
            Stage::Production
        } else if check::is_development(&self.module) {
            Stage::Development
        } else {
            manifest.map_or_else(
                || check::stage(profiles),
                |manifest| check::stage_of(manifest, profiles),
            )
        }
    }
}

/// Where modules start, of one whose name and file are known.
fn root_of<'a>(file: &'a Path, module: &str) -> Option<&'a Path> {
    let is_package = file.ends_with("__init__.py");
    let depth = module.split('.').count() + usize::from(is_package);
    file.ancestors().nth(depth)
}

/// What was learnt of settings.
pub(super) struct Learnt {
    pub(super) files: Files,
    /// None where they cannot be evaluated.
    pub(super) evaluated: Option<Evaluated>,
    /// What stands in the way.
    pub(super) failures: Vec<Diagnostic>,
}

impl Learnt {
    /// Of settings that are not to be evaluated.
    pub(super) fn read(files: Option<Files>) -> Self {
        Self {
            files: files.unwrap_or_default(),
            evaluated: None,
            failures: Vec::new(),
        }
    }

    /// Of settings for which not all values are there.
    pub(super) fn stopped(context: &Context, target: &Target) -> Self {
        let failure = failure::cannot(target).cause("not all of its values can be used");
        Self::nothing(context, target, failure)
    }

    /// Of settings that cannot be evaluated: what can be read is read.
    fn nothing(context: &Context, target: &Target, failure: Diagnostic) -> Self {
        Self {
            files: Files::of(context, target),
            evaluated: None,
            failures: vec![failure],
        }
    }
}

/// Evaluates settings in the project's own Python.
pub(super) fn learn(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    target: &Target,
    handed: &Handed,
    started: Instant,
) -> Result<Learnt, Exit> {
    let given = command.resolve.then_some(&loaded.manifest);
    let stage = target.stage(&context.selection().profiles, given);
    let environment = handed.environment(context);
    let Some(python) = python(context, command, loaded, Some(target), &environment)? else {
        let failure = failure::cannot(target).cause("there is no Python here");
        let failure = failure.hint("`--python PATH` names the project's own");
        return Ok(Learnt::nothing(context, target, failure));
    };
    let situation = Situation {
        context,
        target,
        python: &python,
        may_resolve: !command.resolve && !loaded.manifest.source.text.is_empty(),
    };
    let variables = variables(&environment);
    let rest = context.deadline()?.saturating_sub(started.elapsed());
    let module = target.module.clone();
    let progress = context
        .progress(move |took| format!("evaluating `{module}` in its Python, {} s", took.as_secs()));
    let answer = evaluate(Question {
        python: &python,
        root: &target.root,
        module: &target.module,
        is_deployed: stage == Stage::Production,
        environment,
        within: rest.max(Duration::from_secs(1)),
    });
    drop(progress);
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            let failure = situation.tell(failure::cannot(target), &failure);
            return Ok(Learnt::nothing(context, target, failure));
        }
    };
    let unchecked = answer.checks.as_ref().err();
    let unchecked = unchecked.map(|failure| situation.tell(failure::unchecked(target), failure));
    let mut files = of_answer(context, target, &answer);
    if stage == Stage::Development {
        files.notes.push(format!(
            "`{}` is for development: Django's checks for deployments are left out",
            target.module
        ));
    }
    let main = (&files.all[..], files.mains.first().copied());
    let evaluated = Evaluated::new(answer, main, stage, &variables, handed.secrets());
    Ok(Learnt {
        evaluated: Some(evaluated),
        files,
        failures: unchecked.into_iter().collect(),
    })
}

/// The files that the settings are made of, once it is known which is theirs.
fn of_answer(context: &Context, target: &Target, answer: &Answer) -> Files {
    let root = target.root.canonicalize();
    let root = root.as_deref().unwrap_or(&target.root);
    // As the user knows it, not where links lead.
    let file = answer.file.as_ref().map(|file| {
        let inside = file.strip_prefix(root);
        inside.map_or_else(|_| file.clone(), |inside| target.root.join(inside))
    });
    let target = Target {
        module: target.module.clone(),
        root: target.root.clone(),
        file: file.or_else(|| target.file.clone()),
    };
    Files::of(context, &target)
}

/// The names of what drivers of databases find in the environment.
fn variables(environment: &[(OsString, OsString)]) -> Vec<String> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    let is_theirs = |name: &&str| DRIVERS.iter().any(|begin| name.starts_with(begin));
    names.filter(is_theirs).map(str::to_owned).collect()
}

/// The project's own interpreter; none where there is none at all.
pub(super) fn python(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    target: Option<&Target>,
    environment: &[(OsString, OsString)],
) -> Result<Option<OsString>, Exit> {
    let path = environment.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"), |(_, path)| path);
    let on_path = |name: &OsStr| {
        let mut places = std::env::split_paths(path).map(|directory| directory.join(name));
        places.find(|file| file.is_file())
    };
    if let Some(named) = &command.python {
        let whole = context.environment.base().join(named);
        let is_name = named.components().count() == 1;
        let found = Some(whole).filter(|path| path.is_file());
        let found = found.or_else(|| is_name.then(|| on_path(named.as_os_str())).flatten());
        return found
            .map(|path| Some(path.into_os_string()))
            .ok_or_else(|| {
                let title = format!("there is no interpreter `{}`", named.display());
                context.fail(Diagnostic::new(Class::Usage, title))
            });
    }
    let in_use = context.environment.var(VIRTUAL_ENV).map(PathBuf::from);
    let root = target.map(|target| target.root.as_path());
    let beside = root.into_iter().chain(bases(context, loaded));
    let beside = beside.flat_map(|base| [".venv", "venv"].map(|name| base.join(name)));
    let found = in_use
        .into_iter()
        .chain(beside)
        .map(|environment| environment.join("bin/python"))
        .find(|python| python.is_file());
    let found = found.or_else(|| {
        ["python3", "python"]
            .iter()
            .find_map(|name| on_path(OsStr::new(name)))
    });
    Ok(found.map(PathBuf::into_os_string))
}
