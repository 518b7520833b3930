//! A connection that is made again: when, how often, and when no more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails is to fail")]

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use ws_reactor::{
    Cause, CloseCode, Closed, Config, ConnectError, Context, Delivery, Ending, Handler, Message, Piece,
    Progress, Reactor, Reconnect, Reconnection, Response, Router, Status, TimerId, Verdict, handler,
};

const PATIENCE: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);

/// What the handlers of all attempts were told, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn put(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    fn count(&self, line: &str) -> usize {
        self.0.borrow().iter().filter(|other| *other == line).count()
    }
}

/// Logs everything.
struct Probe(Log);

impl Handler for Probe {
    fn on_open(&mut self, _context: &mut Context<'_>) {
        self.0.put("open");
    }

    fn on_failed(&mut self, _reactor: &mut ws_reactor::Loop<'_>, error: ConnectError) {
        match error.rejection() {
            Some(rejection) => self.0.put(format!("failed {}", rejection.status())),
            None => self.0.put("failed"),
        }
    }

    fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
        self.0.put(format!("closed {}", u16::from(closed.code)));
    }
}

/// A reactor that is server and client at once, where the server's connections end as `greet` says.
fn reactor(greet: impl Fn(&mut Context<'_>) + Clone + 'static) -> (Reactor, SocketAddr) {
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let router = Router::new().otherwise(move |_| Host(greet.clone()));
    let listener = reactor.listen("127.0.0.1:0", router).unwrap();
    let address = reactor.listener_addr(listener).unwrap();
    (reactor, address)
}

struct Host<G>(G);

impl<G: Fn(&mut Context<'_>) + 'static> Handler for Host<G> {
    fn on_open(&mut self, context: &mut Context<'_>) {
        (self.0)(context);
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _timer: TimerId) {
        context.close(CloseCode::Restart, "").unwrap();
    }
}

fn closes(code: u16) -> impl Fn(&mut Context<'_>) + Clone {
    move |context| context.close(code.into(), "").unwrap()
}

fn quick(address: SocketAddr) -> Reconnect {
    Reconnect::to(format!("ws://{address}/")).unwrap().first_delay(SHORT).longest_delay(SHORT * 4)
}

fn turn_until(reactor: &mut Reactor, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert_eq!(reactor.turn(Some(Duration::from_millis(10))).unwrap(), Progress::Running);
        assert!(began.elapsed() < PATIENCE, "it never comes");
    }
}

fn turn_for(reactor: &mut Reactor, time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        reactor.turn(Some(Duration::from_millis(5))).unwrap();
    }
}

/// Begins, and goes on until there are no more attempts; what was told.
fn until_over(reactor: &mut Reactor, reconnect: Reconnect) -> Vec<String> {
    let log = Log::default();
    let inner = log.clone();
    let reconnection = reconnect.start(&mut reactor.as_loop(), move || Probe(inner.clone()));
    turn_until(reactor, || reconnection.is_over());
    turn_for(reactor, SHORT * 6);
    log.0.take()
}

#[test]
fn a_lost_connection_is_made_again_until_the_server_says_it_is_done() {
    let visits = Rc::new(Cell::new(0));
    let (mut reactor, address) = reactor(move |context: &mut Context<'_>| {
        visits.set(visits.get() + 1);
        match visits.get() {
            1 => {
                let id = context.id();
                context.others().set_timer(SHORT, move |reactor| assert!(reactor.abort(id)));
            }
            2 => context.close(CloseCode::Restart, "").unwrap(),
            3 => context.close(CloseCode::Away, "").unwrap(),
            _ => context.close(CloseCode::Normal, "").unwrap(),
        }
    });
    let told = until_over(&mut reactor, quick(address));
    let codes: Vec<&str> = told.iter().map(String::as_str).filter(|line| *line != "open").collect();
    assert_eq!(codes, ["closed 1006", "closed 1012", "closed 1001", "closed 1000"], "{told:?}");
}

#[test]
fn codes_that_would_come_again_end_it() {
    for code in [1000, 1002, 1003, 1007, 1008, 1009, 1010] {
        let (mut reactor, address) = reactor(closes(code));
        assert_eq!(until_over(&mut reactor, quick(address)), ["open".to_owned(), format!("closed {code}")]);
    }
}

/// A server that answers the requests one after the other with these, and says when each came.
fn answers(answers: &'static [&'static str]) -> (SocketAddr, thread::JoinHandle<Vec<Instant>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let came = thread::spawn(move || {
        let answer = |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let came = Instant::now();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            came
        };
        answers.iter().map(answer).collect()
    });
    (address, came)
}

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

#[test]
fn delays_double_up_to_the_cap_and_a_refusal_for_good_ends_it_section_7_2_3() {
    let (address, came) = answers(&[BUSY, BUSY, BUSY, BUSY, BUSY, FORBIDDEN]);
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let first = Duration::from_millis(60);
    let reconnect = Reconnect::to(format!("ws://{address}/")).unwrap();
    let told = until_over(&mut reactor, reconnect.first_delay(first).longest_delay(first * 4));
    assert_eq!(told, [["failed 503"; 5].as_slice(), &["failed 403"]].concat());
    let came = came.join().unwrap();
    let wholes = [1, 2, 4, 4, 4].map(|times| first * times);
    for (pair, whole) in came.windows(2).zip(wholes) {
        let delay = pair[1] - pair[0];
        // The whole machine may be late, and it is never early.
        assert!(delay + Duration::from_millis(5) >= whole / 2, "{delay:?} of {whole:?}");
        assert!(delay <= whole + Duration::from_secs(2), "{delay:?} of {whole:?}");
    }
}

#[test]
fn nobody_listening_is_tried_again_and_found_when_it_comes() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let log = Log::default();
    let inner = log.clone();
    let reconnection = quick(free).start(&mut reactor.as_loop(), move || Probe(inner.clone()));
    turn_until(&mut reactor, || log.count("failed") >= 3);
    assert!(reconnection.failures() >= 3);
    let router = Router::new().otherwise(|_| handler(|_, _| {}));
    reactor.listen(free, router).expect("the address that was free");
    turn_until(&mut reactor, || log.count("open") == 1);
    assert!(reconnection.id().is_some() && !reconnection.is_over());
}

#[test]
fn a_stable_connection_starts_the_delays_over() {
    let stays = Duration::from_millis(60);
    let (mut reactor, address) = reactor(move |context: &mut Context<'_>| {
        context.set_timer(stays);
    });
    let log = Log::default();
    let inner = log.clone();
    let reconnect = quick(address).longest_delay(PATIENCE * 10).stable_after(stays / 2);
    let reconnection = reconnect.start(&mut reactor.as_loop(), move || Probe(inner.clone()));
    // Without starting over, the delays alone would take a minute or more.
    turn_until(&mut reactor, || {
        assert!(reconnection.failures() <= 1);
        log.count("open") == 13
    });
}

#[test]
fn a_short_connection_does_not_start_the_delays_over() {
    let (mut reactor, address) = reactor(closes(1012));
    let log = Log::default();
    let inner = log.clone();
    let reconnection = quick(address).start(&mut reactor.as_loop(), move || Probe(inner.clone()));
    turn_until(&mut reactor, || log.count("closed 1012") == 4);
    assert_eq!(reconnection.failures(), 4);
}

#[test]
fn a_judge_of_ones_own_decides() {
    let (mut reactor, address) = reactor(closes(1000));
    let mut left = 2;
    let reconnect = quick(address).judge(move |ending| {
        assert!(matches!(ending, Ending::Closed(closed) if closed.cause == Cause::Peer));
        left -= 1;
        if left > 0 { Verdict::Retry } else { Verdict::Stop }
    });
    assert_eq!(until_over(&mut reactor, reconnect), ["open", "closed 1000", "open", "closed 1000"]);
}

#[test]
fn this_sides_own_close_ends_it_even_if_the_server_does_not_agree() {
    // Opens, and answers nothing more: neither a message nor a Close.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = opened(stream);
        // The Close has come; now the server vanishes.
        socket.read_exact(&mut [0; 8]).unwrap();
        drop(socket);
        listener.set_nonblocking(true).unwrap();
        thread::sleep(SHORT * 10);
        listener.accept().is_err()
    });
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let reconnection = quick(address).start(&mut reactor.as_loop(), || Closer);
    turn_until(&mut reactor, || reconnection.is_over());
    turn_for(&mut reactor, SHORT * 10);
    assert!(server.join().unwrap(), "there was another attempt");
}

/// The server's side of a handshake by somebody else's code; what follows is bytes.
fn opened(stream: std::net::TcpStream) -> std::net::TcpStream {
    tungstenite::accept(stream).expect("a handshake").get_ref().try_clone().unwrap()
}

struct Closer;

impl Handler for Closer {
    fn on_open(&mut self, context: &mut Context<'_>) {
        context.close(CloseCode::Normal, "").unwrap();
    }
}

#[test]
fn it_can_be_stopped_at_every_point() {
    let log = Log::default();
    let start = |reactor: &mut Reactor, address| -> Reconnection {
        let inner = log.clone();
        quick(address).start(&mut reactor.as_loop(), move || Probe(inner.clone()))
    };
    // While the connection is being made.
    let (mut reactor, address) = reactor(|_| {});
    let making = start(&mut reactor, address);
    making.stop(&mut reactor.as_loop());
    assert!(making.is_over() && making.id().is_none());
    turn_for(&mut reactor, SHORT * 6);
    assert_eq!(log.0.take(), ["failed"]);
    // While it is open.
    let open = start(&mut reactor, address);
    turn_until(&mut reactor, || log.count("open") == 1);
    open.stop(&mut reactor.as_loop());
    turn_for(&mut reactor, SHORT * 6);
    assert_eq!(log.0.take(), ["open", "closed 1000"]);
    // Between two attempts.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let waiting = start(&mut reactor, free);
    turn_until(&mut reactor, || log.count("failed") == 1);
    waiting.clone().stop(&mut reactor.as_loop());
    turn_for(&mut reactor, SHORT * 6);
    assert_eq!(log.0.take(), ["failed"]);
    assert!(waiting.is_over());
}

/// Stops it in its own `on_close`, where the next attempt is set already.
struct Quitter(Rc<RefCell<Option<Reconnection>>>);

impl Handler for Quitter {
    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        let reconnection = self.0.take().expect("set before the first turn");
        assert!(!reconnection.is_over());
        reconnection.stop(&mut context.others());
    }
}

#[test]
fn a_handler_can_stop_it() {
    let (mut reactor, address) = reactor(closes(1012));
    let own = Rc::new(RefCell::new(None));
    let inner = Rc::clone(&own);
    let made = Rc::new(Cell::new(0));
    let making = Rc::clone(&made);
    let reconnection = quick(address).start(&mut reactor.as_loop(), move || {
        making.set(making.get() + 1);
        Quitter(Rc::clone(&inner))
    });
    own.replace(Some(reconnection.clone()));
    turn_until(&mut reactor, || reconnection.is_over());
    turn_for(&mut reactor, SHORT * 6);
    assert_eq!(made.get(), 1);
}

/// Panics wherever it can.
struct Clumsy;

impl Handler for Clumsy {
    fn on_message(&mut self, _context: &mut Context<'_>, _message: Message<'_>) {
        panic!("on purpose");
    }

    fn on_close(&mut self, _context: &mut Context<'_>, _closed: &Closed) {
        panic!("on purpose");
    }
}

#[test]
fn a_handler_that_panics_gets_a_successor() {
    let (mut reactor, address) = reactor(|context: &mut Context<'_>| context.send("hello").unwrap());
    let made = Rc::new(Cell::new(0));
    let making = Rc::clone(&made);
    let reconnection = quick(address).start(&mut reactor.as_loop(), move || {
        making.set(making.get() + 1);
        Clumsy
    });
    turn_until(&mut reactor, || made.get() == 3);
    assert!(!reconnection.is_over());
}

#[test]
fn a_reactor_that_stops_ends_it() {
    let (mut reactor, address) = reactor(|_| {});
    let log = Log::default();
    let inner = log.clone();
    let reconnection = quick(address).start(&mut reactor.as_loop(), move || Probe(inner.clone()));
    turn_until(&mut reactor, || log.count("open") == 1);
    reactor.as_loop().stop(Duration::from_secs(5));
    let began = Instant::now();
    reactor.run().unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "it does not hold the reactor up");
    assert!(reconnection.is_over());
}

#[test]
fn a_rejection_of_a_route_is_told_and_ends_it() {
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let router = Router::new().otherwise(|_| Response::text(Status::UNAUTHORIZED, "who?"));
    let listener = reactor.listen("127.0.0.1:0", router).unwrap();
    let address = reactor.listener_addr(listener).unwrap();
    assert_eq!(until_over(&mut reactor, quick(address)), ["failed 401"]);
}

/// Takes messages in pieces, and has all other callbacks too.
struct Everything(Log);

impl Handler for Everything {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_open(&mut self, context: &mut Context<'_>) {
        context.ping(b"ping").unwrap();
        context.set_timer(SHORT);
    }

    fn on_piece(&mut self, _context: &mut Context<'_>, _piece: Piece<'_>) {
        self.0.put("piece");
    }

    fn on_ping(&mut self, _context: &mut Context<'_>, _payload: &[u8]) {
        self.0.put("ping");
    }

    fn on_pong(&mut self, _context: &mut Context<'_>, _payload: &[u8]) {
        self.0.put("pong");
    }

    fn on_timer(&mut self, _context: &mut Context<'_>, _timer: TimerId) {
        self.0.put("timer");
    }
}

#[test]
fn every_callback_reaches_the_handler() {
    let (mut reactor, address) = reactor(|context: &mut Context<'_>| {
        context.send("a message").unwrap();
        context.ping(b"").unwrap();
    });
    let log = Log::default();
    let inner = log.clone();
    let reconnection = quick(address).start(&mut reactor.as_loop(), move || Everything(inner.clone()));
    turn_until(&mut reactor, || ["piece", "ping", "pong", "timer"].iter().all(|line| log.count(line) > 0));
    assert!(!reconnection.is_over());
}
