//! What stands in where references bring nothing: their defaults.

use super::field::{Field, Known};
use crate::{
    template::{Hole, Part, Template},
    value::Text,
};

/// The default of a reference, as its filters leave it; `None` where it has none, or where another reference without one
/// stands in it.
pub(crate) fn default_of(hole: &Hole) -> Option<String> {
    let text = by_default(hole.default.as_ref()?)?;
    let filtered = hole
        .filters
        .iter()
        .try_fold(text.into_bytes(), |bytes, filter| {
            let filtered = filter.apply(&bytes).ok()?;
            Some(filtered.to_vec())
        });
    String::from_utf8(filtered?).ok()
}

/// A text where its references bring nothing; `None` where one of them has no default.
pub(crate) fn by_default(template: &Template) -> Option<String> {
    let part = |part: &Part| match part {
        Part::Literal(text) => Some(text.clone()),
        Part::Hole(hole) => default_of(hole),
    };
    template.parts.iter().map(part).collect()
}

/// Makes what a reference leaves open its default; `None` where nothing changed. The text may be a secret: nothing quotes it.
pub(super) fn settle(field: &mut Field) -> Option<()> {
    match &mut field.value {
        Known::Unknown => {
            let text = by_default(field.template.as_ref()?)?;
            field.value = Known::Text(Text::secret(text));
            Some(())
        }
        Known::Table(fields) | Known::List(fields) => {
            let changed = fields.iter_mut().filter_map(settle).count();
            (changed > 0).then_some(())
        }
        _ => None,
    }
}
