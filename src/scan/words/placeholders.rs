//! Values that stand for one to be filled in: `changeme`, `<your key>`, `xxxx`, and those made of filler words only.

use std::sync::LazyLock;

use super::{
    nouns::{Words, words},
    random::is_random,
    split,
};

/// Parts of a value that nobody would use in earnest.
const PLACEHOLDER_PARTS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "change me",
    "changethis",
    "change-this",
    "change_this",
    "changeit",
    "change-it",
    "replaceme",
    "replace-",
    "replace_",
    "replacewith",
    "replace this",
    "placeholder",
    "example",
    "dummy",
    "xxxx",
    "****",
    "....",
    "____",
    "----",
    "your-",
    "your_",
    "your ",
    "yoursecret",
    "yourpassword",
    "yourkey",
    "yourtoken",
    "yourapi",
    "fill-in",
    "fill_in",
    "fillme",
    "fill in",
    "not-a-secret",
    "notasecret",
    "not_a_secret",
    "not-so-secret",
    "redacted",
    "0000000",
    "1111111",
    "lorem",
    "set-me",
    "setme",
    "set_me",
    "enter-",
    "enter_",
    "put-",
    "put_",
    "to-be-",
    "to_be_",
    "goes-here",
    "goes_here",
    "goeshere",
    "-here",
    "_here",
    " here",
    "my-secret",
    "my_secret",
    "foobar",
    "abcdefgh",
    "deadbeef",
    "whatever",
    "somesecret",
    "some-secret",
    "some_secret",
    "…",
    "keep-this-secret",
    "do-not-use",
    "donotuse",
    "insecure-",
    // The same in the languages of many projects.
    "insira",
    "coloque",
    "sua-chave",
    "sua_chave",
    "sua-senha",
    "sua_senha",
    "tu-clave",
    "tu_clave",
    "su-clave",
    "su_clave",
    "-aqui",
    "_aqui",
    "cambiame",
    "cambiar",
    "remplacer",
    "votre-",
    "votre_",
    "ersetzen",
    "замени",
    "вставь",
];

/// Words of this kind that are also parts of others: `TODOlist`, `hammock`.
const PLACEHOLDER_WORDS: &[&str] = &[
    "todo", "fixme", "tbd", "insert", "removed", "fake", "mock", "sample", "unsafe",
];

/// The alphabet and the digits, row by row: random to look at, and known to all.
const ROWS: [&str; 3] = ["abcdefghijkl", "0123456789abcdef", "1234567890abcdef"];

/// How keys begin that vendors publish: reCAPTCHA's for tests, the storage emulator's, those of the documentation of Stripe
/// and AWS.
const PUBLISHED: &[&str] = &[
    "6LeIxAcTAAAAA",
    "Eby8vdM02x",
    "sk_test_4eC39Hq",
    "wJalrXUtnFEMI",
];

/// Those of them that are said of a secret in use.
const PERSONAL: &[&str] = &["my-secret", "my_secret"];

/// Whether a text in lower case holds the alphabet or the digits in their order.
pub(super) fn is_row(value: &str) -> bool {
    ROWS.iter().any(|row| value.contains(row))
}

/// `changeme`, `<your key>`, `[secret]`, `xxx`, and values made of nothing but filler words.
pub(super) fn is_placeholder(value: &str) -> bool {
    let bytes = value.as_bytes();
    let first = bytes[0];
    let is_enclosed = match (first, bytes[bytes.len() - 1]) {
        (b'<', b'>') => true,
        // A generated one begins and ends with any sign.
        (b'[', b']') | (b'(', b')') | (b'*', b'*') => !is_random(value),
        _ => false,
    };
    if is_enclosed
        || value.ends_with("...") && !is_random(value.trim_end_matches('.'))
        || PUBLISHED.iter().any(|start| value.starts_with(start))
        || bytes.iter().all(|&byte| byte == first)
        || bytes.iter().all(|byte| b"xX*.-_#?+= ".contains(byte))
    {
        return true;
    }
    if value.len() > 96 {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    if is_row(&lower) {
        let [letters, digits @ ..] = ROWS;
        // Digits may be the least part of it.
        let rest = digits
            .iter()
            .fold(lower.clone(), |rest, row| rest.replace(row, ""));
        return lower.contains(letters) || !is_random(&rest);
    }
    // A random text holds `todo` or `tbd` by chance: where it is a part of a word, the rest must not be random.
    let has_part = PLACEHOLDER_PARTS.iter().any(|part| lower.contains(part)) || has_word(value);
    (has_part && !is_random(value)) || is_filler(value)
}

/// Words that say nothing: a value made of them only is a placeholder.
static FILLER: Words = LazyLock::new(|| {
    words(
        "\
    a an and any app api auth access another admin abc bar baz blah bogus bad by change client correct credential \
    credentials database db default demo dev development django dummy e email empty encryption example fake field \
    fixme foo for good here host in insecure insert invalid is it jwt key local long me mock my mysql name new no \
    none not null of old only or pass password passwd passphrase placeholder postgres postgresql private prod \
    production public pw pwd qux random real really redis replace root safe sample secret secrets sentry server \
    signing site so some something spam staging string stub super supersecret t temp temporary test tested tester \
    testing tests testuser text that the this tmp to todo token top undefined unit unittest unknown use user \
    username using valid value very weak whatever with wrong x xx xxx y you your z guest rabbitmq sa mongo minio \
    minioadmin vagrant",
    )
});

/// Filler that asks to be replaced, or says that it is none: nobody runs with it for long.
static ASKING: Words = LazyLock::new(|| {
    words(
        "\
    an bogus by change dummy encryption example fake fixme here in insert invalid mock no none not null of placeholder \
    replace sample stub to todo undefined unknown value with x xx xxx you your unittest safe",
    )
});

/// Whether a value is a password that anybody tries first, and that many a server runs with: `postgres`, `admin`,
/// `secret`, `mysecretkey`, `test123`. Not what asks to be replaced: `changeme`, `your-password`, `example`.
#[must_use]
pub fn is_weak(value: &str) -> bool {
    const KNOWN: &[&str] = &["changeit", "toor"];
    let is_asking = |word: &String| ASKING.contains(word.as_str()) || is_made_of(word, &ASKING);
    KNOWN.contains(&value)
        || is_filler(value)
            && !split(value).iter().any(is_asking)
            && !PLACEHOLDER_PARTS
                .iter()
                .any(|part| !PERSONAL.contains(part) && value.to_ascii_lowercase().contains(part))
            && !has_word(value)
}

fn has_word(value: &str) -> bool {
    let words = split(value);
    words
        .iter()
        .any(|word| PLACEHOLDER_WORDS.contains(&word.as_str()))
}

/// Whether all words of a value are filler: `test-secret`, `my_password1`, `supersecretkey`.
fn is_filler(value: &str) -> bool {
    if value.len() > 64
        || value
            .bytes()
            .any(|byte| !byte.is_ascii_alphanumeric() && !b"_-. !/,:'".contains(&byte))
    {
        return false;
    }
    let words = split(value);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    !words.is_empty()
        && digits <= 4
        && words
            .iter()
            .all(|word| FILLER.contains(word.as_str()) || is_made_of_filler(word))
}

/// Whether a word is filler words written together.
fn is_made_of_filler(word: &str) -> bool {
    is_made_of(word, &FILLER)
}

/// Whether a word is others written together.
fn is_made_of(word: &str, others: &Words) -> bool {
    if word.len() > 40 || !word.is_ascii() {
        return false;
    }
    // Where a filler word may begin.
    let mut reached = vec![false; word.len() + 1];
    reached[0] = true;
    for at in 0..word.len() {
        if reached[at] {
            for filler in others
                .iter()
                .filter(|filler| filler.len() > 1 && word[at..].starts_with(**filler))
            {
                reached[at + filler.len()] = true;
            }
        }
    }
    reached[word.len()]
}
