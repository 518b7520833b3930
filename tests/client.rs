//! The client: what it asks, what it accepts, and exactly one answer to every attempt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use ws_reactor::{
    CloseCode, Closed, Config, Connect, ConnectError, Context, Handler, HandshakeError, Lifetime, Loop,
    Message, Open, OwnedMessage, Reactor, Rejection, Router, handler,
};

/// What a client was told.
#[derive(Debug)]
enum Told {
    Open {
        subprotocol: Option<String>,
        cookie: Option<String>,
    },
    Message(OwnedMessage),
    Failed(ConnectError),
    Closed(Closed),
}

/// Says something when it is open, closes on the first answer, and tells everything.
struct Probe {
    say: Option<OwnedMessage>,
    tell: Sender<Told>,
}

impl Handler for Probe {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let subprotocol = context.subprotocol().map(str::to_owned);
        let cookie = context.headers().value("Set-Cookie").map(str::to_owned);
        self.tell.send(Told::Open { subprotocol, cookie }).unwrap();
        if let Some(say) = &self.say {
            context.send(say).unwrap();
        }
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        self.tell.send(Told::Failed(error)).unwrap();
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self.tell.send(Told::Message(message.into_owned())).unwrap();
        context.close(CloseCode::Normal, "enough").unwrap();
    }

    fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
        self.tell.send(Told::Closed(closed.clone())).unwrap();
    }
}

/// Makes one connection with a reactor of its own, which ends with it; gives all that was told.
fn tried(connect: Connect, say: Option<OwnedMessage>) -> Vec<Told> {
    let (tell, told) = channel();
    let mut config = Config::default();
    config.lifetime = Lifetime::WhileConnected;
    config.max_message = 32 << 20;
    let mut reactor = Reactor::new(config).unwrap();
    reactor.connect(connect, Probe { say, tell }).unwrap();
    reactor.run().unwrap();
    told.try_iter().collect()
}

/// A server of this library, until the test ends.
fn echo_server() -> SocketAddr {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut config = Config::default();
        config.max_message = 32 << 20;
        let mut reactor = Reactor::new(config).unwrap();
        let echo = Router::new().otherwise(|_| {
            handler(|context, message| {
                context.send(message).ok();
            })
        });
        let listener = reactor.listen("127.0.0.1:0", echo).unwrap();
        tell.send(reactor.listener_addr(listener).unwrap()).unwrap();
        reactor.run().unwrap();
    });
    told.recv().unwrap()
}

/// A server that answers every request head with `answer`, byte for byte, and gives the heads it saw.
fn canned_server(answer: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            tell.send(String::from_utf8(head).unwrap()).ok();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, told)
}

#[test]
fn a_message_goes_out_masked_and_its_echo_comes_back_section_5_3() {
    let address = echo_server();
    for length in [0, 20, 125, 126, 65_535, 65_536, 1 << 20, 16 << 20] {
        let message = OwnedMessage::Binary((0..length).map(|index: usize| index.to_le_bytes()[0]).collect());
        let told = tried(
            Connect::to(&format!("ws://{address}/")).unwrap(),
            Some(message.clone()),
        );
        let [Told::Open { .. }, Told::Message(echo), Told::Closed(closed)] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(*echo == message, "{length}");
        assert!(closed.was_clean() && closed.code == CloseCode::Normal, "{closed}");
    }
}

#[test]
fn a_refusal_arrives_with_its_status_headers_and_body_section_4_1() {
    let (address, _) = canned_server("HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 4\r\n\r\nnope");
    let told = tried(Connect::to(&format!("ws://{address}/")).unwrap(), None);
    let [Told::Failed(error)] = &told[..] else {
        panic!("{told:?}")
    };
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.status(), rejection.body()), (403, &b"nope"[..]));
    assert_eq!(rejection.headers().value("x-why"), Some("no"));
}

#[test]
fn an_answer_without_the_right_accept_is_a_failure_section_4_1() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let (address, _) = canned_server(answer);
    let told = tried(Connect::to(&format!("ws://{address}/")).unwrap(), None);
    let [Told::Failed(ConnectError::Handshake(HandshakeError::AcceptWrong))] = &told[..] else {
        panic!("{told:?}");
    };
}

#[test]
fn nobody_listening_is_a_failure() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = tried(Connect::to(&format!("ws://{free}/")).unwrap(), None);
    assert!(
        matches!(&told[..], [Told::Failed(ConnectError::Connect(_))]),
        "{told:?}"
    );
}

#[test]
fn a_silent_server_is_a_failure_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = Connect::to(&format!("ws://{}/", silent.local_addr().unwrap())).unwrap();
    let told = tried(connect.timeout(Duration::from_millis(100)), None);
    assert!(
        matches!(&told[..], [Told::Failed(ConnectError::TimedOut)]),
        "{told:?}"
    );
}

#[test]
fn a_name_is_looked_up_and_all_its_addresses_are_tried() {
    let address = echo_server();
    // The server is on 127.0.0.1 alone; where the name has ::1 too, that is tried and given up.
    let connect = Connect::to(&format!("ws://localhost:{}/", address.port())).unwrap();
    let told = tried(connect, Some("hello".into()));
    assert!(
        matches!(&told[..], [Told::Open { .. }, Told::Message(_), Told::Closed(_)]),
        "{told:?}"
    );
    let told = tried(Connect::to("ws://nobody.invalid/").unwrap(), None);
    assert!(
        matches!(&told[..], [Told::Failed(ConnectError::Name(_))]),
        "{told:?}"
    );
}

#[test]
fn what_the_server_chose_and_said_is_there_in_on_open() {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut reactor = Reactor::new(Config::default()).unwrap();
        let router = Router::new().otherwise(|_| {
            let open = Open::new(handler(|context, message| context.send(message).unwrap()));
            open.subprotocol("two").header("Set-Cookie", "a=b")
        });
        let listener = reactor.listen("127.0.0.1:0", router).unwrap();
        tell.send(reactor.listener_addr(listener).unwrap()).unwrap();
        reactor.run().unwrap();
    });
    let url = format!("ws://{}/", told.recv().unwrap());
    let connect = Connect::to(&url).and_then(|connect| connect.subprotocol("one")?.subprotocol("two"));
    let told = tried(connect.unwrap(), Some("x".into()));
    let Told::Open { subprotocol, cookie } = &told[0] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (subprotocol.as_deref(), cookie.as_deref()),
        (Some("two"), Some("a=b"))
    );
}

#[test]
fn the_request_says_what_was_asked_for() {
    let (address, heads) = canned_server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let connect = Connect::to(&format!("ws://user:secret@{address}/chat?room=1"))
        .and_then(|connect| connect.header("X-Own", "yes"))
        .and_then(|connect| connect.subprotocol("one")?.subprotocol("two"))
        .and_then(|connect| connect.origin("http://example.com")?.host("example.com"))
        .unwrap();
    tried(connect, None);
    let head = heads.recv().unwrap();
    for line in [
        "GET /chat?room=1 HTTP/1.1\r\n",
        "Host: example.com\r\n",
        "Origin: http://example.com\r\n",
        "X-Own: yes\r\n",
        "Sec-WebSocket-Protocol: one, two\r\n",
        "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[test]
fn a_redirection_is_a_failure_unless_it_is_to_be_followed_and_credentials_stay_at_home() {
    let target = echo_server();
    let (elsewhere, heads) = canned_server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let answer =
        format!("HTTP/1.1 302 Found\r\nLocation: ws://{elsewhere}/there\r\nContent-Length: 0\r\n\r\n");
    let (redirecting, _) = canned_server(Box::leak(answer.into_boxed_str()));
    let connect = Connect::to(&format!("ws://user:secret@{redirecting}/")).unwrap();
    let told = tried(connect.clone(), None);
    let [Told::Failed(error)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(error.rejection().map(Rejection::status), Some(302));

    tried(connect.redirects(1), None);
    let head = heads.recv().unwrap();
    assert!(
        head.starts_with("GET /there ") && !head.contains("Authorization"),
        "{head}"
    );

    let answer = format!("HTTP/1.1 307 Moved\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
    let (redirecting, _) = canned_server(Box::leak(answer.into_boxed_str()));
    let connect = Connect::to(&format!("ws://{redirecting}/")).unwrap().redirects(2);
    let told = tried(connect, Some("hello".into()));
    assert!(
        matches!(&told[..], [Told::Open { .. }, Told::Message(_), Told::Closed(_)]),
        "{told:?}"
    );
}
