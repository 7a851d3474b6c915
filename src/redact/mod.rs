//! Masks known values in a stream of any bytes: in every form they travel in, wherever the stream is cut, each line of a
//! value with several.
//!
//! Every byte that belongs to a form of a value is masked, so overlapping values leave nothing of each other. What cannot be
//! the begin of a form is passed on at once, what can is held: never more than the longest form has. The values may change on
//! the way ([`Current`]).

mod automaton;
pub(crate) mod common;
mod current;
mod forms;
mod prefilter;
#[cfg(test)]
mod tests;
pub(crate) mod values;

use std::sync::Arc;

use zeroize::{Zeroize as _, Zeroizing};

use automaton::{Automaton, State};
pub use current::{Before, Current, Held, REMEMBERED};
use forms::Form;
use prefilter::Prefilter;

/// What stands for a value, whatever its length.
pub const MASK: &[u8] = b"********";

/// The shortest value that is masked, in bytes: what is shorter stands in every text by chance.
pub const SHORTEST: usize = 4;

/// A held first byte is shown where the stream pauses if all forms have at least this many bytes.
const SHORTEST_WITH_A_PAUSE: usize = 8;

/// Values to mask, made ready once for any number of streams.
#[derive(Default)]
pub struct Secrets {
    /// None where there is nothing to mask.
    ready: Option<(Automaton, Prefilter)>,
    forms: usize,
    shortest: usize,
    longest: usize,
}

/// Shows numbers only.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("forms", &self.forms)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

/// More bytes of values, in all their forms, than can be looked for: four thousand million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Secrets {
    /// Makes values ready. Each is masked without the blanks and line breaks around it; those with fewer than [`SHORTEST`]
    /// bytes then are passed over ([`is_too_short`]). It takes about 15 bytes of memory for each byte of each form.
    ///
    /// # Errors
    /// Where they are too many.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, TooMany> {
        let mut values: Vec<&[u8]> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        let mut all: Vec<Form> = values.into_iter().flat_map(forms::all).collect();
        all.sort_unstable_by(|one, other| one.as_slice().cmp(other));
        all.dedup();
        let shortest = all.iter().map(|form| form.len()).min().unwrap_or(0);
        let longest = all.iter().map(|form| form.len()).max().unwrap_or(0);
        let ready = if all.is_empty() {
            None
        } else {
            let automaton = Automaton::new(&all).ok_or(TooMany)?;
            let prefilter = Prefilter::new(&all, &automaton);
            Some((automaton, prefilter))
        };
        Ok(Self {
            ready,
            forms: all.len(),
            shortest,
            longest,
        })
    }
}

/// Whether a value has too few bytes to be masked.
#[must_use]
pub fn is_too_short(value: &[u8]) -> bool {
    value.trim_ascii().len() < SHORTEST
}

/// One stream on its way through.
pub struct Redactor {
    secrets: Arc<Secrets>,
    /// Where the values may change, and the number of the set that is looked for.
    current: Option<(Arc<Current>, u64)>,
    state: State,
    /// Bytes of the stream so far.
    taken: u64,
    /// Bytes of the stream that have been passed on or masked.
    passed: u64,
    /// Bytes up to here belong to a value whose mask has been written.
    masked: u64,
    /// What lies between `passed` and `taken`.
    held: Zeroizing<Vec<u8>>,
    /// Places of values from `passed` on, in order; none overlaps another.
    spans: Vec<Span>,
    /// The byte that was shown last in a pause.
    shown: u8,
}

/// Where a value lies in the stream.
type Span = (u64, u64);

/// Shows numbers only.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("taken", &self.taken)
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl Redactor {
    /// A stream of its own that masks these values.
    #[must_use]
    pub fn new(secrets: &Arc<Secrets>) -> Self {
        Self {
            // Never grows: no old buffer is left behind.
            held: Zeroizing::new(Vec::with_capacity(secrets.longest)),
            secrets: Arc::clone(secrets),
            current: None,
            state: 0,
            taken: 0,
            passed: 0,
            masked: 0,
            spans: Vec::new(),
            shown: 0,
        }
    }

    /// A stream of its own that masks the values as they are at each write. What is held while they change is looked through
    /// again, so that no value that was there before or is there now gets through where the stream happens to be cut.
    #[must_use]
    pub fn following(current: &Arc<Current>) -> Self {
        let (number, secrets) = current.now();
        Self {
            current: Some((Arc::clone(current), number)),
            ..Self::new(&secrets)
        }
    }

    /// Takes the stream's next bytes, and appends to `out` all that is decided by now.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.follow();
        let secrets = Arc::clone(&self.secrets);
        let mut undecided = 0;
        if let Some((automaton, prefilter)) = &secrets.ready {
            self.look(automaton, prefilter, bytes);
            undecided = as_offset(automaton.depth(self.state));
        }
        let end = self.taken + as_offset(bytes.len());
        self.settle(bytes, end - undecided, out);
    }

    /// Whether [`Self::pause`] would show a byte.
    #[must_use]
    pub fn holds_one(&self) -> bool {
        let Some((automaton, _)) = &self.secrets.ready else {
            return false;
        };
        // Not the second byte of a value whose first one was shown in an earlier pause.
        self.held.len() == 1
            && automaton.depth(self.state) == 1
            && self.spans.is_empty()
            && self.masked <= self.passed
            && self.secrets.shortest >= SHORTEST_WITH_A_PAUSE
    }

    /// For a stream that pauses and that someone watches: shows the single byte that is held because a value may begin with
    /// it, so that a prompt is whole and what is typed appears. Never more, and only where no form has fewer than eight
    /// bytes: what is known of a value then is less than its length would tell. The rest of the value is still masked.
    pub fn pause(&mut self, out: &mut Vec<u8>) {
        self.follow();
        if self.holds_one() {
            out.extend_from_slice(&self.held);
            self.shown = self.held[0];
            self.held.zeroize();
            self.passed = self.taken;
        }
    }

    /// Ends the stream: what is held is no whole value, and is passed on.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.follow();
        self.settle(&[], self.taken, out);
        self.state = 0;
    }

    /// Goes over to the values of now, if they are others.
    #[inline]
    fn follow(&mut self) {
        let Some((current, number)) = &mut self.current else {
            return;
        };
        if let Some((newest, secrets)) = current.other_than(*number) {
            *number = newest;
            self.go_over(secrets);
        }
    }

    /// Looks through what is held again, for these values; what has been found in it stays found.
    fn go_over(&mut self, secrets: Arc<Secrets>) {
        let depth = |(automaton, _): &(Automaton, Prefilter)| automaton.depth(self.state);
        // One that was shown in a pause may be the first byte of what is held.
        let was_shown = self.secrets.ready.as_ref().map_or(0, depth) > self.held.len();
        let found = std::mem::take(&mut self.spans);
        // Large enough for the longest form of these, as ever.
        let mut held = Zeroizing::new(Vec::with_capacity(secrets.longest.max(self.held.len())));
        held.extend_from_slice(&self.held);
        self.held = Zeroizing::new(Vec::new());
        self.state = 0;
        if let Some((automaton, _)) = &secrets.ready {
            let mut end = self.passed.saturating_sub(u64::from(was_shown));
            let first = was_shown.then_some(self.shown);
            for byte in first.into_iter().chain(held.iter().copied()) {
                self.state = automaton.step(self.state, byte);
                end += 1;
                self.note(automaton, end);
            }
        }
        self.held = held;
        self.spans = join(found, &self.spans);
        self.secrets = secrets;
    }

    /// Finds the values that end in these bytes.
    fn look(&mut self, automaton: &Automaton, prefilter: &Prefilter, bytes: &[u8]) {
        let mut place = 0;
        while place < bytes.len() {
            let depth = automaton.depth(self.state);
            // What could be a begin lies within these bytes and is short: the quick look tells at once.
            if depth < prefilter.length() && depth <= place {
                match prefilter.find(bytes, place - depth) {
                    Ok((begin, state)) => {
                        self.state = state;
                        place = begin + prefilter.length();
                        self.note(automaton, self.taken + as_offset(place));
                        continue;
                    }
                    Err(last) => {
                        self.state = 0;
                        for (place, &byte) in bytes.iter().enumerate().skip(last) {
                            self.state = automaton.step(self.state, byte);
                            self.note(automaton, self.taken + as_offset(place + 1));
                        }
                        return;
                    }
                }
            }
            self.state = automaton.step(self.state, bytes[place]);
            place += 1;
            self.note(automaton, self.taken + as_offset(place));
        }
    }

    /// Keeps the place of the longest form that ends before `end`. Those within it, or that it overlaps, become one.
    #[inline]
    fn note(&mut self, automaton: &Automaton, end: u64) {
        let length = automaton.end(self.state);
        if length == 0 {
            return;
        }
        let mut start = end - as_offset(length);
        while let Some(&(other, other_end)) = self.spans.last() {
            if other_end <= start {
                break;
            }
            start = start.min(other);
            self.spans.pop();
        }
        self.spans.push((start, end));
        self.state = automaton.past_end(self.state);
    }

    /// Passes on everything before `decided`, and holds the rest of what is held and of `bytes`.
    fn settle(&mut self, bytes: &[u8], decided: u64, out: &mut Vec<u8>) {
        let text = Text {
            held: &self.held,
            held_from: self.passed,
            bytes,
            from: self.taken,
        };
        let mut at = self.passed.max(self.masked.min(decided));
        let mut settled = 0;
        for &(start, end) in &self.spans {
            if start >= decided {
                break;
            }
            text.copy(at, start, out);
            // A value that overlaps one whose mask has been written goes without a mask of its own.
            if start >= self.masked {
                out.extend_from_slice(MASK);
            }
            self.masked = self.masked.max(end);
            at = at.max(end.min(decided));
            settled += 1;
        }
        text.copy(at, decided, out);
        self.spans.drain(..settled);
        let gone = place(decided.saturating_sub(self.passed)).min(self.held.len());
        let kept = self.held.len() - gone;
        self.held.copy_within(gone.., 0);
        self.held[kept..].zeroize();
        self.held.truncate(kept);
        let new = place(decided.saturating_sub(self.taken)).min(bytes.len());
        self.held.extend_from_slice(&bytes[new..]);
        self.taken += as_offset(bytes.len());
        // After a pause a byte that is not decided has been shown already.
        self.passed = self.passed.max(decided);
    }
}

/// All places in order; those that overlap become one.
fn join(one: Vec<Span>, other: &[Span]) -> Vec<Span> {
    let mut all = one;
    all.extend_from_slice(other);
    all.sort_unstable();
    all.dedup_by(|(start, end), (_, before)| {
        let is_within = *start < *before;
        if is_within {
            *before = (*before).max(*end);
        }
        is_within
    });
    all
}

/// The stream's end, in two parts.
struct Text<'a> {
    held: &'a [u8],
    held_from: u64,
    bytes: &'a [u8],
    from: u64,
}

impl Text<'_> {
    /// Appends what lies between two places of the stream.
    fn copy(&self, start: u64, end: u64, out: &mut Vec<u8>) {
        for (part, from) in [(self.held, self.held_from), (self.bytes, self.from)] {
            let first = place(start.saturating_sub(from)).min(part.len());
            let last = place(end.saturating_sub(from)).min(part.len());
            if first < last {
                out.extend_from_slice(&part[first..last]);
            }
        }
    }
}

fn as_offset(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
