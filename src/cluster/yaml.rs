//! JSON values as YAML for people: block style, every text in double quotes, several lines as a block where that is safe.

use std::fmt::Write;

use serde_json::Value;

use crate::render::k8s_secret::Quoted;

/// The documents, each with its `---`.
pub(super) fn documents(documents: &[Value]) -> String {
    let mut out = String::new();
    for document in documents {
        out.push_str("---\n");
        children(&mut out, document, 0);
    }
    out
}

/// One value without `---`, for a document inside of another.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    children(&mut out, value, 0);
    out
}

/// Documents are made here and not deep: the recursion ends with them.
fn children(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) => {
            for (place, (key, value)) in entries.iter().enumerate() {
                // The first key of an item stands behind its dash.
                if place > 0 || !out.ends_with("- ") {
                    indent(out, depth);
                }
                name(out, key);
                out.push(':');
                below(out, value, depth + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                indent(out, depth);
                out.push('-');
                match item {
                    Value::Object(entries) if !entries.is_empty() => {
                        out.push(' ');
                        children(out, item, depth + 1);
                    }
                    item => below(out, item, depth + 1),
                }
            }
        }
        _ => {}
    }
}

/// What stands behind a key or a dash.
fn below(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            out.push('\n');
            children(out, value, depth);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            children(out, value, depth);
        }
        Value::String(text) if is_block(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                indent(out, depth);
                out.push_str(line);
                out.push('\n');
            }
        }
        // Writing to a string cannot fail.
        Value::String(text) => {
            let _ = writeln!(out, " {}", Quoted(text));
        }
        other => {
            let _ = writeln!(out, " {other}");
        }
    }
}

/// Whether a block scalar holds the text: whole lines of plain characters, nothing at their ends that could get lost.
fn is_block(text: &str) -> bool {
    let is_line = |line: &str| {
        !line.is_empty()
            && !line.ends_with(' ')
            && line.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    text.ends_with('\n') && !text.starts_with(' ') && text.split_terminator('\n').all(is_line)
}

/// A key as it is where every reader takes it for text.
fn name(out: &mut String, key: &str) {
    let is_word = key.len() > 3 && key.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_other = ["true", "false", "null"].contains(&key.to_ascii_lowercase().as_str());
    if is_word && !is_other {
        out.push_str(key);
    } else {
        let _ = write!(out, "{}", Quoted(key));
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
