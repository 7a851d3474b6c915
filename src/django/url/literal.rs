//! Python's `ast.literal_eval` (version 3.11), which django-environ puts on the query keys it
//! hands to Django: whether text is a literal at all, and which JSON value it is.

use crate::value::{Table, Value};

mod number;
mod text;

/// Why text has no value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No literal: Python raises, and django-environ keeps the text.
    NotLiteral,
    /// A literal that JSON has no shape for.
    NoShape,
    /// A whole number beyond 128 bits.
    TooBig,
}

/// How deep Python's tokenizer lets brackets nest.
const MAX_DEPTH: usize = 200;

/// The value of a Python literal.
pub(super) fn eval(source: &str) -> Result<Value, Refusal> {
    // Python refuses source with a null character anywhere, a comment included.
    if source.contains('\0') {
        return Err(Refusal::NotLiteral);
    }
    // `literal_eval` takes blanks off the front, so that they are no indentation; and the
    // tokenizer knows one line break only.
    let source = source
        .trim_start_matches([' ', '\t'])
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut parser = Parser {
        rest: source_start(&source)?,
        depth: 0,
    };
    let node = parser.items(None)?;
    parser.end()?;
    node.shape()
}

/// The first line that holds code; it must not be indented.
fn source_start(source: &str) -> Result<&str, Refusal> {
    let mut rest = source;
    loop {
        let line = rest.trim_start_matches(BLANKS);
        match line.chars().next() {
            Some('\n') => rest = &line[1..],
            Some('#') => rest = line.split_once('\n').map_or("", |(_, next)| next),
            _ => {
                let indent = &rest[..rest.len() - line.len()];
                return if is_indented(indent) {
                    Err(Refusal::NotLiteral)
                } else {
                    Ok(line)
                };
            }
        }
    }
}

/// Whether blanks at the start of a line indent it; a form feed sets the column back to zero.
fn is_indented(blanks: &str) -> bool {
    !blanks.is_empty() && !blanks.ends_with('\x0c')
}

const BLANKS: [char; 3] = [' ', '\t', '\x0c'];

/// A value, or why a well-formed literal has none. `NotLiteral` never stands here: it ends the
/// parse, whatever was seen before.
type Shape = Result<Value, Refusal>;

/// An expression, as far as `literal_eval` tells expressions apart.
enum Node {
    /// A number without a sign; it may take one, and an imaginary part.
    Number(Shape),
    /// A number with a sign; it may take an imaginary part.
    Signed(Shape),
    /// An imaginary number without a sign.
    Imaginary,
    /// Anything else.
    Other(Shape),
}

impl Node {
    fn shape(self) -> Shape {
        match self {
            Self::Number(shape) | Self::Signed(shape) | Self::Other(shape) => shape,
            Self::Imaginary => Err(Refusal::NoShape),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    /// How many brackets are open; inside, line breaks and comments are blanks.
    depth: usize,
}

impl Parser<'_> {
    /// Skips what separates tokens.
    fn skip(&mut self) {
        loop {
            let rest = self.rest.trim_start_matches(BLANKS);
            self.rest = match rest.strip_prefix("\\\n") {
                // A file may not end in a continued line.
                Some(next) if !next.is_empty() => next,
                _ if self.depth > 0 && rest.starts_with('\n') => &rest[1..],
                _ if self.depth > 0 && rest.starts_with('#') => {
                    rest.find('\n').map_or("", |line_end| &rest[line_end..])
                }
                _ => rest,
            };
            if self.rest.len() == rest.len() {
                return;
            }
        }
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn open(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(Refusal::NotLiteral)
        } else {
            Ok(())
        }
    }

    /// Takes the closing bracket if it comes next.
    fn close(&mut self, bracket: &str) -> bool {
        let closed = self.take(bracket);
        if closed {
            self.depth -= 1;
        }
        closed
    }

    /// Nothing but blank lines and comments may follow; and no blanks behind the last line break,
    /// since they are an indentation.
    fn end(&mut self) -> Result<(), Refusal> {
        self.skip();
        let over = |line: &str| {
            let line = line.trim_start_matches(BLANKS);
            line.is_empty() || line.starts_with('#')
        };
        let indented = self.rest.rsplit_once('\n').is_some_and(|(_, last)| {
            last.trim_start_matches(BLANKS).is_empty() && is_indented(last)
        });
        let valid = self.rest.split('\n').all(over) && !indented;
        if valid {
            Ok(())
        } else {
            Err(Refusal::NotLiteral)
        }
    }

    /// One expression, or a tuple of several, up to `close` or, where that is none, to the end.
    fn items(&mut self, close: Option<&str>) -> Result<Node, Refusal> {
        let first = self.expression()?;
        let mut shapes = Vec::new();
        let mut comma = self.take(",");
        if !comma {
            return match close {
                Some(close) if !self.close(close) => Err(Refusal::NotLiteral),
                _ => Ok(first),
            };
        }
        shapes.push(first.shape());
        loop {
            self.skip();
            let ended = close.map_or_else(
                || self.rest.is_empty() || self.rest.starts_with(['\n', '#']),
                |close| self.rest.starts_with(close),
            );
            if ended {
                if let Some(close) = close {
                    self.close(close);
                }
                return Ok(Node::Other(list(shapes)));
            }
            if !comma {
                return Err(Refusal::NotLiteral);
            }
            shapes.push(self.expression()?.shape());
            comma = self.take(",");
        }
    }

    /// An atom with its sign, or a complex number.
    fn expression(&mut self) -> Result<Node, Refusal> {
        let left = if self.take("+") {
            signed(self.atom()?, false)?
        } else if self.take("-") {
            signed(self.atom()?, true)?
        } else {
            self.atom()?
        };
        if !self.take("+") && !self.take("-") {
            return Ok(left);
        }
        match (left, self.atom()?) {
            (Node::Number(_) | Node::Signed(_), Node::Imaginary) => {
                Ok(Node::Other(Err(Refusal::NoShape)))
            }
            _ => Err(Refusal::NotLiteral),
        }
    }

    fn atom(&mut self) -> Result<Node, Refusal> {
        self.skip();
        match self.rest.chars().next() {
            Some('(') => self.parentheses(),
            Some('[') => self.list(),
            Some('{') => self.braces(),
            Some('.') if self.take("...") => Ok(Node::Other(Err(Refusal::NoShape))),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(_) => self.word(),
            None => Err(Refusal::NotLiteral),
        }
    }

    fn parentheses(&mut self) -> Result<Node, Refusal> {
        self.take("(");
        self.open()?;
        if self.close(")") {
            return Ok(Node::Other(Ok(Value::List(Vec::new()))));
        }
        self.items(Some(")"))
    }

    fn list(&mut self) -> Result<Node, Refusal> {
        self.take("[");
        self.open()?;
        let mut shapes = Vec::new();
        let mut comma = true;
        while !self.close("]") {
            if !comma {
                return Err(Refusal::NotLiteral);
            }
            shapes.push(self.expression()?.shape());
            comma = self.take(",");
        }
        Ok(Node::Other(list(shapes)))
    }

    /// A dict, or a set.
    fn braces(&mut self) -> Result<Node, Refusal> {
        self.take("{");
        self.open()?;
        let mut table: Result<Table, Refusal> = Ok(Table::new());
        let mut dict = None;
        let mut comma = true;
        while !self.close("}") {
            if !comma {
                return Err(Refusal::NotLiteral);
            }
            let key = self.expression()?.shape();
            let is_pair = self.take(":");
            if *dict.get_or_insert(is_pair) != is_pair {
                return Err(Refusal::NotLiteral);
            }
            let value = if is_pair {
                self.expression()?.shape()
            } else {
                Err(Refusal::NoShape)
            };
            table = table.and_then(|mut table| {
                let Value::Text(key) = key? else {
                    return Err(Refusal::NoShape);
                };
                table.insert(key.expose(), value?);
                Ok(table)
            });
            comma = self.take(",");
        }
        Ok(Node::Other(table.map(Value::Table)))
    }

    /// A name, or text with or without a prefix.
    fn word(&mut self) -> Result<Node, Refusal> {
        let end = self
            .rest
            .find(|c: char| !is_word(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if rest.starts_with(['\'', '"']) {
            return self.text();
        }
        self.rest = rest;
        let value = match word {
            "None" => Ok(Value::Null),
            "True" => Ok(Value::Bool(true)),
            "False" => Ok(Value::Bool(false)),
            // The one call that `literal_eval` makes.
            "set" if self.take("(") => {
                self.open()?;
                if !self.close(")") {
                    return Err(Refusal::NotLiteral);
                }
                Err(Refusal::NoShape)
            }
            _ => return Err(Refusal::NotLiteral),
        };
        Ok(Node::Other(value))
    }

    /// Text literals side by side, which are one.
    fn text(&mut self) -> Result<Node, Refusal> {
        let mut joined = text::Joined::default();
        loop {
            self.rest = joined.push(self.rest)?;
            self.skip();
            let quote = self
                .rest
                .find(|c: char| !is_word(c))
                .unwrap_or(self.rest.len());
            if !self.rest[quote..].starts_with(['\'', '"']) {
                return Ok(Node::Other(joined.finish()));
            }
        }
    }

    fn number(&mut self) -> Result<Node, Refusal> {
        let end = number::end(self.rest);
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        let glued = rest.starts_with(is_word) || rest.starts_with('.');
        if glued {
            Err(Refusal::NotLiteral)
        } else {
            number::read(number)
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn list(shapes: Vec<Shape>) -> Shape {
    shapes
        .into_iter()
        .collect::<Result<_, _>>()
        .map(Value::List)
}

/// A sign goes before a plain number only, once.
fn signed(node: Node, minus: bool) -> Result<Node, Refusal> {
    match node {
        Node::Number(shape) => Ok(Node::Signed(shape.map(|value| match value {
            Value::Integer(number) if minus => Value::Integer(-number),
            Value::Float(number) if minus => Value::Float(-number),
            other => other,
        }))),
        Node::Imaginary => Ok(Node::Other(Err(Refusal::NoShape))),
        Node::Signed(_) | Node::Other(_) => Err(Refusal::NotLiteral),
    }
}
