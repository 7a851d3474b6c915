//! The manifest's own values: resolved, or by their fingerprints.

use std::path::Path;

use super::{
    super::{
        Exit, Outcome,
        arguments::Scan,
        context::{Context, Loaded},
    },
    read_named,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    render::file::write_atomically,
    resolve::{Bytes, Fetched},
    scan::{
        known::{Key, Known, Named},
        words::{self, Look},
    },
    variables::NUAGES_SCAN_KEY,
};

/// What to look for besides the rules.
pub(super) fn load(context: &Context, command: &Scan, loaded: &Loaded) -> Result<Vec<Known>, Exit> {
    let mut all = Vec::new();
    if command.known {
        let fetched = fetch(context, loaded)?;
        let (wanted, left) = choose(&fetched);
        let (known, short) = Known::values(&wanted);
        for key in short {
            context.note(&format!("`{key}` is too short to be looked for"));
        }
        if context.global.verbose > 0 {
            for key in left {
                context.note(&format!(
                    "`{key}` is not looked for: it does not look like a secret"
                ));
            }
        }
        all.push(known);
    }
    if let Some(path) = &command.fingerprints {
        let file = read_named(context, path, "the fingerprints")?;
        let key = key(context, loaded)?;
        let known = Known::read(&file, key).map_err(|error| {
            let title = format!("cannot use the fingerprints `{}`", path.display());
            context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
        })?;
        all.push(known);
    }
    Ok(all)
}

/// `nuages scan fingerprint`
pub(super) fn write_fingerprints(context: &Context, output: &Path) -> Outcome {
    let loaded = context.load()?;
    let key = key(context, &loaded)?;
    let fetched = fetch(context, &loaded)?;
    let (wanted, left) = choose(&fetched);
    let file = Known::write(&wanted, &key);
    let path = context.environment.base().join(output);
    // It may be committed and read by everybody: that is what it is for.
    write_atomically(&path, file.as_bytes(), 0o644).map_err(|error| {
        let title = format!("cannot write `{}`", output.display());
        context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
    })?;
    let many = wanted.len();
    context.note(&format!(
        "wrote the fingerprints of {many} values to `{}`",
        output.display()
    ));
    for key in left {
        context.note(&format!(
            "`{key}` is left out: it does not look like a secret"
        ));
    }
    Ok(())
}

fn fetch(context: &Context, loaded: &Loaded) -> Result<Vec<Fetched>, Exit> {
    let plan = context.plan(loaded)?;
    context.lasting_secrets(&plan, loaded)
}

/// What is worth looking for, and the keys of what is not: a host or a port that comes out of a store stands everywhere.
fn choose(fetched: &[Fetched]) -> (Vec<Named<'_>>, Vec<&str>) {
    let mut wanted = Vec::new();
    let mut left = Vec::new();
    for secret in fetched {
        let value = secret.value.expose();
        let names = [secret.key.as_str(), secret.locator.as_str()];
        let is_named = names.iter().any(|name| names_secret(name));
        let look = std::str::from_utf8(value).map_or(Look::Random, words::look);
        if look == Look::Random || (is_named && look != Look::Placeholder) {
            wanted.push(Named {
                name: &secret.key,
                value,
            });
        } else {
            left.push(secret.key.as_str());
        }
    }
    (wanted, left)
}

/// Whether the last part of a key or a locator is a name that secrets have.
fn names_secret(name: &str) -> bool {
    let last = name.rsplit(['.', '/', '#', ':']).next().unwrap_or(name);
    words::bearing(last).is_some()
}

/// The key of fingerprints and baselines: from the environment, or by `[scan] key`.
fn key(context: &Context, loaded: &Loaded) -> Result<Key, Exit> {
    let refuse = |error: String| {
        context.fail(
            Diagnostic::new(Class::Usage, "the key of the fingerprints cannot be used")
                .cause(error),
        )
    };
    if let Some(text) = context.environment.text(NUAGES_SCAN_KEY) {
        return Key::new(text.as_bytes()).map_err(|error| refuse(error.to_string()));
    }
    match key_bytes(context, loaded)? {
        Some(bytes) => Key::new(bytes.expose()).map_err(|error| refuse(error.to_string())),
        None => Err(context.fail(
            Diagnostic::new(Class::Usage, "fingerprints need a key").hint(
                "put 32 random bytes or more into a store (`openssl rand -base64 32 | nuages put scan-key`), and name them: `[scan]` `key = \"${secrets://scan-key}\"`",
            ),
        )),
    }
}

/// What `[scan] key` leads to.
pub(super) fn key_bytes(context: &Context, loaded: &Loaded) -> Result<Option<Bytes>, Exit> {
    let Some(reference) = &loaded.manifest.scan.key else {
        return Ok(None);
    };
    let plan = context.plan_reference(loaded, &reference.text)?;
    Ok(context.resolve(&plan, loaded, None)?.single)
}
