//! What calls do with the literals they are given: hand them on (`str("…")`, `b64decode("…")`), read a setting and fall back
//! on one (`os.environ.get(name, "…")`), log somebody in.

use ruff_python_ast::{Expr, ExprCall};

/// What a call makes of its arguments.
pub(super) enum Carried<'a> {
    /// The text that it was given.
    Text(&'a Expr),
    /// A text with holes to fill.
    Template(&'a Expr),
    /// All of these, joined.
    Items(&'a [Expr]),
    /// No text that stands here.
    Nothing,
}

/// Methods of a text that leave what it tells.
const TEXT_METHODS: &[&str] = &[
    "encode",
    "decode",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "replace",
    "title",
    "removeprefix",
    "removesuffix",
    "zfill",
    "swapcase",
    "expandtabs",
    "hexdigest",
    "digest",
    "ljust",
    "rjust",
];

/// Functions and classes whose first argument is what they make, decoded or wrapped.
const WRAPPERS: &[&str] = &[
    "str",
    "bytes",
    "bytearray",
    "b64decode",
    "b64encode",
    "urlsafe_b64decode",
    "standard_b64decode",
    "b32decode",
    "b16decode",
    "unhexlify",
    "fromhex",
    "SecretStr",
    "SecretBytes",
    "Secret",
    "SecretValue",
    "Value",
    "mark_safe",
    "force_bytes",
    "force_str",
    "smart_str",
    "unquote",
    "dedent",
    "make_password",
    "Fernet",
    "RawSecret",
    "ensure_str",
    "Literal",
    "text_type",
    "intern",
    "a2b_hex",
    "a2b_base64",
    "repr",
    "cast",
    "Final",
    // A key that is the hash of a literal is known with it.
    "md5",
    "sha1",
    "sha256",
    "sha512",
];

/// The last name of what is called, `get` of `os.environ.get`.
pub(super) fn name(call: &ExprCall) -> Option<&str> {
    match &*call.func {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr.id),
        _ => None,
    }
}

/// What is called, `os.environ.get`, as far as it is names.
pub(super) fn dotted(call: &ExprCall) -> String {
    let mut names = Vec::new();
    let mut expression = &*call.func;
    while let Expr::Attribute(attribute) = expression {
        names.push(attribute.attr.id.as_str());
        expression = &attribute.value;
        if names.len() > 3 {
            break;
        }
    }
    if let Expr::Name(name) = expression {
        names.push(&name.id);
    }
    names.reverse();
    names.join(".")
}

/// What a call hands on of its arguments.
pub(super) fn carried(call: &ExprCall) -> Carried<'_> {
    let Some(name) = name(call) else {
        return Carried::Nothing;
    };
    let first = call.arguments.args.first();
    if let Expr::Attribute(attribute) = &*call.func {
        let receiver = &*attribute.value;
        let is_text = matches!(
            receiver,
            Expr::StringLiteral(_)
                | Expr::BytesLiteral(_)
                | Expr::FString(_)
                | Expr::BinOp(_)
                | Expr::Call(_)
        );
        match name {
            "join" if is_text => {
                return match first {
                    Some(Expr::List(list)) => Carried::Items(&list.elts),
                    Some(Expr::Tuple(tuple)) => Carried::Items(&tuple.elts),
                    _ => Carried::Nothing,
                };
            }
            "format" if is_text => return Carried::Template(receiver),
            _ if is_text && TEXT_METHODS.contains(&name) => return Carried::Text(receiver),
            _ => {}
        }
    }
    // `str("…")` makes a text, `env.str("…")` reads a setting.
    let is_read = matches!(name, "str" | "bytes") && matches!(&*call.func, Expr::Attribute(_));
    match first {
        Some(first) if WRAPPERS.contains(&name) && !is_read => Carried::Text(first),
        _ => Carried::Nothing,
    }
}

/// What a call with `("NAME", "literal")` in it does with the second, by the words of its own name: reads a setting and falls
/// back on it, or sets it. Of anything else (`assertContains`, `re.sub`, `replace`) the second is no value of the first.
pub(super) fn is_of_settings(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "env",
        "environ",
        "config",
        "cfg",
        "conf",
        "secret",
        "setting",
        "settings",
        "option",
        "param",
        "variable",
        "var",
        "putenv",
        "getenv",
        "setenv",
        "setdefault",
        "pop",
        "getattr",
        "setattr",
        "setitem",
        "str",
        "string",
        "bytes",
        "get",
        "set",
        "put",
        "add_secret",
        "create_secret",
        "lookup",
    ];
    const PARTS: &[&str] = &[
        "env",
        "config",
        "secret",
        "setting",
        "credential",
        "password",
        "token",
        "param",
        "variable",
        "default",
    ];
    const VERBS: &[&str] = &[
        "get", "set", "read", "load", "fetch", "put", "env", "require", "from", "add", "create",
        "default",
    ];
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("assert") || lower.starts_with("test") {
        return false;
    }
    NAMES.contains(&lower.as_str())
        || PARTS.iter().any(|part| lower.contains(part))
            && VERBS.iter().any(|verb| lower.starts_with(verb))
}

/// Whether a call falls back on the second of its arguments, or sets the first to it. To a keyring that is a user's name.
pub(super) fn has_default(call: &ExprCall) -> bool {
    name(call).is_some_and(is_of_settings) && !is_of_keyring(call)
}

fn is_of_keyring(call: &ExprCall) -> bool {
    let called = dotted(call);
    let mut names = called.rsplit('.');
    matches!(
        names.next(),
        Some("get_password" | "get_credential" | "set_password" | "delete_password")
    ) && names.next().is_some_and(|of| of.ends_with("keyring"))
}

/// Which argument of a call is a password: `HTTPBasicAuth("user", "…")`, `keyring.set_password("shop", "user", "…")`.
pub(super) fn password_of(call: &ExprCall) -> Option<&Expr> {
    let name = name(call)?;
    let at = if name == "set_password" && is_of_keyring(call) {
        2
    } else {
        password_at(name)?
    };
    call.arguments.args.get(at)
}

/// Which argument is a password, by what is called: `HTTPBasicAuth("user", "…")`, `user.set_password("…")`.
pub(super) fn password_at(name: &str) -> Option<usize> {
    Some(match name {
        "set_password" | "make_password" | "SecretStr" | "SecretValue" => 0,
        "HTTPBasicAuth"
        | "HTTPDigestAuth"
        | "HTTPProxyAuth"
        | "BasicAuth"
        | "DigestAuth"
        | "BasicAuthentication"
        | "HttpNtlmAuth"
        | "PlainCredentials"
        | "PlainAuthProvider"
        | "login" => 1,
        "create_user" | "create_superuser" => 2,
        _ => return None,
    })
}

/// Which argument is a key or a password, by all of what is called; and whether only what a generator made counts there.
pub(super) fn key_at(called: &str) -> Option<(usize, bool)> {
    Some(match called {
        "jwt.encode" | "jwt.decode" => (1, true),
        "hmac.new" | "Fernet" | "fernet.Fernet" => (0, true),
        "MySQLdb.connect" | "pymysql.connect" => (2, false),
        _ => return None,
    })
}

/// How the calls of [`key_at`] are written.
pub(super) const KEYED: &[&str] = &[
    "jwt.encode(",
    "jwt.decode(",
    "hmac.new(",
    "Fernet(",
    "MySQLdb.connect(",
    "pymysql.connect(",
];

/// Whether a call adds its arguments to what it is called on: `SECRET_KEY_FALLBACKS.append("…")`.
pub(super) fn adds(name: &str) -> bool {
    matches!(name, "append" | "extend" | "insert" | "add" | "appendleft")
}

/// Whether a call gives a Django user a password.
pub(super) fn is_of_user(name: &str) -> bool {
    matches!(
        name,
        "set_password" | "make_password" | "create_user" | "create_superuser"
    )
}

/// Names whose pair is a user and a password.
pub(super) fn is_authentication(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "auth",
        "http_auth",
        "basic_auth",
        "proxy_auth",
        "credentials",
        "userpass",
        "auth_info",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Names whose dictionary has a password for each user: `BASIC_AUTH_USERS = {"anna": "…"}`.
pub(super) fn has_users(name: &str) -> bool {
    const NAMES: &[&str] = &["basic_auth_users", "basicauth_users", "http_auth_users"];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
