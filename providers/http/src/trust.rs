//! Which certificates are trusted: the system's, or those the environment names, or Mozilla's where a bare image has
//! none.

use std::path::Path;

use nuages_provider::{Environment, Error};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use rustls_native_certs::CertificateResult;

/// Where Linux distributions keep the bundle of all they trust, made anew when an administrator adds to it; in the order in
/// which OpenSSL's users look (openssl-probe 0.2). Other systems have none that says all.
#[cfg(target_os = "linux")]
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];
#[cfg(not(target_os = "linux"))]
const SYSTEM: &[&str] = &[];

/// Bundles of certificates that are trusted besides: the names that AWS's and Python's tools read.
const BUNDLES: &[&str] = &["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"];

/// The bundles of all that systems trust have a quarter of a megabyte.
const LARGEST: u64 = 16 << 20;

/// TLS 1.2 and 1.3 with ring, HTTP/2 where a server offers it.
pub(crate) fn configuration(environment: &Environment) -> Result<ClientConfig, Error> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::invalid_settings("TLS cannot be set up").with_source(error))?;
    let mut configuration = builder
        .with_root_certificates(roots(environment)?)
        .with_no_client_auth();
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(configuration)
}

fn roots(environment: &Environment) -> Result<RootCertStore, Error> {
    let file = environment.text("SSL_CERT_FILE");
    let directory = environment.text("SSL_CERT_DIR");
    let mut roots = RootCertStore::empty();
    if file.is_none() && directory.is_none() {
        roots = system();
    } else {
        if let Some(file) = file.map(Path::new).filter(|file| is_bundle(file)) {
            let found = rustls_native_certs::load_certs_from_paths(Some(file), None);
            add(&mut roots, found);
        }
        // A list of directories, as OpenSSL reads it.
        for directory in directory.iter().flat_map(std::env::split_paths) {
            let found = rustls_native_certs::load_certs_from_paths(None, Some(&directory));
            add(&mut roots, found);
        }
        if roots.is_empty() {
            return Err(nothing_in(if file.is_some() {
                "SSL_CERT_FILE"
            } else {
                "SSL_CERT_DIR"
            }));
        }
    }
    for name in BUNDLES {
        if let Some(path) = environment.text(name) {
            let path = Path::new(path);
            let (file, directory) = if path.is_dir() {
                (None, Some(path))
            } else {
                (Some(path).filter(|path| is_bundle(path)), None)
            };
            let found = rustls_native_certs::load_certs_from_paths(file, directory);
            if add(&mut roots, found) == 0 {
                return Err(nothing_in(name));
            }
        }
    }
    Ok(roots)
}

/// What the system trusts, or Mozilla's list where a bare image has none.
fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if let Some(bundle) = SYSTEM.iter().map(Path::new).find(|path| path.exists()) {
        // The directory beside it says the same again in a file for each, and costs more than all else before a request.
        add(
            &mut roots,
            rustls_native_certs::load_certs_from_paths(Some(bundle), None),
        );
    }
    if roots.is_empty() {
        add(&mut roots, rustls_native_certs::load_native_certs());
    }
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Whether it is a file, of a size that one of certificates can have: a pipe would be waited for, a device has no end.
fn is_bundle(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
}

/// How many of them could be used.
fn add(roots: &mut RootCertStore, found: CertificateResult) -> usize {
    let certificates: Vec<CertificateDer<'static>> = found.certs;
    roots.add_parsable_certificates(certificates).0
}

fn nothing_in(name: &str) -> Error {
    Error::invalid_settings(format!(
        "`{name}` in the environment names nothing that holds a certificate"
    ))
    .with_hint("name a readable file of PEM certificates, or take the variable away")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots_with(name: &str, value: &str) -> Result<RootCertStore, Error> {
        roots(&Environment::new([(name.into(), value.into())], "/"))
    }

    #[test]
    fn a_bundle_that_is_not_there_is_an_error_and_not_a_silent_default() {
        for name in [
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "AWS_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
        ] {
            let error = roots_with(name, "/nonexistent/ca.pem").unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
        let error = roots_with("SSL_CERT_FILE", "/dev/null").unwrap_err();
        assert!(error.message().contains("SSL_CERT_FILE"), "{error}");
    }

    #[test]
    fn a_bundle_without_end_is_refused() {
        for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
            let error = roots_with(name, "/dev/zero").unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn some_certificates_are_always_trusted() {
        assert!(!roots(&Environment::default()).unwrap().is_empty());
    }
}
