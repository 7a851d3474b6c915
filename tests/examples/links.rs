//! Every page of the README, the documentation, the providers and the examples leads to files and headings that are there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::checkout;

#[test]
fn every_link_leads_somewhere() {
    let mut pages = vec![
        checkout().join("README.md"),
        checkout().join("CONTRIBUTING.md"),
    ];
    for directory in ["docs", "providers", "examples", "benches"] {
        find(&checkout().join(directory), &mut pages);
    }
    let (mut count, mut dead) = (0, Vec::new());
    for page in &pages {
        for link in links(&fs::read_to_string(page).unwrap()) {
            count += 1;
            if !leads(page, &link) {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    assert!(count >= 300, "found {count} links only");
}

fn find(directory: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What running an example has left there is none of ours.
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            find(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The relative links of a page, outside of its blocks of code.
fn links(page: &str) -> Vec<String> {
    let mut is_code = false;
    let prose = page.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    let targets = |line: &str| -> Vec<String> {
        let rests = line.split("](").skip(1);
        rests
            .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
            .collect()
    };
    prose
        .flat_map(targets)
        .filter(|link| !link.contains("://"))
        .collect()
}

fn leads(page: &Path, link: &str) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let path = match file {
        "" => page.to_owned(),
        file => page.parent().unwrap().join(file),
    };
    if heading.is_empty() {
        return path.exists();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    text.lines().filter_map(anchor).any(|one| one == heading)
}

/// How a heading is linked to.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = title.to_lowercase().replace(' ', "-");
    let kept = kept.chars();
    Some(
        kept.filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
            .collect(),
    )
}
