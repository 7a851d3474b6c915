//! Whether a text without a telling name is Python: by lines that hardly anything else has.

/// How much of a text is looked at.
const HEAD: usize = 1 << 16;

/// Whether a line of the text's head can only be Python's. What else has such a line does not parse as Python.
pub(super) fn looks_like_python(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(HEAD)]
        .split(|&byte| byte == b'\n')
        .any(|line| is_telling(line.trim_ascii_end()))
}

fn is_telling(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    if let Some(rest) = line.strip_prefix("import ") {
        return rest.split(" as ").all(is_path_list);
    }
    if let Some((path, names)) = line
        .strip_prefix("from ")
        .and_then(|rest| rest.split_once(" import"))
    {
        return is_path(path) && !names.ends_with(';');
    }
    if line.starts_with("#!") {
        return line.contains("python");
    }
    // `DATABASES = {`: a setting of Django.
    if let Some(name) = line.strip_suffix(" = {") {
        return !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    }
    let line = line.strip_prefix("async ").unwrap_or(line);
    (line.starts_with("def ") || line.starts_with("class ")) && line.ends_with(':')
}

fn is_path_list(paths: &str) -> bool {
    paths.split(',').all(|path| is_path(path.trim()))
}

/// A module's name, dotted or relative.
fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .chars()
            .all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '.'))
}
