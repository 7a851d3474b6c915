//! Python's number literals: whole numbers in four bases, floating-point and imaginary ones.

use super::super::python::MAX_DIGITS;
use super::{Node, Refusal, is_word};
use crate::value::Value;

/// Where a number ends: word characters, points, and the sign of an exponent.
pub(super) fn end(text: &str) -> usize {
    let mut end = 0;
    let prefixed = text.starts_with('0') && text[1..].starts_with(|c: char| "xXoObB".contains(c));
    let mut exponent = false;
    for (place, c) in text.char_indices() {
        if !(is_word(c) || c == '.' || (exponent && (c == '+' || c == '-'))) {
            break;
        }
        exponent = !prefixed && (c == 'e' || c == 'E');
        end = place + c.len_utf8();
    }
    end
}

/// The number that all of `text` is.
pub(super) fn read(text: &str) -> Result<Node, Refusal> {
    let radix = match text.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return decimal(text),
    };
    let digits = &text[2..];
    let digits = plain_digits(digits.strip_prefix('_').unwrap_or(digits), radix)?;
    let number = i128::from_str_radix(&digits, radix);
    Ok(Node::Number(
        number.map(Value::Integer).map_err(|_| Refusal::TooBig),
    ))
}

fn decimal(text: &str) -> Result<Node, Refusal> {
    let (real, imaginary) = match text.strip_suffix(['j', 'J']) {
        Some(real) => (real, true),
        None => (text, false),
    };
    if !imaginary && real.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        let digits = plain_digits(real, 10)?;
        let zero = digits.bytes().all(|b| b == b'0');
        // `007` is refused, lest it be taken for octal; `000` is not.
        if !zero && (digits.starts_with('0') || digits.len() > MAX_DIGITS) {
            return Err(Refusal::NotLiteral);
        }
        let number = digits
            .parse()
            .map(Value::Integer)
            .map_err(|_| Refusal::TooBig);
        return Ok(Node::Number(number));
    }
    let (mantissa, exponent) = match real.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (real, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(Refusal::NotLiteral);
    }
    let mut plain = String::new();
    for (mark, digits) in [("", whole), (".", fraction)] {
        if !digits.is_empty() {
            plain.push_str(mark);
            plain.push_str(&plain_digits(digits, 10)?);
        }
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let sign = if exponent.starts_with('-') { "-" } else { "" };
        plain = format!("{plain}e{sign}{}", plain_digits(digits, 10)?);
    }
    if imaginary {
        return Ok(Node::Imaginary);
    }
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Node::Number(Ok(Value::Float(number)))),
        _ => Ok(Node::Number(Err(Refusal::NoShape))),
    }
}

/// Digits without their underscores, each of which must stand between two.
fn plain_digits(text: &str, radix: u32) -> Result<String, Refusal> {
    let valid = text
        .split('_')
        .all(|run| !run.is_empty() && run.chars().all(|c| c.is_digit(radix)));
    if valid {
        Ok(text.replace('_', ""))
    } else {
        Err(Refusal::NotLiteral)
    }
}
