//! A copy of the manifest's text to show in messages, in which literals beside sensitive keys cannot be read.

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

/// Replaces literals by as many bytes of `*`, so that every place in the text stays where it is. References, and
/// literals whose key is not sensitive, stay readable. Works on lines: the text may not even be TOML.
pub(super) fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(mask_line).collect()
}

fn mask_line(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut key_start = 0;
    let mut is_secret = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let at = line.len() - rest.len();
        if c == '"' || c == '\'' {
            let length = mask_string(rest, c, is_secret, &mut masked);
            rest = &rest[length..];
            continue;
        }
        match c {
            '{' | ',' => key_start = at + 1,
            '=' => is_secret = is_sensitive(&line[key_start..at]),
            _ => {}
        }
        masked.push(c);
        rest = &rest[c.len_utf8()..];
    }
    masked
}

fn is_sensitive(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| key.contains(word))
}

/// Copies a string with its quotes and gives its length; where it is secret, all but its references is masked, and so
/// is a default inside one.
fn mask_string(text: &str, quote: char, is_secret: bool, masked: &mut String) -> usize {
    // One entry an open `${`: whether its default has begun.
    let mut open: Vec<bool> = Vec::new();
    let mut rest = &text[1..];
    masked.push(quote);
    while let Some(c) = rest.chars().next() {
        let in_reference = open.last() == Some(&false);
        let mut shown = c.len_utf8();
        if c == quote && (open.is_empty() || !in_reference) {
            masked.push(c);
            return text.len() - rest.len() + 1;
        }
        if rest.starts_with("${") && !masked.ends_with('$') {
            open.push(false);
            shown = 2;
        } else if in_reference && rest.starts_with(":-") {
            if let Some(in_default) = open.last_mut() {
                *in_default = true;
            }
            shown = 2;
        } else if c == '}' && !open.is_empty() {
            open.pop();
        } else if is_secret && !in_reference && c != '\n' {
            masked.extend(std::iter::repeat_n('*', c.len_utf8()));
            rest = &rest[shown..];
            continue;
        }
        masked.push_str(&rest[..shown]);
        rest = &rest[shown..];
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_masked_and_places_kept() {
        let cases = [
            ("PASSWORD = \"hunter2\"\n", "PASSWORD = \"*******\"\n"),
            ("PASSWORD = 'é' # x\n", "PASSWORD = '**' # x\n"),
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
            ("NAME = \"shop\"", "NAME = \"shop\""),
            ("PASSWORD = \"hunter2", "PASSWORD = \"*******"),
            (
                "a = { NAME = 'x', PASSWORD = 'y', HOST = 'z' }",
                "a = { NAME = 'x', PASSWORD = '*', HOST = 'z' }",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(mask(line), expected);
            assert_eq!(mask(line).len(), line.len());
        }
    }
}
