//! Env files as python-decouple reads them.

use zeroize::Zeroizing;

use super::Variable;

/// The variables of a file, in its order; of a name that stands twice, the last counts.
///
/// Source: python-decouple 3.8, `RepositoryEnv`: a line is stripped, one that begins with `#` or has no `=` is passed over,
/// and a pair of equal quotes around a value goes; nothing in it is an escape.
#[must_use]
pub fn read_decouple(text: &str) -> Vec<Variable> {
    // Python's universal line breaks; `str.strip` takes Unicode's blanks away, as `trim` does.
    let lines = text.split(['\n', '\r']).map(str::trim);
    let pairs = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='));
    let mut variables: Vec<Variable> = pairs
        .map(|(name, value)| {
            let (name, value) = (name.trim(), value.trim());
            let unquoted = ['"', '\''].iter().find_map(|quote| {
                let rest = value.strip_prefix(*quote)?;
                rest.strip_suffix(*quote)
            });
            Variable {
                name: name.to_owned(),
                value: Some(Zeroizing::new(unquoted.unwrap_or(value).to_owned())),
            }
        })
        .collect();
    super::keep_last(&mut variables);
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_go_and_nothing_else_is_read_into_a_value() {
        let read = read_decouple(
            "# A=1\r\nB = 'x y' \nC=\"a\\nb\"\nD=\"\nE=x # no comment\nexport F=1\nB=2\nno line\n",
        );
        let shown: Vec<(&str, &str)> = read
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_ref().unwrap().as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("C", "a\\nb"),
                ("D", "\""),
                ("E", "x # no comment"),
                ("export F", "1"),
                ("B", "2"),
            ]
        );
    }
}
