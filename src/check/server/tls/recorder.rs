//! Judges a server's certificate by what is asked, as the drivers do, and remembers what it showed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{Roots, Wanted, roots};
use crate::check::server::{
    Class, Refusal, Stop,
    certificate::{self, Read},
    facts::{Asked, Verified},
};

/// What was seen of a server.
pub(super) struct Seen {
    pub(super) leaf: Vec<u8>,
    pub(super) verified: Verified,
    /// Why it was not enough.
    pub(super) fault: Option<Stop>,
}

/// Judges certificates by what is asked, and remembers them.
pub(super) struct Recorder {
    asked: Asked,
    host: String,
    pub(super) provider: Arc<CryptoProvider>,
    /// Where a certificate is to be verified.
    judge: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    seen: Mutex<Option<Seen>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    pub(super) fn new(wanted: &Wanted<'_>, host: &str) -> Result<Self, Stop> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut trusted = Vec::new();
        let mut judge = None;
        if wanted.asked >= Asked::Authority {
            let roots = wanted.roots.as_ref().unwrap_or(&Roots::System);
            let (store, certificates) = roots::load(roots, wanted.environment, wanted.keys.roots)?;
            let builder =
                WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider));
            let built = builder.build();
            judge = Some(built.map_err(|_| Stop::settings(roots::UNUSABLE, wanted.keys.roots))?);
            trusted = certificates;
        }
        Ok(Self {
            asked: wanted.asked,
            host: host.to_owned(),
            provider,
            judge,
            trusted,
            seen: Mutex::new(None),
        })
    }

    /// What was seen, once.
    pub(super) fn take(&self) -> Option<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// What holds of a certificate, and why it is not more.
    fn judge(
        &self,
        judge: &WebPkiServerVerifier,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> (Verified, Option<Stop>) {
        let Err(error) = judge.verify_server_cert(leaf, between, name, &[], now) else {
            return (Verified::Identity, None);
        };
        let read = certificate::read(leaf);
        let is_named = || read.as_ref().is_some_and(|read| self.is_named_by(read));
        let misnamed = || Some(misnamed(read.as_ref()));
        match &error {
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => {
                if is_named() {
                    (Verified::Identity, None)
                } else {
                    (Verified::Authority, misnamed())
                }
            }
            // One that is trusted itself.
            _ if self.trusted.iter().any(|known| known == leaf) => {
                match read.as_ref().map(is_current) {
                    Some(true) if is_named() => (Verified::Identity, None),
                    Some(true) => (Verified::Authority, misnamed()),
                    _ => (
                        Verified::Nothing,
                        Some(distrusted("it has expired, or is not valid yet")),
                    ),
                }
            }
            error => (Verified::Nothing, Some(fault(error))),
        }
    }

    /// As libpq compares: the subject's common name counts where there is no other name.
    fn is_named_by(&self, read: &Read) -> bool {
        if read.names.is_empty() {
            return read
                .common_name
                .as_deref()
                .is_some_and(|name| certificate::is_for(name, &self.host));
        }
        read.names
            .iter()
            .any(|name| certificate::is_for(name, &self.host))
    }
}

fn is_current(read: &Read) -> bool {
    let now = SystemTime::now();
    read.from <= now && now <= read.until
}

fn distrusted(why: &str) -> Stop {
    Refusal::new(
        Class::Certificate,
        format!("the server's certificate is not accepted: {why}"),
    )
    .into()
}

fn misnamed(read: Option<&Read>) -> Stop {
    let refusal = Refusal::new(
        Class::Certificate,
        "the server's certificate is not accepted: it is for another name than `HOST`",
    );
    let names = read
        .map(|read| read.names.join(", "))
        .filter(|names| !names.is_empty());
    match names {
        // Cut and cleaned where it is put together.
        Some(names) => refusal.said(names),
        None => refusal,
    }
    .into()
}

fn fault(error: &Error) -> Stop {
    let why = match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "it is not valid yet"
            }
            CertificateError::UnknownIssuer => "no authority that is trusted has signed it",
            CertificateError::BadSignature => "its signature is wrong",
            CertificateError::Revoked => "it is revoked",
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "it is not for servers"
            }
            // OpenSSL accepts some that webpki does not read or does not take: that is no refusal of the server's.
            _ => {
                return Stop::not_looked_at(
                    "the server's certificate is of a kind that is not judged here (an old version, a weak signature or an \
                     authority's own): a driver may accept it",
                );
            }
        },
        _ => "it cannot be read",
    };
    distrusted(why)
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (verified, fault) = match &self.judge {
            None => (Verified::Nothing, None),
            Some(judge) => self.judge(judge, leaf, between, name, now),
        };
        let is_enough = match self.asked {
            Asked::Identity => verified == Verified::Identity,
            Asked::Authority => verified >= Verified::Authority,
            _ => true,
        };
        let seen = Seen {
            leaf: leaf.to_vec(),
            verified: if self.asked == Asked::Authority {
                verified.min(Verified::Authority)
            } else {
                verified
            },
            fault: fault.filter(|_| !is_enough),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        if is_enough {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            ))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.judge {
            // Nobody knows whose key it would be: the signature proves nothing, and old certificates cannot be read for it.
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(judge) => judge.verify_tls12_signature(message, leaf, signed),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.judge {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(judge) => judge.verify_tls13_signature(message, leaf, signed),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
