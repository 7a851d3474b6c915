//! The authority that is made at every start, the server's certificate for the names of the services, and an
//! application's own certificate to log in with.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::random;

/// A key for tests alone: ring makes no RSA keys, and this one opens nothing.
const APPLICATION_KEY: &[u8] = include_bytes!("../keys/app.p8");

/// The names that the server's certificate is good for, beside those a test adds.
const HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "*.vault.azure.net",
    "*.vault.azure.cn",
    "*.vault.usgovcloudapi.net",
    "*.managedhsm.azure.net",
    "management.azure.com",
    "dev.azure.com",
    "vstoken.dev.azure.com",
    "*.actions.githubusercontent.com",
    "localhost",
    "127.0.0.1",
];

/// An authority in PEM, and the settings of a server that shows a certificate of it.
pub(crate) fn server(more_hosts: &[String]) -> io::Result<(String, ServerConfig)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = named("Authority of the fake cloud");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = params.self_signed(&key).map_err(io::Error::other)?;
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().map_err(io::Error::other)?;
    let hosts = HOSTS.iter().map(|host| (*host).to_owned());
    let mut params =
        CertificateParams::new(hosts.chain(more_hosts.iter().cloned()).collect::<Vec<_>>())
            .map_err(io::Error::other)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "fake cloud");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python 3.13 and later refuse a leaf without it.
    params.use_authority_key_identifier_extension = true;
    let leaf = params.signed_by(&key, &issuer).map_err(io::Error::other)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(leaf.der().to_vec())],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((authority.pem(), config))
}

/// A self-signed certificate of RSA with its private key, both in PEM in one text, as `AZURE_CLIENT_CERTIFICATE_PATH`
/// names it. The key is the same every time, the certificate is not.
pub(crate) fn application(name: &str) -> io::Result<String> {
    let der = PrivatePkcs8KeyDer::from(APPLICATION_KEY);
    let key =
        KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).map_err(io::Error::other)?;
    let mut params = named(name);
    params.serial_number = Some(random::bytes::<16>().to_vec().into());
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// The public half of that key, as `RSAPublicKey`.
#[cfg(test)]
pub(crate) fn application_key() -> io::Result<Vec<u8>> {
    use ring::signature::{KeyPair as _, RsaKeyPair};

    let key = RsaKeyPair::from_pkcs8(APPLICATION_KEY)
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(key.public_key().as_ref().to_vec())
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2120, 1, 1));
    params
}
