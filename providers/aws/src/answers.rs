//! Answers on their way back into the order they were asked for.

use nuages_provider::{Error, ErrorKind, Result, Secret};

/// Answers as they come, each with its place.
pub(crate) type Answers = Vec<(usize, Result<Secret>)>;

/// One answer a place. A place without one is an error of its own: the others must not move up into it.
pub(crate) fn in_place(count: usize, answers: Answers) -> Vec<Result<Secret>> {
    let mut places: Vec<Option<Result<Secret>>> = (0..count).map(|_| None).collect();
    for (place, answer) in answers {
        if let Some(slot) = places.get_mut(place) {
            *slot = Some(answer);
        }
    }
    let unanswered = || {
        let text = "the provider failed within itself";
        Err(Error::new(ErrorKind::Malformed, text))
    };
    places
        .into_iter()
        .map(|answer| answer.unwrap_or_else(unanswered))
        .collect()
}

#[cfg(test)]
mod tests {
    use nuages_provider::SecretValue;

    use super::*;

    #[test]
    fn a_place_without_an_answer_moves_no_other() {
        let secret = |text: &str| Ok(SecretValue::from_text(text.to_owned()).into());
        let answers = in_place(3, vec![(2, secret("three letters")), (0, secret("one"))]);
        let lengths: Vec<Option<usize>> = answers
            .iter()
            .map(|answer| answer.as_ref().ok().map(|secret| secret.value.len()))
            .collect();
        assert_eq!(lengths, [Some(3), None, Some(13)]);
    }
}
