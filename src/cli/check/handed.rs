//! What the project is handed while its settings are evaluated: our own environment, or with `--resolve` that which
//! `nuages exec` would give to a command.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::super::{
    Exit,
    arguments::Check,
    context::{Context, Loaded},
    exec::bootstrap,
};
use super::project::Target;
use crate::{
    check::{self, Brought},
    diagnostic::{Class, Diagnostic},
    exec::{child, files},
    keep::handover,
    plan::{Plan, plan},
    redact::{common::is_everybodys, is_too_short, values},
    report::visible,
    resolve::{Fetched, Part, Resolved},
    scan::words::{Look, bearing, look},
};

/// What was resolved, and where its files are. Holds secrets, so there is no `Debug`.
pub(super) struct Handed {
    pub(super) resolved: Option<Resolved>,
    /// Why some of it is missing.
    pub(super) failures: Vec<Diagnostic>,
    fetched: Vec<Fetched>,
    /// What a command would inherit, where references were resolved.
    inherited: Vec<(String, Zeroizing<String>)>,
    /// Names and values, where it is not our own environment.
    variables: Option<Vec<(OsString, OsString)>>,
    /// Secrets of our own environment, by the names of variables.
    own: Vec<Zeroizing<String>>,
    /// Go with this.
    files: Option<PrivateFiles>,
}

/// Files for one run, in memory where there is such a place.
struct PrivateFiles(PathBuf);

impl Drop for PrivateFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Handed {
    /// Our own environment.
    pub(super) fn ours(context: &Context) -> Self {
        let variables = context.environment.variables();
        let variables = variables.filter_map(|(name, value)| name.to_str().zip(value.to_str()));
        // `PWD` is a directory.
        let secrets = variables.filter(|(name, value)| {
            let is_short = is_too_short(value.as_bytes()) || is_everybodys(value.as_bytes());
            bearing(name).is_some() && look(value) != Look::NotSecret && !is_short
        });
        Self {
            own: secrets
                .map(|(_, value)| Zeroizing::new(value.to_owned()))
                .collect(),
            resolved: None,
            failures: Vec::new(),
            fetched: Vec::new(),
            inherited: Vec::new(),
            variables: None,
            files: None,
        }
    }

    /// What references bring, without files: each path of one is unknown.
    pub(super) fn values(context: &Context, loaded: &Loaded, plan: &Plan) -> Result<Self, Exit> {
        let nowhere = plan.has_files().then(|| PathBuf::from(check::UNMADE));
        let part = context.resolve_partly(plan, loaded, nowhere)?;
        Ok(Self::of(context, part))
    }

    /// What references bring, as a command would get it: variables, and files for as long as this lives; without these
    /// where something stands in the way.
    pub(super) fn whole(context: &Context, loaded: &Loaded, plan: &Plan) -> Result<Self, Exit> {
        let directory = plan.has_files().then(|| place(loaded, plan));
        let part = context.resolve_partly(plan, loaded, directory.clone())?;
        let mut handed = Self::of(context, part);
        let Some(document) = handed.resolved.as_mut() else {
            return Ok(handed);
        };
        if !handed.failures.is_empty() {
            return Ok(handed);
        }
        match handover::rendered(plan, &document.document) {
            Ok(rendered) => document.files.extend(rendered),
            Err(errors) => handed.failures.extend(errors),
        }
        let child = child::child_environment(
            context.environment.variables(),
            &bootstrap(context),
            false,
            document,
            directory.as_deref(),
        );
        match child {
            Ok(child) => handed.variables = Some(child.variables),
            Err(errors) => handed.failures.extend(errors),
        }
        if let Some(directory) = directory
            .filter(|_| handed.failures.is_empty())
            .filter(|_| !document.files.is_empty())
        {
            let files = PrivateFiles(directory);
            files::write(&files.0, &document.files).map_err(|error| context.fail(*error))?;
            handed.files = Some(files);
        }
        Ok(handed)
    }

    /// Nothing, since the manifest cannot be planned.
    pub(super) fn nothing(context: &Context) -> Self {
        let title = "cannot resolve the references: the manifest has mistakes";
        Self {
            failures: vec![Diagnostic::new(Class::Manifest, title)],
            ..Self::ours(context)
        }
    }

    fn of(context: &Context, part: Part) -> Self {
        let kept_back = bootstrap(context);
        let inherited = context.environment.variables();
        let inherited = inherited.filter_map(|(name, value)| name.to_str().zip(value.to_str()));
        let inherited = inherited.filter(|(name, _)| !kept_back.contains(name));
        let inherited =
            inherited.map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        Self {
            inherited: inherited.collect(),
            resolved: Some(part.resolved),
            fetched: part.fetched,
            failures: part.failures,
            ..Self::ours(context)
        }
    }

    /// What references have brought, for the rules.
    pub(super) fn brought(&self) -> Option<Brought<'_>> {
        self.resolved.as_ref().map(|resolved| Brought {
            document: &resolved.document,
            inherited: &self.inherited,
        })
    }

    /// All that the project's process gets.
    pub(super) fn environment(&self, context: &Context) -> Vec<(OsString, OsString)> {
        self.variables.clone().unwrap_or_else(|| {
            let ours = context.environment.variables();
            ours.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
    }

    /// Everything in it that is a secret.
    pub(super) fn secrets(&self) -> Vec<Zeroizing<String>> {
        let mut all = self.own.clone();
        if let Some(resolved) = &self.resolved {
            let (chosen, _) = values::of(resolved, &self.fetched);
            let texts = chosen
                .iter()
                .filter_map(|one| std::str::from_utf8(one.value).ok());
            all.extend(texts.map(|text| Zeroizing::new(text.to_owned())));
        }
        all
    }
}

/// What references bring, and what the project is handed.
pub(super) fn hand(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    target: Option<&Target>,
) -> Result<Handed, Exit> {
    if !command.resolve && !command.connect {
        return Ok(Handed::ours(context));
    }
    let (manifest, selection) = (&loaded.manifest, context.selection());
    let plan = match plan(manifest, &selection, &context.registry) {
        Ok(plan) => plan,
        // Its mistakes are told with all else that is found.
        Err(_) if manifest.select(&selection.profiles).is_ok() => {
            return Ok(Handed::nothing(context));
        }
        Err(errors) => return Err(context.fail_all(&errors, Some(&manifest.source))),
    };
    // The project, and drivers, read files of `[files]` too.
    if target.is_some() || command.connect {
        Handed::whole(context, loaded, &plan)
    } else {
        Handed::values(context, loaded, &plan)
    }
}

/// Where references were resolved without a profile, and one is for production, that is what was not looked at.
pub(super) fn base_alone(context: &Context, loaded: &Loaded, handed: &Handed) -> Option<String> {
    let is_base = context.selection().profiles.is_empty() && handed.resolved.is_some();
    let mut profiles = loaded.manifest.profiles().filter(|_| is_base);
    let production = visible(profiles.find(|name| check::is_production(name))?);
    Some(format!(
        "what stands outside of every profile is looked at as for development; `--profile {production}` looks at production"
    ))
}

/// A directory of this run alone: that of `nuages exec` belongs to what it has started.
fn place(loaded: &Loaded, plan: &Plan) -> PathBuf {
    let (directory, _) = files::directory(&loaded.environment, &loaded.path, &plan.profiles);
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let parent = directory.parent().unwrap_or(Path::new("/tmp"));
    parent.join(format!("{name}-check-{}", std::process::id()))
}
