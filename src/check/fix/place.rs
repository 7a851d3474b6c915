//! Where a change goes: into the lowest layer in which nothing else changes than what has the same fault.

use std::collections::HashMap;

use toml_edit::{DocumentMut, Item, Value};

use super::{Edit, Fix, Target, below, write::is_described};
use crate::{check::found::Found, django::engine, manifest::Manifest};

/// The mark that some editors begin a file with.
const MARK: char = '\u{feff}';

/// Gives every change its place; one that cannot be made goes, and one that would change a way to use the manifest that
/// does not have the fault is only shown. `ways` are the profiles of every way, `elsewhere` what is found in those that
/// were not asked for. What is found several times at one place gets the changes of all.
pub(crate) fn settle(
    manifest: &Manifest,
    ways: &[Vec<String>],
    found: &mut [Found],
    elsewhere: &[Found],
) {
    let text = &manifest.source.text;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let settled: Vec<Option<Fix>> = match text.parse::<DocumentMut>() {
        Ok(document) => {
            let map = Map::new(&document, manifest, ways, found.iter().chain(elsewhere));
            let fixes = found.iter().map(|one| map.settle(one, one.fix.as_ref()?));
            fixes.collect()
        }
        Err(_) => vec![None; found.len()],
    };
    for (one, fix) in found.iter_mut().zip(settled) {
        one.fix = fix;
    }
    fold(found);
}

/// What is told once gets the changes for every way that it is found in.
fn fold(found: &mut [Found]) {
    let mut firsts: HashMap<(&str, String), Vec<usize>> = HashMap::new();
    for at in 0..found.len() {
        let known = firsts
            .entry((found[at].rule.id, found[at].key.clone()))
            .or_default();
        let first = known
            .iter()
            .copied()
            .find(|first| found[*first].place == found[at].place);
        let Some(first) = first else {
            known.push(at);
            continue;
        };
        let Some(fix) = found[at].fix.clone() else {
            continue;
        };
        match &mut found[first].fix {
            Some(have) => have.and(fix),
            none => *none = Some(fix),
        }
    }
}

impl Fix {
    /// Also makes these changes, where they are not there.
    fn and(&mut self, other: Self) {
        self.is_safe &= other.is_safe;
        for edit in other.edits {
            let is_there = self
                .edits
                .iter()
                .any(|have| have.path == edit.path && have.target == edit.target);
            if !is_there {
                self.edits.push(edit);
            }
        }
    }
}

/// A way to use the manifest: the base with the layers of some profiles on it, the base as `None`.
struct Way<'a> {
    profiles: &'a [String],
    layers: Vec<Option<String>>,
}

/// A fix, and the profiles of the way that it is for.
type Wanted<'a> = (&'a [String], &'a Fix);

/// The layers of a manifest, and what is found in each way to use it.
struct Map<'a> {
    document: &'a DocumentMut,
    ways: Vec<Way<'a>>,
    /// By rule and key.
    wanted: HashMap<(&'a str, &'a str), Vec<Wanted<'a>>>,
}

/// What becomes of an edit.
enum Settled {
    /// Whether nothing else changes is the second.
    Made(Target, bool),
    /// There is nothing to be done.
    Needless,
    Impossible,
}

impl<'a> Map<'a> {
    fn new(
        document: &'a DocumentMut,
        manifest: &Manifest,
        ways: &'a [Vec<String>],
        found: impl Iterator<Item = &'a Found>,
    ) -> Self {
        let way = |profiles: &'a Vec<String>| {
            let stack = manifest.stack(profiles).into_iter().map(Some);
            Way {
                profiles,
                layers: [None].into_iter().chain(stack).collect(),
            }
        };
        let mut wanted: HashMap<_, Vec<Wanted<'_>>> = HashMap::new();
        for one in found {
            if let Some(fix) = &one.fix {
                let same = wanted.entry((one.rule.id, one.key.as_str())).or_default();
                same.push((&one.profiles[..], fix));
            }
        }
        Self {
            document,
            ways: ways.iter().map(way).collect(),
            wanted,
        }
    }

    fn settle(&self, one: &Found, fix: &Fix) -> Option<Fix> {
        let mut settled = Fix {
            edits: Vec::with_capacity(fix.edits.len()),
            is_safe: fix.is_safe,
        };
        let way = self.ways.iter().find(|way| way.profiles == one.profiles)?;
        for edit in &fix.edits {
            match self.place(one, fix, edit, way) {
                Settled::Made(target, is_sure) => {
                    settled.is_safe &= is_sure;
                    settled.edits.push(Edit {
                        target,
                        ..edit.clone()
                    });
                }
                Settled::Needless => {}
                Settled::Impossible => return None,
            }
        }
        self.gather(one, fix, way, &mut settled);
        (!settled.edits.is_empty()).then_some(settled)
    }

    /// Brings what is set together into one layer: no way may get the half of it.
    fn gather(&self, one: &Found, fix: &Fix, way: &Way<'_>, settled: &mut Fix) {
        let level = |edit: &Edit| {
            let layer = edit.target.profile();
            way.layers.iter().position(|have| have.as_deref() == layer)
        };
        let sets = settled.edits.iter().filter(|edit| edit.value.is_some());
        let Some(highest) = sets.max_by_key(|edit| level(edit)) else {
            return;
        };
        let target = highest.target.clone();
        for edit in &mut settled.edits {
            if edit.value.is_some() && edit.target != target {
                edit.target = Target::Open;
                settled.is_safe &= self.is_sure(target.profile(), one, fix, edit);
                edit.target = target.clone();
            }
        }
    }

    fn place(&self, one: &Found, fix: &Fix, edit: &Edit, way: &Way<'_>) -> Settled {
        let layers = self.in_force(&edit.path, way);
        let written = layers
            .iter()
            .rposition(|layer| self.has(layer.as_deref(), &edit.path));
        let is_blocked = layers
            .iter()
            .any(|layer| self.is_blocked(layer.as_deref(), edit));
        if is_blocked {
            return Settled::Impossible;
        }
        let candidates = match (&edit.value, written) {
            (None, Some(at)) => &layers[at..=at],
            (None, None) if self.may_be_brought(&edit.path, layers) => return Settled::Impossible,
            (None, None) => return Settled::Needless,
            (Some(_), Some(at)) => &layers[at..],
            // A key that is new goes where its database is, and not below.
            (Some(_), None) => {
                let root = &edit.path[..edit.path.len().min(2)];
                let first = layers
                    .iter()
                    .position(|layer| self.has(layer.as_deref(), root));
                &layers[first.unwrap_or(layers.len() - 1)..]
            }
        };
        let sure = candidates
            .iter()
            .find(|layer| self.is_sure(layer.as_deref(), one, fix, edit));
        let chosen = sure.or(candidates.last()).cloned().flatten();
        let target = chosen.map_or(Target::Base, Target::Profile);
        Settled::Made(target, sure.is_some())
    }

    /// Whether every way that an edit in this layer changes has the same fault, and is mended by the same edit.
    fn is_sure(&self, layer: Option<&str>, one: &Found, fix: &Fix, edit: &Edit) -> bool {
        let same = self.wanted.get(&(one.rule.id, one.key.as_str()));
        let has = |way: &Way<'_>| {
            same.into_iter().flatten().any(|(profiles, other)| {
                *profiles == way.profiles
                    && (other.is_safe || !fix.is_safe)
                    && other.edits.contains(edit)
            })
        };
        let mut changed = self
            .ways
            .iter()
            .filter(|way| self.inherits(way, layer, edit));
        changed.all(has)
    }

    /// Whether a way gets what this layer says of a key.
    fn inherits(&self, way: &Way<'_>, layer: Option<&str>, edit: &Edit) -> bool {
        let layers = self.in_force(&edit.path, way);
        let Some(at) = layers.iter().position(|have| have.as_deref() == layer) else {
            return false;
        };
        !layers[at + 1..].iter().any(|upper| {
            self.has(upper.as_deref(), &edit.path) || self.is_blocked(upper.as_deref(), edit)
        })
    }

    /// The layers that a key is looked for in: of a database, none below the last that starts it afresh, as the
    /// manifest's merging has it.
    fn in_force<'w>(&self, path: &[String], way: &'w Way<'_>) -> &'w [Option<String>] {
        let all = &way.layers[..];
        if path.first().is_none_or(|first| first != "databases") || path.len() < 2 {
            return all;
        }
        let mut start = 0;
        let mut engine: Option<&str> = None;
        for (place, layer) in all.iter().enumerate() {
            let Some(database) = self.find(layer.as_deref(), &path[..2]) else {
                continue;
            };
            let own = database.get("ENGINE").and_then(Item::as_str);
            let moves = match (engine, own) {
                (Some(below), Some(own)) => engine::is_other_family(below, own),
                _ => false,
            };
            if database.get("url").is_some() || database.get("from").is_some() || moves {
                start = place;
                engine = None;
            }
            engine = own.or(engine);
        }
        &all[start..]
    }

    /// Whether something else than its own key may bring a key of a database.
    fn may_be_brought(&self, path: &[String], layers: &[Option<String>]) -> bool {
        let brings = |layer: &Option<String>| {
            let database = self.find(layer.as_deref(), &path[..path.len().min(2)]);
            database.is_some_and(|database| {
                database.get("url").is_some() || database.get("from").is_some()
            })
        };
        layers.iter().any(brings)
    }

    /// Whether a value, rather than a table, stands above a key, or a table in its place: neither is replaced.
    fn is_blocked(&self, layer: Option<&str>, edit: &Edit) -> bool {
        let last = edit.path.len();
        (1..=last).any(|depth| {
            let Some(item) = self.find(layer, &edit.path[..depth]) else {
                return false;
            };
            match item.as_table_like() {
                None => depth < last,
                Some(table) => {
                    let is_inline = |value: &String| {
                        value
                            .parse::<Value>()
                            .is_ok_and(|new| new.is_inline_table())
                    };
                    let becomes_table = edit.value.as_ref().is_none_or(is_inline);
                    depth == last && !becomes_table && !is_described(table)
                }
            }
        })
    }

    fn has(&self, layer: Option<&str>, path: &[String]) -> bool {
        self.find(layer, path).is_some()
    }

    fn find(&self, layer: Option<&str>, path: &[String]) -> Option<&'a Item> {
        let mut item = self.document.as_item();
        for key in below(layer, path) {
            item = item.get(key)?;
        }
        Some(item)
    }
}
