//! Layers on layers: the base, then each profile in turn, the last wins.

use std::collections::BTreeSet;

use super::{DatabaseEntry, Entries, InstanceEntry, Item, Layer, Manifest, Name, Node, entry};
use crate::{
    diagnostic::{Class, Diagnostic},
    django::{engine, managed},
    suggest,
};

impl Manifest {
    /// The base with these profiles on it, in this order, each behind the ones it extends.
    ///
    /// # Errors
    /// Where a profile does not exist.
    pub(crate) fn select(&self, profiles: &[String]) -> Result<Layer, Vec<Diagnostic>> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut errors = Vec::new();
        for profile in profiles {
            if self.profiles.iter().any(|(have, _)| have.text == *profile) {
                self.flatten(profile, &mut order, &mut seen);
            } else {
                let title = format!("the manifest has no profile `{profile}`");
                let hint = suggest::hint(profile, self.profiles());
                errors.push(Diagnostic::new(Class::Usage, title).maybe_hint(hint));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut layer = self.base.clone();
        for profile in order {
            layer.put_on(profile);
        }
        Ok(layer)
    }

    /// The names of the profiles that these put on, in this order, those that they extend included.
    pub(crate) fn stack(&self, profiles: &[String]) -> Vec<String> {
        fn add(
            manifest: &Manifest,
            name: &str,
            names: &mut Vec<String>,
            seen: &mut BTreeSet<String>,
        ) {
            if !seen.insert(name.to_owned()) {
                return;
            }
            if let Some(profile) = entry(&manifest.profiles, name) {
                for parent in &profile.extends {
                    add(manifest, &parent.text, names, seen);
                }
                names.push(name.to_owned());
            }
        }
        let mut names = Vec::new();
        let mut seen = BTreeSet::new();
        for name in profiles {
            add(self, name, &mut names, &mut seen);
        }
        names
    }

    /// Ancestors first. A circle has been reported; here it only must not hang.
    /// A profile that several extend is put on once, before the first of them.
    fn flatten<'a>(&'a self, name: &str, order: &mut Vec<&'a Layer>, seen: &mut BTreeSet<String>) {
        if !seen.insert(name.to_owned()) {
            return;
        }
        if let Some(profile) = entry(&self.profiles, name) {
            for parent in &profile.extends {
                self.flatten(&parent.text, order, seen);
            }
            order.push(&profile.layer);
        }
    }
}

impl Layer {
    /// Puts `upper` on this layer.
    fn put_on(&mut self, upper: &Self) {
        merge(&mut self.providers, &upper.providers, InstanceEntry::put_on);
        merge(&mut self.databases, &upper.databases, DatabaseEntry::put_on);
        merge(&mut self.env, &upper.env, Clone::clone_from);
        merge(&mut self.files, &upper.files, Clone::clone_from);
        self.supervise.put_on(&upper.supervise);
        self.audit.put_on(&upper.audit);
    }
}

impl InstanceEntry {
    /// Another `kind` starts afresh: the settings of one kind mean nothing to another.
    fn put_on(&mut self, upper: &Self) {
        if upper.kind.is_some() {
            self.clone_from(upper);
        } else {
            merge(&mut self.settings, &upper.settings, Clone::clone_from);
            self.refresh = upper.refresh.or(self.refresh);
        }
    }
}

impl DatabaseEntry {
    /// A `url`, a `from`, or an engine for another kind of server, starts afresh; anything else changes the keys it names,
    /// and inside `OPTIONS` and `TEST` the keys those name. A login is one thing: one that is written here takes the place
    /// of the one below.
    fn put_on(&mut self, upper: &Self) {
        let moves = match (self.engine(), upper.engine()) {
            (Some(from), Some(to)) => engine::is_other_family(from, to),
            (None, Some(to)) => self.from.is_some() && managed::is_foreign(to),
            _ => false,
        };
        if upper.url.is_some() || upper.from.is_some() || moves {
            self.clone_from(upper);
            return;
        }
        self.url_style = upper.url_style.or(self.url_style);
        if upper.live.is_some() {
            self.live.clone_from(&upper.live);
        }
        if upper.verify.is_some() {
            self.verify.clone_from(&upper.verify);
        }
        self.put_login(upper);
        merge(&mut self.keys, &upper.keys, |mine, theirs| {
            mine.optional = theirs.optional;
            mine.item.put_on(&theirs.item);
        });
    }

    /// An `auth` with a method takes the place of user and password, and they of it; without a method it changes the
    /// settings it names.
    fn put_login(&mut self, upper: &Self) {
        const PASSWORDS: &[&str] = &["PASSWORD", "TOKEN", "Trusted_Connection"];
        let is_password = |name: &Name| PASSWORDS.contains(&name.text.as_str());
        match (&mut self.auth, &upper.auth) {
            (Some(mine), Some(theirs)) if theirs.method.is_none() => mine.put_on(theirs),
            (mine, Some(theirs)) => {
                *mine = Some(theirs.clone());
                if theirs.method.is_some() {
                    self.keys
                        .retain(|(name, _)| name.text != "USER" && !is_password(name));
                }
            }
            (mine, None) if upper.keys.iter().any(|(name, _)| is_password(name)) => *mine = None,
            (_, None) => {}
        }
    }

    /// `ENGINE`, where it is written out.
    pub(crate) fn engine(&self) -> Option<&str> {
        match &entry(&self.keys, "ENGINE")?.item.node {
            Node::Text(text) => text.literal(),
            _ => None,
        }
    }
}

impl Item {
    fn put_on(&mut self, upper: &Self) {
        match (&mut self.node, &upper.node) {
            (Node::Table(mine), Node::Table(theirs)) => merge(mine, theirs, Self::put_on),
            _ => self.clone_from(upper),
        }
    }
}

/// Entries of the same name are merged by `with`, others are added.
fn merge<T: Clone>(mine: &mut Entries<T>, theirs: &Entries<T>, with: impl Fn(&mut T, &T)) {
    for (name, value) in theirs {
        match mine
            .iter_mut()
            .find(|(have, _): &&mut (Name, T)| have.text == name.text)
        {
            Some((have, old)) => {
                have.span = name.span.clone();
                with(old, value);
            }
            None => mine.push((name.clone(), value.clone())),
        }
    }
}
