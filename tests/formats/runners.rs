//! How CI systems read what a step tells them: small ports of their own readers, each named with the public file it
//! follows. They keep the originals' order of doing things, so that what those get wrong is got wrong here.

use std::collections::BTreeMap;

/// GitHub's `ActionCommand.TryParseV2` and `UnescapeData` (actions/runner 2.336, `src/Runner.Common/ActionCommand.cs`):
/// the command and its data.
pub(crate) fn github_command(line: &str) -> Option<(String, String)> {
    let line = line.trim_start().strip_prefix("::")?;
    let (info, data) = line.split_once("::")?;
    let command = info.split(' ').next()?;
    let data = data
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%25", "%");
    Some((command.to_owned(), data))
}

/// What GitHub's runner masks after an `add-mask` (`ActionCommandManager.cs`): the data, and each of its lines.
pub(crate) fn github_masks(stdout: &str) -> Vec<String> {
    let mut masks = Vec::new();
    // .NET's readers end a line at CR, LF or both.
    for line in stdout.split(['\r', '\n']).filter(|line| !line.is_empty()) {
        let (command, data) =
            github_command(line).unwrap_or_else(|| panic!("no command: {}", line.len()));
        assert_eq!(command, "add-mask");
        assert!(!data.trim().is_empty(), "the runner warns of an empty mask");
        let lines = data.split(['\r', '\n']).map(str::trim);
        masks.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
        masks.push(data);
    }
    masks
}

/// A log line as `SecretMasker.cs` shows it, without the encodings that the runner adds by itself.
pub(crate) fn masked(line: &str, masks: &[String]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for mask in masks {
        let mut from = 0;
        while let Some(at) = line.get(from..).and_then(|rest| rest.find(mask.as_str())) {
            spans.push((from + at, from + at + mask.len()));
            let sign = line[from + at..].chars().next().map_or(1, char::len_utf8);
            from += at + sign;
        }
    }
    spans.sort_unstable();
    let (mut shown, mut end) = (String::new(), 0);
    for (from, to) in spans {
        if from > end || end == 0 {
            shown.push_str(&line[end..from.max(end)]);
            shown.push_str("***");
        }
        end = end.max(to);
    }
    shown.push_str(&line[end..]);
    shown
}

/// `EnvFileKeyValuePairs` and `SetEnvFileCommand` (actions/runner 2.336, `src/Runner.Worker/FileCommandManager.cs`), on
/// Linux.
pub(crate) fn github_file(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut index = 0;
    while let Some((line, _)) = read_line(text, &mut index) {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let (name, value) = match (equals, heredoc) {
            (Some(equals), heredoc) if heredoc.is_none_or(|at| equals < at) => {
                (line[..equals].to_owned(), line[equals + 1..].to_owned())
            }
            (_, Some(at)) => {
                let (name, delimiter) = (&line[..at], &line[at + 2..]);
                if name.is_empty() || delimiter.is_empty() {
                    return Err("an empty name or delimiter".to_owned());
                }
                let start = index;
                let mut end = index;
                loop {
                    match read_line(text, &mut index) {
                        None => return Err("no delimiter".to_owned()),
                        Some((line, _)) if line == delimiter => break,
                        Some((_, 0)) => return Err("no line break".to_owned()),
                        Some((_, newline)) => end = index - newline,
                    }
                }
                let value = if end > start { &text[start..end] } else { "" };
                (name.to_owned(), value.to_owned())
            }
            _ => return Err("neither `=` nor `<<`".to_owned()),
        };
        if name.eq_ignore_ascii_case("NODE_OPTIONS") {
            return Err("blocked".to_owned());
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// A line and the length of its break.
fn read_line<'a>(text: &'a str, index: &mut usize) -> Option<(&'a str, usize)> {
    let rest = text.get(*index..).filter(|rest| !rest.is_empty())?;
    let (line, newline) = match rest.find('\n') {
        Some(at) => (&rest[..at], 1),
        None => (rest, 0),
    };
    *index += line.len() + newline;
    Some((line, newline))
}

/// A logging command of Azure Pipelines.
#[derive(Debug)]
pub(crate) struct AzureCommand {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

/// `Command.TryParse` and `CommandStringConvertor.Unescape` (microsoft/azure-pipelines-agent, August 2026).
pub(crate) fn azure_command(line: &str) -> Option<AzureCommand> {
    let at = line.find("##vso[")?;
    let (info, data) = line[at + "##vso[".len()..].split_once(']')?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let properties = properties
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_ascii_lowercase(), azure_unescape(value)))
        .collect();
    Some(AzureCommand {
        name: name.to_owned(),
        properties,
        data: azure_unescape(data),
    })
}

fn azure_unescape(text: &str) -> String {
    text.replace("%3B", ";")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%5D", "]")
        .replace("%AZP25", "%")
}

/// The variables that a step of Azure Pipelines has set, as the next one finds them: `TaskSetVariableCommand` refuses
/// secrets of several lines, `RecalculateExpanded` (`Variables.cs`) puts other variables for macros.
pub(crate) fn azure_variables(stdout: &str) -> Result<Vec<(String, String)>, String> {
    let mut variables = Vec::new();
    for line in stdout.split(['\r', '\n']).filter(|line| !line.is_empty()) {
        let command = azure_command(line).ok_or("no command")?;
        assert_eq!(command.name, "task.setvariable");
        if command.properties["issecret"] == "true" && command.data.contains('\n') {
            return Err("secrets cannot contain multiple lines".to_owned());
        }
        if let Some(at) = command.data.find("$(")
            && command.data[at..].contains(')')
        {
            return Err("a macro".to_owned());
        }
        variables.push((command.properties["variable"].clone(), command.data));
    }
    Ok(variables)
}

/// `Ci::ParseDotenvArtifactService` of GitLab 18: each line by `/^(.*?)=(.*)$/`, both sides stripped. What `ExpandVariables`
/// would expand is an error here.
pub(crate) fn gitlab_report(text: &str) -> Result<Vec<(String, String)>, String> {
    let stripped = |text: &str| {
        text.trim_start_matches(|sign| matches!(sign, '\0' | '\t'..='\r' | ' '))
            .trim_end_matches(|sign| matches!(sign, '\0' | '\t'..='\r' | ' '))
            .to_owned()
    };
    let mut variables = Vec::new();
    for line in text.split_terminator('\n') {
        let (name, value) = line.split_once('=').ok_or("invalid format")?;
        let value = stripped(value);
        let has_percent_name = value
            .split('%')
            .collect::<Vec<_>>()
            .windows(3)
            .any(|parts| {
                let mut signs = parts[1].chars();
                signs
                    .next()
                    .is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '_')
                    && signs.all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
            });
        if value.contains('$') || has_percent_name {
            return Err("a variable".to_owned());
        }
        variables.push((stripped(name), value));
    }
    Ok(variables)
}

/// `java.util.Properties.load` of Java 17, of a stream: natural lines, continued lines, comments, the end of the key,
/// escapes.
pub(crate) fn java_properties(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    // A stream is ISO 8859-1.
    let text: Vec<char> = bytes.iter().copied().map(char::from).collect();
    let mut pairs = Vec::new();
    for line in java_lines(&text) {
        let mut end = 0;
        let mut is_escaped = false;
        while let Some(&sign) = line.get(end) {
            if !is_escaped && matches!(sign, '=' | ':' | ' ' | '\t' | '\x0c') {
                break;
            }
            is_escaped = sign == '\\' && !is_escaped;
            end += 1;
        }
        let mut start = end;
        let mut has_separator = false;
        while let Some(&sign) = line.get(start) {
            match sign {
                ' ' | '\t' | '\x0c' => {}
                '=' | ':' if !has_separator => has_separator = true,
                _ => break,
            }
            start += 1;
        }
        pairs.push((java_text(&line[..end])?, java_text(&line[start..])?));
    }
    Ok(pairs)
}

fn java_lines(text: &[char]) -> Vec<Vec<char>> {
    let mut lines = Vec::new();
    let mut natural = text.split(|sign| matches!(sign, '\n' | '\r'));
    while let Some(first) = natural.next() {
        let mut line: Vec<char> = without_blanks(first).to_vec();
        if line.is_empty() || matches!(line[0], '#' | '!') {
            continue;
        }
        while line.iter().rev().take_while(|sign| **sign == '\\').count() % 2 == 1 {
            line.pop();
            let Some(next) = natural.next() else { break };
            line.extend(without_blanks(next));
        }
        lines.push(line);
    }
    lines
}

fn without_blanks(line: &[char]) -> &[char] {
    let blanks = line
        .iter()
        .take_while(|sign| matches!(sign, ' ' | '\t' | '\x0c'));
    &line[blanks.count()..]
}

fn java_text(line: &[char]) -> Result<String, String> {
    let mut units: Vec<u16> = Vec::new();
    let mut signs = line.iter().copied();
    while let Some(sign) = signs.next() {
        let meant = match sign {
            '\\' => match signs.next() {
                Some('u') => {
                    let digits: String = signs.by_ref().take(4).collect();
                    let unit = u16::from_str_radix(&digits, 16)
                        .map_err(|_| "malformed \\uxxxx encoding")?;
                    units.push(unit);
                    continue;
                }
                Some('t') => '\t',
                Some('r') => '\r',
                Some('n') => '\n',
                Some('f') => '\x0c',
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend(meant.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16(&units).map_err(|error| error.to_string())
}
