//! Runs the steps of a page in one shell, as its reader would: each directory, variable and file that one step leaves is
//! there for the next. The first step that does not go as the page says ends it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::compare;
use crate::page::Page;
use crate::steps::{Act, Output, Step};

/// Where a page runs.
pub(crate) struct Place {
    /// The directory that commands begin in.
    pub(crate) directory: PathBuf,
    /// A directory for what this needs itself.
    pub(crate) own: PathBuf,
    /// The whole environment.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// A script that the shell reads first, for what the page takes for granted.
    pub(crate) scene: Option<PathBuf>,
}

/// More than the longest page takes on a busy machine: a server that is waited for would never end.
const LIMIT_SECONDS: &str = "240";

/// What each step is held to: no command fails, or the last one alone and with the code that the page says. The trap sees a
/// command that fails; `typed` sees what a line ends with, as its reader does, also where `&&` keeps it from the trap.
const DRIVER: &str = r#"
set -o pipefail -E
servers=()
trap 'for server in "${servers[@]}"; do kill -TERM -- "-$server"; done 2>/dev/null; wait' EXIT
trap 'code=$?; [[ ${BASH_SOURCE[0]} != "$typing" ]] || told "$LINENO" "$code"' ERR
told() {
    seen=1
    echo "$((before + $1)) $2" >> "$step.failed"
}
typed() {
    [ "$1" = 0 ] || [ -n "$seen" ] || told 1 "$1"
    seen= before=$2 typing=$3
    return "$1"
}
settle() {
    if [ "$1" = 0 ]; then
        [ ! -s "$step.failed" ] || exit 1
    else
        [ -s "$step.failed" ] && [ "$(cut -d' ' -f2 "$step.failed")" = "$1" ] || exit 1
    fi
    : > "$step.done"
}
put() {
    (cd "$1" && mkdir -p "$(dirname "$2")" && cp "$step.sh" "$2") || exit 1
    : > "$step.done"
}
serve() {
    set -m
    (GUNICORN_CMD_ARGS='--bind 127.0.0.1:0'; . "$step.sh") > "$step.out" 2>&1 < /dev/null &
    local server=$!
    set +m
    servers+=("$server")
    until grep -qF -- "$1" "$step.out"; do
        kill -0 "$server" 2>/dev/null || exit 1
        sleep 0.1
    done
    : > "$step.done"
}
"#;

/// Runs it, and says what did not go as the page says.
pub(crate) fn run(page: &Page, steps: &[Step], place: &Place) -> Result<(), String> {
    let script = place.own.join("driver.sh");
    fs::write(&script, driver(steps, place)).expect("the driver");
    let said = Command::new("timeout")
        .args([
            "--kill-after=5",
            LIMIT_SECONDS,
            "bash",
            "--noprofile",
            "--norc",
        ])
        .arg(&script)
        .env_clear()
        .envs(place.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    let told = [said.stdout, said.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    if place.scene.is_some() && !place.own.join("scene.done").exists() {
        let scene = read(&place.own.join("scene.out"));
        return Err(format!(
            "{}: the scene did not come to its end\n{scene}{told}",
            page.path
        ));
    }
    let base = |at: usize| place.own.join(at.to_string());
    steps
        .iter()
        .enumerate()
        .try_for_each(|(at, step)| judge(page, step, &base(at), &told))
}

/// The whole script, with each step in a file beside it.
fn driver(steps: &[Step], place: &Place) -> String {
    let mut driver = DRIVER.to_owned();
    let directory = place.directory.display();
    let mut line = |text: String| {
        driver.push_str(&text);
        driver.push('\n');
    };
    line(format!("cd '{directory}' || exit 1"));
    if let Some(scene) = &place.scene {
        let (scene, base) = (scene.display(), place.own.join("scene"));
        let base = base.display();
        line(format!(
            "step=; set -e; . '{scene}' > '{base}.out' 2>&1 < /dev/null; set +e; : > '{base}.done'"
        ));
    }
    for (at, step) in steps.iter().enumerate() {
        let base = place.own.join(at.to_string());
        line(format!("step='{}'", base.display()));
        match &step.act {
            Act::Write { path, content } => {
                fs::write(base.with_extension("sh"), content).expect("a file");
                line(format!("put '{directory}' '{path}'"));
            }
            Act::Background { script, until } => {
                fs::write(base.with_extension("sh"), script).expect("a script");
                line(format!("serve '{}'", until.replace('\'', r"'\''")));
            }
            Act::Shell(script) => {
                for (part, (before, text)) in complete(script).iter().enumerate() {
                    let typing = base.with_extension(format!("{part}.sh"));
                    fs::write(&typing, text).expect("a script");
                    line(format!("typed \"$?\" {before} '{}'", typing.display()));
                    line(". \"$typing\" >> \"$step.out\" 2>&1 < /dev/null".to_owned());
                }
                line("typed \"$?\" 0 ''".to_owned());
                line(format!("settle {}; seen=", step.exit));
            }
        }
    }
    driver
}

/// A script as it is typed: whole commands, of one line or several, each with the number of lines before it.
fn complete(script: &str) -> Vec<(usize, String)> {
    let mut parts = Vec::new();
    let (mut begun, mut text) = (0, String::new());
    let lines: Vec<&str> = script.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        text.push_str(line);
        text.push('\n');
        if at + 1 == lines.len() || (!line.ends_with('\\') && is_whole(&text)) {
            parts.push((begun, std::mem::take(&mut text)));
            begun = at + 1;
        }
    }
    parts
}

/// Whether a shell would not wait for more.
fn is_whole(text: &str) -> bool {
    let read = Command::new("bash")
        .args(["-n", "-c", text])
        .output()
        .expect("bash");
    // Of a here-document without its end it only warns.
    read.status.success() && read.stderr.is_empty()
}

fn judge(page: &Page, step: &Step, base: &Path, told: &str) -> Result<(), String> {
    let out = read(&base.with_extension("out"));
    if !base.with_extension("done").exists() {
        let failed = read(&base.with_extension("failed"));
        let line = |text: &str| text.split(' ').next()?.parse::<usize>().ok();
        let at = step.line + failed.lines().next().and_then(line).unwrap_or(0);
        let codes: Vec<&str> = failed
            .lines()
            .filter_map(|line| line.split(' ').nth(1))
            .collect();
        let ended = if codes.is_empty() {
            "no failure, or no end".to_owned()
        } else {
            codes.join(", ")
        };
        let wanted = step.exit;
        return Err(format!(
            "{}:{at}: exit code {ended} where {wanted} is expected\n--- output\n{out}{told}",
            page.path
        ));
    }
    let differs = |what: &str, shown: &str| {
        let line = step.line;
        format!(
            "{}:{line}: {what}\n--- the page\n{shown}\n--- in truth\n{out}",
            page.path
        )
    };
    match &step.output {
        None => Ok(()),
        Some(Output::Text(shown)) if compare::same(shown, &out) => Ok(()),
        Some(Output::Text(shown)) => Err(differs("this is not what is printed", shown)),
        Some(Output::Json(shown) | Output::Shape(shown)) => {
            let parse = |text: &str| {
                serde_json::from_str(text).map_err(|error| differs(&error.to_string(), shown))
            };
            let (page, real): (serde_json::Value, serde_json::Value) =
                (parse(shown)?, parse(&out)?);
            match &step.output {
                Some(Output::Shape(_)) => {
                    compare::shape(&page, &real, "$").map_err(|fault| differs(&fault, shown))
                }
                _ if page == real => Ok(()),
                _ => Err(differs("this is another document", shown)),
            }
        }
    }
}

fn read(path: &Path) -> String {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}
