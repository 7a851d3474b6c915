//! Application registrations: who may log in at a tenant, and by what.

use std::fmt;
use std::io;

use crate::der::Certificate;
use crate::random;

/// An application as a tenant has it registered, with its credentials; any of them lets it in.
#[derive(Clone)]
pub struct App {
    pub(crate) object_id: String,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) federations: Vec<Federation>,
    pub(crate) trusted: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) value: String,
    pub(crate) expired: bool,
}

/// Whose tokens are taken in place of a secret.
#[derive(Clone)]
pub(crate) struct Federation {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
}

impl App {
    /// An application that nothing lets in yet.
    #[expect(
        clippy::new_without_default,
        reason = "no two are equal: each has an object id of its own"
    )]
    pub fn new() -> Self {
        Self {
            object_id: random::guid(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            federations: Vec::new(),
            trusted: Vec::new(),
        }
    }

    /// An application with a client secret.
    pub fn secret(value: &str) -> Self {
        Self::new().with_secret(value)
    }

    /// An application with a client secret that has expired.
    pub fn expired_secret(value: &str) -> Self {
        Self::new().with_expired_secret(value)
    }

    /// An application with the first certificate of a text in PEM.
    ///
    /// # Errors
    ///
    /// The text holds no certificate, or one that cannot be read.
    pub fn certificate(pem: &str) -> io::Result<Self> {
        Self::new().with_certificate(pem)
    }

    /// An application that takes the tokens of an issuer for a subject, as a federated identity credential.
    pub fn federated(issuer: &str, subject: &str, audience: &str) -> Self {
        Self::new().with_federation(issuer, subject, audience)
    }

    /// Adds a client secret.
    #[must_use]
    pub fn with_secret(mut self, value: &str) -> Self {
        let value = value.to_owned();
        self.secrets.push(Secret {
            value,
            expired: false,
        });
        self
    }

    /// Adds a client secret that has expired.
    #[must_use]
    pub fn with_expired_secret(mut self, value: &str) -> Self {
        let value = value.to_owned();
        self.secrets.push(Secret {
            value,
            expired: true,
        });
        self
    }

    /// Adds the first certificate of a text in PEM; a private key beside it is passed over.
    ///
    /// # Errors
    ///
    /// The text holds no certificate, or one that cannot be read.
    pub fn with_certificate(mut self, pem: &str) -> io::Result<Self> {
        self.certificates.push(Certificate::from_pem(pem)?);
        Ok(self)
    }

    /// Adds a federated identity credential. The audience is `api://AzureADTokenExchange` almost everywhere.
    #[must_use]
    pub fn with_federation(mut self, issuer: &str, subject: &str, audience: &str) -> Self {
        self.federations.push(Federation {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: audience.to_owned(),
        });
        self
    }

    /// Takes this very token without checking who signed it; its times, issuer, subject and audience are still checked.
    #[must_use]
    pub fn trusting(mut self, token: &str) -> Self {
        self.trusted.push(token.to_owned());
        self
    }

    /// The object id of its service principal, which tokens carry as `oid` and `sub`.
    pub fn object_id(&self) -> &str {
        &self.object_id
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("object_id", &self.object_id)
            .field("secrets", &self.secrets.len())
            .field("certificates", &self.certificates.len())
            .field("federations", &self.federations.len())
            .finish_non_exhaustive()
    }
}
