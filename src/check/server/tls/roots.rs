//! Files of certificates and keys, and what the system trusts.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::Roots;
use crate::{
    check::server::{Stop, Variables, variable},
    reading,
};

/// The bundles of all that systems trust have a quarter of a megabyte.
const LARGEST: u64 = 16 << 20;

/// Where Linux distributions keep the bundle of all they trust, in the order in which OpenSSL's users look.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

pub(super) const UNUSABLE: &str = "the file of trusted certificates has none that can be used";

/// What is trusted: as anchors, and as they are.
pub(super) fn load(
    roots: &Roots,
    environment: &Variables,
    keys: &'static [&'static str],
) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), Stop> {
    let certificates = match roots {
        Roots::File(path) => from_file(path, keys)?,
        Roots::System => system(environment),
    };
    let mut store = RootCertStore::empty();
    // One that cannot be used is left out, as OpenSSL does.
    store.add_parsable_certificates(certificates.iter().cloned());
    if store.is_empty() {
        return Err(match roots {
            Roots::System => {
                Stop::not_looked_at("no trusted certificates of the system are found here")
            }
            Roots::File(_) => Stop::settings(UNUSABLE, keys),
        });
    }
    Ok((store, certificates))
}

fn from_file(
    path: &Path,
    keys: &'static [&'static str],
) -> Result<Vec<CertificateDer<'static>>, Stop> {
    let cannot =
        |why: &str| Stop::settings(format!("the file of trusted certificates {why}"), keys);
    // MySQL's `capath`: a directory of files, each with a certificate.
    if path.is_dir() {
        return Ok(in_directory(path));
    }
    let text = reading::bytes(path, LARGEST).map_err(|_| cannot("cannot be read"))?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| cannot("is no PEM"))
}

/// As OpenSSL finds them: by its two variables, or where the distribution has them.
fn system(environment: &Variables) -> Vec<CertificateDer<'static>> {
    let file = variable(environment, "SSL_CERT_FILE");
    let directories = variable(environment, "SSL_CERT_DIR");
    if file.is_none() && directories.is_none() {
        let bundle = BUNDLES.iter().map(Path::new).find(|path| path.exists());
        return match bundle {
            Some(bundle) => rustls_native_certs::load_certs_from_paths(Some(bundle), None).certs,
            None => rustls_native_certs::load_native_certs().certs,
        };
    }
    let mut found = file.map_or_else(Vec::new, |file| in_file(Path::new(file)));
    for directory in directories.iter().flat_map(std::env::split_paths) {
        found.extend(in_directory(&directory));
    }
    found
}

/// What can be read of a file, as `rustls-native-certs` takes it: one that is broken does not spoil the others.
fn in_file(path: &Path) -> Vec<CertificateDer<'static>> {
    let text = reading::bytes(path, LARGEST).unwrap_or_default();
    CertificateDer::pem_slice_iter(&text).flatten().collect()
}

fn in_directory(path: &Path) -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_certs_from_paths(None, Some(path)).certs
}

/// The certificate and the key that the client shows. The key must be nobody else's to read, as libpq has it.
pub(super) fn identity(
    certificate: &Path,
    key: &Path,
    keys: &'static [&'static str],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Stop> {
    let cannot = |what: &str| Stop::settings(what.to_owned(), keys);
    let text = reading::bytes(certificate, LARGEST)
        .map_err(|_| cannot("the client's certificate cannot be read"))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|_| cannot("the client's certificate is no PEM"))?;
    if chain.is_empty() {
        return Err(cannot("the client's certificate is no PEM"));
    }
    let about = fs::metadata(key)
        .map_err(|_| cannot("the key of the client's certificate cannot be read"))?;
    let allowed = if about.uid() == 0 { 0o640 } else { 0o600 };
    if about.mode() & 0o777 & !allowed != 0 {
        return Err(cannot(
            "the key of the client's certificate can be read by others, and drivers refuse it then",
        ));
    }
    let text = reading::bytes(key, LARGEST)
        .map_err(|_| cannot("the key of the client's certificate cannot be read"))?;
    if text.windows(9).any(|part| part == b"ENCRYPTED") {
        return Err(Stop::not_looked_at(
            "the key of the client's certificate is encrypted, which is not read here",
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| cannot("the key of the client's certificate is no PEM"))?;
    Ok((chain, key))
}

#[cfg(feature = "connect-postgresql")]
/// A file of a name in the directory of the environment's user, where it is there.
pub(in crate::check::server) fn own_file(
    environment: &Variables,
    name: &str,
) -> Option<std::path::PathBuf> {
    let home = variable(environment, "HOME")?;
    Some(Path::new(home).join(name)).filter(|path| path.exists())
}
