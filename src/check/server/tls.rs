//! TLS that remembers: what the server showed, what was asked of it, and what of that held.
//!
//! Verification is that of the drivers: libpq's `verify-ca` leaves the name alone, and a certificate that is itself among
//! the trusted ones needs no authority. <https://www.postgresql.org/docs/18/libpq-ssl.html>

mod recorder;
mod roots;

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, Error, ProtocolVersion, SupportedProtocolVersion, pki_types::ServerName,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    Class, Refusal, Stop, Variables,
    certificate::{self, Read},
    facts::{self, Asked, Verified},
    text::Cleaner,
};

use recorder::Recorder;
#[cfg(feature = "connect-postgresql")]
pub(super) use roots::own_file;

/// Whose certificates are trusted.
#[derive(Clone, Debug)]
pub(super) enum Roots {
    /// Those of the system.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// What is asked of a connection.
pub(super) struct Wanted<'a> {
    pub(super) asked: Asked,
    pub(super) roots: Option<Roots>,
    /// A certificate of ours and its key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    /// Whether the server is told which name it is called by.
    pub(super) sends_name: bool,
    pub(super) protocol: Option<&'static [u8]>,
    pub(super) versions: &'static [&'static SupportedProtocolVersion],
    pub(super) environment: &'a Variables,
    pub(super) keys: Keys,
}

/// The keys of a database that a fault is about.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    pub(super) roots: &'static [&'static str],
    pub(super) identity: &'static [&'static str],
}

/// What a handshake has shown.
#[derive(Debug)]
pub(super) struct Shown {
    version: Option<String>,
    cipher: Option<String>,
    asked: Asked,
    pub(super) verified: Verified,
    read: Option<Read>,
}

impl Shown {
    /// For the report.
    pub(super) fn facts(&self, cleaner: &Cleaner, ends_before: bool) -> facts::Tls {
        let certificate = self.read.as_ref().map(|read| facts::Certificate {
            until: Some(read.until),
            names: cleaner.clean_all(read.names.iter().map(String::as_str), 8),
        });
        facts::Tls {
            version: self.version.clone(),
            cipher: self.cipher.clone(),
            asked: Some(self.asked),
            verified: self.verified,
            certificate,
            ends_before,
        }
    }

    /// For binding a login to this channel.
    pub(super) fn end_point(&self) -> Option<&[u8]> {
        self.read.as_ref()?.end_point.as_deref()
    }
}

/// TLS over a stream, with the server that goes by `host`.
pub(super) async fn handshake<S>(
    stream: S,
    host: &str,
    wanted: &Wanted<'_>,
) -> Result<(TlsStream<S>, Shown), Stop>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Stop::not_looked_at("the host's name is none that a certificate could have")
    })?;
    let recorder = Arc::new(Recorder::new(wanted, host)?);
    let configuration = configuration(wanted, Arc::clone(&recorder))?;
    let connector = TlsConnector::from(Arc::new(configuration));
    let stream = match connector.connect(name, stream).await {
        Ok(stream) => stream,
        Err(error) => return Err(refused(&error, &recorder)),
    };
    let (_, session) = stream.get_ref();
    let seen = recorder.take();
    let shown = Shown {
        version: session.protocol_version().map(version),
        cipher: session
            .negotiated_cipher_suite()
            .map(|suite| format!("{:?}", suite.suite())),
        asked: wanted.asked,
        verified: seen
            .as_ref()
            .map_or(Verified::Nothing, |seen| seen.verified),
        read: seen.and_then(|seen| certificate::read(&seen.leaf)),
    };
    Ok((stream, shown))
}

fn version(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

fn configuration(wanted: &Wanted<'_>, recorder: Arc<Recorder>) -> Result<ClientConfig, Stop> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(&recorder.provider))
        .with_protocol_versions(wanted.versions)
        .map_err(|_| Stop::not_looked_at("TLS cannot be set up in these versions"))?
        .dangerous()
        .with_custom_certificate_verifier(recorder);
    let mut configuration = match &wanted.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let (chain, key) = roots::identity(certificate, key, wanted.keys.identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|_| {
                Stop::settings(
                    "the client's certificate and its key do not belong together",
                    wanted.keys.identity,
                )
            })?
        }
    };
    configuration.enable_sni = wanted.sends_name;
    configuration.alpn_protocols = wanted.protocol.map(<[u8]>::to_vec).into_iter().collect();
    Ok(configuration)
}

/// Why there is no TLS.
fn refused(error: &io::Error, recorder: &Recorder) -> Stop {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    let seen = recorder.take();
    if let Some(fault) = seen.and_then(|seen| seen.fault) {
        return fault;
    }
    let what = match inner {
        Some(Error::AlertReceived(alert)) => {
            format!("the server has ended the TLS handshake: {alert:?}")
        }
        Some(Error::PeerIncompatible(_)) => {
            "the server has no version or cipher of TLS 1.2 or 1.3 in common".to_owned()
        }
        Some(Error::InvalidMessage(_)) => "what answers does not speak TLS".to_owned(),
        Some(_) => "the TLS handshake has failed".to_owned(),
        None => "the connection has ended within the TLS handshake".to_owned(),
    };
    Refusal::new(Class::Tls, what).into()
}
