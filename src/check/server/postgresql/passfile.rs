//! A password out of libpq's password file, found as `passwordFromFile` of `fe-connect.c` finds it: the first line whose
//! fields are those of the login, letter for letter, or `*`. <https://www.postgresql.org/docs/18/libpq-pgpass.html>

use std::{io::ErrorKind, os::unix::fs::MetadataExt as _, path::Path};

use zeroize::Zeroizing;

use super::hosts::Host;
use crate::reading;

/// Longer ones are not read.
const LONGEST: u64 = 1 << 20;

/// What came of a look into the file.
pub(super) enum Found {
    Password(Zeroizing<String>),
    /// Not there, or no line of it is for this login.
    Nothing,
    /// libpq does not read it either.
    Unreadable(&'static str),
}

/// The password for a login at one of its servers.
pub(super) fn find(path: &Path, host: &Host, database: &str, user: &str) -> Found {
    let Ok(about) = path.metadata() else {
        return Found::Nothing;
    };
    if !about.is_file() {
        return Found::Unreadable("the password file is no plain file");
    }
    if about.mode() & 0o077 != 0 {
        return Found::Unreadable(
            "others than its owner can read the password file, so libpq ignores it",
        );
    }
    let text = match reading::text(path, LONGEST).map(Zeroizing::new) {
        Ok(text) => text,
        Err(error) => {
            return match error.kind() {
                ErrorKind::InvalidData => Found::Unreadable("the password file is not UTF-8"),
                ErrorKind::FileTooLarge => {
                    Found::Unreadable("the password file is larger than 1 MiB")
                }
                _ => Found::Nothing,
            };
        }
    };
    let port = host.port.to_string();
    let wanted = [searched(host), &port, database, user];
    let password = text.lines().find_map(|line| password(line, wanted));
    password.map_or(Found::Nothing, Found::Password)
}

/// What libpq looks for in the first field.
fn searched(host: &Host) -> &str {
    match host.name.as_str() {
        "" => host.address.as_deref().unwrap_or_default(),
        // The directory that a build has for its own.
        "/var/run/postgresql" | "/tmp" => "localhost",
        name => name,
    }
}

/// The rest of a line whose first four fields match.
fn password(line: &str, wanted: [&str; 4]) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    for wanted in wanted {
        let (field, after) = field(rest)?;
        if *field != *wanted && &rest[..rest.len() - after.len() - 1] != "*" {
            return None;
        }
        rest = after;
    }
    Some(unescaped(rest))
}

/// A field and what stands behind its colon.
fn field(text: &str) -> Option<(Zeroizing<String>, &str)> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ':' => return Some((unescaped(&text[..at]), &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.extend(characters.next()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn found(text: &str, mode: u32) -> Result<Option<String>, &'static str> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let host = Host {
            name: "db:1".to_owned(),
            address: None,
            port: 5432,
        };
        match find(file.path(), &host, "shop", "ann") {
            Found::Password(password) => Ok(Some(password.to_string())),
            Found::Nothing => Ok(None),
            Found::Unreadable(why) => Err(why),
        }
    }

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        for (text, password) in [
            ("db\\:1:5432:shop:ann:one\n*:*:*:*:two\n", Some("one")),
            ("other:5432:shop:ann:one\n*:*:*:*:two", Some("two")),
            ("# *:*:*:*:no\n*:*:*:ann:a\\:b\\\\c:d\n", Some("a:b\\c:d")),
            // An escaped star is a star.
            ("\\*:*:*:*:one\n", None),
            ("db\\:1:5433:shop:ann:one\n", None),
            ("*:*:*:*", None),
            ("", None),
        ] {
            assert_eq!(found(text, 0o600).unwrap().as_deref(), password, "{text}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored() {
        assert!(found("*:*:*:*:one", 0o640).unwrap_err().contains("ignores"));
        assert_eq!(found("*:*:*:*:one", 0o400), Ok(Some("one".to_owned())));
        let nowhere = Path::new("/nowhere/at/all");
        let host = Host {
            name: String::new(),
            address: None,
            port: 1,
        };
        assert!(matches!(find(nowhere, &host, "a", "b"), Found::Nothing));
    }
}
