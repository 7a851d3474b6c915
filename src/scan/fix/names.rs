//! Names of variables and of secrets: made of what a literal reaches, each for one value.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Change, Left, Name};
use crate::scan::words::{self, Look};

/// Longer names are cut off; no setting has one.
const LONGEST: usize = 64;

/// The variables of all the files that are changed together: one name, one value.
#[derive(Default)]
pub struct Names {
    /// By the secret's name in the store, which tells less apart than a variable's.
    taken: BTreeMap<String, Taken>,
}

/// A variable and its value.
pub struct Taken {
    /// The variable.
    pub variable: String,
    value: Zeroizing<String>,
    is_conflict: bool,
}

impl Taken {
    /// The value, for a store.
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }
}

impl Names {
    /// Names the variables of all changes, an answer for each in their order. Those that files have fixed come first.
    pub fn give(&mut self, changes: &[&Change]) -> Vec<Result<String, Left>> {
        for change in changes {
            if let Name::Fixed(name) = &change.name {
                self.fix(name, change.expose());
            }
        }
        changes
            .iter()
            .map(|change| match &change.name {
                Name::Fixed(name) => match self.taken.get(&secret_name(name)) {
                    Some(taken) if !taken.is_conflict && taken.variable == *name => {
                        Ok(name.clone())
                    }
                    _ => Err("its variable has more than one value"),
                },
                Name::Wanted(name) => self.want(name, change.expose()),
            })
            .collect()
    }

    /// Every variable with its value, by the secret's name.
    pub fn taken(&self) -> impl Iterator<Item = (&str, &Taken)> {
        self.taken
            .iter()
            .filter(|(_, taken)| !taken.is_conflict)
            .map(|(name, taken)| (name.as_str(), taken))
    }

    fn fix(&mut self, name: &str, value: &str) {
        let taken = self
            .taken
            .entry(secret_name(name))
            .or_insert_with(|| Taken::new(name, value));
        taken.is_conflict |= taken.variable != name || *taken.value != value;
    }

    fn want(&mut self, wanted: &str, value: &str) -> Result<String, Left> {
        let more = (2..1000).map(|number| format!("{wanted}_{number}"));
        for name in std::iter::once(wanted.to_owned()).chain(more) {
            let key = secret_name(&name);
            match self.taken.get(&key) {
                None => {
                    self.taken.insert(key, Taken::new(&name, value));
                    return Ok(name);
                }
                Some(taken)
                    if !taken.is_conflict && taken.variable == name && *taken.value == value =>
                {
                    return Ok(name);
                }
                Some(_) => {}
            }
        }
        Err("there are too many secrets of that name")
    }
}

impl Taken {
    fn new(variable: &str, value: &str) -> Self {
        Self {
            variable: variable.to_owned(),
            value: Zeroizing::new(value.to_owned()),
            is_conflict: false,
        }
    }
}

/// What a variable's secret is called in a store: `DATABASE_PASSWORD` is `database-password`.
#[must_use]
pub fn secret_name(variable: &str) -> String {
    let lower = variable.to_ascii_lowercase().replace('_', "-");
    let name = lower.trim_matches('-');
    if name.is_empty() {
        lower
    } else {
        name.to_owned()
    }
}

/// Whether it can name a variable anywhere.
pub(crate) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= LONGEST
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// A name as variables are written: `dbPassword` and `db-password` are `DB_PASSWORD`. None where nothing sound is left, or
/// where the name may be a secret itself.
pub(super) fn upper_snake(name: &str) -> Option<String> {
    if name.len() > LONGEST || words::look(name) == Look::Random {
        return None;
    }
    if is_variable(name) && !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Some(name.to_owned());
    }
    let mut upper = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && was_lower {
                upper.push('_');
            }
            was_lower = !letter.is_ascii_uppercase();
            upper.push(letter.to_ascii_uppercase());
        } else {
            was_lower = false;
            if !upper.is_empty() && !upper.ends_with('_') {
                upper.push('_');
            }
        }
    }
    let upper = upper.trim_end_matches('_');
    is_variable(upper).then(|| upper.to_owned())
}

/// The name for a path of keys to a literal, outermost first: that of a setting, of a database's password, of the last key.
pub(crate) fn of_path(path: &[&str], rule: &str) -> String {
    let fallback = || upper_snake(rule).unwrap_or_else(|| "SECRET".to_owned());
    let Some(last) = path.last().and_then(|last| upper_snake(last)) else {
        return fallback();
    };
    let root = path
        .first()
        .filter(|_| path.len() > 1)
        .and_then(|root| upper_snake(root));
    match root.as_deref() {
        Some("DATABASES") => {
            let alias = path.get(1).filter(|_| path.len() > 2);
            let alias = alias
                .filter(|alias| **alias != "default")
                .and_then(|alias| upper_snake(alias));
            alias.map_or_else(
                || format!("DATABASE_{last}"),
                |alias| format!("{alias}_DATABASE_{last}"),
            )
        }
        // `PASSWORD` alone says too little.
        Some(root) if !last.contains('_') => format!("{root}_{last}"),
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_settings_and_keys() {
        for (path, name) in [
            (&["SECRET_KEY"][..], "SECRET_KEY"),
            (&["DATABASES", "default", "PASSWORD"], "DATABASE_PASSWORD"),
            (
                &["DATABASES", "read-replica", "PASSWORD"],
                "READ_REPLICA_DATABASE_PASSWORD",
            ),
            (
                &["CACHES", "default", "OPTIONS", "PASSWORD"],
                "CACHES_PASSWORD",
            ),
            (&["STRIPE", "live_key"], "LIVE_KEY"),
            (&["dbPassword"], "DB_PASSWORD"),
            (&[], "GITHUB_PAT"),
            (&["pässwörd", ""], "GITHUB_PAT"),
            (&["2fa"], "GITHUB_PAT"),
        ] {
            assert_eq!(of_path(path, "github-pat"), name, "{path:?}");
        }
        assert_eq!(secret_name("DATABASE_PASSWORD"), "database-password");
    }

    #[test]
    fn one_name_has_one_value() {
        let change = |name: Name, value: &str| Change {
            name,
            range: 0..0,
            form: super::super::Form::Nothing,
            value: Zeroizing::new(value.to_owned()),
        };
        let changes = [
            change(Name::Wanted("A_KEY".into()), "1"),
            change(Name::Wanted("A_KEY".into()), "2"),
            change(Name::Wanted("A_KEY".into()), "2"),
            change(Name::Fixed("A_KEY".into()), "3"),
            change(Name::Fixed("B".into()), "4"),
            change(Name::Fixed("B".into()), "5"),
            change(Name::Fixed("a_key".into()), "3"),
        ];
        let mut names = Names::default();
        let given = names.give(&changes[..6].iter().collect::<Vec<_>>());
        let ok: Vec<_> = given.iter().map(|name| name.as_deref().ok()).collect();
        assert_eq!(
            ok,
            [
                Some("A_KEY_2"),
                Some("A_KEY_3"),
                Some("A_KEY_3"),
                Some("A_KEY"),
                None,
                None
            ]
        );
        assert_eq!(
            names.taken().map(|(name, _)| name).collect::<Vec<_>>(),
            ["a-key", "a-key-2", "a-key-3"]
        );
        let mut names = Names::default();
        let given = names.give(&[&changes[3], &changes[6]]);
        assert!(
            given.iter().all(Result::is_err),
            "one secret, two variables"
        );
    }
}
