//! A Django project on disk: which files are its settings, what they are built on, where its modules start. Files are read;
//! nothing of them is run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    Exit,
    context::{Context, read_text},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    init::{self, Parent},
    suggest,
};

const LARGEST: u64 = 1 << 20;

/// So many files may settings be made of.
const MOST_FILES: usize = 16;

/// Directories below the working directory that `manage.py` is looked for in.
const MOST_DIRECTORIES: usize = 200;

/// A byte-order mark is no part of the text.
pub(super) const MARK: char = '\u{feff}';

/// A file of settings.
pub(super) struct File {
    pub(super) place: PathBuf,
    pub(super) text: Zeroizing<String>,
    #[cfg_attr(
        not(feature = "provider-local"),
        expect(dead_code, reason = "what changes settings keeps it")
    )]
    pub(super) has_mark: bool,
    /// What it is built on, each with its place among the files where it is one of the project's.
    pub(super) parents: Vec<(Parent, Option<usize>)>,
}

/// A file of settings that cannot be read.
pub(super) struct Unreadable {
    pub(super) place: PathBuf,
    pub(super) cause: String,
}

/// A path as people are told.
pub(super) fn shown(context: &Context, path: &Path) -> String {
    let base = context.environment.base();
    path.strip_prefix(base)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The one file of settings that is named, or that Django would start with; none where there is no project below `base`.
pub(super) fn main_settings(
    context: &Context,
    base: &Path,
    named: Option<&str>,
) -> Result<Option<PathBuf>, Exit> {
    if let Some(named) = named {
        return self::named(base, named).map(Some).ok_or_else(|| {
            let title = format!("there are no settings `{named}`");
            let hint = "a file such as `shop/settings.py`, or a module such as `shop.settings`";
            context.fail(Diagnostic::new(Class::Usage, title).hint(hint))
        });
    }
    let mut found = candidates(base).into_iter();
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (first, second) => {
            let all = first.into_iter().chain(second).chain(found);
            let all: Vec<String> = all.map(|path| shown(context, &path)).collect();
            let title = format!("there are several settings: {}", suggest::list(&all));
            let last = all.last().map_or("PATH", String::as_str);
            let hint = format!("choose the deployment's, such as `--settings {last}`");
            Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
        }
    }
}

/// The settings of this path, or of this module's name.
pub(super) fn named(base: &Path, name: &str) -> Option<PathBuf> {
    let path = base.join(name);
    let is_path = path.is_file();
    is_path
        .then_some(path)
        .or_else(|| roots(base).iter().find_map(|root| module(root, name)))
}

/// Every file that may be the project's settings: those that its programs start with, or else those of a usual name.
pub(super) fn candidates(base: &Path) -> BTreeSet<PathBuf> {
    let roots = roots(base);
    let found: BTreeSet<PathBuf> = roots.iter().flat_map(|root| started_with(root)).collect();
    if found.is_empty() {
        return roots.iter().flat_map(|root| by_name(root)).collect();
    }
    found
}

/// Where the project's modules start, and the name that a file has from there. `base` is where the project was found.
pub(super) fn module_name(base: &Path, file: &Path) -> Option<(PathBuf, String)> {
    let above = || file.ancestors().skip(1);
    let package = above().find(|root| !root.join("__init__.py").is_file())?;
    // Without a `manage.py`, where there is no package any more.
    let root = above()
        .take_while(|root| root.starts_with(base) || root.starts_with(package))
        .find(|root| root.join("manage.py").is_file())
        .unwrap_or(package);
    let relative = file.strip_prefix(root).ok()?.with_extension("");
    let mut parts: Vec<&str> = Vec::new();
    for part in &relative {
        parts.push(part.to_str().filter(|part| is_word(part))?);
    }
    if parts.last() == Some(&"__init__") {
        parts.pop();
    }
    (!parts.is_empty()).then(|| (root.to_owned(), parts.join(".")))
}

/// Whether text is a module's dotted name.
pub(super) fn is_module(name: &str) -> bool {
    name.split('.').all(is_word)
}

/// The directory itself, and those up to two levels below that have a `manage.py`.
fn roots(base: &Path) -> Vec<PathBuf> {
    let mut roots = vec![base.to_owned()];
    let mut below = directories(base);
    let deeper: Vec<PathBuf> = below.iter().flat_map(|below| directories(below)).collect();
    below.extend(deeper);
    below.truncate(MOST_DIRECTORIES);
    roots.extend(
        below
            .into_iter()
            .filter(|below| below.join("manage.py").is_file()),
    );
    roots
}

/// Directories that may hold a project's own code, in order.
fn directories(base: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(base) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && name != "node_modules" && name != "site-packages"
        })
        .map(|entry| entry.path())
        .filter(|path| !path.join("pyvenv.cfg").exists())
        .take(MOST_DIRECTORIES)
        .collect();
    found.sort();
    found
}

/// The settings that `manage.py`, `wsgi.py` and `asgi.py` name.
fn started_with(root: &Path) -> Vec<PathBuf> {
    let mut starters = vec![root.join("manage.py")];
    for directory in directories(root) {
        starters.push(directory.join("wsgi.py"));
        starters.push(directory.join("asgi.py"));
    }
    starters
        .iter()
        .filter_map(|path| read_text(path, LARGEST).ok())
        .filter_map(|text| module(root, settings_module(&text)?))
        .collect()
}

/// What stands behind `"DJANGO_SETTINGS_MODULE",` in quotes.
fn settings_module(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("DJANGO_SETTINGS_MODULE")?;
    let mut parts = rest.split(['"', '\'']);
    let (_, between, named) = (parts.next()?, parts.next()?, parts.next()?);
    (between.trim().starts_with([',', ']', ')']))
        .then_some(named)
        .filter(|named| is_module(named))
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A module's file.
fn module(root: &Path, name: &str) -> Option<PathBuf> {
    if !is_module(name) {
        return None;
    }
    let path: PathBuf = root.join(name.split('.').collect::<PathBuf>());
    let file = path.with_extension("py");
    [file, path.join("__init__.py")]
        .into_iter()
        .find(|path| path.is_file())
}

/// Settings by their usual names.
fn by_name(root: &Path) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = vec![root.to_owned()];
    places.extend(directories(root));
    let mut found = Vec::new();
    for place in places {
        let alone = place.join("settings.py");
        if alone.is_file() {
            found.push(alone);
            continue;
        }
        let usual = ["production", "prod", "base", "local", "dev"];
        let package = place.join("settings");
        let named = usual.iter().map(|name| package.join(format!("{name}.py")));
        found.extend(named.filter(|path| path.is_file()));
    }
    found
}

/// Reads files of settings and what they are built on, which comes first. A file is read once.
pub(super) struct Reader<'a> {
    /// Above it nothing is the project's.
    base: &'a Path,
    /// The place of each file, or none while it is being read.
    seen: BTreeMap<PathBuf, Option<usize>>,
    pub(super) files: Vec<File>,
    /// What could not be read.
    pub(super) unreadable: Vec<Unreadable>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(base: &'a Path) -> Self {
        Self {
            base,
            seen: BTreeMap::new(),
            files: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// The file's place among the files. None where it cannot be read, where there are too many, and where it is built on
    /// itself.
    pub(super) fn read(&mut self, place: &Path) -> Option<usize> {
        if let Some(seen) = self.seen.get(place) {
            return *seen;
        }
        if self.seen.len() >= MOST_FILES {
            return None;
        }
        self.seen.insert(place.to_owned(), None);
        let text = match read_text(place, LARGEST) {
            Ok(text) => text,
            Err(cause) => {
                let place = place.to_owned();
                self.unreadable.push(Unreadable { place, cause });
                return None;
            }
        };
        let has_mark = text.starts_with(MARK);
        let text = Zeroizing::new(text.trim_start_matches(MARK).to_owned());
        let mut parents = Vec::new();
        for parent in init::parents(&text) {
            let file = self.parent_file(place, &parent);
            let file = file.and_then(|file| self.read(&file));
            parents.push((parent, file));
        }
        let at = self.files.len();
        self.files.push(File {
            place: place.to_owned(),
            text,
            has_mark,
            parents,
        });
        self.seen.insert(place.to_owned(), Some(at));
        Some(at)
    }

    /// The file of `from .base import *`, where it is one of the project's.
    fn parent_file(&self, place: &Path, parent: &Parent) -> Option<PathBuf> {
        if parent.level == 0 {
            let mut roots = place.ancestors().skip(1);
            return roots
                .by_ref()
                .take_while(|root| root.starts_with(self.base))
                .find_map(|root| module(root, &parent.module));
        }
        let up = usize::try_from(parent.level).ok()?;
        let directory = place.ancestors().nth(up)?;
        if parent.module.is_empty() {
            return Some(directory.join("__init__.py")).filter(|path| path.is_file());
        }
        module(directory, &parent.module).filter(|path| path.starts_with(self.base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        directory
    }

    #[test]
    fn the_name_of_a_module() {
        for (files, base, file, root, name) in [
            (
                &["manage.py"][..],
                "",
                "shop/settings.py",
                "",
                "shop.settings",
            ),
            (
                &["manage.py"],
                "shop",
                "shop/settings.py",
                "shop",
                "settings",
            ),
            (
                &["manage.py", "shop/__init__.py"],
                "shop",
                "shop/settings.py",
                "",
                "shop.settings",
            ),
            (
                &["web/manage.py"],
                "",
                "web/shop/settings/prod.py",
                "web",
                "shop.settings.prod",
            ),
            (
                &["manage.py"],
                "",
                "shop/settings/__init__.py",
                "",
                "shop.settings",
            ),
            (
                &["shop/__init__.py"],
                "",
                "shop/settings.py",
                "",
                "shop.settings",
            ),
            (&[], "", "settings.py", "", "settings"),
        ] {
            let directory = tree(&[files, &[file]].concat());
            let at = |path: &str| directory.path().join(path);
            let found = module_name(&at(base), &at(file));
            assert_eq!(found, Some((at(root), name.to_owned())), "{files:?} {file}");
        }
        let directory = tree(&["a-b/settings.py", "manage.py"]);
        let file = directory.path().join("a-b/settings.py");
        assert_eq!(module_name(directory.path(), &file), None);
    }

    #[test]
    fn what_settings_are_built_on_comes_first() {
        let directory = tree(&["manage.py", "shop/base.py"]);
        let at = |path: &str| directory.path().join(path);
        let text = "from .base import *\nfrom shop.other import *\nfrom nowhere import *\n";
        std::fs::write(at("shop/settings.py"), text).unwrap();
        std::fs::write(at("shop/other.py"), "from .settings import *\n").unwrap();
        let mut reader = Reader::new(directory.path());
        assert_eq!(reader.read(&at("shop/settings.py")), Some(2));
        let places: Vec<_> = reader.files.iter().map(|file| file.place.clone()).collect();
        assert_eq!(
            places,
            [
                at("shop/base.py"),
                at("shop/other.py"),
                at("shop/settings.py")
            ]
        );
        let parents: Vec<_> = reader.files[2]
            .parents
            .iter()
            .map(|(_, file)| *file)
            .collect();
        assert_eq!(parents, [Some(0), Some(1), None]);
        std::fs::write(at("shop/broken.py"), b"\xff").unwrap();
        assert_eq!(reader.read(&at("shop/broken.py")), None);
        assert_eq!(reader.unreadable.len(), 1);
    }
}
