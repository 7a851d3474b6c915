//! What is found, file by file, and what becomes of each file.

use std::{collections::BTreeMap, ops::Range, path::PathBuf};

use gix::bstr::{BStr, BString, ByteSlice as _};
use zeroize::Zeroizing;

use super::super::{
    super::context::{Context, Loaded},
    Found,
};
use crate::{
    finding::Confidence,
    manifest::{Node, entry},
    reading,
    scan::{
        detect::Detector,
        fix::{self, Change, Left, Names, Place, secret_name},
        session::Caught,
        text::Text,
    },
};

/// A byte-order mark is no part of the text that is scanned.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Larger ones are no source that anybody writes.
const LARGEST: u64 = 64 << 20;

/// What a `dotenv` instance reads where it does not say.
const ENV_FILE: &str = ".env";

/// All that is to be done.
pub(super) struct Job {
    pub(super) files: Vec<File>,
    pub(super) names: Names,
    /// Findings that stay: where, which, why.
    pub(super) left: Vec<String>,
    /// Whether nobody needs to be asked.
    pub(super) is_agreed: bool,
}

/// One file.
pub(super) struct File {
    /// As the scan calls it.
    pub(super) path: BString,
    pub(super) place: PathBuf,
    /// Before and after, without a byte-order mark.
    pub(super) old: Zeroizing<String>,
    pub(super) new: Zeroizing<String>,
    has_mark: bool,
    changes: Vec<(Change, String)>,
    /// Its findings, for the case that it stays as it is.
    shown: Vec<String>,
}

impl File {
    /// The content before and after, as bytes of a file.
    pub(super) fn bytes(&self) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        let mark = if self.has_mark { MARK } else { b"" };
        let whole = |text: &str| Zeroizing::new([mark, text.as_bytes()].concat());
        (whole(&self.old), whole(&self.new))
    }
}

/// Reads the files that have findings and names what can be taken out.
pub(super) fn work_out(context: &Context, loaded: &Loaded, found: &Found, is_agreed: bool) -> Job {
    let stores = stores(loaded);
    let mut by_path: BTreeMap<&BStr, Vec<&Caught>> = BTreeMap::new();
    for caught in found.caught.iter().filter(|caught| !caught.is_suppressed) {
        let path = caught.finding.location.path.as_bstr();
        by_path.entry(path).or_default().push(caught);
    }
    let mut job = Job {
        files: Vec::new(),
        names: Names::default(),
        left: Vec::new(),
        is_agreed,
    };
    let mut planned = Vec::new();
    for (path, caught) in by_path {
        if let Some(file) = job.read(context, &stores, path, &caught) {
            planned.push(file);
        }
    }
    job.name(planned);
    job
}

/// A file and what can be done about each of its findings.
type Planned = (File, Vec<(Change, String)>);

impl Job {
    fn read(
        &mut self,
        context: &Context,
        stores: &[PathBuf],
        path: &BStr,
        caught: &[&Caught],
    ) -> Option<Planned> {
        let leave = |left: &mut Vec<String>, why: Left| {
            left.extend(caught.iter().map(|caught| told(caught, why)));
            None
        };
        let place = context.environment.base().join(path.to_path_lossy());
        if place
            .canonicalize()
            .is_ok_and(|place| stores.contains(&place))
        {
            return leave(&mut self.left, "the manifest reads its values from there");
        }
        let Ok(bytes) = reading::bytes(&place, LARGEST) else {
            return leave(&mut self.left, "the file cannot be read");
        };
        let has_mark = bytes.starts_with(MARK);
        let Ok(old) = std::str::from_utf8(if has_mark {
            &bytes[MARK.len()..]
        } else {
            &bytes
        }) else {
            return leave(&mut self.left, "the file is no UTF-8");
        };
        let text = Text::new(path, old.as_bytes());
        let mut places = Vec::new();
        let mut of_places = Vec::new();
        for caught in caught {
            match span(&text, caught) {
                Some(span) => {
                    of_places.push(*caught);
                    places.push(Place {
                        span,
                        rule: caught.finding.rule.clone(),
                    });
                }
                None => self
                    .left
                    .push(told(caught, "it has no place of its own in the text")),
            }
        }
        let mut changes = Vec::new();
        for (caught, answer) in of_places.iter().zip(fix::plan(&text, &places)) {
            match answer {
                Ok(change) => changes.push((change, shown(caught))),
                Err(why) => self.left.push(told(caught, why)),
            }
        }
        let file = File {
            path: path.to_owned(),
            place,
            old: Zeroizing::new(old.to_owned()),
            new: Zeroizing::default(),
            has_mark,
            changes: Vec::new(),
            shown: Vec::new(),
        };
        (!changes.is_empty()).then_some((file, changes))
    }

    /// Gives the variables of all files their names.
    fn name(&mut self, planned: Vec<Planned>) {
        let all: Vec<&Change> = planned
            .iter()
            .flat_map(|(_, changes)| changes.iter().map(|(change, _)| change))
            .collect();
        let mut names = self.names.give(&all).into_iter();
        for (mut file, changes) in planned {
            for (change, shown) in changes {
                match names.next() {
                    Some(Ok(name)) => {
                        file.changes.push((change, name));
                        file.shown.push(shown);
                    }
                    Some(Err(why)) => self.left.push(format!("{shown}: {why}")),
                    None => {}
                }
            }
            if !file.changes.is_empty() {
                self.files.push(file);
            }
        }
    }

    /// Makes the new text of every file; one that cannot be changed stays as it is.
    pub(super) fn rewrite(&mut self, manifest: &str) {
        let left = &mut self.left;
        self.files.retain_mut(|file| {
            let text = Text::new(file.path.as_bstr(), file.old.as_bytes());
            let changes: Vec<(&Change, &str)> = file
                .changes
                .iter()
                .map(|(change, name)| (change, name.as_str()))
                .collect();
            match fix::apply(&text, &changes, manifest) {
                Ok(new) => {
                    file.new = Zeroizing::new(new);
                    true
                }
                Err(why) => {
                    left.extend(file.shown.iter().map(|shown| format!("{shown}: {why}")));
                    false
                }
            }
        });
    }

    /// The names of the secrets that the files need.
    pub(super) fn secrets(&self) -> Vec<String> {
        let names = self.files.iter().flat_map(|file| &file.changes);
        let mut secrets: Vec<String> = names.map(|(_, name)| secret_name(name)).collect();
        secrets.sort();
        secrets.dedup();
        secrets
    }

    /// Everything in a text that is not to be shown: what a scan finds, however unsure, and the values that are taken out,
    /// wherever they stand.
    pub(super) fn hidden(&self, detector: &Detector, path: &BStr, text: &str) -> Vec<Range<usize>> {
        let found = detector.scan(&Text::new(path, text.as_bytes()), Confidence::Low);
        let mut hidden: Vec<Range<usize>> = found.into_iter().map(|found| found.span).collect();
        for (_, taken) in self.names.taken() {
            // A shorter one may be any word.
            let value = taken.expose();
            if value.len() > 2 {
                let again = text.match_indices(value);
                hidden.extend(again.map(|(start, _)| start..start + value.len()));
            }
        }
        hidden
    }
}

/// The env files that some profile of the manifest takes for a store: without its values that profile has none.
fn stores(loaded: &Loaded) -> Vec<PathBuf> {
    let manifest = &loaded.manifest;
    let profiles = manifest.profiles().map(|name| vec![name.to_owned()]);
    let layers = profiles
        .chain([Vec::new()])
        .filter_map(|profiles| manifest.select(&profiles).ok());
    let mut stores = Vec::new();
    for (_, instance) in layers.flat_map(|layer| layer.providers) {
        if instance.kind.is_none_or(|kind| kind.text != "dotenv") {
            continue;
        }
        let path = match entry(&instance.settings, "path").map(|item| &item.node) {
            Some(Node::Text(path)) => path.literal().unwrap_or(ENV_FILE),
            _ => ENV_FILE,
        };
        stores.extend(loaded.environment.path(path).canonicalize());
    }
    stores
}

/// Where the secret stands in the file as it is now.
fn span(text: &Text<'_>, caught: &Caught) -> Option<Range<usize>> {
    let location = &caught.finding.location;
    let number = location.line.checked_sub(1)?;
    let line = text.line(number).to_str().ok()?;
    let before: usize = line
        .chars()
        .take(location.column.checked_sub(1)?)
        .map(char::len_utf8)
        .sum();
    let start = text.start_of(number) + before;
    let secret = caught.expose();
    let span = start..start + secret.len();
    (!secret.is_empty() && text.bytes.get(span.clone()) == Some(secret)).then_some(span)
}

/// A finding's place and rule.
fn shown(caught: &Caught) -> String {
    let location = &caught.finding.location;
    format!(
        "{}:{}:{}: `{}`",
        location.path.to_str_lossy().escape_debug(),
        location.line,
        location.column,
        caught.finding.rule
    )
}

fn told(caught: &Caught, why: Left) -> String {
    format!("{}: {why}", shown(caught))
}
