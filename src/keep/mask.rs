//! Values on their way to the command, made known to what masks its output before the command can have them.

use std::{collections::BTreeSet, sync::Arc};

use super::parts::Part;
use crate::{
    diagnostic::{Class, Diagnostic},
    redact::{
        Before, Current, SHORTEST, TooMany,
        values::{self, PassedOver, Reason},
    },
    resolve::{Fetched, Resolved},
};

/// Where values come from that go to the command at its start, whatever way.
const START: &str = "start";

/// What there is to say where values cannot be masked.
pub(crate) const TOO_MANY: &str = "the values are too many bytes to be masked";

/// What masks the command's output.
pub(crate) struct Masking {
    /// What its streams follow.
    pub(crate) current: Arc<Current>,
    /// Keys whose value is too short, of which that has been told.
    short: BTreeSet<String>,
}

impl Masking {
    /// For a command that starts with these values; and which of them are not masked.
    ///
    /// # Errors
    /// Where they are too many.
    pub(crate) fn new(
        resolved: &Resolved,
        fetched: &[Fetched],
    ) -> Result<(Self, Vec<PassedOver>), TooMany> {
        let mut masking = Self {
            current: Arc::default(),
            short: BTreeSet::new(),
        };
        let (chosen, passed_over) = values::of(resolved, fetched);
        let chosen = chosen.iter().map(|chosen| (chosen.value, chosen.expires));
        masking.current.bring(START, chosen)?;
        masking.notice(&passed_over);
        Ok((masking, passed_over))
    }

    /// Values that are about to go to the command: into this part, or with its next start into all. The lines that there are
    /// to tell, and what to take back should the command not get them.
    ///
    /// # Errors
    /// Where they are too many: the command is not to have them then.
    pub(super) fn bring(
        &mut self,
        part: Option<&Part>,
        resolved: &Resolved,
        fetched: &[Fetched],
    ) -> Result<(Vec<String>, Vec<Before>), Vec<Diagnostic>> {
        self.bring_all(&[(part, resolved, fetched)])
    }

    /// The same for several parts, at the cost of one. What there is to take back is in their order.
    ///
    /// # Errors
    /// As above: none of them is to go to the command then.
    pub(super) fn bring_all(
        &mut self,
        all: &[(Option<&Part>, &Resolved, &[Fetched])],
    ) -> Result<(Vec<String>, Vec<Before>), Vec<Diagnostic>> {
        let mut passed_over = Vec::new();
        let sources = all.iter().map(|(part, resolved, fetched)| {
            let source = match part {
                Some(Part::Live(alias)) => format!("databases.{alias}"),
                Some(Part::File(path)) => format!("files.{path}"),
                Some(Part::Environment) | None => START.to_owned(),
            };
            let (chosen, more) = values::of(resolved, fetched);
            passed_over.extend(more);
            let chosen = chosen.into_iter();
            (source, chosen.map(|chosen| (chosen.value, chosen.expires)))
        });
        let sources: Vec<_> = sources.collect();
        let before = self
            .current
            .bring_all(sources)
            .map_err(|TooMany| vec![Diagnostic::new(Class::Provider, TOO_MANY)])?;
        let news = self.notice(&passed_over).into_iter();
        let lines = news.map(|key| {
            format!("warning: `{key}` is not masked: it has fewer than {SHORTEST} bytes now")
        });
        Ok((lines.collect(), before))
    }

    /// The command has not got what was brought last.
    pub(super) fn take_back(&self, before: Before) {
        self.current.take_back(before);
    }

    /// The keys with a value that is too short, unless that is known.
    fn notice(&mut self, passed_over: &[PassedOver]) -> Vec<String> {
        let short = passed_over
            .iter()
            .filter(|passed| passed.reason == Reason::Short);
        short
            .filter(|passed| self.short.insert(passed.key.clone()))
            .map(|passed| passed.key.clone())
            .collect()
    }
}
