//! How values on the command line are read.

use std::time::Duration;

/// `NAME=VALUE`, with a name.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a setting is written `NAME=VALUE`".to_owned()),
    }
}

/// A positive number of seconds, fractions allowed.
pub(in crate::cli) fn seconds(text: &str) -> Result<Duration, String> {
    let number = text
        .strip_suffix('s')
        .unwrap_or(text)
        .trim()
        .parse::<f64>()
        .ok();
    number
        .filter(|number| *number > 0.0)
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| "give a number of seconds above zero, such as 30 or 2.5".to_owned())
}

/// Permission bits that leave a secret to its owner and, where asked for, a group.
pub(super) fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text.trim_start_matches("0o"), 8)
        .ok()
        .filter(|mode| *mode <= 0o777);
    let mode = mode.ok_or_else(|| "give permissions in octal, such as 0600".to_owned())?;
    if mode & 0o007 != 0 {
        return Err(
            "a file with secrets must not be open to everybody: the last digit must be 0"
                .to_owned(),
        );
    }
    Ok(mode)
}
