//! One connection: PROXY header, TLS, HTTP, and its end. What each of these may take stands in [`ServeOptions`]; the
//! deadlines themselves are [`Watch`]'s.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, STRICT_TRANSPORT_SECURITY};
use http::{HeaderValue, Version};
use http_body_util::{BodyExt as _, Collected};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::activity::{Activity, Exchange};
use super::admission::{Admission, NetworkPlace, Place};
use super::client_address::Trust;
use super::counters::Ending;
use super::drive::drive;
use super::options::ServeOptions;
use super::protocol::builder;
use super::proxy_protocol;
use super::transport::{Transport, Watched};
use crate::api::Api;
use crate::rejection::Rejection;
use crate::response::{Body, BoxError, Response};
use crate::service::Service;

/// How a TLS connection begins; no HTTP request begins so.
const TLS_HANDSHAKE: u8 = 0x16;

/// How much of an answer HTTP/2 is given at a time: a frame of the usual size.
const HTTP2_PIECE: usize = 16 * 1024;

/// How far the server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It serves.
    Serving,
    /// It serves, and sends its clients elsewhere.
    Draining,
    /// It finishes what it has.
    Stopping,
}

/// What all connections share.
pub(super) struct Connections<A> {
    service: Arc<Service<A>>,
    builder: Builder<TokioExecutor>,
    options: ServeOptions,
    trust: Trust,
    admission: Arc<Admission>,
    phase: watch::Receiver<Phase>,
    hsts: Option<HeaderValue>,
}

/// A connection that was let in.
pub(super) struct Admitted {
    pub(super) socket: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) activity: Arc<Activity>,
    pub(super) place: Place,
    pub(super) network: NetworkPlace,
}

/// An answer on its way; what is still to be sent of it, the deadlines see.
struct Sent {
    body: Body,
    exchange: Exchange,
    /// How much of it is given to hyper at a time.
    piece: usize,
    /// What was produced and not yet given.
    rest: Bytes,
}

/// The other end of a connection, as far as it can be known.
struct Prepared {
    transport: Transport,
    client: SocketAddr,
    network: Option<NetworkPlace>,
}

impl<A: Api> Connections<A> {
    pub(super) fn new(
        service: Arc<Service<A>>,
        options: ServeOptions,
        trust: Trust,
        admission: Arc<Admission>,
        phase: watch::Receiver<Phase>,
    ) -> Self {
        let builder = builder(service.options(), &options);
        let seconds = options.hsts.filter(|_| options.tls.is_some()).map(|age| age.as_secs());
        let hsts = seconds.and_then(|age| HeaderValue::from_str(&format!("max-age={age}")).ok());
        Self { service, builder, options, trust, admission, phase, hsts }
    }

    /// Serves a connection to its end.
    pub(super) async fn serve(self: Arc<Self>, admitted: Admitted) {
        let Admitted { socket, peer, activity, place, network } = admitted;
        set_options(&socket, self.options.tcp_keepalive);
        let ending = tokio::select! {
            // What has come is looked at before anything else: a request that is there keeps its place.
            biased;
            prepared = self.prepare(socket, peer) => match prepared {
                Ok(prepared) => self.serve_http(prepared, &activity).await,
                Err(ending) => ending,
            },
            () = activity.evicted() => Some(Ending::Evicted),
            () = self.left() => None,
        };
        if let Some(ending) = ending {
            self.options.counters.end(ending);
            tracing::debug!(%peer, reason = ending.as_str(), "connection closed");
        }
        self.options.counters.close();
        drop((place, network));
    }

    /// Ends when connections without a request have to be gone.
    async fn left(&self) {
        let mut phase = self.phase.clone();
        let stopping = phase.wait_for(|phase| *phase == Phase::Stopping).await.is_ok();
        if !stopping {
            std::future::pending::<()>().await;
        }
        sleep(self.options.drain_grace).await;
    }

    /// Everything before HTTP.
    async fn prepare(&self, mut socket: TcpStream, peer: SocketAddr) -> Result<Prepared, Option<Ending>> {
        let ServeOptions { first_byte_timeout, handshake_timeout, tls, .. } = &self.options;
        let (mut client, mut network) = (peer, None);
        if self.options.proxy_protocol && self.trust.includes(peer.ip()) {
            let read = timeout(*handshake_timeout, proxy_protocol::read(&mut socket)).await;
            match read.map_err(|_| Ending::HandshakeTimeout)? {
                Ok(Some(named)) => client = named,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%peer, %error, "a trusted proxy sent no proper PROXY header");
                    return Err(Some(Ending::ProxyHeader));
                }
            }
            network = Some(self.admission.enter_network(client.ip()).ok_or(Ending::NetworkLimit)?);
        }
        let mut first = [0];
        let seen = timeout(*first_byte_timeout, socket.peek(&mut first)).await;
        if !matches!(seen.map_err(|_| Ending::FirstByte)?, Ok(1)) {
            return Err(None);
        }
        let transport = match tls {
            None if first[0] == TLS_HANDSHAKE => {
                return Err(self.refuse(socket, "plain HTTP: call it with http://").await);
            }
            None => Transport::Plain(socket),
            Some(_) if first[0].is_ascii_alphabetic() => {
                return Err(self.refuse(socket, "TLS: call it with https://").await);
            }
            Some(tls) => {
                let accepted = timeout(*handshake_timeout, tls.acceptor().accept(socket)).await;
                let accepted = accepted.map_err(|_| Ending::HandshakeTimeout)?;
                Transport::Tls(Box::new(accepted.map_err(|error| {
                    tracing::debug!(%client, %error, "no TLS connection came about");
                    Ending::Tls
                })?))
            }
        };
        Ok(Prepared { transport, client, network })
    }

    /// Says in HTTP, which is all that such a client may show to anybody, what it should have spoken.
    async fn refuse(&self, mut socket: TcpStream, speaks: &'static str) -> Option<Ending> {
        let answer = async {
            let response = self.service.reject_connection(&Rejection::WrongProtocol { speaks });
            let (head, body) = response.into_parts();
            let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
            let mut text = format!(
                "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n",
                head.status,
                body.len()
            );
            for (name, value) in &head.headers {
                if let Ok(value) = value.to_str() {
                    text += &[name.as_str(), ": ", value, "\r\n"].concat();
                }
            }
            text.push_str("\r\n");
            if socket.write_all(text.as_bytes()).await.is_ok() && socket.write_all(&body).await.is_ok() {
                Transport::Plain(socket).close(false).await;
            }
        };
        // Nobody waits long for a client that is in the wrong place.
        let _ = timeout(self.options.handshake_timeout, answer).await;
        Some(Ending::WrongProtocol)
    }

    async fn serve_http(self: &Arc<Self>, prepared: Prepared, activity: &Arc<Activity>) -> Option<Ending> {
        let Prepared { transport, client, network: _network } = prepared;
        activity.http_begins();
        let (watched, mut back) = Watched::new(transport, Arc::clone(activity));
        let ending = {
            let connections = Arc::clone(self);
            let seen = Arc::clone(activity);
            let http = service_fn(move |request: http::Request<Incoming>| {
                let (connections, seen) = (Arc::clone(&connections), Arc::clone(&seen));
                let exchange = seen.begin();
                async move { Ok::<_, Infallible>(connections.answer(request, client, &seen, exchange).await) }
            });
            let connection = pin!(self.builder.serve_connection(TokioIo::new(watched), http));
            drive(connection, activity, client, &self.options, &self.phase).await
        };
        let transport = back.try_recv().ok()?;
        match ending {
            None | Some(Ending::Protocol) => {
                transport.close(activity.ended_by_peer.load(Ordering::Relaxed)).await;
            }
            Some(Ending::Send | Ending::Overrun) => transport.reset(),
            Some(_) => {}
        }
        ending
    }

    /// Answers a request. What can be done at once is done when this is called, as in [`Service::handle_received`].
    fn answer(
        &self,
        request: http::Request<Incoming>,
        peer: SocketAddr,
        activity: &Arc<Activity>,
        exchange: Exchange,
    ) -> impl Future<Output = http::Response<Sent>> + Send {
        let is_http2 = request.version() == Version::HTTP_2;
        activity.http2.store(is_http2, Ordering::Relaxed);
        let has_body = !request.body().is_end_stream();
        let client = self.trust.client(request.headers(), peer);
        let checked =
            client.map(|_| ()).map_err(|unreadable| Rejection::UnreadableClient { header: unreadable.0 });
        let running = activity.run();
        // In a place of its own: hyper and tokio move what they are given, several times over HTTP/2.
        let handling =
            Box::pin(self.service.handle_received(checked, request, client.unwrap_or(peer), running));
        self.send(handling, activity, exchange, is_http2, has_body && !is_http2)
    }

    async fn send(
        &self,
        mut handling: Pin<Box<impl Future<Output = Response> + Send>>,
        activity: &Activity,
        mut exchange: Exchange,
        is_http2: bool,
        is_unread: bool,
    ) -> http::Response<Sent> {
        let mut response: Response =
            match poll_fn(|context| Poll::Ready(handling.as_mut().poll(context))).await {
                Poll::Ready(response) => {
                    if is_unread {
                        // Nobody has read the body so far. hyper gets to see whether it has come as a whole; where it has not,
                        // the connection ends after the answer, which has to say so.
                        yield_now().await;
                    }
                    response
                }
                Poll::Pending => handling.await,
            };
        let leaving = *self.phase.borrow() != Phase::Serving || activity.closing.load(Ordering::Relaxed);
        if leaving && !is_http2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(hsts) = &self.hsts {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        exchange.answered();
        // What is given to HTTP/2 waits there for the client's window, unseen; so it is given little at a time.
        let piece = if is_http2 { HTTP2_PIECE } else { usize::MAX };
        response.map(|body| Sent { body, exchange, piece, rest: Bytes::new() })
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.rest.is_empty() {
            let polled = Pin::new(&mut self.body).poll_frame(context);
            self.exchange.produced(polled.is_ready());
            match ready!(polled) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(self.piece);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

fn set_options(socket: &TcpStream, keepalive: Duration) {
    // Without it, an HTTP/2 response of more than one segment waits for the peer's delayed acknowledgement.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let keepalive = socket2::TcpKeepalive::new().with_time(keepalive).with_interval(keepalive / 4);
    if let Err(error) = socket2::SockRef::from(socket).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "cannot set SO_KEEPALIVE");
    }
}
