//! `sh`: export lines for a POSIX shell, read with `.` or `eval`, alike in dash 0.5.12 and bash 5.2.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// Names bash keeps for itself: it refuses the assignment, ignores it, or exports something else. (`OPTIND` stops dash
/// too, unless it is a number.) Found by assigning every variable of the bash manual, "Bash Variables", and
/// asking a child process what it got; the last two are from the manual of bash 5.3.
const KEPT_BY_BASH: &[&str] = &[
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
    "BASH_MONOSECONDS",
    "BASH_TRAPSIG",
];

/// `export NAME='…'` for every variable. A line break in a value stays one, inside the quotes.
pub(super) struct Sh;

impl Format for Sh {
    fn name(&self) -> &'static str {
        "sh"
    }

    fn summary(&self) -> &'static str {
        "export lines for a POSIX shell"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    lines::check(name, text)?;
    if is_kept_by_bash(name) {
        return Err("bash keeps this name for itself");
    }
    out.push_str("export ");
    out.push_str(name);
    out.push_str("='");
    for character in text.chars() {
        if character == '\'' {
            // Out of the quotes, a quote by itself, and back in.
            out.push_str(r"'\''");
        } else {
            out.push(character);
        }
    }
    out.push_str("'\n");
    Ok(())
}

/// Whether bash, told to export this name, does something else.
pub(super) fn is_kept_by_bash(name: &str) -> bool {
    KEPT_BY_BASH.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, text: &str) -> Result<String, &'static str> {
        let mut out = Buffer::new();
        write_line(&mut out, name, text)?;
        Ok(out.into_text().to_string())
    }

    #[test]
    fn nothing_leaves_the_quotes() {
        assert_eq!(
            line("A", "it's $HOME\n`id`\\").unwrap(),
            "export A='it'\\''s $HOME\n`id`\\'\n"
        );
        assert_eq!(line("A", "").unwrap(), "export A=''\n");
        assert_eq!(line("A", "'").unwrap(), "export A=''\\'''\n");
    }

    #[test]
    fn names_a_shell_would_not_take_are_refused() {
        for name in [
            "", "1A", "A-B", "A.B", "A B", "Ä", "A;id", "A\n", "_", "UID", "RANDOM", "OPTIND",
        ] {
            assert!(line(name, "x").is_err(), "{name:?}");
        }
        for name in ["A", "_A", "__", "a1", "PATH"] {
            assert!(line(name, "x").is_ok(), "{name:?}");
        }
        assert!(line("A", "\0").is_err());
    }
}
