//! What rules of several families share: how serious a fault of the way is, where a finding is shown that is about a key
//! that is not there, whose authority vouches for a server, files, and what a password is.

mod authority;
mod disk;
mod login;

use super::{Found, Out, Subject};
use crate::{
    check::subject::{Database, Field, From, Known},
    finding::Severity,
    template::Part,
};

pub(super) use authority::{Authority, authority, may_be_certified, may_be_named};
pub(super) use disk::{Look, Reading, brought_later, is_unexpanded, normal, path_of, unseen};
pub(super) use login::{is_live, is_token, login_name, user};

/// Off the way to real data, what leaves the machine unprotected is worth a thought and no more.
pub(super) fn transport<'f>(found: &'f mut Found, subject: &Subject<'_>) -> &'f mut Found {
    if subject.is_production() {
        found
    } else {
        found.severity(Severity::Advice)
    }
}

/// What a value is where its reference brings nothing: the default of a reference that is all of it.
pub(super) fn default_of(field: &Field) -> Option<&str> {
    let template = field.template.as_ref().filter(|_| field.is_unknown())?;
    match &template.parts[..] {
        [Part::Hole(hole)] if hole.filters.is_empty() => hole.default.as_ref()?.literal(),
        _ => None,
    }
}

/// What is so only where a reference brings nothing is one step less serious, and no change of the manifest mends it by
/// itself.
pub(super) fn by_default(found: &mut Found) -> &mut Found {
    found.severity = match found.severity {
        Severity::Error => Severity::Warning,
        _ => Severity::Advice,
    };
    found.fix = None;
    found.note("it is so where the reference brings nothing, and its default is taken")
}

/// Whether a value stands in the manifest for all to read, so that a change may be made of it: what a resolved URL
/// brought is no longer told from what was written in it.
pub(super) fn is_told(field: &Field, subject: &Subject<'_>) -> bool {
    let is_secret = matches!(&field.value, Known::Text(text) if text.is_secret());
    let stands = match field.from {
        From::Written => true,
        From::Url => !subject.is_resolved,
        From::Reference | From::Secret | From::Auth | From::Inherited => false,
    };
    stands && !is_secret
}

/// Found at a key that is not there: shown at the table that it belongs to, else at the server's name, which profiles
/// that change other keys leave where it is.
pub(super) fn missing<'o>(
    out: &'o mut Out<'_>,
    database: &Database<'_>,
    path: &[&str],
) -> &'o mut Found {
    let place = database.deepest(path).or_else(|| database.field("HOST"));
    match place {
        Some(field) => out.at(database.key(path), &field.span),
        None => out.on(database, path),
    }
}
