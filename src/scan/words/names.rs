//! Which names hold secrets. English compounds have their head at the end, and so have names: `password_reset_url` is a
//! URL, `reset_password` a password. So: find the word that means a secret, then see what comes after it.

use super::{
    Bearing,
    nouns::{KEYS, NOT_AFTER, NOT_BEFORE, NOUNS, Nouns, PASS_OF, STILL_AFTER},
    split,
};

/// A name longer than that is no name.
const LONGEST: usize = 128;

/// Whether a name is one that holds secrets: `DB_PASSWORD`, `secretKey`, `api-key`, `EMAIL_HOST_PASSWORD`. `None` for
/// `password_reset_url`, `token_type`, `PASSWORD_HASHERS`, `key_id`.
#[must_use]
pub fn bearing(name: &str) -> Option<Bearing> {
    if name.len() > LONGEST {
        return None;
    }
    let words = split(name);
    let words: Vec<&str> = words.iter().flat_map(|word| unglue(word)).collect();
    let (at, noun) = (0..words.len())
        .rev()
        .find_map(|at| Some((at, noun(&words, at)?)))?;
    // `check_token` checks one, `health_check_token` is one.
    let is_not = |(place, word): (usize, &&str)| {
        NOT_BEFORE.contains(word) && !(place > 0 && *word == "check")
    };
    if words[..at].iter().enumerate().any(is_not) {
        return None;
    }
    let after = &words[at + 1..];
    if after.iter().any(|word| NOT_AFTER.contains(word)) {
        return None;
    }
    let is_strong = noun.is_strong
        && (HEAD_FIRST.contains(&words[at]) || after.iter().all(|word| STILL_AFTER.contains(word)))
        && is_named(&words, at, noun);
    let rule = known(name, &words).unwrap_or(noun.rule);
    Some(Bearing { rule, is_strong })
}

/// Of languages in which an owner follows: `senha_banco` is what `bank_password` is.
const HEAD_FIRST: &[&str] = &[
    "senha",
    "contrasena",
    "contraseña",
    "contrasenya",
    "parola",
    "motdepasse",
    "passe",
    "mdp",
];

/// A bare `secret` is a word of many uses; with anything beside it, it is somebody's secret.
fn is_named(words: &[&str], at: usize, noun: Bearing) -> bool {
    noun.rule != "secret" || at > 0 || words.len() > 1
}

/// The secret that `words[at]`, the last word of a compound, means.
fn noun(words: &[&str], at: usize) -> Option<Bearing> {
    let word = singular(words[at]);
    let before = at.checked_sub(1).map(|before| words[before]);
    let of = |nouns: &Nouns, word: &str| nouns.get(word).copied();
    match word {
        "key" if is_of_aws(words, at) => Some(AWS),
        "key" => of(&KEYS, before?),
        "pas" | "pass" | "pw" | "mdp" => match before {
            None => (words.len() == 1).then_some(Bearing {
                rule: "password",
                is_strong: true,
            }),
            Some(before) => PASS_OF.contains(before).then_some(Bearing {
                rule: "password",
                is_strong: true,
            }),
        },
        "phrase" if before == Some("seed") => of(&NOUNS, "mnemonic"),
        word => of(&NOUNS, word),
    }
}

const AWS: Bearing = Bearing {
    rule: "secret-key",
    is_strong: true,
};

/// Whether the words up to here end with `secret_access_key`.
fn is_of_aws(words: &[&str], at: usize) -> bool {
    at >= 2 && words[at - 1] == "access" && words[at - 2] == "secret"
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem,
        _ => word,
    }
}

/// Settings with a rule of their own. Django's are in capitals: `secretKey` can be anybody's.
fn known(name: &str, words: &[&str]) -> Option<&'static str> {
    let is_setting = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    match words {
        ["secret", "key"] | ["secret", "key", "fallbacks"] if is_setting => {
            Some("django-secret-key")
        }
        ["django", "secret", "key", ..] => Some("django-secret-key"),
        ["email", "host", "password"] if is_setting => Some("django-email-password"),
        ["django", "superuser", "password"] => Some("django-user-password"),
        ["social", "auth", .., "secret"] | [.., "client", "secret"] => Some("oauth-client-secret"),
        _ => None,
    }
}

/// Cuts `dbpassword`, `authtoken`, `passwordhash` at the word that means a secret.
fn unglue(word: &str) -> Vec<&str> {
    const HEADS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "secretkey",
        "apikey",
        "accesskey",
        "privatekey",
        "secret",
        "token",
        "pwd",
        "credentials",
    ];
    if NOUNS.contains_key(singular(word)) {
        return match word {
            "secretkey" => vec!["secret", "key"],
            "apikey" | "apikeys" => vec!["api", "key"],
            _ => vec![word],
        };
    }
    for head in HEADS {
        if let Some(before) = word
            .strip_suffix(head)
            .or_else(|| word.strip_suffix('s')?.strip_suffix(head))
        {
            return vec![before, head];
        }
    }
    for head in ["password", "passwd"] {
        if let Some(after) = word.strip_prefix(head) {
            return vec![head, after];
        }
    }
    if let Some(owner) = word
        .strip_suffix("pass")
        .filter(|owner| owner.len() > 1 && PASS_OF.contains(owner))
    {
        return vec![owner, "pass"];
    }
    vec![word]
}
