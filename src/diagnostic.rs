//! What went wrong, where, why and what to do next: the one error type of the library's upper half.

use std::{ops::Range, sync::Arc};

use crate::manifest::Source;

/// One problem, as its reader will see it. No text in it holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Decides the exit code.
    pub class: Class,
    /// What is wrong: a lower-case fragment, names in backticks.
    pub title: String,
    /// The file that the places lie in, where that is not the manifest.
    pub file: Option<Arc<Source>>,
    /// Where, as bytes of the file's text.
    pub span: Option<Range<usize>>,
    /// A few words beside the place.
    pub label: Option<String>,
    /// Other places that the same problem touches, each with a few words.
    pub related: Vec<(Range<usize>, String)>,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The rule of [`check`](crate::check) that tells of it too.
    pub rule: Option<&'static str>,
}

/// What kind of failure this is. The order is that of the exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The command line asks for something that cannot be.
    Usage,
    /// The manifest is wrong.
    Manifest,
    /// A provider failed, or a value cannot be used where it is wanted.
    Provider,
    /// Time ran out.
    Deadline,
}

impl Class {
    /// The exit code of a run that ends with a failure of this class.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Manifest => 3,
            Self::Provider => 4,
            Self::Deadline => 5,
        }
    }
}

impl Diagnostic {
    /// A problem without a place.
    pub fn new(class: Class, title: impl Into<String>) -> Self {
        Self {
            class,
            title: title.into(),
            file: None,
            span: None,
            label: None,
            related: Vec::new(),
            causes: Vec::new(),
            hint: None,
            rule: None,
        }
    }

    /// A problem in the manifest's text.
    pub fn manifest(title: impl Into<String>, span: Range<usize>) -> Self {
        Self::new(Class::Manifest, title).at(span)
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// Sets the place, in another file than the manifest. One that cuts a character takes in all of it.
    #[must_use]
    pub fn within(mut self, file: &Arc<Source>, span: Range<usize>) -> Self {
        self.file = Some(Arc::clone(file));
        let start = file.text.floor_char_boundary(span.start);
        let end = file.text.ceil_char_boundary(span.end.min(file.text.len()));
        self.at(start..end.max(start))
    }

    /// Sets the rule of [`check`](crate::check) that tells of it too.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Sets the words beside the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Sets what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets what to do next, where there is something.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}
