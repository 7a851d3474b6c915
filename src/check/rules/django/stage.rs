//! What is for development alone.

use super::{Check, Given, Rule, given, note_default, truth, turned, variables};
use crate::{
    check::{
        found::{Found, Out},
        settings::Settings,
        subject::{Field, Known, Subject},
    },
    finding::Severity,
};

const DEBUG: &str = "DEBUG";
const ALLOWED_HOSTS: &str = "ALLOWED_HOSTS";

pub(super) const DJ018: Rule = Rule {
    id: "DJ018",
    severity: Severity::Error,
    title: "`DEBUG` is on",
    why: "With `DEBUG` every error shows its source, its variables and the settings to whoever causes it, Django keeps every query in \
          memory, and hosts are hardly checked.",
    remedy: "turn `DEBUG` off, and let a profile or settings for development turn it on",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#debug",
        "https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#debug",
    ],
    wrong: "[env]\nDEBUG = \"true\"\n",
    right: "[env]\nDEBUG = \"false\"\n\n[profiles.dev.env]\nDEBUG = \"true\"\n",
    check: Check::AndSettings(&Check::Manifest(debug), debug_of_settings),
};

fn debug(subject: &Subject<'_>, out: &mut Out<'_>) {
    turned(subject, DEBUG, out, |text| truth(text) == Some(true));
}

/// As Django takes it: text that is not empty is true, whatever it says.
fn debug_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let Some(field) = settings.field(DEBUG).filter(|_| settings.is_production()) else {
        return;
    };
    let is_on = match &field.value {
        Known::Flag(flag) => *flag,
        Known::Number(number) => number != "0",
        Known::Text(text) => !text.expose().is_empty(),
        Known::List(items) | Known::Table(items) => !items.is_empty(),
        Known::Null | Known::Unknown => false,
    };
    if is_on {
        let found = settings.found(out, &[DEBUG]);
        if field.text().and_then(truth) == Some(false) {
            found.note("it is text, and Python takes text for true");
        }
    }
}

pub(super) const DJ020: Rule = Rule {
    id: "DJ020",
    severity: Severity::Warning,
    title: "`ALLOWED_HOSTS` does not say which hosts are served",
    why: "Django takes the name of the site from the request. With `*` anybody may send any name: links in password resets then lead \
          to a host of theirs, and caches keep pages with it. With an empty list every request is refused.",
    remedy: "name the hosts that the site is served under",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts",
        "https://docs.djangoproject.com/en/stable/topics/security/#host-header-validation",
    ],
    wrong: "[env]\nALLOWED_HOSTS = \"*\"\n",
    right: "[env]\nALLOWED_HOSTS = \"shop.example,www.shop.example\"\n",
    check: Check::AndSettings(&Check::Manifest(hosts), hosts_of_settings),
};

fn hosts(subject: &Subject<'_>, out: &mut Out<'_>) {
    if !subject.is_production() {
        return;
    }
    for field in variables(subject, ALLOWED_HOSTS) {
        for one in lists(field) {
            if let Some(fault) = fault(&one.hosts) {
                let found = out.variable(field);
                tell(found, &fault);
                note_default(found, &one.given);
                break;
            }
        }
    }
}

fn hosts_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let field = settings.field(ALLOWED_HOSTS);
    let Some(field) = field.filter(|_| settings.is_production()) else {
        return;
    };
    let hosts = match &field.value {
        Known::List(items) => items.iter().filter_map(Field::word).collect(),
        _ => Vec::new(),
    };
    let Some(fault) = fault(&hosts).filter(|_| !field.is_unknown()) else {
        return;
    };
    let star = hosts.iter().position(|host| host == "*");
    let star = star.map(|number| number.to_string());
    let path: Vec<&str> = [ALLOWED_HOSTS].into_iter().chain(star.as_deref()).collect();
    let found = settings.found(out, &path);
    found.key = format!("settings.{ALLOWED_HOSTS}");
    tell(found, &fault);
}

/// Hosts that a variable may come to.
struct Hosts {
    hosts: Vec<String>,
    given: Given,
}

/// The hosts of a list, or of text that libraries take apart: JSON, or words between commas and blanks.
fn lists(field: &Field) -> Vec<Hosts> {
    if let Known::List(items) = &field.value {
        let is_known = items.iter().all(|item| !item.is_unknown());
        let all = items.iter().flat_map(given).map(|one| one.text);
        let hosts: Vec<String> = all.collect();
        let given = Given {
            text: String::new(),
            is_default: false,
        };
        let is_telling = is_known || hosts.iter().any(|host| host == "*");
        return is_telling
            .then_some(Hosts { hosts, given })
            .into_iter()
            .collect();
    }
    let split = |text: &str| -> Vec<String> {
        let json: Option<Vec<String>> = serde_json::from_str(text).ok();
        json.unwrap_or_else(|| {
            let words = text.split([',', ' ', ';']).map(str::trim);
            let words = words.filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        })
    };
    let all = given(field).into_iter();
    all.map(|given| Hosts {
        hosts: split(&given.text),
        given,
    })
    .collect()
}

enum Fault {
    Empty,
    Any,
}

fn fault(hosts: &[String]) -> Option<Fault> {
    if hosts.is_empty() {
        return Some(Fault::Empty);
    }
    hosts.iter().any(|host| host == "*").then_some(Fault::Any)
}

fn tell(found: &mut Found, fault: &Fault) {
    match fault {
        Fault::Empty => found.severity(Severity::Error).note("it is empty"),
        Fault::Any => found.note("`*` is any host"),
    };
}
