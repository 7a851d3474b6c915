//! Lines as MySQL 8.4 and MariaDB 10.11 write them.

use super::*;
use crate::value::Table;

fn told(lines: &[&str]) -> (Vec<String>, Vec<String>) {
    let grants: Vec<Grant> = lines.iter().filter_map(|line| read(line)).collect();
    let (powers, changes) = judge(&grants, Some("shop"), &Cleaner::of(&Table::new()));
    (
        powers.into_iter().map(|power| power.name).collect(),
        changes.grants,
    )
}

#[test]
fn lines_are_read() {
    assert_eq!(
        read(
            "GRANT SELECT, INSERT (`a`, `b,c`), CREATE ROUTINE ON `sh``op`.`x.y` TO `u`@`%` WITH GRANT OPTION"
        ),
        Some(Grant::Privileges {
            names: ["SELECT", "INSERT", "CREATE ROUTINE"]
                .map(str::to_owned)
                .into(),
            on: Object::Table("sh`op".to_owned(), "x.y".to_owned()),
            may_hand_on: true,
        })
    );
    assert_eq!(
        read("GRANT USAGE ON *.* TO `u ON y`@`%` IDENTIFIED BY PASSWORD '*AB WITH GRANT OPTION'"),
        Some(Grant::Privileges {
            names: vec!["USAGE".to_owned()],
            on: Object::Everything,
            may_hand_on: false,
        })
    );
    assert_eq!(
        read("GRANT `a`@`%`,`b TO c`@`%` TO `u`@`%`"),
        Some(Grant::Roles(
            ["`a`@`%`", "`b TO c`@`%`"].map(str::to_owned).into()
        ))
    );
    for line in [
        "",
        "GRANT",
        "GRANT SELECT ON",
        "GRANT SELECT",
        "SET DEFAULT ROLE `a` FOR `u`@`%`",
        "REVOKE SELECT ON *.* FROM x",
    ] {
        assert_eq!(read(line), None, "{line}");
    }
    assert!(matches!(
        read("GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `u`@`%`"),
        Some(Grant::Privileges {
            on: Object::Other,
            ..
        })
    ));
}

#[test]
fn patterns_are_those_of_like() {
    for (pattern, name, is) in [
        ("shop", "shop", true),
        ("shop", "shop2", false),
        ("sh_p", "shop", true),
        (r"sh\_p", "shop", false),
        (r"sh\_p", "sh_p", true),
        ("%", "shop", true),
        ("s%p%", "shop", true),
        ("s%q", "shop", false),
        ("%", "", true),
        ("é_", "éa", true),
    ] {
        assert_eq!(matches(pattern, name), is, "{pattern} {name}");
    }
    // No pattern takes long.
    assert!(!matches(&"%a".repeat(500), &"a".repeat(400)));
}

#[test]
fn grants_bring_what_they_bring() {
    let none: (Vec<String>, Vec<String>) = Default::default();
    assert_eq!(
        told(&[
            "GRANT USAGE ON *.* TO `u`@`%`",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.* TO `u`@`%`"
        ]),
        none
    );
    // Another database is not ours.
    assert_eq!(
        told(&["GRANT ALL PRIVILEGES ON `other`.* TO `u`@`%`"]),
        none
    );
    assert_eq!(
        told(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"]),
        (
            vec![
                "ALL PRIVILEGES on *.*".to_owned(),
                "GRANT OPTION on *.*".to_owned()
            ],
            vec!["ALL PRIVILEGES on *.*".to_owned()]
        )
    );
    let (powers, _) = told(&[
        "GRANT SELECT, PROCESS, FILE, SUPER, SYSTEM_VARIABLES_ADMIN, TRIGGER ON *.* TO `u`@`%`",
    ]);
    assert_eq!(
        powers,
        [
            "SUPER on *.*",
            "FILE on *.*",
            "SELECT on *.*",
            "TRIGGER on *.*",
            "SYSTEM_VARIABLES_ADMIN on *.*",
            "PROCESS on *.*"
        ]
    );
    assert_eq!(
        told(&[
            "GRANT CREATE, INDEX, SELECT ON `sh%`.* TO `u`@`%`",
            "GRANT ALTER ON `shop`.`t` TO `u`@`%`"
        ])
        .1,
        ["CREATE on sh%.*", "INDEX on sh%.*", "ALTER on shop.t"]
    );
    assert_eq!(
        told(&["GRANT INSERT ON `mysql`.* TO `u`@`%`"]).0,
        ["INSERT on mysql.*"]
    );
    assert_eq!(
        told(&["GRANT SELECT ON `%`.* TO `u`@`%`"]).0,
        ["SELECT on %.*"]
    );
}
