//! What a password beside a user's name, a flag or a key is worth: a reference, a placeholder, a word, or what a generator
//! made. Its place says that it is a password; so only its own look is judged.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::{Candidate, Validation, token::class};
use crate::scan::entropy;

/// What a password looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing, a variable, a template's field, a format's argument.
    Reference,
    /// What documentation writes where a password goes.
    Placeholder,
    /// Something a person thought of.
    Plain,
    /// What a generator makes.
    Random,
}

/// What a password alone is worth (`curl -u user:…`, `sshpass -p …`).
pub(crate) fn alone(candidate: &Candidate<'_>) -> Validation {
    match look(candidate.secret) {
        Look::Reference => Validation::NotSecret,
        Look::Placeholder => Validation::Example("a placeholder"),
        Look::Plain => Validation::Unknown,
        Look::Random => Validation::Valid("it looks random"),
    }
}

/// Words that stand for a password: the whole password is one of them.
const WORDS: &[&str] = &[
    "",
    "abc",
    "abcd",
    "admin",
    "bar",
    "baz",
    "blank",
    "clave",
    "credentials",
    "dbpass",
    "dbpasswd",
    "dbpassword",
    "default",
    "demo",
    // What Azure's App Service has every image set for root, whom only its own gateway reaches.
    "docker!",
    "dummy",
    "empty",
    "example",
    "fake",
    "false",
    "foo",
    "foobar",
    "guest",
    "hidden",
    "hunter2",
    "key",
    "login",
    "masked",
    "mongo",
    "motdepasse",
    "mypass",
    "mypasswd",
    "mypassword",
    "mysecret",
    "mysecretpassword",
    "mysql",
    "mytoken",
    "nil",
    "none",
    "null",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "postgres",
    "postgresql",
    "pwd",
    "qux",
    "rabbitmq",
    "redacted",
    "redis",
    "removed",
    "root",
    "sample",
    "secret",
    "secretpassword",
    "sekret",
    "senha",
    "somepassword",
    "string",
    "test",
    "testing",
    "testpass",
    "testpassword",
    "thepassword",
    "token",
    "true",
    "undefined",
    "unused",
    "user",
    "username",
    "userpass",
    "userpassword",
    "value",
    "verysecret",
    "xoauthbasic",
    "xyz",
];

/// Text that only placeholders have.
const PARTS: &[&str] = &[
    "changeme",
    "changethis",
    "example",
    "insert",
    "notasecret",
    "notsecret",
    "placeholder",
    "redacted",
    "replace",
    "your",
    "xxxx",
    "****",
    "todo",
];

/// What a password looks like, as it stands or percent-encoded.
pub(super) fn look(password: &[u8]) -> Look {
    let raw = password;
    let password: Cow<'_, [u8]> = percent_decode(raw).into();
    if is_reference(raw) || is_reference(&password) {
        return Look::Reference;
    }
    if is_placeholder(&password) {
        return Look::Placeholder;
    }
    if is_random(&password) {
        Look::Random
    } else {
        Look::Plain
    }
}

fn is_reference(password: &[u8]) -> bool {
    let (Some(first), Some(last)) = (password.first(), password.last()) else {
        return true;
    };
    let has = |part: &[u8]| password.windows(part.len()).any(|window| window == part);
    let is_name = |name: &[u8]| {
        !name.is_empty()
            && name
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    // In a compose file a variable of the shell has two signs.
    let variable = password.strip_prefix(b"$$").or(password.strip_prefix(b"$"));
    variable.is_some_and(|name| name.is_empty() || is_name(name))
        || (password.len() > 2
            && matches!(
                (first, last),
                (b'{', b'}') | (b'[', b']') | (b'<', b'>') | (b'%', b'%')
            ))
        || has(b"${")
        || has(b"$(")
        || has(b"{{")
        || has(b"#{")
        || has(b"<%")
        || has(b"%(")
        || matches!(password, b"%s" | b"%d" | b"%v" | b"%r" | b"{}" | b"?")
        || password.starts_with(b"__") && password.ends_with(b"__") && password.len() > 4
        || password.starts_with(b"@@") && password.ends_with(b"@@") && password.len() > 4
}

fn is_placeholder(password: &[u8]) -> bool {
    let plain: String = password
        .iter()
        .filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b' '))
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    // `hunter2` and `secret1` are what people write in examples; longer numbers somebody may have meant.
    let word = plain
        .strip_suffix(|end: char| end.is_ascii_digit())
        .unwrap_or(&plain);
    let is_name = password
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'));
    password.len() < 3
        || password.iter().all(|byte| Some(byte) == password.first())
        || WORDS.binary_search(&plain.as_str()).is_ok()
        || WORDS.binary_search(&word).is_ok()
        || PARTS.iter().any(|part| plain.contains(part))
        || password.ends_with(b"...")
        || password.ends_with("…".as_bytes())
        || is_name
            && ["PASS", "PWD", "SECRET", "TOKEN", "KEY", "CRED"]
                .iter()
                .any(|part| plain.to_ascii_uppercase().contains(part))
}

/// Long enough, without much order, and going to and fro between kinds of characters: `x7Kq9Lm2` does, `Winter2024!` not.
fn is_random(password: &[u8]) -> bool {
    let turns = password
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    let has_digit = password.iter().any(u8::is_ascii_digit);
    let has_letter = password.iter().any(u8::is_ascii_alphabetic);
    password.len() >= 10
        && has_letter
        && (turns * 3 >= password.len() || has_digit && turns >= 4)
        && entropy::bits(password) >= 2.8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn variables_and_fields_are_references() {
        for password in [
            "",
            "$PASSWORD",
            "${DB_PASSWORD}",
            "$(cat pw)",
            "$$DB_PASSWORD",
            "{password}",
            "{{password}}",
            "%s",
            "%(password)s",
            "<password>",
            "[password]",
            "%DB_PASS%",
            "#{pw}",
            "%7Bpassword%7D",
            "__PASSWORD__",
            "{}",
        ] {
            assert_eq!(look(password.as_bytes()), Look::Reference, "{password}");
        }
    }

    #[test]
    fn what_documentation_writes_is_a_placeholder() {
        for password in [
            "password",
            "secret",
            "Password1",
            "my-password",
            "changeme",
            "change_me",
            "YOUR-PASSWORD",
            "xxxxxxxx",
            "****",
            "pw",
            "PASSWORD",
            "DB_PASSWORD",
            "postgres",
            "your_db_password",
            "aaaaaaa",
            "abc...",
            "Docker!",
        ] {
            assert_eq!(look(password.as_bytes()), Look::Placeholder, "{password}");
        }
    }

    #[test]
    fn words_are_plain_and_generated_ones_random() {
        for password in ["sunshine", "Winter2024!", "django_rocks", "correcthorse"] {
            assert_eq!(look(password.as_bytes()), Look::Plain, "{password}");
        }
        for password in ["x7Kq9Lm2Pw4z", "9f8a7b6c5d4e", "aB3%24dE5fG7h"] {
            assert_eq!(look(password.as_bytes()), Look::Random, "{password}");
        }
    }
}
