//! `nuages key`: keys of the embedded store.
#![expect(clippy::disallowed_methods, reason = "a new key goes to its file here")]

use std::path::{Path, PathBuf};

use super::{
    Exit, Outcome,
    arguments::{Key, KeyCommand},
    context::Context,
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan,
    render::{file::write_atomically, tracked::tracking},
};

pub(super) fn run(context: &Context, command: &Key) -> Outcome {
    match &command.command {
        KeyCommand::New { output } => new(context, output.as_deref()),
    }
}

fn new(context: &Context, output: Option<&Path>) -> Outcome {
    let (identity, recipient) = nuages_provider_local::age::new_identity();
    if output == Some(Path::new("-")) {
        context.note(&format!("public key: {recipient}"));
        return output::result(identity.expose());
    }
    let path = match output {
        Some(path) => path.to_owned(),
        None => default_file(context)?,
    };
    let shown = path.display();
    let refuse = |title: String, hint: &str| {
        Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
    };
    if path.exists() {
        return refuse(
            format!("`{shown}` is there already; nothing was changed"),
            "a key that is lost cannot be had again: name another file with `-o FILE`",
        );
    }
    if let Some(directory) = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        make_directories(directory).map_err(|error| failed(context, &path, &error))?;
    }
    if tracking(&path).is_some() {
        return refuse(
            format!("git would track `{shown}`: a key is not written there"),
            "a line in `.gitignore` makes this a safe place",
        );
    }
    write_atomically(&path, identity.expose(), 0o600)
        .map_err(|error| failed(context, &path, &error))?;
    context.note(&format!(
        "the secret key is in `{shown}`: keep it out of the repository and in a safe place"
    ));
    output::result(format!("{recipient}\n").as_bytes())
}

/// The key file of the manifest's store, where it names one, else the user's own.
fn default_file(context: &Context) -> Result<PathBuf, Exit> {
    let loaded = context.load_or_empty()?;
    if let Some(path) = plan::setting(&loaded.manifest, &context.selection(), "age", "key_file") {
        return Ok(loaded.environment.path(&path));
    }
    nuages_provider_local::age::default_key_file(&context.environment).ok_or_else(|| {
        context.fail(
            Diagnostic::new(Class::Usage, "there is no home directory for a key file")
                .hint("`-o FILE`"),
        )
    })
}

fn make_directories(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

fn failed(context: &Context, path: &Path, error: &std::io::Error) -> Exit {
    let title = format!("cannot write `{}`", path.display());
    context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
}
