//! The texts of the rules.

use std::collections::HashSet;

use nuages::check::server::texts;

#[test]
fn every_rule_has_its_texts_and_pages() {
    let mut seen = HashSet::new();
    let texts = texts();
    assert!(texts.len() > 20);
    assert!(texts.is_sorted_by_key(|(texts, _)| texts[0]));
    for ([id, title, why, remedy], sources) in texts {
        assert!(seen.insert(id), "{id} stands twice");
        assert!(id.starts_with("SV") && id.len() == 5, "{id}");
        for text in [title, remedy] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{id}: {text}");
        }
        assert!(title.starts_with(char::is_lowercase), "{id}: {title}");
        assert!(
            why.ends_with('.') && why.starts_with(char::is_uppercase),
            "{id}: {why}"
        );
        assert!(!sources.is_empty(), "{id}");
        for source in sources {
            assert!(source.starts_with("https://"), "{id}: {source}");
        }
    }
}
