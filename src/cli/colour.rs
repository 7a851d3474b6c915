//! Whether there is colour: `--color`, then the environment's wishes, then what the terminal can do. One rule for messages,
//! reports and help.

use std::ffi::OsString;

use clap::ValueEnum as _;
use nuages_provider::Environment;

use super::arguments::Colour;
use crate::variables::{CLICOLOR, CLICOLOR_FORCE, NO_COLOR, TERM};

/// Whether a stream has colour.
pub(super) fn is_wanted(choice: Colour, environment: &Environment, is_terminal: bool) -> bool {
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if environment.var(NO_COLOR).is_some_and(|it| !it.is_empty()) => false,
        Colour::Auto => match environment.text(CLICOLOR_FORCE) {
            Some(text) if text != "0" => true,
            _ => {
                is_terminal && is_steerable(environment) && environment.text(CLICOLOR) != Some("0")
            }
        },
    }
}

/// Whether the terminal, if there is one, takes more than letters.
pub(super) fn is_steerable(environment: &Environment) -> bool {
    environment.text(TERM).is_some_and(|term| term != "dumb")
}

/// What was typed, as far as it can be known before the rest is understood: what clap says itself goes by it as well.
pub(super) fn typed(arguments: &[OsString]) -> Colour {
    let mut words = arguments.iter().skip(1).take_while(|word| *word != "--");
    let mut choice = Colour::Auto;
    while let Some(word) = words.next() {
        let value = match word.to_str() {
            Some("--color") => words.next().and_then(|value| value.to_str()),
            Some(word) => word.strip_prefix("--color="),
            None => None,
        };
        choice = value
            .and_then(|value| Colour::from_str(value, false).ok())
            .unwrap_or(choice);
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_says_something_decides() {
        let wants = |choice, variables: &[(&str, &str)], is_terminal| {
            let variables = variables
                .iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value)));
            is_wanted(choice, &Environment::new(variables, "/"), is_terminal)
        };
        let term = ("TERM", "xterm");
        let force = ("CLICOLOR_FORCE", "1");
        assert!(wants(Colour::Always, &[("NO_COLOR", "1")], false));
        assert!(!wants(Colour::Never, &[term, force], true));
        assert!(wants(Colour::Auto, &[term], true));
        assert!(!wants(Colour::Auto, &[term], false));
        assert!(!wants(Colour::Auto, &[], true));
        assert!(!wants(Colour::Auto, &[("TERM", "dumb")], true));
        assert!(!wants(
            Colour::Auto,
            &[term, ("NO_COLOR", "1"), force],
            true
        ));
        assert!(wants(Colour::Auto, &[term, ("NO_COLOR", "")], true));
        let odd = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
        let odd = Environment::new([(OsString::from("NO_COLOR"), odd)], "/");
        assert!(!is_wanted(Colour::Auto, &odd, true), "whatever its value");
        assert!(wants(Colour::Auto, &[force], false));
        assert!(!wants(
            Colour::Auto,
            &[term, ("CLICOLOR_FORCE", "0")],
            false
        ));
        assert!(!wants(Colour::Auto, &[term, ("CLICOLOR", "0")], true));
    }
}
