//! What stood in the way: each failure once, with every place that wanted the value.

use std::{sync::Arc, time::Duration};

use nuages_provider::ErrorKind;

use super::Failure;
use crate::{
    diagnostic::{Class, Diagnostic},
    django::{database::UrlFailure, managed::ManagedFailure, seen::Fault, url::UrlStyle},
    manifest::{Source, Span},
    plan::{Entry, Instance, Plan, Secret},
    suggest,
};

pub(super) struct Failures<'a> {
    plan: &'a Plan,
    /// The file that places lie in from here on, where that is not the manifest.
    file: Option<Arc<Source>>,
    /// By what failed, in the order it was met.
    fetches: Vec<(What, Group)>,
    others: Vec<Diagnostic>,
    /// How often anything was met, the same cause several times too.
    count: usize,
}

/// What failed: an answer of an instance, the same for everything that one cause keeps from it, or an instance that was
/// too slow.
#[derive(PartialEq, Eq)]
enum What {
    Answer(usize, ErrorKind, String),
    TooSlow(usize),
}

/// What to do about a secret that does not exist.
const OPTIONAL: &str =
    "`${…:-default}` or `optional = true` allow for a secret that does not exist";

/// What to do about an answer that did not come in time.
pub(super) const LONGER: &str = "`--deadline SECONDS` gives it longer";

/// How many places a message shows besides the first.
const SHOWN: usize = 8;

/// How many keys a title names.
const NAMED: usize = 4;

/// One failure and everything that wanted the value.
struct Group {
    failure: Told,
    file: Option<Arc<Source>>,
    keys: Vec<String>,
    spans: Vec<Span>,
}

/// A failure in words.
struct Told {
    class: Class,
    phrase: String,
    cause: String,
    hint: Option<String>,
}

impl<'a> Failures<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            file: None,
            fetches: Vec::new(),
            others: Vec::new(),
            count: 0,
        }
    }

    /// How much has failed so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What fails from here on has its place in this file.
    pub(super) fn go_on_in(&mut self, file: Option<Arc<Source>>) {
        self.file = file;
    }

    /// All of it, in the order of the places.
    pub(super) fn into_all(self) -> Vec<Diagnostic> {
        let mut all = self.others;
        all.extend(self.fetches.into_iter().map(|(_, group)| diagnose(group)));
        all.sort_by_key(|diagnostic| {
            let span = diagnostic.span.as_ref();
            let start = span.map_or(usize::MAX, |span| span.start);
            (diagnostic.file.is_some(), start)
        });
        all
    }

    /// A secret that could not be fetched.
    pub(super) fn fetch(&mut self, secret: &Secret, key: &str, failure: &Failure) {
        self.count += 1;
        let instance = secret.slot.instance;
        let what = match failure {
            Failure::Provider(error) | Failure::Unopened(error) => {
                What::Answer(instance, error.kind(), error.message().to_owned())
            }
            Failure::Deadline(_) => What::TooSlow(instance),
        };
        let place = self
            .fetches
            .iter()
            .position(|(have, group)| *have == what && group.file == self.file)
            .unwrap_or_else(|| {
                let group = Group {
                    failure: self.tell(&self.plan.instances[instance], failure),
                    file: self.file.clone(),
                    keys: Vec::new(),
                    spans: Vec::new(),
                };
                self.fetches.push((what, group));
                self.fetches.len() - 1
            });
        let group = &mut self.fetches[place].1;
        if !group.keys.iter().any(|have| have == key) {
            group.keys.push(key.to_owned());
        }
        group.spans.extend(secret.span.clone());
    }

    /// A secret that is there and lacks the field.
    pub(super) fn no_field(&mut self, key: &str, secret: &Secret) {
        let field = secret.field.as_deref().unwrap_or_default();
        let title = format!("cannot resolve `{key}`: the secret has no field `{field}`");
        self.other(
            Diagnostic::new(Class::Provider, title),
            secret.span.clone(),
            Some("`#name` is a top-level key, `#/a/b` a JSON pointer; `:-` gives a default"),
        );
    }

    /// A secret that is there and is not JSON.
    pub(super) fn not_structured(&mut self, key: &str, secret: &Secret) {
        let field = secret.field.as_deref().unwrap_or_default();
        let title = format!(
            "cannot resolve `{key}`: `#{field}` needs a value that is JSON, and this one is not"
        );
        self.other(
            Diagnostic::new(Class::Provider, title),
            secret.span.clone(),
            Some("leave `#…` out to use the whole value; a literal `#` in a name is written `%23`"),
        );
    }

    /// A value that is there and does not fit.
    pub(super) fn unusable(
        &mut self,
        key: &str,
        span: Option<Span>,
        cause: &str,
        hint: Option<&str>,
    ) {
        let title = format!("cannot use the value of `{key}`: {cause}");
        self.other(Diagnostic::new(Class::Provider, title), span, hint);
    }

    /// A value that breaks a rule of its engine.
    pub(super) fn unfit(&mut self, key: &str, span: Option<Span>, fault: &Fault) {
        self.unusable(key, span, &fault.what, fault.hint.as_deref());
        if let Some(rule) = fault.rule {
            self.ruled(rule);
        }
    }

    /// What was told last is what a rule of `check` tells of too.
    pub(super) fn ruled(&mut self, rule: &'static str) {
        if let Some(last) = self.others.last_mut() {
            last.rule = Some(rule);
        }
    }

    /// A URL that gives no database.
    pub(super) fn url(&mut self, entry: &Entry, style: UrlStyle, failure: &UrlFailure) {
        let title = format!(
            "cannot use the value of `{}` as a `{}` URL",
            entry.key,
            style.name()
        );
        let diagnostic = Diagnostic::new(Class::Provider, title).cause(failure.to_string());
        self.other(
            diagnostic,
            Some(entry.span.clone()),
            Some("a reference inside a URL needs `| urlencode`; `url_style` chooses the library whose rules are used"),
        );
    }

    /// A secret that holds no login.
    pub(super) fn managed(&mut self, from: &Entry, failure: &ManagedFailure) {
        let title = format!("cannot use the value of `{}` as a database", from.key);
        let mut diagnostic = Diagnostic::new(Class::Provider, title);
        diagnostic.causes = failure.causes();
        self.other(diagnostic, Some(from.span.clone()), Some(&failure.hint()));
    }

    fn tell(&self, instance: &Instance, failure: &Failure) -> Told {
        let name = &instance.name;
        match failure {
            Failure::Provider(error) | Failure::Unopened(error) => Told {
                class: Class::Provider,
                phrase: format!("`{name}` {}", error.kind().phrase()),
                cause: error.message().to_owned(),
                hint: error
                    .hint()
                    .map(str::to_owned)
                    .or_else(|| self.advise(instance, error.kind())),
            },
            Failure::Deadline(deadline) => Told {
                class: Class::Deadline,
                phrase: format!("`{name}` did not answer in time"),
                cause: format!("no answer within {}", seconds(*deadline)),
                hint: Some(LONGER.to_owned()),
            },
        }
    }

    /// What to do where the provider does not say. What a store on this machine refuses, it refuses to `doctor` too.
    fn advise(&self, instance: &Instance, kind: ErrorKind) -> Option<String> {
        let shows = match kind {
            ErrorKind::NotFound => return Some(OPTIONAL.to_owned()),
            ErrorKind::PermissionDenied => "shows the identity in use",
            ErrorKind::Unauthenticated => "tries the login alone",
            _ => return None,
        };
        // Another profile may have another instance of this name.
        let mut command = String::from("nuages");
        for profile in &self.plan.profiles {
            command.push_str(" --profile ");
            command.push_str(profile);
        }
        let is_offline = instance.descriptor.capabilities.offline;
        (!is_offline).then(|| format!("`{command} doctor {}` {shows}", instance.name))
    }

    fn other(&mut self, mut diagnostic: Diagnostic, span: Option<Span>, hint: Option<&str>) {
        diagnostic.file.clone_from(&self.file);
        diagnostic.span = span;
        diagnostic.hint = hint.map(str::to_owned);
        self.count += 1;
        let is_same = |have: &Diagnostic| {
            Diagnostic {
                rule: None,
                ..have.clone()
            } == diagnostic
        };
        if !self.others.iter().any(is_same) {
            self.others.push(diagnostic);
        }
    }
}

fn diagnose(group: Group) -> Diagnostic {
    let mut keys = suggest::list(&group.keys[..group.keys.len().min(NAMED)]);
    if let Some(more) = group.keys.len().checked_sub(NAMED).filter(|more| *more > 0) {
        keys = format!("{keys} and {more} more");
    }
    let title = format!("cannot resolve {keys}: {}", group.failure.phrase);
    // Only a key of a manifest can be made optional there.
    let hint = group
        .failure
        .hint
        .filter(|hint| hint != OPTIONAL || !group.spans.is_empty());
    let mut spans = group.spans.into_iter();
    let mut diagnostic = Diagnostic::new(group.failure.class, title).maybe_hint(hint);
    diagnostic.causes.push(group.failure.cause);
    diagnostic.file = group.file;
    diagnostic.span = spans.next();
    let related = spans
        .by_ref()
        .take(SHOWN)
        .map(|span| (span, "and here".to_owned()));
    diagnostic.related = related.collect();
    match spans.count() {
        0 => {}
        1 => diagnostic.causes.push("one more place wants it".to_owned()),
        more => diagnostic
            .causes
            .push(format!("{more} more places want it")),
    }
    diagnostic
}

pub(super) fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}
