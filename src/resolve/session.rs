//! Asking again: single slots of a plan, and values put together from a part of it, for a command that goes on running.

use std::{sync::Arc, time::SystemTime};

use nuages_provider::{Environment, ErrorKind};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{
    Answers, Failure, Fetched, Fetcher, Options, Resolved, Waiting, evaluate, records::records,
    secrets,
};
use crate::{
    audit::{Act, Record},
    diagnostic::Diagnostic,
    plan::{Plan, SlotId},
};

/// How many bytes SHA-256 takes at once.
const BLOCK: usize = 64;

/// How many bytes a length has.
const LENGTH: usize = size_of::<usize>();

/// Tells whether bytes are the same as before, without keeping them.
#[derive(Clone, Debug)]
pub(crate) struct Prints(hmac::Key);

/// What bytes leave behind: of no use without the key, which lives in this process alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print([u8; 32]);

/// What a store said of a slot. Holds no value.
#[derive(Clone, Debug)]
pub(crate) enum Noted {
    /// It is there.
    Present {
        print: Print,
        version: Option<String>,
        expires: Option<SystemTime>,
    },
    /// It does not exist.
    Absent,
    /// It is not known whether it does.
    Failed {
        /// A stable name for machines.
        name: &'static str,
        /// For people: "is unavailable: connection refused".
        phrase: String,
    },
}

impl Prints {
    /// With a key of its own.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub(crate) fn new() -> Result<Self, ring::error::Unspecified> {
        let mut key = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(&mut *key)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &*key)))
    }

    /// The print of these bytes.
    pub(crate) fn of(&self, bytes: &[u8]) -> Print {
        self.of_all([bytes])
    }

    /// The print of several texts, in this order.
    pub(crate) fn of_all<'b>(
        &self,
        parts: impl IntoIterator<Item = &'b [u8], IntoIter: Clone>,
    ) -> Print {
        let parts = parts.into_iter();
        // With its length before it, no part can pass for the end of another.
        let length: usize = parts.clone().map(|part| part.len() + LENGTH).sum();
        // In whole blocks, which are read from here: what is left of one would be kept on the stack, and nobody wipes that.
        let mut text = Zeroizing::new(vec![0; length.next_multiple_of(BLOCK)]);
        let mut at = 0;
        for part in parts {
            text[at..at + LENGTH].copy_from_slice(&part.len().to_le_bytes());
            at += LENGTH;
            text[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let mut print = [0; 32];
        print.copy_from_slice(hmac::sign(&self.0, &text).as_ref());
        Print(print)
    }
}

/// The outcome of the first round, for one who asks again.
pub(crate) struct Kept {
    pub(crate) resolved: Resolved,
    pub(crate) fetched: Vec<Fetched>,
    pub(crate) noted: Vec<(SlotId, Noted)>,
}

/// As [`super::resolve_on_record`], with what tells later whether a secret is the same.
pub(crate) async fn resolve_noted(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
    prints: &Prints,
    waiting: &Waiting,
) -> (Vec<Record>, Result<Kept, Vec<Diagnostic>>) {
    let mut session = Session::watched(plan, environment, options, prints, waiting);
    let resolved = session.resolve(plan, options).await;
    let records = records(plan, &session.answers, Act::Read);
    let kept = resolved.map(|resolved| Kept {
        resolved,
        fetched: session.fetched(plan, |_| true),
        noted: session.noted(),
    });
    (records, kept)
}

/// One round of asking: what was fetched in it is not fetched again.
pub(crate) struct Session<'a> {
    fetcher: Fetcher<'a>,
    answers: Answers,
    prints: &'a Prints,
}

impl<'a> Session<'a> {
    /// A round that has `options.deadline` from now. Instances are opened afresh: a login that failed once may work now.
    pub(crate) fn new(
        plan: &'a Plan,
        environment: &'a Environment,
        options: &Options,
        prints: &'a Prints,
    ) -> Self {
        Self::watched(plan, environment, options, prints, &Waiting::default())
    }

    /// The same, of which is told how far it is.
    fn watched(
        plan: &'a Plan,
        environment: &'a Environment,
        options: &Options,
        prints: &'a Prints,
        waiting: &Waiting,
    ) -> Self {
        let until = Instant::now() + options.deadline;
        Self {
            fetcher: Fetcher::new(plan, environment, options.deadline, until, waiting),
            answers: Answers::new(),
            prints,
        }
    }

    /// Something else has taken this long, which is not the stores' to make up for.
    pub(crate) fn give_back(&mut self, time: std::time::Duration) {
        self.fetcher.extend(time);
    }

    /// Asks for these slots.
    pub(crate) async fn fetch(&mut self, slots: &[SlotId]) {
        let wanted: Vec<SlotId> = slots
            .iter()
            .filter(|slot| !self.answers.contains_key(slot))
            .copied()
            .collect();
        if !wanted.is_empty() {
            self.answers.extend(self.fetcher.fetch(&wanted).await);
        }
    }

    /// Puts together what `part` wants: a plan with fewer values and the same instances as the whole. What is not here yet
    /// is fetched.
    ///
    /// # Errors
    /// As [`super::resolve`].
    pub(crate) async fn resolve(
        &mut self,
        part: &Plan,
        options: &Options,
    ) -> Result<Resolved, Vec<Diagnostic>> {
        loop {
            let wanted = evaluate::wanted(part, &self.answers);
            if wanted.is_empty() {
                return evaluate::evaluate(part, &self.answers, options);
            }
            self.fetch(&wanted).await;
        }
    }

    /// The secrets of these slots, as they were fetched.
    pub(crate) fn fetched(&self, plan: &Plan, is_wanted: impl Fn(SlotId) -> bool) -> Vec<Fetched> {
        secrets::fetched(plan, &self.answers, |slot, _| is_wanted(slot))
    }

    /// The same, where it is known which slots.
    pub(crate) fn fetched_of(&self, plan: &Plan, slots: &[SlotId]) -> Vec<Fetched> {
        secrets::fetched_of(plan, &self.answers, slots)
    }

    /// What has been asked for so far.
    pub(crate) fn slots(&self) -> impl Iterator<Item = SlotId> {
        self.answers.keys().copied()
    }

    /// What has been heard so far.
    pub(crate) fn noted(&self) -> Vec<(SlotId, Noted)> {
        let mut noted: Vec<(SlotId, Noted)> = self
            .answers
            .iter()
            .map(|(slot, answer)| (*slot, self.note(answer)))
            .collect();
        noted.sort_unstable_by_key(|(slot, _)| *slot);
        noted
    }

    #[expect(clippy::disallowed_methods, reason = "a print is taken of it")]
    fn note(&self, answer: &Result<nuages_provider::Secret, Failure>) -> Noted {
        match answer {
            Ok(secret) => Noted::Present {
                print: self.prints.of(secret.value.expose()),
                version: secret.version.clone(),
                expires: secret.expires,
            },
            Err(Failure::Provider(error)) if error.kind() == ErrorKind::NotFound => Noted::Absent,
            Err(Failure::Provider(error) | Failure::Unopened(error)) => failed(error),
            Err(Failure::Deadline(deadline)) => Noted::Failed {
                name: "deadline",
                phrase: format!(
                    "did not answer within {}",
                    super::failures::seconds(*deadline)
                ),
            },
        }
    }
}

fn failed(error: &Arc<nuages_provider::Error>) -> Noted {
    Noted::Failed {
        name: error.kind().name(),
        phrase: format!("{}: {}", error.kind().phrase(), error.message()),
    }
}
