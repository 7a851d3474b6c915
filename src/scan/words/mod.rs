//! What a name says about the value beside it, and what a value says about itself. The one vocabulary of `python`, `pairs`
//! and `files`.
//!
//! Promised: [`bearing`] and [`look`] take any text, cost time in proportion to its length (they stop reading at a fixed
//! length), never panic; every name that [`bearing`] knows holds one of [`STEMS`]; [`weigh`] is a pure table. [`judge`] is
//! the three in one, and also knows a value that only repeats its name.

mod names;
mod nouns;
mod placeholders;
mod random;
mod references;
mod stems;
mod values;

use super::text::Role;
use crate::finding::Confidence;

pub use names::bearing;
pub use placeholders::is_weak;
pub(crate) use random::follows;
pub use stems::STEMS;
pub use values::look;

/// What a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearing {
    /// The id of the rule whose finding a literal beside it would be (`django-secret-key`, `password`, `api-key`).
    pub rule: &'static str,
    /// Whether the name alone is enough (`DB_PASSWORD`), or the value has to look random as well (`token`, `key`).
    pub is_strong: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, a reference, a read of the environment, a template, a path, a type, a sentence, a name of a setting; also a
    /// URL, whose password is for the URL rules to find.
    NotSecret,
    /// `changeme`, `xxxx`, `<your key>`, `example`.
    Placeholder,
    /// A word or two: a password somebody thought of.
    Plain,
    /// What a generator makes.
    Random,
}

/// How sure a literal beside a name is a leak; `None` where it is none.
#[must_use]
pub fn weigh(bearing: Bearing, look: Look, role: Role) -> Option<Confidence> {
    let in_main = |surely, elsewhere| {
        Some(if role == Role::Main {
            surely
        } else {
            elsewhere
        })
    };
    match (look, bearing.is_strong) {
        (Look::NotSecret, _) => None,
        (Look::Placeholder, _) | (Look::Plain, false) => Some(Confidence::Low),
        (Look::Plain, true) | (Look::Random, false) => in_main(Confidence::Medium, Confidence::Low),
        (Look::Random, true) => Some(match role {
            Role::Main => Confidence::High,
            Role::Example => Confidence::Medium,
            // A test's `SECRET_KEY` is often the one that the settings had before.
            Role::Test if bearing.rule == "django-secret-key" => Confidence::Medium,
            Role::Test | Role::Vendored => Confidence::Low,
        }),
    }
}

/// How sure `value` beside `name` is a leak, and by which rule; `None` where it is none.
#[must_use]
pub fn judge(name: &str, value: &str, role: Role) -> Option<(Bearing, Look, Confidence)> {
    let bearing = bearing(name)?;
    let look = if repeats(name, value) {
        Look::Placeholder
    } else {
        look(value)
    };
    weigh(bearing, look, role).map(|confidence| (bearing, look, confidence))
}

/// Whether a value is its own name, however that is written: `api_key = "API-KEY"`.
#[must_use]
pub fn repeats(name: &str, value: &str) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    value.len() <= 2 * name.len()
        && letters(name).ends_with(&letters(value))
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Cuts a name into its words, in lower case: `EMAIL_HOST_PASSWORD`, `emailHostPassword`, `email-host-password` and
/// `DBPassword2` alike. Digits at the end of a word are dropped.
pub(crate) fn split(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = name.chars().peekable();
    let mut previous = ' ';
    while let Some(letter) = letters.next() {
        let begins = letter.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_uppercase()
                    && letters.peek().is_some_and(|next| next.is_lowercase()));
        if !letter.is_alphanumeric() || begins {
            finish(&mut word, &mut words);
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        previous = letter;
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let kept = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if !kept.is_empty() {
        words.push(kept.to_owned());
    }
    word.clear();
}

#[cfg(test)]
mod tests;
