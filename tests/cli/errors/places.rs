//! The place in the manifest is exact: in multi-line strings, behind escapes and wide letters, with CRLF line ends; and
//! a literal beside a sensitive key stays unreadable in every spelling.

use super::refused;
use crate::support::project::Project;

refused! {
    place_behind_escapes: r#"[env]
A = "tab\there \u00e9 \"quoted\" ${zebra://one} and ${env://B | rot13}"
"#;
    place_behind_wide_letters: "[env]\n\"ÄÖÜ\" = \"日本語 é ${zebra://one}\"\n";
    place_in_a_multi_line_string: "[env]\nA = \"\"\"\nfirst\n  second \\\n     third ${zebra://one}\n\"\"\"\n";
    place_in_a_multi_line_literal: "[env]\nA = '''\nfirst \\n\n  ${zebra://one}'''\n";
    place_in_a_default: "[env]\nA = \"${env://X:-${env://Y:-${zebra://one}}}\"\n";
    place_in_a_table: "databases.default = { ENGINE = \"postgresql\", OPTIONS = { a = [1, \"${zebra://one}\"] } }\n";
}

#[test]
fn crlf_is_a_line_end() {
    let text = "[env]\r\nA = \"x\"\r\nB = \"\"\"\r\none\r\ntwo ${zebra://one}\r\n\"\"\"\r\nC = \"${env://Y | rot13}\"\r\n";
    super::is_refused("place_with_crlf", text);
}

/// Line and column as drawn are those a person counts, for every place a reference can stand at.
#[test]
fn the_place_is_where_the_reference_is() {
    for before in [
        "",
        "é",
        "日本",
        "\\\\",
        "\\u00e9\\n",
        "\\\"",
        "$${",
        "${env://A}",
    ] {
        for (open, close) in [
            ("\"", "\""),
            ("\"\"\"", "\"\"\""),
            ("\"\"\"\n", "\"\"\""),
            ("\"\"\"\r\n\\\r\n  ", "\"\"\""),
        ] {
            let text = format!("[env]\n# a comment\nKEY = {open}{before}${{zebra://x}}{close}\n");
            let at = text.find("${zebra").expect("the reference");
            let line = text[..at].matches('\n').count() + 1;
            let column = text[..at]
                .rsplit('\n')
                .next()
                .expect("a line")
                .chars()
                .count()
                + 1;
            let outcome = Project::new(&text).nuages(["plan"]).output().code(3);
            let place = format!("--> nuages.toml:{line}:{column}\n");
            assert!(
                outcome.stderr().contains(&place),
                "{text:?} should say {place}{}",
                outcome.stderr()
            );
        }
    }
}

/// A password that somebody wrote into the manifest must not travel on in a build log.
#[test]
fn a_literal_password_is_not_shown_in_any_spelling() {
    let spellings = [
        "[databases.default]\nENGINE = 3\nPASSWORD = \"hunter2${zebra://x}\"\n",
        "[databases.default]\nPASSWORD = hunter2\n",
        "[databases.default]\nPASSWORD = hunter2 # ours\nNAME = \n",
        "[databases.default]\nPASSWORD = 'hunter2\n",
        "[databases.default]\nPASSWORD = \"\"\"\nhunter2${zebra://x}\n\"\"\"\n",
        "[databases.default]\nPASSWORD = '''hunter1\nhunter2 ${zebra://x}'''\n",
        "[databases.default]\nPASSWORD = [\n  \"hunter2\",\n]\n",
        "[databases]\ndefault = { ENGINE = 3, \"PASSWORD\" = 'hunter2', PORT = [] }\n",
        "[databases.default]\nENGINE = \"postgresql\"\nPASSWORD = { value = \"hunter2\", valeu = 3 }\n",
        "[databases.default]\nurl = \"postgres://u:hunter2@h/d${zebra://x}\"\n",
        "[databases.default]\nPASSWORD = \"${env://X:-hunter2${zebra://y}}\"\n",
        "[env]\nSECRET_KEY = { value = \"\"\"\nhunter2\n\"\"\", extra = 1 }\n",
        "[env]\nSECRET_KEY = \"hunter2\" \"hunter2\"\n",
        "[env]\nA = { NAME = \"${zebra://x}\", PASSWORD = \"hunter2\" }\n",
        "[env]\nA = { API = \"${zebra://x\", PASSWORD = \"hunter2\" }\n",
        "[env]\nPASSWORD = \"x\\\"hunter2${zebra://x}\"\n",
        "[env]\nPASSWORD = \"$${hunter2}${zebra://x}\"\n",
        "[env]\nAPI_KEYS = { stripe = \"hunter2\", date = 2024-01-01 }\n",
        "[env]\nPASSWORD = hun#hunter2\n",
        "[files.\"k\"]\ncontent = \"\"\"\n-----BEGIN\nhunter2\n${zebra://x}\n\"\"\"\n",
    ];
    for text in spellings {
        let outcome = Project::new(text).nuages(["plan"]).output().code(3);
        assert!(
            !outcome.stderr().contains("hunter"),
            "{text:?} gave\n{}",
            outcome.stderr()
        );
    }
}

/// The same for a password of digits alone, which TOML takes for a number.
#[test]
fn a_numeric_password_is_not_shown() {
    for text in [
        "[databases.default]\nENGINE = \"postgresql\"\nPASSWORD = 918273645\n",
        "[databases.default]\nENGINE = \"postgresql\"\nPASSWORD = 918273645.5\nNAME = 1\n",
    ] {
        let outcome = Project::new(text).nuages(["plan"]).output().code(3);
        assert!(
            !outcome.stderr().contains("918273645"),
            "{}",
            outcome.stderr()
        );
    }
}
