//! One file's worth of bytes on its way to detection: its path, what kind of file that makes it, and where its lines are.

use std::{cell::OnceCell, ops::Range};

use gix::bstr::{BStr, ByteSlice as _};

/// What is scanned: the bytes as they are read, and the path they have.
pub struct Text<'a> {
    /// Relative to where the scan began, with `/`.
    pub path: &'a BStr,
    /// The content, as UTF-8 where it was decoded from something else.
    pub bytes: &'a [u8],
    /// By the path.
    pub kind: Kind,
    /// By the path.
    pub role: Role,
    lines: OnceCell<Vec<usize>>,
}

/// The grammar of a file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Python source.
    Python,
    /// YAML, also compose files and workflows.
    Yaml,
    /// TOML.
    Toml,
    /// JSON and what looks like it.
    Json,
    /// INI, `.cfg`, `.conf`.
    Ini,
    /// Java's `.properties`.
    Properties,
    /// `.env` and its kin.
    Env,
    /// Shell scripts, Dockerfiles, Makefiles: `NAME=value` between commands.
    Shell,
    /// Terraform and other HCL.
    Hcl,
    /// XML, HTML and templates.
    Markup,
    /// Markdown, reStructuredText, plain text.
    Prose,
    /// JavaScript, TypeScript and other languages with C's literals.
    Code,
    /// gettext catalogues, source maps, lock files: machine-made or translated text in which names are no settings.
    Data,
    /// Any other.
    Other,
}

/// What a file is there for, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The program and its settings.
    Main,
    /// Tests, fixtures, continuous integration's own settings.
    Test,
    /// Documentation, examples, templates of settings (`.env.example`).
    Example,
    /// Somebody else's code, lock files, machine-made files.
    Vendored,
}

impl<'a> Text<'a> {
    /// Takes the bytes and looks at the path.
    #[must_use]
    pub fn new(path: &'a BStr, bytes: &'a [u8]) -> Self {
        Self {
            path,
            bytes,
            kind: Kind::of(path),
            role: Role::of(path),
            lines: OnceCell::new(),
        }
    }

    /// The number of the line that holds a byte, counting from 0.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts()
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)
    }

    /// The bytes of a line, counting from 0, without its end.
    #[must_use]
    pub fn line(&self, number: usize) -> &'a [u8] {
        let starts = self.starts();
        let Some(&start) = starts.get(number) else {
            return b"";
        };
        let end = starts.get(number + 1).copied().unwrap_or(self.bytes.len());
        self.bytes[start..end].trim_end_with(|end| end == '\n' || end == '\r')
    }

    /// Where a line begins, counting from 0.
    #[must_use]
    pub fn start_of(&self, number: usize) -> usize {
        self.starts()
            .get(number)
            .copied()
            .unwrap_or(self.bytes.len())
    }

    /// Line and column of a byte, counting from 1; a column counts characters.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line_of(offset);
        let start = self.starts().get(line).copied().unwrap_or_default();
        let before = &self.bytes[start..offset.min(self.bytes.len())];
        (line + 1, before.chars().count() + 1)
    }

    /// The line around a span, from the first line's begin to the last one's end.
    #[must_use]
    pub fn lines_around(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.bytes[..span.start]
            .rfind_byte(b'\n')
            .map_or(0, |at| at + 1);
        let end = self.bytes[span.end..]
            .find_byte(b'\n')
            .map_or(self.bytes.len(), |at| span.end + at);
        start..end
    }

    fn starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = self.bytes.find_iter(b"\n").map(|end| end + 1);
            std::iter::once(0).chain(ends).collect()
        })
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &BStr) -> &[u8] {
    path.rsplit_once_str("/")
        .map_or(path.as_bytes(), |(_, name)| name)
}

impl Kind {
    fn of(path: &BStr) -> Self {
        let name = file_name(path).to_ascii_lowercase();
        let name = name.as_slice();
        if is_env_file(name) {
            return Self::Env;
        }
        if name.starts_with(b"dockerfile")
            || name.starts_with(b"containerfile")
            || name == b"makefile"
            || name == b"procfile"
            || name == b"justfile"
        {
            return Self::Shell;
        }
        if name.ends_with(b".lock")
            || name.ends_with(b"-lock.json")
            || name.ends_with(b"-lock.yaml")
            || name.ends_with(b".min.js")
            || name.ends_with(b".min.css")
        {
            return Self::Data;
        }
        let name = without_template_suffix(name);
        let Some((_, extension)) = name.rsplit_once_str(".") else {
            return Self::Other;
        };
        match extension {
            b"py" | b"pyi" | b"pyw" | b"wsgi" => Self::Python,
            b"yml" | b"yaml" => Self::Yaml,
            b"toml" => Self::Toml,
            b"json" | b"json5" | b"jsonc" | b"jsonl" | b"ndjson" | b"ipynb" | b"webmanifest"
            | b"tfstate" => Self::Json,
            b"ini" | b"cfg" | b"conf" | b"cnf" | b"pypirc" | b"service" | b"desktop" => Self::Ini,
            b"properties" => Self::Properties,
            b"sh" | b"bash" | b"zsh" | b"fish" | b"ps1" | b"mk" | b"bat" | b"cmd"
            | b"dockerfile" => Self::Shell,
            b"tf" | b"tfvars" | b"hcl" => Self::Hcl,
            b"xml" | b"html" | b"htm" | b"xhtml" | b"svg" | b"jinja" | b"jinja2" | b"plist"
            | b"config" | b"vue" => Self::Markup,
            b"md" | b"rst" | b"txt" | b"adoc" | b"markdown" => Self::Prose,
            b"js" | b"mjs" | b"cjs" | b"jsx" | b"ts" | b"tsx" | b"go" | b"rb" | b"php"
            | b"java" | b"kt" | b"rs" | b"c" | b"h" | b"cc" | b"cpp" | b"hpp" | b"cs"
            | b"swift" | b"scala" | b"groovy" | b"gradle" | b"dart" | b"lua" | b"pl" | b"r"
            | b"sql" | b"ex" | b"exs" | b"m" | b"mm" | b"ino" | b"vb" | b"erl" | b"clj"
            | b"edn" => Self::Code,
            b"po" | b"pot" | b"map" | b"csv" | b"tsv" | b"css" | b"scss" | b"less" => Self::Data,
            _ => Self::Other,
        }
    }
}

/// `.env`, `.env.production`, `prod.env`, `.envrc`, `.flaskenv`.
pub(crate) fn is_env_file(name: &[u8]) -> bool {
    name.starts_with(b".env")
        || name.ends_with(b".env")
        || name == b".flaskenv"
        || name == b"env"
        || name.starts_with(b"env.") && !is_source(name)
}

/// `env.py` is a program; `env.prod` is not.
fn is_source(name: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b".py", b".js", b".ts", b".mjs", b".cjs", b".tsx", b".rs", b".go", b".rb", b".php",
        b".java", b".sh", b".yml", b".yaml", b".json", b".toml", b".ini", b".html", b".md",
        b".txt",
    ];
    ENDS.iter().any(|end| name.ends_with(end))
}

/// `settings.py.j2` is Python, `values.yaml.tpl` YAML.
fn without_template_suffix(name: &[u8]) -> &[u8] {
    const SUFFIXES: &[&str] = &[
        ".j2",
        ".tpl",
        ".tmpl",
        ".template",
        ".example",
        ".sample",
        ".dist",
        ".bak",
        ".old",
        ".orig",
        ".default",
        "-tpl",
        "~",
    ];
    for suffix in SUFFIXES {
        if let Some(rest) = name
            .strip_suffix(suffix.as_bytes())
            .filter(|rest| rest.contains(&b'.'))
        {
            return rest;
        }
    }
    name
}

impl Role {
    /// Why a finding there is worth less.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::Main => "part of the program",
            Self::Test => "in a test",
            Self::Example => "in documentation or an example",
            Self::Vendored => "in code from elsewhere",
        }
    }

    fn of(path: &BStr) -> Self {
        let path = path.to_ascii_lowercase();
        let name = file_name(path.as_bstr());
        let is_in = |is_kind: fn(&[u8]) -> bool| {
            path[..path.len() - name.len()]
                .split(|&byte| byte == b'/')
                .any(is_kind)
        };
        if is_in(is_vendored_folder) || is_vendored_name(name) {
            Self::Vendored
        } else if is_in(is_test_folder) || is_test_name(name) {
            Self::Test
        } else if is_in(is_example_folder) || is_example_name(name) {
            Self::Example
        } else {
            Self::Main
        }
    }
}

// Every file's path goes through these: compared by length first, which a list that is searched would not be.

fn is_vendored_folder(folder: &[u8]) -> bool {
    matches!(
        folder,
        b"node_modules"
            | b"vendor"
            | b"vendored"
            | b"_vendor"
            | b"third_party"
            | b"site-packages"
            | b"bower_components"
            | b"dist"
    )
}

fn is_vendored_name(name: &[u8]) -> bool {
    name.ends_with(b".lock")
        || name.ends_with(b"-lock.json")
        || name.ends_with(b"-lock.yaml")
        || name.ends_with(b".min.js")
        || name.ends_with(b".map")
}

fn is_test_folder(folder: &[u8]) -> bool {
    matches!(
        folder,
        b"test"
            | b"tests"
            | b"testing"
            | b"spec"
            | b"specs"
            | b"fixtures"
            | b"__tests__"
            | b"testdata"
            | b"test_data"
            | b"e2e"
            | b"mocks"
            | b"__mocks__"
            | b"cassettes"
            | b"snapshots"
    )
}

fn is_test_name(name: &[u8]) -> bool {
    let stem = name.split(|&byte| byte == b'.').next().unwrap_or_default();
    matches!(
        name,
        b"tests.py" | b"test.py" | b"testing.py" | b"ci.py" | b"conftest.py"
    ) || name.starts_with(b"test_")
        || stem.ends_with(b"_testing")
        || stem.ends_with(b"_test")
        || stem.ends_with(b"_tests")
        || stem.ends_with(b"-test")
        || has_mark(name, &[b".test.", b".spec."])
}

fn is_example_folder(folder: &[u8]) -> bool {
    matches!(
        folder,
        b"docs"
            | b"doc"
            | b"documentation"
            | b"examples"
            | b"example"
            | b"samples"
            | b"sample"
            | b"demo"
            | b"demos"
            | b"tutorial"
            | b"tutorials"
    )
}

fn is_example_name(name: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[
        b".example",
        b".sample",
        b".template",
        b".dist",
        b".tmpl",
        b".tpl",
        b"-example",
        b"_example",
        b"_sample",
    ];
    has_mark(name, MARKS)
        || name.starts_with(b"example")
        || name.ends_with(b".md")
        || name.ends_with(b".rst")
        || name.ends_with(b".adoc")
        || name.ends_with(b".markdown")
}

/// Whether a name has one of these, which begin with a sign.
fn has_mark(name: &[u8], marks: &[&[u8]]) -> bool {
    let is_sign = |byte: u8| matches!(byte, b'.' | b'-' | b'_');
    let signs = name.iter().enumerate().filter(|(_, byte)| is_sign(**byte));
    signs
        .into_iter()
        .any(|(at, _)| marks.iter().any(|mark| name[at..].starts_with(mark)))
}
