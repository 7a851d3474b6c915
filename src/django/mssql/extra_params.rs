//! `OPTIONS.extra_params`: attributes that mssql-django hangs on its connection string, written so that the driver reads
//! what was meant, and read as the driver reads them.
//!
//! Source: MS-ODBCSTR; where that is silent, what Microsoft's ODBC Driver 18.6 and mssql-python 1.16 were seen to do.

use std::{collections::HashSet, fmt};

use zeroize::Zeroizing;

use super::keywords;
use crate::{
    django::seen::{Fault, Seen},
    value::{Table, Text, Value},
};

/// The way to `extra_params`.
pub(super) const PATH: [&str; 2] = ["OPTIONS", "extra_params"];

/// What to write where a text can be read in two ways.
pub(super) const AS_TABLE: &str =
    "write it as a table, `extra_params = { Encrypt = \"yes\" }`: what needs quoting is quoted";

/// One `keyword=value`.
pub(crate) struct Attribute<'a> {
    /// As it is written.
    pub(crate) keyword: &'a str,
    /// As the driver calls it, where it is one that is known here.
    pub(crate) name: Option<&'static str>,
    /// `None` where a reference will bring it.
    pub(crate) value: Option<Zeroizing<String>>,
    /// Whether it is a key of the manifest, and so no part of a secret.
    pub(crate) is_key: bool,
}

impl Attribute<'_> {
    /// Where it stands.
    pub(crate) fn path(&self) -> Vec<&str> {
        let key = self.is_key.then_some(self.keyword);
        PATH.into_iter().chain(key).collect()
    }
}

/// Why a text is refused. Holds none of it but the name of a keyword that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// A NUL ends the text for the driver, and all that follows is lost.
    Nul,
    /// A part without `=`.
    NoValue,
    /// A blank at the end of a keyword or a value.
    Blank,
    /// A `{` without its `}`.
    Unclosed,
    /// Something between `}` and `;`.
    Behind,
    /// A keyword that stands twice.
    Twice(Option<&'static str>),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul => f.write_str("a NUL in `extra_params` ends it: the driver reads nothing behind it"),
            Self::NoValue => f.write_str("a part of `extra_params` has no `=`, or nothing before it"),
            Self::Blank => f.write_str(
                "a blank beside `=` or `;` in `extra_params`: the ODBC driver takes it for a part of the name and ignores the attribute",
            ),
            Self::Unclosed => f.write_str(
                "a `{` in `extra_params` is never closed: the driver takes all that follows for the value",
            ),
            Self::Behind => f.write_str("text behind a closing `}` in `extra_params` is dropped by the driver"),
            Self::Twice(Some(name)) => write!(f, "`{name}` stands twice in `extra_params`"),
            Self::Twice(None) => f.write_str("a keyword stands twice in `extra_params`"),
        }
    }
}

/// Takes a text apart as the driver does. What two drivers read differently is refused.
pub(crate) fn read(text: &str) -> Result<Vec<Attribute<'_>>, Unreadable> {
    if text.contains('\0') {
        return Err(Unreadable::Nul);
    }
    let mut attributes: Vec<Attribute<'_>> = Vec::new();
    let mut names = HashSet::new();
    let mut rest = text.trim_start_matches(';');
    while !rest.is_empty() {
        let end = rest.find(['=', ';']).ok_or(Unreadable::NoValue)?;
        let keyword = &rest[..end];
        if keyword.is_empty() || !rest[end..].starts_with('=') {
            return Err(Unreadable::NoValue);
        }
        if keyword.trim() != keyword {
            return Err(Unreadable::Blank);
        }
        let name = keywords::find(keyword);
        if !names.insert(name.map_or_else(|| keyword.to_ascii_lowercase(), str::to_owned)) {
            return Err(Unreadable::Twice(name));
        }
        let (value, behind) = read_value(&rest[end + 1..])?;
        attributes.push(Attribute {
            keyword,
            name,
            value: Some(value),
            is_key: false,
        });
        rest = behind.trim_start_matches(';');
    }
    Ok(attributes)
}

/// A value, and what stands behind it: nothing, or text that begins with `;`.
fn read_value(text: &str) -> Result<(Zeroizing<String>, &str), Unreadable> {
    let Some(braced) = text.strip_prefix('{') else {
        let (value, behind) = text.split_at(text.find(';').unwrap_or(text.len()));
        if value.trim() != value {
            return Err(Unreadable::Blank);
        }
        return Ok((Zeroizing::new(value.to_owned()), behind));
    };
    let mut value = Zeroizing::new(String::with_capacity(braced.len()));
    let mut rest = braced;
    loop {
        let at = rest.find('}').ok_or(Unreadable::Unclosed)?;
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('}') {
            Some(more) => {
                value.push('}');
                rest = more;
            }
            None if rest.is_empty() || rest.starts_with(';') => return Ok((value, rest)),
            None => return Err(Unreadable::Behind),
        }
    }
}

/// Whether two spellings are one keyword to the driver.
fn is_same(a: &str, b: &str) -> bool {
    match (keywords::find(a), keywords::find(b)) {
        (None, None) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

/// The attributes of `extra_params`, written as a table or as text, and what is wrong with how they are written.
/// `None` where a reference will bring the text.
pub(super) fn attributes<'a>(seen: &'a Seen<'_>) -> (Option<Vec<Attribute<'a>>>, Vec<Fault>) {
    match seen {
        Seen::Unknown => (None, Vec::new()),
        Seen::Text(text) => match read(text) {
            Ok(attributes) => (Some(attributes), Vec::new()),
            Err(failure) => {
                let fault = Fault::value(&PATH, failure.to_string()).hint(AS_TABLE);
                (None, vec![fault])
            }
        },
        Seen::Table(entries) => {
            let (attributes, faults) = of_table(entries);
            (Some(attributes), faults)
        }
        _ => {
            let fault = Fault::value(&PATH, "`extra_params` must be a table or a string");
            (None, vec![fault])
        }
    }
}

fn of_table<'a>(entries: &'a [(&'a str, Seen<'a>)]) -> (Vec<Attribute<'a>>, Vec<Fault>) {
    let mut attributes: Vec<Attribute<'_>> = Vec::new();
    let mut faults = Vec::new();
    for (keyword, value) in entries {
        let path = [PATH[0], PATH[1], keyword];
        if !is_keyword(keyword) {
            let what = format!(
                "`{}` cannot be a keyword of `extra_params`",
                keyword.escape_debug()
            );
            faults.push(Fault::key(&path, what).hint("a keyword has no blanks and none of `=;{}`"));
            continue;
        }
        if let Some(first) = attributes
            .iter()
            .find(|have| is_same(have.keyword, keyword))
        {
            let what = format!(
                "`{keyword}` and `{}` are one keyword to the driver",
                first.keyword
            );
            faults.push(
                Fault::key(&path, what)
                    .hint("keep one of them, and spell it alike in every profile"),
            );
            continue;
        }
        match written(value) {
            Ok(value) => attributes.push(Attribute {
                keyword,
                name: keywords::find(keyword),
                value,
                is_key: true,
            }),
            Err(what) => faults.push(Fault::value(&path, format!("`{keyword}` {what}"))),
        }
    }
    (attributes, faults)
}

/// A value as it goes into the text, before anything is quoted.
fn written(value: &Seen<'_>) -> Result<Option<Zeroizing<String>>, &'static str> {
    let text = match value {
        Seen::Text(text) if text.contains('\0') => {
            return Err("cannot hold a NUL: the driver would read nothing behind it");
        }
        Seen::Text(text) => (*text).to_owned(),
        Seen::Flag(true) => "yes".to_owned(),
        Seen::Flag(false) => "no".to_owned(),
        Seen::Number(number) => number.clone(),
        Seen::Unknown => return Ok(None),
        Seen::Table(_) | Seen::Other => {
            return Err("must be a string, a number, or `true` or `false`");
        }
    };
    Ok(Some(Zeroizing::new(text)))
}

fn is_keyword(text: &str) -> bool {
    let is_free = |c: char| !c.is_whitespace() && !c.is_control() && !"=;{}".contains(c);
    !text.is_empty() && text.chars().all(is_free)
}

/// The text of attributes: the driver reads from it what is in them.
pub(crate) fn write<'a>(attributes: impl Iterator<Item = (&'a str, &'a str)>) -> Zeroizing<String> {
    let attributes: Vec<(&str, &str)> = attributes.collect();
    // Sized first: a buffer that grows would leave copies behind.
    let size = |(keyword, value): &(&str, &str)| keyword.len() + 2 * value.len() + 4;
    let mut text = Zeroizing::new(String::with_capacity(attributes.iter().map(size).sum()));
    for (keyword, value) in attributes {
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(keyword);
        text.push('=');
        if !needs_braces(value) {
            text.push_str(value);
            continue;
        }
        text.push('{');
        for c in value.chars() {
            text.push(c);
            if c == '}' {
                text.push('}');
            }
        }
        text.push('}');
    }
    text
}

fn needs_braces(value: &str) -> bool {
    value.contains(';') || value.starts_with('{') || value.trim() != value
}

/// Makes text of a table of attributes that has been found in order. It is secret where any of them is.
pub(super) fn compose(options: &mut Table) {
    let Some(extra_params) = options.get(PATH[1]) else {
        return;
    };
    let (Value::Table(table), is_secret) = (extra_params, extra_params.is_secret()) else {
        return;
    };
    let seen = Seen::of(table);
    let (Some(attributes), _) = attributes(&seen) else {
        return;
    };
    let known = attributes.iter().filter_map(|attribute| {
        let value = attribute.value.as_ref()?;
        Some((attribute.keyword, value.as_str()))
    });
    let text = write(known);
    let text = if is_secret {
        Text::secret(text.as_str())
    } else {
        Text::plain(text.as_str())
    };
    options.insert(PATH[1], Value::Text(text));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let attributes = read(text).unwrap_or_else(|failure| panic!("{text}: {failure}"));
        let pair = |attribute: &Attribute<'_>| {
            let value = attribute.value.as_ref().unwrap().as_str();
            (attribute.keyword.to_owned(), value.to_owned())
        };
        attributes.iter().map(pair).collect()
    }

    #[test]
    fn values_are_quoted_where_the_driver_needs_it() {
        for (value, written) in [
            ("yes", "A=yes"),
            ("", "A="),
            ("a=b}c{d", "A=a=b}c{d"),
            ("se;c=r}et", "A={se;c=r}}et}"),
            ("{x", "A={{x}"),
            (" {x", "A={ {x}"),
            ("x ", "A={x }"),
            ("}", "A=}"),
            ("};", "A={}};}"),
        ] {
            assert_eq!(write([("A", value)].into_iter()).as_str(), written);
            assert_eq!(pairs(written), [("A".to_owned(), value.to_owned())]);
        }
    }

    #[test]
    fn what_drivers_read_differently_is_refused() {
        for (text, failure) in [
            ("A=b\0;C=d", Unreadable::Nul),
            ("A", Unreadable::NoValue),
            ("A;B=c", Unreadable::NoValue),
            ("=b", Unreadable::NoValue),
            ("A =b", Unreadable::Blank),
            ("A=b; C=d", Unreadable::Blank),
            ("A= b", Unreadable::Blank),
            ("A={b;C=d", Unreadable::Unclosed),
            ("A={b}}", Unreadable::Unclosed),
            ("A={b}c;D=e", Unreadable::Behind),
            ("A=b;a=c", Unreadable::Twice(None)),
            ("Encrypt=yes;encrypt=no", Unreadable::Twice(Some("Encrypt"))),
            ("Server=a;ADDR=b", Unreadable::Twice(Some("Server"))),
        ] {
            assert_eq!(read(text).err(), Some(failure), "{text}");
        }
        assert_eq!(pairs(";;A=b;;C={d;e};").len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec("[;{}= a-c\\t\\n'\"é]{0,12}", 1..5)) {
            let named: Vec<(String, String)> = values
                .into_iter()
                .enumerate()
                .map(|(place, value)| (format!("K{place}"), value))
                .collect();
            let text = write(named.iter().map(|(keyword, value)| (keyword.as_str(), value.as_str())));
            prop_assert_eq!(pairs(&text), named);
        }
    }
}
