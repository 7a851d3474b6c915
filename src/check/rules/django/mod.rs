//! Rules for Django's own settings: what `check --deploy` looks at, found in `[env]` before anything is deployed, and in the
//! settings as they are evaluated. A rule has the number of Django's check.

mod keys;
mod stage;
mod transport;

use super::{Check, Rule};
use crate::{
    check::{
        found::{Found, Out},
        settings::Settings,
        subject::{Field, Known, Subject},
    },
    finding::Severity,
    template::Template,
};

pub(super) const RULES: &[Rule] = &[
    transport::DJ004,
    transport::DJ005,
    transport::DJ006,
    transport::DJ008,
    keys::DJ009,
    transport::DJ012,
    transport::DJ016,
    stage::DJ018,
    transport::DJ019,
    stage::DJ020,
    transport::DJ021,
    transport::DJ022,
    keys::DJ025,
];

/// The page of Django's checks.
pub(in crate::check) const CHECKS: &str = "https://docs.djangoproject.com/en/stable/ref/checks/";

/// What Django's own checks find that no rule of ours tells of. It has no page of its own.
pub(in crate::check) static OTHER: Rule = Rule {
    id: "",
    severity: Severity::Warning,
    title: "one of Django's own checks has found something",
    why: "",
    remedy: "see the page of Django's checks",
    sources: &[CHECKS],
    wrong: "",
    right: "",
    check: Check::Reading,
};

/// A check of Django's, and the rule of ours that tells the same.
pub(in crate::check) struct Pair {
    /// `security.W009`
    pub(in crate::check) django: &'static str,
    /// `DJ009`
    pub(in crate::check) ours: &'static str,
    /// The setting that both are about.
    pub(in crate::check) setting: &'static str,
}

/// Every pair. Django has three ids for the cookie of sessions, by what makes use of it.
pub(in crate::check) const PAIRS: &[Pair] = &[
    pair("security.W004", "DJ004", "SECURE_HSTS_SECONDS"),
    pair("security.W005", "DJ005", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
    pair("security.W006", "DJ006", "SECURE_CONTENT_TYPE_NOSNIFF"),
    pair("security.W008", "DJ008", "SECURE_SSL_REDIRECT"),
    pair("security.W009", "DJ009", "SECRET_KEY"),
    pair("security.W010", "DJ012", "SESSION_COOKIE_SECURE"),
    pair("security.W011", "DJ012", "SESSION_COOKIE_SECURE"),
    pair("security.W012", "DJ012", "SESSION_COOKIE_SECURE"),
    pair("security.W016", "DJ016", "CSRF_COOKIE_SECURE"),
    pair("security.W018", "DJ018", "DEBUG"),
    pair("security.W019", "DJ019", "X_FRAME_OPTIONS"),
    pair("security.W020", "DJ020", "ALLOWED_HOSTS"),
    pair("security.W021", "DJ021", "SECURE_HSTS_PRELOAD"),
    pair("security.W022", "DJ022", "SECURE_REFERRER_POLICY"),
    pair("security.W025", "DJ025", "SECRET_KEY_FALLBACKS"),
];

const fn pair(django: &'static str, ours: &'static str, setting: &'static str) -> Pair {
    Pair {
        django,
        ours,
        setting,
    }
}

/// The pair of a check of Django's.
pub(in crate::check) fn of_django(id: &str) -> Option<&'static Pair> {
    PAIRS
        .iter()
        .find(|pair| pair.django.eq_ignore_ascii_case(id))
}

/// Whether two ids, Django's or ours, tell of the same thing.
pub(in crate::check) fn is_same(one: &str, other: &str) -> bool {
    let ours =
        |id: &str| of_django(id).map_or(id.to_ascii_uppercase(), |pair| pair.ours.to_owned());
    one.eq_ignore_ascii_case(other) || ours(one) == ours(other)
}

/// The variables of `[env]` that a setting is read from, as projects name them.
fn variables<'a>(subject: &'a Subject<'_>, setting: &'a str) -> impl Iterator<Item = &'a Field> {
    subject.env.iter().filter(move |field| {
        let name = field.name.strip_prefix("DJANGO_").unwrap_or(&field.name);
        name == setting
    })
}

/// A value that a setting may have.
struct Given {
    text: String,
    /// Whether it is what stands in where a reference brings nothing.
    is_default: bool,
}

/// What a variable is, as far as it is known, and what it is where a reference brings nothing.
fn given(field: &Field) -> Vec<Given> {
    let known = match &field.value {
        Known::Null => Some(String::new()),
        _ => field.word(),
    };
    let known = known.into_iter().map(|text| Given {
        text,
        is_default: false,
    });
    let holes = field.template.iter().flat_map(Template::holes);
    let defaults = holes.filter_map(|hole| hole.default.as_ref()?.literal());
    let defaults = defaults.map(|text| Given {
        text: text.to_owned(),
        is_default: true,
    });
    known.chain(defaults).collect()
}

/// What text is as a boolean, as the usual libraries read it.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" | "ok" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" | "" | "none" | "null" => Some(false),
        _ => None,
    }
}

/// Found at each variable of a setting that has, or falls back on, such a value.
fn turned(
    subject: &Subject<'_>,
    setting: &str,
    out: &mut Out<'_>,
    is_wrong: impl Fn(&str) -> bool,
) {
    if !subject.is_production() {
        return;
    }
    for field in variables(subject, setting) {
        if let Some(one) = given(field).iter().find(|one| is_wrong(&one.text)) {
            note_default(out.variable(field), one);
        }
    }
}

fn note_default(found: &mut Found, given: &Given) {
    if given.is_default {
        found.note("so it is where the reference brings nothing");
    }
}

/// Found at a setting, in deployments alone, where Django's own check could not be run.
fn instead_of_django(settings: &Settings<'_>, setting: &str, out: &mut Out<'_>, is_wrong: bool) {
    if is_wrong && settings.is_production() && !settings.is_checked() {
        settings.found(out, &[setting]);
    }
}

#[cfg(test)]
mod tests;
