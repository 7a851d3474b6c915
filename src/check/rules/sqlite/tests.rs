//! The rules for SQLite, each with what it is found in and the nearest that it is not found in.

use crate::{
    check::testing::{Around, fixed, found, holds, ids, severity},
    finding::Severity,
};

fn name(name: &str) -> String {
    format!("[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"{name}\"\n")
}

fn alone(text: &str) -> String {
    format!("!{}", name(text))
}

#[test]
fn files_that_are_handed_out() {
    holds(
        "SL001",
        "",
        &[
            &alone("/srv/shop/media/db.sqlite3"),
            &alone("static/db.sqlite3"),
            &alone("staticfiles/data/db.sqlite3"),
            &alone("/home/shop/Public_HTML/db.sqlite3"),
            &alone("/var/www/html/shop/db.sqlite3"),
            &alone("/srv/x/../shop/uploads/db.sqlite3"),
            &alone("file:/srv/shop/media/db.sqlite3?mode=ro"),
            &alone("file:///srv/shop/me%64ia/db.sqlite3"),
            "![databases.a]\nurl = \"sqlite:////srv/shop/media/db.sqlite3\"",
            "![databases.a]\nENGINE = \"spatialite\"\nNAME = \"media/db.sqlite3\"",
            &format!(
                "{}[env]\nSTATIC_ROOT = \"/srv/files\"",
                alone("/srv/files/db.sqlite3")
            ),
            &format!("{}[env]\nMEDIA_ROOT = \"files\"", alone("files/db.sqlite3")),
            &format!(
                "{}[env]\nMEDIA_ROOT = \"./files/\"",
                alone("files/a/db.sqlite3")
            ),
            &format!(
                "{}[env]\nSHOP_MEDIA_ROOT = \"/srv/files/\"",
                alone("/srv/files/a/db.sqlite3")
            ),
        ],
        &[
            &alone("db.sqlite3"),
            &alone("/var/lib/shop/db.sqlite3"),
            &alone("/var/www/shop/db.sqlite3"),
            &alone("/media/disk/db.sqlite3"),
            &alone("/srv/social-media/db.sqlite3"),
            &alone("/srv/shop/media"),
            &alone("/srv/shop/media/../db.sqlite3"),
            &alone("${env://DB_FILE}"),
            &alone(":memory:"),
            &format!(
                "{}[env]\nSTATIC_ROOT = \"/srv/file\"",
                alone("/srv/files/db.sqlite3")
            ),
            &format!("{}[env]\nMEDIA_ROOT = \".\"", alone("db.sqlite3")),
            &format!("{}[env]\nMEDIA_ROOT = \"file\"", alone("files/db.sqlite3")),
            &format!(
                "{}[env]\nSTATIC_ROOT = \"/\"",
                alone("/srv/files/db.sqlite3")
            ),
            &format!(
                "{}TEST = {{ NAME = \"media/db.sqlite3\" }}",
                alone("db.sqlite3")
            ),
            "![databases.a]\nENGINE = \"postgresql\"\nNAME = \"media/db\"",
        ],
    );
}

#[test]
fn files_that_all_may_read() {
    let around = Around::new();
    let permit = |place: &std::path::Path, mode: u32| {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(place, permissions).unwrap();
    };
    permit(around.0.path(), 0o755);
    for (mode, count) in [
        (0o600, 0),
        (0o640, 0),
        (0o660, 0),
        (0o644, 1),
        (0o666, 1),
        (0o604, 1),
    ] {
        let path = around.file("data/db.sqlite3", mode, "");
        for path in [
            path.as_str(),
            "data/db.sqlite3",
            "file:data/db.sqlite3?mode=rw",
        ] {
            let found = around.found(&name(path), "SL001");
            assert_eq!(found.len(), count, "{path} {mode:o}");
            let is_whole = path.starts_with('/');
            let serious = if is_whole {
                Severity::Warning
            } else {
                Severity::Advice
            };
            assert!(found.iter().all(|one| one.severity == serious), "{path}");
        }
    }
    let path = around.file("data/db.sqlite3", 0o644, "");
    permit(&around.0.path().join("data"), 0o750);
    assert!(around.found(&name(&path), "SL001").is_empty());
    permit(&around.0.path().join("data"), 0o711);
    assert_eq!(around.found(&name(&path), "SL001").len(), 1);
    let text = format!(
        "{}\n[profiles.dev.databases.default]\nENGINE = \"sqlite3\"\nNAME = \"data/db.sqlite3\"\n",
        name("no-such.sqlite3")
    );
    let found = around.found(&text, "SL001");
    assert_eq!(found[0].severity, Severity::Advice);
    assert!(around.found(&name("data"), "SL001").is_empty());
    assert!(around.found(&name("no-such.sqlite3"), "SL001").is_empty());
}

#[test]
fn passwords_that_do_nothing() {
    let with = |more: &str| format!("{}{more}", alone("db.sqlite3"));
    holds(
        "SL002",
        "",
        &[
            &with("PASSWORD = \"${env://DB_PASSWORD}\""),
            &with("USER = \"app\"\nPASSWORD = \"${env://A}-${env://B}\""),
            "![databases.a]\nurl = \"sqlite://u:${env://P}@/db.sqlite3\"",
        ],
        &[
            &with(""),
            &with("PASSWORD = \"\""),
            &with("USER = \"app\""),
            &with("TEST = { PASSWORD = \"${env://P}\" }"),
            "![databases.a]\nENGINE = \"postgresql\"\nPASSWORD = \"${env://P}\"",
            "![databases.a]\nENGINE = \"postgresql\"\nPASSWORD = \"${env://P}\"\n[profiles.dev.databases.a]\nENGINE = \"sqlite3\"\nNAME = \"db.sqlite3\"",
        ],
    );
    let text = format!(
        "{}PASSWORD = \"${{env://P}}\"\nCONN_MAX_AGE = 60\n",
        name("db.sqlite3")
    );
    assert!(fixed(&text, "SL002").is_none());
    let found = found(&text, &[]);
    let one = found.iter().find(|one| one.rule.id == "SL002").unwrap();
    assert_eq!(
        one.fix.as_ref().unwrap().describe(&[]),
        "remove databases.default.PASSWORD"
    );
}

#[test]
fn databases_in_memory() {
    holds(
        "SL003",
        "",
        &[
            &alone(":memory:"),
            &alone("file::memory:?cache=shared"),
            &alone("file:shop?mode=memory&cache=shared"),
            "![databases.a]\nurl = \"sqlite://:memory:\"",
            "![databases.a]\nurl = \"sqlite://\"",
        ],
        &[
            &alone("db.sqlite3"),
            &alone("file:shop?mode=ro"),
            &alone("memory"),
            &alone("${env://N}"),
            &format!("{}TEST = {{ NAME = \":memory:\" }}", alone("db.sqlite3")),
            &format!(
                "{}[profiles.test.databases.default]\nNAME = \":memory:\"",
                alone("db.sqlite3")
            ),
            &format!(
                "{}[profiles.ci-fast.databases.default]\nNAME = \":memory:\"",
                alone("db.sqlite3")
            ),
        ],
    );
    let text = format!(
        "{}[profiles.dev.databases.default]\nNAME = \":memory:\"\n",
        name("db.sqlite3")
    );
    assert_eq!(severity("SL003", &text, &["dev"]), Some(Severity::Advice));
    assert_eq!(found(&text, &["dev"]).len(), 1);
    assert!(ids(&name("db.sqlite3")).is_empty());
}
