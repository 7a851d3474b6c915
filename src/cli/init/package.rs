//! Whether a project depends on the Python package `nuages`: by the files that pip, uv, Poetry and Pipenv read.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::reading;

const PACKAGE: &str = "nuages";

/// A lock file of a large project has some megabytes.
const LARGEST: u64 = 16 << 20;

/// Nobody has more files of requirements.
const MOST_FILES: usize = 100;

/// Tables and lists within each other, where nobody writes more.
const DEEPEST: usize = 8;

/// Whether one of the files in a directory, or in its `requirements`, names the package.
pub(super) fn is_wanted(base: &Path) -> bool {
    let text = |path: &Path| reading::text(path, LARGEST).ok();
    let of_pip = requirement_files(base);
    of_pip
        .iter()
        .filter_map(|path| text(path))
        .any(|text| text.lines().any(is_requirement))
        || ["pyproject.toml", "Pipfile"]
            .iter()
            .filter_map(|name| text(&base.join(name)))
            .any(|text| DeTable::parse(&text).is_ok_and(|file| is_in(file.get_ref(), false, 0)))
        || ["uv.lock", "poetry.lock", "pylock.toml"]
            .iter()
            .filter_map(|name| text(&base.join(name)))
            // As they all write it; reading megabytes as TOML takes longer than all the rest.
            .any(|text| text.lines().any(|line| line.trim() == "name = \"nuages\""))
}

/// `requirements.txt`, `requirements-dev.in`, `requirements/base.txt`.
fn requirement_files(base: &Path) -> Vec<PathBuf> {
    let is_list = |path: &Path| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension == "txt" || extension == "in")
    };
    let in_directory = |directory: PathBuf, start: &'static str| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(move |path| {
                let name = path.file_name().and_then(|name| name.to_str());
                is_list(path) && name.is_some_and(|name| name.starts_with(start))
            })
            .take(MOST_FILES)
    };
    let mut files: Vec<PathBuf> = in_directory(base.to_owned(), "requirements").collect();
    files.extend(in_directory(base.join("requirements"), ""));
    files
}

/// Whether a line asks pip for the package: by its name, or as a file.
fn is_requirement(line: &str) -> bool {
    let line = line.trim();
    let end = line.find(|sign: char| !(sign.is_ascii_alphanumeric() || "._-/:+~".contains(sign)));
    let word = &line[..end.unwrap_or(line.len())];
    let is_file = |extension: &str| {
        let file = word.rsplit('/').next().unwrap_or(word);
        file.starts_with("nuages-") && file.ends_with(extension)
    };
    // `nuages~=0.1`: the sign is also one of a path.
    let name = word.split('~').next().unwrap_or(word);
    name.eq_ignore_ascii_case(PACKAGE) || is_file(".whl") || is_file(".tar.gz")
}

/// Whether a table names the package among what is depended on.
fn is_in(table: &DeTable<'_>, is_dependencies: bool, depth: usize) -> bool {
    depth < DEEPEST
        && table.iter().any(|(key, value)| {
            let key = key.get_ref();
            let is_one = is_dependencies && key.eq_ignore_ascii_case(PACKAGE);
            let is_below = is_dependencies
                || key.ends_with("dependencies")
                || key.ends_with("packages")
                || key == "dependency-groups";
            is_one || match value.get_ref() {
                DeValue::Table(table) => is_in(table, is_below, depth + 1),
                DeValue::Array(items) if is_below => items.iter().any(
                    |item| matches!(item.get_ref(), DeValue::String(text) if is_requirement(text)),
                ),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(name: &str, text: &str) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        is_wanted(directory.path())
    }

    #[test]
    fn what_depends_on_the_package() {
        for (name, text) in [
            ("requirements.txt", "django\nnuages\n"),
            ("requirements-dev.in", "  Nuages>=0.1 # why\n"),
            ("requirements/base.txt", "nuages~=0.1.0 \\\n"),
            ("requirements.txt", "nuages @ https://host/x.whl"),
            (
                "requirements.txt",
                "dist/nuages-0.1.0-py3-none-linux_x86_64.whl",
            ),
            (
                "pyproject.toml",
                "[project]\ndependencies = [\"nuages; python_version > '3'\"]",
            ),
            (
                "pyproject.toml",
                "[project.optional-dependencies]\nweb = [\"nuages\"]",
            ),
            (
                "pyproject.toml",
                "[dependency-groups]\nweb = [{include-group = \"x\"}, \"nuages==1\"]",
            ),
            (
                "pyproject.toml",
                "[tool.poetry.dependencies]\nnuages = \"^0.1\"",
            ),
            (
                "pyproject.toml",
                "[tool.poetry.group.web.dependencies]\nnuages = { path = \"x\" }",
            ),
            ("Pipfile", "[packages]\nnuages = \"*\""),
            ("uv.lock", "[[package]]\nname = \"nuages\"\n"),
        ] {
            assert!(wants(name, text), "{name}: {text}");
        }
    }

    #[test]
    fn what_does_not() {
        for (name, text) in [
            (
                "requirements.txt",
                "# nuages\nnuages-other\nnuagesx\n-r nuages\n",
            ),
            ("requirements.txt", "other-nuages @ file:nuages"),
            ("notes.txt", "nuages"),
            (
                "pyproject.toml",
                "[project]\nname = \"nuages\"\n[build-system]\nrequires = [\"nuages\"]",
            ),
            ("pyproject.toml", "[tool.nuages]\nx = [\"nuages\"]"),
            ("pyproject.toml", "[project"),
            ("uv.lock", "name = \"nuages-other\""),
        ] {
            assert!(!wants(name, text), "{name}: {text}");
        }
        assert!(!is_wanted(Path::new("/nonexistent")));
    }
}
