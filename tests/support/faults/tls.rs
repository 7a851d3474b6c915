//! https in front of a server that speaks http, with a certificate made on the spot: a good one, or one of those that a
//! client has to refuse.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use tempfile::TempDir;

use super::listen::{Listening, reset_when_closed};

/// What the server shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// For `localhost` and `127.0.0.1`, valid now, of the authority in [`Tls::ca_file`].
    Good,
    /// As good, and for these hosts as well, such as a vendor's that a proxy leads here.
    GoodFor(Vec<String>),
    /// For `elsewhere.example` alone.
    OtherHost,
    /// It ended in 2021.
    Expired,
    /// Of an authority other than that in [`Tls::ca_file`], though it has the same name.
    UnknownAuthority,
}

/// A running server; it ends when dropped.
pub(crate) struct Tls {
    listening: Listening,
    directory: TempDir,
    handshakes: Arc<AtomicUsize>,
}

impl Tls {
    /// Takes https and hands on to `upstream` what was inside.
    pub(crate) fn start(upstream: SocketAddr, certificate: &Certificate) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let authority = Authority::new();
        fs::write(directory.path().join("ca.pem"), &authority.pem).expect("the authority's file");
        let config = Arc::new(match certificate {
            Certificate::UnknownAuthority => Authority::new().server(certificate),
            _ => authority.server(certificate),
        });
        let handshakes = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&handshakes);
        let listening = Listening::start(move |client| {
            let Ok(server) = TcpStream::connect(upstream) else {
                return;
            };
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
            // A connection that breaks, or a certificate that is refused, is the client's to report.
            drop(carry(client, session, server, &done));
        });
        Self {
            listening,
            directory,
            handshakes,
        }
    }

    /// Where it listens, for [`Connect`](super::connect::Connect).
    pub(crate) fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// `https://localhost:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }

    /// The file with the authority that a client is to trust, in PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// How many clients have accepted the certificate.
    pub(crate) fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }
}

/// An authority of its own, with the same name each time.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) =
            (date_time_ymd(2020, 1, 1), date_time_ymd(2120, 1, 1));
        let certificate = params
            .self_signed(&key)
            .expect("the authority's certificate");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    fn server(&self, certificate: &Certificate) -> ServerConfig {
        let mut names = match certificate {
            Certificate::OtherHost => vec!["elsewhere.example".to_owned()],
            _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        };
        if let Certificate::GoodFor(more) = certificate {
            names.extend(more.iter().cloned());
        }
        let until = if *certificate == Certificate::Expired {
            2021
        } else {
            2120
        };
        let mut params = CertificateParams::new(names).expect("names of hosts");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) =
            (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        let chain = vec![CertificateDer::from(leaf.der().to_vec())];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate and its key")
    }
}

/// Carries what is inside a TLS connection both ways. A server that resets its connection has the client's reset too.
fn carry(
    mut client: TcpStream,
    session: ServerConnection,
    mut server: TcpStream,
    handshakes: &AtomicUsize,
) -> io::Result<()> {
    let session = Arc::new(Mutex::new(session));
    handshake(&mut client, &mut session.lock().unwrap())?;
    handshakes.fetch_add(1, Ordering::SeqCst);

    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let inward = Arc::clone(&session);
    let forth = thread::spawn(move || {
        drop(decrypt(from_client, &inward, &to_server));
        drop(to_server.shutdown(Shutdown::Write));
    });
    let came = encrypt(&mut server, &session, &mut client);
    if came.is_err() {
        reset_when_closed(&client);
        drop(client.shutdown(Shutdown::Read));
    } else {
        let mut session = session.lock().unwrap();
        session.send_close_notify();
        drop(session.write_tls(&mut client));
        drop(client.shutdown(Shutdown::Write));
    }
    drop(forth.join());
    came
}

fn handshake(client: &mut TcpStream, session: &mut ServerConnection) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_mins(1)))?;
    while session.is_handshaking() {
        session.complete_io(client)?;
    }
    client.set_read_timeout(None)
}

/// From the client to the server. The socket is read outside the lock, or no answer could pass meanwhile.
fn decrypt(
    mut client: TcpStream,
    session: &Mutex<ServerConnection>,
    mut server: &TcpStream,
) -> io::Result<()> {
    let mut sealed = vec![0; 16 << 10];
    let mut ready = 0;
    loop {
        let mut open = Vec::new();
        {
            let mut session = session.lock().unwrap();
            let mut rest = &sealed[..ready];
            loop {
                let state = session.process_new_packets().map_err(io::Error::other)?;
                let start = open.len();
                open.resize(start + state.plaintext_bytes_to_read(), 0);
                session.reader().read_exact(&mut open[start..])?;
                if rest.is_empty() {
                    break;
                }
                session.read_tls(&mut rest)?;
            }
            while session.wants_write() {
                session.write_tls(&mut client)?;
            }
        }
        server.write_all(&open)?;
        ready = client.read(&mut sealed)?;
        if ready == 0 {
            return Ok(());
        }
    }
}

/// From the server to the client.
fn encrypt(
    server: &mut TcpStream,
    session: &Mutex<ServerConnection>,
    client: &mut TcpStream,
) -> io::Result<()> {
    let mut open = vec![0; 16 << 10];
    loop {
        let came = server.read(&mut open)?;
        if came == 0 {
            return Ok(());
        }
        let mut session = session.lock().unwrap();
        session.writer().write_all(&open[..came])?;
        while session.wants_write() {
            session.write_tls(client)?;
        }
    }
}
