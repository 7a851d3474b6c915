//! Every blob of a repository once, with the first commit and path that has it.
//!
//! Not in the order of commits, but in that of the packs: each object is then decompressed once, with the one that it is a
//! delta to at hand. A first pass takes commits and trees, and says of each blob where it is from; a second the blobs.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use gix::{
    ObjectId, Repository,
    bstr::{BStr, BString, ByteSlice as _},
};

use super::{
    Error, Sink, Trouble, Unit, Verdict, again,
    blobs::Scan,
    cache::{CacheOptions, Known},
    catalog::Catalog,
    git::{self, Place},
    graph::{Graph, Origins},
    parts, revisions,
    survey::survey,
    walk::threads,
};

/// What of history is scanned.
#[derive(Clone, Debug, Default)]
pub struct HistoryOptions {
    /// Also what references have been at, as reflogs have it.
    pub reflogs: bool,
    /// Also what hangs on no reference any more.
    pub unreachable: bool,
    /// How many threads; 0 for as many as the machine runs at once, up to 8.
    pub threads: usize,
    /// Where to remember what was clean; `None` for nowhere.
    pub cache: Option<CacheOptions>,
}

/// Scans every blob that any reference, `HEAD` or stash leads to, once; each under the first commit and path that has it.
///
/// What cannot be read is a [`Trouble`]; a clone that is cut off is noted. Replaced objects and grafts are looked through: what
/// was replaced is still there for all to read.
///
/// # Errors
/// There is no repository, or its references cannot be read.
pub fn history(place: &Place, options: &HistoryOptions, sink: &dyn Sink) -> Result<(), Error> {
    let repository = place.open()?;
    let tips = revisions::tips(&repository, options.reflogs, sink)?;
    if !revisions::cuts(&repository).is_empty() {
        sink.note(".".into(), "the clone is shallow: what is before its first commits is not here (`git fetch --unshallow`)");
    }
    let cache = options
        .cache
        .as_ref()
        .map(|cache| (cache, cache.path(&repository)));
    let mut known = cache.as_ref().map_or_else(Known::default, |(cache, path)| {
        Known::load(path, &cache.key, repository.object_hash())
    });
    let watched = Watched::new(sink);
    let is_done = !options.unreachable && again::rescan(&repository, &tips, &mut known, &watched);
    if !is_done {
        whole(
            &repository,
            &tips.iter().copied().collect::<Vec<_>>(),
            options,
            &mut known,
            &watched,
        );
    }
    if let Some((cache, path)) = cache {
        // What was unreadable may be readable the next time: then there is no short way.
        known.tips = if watched.is_whole() && !options.unreachable {
            tips
        } else {
            BTreeSet::new()
        };
        if let Err(error) = known.save(&path, &cache.key) {
            sink.note(
                path.display().to_string().as_bytes().as_bstr(),
                &format!("the cache cannot be written: {}", parts::io_reason(&error)),
            );
        }
    }
    Ok(())
}

/// Passes everything on, and remembers whether anything was unreadable.
struct Watched<'a> {
    sink: &'a dyn Sink,
    is_troubled: AtomicBool,
}

impl<'a> Watched<'a> {
    fn new(sink: &'a dyn Sink) -> Self {
        Self {
            sink,
            is_troubled: false.into(),
        }
    }

    fn is_whole(&self) -> bool {
        !self.is_troubled.load(Ordering::Relaxed)
    }
}

impl Sink for Watched<'_> {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        self.sink.unit(unit)
    }

    fn trouble(&self, trouble: Trouble) {
        self.is_troubled.store(true, Ordering::Relaxed);
        self.sink.trouble(trouble);
    }

    fn note(&self, place: &BStr, what: &str) {
        self.sink.note(place, what);
    }

    fn expect(&self, units: usize) {
        self.sink.expect(units);
    }
}

/// Scans all blobs that are not known to be clean.
fn whole(
    repository: &Repository,
    tips: &[ObjectId],
    options: &HistoryOptions,
    known: &mut Known,
    sink: &dyn Sink,
) {
    let catalog = Catalog::open(repository, sink);
    let (graph, loose_blobs) = survey(repository, &catalog, sink);
    let origins = origins(
        repository,
        &catalog,
        &graph,
        tips,
        options.unreachable,
        sink,
    );
    known.retain(|id| {
        catalog
            .number(id)
            .is_some_and(|number| origins.by(number).is_some())
    });
    let scan = Scan {
        catalog: &catalog,
        graph: &graph,
        origins: &origins,
        known,
        sink,
        done: Mutex::default(),
    };
    scan.run(&loose_blobs, threads(options.threads));
    let done = scan
        .done
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    known.add(done.clean, done.found);
}

/// Where each blob is from.
fn origins(
    repository: &Repository,
    catalog: &Catalog,
    graph: &Graph,
    tips: &[ObjectId],
    unreachable: bool,
    sink: &dyn Sink,
) -> Origins {
    let is_partial = git::is_partial(repository);
    let mut numbers = Vec::new();
    for tip in tips {
        match catalog.number(tip) {
            Some(number) => numbers.push(graph.peeled(number)),
            None => sink.trouble(Trouble::new(
                tip.to_string(),
                git::missing(*tip, is_partial),
            )),
        }
    }
    let (mut order, mut absent) = graph.ordered(&numbers);
    if unreachable {
        let all: Vec<u32> = graph.commits().collect();
        let (others, more) = graph.ordered(&all);
        order.extend(others);
        absent.extend(more);
    }
    absent.sort_unstable();
    absent.dedup();
    let cuts = revisions::cuts(repository);
    // A shallow clone is cut off there.
    absent.retain(|&(commit, _)| !cuts.contains(catalog.id(commit)));
    let mut origins = graph.origins(catalog, &order);
    // A tag may be of a tree or a blob.
    for number in numbers {
        graph.walk(number, number, &mut origins);
    }
    if unreachable {
        for number in graph.tops().into_iter().chain(0..catalog.count()) {
            graph.walk(number, number, &mut origins);
        }
    }
    let lost = absent.into_iter().filter_map(|(commit, parent)| {
        let place = BString::from(catalog.id(commit).to_string());
        graph.missing(catalog, parent).map(|id| (place, id))
    });
    let mut missing: Vec<(BString, ObjectId)> = lost.collect();
    missing.extend(graph.missing_in(catalog, &origins));
    if let Some((place, id)) = missing.first() {
        let reason = git::missing(*id, is_partial);
        let others = missing.len() - 1;
        let others = if others == 0 {
            String::new()
        } else {
            format!("; and {others} more")
        };
        sink.trouble(Trouble::new(place.clone(), reason + &others));
    }
    origins
}
