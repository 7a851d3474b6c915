//! `nuages check --fix`: makes the changes that fail closed, and reads the manifest again.

use std::{collections::BTreeSet, time::SystemTime};

use super::inspect;
use crate::{
    check::{self, Found},
    cli::{
        Exit, Outcome,
        context::{Context, Loaded},
    },
    diagnostic::{Class, Diagnostic},
    manifest::Manifest,
    render::file::write_atomically,
};

/// How often what a change brings to light is looked at again.
const ROUNDS: usize = 4;

pub(super) fn run(context: &Context, loaded: &mut Loaded) -> Outcome {
    if loaded.manifest.is_unread() {
        return Ok(());
    }
    let before = loaded.manifest.source.text.clone();
    let mut mended = BTreeSet::new();
    for _ in 0..ROUNDS {
        let now = SystemTime::now();
        let outcome = inspect(context, loaded, None, now)?;
        let entries = &loaded.manifest.check.allow;
        let allowed = check::allow(outcome.found, entries, now, check::Extent::Part);
        let found: Vec<&Found> = allowed
            .found
            .iter()
            .filter(|one| one.fix.as_ref().is_some_and(|fix| fix.is_safe))
            .collect();
        let Some(text) = check::fixed(&loaded.manifest, &found) else {
            break;
        };
        let name = loaded.manifest.source.name.clone();
        let changed = Manifest::read(name, text, &context.registry);
        // A change that breaks the manifest would be a defect of ours: it is not made.
        if changed.errors().len() > loaded.manifest.errors().len()
            || changed.source.text == loaded.manifest.source.text
        {
            break;
        }
        mended.extend(found.iter().map(|one| (one.rule.id, one.key.clone())));
        loaded.manifest = changed;
    }
    if loaded.manifest.source.text == before {
        context.note("nothing that `--fix` changes was found");
        return Ok(());
    }
    write(context, loaded)?;
    for (rule, key) in mended {
        context.note(&format!("mended {rule} at `{key}`"));
    }
    Ok(())
}

/// The file keeps its permissions; it holds no secret.
fn write(context: &Context, loaded: &Loaded) -> Result<(), Exit> {
    let mode = permissions(&loaded.path).unwrap_or(0o644);
    write_atomically(&loaded.path, loaded.manifest.source.text.as_bytes(), mode).map_err(|error| {
        let title = format!(
            "cannot write the manifest `{}`",
            loaded.manifest.source.name
        );
        context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
    })
}

fn permissions(path: &std::path::Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some(metadata.permissions().mode() & 0o777)
}
