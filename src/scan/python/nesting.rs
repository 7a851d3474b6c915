//! How deeply the syntax tree of a text can nest, before there is one: the parser, the visit and the drop of a tree all
//! recurse, and a hostile file (`1+1+1+…`, `((((…`) would take any stack.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer::lex};

/// More levels are for machines; handwritten files have some dozens.
const DEEPEST: usize = 8_000;

/// Stack that one level may take, in bytes: measured for nested parentheses, which cost the parser the most calls.
const LEVEL: usize = if cfg!(debug_assertions) {
    24 << 10
} else {
    6 << 10
};

/// Stack that any file may take, in bytes.
const BASE: usize = 256 << 10;

/// An upper bound of the levels; `None` above what is parsed at all.
pub(super) fn levels(source: &str) -> Option<usize> {
    let mut lexer = lex(source, Mode::Module);
    // Tokens that may each nest what follows or went before, for each open bracket; a comma begins anew.
    let mut open: Vec<Level> = vec![Level::default()];
    let mut total: usize = 0;
    let mut most: usize = 0;
    let mut indents: usize = 0;
    loop {
        let kind = lexer.next_token();
        let level = open.last_mut()?;
        match kind {
            TokenKind::EndOfFile => return Some(most),
            TokenKind::Newline => {
                open.clear();
                open.push(Level::default());
                total = indents;
            }
            TokenKind::Indent => {
                indents += 1;
                total += 1;
            }
            TokenKind::Dedent => {
                indents = indents.saturating_sub(1);
                total = total.saturating_sub(1);
            }
            TokenKind::Comma => {
                total -= level.chain;
                level.chain = 0;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level.chain += 1;
                total += 1;
                open.push(Level::default());
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if open.len() > 1
                    && let Some(closed) = open.pop()
                {
                    total -= closed.chain + closed.lasting;
                }
            }
            TokenKind::Lambda | TokenKind::Yield => {
                level.lasting += 1;
                total += 1;
            }
            TokenKind::NonLogicalNewline | TokenKind::Comment | TokenKind::String => {}
            _ => {
                level.chain += 1;
                total += 1;
            }
        }
        most = most.max(total);
        if most > DEEPEST {
            return None;
        }
    }
}

/// What is open at one bracket.
#[derive(Default)]
struct Level {
    /// Tokens since the last comma.
    chain: usize,
    /// What a comma does not end.
    lasting: usize,
}

/// Stack for a tree of so many levels, in bytes.
pub(super) fn stack_for(levels: usize) -> usize {
    BASE + levels * LEVEL
}
