//! Interpolation: text with `${reference:-default | filter}` in it. Pure.

use std::ops::Range;

use nuages_provider::Reference;

use crate::{
    filter::Filter,
    reference::{self, ReferenceError},
    suggest,
};

/// Text, taken apart into what stands as it is and what a reference brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
}

/// A stretch of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Hole(Hole),
}

/// One `${…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) reference: Reference,
    pub(crate) default: Option<Template>,
    pub(crate) filters: Vec<Filter>,
    /// Its place in the decoded text, from `$` to `}`.
    pub(crate) range: Range<usize>,
}

/// Why a text is not a template, and where in the decoded text.
pub(crate) type TemplateError = ReferenceError;

impl Template {
    /// Reads a text. All errors are found, not just the first.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        let (template, errors) = Self::read(text);
        if errors.is_empty() {
            Ok(template)
        } else {
            Err(errors)
        }
    }

    /// Reads a text: what could be read of it, and all that could not.
    pub(crate) fn read(text: &str) -> (Self, Vec<TemplateError>) {
        let mut parser = Parser {
            text,
            at: 0,
            nesting: 0,
            gave_up: false,
            errors: Vec::new(),
        };
        let template = parser.template(false);
        (template, parser.errors)
    }

    /// A reference by itself.
    pub(crate) fn of(reference: Reference) -> Self {
        Self {
            parts: vec![Part::Hole(Hole {
                reference,
                default: None,
                filters: Vec::new(),
                range: 0..0,
            })],
        }
    }

    /// Reads what stands between `${` and `}`.
    pub(crate) fn parse_hole(inner: &str) -> Result<Self, Vec<TemplateError>> {
        let template = Self::parse(&format!("${{{inner}}}"))?;
        if let [Part::Hole(_)] = template.parts[..] {
            return Ok(template);
        }
        // A `}` in the text would otherwise let more stand behind the reference.
        Err(vec![TemplateError {
            range: 0..inner.len(),
            message: "this is not one reference".to_owned(),
            hint: Some("a literal `}` in a name is written `%7D`".to_owned()),
        }])
    }

    /// The text, where no reference stands in it.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.parts[..] {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Moves every range, defaults' included, to where `place` says.
    pub(crate) fn relocate(&mut self, place: &impl Fn(Range<usize>) -> Range<usize>) {
        for part in &mut self.parts {
            if let Part::Hole(hole) = part {
                hole.range = place(hole.range.clone());
                if let Some(default) = &mut hole.default {
                    default.relocate(place);
                }
            }
        }
    }

    /// All holes, defaults' included, outermost first.
    pub(crate) fn holes(&self) -> Vec<&Hole> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Hole>) {
        for part in &self.parts {
            if let Part::Hole(hole) = part {
                found.push(hole);
                if let Some(default) = &hole.default {
                    default.collect(found);
                }
            }
        }
    }
}

/// How deep defaults may stand in defaults: every level takes stack, and nobody writes this many.
const MAX_NESTING: usize = 32;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
    /// Whether the rest was passed over, so that nothing more is said of it.
    gave_up: bool,
    errors: Vec<TemplateError>,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Text up to the end or, inside a default, up to the `}` or `|` that ends it. Braces in a default are balanced.
    fn template(&mut self, in_default: bool) -> Template {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut depth = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            if self.rest().starts_with("$${") {
                literal.push_str("${");
                self.at += 3;
                depth += usize::from(in_default);
            } else if self.rest().starts_with("${") {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.extend(self.hole().map(Part::Hole));
            } else if in_default && (self.rest().starts_with("$}") || self.rest().starts_with("$|"))
            {
                literal.push_str(&self.rest()[1..2]);
                self.at += 2;
            } else if in_default && (c == '|' || c == '}') && depth == 0 {
                break;
            } else {
                match c {
                    '{' if in_default => depth += 1,
                    '}' if in_default => depth -= 1,
                    _ => {}
                }
                literal.push(c);
                self.at += c.len_utf8();
            }
        }
        if in_default && self.rest().starts_with('|') {
            literal.truncate(literal.trim_end().len());
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Template { parts }
    }

    /// One `${…}`. Where it cannot be read, the error is kept and reading goes on behind it.
    fn hole(&mut self) -> Option<Hole> {
        let start = self.at;
        self.at += 2;
        let inner = self.rest();
        let scheme_end = inner.find("://").map_or(0, |at| at + 3);
        let end = inner
            .char_indices()
            .find(|&(at, c)| {
                c == '}' || c == '|' || (at >= scheme_end && inner[at..].starts_with(":-"))
            })
            .map(|(at, _)| at);
        let Some(end) = end else {
            self.unterminated(start);
            return None;
        };
        let (raw, reference_start) = (&inner[..end], self.at);
        let text = raw.trim();
        let offset = reference_start + (raw.len() - raw.trim_start().len());
        let parsed = reference::parse(text).map_err(|mut error| {
            error.range = error.range.start + offset..error.range.end + offset;
            error
        });
        self.at += end;
        let has_default = self.rest().starts_with(":-");
        if has_default && self.nesting == MAX_NESTING {
            self.too_deep(start);
        }
        let default = (has_default && !self.gave_up).then(|| {
            self.at += 2;
            self.nesting += 1;
            let default = self.template(true);
            self.nesting -= 1;
            default
        });
        if self.gave_up {
            return None;
        }
        let filters = self.filters();
        if !self.rest().starts_with('}') {
            self.unterminated(start);
            return None;
        }
        self.at += 1;
        match parsed {
            Ok(reference) => Some(Hole {
                reference,
                default,
                filters,
                range: start..self.at,
            }),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn filters(&mut self) -> Vec<Filter> {
        let mut filters = Vec::new();
        while self.rest().starts_with('|') {
            self.at += 1;
            let end = self.rest().find(['|', '}']).unwrap_or(self.rest().len());
            let raw = &self.rest()[..end];
            let name = raw.trim();
            let start = self.at + (raw.len() - raw.trim_start().len());
            if let Some(filter) = Filter::named(name) {
                filters.push(filter);
            } else {
                let message = if name.is_empty() {
                    "`|` is followed by no filter".to_owned()
                } else {
                    format!("there is no filter `{name}`")
                };
                let hint = suggest::hint(name, Filter::ALL.iter().map(|filter| filter.name()));
                self.errors.push(TemplateError {
                    range: start..start + name.len().max(1),
                    message,
                    hint,
                });
            }
            self.at += end;
        }
        filters
    }

    fn too_deep(&mut self, start: usize) {
        self.gave_up = true;
        self.at = self.text.len();
        self.errors.push(TemplateError {
            range: start..start + 2,
            message: format!("defaults stand more than {MAX_NESTING} deep in each other"),
            hint: None,
        });
    }

    fn unterminated(&mut self, start: usize) {
        self.at = self.text.len();
        self.errors.push(TemplateError {
            range: start..start + 2,
            message: "`${` is never closed".to_owned(),
            hint: Some("close the reference with `}`; a literal `${` is written `$${`".to_owned()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    fn parse(text: &str) -> Vec<Part> {
        Template::parse(text).unwrap().parts
    }

    fn only_hole(text: &str) -> Hole {
        match parse(text).remove(0) {
            Part::Hole(hole) => hole,
            Part::Literal(text) => panic!("a literal: {text}"),
        }
    }

    #[test]
    fn text_without_references_stands_as_it_is() {
        for text in ["", "pa$word", "$HOME $(x) `y` {z}", "100%", "a}b|c"] {
            assert_eq!(Template::parse(text).unwrap().literal(), Some(text));
        }
        assert_eq!(
            Template::parse("$${x} $$${y}").unwrap().literal(),
            Some("${x} $${y}")
        );
    }

    #[test]
    fn references_stand_in_text() {
        let parts = parse("rediss://:${secrets://redis | urlencode}@cache/0");
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], literal("rediss://:"));
        assert_eq!(parts[2], literal("@cache/0"));
        let hole = only_hole("${secrets://redis | urlencode | base64}");
        assert_eq!(hole.filters, [Filter::Urlencode, Filter::Base64]);
        assert_eq!(hole.range, 0..39);
    }

    #[test]
    fn defaults_nest_and_balance_braces() {
        let hole = only_hole("${env://A:-${env://B:-x}y | trim}");
        let default = hole.default.unwrap();
        assert_eq!(hole.filters, [Filter::Trim]);
        assert_eq!(default.parts.len(), 2);
        assert_eq!(default.parts[1], literal("y"));
        let json = only_hole(r#"${env://A:-{"a": {}}}"#);
        assert_eq!(json.default.unwrap().literal(), Some(r#"{"a": {}}"#));
        let escaped = only_hole("${env://A:-a$}b$|c}");
        assert_eq!(escaped.default.unwrap().literal(), Some("a}b|c"));
        assert_eq!(
            only_hole("${env://A:-}").default.unwrap().literal(),
            Some("")
        );
        let url = only_hole("${env://URL:-postgres://u:p%23w@h:5432/db?a=b#c}");
        assert_eq!(
            url.default.unwrap().literal(),
            Some("postgres://u:p%23w@h:5432/db?a=b#c")
        );
    }

    #[test]
    fn defaults_nest_only_so_deep() {
        let nested =
            |depth: usize| format!("{}x{}", "${env://A:-".repeat(depth), "}".repeat(depth));
        assert!(Template::parse(&nested(MAX_NESTING)).is_ok());
        for depth in [MAX_NESTING + 1, 100_000] {
            let errors = Template::parse(&nested(depth)).unwrap_err();
            assert_eq!(errors.len(), 1);
            assert_eq!(
                errors[0].message,
                "defaults stand more than 32 deep in each other"
            );
            assert_eq!(errors[0].range, 352..354);
        }
    }

    #[test]
    fn nothing_stands_behind_a_lone_reference() {
        assert!(Template::parse_hole("env://A:-x | trim").is_ok());
        for text in ["env://A} ${env://B", "env://A}x${env://B", "env://A}"] {
            assert!(Template::parse_hole(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_errors_are_found() {
        let errors = Template::parse("${env://A | upcase} ${B} ${env://C").unwrap_err();
        let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "there is no filter `upcase`",
                "this is not a reference",
                "`${` is never closed"
            ]
        );
        assert_eq!(errors[0].range, 12..18);
        assert_eq!(errors[1].range, 22..23);
        assert_eq!(errors[2].range, 25..27);
    }
}
