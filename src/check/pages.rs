//! The page of each rule: for `nuages check --explain`, and for the documentation.

use std::fmt::Write as _;

use super::{
    rule::Rule,
    rules::{self, FAMILIES, django},
    settings::is_check,
};

/// A page of the documentation.
pub struct Page {
    /// The file's name: `postgresql.md`.
    pub file: String,
    /// Its text, as Markdown.
    pub text: String,
}

/// The page of a rule, as Markdown; `None` where there is no such rule. One of Django's own checks has the page of the rule
/// that tells the same, or a line that says where Django's page is.
#[must_use]
pub fn page(id: &str) -> Option<String> {
    let ours = django::of_django(id).map_or(id, |pair| pair.ours);
    if let Some(rule) = rules::find(ours) {
        return Some(section(rule, "#"));
    }
    is_check(id).then(|| {
        format!(
            "# {id}: one of Django's own checks\n\nIts page: <{}>\n",
            django::CHECKS
        )
    })
}

/// Whether there is a rule of this id, or a check of Django's may have it.
pub(crate) fn is_rule(id: &str) -> bool {
    rules::all().any(|rule| rule.id == id) || is_check(id)
}

/// Every id, for a hint.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    rules::all().map(|rule| rule.id)
}

/// Every page of the documentation, and the index of them.
#[must_use]
pub fn pages() -> Vec<Page> {
    let mut pages = vec![index()];
    for family in FAMILIES {
        let mut text = format!("# Rules: {}\n", family.title);
        for rule in family.rules {
            text.push('\n');
            text.push_str(&section(rule, "##"));
        }
        pages.push(Page {
            file: format!("{}.md", family.name),
            text,
        });
    }
    pages
}

fn index() -> Page {
    let mut text = String::from(
        "# The rules of `nuages check`\n\n`nuages check --explain ID` prints the page of a rule.\n",
    );
    for family in FAMILIES {
        let _ = write!(
            text,
            "\n## [{}]({}.md)\n\n| rule | | |\n|---|---|---|\n",
            family.title, family.name
        );
        for rule in family.rules {
            let _ = writeln!(text, "| {} | {} | {} |", rule.id, rule.severity, rule.title);
        }
    }
    Page {
        file: "README.md".to_owned(),
        text,
    }
}

fn section(rule: &Rule, heading: &str) -> String {
    let mut text = format!("{heading} {}: {}\n\n", rule.id, rule.title);
    let _ = writeln!(text, "{}\n\n{}", rule.severity_line(), wrap(rule.why));
    let _ = writeln!(
        text,
        "\n**What to do:** {}.",
        rule.remedy.trim_end_matches('.')
    );
    for (name, example) in [("Found in", rule.wrong), ("Not found in", rule.right)] {
        if !example.is_empty() {
            let _ = write!(text, "\n{name}:\n\n```toml\n{}\n```\n", example.trim_end());
        }
    }
    if !rule.sources.is_empty() {
        text.push_str("\nSources:\n");
        for source in rule.sources {
            let _ = writeln!(text, "- <{source}>");
        }
    }
    text
}

impl Rule {
    fn severity_line(&self) -> String {
        format!("*{}* · looks at {}", self.severity, self.check.needs())
    }
}

fn wrap(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
