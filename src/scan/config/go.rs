//! Expressions as Go's `regexp` reads them (<https://github.com/google/re2/wiki/Syntax>), in the syntax of ours. The two
//! are the same but for what a bracket, a brace or an escape means in a few places. What Go knows and we do not (Unicode
//! classes, `\C`) stays as it is, and is refused when it is compiled.

/// Rewrites an expression. Any text gives some text; whether it is an expression is told when it is compiled.
pub(super) fn translate(go: &str) -> String {
    let mut translator = Translator {
        rest: go,
        out: String::with_capacity(go.len() + 8),
    };
    translator.run();
    translator.out
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
}

impl Translator<'_> {
    fn run(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(),
                '[' => self.class(),
                // A brace that counts nothing is itself.
                '{' if !counts(self.rest) => self.out.push_str("\\{"),
                c => self.out.push(c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Behind a backslash.
    fn escape(&mut self) {
        match self.next() {
            None => self.out.push('\\'),
            // Up to `\E`, or to the end, every character is itself.
            Some('Q') => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                for c in quoted.chars() {
                    self.literal(c);
                }
                self.rest = rest;
            }
            Some('E') => {}
            // Words begin and end at these in our syntax.
            Some(c @ ('<' | '>')) => self.out.push(c),
            Some(c) => {
                if c.is_ascii() {
                    self.out.push('\\');
                }
                self.out.push(c);
            }
        }
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() && c != '<' && c != '>' {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    /// Behind an opening bracket. In ours, a bracket within opens a class in the class, and `&&`, `--` and `~~` combine
    /// classes; in Go's they are themselves.
    fn class(&mut self) {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.out.push('^');
            self.rest = rest;
        }
        // First in the class, it does not end it.
        if let Some(rest) = self.rest.strip_prefix(']') {
            self.out.push_str("\\]");
            self.rest = rest;
        }
        while !self.rest.is_empty() {
            if let Some(rest) = self.rest.strip_prefix(']') {
                self.out.push(']');
                self.rest = rest;
                return;
            }
            // A range has one character on either side; any other dash is itself.
            let is_range = self.item()
                && self
                    .rest
                    .strip_prefix('-')
                    .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(']'));
            if is_range {
                self.next();
                self.out.push('-');
                self.item();
            }
        }
    }

    /// One item of a class; whether it is one character, and so can begin a range.
    fn item(&mut self) -> bool {
        let Some(c) = self.next() else {
            return false;
        };
        match c {
            '\\' => {
                let is_one = !self
                    .rest
                    .starts_with(['d', 'D', 's', 'S', 'w', 'W', 'p', 'P', 'Q', 'E']);
                self.escape();
                is_one
            }
            '[' => {
                let Some(length) = named(self.rest) else {
                    self.out.push_str("\\[");
                    return true;
                };
                let (name, rest) = self.rest.split_at(length);
                self.out.push('[');
                self.out.push_str(name);
                self.rest = rest;
                false
            }
            '&' | '~' | '-' | '^' => {
                self.out.push('\\');
                self.out.push(c);
                true
            }
            c => {
                self.out.push(c);
                true
            }
        }
    }
}

/// Behind a brace: whether it counts (`{2}`, `{2,}`, `{2,4}`).
fn counts(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match inside.split_once(',') {
        None => is_number(inside),
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
    }
}

/// Behind a bracket in a class: how long `:alpha:]` is.
fn named(rest: &str) -> Option<usize> {
    let name = rest.strip_prefix(':')?;
    let end = name.find(":]")?;
    let inside = name[..end].strip_prefix('^').unwrap_or(&name[..end]);
    let is_name = !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_lowercase());
    is_name.then_some(end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::pattern::compile;

    #[test]
    fn what_the_two_read_differently_is_rewritten() {
        // The expression, a text that it is found in, one that it is not.
        let cases = [
            (r"a{2,3}b", "aab", "ab"),
            (r"a{b}", "a{b}", "ab"),
            (r"\${[a-z]+}", "${x}", "$x"),
            (r"^[a[b]$", "[", "c"),
            (r"^[]a]$", "]", "b"),
            (r"^[^]a]$", "b", "]"),
            (r"^[a&&b]$", "&", "c"),
            (r"^[a~~b]$", "~", "c"),
            (r"^[\w--]$", "-", "!"),
            (r"^[+--]$", ",", "/"),
            (r"^[\^-a]$", "_", "-"),
            (r"^[-a]$", "-", "b"),
            (r"^[a^]$", "^", "b"),
            (r"^[a-]$", "-", "b"),
            (r"^[[:alpha:]_]+$", "ab_", "1"),
            (r"^[[:^digit:]]$", "a", "1"),
            (r"\<b\>", "<b>", "b"),
            (r"\Qa.b*[\E+", "a.b*[[", "axb"),
            (r"\Qa.b", "a.b", "axb"),
            (r#"(?i)\"key\'\=\_\/\-"#, "\"KEY'=_/-", "key"),
            (r"(?P<name>x)\z", "x", "y"),
            (r"^é+$", "éé", "e"),
        ];
        for (go, met, unmet) in cases {
            let regex = compile(&translate(go)).unwrap_or_else(|error| panic!("{go}: {error}"));
            assert!(regex.is_match(met), "{go} is not found in {met}");
            assert!(!regex.is_match(unmet), "{go} is found in {unmet}");
        }
    }

    #[test]
    fn what_is_not_known_here_is_refused() {
        for go in [r"\pL", r"\C", r"\p{Greek}", r"(?=a)", r"(a", r"a**"] {
            // Go refuses the last three as well.
            let is_refused = compile(&translate(go)).is_err();
            assert_eq!(is_refused, go != r"a**", "{go}");
        }
    }
}
