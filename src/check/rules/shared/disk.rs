//! Files that a manifest names.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Component, Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    check::{
        found::Found,
        subject::{Field, From, Known, Subject},
    },
    finding::Severity,
    reading,
};

/// No file of logins or options is larger.
const LARGEST: u64 = 1 << 20;

/// Directories that are filled when the deployment starts: what is not there now says nothing.
const FILLED_LATER: &[&str] = &[
    "/run",
    "/var/run",
    "/dev",
    "/tmp",
    "/mnt",
    "/secrets",
    "/etc/secrets",
    "/var/secrets",
    "/vault",
];

/// Lists of authorities that distributions bring: another one than this machine's may be the deployment's.
const SYSTEMS: &[&str] = &[
    "/etc/ssl/certs",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// What is at a path.
pub(in crate::check::rules) enum Look {
    /// Nothing.
    Missing,
    /// A directory.
    Directory,
    /// A pipe, a socket, a device.
    Other,
    /// A file, with its permissions.
    File(u32),
    /// It cannot be seen from here.
    Hidden,
}

impl Look {
    pub(in crate::check::rules) fn at(path: &Path) -> Self {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match std::fs::metadata(path) {
            Ok(metadata) => Self::of(&metadata),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Self::Missing,
            Err(_) => Self::Hidden,
        }
    }

    fn of(metadata: &Metadata) -> Self {
        if metadata.is_file() {
            Self::File(metadata.mode() & 0o777)
        } else if metadata.is_dir() {
            Self::Directory
        } else {
            Self::Other
        }
    }

    /// Whether every user of the machine may go through each directory above a file.
    pub(in crate::check::rules) fn is_reached(path: &Path) -> bool {
        let Ok(path) = std::fs::canonicalize(path) else {
            return false;
        };
        path.ancestors().skip(1).all(|directory| {
            std::fs::metadata(directory).is_ok_and(|metadata| metadata.mode() & 0o001 != 0)
        })
    }
}

/// What a file says.
pub(in crate::check::rules) enum Reading {
    Missing,
    /// A directory, a pipe.
    NoFile,
    /// Why nobody knows here what it says.
    Unseen(&'static str),
    /// Its permissions, and its text, wiped after use; bytes that are no UTF-8 are replaced.
    Text(u32, Zeroizing<String>),
}

impl Reading {
    pub(in crate::check::rules) fn of(path: &Path) -> Self {
        match Look::at(path) {
            Look::Missing => Self::Missing,
            Look::Directory | Look::Other => Self::NoFile,
            Look::Hidden => Self::Unseen("it cannot be seen from here"),
            Look::File(mode) => match reading::bytes(path, LARGEST) {
                Ok(bytes) => Self::Text(
                    mode,
                    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()),
                ),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    Self::Unseen("it is larger than 1 MiB")
                }
                Err(_) => Self::Unseen("it cannot be read from here"),
            },
        }
    }
}

/// Tells, as advice, that a file was not looked at: it may be as it should be.
pub(in crate::check::rules) fn unseen(found: &mut Found, title: &str, why: &str) {
    found.title = Some(title.to_owned());
    found
        .severity(Severity::Advice)
        .note(why)
        .remedy("run the check as somebody who may read it, or look at it yourself");
}

/// The path that a key says, where it is written out and no secret.
pub(in crate::check::rules) fn path_of(field: &Field) -> Option<&str> {
    let is_written = matches!(field.from, From::Written | From::Url);
    let is_secret = match &field.value {
        Known::Text(text) => text.is_secret(),
        _ => true,
    };
    field
        .text()
        .filter(|path| is_written && !is_secret && !path.is_empty() && !path.contains('\0'))
}

/// Whether a shell would make another path of it.
pub(in crate::check::rules) fn is_unexpanded(path: &str) -> bool {
    path == "~" || path.starts_with("~/") || path.starts_with('$')
}

/// Whether what is not at a path may be there once the deployment runs: a relative path starts where the process is
/// started, some directories are filled then, and `[files]` are written then.
pub(in crate::check::rules) fn brought_later(path: &str, subject: &Subject<'_>) -> bool {
    let plain = normal(path);
    let is_below = |directory: &&str| plain.starts_with(directory);
    let is_ours = |name: &str| plain.ends_with(normal(name));
    !Path::new(path).is_absolute()
        || FILLED_LATER.iter().any(is_below)
        || SYSTEMS.contains(&path.trim_end_matches('/'))
        || subject
            .layer
            .files
            .iter()
            .any(|(file, _)| is_ours(&file.text))
}

/// A path without `.` and `..`, as they stand.
pub(in crate::check::rules) fn normal(path: &str) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}
