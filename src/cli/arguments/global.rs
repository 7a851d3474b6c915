//! Options of every command.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum};

use super::values::seconds;

/// Their heading in help.
const GLOBAL: &str = "Global options";

/// Options of every command.
#[derive(Args, Debug)]
pub(in crate::cli) struct Global {
    /// The manifest [default: nuages.toml here or in a parent up to the git root] [env: `NUAGES_MANIFEST`]
    #[arg(short = 'f', long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub(in crate::cli) manifest: Option<PathBuf>,
    /// Profiles to put on the manifest; repeatable, the last wins [env: `NUAGES_PROFILE`]
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',', action = ArgAction::Append, help_heading = GLOBAL)]
    pub(in crate::cli) profile: Vec<String>,
    /// Keep these keys alone, repeatable: `env.NAME` or `NAME`, `databases.default`, `files.PATH`
    #[arg(long, global = true, value_name = "KEY,…", value_delimiter = ',', help_heading = GLOBAL)]
    pub(in crate::cli) only: Vec<String>,
    /// Seconds for the whole run [default: 30] [env: `NUAGES_DEADLINE`]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, help_heading = GLOBAL)]
    pub(in crate::cli) deadline: Option<Duration>,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub(in crate::cli) quiet: bool,
    /// Say more, never a value: what was fetched (-v), from where (-vv), what the command gets (-vvv)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = GLOBAL)]
    pub(in crate::cli) verbose: u8,
    /// Colour in messages and reports [env: `NO_COLOR`, `CLICOLOR_FORCE`]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto, help_heading = GLOBAL)]
    pub(in crate::cli) color: Colour,
}

/// When messages have colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Colour {
    /// At a terminal, unless the environment says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
