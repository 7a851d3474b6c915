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
        let (_, passed_over) = masking.take(START, resolved, fetched)?;
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
    ) -> Result<(Vec<String>, Before), Vec<Diagnostic>> {
        let source = match part {
            Some(Part::Live(alias)) => format!("databases.{alias}"),
            Some(Part::File(path)) => format!("files.{path}"),
            Some(Part::Environment) | None => START.to_owned(),
        };
        let (before, passed_over) = self
            .take(&source, resolved, fetched)
            .map_err(|TooMany| vec![Diagnostic::new(Class::Provider, TOO_MANY)])?;
        let news = self.notice(&passed_over).into_iter();
        let lines = news.map(|key| {
            format!("warning: `{key}` is not masked: it has fewer than {SHORTEST} bytes now")
        });
        Ok((lines.collect(), before))
    }

    fn take(
        &self,
        source: &str,
        resolved: &Resolved,
        fetched: &[Fetched],
    ) -> Result<(Before, Vec<PassedOver>), TooMany> {
        let (chosen, passed_over) = values::of(resolved, fetched);
        let values = chosen.iter().map(|chosen| (chosen.value, chosen.expires));
        let before = self.current.bring(source, values)?;
        Ok((before, passed_over))
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
