//! The text that an expression of literals makes: `"a" "b"`, `"a" + "b"`, `f"a{x}"`, `b"a".decode()`, `"".join(["a", "b"])`.

use std::{borrow::Cow, ops::Range};

use ruff_python_ast::{Expr, FStringPart, InterpolatedStringElement, Operator};
use ruff_text_size::{Ranged as _, TextRange};

use super::calls;

/// Calls within calls that are followed.
const DEEPEST: usize = 32;

/// The literal parts of an expression, in their order.
#[derive(Default)]
pub(super) struct Parts<'a> {
    parts: Vec<(Cow<'a, str>, Range<usize>)>,
    /// Whether there is anything but literals: a variable, a call.
    pub(super) has_holes: bool,
}

impl<'a> Parts<'a> {
    /// The parts of an expression; none where it is no text.
    pub(super) fn of(expression: &'a Expr) -> Self {
        let mut parts = Self::default();
        parts.gather(expression, 0);
        parts
    }

    /// All parts as one text.
    pub(super) fn whole(&self) -> Cow<'_, str> {
        match self.parts.as_slice() {
            [(text, _)] => Cow::Borrowed(text),
            parts => parts
                .iter()
                .map(|(text, _)| text.as_ref())
                .collect::<String>()
                .into(),
        }
    }

    /// The longest part, and where it stands.
    pub(super) fn longest(&self) -> Option<(&str, Range<usize>)> {
        let longest = self.parts.iter().max_by_key(|(text, _)| text.len())?;
        Some((&longest.0, longest.1.clone()))
    }

    fn add(&mut self, text: &'a str, range: TextRange) {
        self.parts.push((
            Cow::Borrowed(text),
            range.start().to_usize()..range.end().to_usize(),
        ));
    }

    fn gather(&mut self, expression: &'a Expr, depth: usize) {
        if depth > DEEPEST {
            self.has_holes = true;
            return;
        }
        match expression {
            Expr::StringLiteral(literal) => {
                for part in &literal.value {
                    self.add(&part.value, part.content_range());
                }
            }
            Expr::BytesLiteral(literal) => {
                for part in &literal.value {
                    if let Ok(text) = std::str::from_utf8(&part.value) {
                        self.add(text, content(part));
                    }
                }
            }
            Expr::FString(string) => {
                for part in &string.value {
                    self.gather_f_string(part);
                }
            }
            Expr::BinOp(operation) if operation.op == Operator::Add => {
                self.gather_sum(expression, depth);
            }
            Expr::BinOp(operation) if operation.op == Operator::Mod => {
                self.gather(&operation.left, depth + 1);
                match &*operation.right {
                    Expr::Tuple(tuple) => {
                        for item in &tuple.elts {
                            self.gather(item, depth + 1);
                        }
                    }
                    right => self.gather(right, depth + 1),
                }
                self.has_holes = true;
            }
            Expr::Subscript(subscript) if matches!(*subscript.slice, Expr::Slice(_)) => {
                self.gather(&subscript.value, depth + 1);
            }
            Expr::Call(call) => match calls::carried(call) {
                calls::Carried::Text(inner) => self.gather(inner, depth + 1),
                calls::Carried::Template(inner) => {
                    self.gather(inner, depth + 1);
                    self.has_holes = true;
                }
                calls::Carried::Items(items) => {
                    for item in items {
                        self.gather(item, depth + 1);
                    }
                }
                calls::Carried::Nothing => self.has_holes = true,
            },
            _ => self.has_holes = true,
        }
    }

    /// `"a" + x + "b"`, which leans to the left without an end.
    fn gather_sum(&mut self, expression: &'a Expr, depth: usize) {
        let mut right = Vec::new();
        let mut left = expression;
        while let Expr::BinOp(operation) = left
            && operation.op == Operator::Add
        {
            right.push(&*operation.right);
            left = &operation.left;
        }
        self.gather(left, depth + 1);
        for operand in right.into_iter().rev() {
            self.gather(operand, depth + 1);
        }
    }

    fn gather_f_string(&mut self, part: &'a FStringPart) {
        match part {
            FStringPart::Literal(literal) => self.add(&literal.value, literal.content_range()),
            FStringPart::FString(string) => {
                for element in &string.elements {
                    match element {
                        InterpolatedStringElement::Literal(literal) => {
                            self.add(&literal.value, literal.range);
                        }
                        InterpolatedStringElement::Interpolation(hole) => match &*hole.expression {
                            // `f"{'text'}"` is a text all the same.
                            Expr::StringLiteral(_) => self.gather(&hole.expression, DEEPEST),
                            _ => self.has_holes = true,
                        },
                    }
                }
            }
        }
    }
}

/// Where the content of a bytes literal stands, without prefix and quotes.
fn content(literal: &ruff_python_ast::BytesLiteral) -> TextRange {
    use ruff_python_ast::StringFlags as _;
    TextRange::new(
        literal.start() + literal.flags.opener_len(),
        literal.end() - literal.flags.closer_len(),
    )
}
