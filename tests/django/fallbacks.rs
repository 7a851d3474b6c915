//! `SECRET_KEY` is rotated in the store: what was signed with the key before is still read, by a real Django.

use crate::support::project::Project;
use crate::support::python::{self, Django};

/// The settings as `docs/rotation.md` has them, and what a session's cookie goes through.
const PROGRAM: &str = r#"
import json, os
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SECRET_KEY_FALLBACKS=json.loads(os.environ["SECRET_KEY_FALLBACKS"]),
)
from django.core import signing

def reads(key):
    try:
        return signing.loads(signing.dumps("cart 7", key=key), max_age=60) == "cart 7"
    except signing.BadSignature:
        return False

now, before, first, never = 'key 3', 'key "2"', 'key 1', 'key 0'
assert signing.loads(signing.dumps("cart 7")) == "cart 7"
print([reads(key) for key in (now, before, first, never)])
"#;

/// A store that keeps three versions, the newest first.
const STORE: &str = r#"
echo '{"id":0,"value":"key 3"}'
echo '{"id":1,"versions":["key \"2\"","key 1"]}'
"#;

#[test]
fn what_an_earlier_key_signed_is_still_read() {
    for django in Django::chosen() {
        let project = Project::new(
            r#"[providers.secrets]
kind = "command"
argv = ["sh", "store"]
protocol = "json-lines"

[env]
SECRET_KEY = "${secrets://django-secret-key}"
SECRET_KEY_FALLBACKS = "${secrets://django-secret-key?versions=2..3}"

[profiles.dev.providers.secrets]
kind = "dotenv"
"#,
        )
        .file("store", STORE)
        .file(".env", "DJANGO_SECRET_KEY='key 3'\n")
        .file("program.py", PROGRAM);
        let python = python::venv_for(django);
        let python = python.to_str().expect("a path in UTF-8");
        let run = |profile: &[&str]| {
            let command = ["exec", "--", python, "program.py"];
            let outcome = project.nuages([profile, &command].concat()).output();
            outcome.code(0).stdout().to_owned()
        };
        assert_eq!(run(&[]), "[True, True, True, False]\n");
        assert_eq!(run(&["--profile", "dev"]), "[True, False, False, False]\n");
    }
}
