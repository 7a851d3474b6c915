//! Arguments of `nuages man` and `nuages completions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// `nuages man`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages man                               the page of nuages itself
  nuages man exec                          that of a command
  nuages man scan rules                    that of a command of a command
  nuages man exec > nuages-exec.1
  nuages man --out /usr/local/share/man/man1

At a terminal `man` shows the page; where there is no `man`, the command's
help is shown instead. Anywhere else the page is written as roff.")]
pub(in crate::cli) struct Man {
    /// Whose page
    #[arg(value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<String>,
    /// Write all pages into this directory: nuages.1, nuages-exec.1, …
    #[arg(long, value_name = "DIR", conflicts_with = "command", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// `nuages completions`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages completions bash > ~/.local/share/bash-completion/completions/nuages
  nuages completions zsh > ~/.zfunc/_nuages
  nuages completions fish > ~/.config/fish/completions/nuages.fish
  nuages completions elvish > ~/.config/elvish/lib/nuages.elv
  nuages completions powershell >> $PROFILE
  nuages completions nushell > ~/.config/nushell/nuages.nu

bash reads its file by itself where the package bash-completion is installed.
zsh wants the directory in its path, in ~/.zshrc before compinit:
  fpath=(~/.zfunc $fpath)
  autoload -Uz compinit && compinit
fish reads its file by itself. elvish takes `use nuages` in rc.elv, nushell
`use nuages.nu *` in config.nu. For all users of a machine:
  nuages completions bash > /usr/share/bash-completion/completions/nuages
  nuages completions zsh > /usr/share/zsh/vendor-completions/_nuages
  nuages completions fish > /usr/share/fish/vendor_completions.d/nuages.fish")]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// A shell whose completions are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shell {
    /// GNU Bash
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
    /// Elvish
    Elvish,
    #[value(help = "PowerShell")]
    Powershell,
    /// Nushell
    Nushell,
    /// What the scripts ask for when a profile is typed
    #[value(hide = true)]
    Profiles,
    /// What the scripts ask for when a reference is typed
    #[value(hide = true)]
    Instances,
}
