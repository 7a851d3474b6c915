//! The sovereign clouds: each vault's token is asked for where its cloud issues them, and for its own domain.

use std::collections::BTreeSet;

use nuages_fakecloud::{FakeCloud, Reply, TENANT, Variables};
use serde_json::json;

use super::fails_as;
use crate::cloud::{asked, env, made, render_as};

/// A run that has to reach exactly this vault and this authority, and gets a token for this domain.
struct Case {
    /// Of the instance.
    settings: &'static str,
    authority_host: Option<&'static str>,
    vault: &'static str,
    login: &'static str,
    domain: &'static str,
}

impl Case {
    fn variables(&self, cloud: &FakeCloud) -> Variables {
        let mut variables = cloud.environment_client_secret();
        if let Some(host) = self.authority_host {
            variables.push(("AZURE_AUTHORITY_HOST".into(), host.into()));
        }
        variables
    }

    fn manifest(&self) -> String {
        format!(
            "[providers.secrets]\nkind = 'azure-kv'\n{}\n{}",
            self.settings,
            env([("A", "${secrets://db}"), ("B", "${secrets://key}")])
        )
    }

    /// Runs it in a cloud that has the secrets `db` and `key` there.
    #[track_caller]
    fn holds(&self, cloud: &FakeCloud) {
        let rendered = render_as(&self.variables(cloud), &self.manifest());
        assert_eq!([&rendered["A"], &rendered["B"]], ["of db", "of key"]);
        let hosts: BTreeSet<String> = cloud.tunnels().into_iter().collect();
        let expected = [self.vault, self.login].map(|host| format!("{host}:443"));
        assert_eq!(hosts, BTreeSet::from(expected), "{}", self.settings);
        let logins: Vec<_> = asked(cloud)
            .into_iter()
            .filter(|seen| seen.method == "POST")
            .collect();
        assert_eq!(logins.len(), 1);
        assert_eq!(logins[0].host, self.login);
        assert_eq!(logins[0].path, format!("/{TENANT}/oauth2/v2.0/token"));
        let scope = format!("https://{}/.default", self.domain);
        assert_eq!(logins[0].field("scope"), Some(&*scope));
    }
}

fn filled(host: &str) -> FakeCloud {
    let cloud = FakeCloud::builder()
        .host("login.sovcloud-identity.fr")
        .host(host);
    let cloud = cloud.start().unwrap();
    let vault = cloud.vault(host);
    vault.set("db", "of db");
    vault.set("key", "of key");
    cloud
}

#[test]
fn the_vaults_own_domain_says_the_cloud() {
    for case in [
        Case {
            settings: "vault = 'https://shop.vault.azure.net'",
            authority_host: None,
            vault: "shop.vault.azure.net",
            login: "login.microsoftonline.com",
            domain: "vault.azure.net",
        },
        Case {
            settings: "vault = 'https://shop.vault.usgovcloudapi.net/'",
            authority_host: None,
            vault: "shop.vault.usgovcloudapi.net",
            login: "login.microsoftonline.us",
            domain: "vault.usgovcloudapi.net",
        },
        Case {
            settings: "vault = 'shop.vault.azure.cn'",
            authority_host: None,
            vault: "shop.vault.azure.cn",
            login: "login.chinacloudapi.cn",
            domain: "vault.azure.cn",
        },
    ] {
        let cloud = filled(case.vault);
        case.holds(&cloud);
        made(&cloud, &[("entra.token", 1), ("vault.get", 2)]);
    }
}

#[test]
fn the_cloud_completes_a_vaults_name() {
    for case in [
        Case {
            settings: "vault = 'shop'\ncloud = 'usgov'",
            authority_host: None,
            vault: "shop.vault.usgovcloudapi.net",
            login: "login.microsoftonline.us",
            domain: "vault.usgovcloudapi.net",
        },
        Case {
            settings: "vault = 'shop'\ncloud = 'china'",
            authority_host: None,
            vault: "shop.vault.azure.cn",
            login: "login.chinacloudapi.cn",
            domain: "vault.azure.cn",
        },
        Case {
            settings: "vault = 'shop'",
            authority_host: Some("https://login.partner.microsoftonline.cn/"),
            vault: "shop.vault.azure.cn",
            login: "login.partner.microsoftonline.cn",
            domain: "vault.azure.cn",
        },
        Case {
            settings: "vault = 'shop'",
            authority_host: Some("login.microsoftonline.us"),
            vault: "shop.vault.usgovcloudapi.net",
            login: "login.microsoftonline.us",
            domain: "vault.usgovcloudapi.net",
        },
    ] {
        let cloud = filled(case.vault);
        case.holds(&cloud);
        made(&cloud, &[("entra.token", 1), ("vault.get", 2)]);
    }
}

/// The fake has neither, so what Entra and the vault answer is laid down; where they are asked, and for what, is real.
#[test]
fn france_and_managed_hsms_have_their_own_too() {
    for case in [
        Case {
            settings: "vault = 'shop'\ncloud = 'france'",
            authority_host: None,
            vault: "shop.vault.sovcloud-api.fr",
            login: "login.sovcloud-identity.fr",
            domain: "vault.sovcloud-api.fr",
        },
        Case {
            settings: "vault = 'https://shop.managedhsm.azure.net'",
            authority_host: None,
            vault: "shop.managedhsm.azure.net",
            login: "login.microsoftonline.com",
            domain: "managedhsm.azure.net",
        },
        Case {
            settings: "vault = 'https://shop.managedhsm.usgovcloudapi.net'",
            authority_host: None,
            vault: "shop.managedhsm.usgovcloudapi.net",
            login: "login.microsoftonline.us",
            domain: "managedhsm.usgovcloudapi.net",
        },
    ] {
        let cloud = filled(case.vault);
        let token = cloud.issue_token(&format!("https://{}", case.domain));
        let answer = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token});
        for operation in ["unknown", "entra.token"] {
            cloud.script(
                operation,
                Reply::json(200, &answer).naming("/oauth2/v2.0/token"),
            );
        }
        for name in ["db", "key"] {
            let url = format!(
                "https://{}/secrets/{name}/0123456789abcdef0123456789abcdef",
                case.vault
            );
            let answer =
                json!({"id": url, "value": format!("of {name}"), "attributes": {"enabled": true}});
            let path = format!("/secrets/{name}");
            cloud.script("vault", Reply::json(200, &answer).naming(&path).always());
        }
        case.holds(&cloud);
        let gets = cloud.count_path("GET", "/secrets/");
        assert_eq!(gets, 2, "asked once each, with the token from the first");
        assert!(
            asked(&cloud)
                .iter()
                .filter(|seen| seen.method == "GET")
                .all(|seen| seen.header("authorization") == Some("Bearer"))
        );
    }
}

/// Vaults of two clouds in one manifest need two logins, each at its own cloud.
#[test]
fn vaults_of_two_clouds_are_two_logins() {
    let cloud = filled("shop.vault.azure.net");
    cloud.vault("shop.vault.azure.cn").set("db", "of china");
    let manifest = env([
        ("A", "${azure-kv://shop.vault.azure.net/db}"),
        ("B", "${azure-kv://shop.vault.azure.cn/db}"),
    ]);
    let rendered = render_as(&cloud.environment_client_secret(), &manifest);
    assert_eq!([&rendered["A"], &rendered["B"]], ["of db", "of china"]);
    made(&cloud, &[("entra.token", 2), ("vault.get", 2)]);
    let mut logins: Vec<_> = asked(&cloud)
        .into_iter()
        .filter(|seen| seen.operation == "entra.token")
        .map(|seen| (seen.host.clone(), seen.field("scope").unwrap().to_owned()))
        .collect();
    logins.sort();
    let expected = [
        ("login.chinacloudapi.cn", "https://vault.azure.cn/.default"),
        (
            "login.microsoftonline.com",
            "https://vault.azure.net/.default",
        ),
    ];
    assert_eq!(logins, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn a_vault_outside_of_the_logins_cloud_is_told() {
    let cloud = filled("shop.vault.azure.cn");
    let case = Case {
        settings: "vault = 'https://shop.vault.azure.cn'",
        authority_host: Some("login.microsoftonline.us"),
        vault: "",
        login: "",
        domain: "",
    };
    let variables = case.variables(&cloud);
    fails_as(&cloud, &variables, "other_cloud", &case.manifest(), 4);
    assert_eq!(cloud.requests(), []);
    let case = Case {
        settings: "vault = 'shop'\ncloud = 'china'",
        ..case
    };
    cloud.forget();
    fails_as(
        &cloud,
        &variables,
        "cloud_and_authority",
        &case.manifest(),
        4,
    );
    assert_eq!(cloud.requests(), []);
}
