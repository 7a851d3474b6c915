//! What `op` says on its error output, as our own errors: it ends with the same status for every failure. Its words are
//! looked at and never shown. What it says in words that are not known here is never taken for "does not exist".

use nuages_provider::{Error, ErrorKind, Retry};

use crate::command::process::{self, Finished};

/// What a failure is, its words in `op`'s own text, what to say and what to do.
struct Words {
    kind: ErrorKind,
    any_of: &'static [&'static str],
    message: &'static str,
    hint: Option<&'static str>,
}

/// The first that fits. A name among the words may read like one of the later ones, and like none of the first: it has no
/// apostrophe.
const WORDS: &[Words] = &[
    Words {
        kind: ErrorKind::NotFound,
        any_of: &[
            "isn't a vault",
            "isn't an item",
            "isn't a field",
            "does not have a field",
        ],
        message: "1Password has no such vault, item or field that we may see",
        hint: None,
    },
    Words {
        kind: ErrorKind::Unauthenticated,
        any_of: &[
            "not currently signed in",
            "not signed in",
            "no accounts configured",
            "session expired",
            "authorization prompt dismissed",
            "authorization timeout",
            "(401)",
            "unauthorized",
            "invalid service account token",
        ],
        message: "1Password takes no login from here",
        hint: Some("`op signin`, or a service account's token in `OP_SERVICE_ACCOUNT_TOKEN`"),
    },
    Words {
        kind: ErrorKind::PermissionDenied,
        any_of: &[
            "(403)",
            "forbidden",
            "do not have permission",
            "don't have permission",
        ],
        message: "1Password denies access",
        hint: Some("`op whoami` shows the identity in use"),
    },
    Words {
        kind: ErrorKind::RateLimited,
        any_of: &["(429)", "too many requests", "rate limit"],
        message: "1Password limits the rate of requests",
        hint: None,
    },
    Words {
        kind: ErrorKind::Unavailable,
        any_of: &[
            "network",
            "dial tcp",
            "no such host",
            "connection refused",
            "timeout",
            "(500)",
            "(502)",
            "(503)",
            "cannot connect to 1password app",
        ],
        message: "1Password cannot be reached",
        hint: None,
    },
    Words {
        kind: ErrorKind::InvalidReference,
        any_of: &[
            "invalid secret reference",
            "more than one item matches",
            "more than one vault",
        ],
        message: "1Password does not take this for one secret",
        hint: Some("what has a name that others have too goes by its ID"),
    },
];

/// The error of a run that failed; `what` was asked for.
pub(super) fn of(finished: &Finished, what: &str) -> Error {
    let said = unquoted(&String::from_utf8_lossy(&finished.error_output));
    let known = WORDS
        .iter()
        .find(|words| words.any_of.iter().any(|part| said.contains(part)));
    let Some(known) = known else {
        let ending = process::ending(finished.status);
        return Error::new(ErrorKind::Unavailable, format!("`op` {ending} for {what}")).with_hint(
            "its error output is not shown, as it may hold a secret: run `op read` by hand",
        );
    };
    let mut error = Error::new(known.kind, format!("{}: {what}", known.message));
    if let Some(hint) = known.hint {
        error = error.with_hint(hint);
    }
    match known.kind {
        ErrorKind::RateLimited | ErrorKind::Unavailable => error.with_retry(Retry::Later),
        _ => error,
    }
}

/// In lower case, without what stands in quotes: a vault may be called `network`.
fn unquoted(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for (place, part) in text.split('"').enumerate() {
        if place % 2 == 0 {
            words.push_str(part);
        }
    }
    // `'op://vault/item/field'`: an apostrophe in a word is no quote.
    let mut rest = words.as_str();
    let mut kept = String::with_capacity(words.len());
    while let Some(start) = rest.find("'op://") {
        kept.push_str(&rest[..start]);
        rest = rest[start + 1..]
            .split_once('\'')
            .map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.to_lowercase()
}
