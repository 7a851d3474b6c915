//! Lists of secrets and of versions, in pages with a `nextLink`. They hold no values.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answers::bad_parameter;
use super::{Entry, Store};
use crate::exchange::{Answer, Ask};

/// The most that one page holds, and how many it holds unless `maxresults` asks for less.
const PAGE: usize = 25;

/// `GET /secrets`
pub(super) fn secrets(store: &Store, ask: &Ask) -> Answer {
    let items = store.secrets.iter().filter_map(|(name, entry)| {
        let id = format!("{}/secrets/{name}", ask.origin());
        Some(entry.version("")?.item(&id))
    });
    page(ask, items.collect())
}

/// `GET /secrets/{name}/versions`; of a secret that does not exist there are none.
pub(super) fn versions(entry: Option<&Entry>, ask: &Ask, name: &str) -> Answer {
    let mut versions: Vec<_> = entry
        .iter()
        .flat_map(|entry| &entry.versions)
        .map(|version| {
            let id = format!("{}/secrets/{name}/{}", ask.origin(), version.id);
            (version.id.clone(), version.item(&id))
        })
        .collect();
    // The service sorts them by their ids, not by their age.
    versions.sort_by(|one, other| one.0.cmp(&other.0));
    page(ask, versions.into_iter().map(|(_, item)| item).collect())
}

fn page(ask: &Ask, items: Vec<Value>) -> Answer {
    let size = match ask.parameter("maxresults") {
        None => PAGE,
        Some(text) => match text.parse() {
            Ok(size) if (1..=PAGE).contains(&size) => size,
            _ => {
                return bad_parameter(&format!(
                    "Invalid maxresults value. It must be between 1 and {PAGE}."
                ));
            }
        },
    };
    let skip = match ask.parameter("$skiptoken") {
        None => 0,
        Some(text) => match skipped(&text) {
            Some(skip) => skip,
            None => return bad_parameter("Invalid continuation token."),
        },
    };
    let more = items.len() > skip.saturating_add(size);
    let next = more.then(|| {
        let version = ask.parameter("api-version").unwrap_or_default();
        let token = URL_SAFE_NO_PAD.encode(format!("skip:{}", skip + size));
        // The service names the port here, though nowhere else.
        let port = if ask.is_local() { "" } else { ":443" };
        format!(
            "{}{port}{}?api-version={version}&$skiptoken={token}&maxresults={size}",
            ask.origin(),
            ask.path
        )
    });
    let value: Vec<_> = items.into_iter().skip(skip).take(size).collect();
    Answer::json(200, &json!({ "value": value, "nextLink": next }))
}

fn skipped(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix("skip:")?.parse().ok()
}
