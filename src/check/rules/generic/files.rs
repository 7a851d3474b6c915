//! Files beside the manifest: that git does not take them, and that all readers read them alike.

use super::{Check, Rule};
use crate::{
    check::{Surroundings, found::Out, subject::Subject},
    finding::Severity,
    manifest::{InstanceEntry, Name, Node},
    render::tracked::{Tracking, tracking},
};

pub(super) const GN017: Rule = Rule {
    id: "GN017",
    severity: Severity::Error,
    title: "git takes a file with secrets",
    why: "The file that the secrets of this instance come from, or the key that opens them, is in the repository, or the next \
          `git add .` puts it there: from then on every clone has it.",
    remedy: "add the file to `.gitignore`; if it was ever committed, change the secrets, and take it out: `git rm --cached`",
    sources: &["https://git-scm.com/docs/gitignore"],
    wrong: "",
    right: "",
    check: Check::Files(tracked),
};

/// Kinds of provider, and the setting that names a file in the clear, with its default.
const FILES: &[(&str, &str, Option<&str>)] =
    &[("dotenv", "path", Some(".env")), ("age", "key_file", None)];

fn tracked(subject: &Subject<'_>, around: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = around else { return };
    for (name, instance) in &subject.layer.providers {
        let Some((setting, path)) = file(name, instance) else {
            continue;
        };
        let whole = around.base.join(&path);
        let what = match tracking(&whole) {
            Some(Tracking::Tracked) => "git tracks it",
            Some(Tracking::NotIgnored) => "git does not ignore it",
            Some(Tracking::Unreadable) | None => continue,
        };
        let place = crate::manifest::entry(&instance.settings, setting);
        let span = place.map_or(&name.span, |item| &item.span);
        let found = out.at(format!("providers.{}.{setting}", name.text), span);
        found.note(format!("`{path}`: {what}"));
        // What is not there yet cannot have been committed.
        if !whole.exists() {
            found.severity(Severity::Warning);
        }
    }
    if let Some(path) = &subject.layer.audit.path {
        let seen = tracking(&around.base.join(&path.text));
        if matches!(seen, Some(Tracking::Tracked | Tracking::NotIgnored)) {
            let found = out.at("audit.path", &path.span);
            found.severity(Severity::Advice).note(
                "the audit log holds no secret; it tells which there are, and who was given them",
            );
        }
    }
}

/// The file in the clear of an instance.
fn file<'a>(name: &Name, instance: &'a InstanceEntry) -> Option<(&'static str, String)> {
    let kind: &'a str = instance.kind.as_ref().map(|kind| kind.text.as_str())?;
    let (_, setting, default) = FILES.iter().find(|(known, ..)| *known == kind)?;
    let written = crate::manifest::entry(&instance.settings, setting);
    let path = match written.map(|item| &item.node) {
        Some(Node::Text(text)) => text.literal(),
        Some(_) => None,
        None => *default,
    };
    let _ = name;
    path.map(|path| (*setting, path.to_owned()))
}

pub(super) const GN020: Rule = Rule {
    id: "GN020",
    severity: Severity::Warning,
    title: "readers of this .env read a value differently",
    why: "python-dotenv, django-environ, Docker and shells each have their own rules for quotes, `$`, `#` and backslashes. Where \
          a line means different things to them, a password works on one machine and not on another.",
    remedy: "put the value in single quotes, or give the secret a value of letters, digits, `-` and `_`",
    sources: &[
        "https://saurabh-kumar.com/python-dotenv/#file-format",
        "https://django-environ.readthedocs.io/en/latest/quickstart.html",
    ],
    wrong: "",
    right: "",
    check: Check::Files(disputed),
};

#[cfg(not(feature = "provider-local"))]
fn disputed(_: &Subject<'_>, _: Option<&Surroundings<'_>>, _: &mut Out<'_>) {}

#[cfg(feature = "provider-local")]
fn disputed(subject: &Subject<'_>, around: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    use nuages_provider::Environment;
    use nuages_provider_local::dotenv::disagreements;

    let Some(around) = around else { return };
    for (name, instance) in &subject.layer.providers {
        let is_dotenv = instance
            .kind
            .as_ref()
            .is_some_and(|kind| kind.text == "dotenv");
        let Some((setting, path)) = file(name, instance).filter(|_| is_dotenv) else {
            continue;
        };
        let Some(text) = read(&around.base.join(&path)) else {
            continue;
        };
        let names: Vec<String> = wanted(subject, &name.text);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for one in disagreements(&text, &names, &Environment::default()) {
            let place = crate::manifest::entry(&instance.settings, setting);
            let span = place.map_or(&name.span, |item| &item.span);
            out.at(format!("providers.{}.{setting}", name.text), span)
                .note(format!(
                    "`{path}`, line {}: `{}`, for {}",
                    one.line, one.name, one.reason
                ));
        }
    }
}

/// The names that references want of an instance: as they are written, and as variables are named.
#[cfg(feature = "provider-local")]
fn wanted(subject: &Subject<'_>, instance: &str) -> Vec<String> {
    let fields = subject
        .databases
        .iter()
        .flat_map(|database| &database.fields);
    let templates = fields
        .chain(&subject.env)
        .filter_map(|field| field.template.as_ref());
    let mut names = Vec::new();
    for template in templates {
        for hole in template.holes() {
            if hole.reference.scheme() == instance {
                let locator = hole.reference.locator();
                names.push(locator.to_owned());
                names.push(
                    locator
                        .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
                        .to_ascii_uppercase(),
                );
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// A file of text, as large as an env file may be. Wiped where it is dropped with everything that is freed.
#[cfg(feature = "provider-local")]
fn read(path: &std::path::Path) -> Option<String> {
    use std::io::Read as _;
    const MOST: u64 = 1024 * 1024;
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MOST {
        return None;
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MOST).read_to_string(&mut text).ok()?;
    Some(text)
}
