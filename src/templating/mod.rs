//! Template files: Jinja over resolved values, each written by the rules of whoever reads the file.
//!
//! What a template names is found in its syntax tree, planned and fetched at once, and only then does it run. A secret's
//! bytes never reach the template engine, whose memory is not wiped: see `values`.

mod check;
mod filters;
mod kinds;
mod needs;
mod output;
mod run;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use minijinja::{
    Error,
    machinery::{self, Token},
    syntax::SyntaxConfig,
};
use zeroize::Zeroizing;

use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::{Manifest, Source},
    plan::{Plan, Selection},
    registry::Registry,
    resolve::Resolved,
};
pub use kinds::{FileType, TYPES};
use needs::Needs;

/// The largest template file, in bytes.
pub const LARGEST: u64 = 256 * 1024;

/// The most parts of one tag, and the most tags of statements: expressions nest, and so do their trees.
const LONGEST_TAG: usize = 400;
const MOST_BLOCKS: usize = 1000;

/// A template file that has been read.
#[derive(Debug)]
pub struct TemplateFile {
    source: Arc<Source>,
    needs: Needs,
}

impl TemplateFile {
    /// Reads a template. Pure.
    ///
    /// # Errors
    /// Where it is not a template. What templates here cannot do comes out of [`Self::plan`], with all else.
    pub fn read(name: impl Into<String>, text: impl Into<String>) -> Result<Self, Vec<Diagnostic>> {
        let source = Arc::new(Source {
            name: name.into(),
            text: text.into(),
        });
        let wrong = |title: String| {
            let title = format!("cannot read `{}` as a template: {title}", source.name);
            vec![Diagnostic::new(Class::Manifest, title)]
        };
        if source.text.len() as u64 > LARGEST {
            return Err(wrong("it is larger than 256 KiB".to_owned()));
        }
        let syntax = syntax().map_err(|error| wrong(error.to_string()))?;
        check_size(&source, &syntax).map_err(|error| vec![*error])?;
        let parsed = machinery::parse(&source.text, &source.name, syntax);
        let tree = parsed.map_err(|error| vec![not_a_template(&source, &error)])?;
        let needs = Needs::of(&tree);
        drop(tree);
        Ok(Self { source, needs })
    }

    /// Plans what it names, and nothing else.
    ///
    /// # Errors
    /// Every mistake of the manifest, of the selection and of what the template names. `only` of the selection is not
    /// looked at.
    pub fn plan(
        &self,
        manifest: &Manifest,
        selection: &Selection,
        registry: &Registry,
    ) -> Result<Plan, Vec<Diagnostic>> {
        let wants = check::wants(self, manifest, selection, registry)?;
        let plan = wants.plan(manifest, selection, registry)?;
        check::secrets(self, &plan)?;
        Ok(plan)
    }

    /// Runs it over what [`Self::plan`] led to. With `masks`, asterisks stand for secrets.
    ///
    /// # Errors
    /// Where a value cannot stand where the template wants it, or the template fails: nothing is written then.
    pub fn render(
        &self,
        plan: &Plan,
        resolved: &Resolved,
        file_type: &FileType,
        masks: bool,
    ) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        run::run(self, plan, resolved, file_type, masks)
    }
}

/// Jinja's own delimiters. As in most tools that write files of settings, a tag on a line of its own leaves no line behind,
/// and the line break at the end of the file stays.
fn syntax() -> Result<SyntaxConfig, Error> {
    let mut builder = SyntaxConfig::builder();
    builder
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    builder.build()
}

/// The parser builds a tree as deep as an expression is long, and walks of it take stack.
fn check_size(source: &Arc<Source>, syntax: &SyntaxConfig) -> Result<(), Box<Diagnostic>> {
    let mut parts = 0;
    let mut blocks = 0;
    for token in machinery::tokenize(&source.text, false, syntax.clone()) {
        let (token, span) = token.map_err(|error| Box::new(not_a_template(source, &error)))?;
        parts += 1;
        match token {
            Token::TemplateData(_) | Token::VariableStart => parts = 0,
            Token::BlockStart => {
                parts = 0;
                blocks += 1;
            }
            _ => {}
        }
        let title = if parts > LONGEST_TAG {
            "this is too long for one tag"
        } else if blocks > MOST_BLOCKS {
            "there are too many statements before this one"
        } else {
            continue;
        };
        let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        let place = offset(span.start_offset)..offset(span.end_offset);
        return Err(Box::new(
            Diagnostic::new(Class::Manifest, title).within(source, place),
        ));
    }
    Ok(())
}

/// A template that is wrong before it runs: no value is known yet, so that the engine's words show none.
fn not_a_template(source: &Arc<Source>, error: &Error) -> Diagnostic {
    let what = error.detail().unwrap_or("it is not a template");
    let diagnostic = Diagnostic::new(Class::Manifest, format!("this is not a template: {what}"));
    match place(source, error) {
        Some(place) => diagnostic.within(source, place),
        None => diagnostic,
    }
}

/// Where the engine says that something went wrong: there, or the whole line.
fn place(source: &Source, error: &Error) -> Option<std::ops::Range<usize>> {
    if let Some(range) = error.range().filter(|range| range.end <= source.text.len()) {
        return Some(range);
    }
    let line = error.line()?.checked_sub(1)?;
    let start = source
        .text
        .split_inclusive('\n')
        .take(line)
        .map(str::len)
        .sum();
    let length = source.text.get(start..)?.lines().next()?.len();
    Some(start..start + length)
}
