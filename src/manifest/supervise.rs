//! What holds while a command is supervised: how values are kept fresh, what the command is told of a change, and the
//! audit log.

use std::time::Duration;

use rustix::process::Signal;
use toml::{Spanned, de::DeValue};

use super::{
    Name,
    document::{Reader, name},
};
use crate::suggest;

/// How the driver of a live database reads a password afresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// `live = false`: it does not.
    Not,
    /// `live = true`: in the way of Django's own driver for the engine.
    Driver,
    /// `live = "pymysql"`: in the way of `PyMySQL`.
    PyMysql,
}

/// How new values of a database are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// `verify = "none"`: they are not.
    None,
    /// `verify = "connect"`: Django connects with them, in a process of its own.
    Connect,
    /// `verify = { command = […] }`: by a command, whose exit code says.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
    },
}

/// What the command is told when a value has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnChange {
    /// Nothing.
    None,
    /// A signal.
    Signal(Signal),
    /// To end, and it is started again.
    Restart,
}

/// `[supervise]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SuperviseEntry {
    pub(crate) on_change: Option<OnChange>,
    pub(crate) settle: Option<Duration>,
    pub(crate) jitter: Option<Duration>,
}

/// `[audit]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditEntry {
    pub(crate) path: Option<Name>,
}

/// Signals that mean something to a command and do not end it: gunicorn, uWSGI and Celery reload by one of them.
pub(super) const SIGNALS: &[(&str, Signal)] = &[
    ("HUP", Signal::HUP),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("WINCH", Signal::WINCH),
];

/// The name of a signal that `on_change` takes.
pub(crate) fn signal_name(signal: Signal) -> Option<&'static str> {
    let mut signals = SIGNALS.iter();
    let (name, _) = signals.find(|(_, have)| *have == signal)?;
    Some(name)
}

/// What `on_change` takes, as it is written.
pub(super) fn reactions() -> Vec<String> {
    let signals = SIGNALS.iter().map(|(name, _)| format!("signal:{name}"));
    ["none", "restart"]
        .map(str::to_owned)
        .into_iter()
        .chain(signals)
        .collect()
}

/// Units of a period, in milliseconds.
pub(super) const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Longer than any credential should live.
const LONGEST_PERIOD: Duration = Duration::from_hours(366 * 24);

/// `5m`, `90s`, `1h30m`. Pure.
pub(super) fn parse_period(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*milliseconds)?)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total))
}

impl Reader<'_> {
    pub(super) fn live(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Live> {
        match value.get_ref() {
            DeValue::Boolean(true) => Some(Live::Driver),
            DeValue::Boolean(false) => Some(Live::Not),
            DeValue::String(text) if text == "pymysql" => Some(Live::PyMysql),
            _ => {
                self.error(
                    "`live` must be `true`, `false` or \"pymysql\"",
                    value.span(),
                );
                None
            }
        }
    }

    pub(super) fn verify(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Verify> {
        const HINT: &str = "write `verify = \"connect\"`, or `verify = { command = [\"python\", \"manage.py\", …] }`";
        match value.get_ref() {
            DeValue::String(text) if text == "connect" => Some(Verify::Connect),
            DeValue::String(text) if text == "none" => Some(Verify::None),
            DeValue::Table(table) => {
                for (key, _) in table {
                    let key = name(key);
                    if key.text != "command" {
                        self.unknown_key("`verify`", &key, &["command"]);
                    }
                }
                let Some(command) = table.get("command") else {
                    self.error("`verify` needs `command`", value.span());
                    return None;
                };
                let DeValue::Array(words) = command.get_ref() else {
                    self.error(
                        "`command` must be a list of strings: the program and its arguments",
                        command.span(),
                    );
                    return None;
                };
                let words: Option<Vec<String>> = words
                    .iter()
                    .map(|word| self.plain("a word of `command`", word))
                    .map(|word| word.map(|word| word.text))
                    .collect();
                let words = words?;
                if words.first().is_none_or(String::is_empty) {
                    self.error("`command` must name a program", command.span());
                    return None;
                }
                Some(Verify::Command { command: words })
            }
            _ => {
                self.error("`verify` must be \"connect\" or a table", value.span())
                    .hint = Some(HINT.to_owned());
                None
            }
        }
    }

    pub(super) fn on_change(&mut self, value: &Spanned<DeValue<'_>>) -> Option<OnChange> {
        let word = self.plain("`on_change`", value)?;
        let found = match word.text.as_str() {
            "none" => Some(OnChange::None),
            "restart" => Some(OnChange::Restart),
            text => text.strip_prefix("signal:").and_then(|signal| {
                let signal = signal.strip_prefix("SIG").unwrap_or(signal);
                let mut signals = SIGNALS.iter();
                let (_, signal) = signals.find(|(name, _)| *name == signal)?;
                Some(OnChange::Signal(*signal))
            }),
        };
        if found.is_none() {
            let known = reactions();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = format!("it is one of {}", suggest::list(&known));
            self.error(
                format!("`on_change` cannot be `{}`", word.text.escape_debug()),
                word.span,
            )
            .hint = Some(hint);
        }
        found
    }

    /// A span of time, at least `least`.
    pub(super) fn period(
        &mut self,
        what: &str,
        value: &Spanned<DeValue<'_>>,
        least: Duration,
    ) -> Option<Duration> {
        let hint = "write a number and a unit: \"30s\", \"5m\", \"1h\"";
        let DeValue::String(text) = value.get_ref() else {
            self.error(format!("{what} must be a string"), value.span())
                .hint = Some(hint.to_owned());
            return None;
        };
        let Some(period) = parse_period(text) else {
            self.error(format!("{what} is no span of time"), value.span())
                .hint = Some(hint.to_owned());
            return None;
        };
        if period < least {
            let title = format!("{what} must be at least {} s", least.as_secs());
            self.error(title, value.span());
            return None;
        }
        if period > LONGEST_PERIOD {
            self.error(format!("{what} is longer than a year"), value.span());
            return None;
        }
        Some(period)
    }

    pub(super) fn supervise(&mut self, value: &Spanned<DeValue<'_>>) -> SuperviseEntry {
        let mut entry = SuperviseEntry::default();
        let Some(table) = self.table("`supervise`", value) else {
            return entry;
        };
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "on_change" => entry.on_change = self.on_change(value),
                "settle" => entry.settle = self.period("`settle`", value, Duration::ZERO),
                "jitter" => entry.jitter = self.period("`jitter`", value, Duration::ZERO),
                _ => self.unknown_key("`supervise`", &key, &["on_change", "settle", "jitter"]),
            }
        }
        entry
    }

    pub(super) fn audit(&mut self, value: &Spanned<DeValue<'_>>) -> AuditEntry {
        let mut entry = AuditEntry::default();
        let Some(table) = self.table("`audit`", value) else {
            return entry;
        };
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "path" => entry.path = self.log_path(value),
                _ => self.unknown_key("`audit`", &key, &["path"]),
            }
        }
        if table.get("path").is_none() {
            self.error("`audit` needs `path`", value.span());
        }
        entry
    }

    fn log_path(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Name> {
        let path = self.plain("`path`", value)?;
        if path.text.is_empty() || path.text.contains('\0') {
            self.error("`path` must name a file", path.span.clone());
            return None;
        }
        Some(path)
    }
}

impl SuperviseEntry {
    /// Puts the settings of a layer above on these.
    pub(super) fn put_on(&mut self, upper: &Self) {
        self.on_change = upper.on_change.or(self.on_change);
        self.settle = upper.settle.or(self.settle);
        self.jitter = upper.jitter.or(self.jitter);
    }
}

impl AuditEntry {
    /// Puts the settings of a layer above on these.
    pub(super) fn put_on(&mut self, upper: &Self) {
        if upper.path.is_some() {
            self.path.clone_from(&upper.path);
        }
    }
}

#[cfg(test)]
mod tests;
