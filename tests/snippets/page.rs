//! A page of the documentation as its blocks of code, each with the notes that stand in HTML comments right before it.

use std::fs;
use std::path::Path;

use crate::note::{self, Note};

/// A page, by its path in the checkout.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
pub(crate) struct Block {
    /// Of the fence, from 1.
    pub(crate) line: usize,
    /// What stands behind the fence.
    pub(crate) language: String,
    /// Without the fences, and without the indentation that a list gives them.
    pub(crate) text: String,
    pub(crate) notes: Vec<Note>,
}

impl Page {
    /// Reads a page of the checkout.
    pub(crate) fn read(checkout: &Path, path: &Path) -> Result<Self, Vec<String>> {
        let text = fs::read_to_string(path).expect("a page");
        let path = path.strip_prefix(checkout).expect("a path in the checkout");
        let path = path.to_str().expect("a path in UTF-8").to_owned();
        Self::parse(path, &text)
    }

    /// The blocks of a page's text, or what is wrong with it, each with page and line.
    pub(crate) fn parse(path: String, text: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader::default();
        for (at, line) in text.lines().enumerate() {
            reader.line(at + 1, line);
        }
        reader.end();
        if reader.faults.is_empty() {
            let blocks = reader.blocks;
            return Ok(Self { path, blocks });
        }
        let told = |(line, fault): &(usize, String)| format!("{path}:{line}: {fault}");
        Err(reader.faults.iter().map(told).collect())
    }

    /// `page:line` of a block.
    pub(crate) fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.path, block.line)
    }
}

impl Block {
    /// Why it is not run, where a note says so.
    pub(crate) fn not_run(&self) -> Option<&str> {
        self.notes.iter().find_map(|note| match note {
            Note::NotRun(reason) => Some(reason.as_str()),
            _ => None,
        })
    }

    /// The file it is: by a note, by its language, or by a comment in its first line that is a file's name and nothing else.
    pub(crate) fn file(&self) -> Option<&str> {
        let noted = self.notes.iter().find_map(|note| match note {
            Note::File(path) => Some(path.as_str()),
            _ => None,
        });
        let image = || {
            let whole = self.language == "dockerfile" && self.text.contains("FROM ");
            whole.then_some("Dockerfile")
        };
        noted.or_else(image).or_else(|| {
            let name = self.text.lines().next()?.strip_prefix("# ")?.trim();
            let (_, extension) = name.rsplit_once('.')?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
            let known = !extension.is_empty() && extension.chars().all(|c| c.is_ascii_alphabetic());
            (known && name.chars().all(plain)).then_some(name)
        })
    }

    /// The exit code that a note says; 0 without.
    pub(crate) fn exit(&self) -> i32 {
        let code = |note: &Note| match note {
            Note::Exit(code) => Some(*code),
            _ => None,
        };
        self.notes.iter().find_map(code).unwrap_or(0)
    }
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    faults: Vec<(usize, String)>,
    /// The block that is open, with the fence that ends it and its indentation.
    open: Option<(Block, String, usize)>,
    /// A comment of several lines that is open, with the line it began in.
    comment: Option<(usize, String)>,
    /// Notes that wait for their block.
    notes: Vec<(usize, Vec<Note>)>,
    /// Comments that are no notes: right before a block, one is taken for a note with a mistake in it.
    others: Vec<(usize, String)>,
    /// Whether the line before was empty, and whether the text before is an item of a list.
    after_empty: bool,
    in_list: bool,
}

impl Reader {
    fn line(&mut self, at: usize, line: &str) {
        if self.open.is_some() {
            self.in_block(line);
        } else if let Some((_, text)) = &mut self.comment {
            text.push(' ');
            text.push_str(line.trim());
            self.close_comment();
        } else if let Some(text) = line.trim_start().strip_prefix("<!--") {
            self.comment = Some((at, text.to_owned()));
            self.close_comment();
        } else {
            self.prose(at, line);
        }
    }

    fn in_block(&mut self, line: &str) {
        let Some((block, fence, indent)) = &mut self.open else {
            return;
        };
        if line.trim() == fence {
            self.blocks
                .extend(self.open.take().map(|(block, ..)| block));
            self.after_empty = false;
            return;
        }
        let within = line.len() - line.trim_start_matches(' ').len();
        block.text.push_str(&line[within.min(*indent)..]);
        block.text.push('\n');
    }

    fn close_comment(&mut self) {
        let ended = self
            .comment
            .take_if(|(_, text)| text.trim_end().ends_with("-->"));
        let Some((at, text)) = ended else { return };
        let text = text.trim().trim_end_matches("-->").trim();
        match note::parse(text) {
            Some(Ok(notes)) => self.notes.push((at, notes)),
            Some(Err(fault)) => self.faults.push((at, fault)),
            None => self.others.push((at, text.to_owned())),
        }
    }

    fn prose(&mut self, at: usize, line: &str) {
        let start = line.trim_start();
        let indent = line.len() - start.len();
        if start.starts_with("```") || start.starts_with("~~~") {
            let unknown = self.others.drain(..);
            self.faults.extend(unknown.map(|(at, text)| {
                let fault = format!("not a note on a block: `{text}`; see tests/snippets/note.rs");
                (at, fault)
            }));
            let language = start.trim_start_matches(['`', '~']);
            let fence = start[..start.len() - language.len()].to_owned();
            let block = Block {
                line: at,
                language: language.trim().to_owned(),
                text: String::new(),
                notes: self.notes.drain(..).flat_map(|(_, notes)| notes).collect(),
            };
            self.open = Some((block, fence, indent));
        } else if start.is_empty() {
            self.after_empty = true;
        } else {
            self.others.clear();
            let orphans = self.notes.drain(..);
            self.faults
                .extend(orphans.map(|(at, _)| (at, "a note without a block behind it".to_owned())));
            let item = ["- ", "* ", "+ "].iter().any(|it| start.starts_with(it))
                || start
                    .split_once(". ")
                    .is_some_and(|(number, _)| number.parse::<u8>().is_ok());
            if indent >= 4 && self.after_empty && !self.in_list && !item {
                let fault = "a block by indentation has no language: put it between fences";
                self.faults.push((at, fault.to_owned()));
            }
            self.in_list =
                item || (self.in_list && indent > 0) || (self.in_list && !self.after_empty);
            self.after_empty = false;
        }
    }

    fn end(&mut self) {
        let orphans = self.notes.drain(..).map(|(at, _)| at);
        let comment = self.comment.take().map(|(at, _)| at);
        for at in orphans.chain(comment) {
            self.faults
                .push((at, "a note without a block behind it".to_owned()));
        }
        if let Some((block, ..)) = self.open.take() {
            self.faults
                .push((block.line, "a block without an end".to_owned()));
        }
    }
}
