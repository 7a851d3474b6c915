//! What help, man pages and the documentation say of exit codes and files: the one list of each.

use clap::Command;

/// An exit code.
pub(super) struct ExitCode {
    /// `0`.
    pub(super) code: &'static str,
    /// Two or three words, for help.
    pub(super) brief: &'static str,
    /// A sentence without its full stop.
    pub(super) meaning: &'static str,
}

const fn code(code: &'static str, brief: &'static str, meaning: &'static str) -> ExitCode {
    ExitCode {
        code,
        brief,
        meaning,
    }
}

/// How a run ends that has done what it says by itself.
pub(super) const EXIT_CODES: &[ExitCode] = &[
    code(
        "0",
        "ok",
        "all is done; a scan or a check found nothing that counts",
    ),
    code(
        "1",
        "findings",
        "a scan or a check found something, or nothing that runs answers `nuages status` in good health",
    ),
    code(
        "2",
        "usage",
        "the command line asks for something that cannot be",
    ),
    code(
        "3",
        "manifest",
        "there is no manifest, or it has mistakes; all of them are told",
    ),
    code(
        "4",
        "a provider failed",
        "a store refused, failed or has no such secret; a value cannot be used where it is wanted; or a scan could not read something",
    ),
    code(
        "5",
        "deadline",
        "time ran out before every store had answered; nothing else was wrong",
    ),
];

/// How a run ends that a command was to be run by.
pub(super) const COMMAND_CODES: &[ExitCode] = &[
    code(
        "126",
        "",
        "`nuages exec`: the command cannot be run; it is no program, or not allowed",
    ),
    code("127", "", "`nuages exec`: there is no such command"),
    code(
        "128+n",
        "",
        "the command was ended by signal n, which `exec --redact` and `exec --supervise` pass on so; also 141 where the reader \
         of the output has gone",
    ),
];

/// What a run reads and writes: the path, and what it is.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "nuages.toml",
        "the manifest: in the working directory, or in a parent up to the git root",
    ),
    (
        ".env",
        "what a `dotenv` instance reads, where it names no other",
    ),
    (
        "secrets.age",
        "the embedded store, where an `age` instance names no other",
    ),
    (
        "~/.config/nuages/age.key",
        "the secret key of the embedded store, where none is named; below `XDG_CONFIG_HOME` where that is set",
    ),
    (
        ".nuages-baseline.json",
        "known findings of a scan, which are not told again",
    ),
    (
        ".nuages-fingerprints.json",
        "keyed fingerprints of the manifest's values, for scans without access to the store",
    ),
    (
        ".gitleaks.toml",
        "rules and allowlists of a scan, where `[scan] config` or `--config` names it",
    ),
    (
        ".git/nuages/scan-cache-*",
        "what `nuages scan --history` has read already",
    ),
    (
        "/dev/shm/nuages-*",
        "the private directory of `[files]`: below `XDG_RUNTIME_DIR`, /dev/shm or /run, whichever is in memory and can be written",
    ),
];

/// The pages that the man pages and the help lead to.
pub(super) const DOCUMENTATION: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/docs");

/// What the help of `nuages` itself ends with.
pub(super) fn after_help() -> String {
    let codes: Vec<String> = EXIT_CODES
        .iter()
        .map(|code| format!("{} {}", code.code, code.brief))
        .collect();
    format!(
        "\
Examples:
  nuages init                                 a manifest of a project's settings
  nuages exec -- gunicorn shop.wsgi           start Django with its secrets
  nuages --profile migrate exec -- python manage.py migrate
  nuages render databases-json --output /run/shop/databases.json
  nuages plan                                 what would be fetched, from where
  nuages doctor                               does each store answer, and as whom
  nuages check                                is this database access as safe as it should be
  nuages scan --staged                        would this commit leak a secret

Exit codes: {};
126, 127 and 128+n come from the command that was to be run.
`nuages man COMMAND` shows the page of a command.",
        codes.join(", ")
    )
}

/// What stands below a command's options: its examples, and what is to be said besides.
pub(super) struct Afterword {
    /// A line each: what is typed, and a few words behind it where there are some.
    pub(super) examples: Vec<String>,
    /// As it is laid out in help.
    pub(super) notes: String,
}

/// Takes the text below a command's options apart.
pub(super) fn afterword(command: &Command) -> Afterword {
    let text = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let Some(rest) = text.strip_prefix("Examples:\n") else {
        return Afterword {
            examples: Vec::new(),
            notes: text,
        };
    };
    let (examples, notes) = rest.split_once("\n\n").unwrap_or((rest, ""));
    Afterword {
        examples: examples
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned())
            .collect(),
        notes: notes.to_owned(),
    }
}
