//! Python's `urllib.parse` (versions 3.11 to 3.13), as far as the two libraries lean on it. It is
//! neither RFC 3986 nor the WHATWG standard, so no URL crate reads the same text alike.

use std::net::Ipv6Addr;

use zeroize::Zeroizing;

use super::UrlError;

/// `urllib.parse.uses_params`: schemes whose last path segment may carry `;parameters`.
const USES_PARAMS: [&str; 16] = [
    "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtsps", "rtspu",
    "sip", "sips", "mms", "sftp", "tel",
];

/// `urllib.parse.uses_netloc`: schemes that `urlunsplit` gives a `//` even without a host part.
const USES_NETLOC: [&str; 25] = [
    "ftp", "http", "gopher", "nntp", "telnet", "imap", "wais", "file", "mms", "https", "shttp",
    "snews", "prospero", "rtsp", "rtsps", "rtspu", "rsync", "svn", "svn+ssh", "sftp", "nfs", "git",
    "git+ssh", "ws", "wss",
];

/// Characters whose NFKC form (Unicode 14 and later) holds one of `/ ? # @ :`. Nothing composes
/// with those five, so looking for these one by one is the same as normalising the whole.
const DISGUISED: [std::ops::RangeInclusive<char>; 13] = [
    '\u{2047}'..='\u{2049}',
    '\u{2100}'..='\u{2101}',
    '\u{2105}'..='\u{2106}',
    '\u{2a74}'..='\u{2a74}',
    '\u{fe13}'..='\u{fe13}',
    '\u{fe16}'..='\u{fe16}',
    '\u{fe55}'..='\u{fe56}',
    '\u{fe5f}'..='\u{fe5f}',
    '\u{fe6b}'..='\u{fe6b}',
    '\u{ff03}'..='\u{ff03}',
    '\u{ff0f}'..='\u{ff0f}',
    '\u{ff1a}'..='\u{ff1a}',
    '\u{ff1f}'..='\u{ff20}',
];

/// What `urlsplit` drops before it looks: blanks and control characters in front, and every tab
/// and line break.
pub(super) fn clean(url: &str) -> Zeroizing<String> {
    let url = url.trim_start_matches(|c| c <= ' ');
    let mut cleaned = Zeroizing::new(String::with_capacity(url.len()));
    cleaned.extend(url.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')));
    cleaned
}

/// A URL's parts as they stand, nothing decoded. Empty where absent, as Python has it.
pub(super) struct SplitUrl<'a> {
    /// In lower case.
    pub(super) scheme: String,
    /// `user:password@host:port`.
    pub(super) netloc: &'a str,
    pub(super) path: &'a str,
    params: &'a str,
    pub(super) query: &'a str,
    fragment: &'a str,
}

impl<'a> SplitUrl<'a> {
    /// `urlsplit` of text that went through [`clean`].
    pub(super) fn split(url: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = split_scheme(url);
        let (netloc, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        check_brackets(netloc)?;
        if netloc
            .chars()
            .any(|c| DISGUISED.iter().any(|range| range.contains(&c)))
        {
            return Err(UrlError::DisguisedDelimiter);
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            scheme,
            netloc,
            path,
            params: "",
            query,
            fragment,
        })
    }

    /// `urlparse` of text that went through [`clean`]: [`Self::split`], and `;parameters` cut off
    /// the path of a scheme that has them.
    pub(super) fn parse(url: &'a str) -> Result<Self, UrlError> {
        let mut split = Self::split(url)?;
        if USES_PARAMS.contains(&&*split.scheme) {
            let segment = split.path.rfind('/').unwrap_or(0);
            if let Some(semicolon) = split.path[segment..].find(';') {
                let (path, params) = split.path.split_at(segment + semicolon);
                split.path = path;
                split.params = &params[1..];
            }
        }
        Ok(split)
    }

    /// `urlunparse` of a URL whose path is empty.
    pub(super) fn unsplit_without_path(&self) -> Zeroizing<String> {
        let parts = [
            &self.scheme,
            self.netloc,
            self.params,
            self.query,
            self.fragment,
        ];
        let room = parts.iter().map(|part| part.len() + 3).sum();
        let mut url = Zeroizing::new(String::with_capacity(room));
        if !self.scheme.is_empty() {
            url.push_str(&self.scheme);
            url.push(':');
        }
        let has_params = !self.params.is_empty();
        if !self.netloc.is_empty() {
            url.push_str("//");
            url.push_str(self.netloc);
        } else if USES_NETLOC.contains(&&*self.scheme) {
            url.push_str(if has_params { "///" } else { "//" });
        }
        for (mark, part) in [(';', self.params), ('?', self.query), ('#', self.fragment)] {
            if !part.is_empty() {
                url.push(mark);
                url.push_str(part);
            }
        }
        url
    }

    /// The scheme, where `url` (which this was split from) has `://` behind it.
    pub(super) fn shown_scheme(&self, url: &str) -> Option<String> {
        let rest = url.get(self.scheme.len()..)?;
        (!self.scheme.is_empty() && rest.starts_with("://")).then(|| self.scheme.clone())
    }

    /// What stands behind the last `@` of the host part.
    pub(super) fn host_and_port(&self) -> &'a str {
        self.netloc
            .rsplit_once('@')
            .map_or(self.netloc, |(_, host)| host)
    }

    fn user_and_password(&self) -> (&'a str, &'a str) {
        let user_info = self
            .netloc
            .rsplit_once('@')
            .map_or("", |(user_info, _)| user_info);
        user_info.split_once(':').unwrap_or((user_info, ""))
    }

    /// The user, still encoded.
    pub(super) fn username(&self) -> &'a str {
        self.user_and_password().0
    }

    /// The password, still encoded.
    pub(super) fn password(&self) -> &'a str {
        self.user_and_password().1
    }

    /// Host and port as the colon parts them; brackets go, and whatever stands before the first
    /// or between the last and the colon goes with them.
    fn host_parts(&self) -> (&'a str, &'a str) {
        let host = self.host_and_port();
        match host.split_once('[') {
            Some((_, bracketed)) => {
                let (host, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
                (host, rest.split_once(':').map_or("", |(_, port)| port))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        }
    }

    /// The host, still encoded, in lower case up to the first `%`: what follows may be the zone
    /// of an IPv6 address, whose case counts.
    pub(super) fn hostname(&self) -> Zeroizing<String> {
        let (host, _) = self.host_parts();
        let (name, zone) = host.split_at(host.find('%').unwrap_or(host.len()));
        let mut lower = Zeroizing::new(name.to_lowercase());
        lower.push_str(zone);
        lower
    }

    /// The port, from 0 to 65535; `None` where it is absent or empty.
    pub(super) fn port(&self) -> Result<Option<u16>, UrlError> {
        let (_, port) = self.host_parts();
        if port.is_empty() {
            return Ok(None);
        }
        // `u16::from_str` takes a sign, `int()` after Python's ASCII check does not.
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UrlError::BadPort);
        }
        port.parse().map(Some).map_err(|_| UrlError::BadPort)
    }
}

/// The scheme in lower case and what follows its colon; no scheme where what stands before the
/// first colon is not made like one.
fn split_scheme(url: &str) -> (String, &str) {
    match url.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) =>
        {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => (String::new(), url),
    }
}

/// Brackets anywhere in the host part, be it the password, must hold an IPv6 address or what
/// looks like an address of a version to come.
fn check_brackets(netloc: &str) -> Result<(), UrlError> {
    let (open, close) = (netloc.contains('['), netloc.contains(']'));
    if !open && !close {
        return Ok(());
    }
    let host = netloc.split_once('[').map_or("", |(_, rest)| rest);
    let host = host.split_once(']').map_or(host, |(host, _)| host);
    let valid = open
        && close
        && if let Some(future) = host.strip_prefix('v') {
            future.split_once('.').is_some_and(|(version, address)| {
                !version.is_empty()
                    && version.bytes().all(|byte| byte.is_ascii_hexdigit())
                    && !address.is_empty()
            })
        } else {
            let (address, zone) = host.split_once('%').unwrap_or((host, "-"));
            address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && !zone.contains('%')
        };
    if valid {
        Ok(())
    } else {
        Err(UrlError::BadHost)
    }
}

/// Everything after the first character.
pub(super) fn after_first(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// `unquote`: `%xx` becomes a byte, invalid UTF-8 becomes U+FFFD, a `%` without two hex digits
/// behind it stays.
pub(super) fn unquote(text: &str) -> Zeroizing<String> {
    unquote_bytes(text, |byte| byte)
}

/// `unquote_plus`: [`unquote`], with each unescaped `+` a space.
pub(super) fn unquote_plus(text: &str) -> Zeroizing<String> {
    unquote_bytes(text, |byte| if byte == b'+' { b' ' } else { byte })
}

fn unquote_bytes(text: &str, plain: fn(u8) -> u8) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            bytes.push(high << 4 | low);
            rest = &after[2..];
        } else {
            bytes.push(plain(first));
            rest = after;
        }
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `quote`: every byte but ASCII letters, digits, `_.-~` and `safe` becomes `%XX`.
pub(super) fn quote(text: &str, safe: &[u8]) -> Zeroizing<String> {
    // Room for the worst case, so that no grown-out-of buffer is left behind unwiped.
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() * 3));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            quoted.push('%');
            for nibble in [byte >> 4, byte & 15] {
                quoted.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    quoted
}

/// `parse_qs`: each name, in order of first appearance, with all its values. `&` alone separates;
/// a name without `=` or with nothing behind it is dropped.
pub(super) fn parse_qs(query: &str) -> Vec<(String, Vec<Zeroizing<String>>)> {
    let mut fields: Vec<(String, Vec<Zeroizing<String>>)> = Vec::new();
    for (name, value) in query.split('&').filter_map(|field| field.split_once('=')) {
        if value.is_empty() {
            continue;
        }
        let (name, value) = (unquote_plus(name), unquote_plus(value));
        match fields.iter_mut().find(|(have, _)| *have == *name) {
            Some((_, values)) => values.push(value),
            None => fields.push((name.to_string(), vec![value])),
        }
    }
    fields
}
