//! The corpus: templates of files, in `corpus/`, become projects in which each line of interest is known.
//!
//! A line of a template that begins with `%%` says what the following ones are; `{{…}}` becomes a made-up value (with a space behind `{{`, it is the file's own):
//! `file PATH`; `leak KIND` or `alike KIND` of the next line (`+N` of the next N together); `leaks KIND` or `alikes KIND`
//! of every line to the next `%%`, each a case (`*N`: N times over); `either` of what some call a secret and some do not;
//! `plain`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::random::Random;
use crate::values::{self, Class};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Is {
    Leak(Class),
    /// What looks like a secret, and is none.
    Alike,
    /// Findings here count neither way.
    Either,
}

/// Lines of one file that are one case.
pub struct Case {
    pub path: String,
    pub first: usize,
    pub last: usize,
    pub kind: String,
    pub is: Is,
}

pub struct Corpus {
    pub root: PathBuf,
    pub cases: Vec<Case>,
    pub files: usize,
    pub lines: usize,
    pub bytes: usize,
}

/// What the lines that follow are.
#[derive(Clone, Default)]
struct Mark {
    /// `leak`, `alike`, `either`; nothing for plain lines.
    word: String,
    kind: String,
    /// How many lines are one case, after which plain ones follow; 0: each is one, up to the next directive.
    together: usize,
    times: usize,
}

struct Project {
    folder: String,
    names: [(&'static str, String); 4],
}

impl Corpus {
    /// Writes that many projects below `root`, which is made.
    pub fn write(root: &Path, seed: u64, projects: usize) -> Result<Self, String> {
        let here = |error: std::io::Error| format!("{}: {error}", root.display());
        fs::create_dir_all(root).map_err(here)?;
        let mut corpus = Self {
            root: root.canonicalize().map_err(here)?,
            cases: Vec::new(),
            files: 0,
            lines: 0,
            bytes: 0,
        };
        let mut random = Random::new(seed);
        for number in 1..=projects {
            let name = random.one(&[
                "atelier", "bakery", "cinema", "library", "market", "museum", "theatre",
            ]);
            let project = Project {
                folder: format!("{name}{number}"),
                names: [
                    ("project", name.to_owned()),
                    (
                        "app",
                        random
                            .one(&["accounts", "billing", "catalogue", "orders", "members"])
                            .to_owned(),
                    ),
                    (
                        "user",
                        random
                            .one(&["anna", "deploy", "web", "shop", "app"])
                            .to_owned(),
                    ),
                    (
                        "domain",
                        format!("{name}.{}", random.one(&["dev", "io", "org", "net"])),
                    ),
                ],
            };
            for template in templates()? {
                corpus.add(&project, &template, &mut random)?;
            }
        }
        Ok(corpus)
    }

    fn add(
        &mut self,
        project: &Project,
        template: &str,
        random: &mut Random,
    ) -> Result<(), String> {
        let mut file = File::default();
        let mut lines = template.lines().peekable();
        let mut mark = Mark::default();
        while let Some(line) = lines.next() {
            if let Some(directive) = line.strip_prefix("%% ") {
                if let Some(path) = directive.strip_prefix("file ") {
                    self.finish(std::mem::take(&mut file))?;
                    let (path, _) = fill(path, project, random)?;
                    file.path = format!("{}/{path}", project.folder);
                    mark = Mark::default();
                } else {
                    mark = Mark::parse(directive)?;
                }
                continue;
            }
            let mut block = vec![line];
            let wanted = if mark.times > 1 {
                usize::MAX
            } else {
                mark.together.max(1)
            };
            while block.len() < wanted {
                match lines.next_if(|line| !line.starts_with("%% ")) {
                    Some(line) => block.push(line),
                    None => break,
                }
            }
            for _ in 0..mark.times.max(1) {
                for lines in block.chunks(mark.together.max(1)) {
                    file.push(lines, &mark, project, random)?;
                }
            }
            if mark.together > 0 {
                mark = Mark::default();
            }
        }
        self.finish(file)
    }

    fn finish(&mut self, file: File) -> Result<(), String> {
        if file.path.is_empty() {
            return Ok(());
        }
        let path = self.root.join(&file.path);
        if path.exists() {
            return Err(format!("{}: is there already", path.display()));
        }
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, &file.text))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        self.files += 1;
        self.lines += file.line;
        self.bytes += file.text.len();
        self.cases.extend(file.cases);
        Ok(())
    }

    /// The lines of a file that a case has, as text.
    pub fn text(&self, case: &Case) -> String {
        let text = fs::read_to_string(self.root.join(&case.path)).unwrap_or_default();
        text.lines()
            .nth(case.first - 1)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

/// A file that is being made.
#[derive(Default)]
struct File {
    path: String,
    text: String,
    /// How many lines it has.
    line: usize,
    cases: Vec<Case>,
}

impl File {
    fn push(
        &mut self,
        lines: &[&str],
        mark: &Mark,
        project: &Project,
        random: &mut Random,
    ) -> Result<(), String> {
        let first = self.line + 1;
        let mut class = None;
        for line in lines {
            let (text, of_line) = fill(line, project, random)?;
            class = class.max(of_line);
            self.line += text.lines().count().max(1);
            self.text += &text;
            self.text.push('\n');
        }
        let plain = mark.word.is_empty() || lines.iter().all(|line| line.is_empty());
        let is = match (mark.word.as_str(), class) {
            (_, None) if plain => return Ok(()),
            ("leak", Some(class)) => Is::Leak(class),
            ("alike", None) => Is::Alike,
            ("either", _) => Is::Either,
            // A template that says one thing and does another.
            _ => {
                return Err(format!(
                    "{}: line {first}: `{}`",
                    self.path,
                    lines.join(" ")
                ));
            }
        };
        self.cases.push(Case {
            path: self.path.clone(),
            first,
            last: self.line,
            kind: mark.kind.clone(),
            is,
        });
        Ok(())
    }
}

impl Mark {
    fn parse(directive: &str) -> Result<Self, String> {
        let (word, mut kind) = directive.split_once(' ').unwrap_or((directive, ""));
        let (mut together, mut times) =
            (usize::from(["leak", "alike", "either"].contains(&word)), 1);
        if let Some((before, number)) = kind.rsplit_once(['*', '+']) {
            let wrong = |_| format!("`{directive}` is no directive of a template");
            let number = number.parse().map_err(wrong)?;
            if kind.as_bytes()[before.len()] == b'*' {
                times = number;
            } else {
                together = number;
            }
            kind = before.trim_end();
        }
        let word = match word {
            "leak" | "leaks" => "leak",
            "alike" | "alikes" => "alike",
            "either" => "either",
            "plain" => "",
            _ => return Err(format!("`{directive}` is no directive of a template")),
        };
        if !word.is_empty() && word != "either" && kind.is_empty() {
            return Err(format!("`{directive}` names no kind"));
        }
        Ok(Self {
            word: word.to_owned(),
            kind: kind.to_owned(),
            together,
            times,
        })
    }
}

/// A line with its values.
fn fill(
    line: &str,
    project: &Project,
    random: &mut Random,
) -> Result<(String, Option<Class>), String> {
    let (mut text, mut class, mut rest) = (String::new(), None, line);
    while let Some((before, after)) = rest.split_once("{{") {
        // With a space it belongs to the file: Jinja, Django's templates, workflows.
        if after.starts_with(' ') {
            text = text + before + "{{";
            rest = after;
            continue;
        }
        let (expression, after) = after
            .split_once("}}")
            .ok_or(format!("`{line}` does not end"))?;
        text += before;
        if let Some((_, name)) = project.names.iter().find(|(name, _)| *name == expression) {
            text += name;
        } else {
            let (value, of_value) = values::value(expression, random)?;
            text += &value;
            class = class.max(of_value);
        }
        rest = after;
    }
    Ok((text + rest, class))
}

fn templates() -> Result<Vec<String>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let here = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries: Result<Vec<_>, _> = fs::read_dir(&folder).map_err(here)?.collect();
    let mut paths: Vec<PathBuf> = entries
        .map_err(here)?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).map_err(here))
        .collect()
}
