//! Whose authority vouches for a server, where it is one that no operating system has in its store.

use crate::check::subject::Host;

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

/// Ends of the names of servers that no public authority certifies: names of a network's own, and hosts of services that
/// give their databases certificates of their own making.
const UNCERTIFIED: &[&str] = &[
    ".cluster.local",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".ovh.net",
    ".scw.cloud",
    ".svc",
    ".test",
];

/// The authority of the servers, unless it is, or may be, one that systems know.
pub(in crate::check::rules) fn authority(hosts: &[Host]) -> Option<&'static Authority> {
    let of = |host: &Host| match host {
        Host::Address(_) => Some(&BY_ADDRESS),
        Host::Name(name) => {
            let name = plain(name);
            // A proxy of RDS has a certificate of Amazon's public authority.
            let is_proxy = name
                .split('.')
                .nth(1)
                .is_some_and(|label| label.starts_with("proxy-"));
            let is_of =
                |(ends, _): &&(&[&str], Authority)| ends.iter().any(|end| name.ends_with(end));
            let vendor = VENDORS.iter().filter(|_| !is_proxy).find(is_of);
            vendor.map(|(_, authority)| authority)
        }
        _ => None,
    };
    hosts.iter().find_map(of)
}

/// Whether each of the servers may have a certificate of an authority that systems know, as far as their names tell.
pub(in crate::check::rules) fn may_be_certified(hosts: &[Host]) -> bool {
    let may = |host: &Host| match host {
        Host::Name(name) => {
            let name = plain(name);
            let is_heroku = name.starts_with("ec2-")
                && (name.contains(".compute.") || name.contains(".compute-"))
                && name.ends_with(".amazonaws.com");
            name.contains('.')
                && !name.contains(".svc.")
                && !is_heroku
                && !UNCERTIFIED.iter().any(|end| name.ends_with(end))
        }
        Host::Local => true,
        Host::Loopback | Host::Address(_) | Host::Unknown => false,
    };
    !hosts.is_empty() && hosts.iter().all(may)
}

/// Whether certificates can be held against the servers' names, as far as these are known: an address stands in few of
/// them, so that who begins to compare may end what works.
pub(in crate::check::rules) fn may_be_named(hosts: &[Host]) -> bool {
    !hosts.iter().any(|host| matches!(host, Host::Address(_)))
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
