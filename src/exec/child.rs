//! The child's environment: what was inherited, without our own credentials, with the manifest's values on top.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use crate::{
    diagnostic::{Class, Diagnostic},
    render::{self, env_text},
    resolve::Resolved,
    value::Value,
};

/// The longest `NAME=value` that Linux hands to a program, in bytes (`MAX_ARG_STRLEN` less its NUL).
pub const LONGEST_VARIABLE: usize = 131_071;

/// What stays of the environment under `--pristine`: what a program needs to run at all.
pub const PRISTINE: &[&str] = &[
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "PWD",
];

/// A child's environment, ready to hand over.
pub struct ChildEnvironment {
    /// Names and values, sorted by name.
    pub variables: Vec<(OsString, OsString)>,
    /// Names that were inherited and kept back.
    pub stripped: Vec<String>,
}

/// Shows names only.
impl std::fmt::Debug for ChildEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&OsString> = self.variables.iter().map(|(name, _)| name).collect();
        f.debug_struct("ChildEnvironment")
            .field("variables", &names)
            .field("stripped", &self.stripped)
            .finish()
    }
}

/// Makes the child's environment. `bootstrap` names, with which nuages itself logs in, are kept back unless the manifest
/// sets them: the child does not need what they fetch for it.
///
/// # Errors
/// Every variable that no process can be given, by name.
pub fn child_environment<'a>(
    inherited: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
    bootstrap: &[&str],
    pristine: bool,
    resolved: &Resolved,
    files: Option<&Path>,
) -> Result<ChildEnvironment, Vec<Diagnostic>> {
    let mut variables: BTreeMap<OsString, OsString> = BTreeMap::new();
    let mut stripped = Vec::new();
    for (name, value) in inherited {
        let is_bootstrap = bootstrap.iter().any(|own| name == OsStr::new(own));
        if is_bootstrap {
            stripped.push(name.to_string_lossy().into_owned());
        } else if !pristine || survives(name) {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    let mut errors = Vec::new();
    let mut set = |key: &str, name: &str, value: &[u8]| match refusal(name, value) {
        Some((reason, hint)) => {
            let title = format!("cannot hand over `{key}`: {reason}");
            errors.push(Diagnostic::new(Class::Provider, title).hint(hint));
        }
        None => {
            variables.insert(OsString::from(name), OsStr::from_bytes(value).to_owned());
        }
    };
    for (name, value) in resolved.document.env.iter() {
        set(&format!("env.{name}"), name, env_text(value).as_bytes());
    }
    if !resolved.document.databases.is_empty() {
        let databases = Value::Table(resolved.document.databases.clone());
        set(
            "databases",
            render::DATABASES,
            env_text(&databases).as_bytes(),
        );
    }
    for file in &resolved.files {
        if let Some(directory) = files {
            set(
                &file.key,
                &file.env,
                directory.join(&file.path).as_os_str().as_bytes(),
            );
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    stripped.retain(|name| !variables.contains_key(OsStr::new(name)));
    Ok(ChildEnvironment {
        variables: variables.into_iter().collect(),
        stripped,
    })
}

fn survives(name: &OsStr) -> bool {
    PRISTINE.iter().any(|kept| name == OsStr::new(kept)) || name.as_bytes().starts_with(b"LC_")
}

/// Why the kernel or the C library would not take a variable, and what to do; `execve` itself would not say which.
fn refusal(name: &str, value: &[u8]) -> Option<(String, &'static str)> {
    if value.contains(&0) {
        let reason = "the value holds a NUL byte, which ends a string in an environment".to_owned();
        return Some((
            reason,
            "`| base64` makes text of any bytes; `[files]` holds them as they are",
        ));
    }
    let length = name.len() + 1 + value.len();
    (length > LONGEST_VARIABLE).then(|| {
        let reason = format!(
            "`{name}` with its value has {length} bytes, and an environment string has at most {LONGEST_VARIABLE}"
        );
        (reason, "give a long value to the command as a file: `[files]`")
    })
}
