//! What a server says, made fit to be shown: it may be anything, as long as it likes, and hold what it was given.

use zeroize::Zeroizing;

use crate::{
    render::MASK,
    report::findings::escape::visible,
    value::{Table, Value},
};

/// The longest text of a server that is kept, in characters.
const LONGEST: usize = 120;

/// A secret that is shorter is masked where it is the whole text only: it would be found in every other word.
const SHORTEST: usize = 4;

/// Cuts, spells out and masks. Holds the secrets of one database.
pub(crate) struct Cleaner {
    secrets: Vec<Zeroizing<String>>,
}

impl Cleaner {
    /// With all secrets that these settings have.
    pub(crate) fn of(settings: &Table) -> Self {
        let mut secrets = Vec::new();
        collect(settings, &mut secrets);
        // What holds another one is masked first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// One line of at most [`LONGEST`] characters that shows and does nothing else.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = Zeroizing::new(text.to_owned());
        for secret in &self.secrets {
            if **secret == **text {
                return MASK.to_owned();
            }
            if secret.chars().count() >= SHORTEST && text.contains(&**secret) {
                text = Zeroizing::new(text.replace(&**secret, MASK));
            }
        }
        let mut end = text.char_indices().map(|(at, _)| at);
        match end.nth(LONGEST) {
            Some(end) => format!("{}…", visible(&text[..end])),
            None => visible(&text).into_owned(),
        }
    }

    /// The same for each, of which there are at most `most`.
    pub(crate) fn clean_all<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t str>,
        most: usize,
    ) -> Vec<String> {
        texts
            .into_iter()
            .take(most)
            .map(|text| self.clean(text))
            .collect()
    }
}

fn collect(table: &Table, secrets: &mut Vec<Zeroizing<String>>) {
    for (_, value) in table.iter() {
        collect_value(value, secrets);
    }
    // A password is one, wherever it is from.
    if let Some(Value::Text(text)) = table.get("PASSWORD")
        && !text.is_secret()
        && !text.expose().is_empty()
    {
        secrets.push(Zeroizing::new(text.expose().to_owned()));
    }
}

fn collect_value(value: &Value, secrets: &mut Vec<Zeroizing<String>>) {
    match value {
        Value::Text(text) | Value::Scalar(text)
            if text.is_secret() && !text.expose().is_empty() =>
        {
            secrets.push(Zeroizing::new(text.expose().to_owned()));
        }
        Value::List(items) => items.iter().for_each(|item| collect_value(item, secrets)),
        Value::Table(table) => collect(table, secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    #[test]
    fn what_a_server_says_is_cut_spelt_out_and_masked() {
        let mut settings = Table::new();
        settings.insert("USER", Value::Text(Text::secret("ann")));
        settings.insert("PASSWORD", Value::plain("pass word"));
        let options = [(
            "key".to_owned(),
            Value::Text(Text::secret("pass word and more")),
        )];
        settings.insert("OPTIONS", Value::Table(options.into_iter().collect()));
        settings.insert("HOST", Value::plain("db.example"));
        let cleaner = Cleaner::of(&settings);
        for (said, shown) in [
            ("15.14 (Debian)", "15.14 (Debian)"),
            (
                "\u{1b}[31mred\nline\u{202e}",
                "\\u{1b}[31mred\\nline\\u{202e}",
            ),
            ("db.example", "db.example"),
            ("ann", "********"),
            // As a part it is a word like others.
            ("anne", "anne"),
            ("role pass word", "role ********"),
            ("pass word and more", "********"),
        ] {
            assert_eq!(cleaner.clean(said), shown);
        }
        let long = cleaner.clean(&"é".repeat(100_000));
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
