//! Where a literal goes in Python, by the nodes around it: the path of names and keys that its variable is called after.

use ruff_python_ast::{AnyNodeRef, Expr, ExprTuple};
use ruff_text_size::{Ranged, TextRange};

use super::names::is_variable;

/// Steps of one target that are followed.
const DEEPEST: usize = 32;

/// The names and keys that lead to a literal, outermost first. `stack` holds the nodes around it.
pub(super) fn of<'a>(stack: &[AnyNodeRef<'a>], literal: TextRange) -> Vec<&'a str> {
    let mut path = Vec::new();
    for (depth, node) in stack.iter().enumerate() {
        match node {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => path.clear(),
            AnyNodeRef::StmtAssign(assign) => {
                if let Some(target) = assign.targets.first() {
                    target_steps(target, &assign.value, literal, &mut path);
                }
            }
            AnyNodeRef::StmtAnnAssign(assign) => steps(&assign.target, &mut path),
            AnyNodeRef::StmtAugAssign(assign) => steps(&assign.target, &mut path),
            AnyNodeRef::ExprNamed(named) => steps(&named.target, &mut path),
            AnyNodeRef::ExprDict(dict) => {
                let item = dict
                    .items
                    .iter()
                    .find(|item| item.value.range().contains_range(literal));
                path.extend(item.and_then(|item| item.key.as_ref()).and_then(text_of));
            }
            AnyNodeRef::Keyword(keyword) => {
                let name = keyword.arg.as_ref().map(|name| name.id.as_str());
                path.extend(name.filter(|name| !matches!(*name, "default" | "fallback")));
            }
            AnyNodeRef::ParameterWithDefault(parameter) => path.push(&parameter.parameter.name.id),
            AnyNodeRef::ExprCall(call) => {
                // `get("API_KEY", "…")` names it better than what its result is assigned to.
                let key = call
                    .arguments
                    .args
                    .first()
                    .filter(|key| !key.range().contains_range(literal))
                    .and_then(text_of);
                path.extend(key.filter(|key| {
                    is_variable(key) && !key.bytes().any(|byte| byte.is_ascii_lowercase())
                }));
            }
            AnyNodeRef::ExprCompare(compare) => {
                let sides = std::iter::once(&*compare.left).chain(&compare.comparators);
                for side in sides.filter(|side| !side.range().contains_range(literal)) {
                    steps(side, &mut path);
                }
            }
            AnyNodeRef::StmtReturn(_) => {
                let function = stack[..depth].iter().rev().find_map(|node| match node {
                    AnyNodeRef::StmtFunctionDef(function) => Some(function.name.id.as_str()),
                    _ => None,
                });
                path.extend(function.map(|name| name.trim_start_matches("get_")));
            }
            _ => {}
        }
    }
    path
}

/// `A, B = "…", "…"`: the target that stands at the literal's place.
fn target_steps<'a>(
    target: &'a Expr,
    value: &'a Expr,
    literal: TextRange,
    path: &mut Vec<&'a str>,
) {
    if let (Expr::Tuple(ExprTuple { elts: targets, .. }), Expr::Tuple(values)) = (target, value) {
        let place = values
            .elts
            .iter()
            .position(|value| value.range().contains_range(literal));
        if let Some(target) = place.and_then(|place| targets.get(place)) {
            steps(target, path);
        }
    } else {
        steps(target, path);
    }
}

/// The steps of `DATABASES["default"]["PASSWORD"]`.
fn steps<'a>(target: &'a Expr, path: &mut Vec<&'a str>) {
    let before = path.len();
    let mut expression = target;
    while path.len() - before < DEEPEST {
        match expression {
            Expr::Name(name) => {
                if !matches!(
                    name.id.as_str(),
                    "self" | "cls" | "settings" | "os" | "environ"
                ) {
                    path.push(&name.id);
                }
                break;
            }
            Expr::Attribute(attribute) => {
                if attribute.attr.id != "environ" {
                    path.push(&attribute.attr.id);
                }
                expression = &attribute.value;
            }
            Expr::Subscript(subscript) => {
                path.extend(text_of(&subscript.slice));
                expression = &subscript.value;
            }
            _ => break,
        }
    }
    path[before..].reverse();
}

/// The text of a literal of one part.
pub(crate) fn text_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(literal) => match literal.value.as_slice() {
            [part] => Some(&part.value),
            _ => None,
        },
        _ => None,
    }
}

/// `os.environ.get` as text; none where there is anything but names.
pub(crate) fn dotted(expression: &Expr) -> Option<String> {
    let mut names = Vec::new();
    let mut expression = expression;
    loop {
        match expression {
            Expr::Attribute(attribute) if names.len() < 4 => {
                names.push(attribute.attr.id.as_str());
                expression = &attribute.value;
            }
            Expr::Name(name) => {
                names.push(&name.id);
                names.reverse();
                return Some(names.join("."));
            }
            _ => return None,
        }
    }
}
