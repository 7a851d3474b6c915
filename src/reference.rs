//! Text to [`Reference`]: `scheme://locator?options#field`. Pure.

use std::ops::Range;

use nuages_provider::Reference;
use percent_encoding::percent_decode_str;

/// Why a text is not a reference, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceError {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl ReferenceError {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads a reference. Whether its scheme exists is not known here.
pub(crate) fn parse(text: &str) -> Result<Reference, ReferenceError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(not_a_reference(text));
    };
    if !is_scheme(scheme) {
        return Err(
            ReferenceError::new(0..scheme.len(), "this cannot be a scheme")
                .hint("a scheme is letters, digits, `-` and `_`, beginning with a letter"),
        );
    }
    let (rest, field) = match rest.split_once('#') {
        Some((rest, field)) => (rest, Some(field)),
        None => (rest, None),
    };
    let (locator, options) = match rest.split_once('?') {
        Some((locator, options)) => (locator, Some(options)),
        None => (rest, None),
    };
    if locator.is_empty() {
        return Err(
            ReferenceError::new(0..text.len(), format!("`{scheme}://` names no secret"))
                .hint(format!("write `{scheme}://name`")),
        );
    }
    let mut reference = Reference::new(scheme, decode(locator));
    if let Some(options) = options {
        let start = scheme.len() + 3 + locator.len() + 1;
        reference = with_options(reference, options, start)?;
    }
    match field {
        Some("") => Err(ReferenceError::new(
            text.len() - 1..text.len(),
            "`#` is followed by no field",
        )
        .hint(
            "`#name` is a top-level key, `#/a/b` a JSON pointer; a literal `#` is written `%23`",
        )),
        Some(field) => Ok(reference.with_field(decode(field))),
        None => Ok(reference),
    }
}

fn with_options(
    mut reference: Reference,
    options: &str,
    mut start: usize,
) -> Result<Reference, ReferenceError> {
    for option in options.split('&') {
        let range = start..start + option.len();
        start = range.end + 1;
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        if name.is_empty() {
            return Err(ReferenceError::new(range, "an option has no name").hint(
                "options are written `?name=value&name=value`; a literal `?` is written `%3F`",
            ));
        }
        if reference.option(name).is_some() {
            return Err(ReferenceError::new(
                range,
                format!("option `{name}` stands twice"),
            ));
        }
        let Ok(value) = percent_decode_str(value).decode_utf8() else {
            return Err(ReferenceError::new(
                range,
                format!("option `{name}` is not UTF-8 once decoded"),
            ));
        };
        reference = reference.with_option(name, value);
    }
    Ok(reference)
}

fn not_a_reference(text: &str) -> ReferenceError {
    let error = ReferenceError::new(0..text.len().max(1), "this is not a reference");
    let is_variable = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_variable {
        return error.hint(format!(
            "`${{env://{text}}}` reads an environment variable; a literal `${{` is written `$${{`"
        ));
    }
    error.hint("a reference is `scheme://locator?options#field`; a literal `${` is written `$${`")
}

/// Whether `text` can be a scheme or the name of an instance.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Decodes the five characters that a locator cannot hold as they are, and no others.
fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let code = rest.get(at..at + 3).map(str::to_ascii_uppercase);
        let c = match code.as_deref() {
            Some("%23") => '#',
            Some("%3F") => '?',
            Some("%25") => '%',
            Some("%7D") => '}',
            Some("%7C") => '|',
            _ => {
                decoded.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        };
        decoded.push(c);
        rest = &rest[at + 3..];
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found() {
        let reference = parse("aws-ssm:///shop/db?version=3&region=eu-west-1#/a/b").unwrap();
        assert_eq!(reference.scheme(), "aws-ssm");
        assert_eq!(reference.locator(), "/shop/db");
        assert_eq!(reference.option("version"), Some("3"));
        assert_eq!(reference.option("region"), Some("eu-west-1"));
        assert_eq!(reference.field(), Some("/a/b"));
        assert_eq!(
            reference.to_string(),
            "aws-ssm:///shop/db?region=eu-west-1&version=3#/a/b"
        );
    }

    #[test]
    fn a_locator_is_verbatim_but_for_five_characters() {
        let reference = parse("x://a+b c%20%41%23%3f%25%7D%7C:1@d").unwrap();
        assert_eq!(reference.locator(), "a+b c%20%41#?%}|:1@d");
        assert_eq!(parse(&reference.to_string()).unwrap(), reference);
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(
            parse("env://").unwrap_err().message,
            "`env://` names no secret"
        );
        assert_eq!(
            parse("env://?a=b").unwrap_err().message,
            "`env://` names no secret"
        );
        assert_eq!(
            parse("DB_HOST")
                .unwrap_err()
                .hint
                .unwrap()
                .split(' ')
                .next(),
            Some("`${env://DB_HOST}`")
        );
        assert_eq!(parse("1x://a").unwrap_err().range, 0..2);
        assert_eq!(
            parse("x://a#").unwrap_err().message,
            "`#` is followed by no field"
        );
        assert_eq!(parse("x://a?b=1&b=2").unwrap_err().range, 10..13);
    }
}
