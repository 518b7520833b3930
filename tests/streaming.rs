//! Messages sent in fragments over many turns (RFC 6455, section 5.4).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use support::{
    BINARY, CLOSE, CONTINUATION, Client, Event, FIN, PATIENCE, PONG, Server, Source, TEXT, byte_at, config,
    witnessed,
};
use ws_reactor::{
    Cause, CloseCode, Config, Context, Handler, Lifetime, Message, MessageKind, Reactor, Router, SendError,
};

#[test]
fn a_reader_that_stops_is_waited_for_and_misses_nothing() {
    let server = Server::start(Config::default(), || Router::new().otherwise(|_| Source::new(8 << 20)));
    let mut client = Client::open_narrow(server.address);
    let mut position = 0;
    loop {
        if position % (1 << 20) < 65_536 {
            thread::sleep(Duration::from_millis(5));
        }
        let frame = client.next();
        assert!(frame.payload.iter().zip(position..).all(|(&byte, at)| byte == byte_at(at)));
        position += frame.payload.len() as u64;
        if frame.first & FIN != 0 {
            break;
        }
    }
    assert_eq!(position, 8 << 20);
    server.stop();
}

/// A server whose connections begin a text with "one", and go on when the client says so.
fn beginning(on: fn(&mut Context<'_>, &Event)) -> (Server, support::Events) {
    witnessed(Config::default(), move |context, event| match event {
        Event::Open => {
            let mut message = context.begin_message(MessageKind::Text, 100).unwrap();
            message.write_all(b"one").unwrap();
            message.flush().unwrap();
        }
        event => on(context, event),
    })
}

#[test]
fn pings_and_pongs_pass_between_fragments_section_5_4() {
    let (server, _events) = beginning(|context, event| {
        if let Event::Ping(_) = event {
            context.ping(b"mine").unwrap();
            let mut message = context.continue_message().unwrap();
            message.write_all(b"two").unwrap();
            message.finish().unwrap();
            context.send("next").unwrap();
        }
    });
    let mut client = Client::open(server.address);
    let next = |client: &mut Client| {
        let frame = client.next();
        (frame.first, frame.payload)
    };
    assert_eq!(next(&mut client), (TEXT, b"one".to_vec()));
    client.frame(FIN | support::PING, b"yours");
    assert_eq!(next(&mut client), (FIN | PONG, b"yours".to_vec()));
    assert_eq!(next(&mut client), (FIN | support::PING, b"mine".to_vec()));
    assert_eq!(next(&mut client), (FIN | CONTINUATION, b"two".to_vec()));
    assert_eq!(next(&mut client), (FIN | TEXT, b"next".to_vec()));
    server.stop();
}

#[test]
fn no_other_message_comes_between_fragments_section_5_4() {
    let (server, events) = beginning(|context, event| match event {
        Event::Message(_) => {
            context.subscribe("all").unwrap();
            let id = context.id();
            assert_eq!(context.send("no"), Err(SendError::Unfinished(Message::Text("no"))));
            assert_eq!(context.send_to(id, "no"), Err(SendError::Unfinished(Message::Text("no"))));
            let published = context.publish("all", "no");
            assert_eq!((published.sent, published.refused), (0, 1));
            let begun = context.begin_message(MessageKind::Binary, 1);
            assert_eq!(begun.err(), Some(SendError::Unfinished(MessageKind::Binary)));
            context.sender().send("from a thread").unwrap();
        }
        Event::Refused(message) => {
            context.continue_message().unwrap().finish().unwrap();
            context.send(message).unwrap();
        }
        _ => {}
    });
    let mut client = Client::open(server.address);
    assert_eq!(client.next().first, TEXT);
    client.text("go on");
    let last = client.next();
    assert_eq!((last.first, last.payload), (FIN | CONTINUATION, vec![]));
    assert_eq!(client.next_text(), "from a thread");
    client.close(1000, "");
    assert_eq!(client.next_close().0, Some(1000));
    assert!(events.closed().was_clean());
    server.stop();
}

#[test]
fn either_side_may_close_in_the_middle_section_5_5_1() {
    let (server, events) = beginning(|context, event| match event {
        Event::Message(_) => {
            let mut message = context.continue_message().unwrap();
            message.write_all(b"lost").unwrap();
            context.close(CloseCode::Normal, "enough").unwrap();
            assert!(context.continue_message().is_none());
            assert_eq!(context.send("late"), Err(SendError::Closed(Message::Text("late"))));
            let begun = context.begin_message(MessageKind::Text, 9);
            assert_eq!(begun.err(), Some(SendError::Closed(MessageKind::Text)));
        }
        Event::Close(_) => assert!(context.continue_message().is_none()),
        _ => {}
    });
    let mut ours = Client::open(server.address);
    assert_eq!(ours.next().first, TEXT);
    ours.text("close");
    assert_eq!(ours.next_close(), (Some(1000), "enough".to_owned()));
    ours.close(1000, "");
    assert_eq!(events.closed().cause, Cause::Local);
    let mut theirs = Client::open(server.address);
    assert_eq!(theirs.next().first, TEXT);
    theirs.close(1001, "");
    assert_eq!(theirs.next().first, FIN | CLOSE);
    assert_eq!(events.closed().cause, Cause::Peer);
    server.stop();
}

#[test]
fn text_may_be_cut_inside_a_character_and_is_judged_all_the_same_section_8_1() {
    let (server, _events) = witnessed(config(|_| {}), |context, event| {
        if *event != Event::Open {
            return;
        }
        let mut message = context.begin_message(MessageKind::Text, 1).unwrap();
        for byte in "a€".bytes().take(3) {
            message.write_all(&[byte]).unwrap();
        }
        assert_eq!(message.write(b"b").unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(message.finish().unwrap_err().kind(), ErrorKind::InvalidData);
        let mut message = context.continue_message().unwrap();
        message.write_all(&"€".as_bytes()[2..]).unwrap();
        message.finish().unwrap();
    });
    let mut client = Client::open(server.address);
    let frames = [(TEXT, b'a'), (CONTINUATION, 0xE2), (CONTINUATION, 0x82), (FIN | CONTINUATION, 0xAC)];
    for (first, byte) in frames {
        let frame = client.next();
        assert_eq!((frame.first, frame.payload), (first, vec![byte]));
    }
    server.stop();
}

#[test]
fn an_empty_message_is_one_empty_frame() {
    let (server, _events) = witnessed(config(|_| {}), |context, event| {
        if *event == Event::Open {
            let mut message = context.begin_message(MessageKind::Binary, 0).unwrap();
            message.flush().unwrap();
            message.write_all(b"").unwrap();
            message.finish().unwrap();
        }
    });
    let frame = Client::open(server.address).next();
    assert_eq!((frame.first, frame.payload), (FIN | BINARY, vec![]));
    server.stop();
}

#[test]
fn a_tiny_outbox_slows_a_message_down_and_nothing_else() {
    let tiny = config(|config| (config.max_outbox, config.drain_mark) = (1, 0));
    let server = Server::start(tiny, || Router::new().otherwise(|_| Source::new(1000)));
    let mut client = Client::open(server.address);
    let mut bytes = Vec::new();
    loop {
        let frame = client.next();
        bytes.extend(frame.payload);
        if frame.first & FIN != 0 {
            break;
        }
    }
    assert_eq!(bytes, (0..1000).map(byte_at).collect::<Vec<u8>>());
    server.stop();
}

#[test]
fn who_waits_for_more_room_than_there_is_is_told_all_the_same() {
    let room = config(|config| (config.max_outbox, config.drain_mark) = (1000, 100));
    let (server, _events) = witnessed(room, |context, event| match event {
        Event::Open => {
            let mut message = context.begin_message(MessageKind::Binary, 100).unwrap();
            message.write_all(&[1; 400]).unwrap();
            assert!((1..300).contains(&message.room()));
        }
        Event::Drain => {
            if let Some(mut message) = context.continue_message() {
                assert!(message.room() >= 300);
                message.write_all(&[2; 300]).unwrap();
                message.finish().unwrap();
            }
        }
        _ => {}
    });
    let mut client = Client::open(server.address);
    let frames: Vec<_> = (0..7).map(|_| client.next()).collect();
    assert!(frames.iter().all(|frame| frame.payload.len() == 100));
    assert_eq!(frames.last().map(|frame| frame.first), Some(FIN | CONTINUATION));
    server.stop();
}

/// A client that streams one message, and is told of the echo's length.
struct Streaming {
    source: Source,
    tell: Sender<usize>,
}

impl Handler for Streaming {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.source.on_open(context);
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        self.source.pour(context);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self.tell.send(message.len()).unwrap();
        context.close(CloseCode::Normal, "").unwrap();
    }
}

#[test]
fn a_client_masks_each_fragment_afresh_section_5_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // An implementation that is not this one: it fails on what is not masked, or masked wrongly.
    let peer = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        let message = socket.read().unwrap();
        socket.send(tungstenite::Message::binary(vec![1, 2, 3])).unwrap();
        while socket.read().is_ok() {}
        message.into_data()
    });
    let (tell, told) = channel();
    let mut reactor = Reactor::new(config(|config| config.lifetime = Lifetime::WhileConnected)).unwrap();
    let source = Source::new(5 << 20);
    reactor.connect(format!("ws://{address}/"), Streaming { source, tell }).unwrap();
    reactor.run().unwrap();
    assert_eq!(told.recv(), Ok(3));
    let arrived = peer.join().unwrap();
    assert!(arrived.len() == 5 << 20 && arrived.iter().zip(0..).all(|(&byte, at)| byte == byte_at(at)));
}

#[test]
fn masks_differ_from_frame_to_frame_section_5_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        let stream = socket.get_mut();
        let mut masks = Vec::new();
        for _ in 0..8 {
            let mut header = [0; 14];
            stream.read_exact(&mut header).unwrap();
            let length = u64::from_be_bytes(header[2..10].try_into().unwrap());
            std::io::copy(&mut stream.take(length), &mut std::io::sink()).unwrap();
            masks.push(<[u8; 4]>::try_from(&header[10..]).unwrap());
        }
        masks
    });
    let (tell, _told) = channel();
    let mut reactor = Reactor::new(config(|config| config.lifetime = Lifetime::WhileConnected)).unwrap();
    let source = Source::new(8 << 16);
    reactor.connect(format!("ws://{address}/"), Streaming { source, tell }).unwrap();
    reactor.run().unwrap();
    let mut masks = peer.join().unwrap();
    masks.sort_unstable();
    masks.dedup();
    assert_eq!(masks.len(), 8);
}
