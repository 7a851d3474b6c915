//! Files of options that hold a login: `.pypirc`, `my.cnf`, AWS's credentials, rclone's and s3cmd's configuration.

use gix::bstr::{BStr, ByteSlice as _};

use super::{encoded, report::Report};

/// Which keys of a file hold a secret.
pub(super) struct Options {
    /// The rule of what they hold.
    rule: &'static str,
    names: &'static [&'static str],
    /// A folder that has to stand in the path, where the name alone says little.
    folder: &'static str,
    keys: &'static [&'static str],
    note: &'static str,
}

const KNOWN: &[Options] = &[
    Options {
        rule: "mysql-option-file",
        names: &["my.cnf", ".my.cnf", "my.ini", ".mylogin.cnf"],
        folder: "",
        keys: &["password", "password1", "master-password"],
        note: "",
    },
    Options {
        rule: "pg-service-password",
        names: &["pg_service.conf", ".pg_service.conf"],
        folder: "",
        keys: &["password"],
        note: "",
    },
    Options {
        rule: "pypirc-password",
        names: &[".pypirc", "pypirc"],
        folder: "",
        keys: &["password"],
        note: "",
    },
    Options {
        rule: "s3cfg-secret-key",
        names: &[".s3cfg", "s3cfg"],
        folder: "",
        keys: &["secret_key", "access_token", "gpg_passphrase"],
        note: "",
    },
    Options {
        rule: "boto-secret-key",
        names: &[".boto", "boto.cfg"],
        folder: "",
        keys: &[
            "aws_secret_access_key",
            "gs_secret_access_key",
            "gs_oauth2_refresh_token",
        ],
        note: "",
    },
    Options {
        rule: "aws-credentials-file",
        names: &["credentials"],
        folder: ".aws",
        keys: &["aws_secret_access_key", "aws_session_token"],
        note: "",
    },
    Options {
        rule: "cargo-credentials",
        names: &["credentials", "credentials.toml"],
        folder: ".cargo",
        keys: &["token"],
        note: "",
    },
    Options {
        rule: "gem-credentials",
        names: &["credentials"],
        folder: ".gem",
        keys: &["rubygems_api_key", "github"],
        note: "",
    },
    Options {
        rule: "rclone-password",
        names: &["rclone.conf", ".rclone.conf"],
        folder: "",
        keys: &[
            "pass",
            "password",
            "password2",
            "client_secret",
            "secret_access_key",
            "token",
            "api_key",
            "bearer_token",
            "service_account_credentials",
            "sas_url",
            "key",
        ],
        note: "rclone's obscured passwords can be read back without a key",
    },
    Options {
        rule: "odbc-ini-password",
        names: &["odbc.ini", ".odbc.ini", "odbcinst.ini"],
        folder: "",
        keys: &["pwd", "password"],
        note: "",
    },
    Options {
        rule: "wireguard-key",
        names: &["wg0.conf", "wg1.conf", "wg.conf", "wireguard.conf"],
        folder: "",
        keys: &["privatekey", "presharedkey"],
        note: "",
    },
];

/// The options of a file, by its name.
pub(super) fn of(path: &BStr, name: &[u8]) -> Option<&'static Options> {
    let is_in = |folder: &str| {
        folder.is_empty()
            || path
                .split_str("/")
                .any(|part| part.strip_prefix(b"dot").unwrap_or(part) == folder.as_bytes())
    };
    KNOWN.iter().find(|options| {
        options
            .names
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            && is_in(options.folder)
    })
}

/// Goes through the lines.
pub(super) fn scan(options: &Options, report: &mut Report<'_, '_>) {
    let bytes = report.bytes();
    let mut start = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if let Some(span) = value(options, line) {
            report.add(
                options.rule,
                start + span.start..start + span.end,
                options.note,
            );
        }
        start += line.len();
    }
}

/// The value of a line whose key is one of the options'.
fn value(options: &Options, line: &[u8]) -> Option<std::ops::Range<usize>> {
    let sign = line
        .iter()
        .take(128)
        .position(|&byte| byte == b'=')
        .or_else(|| line.iter().take(128).rposition(|&byte| byte == b':'))?;
    let key = line[..sign].trim_ascii();
    let key = key
        .strip_prefix(b"#")
        .or_else(|| key.strip_prefix(b";"))
        .unwrap_or(key)
        .trim_ascii();
    let key = key.strip_prefix(b":").unwrap_or(key);
    options
        .keys
        .iter()
        .any(|known| key.eq_ignore_ascii_case(known.as_bytes()))
        .then(|| encoded::trimmed(line, sign + 1))?
}
