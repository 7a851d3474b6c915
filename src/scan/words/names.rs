//! Which names hold secrets. English compounds have their head at the end, and so have names: `password_reset_url` is a
//! URL, `reset_password` a password. So: find the word that means a secret, then see what comes after it.

use super::{Bearing, split};

/// Lower-case text one of which stands in every secret-bearing name. What the prefilter looks for; a name without any of
/// them is never looked at, so each is as long and as rare as the vocabulary allows.
pub const STEMS: &[&str] = &[
    "passw", "passphrase", "passcode", "_pass", "-pass", "\"pass\"", "'pass'", "pass=", "pass:", "dbpass", "userpass", "rootpass",
    "mypass", "adminpass", "mailpass", "smtppass", "ftppass", "pwd", "_pw", "-pw", "\"pw\"", "'pw'", "pw=", "mot_de_passe",
    "motdepasse", "kennwort", "senha", "contrase", "parola", "wachtwoord", "haslo", "hasło", "salasana", "losenord", "lösenord",
    "heslo", "jelsz", "adgangskode", "sifre", "şifre", "пароль", "密码", "密碼", "パスワード", "비밀번호",
    "secret", "token", "credential", "salt", "mnemonic", "seed_phrase", "seedphrase",
    "_key", "-key", ".key", "apikey", "accesskey", "privatekey", "accountkey", "authkey", "encryptionkey", "signingkey", "masterkey",
    "sharedkey", "licensekey", "fernet",
];

/// A word, and what a name that ends with it holds.
type Noun = (&'static str, Bearing);

const fn strong(word: &'static str, rule: &'static str) -> Noun {
    (word, Bearing { rule, is_strong: true })
}

const fn weak(word: &'static str, rule: &'static str) -> Noun {
    (word, Bearing { rule, is_strong: false })
}

/// Words that mean a secret by themselves.
const NOUNS: &[Noun] = &[
    strong("password", "password"),
    strong("passwd", "password"),
    strong("passwort", "password"),
    strong("passphrase", "password"),
    strong("passcode", "password"),
    strong("pwd", "password"),
    strong("kennwort", "password"),
    strong("senha", "password"),
    strong("contrasena", "password"),
    strong("contraseña", "password"),
    strong("contrasenya", "password"),
    strong("parola", "password"),
    strong("wachtwoord", "password"),
    strong("haslo", "password"),
    strong("hasło", "password"),
    strong("motdepasse", "password"),
    strong("passe", "password"),
    strong("salasana", "password"),
    strong("losenord", "password"),
    strong("lösenord", "password"),
    strong("heslo", "password"),
    strong("jelszo", "password"),
    strong("jelszó", "password"),
    strong("adgangskode", "password"),
    strong("sifre", "password"),
    strong("şifre", "password"),
    strong("пароль", "password"),
    strong("密码", "password"),
    strong("密碼", "password"),
    strong("パスワード", "password"),
    strong("비밀번호", "password"),
    strong("secret", "secret"),
    strong("secretkey", "secret-key"),
    strong("mnemonic", "secret"),
    strong("fernet", "encryption-key"),
    weak("token", "token"),
    weak("credential", "credential"),
    weak("salt", "salt"),
    weak("apikey", "api-key"),
    weak("accesskey", "access-key"),
    weak("accountkey", "access-key"),
    weak("authkey", "api-key"),
    strong("privatekey", "private-key"),
    strong("encryptionkey", "encryption-key"),
    strong("signingkey", "secret-key"),
    strong("masterkey", "encryption-key"),
    weak("licensekey", "api-key"),
    weak("sharedkey", "access-key"),
];

/// What makes a `key` a secret one, by the word before it.
const KEYS: &[Noun] = &[
    strong("secret", "secret-key"),
    weak("api", "api-key"),
    weak("access", "access-key"),
    strong("private", "private-key"),
    weak("account", "access-key"),
    weak("auth", "api-key"),
    strong("encryption", "encryption-key"),
    strong("encrypt", "encryption-key"),
    strong("signing", "secret-key"),
    strong("sign", "secret-key"),
    strong("signature", "secret-key"),
    strong("master", "encryption-key"),
    weak("shared", "access-key"),
    weak("storage", "access-key"),
    weak("server", "api-key"),
    strong("hmac", "secret-key"),
    strong("aes", "encryption-key"),
    strong("cipher", "encryption-key"),
    strong("crypto", "encryption-key"),
    strong("fernet", "encryption-key"),
    weak("license", "api-key"),
    weak("write", "api-key"),
    weak("subscription", "api-key"),
    weak("webhook", "api-key"),
    strong("jwt", "secret-key"),
    weak("service", "api-key"),
    weak("admin", "api-key"),
    weak("app", "api-key"),
    weak("maps", "api-key"),
    weak("security", "api-key"),
    weak("consumer", "api-key"),
    weak("session", "secret-key"),
    weak("cookie", "secret-key"),
    weak("rest", "api-key"),
];

/// Whose `pass` is a password: `db_pass`. Of any other word (`first_pass`, `boarding_pass`) it is not.
const PASS_OF: &[&str] = &[
    "db", "database", "user", "usr", "ftp", "sftp", "smtp", "mail", "email", "admin", "root", "my", "sql", "mysql", "mssql", "pg",
    "postgres", "postgresql", "redis", "rabbit", "rabbitmq", "mq", "amqp", "mongo", "mongodb", "ldap", "bind", "host", "proxy",
    "auth", "key", "keystore", "truststore", "store", "ssh", "ssl", "vnc", "wifi", "login", "test", "imap", "pop", "http", "basic",
    "api", "app", "broker", "celery", "cache", "server", "service", "account", "superuser", "su", "sudo", "rds", "es", "elastic",
    "elasticsearch", "kafka", "oracle", "sa", "registry", "docker", "git", "jenkins", "gmail", "twilio", "vault", "ansible",
    "become", "default", "master", "replication", "replica", "router", "device", "snmp", "web", "site", "client", "cert", "p",
];

/// Before the secret's word: what is named is no secret, or not one to keep.
const NOT_BEFORE: &[&str] = &[
    "no", "has", "have", "is", "use", "uses", "using", "require", "requires", "required", "need", "needs", "forgot", "forget",
    "forgotten", "reset", "change", "changed", "invalid", "incorrect", "wrong", "bad", "missing", "show", "hide", "toggle", "csrf",
    "xsrf", "csrfmiddleware", "public", "pub", "page", "next", "continuation", "pad", "bos", "eos", "mask", "unk", "cls", "sep",
    "stop", "special", "max", "min", "num", "allow", "allows", "enable", "disable", "validate", "verify", "check", "match",
    "hash", "hashed", "cursor", "sync", "delta", "parse", "skip", "without", "lost", "update", "updated", "remember", "generate",
    "make", "create", "delete", "remove", "revoke", "on", "handle", "start", "end", "begin", "prompt", "ask", "can", "should",
    "must", "if", "not", "weak", "blank", "empty", "unusable", "obtain", "refreshing", "expired", "verbose",
];

/// After the secret's word: the name is of the secret still.
const STILL_AFTER: &[&str] = &[
    "value", "val", "values", "string", "str", "text", "plain", "plaintext", "raw", "clear", "cleartext", "default", "dev",
    "develop", "development", "prod", "production", "stage", "staging", "test", "testing", "qa", "uat", "local", "live", "sandbox",
    "old", "new", "current", "previous", "prev", "fallback", "fallbacks", "backup", "primary", "secondary", "main", "master",
    "root", "admin", "bytes", "base", "hex", "encoded", "confirm", "confirmation", "again", "repeat", "verify", "verification",
    "temp", "tmp", "override", "literal", "const", "constant", "db", "database", "postgres", "mysql", "redis", "email", "smtp",
    "ftp", "api", "app", "a", "b", "x", "token", "secret", "password", "readonly", "ro", "rw",
];

/// After the secret's word: the name is of something else.
const NOT_AFTER: &[&str] = &[
    "url", "uri", "urls", "link", "path", "file", "files", "filename", "dir", "directory", "folder", "location", "name", "names",
    "id", "ids", "identifier", "arn", "ref", "reference", "type", "types", "kind", "class", "cls", "model", "backend", "backends",
    "engine", "manager", "provider", "service", "store", "storage", "hash", "hashed", "hasher", "hashers", "digest", "algorithm",
    "algo", "alg", "validator", "validators", "validation", "reset", "change", "changed", "update", "expiry", "expires",
    "expiration", "expired", "expire", "ttl", "age", "timeout", "lifetime", "duration", "delta", "time", "date", "at", "days",
    "hours", "minutes", "seconds", "length", "len", "size", "min", "max", "minimum", "maximum", "count", "limit", "required",
    "enabled", "disabled", "prefix", "suffix", "header", "headers", "param", "params", "parameter", "arg", "args", "kwargs",
    "field", "fields", "column", "label", "labels", "help", "hint", "title", "message", "msg", "messages", "error", "errors",
    "description", "desc", "key", "keys", "placeholder", "template", "templates", "form", "forms", "view", "views", "page", "widget", "input",
    "serializer", "schema", "var", "variable", "env", "envvar", "policy", "rule", "rules", "strength", "score", "attempts", "retries",
    "regex", "pattern", "re", "format", "separator", "sep", "delimiter", "index", "idx", "num", "number", "position", "pos",
    "list", "set", "map", "dict", "cache", "cookie", "session", "scope", "scopes", "endpoint", "host", "server", "issuer",
    "audience", "generator", "factory", "func", "function", "callback", "handler", "getter", "loader", "reader", "parser",
    "context", "config", "configuration", "settings", "options", "option", "info", "metadata", "meta", "status", "state", "valid",
    "verified", "protected", "only", "less", "free", "auth", "authentication", "login", "user", "username", "owner", "client",
    "version", "rotation", "rotate", "permission", "permissions", "access", "grant", "request", "response", "result",     "tests", "mixin", "exception", "encoder", "decoder", "encoding", "charset", "chars", "alphabet", "entropy", "bits", "kdf",
    "iterations", "rounds", "history", "resets", "complexity", "requirements", "strategy", "mode", "method", "source", "sources",
    "usage", "used", "uses", "in", "is", "has", "for", "not", "to", "from", "with", "by", "and", "or", "sent", "done",
    "complete", "completed", "success", "failed", "failure", "subject", "body", "html", "txt", "icon", "button", "toggle", "show",
    "hide", "visible", "hidden", "redirect", "management", "recovery", "forgot", "reminder", "lookup", "resolver", "spec",
    "property", "attr", "attribute", "tag", "tags", "node", "nodes", "stream", "bucket", "buckets", "offset", "span",
];

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
    let (at, noun) = (0..words.len()).rev().find_map(|at| Some((at, noun(&words, at)?)))?;
    if words[..at].iter().any(|word| NOT_BEFORE.contains(word)) {
        return None;
    }
    let after = &words[at + 1..];
    if after.iter().any(|word| NOT_AFTER.contains(word)) {
        return None;
    }
    let is_strong = noun.is_strong && after.iter().all(|word| STILL_AFTER.contains(word)) && is_named(&words, at, noun);
    Some(Bearing { rule: known(&words).unwrap_or(noun.rule), is_strong })
}

/// A bare `secret` is a word of many uses; with anything beside it, it is somebody's secret.
fn is_named(words: &[&str], at: usize, noun: Bearing) -> bool {
    noun.rule != "secret" || at > 0 || words.len() > 1
}

/// The secret that `words[at]`, the last word of a compound, means.
fn noun(words: &[&str], at: usize) -> Option<Bearing> {
    let word = singular(words[at]);
    let before = at.checked_sub(1).map(|before| words[before]);
    let of = |table: &[Noun], word: &str| table.iter().find(|(known, _)| *known == word).map(|(_, bearing)| *bearing);
    match word {
        "key" if is_of_aws(words, at) => Some(AWS),
        "key" => of(KEYS, before?),
        "pas" | "pass" | "pw" | "mdp" => match before {
            None => (words.len() == 1).then_some(Bearing { rule: "password", is_strong: true }),
            Some(before) => PASS_OF.contains(&before).then_some(Bearing { rule: "password", is_strong: true }),
        },
        "phrase" if before == Some("seed") => of(NOUNS, "mnemonic"),
        word => of(NOUNS, word),
    }
}

const AWS: Bearing = Bearing { rule: "secret-key", is_strong: true };

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

/// Settings with a rule of their own.
fn known(words: &[&str]) -> Option<&'static str> {
    let ends = |tail: &[&str]| words.ends_with(tail);
    match words {
        ["secret", "key"] | ["secret", "key", "fallbacks"] | ["django", "secret", "key", ..] => Some("django-secret-key"),
        ["email", "host", "password"] => Some("django-email-password"),
        ["django", "superuser", "password"] => Some("django-user-password"),
        ["social", "auth", .., "secret"] => Some("oauth-client-secret"),
        _ if ends(&["client", "secret"]) => Some("oauth-client-secret"),
        _ if ends(&["secret", "access", "key"]) => Some("aws-secret-access-key"),
        _ => None,
    }
}

/// Cuts `dbpassword`, `authtoken`, `passwordhash` at the word that means a secret.
fn unglue(word: &str) -> Vec<&str> {
    const HEADS: &[&str] = &["password", "passwd", "passphrase", "secretkey", "apikey", "accesskey", "privatekey", "secret", "token", "pwd", "credentials"];
    if NOUNS.iter().any(|(known, _)| *known == singular(word)) {
        return match word {
            "secretkey" => vec!["secret", "key"],
            "apikey" | "apikeys" => vec!["api", "key"],
            _ => vec![word],
        };
    }
    for head in HEADS {
        if let Some(before) = word.strip_suffix(head).or_else(|| word.strip_suffix('s')?.strip_suffix(head)) {
            return vec![before, head];
        }
    }
    for head in ["password", "passwd"] {
        if let Some(after) = word.strip_prefix(head) {
            return vec![head, after];
        }
    }
    if let Some(owner) = word.strip_suffix("pass").filter(|owner| owner.len() > 1 && PASS_OF.contains(owner)) {
        return vec![owner, "pass"];
    }
    vec![word]
}
