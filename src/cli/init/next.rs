//! What is left for people to do once the project has been looked at, or changed.

use super::Job;
use crate::{
    render::tracked::{Tracking, tracking},
    suggest,
};

impl Job<'_> {
    /// What is left to do.
    pub(super) fn next(&self) {
        let context = self.context;
        let env = self.found.env.as_ref().map(|env| &env.place);
        if env.is_some_and(|env| tracking(env) == Some(Tracking::Tracked)) {
            let path = &self.project.env.as_ref().map_or("", |env| &env.path);
            context.note(&format!(
                "warning: git tracks `{path}`: `git rm --cached {path}`, and rotate what is in it: it is in the history"
            ));
        }
        let of_settings: Vec<&str> = self
            .proposal
            .moves
            .iter()
            .filter(|one| one.is_of_settings)
            .map(|one| one.variable.as_str())
            .collect();
        if !of_settings.is_empty() {
            context.note(&format!(
                "rotate {}: what was in a file is in git's history and in copies of it",
                suggest::list(&of_settings)
            ));
        }
        if let Some(env) = self
            .project
            .env
            .as_ref()
            .filter(|_| self.project.store.dev.is_some())
        {
            let has = |name: &str| env.variables.iter().any(|one| one.name == name);
            let lacks: Vec<&str> = of_settings.into_iter().filter(|name| !has(name)).collect();
            if !lacks.is_empty() {
                context.note(&format!(
                    "the profile `dev` reads `{}`, which does not have {} yet",
                    env.path,
                    suggest::list(&lacks)
                ));
            }
        }
        if !self.proposal.unknown.is_empty() {
            context.note(&format!(
                "without a value so far: {}",
                suggest::list(&self.proposal.unknown)
            ));
        }
        context.note("then: `nuages plan`, and `nuages exec -- python manage.py check`");
    }
}
