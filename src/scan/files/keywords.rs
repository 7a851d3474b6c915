//! What the prefilter looks for on behalf of files. By itself: `build.rs` reads it too.

/// Lower-case text that asks for a closer look whatever the file's name.
pub(crate) const KEYWORDS: &[&str] = &[
    "kind: secret",
    "kind: \"secret\"",
    "\"kind\": \"secret\"",
    "\"kind\":\"secret\"",
    "client-key-data",
    "\"auths\"",
    "identified by",
    "\"authorized_user\"",
    "requirepass",
    "masterauth",
];
