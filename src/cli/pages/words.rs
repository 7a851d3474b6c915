//! The pages that are lists of words: the index, environment variables and exit codes.

use std::fmt::Write as _;

use super::{
    super::guide::{self, ExitCode},
    cell, heading,
};
use crate::{
    registry::Registry,
    variables::{self, GROUPS},
};

pub(super) fn index() -> String {
    let mut text = heading("Reference");
    text.push_str(
        "
Every name that the program knows, written from the program itself.

- [Commands](commands.md): arguments, options, examples
- [The manifest](manifest.md): every key, its type, its default
- [Providers](providers.md): kinds of stores, their settings and options
- [Formats](formats.md): what `nuages render` writes
- [Environment variables](environment.md): what is read, what is set
- [Exit codes and files](exit-codes.md)
- [The rules of `nuages check`](../rules/README.md)

## In an editor

[`nuages.schema.json`](nuages.schema.json) is the JSON Schema of the manifest, as `nuages schema` writes it. With it, an editor
completes keys, shows what they are for and marks mistakes.

Editors that use Taplo (Even Better TOML for VS Code, Zed, Helix, Neovim) read the manifest's first line:

```text
#:schema ./nuages.schema.json
```

after `nuages schema > nuages.schema.json`. VS Code with Even Better TOML takes it for every manifest of a project from
`.vscode/settings.json`:

```json
{
  \"evenBetterToml.schema.associations\": {
    \"nuages\\\\.toml$\": \"./nuages.schema.json\"
  }
}
```

and Taplo from `.taplo.toml`:

```text
[[rule]]
include = [\"**/nuages.toml\"]

[rule.schema]
path = \"./nuages.schema.json\"
```
",
    );
    text
}

pub(super) fn environment(registry: &Registry) -> String {
    let mut text = heading("Environment variables");
    text.push_str(
        "\nWhat `nuages` reads, and what it sets for the command. References (`${env://NAME}`) and env files read whatever they name, \
         besides.\n",
    );
    for group in GROUPS {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {}\n", group.title);
        let more = if group.more.is_empty() {
            String::new()
        } else {
            format!("[More](../{}).", group.more)
        };
        let about = [group.about, &more].join(" ");
        if !about.trim().is_empty() {
            let _ = write!(text, "\n{}\n", about.trim());
        }
        text.push_str("\n| variable | is |\n|---|---|\n");
        for variable in group.variables {
            let meaning = variables::meaning(variable, registry);
            let _ = writeln!(text, "| `{}` | {} |", variable.name, cell(&meaning));
        }
    }
    text
}

pub(super) fn exit_codes() -> String {
    let mut text = heading("Exit codes and files");
    text.push_str("\n| code | means |\n|---|---|\n");
    codes(&mut text, guide::EXIT_CODES);
    text.push_str(
        "\nWhere several things went wrong at once, the smallest of 2, 3, 4 and 5 is given: a deadline is told only where nothing \
         else was wrong. `nuages exec` ends as its command does, and besides:\n\n| code | means |\n|---|---|\n",
    );
    codes(&mut text, guide::COMMAND_CODES);
    text.push_str("\n## Files\n\n| file | is |\n|---|---|\n");
    for (path, meaning) in guide::FILES {
        let _ = writeln!(text, "| `{path}` | {} |", cell(meaning));
    }
    text
}

fn codes(text: &mut String, codes: &[ExitCode]) {
    for code in codes {
        let _ = writeln!(text, "| {} | {} |", code.code, cell(code.meaning));
    }
}
