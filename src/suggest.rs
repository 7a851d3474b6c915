//! "Did you mean": the nearest known word to one that is not known.

/// The nearest of `known` to `word`, where one is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&folded, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else the whole list where it is short enough to help.
pub(crate) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    (!known.is_empty() && known.len() <= 20).then(|| format!("known here: {}", list(&known)))
}

/// "`a`, `b`, `c`".
pub(crate) fn list<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_named_and_a_far_one_is_not() {
        let known = ["PASSWORD", "NAME", "HOST"];
        assert_eq!(nearest("PASSWROD", known), Some("PASSWORD"));
        assert_eq!(nearest("password", known), Some("PASSWORD"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(
            hint("zebra", known).unwrap(),
            "known here: `PASSWORD`, `NAME`, `HOST`"
        );
    }
}
