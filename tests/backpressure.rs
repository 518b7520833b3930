//! Peers that read slowly or not at all: what waits for them is bounded, senders are told, nobody else
//! notices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::{
    BINARY, CLOSE, Client, End, Event, FIN, Frame, PING, config, masked, resident_bytes, witnessed,
};
use ws_reactor::{Cause, Config, Context, Deadline, Message, Overflow, OwnedMessage, SendError};

const MAX_OUTBOX: usize = 256 * 1024;
const DRAIN_MARK: usize = 16 * 1024;
const PIECE: usize = 10_000;

/// A script: a message is answered with as much as the peer may be owed.
fn floods(context: &mut Context<'_>, event: &Event) {
    if let Event::Message(_) = event {
        fill(context);
    }
}

/// Sends until no more is taken; gives how many pieces were.
fn fill(context: &mut Context<'_>) -> u32 {
    let mut sent = 0u32;
    loop {
        // The number tells whether anything is lost or doubled.
        let mut piece = vec![0; PIECE];
        piece[..4].copy_from_slice(&sent.to_be_bytes());
        match context.send(&piece) {
            Ok(()) => sent += 1,
            Err(error) => {
                assert_eq!(error, SendError::Full(Message::Binary(&piece)));
                return sent;
            }
        }
    }
}

fn narrow(change: impl FnOnce(&mut Config)) -> Config {
    config(|config| {
        config.max_outbox = MAX_OUTBOX;
        config.drain_mark = DRAIN_MARK;
        change(config);
    })
}

#[test]
fn the_outbox_is_capped_and_what_does_not_fit_comes_back() {
    let (report, reports) = mpsc::channel();
    let (server, events) = witnessed(narrow(|_| {}), move |context, event| {
        if let Event::Message(_) = event {
            report.send((fill(context), context.buffered())).unwrap();
        }
    });
    let mut client = Client::open_narrow(server.address);
    client.text("flood me");
    let (sent, buffered) = reports.recv().unwrap();
    assert!(buffered <= MAX_OUTBOX, "{buffered} bytes wait");
    assert!(buffered > MAX_OUTBOX - 2 * PIECE, "{buffered} bytes are not all that may wait");
    // The connection lives, and everything that was taken arrives in order.
    for number in 0..sent {
        let piece = client.next();
        assert_eq!(piece.payload[..4], number.to_be_bytes());
    }
    client.text("again");
    assert!(reports.recv().unwrap().0 > 0);
    assert_eq!(client.next().payload.len(), PIECE);
    drop(server);
    assert!(events.rest().iter().any(|(_, event)| matches!(event, Event::Drain)));
}

#[test]
fn a_drain_is_told_once_for_each_time_the_mark_was_exceeded() {
    let (report, reports) = mpsc::channel();
    let (server, events) = witnessed(narrow(|_| {}), move |context, event| match event {
        Event::Message(_) => report.send(fill(context)).unwrap(),
        Event::Drain => assert!(context.buffered() <= DRAIN_MARK),
        _ => {}
    });
    let mut client = Client::open_narrow(server.address);
    for _ in 0..3 {
        client.text("flood me");
        for _ in 0..reports.recv().unwrap() {
            client.next();
        }
        client.frame(FIN | PING, b"read it all");
        client.next();
    }
    client.close(1000, "");
    assert_eq!(client.next_close().0, Some(1000));
    events.opened();
    let mut drains = 0;
    let kinds: Vec<char> = std::iter::from_fn(|| match events.next().1 {
        Event::Message(_) => Some('m'),
        Event::Drain => {
            drains += 1;
            Some('d')
        }
        Event::Ping(_) => Some('p'),
        _ => None,
    })
    .collect();
    assert_eq!(kinds.iter().collect::<String>(), "mdpmdpmdp");
    assert_eq!(drains, 3);
}

#[test]
fn overflow_may_end_the_connection_instead() {
    let (report, reports) = mpsc::channel();
    let closing = narrow(|config| config.overflow = Overflow::Close);
    let (server, events) = witnessed(closing, move |context, event| {
        if let Event::Message(_) = event {
            fill(context);
            report.send(context.send("late") == Err(SendError::Closed(Message::Text("late")))).unwrap();
        }
    });
    let mut client = Client::open_narrow(server.address);
    client.text("flood me");
    assert_eq!(reports.recv(), Ok(true));
    let closed = events.closed();
    assert_eq!((u16::from(closed.code), closed.cause), (1006, Cause::TooSlow));
    while client.next_or_end().is_ok_and(|frame| frame.first == FIN | BINARY) {}
    events.expect_no_more(server);
}

#[test]
fn a_message_of_another_thread_that_does_not_fit_goes_back_to_the_handler() {
    let (server, events) = witnessed(narrow(|_| {}), floods);
    let mut client = Client::open_narrow(server.address);
    client.text("flood me");
    let id = events.opened();
    events.message();
    server.handle.send(id, vec![9; 2 * PIECE]).unwrap();
    let (whose, event) = events.next();
    assert_eq!((whose, event), (id, Event::Refused(OwnedMessage::Binary(vec![9; 2 * PIECE]))));
    // Not refused for ever.
    while client.next().payload.len() == PIECE {
        if client.is_silent_for(Duration::from_millis(50)) {
            server.handle.send(id, "now").unwrap();
        }
    }
}

#[test]
fn a_peer_that_takes_nothing_is_dropped_at_the_deadline() {
    let timeout = Duration::from_millis(300);
    let (server, events) = witnessed(narrow(|config| config.write_timeout = timeout), floods);
    let mut client = Client::open_narrow(server.address);
    let began = Instant::now();
    client.text("flood me");
    let closed = events.closed();
    assert!(began.elapsed() >= timeout);
    assert_eq!((u16::from(closed.code), closed.cause), (1006, Cause::TimedOut(Deadline::Write)));
    events.expect_no_more(server);
}

#[test]
fn a_peer_that_takes_little_at_a_time_is_not_stalled() {
    const PIECES: u32 = 40;
    let timeout = Duration::from_secs(1);
    let patient = config(|config| {
        config.write_timeout = timeout;
        config.max_outbox = 64 << 20;
    });
    let (server, events) = witnessed(patient, |context, event| {
        if let Event::Message(_) = event {
            (0..PIECES).for_each(|_| context.send(&vec![7; 200_000]).unwrap());
        }
    });
    let mut client = Client::open_narrow(server.address);
    let began = Instant::now();
    client.text("flood me");
    // Slow enough that all of it takes longer than the deadline, which is for no progress at all.
    for piece in 0..PIECES {
        while began.elapsed() < timeout * piece / (PIECES / 2) {
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(client.next().payload.len(), 200_000);
    }
    assert!(began.elapsed() > timeout);
    client.close(1000, "");
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(events.closed().cause, Cause::Peer);
}

#[test]
fn pings_of_a_peer_that_reads_no_pongs_cost_no_more_than_the_outbox() {
    let quick = narrow(|config| config.max_control_rate = 60_000);
    let (server, events) = witnessed(quick, |context, event| {
        assert!(context.buffered() <= MAX_OUTBOX, "after {event:?}");
        floods(context, event);
    });
    let mut client = Client::open_narrow(server.address);
    client.text("flood me");
    client.put(&masked(FIN | PING, &[1; 125]).repeat(20_000));
    client.frame(FIN | CLOSE, b"");
    assert_eq!(events.closed().cause, Cause::Peer);
    while client.next().first != FIN | CLOSE {}
    assert_eq!(client.end(), End::Finished);
}

#[test]
fn a_slow_reader_slows_nobody_else() {
    let (server, events) = witnessed(narrow(|_| {}), |context, event| match event {
        Event::Open => context.subscribe("everybody").unwrap(),
        Event::Message(message) => {
            let published = context.publish("everybody", message);
            assert_eq!(published.sent + published.refused, 3);
        }
        _ => {}
    });
    let slow = Client::open_narrow(server.address);
    let mut quick = Client::open(server.address);
    let mut talker = Client::open(server.address);
    events.all_opened(3);
    for number in 0..200u32 {
        let mut message = vec![0; 50_000];
        message[..4].copy_from_slice(&number.to_be_bytes());
        talker.binary(&message);
        assert!(talker.next().payload == message);
        assert!(quick.next().payload == message);
    }
    // The slow one has lost messages, and nothing else: it is still there, and what it gets is whole.
    let mut slow = slow;
    let first = Frame::read(&mut slow.stream).unwrap();
    assert_eq!(first.payload.len(), 50_000);
}

#[test]
fn readers_that_never_read_cost_a_bounded_amount_of_memory() {
    const PEERS: usize = 40;
    let (report, reports) = mpsc::channel();
    let (server, _events) = witnessed(narrow(|_| {}), move |context, event| {
        if let Event::Message(_) = event {
            report.send(fill(context)).unwrap();
        }
    });
    let before = resident_bytes();
    let clients: Vec<Client> = (0..PEERS)
        .map(|_| {
            let mut client = Client::open_narrow(server.address);
            (0..10).for_each(|_| client.text("flood me"));
            client
        })
        .collect();
    (0..PEERS * 10).for_each(|_| {
        reports.recv().unwrap();
    });
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        let most = 2 * PEERS * MAX_OUTBOX + (32 << 20);
        assert!(after < before + most, "{before} bytes became {after}");
    }
    drop(clients);
}
