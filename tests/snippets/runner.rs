//! What runs pages is held to pages that are made up: what is right passes, and every kind of wrong is told with its line.

use crate::page::Page;
use crate::place::{Programs, try_out};
use crate::reading;
use crate::steps::Form;

fn typed(text: &str) -> Result<(), String> {
    let page = Page::parse("made-up.md".to_owned(), text).map_err(|faults| faults.join("\n"))?;
    try_out(&page, Form::Typed, Programs::of_this_build)
}

const TUTORIAL: &str = r#"
# A shop

```sh
django-admin startproject shop
cd shop
cat > nuages.toml <<'EOF'
[providers.secrets]
kind = "dotenv"

[env]
SECRET_KEY = "${secrets://secret-key}"
GREETING = { value = "${secrets://greeting}", optional = true }
EOF
printf 'SECRET_KEY=made-up\n' > .env
```

<!-- run: exit 4 -->
```sh
nuages get secrets://missing
```

```text
error: …
  …
…
```

The directory is the one that the last block left:

```sh
nuages exec -- python -c 'import os; print(os.environ["SECRET_KEY"], os.getpid())'
```

```text
made-up …
```

<!-- run: in the background until "Serving HTTP" -->
```sh
nuages exec -- python -u -m http.server --bind 127.0.0.1 0
```

```console
$ false || echo "$?"
1
$ basename "$PWD"
shop
$ echo one && echo two
one
two
```
"#;

#[test]
fn a_page_is_typed_in_one_shell() {
    if let Err(fault) = typed(TUTORIAL) {
        panic!("{fault}");
    }
}

#[test]
fn what_does_not_hold_is_told_with_its_line() {
    for (text, told) in [
        (
            "```sh\ntrue\nfalse\necho on\n```\n",
            "made-up.md:3: exit code 1",
        ),
        (
            "```sh\nno-such-program\n```\n",
            "made-up.md:2: exit code 127",
        ),
        ("```sh\nfalse | cat\n```\n", "made-up.md:2: exit code 1"),
        (
            "<!-- run: exit 3 -->\n```sh\nfalse\n```\n",
            "made-up.md:3: exit code 1 where 3",
        ),
        ("<!-- run: exit 1 -->\n```sh\ntrue\n```\n", "no failure"),
        (
            "<!-- run: exit 1 -->\n```sh\nfalse\nfalse\n```\n",
            "exit code 1, 1 where 1",
        ),
        ("```sh\nexit 0\n```\n", "no failure, or no end"),
        (
            "```sh\necho a b\n```\n\n```text\na c\n```\n",
            "made-up.md:1: this is not what is printed",
        ),
        (
            "```console\n$ echo a\n$ echo b\nc\n```\n",
            "made-up.md:2: this is not what",
        ),
        (
            "```text\na\n```\n",
            "made-up.md:1: a `text` block is the output",
        ),
        (
            "<!-- run: in the background until \"up\" -->\n```sh\necho down\n```\n",
            "made-up.md:2",
        ),
        (
            "<!-- run: with a cluster -->\n```sh\ntrue\n```\n",
            "there is no stand-in `a cluster`",
        ),
        (
            "<!-- not run: lazy -->\n```sh\nfalse\n```\n",
            "made-up.md:1: `not run` wants a reason",
        ),
        (
            "<!-- ran: x -->\n```sh\nfalse\n```\n",
            "made-up.md:1: not a note",
        ),
        (
            "<!-- not run: it takes a cluster -->\n\nText.\n",
            "made-up.md:1: a note without a block",
        ),
        (
            "Text.\n\n    nuages plan\n",
            "made-up.md:3: a block by indentation",
        ),
        ("```sh\ntrue\n", "made-up.md:1: a block without an end"),
    ] {
        let fault = typed(text).expect_err(text);
        assert!(fault.contains(told), "{text}\n{fault}");
    }
}

/// A stand-in takes what its program takes, and nothing else.
#[test]
fn stand_ins_refuse_what_is_wrong() {
    let docker = "printf 'FROM debian\\nENTRYPOINT [\"nuages\", \"exec\", \"--\"]\\nCMD [\"true\"]\\n' > Dockerfile\n\
        docker build --tag shop . && docker run --rm --env NUAGES_PROFILE=prod shop\n";
    let compose = "printf 'services:\\n  web:\\n    image: shop\\n' > compose.yaml\ndocker compose up --detach\n";
    let kubectl = "printf '{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"shop\"}}' > shop.json\n\
        kubectl apply -f shop.json\n";
    let others = "az identity create -g shop --name shop-web\nsystemctl restart shop\n";
    let page = |script: &str| format!("```sh\n{script}```\n");
    assert_eq!(
        typed(&page(&[docker, compose, kubectl, others].concat())),
        Ok(())
    );
    for (script, line, from, to) in [
        (docker, 3, "\"exec\"", "\"exce\""),
        (docker, 3, "FROM", "FORM"),
        (docker, 3, "--tag shop", "--tga shop"),
        (docker, 3, "PROFILE=prod shop", "PROFILE=prod shp"),
        (compose, 3, "image:", "imaeg:"),
        (kubectl, 3, "Namespace", "Namepsace"),
        (others, 2, "--name", "--nmae"),
        (others, 2, "identity create", "identity craete"),
        (others, 3, "restart", "retsart"),
    ] {
        let fault = typed(&page(&script.replace(from, to))).expect_err(to);
        assert!(
            fault.starts_with(&format!("made-up.md:{line}: ")),
            "{to}\n{fault}"
        );
    }
}

#[test]
fn files_and_output_are_those_of_the_project() {
    let page = r#"
<!-- file: deploy/greeting.txt -->
```json
{"greeting": "hello"}
```

```toml
[env]
GREETING = "hello"
SECRET_KEY = "made-up"
```

```python
# settings.py
GREETING = os.environ["GREETING"]
```

```sh
cat deploy/greeting.txt
nuages exec -- python -c 'from shop import settings; print(settings.GREETING)'
printf '{"b": 1,\n"a": []}' > out.json
```

```text
{"greeting": "hello"}
hello
```

<!-- shows: out.json -->
```json
{"a": [], "b": 1}
```

<!-- shape of: cat out.json -->
```json
{"a": [], "b": 7}
```
"#;
    let page = Page::parse("made-up.md".to_owned(), page).unwrap();
    if let Err(fault) = try_out(&page, Form::Project, Programs::of_this_build) {
        panic!("{fault}");
    }
}

const MANIFEST: &str = "[env]\nKEY = \"${env://KEY}\"\n";
const SERVICE: &str = "[Unit]\nDescription=Shop\n\n[Service]\nExecStart=/usr/bin/env true\n";
const WORKFLOW: &str =
    "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: nuages scan\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec:\n  containers:\n    - { name: web, image: shop }\n";
const COMPOSE: &str = "services:\n  web:\n    image: shop\n    command: nuages plan\n";
const IMAGE: &str = "FROM debian\nCOPY shop /shop\nENTRYPOINT [\"nuages\", \"exec\", \"--\"]\n";
const HOOKS: &str = "repos:\n  - repo: https://github.com/nuages-rs/nuages\n    rev: v0.1.0\n    hooks:\n      - id: nuages-scan\n";

/// A language, what is right in it, and what makes it wrong.
const READ: &[(&str, &str, &str, &str)] = &[
    ("toml", MANIFEST, "env://", "nev://"),
    (
        "toml",
        "# pyproject.toml\n[project]\nname = \"shop\"\n",
        "name =",
        "name",
    ),
    ("ini", SERVICE, "ExecStart", "ExecBegin"),
    ("ini", "[shop]\nkey = value\n", "[shop]\n", ""),
    ("yaml", WORKFLOW, "runs-on", "run-on"),
    ("yaml", POD, "image:", "imaeg:"),
    ("yaml", COMPOSE, "command", "comand"),
    ("yaml", HOOKS, "nuages-scan", "nuages-scam"),
    ("yaml", HOOKS, "rev:", "rve:"),
    ("yaml", COMPOSE, "services", "servants"),
    ("dockerfile", IMAGE, "COPY", "COPPY"),
    ("dockerfile", IMAGE, "\"--\"]", "--]"),
    ("dockerfile", IMAGE, "COPY", "COPY --from=nowhere"),
    ("json", "{\"a\": 1}\n", "}", ""),
    (
        "python",
        "import os\n\nKEY = os.environ[\"KEY\"]\n",
        "import os",
        "import sys",
    ),
    ("sql", "SELECT 1 FROM shop;\n", "SELECT 1", "SELECT (1"),
    (
        "sh",
        "nuages check --fail-on warning\n",
        "--fail-on",
        "--fail-in",
    ),
    (
        "sh",
        "echo | nuages exec -- true --no-such-option\n",
        "exec",
        "exce",
    ),
    ("console", "$ nuages plan\n", "plan", "paln"),
];

/// Each language has a reader that takes what is right, and refuses what is not.
#[test]
fn every_reader_refuses_what_is_wrong() {
    // One page of each kind, since a reader takes its time to start.
    let (mut good, mut bad, mut lines) = (String::new(), String::new(), Vec::new());
    for &(language, right, from, to) in READ {
        good += &block(language, right);
        lines.push(format!("made-up.md:{}:", bad.lines().count() + 1));
        let wrong = right.replace(from, to);
        bad += &block(language, &wrong);
    }
    lines.push(format!("made-up.md:{}:", bad.lines().count() + 1));
    bad += &block("haskell", "main = pure ()\n");
    let faults =
        |text: &str| reading::faults(&[Page::parse("made-up.md".to_owned(), text).unwrap()]);
    assert_eq!(faults(&good), [""; 0]);
    let told = faults(&bad);
    for line in lines {
        assert!(
            told.iter().any(|fault| fault.starts_with(&line)),
            "{line} is let pass\n{told:#?}"
        );
    }
}

fn block(language: &str, text: &str) -> String {
    format!("```{language}\n{text}```\n\n")
}
