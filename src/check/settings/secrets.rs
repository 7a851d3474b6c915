//! Which of the evaluated settings are secrets: to mask them in what is told, and to find them where Django would show them.

use percent_encoding::percent_decode_str;

use crate::{
    check::subject::{Field, Known},
    django::mssql::{extra_params, keywords},
    redact::{common::is_everybodys, is_too_short},
    scan::words::{Look, bearing, look},
};

/// Every secret of the settings, once or more.
pub(super) fn of(fields: &[Field]) -> Vec<String> {
    let mut all = Vec::new();
    for field in fields {
        collect(field, false, &mut all);
    }
    all.retain(|secret| !is_too_short(secret.as_bytes()) && !is_everybodys(secret.as_bytes()));
    all.sort_unstable();
    all.dedup();
    all
}

fn collect(field: &Field, is_within: bool, all: &mut Vec<String>) {
    let is_secret = is_within || bearing(&field.name).is_some();
    match &field.value {
        Known::List(fields) | Known::Table(fields) => {
            for below in fields {
                collect(below, is_secret, all);
            }
        }
        Known::Text(text) if is_secret => all.push(text.expose().to_owned()),
        Known::Number(number) if is_secret => all.push(number.clone()),
        Known::Text(text) => {
            let text = text.expose();
            all.extend(in_address(text));
            all.extend(in_params(&field.name, text));
            // What Django hides by its name, and looks like what a generator makes.
            if super::is_hidden(&field.name) && look(text) == Look::Random {
                all.push(text.to_owned());
            }
        }
        _ => {}
    }
}

/// The password of an address, as it is written and as it is meant.
pub(in crate::check) fn in_address(text: &str) -> Vec<String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Vec::new();
    };
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    if !scheme.chars().all(is_scheme) || text.contains(char::is_whitespace) {
        return Vec::new();
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else {
        return Vec::new();
    };
    let secret = match login.split_once(':') {
        Some((_, password)) => password,
        // A token in the place of a user: `https://key@sentry.example/1`.
        None if scheme.starts_with("http") && login.len() >= 16 => login,
        None => return Vec::new(),
    };
    if secret.is_empty() {
        return Vec::new();
    }
    let meant = percent_decode_str(secret).decode_utf8_lossy();
    let mut all = vec![secret.to_owned()];
    if meant != secret {
        all.push(meant.into_owned());
    }
    all
}

/// The secrets in text that the ODBC driver reads.
pub(in crate::check) fn in_params(name: &str, text: &str) -> Vec<String> {
    if name != "extra_params" {
        return Vec::new();
    }
    let is_secret =
        |keyword: &str| matches!(keywords::find(keyword), Some("PWD" | "KeyStoreSecret"));
    let Ok(params) = extra_params::read(text) else {
        // What cannot be read is a secret as a whole.
        return vec![text.to_owned()];
    };
    let params = params.into_iter();
    params
        .filter(|param| is_secret(param.keyword))
        .filter_map(|param| Some(param.value?.to_string()))
        .filter(|value| !value.is_empty())
        .collect()
}
