//! The sharp edges of both grammars, each with the value the library itself gives.

use super::*;
use crate::value::Value;

fn dj(url: &str) -> Result<ParsedUrl, UrlError> {
    parse_database_url(url, UrlStyle::DjDatabaseUrl)
}

fn environ(url: &str) -> Result<ParsedUrl, UrlError> {
    parse_database_url(url, UrlStyle::DjangoEnviron)
}

/// One key of a URL that must parse.
fn key(parsed: Result<ParsedUrl, UrlError>, name: &str) -> Value {
    let parsed = parsed.unwrap_or_else(|error| panic!("{error}"));
    parsed
        .keys
        .get(name)
        .cloned()
        .unwrap_or_else(|| panic!("no {name} in {parsed:?}"))
}

fn option(parsed: Result<ParsedUrl, UrlError>, name: &str) -> Value {
    match key(parsed, "OPTIONS") {
        Value::Table(table) => table
            .get(name)
            .cloned()
            .unwrap_or_else(|| panic!("no {name}")),
        other => panic!("OPTIONS is {other:?}"),
    }
}

fn texts(items: &[&str]) -> Vec<Value> {
    items.iter().map(|item| Value::plain(*item)).collect()
}

#[test]
fn styles_have_names_that_parse_back() {
    for style in UrlStyle::ALL {
        assert_eq!(UrlStyle::parse(style.name()), Some(style));
    }
    assert_eq!(UrlStyle::parse("environ"), None);
}

#[test]
fn keys_keep_the_library_order() {
    let order = |parsed: ParsedUrl| -> Vec<String> {
        parsed.keys.into_iter().map(|(key, _)| key).collect()
    };
    let url = "postgres://u:p@h:1/d?sslmode=require&conn_max_age=5";
    assert_eq!(
        dj(url).map(order),
        Ok([
            "ENGINE",
            "USER",
            "PASSWORD",
            "HOST",
            "PORT",
            "NAME",
            "OPTIONS",
            "CONN_MAX_AGE",
            "CONN_HEALTH_CHECKS",
            "DISABLE_SERVER_SIDE_CURSORS",
        ]
        .map(str::to_owned)
        .to_vec())
    );
    assert_eq!(
        environ(url).map(order),
        Ok([
            "NAME",
            "USER",
            "PASSWORD",
            "HOST",
            "PORT",
            "CONN_MAX_AGE",
            "OPTIONS",
            "ENGINE"
        ]
        .map(str::to_owned)
        .to_vec())
    );
}

#[test]
fn blanks_in_front_and_line_breaks_anywhere_are_dropped() {
    for parse in [dj, environ] {
        assert_eq!(
            key(parse(" \x01\npostgres://u:p\r\n\tw@h/d\n"), "PASSWORD"),
            Value::plain("pw")
        );
        assert_eq!(key(parse("postgres://h/d "), "NAME"), Value::plain("d "));
    }
}

#[test]
fn invalid_utf8_becomes_replacement_characters() {
    for parse in [dj, environ] {
        let url = "postgres://u:%E2%82x%FF%zz%4@h/d";
        assert_eq!(
            key(parse(url), "PASSWORD"),
            Value::plain("\u{fffd}x\u{fffd}%zz%4")
        );
    }
}

#[test]
fn only_decimal_digits_are_numbers() {
    for parse in [dj, environ] {
        assert_eq!(
            option(parse("mysql://h/d?a=%D9%A3007"), "a"),
            Value::Integer(3007)
        );
        assert_eq!(option(parse("mysql://h/d?a=-5"), "a"), Value::plain("-5"));
        assert_eq!(parse("mysql://h/d?a=1%C2%B2"), Err(UrlError::BadNumber));
        let max = i128::MAX;
        assert_eq!(
            option(parse(&format!("mysql://h/d?a={max}")), "a"),
            Value::Integer(max)
        );
        assert_eq!(
            parse(&format!("mysql://h/d?a={max}0")),
            Err(UrlError::NumberTooBig)
        );
        assert_eq!(
            parse(&format!("mysql://h/d?a={}", "0".repeat(4301))),
            Err(UrlError::BadNumber)
        );
    }
}

#[test]
fn ports_are_ascii_and_in_range() {
    for parse in [dj, environ] {
        assert_eq!(
            key(parse("mysql://h:065535/d"), "PORT"),
            Value::Integer(65535)
        );
        assert_eq!(key(parse("mysql://h:0/d"), "PORT"), Value::plain(""));
        for port in ["65536", "+1", "-1", "1_0", "\u{663}", " 1", "1:2"] {
            assert_eq!(
                parse(&format!("mysql://h:{port}/d")),
                Err(UrlError::BadPort),
                "{port}"
            );
        }
    }
}

#[test]
fn brackets_must_hold_an_address_that_is_no_ipv4() {
    for host in ["[::1]", "[fe80::1%25eth0]", "[v1f.x]", "[::1.2.3.4]"] {
        assert!(dj(&format!("mysql://{host}/d")).is_ok(), "{host}");
    }
    for host in [
        "[",
        "]",
        "[1.2.3.4]",
        "[::1%]",
        "[vg.x]",
        "[v1.]",
        "[1::2::3]",
        "[::1.2.3.04]",
    ] {
        assert_eq!(
            dj(&format!("mysql://{host}/d")),
            Err(UrlError::BadHost),
            "{host}"
        );
    }
    // Even in the password; django-environ then reads the URL again with the brackets encoded.
    assert_eq!(dj("mysql://u:a[b]@h/d"), Err(UrlError::BadHost));
    assert_eq!(
        key(environ("mysql://u:a[b]@h/d"), "PASSWORD"),
        Value::plain("a[b]")
    );
}

#[test]
fn characters_that_normalise_to_delimiters_are_refused() {
    for c in [
        '\u{2100}', '\u{ff03}', '\u{ff0f}', '\u{ff20}', '\u{2049}', '\u{fe13}',
    ] {
        assert_eq!(
            dj(&format!("mysql://u:{c}@h/d")),
            Err(UrlError::DisguisedDelimiter)
        );
        assert_eq!(
            key(environ(&format!("mysql://u:{c}@h/d")), "PASSWORD"),
            Value::plain(c.to_string())
        );
    }
    assert!(dj("mysql://h/\u{2100}").is_ok());
}

#[test]
fn hosts_are_lowered_up_to_the_first_percent_sign() {
    assert_eq!(key(dj("mysql://H%41B/d"), "HOST"), Value::plain("hAB"));
    assert_eq!(
        key(environ("mysql://H%41B/d"), "HOST"),
        Value::plain("h%41B")
    );
    assert_eq!(
        key(environ("mysql://A\u{3a3}/d"), "HOST"),
        Value::plain("a\u{3c2}")
    );
}

#[test]
fn dj_puts_a_schema_into_options() {
    let schema = |query: &str| dj(&format!("postgres://h/d?{query}"));
    let cases = [
        ("currentSchema=a,b&options=-c%20x", "-c search_path=a,b"),
        ("currentSchema=1", "-c search_path=1"),
        ("currentSchema=TRUE", "-c search_path=True"),
        (
            "currentSchema=it's&currentSchema=2&currentSchema=%22%0A",
            "-c search_path=[\"it's\", 2, '\"\\n']",
        ),
        (
            "currentSchema=%C2%85&currentSchema=%E2%80%8B'%22",
            "-c search_path=['\\x85', '\\u200b\\'\"']",
        ),
    ];
    for (query, options) in cases {
        assert_eq!(
            option(schema(query), "options"),
            Value::plain(options),
            "{query}"
        );
    }
    for query in ["currentSchema=0", "currentSchema=false", "currentSchema="] {
        assert!(
            schema(query).is_ok_and(|parsed| parsed.keys.get("OPTIONS").is_none()),
            "{query}"
        );
    }
}

#[test]
fn dj_makes_a_list_of_a_repeated_option() {
    let ssl = option(dj("mysql://h/d?ssl-ca=a&ssl-ca=b"), "ssl");
    let ca = Table::from_iter([("ca".to_owned(), Value::List(texts(&["a", "b"])))]);
    assert_eq!(ssl, Value::Table(ca));
}

#[test]
fn dj_deviates_for_mssql_alone() {
    assert_eq!(key(dj("mssql://h:1/d"), "ENGINE"), Value::plain("mssql"));
    assert_eq!(key(dj("mssqlms://h:1/d"), "ENGINE"), Value::plain("mssql"));
    assert_eq!(key(dj("mssql://h:1/d"), "PORT"), Value::plain("1"));
}

#[test]
fn environ_reads_unescaped_passwords() {
    assert_eq!(
        key(environ("mysql://u:pa#ss@h/d"), "PASSWORD"),
        Value::plain("pa#ss")
    );
    assert_eq!(
        key(environ("mysql://u:p@ss@h/d"), "PASSWORD"),
        Value::plain("p@ss")
    );
    assert_eq!(environ("mysql://u:pa/ss@h/d"), Err(UrlError::BadPort));
    // The library's own slip: without a path, escapes are encoded once more.
    assert_eq!(
        key(environ("mysql://u:p%40@h"), "PASSWORD"),
        Value::plain("p%40")
    );
}

#[test]
fn environ_splits_a_cluster() {
    let url = "postgres://u:p@H1:1,[::2],h3:3/d";
    assert_eq!(key(environ(url), "HOST"), Value::plain("H1,[::2],h3"));
    assert_eq!(key(environ(url), "PORT"), Value::plain("1,3"));
    assert_eq!(
        key(environ("postgres://h1,h2:2/d"), "PORT"),
        Value::Integer(2)
    );
    assert_eq!(
        environ("postgres://h1,h2:\u{b2}/d"),
        Err(UrlError::BadNumber)
    );
}

#[test]
fn environ_warns_and_gives_what_the_library_gives() {
    let parsed = environ("no-url-at-all").unwrap_or_else(|error| panic!("{error}"));
    assert!(parsed.keys.is_empty());
    assert_eq!(parsed.warnings.len(), 1);
    let parsed = environ("sqlite://file.db").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parsed.keys.get("NAME"), Some(&Value::plain(":memory:")));
    assert_eq!(parsed.warnings.len(), 1);
}

#[test]
fn environ_evaluates_django_keys() {
    let eval = |text: &str| {
        key(
            environ(&format!("mysql://h/d?Conn_Max_Age={text}")),
            "CONN_MAX_AGE",
        )
    };
    for (text, value) in [
        ("600", Value::Integer(600)),
        ("%20-0x10%0A", Value::Integer(-16)),
        ("1_000", Value::Integer(1000)),
        ("000", Value::Integer(0)),
        ("1e3", Value::Float(1000.0)),
        ("None", Value::Null),
        ("(True)", Value::Bool(true)),
        ("'a\\x41' r'\\n'", Value::plain("aA\\n")),
        (
            "1,'x'",
            Value::List(vec![Value::Integer(1), Value::plain("x")]),
        ),
        (
            "{'a':[]}",
            Value::Table(Table::from_iter([("a".to_owned(), Value::List(vec![]))])),
        ),
    ] {
        assert_eq!(eval(text), value, "{text}");
    }
    for text in [
        "true", "none", "007", "1_", "--1", "1 2", "f'x'", "'a' b'b'", "[1", "1\n ", "-'a'",
    ] {
        let encoded = text.replace('\n', "%0A");
        assert_eq!(eval(&encoded), Value::plain(text), "{text}");
    }
    for text in [
        "b'x'",
        "{1}",
        "set()",
        "...",
        "1%2B2j",
        "1e999",
        "{1:2}",
        "'\\ud800'",
        "[1j]",
    ] {
        assert_eq!(
            environ(&format!("mysql://h/d?autocommit={text}")),
            Err(UrlError::Unrepresentable("AUTOCOMMIT")),
            "{text}"
        );
    }
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(matches!(eval(&deep(200)), Value::List(_)));
    assert!(matches!(eval(&deep(100_000)), Value::Text(_)));
}

#[test]
fn nothing_shown_holds_a_part_of_the_url() {
    let secret = "s3cr3t";
    for url in [
        "postgres://u:s3cr3t/x@h/d",
        "postgres://u:s3cr3t[@h/d",
        "postgres://u:s3cr3t\u{ff20}@h/d",
        "mysql://u:s3cr3t@h/d?a=%C2%B2",
        "s3cr3t:x",
        "s3cr3t",
        "s3cr3t://h/d?conn_max_age=...",
    ] {
        for style in UrlStyle::ALL {
            let parsed = parse_database_url(url, style);
            let shown = match &parsed {
                Ok(parsed) => format!("{parsed:?}"),
                Err(error) => format!("{error:?} {error}"),
            };
            let as_scheme = matches!(&parsed, Err(UrlError::UnknownScheme(Some(_))));
            assert!(
                !shown.contains(secret) || (as_scheme && url.starts_with("s3cr3t://")),
                "{shown}"
            );
        }
    }
    let parsed = dj("postgres://u:s3cr3t@h/d");
    assert!(parsed.is_ok_and(|parsed| !format!("{parsed:?}").contains(secret)));
}
