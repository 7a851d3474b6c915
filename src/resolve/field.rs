//! `#field`: one value out of a secret that is JSON. Only the value picked is copied.

use std::collections::HashMap;

use nuages_provider::{SecretValue, Versions};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Why there is no such field. No part of the value is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldError {
    /// The secret is not JSON, or not of the kind the field needs.
    NotStructured,
    /// It is, and has no such field; a field that is `null` is none.
    Missing,
}

/// The field of a JSON text: `name` is a top-level key, `/a/b` a pointer by RFC 6901. A string gives its text,
/// anything else its JSON, as it was written.
pub(super) fn pick(json: &[u8], field: &str) -> Result<Zeroizing<Vec<u8>>, FieldError> {
    let mut value: &RawValue =
        serde_json::from_slice(json).map_err(|_| FieldError::NotStructured)?;
    if field.starts_with('/') {
        for token in field.split('/').skip(1) {
            value = step(value, &token.replace("~1", "/").replace("~0", "~"))?;
        }
    } else {
        value = step(value, field)?;
    }
    match value.get() {
        "null" => Err(FieldError::Missing),
        text if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).map_err(|_| FieldError::NotStructured)?;
            Ok(Zeroizing::new(text.into_bytes()))
        }
        text => Ok(Zeroizing::new(text.as_bytes().to_vec())),
    }
}

/// The field of each text in a list of versions, as such a list. A version without it is left out, unless all are: then
/// the name is a wrong one.
#[expect(
    clippy::disallowed_methods,
    reason = "the value is put into its template here"
)]
pub(super) fn pick_of_each(json: &[u8], field: &str) -> Result<Zeroizing<Vec<u8>>, FieldError> {
    let versions = texts(json).ok_or(FieldError::NotStructured)?;
    let mut picked = Vec::with_capacity(versions.len());
    for version in &versions {
        match pick(version.as_bytes(), field) {
            Ok(mut value) => picked.push(SecretValue::new(std::mem::take(&mut *value))),
            Err(FieldError::Missing) => {}
            Err(error) => return Err(error),
        }
    }
    if picked.is_empty() && !versions.is_empty() {
        return Err(FieldError::Missing);
    }
    let list = Versions::write(&picked).map_err(|_| FieldError::NotStructured)?;
    Ok(Zeroizing::new(list.expose().to_vec()))
}

/// The texts of a list of versions.
pub(super) fn texts(json: &[u8]) -> Option<Vec<Zeroizing<String>>> {
    let items: Vec<&RawValue> = serde_json::from_slice(json).ok()?;
    let text = |item: &RawValue| serde_json::from_str(item.get()).map(Zeroizing::new).ok();
    items.into_iter().map(text).collect()
}

fn step<'a>(value: &'a RawValue, token: &str) -> Result<&'a RawValue, FieldError> {
    match value.get().as_bytes().first() {
        Some(b'{') => {
            let object: HashMap<String, &RawValue> =
                serde_json::from_str(value.get()).map_err(|_| FieldError::NotStructured)?;
            object.get(token).copied().ok_or(FieldError::Missing)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> =
                serde_json::from_str(value.get()).map_err(|_| FieldError::NotStructured)?;
            let is_index = token == "0"
                || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
            let index = token.parse::<usize>().ok().filter(|_| is_index);
            index
                .and_then(|index| items.get(index).copied())
                .ok_or(FieldError::Missing)
        }
        _ => Err(FieldError::NotStructured),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str, field: &str) -> Result<String, FieldError> {
        pick(json.as_bytes(), field).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn keys_and_pointers_find_their_value() {
        let json = r#" {"a": {"b/c": [1, {"d~": "x\u00e9\n"}]}, "n": 1.50, "": "e", "t": true, "z": null} "#;
        assert_eq!(text(json, "/a/b~1c/1/d~0").unwrap(), "xé\n");
        assert_eq!(text(json, "/a/b~1c/0").unwrap(), "1");
        assert_eq!(text(json, "n").unwrap(), "1.50");
        assert_eq!(text(json, "/").unwrap(), "e");
        assert_eq!(text(json, "t").unwrap(), "true");
        assert_eq!(
            text(json, "a").unwrap(),
            r#"{"b/c": [1, {"d~": "x\u00e9\n"}]}"#
        );
    }

    #[test]
    fn each_version_has_its_own_field() {
        let each = |json: &str| {
            pick_of_each(json.as_bytes(), "k").map(|list| String::from_utf8(list.to_vec()).unwrap())
        };
        let versions = r#"["{\"k\": \"n\\\"w\"}", "{}", "{\"k\": 1}"]"#;
        assert_eq!(each(versions).unwrap(), r#"["n\"w","1"]"#);
        assert_eq!(each("[]").unwrap(), "[]");
        assert_eq!(each(r#"["{}", "{}"]"#), Err(FieldError::Missing));
        assert_eq!(each(r#"["plain"]"#), Err(FieldError::NotStructured));
        assert_eq!(each(r#"[{"k": "n"}]"#), Err(FieldError::NotStructured));
        assert_eq!(each("plain"), Err(FieldError::NotStructured));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_cannot_be() {
        assert_eq!(text("{\"z\": null}", "z"), Err(FieldError::Missing));
        assert_eq!(text("{}", "z"), Err(FieldError::Missing));
        assert_eq!(text("[1]", "/01"), Err(FieldError::Missing));
        assert_eq!(text("[1]", "/-"), Err(FieldError::Missing));
        assert_eq!(text("hunter2", "z"), Err(FieldError::NotStructured));
        assert_eq!(text("\"hunter2\"", "z"), Err(FieldError::NotStructured));
        assert_eq!(text("{\"a\": 1} x", "a"), Err(FieldError::NotStructured));
    }
}
