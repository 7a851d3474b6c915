//! What is known of each secret that is kept: where it came from, when, until when, and when it is looked at again. No value
//! is in it.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant, SystemTime},
};

use super::schedule;
use crate::{
    plan::{Plan, SlotId},
    resolve::{Noted, Print},
};

/// A time that is over when it has just begun.
const SOON: Duration = Duration::from_millis(100);

/// One secret.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(super) slot: SlotId,
    /// The keys that want it.
    pub(crate) keys: Vec<String>,
    /// The instance's name.
    pub(crate) instance: String,
    /// Its provider's scheme.
    pub(crate) provider: &'static str,
    /// What is fetched.
    pub(crate) locator: String,
    refresh: Option<Duration>,
    /// Of the value that the command has; nothing where there was none.
    print: Option<Print>,
    /// Of the value that the store had last, and when that stops working.
    seen: Option<Print>,
    seen_expires: Option<SystemTime>,
    has_version: bool,
    /// Some part may have another value than this says: it was handed out, and is not with all of them yet.
    is_split: bool,
    /// What was seen last was not used.
    is_refused: bool,
    /// The store's name for the version.
    pub(crate) version: Option<String>,
    /// When it stops working.
    pub(crate) expires: Option<SystemTime>,
    /// When the store has last said what it is.
    pub(crate) read: SystemTime,
    /// When it was last another than before.
    pub(crate) changed: SystemTime,
    next: Option<Due>,
    /// Failures since it was last read.
    pub(crate) failures: u32,
    /// The last of them: a name for machines, words for people.
    pub(crate) error: Option<(&'static str, String)>,
    /// A new value is there that has not been accepted.
    pub(crate) is_waiting: bool,
    /// The command has an older value than the store.
    pub(crate) is_outdated: bool,
    has_told_expiry: bool,
}

/// A time by both clocks: one stands still while the machine sleeps, the other may be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    at: Instant,
    pub(super) clock: SystemTime,
}

/// What became of one look at a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As before.
    Same,
    /// Another value.
    Changed,
    /// Another than the command has, as is known.
    Outdated,
    /// It was not told; the first time in a row.
    FailedFirst,
    /// It was not told again.
    FailedAgain,
}

/// All secrets of a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    places: HashMap<SlotId, usize>,
    /// When the command is to be started again.
    restart: Option<Due>,
}

impl Due {
    pub(super) fn after(wait: Duration) -> Option<Self> {
        Some(Self {
            at: Instant::now().checked_add(wait)?,
            clock: SystemTime::now().checked_add(wait)?,
        })
    }

    fn is_past(&self) -> bool {
        self.at <= Instant::now() || self.clock <= SystemTime::now()
    }

    /// How long it is until then.
    pub(super) fn wait(&self) -> Duration {
        let by_clock = self.clock.duration_since(SystemTime::now());
        let left = self.at.saturating_duration_since(Instant::now());
        left.min(by_clock.unwrap_or_default())
    }
}

impl Ledger {
    /// What the first round has fetched.
    pub(super) fn new(plan: &Plan, noted: &[(SlotId, Noted)]) -> Self {
        let mut ledger = Self::default();
        ledger.add_new(plan, noted);
        ledger
    }

    /// Takes in secrets that were fetched for the first time: a default's turn may come later.
    pub(super) fn add_new(&mut self, plan: &Plan, noted: &[(SlotId, Noted)]) {
        for (slot, noted) in noted {
            let is_known = self.places.contains_key(slot);
            if is_known || matches!(noted, Noted::Failed { .. }) {
                continue;
            }
            self.places.insert(*slot, self.entries.len());
            self.entries.push(Entry::new(plan, *slot));
            self.note(*slot, noted);
            self.accept(*slot, noted);
        }
    }

    /// The secrets whose time has come.
    pub(super) fn due(&self) -> Vec<SlotId> {
        let due = |entry: &&Entry| entry.next.is_some_and(|next| next.is_past());
        self.entries
            .iter()
            .filter(due)
            .map(|entry| entry.slot)
            .collect()
    }

    /// How long nothing is to be done.
    pub(super) fn idle(&self) -> Option<Duration> {
        let times = self.entries.iter().filter_map(|entry| entry.next);
        let next = times.chain(self.restart).map(|due| due.wait());
        // Its end is told when it comes.
        let untold = self.entries.iter().filter(|entry| entry.tells_expiry());
        let ends = untold.filter_map(|entry| entry.expires);
        let ends = ends.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
        next.chain(ends).min()
    }

    /// Takes down what a store has said, and whether that is news.
    pub(super) fn note(&mut self, slot: SlotId, noted: &Noted) -> Look {
        let Some(entry) = self.entry(slot) else {
            return Look::Same;
        };
        entry.note(noted)
    }

    /// The command has this value now. Whether it is another.
    pub(super) fn accept(&mut self, slot: SlotId, noted: &Noted) -> bool {
        let Some(entry) = self.entry(slot) else {
            return false;
        };
        let before = entry.print;
        if let Noted::Present {
            print,
            version,
            expires,
        } = noted
        {
            if entry.print != Some(*print) {
                entry.changed = SystemTime::now();
            }
            entry.print = Some(*print);
            entry.version.clone_from(version);
            // The same end is not told twice.
            entry.has_told_expiry &= entry.expires == *expires;
            entry.expires = *expires;
        } else if matches!(noted, Noted::Absent) {
            if entry.print.take().is_some() {
                entry.changed = SystemTime::now();
            }
            entry.version = None;
            entry.expires = None;
        }
        entry.is_waiting = false;
        entry.is_outdated = false;
        entry.is_split = false;
        entry.is_refused = false;
        entry.settle(None);
        before != entry.print
    }

    /// Whether the command has a value already that the store has given after this one.
    pub(super) fn is_older(&self, slot: SlotId, noted: &Noted) -> bool {
        let Noted::Present { print, .. } = noted else {
            return false;
        };
        self.get(slot).is_some_and(|entry| {
            let is_settled = !entry.is_split && !entry.is_outdated && entry.print == entry.seen;
            is_settled && entry.print != Some(*print)
        })
    }

    /// The value cannot be used, or has not been accepted: it is looked at again soon.
    pub(super) fn refuse(&mut self, slot: SlotId, name: &'static str, phrase: &str, waiting: bool) {
        if let Some(entry) = self.entry(slot) {
            entry.is_waiting = waiting;
            entry.is_refused = true;
            entry.settle(Some((name, phrase.to_owned())));
        }
    }

    /// The command will not have this value until it is started again. The first time that is so of it.
    pub(super) fn outdate(&mut self, slot: SlotId) -> bool {
        let Some(entry) = self.entry(slot) else {
            return false;
        };
        entry.is_refused = false;
        entry.settle(None);
        !std::mem::replace(&mut entry.is_outdated, true)
    }

    /// Keys whose value has expired since this was last asked.
    pub(super) fn newly_expired(&mut self) -> Vec<String> {
        let now = SystemTime::now();
        let mut keys = BTreeSet::new();
        for entry in &mut self.entries {
            if entry.is_expired(now) && entry.tells_expiry() {
                entry.has_told_expiry = true;
                keys.extend(entry.keys.iter().cloned());
            }
        }
        keys.into_iter().collect()
    }

    /// Plans a restart, unless one is planned.
    pub(super) fn plan_restart(&mut self, wait: Duration) -> bool {
        if self.restart.is_some() {
            return false;
        }
        self.restart = Due::after(wait);
        true
    }

    /// Whether the time for the restart has come.
    pub(super) fn restart_is_due(&self) -> bool {
        self.restart.is_some_and(|restart| restart.is_past())
    }

    /// No restart is planned any more.
    pub(super) fn forget_restart(&mut self) {
        self.restart = None;
    }

    /// When the command is to be started again.
    pub(crate) fn restart(&self) -> Option<SystemTime> {
        self.restart.map(|restart| restart.clock)
    }

    /// Whether anything will ever be looked at again.
    pub(super) fn is_idle(&self) -> bool {
        self.entries.iter().all(|entry| entry.next.is_none())
    }

    fn entry(&mut self, slot: SlotId) -> Option<&mut Entry> {
        self.entries.get_mut(*self.places.get(&slot)?)
    }

    pub(super) fn get(&self, slot: SlotId) -> Option<&Entry> {
        self.entries.get(*self.places.get(&slot)?)
    }
}

impl Entry {
    fn new(plan: &Plan, slot: SlotId) -> Self {
        let instance = &plan.instances[slot.instance];
        let fetch = &instance.fetches[slot.fetch];
        let mut keys: Vec<String> = fetch.uses.iter().map(|usage| usage.key.clone()).collect();
        keys.dedup();
        let now = SystemTime::now();
        Self {
            slot,
            keys,
            instance: instance.name.clone(),
            provider: instance.descriptor.scheme,
            locator: fetch.locator.to_string(),
            refresh: instance.refresh,
            print: None,
            seen: None,
            seen_expires: None,
            has_version: false,
            is_split: false,
            is_refused: false,
            version: None,
            expires: None,
            read: now,
            changed: now,
            next: None,
            failures: 0,
            error: None,
            is_waiting: false,
            is_outdated: false,
            has_told_expiry: false,
        }
    }

    fn note(&mut self, noted: &Noted) -> Look {
        let (print, expires, has_version) = match noted {
            Noted::Present {
                print,
                expires,
                version,
            } => (Some(*print), *expires, version.is_some()),
            Noted::Absent => (None, None, false),
            Noted::Failed { name, phrase } => {
                let is_first = self.failures == 0;
                self.is_waiting = false;
                self.settle(Some((name, phrase.clone())));
                return if is_first {
                    Look::FailedFirst
                } else {
                    Look::FailedAgain
                };
            }
        };
        self.read = SystemTime::now();
        self.seen_expires = expires;
        self.has_version = has_version;
        let is_news = std::mem::replace(&mut self.seen, print) != print;
        if print == self.print && !self.is_split {
            Look::Same
        } else if self.is_outdated && !is_news && !self.is_refused {
            Look::Outdated
        } else {
            self.is_split = true;
            Look::Changed
        }
    }

    /// Says when it is looked at next.
    fn settle(&mut self, error: Option<(&'static str, String)>) {
        let wait = if error.is_some() {
            self.failures = self.failures.saturating_add(1);
            // A login that is refused again and again may be locked.
            let refresh = self.refresh.filter(|_| !self.is_waiting);
            let pause = schedule::pause(self.failures, refresh, schedule::chance());
            // What waits to be accepted waits no longer than what it is to replace works.
            let now = SystemTime::now();
            let expires = self.expires.filter(|_| self.is_waiting);
            let left = expires.and_then(|expires| expires.duration_since(now).ok());
            Some(left.map_or(pause, |left| pause.min(left.max(SOON))))
        } else {
            self.failures = 0;
            let now = SystemTime::now();
            let left = self
                .seen_expires
                .map(|expires| expires.duration_since(now).unwrap_or_default());
            // A token is another one each time it is asked for; what has a version is kept by the store, and may be replaced
            // long before it expires.
            let is_token = left.is_some() && !self.has_version;
            let refresh = self.refresh.filter(|_| !is_token);
            schedule::next(left, refresh, schedule::chance())
        };
        self.error = error;
        self.next = wait.and_then(Due::after);
    }

    /// Whether it has stopped working.
    pub(crate) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether its expiry is still to be told: not while something is there to replace it.
    fn tells_expiry(&self) -> bool {
        !self.has_told_expiry && !self.is_waiting
    }

    /// When it is looked at again.
    pub(crate) fn next(&self) -> Option<SystemTime> {
        self.next.map(|next| next.clock)
    }
}
