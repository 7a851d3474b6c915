//! `auth` in a database: `"entra"`, or a table with a method and its settings.

use toml::{Spanned, de::DeValue};

use super::{
    Name, Span,
    document::{Reader, name},
};
use crate::{django::entra::Method, suggest};

/// What `auth` says. In a profile the method may be left to the layer below.
#[derive(Clone, Debug)]
pub(crate) struct AuthEntry {
    pub(crate) method: Option<Method>,
    /// Its own name or that of an instance, and settings that go into the reference.
    pub(crate) instance: Option<Name>,
    pub(crate) client_id: Option<Name>,
    pub(crate) tenant: Option<Name>,
    pub(crate) span: Span,
    /// Was wrong and has been reported.
    pub(crate) is_wrong: bool,
}

/// The keys of the table.
const KEYS: &[&str] = &["method", "instance", "client_id", "tenant"];

impl Reader<'_> {
    pub(super) fn auth(&mut self, value: &Spanned<DeValue<'_>>) -> AuthEntry {
        let mut entry = AuthEntry {
            method: None,
            instance: None,
            client_id: None,
            tenant: None,
            span: value.span(),
            is_wrong: false,
        };
        let before = self.errors.len();
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    let key = name(key);
                    match key.text.as_str() {
                        "method" => entry.method = self.method(value),
                        "instance" => entry.instance = self.plain("`instance`", value),
                        "client_id" => entry.client_id = self.word("`client_id`", value),
                        "tenant" => entry.tenant = self.word("`tenant`", value),
                        _ => self.unknown_key("`auth`", &key, KEYS),
                    }
                }
            }
            DeValue::String(_) => entry.method = self.method(value),
            _ => {
                self.error("`auth` must be a string or a table", value.span())
                    .hint = Some("write `auth = \"entra\"`".to_owned());
            }
        }
        entry.is_wrong = self.errors.len() > before;
        entry
    }

    fn method(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Method> {
        let word = self.plain("a method of `auth`", value)?;
        let method = Method::named(&word.text);
        if method.is_none() {
            let known = Method::ALL.iter().map(|method| method.name());
            let hint = suggest::hint(&word.text, known);
            self.error(format!("`auth` has no method `{}`", word.text), word.span)
                .hint = hint;
        }
        method
    }

    /// Text of one word: an id, or a domain's name.
    fn word(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let word = self.plain(what, value)?;
        let is_word = !word.text.is_empty() && word.text.chars().all(|c| c.is_ascii_graphic());
        if !is_word {
            self.error(
                format!("{what} must be one word: an id, or a domain's name"),
                word.span.clone(),
            );
        }
        is_word.then_some(word)
    }
}

impl AuthEntry {
    /// Puts settings of a layer above on these.
    pub(super) fn put_on(&mut self, upper: &Self) {
        let set = |mine: &mut Option<Name>, theirs: &Option<Name>| {
            if theirs.is_some() {
                mine.clone_from(theirs);
            }
        };
        set(&mut self.instance, &upper.instance);
        set(&mut self.client_id, &upper.client_id);
        set(&mut self.tenant, &upper.tenant);
        self.is_wrong |= upper.is_wrong;
        self.span = upper.span.clone();
    }
}
