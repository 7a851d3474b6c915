//! Azure's clouds: where each logs in, what its vaults and databases are called, and for which resource their tokens are.
//!
//! <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates> has the vaults' domains,
//! `azure/cli/core/cloud.py` of the Azure CLI the authorities and the resource of PostgreSQL and MySQL.

/// One cloud.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cloud {
    /// As the manifest writes it.
    pub(crate) name: &'static str,
    /// Hosts that issue its tokens; the first is asked.
    pub(crate) authorities: &'static [&'static str],
    /// The domain of its vaults.
    pub(crate) vaults: &'static str,
    /// The domain of its managed HSMs.
    pub(crate) hsms: &'static str,
    /// The domains of its databases.
    databases: &'static [&'static str],
    /// The resource of Azure SQL.
    pub(crate) sql: &'static str,
    /// The resource of Azure Database for PostgreSQL and for MySQL.
    pub(crate) open_source: &'static str,
}

impl Cloud {
    /// The resource that tokens for its vaults are for.
    pub(crate) fn vault_resource(&self) -> String {
        resource(self.vaults)
    }

    /// Whether a host is one of its managed HSMs.
    pub(crate) fn is_hsm(&self, host: &str) -> bool {
        is_below(host, self.hsms)
    }
}

/// The resource of a domain that has its leading dot.
fn resource(domain: &str) -> String {
    format!("https://{}", domain.trim_start_matches('.'))
}

/// All clouds; the first is the one that is meant where nothing is said.
pub(crate) const CLOUDS: &[Cloud] = &[
    Cloud {
        name: "public",
        authorities: &["login.microsoftonline.com", "login.microsoft.com"],
        vaults: ".vault.azure.net",
        hsms: ".managedhsm.azure.net",
        databases: &[
            ".database.windows.net",
            ".database.azure.com",
            ".database.fabric.microsoft.com",
        ],
        sql: "https://database.windows.net",
        open_source: "https://ossrdbms-aad.database.windows.net",
    },
    Cloud {
        name: "usgov",
        authorities: &["login.microsoftonline.us"],
        vaults: ".vault.usgovcloudapi.net",
        hsms: ".managedhsm.usgovcloudapi.net",
        databases: &[".database.usgovcloudapi.net"],
        sql: "https://database.usgovcloudapi.net",
        open_source: "https://ossrdbms-aad.database.usgovcloudapi.net",
    },
    Cloud {
        name: "china",
        authorities: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
        vaults: ".vault.azure.cn",
        hsms: ".managedhsm.azure.cn",
        databases: &[".database.chinacloudapi.cn"],
        sql: "https://database.chinacloudapi.cn",
        open_source: "https://ossrdbms-aad.database.chinacloudapi.cn",
    },
    Cloud {
        name: "france",
        authorities: &["login.sovcloud-identity.fr"],
        vaults: ".vault.sovcloud-api.fr",
        hsms: ".managedhsm.sovcloud-api.fr",
        databases: &[".database.sovcloud-api.fr"],
        sql: "https://database.sovcloud-api.fr",
        open_source: "https://ossrdbms-aad.database.sovcloud-api.fr",
    },
];

/// The names of [`CLOUDS`], for the manifest.
pub(crate) const NAMES: &[&str] = &["public", "usgov", "china", "france"];

/// The cloud of this name.
pub(crate) fn named(name: &str) -> Option<&'static Cloud> {
    CLOUDS.iter().find(|cloud| cloud.name == name)
}

/// The cloud that logs in at this host.
pub(crate) fn of_authority(host: &str) -> Option<&'static Cloud> {
    let host = host.to_ascii_lowercase();
    CLOUDS
        .iter()
        .find(|cloud| cloud.authorities.contains(&host.as_str()))
}

/// The cloud of a vault's or a managed HSM's host.
pub(crate) fn of_vault(host: &str) -> Option<&'static Cloud> {
    CLOUDS
        .iter()
        .find(|cloud| is_below(host, cloud.vaults) || is_below(host, cloud.hsms))
}

/// The cloud of a database's host; none where the host is of no cloud, such as an alias in one's own domain.
pub(crate) fn of_database(host: &str) -> Option<&'static Cloud> {
    let is_of = |cloud: &&Cloud| cloud.databases.iter().any(|domain| is_below(host, domain));
    CLOUDS.iter().find(is_of)
}

/// The resource that a token for this vault is for: its domain.
pub(crate) fn vault_resource(host: &str) -> Option<String> {
    let cloud = of_vault(host)?;
    let domain = if is_below(host, cloud.vaults) {
        cloud.vaults
    } else {
        cloud.hsms
    };
    Some(resource(domain))
}

/// Whether `host` is one name or more in front of `domain`, which has its leading dot.
fn is_below(host: &str, domain: &str) -> bool {
    let Some(start) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    start > 0
        && host
            .get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_can_be_named() {
        let names: Vec<&str> = CLOUDS.iter().map(|cloud| cloud.name).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn a_vaults_host_says_its_cloud_and_resource() {
        for (host, cloud, resource) in [
            ("shop.vault.azure.net", "public", "https://vault.azure.net"),
            ("SHOP.Vault.Azure.NET", "public", "https://vault.azure.net"),
            (
                "shop.managedhsm.azure.net",
                "public",
                "https://managedhsm.azure.net",
            ),
            ("shop.vault.azure.cn", "china", "https://vault.azure.cn"),
            (
                "shop.vault.usgovcloudapi.net",
                "usgov",
                "https://vault.usgovcloudapi.net",
            ),
            (
                "shop.vault.sovcloud-api.fr",
                "france",
                "https://vault.sovcloud-api.fr",
            ),
        ] {
            assert_eq!(of_vault(host).unwrap().name, cloud, "{host}");
            assert_eq!(vault_resource(host).unwrap(), resource, "{host}");
        }
        for host in [
            "vault.azure.net",
            ".vault.azure.net.example.org",
            "shopvault.azure.net",
            "example.org",
            "",
        ] {
            assert_eq!(of_vault(host), None, "{host}");
        }
    }

    #[test]
    fn a_databases_host_says_its_cloud() {
        for (host, cloud) in [
            ("shop.database.windows.net", "public"),
            ("shop.postgres.database.azure.com", "public"),
            ("shop.mysql.database.azure.com", "public"),
            ("shop.database.usgovcloudapi.net", "usgov"),
            ("shop.postgres.database.chinacloudapi.cn", "china"),
        ] {
            assert_eq!(of_database(host).unwrap().name, cloud, "{host}");
        }
        assert_eq!(of_database("db.example.org"), None);
    }
}
