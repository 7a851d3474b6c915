//! What a rule has found, and the hand that it gives it to.

use super::{
    fix::Fix,
    rule::Rule,
    subject::{Database, Field, From},
};
use crate::{finding::Severity, manifest::Span};

/// One thing that a rule has found. It may quote what stands in the manifest under a key that holds no secret, and
/// nothing else.
#[derive(Clone)]
pub(crate) struct Found {
    /// The rule.
    pub(crate) rule: &'static Rule,
    /// What Django's own check calls it, where that has found it too.
    pub(crate) django: Option<String>,
    /// What is wrong, where it is not what the rule says.
    pub(crate) title: Option<String>,
    /// How serious it is here.
    pub(crate) severity: Severity,
    /// What it is about: `databases.default.OPTIONS.sslmode`.
    pub(crate) key: String,
    /// Where.
    pub(crate) place: Place,
    /// More that is to be known: lower-case fragments.
    pub(crate) notes: Vec<String>,
    /// What to do, where it is more than the rule says.
    pub(crate) remedy: Option<String>,
    /// The change of the manifest that mends it.
    pub(crate) fix: Option<Fix>,
    /// Whether it stops every other command too, so that nothing lets it pass.
    pub(crate) is_mistake: bool,
    /// Whether the place itself is a secret, which no report may show.
    pub(crate) hides: bool,
    /// The profiles that it takes; none where it holds without any.
    pub(crate) profiles: Vec<String>,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// In the manifest.
    Manifest(Span),
    /// In a file of the project, which is not shown.
    File {
        /// Its path, as it is to be said.
        path: String,
        /// The line, counting from 1.
        line: usize,
    },
    /// In a file of the settings.
    Settings {
        /// Which of them.
        file: usize,
        /// Where in its text.
        span: Span,
    },
}

/// Said of a key that has no place of its own.
pub(super) const IN_URL: &str = "it stands in the `url`";

/// Takes what one rule finds.
pub(crate) struct Out<'a> {
    rule: &'static Rule,
    found: &'a mut Vec<Found>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(rule: &'static Rule, found: &'a mut Vec<Found>) -> Self {
        Self { rule, found }
    }

    /// Found at a place of the manifest.
    pub(crate) fn at(&mut self, key: impl Into<String>, span: &Span) -> &mut Found {
        self.put(key.into(), Place::Manifest(span.clone()))
    }

    /// How much was found, by all rules.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// What was found since there was that much.
    pub(crate) fn since(&mut self, count: usize) -> &mut [Found] {
        self.found.get_mut(count..).unwrap_or_default()
    }

    /// What was found last.
    pub(crate) fn last(&mut self) -> Option<&mut Found> {
        self.found.last_mut()
    }

    /// Found in a file.
    pub(crate) fn in_file(
        &mut self,
        key: impl Into<String>,
        path: impl Into<String>,
        line: usize,
    ) -> &mut Found {
        let path = path.into();
        self.put(key.into(), Place::File { path, line })
    }

    /// Found at a key of a database, or, where it is absent, at the nearest thing above it.
    pub(crate) fn on(&mut self, database: &Database<'_>, path: &[&str]) -> &mut Found {
        let span = database.span(path);
        let is_in_url = database
            .at(path)
            .is_some_and(|field| field.from == From::Url);
        let found = self.at(database.key(path), &span);
        if is_in_url {
            found.note(IN_URL);
        }
        found
    }

    /// Found at a variable of `[env]`.
    pub(crate) fn variable(&mut self, field: &Field) -> &mut Found {
        self.at(format!("env.{}", field.name), &field.span)
    }

    fn put(&mut self, key: String, place: Place) -> &mut Found {
        let last = self.found.len();
        self.found.push(Found {
            rule: self.rule,
            django: None,
            title: None,
            severity: self.rule.severity,
            key,
            place,
            notes: Vec::new(),
            remedy: None,
            fix: None,
            is_mistake: false,
            hides: false,
            profiles: Vec::new(),
        });
        &mut self.found[last]
    }
}

impl Found {
    /// The id that it is told by: Django's own, where it has one.
    pub(crate) fn id(&self) -> &str {
        self.django.as_deref().unwrap_or(self.rule.id)
    }

    /// What is wrong.
    pub(crate) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(self.rule.title)
    }

    /// Says more.
    pub(crate) fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Is as serious as that here.
    pub(crate) fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Says what to do here.
    pub(crate) fn remedy(&mut self, remedy: impl Into<String>) -> &mut Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says which change mends it.
    pub(crate) fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}
