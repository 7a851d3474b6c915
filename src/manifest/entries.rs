//! `[env]`, `[files]`, and values that may be absent.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Cast, Entries, EnvEntry, FileContent, FileEntry, Item, Name, Node, SUPERVISORS, Slot,
    document::{Pair, Reader, name},
};
use crate::suggest;

impl Reader<'_> {
    /// A value, or `{ value = …, optional = … }`.
    pub(super) fn slot(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Slot {
        if let DeValue::Table(table) = value.get_ref() {
            return self.slot_table(what, table, value, &["value", "optional", "description"]);
        }
        Slot {
            item: self.item(what, value),
            optional: false,
        }
    }

    fn slot_table(
        &mut self,
        what: &str,
        table: &DeTable<'_>,
        whole: &Spanned<DeValue<'_>>,
        known: &[&str],
    ) -> Slot {
        let mut slot = Slot {
            item: Item {
                node: Node::Invalid,
                span: whole.span(),
            },
            optional: false,
        };
        let main = known.first().copied().unwrap_or("value");
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                text if text == main => slot.item = self.item(what, value),
                "optional" => slot.optional = self.flag("`optional`", value),
                "description" => {
                    self.plain("`description`", value);
                }
                text if known.contains(&text) => {}
                _ => self.unknown_key(what, &key, known),
            }
        }
        if table.get(main).is_none() {
            self.error(format!("{what} needs `{main}`"), whole.span());
        }
        slot
    }

    pub(super) fn env(&mut self, value: &Spanned<DeValue<'_>>) -> Entries<EnvEntry> {
        let Some(table) = self.table("`env`", value) else {
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|pair| self.variable(pair))
            .collect()
    }

    fn variable(&mut self, (key, value): Pair<'_, '_>) -> Option<(Name, EnvEntry)> {
        let variable = name(key);
        self.check_variable_name(&variable)?;
        let what = format!("`env.{}`", variable.text);
        let mut cast = None;
        let slot = match value.get_ref() {
            DeValue::Table(table) => {
                cast = table.get("as").and_then(|value| self.cast(value));
                self.slot_table(
                    &what,
                    table,
                    value,
                    &["value", "as", "optional", "description"],
                )
            }
            _ => self.slot(&what, value),
        };
        if is_many(&slot.item.node) && cast != Some(Cast::Json) {
            self.error(
                format!("{what} must be one value: a process environment holds strings"),
                slot.item.span.clone(),
            )
            .hint = Some("for a list or table written as JSON, add `as = \"json\"`".to_owned());
        }
        if let Some(cast) =
            cast.filter(|cast| !cast.fits(&slot.item.node) && !is_many(&slot.item.node))
        {
            let title = format!("{what} must be {}", cast.expects());
            self.error(title, slot.item.span.clone());
        }
        let cast = cast.unwrap_or(Cast::Text);
        Some((variable, EnvEntry { slot, cast }))
    }

    fn check_variable_name(&mut self, variable: &Name) -> Option<()> {
        let is_sound = !variable.text.is_empty() && !variable.text.contains(['=', '\0']);
        if !is_sound {
            let title = format!(
                "`{}` cannot name an environment variable",
                variable.text.escape_debug()
            );
            self.error(title, variable.span.clone());
        }
        is_sound.then_some(())
    }

    fn cast(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Cast> {
        let word = self.plain("`as`", value)?;
        let found = Cast::ALL
            .iter()
            .find(|(name, _)| *name == word.text)
            .map(|(_, cast)| *cast);
        if found.is_none() {
            let hint = suggest::hint(&word.text, Cast::ALL.iter().map(|(name, _)| *name));
            self.error(format!("there is no type `{}`", word.text), word.span)
                .hint = hint;
        }
        found
    }

    pub(super) fn files(&mut self, value: &Spanned<DeValue<'_>>) -> Entries<FileEntry> {
        let Some(table) = self.table("`files`", value) else {
            return Vec::new();
        };
        table.iter().filter_map(|pair| self.file(pair)).collect()
    }

    fn file(&mut self, (key, value): Pair<'_, '_>) -> Option<(Name, FileEntry)> {
        let path = name(key);
        let what = format!("`files.\"{}\"`", path.text.escape_debug());
        let is_sound = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
        if !path.text.split('/').all(is_sound) {
            self.error(format!("{what} is not a path below a directory"), path.span.clone()).hint =
                Some("the file is made in a private directory: write a relative path such as `tls/client.key`".to_owned());
        }
        if path.text.split('/').next() == Some(SUPERVISORS) {
            self.error(
                format!(
                    "{what} cannot be below `{SUPERVISORS}`: a supervisor has its own files there"
                ),
                path.span.clone(),
            );
        }
        let table = self.table(&what, value)?;
        let content = match table.get("render") {
            Some(format) => self.rendered(&what, table, format)?,
            None => FileContent::Value(self.content(&what, table, value)),
        };
        let env = table
            .get("env")
            .and_then(|value| self.plain("`env`", value));
        if let Some(env) = &env {
            self.check_variable_name(env)?;
        }
        let on_change = table
            .get("on_change")
            .and_then(|value| self.on_change(value));
        Some((
            path,
            FileEntry {
                content,
                env,
                on_change,
            },
        ))
    }

    fn content(&mut self, what: &str, table: &DeTable<'_>, whole: &Spanned<DeValue<'_>>) -> Slot {
        let known = &[
            "content",
            "env",
            "optional",
            "description",
            "on_change",
            "render",
        ];
        let content = self.slot_table(what, table, whole, known);
        if !matches!(content.item.node, Node::Text(_) | Node::Invalid) {
            self.error("`content` must be a string", content.item.span.clone());
        }
        content
    }

    /// `render = FORMAT` in place of `content`.
    fn rendered(
        &mut self,
        what: &str,
        table: &DeTable<'_>,
        format: &Spanned<DeValue<'_>>,
    ) -> Option<FileContent> {
        const KNOWN: &[&str] = &["render", "env", "description", "on_change"];
        for (key, value) in table {
            let key = name(key);
            if key.text == "content" {
                let title = "`content` and `render` cannot stand together";
                self.error(title, value.span());
            } else if !KNOWN.contains(&key.text.as_str()) {
                self.unknown_key(what, &key, KNOWN);
            }
        }
        if let Some(description) = table.get("description") {
            self.plain("`description`", description);
        }
        let format = self.plain("`render`", format)?;
        if crate::render::format(&format.text).is_none() {
            let known = crate::render::FORMATS.iter().map(|format| format.name());
            let hint = suggest::hint(&format.text, known);
            self.error(
                format!("there is no format `{}`", format.text),
                format.span.clone(),
            )
            .hint = hint;
            return None;
        }
        Some(FileContent::Format(format))
    }
}

/// A value that is made of values.
fn is_many(node: &Node) -> bool {
    matches!(node, Node::List(_) | Node::Table(_))
}
