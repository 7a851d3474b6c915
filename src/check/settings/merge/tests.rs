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
