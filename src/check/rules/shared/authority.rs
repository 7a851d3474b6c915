//! Whose authority vouches for a server, where it is one that no operating system has in its store.

use crate::check::subject::{Database, Host};

/// An authority that has to be fetched before a server can be verified.
pub(in crate::check::rules) struct Authority {
    /// Where its certificates go, as an example.
    pub(in crate::check::rules) path: &'static str,
    /// What to do before: a fragment.
    pub(in crate::check::rules) remedy: &'static str,
}

/// Ends of host names, and the authority of the servers behind them.
const VENDORS: &[(&[&str], Authority)] = &[
    (
        &[".rds.amazonaws.com"],
        Authority {
            path: "/etc/ssl/certs/rds-global-bundle.pem",
            remedy: "put Amazon's bundle for RDS, https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem, into the image",
        },
    ),
    (
        &[".rds.amazonaws.com.cn"],
        Authority {
            path: "/etc/ssl/certs/rds-cn-bundle.pem",
            remedy: "put Amazon's bundle for RDS in China, https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem, into the image",
        },
    ),
    (
        &[".sql.goog"],
        Authority {
            path: "/etc/ssl/certs/cloud-sql-server-ca.pem",
            remedy: "put the instance's server CA, which `gcloud sql ssl server-ca-certs list` shows, into the image",
        },
    ),
    (
        &[
            ".db.ondigitalocean.com",
            ".aivencloud.com",
            ".supabase.co",
            ".supabase.com",
            ".db.postgresbridge.com",
        ],
        Authority {
            path: "/etc/ssl/certs/database-ca.pem",
            remedy: "put the CA certificate that the service offers for download into the image",
        },
    ),
];

/// Of a server that is known by its address alone, such as Cloud SQL.
const BY_ADDRESS: Authority = Authority {
    path: "/etc/ssl/certs/server-ca.pem",
    remedy: "put the server's CA certificate into the image; the name in the server's certificate must be what `HOST` says",
};

/// The authority of the server, unless it is, or may be, one that systems know.
pub(in crate::check::rules) fn authority(
    database: &Database<'_>,
    host: &Host,
) -> Option<&'static Authority> {
    if matches!(host, Host::Address(_)) {
        return Some(&BY_ADDRESS);
    }
    // A proxy of RDS has a certificate of Amazon's public authority.
    let is_proxy = database
        .host_name()
        .is_some_and(|name| name.split('.').any(|label| label.starts_with("proxy-")));
    VENDORS
        .iter()
        .find(|(ends, _)| !is_proxy && database.is_at(ends))
        .map(|(_, authority)| authority)
}
