//! Routes and listeners that change while the loop runs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use support::{Ask, Client, PATIENCE, Server};
use ws_reactor::{
    Config, Error, Handler, ListenerId, Loop, Message, Progress, Reactor, Response, Route, Router, Status,
    handler,
};

/// Runs something on the loop and gives what it gives.
fn on_loop<T: Send + 'static>(server: &Server, task: impl FnOnce(&mut Loop<'_>) -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    server.handle.run(move |reactor| tell.send(task(reactor)).unwrap_or_default()).unwrap();
    told.recv_timeout(PATIENCE).expect("the closure ran")
}

/// A handler that answers everything with this word.
fn says(word: &'static str) -> impl Handler {
    handler(move |context, _message| context.send(word).unwrap())
}

fn status(address: SocketAddr, path: &str) -> u16 {
    let mut client = Client::connect(address);
    client.put(&Ask::upgrade(path).bytes());
    client.answer().status
}

fn said(address: SocketAddr, path: &str) -> String {
    let mut client = Client::open_as(address, &Ask::upgrade(path));
    client.text("?");
    client.next_text()
}

/// A server, and the id of its listener.
fn started(router: impl FnOnce() -> Router + Send + 'static) -> (Server, ListenerId) {
    let server = Server::start(Config::default(), Router::new);
    let id = on_loop(&server, move |reactor| reactor.listen(([127, 0, 0, 1], 0).into(), router()).unwrap());
    (server, id)
}

fn address_of(server: &Server, id: ListenerId) -> Option<SocketAddr> {
    on_loop(server, move |reactor| reactor.listener_addr(id))
}

#[test]
fn routes_are_added_replaced_and_removed_and_open_connections_stay() {
    let (server, id) = started(|| Router::new().route("/old", |_| says("old")));
    let address = address_of(&server, id).unwrap();
    let mut old = Client::open_as(address, &Ask::upgrade("/old"));
    assert_eq!(status(address, "/new"), 404);
    let replaced = on_loop(&server, move |reactor| {
        let router = reactor.router(id).unwrap();
        let new = router.insert_route("/new", Route::new(|_| says("new"))).is_some();
        let old = router.insert_route("/old", Route::new(|_| says("newer"))).is_some();
        (new, old)
    });
    assert_eq!(replaced, (false, true));
    assert_eq!((said(address, "/new"), said(address, "/old")), ("new".to_owned(), "newer".to_owned()));
    old.text("?");
    assert_eq!(old.next_text(), "old", "who is there keeps the handler");
    let removed = on_loop(&server, move |reactor| {
        let router = reactor.router(id).unwrap();
        (router.remove_route("/old").is_some(), router.remove_route("/old").is_some())
    });
    assert_eq!(removed, (true, false));
    assert_eq!(status(address, "/old"), 404);
    old.text("?");
    assert_eq!(old.next_text(), "old");
}

#[test]
fn a_router_is_replaced_whole_and_pages_and_hosts_change() {
    let (server, id) = started(|| Router::new().route("/", |_| says("first")));
    let address = address_of(&server, id).unwrap();
    on_loop(&server, move |reactor| {
        let router = reactor.router(id).unwrap();
        *router = Router::new().otherwise(|_| says("second"));
        router.insert_page("/page", |_| Response::text(Status::OK, ""));
        router.insert_host("Localhost", Router::new().route("/host", |_| says("host")));
    });
    assert_eq!(said(address, "/host"), "host");
    assert_eq!(status(address, "/"), 404, "the host has no such route");
    let removed = on_loop(&server, move |reactor| {
        let router = reactor.router(id).unwrap();
        (router.remove_host("localhost"), router.remove_host("localhost"))
    });
    assert_eq!(removed, (true, false));
    assert_eq!(said(address, "/host"), "second");
    let page = |expected| {
        let mut client = Client::connect(address);
        client.put(&Ask::page("GET", "/page").bytes());
        assert_eq!(client.answer().status, expected);
    };
    page(200);
    let removed = on_loop(&server, move |reactor| reactor.router(id).unwrap().remove_page("/page"));
    assert!(removed);
    page(426);
}

#[test]
fn a_callback_may_change_the_routes_of_others() {
    let server = Server::start(Config::default(), Router::new);
    let address = on_loop(&server, |reactor| {
        let id = reactor.listen(([127, 0, 0, 1], 0).into(), Router::new()).unwrap();
        let change = move |context: &mut ws_reactor::Context<'_>, message: Message<'_>| {
            let path = String::from_utf8(message.as_bytes().to_vec()).unwrap();
            let mut others = context.others();
            others.router(id).unwrap().insert_route(path, Route::new(|_| says("made")));
            context.send("done").unwrap();
        };
        reactor.router(id).unwrap().insert_route("/change", Route::new(move |_| handler(change)));
        reactor.listener_addr(id).unwrap()
    });
    let mut changer = Client::open_as(address, &Ask::upgrade("/change"));
    changer.text("/made");
    assert_eq!(changer.next_text(), "done");
    assert_eq!(said(address, "/made"), "made");
}

#[test]
fn a_closed_listener_takes_no_more_and_its_connections_stay() {
    let (server, id) = started(|| Router::new().otherwise(|_| says("here")));
    let address = address_of(&server, id).unwrap();
    let mut open = Client::open(address);
    // This one is connected and has not asked yet.
    let mut silent = Client::connect(address);
    open.text("?");
    assert_eq!(open.next_text(), "here");
    let closed = on_loop(&server, move |reactor| (reactor.close_listener(id), reactor.close_listener(id)));
    assert_eq!(closed, (true, false));
    let began = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(began.elapsed() < PATIENCE, "the address is still served");
    }
    assert_eq!(address_of(&server, id), None);
    assert!(on_loop(&server, move |reactor| reactor.router(id).is_none()));
    silent.put(&Ask::upgrade("/").bytes());
    assert_eq!(silent.answer().status, 503);
    open.text("?");
    assert_eq!(open.next_text(), "here");
    // The address is free again, and the number of the old listener is not used again.
    let again = on_loop(&server, move |reactor| {
        reactor.listen(address, Router::new().otherwise(|_| says("again"))).unwrap()
    });
    assert_ne!(again, id);
    assert_eq!(said(address, "/"), "again");
}

#[test]
fn a_listener_opened_and_closed_at_once_is_not_there() {
    let server = Server::start(Config::default(), Router::new);
    let address = on_loop(&server, |reactor| {
        let id = reactor.listen(([127, 0, 0, 1], 0).into(), Router::new()).unwrap();
        let address = reactor.listener_addr(id).unwrap();
        assert!(reactor.close_listener(id));
        address
    });
    on_loop(&server, |_| ());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_address_that_is_taken_is_an_error_at_once() {
    let server = Server::start(Config::default(), Router::new);
    let taken = server.address;
    let outcome = on_loop(&server, move |reactor| reactor.listen(taken, Router::new()).err());
    assert!(matches!(outcome, Some(Error::Listen(_))), "{outcome:?}");
}

#[test]
fn a_listener_that_is_bound_already_is_adopted_with_what_waits_there() {
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = bound.local_addr().unwrap();
    // This one comes before anybody accepts.
    let mut early = Client::connect(address);
    early.put(&Ask::upgrade("/").bytes());
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let id = reactor.listen_on(bound, Router::new().otherwise(|_| says("adopted"))).unwrap();
    assert_eq!(reactor.listener_addr(id), Some(address));
    let began = Instant::now();
    early.stream.set_nonblocking(true).unwrap();
    while early.stream.peek(&mut [0]).is_err() {
        assert_eq!(reactor.turn(Some(Duration::from_millis(10))).unwrap(), Progress::Running);
        assert!(began.elapsed() < PATIENCE);
    }
    early.stream.set_nonblocking(false).unwrap();
    early.answer().assert_opens();
    assert!(reactor.as_loop().close_listener(id));
    reactor.turn(Some(Duration::ZERO)).unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_bound_listener_is_adopted_while_the_loop_runs() {
    let server = Server::start(Config::default(), Router::new);
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = bound.local_addr().unwrap();
    on_loop(&server, move |reactor| {
        reactor.listen_on(bound, Router::new().otherwise(|_| says("adopted"))).map(|_| ()).unwrap();
    });
    assert_eq!(said(address, "/"), "adopted");
    server.assert_rests(Duration::from_millis(200));
}

#[test]
fn a_reactor_that_is_stopping_opens_no_listener() {
    let mut reactor = Reactor::new(Config::default()).unwrap();
    reactor.as_loop().stop(Duration::from_secs(1));
    let outcome = reactor.as_loop().listen(([127, 0, 0, 1], 0).into(), Router::new());
    assert!(matches!(outcome, Err(Error::Listen(_))));
    reactor.run().unwrap();
}
