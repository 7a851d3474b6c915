//! `import os`: whether a file has it by the time it is needed, and where it goes.

use std::ops::Range;

use ruff_python_ast::{
    AnyNodeRef, ExprContext, ModModule, Stmt,
    visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body},
};
use ruff_text_size::Ranged as _;

use super::{Change, Form, Left};
use crate::scan::python;

/// The edit that imports `os`, where a change needs it and the file does not have it by then.
pub(super) fn import(
    source: &str,
    changes: &[(&Change, &str)],
) -> Result<Option<(Range<usize>, String)>, Left> {
    let reads = changes
        .iter()
        .filter(|(change, _)| matches!(change.form, Form::Read { is_bare: false, .. }));
    let Some(first) = reads.map(|(change, _)| change.range.start).min() else {
        return Ok(None);
    };
    python::parsed(source, |module| {
        let mut os = Os::default();
        walk_body(&mut os, &module.body);
        if os.is_something_else {
            return Err("`os` is not Python's own module there");
        }
        if os.imported.is_some_and(|os| os < first) {
            return Ok(None);
        }
        import_place(source, module)
            .map(Some)
            .ok_or("there is no place for `import os`")
    })
    .unwrap_or(Err(super::NOT_PYTHON))
}

/// Before the first statement that is no docstring and no `from __future__`.
fn import_place(source: &str, module: &ModModule) -> Option<(Range<usize>, String)> {
    let is_first = |(number, statement): &(usize, &Stmt)| match statement {
        Stmt::Expr(line) => *number > 0 || !line.value.is_string_literal_expr(),
        Stmt::ImportFrom(import) => import
            .module
            .as_ref()
            .is_none_or(|module| module.id != "__future__"),
        _ => true,
    };
    let (_, first) = module.body.iter().enumerate().find(is_first)?;
    let start = first.start().to_usize();
    let line = source[..start].rfind('\n').map_or(0, |end| end + 1);
    let end = if source.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let gap = if matches!(first, Stmt::Import(_) | Stmt::ImportFrom(_)) {
        ""
    } else {
        end
    };
    source[line..start]
        .trim()
        .is_empty()
        .then(|| (line..line, format!("import os{end}{gap}")))
}

/// What `os` is in a file.
#[derive(Default)]
struct Os {
    /// Where it has been imported for the whole module.
    imported: Option<usize>,
    /// Whether anything else is called so anywhere.
    is_something_else: bool,
    /// Nodes around.
    depth: usize,
}

impl<'a> SourceOrderVisitor<'a> for Os {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.note(node);
        self.depth += 1;
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'a>) {
        self.depth -= 1;
    }
}

impl Os {
    fn note(&mut self, node: AnyNodeRef<'_>) {
        match node {
            AnyNodeRef::StmtImport(import) => {
                for alias in &import.names {
                    let name = alias.name.id.as_str();
                    match &alias.asname {
                        Some(other) => {
                            self.is_something_else |= other.id == "os" && name != "os";
                        }
                        None if self.depth == 0 && (name == "os" || name.starts_with("os.")) => {
                            let end = import.range.end().to_usize();
                            self.imported = Some(self.imported.map_or(end, |os| os.min(end)));
                        }
                        None => {}
                    }
                }
            }
            AnyNodeRef::StmtImportFrom(import) => {
                self.is_something_else |= import
                    .names
                    .iter()
                    .any(|alias| alias.asname.as_ref().unwrap_or(&alias.name).id == "os");
            }
            AnyNodeRef::ExprName(name) => {
                self.is_something_else |= name.id == "os" && name.ctx != ExprContext::Load;
            }
            AnyNodeRef::Parameter(parameter) => {
                self.is_something_else |= parameter.name.id == "os";
            }
            _ => {}
        }
    }
}
