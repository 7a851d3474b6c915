//! Values to mask that change while streams are on their way: a new one is masked from the moment it is brought in, and the
//! one whose place it takes for a while after that, since it stands in what the command still remembers.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use zeroize::Zeroizing;

use super::{Secrets, TooMany, is_too_short};

/// How many changes of one source are remembered: the values that each of them has replaced are still masked.
pub const REMEMBERED: usize = 8;

/// The values to mask as they are now, for any number of streams ([`super::Redactor::following`]).
///
/// They come from sources, each of which replaces its own values as a whole. Those of now are always masked; of the former
/// ones, at least those that the last [`REMEMBERED`] changes of their source have replaced. Where there are more, values that have
/// expired go first, and then the oldest. What somebody holds on to ([`Self::hold`]) is not forgotten until it is let go.
#[derive(Default)]
pub struct Current {
    /// Another one for every other set. Streams look at it between writes, which costs next to nothing.
    number: AtomicU64,
    secrets: Mutex<Arc<Secrets>>,
    sources: Mutex<BTreeMap<String, Source>>,
    /// What is held on to, as long as somebody does.
    held: Mutex<Vec<Weak<Vec<Arc<Known>>>>>,
}

/// Values that are masked for as long as this lives, whatever takes their place: a process that was started with them still has
/// them. A clone is the same.
#[derive(Clone)]
pub struct Held {
    _values: Arc<Vec<Arc<Known>>>,
}

/// Shows nothing.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

/// Shows numbers only.
impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current")
            .field("number", &self.number)
            .field("sources", &lock(&self.sources).len())
            .finish_non_exhaustive()
    }
}

/// A value that is known of.
struct Known {
    /// Wiped when it is forgotten.
    bytes: Zeroizing<Vec<u8>>,
    /// When it stops working; `None` where that is not known.
    expires: Option<SystemTime>,
}

/// What came from one place. A copy shares the values.
#[derive(Clone, Default)]
struct Source {
    /// Sorted by their bytes.
    present: Vec<Arc<Known>>,
    /// What each change has replaced, the oldest change first.
    former: VecDeque<Vec<Arc<Known>>>,
}

/// What a source had before a change.
pub struct Before {
    name: String,
    source: Option<Source>,
}

/// Shows the source's name only.
impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Before")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Current {
    /// Takes `values` for those that `source` has now, each with the time when it stops working. When this comes back, every
    /// stream masks them in whatever it is given from then on. Values that are too short are passed over
    /// ([`is_too_short`]). Where they do not arrive after all: [`Self::take_back`].
    ///
    /// # Errors
    /// Where they are too many. Nothing has changed then.
    pub fn bring<'v>(
        &self,
        source: &str,
        values: impl IntoIterator<Item = (&'v [u8], Option<SystemTime>)>,
    ) -> Result<Before, TooMany> {
        let mut before = self.bring_all([(source.to_owned(), values)])?;
        // One for each source.
        Ok(before.remove(0))
    }

    /// The same for several sources, at the cost of one. What there is to take back is in their order.
    ///
    /// # Errors
    /// Where they are too many. Nothing has changed then.
    pub fn bring_all<'v, V>(
        &self,
        all: impl IntoIterator<Item = (String, V)>,
    ) -> Result<Vec<Before>, TooMany>
    where
        V: IntoIterator<Item = (&'v [u8], Option<SystemTime>)>,
    {
        let mut sources = lock(&self.sources);
        let now = SystemTime::now();
        let mut is_same = true;
        let mut new: BTreeMap<String, Source> = BTreeMap::new();
        let mut names = Vec::new();
        for (name, values) in all {
            let present = sorted(values);
            let old = new.get(&name).or_else(|| sources.get(&name));
            let old = old.cloned().unwrap_or_default();
            let source = if bytes(&old.present).eq(bytes(&present)) {
                Source { present, ..old }
            } else {
                is_same = false;
                old.replaced(present, now)
            };
            new.insert(name.clone(), source);
            names.push(name);
        }
        if !is_same {
            // With what is forgotten by this change: it may be taken back.
            let all = sources.values().chain(new.values());
            let held = self.all_held();
            let held = held.iter().flat_map(|values| bytes(values));
            let secrets = Secrets::new(all.flat_map(Source::all).chain(held))?;
            self.publish(secrets);
        }
        let before = names.into_iter().filter_map(|name| {
            let source = new.remove(&name)?;
            let source = sources.insert(name.clone(), source);
            Some(Before { name, source })
        });
        Ok(before.collect())
    }

    /// The values of the last change have not arrived: those before them are the ones of now. All are masked until the next
    /// change, but only these are sure to be after it, however often it is tried again.
    pub fn take_back(&self, before: Before) {
        let mut sources = lock(&self.sources);
        match before.source {
            Some(source) => sources.insert(before.name, source),
            None => sources.remove(&before.name),
        };
    }

    /// Holds on to the values of now.
    #[must_use]
    pub fn hold(&self) -> Held {
        let sources = lock(&self.sources);
        let present = sources.values().flat_map(|source| &source.present);
        let values = Arc::new(present.cloned().collect::<Vec<_>>());
        lock(&self.held).push(Arc::downgrade(&values));
        Held { _values: values }
    }

    /// What somebody still holds on to.
    fn all_held(&self) -> Vec<Arc<Vec<Arc<Known>>>> {
        let mut held = lock(&self.held);
        let living: Vec<_> = held.iter().filter_map(Weak::upgrade).collect();
        held.retain(|values| values.strong_count() > 0);
        living
    }

    fn publish(&self, secrets: Secrets) {
        let mut place = lock(&self.secrets);
        let old = std::mem::replace(&mut *place, Arc::new(secrets));
        self.number.fetch_add(1, Ordering::Release);
        drop(place);
        // Wiped where no stream looks for it any more, and nobody waits for that.
        drop(old);
    }

    /// The set of now, and its number.
    pub(super) fn now(&self) -> (u64, Arc<Secrets>) {
        let secrets = lock(&self.secrets);
        // Changed only under this lock.
        (self.number.load(Ordering::Acquire), Arc::clone(&secrets))
    }

    /// The same, if it is not the one with this number.
    #[inline]
    pub(super) fn other_than(&self, number: u64) -> Option<(u64, Arc<Secrets>)> {
        (self.number.load(Ordering::Acquire) != number).then(|| self.now())
    }
}

impl Source {
    /// As it is once `present` has taken the place of what it had.
    fn replaced(mut self, present: Vec<Arc<Known>>, now: SystemTime) -> Self {
        let is_in = |all: &[Arc<Known>], known: &Known| {
            let found = all.binary_search_by(|other| other.bytes.as_slice().cmp(&known.bytes));
            found.is_ok()
        };
        let mut replaced = self.present;
        replaced.retain(|known| !is_in(&present, known));
        // Two values that take turns fill no memory.
        for change in &mut self.former {
            change.retain(|known| !is_in(&present, known) && !is_in(&replaced, known));
        }
        self.former.push_back(replaced);
        self.former.retain(|change| !change.is_empty());
        while self.former.len() > REMEMBERED {
            let is_over = |known: &Arc<Known>| known.expires.is_some_and(|expires| expires <= now);
            let mut changes = self.former.iter();
            let expired = changes.position(|change| change.iter().all(is_over));
            self.former.remove(expired.unwrap_or(0));
        }
        self.present = present;
        self
    }

    /// Every value to mask.
    fn all(&self) -> impl Iterator<Item = &[u8]> {
        let former = self.former.iter().flatten();
        former
            .chain(&self.present)
            .map(|known| known.bytes.as_slice())
    }
}

/// Each value once, sorted. Of one that comes twice it is known that it has expired only when both have.
fn sorted<'v>(values: impl IntoIterator<Item = (&'v [u8], Option<SystemTime>)>) -> Vec<Arc<Known>> {
    let mut values: Vec<_> = values
        .into_iter()
        .filter(|(bytes, _)| !is_too_short(bytes))
        .collect();
    values.sort_unstable();
    values.dedup_by(|(bytes, expires), (kept, until)| {
        // `None` is sorted first and stays; of two times, the later one.
        let is_same = bytes == kept;
        if is_same && until.is_some() {
            *until = *expires;
        }
        is_same
    });
    let known = values.into_iter().map(|(bytes, expires)| {
        let bytes = Zeroizing::new(bytes.to_vec());
        Arc::new(Known { bytes, expires })
    });
    known.collect()
}

fn bytes(values: &[Arc<Known>]) -> impl Iterator<Item = &[u8]> {
    values.iter().map(|known| known.bytes.as_slice())
}

/// A lock whose content no panic leaves half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
