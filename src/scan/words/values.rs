//! What a literal says about itself: nothing to hide, a placeholder, a password somebody thought of, a generator's work.

use std::sync::LazyLock;

use super::{
    Look, bearing,
    nouns::{Words, words},
    placeholders::{is_placeholder, is_row},
    random::is_random,
    references::is_reference,
    split,
};

/// A value longer than that is no secret by the name beside it; keys in armour have rules of their own.
const LONGEST: usize = 8192;

/// What a literal looks like.
#[must_use]
pub fn look(value: &str) -> Look {
    let value = value.trim();
    if is_key_of_django(value) {
        return Look::Random;
    }
    if value.len() < 3
        || value.len() > LONGEST
        || is_nothing(value)
        || is_reference(value)
        || is_markup(value)
    {
        return Look::NotSecret;
    }
    if let Some(rest) = value.strip_prefix("django-insecure-") {
        // What `startproject` makes: the settings' own key, to be replaced, and in use until then.
        return if is_random(rest) {
            Look::Random
        } else {
            Look::Placeholder
        };
    }
    if is_label(value) || is_constant(value) {
        return Look::NotSecret;
    }
    if is_address(value) {
        return Look::Plain;
    }
    if is_placeholder(value) || is_word_for_secret(value) {
        return Look::Placeholder;
    }
    if is_uuid(value) {
        return Look::Plain;
    }
    if value.contains([' ', '\n', '\t']) {
        return look_at_words(value);
    }
    if is_number_like(value)
        || is_list_of_rules(value)
        || is_mail_address(value)
        || is_file_name(value)
    {
        return Look::NotSecret;
    }
    if is_random(value) || is_hex_key(value) {
        return Look::Random;
    }
    if is_identifier(value) || is_path(value) {
        return Look::NotSecret;
    }
    Look::Plain
}

/// What `startproject` and `get_random_secret_key` make: 50 signs of their alphabet, any of which can stand anywhere, also
/// where they would open a pattern, a reference or brackets. The alphabet itself is none.
fn is_key_of_django(value: &str) -> bool {
    (40..=64).contains(&value.len())
        && value.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!@#$%^&*(-_=+)".contains(&byte)
        })
        && value.bytes().any(|byte| b"!@#$%^&*(+)".contains(&byte))
        && is_random(value)
        && !is_row(value)
}

/// HTML, XML, regular expressions, JSON.
fn is_markup(value: &str) -> bool {
    const MARKS: &[&str] = &[
        "</", "/>", "(?P<", "(?:", "[^", "\\d", "\\w", "\\s", "[a-z", "[A-Z", "[0-9", "&nbsp;",
        "&lt;", "&gt;",
    ];
    // Signs that a generated password may hold as well.
    const SIGNS: &[&str] = &[".*", ".+", "=>"];
    MARKS.iter().any(|mark| value.contains(mark))
        || SIGNS.iter().any(|mark| value.contains(mark))
            && (!is_random(value) || value.contains(['[', '(', '\\', '|', ' ']))
        || value.starts_with('^') && value.ends_with('$')
        || value.starts_with('{') && value.ends_with('}')
        || value.starts_with("[\"")
        || value.starts_with('<') && value.contains("=\"")
        || [
            "application/",
            "text/",
            "image/",
            "multipart/",
            "audio/",
            "video/",
        ]
        .iter()
        .any(|kind| value.starts_with(kind))
}

/// `New password`, `Your API key:`.
fn is_label(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes[0].is_ascii_uppercase()
        && bytes[1..].contains(&b' ')
        && bytes[1..].iter().any(u8::is_ascii_lowercase)
        && bytes.iter().all(|&byte| {
            byte.is_ascii_alphabetic() || b" -'():.,?!*".contains(&byte) || byte >= 0x80
        })
}

/// Words of sentences and labels, which are told to a person.
static TOLD: Words = LazyLock::new(|| {
    words(
        "\
    a an the is are be was your you we our this that must should can cannot not no to for of with from in on at or \
    and if it as by has have please enter new old confirm forgot reset change select where invalid required field \
    user log sign set update create delete missing error via",
    )
});

/// Words with blanks between: a sentence or a label, unless it is a phrase of words with nothing that a person is told.
fn look_at_words(value: &str) -> Look {
    let words: Vec<&str> = value.split_whitespace().collect();
    if words.len() == 1 {
        return look(words[0]);
    }
    let is_told = |word: &&str| {
        let lower = word
            .trim_matches(|letter: char| letter.is_ascii_punctuation())
            .to_lowercase();
        TOLD.contains(lower.as_str()) || bearing(&lower).is_some()
    };
    if words.iter().any(is_told)
        || value.contains('\n')
        || value.ends_with(['.', ':', '?', '…'])
        || words.len() > 12
    {
        return Look::NotSecret;
    }
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && words.len() <= 3 && words.iter().any(|word| is_random(word)) {
        return Look::Random;
    }
    let is_phrase = words.len() >= 4
        && words
            .iter()
            .all(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    if is_phrase {
        Look::Plain
    } else {
        Look::NotSecret
    }
}

/// `0x` and twenty bytes: where money goes on a block chain, for everybody to see.
fn is_address(value: &str) -> bool {
    value.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

/// Sixteen hex digits and more; by chance few of their pairs are unusual ones.
fn is_hex_key(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() >= 16
        && digits >= 2
        && digits < value.len()
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What says that there is nothing: truth values and the like.
fn is_nothing(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "none",
        "null",
        "nil",
        "true",
        "false",
        "yes",
        "n/a",
        "undefined",
        "auto",
        "optional",
        "required",
        "disabled",
        "enabled",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Short numbers, dates, versions and bounds of them, network addresses.
fn is_number_like(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_numeric = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".-:/+,TZv=<>~^* ".contains(&byte));
    is_numeric && (digits < 4 || digits < value.len())
}

/// `required|string|min:8`.
fn is_list_of_rules(value: &str) -> bool {
    let is_rule = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:,".contains(&byte)
            })
    };
    value.split('|').count() > 2 && value.split('|').all(is_rule) && !is_random(value)
}

fn is_mail_address(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else {
        return false;
    };
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_+".contains(&byte)
            })
    };
    is_plain(user)
        && is_plain(host)
        && host.split('.').count() >= 2
        && host.rsplit('.').next().is_some_and(|top| top.len() >= 2)
}

fn is_file_name(value: &str) -> bool {
    const ENDS: &[&str] = &[
        ".pem", ".key", ".json", ".txt", ".yml", ".yaml", ".crt", ".cer", ".env", ".py", ".html",
        ".toml", ".ini", ".cfg", ".conf", ".p12", ".pfx", ".jks", ".pub", ".gpg", ".asc", ".xml",
        ".js", ".ts", ".tsx", ".css", ".md", ".sh", ".php", ".svg", ".png", ".mo", ".po", ".com",
        ".org", ".net", ".local",
    ];
    ENDS.iter().any(|end| value.ends_with(end))
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/~\\:".contains(&byte))
}

/// `/run/secrets/db`, `./keys`, `auth/login`, `django.contrib.auth`, `smtp.mail.net`.
fn is_path(value: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:<>~".contains(&byte))
            && !part.starts_with(|first: char| first.is_ascii_digit())
    };
    let parts = |separator: char| {
        value
            .split(separator)
            .filter(|part| !part.is_empty())
            .count()
    };
    let is_rooted = value.starts_with(['/', '~'])
        || value.starts_with("./")
        || value.starts_with("../")
        || value.get(1..3) == Some(":\\");
    let slashed = value
        .trim_start_matches(['.', '~'])
        .split('/')
        .filter(|part| !part.is_empty())
        .all(is_word);
    let dotted = value
        .split('.')
        .all(|part| is_word(part) && !part.contains('-') || part.len() > 2 && is_word(part));
    slashed && (is_rooted || parts('/') >= 2)
        || parts('.') >= 3 && dotted
        || parts('.') == 2 && dotted && value.split('.').any(|part| bearing(part).is_some())
        || value.contains("::") && value.split("::").all(is_word)
}

/// `Passwort`, `contraseña`: the word for a password, in whatever language.
fn is_word_for_secret(value: &str) -> bool {
    value.chars().all(char::is_alphabetic) && split(value).len() == 1 && bearing(value).is_some()
}

/// `DB_PASSWORD`, a name of a variable.
fn is_constant(value: &str) -> bool {
    value.contains('_')
        && value.starts_with(|first: char| first.is_ascii_uppercase())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        && !is_random(value)
}

/// A name of something: `password_reset_done`, `accessToken`, `id_token`.
fn is_identifier(value: &str) -> bool {
    let is_name = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
    if !is_name || value.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let words = split(value);
    let has_upper = value.bytes().any(|byte| byte.is_ascii_uppercase());
    let says_secret = words.iter().any(|word| {
        bearing(word).is_some() || matches!(word.as_str(), "key" | "auth" | "login" | "pass")
    });
    words.len() > 1 && says_secret && (!has_upper || !value.contains(['_', '-']))
}
