//! `k8s-secret`: a v1 Secret of Kubernetes with `DATABASES` and every `[env]` value, each under its name.
//!
//! All text is in double quotes and in ASCII, with the escapes that YAML 1.1 and 1.2 have in common. Rules of names:
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>; of keys and the size: `ValidateSecret` of
//! `pkg/apis/core/validation` (Kubernetes 1.34).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest;
use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::login::{self, Faults};
use super::{
    DATABASES, Document, Format, Rendered, Setting, Settings, Unrepresentable, env_text, json,
};

/// All values together, in bytes.
const LARGEST: usize = 1024 * 1024;

/// One manifest, for `kubectl apply -f -`.
pub(super) struct K8sSecret;

const SETTINGS: &[Setting] = &[
    setting("name", "the Secret's name [default: nuages]"),
    setting("namespace", "its namespace [default: that of kubectl]"),
    setting("labels", "labels: a=b,c=d"),
    setting("type", "its type [default: Opaque]"),
    setting("data", "true: values as base64, as the API answers"),
    setting("immutable", "true: it cannot be changed, only replaced"),
    setting(
        "hash-suffix",
        "true: the name ends in a hash of the content, so that pods that name it are started anew",
    ),
];

const fn setting(name: &'static str, summary: &'static str) -> Setting {
    Setting { name, summary }
}

impl Format for K8sSecret {
    fn name(&self) -> &'static str {
        "k8s-secret"
    }

    fn summary(&self) -> &'static str {
        "a Kubernetes Secret with DATABASES and every [env] value"
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn write(&self, document: &Document, settings: &Settings) -> Rendered {
        let mut faults = Faults::new();
        let metadata = Metadata::read(settings, &mut faults);
        let entries = entries(document, &mut faults);
        let mut content = Buffer::new();
        content.push_formatted(format_args!("type: {}\n", Quoted(&metadata.kind)));
        if metadata.immutable {
            content.push_str("immutable: true\n");
        }
        let field = if metadata.data { "data" } else { "stringData" };
        content.push_str(field);
        content.push_str(if entries.is_empty() { ": {}\n" } else { ":\n" });
        for (name, text) in &entries {
            content.push_formatted(format_args!("  {}: ", Quoted(name)));
            if metadata.data {
                let encoded = Zeroizing::new(STANDARD.encode(text.as_bytes()));
                content.push_formatted(format_args!("{}\n", Quoted(&encoded)));
            } else {
                content.push_formatted(format_args!("{}\n", Quoted(text)));
            }
        }
        let content = content.into_text();
        let mut out = Buffer::new();
        metadata.write(&mut out, &content, &mut faults);
        out.push_str(&content);
        login::finish(out, faults)
    }
}

/// Key and value of everything that is written.
fn entries(document: &Document, faults: &mut Faults) -> Vec<(String, Zeroizing<String>)> {
    let mut entries = Vec::new();
    if !document.databases.is_empty() {
        let mut text = Buffer::new();
        json::write_compact_table(&mut text, &document.databases);
        entries.push((DATABASES.to_owned(), text.into_text()));
    }
    for (name, value) in document.env.iter() {
        if !is_key(name) {
            faults.push(Unrepresentable {
                key: format!("env.{name}"),
                reason: "a key of a Secret has letters, digits, `-`, `_` and `.` alone, 253 at most",
            });
        }
        entries.push((name.to_owned(), env_text(value)));
    }
    let total: usize = entries.iter().map(|(_, text)| text.len()).sum();
    if total > LARGEST
        && let Some((largest, _)) = entries.iter().max_by_key(|(_, text)| text.len())
    {
        faults.push(Unrepresentable {
            key: if largest == DATABASES {
                "databases".to_owned()
            } else {
                format!("env.{largest}")
            },
            reason: "with it, the largest, the Secret would be larger than 1 MiB",
        });
    }
    entries
}

struct Metadata {
    name: String,
    namespace: Option<String>,
    labels: Vec<(String, String)>,
    kind: String,
    data: bool,
    immutable: bool,
    hash_suffix: bool,
}

impl Metadata {
    fn read(settings: &Settings, faults: &mut Faults) -> Self {
        let mut fault = |name: &str, reason: &'static str| {
            let key = format!("--set {name}");
            faults.push(Unrepresentable { key, reason });
        };
        let name = settings.get("name").unwrap_or("nuages").to_owned();
        if !is_subdomain(&name) {
            fault(
                "name",
                "a name has small letters, digits, `-` and `.`, 253 at most",
            );
        }
        let namespace = settings.get("namespace").map(str::to_owned);
        if namespace.as_deref().is_some_and(|name| !is_dns_label(name)) {
            fault(
                "namespace",
                "a namespace has small letters, digits and `-`, 63 at most",
            );
        }
        let labels = match settings.get("labels").map(labels) {
            Some(None) => {
                fault(
                    "labels",
                    "labels are written a=b,c=d, each with a name and a value of Kubernetes' rules",
                );
                Vec::new()
            }
            found => found.flatten().unwrap_or_default(),
        };
        let kind = settings.get("type").unwrap_or("Opaque").to_owned();
        if kind.is_empty() || kind.len() > 253 || !kind.bytes().all(|byte| byte.is_ascii_graphic())
        {
            fault("type", "this cannot be the type of a Secret");
        }
        let mut flag = |name: &str| match settings.get(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                fault(name, "it is `true` or `false`");
                false
            }
        };
        let [data, immutable, hash_suffix] = ["data", "immutable", "hash-suffix"].map(&mut flag);
        Self {
            name,
            namespace,
            labels,
            kind,
            data,
            immutable,
            hash_suffix,
        }
    }

    fn write(&self, out: &mut Buffer, content: &str, faults: &mut Faults) {
        let mut name = self.name.clone();
        if self.hash_suffix {
            name = format!("{name}-{}", suffix(content));
            if !is_subdomain(&name) {
                faults.push(Unrepresentable {
                    key: "--set name".to_owned(),
                    reason: "with the suffix it is longer than 253 characters",
                });
            }
        }
        out.push_str("apiVersion: v1\nkind: Secret\nmetadata:\n");
        out.push_formatted(format_args!("  name: {}\n", Quoted(&name)));
        if let Some(namespace) = &self.namespace {
            out.push_formatted(format_args!("  namespace: {}\n", Quoted(namespace)));
        }
        if !self.labels.is_empty() {
            out.push_str("  labels:\n");
        }
        for (name, value) in &self.labels {
            out.push_formatted(format_args!("    {}: {}\n", Quoted(name), Quoted(value)));
        }
    }
}

/// Ten characters of the content's SHA-256, in an alphabet without vowels, as kustomize makes its suffixes.
fn suffix(content: &str) -> String {
    const ALPHABET: &[u8; 16] = b"gh2k456789mbcdtf";
    let digest = digest::digest(&digest::SHA256, content.as_bytes());
    let halves = digest
        .as_ref()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15]);
    halves
        .take(10)
        .map(|half| char::from(ALPHABET[usize::from(half)]))
        .collect()
}

/// `a=b,c=d`.
pub(crate) fn labels(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (prefix, short) = name.rsplit_once('/').unwrap_or(("a", name));
            let fits = is_subdomain(prefix)
                && is_label_word(short)
                && (value.is_empty() || is_label_word(value));
            fits.then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn is_label_word(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// RFC 1123, in small letters.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// DNS labels with dots between them, 253 characters at most.
pub(crate) fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty()
            && part.bytes().all(is_inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// A key of a Secret or a `ConfigMap`.
pub(crate) fn is_key(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=253).contains(&text.len())
        && text.bytes().all(is_word)
        && text != "."
        && !text.starts_with("..")
}

/// Text between double quotes, as YAML 1.1 and 1.2 read it alike; its `Display` is for a buffer that is wiped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        f.write_char('"')?;
        for character in self.0.chars() {
            let code = u32::from(character);
            match character {
                '"' | '\\' => {
                    f.write_char('\\')?;
                    f.write_char(character)?;
                }
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                ' '..='~' => f.write_char(character)?,
                _ if code < 0x100 => write!(f, "\\x{code:02x}")?,
                _ if code < 0x1_0000 => write!(f, "\\u{code:04x}")?,
                // Not the pairs of JSON: YAML has one escape for a character.
                _ => write!(f, "\\U{code:08x}")?,
            }
        }
        f.write_char('"')
    }
}
