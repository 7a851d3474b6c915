//! All forms as one Aho-Corasick automaton, in arrays that can be wiped: the state after a byte says how much of the stream
//! could be the begin of a form, and which longest form ends there. Linear in the stream, whatever it holds.
//!
//! Forms are sorted first, so a state's first child is nearly always the state with the next number: a chain of bytes, with
//! few places that branch (`sides`).

use zeroize::{Zeroize as _, Zeroizing};

use super::forms::Form;

/// A state: its number. The root is 0.
pub(super) type State = u32;

const ROOT: State = 0;
const CHAIN: u8 = 1;
const SIDE: u8 = 2;

pub(super) struct Automaton {
    /// The byte that leads into a state.
    labels: Zeroizing<Vec<u8>>,
    /// `CHAIN`: the next state is its child. `SIDE`: `sides` has more of them.
    kinds: Vec<u8>,
    /// The state of the longest other begin of a form that the bytes so far end with.
    fails: Vec<State>,
    depths: Vec<u32>,
    /// The length of the longest form that ends here; 0 for none.
    ends: Vec<u32>,
    root: Zeroizing<Vec<State>>,
    /// Sorted: the state and the byte, as one number.
    sides: Zeroizing<Vec<u64>>,
    side_targets: Vec<State>,
}

impl Automaton {
    /// Of forms that are sorted and stand there once. Where there are more bytes than states can be numbered, `None`.
    pub(super) fn new(forms: &[Form]) -> Option<Self> {
        let states = 1 + forms.iter().map(|form| form.len()).sum::<usize>();
        u32::try_from(states).ok()?;
        let mut trie = Self {
            labels: Zeroizing::new(Vec::with_capacity(states)),
            kinds: Vec::new(),
            fails: Vec::new(),
            depths: Vec::new(),
            ends: Vec::new(),
            root: Zeroizing::new(vec![ROOT; 256]),
            sides: Zeroizing::new(Vec::new()),
            side_targets: Vec::new(),
        };
        let parents = trie.grow(forms);
        trie.link(&parents);
        Some(trie)
    }

    /// Makes the states, in the order of the forms, and gives each one's parent.
    fn grow(&mut self, forms: &[Form]) -> Vec<State> {
        let mut parents = Vec::new();
        let mut branches: Vec<(u64, State)> = Vec::new();
        self.add(ROOT, 0, 0, &mut parents);
        // The states along the form before this one.
        let mut path: Vec<State> = vec![ROOT];
        let mut before: &[u8] = &[];
        for form in forms {
            let shared = before
                .iter()
                .zip(form.iter())
                .take_while(|(one, other)| one == other)
                .count();
            path.truncate(shared + 1);
            for (place, &byte) in form.iter().enumerate().skip(shared) {
                let parent = path.last().copied().unwrap_or(ROOT);
                let depth = u32::try_from(place + 1).unwrap_or(u32::MAX);
                let state = self.add(parent, byte, depth, &mut parents);
                if parent == ROOT {
                    self.root[usize::from(byte)] = state;
                } else if state == parent + 1 {
                    self.kinds[at(parent)] |= CHAIN;
                } else {
                    self.kinds[at(parent)] |= SIDE;
                    branches.push((side(parent, byte), state));
                }
                path.push(state);
            }
            if let Some(&last) = path.last() {
                self.ends[at(last)] = self.depths[at(last)];
            }
            before = form;
        }
        branches.sort_unstable_by_key(|(key, _)| *key);
        // Made at once in their final size: growing would leave bytes of forms behind.
        self.sides = Zeroizing::new(branches.iter().map(|(key, _)| *key).collect());
        self.side_targets = branches.iter().map(|(_, state)| *state).collect();
        for (key, _) in &mut branches {
            key.zeroize();
        }
        parents
    }

    fn add(&mut self, parent: State, byte: u8, depth: u32, parents: &mut Vec<State>) -> State {
        let state = State::try_from(self.labels.len()).unwrap_or(ROOT);
        self.labels.push(byte);
        self.kinds.push(0);
        self.fails.push(ROOT);
        self.depths.push(depth);
        self.ends.push(0);
        parents.push(parent);
        state
    }

    /// Sets `fails`, nearest to the root first, and hands down which forms end where another one goes on.
    fn link(&mut self, parents: &[State]) {
        let mut order: Vec<State> = (1..self.labels.len())
            .filter_map(|state| State::try_from(state).ok())
            .collect();
        order.sort_by_key(|&state| self.depths[at(state)]);
        for state in order {
            let parent = parents[at(state)];
            if parent != ROOT {
                self.fails[at(state)] = self.step(self.fails[at(parent)], self.labels[at(state)]);
            }
            if self.ends[at(state)] == 0 {
                self.ends[at(state)] = self.ends[at(self.fails[at(state)])];
            }
        }
    }

    /// The state after one more byte.
    #[inline]
    pub(super) fn step(&self, mut state: State, byte: u8) -> State {
        while state != ROOT {
            if let Some(child) = self.child(state, byte) {
                return child;
            }
            state = self.fails[at(state)];
        }
        self.root[usize::from(byte)]
    }

    #[inline]
    fn child(&self, state: State, byte: u8) -> Option<State> {
        let kind = self.kinds[at(state)];
        if kind & CHAIN != 0 && self.labels[at(state) + 1] == byte {
            return Some(state + 1);
        }
        if kind & SIDE == 0 {
            return None;
        }
        let place = self.sides.binary_search(&side(state, byte)).ok()?;
        Some(self.side_targets[place])
    }

    /// The bytes that led here from the root: how much of the stream's end could be the begin of a form.
    #[inline]
    pub(super) fn depth(&self, state: State) -> usize {
        at(self.depths[at(state)])
    }

    /// The state that goes on in the place of one that nothing follows: a form that ended is not held for more of it.
    pub(super) fn past_end(&self, mut state: State) -> State {
        while self.kinds[at(state)] == 0 && state != ROOT {
            state = self.fails[at(state)];
        }
        state
    }

    /// The length of the longest form that ends here.
    #[inline]
    pub(super) fn end(&self, state: State) -> usize {
        at(self.ends[at(state)])
    }
}

fn side(state: State, byte: u8) -> u64 {
    u64::from(state) << 8 | u64::from(byte)
}

/// A number of 32 bits as a place in memory.
#[inline]
fn at(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
