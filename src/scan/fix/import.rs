//! `import os`, `import json` and `import nuages`: whether a file has them by the time they are needed, and where they go.

use std::ops::Range;

use ruff_python_ast::{
    AnyNodeRef, ExprContext, ModModule, Stmt,
    visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body},
};
use ruff_text_size::Ranged as _;

use super::{Change, Form, Left};
use crate::scan::python;

/// A module that is used: its name, whether a change needs it, and what to say where its name means something else.
type Module = (&'static str, fn(Form) -> bool, Left);

const MODULES: [Module; 3] = [
    (
        "json",
        |form| matches!(form, Form::Json),
        "`json` is not Python's own module there",
    ),
    (
        "os",
        |form| matches!(form, Form::Json | Form::Read { is_bare: false, .. }),
        "`os` is not Python's own module there",
    ),
    (
        "nuages",
        |form| matches!(form, Form::Package { .. } | Form::PackageDatabases),
        "`nuages` is not the package there",
    ),
];

/// The edit that imports what the changes need and the file does not have by then.
pub(super) fn imports(
    source: &str,
    changes: &[(&Change, &str)],
) -> Result<Option<(Range<usize>, String)>, Left> {
    let first = |needs: fn(Form) -> bool| {
        let needing = changes.iter().filter(|(change, _)| needs(change.form));
        needing.map(|(change, _)| change.range.start).min()
    };
    if MODULES.iter().all(|(_, needs, _)| first(*needs).is_none()) {
        return Ok(None);
    }
    python::parsed(source, |module| {
        let mut missing = Vec::new();
        for (name, needs, why) in MODULES {
            let Some(first) = first(needs) else {
                continue;
            };
            let mut seen = Seen::of(name);
            walk_body(&mut seen, &module.body);
            if seen.is_something_else {
                return Err(why);
            }
            if seen.imported.is_none_or(|imported| imported >= first) {
                missing.push(name);
            }
        }
        if missing.is_empty() {
            return Ok(None);
        }
        import_place(source, module, &missing)
            .map(Some)
            .ok_or("there is no place for an import")
    })
    .unwrap_or(Err(super::NOT_PYTHON))
}

/// Before the first statement that is no docstring and no `from __future__`.
fn import_place(
    source: &str,
    module: &ModModule,
    missing: &[&str],
) -> Option<(Range<usize>, String)> {
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
    source[line..start].trim().is_empty().then(|| {
        let imports = missing.iter().map(|name| format!("import {name}{end}"));
        (line..line, imports.collect::<String>() + gap)
    })
}

/// What the name of a module is in a file.
struct Seen {
    name: &'static str,
    /// Where it has been imported for the whole module.
    imported: Option<usize>,
    /// Whether anything else is called so anywhere.
    is_something_else: bool,
    /// Nodes around.
    depth: usize,
}

impl<'a> SourceOrderVisitor<'a> for Seen {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.note(node);
        self.depth += 1;
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'a>) {
        self.depth -= 1;
    }
}

impl Seen {
    fn of(name: &'static str) -> Self {
        Self {
            name,
            imported: None,
            is_something_else: false,
            depth: 0,
        }
    }

    fn note(&mut self, node: AnyNodeRef<'_>) {
        match node {
            AnyNodeRef::StmtImport(import) => {
                for alias in &import.names {
                    let name = alias.name.id.as_str();
                    match &alias.asname {
                        Some(other) => {
                            self.is_something_else |= other.id == self.name && name != self.name;
                        }
                        None if self.depth == 0 && name.split('.').next() == Some(self.name) => {
                            let end = import.range.end().to_usize();
                            self.imported =
                                Some(self.imported.map_or(end, |before| before.min(end)));
                        }
                        None => {}
                    }
                }
            }
            AnyNodeRef::StmtImportFrom(import) => {
                self.is_something_else |= import
                    .names
                    .iter()
                    .any(|alias| alias.asname.as_ref().unwrap_or(&alias.name).id == self.name);
            }
            AnyNodeRef::ExprName(name) => {
                self.is_something_else |= name.id == self.name && name.ctx != ExprContext::Load;
            }
            AnyNodeRef::Parameter(parameter) => {
                self.is_something_else |= parameter.name.id == self.name;
            }
            _ => {}
        }
    }
}
