//! The child's environment: what was inherited, without our own credentials, with the manifest's values on top, and the
//! names of what was set.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use crate::{
    diagnostic::{Class, Diagnostic},
    redact::values,
    render::{self, env_text},
    resolve::Resolved,
    value::Value,
    variables::{NUAGES_SECRETS, NUAGES_SET},
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
    let mut names = Names::default();
    let mut set = |key: &str, name: &str, value: &[u8], is_secret: bool| {
        if let Some((reason, hint)) = refusal(name, value) {
            let title = format!("cannot hand over `{key}`: {reason}");
            errors.push(Diagnostic::new(Class::Provider, title).hint(hint));
            return;
        }
        variables.insert(OsString::from(name), OsStr::from_bytes(value).to_owned());
        names.add(name, is_secret);
    };
    for (name, value) in resolved.document.env.iter() {
        let is_secret = values::holds_secret(value);
        set(
            &format!("env.{name}"),
            name,
            env_text(value).as_bytes(),
            is_secret,
        );
    }
    if !resolved.document.databases.is_empty() {
        let databases = Value::Table(resolved.document.databases.clone());
        set(
            "databases",
            render::DATABASES,
            env_text(&databases).as_bytes(),
            values::database_holds_secret(&resolved.document.databases),
        );
    }
    for file in &resolved.files {
        if let Some(directory) = files {
            set(
                &file.key,
                &file.env,
                directory.join(&file.path).as_os_str().as_bytes(),
                // A path; the secret is in the file.
                false,
            );
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    names.tell(&mut variables);
    stripped.retain(|name| !variables.contains_key(OsStr::new(name)));
    Ok(ChildEnvironment {
        variables: variables.into_iter().collect(),
        stripped,
    })
}

/// The names of what was set.
#[derive(Default)]
struct Names {
    set: BTreeSet<String>,
    secret: BTreeSet<String>,
}

impl Names {
    fn add(&mut self, name: &str, is_secret: bool) {
        // It could not be told from two names; only a variable that was inherited may be called so.
        if name.contains(',') {
            return;
        }
        self.set.insert(name.to_owned());
        if is_secret {
            self.secret.insert(name.to_owned());
        }
    }

    /// Puts both lists into `variables`, each united with that of a nuages around this one, as far as its variables are
    /// still there.
    fn tell(self, variables: &mut BTreeMap<OsString, OsString>) {
        let inherited = |list: &str| -> BTreeSet<String> {
            // One name that is no text takes none of the others with it.
            let names = variables.get(OsStr::new(list)).cloned().unwrap_or_default();
            let names = names.to_string_lossy();
            names
                .split(',')
                .filter(|name| ![NUAGES_SET, NUAGES_SECRETS].contains(name))
                .filter(|name| variables.contains_key(OsStr::new(name)))
                // What was set anew is what it is now.
                .filter(|name| !self.set.contains(*name))
                .map(str::to_owned)
                .collect()
        };
        let lists = [
            (NUAGES_SET, &self.set | &inherited(NUAGES_SET)),
            (NUAGES_SECRETS, &self.secret | &inherited(NUAGES_SECRETS)),
        ];
        for (list, names) in lists {
            let names: Vec<String> = names.into_iter().collect();
            variables.insert(OsString::from(list), OsString::from(names.join(",")));
        }
    }
}

fn survives(name: &OsStr) -> bool {
    PRISTINE.iter().any(|kept| name == OsStr::new(kept)) || name.as_bytes().starts_with(b"LC_")
}

/// Why the kernel or the C library would not take a variable, and what to do; `execve` itself would not say which.
fn refusal(name: &str, value: &[u8]) -> Option<(String, &'static str)> {
    if [NUAGES_SET, NUAGES_SECRETS].contains(&name) {
        let reason = format!("`{name}` names what nuages has set");
        return Some((reason, "choose another name"));
    }
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
