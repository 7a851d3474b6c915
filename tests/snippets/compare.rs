//! Output as a page shows it against the real one: `…` stands for what varies, on a line of its own for any number of lines.

use serde_json::Value;

/// What stands for anything.
const ANY: char = '…';

/// Whether `real` is what the page shows; blanks at the ends of lines and empty lines at the end do not count.
pub(crate) fn same(shown: &str, real: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let text = text
            .trim_end()
            .lines()
            .map(|line| line.trim_end().to_owned());
        text.collect()
    };
    let (shown, real) = (lines(shown), lines(real));
    let whole = |line: &String| line.trim() == ANY.to_string();
    sequence(&shown, &real, whole, |shown, real| {
        let (shown, real): (Vec<char>, Vec<char>) =
            (shown.chars().collect(), real.chars().collect());
        sequence(&shown, &real, |&c| c == ANY, |a, b| a == b)
    })
}

/// Whether a pattern in which some elements stand for any number of others fits.
fn sequence<T>(
    pattern: &[T],
    real: &[T],
    any: impl Fn(&T) -> bool,
    fits: impl Fn(&T, &T) -> bool,
) -> bool {
    // Which beginnings of `real` the pattern so far fits.
    let mut reached = vec![false; real.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; real.len() + 1];
        for at in 0..=real.len() {
            next[at] = if any(part) {
                reached[at] || (at > 0 && next[at - 1])
            } else {
                at > 0 && reached[at - 1] && fits(part, &real[at - 1])
            };
        }
        reached = next;
    }
    reached[real.len()]
}

/// Where two documents differ in their keys or in the kinds of their values; of a list, the first element counts. `null`
/// may stand for anything.
pub(crate) fn shape(shown: &Value, real: &Value, at: &str) -> Result<(), String> {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            let missing = shown.keys().find(|key| !real.contains_key(*key));
            let untold = real.keys().find(|key| !shown.contains_key(*key));
            if let Some(key) = missing {
                return Err(format!("{at}.{key} is shown and not there"));
            }
            if let Some(key) = untold {
                return Err(format!("{at}.{key} is there and not shown"));
            }
            shown
                .iter()
                .try_for_each(|(key, value)| shape(value, &real[key], &format!("{at}.{key}")))
        }
        (Value::Array(shown), Value::Array(real)) => match (shown.first(), real.first()) {
            (Some(shown), Some(real)) => shape(shown, real, &format!("{at}[0]")),
            (None, _) => Ok(()),
            (Some(_), None) => Err(format!("{at} is empty")),
        },
        (Value::Null, _) | (_, Value::Null) => Ok(()),
        _ if std::mem::discriminant(shown) == std::mem::discriminant(real) => Ok(()),
        _ => Err(format!("{at} is of another kind")),
    }
}

#[test]
fn what_varies_is_left_open_and_nothing_else() {
    for (shown, real, fits) in [
        ("a\nb\n", "a\nb", true),
        ("a\nb\n", "a\nb\nc", false),
        ("a\n…\n", "a\nb\nc", true),
        ("…\nc\n", "a\nb\nc\n", true),
        ("pid … runs", "pid 17 runs", true),
        ("pid … runs", "pid 17 ends", false),
        ("… …", "one two", true),
        ("", "", true),
        ("a", "", false),
        ("…\nb\n…", "b", true),
    ] {
        assert_eq!(same(shown, real), fits, "{shown:?} and {real:?}");
    }
}

#[test]
fn a_shape_is_keys_and_kinds() {
    let shown: Value = serde_json::json!([{"a": 1, "b": null}]);
    for (real, fits) in [
        (serde_json::json!([{"a": 7, "b": "x"}, {}]), true),
        (serde_json::json!([{"a": "7", "b": "x"}]), false),
        (serde_json::json!([{"a": 7}]), false),
        (serde_json::json!([{"a": 7, "b": 1, "c": 1}]), false),
        (serde_json::json!([]), false),
    ] {
        assert_eq!(shape(&shown, &real, "").is_ok(), fits, "{real}");
    }
}
