//! Asking providers: instances opened once and side by side, locators in batches, throttling obeyed, one deadline.

use std::{
    collections::BTreeMap,
    future::Future,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use nuages_provider::{Environment, Error, ErrorKind, Locator, Provider, Retry, Secret};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use super::{Answers, Failure, Waiting};
use crate::plan::{Instance, Plan, SlotId};

/// The first wait before a second try; each further wait is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often something that is unavailable is asked again. Throttling is waited out until the deadline.
const TRIES_WHEN_UNAVAILABLE: u32 = 3;

/// Fetches slots, keeping the instances open between rounds.
pub(crate) struct Fetcher<'a> {
    plan: &'a Plan,
    environment: &'a Environment,
    deadline: Duration,
    until: Instant,
    opened: BTreeMap<usize, Result<Arc<dyn Provider>, Arc<Error>>>,
    waiting: Waiting,
}

/// One answer of a batch, as its task gives it.
type Answer = (SlotId, Result<Secret, Arc<Error>>);

impl<'a> Fetcher<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        environment: &'a Environment,
        deadline: Duration,
        until: Instant,
        waiting: &Waiting,
    ) -> Self {
        Self {
            plan,
            environment,
            deadline,
            until,
            opened: BTreeMap::new(),
            waiting: waiting.clone(),
        }
    }

    /// Moves the deadline.
    pub(crate) fn extend(&mut self, by: Duration) {
        self.until = self.until.checked_add(by).unwrap_or(self.until);
    }

    /// Asks for every wanted slot. Each gets an answer; what is still open at the deadline gets that as its answer.
    ///
    /// An instance is opened when it is first wanted, and asked as soon as it is open: a slow login holds up nobody else.
    pub(crate) async fn fetch(&mut self, wanted: &[SlotId]) -> Answers {
        let mut answers = Answers::new();
        let mut tasks = JoinSet::new();
        for (index, instance) in self.plan.instances.iter().enumerate() {
            let count = wanted.iter().filter(|slot| slot.instance == index).count();
            if count == 0 {
                continue;
            }
            self.waiting.ask(instance, count);
            if self.opened.contains_key(&index) {
                self.ask(index, wanted, &mut tasks, &mut answers);
            } else {
                let instance = instance.clone();
                let environment = self.environment.clone();
                let until = self.until;
                tasks.spawn(async move {
                    Event::Opened(index, open(&instance, &environment, until).await)
                });
            }
        }
        while let Some(Some(joined)) = before(self.until, tasks.join_next()).await {
            match joined {
                Ok(Event::Opened(index, opened)) => {
                    let opened = opened.map(Arc::from).map_err(Arc::new);
                    self.opened.insert(index, opened);
                    self.ask(index, wanted, &mut tasks, &mut answers);
                }
                Ok(Event::Answered(batch)) => {
                    if let Some((slot, _)) = batch.first() {
                        let instance = &self.plan.instances[slot.instance];
                        self.waiting.answered(instance, batch.len());
                    }
                    let batch = batch.into_iter();
                    answers.extend(
                        batch.map(|(slot, answer)| (slot, answer.map_err(Failure::Provider))),
                    );
                }
                // A provider's defect: what it owes is noted below, and the others are still heard.
                Err(_) => {}
            }
        }
        let is_late = Instant::now() >= self.until;
        let defect = Arc::new(Error::new(
            ErrorKind::Malformed,
            "the provider failed within itself",
        ));
        for slot in wanted {
            answers.entry(*slot).or_insert_with(|| {
                Err(if is_late {
                    Failure::Deadline(self.deadline)
                } else {
                    Failure::Unopened(Arc::clone(&defect))
                })
            });
        }
        answers
    }

    /// Starts the batches of an instance that is open, or answers for one that could not be opened.
    fn ask(
        &self,
        index: usize,
        wanted: &[SlotId],
        tasks: &mut JoinSet<Event>,
        answers: &mut Answers,
    ) {
        let slots = wanted.iter().copied().filter(|slot| slot.instance == index);
        match self.opened.get(&index) {
            Some(Ok(provider)) => {
                let slots: Vec<SlotId> = slots.collect();
                start(
                    tasks,
                    &self.plan.instances[index],
                    provider,
                    &slots,
                    self.until,
                );
            }
            Some(Err(error)) => {
                let instance = &self.plan.instances[index];
                self.waiting.answered(instance, slots.clone().count());
                answers.extend(slots.map(|slot| (slot, Err(Failure::Unopened(Arc::clone(error))))));
            }
            None => {}
        }
    }
}

/// What a task comes back with.
enum Event {
    Opened(usize, Result<Box<dyn Provider>, Error>),
    Answered(Vec<Answer>),
}

/// `None` where the deadline comes first. Dropping the tasks then stops what they were doing.
async fn before<T>(until: Instant, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout_at(until, work).await.ok()
}

/// Opens an instance, tried again as a fetch is: a login may be throttled too.
pub(super) async fn open(
    instance: &Instance,
    environment: &Environment,
    until: Instant,
) -> Result<Box<dyn Provider>, Error> {
    let mut attempt = 1;
    loop {
        let opening = (instance.descriptor.open)(instance.settings.clone(), environment.clone());
        let error = match opening.await {
            Err(error) if is_worth_another_try(&error, attempt) => error,
            outcome => return outcome,
        };
        let wait = pause(&error, attempt);
        if is_too_late(wait, until) {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

/// Starts one task a batch, no more at once than the provider allows.
fn start(
    tasks: &mut JoinSet<Event>,
    instance: &Instance,
    provider: &Arc<dyn Provider>,
    slots: &[SlotId],
    until: Instant,
) {
    let limits = instance.descriptor.capabilities;
    let turns = Arc::new(Semaphore::new(
        limits.concurrency.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let mut apart: BTreeMap<Option<&str>, Vec<(SlotId, Locator)>> = BTreeMap::new();
    for slot in slots {
        let locator = &instance.fetches[slot.fetch].locator;
        let together = apart.entry(locator.batch()).or_default();
        together.push((*slot, locator.clone()));
    }
    let batches = apart
        .values()
        .flat_map(|together| together.chunks(limits.max_batch.max(1)));
    for batch in batches {
        let batch = batch.to_vec();
        let (provider, turns) = (Arc::clone(provider), Arc::clone(&turns));
        tasks.spawn(async move {
            let _turn = turns.acquire().await;
            Event::Answered(fetch_batch(&*provider, batch, until).await)
        });
    }
}

/// One batch, asked again for what may yet come, while there is time.
async fn fetch_batch(
    provider: &dyn Provider,
    mut open: Vec<(SlotId, Locator)>,
    until: Instant,
) -> Vec<Answer> {
    let mut done = Vec::with_capacity(open.len());
    for attempt in 1_u32.. {
        let locators: Vec<Locator> = open.iter().map(|(_, locator)| locator.clone()).collect();
        let mut answers = provider.fetch(&locators).await.into_iter();
        let mut again = Vec::new();
        let mut wait = Duration::ZERO;
        for (slot, locator) in open {
            let answer = answers.next().unwrap_or_else(|| Err(unanswered()));
            match answer {
                Err(error) if is_worth_another_try(&error, attempt) => {
                    wait = wait.max(pause(&error, attempt));
                    again.push((slot, locator, error));
                }
                answer => done.push((slot, answer.map_err(Arc::new))),
            }
        }
        if again.is_empty() {
            break;
        }
        if is_too_late(wait, until) {
            // The last answer says more than "time ran out" would.
            done.extend(
                again
                    .into_iter()
                    .map(|(slot, _, error)| (slot, Err(Arc::new(error)))),
            );
            break;
        }
        tokio::time::sleep(wait).await;
        open = again
            .into_iter()
            .map(|(slot, locator, _)| (slot, locator))
            .collect();
    }
    done
}

/// A provider that breaks the contract must not pass for one that has nothing to say.
fn unanswered() -> Error {
    Error::new(
        ErrorKind::Malformed,
        "the provider gave fewer answers than it was asked for",
    )
}

fn is_worth_another_try(error: &Error, attempt: u32) -> bool {
    error.retry() != Retry::Never
        && (error.kind() == ErrorKind::RateLimited || attempt < TRIES_WHEN_UNAVAILABLE)
}

/// Whether a wait would reach the deadline. A store may ask for one that ends after all time.
fn is_too_late(wait: Duration, until: Instant) -> bool {
    Instant::now()
        .checked_add(wait)
        .is_none_or(|then| then >= until)
}

/// What the store asks for, or twice as long as last time; both spread, so that a fleet does not come back at once.
fn pause(error: &Error, attempt: u32) -> Duration {
    let spread = f64::from(u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0))
        / f64::from(u32::MAX);
    if let Retry::After(wait) = error.retry() {
        wait.saturating_add(FIRST_WAIT.mul_f64(spread))
    } else {
        let longest = FIRST_WAIT
            .saturating_mul(2_u32.saturating_pow(attempt - 1))
            .min(LONGEST_WAIT);
        longest.mul_f64(0.5 + spread / 2.0)
    }
}
