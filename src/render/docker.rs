//! `docker`: a file for `docker run --env-file` and `kubectl create secret --from-env-file`, where quotes are data and
//! nothing can be escaped. The rules are those of `pkg/kvfile/kvfile.go` in docker/cli 28 and 29 and of
//! `pkg/cmd/util/env_file.go` in kubectl 1.34; both read lines with Go's `bufio.Scanner`.

use super::buffer::Buffer;
use super::{Document, Format, Rendered, Settings, lines};

/// The longest line, in bytes without its line break: `bufio.MaxScanTokenSize` (64 KiB) has to hold the break too.
/// kubectl does not even say so when it stops there.
pub(super) const LONGEST_LINE: usize = 64 * 1024 - 1;

/// `NAME=text` for every variable, each text as it is.
pub(super) struct Docker;

impl Format for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn summary(&self) -> &'static str {
        "a file for docker run --env-file and kubectl --from-env-file"
    }

    fn write(&self, document: &Document, _: &Settings) -> Rendered {
        lines::render(document, write_line)
    }
}

fn write_line(out: &mut Buffer, name: &str, text: &str) -> Result<(), &'static str> {
    check_name(name)?;
    if text.contains('\0') {
        return Err("no environment variable can hold a NUL character");
    }
    if text.contains('\n') {
        return Err("`docker` env files cannot hold a line break");
    }
    if text.ends_with('\r') {
        return Err("`docker` env files cannot hold a carriage return at the end of a value");
    }
    if name.len() + 1 + text.len() > LONGEST_LINE {
        return Err(
            "`docker` env files cannot hold a line longer than 65535 bytes, name and `=` included",
        );
    }
    out.push_str(name);
    out.push('=');
    out.push_str(text);
    out.push('\n');
    Ok(())
}

/// Docker takes more; kubectl stops at any other name (`IsEnvVarName` in apimachinery's `validation.go`).
fn check_name(name: &str) -> Result<(), &'static str> {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() {
        Err("the name is empty")
    } else if !name.bytes().all(is_sign) || name.starts_with(|first: char| first.is_ascii_digit()) {
        Err(
            "kubectl takes names of ASCII letters, digits, `-`, `.` and `_` alone, and no digit first",
        )
    } else if name == "." || name.starts_with("..") {
        Err("kubectl takes no name that is `.` or begins with `..`")
    } else {
        Ok(())
    }
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
    fn text_stands_as_it_is() {
        for text in [
            "",
            " 'a' \"b\" # $X ${X} \\ ",
            "a\rb",
            "\u{85}\u{2028}é",
            "==",
        ] {
            assert_eq!(line("A", text).unwrap(), format!("A={text}\n"));
        }
    }

    #[test]
    fn what_docker_would_change_is_refused() {
        for text in ["a\nEVIL=1", "\n", "a\r", "a\0"] {
            assert!(line("A", text).is_err(), "{text:?}");
        }
        for name in [
            "",
            "#A",
            "A B",
            "A\tB",
            "A=B",
            "\u{a0}A",
            "\u{feff}A",
            "A\n",
            "1A",
            "é",
            ".",
            "..a",
        ] {
            assert!(line(name, "x").is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_may_be_those_of_files() {
        for name in ["a-b", "tls.crt", "_", "-", ".a"] {
            assert!(line(name, "x").is_ok(), "{name:?}");
        }
    }

    #[test]
    fn the_limit_counts_the_whole_line() {
        assert!(line("AB", &"x".repeat(65_535 - 3)).is_ok());
        assert!(line("AB", &"x".repeat(65_535 - 2)).is_err());
        assert!(line("AB", &"é".repeat(32_766)).is_ok());
        assert!(line("AB", &"é".repeat(32_767)).is_err());
    }
}
