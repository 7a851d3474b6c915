//! Why settings cannot be evaluated, in words that hold no value of theirs.

use std::{ffi::OsStr, fmt::Write as _, path::Path};

use super::{
    super::{context::Context, project},
    project::Target,
};
use crate::{
    check::settings::{Failure, Raised},
    diagnostic::{Class, Diagnostic},
    suggest,
};

/// The settings cannot be evaluated.
pub(super) fn cannot(target: &Target) -> Diagnostic {
    let title = format!("cannot evaluate the settings `{}`", target.module);
    Diagnostic::new(Class::Provider, title)
}

/// Django's own checks cannot be run on them.
pub(super) fn unchecked(target: &Target) -> Diagnostic {
    let title = format!("cannot run Django's own checks on `{}`", target.module);
    Diagnostic::new(Class::Provider, title)
}

/// What there is to say beside a failure.
pub(super) struct Situation<'a> {
    pub(super) context: &'a Context,
    pub(super) target: &'a Target,
    /// The interpreter.
    pub(super) python: &'a OsStr,
    /// Whether there is a manifest whose values were not handed over.
    pub(super) may_resolve: bool,
}

impl Situation<'_> {
    /// Says why.
    pub(super) fn tell(&self, mut diagnostic: Diagnostic, failure: &Failure) -> Diagnostic {
        let python = project::shown(self.context, Path::new(self.python));
        match failure {
            Failure::NotStarted(kind) => diagnostic
                .cause(format!("cannot run `{python}`: {kind}"))
                .hint("`--python PATH` names the project's own interpreter"),
            Failure::NoDjango => diagnostic
                .cause(format!("`{python}` has no Django"))
                .hint("`--python PATH` names the project's own interpreter"),
            Failure::Raised(raised) => self.raised(diagnostic, raised),
            Failure::Ended(code) => {
                diagnostic.cause(format!("`{python}` has ended with exit code {code}"))
            }
            Failure::Late => {
                diagnostic.class = Class::Deadline;
                diagnostic
                    .cause("it has not come to an end before the deadline")
                    .hint("`--deadline SECONDS` gives it more time")
            }
            Failure::Unreadable => {
                diagnostic.cause(format!("`{python}` has answered with something else"))
            }
            Failure::TooLong => diagnostic.cause("the settings are larger than 16 MiB"),
        }
    }

    /// The class, the place, and names that the project itself has written. The message may hold a value.
    fn raised(&self, diagnostic: Diagnostic, raised: &Raised) -> Diagnostic {
        let mut cause = format!("`{}`", raised.class);
        if raised.is_keyless {
            cause.push_str(": `SECRET_KEY` is empty");
        } else if let Some(module) = &raised.module {
            let _ = write!(cause, ": there is no module `{module}`");
        } else if !raised.names.is_empty() {
            let _ = write!(cause, ": {}", suggest::list(&raised.names));
        }
        if let Some((file, line)) = &raised.place {
            let root = self.target.root.canonicalize().ok();
            let inside = root.and_then(|root| file.strip_prefix(root).ok().map(Path::to_owned));
            let file = inside.map_or_else(|| file.clone(), |inside| self.target.root.join(inside));
            let file = project::shown(self.context, &file);
            let _ = write!(cause, ", at {file}:{line}");
        }
        let hint = if raised.module.is_some() {
            let python = project::shown(self.context, Path::new(self.python));
            Some(format!(
                "is it installed for `{python}`? `--python PATH` names another interpreter"
            ))
        } else if self.may_resolve {
            Some(
                "`--resolve` hands the settings what the manifest brings, as `nuages exec` does"
                    .to_owned(),
            )
        } else {
            None
        };
        diagnostic.cause(cause).maybe_hint(hint)
    }
}
