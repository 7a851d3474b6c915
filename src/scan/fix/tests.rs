//! What becomes of a literal in its place, case by case: `SECRET` stands for the secret.

use super::*;

const SECRET: &str = "SECRET";

/// The text after the change, or why there is none.
fn changed(path: &str, source: &str) -> Result<String, Left> {
    let text = Text::new(path.into(), source.as_bytes());
    let places: Vec<Place> = source
        .match_indices(SECRET)
        .map(|(start, _)| Place {
            span: start..start + SECRET.len(),
            rule: "api-key".to_owned(),
        })
        .collect();
    let changes = plan(&text, &places)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let names = Names::default().give(&changes.iter().collect::<Vec<_>>());
    let names = names.into_iter().collect::<Result<Vec<_>, _>>()?;
    let with_names: Vec<_> = changes
        .iter()
        .zip(names.iter().map(String::as_str))
        .collect();
    apply(&text, &with_names, "nuages.toml")
}

#[test]
fn a_literal_becomes_a_read_of_its_variable() {
    for (source, new) in [
        (
            "import os\nKEY_A = u'SECRET'\n",
            "import os\nKEY_A = os.environ[\"KEY_A\"]\n",
        ),
        (
            "import os.path\nX = {'API': {'key': '''SECRET'''}}",
            "import os.path\nX = {'API': {'key': os.environ[\"X_KEY\"]}}",
        ),
        (
            "import os\nclass A:\n  def f(self):\n    self.password = 'SECRET'",
            "import os\nclass A:\n  def f(self):\n    self.password = os.environ[\"PASSWORD\"]",
        ),
        (
            "import os\nA, B = 'x', 'SECRET'",
            "import os\nA, B = 'x', os.environ[\"B\"]",
        ),
        (
            "import os\ndef get_token(): return 'SECRET'",
            "import os\ndef get_token(): return os.environ[\"TOKEN\"]",
        ),
        (
            "import os\ndef f(db_password='SECRET'): pass",
            "import os\ndef f(db_password=os.environ[\"DB_PASSWORD\"]): pass",
        ),
        (
            "import os\nlog_in('SECRET')",
            "import os\nlog_in(os.environ[\"API_KEY\"])",
        ),
        (
            "import os\nif header == 'SECRET': pass",
            "import os\nif header == os.environ[\"HEADER\"]: pass",
        ),
        (
            "import os\nU = 'https://u:SECRET@h/'",
            "import os\nU = os.environ[\"U\"]",
        ),
        (
            "import os\nA = [\n'SECRET', 'SECRET']",
            "import os\nA = [\nos.environ[\"A\"], os.environ[\"A\"]]",
        ),
        (
            "from os import environ\nA = environ.get('B', 'SECRET')",
            "from os import environ\nA = environ[\"B\"]",
        ),
        (
            "import os\nA = os.environ.get('B') or 'SECRET'",
            "import os\nA = os.environ[\"B\"]",
        ),
        (
            "A = env('B', cast=str, default='SECRET')",
            "A = env('B', cast=str)",
        ),
        ("A = config('B', 'SECRET')", "A = config('B')"),
        (
            "A = env.str(\n  'B',\n  default='SECRET',\n)",
            "A = env.str(\n  'B',\n)",
        ),
        // What reads the variable already gets what it got.
        (
            "import os\nA = os.environ['A'] if x else 'SECRET'",
            "import os\nA = os.environ['A'] if x else os.environ[\"A_2\"]",
        ),
        // A default that is no secret's alone stays an argument.
        (
            "import os\nA = env('B', lambda x: x, default=wrap('SECRET'))",
            "import os\nA = env('B', lambda x: x, default=wrap(os.environ[\"A_B\"]))",
        ),
    ] {
        assert_eq!(
            changed("settings.py", source),
            Ok(new.to_owned()),
            "{source}"
        );
    }
}

#[test]
fn os_is_imported_before_it_is_used() {
    for (source, new) in [
        (
            "#!x\n# y\nA = 'SECRET'\n",
            "#!x\n# y\nimport os\n\nA = os.environ[\"A\"]\n",
        ),
        (
            "'doc'\r\nimport sys\r\nA = 'SECRET'\r\n",
            "'doc'\r\nimport os\r\nimport sys\r\nA = os.environ[\"A\"]\r\n",
        ),
        (
            "def f():\n  import os\nA = 'SECRET'",
            "import os\n\ndef f():\n  import os\nA = os.environ[\"A\"]",
        ),
        (
            "A = 'SECRET'\nimport os",
            "import os\n\nA = os.environ[\"A\"]\nimport os",
        ),
    ] {
        assert_eq!(
            changed("settings.py", source),
            Ok(new.to_owned()),
            "{source}"
        );
    }
}

#[test]
fn what_cannot_be_replaced_stays() {
    for source in [
        "A = 'SECRET' 'tail'",
        "A = 'SECRET' + tail",
        "A = f'SECRET{x}'",
        "A = f\"{'SECRET'}\"",
        "A = 'a SECRET'",
        "A = '%s'.join(['SECRET'])",
        "A = 'SECRET'.format(x)",
        "'SECRET'",
        "A = {'SECRET': 1}",
        "A: Literal['SECRET'] = x",
        "match x:\n  case 'SECRET': pass",
        "# A = 'SECRET'",
        "os = fake\nA = 'SECRET'",
        "from . import os\nA = 'SECRET'",
        "'doc'; A = 'SECRET'",
        "with env.prefixed('S_'):\n  A = env.str('B', default='SECRET')",
        "A = env('B', # why\n  default='SECRET')",
        "A = config('B', ('SECRET'))",
        "A = 'SECRET",
        "A = 'SECRET' if",
    ] {
        assert!(changed("settings.py", source).is_err(), "{source}");
    }
    for path in [
        "tests/settings.py",
        "docs/settings.py",
        "settings.py.j2",
        "a.yaml",
        ".env.example",
    ] {
        assert!(changed(path, "A='SECRET'\n").is_err(), "{path}");
    }
}

#[test]
fn nothing_takes_the_stack_or_the_time() {
    let deep = format!("A = {}'SECRET'{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(changed("settings.py", &deep).is_err());
    let many = "A = 'SECRET'\n".repeat(20_000);
    let started = std::time::Instant::now();
    assert!(changed("settings.py", &many).is_ok_and(|new| !new.contains(SECRET)));
    let many = "A='SECRET'\n".repeat(5_000);
    assert!(changed(".env", &many).is_ok_and(|new| !new.contains(SECRET)));
    let open = "A='\n".repeat(20_000) + SECRET;
    assert!(changed(".env", &open).is_err());
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
