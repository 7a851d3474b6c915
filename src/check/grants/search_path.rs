//! Where tables are made and who makes them: `search_path` and `role` in libpq's `options`.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS> has the words of `options`,
//! <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH> the list.

/// The schemas, in their order; `None` where nothing is said, or it cannot be read.
pub(super) fn schemas(options: &str) -> Option<Vec<String>> {
    list(&setting(options, "search_path")?)
}

/// The role that a session becomes as it begins: as it is written, since the server folds no letters there.
pub(super) fn role(options: &str) -> Option<String> {
    setting(options, "role").filter(|role| role != "none")
}

/// The last value of a setting.
fn setting(options: &str, wanted: &str) -> Option<String> {
    let mut found = None;
    let mut words = words(options).into_iter();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c") {
            Some("") => words.next(),
            Some(setting) => Some(setting.to_owned()),
            None => word.strip_prefix("--").map(str::to_owned),
        };
        let Some(setting) = setting else { continue };
        let (name, value) = setting.split_once('=').unwrap_or((&setting, ""));
        if name.replace('-', "_").eq_ignore_ascii_case(wanted) {
            found = Some(value.to_owned());
        }
    }
    found
}

/// Words between blanks; a backslash keeps what comes after it.
fn words(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        if c.is_ascii_whitespace() {
            words.extend(word.take());
        } else {
            let kept = if c == '\\' { chars.next() } else { Some(c) };
            word.get_or_insert_default().extend(kept);
        }
    }
    words.extend(word);
    words
}

/// Names between commas: plain ones in small letters, quoted ones as they are.
fn list(path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = path.trim();
    loop {
        let (name, behind) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_name(quoted)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].trim().to_ascii_lowercase(), &rest[end..])
        };
        if name.is_empty() {
            return None;
        }
        names.push(name);
        let behind = behind.trim_start();
        if behind.is_empty() {
            break;
        }
        rest = behind.strip_prefix(',')?.trim_start();
    }
    // Those stand for whoever logs in, and for what the server keeps itself.
    names.retain(|name| name != "$user" && !name.starts_with("pg_"));
    (!names.is_empty()).then_some(names)
}

/// A name up to its closing quote, and what comes behind that.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let at = rest.find('"')?;
        name.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for (options, expected) in [
            ("-c role=dba", Some("dba")),
            ("-c role=a --ROLE=Owner", Some("Owner")),
            ("-c role=none", None),
            ("-c search_path=role", None),
        ] {
            assert_eq!(role(options).as_deref(), expected, "{options}");
        }
    }

    #[test]
    fn a_path_is_read_as_the_server_reads_it() {
        for (options, expected) in [
            ("-c search_path=shop", &["shop"][..]),
            ("-csearch_path=Shop,public", &["shop", "public"]),
            ("--search-path=shop", &["shop"]),
            (
                "-c search_path=shop,\\ public -c work_mem=1MB",
                &["shop", "public"],
            ),
            (r#"-c search_path="My\ Shop","a""b""#, &["My Shop", "a\"b"]),
            ("-c search_path=a -c search_path=b", &["b"]),
            (r#"-c search_path="$user",public"#, &["public"]),
            ("-c search_path=$user,pg_catalog,shop", &["shop"]),
        ] {
            assert_eq!(
                schemas(options).as_deref().unwrap_or_default(),
                expected,
                "{options}"
            );
        }
        for options in [
            "",
            "-c work_mem=1MB",
            "-c search_path=",
            "-c search_path=a,,b",
            r#"-c search_path="a"#,
            r#"-c search_path="a"b"#,
            r#"-c search_path="$user""#,
            "search_path=a",
            "-c",
        ] {
            assert_eq!(schemas(options), None, "{options}");
        }
    }
}
