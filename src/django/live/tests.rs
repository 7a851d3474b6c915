//! What a live database becomes for each back end, and what is refused.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::value::Text;

const DIRECTORY: &str = "/run/nuages/live";

fn database(engine: &str, entries: &[(&str, &str)]) -> Table {
    let mut table: Table = entries
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::Text(Text::secret(*value))))
        .collect();
    let path = engine::expand(engine).unwrap();
    table.insert("ENGINE", Value::plain(path));
    table
}

fn with_options(mut table: Table, options: &[(&str, &str)]) -> Table {
    let options = options
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::plain(*value)));
    table.insert("OPTIONS", Value::Table(options.collect()));
    table
}

fn family(table: &Table) -> Option<Family> {
    match table.get("ENGINE") {
        Some(Value::Text(engine)) => engine::find(engine.expose()).map(|engine| engine.family),
        _ => None,
    }
}

fn try_with(table: &Table, client: Client) -> Result<Delivery, Vec<Fault>> {
    let directory = Path::new(DIRECTORY);
    deliver("default", table, family(table), client, directory)
}

#[track_caller]
fn delivered(table: &Table) -> Delivery {
    try_with(table, Client::MysqlClient).unwrap()
}

#[track_caller]
fn refused(table: &Table, client: Client) -> Vec<Fault> {
    try_with(table, client).unwrap_err()
}

#[track_caller]
fn content(delivery: &Delivery) -> &str {
    let [file] = delivery.files.as_slice() else {
        panic!("{} files", delivery.files.len());
    };
    std::str::from_utf8(&file.content).unwrap()
}

fn text<'a>(table: &'a Table, path: &[&str]) -> Option<&'a str> {
    match (table.get(path[0])?, &path[1..]) {
        (Value::Text(text), []) => Some(text.expose()),
        (Value::Table(table), rest) if !rest.is_empty() => self::text(table, rest),
        _ => None,
    }
}

/// Where a fault points to.
fn places(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| fault.path.join(".")).collect()
}

const SHOP: &[(&str, &str)] = &[
    ("NAME", "shop"),
    ("USER", "shop:app"),
    ("PASSWORD", r"a:b\c"),
    ("HOST", "db.example"),
    ("PORT", "6432"),
];

#[test]
fn postgresql_gets_a_password_file_and_no_password() {
    for engine in ["postgresql", "postgis"] {
        let table = with_options(database(engine, SHOP), &[("sslmode", "verify-full")]);
        let delivery = delivered(&table);
        assert_eq!(
            content(&delivery),
            "db.example:6432:*:shop\\:app:a\\:b\\\\c\n"
        );
        assert_eq!(delivery.files[0].name, "default.pgpass");
        let path = "/run/nuages/live/default.pgpass";
        assert_eq!(text(&delivery.table, &["OPTIONS", "passfile"]), Some(path));
        let mode = text(&delivery.table, &["OPTIONS", "sslmode"]);
        assert_eq!(mode, Some("verify-full"));
        assert_eq!(delivery.table.get("PASSWORD"), None);
        assert_eq!(
            text(&delivery.table, &["ENGINE"]),
            text(&table, &["ENGINE"])
        );
        assert_eq!(delivery.hides, ["PGPASSWORD"]);
        assert!(!delivery.needs_python);
    }
}

#[test]
fn postgresql_is_looked_up_by_what_libpq_looks_for() {
    let line = |entries: &[(&str, &str)], options: &[(&str, &str)]| {
        let login = [entries, &[("USER", "u"), ("PASSWORD", "p")]].concat();
        let table = with_options(database("postgresql", &login), options);
        content(&delivered(&table)).to_owned()
    };
    // What the manifest leaves to libpq, `PGHOST` and `PGPORT` may say.
    assert_eq!(line(&[], &[]), "*:*:*:u:p\n");
    assert_eq!(line(&[("HOST", "h")], &[]), "h:*:*:u:p\n");
    assert_eq!(
        line(&[("HOST", "a,b"), ("PORT", "1,2")], &[]),
        "a:1:*:u:p\nb:2:*:u:p\n"
    );
    assert_eq!(
        line(&[("HOST", "a,b"), ("PORT", "1")], &[]),
        "a:1:*:u:p\nb:1:*:u:p\n"
    );
    assert_eq!(
        line(&[("HOST", "/run/postgresql")], &[]),
        "/run/postgresql:*:*:u:p\nlocalhost:*:*:u:p\n"
    );
    assert_eq!(line(&[("HOST", "/srv")], &[]), "/srv:*:*:u:p\n");
    // A name beats its address, and alone the address is looked for.
    let address = [("hostaddr", "192.0.2.7")];
    assert_eq!(line(&[("HOST", "h")], &address), "h:*:*:u:p\n");
    assert_eq!(line(&[], &address), "192.0.2.7:*:*:u:p\n");
    assert_eq!(line(&[], &[("host", "::1")]), "\\:\\:1:*:*:u:p\n");
    // Options of psycopg's, and those that nobody knows, are not ours to judge.
    assert_eq!(
        line(&[], &[("assume_role", "r"), ("new", "x")]),
        "*:*:*:u:p\n"
    );
}

#[test]
fn postgresql_refuses_what_would_not_be_kept_fresh() {
    for (entries, options, place) in [
        (&[("USER", "u")][..], &[][..], ""),
        (&[("USER", "u"), ("PASSWORD", "")], &[], ""),
        (&[("PASSWORD", "p")], &[], "USER"),
        (SHOP, &[("passfile", "/x")], "OPTIONS.passfile"),
        (SHOP, &[("password", "x")], "OPTIONS.password"),
        (SHOP, &[("service", "x")], "OPTIONS.service"),
        (SHOP, &[("conninfo", "x")], "OPTIONS.conninfo"),
        (&[("USER", "u"), ("PASSWORD", "a\nb")], &[], "PASSWORD"),
        (&[("USER", "u"), ("PASSWORD", "a\r")], &[], "PASSWORD"),
        (&[("USER", "u"), ("PASSWORD", "a\0b")], &[], "PASSWORD"),
        (&[("USER", "u\nv"), ("PASSWORD", "p")], &[], "USER"),
        (
            &[
                ("USER", "u"),
                ("PASSWORD", "p"),
                ("HOST", "a,b"),
                ("PORT", "1,2,3"),
            ],
            &[],
            "PORT",
        ),
    ] {
        let table = with_options(database("postgresql", entries), options);
        let faults = refused(&table, Client::MysqlClient);
        assert_eq!(places(&faults), [place]);
    }
}

#[test]
fn mysql_gets_an_option_file_and_no_password() {
    let delivery = delivered(&database("mysql", SHOP));
    assert_eq!(content(&delivery), "[client]\npassword=\"a:b\\\\c\"\n");
    assert_eq!(delivery.files[0].name, "default.cnf");
    let path = "/run/nuages/live/default.cnf";
    let option = ["OPTIONS", "read_default_file"];
    assert_eq!(text(&delivery.table, &option), Some(path));
    assert_eq!(delivery.table.get("PASSWORD"), None);
    assert!(!delivery.needs_python);

    let all = "\n\t\\\"'; #=";
    let table = database("mysql", &[("PASSWORD", all)]);
    assert_eq!(
        content(&delivered(&table)),
        "[client]\npassword=\"\\n\\t\\\\\\\"'; #=\"\n"
    );
}

#[test]
fn pymysql_reads_every_character_as_it_stands() {
    let write = |password: &str| {
        let table = database("mysql", &[("PASSWORD", password)]);
        try_with(&table, Client::PyMysql).map(|delivery| content(&delivery).to_owned())
    };
    assert_eq!(
        write("\\ \"' é%#; ").unwrap(),
        "[client]\npassword=\"\\ \"' é%#; \"\n"
    );
    for password in ["a\nb", "a\rb", "a\0b", "€"] {
        assert_eq!(places(&write(password).unwrap_err()), ["PASSWORD"]);
    }
}

#[test]
fn mysql_refuses_what_would_not_be_kept_fresh() {
    let (c, py) = (Client::MysqlClient, Client::PyMysql);
    let long = "x".repeat(4083);
    let fits = database("mysql", &[("PASSWORD", &long)]);
    let line = content(&delivered(&fits)).lines().nth(1).unwrap().len();
    assert_eq!(line, 4094);
    let long = "x".repeat(4084);
    for (entries, options, client, place) in [
        (&[][..], &[][..], c, ""),
        (&[("PASSWORD", long.as_str())], &[], c, "PASSWORD"),
        (&[("PASSWORD", "a\0b")], &[], c, "PASSWORD"),
        (SHOP, &[("password", "x")], c, "OPTIONS.password"),
        (SHOP, &[("passwd", "x")], py, "OPTIONS.passwd"),
        (
            SHOP,
            &[("read_default_file", "/x")],
            c,
            "OPTIONS.read_default_file",
        ),
        (
            SHOP,
            &[("read_default_group", "x")],
            c,
            "OPTIONS.read_default_group",
        ),
        (SHOP, &[("ssl_mode", "VERIFY_CA")], py, "OPTIONS.ssl_mode"),
        (SHOP, &[("auth_plugin", "x")], py, "OPTIONS.auth_plugin"),
    ] {
        let table = with_options(database("mysql", entries), options);
        assert_eq!(places(&refused(&table, client)), [place]);
    }
    let table = database("mysql", &[("PASSWORD", &long)]);
    assert!(try_with(&table, py).is_ok(), "Python has no longest line");
}

/// A token is a password in the clear, whether `auth` brings it or a reference does.
#[test]
fn mysql_sends_nothing_in_the_clear_to_a_server_that_is_not_verified() {
    let with = |mode: Option<&str>, ca: Option<&str>| {
        let mut options: Table = [(
            "auth_plugin".to_owned(),
            Value::plain("mysql_clear_password"),
        )]
        .into_iter()
        .collect();
        if let Some(mode) = mode {
            options.insert("ssl_mode", Value::plain(mode));
        }
        if let Some(ca) = ca {
            let ssl = [("ca".to_owned(), Value::plain(ca))];
            options.insert("ssl", Value::Table(ssl.into_iter().collect()));
        }
        let mut table = database("mysql", SHOP);
        table.insert("OPTIONS", Value::Table(options));
        try_with(&table, Client::MysqlClient).map_err(|faults| places(&faults))
    };
    let open = [
        (None, None),
        (Some("REQUIRED"), Some("/ca.pem")),
        (Some("VERIFY_CA"), None),
    ];
    for (mode, ca) in open {
        assert_eq!(with(mode, ca).unwrap_err(), ["OPTIONS.auth_plugin"]);
    }
    assert!(with(Some("VERIFY_IDENTITY"), Some("/ca.pem")).is_ok());
}

#[test]
fn sql_server_gets_a_back_end_that_reads_the_file() {
    for (entries, key, other) in [
        (&[("TOKEN", "eyJ.a.b")][..], "TOKEN", "PASSWORD"),
        (
            &[("USER", "u"), ("PASSWORD", "eyJ.a.b")],
            "PASSWORD",
            "TOKEN",
        ),
    ] {
        let delivery = delivered(&database("mssql", entries));
        assert_eq!(content(&delivery), "eyJ.a.b\n");
        let path = "/run/nuages/live/default.secret";
        assert_eq!(text(&delivery.table, &[key]), Some(path));
        assert_eq!(delivery.table.get(other), None);
        let engine = text(&delivery.table, &["ENGINE"]);
        assert_eq!(engine, Some("nuages_live.mssql"));
        assert!(delivery.needs_python);
    }
}

#[test]
fn sql_server_refuses_what_would_not_be_kept_fresh() {
    for (entries, extra_params, place) in [
        (&[("USER", "u")][..], "", ""),
        (&[("TOKEN", "")], "", ""),
        (&[("PASSWORD", "p")], "", ""),
        (&[("TOKEN", "t"), ("PASSWORD", "p")], "", "PASSWORD"),
        (&[("TOKEN", "t\0")], "", "TOKEN"),
        (
            &[("USER", "u"), ("PASSWORD", "p")],
            "Encrypt=yes;pwd=x",
            "OPTIONS.extra_params",
        ),
    ] {
        let options = [("extra_params", extra_params)];
        let table = with_options(database("mssql", entries), &options);
        let faults = refused(&table, Client::MysqlClient);
        assert_eq!(places(&faults), [place]);
    }
}

#[test]
fn other_engines_are_pointed_to_files() {
    for engine in [
        "sqlite3",
        "spatialite",
        "oracle",
        "oraclegis",
        "shop.backend",
    ] {
        let faults = refused(&database(engine, SHOP), Client::MysqlClient);
        assert_eq!(places(&faults), ["ENGINE"]);
        assert!(faults[0].hint.is_some());
    }
}

#[test]
fn the_package_has_every_file_of_its_folder() {
    fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/django/live/python");
    let mut found = Vec::new();
    walk(&folder, &mut found);
    let mut found: Vec<&str> = found
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().to_str().unwrap())
        .filter(|path| !path.contains("__pycache__"))
        .collect();
    found.sort_unstable();
    let mut listed: Vec<&str> = python_files().iter().map(|(path, _)| *path).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn aliases_keep_apart_and_stay_in_the_directory() {
    let aliases = [
        "default", "a.b", "a/b", "a..b", "..", "", "é", "a.2eb", "A", "a b", "a\0",
    ];
    let stems: HashSet<String> = aliases.iter().map(|alias| stem(alias)).collect();
    assert_eq!(stems.len(), aliases.len());
    let table = database("postgresql", SHOP);
    let long = "x".repeat(300);
    let directory = Path::new(DIRECTORY);
    let family = Some(Family::Postgresql);
    assert!(deliver(&long, &table, family, Client::MysqlClient, directory).is_err());
}

/// libpq's reading of a line (`passwordFromFile`): fields end at a colon, `\` makes the next character an ordinary one.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => fields.last_mut().unwrap().extend(characters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

proptest! {
    #[test]
    fn a_stem_is_a_safe_name_of_its_own(a in any::<String>(), b in any::<String>()) {
        let safe = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let stems = [stem(&a), stem(&b)];
        prop_assert!(stems.iter().all(|stem| stem.chars().all(safe)));
        prop_assert_eq!(a == b, stems[0] == stems[1]);
    }

    #[test]
    fn a_password_is_held_as_it_is_or_refused(
        user in "[^\0]{1,8}", password in "(?s).{1,40}", host in "[a-z:/@*#\\\\]{0,8}"
    ) {
        let login = [("USER", user.as_str()), ("PASSWORD", &password), ("HOST", &host)];
        match try_with(&database("postgresql", &login), Client::MysqlClient) {
            Ok(delivery) => {
                let whole = content(&delivery);
                for line in whole.strip_suffix('\n').unwrap().split('\n') {
                    let fields = fields(line);
                    prop_assert_eq!(&fields[2..], &["*", &user, &password][..]);
                }
            }
            Err(faults) => {
                let has_break = |text: &str| text.contains(['\n', '\0']) || text.ends_with('\r');
                prop_assert!(has_break(&user) || has_break(&password));
                for fault in faults {
                    let said = format!("{} {:?}", fault.what, fault.hint);
                    prop_assert!(password.len() < 4 || !said.contains(&password));
                }
            }
        }
        let delivery = try_with(&database("mssql", &login), Client::MysqlClient);
        if let Ok(delivery) = delivery {
            prop_assert_eq!(content(&delivery).strip_suffix('\n'), Some(password.as_str()));
        } else {
            prop_assert!(password.contains('\0'));
        }
    }
}
