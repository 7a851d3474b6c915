//! A copy of the manifest's text to show in messages, in which literals beside sensitive keys cannot be read.

use crate::redact::common::is_open_key;

/// Keys whose literals are masked: the words of Django's own `hidden_settings`, and those for addresses with a login.
const SENSITIVE: &[&str] = &[
    "api",
    "token",
    "key",
    "secret",
    "pass",
    "pw",
    "signature",
    "auth",
    "url",
    "dsn",
    "content",
    "value",
];

/// Keys of the manifest itself whose literals are masked. As a part of a longer key the word says nothing.
const SENSITIVE_ALONE: &[&str] = &["from"];

/// Keys whose text is masked, and in whose table each key is taken for itself: connection strings hold passwords, and what
/// is written as `auth` may be anything.
const SENSITIVE_TEXT: &[&str] = &["extra_params", "auth"];

/// How the methods of `auth` begin.
const METHOD: &str = "entra";

/// Keys of the manifest itself that hold words of the manifest, whatever they stand beside or inside of.
const HARMLESS: &[&str] = &["url_style", "optional", "as", "description", "env", "kind"];

/// Replaces literals by as many bytes that say nothing, so that every place in the text stays where it is. References,
/// and literals whose key is not sensitive, stay readable. The text may not even be TOML, so nothing is taken for
/// granted: in doubt, more is masked.
pub(super) fn mask(text: &str) -> String {
    let mut masker = Masker {
        rest: text,
        masked: String::with_capacity(text.len()),
        key: String::new(),
        is_value: false,
        is_secret: false,
        has_bare: false,
        open: Vec::new(),
    };
    while let Some(c) = masker.rest.chars().next() {
        masker.step(c);
    }
    masker.masked
}

/// What stands behind a key that holds a secret, or a part of it: references stay readable.
pub(super) fn mask_value(text: &str) -> String {
    const KEY: &str = "password=";
    if text.starts_with(['"', '\'']) {
        return mask(&format!("{KEY}{text}"))[KEY.len()..].to_owned();
    }
    let is_plain = !text.contains(['"', '\\', '\n']);
    if is_plain {
        let masked = mask(&format!("{KEY}\"{text}\""));
        return masked[KEY.len() + 1..masked.len() - 1].to_owned();
    }
    let hide = |c: char| {
        if c.is_alphanumeric() {
            "*".repeat(c.len_utf8())
        } else {
            c.to_string()
        }
    };
    text.chars().map(hide).collect()
}

/// Replaces the letters and digits in quotes of a template file, outside of its tags: what stands there may be a password
/// that should have been a reference. Every place stays where it is.
pub(super) fn mask_template(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut quote = None;
    let mut is_key = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = ["{{", "{%", "{#"]
            .iter()
            .zip(["}}", "%}", "#}"])
            .find(|(open, _)| rest.starts_with(**open))
            .map(|(_, close)| rest.find(close).map_or(rest.len(), |at| at + 2));
        if let Some(end) = end {
            masked.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        match c {
            '\n' => quote = None,
            '"' | '\'' if quote.is_none() => {
                // What a colon follows is a key.
                let inner = rest[1..].lines().next().unwrap_or_default();
                let behind = inner.split_once(c).map(|(_, behind)| behind.trim_start());
                is_key = behind.is_some_and(|behind| behind.starts_with(':'));
                quote = Some(c);
            }
            _ if quote == Some(c) => quote = None,
            _ => {}
        }
        let hides = quote.is_some() && !is_key && c.is_ascii_alphanumeric();
        masked.push(if hides { '*' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    masked
}

struct Masker<'a> {
    rest: &'a str,
    masked: String,
    /// What was written since the last thing that a key can follow.
    key: String,
    /// Between `=` and the end of the value.
    is_value: bool,
    is_secret: bool,
    /// Whether the value has text outside of quotes: a number, or a mistake.
    has_bare: bool,
    /// Every `[` and `{` that is open, with what held around it.
    open: Vec<(char, bool)>,
}

impl Masker<'_> {
    fn step(&mut self, c: char) {
        match c {
            '"' | '\'' => self.string(c),
            '#' => self.comment(),
            '\n' => {
                self.show(1);
                self.key.clear();
                self.has_bare = false;
                if self.open.is_empty() {
                    self.is_value = false;
                    self.is_secret = false;
                }
            }
            '=' => {
                let inherited = self.open.last().is_some_and(|(_, is_secret)| *is_secret);
                let is_more = is_sensitive(&self.key, inherited);
                self.is_secret = is_more || (self.is_value && self.is_secret);
                self.is_value = true;
                self.show(1);
            }
            // The header of a table: one that is never closed must not reach into the lines below.
            '[' if !self.is_value && self.open.is_empty() => self.show(1),
            '[' | '{' => {
                let stands_alone = c == '{' && SENSITIVE_TEXT.contains(&last(&self.key).as_str());
                let is_secret = self.is_value && self.is_secret && !stands_alone;
                self.open.push((c, is_secret));
                self.is_value &= c == '[';
                self.key.clear();
                self.show(1);
            }
            ']' | '}' => {
                if let Some((_, is_secret)) = self.open.pop() {
                    self.is_value = true;
                    self.is_secret = is_secret;
                }
                self.show(1);
            }
            ',' if !self.open.is_empty() => {
                let is_table = self.open.last().is_some_and(|(bracket, _)| *bracket == '{');
                self.is_value &= !is_table;
                self.has_bare = false;
                self.key.clear();
                self.show(1);
            }
            c if self.is_value && self.is_secret && !c.is_whitespace() => {
                self.has_bare = true;
                self.key.push(c);
                self.hide(c);
            }
            c => {
                self.key.push(c);
                self.show(c.len_utf8());
            }
        }
    }

    /// Behind a value without quotes, `#` may be a part of it.
    fn comment(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        if !(self.is_secret && self.has_bare) {
            self.show(end);
            return;
        }
        let end = self.rest.len() - end;
        while self.rest.len() > end {
            self.hide_next();
        }
    }

    /// A string with its quotes. Where it is secret, all but its references is masked, and so is a default inside one.
    fn string(&mut self, quote: char) {
        let three: String = std::iter::repeat_n(quote, 3).collect();
        let is_long = self.rest.starts_with(&three);
        let delimiter = if is_long { &three[..] } else { &three[..1] };
        let is_method =
            last(&self.key) == "auth" && self.rest[delimiter.len()..].starts_with(METHOD);
        let is_login = holds_login(&self.rest[delimiter.len()..], delimiter);
        let is_secret = self.is_value && (self.is_secret || is_login) && !is_method;
        self.show(delimiter.len());
        // One entry an open `${`: whether its default has begun.
        let mut references: Vec<bool> = Vec::new();
        while let Some(c) = self.rest.chars().next() {
            if self.rest.starts_with(delimiter) {
                // A long string may end in one or two quotes of its own.
                self.show(delimiter.len());
                return;
            }
            if c == '\n' && !is_long {
                return;
            }
            let is_named = references.last() == Some(&false);
            if c == '\\' && quote == '"' {
                self.pass(c, is_secret && !is_named);
                if let Some(escaped) = self.rest.chars().next() {
                    self.pass(escaped, is_secret && !is_named);
                }
            } else if self.rest.starts_with("$${") && !is_named {
                for c in "$${".chars() {
                    self.pass(c, is_secret);
                }
            } else if begins_reference(self.rest) {
                references.push(false);
                self.show(2);
            } else if is_named && self.rest.starts_with(":-") {
                references.pop();
                references.push(true);
                self.show(2);
            } else if c == '}' && references.pop().is_some() {
                self.show(1);
            } else {
                self.pass(c, is_secret && !is_named);
            }
        }
    }

    fn pass(&mut self, c: char, is_hidden: bool) {
        if is_hidden {
            self.hide(c);
        } else {
            if !self.is_value {
                self.key.push(c);
            }
            self.show(c.len_utf8());
        }
    }

    fn show(&mut self, length: usize) {
        let (shown, rest) = self.rest.split_at(length);
        self.masked.push_str(shown);
        self.rest = rest;
    }

    fn hide_next(&mut self) {
        if let Some(c) = self.rest.chars().next() {
            self.hide(c);
        }
    }

    /// One character for one, of as many bytes: neither offsets nor columns move.
    fn hide(&mut self, c: char) {
        self.masked.push(match (c, c.len_utf8()) {
            ('\n' | '\r', _) => c,
            (_, 1) => '*',
            (_, 2) => '·',
            (_, 3) => '•',
            _ => '🞄',
        });
        self.rest = &self.rest[c.len_utf8()..];
    }
}

/// Whether a string holds an address with a password in it, `amqp://shop:…@mq`, whatever its key is.
fn holds_login(rest: &str, delimiter: &str) -> bool {
    let string = &rest[..rest.find(delimiter).unwrap_or(rest.len())];
    // References have `://` too.
    let mut plain = String::with_capacity(string.len());
    for (place, part) in string.split("${").enumerate() {
        let behind = part.split_once('}').map_or("", |(_, behind)| behind);
        plain.push_str(if place == 0 { part } else { behind });
    }
    plain.split("://").skip(1).any(|address| {
        let Some((login, _)) = address.split_once('@') else {
            return false;
        };
        // Behind a `:` there may be a port; a password that is not encoded may hold a `/`.
        let is_port = |text: &str| {
            text.split('/')
                .next()
                .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        };
        login
            .split_once(':')
            .is_some_and(|(_, password)| !(password.contains('/') && is_port(password)))
    })
}

/// `${` and what a reference begins with; anything else in a secret may be a part of it.
fn begins_reference(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("${") else {
        return false;
    };
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let behind = inner.trim_start_matches(is_scheme);
    behind.starts_with("://") || behind.starts_with('}')
}

fn is_sensitive(key: &str, inherited: bool) -> bool {
    let last = last(key);
    let last = last.as_str();
    let key = key.to_ascii_lowercase();
    let is_own = SENSITIVE_ALONE.contains(&last)
        || SENSITIVE_TEXT.contains(&last)
        || SENSITIVE.iter().any(|word| key.contains(word));
    // A word of the driver, unless all that it stands in is a secret.
    let is_own = is_own && !is_open_key(last);
    !HARMLESS.contains(&last) && (inherited || is_own)
}

/// The last part of a key with dots, in lower case.
fn last(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or_default();
    last.trim_matches([' ', '\t', '"', '\''])
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_a_template_are_masked_and_tags_are_not() {
        let cases = [
            (
                "\"shop\" \"{{ x('a') }}hunter2\"\nuser 'it",
                "\"****\" \"{{ x('a') }}*******\"\nuser '**",
            ),
            ("{\"key\": \"hunter2\"}", "{\"key\": \"*******\"}"),
            (
                "listen 80; {% if \"a\" %}b{# c",
                "listen 80; {% if \"a\" %}b{# c",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(mask_template(text), expected);
        }
    }

    #[test]
    fn literals_are_masked_and_places_kept() {
        let cases = [
            ("PASSWORD = \"hunter2\"\n", "PASSWORD = \"*******\"\n"),
            ("PASSWORD = 'é日🎻' # x\n", "PASSWORD = '·•🞄' # x\n"),
            (
                "PASSWORD = \"${env://A | trim}\"",
                "PASSWORD = \"${env://A | trim}\"",
            ),
            (
                "PASSWORD = \"${env://A:-hunter2}\"",
                "PASSWORD = \"${env://A:-*******}\"",
            ),
            (
                "url = \"pg://u:${x://y}@h/d\"",
                "url = \"*******${x://y}****\"",
            ),
            ("from = '{\"a\": 1}'", "from = '********'"),
            ("MAIL_FROM = 'a@b'", "MAIL_FROM = 'a@b'"),
            ("NAME = \"shop\"", "NAME = \"shop\""),
            (
                "BROKER = \"amqp://shop:hunter2@mq/?x=${x://y}\"",
                "BROKER = \"**************************${x://y}\"",
            ),
            (
                "HOME = 'https://shop.example:80/a'",
                "HOME = 'https://shop.example:80/a'",
            ),
            (
                "SITE = \"https://${x://y}/@a\"",
                "SITE = \"https://${x://y}/@a\"",
            ),
            ("PASSWORD = \"hunter2", "PASSWORD = \"*******"),
            (
                "a = { NAME = 'x', PASSWORD = 'y', HOST = 'z' }",
                "a = { NAME = 'x', PASSWORD = '*', HOST = 'z' }",
            ),
            (
                "a = { \"PASSWORD\" = \"${x://y\", TOKEN = 'y' }",
                "a = { \"PASSWORD\" = \"${x://y\", TOKEN = '*' }",
            ),
            ("PASSWORD = \"a\\\"b\" # x", "PASSWORD = \"****\" # x"),
            ("PASSWORD = \"a$${b}${c\"", "PASSWORD = \"*********\""),
            (
                "PASSWORD = 1234 # x\nNAME = 1",
                "PASSWORD = **** ***\nNAME = 1",
            ),
            (
                "PASSWORD = hun#ter=2\nNAME = 1",
                "PASSWORD = *********\nNAME = 1",
            ),
            (
                "PASSWORD = \"\"\"\nhun\"ter\n${x://y}\n\"\"\"\nNAME = \"x\"",
                "PASSWORD = \"\"\"\n*******\n${x://y}\n\"\"\"\nNAME = \"x\"",
            ),
            (
                "KEYS = [\n  'a', # b\n  { x = 'y', as = 'z' },\n  'c'\n]\nNAME = 'x'",
                "KEYS = [\n  '*', # b\n  { x = '*', as = 'z' },\n  '*'\n]\nNAME = 'x'",
            ),
            (
                "[databases.default\nPASSWORD = 'a'\nNAME = 'x'",
                "[databases.default\nPASSWORD = '*'\nNAME = 'x'",
            ),
            ("{ NAME = 1 PASSWORD = 'a' }", "{ NAME = 1 PASSWORD = '*' }"),
            ("auth = \"entra-msi\"", "auth = \"entra-msi\""),
            ("auth = \"hunter2\"", "auth = \"*******\""),
            (
                "auth = { method = 'entra', client_id = 'x' }",
                "auth = { method = 'entra', client_id = 'x' }",
            ),
            (
                "OPTIONS = { require_auth = 'scram-sha-256', passfile = '/a' }",
                "OPTIONS = { require_auth = 'scram-sha-256', passfile = '**' }",
            ),
            (
                "API_KEYS = { require_auth = 'x' }",
                "API_KEYS = { require_auth = '*' }",
            ),
            (
                "extra_params = \"PWD=hunter2\"",
                "extra_params = \"***********\"",
            ),
            (
                "OPTIONS = { extra_params = { Encrypt = 'no', PWD = 'x' }, NAME = 'y' }",
                "OPTIONS = { extra_params = { Encrypt = 'no', PWD = '*' }, NAME = 'y' }",
            ),
            (
                "url_style = 'x'\nenv.key.optional = 'y'",
                "url_style = 'x'\nenv.key.optional = 'y'",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(mask(text), expected);
            assert_eq!(mask(text).len(), text.len());
        }
    }
}
