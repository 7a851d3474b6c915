//! Whatever a name is, the statements stay those of any other name, and the name reads back as itself.

use proptest::prelude::*;

use super::super::{
    mssql, mysql, postgresql,
    quote::{Dialect, remark},
    read::{Database, Kind, Login, Name},
};

/// A piece of SQL as a server reads it. Comments and blanks are nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A quoted name.
    Name(String),
    /// A string.
    Text(String),
    /// All else, a sign or a word at a time.
    Other(String),
}

/// Reads SQL by the rules of a dialect, which are written here from its manual and not from the code that is tested.
fn tokens(dialect: Dialect, sql: &str) -> Vec<Token> {
    let chars: Vec<char> = sql.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let (open, close) = match dialect {
        Dialect::Postgresql => ('"', '"'),
        Dialect::Mysql => ('`', '`'),
        Dialect::Mssql => ('[', ']'),
    };
    let starts = |at: usize, text: &str| {
        text.chars()
            .enumerate()
            .all(|(n, c)| chars.get(at + n) == Some(&c))
    };
    while at < chars.len() {
        let c = chars[at];
        if starts(at, "--") || (dialect == Dialect::Mysql && c == '#') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*M!") {
            // MariaDB reads on in there, and MySQL at its end: no name is in it.
            let rest: String = chars[at..].iter().collect();
            let end = rest.find("*/").expect("an end") + 2;
            tokens.push(Token::Other(rest[..end].to_owned()));
            at += end;
        } else if starts(at, "/*") {
            panic!("no other comment is written so");
        } else if dialect == Dialect::Postgresql && starts(at, "$nuages$") {
            let rest: String = chars[at + 8..].iter().collect();
            let end = rest.find("$nuages$").expect("an end");
            tokens.push(Token::Other(rest[..end].to_owned()));
            at += 16 + rest[..end].chars().count();
        } else if c == open {
            let (text, next) = quoted(&chars, at + 1, close, false);
            tokens.push(Token::Name(text));
            at = next;
        } else if c == '\'' {
            let before = at.checked_sub(1).map(|before| chars[before]);
            let escapes = match dialect {
                Dialect::Postgresql => before == Some('E'),
                Dialect::Mysql => true,
                Dialect::Mssql => false,
            };
            let (text, next) = quoted(&chars, at + 1, '\'', escapes);
            tokens.push(Token::Text(text));
            at = next;
        } else if c.is_whitespace() {
            at += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let start = at;
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            // The marks before a string are part of it.
            if !(["E", "N"].contains(&word.as_str()) && chars.get(at) == Some(&'\'')) {
                tokens.push(Token::Other(word));
            }
        } else {
            tokens.push(Token::Other(c.to_string()));
            at += 1;
        }
    }
    tokens
}

/// What is between quotes, and where it goes on behind them.
fn quoted(chars: &[char], mut at: usize, close: char, escapes: bool) -> (String, usize) {
    let mut text = String::new();
    loop {
        let c = *chars.get(at).expect("a closing quote");
        if c == close && chars.get(at + 1) == Some(&close) {
            text.push(close);
            at += 2;
        } else if c == close {
            return (text, at + 1);
        } else if escapes && c == '\\' {
            text.push(chars[at + 1]);
            at += 2;
        } else {
            text.push(c);
            at += 1;
        }
    }
}

fn name(text: &str) -> Name {
    Name {
        text: Some(text.to_owned()),
        key: "databases.default.USER".to_owned(),
        span: None,
    }
}

fn database(names: [&str; 6], kind: &Kind) -> Database {
    let [database, schema, runtime, migrations, reader, owner] = names.map(name);
    let login = |name, assumes| Login {
        name,
        kind: kind.clone(),
        assumes: Some(assumes),
        mark: Vec::new(),
    };
    Database {
        name: database,
        is_local: false,
        is_loopback: false,
        schemas: Some(vec![schema.clone(), schema]),
        is_hidden: true,
        is_proposed: true,
        runtime: login(runtime, reader),
        migrations: login(migrations, owner),
        copied: None,
    }
}

const PLAIN: [&str; 6] = ["Aa0", "Aa1", "Aa2", "Aa3", "Aa4", "Aa5"];

/// Holds the statements for these names against those for plain ones.
fn holds(dialect: Dialect, names: [&str; 6], kind: &Kind) {
    let write = |names| {
        let database = database(names, kind);
        match dialect {
            Dialect::Postgresql => postgresql::write(&database),
            Dialect::Mysql => mysql::write(&database),
            Dialect::Mssql => mssql::write(&database),
        }
    };
    // A pattern in a grant of MySQL is no part of the name.
    let meant = |name: &str| match dialect {
        Dialect::Mysql => name.replace("\\_", "_").replace("\\%", "%"),
        _ => name.to_owned(),
    };
    // Names that are equal stay so: a login that assumes itself needs no grant for that.
    let first = |name| names.iter().position(|other| *other == name);
    let plain = names.map(|name| PLAIN[first(name).expect("one of them")]);
    let plain = tokens(dialect, &write(plain));
    let tried = tokens(dialect, &write(names));
    assert_eq!(plain.len(), tried.len(), "{names:?}: {tried:#?}");
    for (plain, tried) in plain.iter().zip(&tried) {
        match (plain, tried) {
            (Token::Name(plain), Token::Name(tried)) | (Token::Text(plain), Token::Text(tried)) => {
                match PLAIN.iter().position(|name| name == plain) {
                    Some(place) => assert_eq!(meant(tried), names[place]),
                    None => assert_eq!(plain, tried),
                }
            }
            (plain, tried) => assert_eq!(plain, tried),
        }
    }
}

/// Characters that mean something to a server or its client, and some that do not.
fn hostile() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        Just("'"),
        Just("\""),
        Just("`"),
        Just("["),
        Just("]"),
        Just("\\"),
        Just("--"),
        Just("/*"),
        Just("*/"),
        Just(";"),
        Just("$nuages$"),
        Just("$$"),
        Just(":'runtime'"),
        Just("#"),
        Just("_"),
        Just("%"),
        Just("@"),
        Just(" "),
        Just("E'"),
        Just("N'"),
        Just("\u{e9}"),
        Just("\u{2019}"),
        Just("a"),
        Just("<runtime>"),
    ];
    let signs = prop::collection::vec(sign, 1..8).prop_map(|signs| signs.concat());
    prop_oneof![signs, "\\PC{1,20}"]
}

const KINDS: [Kind; 3] = [Kind::Password, Kind::Entra(None), Kind::RdsIam];

proptest! {
    #[test]
    fn a_hostile_name_is_a_name_or_refused(
        names in prop::array::uniform6(hostile()),
        dialect in prop_oneof![Just(Dialect::Postgresql), Just(Dialect::Mysql), Just(Dialect::Mssql)],
        kind in 0..3_usize,
    ) {
        let names = names.each_ref().map(String::as_str);
        let is_fit = |name: &&str| {
            dialect.refusal(name).is_none() && dialect.refusal_of_login(name).is_none()
        };
        prop_assume!(names.iter().all(is_fit));
        holds(dialect, names, &KINDS[kind]);
    }

    #[test]
    fn a_comment_is_one_line_whatever_is_in_it(text in any::<String>()) {
        let remark = remark(&text);
        prop_assert_eq!(remark.chars().count(), text.chars().count());
        let is_fit = |c: char| !c.is_control() && !"\u{2028}\u{2029}$`'\"\\;*".contains(c);
        prop_assert!(remark.chars().all(is_fit));
    }

    #[test]
    fn what_ends_a_line_is_refused(before in "\\PC{0,5}", after in "\\PC{0,5}", place in 0..6_usize) {
        let breaks = ["\n", "\r", "\0", "\u{85}", "\u{2028}", "\u{2029}"];
        let name = format!("{before}{}{after}", breaks[place]);
        for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Mssql] {
            prop_assert!(dialect.refusal(&name).is_some());
        }
    }
}
