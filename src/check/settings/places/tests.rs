//! Where settings stand.

use super::*;
use crate::value::Text;

fn file(path: &str, text: &str, parents: &[(&str, usize)]) -> File {
    let parent = |(module, at): &(&str, usize)| {
        let level = u32::try_from(module.len() - module.trim_start_matches('.').len()).unwrap();
        let module = module.trim_start_matches('.').to_owned();
        (Parent { level, module }, Some(*at))
    };
    File {
        path: path.to_owned(),
        text: text.to_owned().into(),
        parents: parents.iter().map(parent).collect(),
    }
}

/// The line that a key stands in, from 1, and what is marked; and whether the value is written out.
fn at(files: &[File], main: usize, path: &[&str], value: &Known) -> Option<(usize, String, bool)> {
    let places = Places::of(files, main);
    let (spot, is_literal) = places.find(path, value)?;
    let text = &files[spot.file].text;
    let line = text[..spot.span.start].matches('\n').count() + 1;
    Some((line, text[spot.span.clone()].to_owned(), is_literal))
}

fn one(source: &str, path: &[&str], value: &Known) -> Option<(usize, String, bool)> {
    at(&[file("settings.py", source, &[])], 0, path, value)
}

fn text(text: &str) -> Known {
    Known::Text(Text::secret(text))
}

#[track_caller]
fn holds(source: &str, path: &[&str], value: &Known, expected: (usize, &str, bool)) {
    let found = one(source, path, value).expect("a place");
    assert_eq!((found.0, found.1.as_str(), found.2), expected);
}

#[test]
fn keys_of_tables() {
    let source = "import os\nDATABASES = {\n    'default': {\n        'HOST': 'db',\n        'PASSWORD':\n            os.environ['P'],\n    },\n}\n";
    holds(
        source,
        &["DATABASES", "default", "HOST"],
        &text("db"),
        (4, "'db'", true),
    );
    // The value begins below its key.
    holds(
        source,
        &["DATABASES", "default", "PASSWORD"],
        &text("x"),
        (5, "'PASSWORD'", false),
    );
    // What is not there stands where its table does.
    let above = one(source, &["DATABASES", "default", "PORT"], &Known::Null).unwrap();
    assert_eq!((above.0, above.2), (3, false));
    assert_eq!(one(source, &["DEBUG"], &Known::Flag(true)), None);
}

#[test]
fn other_ways_to_write() {
    let host = &["DATABASES", "default", "HOST"][..];
    for (source, line) in [
        ("DATABASES = dict(default=dict(HOST='a'))\n", 1),
        (
            "DATABASES = {'default': {}}\nDATABASES['default']['HOST'] = 'a'\n",
            2,
        ),
        (
            "DATABASES = {'default': {}}\nDATABASES['default'].update({'HOST': 'a'})\n",
            2,
        ),
        (
            "DATABASES = {'default': {}}\nDATABASES['default'].update(HOST='a')\n",
            2,
        ),
        ("DATABASES: dict = {'default': {'HOST': 'a'}}\n", 1),
        ("if True:\n    DATABASES = {'default': {'HOST': 'a'}}\n", 2),
        (
            "try:\n    pass\nexcept E:\n    DATABASES = {'default': {'HOST': 'a'}}\n",
            4,
        ),
        (
            "for x in y:\n    DATABASES = {'default': {'HOST': 'a'}}\n",
            2,
        ),
        ("with x:\n    DATABASES = {'default': {'HOST': 'a'}}\n", 2),
        (
            "match x:\n    case 1:\n        DATABASES = {'default': {'HOST': 'a'}}\n",
            3,
        ),
        ("A, DATABASES = 1, {'default': {'HOST': 'a'}}\n", 1),
    ] {
        let found = one(source, host, &text("a")).unwrap_or_else(|| panic!("{source}"));
        assert_eq!(found, (line, "'a'".to_owned(), true), "{source}");
    }
    holds(
        "HOSTS = ['a', 'b']\n",
        &["HOSTS", "1"],
        &text("b"),
        (1, "'b'", true),
    );
    holds(
        "HOSTS = []\nHOSTS += ['b']\n",
        &["HOSTS"],
        &Known::Null,
        (2, "['b']", false),
    );
    holds(
        "HOSTS = []\nHOSTS.append('b')\n",
        &["HOSTS"],
        &Known::Null,
        (2, "HOSTS.append('b')", false),
    );
    holds(
        "AGE = 60\n",
        &["AGE"],
        &Known::Number("60".to_owned()),
        (1, "60", true),
    );
    holds("AGE = None\n", &["AGE"], &Known::Null, (1, "None", true));
    holds(
        "KEY = 'a' 'b'\n",
        &["KEY"],
        &text("ab"),
        (1, "'a' 'b'", true),
    );
}

#[test]
fn the_last_counts_unless_another_has_the_value() {
    let source = "DEBUG = False\nDEBUG = True\n";
    holds(source, &["DEBUG"], &Known::Flag(true), (2, "True", true));
    holds(source, &["DEBUG"], &Known::Flag(false), (2, "True", false));
    let source = "if X:\n    DEBUG = True\nelse:\n    DEBUG = False\n";
    holds(source, &["DEBUG"], &Known::Flag(true), (2, "True", true));
    let source = "D = {'a': {'P': 'one'}}\nD = load()\n";
    holds(source, &["D", "a", "P"], &text("one"), (2, "load()", false));
    // What is written out and is another value now was changed by something else.
    holds("KEY = 'one'\n", &["KEY"], &text("two"), (1, "'one'", false));
}

#[test]
fn nothing_but_settings() {
    for source in [
        "def f():\n    DEBUG = True\n",
        "class A:\n    DEBUG = True\n",
        "debug = True\n",
        "DEBUG\n",
        "DEBUG = \n",
        "x.DEBUG = True\n",
    ] {
        assert_eq!(
            one(source, &["DEBUG"], &Known::Flag(true)),
            None,
            "{source}"
        );
    }
}

#[test]
fn files_that_settings_are_built_on() {
    let files = [
        file("base.py", "DEBUG = False\nKEY = 'base'\n", &[]),
        file(
            "prod.py",
            "KEY = 'early'\nfrom .base import *\nfrom os import path\nDEBUG = True\n",
            &[(".base", 0)],
        ),
    ];
    let found = at(&files, 1, &["DEBUG"], &Known::Flag(true)).unwrap();
    assert_eq!(found, (4, "True".to_owned(), true));
    // It comes later than the line above it.
    let found = at(&files, 1, &["KEY"], &text("base")).unwrap();
    assert_eq!(found, (2, "'base'".to_owned(), true));
    assert_eq!(
        Places::of(&files, 1)
            .find(&["KEY"], &Known::Null)
            .unwrap()
            .0
            .file,
        0
    );
    // Those that are built on each other come to an end.
    let files = [
        file("a.py", "from b import *\nDEBUG = True\n", &[("b", 1)]),
        file("b.py", "from a import *\n", &[("a", 0)]),
    ];
    assert!(at(&files, 0, &["DEBUG"], &Known::Flag(true)).is_some());
}

#[test]
fn much_is_not_followed_without_end() {
    let deep = format!("A = {}1{}\n", "{'a': ".repeat(60), "}".repeat(60));
    assert!(one(&deep, &["A"], &Known::Null).is_some());
    let wide = format!("A = [{}]\n", "'x', ".repeat(5000));
    assert!(
        Places::of(&[file("a.py", &wide, &[])], 0)
            .in_file(0)
            .count()
            <= 1 + MOST_ITEMS
    );
}
