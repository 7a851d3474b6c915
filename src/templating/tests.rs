//! Places in every type of file: where a value stands, how it is written, and what is refused.

use std::io::Write as _;

use minijinja::value::Value as Jinja;
use zeroize::Zeroizing;

use super::{
    FileType, TYPES, TemplateFile,
    output::Output,
    values::{Hidden, Spilled, convert},
};
use crate::{
    resolve::Bytes,
    templating::kinds::Shape,
    value::{Table, Text, Value},
};

fn hidden(text: &str) -> Jinja {
    let bytes = Bytes::new(Zeroizing::new(text.as_bytes().to_vec()));
    Hidden::value(bytes, Shape::Text, "x", &Spilled::default())
}

/// The file with the value at every `@`, or why not.
fn write(file_type: &str, file: &str, value: &str) -> Result<String, &'static str> {
    let mut output = Output::new(FileType::named(file_type).unwrap());
    let value = hidden(value);
    for (place, part) in file.split('@').enumerate() {
        let placed = if place > 0 {
            output.insert(&value).is_ok()
        } else {
            true
        };
        if !placed || output.write_all(part.as_bytes()).is_err() {
            return Err(output.refusal().unwrap().1);
        }
    }
    Ok(String::from_utf8(output.finish().to_vec()).unwrap())
}

#[test]
fn a_value_is_written_for_its_place() {
    for (file_type, file, value, expected) in [
        (
            "json",
            r#"{"a": "x@y", "b": @}"#,
            "\"\n",
            r#"{"a": "x\"\ny", "b": "\"\n"}"#,
        ),
        ("json", "@", "a", "\"a\""),
        (
            "yaml",
            "a: @ # c\n- '@'\n",
            "it's",
            "a: \"it's\" # c\n- 'it''s'\n",
        ),
        (
            "yaml",
            "- @\n- b: [1, @, {c: @}]\n",
            "#",
            "- \"#\"\n- b: [1, \"#\", {c: \"#\"}]\n",
        ),
        (
            "yaml",
            "u: http://@:@/x\n",
            "db.x-1",
            "u: http://db.x-1:db.x-1/x\n",
        ),
        ("yaml", "a: |\n  b\nc: @\n", "d", "a: |\n  b\nc: \"d\"\n"),
        ("yaml", "a: it's\nb: @\n", "d", "a: it's\nb: \"d\"\n"),
        (
            "toml",
            "a = \"\"\nb = @\nc = [\"x\", @]\n",
            "\\",
            "a = \"\"\nb = \"\\\\\"\nc = [\"x\", \"\\\\\"]\n",
        ),
        (
            "toml",
            "a = \"\"\"\n\"x\"\n\"\"\"\nb = '@'\n",
            "\\",
            "a = \"\"\"\n\"x\"\n\"\"\"\nb = '\\'\n",
        ),
        (
            "sh",
            "A=@ B=\"@\" C='@' D=x@y\n",
            "'$`\"\\",
            "A=''\\''$`\"\\' B=\"'\\$\\`\\\"\\\\\" C=''\\''$`\"\\' D=x''\\''$`\"\\'y\n",
        ),
        ("sh", "# it's\nB=${A} C=@\n", "x", "# it's\nB=${A} C='x'\n"),
        (
            "nginx",
            "a @ \"b @\" 'c @';\n",
            "it's \"q\"\\",
            "a \"it\\'s \\\"q\\\"\\\\\" \"b it\\'s \\\"q\\\"\\\\\" 'c it\\'s \\\"q\\\"\\\\';\n",
        ),
        (
            "nginx",
            "server @:@; # it's\n",
            "db.x",
            "server db.x:db.x; # it's\n",
        ),
        ("nginx", "a \"${host}@\";\n", " ", "a \"${host} \";\n"),
        (
            "userlist",
            "; it's \"\n\"@\" @\n",
            "a\"b",
            "; it's \"\n\"a\"\"b\" \"a\"\"b\"\n",
        ),
        (
            "pgbouncer",
            "[databases]\na = host='x' password=@ user='y@'\n[pgbouncer]\nb = @\n",
            "it's",
            "[databases]\na = host='x' password='it''s' user='yit''s'\n[pgbouncer]\nb = it's\n",
        ),
        (
            "odbc",
            "[a]\nb = @;@\n",
            "x;y=[z]",
            "[a]\nb = x;y=[z];x;y=[z]\n",
        ),
        (
            "supervisor",
            "[program:a]\nenvironment = A=@,\n  B=\"@\"\nb = @\n",
            "50%x",
            "[program:a]\nenvironment = A=\"50%%x\",\n  B=\"50%%x\"\nb = 50%%x\n",
        ),
        (
            "supervisor",
            "[a]\nenvironment=A=@\n",
            "a\"b",
            "[a]\nenvironment=A='a\"b'\n",
        ),
        ("configparser", "[a]\nb: x@\n", "%", "[a]\nb: x%%\n"),
        ("none", "@", "a\n\"", "a\n\""),
    ] {
        let written = write(file_type, file, value);
        assert_eq!(written.as_deref(), Ok(expected), "{file_type}: {file}");
    }
}

#[test]
fn quotes_are_followed_as_their_reader_does() {
    for (file_type, file, value, expected) in [
        (
            "yaml",
            "a: \"@\n  b\"\nc: !!str \"@\"\n- &d '@'\n{\"e\":\"@\", f: [\"@\"]}\n",
            "\u{e9}",
            "a: \"\u{e9}\n  b\"\nc: !!str \"\u{e9}\"\n- &d '\u{e9}'\n{\"e\":\"\u{e9}\", f: [\"\u{e9}\"]}\n",
        ),
        (
            "yaml",
            "a: \"b\n  @\"\n",
            "  c d ",
            "a: \"b\n  \\x20\\x20c d\\x20\"\n",
        ),
        (
            "toml",
            "a = \"\"\"b\"\"\"\"\nc = @\nd = '''e'''''\nf = @\n",
            "1",
            "a = \"\"\"b\"\"\"\"\nc = \"1\"\nd = '''e'''''\nf = \"1\"\n",
        ),
        (
            "toml",
            "a = \"\"\"b\"\"\\\"\"c\"\"\"\nd = @\n",
            "1",
            "a = \"\"\"b\"\"\\\"\"c\"\"\"\nd = \"1\"\n",
        ),
    ] {
        let written = write(file_type, file, value);
        assert_eq!(written.as_deref(), Ok(expected), "{file_type}: {file}");
    }
}

#[test]
fn what_a_place_cannot_hold_is_refused() {
    for (file_type, file, value) in [
        ("json", "{\"a\": @x}", "a"),
        ("json", "{\"a\": x@}", "a"),
        ("json", "{\"a\": @@}", "a"),
        ("json", "\"\\@\"", "n"),
        ("yaml", "a: |\n  x: @\n", "a"),
        ("yaml", "a:\n  - >-\n    @\n", "a"),
        ("yaml", "a: x @\n", "a"),
        ("yaml", "a: x - @\n", "a"),
        ("yaml", "a: b, @\n", "a"),
        ("yaml", "@: x\n", "a"),
        ("yaml", "a: @ b\n", "a"),
        ("yaml", "a: http://@/\n", "a b"),
        ("yaml", "a: '@'\n", "\n"),
        ("yaml", "a: '\n  @ b'\n", " c"),
        ("yaml", "a: redis-server --requirepass \"@\"\n", "b"),
        ("yaml", "- it is '@'\n", "b"),
        ("yaml", "a: b: \"@\"\n", "c"),
        ("yaml", "-\"@\"\n", "b"),
        ("yaml", "[a \"@\"]\n", "b"),
        ("yaml", "# @\n", "a"),
        ("yaml", "a: \"\\@\"\n", "n"),
        ("toml", "a = @b\n", "a"),
        ("toml", "@ = 1\n", "a"),
        ("toml", "a = \"\"\"@\"\"\"\n", "a"),
        ("toml", "a = '''@'''\n", "a"),
        ("toml", "a = '@'\n", "'"),
        ("toml", "# @\n", "a"),
        ("sh", "A=$(x @)\n", "a"),
        ("sh", "A=\"$(x @)\"\n", "a"),
        ("sh", "A=`x @`\n", "a"),
        ("sh", "cat <<E\n@\nE\n", "a"),
        ("sh", "A=${B:-@}\n", "a"),
        ("sh", "A=${B:-'}'}@\n", "a"),
        ("sh", "A=$@\n", "a"),
        ("sh", "A=\\@\n", "a"),
        ("sh", "# @\n", "a"),
        ("sh", "a >#@\n", "\nb"),
        ("sh", "A=@\n", "\0"),
        ("nginx", "a \"@\";", "a$b"),
        ("nginx", "a \"@\";", "a\nb"),
        ("nginx", "a b@;", "a b"),
        ("nginx", "a $b@;", "a"),
        ("nginx", "a \"$b@\";", "a"),
        ("nginx", "a @b;", "a b"),
        ("nginx", "a \"\\@\";", "n"),
        ("nginx", "# @\n", "a"),
        ("nginx", "if (\"a\")@ {", "a b"),
        ("userlist", "\"a\" \"@\"\n", "a\nb"),
        ("userlist", "\"a\" \"b\" @\n", "a"),
        ("userlist", "@\"\n", "a"),
        ("userlist", "; @\n", "a"),
        ("pgbouncer", "[databases]\na = @\n", "a"),
        ("pgbouncer", "[databases]\na = password=@\n", ""),
        ("pgbouncer", "[databases]\na = password=@b\n", "a"),
        ("pgbouncer", "[databases]\na = password='@'\n", "a\nb"),
        ("pgbouncer", "[pgbouncer]\na = @\n", " a"),
        ("pgbouncer", "[@]\n", "a"),
        ("odbc", "[a]\nb = @\n", "a\n[c]"),
        ("odbc", "[a]\n@ = b\n", "a"),
        ("odbc", "[a]\nb = @ \n", "a "),
        ("supervisor", "[a]\nenvironment=A=\"@\"\n", "a\"b"),
        ("supervisor", "[a]\nenvironment=A=@\n", "a\"b'c"),
        ("supervisor", "[a]\nenvironment=A=\"@\"\n", "'a"),
        ("supervisor", "[a]\nenvironment=A=\"@\"\n", "a ;b"),
        ("supervisor", "[a]\nb = @\n", "#a"),
        ("supervisor", "[a]\nenvironment=\n ; 'b\n A=\"@\"\n", "c\"d"),
        (
            "supervisor",
            "[a]\nenvironment=\n; b = 'c\n A=\"@\"\n",
            "c\"d",
        ),
        (
            "supervisor",
            "[a]\nenvironment=B=\"c\", ; 'd\n A=\"@\"\n",
            "c\"d",
        ),
        ("supervisor", "[a]\nb = x ; @\n", "a"),
        ("supervisor", "[a]\nb = %@\n", "(x)s"),
        ("supervisor", "[a]\ncommand = @\n", "a"),
        ("supervisor", "[a]\n; b = @\n", "a"),
        ("configparser", "[a]\nb = @\n", "a\nc = d"),
        ("configparser", "[a]\nb = x\n  @\n", "a"),
    ] {
        let written = write(file_type, file, value);
        assert!(written.is_err(), "{file_type}: {file}: {written:?}");
    }
}

#[test]
fn long_values_are_refused_where_a_reader_would_cut_them() {
    let holds = |file_type: &str, file: &str, length: usize| {
        write(file_type, file, &"x".repeat(length)).is_ok()
    };
    assert!(holds("userlist", "\"a\" \"@\"\n", 2047) && !holds("userlist", "\"a\" \"@\"\n", 2048));
    assert!(holds("userlist", "\"@\" \"\"\n", 127) && !holds("userlist", "@ \"\"\n", 128));
    assert!(holds("odbc", "[a]\nb=@\n", 988) && !holds("odbc", "[a]\nb=@\n", 989));
    assert!(!holds("odbc", "[a]\nb=@;x=y\n", 985));
    assert!(holds("nginx", "a \"@\";", 4000) && !holds("nginx", "a \"@\";", 4001));
}

/// A reader looks at its line for each value: it stays short, or takes none.
#[test]
fn long_settings_take_no_time() {
    let many = "@ ".repeat(40_000);
    for (file_type, file) in [
        (
            "configparser",
            format!("[a]\n{}={many}", "k".repeat(200_000)),
        ),
        (
            "pgbouncer",
            format!("[databases]\na = {}", "b=@ ".repeat(40_000)),
        ),
        (
            "supervisor",
            format!("[a]\nenvironment={}", "b=\"@\",".repeat(40_000)),
        ),
    ] {
        let error = write(file_type, &file, "c").unwrap_err();
        assert_eq!(
            error,
            "more than 16 KiB of the same setting stand before it"
        );
    }
    // Neither indentation nor quotes are counted again and again.
    let blanks = format!("a: |\n{}b\n", " ".repeat(500_000));
    assert!(write("yaml", &blanks, "").is_ok());
    let quotes = format!("{}[{}]\n", " ".repeat(200_000), "\"a\",".repeat(100_000));
    assert!(write("yaml", &quotes, "").is_ok());
}

#[test]
fn types_are_known_by_the_names_of_files() {
    for (name, file_type) in [
        ("nginx.conf.j2", Some("nginx")),
        ("deploy/nginx/shop.conf", Some("nginx")),
        ("shop.nginx", Some("nginx")),
        ("/run/shop/userlist.txt", Some("userlist")),
        ("pgbouncer.ini.jinja", Some("pgbouncer")),
        (".odbc.ini", Some("odbc")),
        ("odbcinst.ini", Some("odbc")),
        ("supervisord.conf", Some("supervisor")),
        ("/etc/default/celeryd", Some("sh")),
        ("A.YML", Some("yaml")),
        ("/etc/supervisor/conf.d/nginx.conf", None),
        ("settings.ini", None),
        ("notes.txt", None),
        ("x.j2", None),
    ] {
        let found = FileType::of_file(name).map(|known| known.name);
        assert_eq!(found, file_type, "{name}");
    }
    for known in TYPES {
        assert_eq!(
            FileType::named(known.name).map(|found| found.name),
            Some(known.name)
        );
    }
}

#[test]
fn nothing_of_a_secret_is_shown() {
    let canary = "cAn4ry";
    let spilled = Spilled::default();
    let mut table = Table::new();
    table.insert("a", Value::Text(Text::secret(canary)));
    table.insert("b", Value::List(vec![Value::Scalar(Text::secret(canary))]));
    let value = convert(&Value::Table(table), "t", &spilled);
    assert!(!spilled.is_set());
    for shown in [
        format!("{value:?}"),
        format!("{value:#?}"),
        format!("{:?}", hidden(canary)),
        hidden(canary).to_string(),
    ] {
        assert!(!shown.contains(canary), "{shown}");
    }
    let one = value.get_attr("a").unwrap();
    assert!(!one.to_string().contains(canary) && spilled.is_set());
    assert_ne!(one, Jinja::from(canary));
}

#[test]
fn mistakes_point_into_the_template() {
    for text in [
        "{{ a b }}",
        "x\n{% if %}",
        "{{ 'x",
        "{% nothing %}",
        "{{ \u{e9}\u{300} + }}",
    ] {
        let errors = TemplateFile::read("t", text).unwrap_err();
        for error in errors {
            assert!(error.file.is_some() && error.title.starts_with("this is not a template: "));
            let span = error.span.unwrap();
            assert!(text.get(span.clone()).is_some(), "{text:?} {span:?}");
        }
    }
}
