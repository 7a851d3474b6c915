//! The second pass over a repository's objects: its blobs, each decoded once and handed on with the path and commit that
//! had it first.

use std::sync::{Mutex, PoisonError};

use gix::{ObjectId, bstr::BString, objs::Kind};

use super::{
    Sink, Trouble, Verdict,
    cache::{Found, Known},
    catalog::{Catalog, index},
    decode::{Decoder, Visitor},
    git,
    graph::{Graph, Origins},
    pack::{NONE, Pack},
    parts::{self, Label},
    walk::Tasks,
};

/// What the scan came to.
#[derive(Default)]
pub(super) struct Done {
    pub(super) clean: Vec<ObjectId>,
    pub(super) found: Vec<Found>,
}

/// The blobs of a repository, and what is known of them.
pub(super) struct Scan<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) graph: &'a Graph,
    pub(super) origins: &'a Origins,
    pub(super) known: &'a Known,
    pub(super) sink: &'a dyn Sink,
    pub(super) done: Mutex<Done>,
}

/// Some whole entries of a pack with all that is made from them, or some loose objects.
enum Task<'a> {
    Families(usize, &'a [u32]),
    Loose(&'a [u32]),
}

/// So many are one task.
const FAMILIES: usize = 32;

impl Scan<'_> {
    /// Scans all that hang on something and are not known to be clean.
    pub(super) fn run(&self, loose: &[u32], threads: usize) {
        let needed: Vec<Vec<bool>> = (0..self.catalog.packs.len())
            .map(|pack| self.needed(pack))
            .collect();
        let roots: Vec<Vec<u32>> = self
            .catalog
            .packs
            .iter()
            .zip(&needed)
            .map(|(pack, needed)| pack.roots().filter(|&root| needed[index(root)]).collect())
            .collect();
        let loose: Vec<u32> = loose
            .iter()
            .copied()
            .filter(|&number| self.is_wanted(number))
            .collect();
        self.sink
            .expect(needed.iter().flatten().filter(|needed| **needed).count() + loose.len());
        let families = roots.iter().enumerate().flat_map(|(pack, roots)| {
            roots
                .chunks(FAMILIES)
                .map(move |roots| Task::Families(pack, roots))
        });
        let mut tasks: Vec<Task<'_>> = families
            .chain(loose.chunks(FAMILIES).map(Task::Loose))
            .collect();
        tasks.reverse();
        let start = || Decoder::new(parts::MOST_WHOLE as u64);
        Tasks::run(tasks, threads, start, |decoder, task, _| {
            let mut worker = Worker {
                scan: self,
                pack: 0,
                path: BString::default(),
                done: Done::default(),
            };
            match task {
                Task::Families(pack, roots) => {
                    worker.pack = pack;
                    for &root in roots {
                        decoder.family(&self.catalog.packs[pack], root, &needed[pack], &mut worker);
                    }
                }
                Task::Loose(numbers) => worker.loose(numbers),
            }
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.clean.append(&mut worker.done.clean);
            done.found.append(&mut worker.done.found);
        });
    }

    fn needed(&self, pack: usize) -> Vec<bool> {
        let entries = &self.catalog.packs[pack];
        entries.needed(|entry| {
            entries.kind(entry) == Some(Kind::Blob)
                && self
                    .catalog
                    .number_of(pack, entry)
                    .is_some_and(|number| self.is_wanted(number))
        })
    }

    fn is_wanted(&self, number: u32) -> bool {
        self.origins.by(number).is_some() && !self.known.is_clean(self.catalog.id(number))
    }
}

struct Worker<'a> {
    scan: &'a Scan<'a>,
    pack: usize,
    path: BString,
    done: Done,
}

impl Worker<'_> {
    /// Finds out what a blob is called and where it is from, and hands it on.
    fn hand_on(
        &mut self,
        number: u32,
        scan: impl FnOnce(Label<'_>, &dyn Sink) -> Result<Verdict, String>,
    ) {
        let Scan {
            catalog,
            graph,
            origins,
            sink,
            ..
        } = self.scan;
        let id = catalog.id(number).to_owned();
        let Some(by) = origins.by(number) else {
            return;
        };
        origins.path(number, graph, &mut self.path);
        if self.path.is_empty() {
            // Nothing gives it a name.
            self.path = id.to_string().into();
        }
        let label = Label {
            path: self.path.as_ref(),
            commit: graph.is_commit(by).then(|| catalog.id(by).to_owned()),
            blob: Some(id),
        };
        match scan(label, *sink) {
            Ok(Verdict::Clean) => self.done.clean.push(id),
            Ok(Verdict::Found) => self.done.found.push(Found {
                blob: id,
                commit: label.commit,
                path: self.path.clone(),
            }),
            Err(reason) => sink.trouble(Trouble::new(
                self.path.clone(),
                format!("the object `{id}`: {reason}"),
            )),
        }
    }

    /// The number of an entry that is to be scanned, not only one that others are made from.
    fn wanted(&self, entry: u32) -> Option<u32> {
        let number = self.scan.catalog.number_of(self.pack, entry)?;
        self.scan.is_wanted(number).then_some(number)
    }

    fn loose(&mut self, numbers: &[u32]) {
        let mut buffer = Vec::new();
        let first = self
            .scan
            .catalog
            .loose()
            .next()
            .map_or(NONE, |(number, ..)| number);
        for &number in numbers {
            let skip = index(number - first);
            let Some((_, id, store)) = self.scan.catalog.loose().nth(skip) else {
                continue;
            };
            self.hand_on(number, |label, sink| {
                let unreadable =
                    |error: gix::Error| format!("cannot be read: {}", git::reason(&error));
                let size = store
                    .try_header(&id)
                    .map_err(unreadable)?
                    .map_or(0, |(size, _)| size);
                if size > git::MOST_BYTES {
                    return Err(git::too_large(size));
                }
                let found = store.try_find(&id, &mut buffer).map_err(unreadable)?;
                let data = found.ok_or("is gone")?;
                Ok(parts::whole(data.data, label, sink))
            });
        }
    }
}

impl Visitor for Worker<'_> {
    type Kept = ();

    fn entry(&mut self, _: &Pack, entry: u32, bytes: &[u8], _: Option<(&[u8], &())>) {
        if let Some(number) = self.wanted(entry) {
            self.hand_on(number, |label, sink| Ok(parts::whole(bytes, label, sink)));
        }
    }

    fn large(&mut self, pack: &Pack, entry: u32, _: u64) {
        if let Some(number) = self.wanted(entry) {
            self.hand_on(number, |label, sink| {
                let mut stream = pack
                    .stream(entry)
                    .map_err(|error| parts::io_reason(&error))?;
                parts::stream(&mut stream, label, sink).map_err(|error| parts::io_reason(&error))
            });
        }
    }

    fn broken(&mut self, pack: &Pack, entry: u32, reason: String) {
        if let Some(number) = self.wanted(entry) {
            self.hand_on(number, |_, _| Err(reason));
            return;
        }
        let id = pack.index.oid_at_index(pack.position(entry));
        self.scan.sink.trouble(Trouble::new(id.to_string(), reason));
    }
}
