//! All objects that a repository has, in packs, loose, and in the object directories that it borrows from, each with a
//! number: so that what is known of an object is an entry of an array.

use std::{collections::HashSet, fs, path::Path};

use gix::{
    ObjectId, Repository,
    hash::{self, oid},
    odb::loose,
};

use super::{
    Sink, Trouble, git,
    pack::{NONE, Pack},
};

/// The objects of a repository. Those of packs are numbered by pack and place in its index, loose ones after them.
pub(super) struct Catalog {
    pub(super) packs: Vec<Pack>,
    /// The number of each pack's first object.
    firsts: Vec<u32>,
    /// Loose objects, and which directory of `stores` has them.
    loose: Vec<(ObjectId, usize)>,
    stores: Vec<loose::Store>,
    count: u32,
    /// Numbers by id: a hash table in which each is at the first free place from its own on.
    table: Vec<u32>,
}

impl Catalog {
    /// Opens all that there is. What cannot be opened is a [`Trouble`].
    pub(super) fn open(repository: &Repository, sink: &dyn Sink) -> Self {
        let directories = object_directories(repository, sink);
        let hash = repository.object_hash();
        let mut packs = Vec::new();
        for directory in &directories {
            for path in indices(&directory.join("pack")) {
                match Pack::open(&path, hash) {
                    Ok(pack) => packs.push(pack),
                    Err(reason) => sink.trouble(Trouble::new(
                        path.display().to_string(),
                        format!("the pack cannot be read: {reason}"),
                    )),
                }
            }
        }
        let stores: Vec<loose::Store> = directories
            .into_iter()
            .map(|directory| loose::Store::at(directory, hash))
            .collect();
        let mut loose = Vec::new();
        let mut seen = HashSet::new();
        for (store, objects) in stores.iter().enumerate() {
            for id in objects.iter() {
                match id {
                    Ok(id) if seen.insert(id) => loose.push((id, store)),
                    Ok(_) => {}
                    Err(error) => sink.trouble(Trouble::new(
                        objects.path().display().to_string(),
                        git::reason(&error),
                    )),
                }
            }
        }
        Self::of(packs, loose, stores, sink)
    }

    fn of(
        packs: Vec<Pack>,
        loose: Vec<(ObjectId, usize)>,
        stores: Vec<loose::Store>,
        sink: &dyn Sink,
    ) -> Self {
        let mut catalog = Self {
            firsts: Vec::new(),
            packs: Vec::new(),
            loose: Vec::new(),
            stores,
            count: 0,
            table: Vec::new(),
        };
        for pack in packs {
            match catalog
                .count
                .checked_add(pack.index.num_objects())
                .filter(|count| *count < NONE / 2)
            {
                Some(count) => {
                    catalog.firsts.push(catalog.count);
                    catalog.packs.push(pack);
                    catalog.count = count;
                }
                None => sink.trouble(Trouble::new(
                    pack.index.path().display().to_string(),
                    "there are more objects than can be counted",
                )),
            }
        }
        let packed = catalog.count;
        catalog.count = packed
            .saturating_add(u32::try_from(loose.len()).unwrap_or(NONE))
            .min(NONE / 2);
        catalog.table = vec![NONE; (index(catalog.count) * 2).next_power_of_two().max(16)];
        for number in 0..packed {
            catalog.insert(number);
        }
        // Loose objects that are packed too are read from the pack.
        catalog.count = packed;
        for (id, store) in loose {
            if catalog.number(&id).is_none() {
                catalog.loose.push((id, store));
                catalog.count += 1;
                catalog.insert(catalog.count - 1);
            }
        }
        catalog
    }

    /// Of several objects with the same id the first is kept.
    fn insert(&mut self, number: u32) {
        let id = self.id(number).to_owned();
        let mut place = self.place(&id);
        while self.table[place] != NONE {
            if self.id(self.table[place]) == id {
                return;
            }
            place = (place + 1) & (self.table.len() - 1);
        }
        self.table[place] = number;
    }

    fn place(&self, id: &oid) -> usize {
        let mut first = [0; 8];
        first.copy_from_slice(&id.as_bytes()[..8]);
        usize::try_from(u64::from_be_bytes(first) & (u64::MAX >> 8)).unwrap_or_default()
            & (self.table.len() - 1)
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The number of an object, where it is here.
    pub(super) fn number(&self, id: &oid) -> Option<u32> {
        let mut place = self.place(id);
        while self.table[place] != NONE {
            let number = self.table[place];
            if self.id(number) == id {
                return Some(number);
            }
            place = (place + 1) & (self.table.len() - 1);
        }
        None
    }

    pub(super) fn id(&self, number: u32) -> &oid {
        let pack = self.firsts.partition_point(|&first| first <= number);
        match pack.checked_sub(1) {
            Some(pack) if number - self.firsts[pack] < self.packs[pack].index.num_objects() => self
                .packs[pack]
                .index
                .oid_at_index(number - self.firsts[pack]),
            _ => {
                let packed = self.packed();
                &self.loose[index(number - packed)].0
            }
        }
    }

    fn packed(&self) -> u32 {
        match (self.firsts.last(), self.packs.last()) {
            (Some(first), Some(pack)) => first + pack.index.num_objects(),
            _ => 0,
        }
    }

    /// The number of a pack's entry, unless another pack's entry is read in its place.
    pub(super) fn number_of(&self, pack: usize, entry: u32) -> Option<u32> {
        let number = self.firsts[pack] + self.packs[pack].position(entry);
        (self.packs.len() == 1 || self.number(self.id(number)) == Some(number)).then_some(number)
    }

    /// The loose objects, by number.
    pub(super) fn loose(&self) -> impl Iterator<Item = (u32, ObjectId, &loose::Store)> + '_ {
        let packed = self.packed();
        self.loose
            .iter()
            .zip(packed..)
            .map(|((id, store), number)| (number, *id, &self.stores[*store]))
    }
}

/// A number as the place in an array.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The repository's own objects, and where it borrows others.
fn object_directories(repository: &Repository, sink: &dyn Sink) -> Vec<std::path::PathBuf> {
    let own = repository.objects.store_ref().path().to_owned();
    let mut directories = vec![own.clone()];
    match gix::odb::alternate::resolve(own.clone(), repository.current_dir()) {
        Ok(others) => directories.extend(others),
        Err(error) => sink.trouble(git::trouble(
            own.join("info/alternates").display().to_string(),
            &error,
        )),
    }
    directories
}

/// The indices of packs in a directory, in the order of their names; none where there is none.
fn indices(directory: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .collect();
    paths.sort();
    paths
}

/// The kind of hash that a repository's ids are.
pub(super) fn hash_length(hash: hash::Kind) -> usize {
    hash.len_in_bytes()
}
