//! What can be typed, with its help.

mod check;
mod global;
mod render;
mod scan;
mod status;
mod tools;
mod values;

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::guide;
#[cfg(feature = "provider-local")]
use values::pair;

pub(super) use check::Check;
pub(super) use global::{Colour, Global};
pub(super) use render::Render;
pub(super) use scan::{FindingFormat, Hook, HookChoice, HookCommand, Level, Scan, ScanCommand};
pub(super) use status::Status;
pub(super) use tools::{Completions, Man, Shell};
pub(super) use values::seconds;

/// Secrets for Django deployments: references in `nuages.toml` become a rendered DATABASES, an env file, or the
/// environment of the command itself.
#[derive(Debug, Parser)]
#[command(name = "nuages", version, max_term_width = 100, after_help = guide::after_help())]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
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
    #[command(after_help = "Examples:
  nuages schema > nuages.schema.json

In the manifest's first line it is for Taplo and Even Better TOML:
  #:schema ./nuages.schema.json")]
    Schema,
    /// Show the man page of nuages or of one of its commands
    Man(Man),
    /// Write a shell's completions
    Completions(Completions),
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
            Self::Man(_) => "man",
            Self::Completions(_) => "completions",
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
    #[arg(last = true, required = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    pub(super) command: Vec<OsString>,
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
#[command(after_help = "Examples:
  nuages key new                           a key pair for the manifest's store")]
pub(super) struct Key {
    #[command(subcommand)]
    pub(super) command: KeyCommand,
}

/// What to do with keys.
#[cfg(feature = "provider-local")]
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key pair: the secret key to a file (0600), the public key to standard output
    #[command(after_help = "Examples:
  nuages key new                           where the manifest's store looks for it
  nuages key new --output deploy.key       another key, such as a deployment's
  nuages key new --output - | ssh host 'cat > age.key'")]
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
#[command(after_help = "Examples:
  nuages providers                         each kind, its settings and its ?options
  nuages providers --json                  for machines")]
pub(super) struct Providers {
    /// For machines
    #[arg(long)]
    pub(super) json: bool,
}
