//! What is chosen in which environment.

use nuages_provider::Settings;

use super::*;

fn chosen(variables: &[(&str, &str)], settings: &Settings) -> Result<Choice, Error> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let environment = Environment::new(variables, "/project");
    let who = Who::read(settings, &environment)?;
    choose(&environment, &who)
}

fn source(variables: &[(&str, &str)]) -> Source {
    chosen(variables, &Settings::new()).unwrap().source
}

const IDS: [(&str, &str); 2] = [("AZURE_CLIENT_ID", "app"), ("AZURE_TENANT_ID", "t")];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    IDS.iter().chain(more).copied().collect()
}

#[test]
fn what_is_there_decides() {
    let secret = ("AZURE_CLIENT_SECRET", "x");
    let certificate = ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem");
    let federated = ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token");
    let endpoint = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1"),
        ("IDENTITY_HEADER", "x"),
    ];
    let file = Source::WorkloadIdentity("/var/run/token".into());
    assert_eq!(
        source(&with(&[secret, certificate, federated])),
        Source::ClientSecret
    );
    assert_eq!(
        source(&with(&[certificate, federated])),
        Source::ClientCertificate("/project/app.pem".into())
    );
    assert_eq!(source(&with(&[federated, endpoint[0], endpoint[1]])), file);
    assert_eq!(source(&endpoint), Source::AppService);
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"),
    ];
    assert_eq!(source(&with(&github)), Source::GitHubActions);
    let nothing = chosen(&[], &Settings::new()).unwrap();
    assert_eq!(nothing.source, Source::Machine);
    assert!(nothing.last_resort().is_some());
}

#[test]
fn the_manifest_decides_before() {
    let all = with(&[
        ("AZURE_CLIENT_SECRET", "x"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/f"),
    ]);
    let settings = Settings::new()
        .with_text("credential", "workload-identity")
        .with_text("client_id", "other");
    let choice = chosen(&all, &settings).unwrap();
    assert_eq!(choice.source, Source::WorkloadIdentity("/f".into()));
    assert_eq!(choice.client_id.as_deref(), Some("other"));
    let machine = Settings::new().with_text("credential", "managed-identity");
    let choice = chosen(&all, &machine).unwrap();
    assert_eq!(
        (choice.source.clone(), choice.last_resort()),
        (Source::Machine, None)
    );
}

#[test]
fn the_sdks_own_variable_narrows_it() {
    let all = with(&[
        ("AZURE_CLIENT_SECRET", "x"),
        ("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential"),
    ]);
    assert_eq!(source(&all), Source::Machine);
    let error = chosen(&[("AZURE_TOKEN_CREDENTIALS", " Dev ")], &Settings::new()).unwrap_err();
    assert!(
        error.message().starts_with("neither the Azure CLI"),
        "{error}"
    );
    let error = chosen(&[("AZURE_TOKEN_CREDENTIALS", "hunter2")], &Settings::new()).unwrap_err();
    assert!(!error.message().contains("hunter2"));
}

#[test]
fn half_a_credential_is_told() {
    let message = |variables: &[(&str, &str)]| {
        chosen(variables, &Settings::new())
            .unwrap_err()
            .message()
            .to_owned()
    };
    assert_eq!(
        message(&[("AZURE_CLIENT_SECRET", "x"), ("AZURE_CLIENT_ID", "app")]),
        "client secret needs `AZURE_TENANT_ID` in the environment, or `tenant` in the manifest"
    );
    assert_eq!(
        message(&[("IDENTITY_ENDPOINT", "http://127.0.0.1:1")]),
        "`IDENTITY_HEADER` is missing in the environment"
    );
    assert_eq!(
        message(&[("MSI_ENDPOINT", "http://127.0.0.1:1")]),
        "the managed identity of Cloud Shell cannot be used"
    );
}
