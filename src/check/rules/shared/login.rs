//! Who logs in, and with what.

use super::default_of;
use crate::{
    check::subject::{Database, Field, Subject},
    django::engine::Family,
    manifest::{Live, Node, entry},
    registry::kind::TOKENS,
    template::Template,
};

/// The login's name: Django hands `OPTIONS` on beneath its own keys for PostgreSQL, and over them for MySQL.
pub(in crate::check::rules) fn user<'d>(database: &'d Database<'_>) -> Option<&'d Field> {
    let key = database.field("USER").filter(|field| !field.is_empty());
    let option = database.option("user").filter(|field| !field.is_empty());
    match database.family {
        Some(Family::Mysql) => option.or(key),
        Some(Family::Postgresql) => key.or(option),
        _ => key,
    }
}

/// The name in lower case, where it is one that a server knows by itself: what `auth` logs in may be a name of a
/// directory, `admin@contoso.com`, and Supavisor wants a project behind it, `postgres.project`. With it, whether it is a
/// reference's default.
pub(in crate::check::rules) fn login_name(
    database: &Database<'_>,
    field: &Field,
) -> Option<(String, bool)> {
    let (text, is_default) = match (field.text(), default_of(field)) {
        (Some(text), _) => (text, false),
        (None, default) => (default?, true),
    };
    let domain = text.split_once('@').map(|(_, domain)| domain);
    if database.method.is_some() && domain.is_some_and(|domain| domain.contains('.')) {
        return None;
    }
    let name = plain(text);
    let name = match name.split_once('.') {
        Some((name, _)) if database.is_at(&[".pooler.supabase.com"]) => name.to_owned(),
        _ => name,
    };
    Some((name, is_default))
}

/// In lower case, without the server that some services wanted behind it.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = name.split(['@', '[']).next().unwrap_or_default();
    name.trim_matches('"').to_owned()
}

/// Whether nuages hands the password over in a file that the driver reads at each connection.
pub(in crate::check::rules) fn is_live(database: &Database<'_>) -> bool {
    let live = database.entry.live.as_ref();
    live.is_some_and(|(live, _)| *live != Live::Not)
}

/// Whether the password is a token, as `auth` brings it, or a reference to a provider of tokens.
pub(in crate::check::rules) fn is_token(database: &Database<'_>, subject: &Subject<'_>) -> bool {
    if database.method.is_some() {
        return true;
    }
    let written = database.field("PASSWORD").and_then(|f| f.template.as_ref());
    let url = database.entry.url.as_ref().map(|item| &item.node);
    let url = match url {
        Some(Node::Text(template)) if written.is_none() => Some(template),
        _ => None,
    };
    written
        .into_iter()
        .chain(url)
        .any(|template| is_from(template, subject))
}

fn is_from(template: &Template, subject: &Subject<'_>) -> bool {
    template.holes().iter().any(|hole| {
        let scheme = hole.reference.scheme();
        let kind = entry(&subject.layer.providers, scheme)
            .and_then(|instance| instance.kind.as_ref())
            .map_or(scheme, |kind| kind.text.as_str());
        TOKENS.contains(&kind)
    })
}
