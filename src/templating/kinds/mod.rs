//! Types of files, by the rules of whoever reads them: where in the file a value may stand, and how it is written there.
//!
//! A place follows the text as its reader would. What it is not sure of, it refuses: a value that ends its own string, or
//! begins a line, could become another setting.

mod json;
mod lines;
mod nginx;
mod none;
mod odbc;
mod pgbouncer;
mod sh;
mod supervisor;
mod toml;
mod userlist;
mod yaml;

use crate::render::buffer::Buffer;

pub(super) use odbc::in_braces;

/// Why a value cannot stand where it is, or not in this type at all: a fragment in lower case.
pub(super) type Refusal = &'static str;

/// A value on its way into a file.
#[derive(Clone, Copy)]
pub(super) struct Insert<'a> {
    pub(super) text: &'a str,
    pub(super) shape: Shape,
    /// Written for this type of file already, by the filter of this name.
    pub(super) done: Option<&'static str>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// A number, `true`, `false` or `null`, as JSON has it.
    Literal,
    /// A list or a table, as its JSON.
    Json,
}

/// The place in a file that has been reached.
pub(super) trait Place {
    /// Goes on over text of the template.
    fn pass(&mut self, text: &str) -> Result<(), Refusal>;

    /// Writes a value here.
    fn insert(&mut self, value: &Insert<'_>, out: &mut Buffer) -> Result<(), Refusal>;
}

/// A type of file.
pub struct FileType {
    /// What `--set type=` calls it.
    pub name: &'static str,
    /// Its rule in one sentence.
    pub summary: &'static str,
    /// What the names of such files have in them, and how they end.
    files: &'static [(&'static str, &'static str)],
    start: fn() -> Box<dyn Place + Send>,
}

impl FileType {
    /// Which files it is, as patterns: `nginx*.conf`.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let pattern = |(part, end): &(&str, &str)| {
            if part.is_empty() {
                format!("*{end}")
            } else {
                format!("*{part}*{end}")
            }
        };
        self.files.iter().map(pattern).collect()
    }

    /// The beginning of a file.
    pub(super) fn start(&self) -> Box<dyn Place + Send> {
        (self.start)()
    }

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    /// The type of a file by its name, which may end as names of templates do: `nginx.conf.j2`. A name that fits two, as
    /// `/etc/supervisor/conf.d/nginx.conf` does, tells none.
    #[must_use]
    pub fn of_file(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        let endings = [".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template"];
        let plain = endings
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        let is_named =
            |(part, ending): &(&str, &str)| plain.contains(part) && plain.ends_with(ending);
        let mut known = TYPES
            .iter()
            .filter(|known| known.files.iter().any(is_named));
        known.next().filter(|_| known.next().is_none())
    }
}

impl std::fmt::Debug for FileType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FileType").field(&self.name).finish()
    }
}

/// Every type there is.
pub const TYPES: &[FileType] = &[
    FileType {
        name: "json",
        summary: "inside quotes it is escaped for them; elsewhere it is a whole JSON value",
        files: &[("", ".json")],
        start: || Box::new(json::Json::default()),
    },
    FileType {
        name: "yaml",
        summary: "inside quotes it is escaped for them; elsewhere it is a whole value and brings double quotes",
        files: &[("", ".yaml"), ("", ".yml")],
        start: || Box::new(yaml::Yaml::default()),
    },
    FileType {
        name: "toml",
        summary: "inside quotes it is escaped for them; elsewhere it is a whole value and brings double quotes",
        files: &[("", ".toml")],
        start: || Box::new(toml::Toml::default()),
    },
    FileType {
        name: "sh",
        summary: "inside quotes it is escaped for them; elsewhere it brings single quotes",
        files: &[("", ".sh"), ("", "celeryd"), ("", "celerybeat")],
        start: || Box::new(sh::Sh::default()),
    },
    FileType {
        name: "nginx",
        summary: "inside quotes it is escaped for them; a whole parameter brings double quotes",
        files: &[("nginx", ".conf"), ("", ".nginx")],
        start: || Box::new(nginx::Nginx::default()),
    },
    FileType {
        name: "userlist",
        summary: "PgBouncer's auth_file: inside double quotes, or with its own",
        files: &[("", "userlist.txt")],
        start: || Box::new(userlist::Userlist::default()),
    },
    FileType {
        name: "pgbouncer",
        summary: "pgbouncer.ini: in a connection string inside single quotes, or with its own; elsewhere as it is",
        files: &[("", "pgbouncer.ini")],
        start: || Box::new(pgbouncer::Pgbouncer::default()),
    },
    FileType {
        name: "odbc",
        summary: "odbc.ini and odbcinst.ini: behind `=`, as it is",
        files: &[("", "odbc.ini"), ("", "odbcinst.ini")],
        start: || Box::new(odbc::Odbc::default()),
    },
    FileType {
        name: "supervisor",
        summary: "supervisord.conf: in environment= inside quotes, or with its own; elsewhere behind `=` with `%` doubled",
        files: &[("supervisor", ".conf")],
        start: || Box::new(supervisor::Supervisor::default()),
    },
    FileType {
        name: "configparser",
        summary: "Python's ConfigParser, alembic.ini: behind `=` or `:` with `%` doubled",
        files: &[("", "alembic.ini"), ("", ".cfg")],
        start: || Box::new(supervisor::ConfigParser::default()),
    },
    FileType {
        name: "none",
        summary: "every value as it is: nothing is escaped and nothing is refused",
        files: &[],
        start: || Box::new(none::None),
    },
];

const COMMENT: Refusal = "it stands in a comment";
const ESCAPED: Refusal = "it stands behind a backslash";
const CONTROL: Refusal = "it has a line break or another control character";
const MANY: Refusal = "it is a list or a table";
const MIDDLE: Refusal = "it is not the whole value there, and only letters, digits and `-._` can stand in the middle of one";
const BEHIND: Refusal = "it brings its own quotes, and what stands behind it would belong to it: put quotes around the whole";

/// Text that every type takes as it is in the midst of other text.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// The text of a value for a type that knows text alone.
fn text<'a>(value: &Insert<'a>) -> Result<&'a str, Refusal> {
    match value.shape {
        Shape::Json => Err(MANY),
        Shape::Literal if value.text == "null" => Err("it is null"),
        Shape::Text | Shape::Literal => Ok(value.text),
    }
}

/// Text inside of double quotes, as JSON (RFC 8259), TOML 1.0 and YAML 1.2 read it alike.
fn escape_double(out: &mut Buffer, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if is_special(character) => {
                out.push_formatted(format_args!("\\u{:04x}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
}

/// What YAML does not count as printable or takes for a line break, and what TOML does not allow in a string.
fn is_special(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}
