//! Reads `.gitleaks.toml`, by the README of gitleaks 8: `[extend]`, `[[rules]]`, `[allowlist]` or `[[allowlists]]`, and
//! the allowlists of a rule in both spellings. What is not understood is an error: a rule or an allowlist that is left
//! out without a word would be a leak that is let through, or noise.

use std::{borrow::Cow, collections::HashSet, ops::Range};

use regex_automata::meta::Regex;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Custom, Limits,
    allowlist::{Allowlist, Target},
    reader::{Reader, cut},
};
use crate::{
    finding::Confidence,
    scan::{pattern::Checked, rule::Rule, suppress::Error},
};

/// The largest configuration that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// Keys that say nothing about what is found.
const HARMLESS: [&str; 3] = ["title", "description", "minVersion"];

/// Reads a configuration.
///
/// A rule's secret is what `secretGroup` says; without it the first group, where every match has one, else the whole
/// match. Its keywords must stand somewhere in the file, as there.
///
/// # Errors
///
/// For the first thing that is not TOML, not known or not usable, with its line.
pub fn gitleaks(text: &str) -> Result<Custom, Error> {
    if text.len() > LARGEST {
        return Err(Error::new("this configuration is too large"));
    }
    let reader = Reader::new(text);
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        reader.error(
            &span,
            format!("this is not TOML: {}", error.message().replace('\n', ", ")),
        )
    })?;
    let mut custom = Custom::default();
    // First, since what a rule may leave out depends on it.
    if let Some(extend) = table.get_ref().get("extend") {
        read_extend(&reader, extend, &mut custom)?;
    }
    let mut ids = HashSet::new();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "extend" => {}
            "rules" => {
                for (rule, span) in reader.tables("rules", value)? {
                    read_rule(&reader, rule, &span, &mut custom, &mut ids)?;
                }
            }
            "allowlist" | "allowlists" => {
                let lists = allowlists(&reader, key.get_ref(), value, true)?;
                custom.allowlists.extend(lists);
            }
            key if HARMLESS.contains(&key) => {}
            _ => return reader.unknown("a configuration", key),
        }
    }
    Ok(custom)
}

fn read_extend(
    reader: &Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    custom: &mut Custom,
) -> Result<(), Error> {
    for (key, value) in reader.table("`extend`", value)? {
        match key.get_ref().as_ref() {
            "useDefault" => custom.use_default = reader.flag("useDefault", value)?,
            "path" => custom.extends = Some(reader.text("path", value)?),
            "disabledRules" => {
                let ids = reader.texts("disabledRules", value)?;
                custom.disabled.extend(ids.into_iter().map(|(id, _)| id));
            }
            _ => return reader.unknown("`extend`", key),
        }
    }
    Ok(())
}

/// A rule as it is written.
#[derive(Default)]
struct Written {
    id: String,
    description: String,
    regex: Option<(String, Checked)>,
    group: Option<usize>,
    entropy: f32,
    path: Option<Regex>,
    keywords: Vec<String>,
    allowlists: Vec<Allowlist>,
}

fn read_rule(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    custom: &mut Custom,
    ids: &mut HashSet<String>,
) -> Result<(), Error> {
    let mut written = Written::default();
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "id" => written.id = reader.text("id", value)?,
            "description" => written.description = reader.text("description", value)?,
            "regex" => {
                let text = reader.text("regex", value)?;
                written.regex = Some(reader.pattern("regex", &text, &value.span())?);
            }
            "secretGroup" => written.group = Some(reader.count("secretGroup", value)?),
            "entropy" => written.entropy = reader.number("entropy", value)?,
            "path" => {
                let text = reader.text("path", value)?;
                written.path = Some(reader.regex("path", &text, &value.span())?);
            }
            "keywords" => {
                let words = reader.texts("keywords", value)?;
                let words = words.into_iter().map(|(word, _)| word.to_ascii_lowercase());
                written.keywords.extend(words);
            }
            name @ ("allowlist" | "allowlists") => {
                written
                    .allowlists
                    .extend(allowlists(reader, name, value, false)?);
            }
            "tags" => drop(reader.texts("tags", value)?),
            "required" | "skipReport" => {
                let message = "rules that need other rules are not supported";
                return Err(reader.error(&key.span(), message));
            }
            _ => return reader.unknown("a rule", key),
        }
    }
    if written.id.is_empty() {
        return Err(reader.error(span, "a rule has no `id`"));
    }
    if !ids.insert(written.id.clone()) {
        let shown = cut(&written.id);
        return Err(reader.error(span, format!("there is another rule `{shown}`")));
    }
    take_rule(reader, written, span, custom)
}

fn take_rule(
    reader: &Reader<'_>,
    written: Written,
    span: &Range<usize>,
    custom: &mut Custom,
) -> Result<(), Error> {
    let shown = cut(&written.id);
    let Written {
        id,
        description,
        regex,
        group,
        entropy,
        path,
        keywords,
        allowlists,
    } = written;
    let mut limits = Limits {
        path,
        allowlists,
        ..Limits::default()
    };
    let Some((
        pattern,
        Checked {
            groups, is_full, ..
        },
    )) = regex
    else {
        if limits.path.is_some() {
            custom.files.push(rule(id.clone(), description, None));
        } else if !custom.use_default && custom.extends.is_none() {
            // Where it builds on others, it may add to a rule of theirs.
            return Err(reader.error(
                span,
                format!("the rule `{shown}` has neither `regex` nor `path`"),
            ));
        }
        custom.limits.insert(id, limits);
        return Ok(());
    };
    if group.is_some_and(|group| group >= groups) {
        return Err(reader.error(
            span,
            format!("the rule `{shown}` has no group for its `secretGroup`"),
        ));
    }
    limits.pattern = Some(pattern.clone());
    // An empty word is in every file.
    let is_filtered = keywords.iter().all(|word| !word.is_empty());
    custom.rules.push(Rule {
        keywords: if is_filtered {
            keywords.into_iter().map(Cow::Owned).collect()
        } else {
            Cow::Borrowed(&[])
        },
        group: match group {
            Some(group) if group > 0 => group,
            // A group that a match may lack must not lose the match.
            _ => usize::from(groups > 1 && is_full),
        },
        entropy,
        ..rule(id.clone(), description, Some(pattern))
    });
    custom.limits.insert(id, limits);
    Ok(())
}

/// A rule of a user's: certain, since nobody else knows better what it means; and it may look at the whole file.
fn rule(id: String, description: String, pattern: Option<String>) -> Rule {
    let title = if description.is_empty() {
        id.clone()
    } else {
        description
    };
    Rule {
        id: id.into(),
        title: title.into(),
        keywords: Cow::Borrowed(&[]),
        pattern: pattern.map(Cow::Owned),
        group: 0,
        entropy: 0.0,
        validator: None,
        confidence: Confidence::High,
        shown: 0,
        before: usize::MAX,
        after: usize::MAX,
        multiline: true,
        paths: Cow::Borrowed(&[]),
        remedy: Cow::Borrowed(
            "revoke it where it was issued, and take it from a reference in the manifest",
        ),
        source: Cow::Borrowed(""),
    }
}

/// `[allowlist]` is one table, `[[allowlists]]` are many.
fn allowlists(
    reader: &Reader<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    is_global: bool,
) -> Result<Vec<Allowlist>, Error> {
    let tables = if name == "allowlist" && !matches!(value.get_ref(), DeValue::Array(_)) {
        vec![(reader.table("`allowlist`", value)?, value.span())]
    } else {
        reader.tables(name, value)?
    };
    let lists = tables
        .into_iter()
        .map(|(table, span)| allowlist(reader, table, &span, is_global));
    lists.collect()
}

fn allowlist(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: &Range<usize>,
    is_global: bool,
) -> Result<Allowlist, Error> {
    let mut list = Allowlist::default();
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "description" => list.description = reader.text("description", value)?,
            "condition" => {
                list.needs_all = needs_all(reader, value)?;
            }
            "commits" => list.commits.extend(
                reader
                    .texts("commits", value)?
                    .into_iter()
                    .map(|(id, _)| id),
            ),
            "paths" => list.paths = reader.regexes("paths", value)?,
            "regexes" => list.regexes = reader.regexes("regexes", value)?,
            "regexTarget" => {
                list.target = target(reader, value)?;
            }
            "stopwords" => {
                let words = reader.texts("stopwords", value)?;
                // An empty word is in every secret.
                if let Some((_, span)) = words.iter().find(|(word, _)| word.is_empty()) {
                    return Err(
                        reader.error(span, "an empty word in `stopwords` would accept everything")
                    );
                }
                list.stopwords = words
                    .into_iter()
                    .map(|(word, _)| word.to_ascii_lowercase().into_bytes())
                    .collect();
            }
            "targetRules" if is_global => {
                list.rules = reader
                    .texts("targetRules", value)?
                    .into_iter()
                    .map(|(id, _)| id)
                    .collect();
            }
            _ => return reader.unknown("an allowlist", key),
        }
    }
    if list.is_empty() {
        return Err(reader.error(
            span,
            "an allowlist is empty: it needs `commits`, `paths`, `regexes` or `stopwords`",
        ));
    }
    Ok(list)
}

fn needs_all(reader: &Reader<'_>, value: &Spanned<DeValue<'_>>) -> Result<bool, Error> {
    let condition = reader.text("condition", value)?;
    match condition.to_ascii_uppercase().as_str() {
        "AND" | "&&" => Ok(true),
        "OR" | "||" | "" => Ok(false),
        _ => Err(reader.error(&value.span(), "`condition` is `AND` or `OR`")),
    }
}

fn target(reader: &Reader<'_>, value: &Spanned<DeValue<'_>>) -> Result<Target, Error> {
    match reader.text("regexTarget", value)?.as_str() {
        "secret" | "" => Ok(Target::Secret),
        "match" => Ok(Target::Match),
        "line" => Ok(Target::Line),
        _ => Err(reader.error(
            &value.span(),
            "`regexTarget` is `secret`, `match` or `line`",
        )),
    }
}
