//! What can go wrong between a request and its whole answer, told apart by type, in words without any of the content.

use std::{error, fmt, io};

use nuages_provider::{Error, ErrorKind, Retry};

use crate::{CONNECT_LIMIT, LARGEST_BODY, dns::NoAddress, is_loopback};

/// A request that got no whole answer, with the host it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    host: String,
    fault: Fault,
    has_proxy: bool,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The host is not one that the credentials may travel to.
    Forbidden,
    /// The host is not this machine, and the address is not https.
    Plain,
    /// The host's name has no address.
    NoAddress,
    /// Nothing listens there.
    Refused,
    /// No route there, or the network is down.
    Unreachable,
    /// The connection was cut before the answer.
    Closed,
    /// The connection was cut within the answer.
    Truncated,
    /// No connection within [`CONNECT_LIMIT`].
    NoConnection,
    /// No answer in the time that was given.
    TimedOut,
    /// The certificate is signed by nobody that is trusted.
    UntrustedCertificate,
    /// The certificate is for other hosts.
    WrongHost,
    /// The certificate has expired, or is not valid yet.
    ExpiredCertificate,
    /// TLS failed otherwise: no common version, a certificate that is broken, or no TLS at all.
    Tls,
    /// The proxy did not let it through.
    Proxy,
    /// The answer is larger than [`LARGEST_BODY`].
    TooLarge,
    /// The answer is not HTTP.
    NotHttp,
    /// Anything else.
    Other,
}

impl TransportError {
    pub(crate) fn new(host: &str, fault: Fault) -> Self {
        Self {
            host: host.to_owned(),
            fault,
            has_proxy: false,
        }
    }

    /// The same, of a client that has a proxy: what looks like the host's fault may be the proxy's.
    pub(crate) fn behind_proxy(self, has_proxy: bool) -> Self {
        Self { has_proxy, ..self }
    }

    /// The host, with the port where one was given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What went wrong.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// As the failure of a provider.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let (kind, retry) = match self.fault {
            Fault::Forbidden | Fault::Plain => (ErrorKind::InvalidSettings, Retry::Never),
            Fault::UntrustedCertificate
            | Fault::WrongHost
            | Fault::ExpiredCertificate
            | Fault::Tls
            | Fault::NoConnection
            | Fault::Proxy => (ErrorKind::Unavailable, Retry::Never),
            Fault::TooLarge | Fault::NotHttp => (ErrorKind::Malformed, Retry::Never),
            Fault::NoAddress
            | Fault::Refused
            | Fault::Unreachable
            | Fault::Closed
            | Fault::Truncated
            | Fault::TimedOut
            | Fault::Other => (ErrorKind::Unavailable, Retry::Later),
        };
        let error = Error::new(kind, self.to_string()).with_retry(retry);
        match self.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self.fault {
            Fault::Forbidden => {
                Some("write it as the instance's `endpoint` in the manifest if it is to be trusted")
            }
            Fault::Plain => Some("use https; http is for an emulator on this machine alone"),
            Fault::UntrustedCertificate => {
                Some("where a private authority signs it, name its certificate in `SSL_CERT_FILE`")
            }
            Fault::ExpiredCertificate => Some("look at the server's certificate and at this clock"),
            Fault::Proxy => Some("look at `HTTPS_PROXY` and `NO_PROXY`"),
            Fault::Refused | Fault::NoAddress | Fault::Unreachable | Fault::NoConnection
                if self.has_proxy && !is_loopback(authority_host(&self.host)) =>
            {
                Some("it may be the proxy: look at `HTTPS_PROXY` and `NO_PROXY`")
            }
            _ => None,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.fault {
            Fault::Forbidden => write!(f, "`{host}` is not a host to send credentials to"),
            Fault::Plain => write!(f, "`{host}` would be asked without TLS"),
            Fault::NoAddress => write!(f, "`{host}` has no address"),
            Fault::Refused => write!(f, "`{host}` refused the connection"),
            Fault::Unreachable => write!(f, "`{host}` cannot be reached"),
            Fault::Closed => write!(f, "`{host}` closed the connection without an answer"),
            Fault::Truncated => write!(f, "the answer of `{host}` ended early"),
            Fault::NoConnection => write!(
                f,
                "no connection with `{host}` within {} s",
                CONNECT_LIMIT.as_secs()
            ),
            Fault::TimedOut => write!(f, "`{host}` gave no answer in time"),
            Fault::UntrustedCertificate => {
                write!(
                    f,
                    "the certificate of `{host}` is signed by nobody trusted here"
                )
            }
            Fault::WrongHost => write!(f, "the certificate of `{host}` is for another host"),
            Fault::ExpiredCertificate => {
                write!(f, "the certificate of `{host}` is not valid at this time")
            }
            Fault::Tls => write!(f, "no TLS connection with `{host}`"),
            Fault::Proxy => write!(f, "the proxy lets nothing through to `{host}`"),
            Fault::TooLarge => write!(
                f,
                "the answer of `{host}` is larger than {} MiB",
                LARGEST_BODY >> 20
            ),
            Fault::NotHttp => write!(f, "`{host}` does not answer in HTTP"),
            Fault::Other => write!(f, "the request to `{host}` failed"),
        }
    }
}

impl error::Error for TransportError {}

impl Fault {
    /// What a failed request was.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return if error.is_connect() {
                Self::NoConnection
            } else {
                Self::TimedOut
            };
        }
        chain(error).find_map(Self::of_cause).unwrap_or(Self::Other)
    }

    /// What a body that broke off was.
    pub(crate) fn of_body(error: &reqwest::Error) -> Self {
        match Self::of(error) {
            Self::Closed | Self::Other => Self::Truncated,
            fault => fault,
        }
    }

    fn of_cause(cause: &(dyn error::Error + 'static)) -> Option<Self> {
        if cause.is::<NoAddress>() {
            return Some(Self::NoAddress);
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(tls));
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            // An I/O error may wrap the one that tells more, and hides it from `source`.
            if let Some(inner) = io.get_ref()
                && let Some(fault) = chain(inner).find_map(Self::of_cause)
            {
                return Some(fault);
            }
            return Self::of_io(io.kind());
        }
        let http = cause.downcast_ref::<hyper::Error>()?;
        // The innermost cause says more: a reset is told as one.
        if let Some(fault) =
            error::Error::source(http).and_then(|inner| chain(inner).find_map(Self::of_cause))
        {
            return Some(fault);
        }
        if http.is_parse() {
            Some(Self::NotHttp)
        } else if http.is_incomplete_message() || http.is_closed() || http.is_canceled() {
            Some(Self::Closed)
        } else {
            None
        }
    }

    fn of_io(kind: io::ErrorKind) -> Option<Self> {
        match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Some(Self::Closed),
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Some(Self::Unreachable),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use rustls::CertificateError as Certificate;
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                // The second: of an authority that only has the name of a trusted one, as after its key was renewed.
                Certificate::UnknownIssuer | Certificate::BadSignature => {
                    Self::UntrustedCertificate
                }
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::WrongHost
                }
                Certificate::Expired
                | Certificate::ExpiredContext { .. }
                | Certificate::NotValidYet
                | Certificate::NotValidYetContext { .. } => Self::ExpiredCertificate,
                _ => Self::Tls,
            },
            _ => Self::Tls,
        }
    }
}

/// The host of `host:port`.
fn authority_host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// An error and what it comes from.
fn chain<'a>(
    error: &'a (dyn error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}
