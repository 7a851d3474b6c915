//! What the project is handed while its settings are evaluated: our own environment, or with `--resolve` that which
//! `nuages exec` would give to a command.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::super::{
    Exit,
    context::{Context, Loaded},
    exec::bootstrap,
};
use crate::{
    exec::{child, files},
    keep::handover,
    plan::Plan,
    redact::{common::is_everybodys, is_too_short, values},
    resolve::{Fetched, Resolved},
    scan::words::{Look, bearing, look},
};

/// What was resolved, and where its files are. Holds secrets, so there is no `Debug`.
pub(super) struct Handed {
    pub(super) resolved: Option<Resolved>,
    fetched: Vec<Fetched>,
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
            fetched: Vec::new(),
            variables: None,
            files: None,
        }
    }

    /// What references bring, without a place for files.
    pub(super) fn values(context: &Context, loaded: &Loaded, plan: &Plan) -> Result<Self, Exit> {
        let resolved = context.resolve(plan, loaded, None)?;
        Ok(Self {
            resolved: Some(resolved),
            ..Self::ours(context)
        })
    }

    /// What references bring, as a command would get it: variables, and files for as long as this lives.
    pub(super) fn whole(context: &Context, loaded: &Loaded, plan: &Plan) -> Result<Self, Exit> {
        let directory = plan.has_files().then(|| place(loaded, plan));
        let (resolved, fetched) = context.resolve_with_secrets(plan, loaded, directory.clone())?;
        let mut handed = Self {
            fetched,
            ..Self::ours(context)
        };
        let mut document = resolved;
        let rendered = handover::rendered(plan, &document.document)
            .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))?;
        document.files.extend(rendered);
        let child = child::child_environment(
            context.environment.variables(),
            &bootstrap(context),
            false,
            &document,
            directory.as_deref(),
        )
        .map_err(|errors| context.fail_all(&errors, None))?;
        if let Some(directory) = directory.filter(|_| !document.files.is_empty()) {
            let files = PrivateFiles(directory);
            files::write(&files.0, &document.files).map_err(|error| context.fail(*error))?;
            handed.files = Some(files);
        }
        handed.variables = Some(child.variables);
        handed.resolved = Some(document);
        Ok(handed)
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

/// A directory of this run alone: that of `nuages exec` belongs to what it has started.
fn place(loaded: &Loaded, plan: &Plan) -> PathBuf {
    let (directory, _) = files::directory(&loaded.environment, &loaded.path, &plan.profiles);
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let parent = directory.parent().unwrap_or(Path::new("/tmp"));
    parent.join(format!("{name}-check-{}", std::process::id()))
}
