//! Names in SQL: each dialect's quotes, and what no quote makes safe.
//!
//! The manifest's names end up in statements that an administrator runs. Whatever is in one, it ends neither a name nor a
//! string nor a comment, and no client reads more in it: `psql`, `mysql` and `sqlcmd` have a language of their own around
//! SQL, which goes by lines.

use super::read::Name;
use crate::{check::administrators::is_administrator, django::engine::Family};

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgresql,
    Mysql,
    Mssql,
}

impl Dialect {
    /// Why a name cannot be written, in words that go on after "it".
    pub(super) fn refusal(self, name: &str) -> Option<&'static str> {
        if name.is_empty() {
            return Some("is empty");
        }
        if name.chars().any(is_unwritable) {
            return Some(
                "has a character that is none of a name: a line break, or one that is not seen",
            );
        }
        match self {
            // The server would cut it, and grant to whoever has the shorter name.
            Self::Postgresql if name.len() > 63 => Some("is longer than the 63 bytes of a name"),
            Self::Mysql if name.chars().count() > 64 => {
                Some("is longer than the 64 characters of a name")
            }
            Self::Mssql if name.encode_utf16().count() > 128 => {
                Some("is longer than the 128 characters of a name")
            }
            // sqlcmd puts its variables into quoted text too.
            Self::Mssql if name.contains("$(") => {
                Some("has `$(` in it, which `sqlcmd` reads as a variable")
            }
            // In a grant it would take away the meaning of what comes after it.
            Self::Mysql if name.contains('\\') => Some("has a backslash in it"),
            _ => None,
        }
    }

    /// Why a name cannot be that of a login, besides.
    pub(super) fn refusal_of_login(self, name: &str) -> Option<&'static str> {
        let lower = name.to_ascii_lowercase();
        match self {
            // Quoted as well, it means everybody: the grammar looks at the word alone.
            Self::Postgresql if ["public", "none"].contains(&name) => {
                Some("is a word that PostgreSQL keeps for itself")
            }
            Self::Postgresql if name.starts_with("pg_") => {
                Some("is a role of the server itself, as all that begin with `pg_` are")
            }
            Self::Mysql if name.chars().count() > 32 => {
                Some("is longer than the 32 characters of a login")
            }
            _ if is_administrator(self.family(), &lower) => {
                Some("is the login of an administrator, who would lose what makes it one")
            }
            _ => None,
        }
    }

    fn family(self) -> Family {
        match self {
            Self::Postgresql => Family::Postgresql,
            Self::Mysql => Family::Mysql,
            Self::Mssql => Family::Mssql,
        }
    }

    /// As an identifier.
    pub(super) fn identifier(self, name: &str) -> String {
        match self {
            Self::Postgresql => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Mysql => format!("`{}`", name.replace('`', "``")),
            Self::Mssql => format!("[{}]", name.replace(']', "]]")),
        }
    }

    /// As a string.
    pub(super) fn string(self, text: &str) -> String {
        let doubled = text.replace('\'', "''");
        match self {
            // Whether a backslash means something in a plain one is a setting of the server.
            Self::Postgresql | Self::Mysql if text.contains('\\') => {
                let escape = if self == Self::Postgresql { "E" } else { "" };
                format!("{escape}'{}'", doubled.replace('\\', "\\\\"))
            }
            Self::Postgresql | Self::Mysql => format!("'{doubled}'"),
            Self::Mssql => format!("N'{doubled}'"),
        }
    }
}

/// Control characters, separators of lines and paragraphs, and what is not seen (`Default_Ignorable_Code_Point` of
/// Unicode) or turns the direction of text: a reader of the SQL has to see what is there.
fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A name as an argument of a command in a comment; what cannot be written there is `NAME`, for a person to fill in.
pub(super) fn argument(name: &Name, quote: char) -> String {
    // An `=` makes a whole connection string of a database's name.
    let is_fit = |c: char| (c.is_alphanumeric() || " _-.@+".contains(c)) && !is_unwritable(c);
    let Some(text) = name.text.as_deref().filter(|text| text.chars().all(is_fit)) else {
        return "NAME".to_owned();
    };
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("{quote}{text}{quote}")
    }
}

/// A name in a comment: what is no plain word is shown as `?`.
pub(super) fn remark(text: &str) -> String {
    let shown = |c: char| {
        let is_plain = c.is_alphanumeric() || " _-./@+:,=".contains(c);
        if is_plain && !is_unwritable(c) {
            c
        } else {
            '?'
        }
    };
    text.chars().map(shown).collect()
}
