//! What the settings of an instance mean: which program, which arguments, which protocol.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use nuages_provider::{Environment, Error, Result, Settings};

/// What `protocol` may be.
pub(super) const PROTOCOLS: &[&str] = &["value", "json-lines"];

/// What `stderr` may be.
pub(super) const STDERR: &[&str] = &["discard", "inherit"];

/// What stands for the name in `argv`.
pub(super) const PLACEHOLDER: &str = "{}";

/// The exit status that says "there is no such secret" unless `not_found_code` says otherwise. It recalls HTTP's 404,
/// and it is what `security find-generic-password` of macOS gives (the low byte of `errSecItemNotFound`, -25300).
const NOT_FOUND_CODE: i32 = 44;

/// Programs that take a script after `-c`.
const SHELLS: &[&str] = &["sh", "ash", "bash", "dash", "ksh", "zsh", "fish"];

/// A program, ready to be run.
pub(crate) struct Command {
    /// `argv[0]` as written.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The rest of `argv`, placeholders and all.
    pub(crate) arguments: Vec<String>,
    pub(crate) protocol: Protocol,
    pub(crate) error_output: ErrorOutput,
    /// The variables and the directory it runs in.
    pub(crate) environment: Environment,
}

/// Where a program's error output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorOutput {
    Discarded,
    /// To ours.
    Inherited,
    /// To whoever runs it: read to say what failed, never shown.
    Read,
}

/// How a program is spoken to.
pub(crate) enum Protocol {
    /// One process a reference; what it prints is the value.
    Value(ValueRules),
    /// One process for all.
    JsonLines,
}

/// How the end of a process is read where its output is the value.
#[derive(Clone, Copy)]
pub(crate) struct ValueRules {
    pub(super) keep_newline: bool,
    pub(super) not_found_code: i32,
}

impl Command {
    /// Reads the settings and finds the program.
    pub(super) fn new(settings: &Settings, environment: Environment) -> Result<Self> {
        let argv = settings.list("argv").unwrap_or_default();
        let Some((name, arguments)) = argv.split_first() else {
            return Err(Error::invalid_settings("`argv` is missing").with_hint(
                "name the program and its arguments: `argv = [\"pass\", \"show\", \"{}\"]`",
            ));
        };
        if argv.iter().any(|item| item.contains('\0')) {
            return Err(Error::invalid_settings("`argv` holds a NUL character"));
        }
        if name.contains(PLACEHOLDER) {
            return Err(Error::invalid_settings(
                "the program itself, `argv[0]`, cannot depend on the name",
            ));
        }
        refuse_script_injection(argv)?;
        let protocol = protocol(settings, arguments)?;
        Ok(Self {
            path: find(name, &environment)?,
            name: name.clone(),
            arguments: arguments.to_vec(),
            protocol,
            error_output: match settings.text("stderr") {
                Some("inherit") => ErrorOutput::Inherited,
                _ => ErrorOutput::Discarded,
            },
            environment,
        })
    }
}

fn protocol(settings: &Settings, arguments: &[String]) -> Result<Protocol> {
    if settings.text("protocol") == Some("json-lines") {
        for unused in ["keep_newline", "not_found_code"] {
            if settings.flag(unused) || settings.integer(unused).is_some() {
                return Err(Error::invalid_settings(format!(
                    "`{unused}` has no meaning with `protocol = \"json-lines\"`"
                )));
            }
        }
        if arguments
            .iter()
            .any(|argument| argument.contains(PLACEHOLDER))
        {
            return Err(Error::invalid_settings(
                "`{}` has no meaning with `protocol = \"json-lines\"`",
            )
            .with_hint("the names are written to the program's standard input"));
        }
        return Ok(Protocol::JsonLines);
    }
    let not_found_code = match settings.integer("not_found_code") {
        None => NOT_FOUND_CODE,
        Some(code) => i32::try_from(code)
            .ok()
            .filter(|code| (1..=255).contains(code))
            .ok_or_else(|| {
                Error::invalid_settings("`not_found_code` is an exit status: 1 to 255")
            })?,
    };
    Ok(Protocol::Value(ValueRules {
        keep_newline: settings.flag("keep_newline"),
        not_found_code,
    }))
}

/// A name that is pasted into a shell's script would be run by it.
fn refuse_script_injection(argv: &[String]) -> Result<()> {
    let is_shell = |item: &&String| {
        Path::new(item)
            .file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|file| SHELLS.contains(&file))
    };
    // `-c` may end a bundle of short options, as in `-ec`.
    let takes_script =
        |item: &&String| item.starts_with('-') && !item.starts_with("--") && item.ends_with('c');
    let mut items = argv.iter();
    let Some(shell) = items.find(is_shell) else {
        return Ok(());
    };
    if items
        .find(takes_script)
        .and_then(|_| items.next())
        .is_some_and(|script| script.contains(PLACEHOLDER))
    {
        return Err(Error::invalid_settings("`{}` stands in a shell's script, which would run the name as code").with_hint(
            format!("pass it as an argument: `argv = [\"{shell}\", \"-c\", \"… \\\"$1\\\"\", \"{shell}\", \"{{}}\"]`"),
        ));
    }
    Ok(())
}

/// Where the program is: below the manifest's directory or absolute where it is written with a `/`, in `PATH` otherwise.
/// Relative directories in `PATH` are passed over, so that a checkout cannot put a program in the way.
pub(crate) fn find(name: &str, environment: &Environment) -> Result<PathBuf> {
    if name.is_empty() {
        return Err(Error::invalid_settings("the program, `argv[0]`, is empty"));
    }
    if name.contains('/') {
        // The child starts in the manifest's directory, so a relative path would be read from there, twice.
        let base = fs::canonicalize(environment.base())
            .unwrap_or_else(|_| environment.base().to_path_buf());
        let path = if name.starts_with("~/") {
            environment.path(name)
        } else {
            base.join(name)
        };
        executable(&path, name)?;
        return Ok(path);
    }
    let directories = environment.var("PATH").unwrap_or_default();
    let mut refused = None;
    for directory in std::env::split_paths(directories).filter(|directory| directory.is_absolute())
    {
        let path = directory.join(name);
        match executable(&path, name) {
            Ok(()) => return Ok(path),
            Err(error) if path.is_file() => refused = Some(error),
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| {
        Error::invalid_settings(format!("the program `{name}` is not in `PATH`")).with_hint(
            "install it, or write its path: one with a `/` starts at the manifest's directory",
        )
    }))
}

/// Says why the file at `path` cannot be run, where it cannot.
pub(crate) fn executable(path: &Path, name: &str) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::invalid_settings(format!("the program `{name}` does not exist"))
                .with_hint("a path with a `/` starts at the manifest's directory")
        }
        kind => Error::invalid_settings(format!("the program `{name}` cannot be reached: {kind}")),
    })?;
    if !metadata.is_file() {
        return Err(Error::invalid_settings(format!(
            "the program `{name}` is not a file"
        )));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o111 == 0 {
            return Err(
                Error::invalid_settings(format!("the program `{name}` is not executable"))
                    .with_hint(format!(
                        "`chmod +x {name}`, or name its interpreter first in `argv`"
                    )),
            );
        }
    }
    Ok(())
}
