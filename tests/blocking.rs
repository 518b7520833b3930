//! The blocking adapter: threads on one side, the wire on the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use support::{BINARY, CLOSE, Client, FIN, PATIENCE, PING, PONG, Server, TEXT, config, masked};
use ws_reactor::blocking::{self, Binary, Connection, Limits, Pong, RecvError, Text};
use ws_reactor::{
    Cause, CloseCode, Closed, Config, Connect, ConnectError, Deadline, InvalidConnect, Open, Overflow,
    OwnedMessage, Rejection, Response, Router, SendError, Status,
};

const MOMENT: Duration = Duration::from_millis(100);
const CHUNK: usize = 64 * 1024;

/// A server that runs `work` on a thread for each connection.
fn server(config: Config, work: impl Fn(Connection) + Clone + Send + 'static) -> Server {
    limited_server(config, Limits::default(), work)
}

fn limited_server(
    config: Config,
    limits: Limits,
    work: impl Fn(Connection) + Clone + Send + 'static,
) -> Server {
    Server::start(config, move || {
        Router::new().otherwise(move |_request| blocking::serve(work.clone()).limits(limits))
    })
}

/// A server that hands its connections to the test.
fn handing_server(config: Config, limits: Limits) -> (Server, mpsc::Receiver<Connection>) {
    let (give, connections) = mpsc::channel();
    let server = Server::start(config, move || {
        Router::new().otherwise(move |_request| {
            let give = give.clone();
            blocking::hand_over(move |connection| give.send(connection).unwrap()).limits(limits)
        })
    });
    (server, connections)
}

/// A server's connection, and the client that it is to.
fn pair(config: Config, limits: Limits) -> (Server, Connection, Client) {
    let (server, connections) = handing_server(config, limits);
    let client = Client::open(server.address);
    let connection = connections.recv_timeout(PATIENCE).unwrap();
    (server, connection, client)
}

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[allow(clippy::needless_pass_by_value, reason = "its end is the end of the connection")]
fn echo(connection: Connection) {
    for message in connection.messages() {
        connection.send(message).unwrap();
    }
}

fn url(server: &Server) -> String {
    format!("ws://{}/", server.address)
}

fn is_normal(closed: &Closed, cause: &Cause) -> bool {
    closed.code == CloseCode::Normal && closed.cause == *cause
}

/// Waits until a count has not changed for a while.
fn settled(count: &AtomicUsize) -> usize {
    let began = Instant::now();
    let mut last = (count.load(Ordering::SeqCst), Instant::now());
    while last.1.elapsed() < 5 * MOMENT {
        assert!(began.elapsed() < PATIENCE, "it goes on and on");
        thread::sleep(MOMENT / 10);
        let now = count.load(Ordering::SeqCst);
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
    last.0
}

#[test]
fn a_thread_serves_a_client_that_is_not_ours() {
    let server = server(Config::default(), echo);
    let (mut socket, _) = tungstenite_client(&server);
    for length in [0, 125, 126, 65_536, 1 << 20] {
        let message = tungstenite::Message::binary(vec![7; length]);
        socket.send(message.clone()).unwrap();
        assert!(socket.read().unwrap() == message, "{length}");
    }
    socket.send("text".into()).unwrap();
    assert_eq!(socket.read().unwrap(), "text".into());
}

type Foreign = tungstenite::WebSocket<std::net::TcpStream>;

fn tungstenite_client(server: &Server) -> (Foreign, tungstenite::handshake::client::Response) {
    let stream = std::net::TcpStream::connect(server.address).unwrap();
    tungstenite::client(url(server), stream).unwrap()
}

#[test]
fn a_client_without_a_reactor_is_served_by_a_server_that_is_not_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        loop {
            match socket.read() {
                Ok(message) if message.is_text() || message.is_binary() => socket.send(message).unwrap(),
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    });
    let connection = blocking::connect(format!("ws://{address}/path?query")).unwrap();
    assert_eq!(connection.peer_addr(), Some(address));
    assert_eq!(connection.path(), "/path");
    for length in [0, 125, 126, 65_536, 1 << 20] {
        let message = OwnedMessage::Binary(vec![7; length]);
        connection.send(message.clone()).unwrap();
        assert!(connection.recv().unwrap() == message, "{length}");
    }
    connection.send("text").unwrap();
    assert_eq!(connection.recv(), Ok("text".into()));
    let closed = connection.close(CloseCode::Normal, "enough").unwrap();
    assert!(is_normal(&closed, &Cause::Local), "{closed}");
    assert_eq!(connection.recv(), Err(closed));
    assert!(matches!(served.join().unwrap(), tungstenite::Error::ConnectionClosed));
}

#[test]
fn what_both_sides_agreed_to_is_there() {
    let (tell, told) = mpsc::channel();
    let server = Server::start(Config::default(), move || {
        Router::new().route("/here", move |_request| {
            let tell = tell.clone();
            let open = Open::new(blocking::serve(move |connection| {
                let subprotocol = connection.subprotocol().map(str::to_owned);
                tell.send((connection.path().to_owned(), subprotocol, connection.peer_addr())).unwrap();
            }));
            open.subprotocol("two").header("Set-Cookie", "a=b")
        })
    });
    let connect = Connect::to(&format!("{}here?room=1", url(&server))).unwrap();
    let connection = blocking::connect(connect.subprotocol("one").unwrap().subprotocol("two").unwrap());
    let connection = connection.unwrap();
    assert_eq!(connection.subprotocol(), Some("two"));
    assert_eq!(connection.headers().value("Set-Cookie"), Some("a=b"));
    let seen = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(seen, ("/here".to_owned(), Some("two".to_owned()), connection.local_addr()));
}

#[test]
fn waiting_ends_in_time() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    assert_eq!(connection.try_recv(), Err(RecvError::Empty));
    let began = Instant::now();
    assert_eq!(connection.recv_timeout(MOMENT), Err(RecvError::Empty));
    assert!(began.elapsed() >= MOMENT);
    client.text("hello");
    assert_eq!(connection.recv_timeout(PATIENCE), Ok("hello".into()));
    client.text("forever");
    assert_eq!(connection.recv_timeout(Duration::MAX), Ok("forever".into()));
    client.close(1000, "");
    assert!(matches!(connection.recv_timeout(PATIENCE), Err(RecvError::Closed(_))));
    assert!(matches!(connection.try_recv(), Err(RecvError::Closed(_))));
}

#[test]
fn waiting_for_a_kind_leaves_the_others_in_their_order() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    client.text("one");
    client.binary(&[2]);
    client.text("three");
    client.binary(&[4]);
    assert_eq!(connection.wait_for(Binary, PATIENCE), Ok(vec![2]));
    connection.ping("there?").unwrap();
    assert_eq!(client.next().first, FIN | PING);
    client.frame(FIN | PONG, b"there?");
    assert_eq!(connection.wait_for(Pong, PATIENCE), Ok(b"there?".to_vec()));
    assert_eq!(connection.wait_for(Pong, MOMENT), Err(RecvError::Empty));
    client.close(1000, "");
    assert_eq!(connection.wait_for(Text, PATIENCE), Ok("one".to_owned()));
    assert_eq!(connection.recv(), Ok("three".into()));
    assert_eq!(connection.recv(), Ok(vec![4].into()));
    let closed = connection.recv().unwrap_err();
    assert!(is_normal(&closed, &Cause::Peer), "{closed}");
    assert_eq!(connection.wait_for(Text, PATIENCE), Err(RecvError::Closed(closed)));
}

#[test]
fn waiting_for_a_kind_in_vain_ends_when_others_take_all_the_room() {
    let few = limits(|limits| limits.received_messages = 4);
    let (_server, connection, mut client) = pair(Config::default(), few);
    let waited = thread::scope(|scope| {
        let waiting = scope.spawn(|| connection.wait_for(Binary, PATIENCE));
        (0..5).for_each(|_| client.text("no"));
        client.binary(b"yes");
        waiting.join().unwrap()
    });
    assert_eq!(waited, Err(RecvError::Full));
    // Room for one is enough to go on, although the queue is far from half empty.
    assert_eq!(connection.recv(), Ok("no".into()));
    assert_eq!(connection.wait_for(Binary, MOMENT), Err(RecvError::Full));
    (0..2).for_each(|_| assert_eq!(connection.recv(), Ok("no".into())));
    assert_eq!(connection.wait_for(Binary, PATIENCE), Ok(b"yes".to_vec()));
    assert_eq!(connection.recv(), Ok("no".into()));
}

#[test]
fn a_thread_that_does_not_receive_pauses_its_peer_and_misses_nothing() {
    let small = limits(|limits| limits.received_bytes = 4 * CHUNK);
    let (_server, connection, mut client) = pair(Config::default(), small);
    client.stream.set_write_timeout(Some(5 * MOMENT)).unwrap();
    let stream = masked(FIN | BINARY, &vec![5; CHUNK]).repeat(1024);
    let mut sent = 0;
    while let Ok(count) = client.stream.write(&stream[sent..]) {
        sent += count;
        assert!(sent < stream.len(), "64 MiB were taken, and nobody received any");
    }
    client.stream.set_write_timeout(Some(PATIENCE)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| client.stream.write_all(&stream[sent..]).unwrap());
        for _ in 0..1024 {
            let message = connection.recv_timeout(PATIENCE).unwrap();
            assert!(message == OwnedMessage::Binary(vec![5; CHUNK]));
        }
    });
    assert_eq!(connection.try_recv(), Err(RecvError::Empty));
}

#[test]
fn pings_are_answered_while_nobody_receives_section_5_5_2() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    client.text("not received");
    client.frame(FIN | PING, b"well?");
    assert_eq!(client.next().payload, b"well?");
    assert_eq!(connection.recv(), Ok("not received".into()));
}

/// Sends without end to a client that does not read: `overflow` must not matter.
fn a_sender_blocks_and_is_released(overflow: Overflow) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let server = server(config(|config| config.overflow = overflow), move |connection| {
        while counter.load(Ordering::SeqCst) < 1024 {
            connection.send(vec![9; CHUNK]).unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut client = Client::open(server.address);
    let before = settled(&sent);
    assert!(before < 1024, "64 MiB were taken, and nobody read any");
    for _ in 0..1024 {
        let frame = client.next();
        assert!(frame.first == FIN | BINARY && frame.payload == vec![9; CHUNK]);
    }
    assert_eq!(client.next_close().0, Some(1000));
}

#[test]
fn a_sender_blocks_until_its_peer_reads() {
    a_sender_blocks_and_is_released(Overflow::Refuse);
}

#[test]
fn a_sender_blocks_where_others_would_be_closed() {
    a_sender_blocks_and_is_released(Overflow::Close);
}

#[test]
fn a_close_of_the_peer_wakes_who_receives() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    thread::scope(|scope| {
        let receivers = [(); 3].map(|()| scope.spawn(|| connection.recv()));
        thread::sleep(MOMENT);
        client.close(4001, "bye");
        for receiver in receivers {
            let closed = receiver.join().unwrap().unwrap_err();
            assert_eq!((closed.code, &*closed.reason), (CloseCode::Private(4001), "bye"));
        }
    });
    assert_eq!(client.next_close().0, Some(4001));
    assert_eq!(connection.send("late"), Err(SendError::Closed("late".into())));
    assert_eq!(connection.ping("late"), Err(SendError::Closed(b"late".to_vec())));
}

#[test]
fn a_lost_peer_wakes_who_receives() {
    let (_server, connection, client) = pair(Config::default(), Limits::default());
    client.stream.shutdown(Shutdown::Both).unwrap();
    let closed = connection.recv().unwrap_err();
    assert_eq!((closed.code, &closed.cause), (CloseCode::Abnormal, &Cause::Ended));
}

#[test]
fn a_close_of_this_side_wakes_who_receives_and_gives_blocked_messages_back() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    let sender = connection.sender();
    thread::scope(|scope| {
        let receiving = scope.spawn(|| connection.recv());
        let sending = scope.spawn(move || {
            loop {
                if let Err(error) = sender.send(vec![1; CHUNK]) {
                    return error;
                }
            }
        });
        thread::sleep(3 * MOMENT);
        let closing = scope.spawn(|| connection.close(CloseCode::Away, "home"));
        assert_eq!(sending.join().unwrap(), SendError::Closed(vec![1; CHUNK].into()));
        // What was sent before arrives, and the Close behind it.
        let mut frame = client.next();
        while frame.first == FIN | BINARY {
            frame = client.next();
        }
        assert_eq!(frame.close(), (Some(1001), "home".to_owned()));
        client.close(1001, "");
        let closed = closing.join().unwrap().unwrap();
        assert_eq!((closed.code, &closed.cause), (CloseCode::Away, &Cause::Local));
        assert_eq!(receiving.join().unwrap(), Err(closed));
    });
}

#[test]
fn the_peer_going_away_gives_blocked_messages_back() {
    let (_server, connection, client) = pair(Config::default(), Limits::default());
    thread::scope(|scope| {
        let sending = scope.spawn(|| {
            loop {
                if let Err(error) = connection.send(vec![1; CHUNK]) {
                    return error.into_message();
                }
            }
        });
        thread::sleep(3 * MOMENT);
        client.reset();
        assert!(sending.join().unwrap() == OwnedMessage::Binary(vec![1; CHUNK]));
    });
}

#[test]
fn a_close_that_is_not_answered_is_waited_for_no_longer_than_configured_section_7_1_1() {
    let hasty = config(|config| config.close_timeout = 3 * MOMENT);
    let (_server, connection, mut client) = pair(hasty, Limits::default());
    let closed = connection.close(CloseCode::Normal, "").unwrap();
    assert_eq!(closed.cause, Cause::TimedOut(Deadline::Close));
    assert_eq!(client.next_close().0, Some(1000));
}

#[test]
fn a_close_behind_what_nobody_reads_is_waited_for_no_longer_than_configured() {
    let hasty = config(|config| config.close_timeout = 3 * MOMENT);
    let (_server, connection, _client) = pair(hasty, Limits::default());
    let sender = connection.sender();
    let sending = thread::spawn(move || while sender.send(vec![1; CHUNK]).is_ok() {});
    thread::sleep(3 * MOMENT);
    let began = Instant::now();
    let closed = connection.close(CloseCode::Normal, "").unwrap();
    assert_eq!(closed.cause, Cause::TimedOut(Deadline::Close));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    sending.join().unwrap();
}

#[test]
fn a_close_that_cannot_be_sent_changes_nothing_section_7_4() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    assert!(connection.close(CloseCode::Abnormal, "").is_err());
    assert!(connection.close(CloseCode::Normal, &"x".repeat(124)).is_err());
    assert_eq!(connection.ping([0; 126]), Err(SendError::TooLong(vec![0; 126])));
    connection.send("still here").unwrap();
    assert_eq!(client.next_text(), "still here");
}

#[test]
fn leaving_closes_with_1000_behind_what_was_sent() {
    let server = server(Config::default(), |connection| {
        (0..100).for_each(|_| connection.send("last words").unwrap());
    });
    let mut client = Client::open(server.address);
    (0..100).for_each(|_| assert_eq!(client.next_text(), "last words"));
    assert_eq!(client.next_close().0, Some(1000));
    client.close(1000, "");
    client.end();
}

#[test]
fn a_panic_closes_with_1011_and_nothing_else() {
    let server = server(Config::default(), |connection| {
        let message = connection.recv().unwrap();
        assert!(message != "panic".into(), "as asked");
        connection.send(message).unwrap();
    });
    let mut other = Client::open(server.address);
    let mut client = Client::open(server.address);
    client.text("panic");
    assert_eq!(client.next_close().0, Some(1011));
    other.text("calm");
    assert_eq!(other.next_text(), "calm");
}

#[test]
fn a_connection_dropped_by_the_loop_closes_and_holds_nobody_up() {
    let server =
        Server::start(Config::default(), || Router::new().otherwise(|_request| blocking::hand_over(drop)));
    let mut client = Client::open(server.address);
    assert_eq!(client.next_close().0, Some(1000));
    let mut next = Client::open(server.address);
    assert_eq!(next.next_close().0, Some(1000));
}

#[test]
fn a_reactor_that_stops_wakes_everybody() {
    let (server, connection, _client) = pair(Config::default(), Limits::default());
    let receiving = thread::spawn(move || connection.recv());
    thread::sleep(MOMENT);
    server.stop();
    assert_eq!(receiving.join().unwrap().unwrap_err().cause, Cause::Stopped);
}

#[test]
fn what_cannot_be_connected_to_says_why() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = blocking::connect(format!("ws://{free}/")).unwrap_err();
    assert!(matches!(error, blocking::Error::Failed(ConnectError::Connect(_))), "{error}");
    let error = blocking::connect("http:/nowhere").unwrap_err();
    assert!(matches!(error, blocking::Error::Invalid(InvalidConnect::Url(_))), "{error}");
    let server = Server::start(Config::default(), || {
        Router::new().otherwise(|_request| Response::text(Status::FORBIDDEN, "no"))
    });
    let error = blocking::connect(url(&server)).unwrap_err();
    let blocking::Error::Failed(error) = error else { panic!("{error}") };
    assert_eq!(error.rejection().map(Rejection::status), Some(403));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = Connect::to(&format!("ws://{}/", silent.local_addr().unwrap())).unwrap();
    let error = blocking::connect(connect.timeout(MOMENT)).unwrap_err();
    assert!(matches!(error, blocking::Error::Failed(ConnectError::TimedOut)), "{error}");
}

#[test]
fn a_configuration_that_cannot_work_says_so() {
    let client = blocking::Client::new().config(config(|config| config.max_message = 0));
    let error = client.connect("ws://127.0.0.1:1/").unwrap_err();
    assert!(matches!(error, blocking::Error::Reactor(ws_reactor::Error::Config(_))), "{error}");
}

#[test]
fn a_client_may_have_a_configuration_and_limits_of_its_own() {
    let large = config(|config| config.max_message = 8 << 20);
    let server = server(large.clone(), echo);
    let connection = blocking::Client::new().config(large).limits(limits(|limits| {
        limits.received_bytes = 1;
        limits.unsent_bytes = 1;
    }));
    let connection = connection.connect(url(&server)).unwrap();
    for length in [0, 8 << 20, 1] {
        connection.send(vec![3; length]).unwrap();
        assert!(connection.recv().unwrap() == vec![3; length].into());
    }
}

#[test]
fn a_reactor_of_ones_own_connects_for_threads() {
    let server = server(Config::default(), echo);
    let (give, connections) = mpsc::channel();
    let adapter = move || blocking::hand_over(move |connection| give.send(connection).unwrap());
    server.handle.connect(url(&server), adapter).unwrap();
    let connection: Connection = connections.recv_timeout(PATIENCE).unwrap();
    connection.send("through the server's own loop").unwrap();
    assert_eq!(connection.recv(), Ok("through the server's own loop".into()));
}

#[test]
fn the_reactor_in_the_background_ends_and_begins_as_often_as_it_must() {
    let server = server(Config::default(), echo);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..50 {
                    let connection = blocking::connect(url(&server)).unwrap();
                    connection.send(format!("{round}")).unwrap();
                    assert_eq!(connection.recv(), Ok(format!("{round}").into()));
                }
            });
        }
    });
}

#[test]
fn many_threads_have_many_connections() {
    const CONNECTIONS: usize = 200;
    let server = server(Config::default(), echo);
    let connections: Vec<Connection> =
        (0..CONNECTIONS).map(|_| blocking::connect(url(&server)).unwrap()).collect();
    thread::scope(|scope| {
        for (index, connection) in connections.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..20 {
                    connection.send(format!("{index} {round}")).unwrap();
                }
                for round in 0..20 {
                    assert_eq!(connection.recv(), Ok(format!("{index} {round}").into()));
                }
            });
        }
    });
}

#[test]
fn a_program_that_ends_right_after_the_peers_close_has_answered_it_section_5_5_1() {
    let (server, connections) = handing_server(Config::default(), Limits::default());
    for _ in 0..20 {
        let client = blocking::connect(url(&server)).unwrap();
        let connection = connections.recv_timeout(PATIENCE).unwrap();
        let closing = thread::spawn(move || connection.close(CloseCode::Away, ""));
        assert_eq!(client.recv().unwrap_err().cause, Cause::Peer);
        assert_eq!(closing.join().unwrap().unwrap().cause, Cause::Local);
    }
}

#[test]
fn waiting_costs_no_time() {
    let (server, connection, _client) = pair(Config::default(), Limits::default());
    let waiting = thread::spawn(move || connection.recv_timeout(8 * MOMENT));
    server.assert_rests(5 * MOMENT);
    assert_eq!(waiting.join().unwrap(), Err(RecvError::Empty));
}

#[test]
fn frames_that_break_a_rule_end_the_wait_section_5_2() {
    let (_server, connection, mut client) = pair(Config::default(), Limits::default());
    client.frame(TEXT | FIN, b"\xff");
    assert!(matches!(connection.recv().unwrap_err().cause, Cause::Violation(_)));
    let frame = client.next();
    assert_eq!((frame.first, frame.close().0), (FIN | CLOSE, Some(1007)));
}
