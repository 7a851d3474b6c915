//! Files that are credentials: formats whose every line is one (`.netrc`, `.pgpass`, htpasswd), whose fields say it by
//! their place alone, or hide it behind base64 (Kubernetes Secrets, Docker's logins). Known by their names, or by a
//! keyword where names vary.

mod encoded;
mod env;
mod json;
mod keystore;
mod keywords;
mod kubeconfig;
mod kubernetes;
mod lines;
mod options;
mod report;
mod whole;

use std::ops::Range;

use super::{
    detect::{Match, Request},
    text::{Kind, Text, file_name},
};
pub(crate) use keywords::KEYWORDS;
use report::Report;

/// Whether the file's name alone asks for it.
pub(crate) fn wants(text: &Text<'_>) -> bool {
    text.kind == Kind::Env || Format::of(text).is_some()
}

/// Adds what the file holds. Looks at nothing where the file is neither known by its name nor has one of [`KEYWORDS`].
pub(crate) fn scan(text: &Text<'_>, request: &Request<'_>, found: &mut Vec<Match>) {
    let mut report = Report::new(text, request.floor, found);
    match Format::of(text) {
        Some(Format::Lines(read)) => read(&mut report),
        Some(Format::Options(options)) => options::scan(options, &mut report),
        None => {}
    }
    if text.kind == Kind::Env {
        env::scan(&mut report);
    }
    kubernetes::scan(&mut report);
    kubeconfig::scan(&mut report);
    json::scan(&mut report);
    lines::sql(&mut report);
    lines::redis(&mut report);
}

/// Whether all of a file is judged here, and the name-and-value pairs in it are nobody else's business.
pub(crate) fn covers(text: &Text<'_>) -> bool {
    Format::of(text).is_some_and(|format| match format {
        Format::Options(_) => true,
        Format::Lines(read) => LINES_COVERED
            .iter()
            .any(|covered| std::ptr::fn_addr_eq(*covered, read)),
    })
}

/// The places in any other file that are judged here, in order, none over another.
pub(crate) fn covered(text: &Text<'_>) -> Vec<Range<usize>> {
    kubernetes::covered(text)
}

/// A file known by its name.
#[derive(Clone, Copy)]
enum Format {
    /// Read by its own code.
    Lines(Read),
    /// Names and values.
    Options(&'static options::Options),
}

/// Reads a whole file.
type Read = fn(&mut Report<'_, '_>);

/// Formats in which a pair of name and value is nothing of its own.
const LINES_COVERED: &[Read] = &[
    lines::netrc,
    lines::pgpass,
    lines::git_credentials,
    lines::hashes,
    whole::line,
];

impl Format {
    fn of(text: &Text<'_>) -> Option<Self> {
        let name = file_name(text.path);
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let known = NAMES
            .iter()
            .find(|(known, _)| is(known))
            .map(|(_, read)| Self::Lines(*read));
        known
            .or_else(|| options::of(text.path, name).map(Self::Options))
            .or_else(|| {
                ENDS.iter()
                    .find(|(end, _)| ends_with(name, end))
                    .map(|(_, read)| Self::Lines(*read))
            })
            .or_else(|| whole::is_named(name).then_some(Self::Lines(whole::line as Read)))
    }
}

fn ends_with(name: &[u8], end: &str) -> bool {
    name.len()
        .checked_sub(end.len())
        .is_some_and(|from| name[from..].eq_ignore_ascii_case(end.as_bytes()))
}

/// By the whole name.
const NAMES: &[(&str, Read)] = &[
    (".netrc", lines::netrc),
    ("_netrc", lines::netrc),
    (".authinfo", lines::netrc),
    (".msmtprc", lines::netrc),
    ("msmtprc", lines::netrc),
    (".pgpass", lines::pgpass),
    ("pgpass.conf", lines::pgpass),
    (".git-credentials", lines::git_credentials),
    ("git-credentials", lines::git_credentials),
    (".htpasswd", lines::hashes),
    ("htpasswd", lines::hashes),
    (".htdigest", lines::hashes),
    ("shadow", lines::hashes),
    ("shadow-", lines::hashes),
    ("master.passwd", lines::hashes),
    ("passwd", lines::hashes),
    (".npmrc", lines::npmrc),
    ("npmrc", lines::npmrc),
    (".dockercfg", json::docker),
    ("sitemanager.xml", encoded::filezilla),
    ("recentservers.xml", encoded::filezilla),
    ("filezilla.xml", encoded::filezilla),
    ("wp-config.php", lines::wordpress),
    ("master.key", whole::line),
    (".vault_pass", whole::line),
    (".vault_pass.txt", whole::line),
    (".vault_password", whole::line),
    (".vault-pass", whole::line),
    (".vault-password", whole::line),
    ("vault_pass", whole::line),
    ("vault_pass.txt", whole::line),
    ("vault-password.txt", whole::line),
    (".vault-token", whole::line),
];

/// By the end of the name.
const ENDS: &[(&str, Read)] = &[
    (".htpasswd", lines::hashes),
    (".ovpn", lines::openvpn),
    (".tfstate", json::terraform),
    (".tfstate.backup", json::terraform),
    (".p12", keystore::scan),
    (".pfx", keystore::scan),
    (".jks", keystore::scan),
    (".keystore", keystore::scan),
    (".bks", keystore::scan),
    (".kdbx", keystore::scan),
    (".kdb", keystore::scan),
];
