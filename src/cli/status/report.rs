//! The state of supervisors for people: a block each, with a line for the command, a table of its values, and what went
//! wrong below it. Times are relative to the supervisor's own clock.

use std::{
    borrow::Cow,
    fmt::Write,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::{report::visible, timestamp};

/// Values that are as they should be, or on their way there. Anything else needs a look.
const HEALTHY: &[&str] = &["fresh", "waiting", "outdated"];

/// The longest version that is shown whole, in characters.
const LONGEST_VERSION: usize = 16;

/// How many keys of a value are named.
const NAMED: usize = 2;

const HEADINGS: [&str; 7] = [
    "key", "source", "version", "read", "expires", "next", "state",
];

/// Whether every value of a supervisor is good, and said to be, and every file is written.
pub(super) fn is_healthy(state: &Value) -> bool {
    let is_good = |value: &Value| HEALTHY.contains(&text(value, "state"));
    let values = state.get("values").and_then(Value::as_array);
    values.is_some_and(|values| values.iter().all(is_good)) && unwritten(state).next().is_none()
}

/// What could not be written.
fn unwritten(state: &Value) -> impl Iterator<Item = &Value> {
    let all = state.get("unwritten").and_then(Value::as_array);
    all.into_iter().flatten()
}

/// All of it. `now` counts where a supervisor does not say what time it is there.
pub(super) fn human(states: &[Value], now: SystemTime) -> String {
    let blocks: Vec<String> = states.iter().map(|state| block(state, now)).collect();
    blocks.join("\n")
}

fn block(state: &Value, now: SystemTime) -> String {
    let now = moment(state, "now").unwrap_or(now);
    let mut block = heading(state, now);
    if let Some(restart) = moment(state, "restart") {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(block, "  starts again {}", when(restart, now));
    }
    let values: Vec<&Value> = state
        .get("values")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    for file in unwritten(state) {
        let (key, error) = (visible(text(file, "key")), visible(text(file, "error")));
        let _ = write!(block, "  cannot write `{key}`: {error}");
        if let Some(next) = moment(file, "next") {
            let _ = write!(block, " (tried again {})", when(next, now));
        }
        block.push('\n');
    }
    if values.is_empty() {
        block.push_str("  keeps nothing fresh\n");
        return block;
    }
    table(&mut block, values.iter().map(|value| row(value, now)));
    for value in values {
        if let Some(error) = value.get("error").and_then(Value::as_str) {
            let failures = match value.get("failures").and_then(Value::as_u64) {
                None | Some(0 | 1) => String::new(),
                Some(count) => format!(" ({count} times in a row)"),
            };
            let _ = writeln!(block, "  `{}`: {}{failures}", keys(value), visible(error));
        }
    }
    block
}

/// `gunicorn (pid 8) under nuages (pid 7), running 2 h 5 min, restarted 3 times`.
fn heading(state: &Value, now: SystemTime) -> String {
    let none = Value::Null;
    let command = state.get("command").unwrap_or(&none);
    let pid = |value: &Value| {
        let pid = value.get("pid").and_then(Value::as_u64);
        pid.map_or_else(|| "?".to_owned(), |pid| pid.to_string())
    };
    let program = match text(command, "program") {
        "" => "a command",
        program => program,
    };
    let mut line = format!(
        "{} (pid {}) under nuages (pid {})",
        visible(program),
        pid(command),
        pid(state)
    );
    if let Some(started) = moment(command, "started").or_else(|| moment(state, "started")) {
        let _ = write!(line, ", running {}", span(now.duration_since(started)));
    }
    match command.get("restarts").and_then(Value::as_u64) {
        None | Some(0) => {}
        Some(1) => line.push_str(", restarted once"),
        Some(count) => {
            let _ = write!(line, ", restarted {count} times");
        }
    }
    line.push('\n');
    line
}

fn row(value: &Value, now: SystemTime) -> [String; 7] {
    let moment = |key: &str| moment(value, key);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let source: Vec<Cow<'_, str>> = ["instance", "locator"]
        .into_iter()
        .map(|key| visible(text(value, key)))
        .filter(|text| !text.is_empty())
        .collect();
    let version = Some(text(value, "version")).filter(|version| !version.is_empty());
    let state = match text(value, "state") {
        "" => "unknown",
        state => state,
    };
    [
        keys(value),
        source.join(" "),
        or_dash(version.map(shorten)),
        or_dash(moment("read").map(|read| when(read, now))),
        or_dash(moment("expires").map(|expires| when(expires, now))),
        or_dash(moment("next").map(|next| when(next, now))),
        visible(state).into_owned(),
    ]
}

/// The keys that want a value: the first few, and how many more there are.
fn keys(value: &Value) -> String {
    let all = value.get("keys").and_then(Value::as_array);
    let all: Vec<&str> = all
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let named: Vec<Cow<'_, str>> = all.iter().take(NAMED).map(|key| visible(key)).collect();
    let named = named.join(", ");
    match all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{named}, {more} more"),
        None => named,
    }
}

fn shorten(version: &str) -> String {
    let shown = visible(version);
    match shown.char_indices().nth(LONGEST_VERSION) {
        Some(_) => shown
            .chars()
            .take(LONGEST_VERSION - 1)
            .chain(['…'])
            .collect(),
        None => shown.into_owned(),
    }
}

/// Columns as wide as their widest entry, two blanks between them, and none at a line's end.
fn table(block: &mut String, rows: impl Iterator<Item = [String; 7]>) {
    let all: Vec<[String; 7]> = std::iter::once(HEADINGS.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |column: usize| {
        let widths = all.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    for row in &all {
        let mut line = String::new();
        for (entry, width) in row.iter().zip(widths) {
            let _ = write!(line, "  {entry:width$}");
        }
        block.push_str(line.trim_end());
        block.push('\n');
    }
}

/// `12 s ago`, `in 4 min`, `now`.
fn when(moment: SystemTime, now: SystemTime) -> String {
    match moment.duration_since(now) {
        Ok(ahead) if ahead.as_secs() == 0 => "now".to_owned(),
        Ok(ahead) => format!("in {}", in_words(ahead)),
        Err(behind) => match behind.duration() {
            behind if behind.as_secs() == 0 => "now".to_owned(),
            behind => format!("{} ago", in_words(behind)),
        },
    }
}

/// A time that has passed; none where a clock was set back.
fn span<E>(duration: Result<Duration, E>) -> String {
    in_words(duration.unwrap_or_default())
}

/// The two largest units, the second only where it says something: `45 s`, `2 h 5 min`, `3 d`.
fn in_words(duration: Duration) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let seconds = duration.as_secs();
    let largest = UNITS.iter().position(|(_, unit)| seconds >= *unit);
    let Some(largest) = largest else {
        return "0 s".to_owned();
    };
    let (name, unit) = UNITS[largest];
    let mut words = format!("{} {name}", seconds / unit);
    // Nobody needs the seconds of half an hour.
    if let Some((name, smaller)) = UNITS.get(largest + 1).filter(|(name, _)| *name != "s") {
        let rest = seconds % unit / smaller;
        if rest > 0 {
            let _ = write!(words, " {rest} {name}");
        }
    }
    words
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn moment(value: &Value, key: &str) -> Option<SystemTime> {
    value
        .get(key)
        .and_then(Value::as_str)
        .and_then(timestamp::parse)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_told_by_their_two_largest_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (119, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (86_399, "23 h 59 min"),
            (86_400, "1 d"),
            (90_000, "1 d 1 h"),
            (864_059, "10 d"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), expected);
        }
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        assert_eq!(when(now, now), "now");
        assert_eq!(when(now + Duration::from_mins(4), now), "in 4 min");
        assert_eq!(when(now - Duration::from_secs(12), now), "12 s ago");
    }

    /// A supervisor of another version may say other things: none of them is a panic, or reaches a terminal raw.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(Value::from("2026-11-23T00:50:01Z")),
        ];
        let names = proptest::sample::select(vec![
            "pid",
            "now",
            "started",
            "command",
            "program",
            "restart",
            "restarts",
            "values",
            "keys",
            "instance",
            "locator",
            "version",
            "state",
            "read",
            "expires",
            "next",
            "failures",
            "error",
            "unwritten",
            "key",
        ]);
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(names.clone(), inner, 0..12).prop_map(|map| {
                    map.into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn anything_can_be_shown(states in proptest::collection::vec(any_json(), 0..3)) {
            let shown = human(&states, UNIX_EPOCH);
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
            let _ = states.iter().all(is_healthy);
        }
    }
}
