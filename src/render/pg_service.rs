//! `pg-service`: libpq's service file, a section for each PostgreSQL database, named like its alias.
//!
//! <https://www.postgresql.org/docs/18/libpq-pgservice.html>, and `parseServiceFileInfo` of `fe-connect.c`, which reads it:
//! no quotes, no escapes, blanks at the ends of a line are cut off, lines have at most 1,021 bytes.

use super::buffer::Buffer;
use super::login::{self, Faults, Login, Parameter};
use super::{Document, Format, Rendered, Setting, Settings, Unrepresentable, libpq};
use crate::django::engine::Family;

/// The longest line: the reader's buffer has 1,024 bytes, and it wants two of them for itself and one for the break.
const LONGEST: usize = 1021;

/// Sections `[ALIAS]` with libpq's keywords, for `PGSERVICEFILE` and `OPTIONS.service`.
pub(super) struct PgService;

impl Format for PgService {
    fn name(&self) -> &'static str {
        "pg-service"
    }

    fn summary(&self) -> &'static str {
        "libpq's service file: a section for each PostgreSQL database"
    }

    fn holds_env(&self) -> bool {
        false
    }

    fn settings(&self) -> &'static [Setting] {
        &[Setting {
            name: "prefix",
            summary: "put in front of every section's name, which is the alias",
        }]
    }

    fn write(&self, document: &Document, settings: &Settings) -> Rendered {
        let mut faults = Faults::new();
        let prefix = settings.get("prefix").unwrap_or_default();
        let mut out = Buffer::new();
        let none = "there is no PostgreSQL database";
        let logins = login::of_family(document, Family::Postgresql, none, &mut faults);
        for (place, login) in logins.iter().enumerate() {
            let name = format!("{prefix}{}", login.alias);
            if let Some(reason) = unusable(&name) {
                faults.push(Unrepresentable {
                    key: format!("databases.{}", login.alias),
                    reason,
                });
            }
            if place > 0 {
                out.push('\n');
            }
            out.push_formatted(format_args!("[{name}]\n"));
            write_section(&mut out, login, &mut faults);
        }
        login::finish(out, faults)
    }
}

/// Why a section cannot have this name.
fn unusable(name: &str) -> Option<&'static str> {
    let is_plain = |c: char| !(c.is_control() || c.is_whitespace() || "[]=#'\"\\".contains(c));
    if name.is_empty() || !name.chars().all(is_plain) || name.len() + 2 > LONGEST {
        return Some("a section cannot have this name");
    }
    None
}

fn write_section(out: &mut Buffer, login: &Login<'_>, faults: &mut Faults) {
    for parameter in libpq::parameters(login, faults) {
        if let Some(reason) = unwritable(&parameter) {
            faults.push(Unrepresentable {
                key: parameter.key,
                reason,
            });
            continue;
        }
        out.push_str(parameter.name);
        out.push('=');
        out.push_str(&parameter.text);
        out.push('\n');
    }
}

fn unwritable(parameter: &Parameter) -> Option<&'static str> {
    // C's `isspace`, whose blanks the reader cuts off. At the start they stay, though not with every other reader.
    let is_blank = |c: char| matches!(c, ' ' | '\t'..='\r');
    let text = parameter.text.as_str();
    if text.contains('\0') {
        Some("no line can hold a NUL character")
    } else if text.contains('\n') {
        Some("a service file cannot hold a line break")
    } else if text.starts_with(is_blank) || text.ends_with(is_blank) {
        Some("a service file cannot hold blanks at the ends of a value")
    } else if parameter.name.len() + 1 + text.len() > LONGEST {
        Some("the line would be longer than libpq's 1,021 bytes")
    } else {
        None
    }
}
