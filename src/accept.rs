//! What a route decides about a request.

mod deferred;

use crate::handler::Handler;
use crate::protocol::handshake::{HeaderList, InvalidHeader, Response, Status};

pub(crate) use deferred::Waiting;
pub use deferred::{Defer, Deferred, Gone};

/// What a route decides about a request for a WebSocket.
///
/// A route rarely names it: a [`Handler`] opens, a [`Response`] rejects, and a [`Result`] does either.
///
/// ```
/// use ws_reactor::{Accept, Message, Context, Request, Response, Router, Status, handler};
///
/// fn route(request: &Request<'_>) -> Accept {
///     if request.headers().value("Authorization").is_none() {
///         return Accept::Reject(Response::text(Status::UNAUTHORIZED, "Who are you?"));
///     }
///     Accept::open(handler(|context, message| {
///         context.send(message).ok();
///     }))
/// }
/// let router = Router::new().route("/private", route);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Accept {
    /// Answer with 101; the handler takes over.
    Open(Open),
    /// Answer with this response, and close.
    Reject(Response),
    /// Answer later: see [`Accept::defer`].
    Defer(Defer),
}

impl Accept {
    /// Opens with this handler and nothing else to say; see [`Open`] for more.
    pub fn open(handler: impl Handler) -> Self {
        Self::Open(Open::new(handler))
    }

    /// Answers later, from any thread: `hand_over` is given the token that decides, and gives it to whoever
    /// can, say a pool of workers that ask a database. Meanwhile the peer waits and the loop does not.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use ws_reactor::{Accept, Deferred, Response, Router, Status, handler};
    ///
    /// let (question, questions) = mpsc::sync_channel::<(String, Deferred)>(1_000);
    /// let router = Router::new().otherwise(move |request| {
    ///     let key = request.headers().value("Authorization").unwrap_or_default().to_owned();
    ///     let question = question.clone();
    ///     // Where the queue is full, the token is dropped, which answers 503.
    ///     Accept::defer(move |token| question.try_send((key, token)).unwrap_or_default())
    /// });
    /// std::thread::spawn(move || {
    ///     for (key, token) in questions {
    ///         // Ask the database here. Whoever is gone meanwhile is gone.
    ///         let decided = match key.as_str() {
    ///             "Bearer 42" => token.accept(|| handler(|context, message| context.send(message).unwrap_or_default())),
    ///             _ => token.reject(Response::text(Status::FORBIDDEN, "Not you.")),
    ///         };
    ///         decided.ok();
    ///     }
    /// });
    /// ```
    pub fn defer(hand_over: impl FnOnce(Deferred) + 'static) -> Self {
        Self::Defer(Defer::new(hand_over))
    }
}

/// How a connection is opened: its handler, and what the answer to its request says besides.
///
/// ```
/// use ws_reactor::{InvalidHeader, Open, Request, Router, handler};
///
/// fn route(request: &Request<'_>) -> Result<Open, InvalidHeader> {
///     let open = Open::new(handler(|context, message| {
///         context.send(message).ok();
///     }));
///     let open = match request.subprotocols().find(|offered| *offered == "echo") {
///         Some(echo) => open.subprotocol(echo),
///         None => open,
///     };
///     open.keep_headers().header("Set-Cookie", "session=1; HttpOnly")
/// }
/// let router = Router::new().otherwise(route);
/// ```
pub struct Open {
    pub(crate) handler: Box<dyn Handler>,
    pub(crate) headers: HeaderList,
    pub(crate) subprotocol: Option<String>,
    pub(crate) keep: Keep,
}

/// Which headers of the request outlive the opening handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    None,
    All,
}

impl Open {
    /// Opens with this handler.
    pub fn new(handler: impl Handler) -> Self {
        Self { handler: Box::new(handler), headers: HeaderList::new(), subprotocol: None, keep: Keep::None }
    }

    /// Adds a header to the answer, such as a cookie.
    ///
    /// # Errors
    ///
    /// A malformed name or value, or a name that belongs to the handshake itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidHeader> {
        self.headers.append(name, value)?;
        Ok(self)
    }

    /// Chooses a subprotocol (RFC 6455, section 1.9). One that the client did not offer makes the answer a
    /// 500.
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocol = Some(name.into());
        self
    }

    /// Keeps the request's headers for as long as the connection lives, for
    /// [`Context::headers`](crate::Context::headers). It costs their length per connection.
    #[must_use]
    pub fn keep_headers(mut self) -> Self {
        self.keep = Keep::All;
        self
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut open = formatter.debug_struct("Open");
        open.field("headers", &self.headers).field("subprotocol", &self.subprotocol).finish_non_exhaustive()
    }
}

/// What a route may return: a [`Handler`], an [`Open`], a [`Response`], an [`Accept`], or a [`Result`] of two
/// of these.
pub trait IntoAccept {
    /// The decision it stands for.
    fn into_accept(self) -> Accept;
}

impl IntoAccept for Accept {
    fn into_accept(self) -> Accept {
        self
    }
}

impl IntoAccept for Open {
    fn into_accept(self) -> Accept {
        Accept::Open(self)
    }
}

impl IntoAccept for Response {
    fn into_accept(self) -> Accept {
        Accept::Reject(self)
    }
}

/// A header that cannot be sent is this program's fault: 500, and a line in the log.
impl IntoAccept for InvalidHeader {
    fn into_accept(self) -> Accept {
        log::error!("a route set a header that cannot be sent: {self}");
        Accept::Reject(Response::text(Status::INTERNAL_SERVER_ERROR, "The server made a mistake."))
    }
}

impl<A: IntoAccept, R: IntoAccept> IntoAccept for Result<A, R> {
    fn into_accept(self) -> Accept {
        match self {
            Ok(accept) => accept.into_accept(),
            Err(reject) => reject.into_accept(),
        }
    }
}

impl<H: Handler> IntoAccept for H {
    fn into_accept(self) -> Accept {
        Accept::open(self)
    }
}
