//! Python as Django projects have it: which literals have to be found and which must not. `tests/data/scan/python` holds
//! the snippets, by what people write; how far the parser gets with hostile text is tested beside it.

use nuages::finding::Confidence;

use crate::snippets::check;

#[test]
fn finds_every_literal_in_the_dirty_snippets_and_nothing_else() {
    check("python/dirty.txt", Confidence::Medium);
}

#[test]
fn finds_nothing_in_the_clean_snippets() {
    check("python/clean.txt", Confidence::Medium);
}
