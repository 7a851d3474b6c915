//! `nuages check --fix`: makes the changes that fail closed, and reads the manifest again.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs::Metadata,
    os::unix::fs::PermissionsExt as _,
    time::SystemTime,
};

use super::{handed::Handed, home, inspect};
use crate::{
    check::{self, Found, Request, Surroundings},
    cli::{
        Exit, Outcome,
        context::{Context, Loaded},
    },
    diagnostic::{Class, Diagnostic},
    manifest::Manifest,
    plan::{Selection, plan},
    registry::Registry,
    render::file::write_atomically,
};

/// How often what a change brings to light is looked at again: of several changes of one text, each waits for the one
/// before it.
const ROUNDS: usize = 32;

/// A rule and the key that it was found at.
type Mended = (&'static str, String);

/// How often a rule finds a key, with these profiles.
type Counts = BTreeMap<(Mended, Vec<String>), usize>;

pub(super) fn run(context: &Context, loaded: &mut Loaded) -> Outcome {
    if loaded.manifest.is_unread() {
        return Ok(());
    }
    let before = loaded.manifest.source.text.clone();
    let mut mended = BTreeSet::new();
    let mut refused = BTreeSet::new();
    let mut commented = BTreeSet::new();
    let (home, selection) = (home(context), context.selection());
    let surroundings = Surroundings {
        base: loaded.environment.base(),
        home: home.as_deref(),
    };
    let look = |manifest: &Manifest| {
        counts(&Request {
            manifest,
            registry: &context.registry,
            selection: &selection,
            resolved: None,
            surroundings: Some(&surroundings),
            now: SystemTime::now(),
        })
    };
    for _ in 0..ROUNDS {
        let now = SystemTime::now();
        let outcome = inspect(context, loaded, &mut Handed::ours(context), now)?;
        let entries = &loaded.manifest.check.allow;
        let allowed = check::allow(outcome.found, entries, now, check::Extent::Part);
        let found = one_a_key(&allowed.found, &refused);
        let mut round = Round {
            registry: &context.registry,
            mistakes: mistakes(&loaded.manifest, &context.registry),
            look: &look,
            manifest: loaded.manifest.clone(),
            mended: &mut mended,
            refused: &mut refused,
            commented: &mut commented,
        };
        round.make(&found);
        let is_done = round.manifest.source.text == loaded.manifest.source.text;
        loaded.manifest = round.manifest;
        if is_done {
            break;
        }
    }
    if loaded.manifest.source.text != before {
        write(context, loaded)?;
    } else if refused.is_empty() {
        context.note("nothing that `--fix` changes was found");
    }
    for one in mended {
        let (rule, key) = &one;
        let rest = if commented.contains(&one) {
            "; the comment above it stays"
        } else {
            ""
        };
        context.note(&format!("mended {rule} at `{key}`{rest}"));
    }
    for (rule, key) in refused {
        context.note(&format!(
            "did not mend {rule} at `{key}`: the manifest would have another mistake, or the same one still"
        ));
    }
    Ok(())
}

/// What can be mended at once: of those that change the same key, the first.
fn one_a_key<'a>(found: &'a [Found], refused: &BTreeSet<Mended>) -> Vec<&'a Found> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut chosen = Vec::new();
    for one in found {
        let Some(fix) = one.fix.as_ref().filter(|fix| fix.is_safe) else {
            continue;
        };
        let keys: Vec<String> = fix.keys().collect();
        let is_new = !refused.contains(&(one.rule.id, one.key.clone()));
        if is_new && keys.iter().all(|key| !taken.contains(key)) {
            taken.extend(keys);
            chosen.push(one);
        }
    }
    chosen
}

/// What is found, mended as far as that brings no mistake.
struct Round<'a> {
    registry: &'a Registry,
    /// What the manifest had before.
    mistakes: BTreeMap<String, usize>,
    /// What is found in a manifest.
    look: &'a dyn Fn(&Manifest) -> Counts,
    manifest: Manifest,
    mended: &'a mut BTreeSet<Mended>,
    refused: &'a mut BTreeSet<Mended>,
    /// Of those mended, where a comment stays above a key that has gone.
    commented: &'a mut BTreeSet<Mended>,
}

fn mended(found: &Found) -> Mended {
    (found.rule.id, found.key.clone())
}

impl Round<'_> {
    /// Makes all changes, or, where one of them brings a mistake or mends nothing, those of each half by themselves.
    fn make(&mut self, found: &[&Found]) {
        let Some(text) = check::fixed(&self.manifest, found) else {
            return;
        };
        let name = self.manifest.source.name.clone();
        let changed = Manifest::read(name, text, self.registry);
        let is_sound = mistakes(&changed, self.registry)
            .iter()
            .all(|(title, count)| self.mistakes.get(title).is_some_and(|had| had >= count))
            && self.mends(found, &changed);
        let keys = found.iter().copied().map(mended);
        if is_sound {
            let commented = found.iter().copied();
            let commented = commented.filter(|one| check::leaves_comment(&self.manifest, one));
            let commented: Vec<Mended> = commented.map(mended).collect();
            self.commented.extend(commented);
            self.mended.extend(keys);
            self.manifest = changed;
        } else if found.len() == 1 {
            self.refused.extend(keys);
        } else {
            let (first, second) = found.split_at(found.len() / 2);
            self.make(first);
            self.make(second);
        }
    }

    /// Whether each of what was found is found less often in the changed manifest: the same change is never made again.
    fn mends(&self, found: &[&Found], changed: &Manifest) -> bool {
        let (before, after) = ((self.look)(&self.manifest), (self.look)(changed));
        found.iter().all(|one| {
            let name = name(one);
            let count = |counts: &Counts| counts.get(&name).copied().unwrap_or_default();
            count(&after) < count(&before).max(1)
        })
    }
}

fn name(found: &Found) -> (Mended, Vec<String>) {
    ((found.rule.id, found.key.clone()), found.profiles.clone())
}

/// What is found in a manifest, and how often. Of one that cannot be looked at, [`mistakes`] tells.
fn counts(request: &Request<'_>) -> Counts {
    let mut counts = Counts::new();
    for one in check::check(request).map_or_else(|_| Vec::new(), |outcome| outcome.found) {
        *counts.entry(name(&one)).or_default() += 1;
    }
    counts
}

/// What every other command would say of a manifest, with each of its profiles, and how often.
fn mistakes(manifest: &Manifest, registry: &Registry) -> BTreeMap<String, usize> {
    let alone = manifest.profiles().map(|name| vec![name.to_owned()]);
    let mut all = BTreeMap::new();
    for profiles in [Vec::new()].into_iter().chain(alone) {
        let selection = Selection {
            profiles,
            only: Vec::new(),
        };
        if let Err(errors) = plan(manifest, &selection, registry) {
            for error in errors {
                *all.entry(error.title).or_default() += 1;
            }
        }
    }
    all
}

/// The file keeps its permissions; it holds no secret. Through a symbolic link, the file that it leads to is written.
fn write(context: &Context, loaded: &Loaded) -> Result<(), Exit> {
    let fail = |cause: String| {
        let title = format!(
            "cannot write the manifest `{}`",
            loaded.manifest.source.name
        );
        context.fail(Diagnostic::new(Class::Provider, title).cause(cause))
    };
    let metadata = std::fs::metadata(&loaded.path).map_err(|error| fail(error.to_string()))?;
    let mode = writable(&metadata).map_err(|cause| fail(cause.to_owned()))?;
    write_atomically(&loaded.path, loaded.manifest.source.text.as_bytes(), mode)
        .map_err(|error| fail(error.to_string()))
}

/// The permissions of a file that may be replaced: one that nobody may write is left as it is, though its directory would
/// let it be replaced.
fn writable(metadata: &Metadata) -> Result<u32, &'static str> {
    if !metadata.is_file() {
        return Err("it is no regular file");
    }
    if metadata.permissions().readonly() {
        return Err("it is read-only");
    }
    Ok(metadata.permissions().mode() & 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(manifest: &Manifest, registry: &Registry) -> Counts {
        counts(&Request {
            manifest,
            registry,
            selection: &Selection::default(),
            resolved: None,
            surroundings: None,
            now: SystemTime::now(),
        })
    }

    #[test]
    fn a_change_that_mends_nothing_is_not_made() {
        let text = "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db.shop.example\"\nOPTIONS = { sslmode = \"require\", sslrootcert = \"/ca.pem\" }\n";
        let registry = Registry::builtin();
        let manifest = Manifest::read("nuages.toml", text, &registry);
        let outcome = check::check(&Request {
            manifest: &manifest,
            registry: &registry,
            selection: &Selection::default(),
            resolved: None,
            surroundings: None,
            now: SystemTime::now(),
        });
        let mut found = outcome.unwrap().found;
        found.retain(|one| one.rule.id == "PG004");
        // Another option than the one that was found.
        found[0].fix.as_mut().unwrap().edits[0].path[3] = "connect_timeout".to_owned();
        let [mut mended, mut refused, mut commented] = [const { BTreeSet::new() }; 3];
        let look = |manifest: &Manifest| look(manifest, &registry);
        let mut round = Round {
            registry: &registry,
            mistakes: mistakes(&manifest, &registry),
            look: &look,
            manifest,
            mended: &mut mended,
            refused: &mut refused,
            commented: &mut commented,
        };
        round.make(&one_a_key(&found, &BTreeSet::new()));
        assert_eq!(round.manifest.source.text, text);
        assert!(mended.is_empty() && refused.len() == 1);
    }

    #[test]
    fn a_change_that_brings_a_mistake_stops_no_other() {
        let text = "[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\n\n[env]\nA_KEY = \"redis://:${env://A}@h\"\nB_KEY = \"redis://:${env://B}@h\"\nC_KEY = \"redis://:${env://C}@h\"\n";
        let registry = Registry::builtin();
        let manifest = Manifest::read("nuages.toml", text, &registry);
        let outcome = check::check(&Request {
            manifest: &manifest,
            registry: &registry,
            selection: &Selection::default(),
            resolved: None,
            surroundings: None,
            now: SystemTime::now(),
        });
        let mut found = outcome.unwrap().found;
        found.retain(|one| one.rule.id == "GN019");
        let broken = &mut found[1].fix.as_mut().unwrap().edits[0];
        broken.value = Some("\"${nowhere://B}\"".to_owned());
        let mut mended = BTreeSet::new();
        let mut refused = BTreeSet::new();
        let mut commented = BTreeSet::new();
        let look = |manifest: &Manifest| look(manifest, &registry);
        let mut round = Round {
            registry: &registry,
            mistakes: mistakes(&manifest, &registry),
            look: &look,
            manifest,
            mended: &mut mended,
            refused: &mut refused,
            commented: &mut commented,
        };
        round.make(&one_a_key(&found, &BTreeSet::new()));
        let expected = text
            .replace("://A}", "://A | urlencode}")
            .replace("://C}", "://C | urlencode}");
        assert_eq!(round.manifest.source.text, expected);
        let keys = |set: &BTreeSet<Mended>| -> Vec<String> {
            set.iter().map(|(_, key)| key.clone()).collect()
        };
        assert_eq!(keys(&mended), ["env.A_KEY", "env.C_KEY"]);
        assert_eq!(keys(&refused), ["env.B_KEY"]);
        assert!(one_a_key(&found[1..2], &refused).is_empty());
    }
}
