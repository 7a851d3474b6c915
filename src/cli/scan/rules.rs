//! The rules of a run: those of the program, the manifest's, those of another scanner's configuration.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::{Value, json};

use super::super::{
    Exit, Outcome,
    context::{Context, Loaded},
    output,
};
use super::{Choices, read_named};
use crate::{
    diagnostic::{Class, Diagnostic},
    finding::Confidence,
    manifest::ScanRule,
    scan::{
        config::{self, Custom},
        rule::{self, Rule},
    },
};

/// What a run looks for.
pub(super) struct Rules {
    pub(super) all: Cow<'static, [Rule]>,
    /// What another scanner's configuration says besides.
    pub(super) custom: Option<Custom>,
    /// The text of that configuration.
    pub(super) configuration: String,
}

impl Rules {
    pub(super) fn load(
        context: &Context,
        choices: Choices<'_>,
        loaded: &Loaded,
    ) -> Result<Self, Exit> {
        let (custom, configuration) = configuration(context, choices, loaded)?.unzip();
        let configuration = configuration.unwrap_or_default();
        let own = &loaded.manifest.scan.rules;
        if own.is_empty() && custom.is_none() {
            return Ok(Self {
                all: Cow::Borrowed(rule::built_in()),
                custom,
                configuration,
            });
        }
        let mut rules = rule::built_in().to_vec();
        let mut built_in = rules.len();
        if let Some(custom) = &custom {
            let is_replaced = |rule: &Rule| custom.rules.iter().any(|own| own.id == rule.id);
            rules.retain(|rule| !custom.disabled.contains(&*rule.id) && !is_replaced(rule));
            built_in = rules.len();
            rules.extend(custom.rules.iter().cloned());
        }
        let mut errors = Vec::new();
        for rule in own {
            match from_manifest(rule, &rules) {
                Ok(rule) => rules.push(rule),
                Err(error) => errors.push(*error),
            }
        }
        if !errors.is_empty() {
            return Err(context.fail_all(&errors, Some(&loaded.manifest.source)));
        }
        for rule in &mut rules[built_in..] {
            // The prefilter is exact from four bytes on; without keywords the whole of each file is searched.
            if rule.keywords.iter().any(|keyword| keyword.len() < 4) {
                rule.keywords = Cow::Borrowed(&[]);
            }
        }
        Ok(Self {
            all: Cow::Owned(rules),
            custom,
            configuration,
        })
    }
}

/// A `.gitleaks.toml`, with those that it builds on.
fn configuration(
    context: &Context,
    choices: Choices<'_>,
    loaded: &Loaded,
) -> Result<Option<(Custom, String)>, Exit> {
    let path = match (choices.config, &loaded.manifest.scan.config) {
        (Some(path), _) => context.environment.base().join(path),
        (None, Some(path)) => loaded.environment.base().join(&path.text),
        (None, None) => return Ok(None),
    };
    let mut next = Some(path);
    let mut whole: Option<Custom> = None;
    let mut texts = String::new();
    for _ in 0..DEEPEST {
        let Some(path) = next.take() else {
            break;
        };
        let text = read_named(context, &path, "the configuration")?;
        texts.push_str(&text);
        let custom = config::gitleaks(&text).map_err(|error| {
            let title = format!("cannot use `{}`", path.display());
            context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
        })?;
        // As there: a path is relative to the working directory.
        next = custom
            .extends
            .as_ref()
            .map(|path| context.environment.base().join(path));
        whole = Some(match whole {
            Some(upper) => upper.over(custom),
            None => custom,
        });
    }
    if next.is_some() {
        return Err(context.fail(Diagnostic::new(
            Class::Usage,
            "the configurations extend each other without end",
        )));
    }
    Ok(whole.map(|whole| (whole, texts)))
}

/// How many configurations may build on each other.
const DEEPEST: usize = 8;

fn from_manifest(entry: &ScanRule, known: &[Rule]) -> Result<Rule, Box<Diagnostic>> {
    if known.iter().any(|rule| rule.id == entry.id.text) {
        let title = format!("there is a rule `{}` already", entry.id.text);
        return Err(Box::new(Diagnostic::manifest(title, entry.id.span.clone())));
    }
    let groups = rule::check_pattern(&entry.pattern.text).map_err(|reason| {
        Box::new(
            Diagnostic::manifest("`pattern` cannot be used", entry.pattern.span.clone())
                .cause(reason),
        )
    })?;
    let group = entry.group.unwrap_or(usize::from(groups > 1));
    if group >= groups {
        let title = format!("`pattern` has no group {group}");
        return Err(Box::new(Diagnostic::manifest(
            title,
            entry.pattern.span.clone(),
        )));
    }
    let owned = |texts: &[String]| {
        texts
            .iter()
            .map(|text| Cow::Owned(text.to_ascii_lowercase()))
            .collect()
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number of bits from 0 to 8"
    )]
    let entropy = entry.entropy.unwrap_or_default() as f32;
    Ok(Rule {
        id: entry.id.text.clone().into(),
        title: entry
            .title
            .clone()
            .unwrap_or_else(|| entry.id.text.clone())
            .into(),
        keywords: owned(&entry.keywords),
        pattern: Some(entry.pattern.text.clone().into()),
        group,
        entropy,
        validator: None,
        confidence: entry.confidence.unwrap_or(Confidence::High),
        shown: 0,
        before: rule::REACH,
        after: rule::REACH,
        multiline: entry.pattern.text.contains("\\n") || entry.pattern.text.contains("(?s"),
        paths: entry
            .paths
            .iter()
            .map(|path| Cow::Owned(path.clone()))
            .collect(),
        remedy: entry
            .remedy
            .clone()
            .unwrap_or_else(|| "rotate it, and keep the new one in a store".to_owned())
            .into(),
        source: Cow::Borrowed(""),
    })
}

/// `nuages scan rules`
pub(super) fn list(is_json: bool) -> Outcome {
    let rules = rule::built_in();
    if is_json {
        let all: Vec<Value> = rules.iter().map(describe).collect();
        return output::result(format!("{:#}\n", Value::Array(all)).as_bytes());
    }
    let width = rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for rule in rules {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<width$}  {:<6}  {}",
            rule.id, rule.confidence, rule.title
        );
    }
    output::result(text.as_bytes())
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "title": rule.title,
        "confidence": rule.confidence.name(),
        "remedy": rule.remedy,
        "source": rule.source,
    })
}
