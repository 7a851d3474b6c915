//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not, as curl and Python read them.

use nuages_provider::{Environment, Error};
use reqwest::{NoProxy, Proxy};

use crate::{METADATA_HOSTS, hosts::bare, is_private};

/// This machine itself: no proxy could reach it.
const THIS_MACHINE: &[&str] = &["localhost", "127.0.0.0/8", "::1"];

/// Addresses of the link itself: no proxy is on it, and what answers there answers its own machine alone.
const LINK: &[&str] = &["169.254.0.0/16", "fe80::/10"];

/// The proxies that the environment names. Metadata services and this machine are never asked through one.
pub(crate) fn proxies(environment: &Environment) -> Result<Vec<Proxy>, Error> {
    // A CGI script's `HTTP_PROXY` is the visitor's header: only the lower-case name is safe then.
    let is_cgi = environment.var("REQUEST_METHOD").is_some();
    let http: &[&str] = if is_cgi {
        &["http_proxy"]
    } else {
        &["http_proxy", "HTTP_PROXY"]
    };
    let all = first(environment, &["all_proxy", "ALL_PROXY"]);
    let mut proxies = Vec::new();
    if let Some((name, url)) = first(environment, &["https_proxy", "HTTPS_PROXY"]).or(all) {
        proxies.push(made(environment, name, Proxy::https(url))?);
    }
    if let Some((name, url)) = first(environment, http).or(all) {
        proxies.push(made(environment, name, Proxy::http(url))?);
    }
    Ok(proxies)
}

fn first<'a>(
    environment: &'a Environment,
    names: &[&'static str],
) -> Option<(&'static str, &'a str)> {
    names
        .iter()
        .find_map(|name| Some((*name, environment.text(name)?)))
}

fn made(
    environment: &Environment,
    name: &str,
    proxy: reqwest::Result<Proxy>,
) -> Result<Proxy, Error> {
    // The URL may hold the proxy's password: it is not shown, and neither is the library's error.
    let proxy = proxy.map_err(|_| {
        Error::invalid_settings(format!("the environment's `{name}` is no URL of a proxy"))
            .with_hint("write `http://host:port`")
    })?;
    Ok(proxy.no_proxy(NoProxy::from_string(&exceptions(environment))))
}

fn exceptions(environment: &Environment) -> String {
    let own = first(environment, &["no_proxy", "NO_PROXY"]).map(|(_, list)| list);
    // Azure's platforms serve tokens there, on an address of their own network.
    let platform = environment
        .text("IDENTITY_ENDPOINT")
        .and_then(|url| url.parse::<http::Uri>().ok())
        // In brackets an IPv6 address would pass for a domain.
        .and_then(|uri| uri.host().map(|host| bare(host).to_owned()))
        .filter(|host| is_private(host));
    own.into_iter()
        .chain(platform.as_deref())
        .chain(THIS_MACHINE.iter().copied())
        .chain(LINK.iter().copied())
        .chain(METADATA_HOSTS.iter().copied())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Environment::new(variables, "/")
    }

    #[test]
    fn a_password_in_a_proxys_url_is_not_shown() {
        let broken = environment(&[("HTTPS_PROXY", "http://user:hunter2@[::")]);
        let error = proxies(&broken).unwrap_err();
        assert_eq!(
            error.message(),
            "the environment's `HTTPS_PROXY` is no URL of a proxy"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn each_kind_of_request_has_its_proxy() {
        let count = |variables: &[(&str, &str)]| proxies(&environment(variables)).unwrap().len();
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[("https_proxy", "http://p:1")]), 1);
        assert_eq!(count(&[("ALL_PROXY", "http://p:1")]), 2);
        assert_eq!(
            count(&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")]),
            0
        );
        assert_eq!(count(&[("HTTPS_PROXY", "")]), 0);
    }

    #[test]
    fn a_platforms_own_address_has_no_proxy() {
        let excepts = |endpoint: &str, address: &str| {
            let variables =
                environment(&[("NO_PROXY", "a.example"), ("IDENTITY_ENDPOINT", endpoint)]);
            exceptions(&variables)
                .split(',')
                .any(|entry| entry == address)
        };
        assert!(excepts("http://10.0.0.5:8081/msi/token", "10.0.0.5"));
        assert!(excepts("http://[fd00::5]:8081/msi/token", "fd00::5"));
        for endpoint in ["http://example.org/", "http://8.8.8.8/", "no URL"] {
            assert!(!excepts(endpoint, "example.org") && !excepts(endpoint, "8.8.8.8"));
            assert!(excepts(endpoint, "a.example") && excepts(endpoint, "169.254.169.254"));
        }
    }
}
