//! A running fake, and everything a test does with it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tempfile::TempDir;

use crate::app::App;
use crate::books::Seen;
use crate::builder::Builder;
use crate::lock;
use crate::oidc;
use crate::script::{Reply, names};
use crate::server::Server;
use crate::token::{Issued, Kind, Principal};
use crate::vault::{Store, Vault};
use crate::world::{self, CLIENT_ID, EXCHANGE, Shared, TENANT};
use crate::{certificates, random};

/// A cloud on this machine. It ends when dropped.
///
/// From the start there is the tenant [`TENANT`] with the application [`CLIENT_ID`], a machine with a system-assigned and
/// a user-assigned managed identity, and no vault.
pub struct FakeCloud {
    pub(crate) shared: Arc<Shared>,
    pub(crate) ports: Ports,
    pub(crate) directory: TempDir,
    pub(crate) secret: String,
    pub(crate) _server: Server,
}

/// Where it listens.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) proxy: SocketAddr,
}

/// The subject of the tokens that Azure Pipelines gives the first application's service connection.
pub const PIPELINES_SUBJECT: &str = "sc://shop/shop/production";
/// That service connection's id.
pub const SERVICE_CONNECTION: &str = "8c4f5e21-b7d9-4f30-9a6e-51d20c83fb97";

impl FakeCloud {
    /// A cloud on free ports.
    ///
    /// # Panics
    ///
    /// It cannot listen or write to the temporary directory; [`Builder::start`] says so in an error.
    #[expect(
        clippy::panic,
        reason = "a test that cannot have its cloud is to fail at once"
    )]
    pub fn start() -> Self {
        Builder::default()
            .start()
            .unwrap_or_else(|error| panic!("cannot start the fake cloud: {error}"))
    }

    /// A cloud with settings of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The application that is there from the start, with every way of logging in, and its certificate's file.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let pem = certificates::application("shop")?;
        std::fs::write(self.certificate_file(), &pem)?;
        let app = App::secret(&self.secret)
            .with_certificate(&pem)?
            .with_federation(oidc::CLUSTER_ISSUER, oidc::CLUSTER_SUBJECT, EXCHANGE)
            .with_federation(oidc::GITHUB_ISSUER, oidc::GITHUB_SUBJECT, EXCHANGE)
            .with_federation(oidc::PIPELINES_ISSUER, PIPELINES_SUBJECT, EXCHANGE);
        self.add_app(TENANT, CLIENT_ID, app);
        self.add_service_connection(SERVICE_CONNECTION, PIPELINES_SUBJECT);
        Ok(())
    }

    // Where it is

    /// `http://127.0.0.1:PORT`: all services without TLS, chosen by the header `Host`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.ports.http)
    }

    /// The address of the same, for a proxy of the tests to stand in front.
    pub fn http_address(&self) -> SocketAddr {
        self.ports.http
    }

    /// `https://localhost:PORT`: all services with TLS.
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}", self.ports.https.port())
    }

    /// `http://127.0.0.1:PORT`, for `HTTPS_PROXY`: whatever host is asked for, the fake answers.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.ports.proxy)
    }

    /// The authority to trust, in PEM, for `SSL_CERT_FILE`.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A private key and a certificate in one PEM file, with which [`CLIENT_ID`] may log in.
    pub fn certificate_file(&self) -> PathBuf {
        self.directory.path().join("application.pem")
    }

    /// A directory that goes with the cloud.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    // What there is

    /// A vault, made when it is not there yet: `shop` is `shop.vault.azure.net`, a name with a dot stands for itself.
    pub fn vault(&self, name: &str) -> Vault<'_> {
        let name = name.to_ascii_lowercase();
        let host = if name.contains('.') || name == "localhost" {
            name
        } else {
            format!("{name}.vault.azure.net")
        };
        lock(&self.shared.world)
            .vaults
            .entry(host.clone())
            .or_insert_with(|| Store::new(TENANT));
        Vault::new(self, host)
    }

    /// Registers an application at a tenant, which is made when it is not there yet. One of the same id is replaced.
    pub fn add_app(&self, tenant: &str, client_id: &str, app: App) {
        lock(&self.shared.world)
            .tenants
            .entry(tenant.to_ascii_lowercase())
            .or_default()
            .insert(client_id.to_ascii_lowercase(), app);
    }

    /// The client secret of [`CLIENT_ID`].
    pub fn client_secret(&self) -> &str {
        &self.secret
    }

    /// What App Service wants in `X-IDENTITY-HEADER`.
    pub fn identity_header(&self) -> String {
        lock(&self.shared.world).identities.header.clone()
    }

    /// Gives the machine one more user-assigned identity of [`TENANT`].
    pub fn add_user_identity(&self, client_id: &str, name: &str) {
        let identity = world::user_assigned(TENANT, client_id, name);
        lock(&self.shared.world).identities.user.push(identity);
    }

    /// Takes all user-assigned identities from the machine.
    pub fn remove_user_identities(&self) {
        lock(&self.shared.world).identities.user.clear();
    }

    /// Takes the system-assigned identity from the machine.
    pub fn remove_system_identity(&self) {
        lock(&self.shared.world).identities.system = None;
    }

    /// Makes Entra know one more audience, such as `api://shop`.
    pub fn add_resource(&self, resource: &str) {
        let resource = resource.trim_end_matches('/').to_owned();
        lock(&self.shared.world).resources.push(resource);
    }

    /// Lets Azure Pipelines give tokens with this subject for a service connection.
    pub fn add_service_connection(&self, id: &str, subject: &str) {
        lock(&self.shared.world)
            .jobs
            .connections
            .insert(id.to_ascii_lowercase(), subject.to_owned());
    }

    /// Makes GitHub's tokens be for this subject, as for another branch or repository.
    pub fn github_subject(&self, subject: &str) {
        subject.clone_into(&mut lock(&self.shared.world).jobs.github_subject);
    }

    // What tokens are like

    /// How long access tokens live; an hour unless set.
    pub fn token_life(&self, life: Duration) {
        lock(&self.shared.world).mint.life = seconds(life);
    }

    /// Moves `nbf` and `exp` of the access tokens to come, into the past for a negative number.
    pub fn token_shift(&self, seconds: i64) {
        lock(&self.shared.world).mint.shift = seconds;
    }

    /// Puts this audience into the access tokens to come, whatever is asked for; `None` ends it.
    pub fn token_audience(&self, audience: Option<&str>) {
        lock(&self.shared.world).mint.audience = audience.map(str::to_owned);
    }

    /// Whether the same identity gets the same token again for the same audience, as Azure's own caches do it.
    pub fn same_tokens(&self, same: bool) {
        lock(&self.shared.world).mint.same = same;
    }

    /// Makes vaults refuse every access token that was given so far.
    pub fn revoke_tokens(&self) {
        lock(&self.shared.world).mint.revoke();
    }

    /// How far a token may be off its times before it is refused; 5 minutes unless set, as Microsoft's libraries have it.
    pub fn leeway(&self, leeway: Duration) {
        let leeway = seconds(leeway);
        self.shared.leeway.store(leeway, Ordering::Relaxed);
    }

    /// Sets the cloud's clock against this machine's: 600 is ten minutes ahead.
    pub fn clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }

    /// An access token of [`CLIENT_ID`] for this audience.
    pub fn issue_token(&self, audience: &str) -> String {
        self.issue(CLIENT_ID, audience).unwrap_or_default()
    }

    /// An access token of an application of [`TENANT`] or a managed identity, by its client id. With
    /// [`same_tokens`](Self::same_tokens) it is the one that the identity is going to get.
    pub fn issue(&self, client_id: &str, audience: &str) -> Option<String> {
        self.issue_of(TENANT, client_id, audience)
    }

    /// The same, for any tenant.
    pub fn issue_of(&self, tenant: &str, client_id: &str, audience: &str) -> Option<String> {
        let principal = lock(&self.shared.world).principal(tenant, client_id)?;
        Some(self.shared.issue(&principal, audience).token)
    }

    /// An access token of a person, as the Azure CLI would get it.
    pub fn issue_user_token(&self, upn: &str, audience: &str) -> String {
        let principal = Principal {
            tenant: TENANT.into(),
            client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46".into(),
            object_id: random::guid(),
            kind: Kind::User(upn.to_owned()),
        };
        self.shared.issue(&principal, audience).token
    }

    /// A token of somebody else than Entra, to be exchanged for one of Entra. It ends after `life` seconds, which may be
    /// negative.
    pub fn federated_token(
        &self,
        issuer: &str,
        subject: &str,
        audience: &str,
        life: i64,
    ) -> String {
        oidc::job_token(&self.shared, issuer, subject, audience, life)
    }

    /// Every access token that was given, oldest first; [`forget`](Self::forget) keeps them.
    pub fn tokens(&self) -> Vec<Issued> {
        lock(&self.shared.world).mint.issued.clone()
    }

    // What is asked, and what is said

    /// Everything that was answered, in the order of the answers.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.books.seen()
    }

    /// How many requests of an operation (`vault.get`) or a service (`vault`) were answered.
    pub fn count(&self, operation: &str) -> usize {
        let seen = self.requests().into_iter();
        seen.filter(|seen| names(operation, seen.operation)).count()
    }

    /// How many requests of a method whose path begins so were answered.
    pub fn count_path(&self, method: &str, prefix: &str) -> usize {
        self.requests()
            .iter()
            .filter(|seen| seen.method == method && seen.path.starts_with(prefix))
            .count()
    }

    /// The hosts that tunnels were asked for, in order: `shop.vault.azure.net:443`.
    pub fn tunnels(&self) -> Vec<String> {
        self.shared.books.tunnels()
    }

    /// How many connections were made, those to the proxy and those within its tunnels counted each.
    pub fn connections(&self) -> u64 {
        self.shared.books.connections()
    }

    /// How many clients went away during the TLS handshake, as one that does not trust the authority.
    pub fn failed_handshakes(&self) -> u64 {
        self.shared.books.failed_handshakes()
    }

    /// Empties the books: requests, tunnels, connections.
    pub fn forget(&self) {
        self.shared.books.forget();
    }

    /// How long every answer takes from now on.
    pub fn latency(&self, latency: Duration) {
        let milliseconds = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.shared.latency.store(milliseconds, Ordering::Relaxed);
    }

    /// Lays down an answer for the next requests of an operation (`vault.get`) or a service (`vault`). Several are used
    /// up in the order they were laid down. Requests without a good token are `vault.challenge`, not `vault.get`.
    pub fn script(&self, operation: &str, reply: Reply) {
        lock(&self.shared.world).scripts.add(operation, reply);
    }

    /// Takes away what was laid down.
    pub fn clear_scripts(&self) {
        lock(&self.shared.world).scripts.clear();
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
