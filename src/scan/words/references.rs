//! Values that stand for another: references, variables, texts with holes, and what is sealed.

use super::random::is_random;

/// What stands for another value: `${X}`, `$X`, `{{ x }}`, `%(x)s`, `<%= x %>`, `env:X`, `scheme://…`, `ENC[…]`, `!Ref x`.
pub(super) fn is_reference(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "ENC[",
        "ENC(",
        "$ANSIBLE_VAULT",
        "arn:",
        "env:",
        "ENV:",
        "vault:",
        "file:",
        "secret:",
        "ssm:",
        "ref:",
        "data:",
        "op:",
        "sops:",
        "kms:",
        "awskms:",
        "secretsmanager:",
        "resolve:",
        "os.environ",
        "os.getenv",
        "process.env",
        "getenv(",
        "environ[",
        "env(",
        "config(",
        "lookup(",
        "var.",
        "local.",
        "module.",
        "urn:",
        "pkcs11:",
        "-----BEGIN PUBLIC",
        "-----BEGIN CERTIFICATE",
        "ssh-rsa ",
        "ssh-ed25519 ",
        "ecdsa-",
    ];
    const MIDDLES: &[&str] = &["${", "{{", "://", "<%="];
    // Signs that a generated key may hold as well.
    const SIGNS: &[&str] = &["$(", "$[", "%(", "{%", "<%", "@@"];
    const SIGNS_WITHIN: &[&str] = &["#{", "%{", "$("];
    let has_sign = SIGNS.iter().any(|start| value.starts_with(start))
        || SIGNS_WITHIN.iter().any(|middle| value.contains(middle));
    STARTS.iter().any(|start| value.starts_with(start))
        || MIDDLES.iter().any(|middle| value.contains(middle))
        || has_sign && !is_random(value)
        || is_tag(value)
        || is_sealed(value)
        || is_variable(value)
        || is_format(value)
        || is_call(value)
        || is_fingerprint(value)
}

/// `os.Getenv("X")`, `ENV["X"]`, `secrets.get(name)`, `System.getenv("X").trim()`: an expression where no quotes are needed.
fn is_call(value: &str) -> bool {
    let name = value
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.:$&>-".contains(byte))
        .count();
    let (callee, rest) = value.split_at(name);
    let begins =
        |part: &str| part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let mut parts = callee
        .trim_start_matches('$')
        .split(['.', ':', '$', '&', '>', '-'])
        .filter(|part| !part.is_empty());
    let is_named = begins(callee.trim_start_matches('$')) && parts.all(begins);
    // A password that holds a bracket goes on after it.
    let opens = rest.starts_with(['(', '[']) && rest.ends_with([')', ']']);
    let is_quoted = ["(\"", "('", "[\"", "['"]
        .iter()
        .any(|open| rest.starts_with(open));
    is_named && opens && !is_random(callee) && (is_quoted || callee.contains('.'))
}

/// `SHA256:` and what OpenSSH says of a key after it: 32 bytes in base64.
fn is_fingerprint(value: &str) -> bool {
    value.strip_prefix("SHA256:").is_some_and(|sum| {
        sum.trim_end_matches('=').len() == 43
            && sum
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    })
}

/// `!Ref Name`, `!vault |`: a tag of YAML. A password may begin with the sign, and goes on otherwise.
fn is_tag(value: &str) -> bool {
    let rest = value
        .strip_prefix('!')
        .and_then(|rest| rest.split_once(' '));
    rest.is_some_and(|(tag, _)| {
        !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// Ciphertext of age, as text or in base64: what an embedded store holds may be committed.
fn is_sealed(value: &str) -> bool {
    [
        "YWdlLWVuY3J5cHRpb24",
        "age-encryption.org/",
        "-----BEGIN AGE ENCRYPTED FILE-----",
    ]
    .iter()
    .any(|start| value.starts_with(start))
}

/// `$NAME`, `%NAME%`, `__NAME__`, `@NAME@`.
fn is_variable(value: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let is_between = |mark: &str| {
        value
            .strip_prefix(mark)
            .and_then(|rest| rest.strip_suffix(mark))
            .is_some_and(|name| is_name(&name.to_ascii_uppercase()))
    };
    value.strip_prefix('$').is_some_and(|name| {
        is_name(name) && name.bytes().any(|byte| byte.is_ascii_uppercase()) && !is_random(name)
    }) || is_between("%")
        || is_between("__")
        || is_between("@")
}

/// `%s`, `{}`, `{name}`, `%(name)s`, `prefix-{0}`: texts with holes, unless what is around the holes is random.
fn is_format(value: &str) -> bool {
    if value.contains("%s") || value.contains("%d") || value.contains("%(") && value.contains(")s")
    {
        return !is_random(value);
    }
    let mut around = String::new();
    let mut rest = value;
    let mut has_hole = false;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        has_hole |= name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.!:[]'\"".contains(&byte))
            && !is_random(name);
        around.push_str(before);
        rest = after;
    }
    around.push_str(rest);
    has_hole && !is_random(&around)
}
