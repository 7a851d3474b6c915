//! What the manifest and the settings both show.

use std::time::SystemTime;

use serde_json::json;

use super::*;
use crate::{
    check::{
        found::Place,
        settings::{
            Message, look,
            tests::{ids, postgresql, secret},
        },
        subject::Stage,
        testing::{found, settings_of},
    },
    finding::Severity,
    registry::Registry,
};

#[test]
fn what_the_manifest_shows_too_is_told_there() {
    let mut manifest = found(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db.shop.example\"\nUSER = \"shop_app\"\nPASSWORD = \"${env://P}\"\n\
         OPTIONS = { sslmode = \"require\", channel_binding = \"require\" }\n\n[env]\nDJANGO_DEBUG = \"true\"\n",
        &[],
    );
    assert_eq!(ids(&manifest), ["PG004", "DJ018"]);
    let mut settings =
        postgresql(&json!({"OPTIONS": {"sslmode": "require", "channel_binding": "require"}}));
    settings["DEBUG"] = json!(true);
    settings["SECRET_KEY"] = json!("short");
    let debug = Message::warning(
        "security.W018",
        "You should not have DEBUG set to True in deployment.",
    );
    let evaluated = settings_of("", settings, Ok(vec![debug]), Stage::Production);
    let looked =
        look(&evaluated, &Registry::builtin(), SystemTime::now()).unwrap_or_else(|_| panic!());
    merge(&evaluated, &Layer::default(), &mut manifest, looked.found);
    assert_eq!(ids(&manifest), ["PG004", "security.W018", "DJ009"]);
    assert!(matches!(manifest[1].place, Place::Manifest(_)));
    assert!(
        manifest[1]
            .notes
            .contains(&"also `DJ018` of nuages".to_owned())
    );
}

#[test]
fn pooling_that_the_settings_turn_off_is_no_advice() {
    let text = "[databases.default]\nENGINE = \"mssql\"\nNAME = \"shop\"\nHOST = \"shop.database.windows.net\"\nauth = \"entra\"\n";
    for (pooling, severity) in [(false, None), (true, Some(Severity::Warning))] {
        let mut manifest = found(text, &[]);
        assert!(ids(&manifest).contains(&"MS017"), "{:?}", ids(&manifest));
        let database = json!({"ENGINE": "mssql", "NAME": "shop", "HOST": "shop.database.windows.net", "TOKEN": secret(1),
            "OPTIONS": {"driver": "ODBC Driver 18 for SQL Server", "extra_params": "Encrypt=yes"}});
        let settings =
            json!({"DATABASES": {"default": database}, "DATABASE_CONNECTION_POOLING": pooling});
        let evaluated = settings_of("", settings, Ok(Vec::new()), Stage::Production);
        let looked =
            look(&evaluated, &Registry::builtin(), SystemTime::now()).unwrap_or_else(|_| panic!());
        merge(&evaluated, &Layer::default(), &mut manifest, looked.found);
        let pooled: Vec<Severity> = manifest
            .iter()
            .filter(|one| one.rule.id == "MS017")
            .map(|one| one.severity)
            .collect();
        assert_eq!(pooled, severity.into_iter().collect::<Vec<_>>());
    }
}

/// A variable that the settings bind to nothing that is shown is on no error page.
#[test]
fn what_no_setting_binds_is_not_shown() {
    let text = "[env]\nREDIS_URL = \"rediss://:${env://P | urlencode}@cache.shop.example/0\"\n";
    let url = format!("rediss://:{}@cache.shop.example/0", secret(2));
    for (settings, expected) in [
        (json!({}), &[][..]),
        (json!({"REDIS_URL": url}), &[Severity::Warning][..]),
        // It was not set while the settings were evaluated.
        (json!({"REDIS_URL": ""}), &[Severity::Advice][..]),
    ] {
        let mut manifest = found(text, &[]);
        assert!(ids(&manifest).contains(&"GN018"));
        let evaluated = settings_of("", settings, Ok(Vec::new()), Stage::Production);
        let looked =
            look(&evaluated, &Registry::builtin(), SystemTime::now()).unwrap_or_else(|_| panic!());
        merge(&evaluated, &Layer::default(), &mut manifest, looked.found);
        let shown = manifest.iter().filter(|one| one.rule.id == "GN018");
        let severities: Vec<Severity> = shown.map(|one| one.severity).collect();
        assert_eq!(severities, expected);
    }
}
