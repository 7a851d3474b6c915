//! What of a line can be read.

use crate::{
    check::settings::{File, shown},
    scan::{detect::Detector, rule},
};
use zeroize::Zeroizing;

/// The lines of a file as they may be shown.
fn masked(source: &str, known: &[&str]) -> String {
    let files = [File {
        path: "shop/settings.py".to_owned(),
        text: source.to_owned().into(),
        parents: Vec::new(),
    }];
    let known: Vec<Zeroizing<String>> = known.iter().map(|&text| text.to_owned().into()).collect();
    let detector = Detector::new(rule::built_in().into());
    let shown = shown(&files, &detector, &known).remove(0).masked;
    assert_eq!(shown.len(), source.len(), "{source}");
    shown
}

#[test]
fn lines_are_shown_without_what_may_be_a_secret() {
    for (source, expected) in [
        ("DEBUG = True\n", "DEBUG = True\n"),
        ("ALLOWED_HOSTS = ['*']\n", "ALLOWED_HOSTS = ['*']\n"),
        (
            "X_FRAME_OPTIONS = 'SAMEORIGIN'\n",
            "X_FRAME_OPTIONS = 'SAMEORIGIN'\n",
        ),
        (
            "PASSWORD = 'abc'  # was abd\n",
            "PASSWORD = '***'  #********\n",
        ),
        ("ANYTHING = 'abc'\n", "ANYTHING = '***'\n"),
        ("ANYTHING = b'abc'\n", "ANYTHING = ******\n"),
        ("ANYTHING = f'abc{x}'\n", "ANYTHING = *********\n"),
        ("PIN_PASSWORD = 1234\n", "PIN_PASSWORD = ****\n"),
        ("PORT = 1234\n", "PORT = 1234\n"),
        (
            "A = os.environ['DB_PASSWORD']\n",
            "A = os.environ['DB_PASSWORD']\n",
        ),
        (
            "A = env('DB_PASSWORD', 'abc')\n",
            "A = env('DB_PASSWORD', '***')\n",
        ),
        ("A = env('abc')\n", "A = env('***')\n"),
        ("A = é('日')\n", "A = é('***')\n"),
        (
            "DATABASES = {'default': {'HOST': 'db', 'PASSWORD': 'abc', 'OPTIONS': {'sslmode': 'require', 'x': 'abc'}}}\n",
            "DATABASES = {'default': {'HOST': 'db', 'PASSWORD': '***', 'OPTIONS': {'sslmode': 'require', 'x': '***'}}}\n",
        ),
        (
            "CACHES = {'default': {'BACKEND': 'x', 'LOCATION': 'redis://:abc@h'}}\n",
            "CACHES = {'default': {'BACKEND': 'x', 'LOCATION': '**************'}}\n",
        ),
        ("A = '''a\nb'''\n", "A = '''*\n*'''\n"),
        // No Python: nobody knows what stands where.
        ("A = = 'abc'\nB\n", "***********\n*\n"),
    ] {
        assert_eq!(masked(source, &[]), expected);
    }
    assert_eq!(masked("DEBUG = word\n", &["word"]), "DEBUG = ****\n");
    assert_eq!(
        masked("ALLOWED_HOSTS = ['abcd']\n", &["abcd"]),
        "ALLOWED_HOSTS = ['****']\n"
    );
}
