//! What can be typed, with its help.

mod check;
mod scan;
mod status;

use std::{ffi::OsString, fmt::Write, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(super) use check::Check;
pub(super) use scan::{FindingFormat, Hook, HookChoice, HookCommand, Level, Scan, ScanCommand};
pub(super) use status::Status;

/// Secrets for Django deployments: references in `nuages.toml` become a rendered DATABASES, an env file, or the
/// environment of the command itself.
#[derive(Debug, Parser)]
#[command(name = "nuages", version, max_term_width = 100, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  nuages init                                           a manifest of a project's settings
  nuages exec -- gunicorn shop.wsgi                     start Django with its secrets
  nuages --profile migrate exec -- python manage.py migrate
  nuages render databases-json -o /run/shop/databases.json
  nuages plan                                           what would be fetched, from where
  nuages doctor                                         does each store answer, and as whom
  nuages check                                          is this database access as safe as it should be
  nuages scan --staged                                  would this commit leak a secret

Exit codes: 0 ok, 1 findings, 2 usage, 3 manifest, 4 a provider failed, 5 deadline;
126, 127 and 128+n come from the command that was to be run.";

/// Options of every command.
#[derive(Args, Debug)]
pub(super) struct Global {
    /// The manifest [default: nuages.toml here or in a parent up to the git root] [env: `NUAGES_MANIFEST`]
    #[arg(short = 'f', long, global = true, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// A profile to put on the manifest; repeatable, the last wins [env: `NUAGES_PROFILE`, separated by commas]
    #[arg(long, global = true, value_name = "NAME", action = ArgAction::Append)]
    pub(super) profile: Vec<String>,
    /// Keep these keys alone, repeatable: `env.NAME` or `NAME`, `databases.default`, `files.PATH`
    #[arg(long, global = true, value_name = "KEY,…", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Seconds for the whole run [default: 30] [env: `NUAGES_DEADLINE`]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(super) deadline: Option<Duration>,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Say more, never a value: what was fetched (-v), from where (-vv), what the command gets (-vvv)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colour in messages
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
}

/// When messages have colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// At a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Resolve, then become the command
    #[command(alias = "run")]
    Exec(Exec),
    /// Write one format: DATABASES as JSON, an env file, …
    Render(Render),
    /// Write one value to a pipe
    Get(Get),
    /// Show what would be fetched, from where, for which key; fetch nothing
    Plan(Plan),
    /// Ask each instance whether it answers, and as whom; read no secret
    Doctor(Doctor),
    /// Show what the supervisors that run keep fresh, and whether it is
    Status(Status),
    /// Make a manifest of a Django project's settings and its .env
    #[cfg(feature = "provider-local")]
    Init(Init),
    /// Store a secret in a store that can be written
    Put(Put),
    /// Make keys for the embedded store
    #[cfg(feature = "provider-local")]
    Key(Key),
    /// Hold the manifest, its values and its servers against the rules of good practice
    Check(Check),
    /// Find secrets in files, in what is staged, in history
    Scan(Box<Scan>),
    /// Git hooks that scan before a commit and before a push
    Hook(Hook),
    /// Mask the manifest's values in what comes through: a filter
    Redact(Redact),
    /// List the providers of this build and their settings
    Providers(Providers),
    /// Write the JSON Schema of the manifest, for editors
    Schema,
}

impl Command {
    /// Its name, as it is typed.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Exec(_) => "exec",
            Self::Render(_) => "render",
            Self::Get(_) => "get",
            Self::Plan(_) => "plan",
            Self::Doctor(_) => "doctor",
            Self::Status(_) => "status",
            #[cfg(feature = "provider-local")]
            Self::Init(_) => "init",
            Self::Put(_) => "put",
            #[cfg(feature = "provider-local")]
            Self::Key(_) => "key",
            Self::Check(_) => "check",
            Self::Scan(_) => "scan",
            Self::Hook(_) => "hook",
            Self::Redact(_) => "redact",
            Self::Providers(_) => "providers",
            Self::Schema => "schema",
        }
    }
}

/// `nuages exec`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages exec -- gunicorn shop.wsgi
  nuages --profile migrate exec -- python manage.py migrate
  nuages exec --pristine -- celery -A shop worker
  nuages exec --redact -- python manage.py migrate
  nuages exec --supervise --kill-after 25 -- gunicorn shop.wsgi

The command gets [env], DATABASES as JSON, and the paths of [files].
nuages becomes the command: same process, same arguments. With --redact it
stays as the command's parent: what the command writes is masked, signals
are handed on, and a terminal stays one. With --supervise it stays as an init:
for a container's first process, or where a command leaves processes behind.
Credentials that log in to a cloud are kept from it unless [env] passes
them on.")]
pub(super) struct Exec {
    /// Give the command only PATH, HOME, LANG and the like, and what the manifest sets
    #[arg(long)]
    pub(super) pristine: bool,
    /// Also resolve every variable whose whole value is a reference to a remote store; needs no manifest
    #[arg(long)]
    pub(super) from_env: bool,
    /// Mask the values in what the command writes, in every encoding
    #[arg(long)]
    pub(super) redact: bool,
    /// Stay as the command's init: hand on every signal, wait for orphans, end with the command's exit code
    #[arg(long)]
    pub(super) supervise: bool,
    /// Kill the command this long after it was told to end [default: wait, unless it is told again]
    #[arg(long, value_name = "SECONDS", requires = "supervise", value_parser = seconds)]
    pub(super) kill_after: Option<Duration>,
    /// Where [files] go [default: a private directory in memory, where there is such a place]
    #[arg(long, value_name = "DIR")]
    pub(super) files_dir: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// `nuages render`
#[derive(Args, Debug)]
pub(super) struct Render {
    /// The format
    #[arg(value_name = "FORMAT", default_value = "databases-json", long_help = format_help())]
    pub(super) format: String,
    /// Write this template file instead of a format: see `nuages render --help`
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub(super) template: Option<PathBuf>,
    /// Tell the format something: see its settings above
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) set: Vec<(String, String)>,
    /// Write to a file instead of standard output: 0600, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The file's permissions, in octal
    #[arg(long, value_name = "MODE", value_parser = mode, requires = "output", default_value = "0600")]
    pub(super) mode: u32,
    /// Show the values at a terminal, where they are masked otherwise
    #[arg(long)]
    pub(super) reveal: bool,
    /// For a CI system: tell it what to mask, and hand over nothing
    #[arg(long)]
    pub(super) mask_only: bool,
    /// For a CI system: hand over secrets that others will be able to read
    #[arg(long)]
    pub(super) force: bool,
}

/// `nuages get`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages get secrets://db-password | pbcopy
  nuages get 'secrets://stripe#live_key'
  nuages get 'secrets://tls-client-key | base64' > key.b64")]
pub(super) struct Get {
    /// What stands between `${` and `}` in a manifest
    #[arg(value_name = "REFERENCE")]
    pub(super) reference: String,
    /// Show the value at a terminal
    #[arg(long)]
    pub(super) reveal: bool,
}

/// `nuages plan`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages plan                              what would be fetched, from where
  nuages --profile prod plan --iam > policy.json
  nuages --profile prod plan --iam --kms-key arn:aws:kms:eu-west-1:123456789012:key/ID

--iam writes the policies of AWS's IAM and the role assignments of Azure that
reading takes: the very names that are planned, and nothing else. One document
comes alone, several come each under a heading.")]
pub(super) struct Plan {
    /// For machines
    #[arg(long)]
    pub(super) json: bool,
    /// What this template file would need, and nothing else
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
    /// What the identities that read must be allowed: IAM policies, Azure's role assignments
    #[arg(long)]
    pub(super) iam: bool,
    /// With --iam: a key of your own that secrets are encrypted with, by its ARN; repeatable
    #[arg(long, value_name = "ARN", requires = "iam")]
    pub(super) kms_key: Vec<String>,
}

/// `nuages doctor`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages doctor                            every instance of the manifest
  nuages --profile prod doctor secrets     one, as production has it
  nuages doctor --format json              for machines

All are asked at once, each one time, within --deadline. A program of kind
`command` is looked for and not run.")]
pub(super) struct Doctor {
    /// Ask these alone: instances, or providers that need no settings
    #[arg(value_name = "INSTANCE")]
    pub(super) instances: Vec<String>,
    /// How the answers are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    Human,
    /// For machines
    Json,
}

/// `nuages init`
#[cfg(feature = "provider-local")]
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages init                            shows what it would do, and asks at a terminal
  nuages init --into secrets             moves the values to an encrypted store first
  nuages init --provider aws-ssm --set prefix=/shop/prod/ --into secrets
  nuages init > proposal.toml            the manifest alone

Nothing of the project is run. The manifest goes to standard output, the
changes to standard error; no value is in either. Settings give a value up
only once the store has it, and gives it back.")]
pub(super) struct Init {
    /// The settings: a file, or a module [default: what manage.py, wsgi.py and asgi.py name]
    #[arg(long, value_name = "PATH|MODULE")]
    pub(super) settings: Option<String>,
    /// The env file [default: the .env beside the settings, or in a parent up to here]
    #[arg(long, value_name = "FILE")]
    pub(super) env_file: Option<PathBuf>,
    /// Where the secrets are to be [default: the .env where it has them all, else the embedded store]
    #[arg(long, value_name = "KIND")]
    pub(super) provider: Option<String>,
    /// A setting of that provider, such as `prefix=/shop/prod/`
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) set: Vec<(String, String)>,
    /// Move the values into the store, which the manifest is to call so
    #[arg(long, value_name = "INSTANCE")]
    pub(super) into: Option<String>,
    /// With --into: replace secrets that have other values there
    #[arg(long, requires = "into")]
    pub(super) replace: bool,
    /// Write the files without asking
    #[arg(long)]
    pub(super) write: bool,
    /// Do not ask about anything: write the files, and with --into move the values
    #[arg(long)]
    pub(super) yes: bool,
}

/// `nuages put`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages put db-password                      asks for the value
  pwgen -s 40 1 | nuages put db-password
  nuages put --overwrite secrets://tls-key < client.key")]
pub(super) struct Put {
    /// The secret's name, or a reference
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// The instance to write to, where the manifest has several that can be written
    #[arg(long, value_name = "NAME")]
    pub(super) instance: Option<String>,
    /// Replace a secret that exists
    #[arg(long)]
    pub(super) overwrite: bool,
    /// The key to encrypt with, in a store that uses a key service: an ID, an ARN or an alias
    #[arg(long, value_name = "KEY")]
    pub(super) kms_key: Option<String>,
    /// Keep the line break at the end of what is read
    #[arg(long)]
    pub(super) keep_newline: bool,
}

/// `nuages key`
#[cfg(feature = "provider-local")]
#[derive(Args, Debug)]
pub(super) struct Key {
    #[command(subcommand)]
    pub(super) command: KeyCommand,
}

/// What to do with keys.
#[cfg(feature = "provider-local")]
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key pair: the secret key to a file (0600), the public key to standard output
    New {
        /// The key file [default: the one the manifest's store reads, else ~/.config/nuages/age.key]; `-` for
        /// standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `nuages redact`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl logs shop-0 | nuages redact
  nuages --profile prod redact < build.log > build.masked.log

Masked as ******** are the manifest's values as they are, each line of those
with several, and both in base64, hex, percent-encoding, JSON's and other
escapes. Values of fewer than 4 bytes are named in a warning, not masked.")]
pub(super) struct Redact {
    /// Also mask what variables hold whose whole value is a reference to a remote store; needs no manifest
    #[arg(long)]
    pub(super) from_env: bool,
}

/// `nuages providers`
#[derive(Args, Debug)]
pub(super) struct Providers {
    /// For machines
    #[arg(long)]
    pub(super) json: bool,
}

fn format_help() -> String {
    let mut help = "The format:\n".to_owned();
    let mut list = |name: &str, summary: &str, settings: &[crate::render::Setting]| {
        // Writing to a string cannot fail.
        let _ = writeln!(help, "  {name:<22} {summary}");
        for setting in settings {
            let _ = writeln!(help, "      --set {:<16} {}", setting.name, setting.summary);
        }
    };
    for format in crate::render::FORMATS {
        list(format.name(), format.summary(), format.settings());
    }
    for translation in crate::cluster::TRANSLATIONS {
        list(
            translation.name(),
            translation.summary(),
            translation.settings(),
        );
    }
    for sink in crate::ci::SINKS {
        list(sink.name(), sink.summary(), sink.settings());
    }
    help.push_str(
        "\nWith --template FILE, the type of the file says how a value is written, by its name or by --set type=NAME:\n",
    );
    for file_type in crate::templating::TYPES {
        let _ = writeln!(help, "  {:<22} {}", file_type.name, file_type.summary);
    }
    help
}

/// `NAME=VALUE`, with a name.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a setting is written `NAME=VALUE`".to_owned()),
    }
}

/// A positive number of seconds, fractions allowed.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number = text
        .strip_suffix('s')
        .unwrap_or(text)
        .trim()
        .parse::<f64>()
        .ok();
    number
        .filter(|number| *number > 0.0)
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| "give a number of seconds above zero, such as 30 or 2.5".to_owned())
}

/// Permission bits that leave a secret to its owner and, where asked for, a group.
fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text.trim_start_matches("0o"), 8)
        .ok()
        .filter(|mode| *mode <= 0o777);
    let mode = mode.ok_or_else(|| "give permissions in octal, such as 0600".to_owned())?;
    if mode & 0o007 != 0 {
        return Err(
            "a file with secrets must not be open to everybody: the last digit must be 0"
                .to_owned(),
        );
    }
    Ok(mode)
}
