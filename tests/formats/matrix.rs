//! What each format holds, tried out, as a table of `docs/formats.md`. With `INSTA_UPDATE=always` a stale page is
//! rewritten; otherwise it fails the test.

use std::fmt::Write as _;
use std::path::Path;

use nuages::render::{Document, FORMATS, Format, Settings};
use nuages::value::{Table, Value};

const BEGIN: &str = "<!-- This table is written by the tests: `INSTA_UPDATE=always cargo test --test formats matrix`. -->\n";
const END: &str = "<!-- The end of the table. -->";

/// What is tried, and the head of its column.
fn probes() -> Vec<(&'static str, Value)> {
    let text = Value::plain;
    let item = || Value::List(vec![Value::Integer(1), Value::plain("a b")]);
    vec![
        ("line feed", text("a\nB=1")),
        ("CR inside", text("a\rb")),
        ("CR at the end", text("a\r")),
        ("U+2028", text("a\u{2028}b")),
        ("NUL", text("a\0b")),
        ("control characters", text("a\u{1}\u{1b}b")),
        ("blanks at the ends", text(" a\tb ")),
        ("`#`", text("a #b")),
        ("`'`", text("it's")),
        ("`\"`", text("a\"b")),
        ("quoted", text("\"a\"")),
        ("all quotes", text("#'\"`")),
        ("`\\`", text(r"a\nb\\c")),
        ("`\\` at the end", text("a\\")),
        ("`$` first", text("$X")),
        ("`${X}`", text("a${X}b")),
        ("`%{`", text("a%{b")),
        ("letters outside of ASCII", text("clé")),
        ("emoji", text("🎻")),
        ("combining marks", text("e\u{301}")),
        ("noncharacters", text("\u{ffff}")),
        ("64 KiB", text(&"x".repeat(64 * 1024))),
        ("null", Value::Null),
        ("list, table", item()),
    ]
}

/// A document with the value where the format takes it: in a variable, or as a database's password.
fn document(format: &dyn Format, engine: &str, value: Value) -> Document {
    if format.holds_env() {
        return Document {
            env: [("KEY".to_owned(), value)].into_iter().collect(),
            ..Document::default()
        };
    }
    let login: Table = [
        ("ENGINE", Value::plain(engine)),
        ("NAME", Value::plain("shop")),
        ("USER", Value::plain("shop_app")),
        ("PASSWORD", value),
        ("HOST", Value::plain("db.internal")),
        ("PORT", Value::Integer(5432)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    Document {
        databases: [("default".to_owned(), Value::Table(login))]
            .into_iter()
            .collect(),
        ..Document::default()
    }
}

fn table() -> String {
    let probes = probes();
    let mut out = String::from("| |");
    for (head, _) in &probes {
        write!(out, " {head} |").unwrap();
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(probes.len()));
    out.push('\n');
    // What a format may have to be told.
    let settings: Settings = [("name".to_owned(), "shop".to_owned())]
        .into_iter()
        .collect();
    for format in FORMATS {
        let holds = |engine: &str, value: Value| {
            let document = document(*format, engine, value);
            format.render_with(&document, &settings).is_ok()
        };
        let engine = ["django.db.backends.postgresql", "django.db.backends.mysql"]
            .into_iter()
            .find(|engine| holds(engine, Value::plain("plain")))
            .unwrap_or_else(|| panic!("{} holds nothing", format.name()));
        write!(out, "| `{}` |", format.name()).unwrap();
        for (_, value) in &probes {
            let sign = if holds(engine, value.clone()) {
                "✓"
            } else {
                "–"
            };
            write!(out, " {sign} |").unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable that rewrites the other snapshots, too"
)]
fn the_page_has_the_matrix_of_today() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let begin = page.find(BEGIN).unwrap() + BEGIN.len();
    let end = page.find(END).unwrap();
    let table = format!("\n{}\n", table());
    if page[begin..end] == table {
        return;
    }
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        let page = format!("{}{table}{}", &page[..begin], &page[end..]);
        std::fs::write(&path, page).unwrap();
    } else {
        panic!("docs/formats.md is stale; this is the matrix of today:\n{table}");
    }
}
