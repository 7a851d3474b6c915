//! Oracle's connect strings, as far as rules ask: `tcps://host:port/service`, and descriptors in parentheses. A lone word
//! is a name of `tnsnames.ora`.

/// What a string or a descriptor says that connects somewhere.
struct Address {
    protocol: String,
    host: String,
}

/// The hosts that are reached without TLS.
pub(super) fn plain_hosts(text: &str) -> Vec<String> {
    let plain = |address: Address| (address.protocol == "tcp").then_some(address.host);
    addresses(text).into_iter().filter_map(plain).collect()
}

/// The hosts that are reached in any way.
pub(super) fn hosts(text: &str) -> Vec<String> {
    let host = |address: Address| address.host;
    addresses(text).into_iter().map(host).collect()
}

fn addresses(text: &str) -> Vec<Address> {
    let text = text.trim();
    if text.starts_with('(') {
        return of_descriptor(text);
    }
    of_easy_connect(text)
}

/// `[[protocol:]//]host1,host2[:port][/service][?…]`; without a service it is a name.
fn of_easy_connect(text: &str) -> Vec<Address> {
    let (protocol, rest) = match text.split_once("//") {
        Some((protocol, rest)) if protocol.ends_with(':') => {
            (protocol.trim_end_matches(':').to_ascii_lowercase(), rest)
        }
        Some(("", rest)) => ("tcp".to_owned(), rest),
        _ => ("tcp".to_owned(), text),
    };
    let Some((hosts, _)) = rest.split_once('/') else {
        return Vec::new();
    };
    let address = |host: &str| Address {
        protocol: protocol.clone(),
        host: without_port(host.trim()).to_owned(),
    };
    hosts.split([',', ';']).map(address).collect()
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.split(':').next().unwrap_or(host)
}

/// Each `ADDRESS` of a descriptor; its protocol is TCP where it says none.
fn of_descriptor(text: &str) -> Vec<Address> {
    let lower = text.to_ascii_lowercase();
    let lower: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    lower
        .split("(address=")
        .skip(1)
        .map(|address| Address {
            protocol: parameter(address, "protocol").unwrap_or("tcp").to_owned(),
            host: parameter(address, "host").unwrap_or_default().to_owned(),
        })
        .filter(|address| !address.host.is_empty())
        .collect()
}

/// The value of `(name=…)`, in lower case and without blanks.
fn parameter<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split('(').find_map(|part| {
        let value = part.strip_prefix(name)?.strip_prefix('=')?;
        Some(value.split(')').next().unwrap_or(value).trim_matches('"'))
    })
}

/// Whether the string turns off the comparison of names.
pub(super) fn turns_match_off(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let lower: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    let value = lower
        .split("ssl_server_dn_match=")
        .nth(1)
        .map(|rest| rest.split([')', '&', '?']).next().unwrap_or(rest));
    value.is_some_and(|value| !is_true(value.trim_matches('"')))
}

/// Whether the driver takes a word for true.
pub(super) fn is_true(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    ["on", "yes", "true"].contains(&word.as_str())
}
