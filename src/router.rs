//! Which handler a request gets: by host, then by path.

use std::collections::HashMap;
use std::fmt;

use crate::accept::{Accept, IntoAccept};
use crate::protocol::handshake::{Origins, Refusal, Request, Response};

type Decide = Box<dyn FnMut(&Request<'_>) -> Accept>;
type Answer = Box<dyn FnMut(&Request<'_>) -> Response>;
type Refuse = Box<dyn FnMut(Refusal, Response) -> Response>;

/// Which handler a request gets, by host and path.
///
/// Hosts are compared without case and without the port, paths exactly and without the query. A host that is
/// not listed gets the routes of the router itself; a path that is not listed gets
/// [`otherwise`](Self::otherwise), or 404.
///
/// A request for a WebSocket goes to the routes, any other to the pages. A path may have both; a plain
/// request for a path that only has a route is told 426, Upgrade Required.
///
/// ```
/// use ws_reactor::{Origins, Response, Route, Router, Status, handler};
///
/// let router = Router::new()
///     .page("/", |_request| Response::html(Status::OK, "<h1>Hello</h1>"))
///     .page("/health", |_request| Response::text(Status::OK, "well"))
///     .mount(
///         "/echo",
///         Route::new(|_request| {
///             handler(|context, message| {
///                 context.send(message).ok();
///             })
///         })
///         .origins(Origins::SameHost),
///     )
///     .host(
///         "admin.example.org",
///         Router::new().page("/", |_request| Response::text(Status::OK, "admin")),
///     );
/// ```
#[derive(Default)]
pub struct Router {
    paths: Paths,
    hosts: HashMap<String, Paths>,
    unlisted: UnlistedHost,
    refuse: Option<Refuse>,
}

/// What a request for a host that is not listed gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum UnlistedHost {
    #[default]
    Served,
    Refused,
}

/// What one host offers.
#[derive(Default)]
struct Paths {
    routes: HashMap<String, Route>,
    pages: HashMap<String, Answer>,
    otherwise: Option<Route>,
    otherwise_page: Option<Answer>,
}

/// Decides about requests for a WebSocket at one path.
pub struct Route {
    decide: Decide,
    origins: Origins,
}

impl Route {
    /// A route that asks `decide` about each request. It is open to pages of any origin.
    pub fn new<F, A>(mut decide: F) -> Self
    where
        F: FnMut(&Request<'_>) -> A + 'static,
        A: IntoAccept,
    {
        Self { decide: Box::new(move |request| decide(request).into_accept()), origins: Origins::Any }
    }

    /// Which pages' scripts may use this route; others are answered with 403.
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    fn decide(&mut self, request: &Request<'_>) -> Result<Accept, Refusal> {
        if self.origins.allows(request) { Ok((self.decide)(request)) } else { Err(Refusal::OriginNotAllowed) }
    }
}

impl Router {
    /// A router without routes: every request is answered with 404.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has `decide` asked about requests for a WebSocket at `path`: it returns a handler, a response that
    /// rejects, or an [`Accept`].
    #[must_use]
    pub fn route<F, A>(self, path: impl Into<String>, decide: F) -> Self
    where
        F: FnMut(&Request<'_>) -> A + 'static,
        A: IntoAccept,
    {
        self.mount(path, Route::new(decide))
    }

    /// Has `decide` asked about requests for a WebSocket at all paths that are not listed.
    #[must_use]
    pub fn otherwise<F, A>(self, decide: F) -> Self
    where
        F: FnMut(&Request<'_>) -> A + 'static,
        A: IntoAccept,
    {
        self.mount_otherwise(Route::new(decide))
    }

    /// Puts a route at `path`, in the place of the one that was there.
    #[must_use]
    pub fn mount(mut self, path: impl Into<String>, route: Route) -> Self {
        self.paths.routes.insert(path.into(), route);
        self
    }

    /// Puts a route at all paths that are not listed.
    #[must_use]
    pub fn mount_otherwise(mut self, route: Route) -> Self {
        self.paths.otherwise = Some(route);
        self
    }

    /// Answers plain requests for `path`: a page, a health check.
    #[must_use]
    pub fn page<F>(mut self, path: impl Into<String>, answer: F) -> Self
    where
        F: FnMut(&Request<'_>) -> Response + 'static,
    {
        self.paths.pages.insert(path.into(), Box::new(answer));
        self
    }

    /// Answers plain requests for all paths that have no page.
    #[must_use]
    pub fn otherwise_page<F>(mut self, answer: F) -> Self
    where
        F: FnMut(&Request<'_>) -> Response + 'static,
    {
        self.paths.otherwise_page = Some(Box::new(answer));
        self
    }

    /// Gives a host routes of its own: those of `routes` that are for no host in particular.
    #[must_use]
    pub fn host(mut self, name: &str, routes: Self) -> Self {
        self.hosts.insert(name.to_ascii_lowercase(), routes.paths);
        self
    }

    /// Answers requests for a host that is not listed with 421. Together with [`Origins::SameHost`] this is
    /// what keeps a page of another name that points here (DNS rebinding) out.
    #[must_use]
    pub fn only_listed_hosts(mut self) -> Self {
        self.unlisted = UnlistedHost::Refused;
        self
    }

    /// Puts a route at `path`, while the loop runs ([`Loop::router`](crate::Loop::router)); gives the one that was
    /// there.
    pub fn insert_route(&mut self, path: impl Into<String>, route: Route) -> Option<Route> {
        self.paths.routes.insert(path.into(), route)
    }

    /// Takes the route at `path` away: from now on, requests for it go to [`otherwise`](Self::otherwise), or are
    /// answered with 404.
    pub fn remove_route(&mut self, path: &str) -> Option<Route> {
        self.paths.routes.remove(path)
    }

    /// Puts a route at all paths that are not listed, or none; gives the one that was there.
    pub fn replace_otherwise(&mut self, route: Option<Route>) -> Option<Route> {
        std::mem::replace(&mut self.paths.otherwise, route)
    }

    /// Puts a page at `path`, in the place of the one that was there.
    pub fn insert_page<F>(&mut self, path: impl Into<String>, answer: F)
    where
        F: FnMut(&Request<'_>) -> Response + 'static,
    {
        self.paths.pages.insert(path.into(), Box::new(answer));
    }

    /// Takes the page at `path` away. Says whether there was one.
    pub fn remove_page(&mut self, path: &str) -> bool {
        self.paths.pages.remove(path).is_some()
    }

    /// Gives a host routes of its own, in the place of those that it had, as [`host`](Self::host) does.
    pub fn insert_host(&mut self, name: &str, routes: Self) {
        self.hosts.insert(name.to_ascii_lowercase(), routes.paths);
    }

    /// Takes a host's own routes away. Says whether it had any.
    pub fn remove_host(&mut self, name: &str) -> bool {
        self.hosts.remove(&name.to_ascii_lowercase()).is_some()
    }

    /// Has `answer` write what is sent where a request is refused by the library itself: it is malformed, too
    /// large, of the wrong origin or host, or for a path that has nothing. It is given the answer that would be
    /// sent; whoever starts from that keeps the fields that belong to its status.
    ///
    /// ```
    /// use ws_reactor::Router;
    ///
    /// let router = Router::new().refusals(|refusal, response| {
    ///     let code = response.status().code();
    ///     response.body(format!("{code}: {refusal} Write to admin@example.org.").into_bytes())
    /// });
    /// ```
    #[must_use]
    pub fn refusals<F>(mut self, answer: F) -> Self
    where
        F: FnMut(Refusal, Response) -> Response + 'static,
    {
        self.refuse = Some(Box::new(answer));
        self
    }

    /// Decides about a request for a WebSocket.
    pub(crate) fn decide(&mut self, request: &Request<'_>) -> Accept {
        let decided = self.paths_of(request.host()).and_then(|paths| paths.decide(request));
        decided.unwrap_or_else(|refusal| Accept::Reject(self.refuse(refusal)))
    }

    /// Answers a plain request.
    pub(crate) fn answer(&mut self, request: &Request<'_>) -> Response {
        let answered = self.paths_of(request.host()).and_then(|paths| paths.answer(request));
        answered.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    /// Answers a request that is refused.
    pub(crate) fn refuse(&mut self, refusal: Refusal) -> Response {
        match &mut self.refuse {
            Some(answer) => answer(refusal, refusal.into()),
            None => refusal.into(),
        }
    }

    fn paths_of(&mut self, host: &str) -> Result<&mut Paths, Refusal> {
        if self.hosts.is_empty() && self.unlisted == UnlistedHost::Served {
            return Ok(&mut self.paths);
        }
        match self.hosts.get_mut(&host.to_ascii_lowercase()) {
            Some(paths) => Ok(paths),
            None if self.unlisted == UnlistedHost::Refused => Err(Refusal::HostNotAllowed),
            None => Ok(&mut self.paths),
        }
    }
}

impl Paths {
    fn decide(&mut self, request: &Request<'_>) -> Result<Accept, Refusal> {
        let route = self.routes.get_mut(request.path()).or(self.otherwise.as_mut());
        route.ok_or(Refusal::PathUnknown)?.decide(request)
    }

    fn answer(&mut self, request: &Request<'_>) -> Result<Response, Refusal> {
        if let Some(answer) = self.pages.get_mut(request.path()) {
            return Ok(answer(request));
        }
        if self.routes.contains_key(request.path()) {
            return Err(Refusal::UpgradeMissing);
        }
        match (&mut self.otherwise_page, &self.otherwise) {
            (Some(answer), _) => Ok(answer(request)),
            (None, Some(_)) => Err(Refusal::UpgradeMissing),
            (None, None) => Err(Refusal::PathUnknown),
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut router = formatter.debug_struct("Router");
        router.field("paths", &self.paths).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl fmt::Debug for Paths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Paths")
            .field("routes", &self.routes.keys())
            .field("pages", &self.pages.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Route").field("origins", &self.origins).finish_non_exhaustive()
    }
}
