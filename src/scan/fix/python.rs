//! Python: the literal that holds a secret becomes a read of the environment, or the default that it is goes away.

use std::collections::BTreeSet;

use ruff_python_ast::{
    AnyNodeRef, Arguments, BoolOp, Expr, ExprCall, Keyword, ModModule, StringFlags as _,
    visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body},
};
use ruff_text_size::{Ranged, TextRange};
use zeroize::Zeroizing;

use super::{
    Change, Form, Left, Name, Place,
    names::{is_variable, of_path},
    path::{self, dotted, text_of},
    reader::{Reader, reader},
};
use crate::scan::python;

const PUT_TOGETHER: Left = "it is put together of several parts";
const LONGER: Left = "it is a part of a longer text";
const NO_VALUE: Left = "it stands where Python wants a literal";

/// What can be done about each of the places; `None` where the text cannot be read as Python.
pub(super) fn plan(source: &str, places: &[Place]) -> Option<Vec<Result<Change, Left>>> {
    python::parsed(source, |module| {
        let finder = visit(source, places, module);
        let taken = finder.reads;
        let answers = finder.answers.into_iter();
        let answers = answers.map(|answer| answer.unwrap_or(Err("it stands in no literal")));
        answers
            .map(|answer| answer.map(|change| apart(change, &taken)))
            .collect()
    })
}

/// Whether a text is Python still.
pub(super) fn is_python(source: &str) -> bool {
    python::parsed(source, |_| ()).is_some()
}

/// A variable that the file reads already means something else than this literal.
fn apart(mut change: Change, taken: &BTreeSet<&str>) -> Change {
    if let Name::Wanted(name) = &mut change.name {
        let mut number = 2;
        let wanted = name.clone();
        while taken.contains(name.as_str()) {
            *name = format!("{wanted}_{number}");
            number += 1;
        }
    }
    change
}

fn visit<'a>(source: &'a str, places: &'a [Place], module: &'a ModModule) -> Finder<'a> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|number| places[*number].span.start);
    let mut finder = Finder {
        source,
        places,
        order,
        stack: Vec::new(),
        answers: places.iter().map(|_| None).collect(),
        reads: BTreeSet::new(),
    };
    walk_body(&mut finder, &module.body);
    finder
}

struct Finder<'a> {
    source: &'a str,
    places: &'a [Place],
    /// The places' numbers in the order of the text.
    order: Vec<usize>,
    /// The nodes around, outermost first.
    stack: Vec<AnyNodeRef<'a>>,
    answers: Vec<Option<Result<Change, Left>>>,
    /// Variables that the file reads.
    reads: BTreeSet<&'a str>,
}

/// A literal and what is to be known of it.
struct Literal {
    range: TextRange,
    /// Without prefix and quotes; none where there are several parts.
    content: Option<TextRange>,
    value: Zeroizing<String>,
    is_bytes: bool,
}

impl<'a> SourceOrderVisitor<'a> for Finder<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.note_read(node);
        match node {
            AnyNodeRef::ExprStringLiteral(literal) => {
                let content = match literal.value.as_slice() {
                    [part] => Some(part.content_range()),
                    _ => None,
                };
                self.answer(literal.range, || Literal {
                    range: literal.range,
                    content,
                    value: Zeroizing::new(literal.value.to_str().to_owned()),
                    is_bytes: false,
                });
            }
            AnyNodeRef::ExprBytesLiteral(literal) => {
                let parts = literal.value.as_slice();
                let part = parts.first().filter(|_| parts.len() == 1);
                let text = part.and_then(|part| std::str::from_utf8(&part.value).ok());
                self.answer(literal.range, || Literal {
                    range: literal.range,
                    content: part.filter(|_| text.is_some()).map(|part| {
                        TextRange::new(
                            part.range.start() + part.flags.opener_len(),
                            part.range.end() - part.flags.closer_len(),
                        )
                    }),
                    value: Zeroizing::new(text.unwrap_or_default().to_owned()),
                    is_bytes: true,
                });
            }
            AnyNodeRef::ExprFString(string) => self.refuse(string.range, PUT_TOGETHER),
            AnyNodeRef::ExprTString(string) => self.refuse(string.range, PUT_TOGETHER),
            _ => {}
        }
        self.stack.push(node);
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'a>) {
        self.stack.pop();
    }
}

impl<'a> Finder<'a> {
    fn note_read(&mut self, node: AnyNodeRef<'a>) {
        let key = match node {
            AnyNodeRef::ExprCall(call) if reader(call).is_some() => call.arguments.args.first(),
            AnyNodeRef::ExprSubscript(subscript) => Some(&*subscript.slice).filter(|_| {
                dotted(&subscript.value)
                    .is_some_and(|name| matches!(name.as_str(), "os.environ" | "environ"))
            }),
            _ => None,
        };
        self.reads.extend(key.and_then(text_of));
    }

    /// The places within a part of the text.
    fn within(&self, range: TextRange) -> Vec<usize> {
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        let first = self
            .order
            .partition_point(|number| self.places[*number].span.start < start);
        self.order[first..]
            .iter()
            .copied()
            .take_while(|number| self.places[*number].span.start < end)
            .collect()
    }

    fn refuse(&mut self, range: TextRange, left: Left) {
        for number in self.within(range) {
            self.answers[number].get_or_insert(Err(left));
        }
    }

    fn answer(&mut self, range: TextRange, literal: impl FnOnce() -> Literal) {
        let places = self.within(range);
        if places.is_empty() {
            return;
        }
        let literal = literal();
        for number in places {
            let answer = self.change(&literal, &self.places[number]);
            self.answers[number].get_or_insert(answer);
        }
    }

    fn change(&self, literal: &Literal, place: &Place) -> Result<Change, Left> {
        let content = literal.content.ok_or(PUT_TOGETHER)?;
        let content = content.start().to_usize()..content.end().to_usize();
        if content != place.span && !is_url(&literal.value) {
            return Err(LONGER);
        }
        let is_odd = |c: char| c == '\0' || c == char::REPLACEMENT_CHARACTER;
        if literal.value.is_empty() || literal.value.contains(is_odd) {
            return Err("no variable can hold it");
        }
        self.is_free(literal.range)?;
        let (range, form, name) = if let Some(default) = self.default(literal)? {
            default
        } else {
            let path = path::of(&self.stack, literal.range);
            let form = Form::Read {
                is_bare: false,
                is_bytes: literal.is_bytes,
            };
            let name = of_path(&path, &place.rule);
            (literal.range, form, Name::Wanted(name))
        };
        Ok(Change {
            name,
            range: range.start().to_usize()..range.end().to_usize(),
            form,
            value: literal.value.clone(),
        })
    }

    /// Whether any expression may stand in the literal's place.
    fn is_free(&self, literal: TextRange) -> Result<(), Left> {
        match self.stack.last() {
            Some(AnyNodeRef::ExprBinOp(_)) => return Err(PUT_TOGETHER),
            Some(AnyNodeRef::StmtExpr(_)) => return Err(NO_VALUE),
            Some(AnyNodeRef::ExprDict(dict)) => {
                let keys = dict.items.iter().filter_map(|item| item.key.as_ref());
                if keys
                    .into_iter()
                    .any(|key| key.range().contains_range(literal))
                {
                    return Err("it is a key");
                }
            }
            _ => {}
        }
        for node in self.stack.iter().rev() {
            match node {
                AnyNodeRef::ExprFString(_) | AnyNodeRef::ExprTString(_) => {
                    return Err(PUT_TOGETHER);
                }
                AnyNodeRef::PatternMatchValue(_) | AnyNodeRef::PatternMatchMapping(_) => {
                    return Err(NO_VALUE);
                }
                AnyNodeRef::ExprSubscript(subscript)
                    if dotted(&subscript.value).is_some_and(|name| name.ends_with("Literal")) =>
                {
                    return Err(NO_VALUE);
                }
                AnyNodeRef::ExprCall(call) => {
                    if let Expr::Attribute(method) = &*call.func
                        && matches!(method.attr.id.as_str(), "join" | "format")
                    {
                        return Err(PUT_TOGETHER);
                    }
                }
                node if node.is_statement() => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// What is to be done where the literal is what a read of the environment falls back on.
    fn default(&self, literal: &Literal) -> Result<Option<(TextRange, Form, Name)>, Left> {
        let whole = |call: &ExprCall, count: usize| {
            let arguments = &call.arguments;
            let key = arguments.args.first().and_then(text_of)?;
            let is_sound = is_variable(key)
                && arguments.args.len() + arguments.keywords.len() == count
                && !literal.is_bytes;
            let is_bare = match reader(call)? {
                Reader::Environ { is_bare } if is_sound => is_bare,
                _ => return None,
            };
            let form = Form::Read {
                is_bare,
                is_bytes: false,
            };
            Some((form, Name::Fixed(key.to_owned())))
        };
        let (call, keyword) = match self.stack.as_slice() {
            [.., AnyNodeRef::ExprBoolOp(choice)] => {
                // `os.environ.get("NAME") or "literal"`.
                if choice.op == BoolOp::Or
                    && let [Expr::Call(call), Expr::StringLiteral(second)] =
                        choice.values.as_slice()
                    && second.range == literal.range
                {
                    return Ok(whole(call, 1).map(|(form, name)| (choice.range, form, name)));
                }
                return Ok(None);
            }
            [.., AnyNodeRef::ExprCall(call), AnyNodeRef::Arguments(_)] => (*call, None),
            [
                ..,
                AnyNodeRef::ExprCall(call),
                AnyNodeRef::Arguments(_),
                AnyNodeRef::Keyword(keyword),
            ] => (*call, Some(*keyword)),
            _ => return Ok(None),
        };
        let key = call.arguments.args.first();
        if key.is_none_or(|key| key.range().contains_range(literal.range)) {
            return Ok(None);
        }
        if let Some((form, name)) = whole(call, 2) {
            return Ok(Some((call.range(), form, name)));
        }
        self.dropped(call, keyword, literal.range)
    }

    /// `env("NAME", default="literal")`: the argument alone goes.
    fn dropped(
        &self,
        call: &ExprCall,
        keyword: Option<&Keyword>,
        literal: TextRange,
    ) -> Result<Option<(TextRange, Form, Name)>, Left> {
        let Some(Reader::Library { has_positional }) = reader(call) else {
            return Ok(None);
        };
        let arguments: &Arguments = &call.arguments;
        let Some(key) = arguments.args.first().and_then(text_of) else {
            return Ok(None);
        };
        let argument = match keyword {
            Some(keyword) if keyword.arg.as_ref().is_some_and(|arg| arg.id == "default") => {
                keyword.range
            }
            None if has_positional && arguments.args.len() == 2 => literal,
            _ => return Ok(None),
        };
        // environs: `with env.prefixed("SHOP_"):` reads other variables than the key says.
        if !is_variable(key) || self.source.contains("prefixed(") {
            return Err("it is not clear which variable the call reads");
        }
        let others = arguments.args.iter().map(Ranged::range);
        let others = others.chain(arguments.keywords.iter().map(Ranged::range));
        let before = others
            .map(TextRange::end)
            .filter(|end| *end <= argument.start())
            .max();
        let start = before.unwrap_or(argument.start());
        let between = start.to_usize()..argument.start().to_usize();
        if self.source[between].contains('#') {
            return Err("a comment stands before it in its call");
        }
        let range = TextRange::new(start, argument.end());
        Ok(Some((range, Form::Nothing, Name::Fixed(key.to_owned()))))
    }
}

/// A text that is a URL as a whole, with the secret as a part of it.
fn is_url(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    };
    text.split_once("://")
        .is_some_and(|(scheme, _)| is_scheme(scheme))
        && !text.contains(char::is_whitespace)
}
