//! What each spelling becomes, and that our own parser reads it.

use super::*;

fn becomes(text: &str) -> String {
    match reference(text, Some("https://shop.vault.azure.net/")) {
        None => "-".to_owned(),
        Some(Ok(found)) => {
            let spelled = found.to_string();
            assert_eq!(crate::reference::parse(&spelled).unwrap(), found, "{text}");
            spelled
        }
        Some(Err(error)) => error.to_string(),
    }
}

#[test]
fn every_spelling_has_its_equal() {
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db";
    let secret = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop/db-AbCdEf";
    for (text, expected) in [
        ("ref+awsssm://shop/db", "aws-ssm:///shop/db"),
        ("secretref+awsssm:///shop/db+", "aws-ssm:///shop/db"),
        (
            "ref+awsssm://shop/db?region=eu-west-1&version=3",
            "aws-ssm:///shop/db?region=eu-west-1&version=3",
        ),
        (
            "ref+awsssm://shop/db?mode=singleparam#/login/password",
            "aws-ssm:///shop/db#/login/password",
        ),
        ("ref+awsssm://shop/#/db", "aws-ssm:///shop/db"),
        (
            "ref+awssecrets://shop/db?version_stage=AWSPREVIOUS#/password",
            "aws-secrets://shop/db?stage=AWSPREVIOUS#/password",
        ),
        (
            "ref+awssecrets://shop%2Fa%20b?version_id=0123&region=eu-west-1",
            "aws-secrets://shop/a b?region=eu-west-1&version_id=0123",
        ),
        (
            "ref+azurekeyvault://shop/db/ba4f",
            "azure-kv://shop/db?version=ba4f",
        ),
        ("azure:keyvault:db", "azure-kv://shop/db"),
        ("azure:keyvault:db/ba4f", "azure-kv://shop/db?version=ba4f"),
        (arn, &format!("aws-ssm://{arn}")),
        (&format!("{arn}:3"), &format!("aws-ssm://{arn}?version=3")),
        (
            &format!("{arn}:stable"),
            &format!("aws-ssm://{arn}?label=stable"),
        ),
        (secret, &format!("aws-secrets://{secret}")),
        (
            &format!("{secret}:password::"),
            &format!("aws-secrets://{secret}#password"),
        ),
        (
            &format!("{secret}:a b#c:AWSPREVIOUS:"),
            &format!("aws-secrets://{secret}?stage=AWSPREVIOUS#a b%23c"),
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://Shop.vault.azure.net/secrets/db/ba4f)",
            "azure-kv://shop/db?version=ba4f",
        ),
        (
            "@microsoft.keyvault(SecretUri=https://shop.vault.usgovcloudapi.net/secrets/db/)",
            "azure-kv://shop.vault.usgovcloudapi.net/db",
        ),
        (
            "@Microsoft.KeyVault(VaultName=shop;SecretName=db;SecretVersion=ba4f)",
            "azure-kv://shop/db?version=ba4f",
        ),
        (
            "{{resolve:ssm-secure:/shop/db:3}}",
            "aws-ssm:///shop/db?version=3",
        ),
        ("{{resolve:ssm:shop}}", "aws-ssm://shop"),
        (
            "{{resolve:secretsmanager:shop/db:SecretString:password}}",
            "aws-secrets://shop/db#password",
        ),
        (
            &format!("{{{{resolve:secretsmanager:{secret}:SecretString:password::0123}}}}"),
            &format!("aws-secrets://{secret}?version_id=0123#password"),
        ),
        (
            &format!("{{{{resolve:secretsmanager:{secret}}}}}"),
            &format!("aws-secrets://{secret}"),
        ),
    ] {
        assert_eq!(becomes(text), expected, "{text}");
    }
}

#[test]
fn other_texts_are_left_alone() {
    for text in [
        "",
        "hunter2",
        "ref+",
        "postgres://app@db/shop",
        "aws-ssm:///shop/db",
        "op://vault/item/field",
        "arn:aws:iam::123456789012:role/shop",
        "arn:aws:ssm:eu-west-1:123456789012:document/x",
        "arn:aws:secretsmanager",
        "{{resolve:other:x}}",
        "{{ name }}",
        "@Microsoft.KeyVault",
        "@Microsoft.KeyVault(",
        "@Microsoft.Keyväult(x)",
        "azure:storage:x",
        "ref+two words://x",
    ] {
        assert_eq!(becomes(text), "-", "{text}");
    }
}

#[test]
fn what_would_be_lost_is_said() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret";
    for (text, expected) in [
        (
            "ref+vault://secret/db#/x",
            "a reference of vals: there is no equal of its `vault` here",
        ),
        (
            "ref+awsssm://shop/db?role_arn=x",
            "a reference of vals: its parameter `role_arn` is no option of a reference",
        ),
        (
            "ref+awsssm://shop/db?mode=x",
            "a reference of vals: its `mode` is not known",
        ),
        (
            "ref+azurekeyvault://shop",
            "a reference of vals: the vault or the secret is missing",
        ),
        (
            "ref+awssecrets://%ff",
            "a reference of vals: a name is not UTF-8 once decoded",
        ),
        (
            "@Microsoft.KeyVault(VaultName=shop)",
            "a Key Vault reference of App Service: it has neither `SecretUri` alone nor `VaultName` and `SecretName`",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=http://shop.vault.azure.net/secrets/db)",
            "a Key Vault reference of App Service: its vault is no https URL",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/keys/db)",
            "a Key Vault reference of App Service: its `SecretUri` is not that of a secret",
        ),
        (
            &format!("{arn}::key"),
            "an ARN: the secret's name is missing",
        ),
        (
            &format!("{arn}:db-AbCdEf:k:AWSCURRENT:0123"),
            "an ARN: a stage and an ID of a version are both given",
        ),
        (
            "{{resolve:secretsmanager:db:SecretBinary}}",
            "a dynamic reference of CloudFormation: `SecretString` must follow the secret's name",
        ),
    ] {
        assert_eq!(becomes(text), expected, "{text}");
    }
    let unnamed = reference("azure:keyvault:db", None).unwrap().unwrap_err();
    assert_eq!(unnamed.message, "it does not say which vault");
}

/// A variable may hold anything: no error says more of it than words.
#[test]
fn errors_show_no_text_that_is_no_word() {
    for text in [
        "ref+awsssm://shop/db?hunter2 \u{1b}[2J=x",
        "ref+awsssm://shop/db?mode=hunter2",
        "@Microsoft.KeyVault(hunter2=x)",
        "@Microsoft.KeyVault(hunter2)",
        "{{resolve:secretsmanager:db:hunter2}}",
    ] {
        let error = reference(text, None).unwrap().unwrap_err();
        assert!(
            !format!("{error} {:?}", error.hint).contains("hunter2"),
            "{text}"
        );
    }
}
