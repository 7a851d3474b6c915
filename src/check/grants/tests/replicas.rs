//! What the login of a copy gets: reading, and no more.

use super::*;

fn with(engine: &str, replica: &str) -> String {
    format!(
        "{}\n[databases.copy]\nENGINE = \"{engine}\"\nNAME = \"shop\"\nHOST = \"replica\"\n{replica}",
        SHOP.replace("@ENGINE@", engine)
    )
}

const READER: &str = "USER = \"shop_reader\"\nTEST = { MIRROR = \"default\" }\n";

/// The section of an alias.
#[track_caller]
fn section(sql: &str, alias: &str) -> String {
    let mut sections = sql.split("\n-- databases: ").skip(1);
    let found = sections.find(|section| section.lines().next() == Some(alias));
    found.expect(alias).to_owned()
}

#[test]
fn a_login_of_its_own_reads_alone() {
    for engine in ["postgresql", "mysql", "mssql"] {
        let sql = section(&whole(&with(engine, READER)), "copy");
        shot(&format!("{engine}_copy"), &sql);
        let given: Vec<&str> = sql
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("GRANT "))
            .filter(|line| {
                let mut writing = ["INSERT", "UPDATE", "DELETE", "CREATE", "ALTER"].iter();
                writing.any(|word| line.contains(word))
            })
            .collect();
        assert_eq!(given, Vec::<&str>::new());
    }
}

/// Two copies with one login have one section, and an alias alone tells too.
#[test]
fn an_alias_tells_where_nothing_else_does() {
    let manifest = with("postgresql", READER).replace("databases.copy", "databases.replica")
        + "[databases.readonly2]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop_reports\"\n";
    let sql = whole(&manifest);
    let told = section(&sql, "readonly2");
    assert!(
        told.contains("shop_reports reads alone, from a copy of default: its alias says so."),
        "{told}"
    );
    // Another database, or one that nobody knows, is none for its alias alone.
    for other in ["NAME = \"other\"", "NAME = \"${env://N}\""] {
        let manifest = manifest.replace(
            "NAME = \"shop\"\nUSER = \"shop_reports\"",
            &format!("{other}\nUSER = \"shop_reports\""),
        );
        let sql = section(&whole(&manifest), "readonly2");
        assert!(sql.contains("shop_reports runs the application"), "{sql}");
    }
    let same = manifest.replace("shop_reports", "shop_reader");
    assert!(whole(&same).contains("\n-- databases: replica\n"));
}

/// With the login of its primary it needs nothing besides, wherever it is.
#[test]
fn the_login_of_the_primary_has_one_section() {
    for engine in ["postgresql", "mysql", "mssql"] {
        let manifest = with(
            engine,
            "USER = \"shop_app\"\nTEST = { MIRROR = \"default\" }\n",
        )
        .replace("HOST = \"replica\"", "HOST = \"127.0.0.1\"");
        let sql = whole(&manifest);
        assert!(sql.contains("\n-- databases: default, copy\n"), "{sql}");
        assert_eq!(sql.matches("\n-- databases: ").count(), 1, "{sql}");
        let alone = written(&manifest, &[], &["databases.copy"], None).unwrap();
        assert_eq!(
            alone.replace("databases: copy", "databases: default, copy"),
            sql
        );
    }
    // It becomes another role: that reads, and the application keeps what it has.
    let manifest = with(
        "postgresql",
        "USER = \"shop_app\"\nTEST = { MIRROR = \"default\" }\nOPTIONS = { assume_role = \"shop_rows\" }\n",
    );
    let sql = section(&whole(&manifest), "copy");
    assert!(
        sql.contains("GRANT SELECT ON TABLES TO \"shop_rows\""),
        "{sql}"
    );
    assert!(
        sql.contains("set_config('nuages.runtime', 'shop_rows', true)"),
        "{sql}"
    );
    assert!(
        !sql.contains("FROM \"shop_app\"") && !sql.contains(", \"shop_app\""),
        "{sql}"
    );
}

#[test]
fn who_migrates_is_no_reader() {
    let error = refused(&with(
        "postgresql",
        &READER.replace("shop_reader", "shop_migrations"),
    ));
    assert!(error.title.starts_with("both logins act as the same role"));
    assert_eq!(
        error.hint.as_deref(),
        Some("give the copy a login of its own, which only reads")
    );
}

#[test]
fn what_is_mirrored_is_followed_or_told_of() {
    let chain = with("postgresql", READER)
        + "[databases.third]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop_third\"\n\
           TEST = { MIRROR = \"copy\" }\n";
    assert!(
        section(&whole(&chain), "third").contains("from a copy of default: TEST.MIRROR says so")
    );
    for (mirror, why) in [
        (
            "nowhere",
            "TEST.MIRROR names nowhere, which is no database of the manifest.",
        ),
        (
            "no\\n-- where",
            "TEST.MIRROR names no?-- where, which is no database",
        ),
        (
            "${env://M}",
            "a reference says of what it is a copy. Write TEST.MIRROR out.",
        ),
        ("copy", "TEST.MIRROR leads in a circle."),
        ("cache", "a copy of cache, whose engine is another."),
    ] {
        let sql = whole(
            &(with(
                "postgresql",
                &READER.replace("\"default\"", &format!("\"{mirror}\"")),
            ) + "[databases.cache]\nENGINE = \"mysql\"\nNAME = \"shop\"\nUSER = \"cache\"\n"),
        );
        let told = section(&sql, "copy");
        assert!(
            told.contains("-- Nothing is written: ") && told.contains(why),
            "{told}"
        );
        assert!(!told.contains("GRANT"), "{told}");
    }
    let none = whole(&with("postgresql", &READER.replace("\"default\"", "\"\"")));
    assert!(section(&none, "copy").contains("shop_reader runs the application"));
}
