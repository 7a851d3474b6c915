//! Documents full of values that have broken env files before, the same ones on every run.

use nuages::render::Document;
use nuages::value::{Table, Text, Value};

/// A small generator of random numbers (splitmix64): the tests need the same documents each time, not good randomness.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap();
        usize::try_from(self.next() % limit).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn character(&mut self) -> char {
        let ranges = [
            0x20..0x7f,
            0x00..0x100,
            0x80..0x3000,
            0x2000..0x2070,
            0x0..0x11_0000,
        ];
        loop {
            let range = &ranges[self.below(ranges.len())];
            let code = range.start + u32::try_from(self.below(range.len())).unwrap();
            if let Some(character) = char::from_u32(code) {
                return character;
            }
        }
    }

    /// A password of 1 to 40 characters out of all of Unicode, half of the time out of ASCII's printable ones alone.
    pub(crate) fn password(&mut self) -> String {
        let ascii = self.one_in(2);
        let length = 1 + self.below(40);
        let mut character = || {
            if ascii {
                char::from(b'!' + u8::try_from(self.below(94)).unwrap())
            } else {
                self.character()
            }
        };
        (0..length).map(|_| character()).collect()
    }

    fn text(&mut self) -> String {
        match self.below(24) {
            0 => self.pick(PIECES).to_owned(),
            1..=8 => (0..=self.below(9)).map(|_| self.pick(PIECES)).collect(),
            9..=20 => self.password(),
            21 => format!("{}{}", self.pick(PIECES), self.password()),
            22 => format!("{}{}", self.password(), self.pick(PIECES)),
            // Rare: most of the 64 KiB have to be carried to Python and back.
            _ if self.one_in(12) => "x".repeat(65_500 + self.below(60)),
            _ => String::new(),
        }
    }

    /// A text for a variable: what means something to some reader, or a password, or both; rarely a very long one.
    pub(crate) fn value_text(&mut self) -> String {
        if self.one_in(1000) {
            "x".repeat(65_500 + self.below(60))
        } else if self.one_in(3) {
            (0..=self.below(5)).map(|_| self.pick(PIECES)).collect()
        } else {
            format!(
                "{}{}",
                self.password(),
                self.pick(&["", "", "'", "\\", "\"", " "])
            )
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => Value::Bool(self.one_in(2)),
            2 => {
                let number = Value::Integer(self.next().cast_signed().into());
                if self.one_in(2) {
                    number.as_secret_as(&Text::secret(""))
                } else {
                    number
                }
            }
            3 => {
                let number = f64::from_bits(self.next());
                Value::Float(if number.is_finite() { number } else { 0.1 })
            }
            4 if depth > 0 => {
                Value::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect())
            }
            5 if depth > 0 => Value::Table(
                (0..self.below(4))
                    .map(|_| (self.text(), self.value(depth - 1)))
                    .collect(),
            ),
            6..=8 => Value::plain(self.text()),
            _ => Value::Text(Text::secret(self.text())),
        }
    }

    /// One document. Half of them hold nothing that an env file finds hard, so that enough are read and not refused.
    pub(crate) fn document(&mut self) -> Document {
        let tame = self.one_in(2);
        let mut databases = Table::new();
        for _ in 0..self.below(3) {
            let keys = ["PASSWORD", "USER", "HOST", "OPTIONS", "clé"];
            let alias = self.pick(&["default", "reports", "a'b"]);
            let entries = (0..self.below(4)).map(|_| (self.pick(&keys).to_owned(), self.value(2)));
            databases.insert(alias, Value::Table(entries.collect()));
        }
        let mut env = Table::new();
        for _ in 0..self.below(5) {
            let names = if tame || self.one_in(2) {
                ORDINARY_NAMES
            } else {
                HARD_NAMES
            };
            let name = self.pick(names);
            let value = self.value(2);
            env.insert(name, if tame { tamed(value) } else { value });
        }
        Document { databases, env }
    }
}

fn tamed(value: Value) -> Value {
    match value {
        Value::Text(text) => {
            let tame = text
                .expose()
                .replace(['\n', '\0'], "")
                .trim_end_matches('\r')
                .to_owned();
            Value::Text(if text.is_secret() {
                Text::secret(tame)
            } else {
                Text::plain(tame)
            })
        }
        other => other,
    }
}

/// Text that means something to some reader.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "`",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\n",
    "\\r\\n",
    "\\t",
    "\\u0041",
    "\\x41",
    "\\N{DASH}",
    "'\\''",
    "'''",
    "\"\"\"",
    "$",
    "$$",
    "$X",
    "${X}",
    "$${X}",
    "${X:-y}",
    "${X:-",
    "${",
    "}",
    "${UNSET}",
    "${=:-$}",
    "${=}",
    "$(id)",
    "`id`",
    "\\$X",
    "%X%",
    "#",
    " #",
    " # x",
    "\n#",
    ";",
    ";id",
    "&",
    "|",
    "=",
    "==",
    ":",
    "!",
    "!!",
    "~",
    "*",
    "?",
    "{",
    "[",
    "<<EOF\n",
    "<",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\n\r",
    "\nEVIL=1",
    "\nEVIL=1\n",
    "\rEVIL=1",
    "\nexport EVIL=1\n",
    "'\nEVIL=1",
    "\"\nEVIL=1",
    "';EVIL=1;'",
    "\u{b}",
    "\u{c}",
    "\u{1c}",
    "\u{1d}",
    "\u{1e}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{b}EVIL=1",
    "\u{85}EVIL=1",
    " ",
    "  ",
    "\t",
    "\u{a0}",
    "\u{2003}",
    "\u{3000}",
    " x",
    "x ",
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{81}",
    "\u{88}",
    "\u{9f}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{202e}",
    "é",
    "e\u{301}",
    "🎻",
    "\u{10ffff}",
    "true",
    "null",
    "1",
    "export A=b",
    "A=b",
    "a b",
    "DATABASES='{}'",
    "<<",
    "~/x",
    "no",
    "0x1F",
    "2001-01-01",
    "- a",
    "a: b",
    "%{",
    "%%{if x}",
    "$${",
    "$$${",
    "\u{fdd0}",
    "\u{1fffe}",
    "\u{212b}",
];

/// Names every format takes. None of them stops a shell from working.
pub(crate) const ORDINARY_NAMES: &[&str] = &[
    "SECRET_KEY",
    "A",
    "_B",
    "c",
    "X9",
    "__",
    "export",
    "EMPTY",
    "IFS",
    "HOME",
    "PATH",
    "PS4",
    "LC_ALL",
    "unset",
    "TMPDIR",
];

/// Names that some format has to refuse.
pub(crate) const HARD_NAMES: &[&str] = &[
    "",
    " ",
    "a b",
    "\ta",
    "a=b",
    "=",
    "a#b",
    "#a",
    "'a'",
    "'",
    "\"a\"",
    "a-b",
    "a.b",
    "1",
    "1a",
    "é",
    "a\nEVIL",
    "a\rb",
    "a\0b",
    "\u{feff}a",
    "\u{a0}a",
    "a\u{a0}b",
    "\u{1c}a",
    "a\u{1f}",
    "a\u{85}",
    "a;id",
    "$(id)",
    "${X}",
    "a\\",
    "export a",
    "DATABASES",
    "_",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "OPTIND",
    "SHLVL",
    "BASHOPTS",
    "GROUPS",
    "FUNCNAME",
    "BASH_SUBSHELL",
    "SHELLOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_VERSINFO",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "HISTCMD",
    "SRANDOM",
];
