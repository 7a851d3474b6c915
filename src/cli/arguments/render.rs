//! Arguments of `nuages render`, and the list of formats in its help.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;

use super::values::{mode, pair};

/// `nuages render`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages render                                   DATABASES as JSON, masked at a terminal
  nuages render dotenv --output /run/shop/env     an env file, 0600, whole or not at all
  nuages render k8s-secret --set name=shop | kubectl apply -f -
  nuages render github                            to the next steps of a CI job
  nuages render --template pgbouncer.ini.j2 --output /run/shop/pgbouncer.ini

A value that a format cannot hold is an error that names the key; nothing is
written then. A file that git tracks, or would track, is refused.")]
pub(in crate::cli) struct Render {
    /// The format
    #[arg(value_name = "FORMAT", default_value = "databases-json", long_help = format_help())]
    pub(in crate::cli) format: String,
    /// Write this template file instead of a format: see `nuages render --help`
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub(in crate::cli) template: Option<PathBuf>,
    /// Tell the format something: see its settings above
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(in crate::cli) set: Vec<(String, String)>,
    /// Write to a file instead of standard output: 0600, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// The file's permissions, in octal
    #[arg(long, value_name = "MODE", value_parser = mode, requires = "output", default_value = "0600")]
    pub(in crate::cli) mode: u32,
    /// Show the values at a terminal, where they are masked otherwise
    #[arg(long)]
    pub(in crate::cli) reveal: bool,
    /// For a CI system: tell it what to mask, and hand over nothing
    #[arg(long)]
    pub(in crate::cli) mask_only: bool,
    /// For a CI system: hand over secrets that others will be able to read
    #[arg(long)]
    pub(in crate::cli) force: bool,
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
