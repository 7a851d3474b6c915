//! Names in SQL: each dialect's quotes, and what no quote makes safe.
//!
//! The manifest's names end up in statements that an administrator runs. Whatever is in one, it ends neither a name nor a
//! string nor a comment, and no client reads more in it: `psql`, `mysql` and `sqlcmd` have a language of their own around
//! SQL, which goes by lines.

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
        // Quoted as well, it means everybody: the grammar looks at the word alone.
        let is_kept = self == Self::Postgresql && ["public", "none"].contains(&name);
        is_kept.then_some("is a word that PostgreSQL keeps for itself")
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

/// Control characters, separators of lines and paragraphs, and what turns the direction of text: a reader of the SQL has
/// to see what is there.
fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
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
