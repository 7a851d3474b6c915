//! Logins full of what has broken option files before, the same ones on every run.

use nuages::render::Document;
use nuages::value::{Table, Text, Value};

/// Splitmix64: the same numbers each time.
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

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn character(&mut self) -> char {
        let ranges = [
            0x20..0x7f,
            0x20..0x7f,
            0x00..0x100,
            0x80..0x3000,
            0..0x11_0000,
        ];
        loop {
            let range = &ranges[self.below(ranges.len())];
            let code = range.start + u32::try_from(self.below(range.len())).unwrap();
            if let Some(character) = char::from_u32(code) {
                return character;
            }
        }
    }

    /// One character at least.
    pub(crate) fn text(&mut self) -> String {
        match self.below(12) {
            0..=3 => (0..=self.below(5))
                .map(|_| PIECES[self.below(PIECES.len())])
                .collect(),
            4..=5 => (0..=self.below(40)).map(|_| self.character()).collect(),
            6..=10 => (0..=self.below(40))
                .map(|_| char::from(b'!' + u8::try_from(self.below(94)).unwrap()))
                .collect(),
            _ if self.below(40) == 0 => "x".repeat(1000 + self.below(3200)),
            _ => format!(
                "{}pw{}",
                PIECES[self.below(PIECES.len())],
                PIECES[self.below(PIECES.len())]
            ),
        }
    }
}

/// The login of one database, with the alias `v` and its number.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) number: usize,
    pub(crate) password: String,
    pub(crate) user: String,
    pub(crate) name: String,
}

impl Login {
    pub(crate) fn random(random: &mut Random, number: usize) -> Self {
        Self {
            number,
            password: random.text(),
            // No login twice.
            user: format!("{}{number}", random.text()),
            name: random.text(),
        }
    }

    pub(crate) fn alias(&self) -> String {
        format!("v{}", self.number)
    }

    pub(crate) fn texts(&self) -> [&str; 3] {
        [&self.password, &self.user, &self.name]
    }
}

pub(crate) fn document(logins: &[Login], engine: &str) -> Document {
    let databases = logins.iter().map(|login| {
        let keys = [
            ("ENGINE", Value::plain(engine)),
            ("NAME", Value::plain(&login.name)),
            ("USER", Value::plain(&login.user)),
            ("PASSWORD", Value::Text(Text::secret(&login.password))),
            ("HOST", Value::plain("127.0.0.1")),
            ("PORT", Value::Integer(5433)),
        ];
        let keys: Table = keys
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        (login.alias(), Value::Table(keys))
    });
    Document {
        databases: databases.collect(),
        env: Table::new(),
    }
}

const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\\\\",
    "\\n",
    "\\s",
    "\\t",
    "\\\"",
    "\\:",
    ":",
    "::",
    "*",
    "*:",
    "#",
    " #",
    "#x",
    ";",
    " ;x",
    "=",
    "==",
    "%",
    "%%",
    "%41",
    "%2F",
    "+",
    "/",
    "//",
    "?",
    "&",
    "@",
    "[",
    "]",
    "[client]",
    "[default]",
    "\n[client]\n",
    "$",
    "${X}",
    "{",
    "{{",
    "}}",
    "!",
    "!include x",
    "|",
    ">",
    "- ",
    ": ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\nEVIL=1",
    "\nEVIL=1\n",
    "\rEVIL=1",
    "\nhost=evil\n",
    "\nevil:1:*:*:x\n",
    "'\nEVIL=1",
    "\"\nEVIL: 1",
    " ",
    "  ",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{1c}",
    "\u{1e}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{9f}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "é",
    "à",
    "Å",
    "🎻",
    "\u{10ffff}",
    "true",
    "null",
    "~",
    "1",
    "0x1",
    "1e3",
    "yes",
    "postgres://a:b@c/d",
    "<<",
    "&a",
    "*a",
    "!!str",
    "%TAG",
    "---",
    "...",
];
