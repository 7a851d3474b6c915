//! Whether the manifest has what a template names, and whether the template leaves secrets alone: before anything is fetched.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    TemplateFile,
    needs::{MOST_ERRORS, Path, Place, REFERENCE, ROOTS, Uses},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::{Layer, Manifest, entry},
    plan::{Plan, Question, Selection, Wants},
    registry::{FILES_SCHEME, Registry},
    suggest,
};

/// What to plan.
pub(super) fn wants(
    template: &TemplateFile,
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
) -> Result<Wants, Vec<Diagnostic>> {
    let layer = manifest.select(&selection.profiles)?;
    let mut check = Check {
        template,
        schemes: schemes(&layer, registry),
        layer: &layer,
        errors: template
            .needs
            .problems()
            .map(|(error, at)| error.within(&template.source, at))
            .collect(),
    };
    let mut questions: Vec<Question> = Vec::new();
    let mut known = BTreeSet::new();
    for (function, argument, at) in &template.needs.calls {
        if check.is_full() {
            break;
        }
        let argument = argument.as_deref();
        let key = key_of(function, argument.unwrap_or_default());
        if argument.is_some() && !known.insert(key.clone()) {
            continue;
        }
        let reference = check.reference(function, argument, at);
        questions.extend(reference.map(|reference| Question {
            key,
            reference,
            span: at.clone(),
        }));
    }
    let mut keys = Vec::new();
    for path in &template.needs.paths {
        if check.is_full() {
            break;
        }
        keys.extend(check.key(path));
    }
    keys.sort_unstable();
    keys.dedup();
    check.names();
    if check.errors.is_empty() {
        Ok(Wants {
            file: Arc::clone(&template.source),
            questions,
            keys,
        })
    } else {
        let start = |error: &Diagnostic| error.span.as_ref().map(|span| span.start);
        check.errors.sort_by_key(start);
        Err(check.errors)
    }
}

/// What a reference is called, in messages and by the run that looks for its value.
pub(super) fn key_of(function: &str, argument: &str) -> String {
    format!("{function}(\"{argument}\")")
}

/// Function and scheme of every instance and every provider. A scheme that cannot be a name of Jinja has `_` for `-`.
fn schemes(layer: &Layer, registry: &Registry) -> Vec<(String, String)> {
    let instances = layer.providers.iter().map(|(name, _)| name.text.as_str());
    let providers = registry.iter().map(|descriptor| descriptor.scheme);
    let mut schemes: Vec<(String, String)> = Vec::new();
    for scheme in instances
        .chain(providers)
        .filter(|scheme| *scheme != FILES_SCHEME)
    {
        let function = scheme.replace('-', "_");
        if !schemes.iter().any(|(_, known)| known == scheme) {
            schemes.push((function, scheme.to_owned()));
        }
    }
    schemes
}

struct Check<'a> {
    template: &'a TemplateFile,
    schemes: Vec<(String, String)>,
    layer: &'a Layer,
    errors: Vec<Diagnostic>,
}

impl Check<'_> {
    fn error(&mut self, title: String, hint: Option<String>, at: &Place) {
        let error = Diagnostic::new(Class::Manifest, title).maybe_hint(hint);
        self.errors
            .push(error.within(&self.template.source, at.clone()));
    }

    fn is_full(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    fn reference(&mut self, function: &str, argument: Option<&str>, at: &Place) -> Option<String> {
        if self.template.needs.set.contains_key(function) {
            let title = format!("`{function}` is set here, and cannot be called");
            self.error(title, None, at);
            return None;
        }
        let alike = self
            .schemes
            .iter()
            .filter(|(name, _)| name == function)
            .count();
        if alike > 1 {
            let title = format!("`{function}` is the name of more than one instance or provider");
            let hint = "name one: `ref(\"scheme://name\")`";
            self.error(title, Some(hint.to_owned()), at);
            return None;
        }
        let is_known = function == REFERENCE || alike == 1;
        let Some(argument) = argument.filter(|_| is_known) else {
            self.cannot_call(function, is_known, at);
            return None;
        };
        if function == REFERENCE {
            return Some(argument.to_owned());
        }
        let found = self.schemes.iter().find(|(name, _)| name == function);
        found.map(|(_, scheme)| format!("{scheme}://{argument}"))
    }

    fn cannot_call(&mut self, function: &str, is_known: bool, at: &Place) {
        if is_known {
            let title = format!("`{function}` needs one text in quotes");
            let hint = "what is fetched must be known before the template runs; `ref(\"scheme://name?option=value#field\")` takes options";
            self.error(title, Some(hint.to_owned()), at);
            return;
        }
        let names = self.schemes.iter().map(|(name, _)| name.as_str());
        let hint = suggest::hint(function, names.chain([REFERENCE, "range"]));
        let title = format!("no instance or provider is named `{function}`");
        self.error(title, hint, at);
    }

    /// The key of the manifest that a path stands for: no more than the template names.
    fn key(&mut self, path: &Path) -> Option<String> {
        let [(root, _), rest @ ..] = &path.parts[..] else {
            return None;
        };
        let Some((name, at)) = rest.first() else {
            let is_there = if root == "env" {
                !self.layer.env.is_empty()
            } else {
                !self.layer.databases.is_empty()
            };
            return is_there.then(|| root.clone());
        };
        let known: Vec<&str> = if root == "env" {
            self.layer.env.iter().map(|(name, _)| &*name.text).collect()
        } else {
            let aliases = self.layer.databases.iter();
            aliases.map(|(name, _)| &*name.text).collect()
        };
        if !known.contains(&name.as_str()) {
            if !path.is_asked {
                let hint = suggest::hint(name, known);
                self.error(format!("there is no `{root}.{name}`"), hint, at);
            }
            return None;
        }
        let key = format!("{root}.{name}");
        let database = entry(&self.layer.databases, name).filter(|_| root != "env");
        let (Some(database), Some((below, at))) = (database, rest.get(1)) else {
            return Some(key);
        };
        // A URL, a whole login or `auth` may bring keys that are not written.
        if database.url.is_some() || database.from.is_some() || database.auth.is_some() {
            return Some(key);
        }
        if entry(&database.keys, below).is_none() {
            if !path.is_asked {
                let keys = database.keys.iter().map(|(name, _)| &*name.text);
                let hint = suggest::hint(below, keys);
                self.error(format!("there is no `{key}.{below}`"), hint, at);
            }
            return None;
        }
        Some(format!("{key}.{below}"))
    }

    /// Names that neither the template sets nor we give.
    fn names(&mut self) {
        let needs = &self.template.needs;
        let unknown: Vec<_> = needs
            .names
            .iter()
            .filter(|(name, _)| !needs.set.contains_key(name))
            .collect();
        for (name, at) in unknown {
            if self.is_full() {
                break;
            }
            let functions: Vec<&str> = self
                .schemes
                .iter()
                .map(|(name, _)| name.as_str())
                .chain([REFERENCE, "range"])
                .collect();
            if functions.contains(&name.as_str()) {
                let title = format!("`{name}` must be called, with one text in quotes");
                self.error(title, None, at);
                continue;
            }
            let known = functions
                .into_iter()
                .chain([ROOTS[0]])
                .chain(needs.set.keys().map(String::as_str));
            let hint = suggest::hint(name, known);
            self.error(format!("there is no `{name}`"), hint, at);
        }
    }
}

/// Nothing may look at a secret's text: what the engine compares or cuts, it copies.
pub(super) fn secrets(template: &TemplateFile, plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let needs = &template.needs;
    let is_secret = |path: usize| {
        let parts = needs.paths.get(path).map(|path| &path.parts[..]);
        let names = parts.unwrap_or_default().iter().map(|(name, _)| &**name);
        let names: Vec<&str> = names.take(3).collect();
        plan.may_be_secret(&names.join("."))
    };
    let hidden = needs.hidden_variables(is_secret);
    let touches = |uses: &Uses| {
        uses.is_hidden
            || uses.paths.iter().any(|path| is_secret(*path))
            || uses.variables.iter().any(|name| hidden.contains(&**name))
    };
    let wrong = needs.readers.iter().filter(|(uses, ..)| touches(uses));
    let errors: Vec<Diagnostic> = wrong
        .take(MOST_ERRORS)
        .map(|(_, at, what)| {
            let title = format!("{what} cannot be made of a secret, or of what a filter gave");
            Diagnostic::new(Class::Manifest, title)
                .hint("`[one, \" \", other] | join` puts secrets and text together; `if` asks whether there is text")
                .within(&template.source, at.clone())
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}
