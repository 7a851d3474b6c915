//! Shapes of Python in which a literal reaches a name, and shapes in which it does not; and text that is out to hurt.

use std::time::{Duration, Instant};

use gix::bstr::ByteSlice as _;

use super::*;
use crate::{finding::Confidence, scan::words};

/// What a generator made, so that no such text stands in this file.
fn random() -> String {
    let mut state = 7_u32;
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut next = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
        usize::try_from(state >> 16).unwrap_or_default() % letters.len()
    };
    (0..50).map(|_| char::from(letters[next()])).collect()
}

fn hits(source: &str) -> Vec<usize> {
    let lower = source.to_ascii_lowercase();
    let mut hits: Vec<usize> = words::STEMS
        .iter()
        .flat_map(|stem| lower.match_indices(stem).map(|(at, _)| at))
        .collect();
    hits.sort_unstable();
    hits.dedup();
    hits
}

fn scan_as(path: &str, source: &str, floor: Confidence) -> (bool, Vec<Match>) {
    let text = Text::new(path.as_bytes().as_bstr(), source.as_bytes());
    let hits = hits(source);
    let mut found = Vec::new();
    let request = Request {
        hits: &hits,
        floor,
        lines: None,
    };
    let is_judged = scan(&text, &request, &mut found);
    (is_judged, found)
}

fn found(source: &str) -> Vec<Match> {
    scan_as("shop/settings.py", source, Confidence::Medium).1
}

/// Every `@` stands for a random text, every `~` for a thought-of password.
fn filled(source: &str) -> String {
    source
        .replace('@', &random())
        .replace('~', "hunter2-Rosebud")
}

#[test]
fn a_literal_reaches_a_name() {
    for source in [
        "SECRET_KEY = '@'",
        "SECRET_KEY: str = '@'",
        "SECRET_KEY = b'@'",
        "SECRET_KEY += '@'",
        "USER, PASSWORD = 'bob', '~'",
        "a = PASSWORD = '~'",
        "if (password := '~'): pass",
        "DATABASES = {'default': {'PASSWORD': '~'}}",
        "DATABASES['default']['PASSWORD'] = '~'",
        "DATABASES['default'].update({'PASSWORD': '~'})",
        "DATABASES = dict(default=dict(PASSWORD='~'))",
        "DATABASES = {'default': dict([('PASSWORD', '~')])}",
        "DATABASES['default'].setdefault('PASSWORD', '~')",
        "settings.configure(SECRET_KEY='@')",
        "globals()['SECRET_KEY'] = '@'",
        "setattr(settings, 'SECRET_KEY', '@')",
        "os.environ['DB_PASSWORD'] = '~'",
        "os.environ.setdefault('DB_PASSWORD', '~')",
        "PASSWORD = os.environ.get('DB_PASSWORD', '~')",
        "x = os.getenv('DB_PASSWORD', '~')",
        "x = env('DB_PASSWORD', default='~')",
        "x = env.str('DB_PASSWORD', '~')",
        "x = config('DB_PASSWORD', default='~')",
        "env = environ.Env(SECRET_KEY=(str, '@'))",
        "x = get_secret('DB_PASSWORD', '~')",
        "PASSWORD = os.environ.get('X', '~')",
        "PASSWORD = os.environ['X'] or '~'",
        "PASSWORD = x if DEBUG else '~'",
        "SECRET_KEY = '@' '@'",
        "SECRET_KEY = '@' + '@'",
        "SECRET_KEY = f'{prefix}@'",
        "SECRET_KEY = ''.join(['@', '@'])",
        "SECRET_KEY = '%s@' % x",
        "SECRET_KEY = '{}@'.format(x)",
        "SECRET_KEY = b64decode('@')",
        "SECRET_KEY = '@'.encode()",
        "SECRET_KEY = str('@').strip()",
        "SECRET_KEY_FALLBACKS = ['@', '@']",
        "class Base(Configuration):\n    SECRET_KEY = values.SecretValue('@')",
        "class Base(Settings):\n    secret_key: str = Field(default='@')",
        "class Base(Settings):\n    password: SecretStr = SecretStr('~')",
        "requests.get(url, auth=('bob', '~'))",
        "requests.get(url, auth=HTTPBasicAuth('bob', '~'))",
        "psycopg.connect(host='h', password='~')",
        "User.objects.create_superuser('bob', 'bob@shop.test', '@')",
        "user.set_password('@')",
        "if token == '@': pass",
        "parser.add_argument('--password', default='~')",
        "def connect(password='~'): pass",
        "def connect(*, password: str = '~'): pass",
        "def get_secret_key():\n    return '@'",
        "# SECRET_KEY = '@'",
        "    # 'PASSWORD': '~',",
        "SECRET_KEY = 'django-insecure-@'",
        "match x:\n    case 1:\n        PASSWORD = '~'",
        "PASSWORD = (\n    '~'\n)",
        "match token:\n    case '@' | 'none':\n        pass",
        "PASSWORD = '%s' % '@'",
        "PASSWORD = '%s-%s' % (x, '@')",
        "HTTP_AUTH = ('bob', '~')",
        "x = {'http_auth': ('bob', '~')}",
        "SECRET_KEY_FALLBACKS.append('@')",
        "settings.SECRET_KEY_FALLBACKS.insert(0, '@')",
        "API_KEYS.extend(['@', '@'])",
        "x = jwt.encode(claims, '@', algorithm='HS256')",
        "x = jwt.decode(token, '@', ['HS256'])",
        "x = hmac.new('@'.encode(), message)",
        "x = hmac.new(b'@', message, hashlib.sha256)",
        "x = MySQLdb.connect('db.shop.test', 'shop', '~')",
        "x = pymysql.connect('db.shop.test', 'shop', '~', 'shop')",
        "SECRET_KEY = hashlib.sha256(b'@').hexdigest()",
        "KEY = '@'\nSECRET_KEY = KEY",
        "DJANGO_KEY='@'\nclass Base:\n    SECRET_KEY = DJANGO_KEY",
        "SECRET_KEY = get_secret('x')  # SECRET_KEY = '@'",
        "x = 1  # it was SECRET_KEY = '@' before",
        "# the old one: SECRET_KEY = '@'",
        "# SECRET_KEY: str = '@'",
        "SIGN: str = '@'\nSECRET_KEY = SIGN",
        "DB = {'class': 'x', 'help': {'password': '~'}}",
        "x = '#'  # PASSWORD = '~'",
    ] {
        let source = filled(source);
        let found = found(&source);
        assert!(!found.is_empty(), "nothing in {source}");
        for found in found {
            let secret = &source[found.span];
            assert!(
                secret.contains("Rosebud") || secret.contains(&random()),
                "{secret} in {source}"
            );
            assert!(
                found
                    .notes
                    .iter()
                    .all(|note| !note.contains("Rosebud") && !note.contains(&random())),
                "{source}"
            );
        }
    }
}

#[test]
fn nothing_hides_there() {
    for source in [
        "SECRET_KEY = os.environ['SECRET_KEY']",
        "SECRET_KEY = ''",
        "PASSWORD = None",
        "SECRET_KEY = env('SECRET_KEY')",
        "SECRET_KEY = config('SECRET_KEY', default='')",
        "SECRET_KEY = get_random_secret_key()",
        "SECRET_KEY = '${aws-ssm:///shop/key}'",
        "PASSWORD = '{{ db_password }}'",
        "PASSWORD = '<your password>'",
        "PASSWORD = 'changeme'",
        "label = _('Password')",
        "password = forms.CharField(label=_('Password'), widget=forms.PasswordInput(attrs={'class': 'form-control'}))",
        "password = models.CharField(_('password'), max_length=128, help_text='Use at least ten signs.')",
        "PASSWORD_FIELD = 'password'",
        "PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']",
        "path('password_reset/', view, name='password_reset')",
        "self.assertContains(response, 'password', '@')",
        "fields = ['username', 'password']",
        "class Field(Enum):\n    PASSWORD = 'password'\n    TOKEN = 'token'",
        "def f(password):\n    '''PASSWORD = \"~\"'''",
        "messages = {'invalid_password': 'That is not right.', 'password_mismatch': _('The two differ.')}",
        "API_KEY_HEADER = 'X-Api-Key'",
        "TOKEN_URL = 'https://shop.test/token'",
        "password = f'{user}:{x}'",
        "cursor.execute('ALTER USER x PASSWORD %s', [password])",
        "re.sub('password', '@', text)",
        "x = request.POST.get('password', '')",
        "token_type = 'bearer'",
        "SECRET_NAME = 'prod/shop/db'",
        "PASSWORD = '/run/secrets/db_password'",
        "SECRET_KEY = env.str('SECRET_KEY')",
        "match token:\n    case 'if' | 'endif':\n        pass",
        "LABELS = {'password': 'Zauberwort'}",
        "css_classes = {'password': 'Zauberwort'}",
        "ICONS = {'password': 'Zauberwort'}",
        "WORD = '~'\nPASSWORD = WORD",
        "KEY = 'shop'\nSECRET_KEY = KEY",
        "SECRET_KEY = KEY",
        "names.append('@')",
        "PASSWORDS.append('~')",
        "x = jwt.encode(claims, key, algorithm='HS256')",
        "x = jwt.encode(claims, '~')",
        "x = MySQLdb.connect(host, user, password)",
        "x = '# SECRET_KEY = ' + x",
    ] {
        let source = filled(source);
        assert_eq!(found(&source), [], "{source}");
    }
}

#[test]
fn tests_weigh_less() {
    let source = filled("PASSWORD = '~'");
    assert_eq!(
        scan_as("shop/tests/test_login.py", &source, Confidence::Medium).1,
        []
    );
    assert_eq!(
        scan_as("shop/tests/test_login.py", &source, Confidence::Low)
            .1
            .len(),
        1
    );
    let source = filled("def test_login():\n    password = '~'");
    assert_eq!(found(&source), []);
}

#[test]
fn the_way_to_a_name_is_told() {
    let source = filled("DATABASES = {'default': {'PASSWORD': os.environ.get('X', '~')}}");
    let found = found(&source);
    assert_eq!(found[0].rule, "django-database-password");
    assert_eq!(
        found[0].notes,
        [
            "the default of `os.environ.get`",
            "reaches `DATABASES[\"default\"][\"PASSWORD\"]`"
        ]
    );
}

#[test]
fn what_is_no_python_is_left_to_others() {
    assert!(
        !scan_as(
            "a.py",
            &filled("PASSWORD = '~'\nprint 'x' if\n"),
            Confidence::Medium
        )
        .0
    );
    let text = Text::new(b"a.py".as_bstr(), b"PASSWORD = '\xff'");
    assert!(!scan(
        &text,
        &Request {
            hits: &[0],
            floor: Confidence::Low,
            lines: None,
        },
        &mut Vec::new()
    ));
}

#[test]
fn python_without_a_name_is_told_by_its_lines() {
    for (source, is_python) in [
        ("import os\nSECRET_KEY = '@'\n", true),
        ("import os, sys\nSECRET_KEY = '@'\n", true),
        ("from .base import *\r\nSECRET_KEY = '@'\r\n", true),
        ("#!/usr/bin/env python3\nSECRET_KEY = '@'\n", true),
        ("class Base(Settings):\n    SECRET_KEY = '@'\n", true),
        ("async def f():\n    SECRET_KEY = '@'\n", true),
        ("JWT_AUTH = {\n    'SECRET_KEY': '@',\n}\n", true),
        ("jwt = {\n  SECRET_KEY = '@'\n}\n", false),
        ("SECRET_KEY = '@'\n", false),
        ("import java.util.List;\nSECRET_KEY = '@'\n", false),
        ("import os\nSECRET_KEY = '@';;\n", false),
        ("from the shop import {\nSECRET_KEY = '@'\n", false),
        ("import os\nSECRET_KEY=@ x\n", false),
        ("# Keys\n\nimport them so:\n    SECRET_KEY = '@'\n", false),
    ] {
        let source = filled(source);
        for path in ["settings", "settings.txt"] {
            let text = Text::new(path.as_bytes().as_bstr(), source.as_bytes());
            let hits = hits(&source);
            let mut found = Vec::new();
            let request = Request {
                hits: &hits,
                floor: Confidence::Medium,
                lines: None,
            };
            let is_judged = scan_unnamed(&text, &request, &mut found);
            assert_eq!(is_judged, is_python, "{source}");
            assert_eq!(found.len(), usize::from(is_python), "{source}");
        }
    }
}

#[test]
fn deep_and_long_texts_do_no_harm() {
    let repeat = |piece: &str| piece.repeat(900_000 / piece.len());
    for tail in [
        repeat("1+"),
        repeat("a."),
        repeat("("),
        repeat("["),
        repeat("{"),
        repeat("a("),
        repeat("not "),
        repeat("-"),
        repeat("lambda: "),
        repeat("lambda x, y: "),
        repeat("a if b else "),
        repeat("f'{"),
        repeat("f\"{'"),
        repeat("x = "),
        repeat("yield x, "),
        repeat("await "),
        repeat("()"),
        repeat("[0]"),
        repeat("'a' + "),
        repeat("password = "),
        repeat("password='x'"),
        repeat("# password = 'x'\n"),
        repeat("if 1:\n"),
        repeat("x and "),
        repeat("**"),
        repeat("@a\n"),
        repeat("env('PASSWORD', "),
        repeat("str("),
        repeat("*"),
        repeat("a, "),
        repeat("try:\n"),
        repeat("\\\n"),
        repeat("'"),
        repeat("\"\"\""),
        repeat("password = x\n"),
        repeat("x = 1 # password = 'x\n"),
        repeat("keys.append('x')\n"),
    ] {
        let source = filled(&format!("PASSWORD = '@'\nx = {tail}"));
        let start = Instant::now();
        scan_as("a.py", &source, Confidence::Low);
        assert!(start.elapsed() < Duration::from_mins(1), "{}", &tail[..10]);
    }
}

#[test]
fn the_deepest_that_is_parsed_fits_the_stack() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("a(", "1", ")"),
        ("not ", "x", ""),
        ("-", "1", ""),
        ("lambda: ", "x", ""),
        ("", "1", "+1"),
        ("a if b else ", "c", ""),
        ("f'{", "x", "}'"),
        ("", "a", ".a"),
        ("", "a", "()"),
        ("str(", "'x'", ")"),
        ("", "a", "[0]"),
        ("await ", "x", ""),
        ("x**", "1", ""),
        ("[i for i in ", "x", "]"),
        ("{'a': ", "1", "}"),
        ("(yield ", "1", ")"),
        ("(a, b := ", "1", ")"),
    ] {
        // The most that stays below the bound, whatever each piece counts.
        let (mut low, mut high) = (1, 10_000);
        while low + 1 < high {
            let count = usize::midpoint(low, high);
            let source = format!("x = {}{inner}{}", open.repeat(count), close.repeat(count));
            if nesting::levels(&source).is_some() {
                low = count;
            } else {
                high = count;
            }
        }
        let source = filled(&format!(
            "PASSWORD = '@'\nx = {}{inner}{}",
            open.repeat(low),
            close.repeat(low)
        ));
        std::thread::Builder::new()
            .stack_size(256 << 10)
            .spawn(move || assert!(!scan_as("a.py", &source, Confidence::Low).1.is_empty()))
            .expect("a thread")
            .join()
            .unwrap_or_else(|_| panic!("{open}"));
    }
}

#[test]
fn a_weak_word_counts_where_django_reads_it() {
    for source in [
        "SECRET_KEY = 'secret'",
        "EMAIL_HOST_PASSWORD = 'test123'",
        "DATABASES = {'default': {'PASSWORD': 'postgres'}}",
        "DATABASES = {'default': {'PASSWORD': 'password'}}",
        "DATABASES['default']['PASSWORD'] = 'root'",
    ] {
        let found = found(source);
        assert_eq!(found.len(), 1, "{source}");
        assert_eq!(found[0].confidence, Confidence::Medium, "{source}");
    }
    for source in [
        "API_PASSWORD = 'password'",
        "SECRET_KEY = 'changeme'",
        "SECRET_KEY = 'SECRET_KEY'",
        "NAMES = {'SECRET_KEY': 'secret_key'}",
        "DATABASES = {'default': {'PASSWORD': 'your-password'}}",
    ] {
        assert_eq!(found(source), [], "{source}");
    }
    let source = "DATABASES = {'default': {'PASSWORD': 'postgres'}}";
    assert_eq!(
        scan_as("shop/tests/settings.py", source, Confidence::Medium).1,
        []
    );
}
