//! The ports: plain http, https with HTTP/2, and a proxy that leads every host to the https one without leaving the process.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::exchange::{Answer, Ask};
use crate::lock;
use crate::routes;
use crate::world::Shared;

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// What a port speaks.
#[derive(Clone, Copy)]
pub(crate) enum Speaks {
    Http,
    Https,
    Proxy,
}

/// A server in a thread of its own, until it is dropped.
pub(crate) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Listens at a port, which is free when it is 0.
pub(crate) fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Server {
    pub(crate) fn start(
        shared: Arc<Shared>,
        ports: Vec<(TcpListener, Speaks)>,
        tls: TlsAcceptor,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("fake cloud".into())
            .spawn(move || {
                runtime.block_on(async move {
                    for (listener, speaks) in ports {
                        tokio::spawn(listen(listener, speaks, Arc::clone(&shared), tls.clone()));
                    }
                    // It ends with the server's sender, whichever way that goes.
                    drop(stopped.await);
                });
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn listen(listener: TcpListener, speaks: Speaks, shared: Arc<Shared>, tls: TlsAcceptor) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        // A client that is gone before it was taken is none of the fake's business.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        drop(stream.set_nodelay(true));
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            match speaks {
                Speaks::Http => serve(stream, shared, false).await,
                Speaks::Https => serve_tls(stream, shared, tls).await,
                Speaks::Proxy => proxy(stream, shared, tls).await,
            }
        });
    }
}

async fn serve_tls<S>(stream: S, shared: Arc<Shared>, tls: TlsAcceptor)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    match tls.accept(stream).await {
        Ok(stream) => serve(stream, shared, true).await,
        Err(_) => shared.books.write_failed_handshake(),
    }
}

async fn serve<S>(stream: S, shared: Arc<Shared>, secure: bool)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = shared.books.connect();
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(&shared, request, connection, secure).await) }
    });
    // How a connection ends is the client's to notice.
    drop(
        Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn proxy(stream: TcpStream, shared: Arc<Shared>, tls: TlsAcceptor) {
    let connection = shared.books.connect();
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        async move {
            let answer = if request.method() == Method::CONNECT {
                tunnel(shared, request, tls)
            } else {
                answer(&shared, request, connection, false).await
            };
            Ok::<_, Infallible>(answer)
        }
    });
    drop(
        Builder::new(TokioExecutor::new())
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .await,
    );
}

/// Leads a tunnel to the https side. A vault that there is not has no address, so its tunnel is refused.
fn tunnel(
    shared: Arc<Shared>,
    request: Request<Incoming>,
    tls: TlsAcceptor,
) -> Response<Full<Bytes>> {
    let target = request.uri().to_string();
    shared.books.write_tunnel(&target);
    let host = target.rsplit_once(':').map_or(&*target, |(host, _)| host);
    let host = host.to_ascii_lowercase();
    let is_vault = [
        ".vault.azure.net",
        ".vault.azure.cn",
        ".vault.usgovcloudapi.net",
    ]
    .iter()
    .any(|suffix| host.ends_with(suffix));
    if is_vault && !lock(&shared.world).vaults.contains_key(&host) {
        return status(StatusCode::BAD_GATEWAY);
    }
    tokio::spawn(async move {
        if let Ok(stream) = hyper::upgrade::on(request).await {
            serve_tls(TokioIo::new(stream), shared, tls).await;
        }
    });
    status(StatusCode::OK)
}

async fn answer(
    shared: &Shared,
    request: Request<Incoming>,
    connection: u64,
    secure: bool,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let host = parts.headers.get(http::header::HOST);
    let authority = parts
        .uri
        .authority()
        .map(ToString::to_string)
        .or_else(|| Some(host?.to_str().ok()?.to_owned()))
        .unwrap_or_default();
    let ask = Ask {
        host: without_port(&authority).to_ascii_lowercase(),
        authority,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        method: parts.method,
        headers: parts.headers,
        body: body.to_bytes(),
        version: parts.version,
        connection,
        secure,
    };
    response(routes::respond(shared, &ask).await)
}

fn without_port(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// What a script cannot mean, such as a header with a line break, is left out.
fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::try_from(name),
            HeaderValue::try_from(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
