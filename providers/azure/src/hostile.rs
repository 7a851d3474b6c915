//! Whatever a server or a file says, reading it never panics and shows none of it.

use std::time::SystemTime;

use azure_core::Bytes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;

use crate::{claims::Claims, error};

/// No code: those are single words, and shown.
const MARKER: &str = "hunter 2";

fn request(token: &str) -> http::Request<Bytes> {
    let mut request = http::Request::get("https://shop.vault.azure.net/secrets/db/");
    if let Ok(value) = http::HeaderValue::from_str(&format!("Bearer {token}")) {
        request = request.header("authorization", value);
    }
    request.body(Bytes::new()).unwrap()
}

fn answer(status: u16, challenge: &str, body: String) -> http::Response<Bytes> {
    let mut answer = http::Response::builder().status(status);
    if let Ok(value) = http::HeaderValue::from_str(challenge) {
        answer = answer
            .header("www-authenticate", value.clone())
            .header("retry-after", value);
    }
    answer.body(Bytes::from(body)).unwrap()
}

/// JSON of the shape that errors have, with anything in its places.
fn error_body() -> impl Strategy<Value = String> {
    let place = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "\\PC{0,20}".prop_map(|text| serde_json::json!(text + MARKER).to_string()),
        Just("null".to_owned()),
        Just("[1]".to_owned()),
        Just("{\"code\":\"x hunter 2\"}".to_owned()),
    ];
    (place.clone(), place.clone(), place.clone(), place).prop_map(|(a, b, c, d)| {
        format!(
            "{{\"error\":{{\"code\":{a},\"innererror\":{b}}},\"error_codes\":[{c}],\"error_description\":{d}}}"
        )
    })
}

proptest! {
    #[test]
    fn a_token_of_anything_is_read_or_not(text in "\\PC{0,80}", payload in prop::collection::vec(any::<u8>(), 0..80)) {
        drop(Claims::read(&text));
        let payload = URL_SAFE_NO_PAD.encode(payload);
        if let Some(claims) = Claims::read(&format!("a.{payload}.b")) {
            drop(claims.check("https://vault.azure.net", SystemTime::now()));
        }
    }

    #[test]
    fn times_of_anything_are_checked(nbf in any::<u64>(), exp in any::<u64>()) {
        let payload = serde_json::json!({"aud": "x", "nbf": nbf, "exp": exp});
        let claims = Claims::read(&format!("a.{}.b", error::encoded(&payload))).unwrap();
        drop(claims.check("x", SystemTime::now()));
    }

    #[test]
    fn an_answer_of_anything_is_told_without_its_words(
        status in prop_oneof![Just(401_u16), Just(403), Just(429), 400_u16..600],
        challenge in prop_oneof![
            "\\PC{0,60}",
            "(Bearer )?(authorization=\"https://[a-z]{0,5}/[a-z]{0,5}\"(, ?)?)?(resource|scope)=\"?(https://)?[a-z.]{0,20}\"?",
        ],
        body in prop_oneof!["\\PC{0,60}", error_body()],
        token in "[a-z.]{0,30}",
    ) {
        let (asked, answered) = (request(&token), answer(status, &challenge, body));
        for judge in [error::vault, error::token, error::metadata] {
            if let Some(error) = judge(&asked, &answered) {
                let shown = format!("{error:?}");
                prop_assert!(!shown.contains(MARKER), "{}", shown);
            }
        }
    }
}
