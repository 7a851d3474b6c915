//! Files beside the manifest: that git does not take them, and that all readers read them alike.

use super::{Check, Rule, references};
use crate::{
    check::{Surroundings, found::Out, subject::Subject},
    finding::Severity,
    manifest::{InstanceEntry, Name, Node, Span, entry},
    registry::kind::{AGE, DOTENV, FILE},
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
    &[(DOTENV, "path", Some(".env")), (AGE, "key_file", None)];

/// A file that secrets come from.
struct Source<'a> {
    /// The instance, or the scheme where the manifest names no instance.
    name: &'a str,
    kind: &'a str,
    /// The setting that names it.
    setting: &'static str,
    path: String,
    span: &'a Span,
}

fn tracked(subject: &Subject<'_>, around: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = around else { return };
    for source in sources(subject) {
        let whole = around.base.join(&source.path);
        let docker = around.base.join(docker_path(&source));
        let whole = if docker.exists() { docker } else { whole };
        let seen = tracking(&whole);
        let what = match seen {
            Some(Tracking::Tracked) => "git tracks it",
            Some(Tracking::NotIgnored) => "git does not ignore it",
            Some(Tracking::Unreadable) | None => continue,
        };
        let key = format!("providers.{}.{}", source.name, source.setting);
        let found = out.at(key, source.span);
        found.note(format!("`{}`: {what}", source.path));
        // What is not there yet cannot have been committed; what was committed is, though it was taken away since.
        if seen == Some(Tracking::NotIgnored) && !whole.exists() {
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

/// A secret's file, where it has the name that Docker gives it: `secrets/db_password` for `db-password`.
fn docker_path(source: &Source<'_>) -> String {
    match source.path.rsplit_once('/') {
        Some((directory, name)) if source.kind == FILE => {
            let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            format!("{directory}/{}", name.to_ascii_lowercase())
        }
        _ => source.path.clone(),
    }
}

/// The files in the clear, of instances and of references by their scheme alone.
fn sources<'a>(subject: &'a Subject<'_>) -> Vec<Source<'a>> {
    let providers = &subject.layer.providers;
    let mut all: Vec<Source<'a>> = providers
        .iter()
        .filter_map(|(name, instance)| file(name, instance))
        .collect();
    for hole in references::holes(subject.layer) {
        let (name, locator) = (hole.reference.scheme(), hole.reference.locator());
        let instance = entry(providers, name);
        let kind = instance.map_or(Some(name), |instance| {
            instance.kind.as_ref().map(|kind| kind.text.as_str())
        });
        let source = |setting, path: String| Source {
            name,
            kind: kind.unwrap_or(name),
            setting,
            path,
            span: &hole.range,
        };
        let default = FILES.iter().find(|(known, ..)| *known == name);
        match (instance, default) {
            (None, Some((_, setting, Some(path)))) if !all.iter().any(|have| have.name == name) => {
                all.push(source(setting, (*path).to_owned()));
            }
            (Some(instance), _) if kind == Some(FILE) => {
                let path = entry(&instance.settings, "path").map(|item| &item.node);
                if let Some(Node::Text(path)) = path
                    && let Some(path) = path.literal()
                {
                    all.push(source("path", format!("{path}/{locator}")));
                }
            }
            (None, _) if name == FILE => all.push(source("path", locator.to_owned())),
            _ => {}
        }
    }
    all
}

/// The file in the clear of an instance.
fn file<'a>(name: &'a Name, instance: &'a InstanceEntry) -> Option<Source<'a>> {
    let kind: &'a str = instance.kind.as_ref().map(|kind| kind.text.as_str())?;
    let (_, setting, default) = FILES.iter().find(|(known, ..)| *known == kind)?;
    let written = entry(&instance.settings, setting);
    let path = match written.map(|item| &item.node) {
        Some(Node::Text(text)) => text.literal(),
        Some(_) => None,
        None => *default,
    };
    path.map(|path| Source {
        name: &name.text,
        kind,
        setting,
        path: path.to_owned(),
        span: written.map_or(&name.span, |item| &item.span),
    })
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
    use nuages_provider_local::dotenv::{Dialect, disagreements};

    /// A library of Rust, whose rules are among those that nuages can read by.
    const NOT_DJANGOS: &str = "dotenvy";
    let Some(around) = around else { return };
    let sources = sources(subject);
    for source in sources.iter().filter(|source| source.kind == DOTENV) {
        let Some(text) = read(&around.base.join(&source.path)) else {
            continue;
        };
        let names: Vec<String> = wanted(subject, source.name);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let dialect = dialect(subject, source.name);
        for one in disagreements(&text, &names, &Environment::default()) {
            // What no Django project reads its files with counts where the manifest asks for it.
            let counts = |group: &&Vec<Dialect>| {
                let mut names = group.iter().map(|one| one.name());
                names.any(|name| name != NOT_DJANGOS || dialect == Some(NOT_DJANGOS))
            };
            if one.groups.iter().filter(counts).count() < 2 {
                continue;
            }
            let key = format!("providers.{}.{}", source.name, source.setting);
            out.at(key, source.span).note(format!(
                "`{}`, line {}: `{}`, for {}",
                source.path, one.line, one.name, one.reason
            ));
        }
    }
}

/// The dialect that an instance is told to read by.
#[cfg(feature = "provider-local")]
fn dialect<'a>(subject: &Subject<'a>, instance: &str) -> Option<&'a str> {
    let instance = entry(&subject.layer.providers, instance)?;
    match &entry(&instance.settings, "dialect")?.node {
        Node::Text(text) => text.literal(),
        _ => None,
    }
}

/// The names that references want of an instance: as they are written, and as variables are named.
#[cfg(feature = "provider-local")]
fn wanted(subject: &Subject<'_>, instance: &str) -> Vec<String> {
    let mut names = Vec::new();
    for hole in references::holes(subject.layer) {
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
    names.sort_unstable();
    names.dedup();
    names
}

/// A file of text, as large as an env file may be. Wiped where it is dropped with everything that is freed.
#[cfg(feature = "provider-local")]
fn read(path: &std::path::Path) -> Option<String> {
    crate::reading::text(path, 1024 * 1024).ok()
}
