//! What a CI system is told to mask. Logs are masked line by line, so that a value of several lines is masked by each of
//! them; and a value travels: in a URL, in JSON, in base64, as a part of a JSON secret.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::{
    redact::{SHORTEST, common},
    render::{self, Buffer, Variable},
    scan::known::encodings,
    value::{Table, Text, Value},
};

/// Of what is longer there is no hex, no percent-encoding and no quoting: each form is a line of output.
const LONGEST_IN_EVERY_FORM: usize = 8 * 1024;

/// A part of base64 that is shorter stands in other texts by chance.
const SHORTEST_BASE64: usize = 6;

/// A value to mask, and the key that a warning names.
#[derive(Clone)]
pub struct Secret<'a> {
    /// `env.SECRET_KEY`
    pub key: String,
    /// The value.
    pub value: &'a [u8],
}

/// Shows the key only.
impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Every text to mask, once, the longest first; what is not masked, though it is secret, is noted.
pub(super) fn all(
    secrets: &[Secret<'_>],
    variables: &[Variable],
    notes: &mut Vec<String>,
) -> Vec<Zeroizing<String>> {
    let mut masks = Masks::default();
    for secret in secrets {
        if secret.value.trim_ascii().len() < SHORTEST {
            // Who gathered the secrets has told of those.
            continue;
        }
        let short_lines = masks.add(secret.value);
        if short_lines > 0 {
            notes.push(format!(
                "warning: `{}` is masked but for {short_lines} of its lines: they have fewer than {SHORTEST} bytes",
                secret.key
            ));
        }
    }
    // A list or a table with a secret in it is one text there.
    for variable in variables.iter().filter(|variable| variable.is_secret) {
        masks.add_lines(&variable.text);
    }
    masks.into_sorted()
}

#[derive(Default)]
struct Masks(Vec<Zeroizing<String>>);

impl Masks {
    /// The value, its lines, its parts and what becomes of it; the number of lines that are too short.
    fn add(&mut self, value: &[u8]) -> usize {
        let Ok(text) = std::str::from_utf8(value) else {
            // Binary cannot be printed as it is.
            self.add_base64(value);
            return 0;
        };
        let short_lines = self.add_lines(text);
        self.add_forms(text);
        self.add_password(text);
        // Scalars are JSON too, and have been added.
        if text.trim_start().starts_with(['{', '['])
            && let Some(json) = Value::from_json(&Text::secret(text))
        {
            self.add_leaves(&json);
        }
        short_lines
    }

    /// What a URL hides, as it stands there and as it is meant.
    fn add_password(&mut self, text: &str) {
        if let Some(password) = password_of_url(text) {
            self.add_part(password);
            let decoded = percent_decode_str(password).decode_utf8_lossy();
            self.add_part(&Zeroizing::new(decoded.into_owned()));
        }
    }

    fn insert(&mut self, text: &str) {
        if text.trim().len() >= SHORTEST {
            self.0.push(Zeroizing::new(text.to_owned()));
        }
    }

    fn insert_bytes(&mut self, bytes: Vec<u8>) {
        let bytes = Zeroizing::new(bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            self.insert(text);
        }
    }

    /// The text as a whole and by lines, without the blanks around them; the number of lines that are too short.
    fn add_lines(&mut self, text: &str) -> usize {
        let lines = text.split(['\r', '\n']).map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        let short = lines.clone().filter(|line| line.len() < SHORTEST).count();
        for line in lines {
            self.insert(line);
        }
        if short == 0 {
            // GitHub's runner masks every line of what it is told, however short: one `{` would mask all of them.
            self.insert(text);
            self.insert(text.trim());
        }
        short
    }

    fn add_forms(&mut self, text: &str) {
        let text = text.trim();
        // Blanks that are not ASCII have been counted so far.
        if text.len() < SHORTEST {
            return;
        }
        for is_ascii in [false, true] {
            self.insert_bytes(encodings::json(text, is_ascii, false));
        }
        self.insert(&render::json_inside(text));
        self.add_base64(text.as_bytes());
        if text.len() > LONGEST_IN_EVERY_FORM {
            return;
        }
        // `quote`, `quote_plus` and `quote(safe="")` of Python; and what `encodeURIComponent` keeps.
        for (kept, plus) in [
            ("_.-~/", false),
            ("_.-~", false),
            ("_.-~", true),
            ("-_.!~*'()", false),
        ] {
            self.insert_bytes(encodings::percent(text.as_bytes(), kept, true, plus));
        }
        for is_upper in [false, true] {
            self.insert_bytes(encodings::hex(text.as_bytes(), is_upper));
        }
        for spell in SPELLINGS {
            // Two of them keep line breaks: by lines, as the text itself.
            self.add_lines(&spelled(text, spell));
        }
    }

    fn add_base64(&mut self, value: &[u8]) {
        self.insert_bytes(STANDARD.encode(value).into_bytes());
        self.insert_bytes(URL_SAFE.encode(value).into_bytes());
        if value.len() > LONGEST_IN_EVERY_FORM {
            return;
        }
        // Behind a name and a colon, as in a header of HTTP.
        for part in encodings::base64(value) {
            if part.len() >= SHORTEST_BASE64 {
                self.insert_bytes(part);
            }
        }
    }

    fn add_leaves(&mut self, value: &Value) {
        match value {
            Value::Text(text) | Value::Scalar(text) => {
                self.add_part(text.expose());
                self.add_password(text.expose());
            }
            Value::List(items) => items.iter().for_each(|item| self.add_leaves(item)),
            Value::Table(table) => self.add_table(table),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
        }
    }

    fn add_table(&mut self, table: &Table) {
        for (name, value) in table.iter() {
            if !common::is_public_key(name) {
                self.add_leaves(value);
            }
        }
    }

    fn add_part(&mut self, text: &str) {
        if common::is_everybodys(text.as_bytes()) || text.trim().len() < SHORTEST {
            return;
        }
        self.add_lines(text);
        self.add_forms(text);
    }

    fn into_sorted(mut self) -> Vec<Zeroizing<String>> {
        self.0
            .sort_unstable_by(|one, other| (other.len(), &**one).cmp(&(one.len(), &**other)));
        self.0.dedup();
        self.0
    }
}

/// How a sign is written where something else than the sign itself stands for it.
type Spelling = fn(char) -> Option<&'static str>;

/// `set -x` of a shell; `repr` of Python, in either quotes; Django's error pages.
const SPELLINGS: [Spelling; 3] = [
    |sign| (sign == '\'').then_some("'\\''"),
    |sign| match sign {
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\'' => Some("\\'"),
        _ => None,
    },
    |sign| match sign {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#x27;"),
        _ => None,
    },
];

fn spelled(text: &str, spell: Spelling) -> Zeroizing<String> {
    let mut out = Buffer::new();
    for sign in text.chars() {
        match spell(sign) {
            Some(spelling) => out.push_str(spelling),
            None => out.push(sign),
        }
    }
    out.into_text()
}

/// What stands between the first colon and the last `@` of a URL's authority.
fn password_of_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (login, _) = rest[..end].rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password)
}
