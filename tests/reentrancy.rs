//! Handlers that do anything at all inside their callbacks, to themselves and to others: it takes effect at
//! once, and no callback ever runs inside another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{
    Ask, Client, End, Event, FIN, PATIENCE, PING, PONG, Server, TEXT, config, echo, masked, witnessed,
};
use ws_reactor::{CloseCode, Config, ConnectionId, Context, SendError, SubscribeError};

/// A kind of callback, to act in.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Open => "open",
        Event::Message(_) => "message",
        Event::Ping(_) => "ping",
        Event::Pong(_) => "pong",
        Event::Drain => "drain",
        Event::Refused(_) => "refused",
        Event::Timer(_) => "timer",
        Event::Close(_) => "close",
        Event::Dropped => "dropped",
    }
}

const KINDS: [&str; 8] = ["open", "message", "ping", "pong", "drain", "refused", "timer", "close"];

/// Has every kind of callback called, and reads until the server ends it. It closes only when `may_close`: a
/// busy machine may be slower with the timer than with all the rest.
fn provoke(server: &Server, trigger: &str, may_close: impl Fn() -> bool) {
    let mut client = Client::connect(server.address);
    client.put(&Ask::upgrade("/").bytes());
    // One that is aborted by its on_open may never be answered.
    if let Ok(answer) = client.answer_or_end() {
        answer.assert_opens();
    }
    client.put_in_vain(&masked(FIN | TEXT, trigger.as_bytes()));
    client.put_in_vain(&masked(FIN | PING, b"ping"));
    client.put_in_vain(&masked(FIN | PONG, b"pong"));
    // Who reads at once may take it all as fast as it is sent: then nothing waits, and nothing is refused.
    thread::sleep(Duration::from_millis(50));
    while let Ok(frame) = client.next_or_end() {
        if frame.payload.ends_with(b"last") {
            let began = Instant::now();
            while !may_close() && began.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(1));
            }
            client.put_in_vain(&masked(0x88, b""));
        }
    }
}

/// Outboxes that are soon full, and drained early enough to take more.
fn small() -> Config {
    config(|config| {
        config.max_outbox = 64 * 1024;
        config.drain_mark = 1024;
    })
}

/// What leads to the callbacks that the client cannot provoke.
fn prepare(context: &mut Context<'_>, event: &Event) {
    match event {
        Event::Open => {
            context.subscribe("everybody").unwrap();
            context.set_timer(Duration::from_millis(1));
        }
        Event::Message(_) => {
            // More than the socket takes, so that a drain follows.
            context.send(&vec![0; 32 << 20]).unwrap();
            context.sender().send("does not fit").unwrap();
        }
        Event::Drain => {
            context.send("last").ok();
        }
        _ => {}
    }
}

/// Does `act` in one kind of callback after the other, each with a connection of its own, beside one that only
/// watches.
fn in_every_callback(act: fn(&mut Context<'_>)) {
    for chosen in KINDS {
        let acted = Arc::new(AtomicBool::new(false));
        let reached = acted.clone();
        let (server, events) = witnessed(small(), move |context, event| {
            if context.path() == "/watch" {
                return echo(context, event);
            }
            prepare(context, event);
            if kind(event) == chosen {
                reached.store(true, Ordering::Relaxed);
                act(context);
            }
        });
        let mut watcher = Client::open_as(server.address, &Ask::upgrade("/watch"));
        provoke(&server, "go", || chosen == "close" || acted.load(Ordering::Relaxed));
        watcher.text("still here");
        // What the other handler may have sent to all is not what is waited for.
        while watcher.next_text() != "still here" {}
        drop(watcher);
        server.stop();
        let seen = events.rest();
        assert!(acted.load(Ordering::Relaxed), "no {chosen} was called");
        assert_lives_are_whole(
            &seen.iter().map(|(id, event)| (*id, kind(event))).collect::<Vec<_>>(),
            chosen,
        );
    }
}

/// Fails unless each connection was opened first, closed once, and dropped after.
fn assert_lives_are_whole(seen: &[(ConnectionId, &'static str)], what: &str) {
    let mut ids: Vec<ConnectionId> = seen.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let life: Vec<_> = seen.iter().filter(|(of, _)| *of == id).map(|(_, kind)| *kind).collect();
        assert_eq!(life.first(), Some(&"open"), "{what}: {life:?}");
        assert!(life.ends_with(&["close", "dropped"]), "{what}: {life:?}");
        for once in ["open", "close", "dropped"] {
            assert_eq!(life.iter().filter(|kind| **kind == once).count(), 1, "{what}: {life:?}");
        }
    }
}

#[test]
fn every_callback_may_close_its_connection() {
    in_every_callback(|context| context.close(CloseCode::Normal, "last").unwrap());
}

#[test]
fn every_callback_may_abort_its_connection() {
    in_every_callback(|context: &mut Context<'_>| context.abort());
}

#[test]
fn every_callback_may_panic() {
    in_every_callback(|_context| panic!("on purpose"));
}

#[test]
fn every_callback_may_do_everything_at_once() {
    in_every_callback(|context| {
        let id = context.id();
        let all: Vec<ConnectionId> = context.others().connections().collect();
        for other in all {
            context.send_to(other, "all").ok();
        }
        context.send_to(id, "me").ok();
        context.publish("everybody", "news");
        context.publish_to_others("everybody", "news");
        let timer = context.set_timer(Duration::ZERO);
        context.set_timer(Duration::MAX);
        context.cancel_timer(timer);
        context.subscribe("more").ok();
        context.unsubscribe("everybody");
        context.ping(b"?").ok();
        context.handle().publish("more", "from afar").unwrap();
        context.handle().run(|reactor| assert!(reactor.connections().count() < 10)).unwrap();
        context.close(CloseCode::Normal, "last").unwrap();
        context.abort();
        context.close(CloseCode::Normal, "too late").unwrap();
        assert_eq!(context.subscribe("late"), Err(SubscribeError::Closed));
    });
}

#[test]
fn every_callback_may_stop_the_reactor() {
    for chosen in KINDS {
        let acted = Arc::new(AtomicBool::new(false));
        let reached = acted.clone();
        let (mut server, events) = witnessed(small(), move |context, event| {
            prepare(context, event);
            if kind(event) == chosen {
                reached.store(true, Ordering::Relaxed);
                context.others().stop(Duration::ZERO);
                context.others().stop(Duration::from_secs(100));
            }
        });
        provoke(&server, "go", || chosen == "close" || acted.load(Ordering::Relaxed));
        server.join();
        let seen = events.rest();
        assert_lives_are_whole(
            &seen.iter().map(|(id, event)| (*id, kind(event))).collect::<Vec<_>>(),
            chosen,
        );
    }
}

#[test]
fn a_close_handler_may_bring_down_the_next_like_dominoes() {
    const CLIENTS: usize = 500;
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Close(_) = event {
            let next = context.others().connections().next();
            if let Some(next) = next {
                assert!(context.others().abort(next));
            }
        }
    });
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::open(server.address)).collect();
    clients.pop();
    for client in &mut clients {
        assert_eq!(client.end(), End::Finished);
    }
    server.stop();
    let ends = events.rest().into_iter().filter(|(_, event)| matches!(event, Event::Close(_)));
    assert_eq!(ends.count(), CLIENTS);
}

#[test]
fn what_a_close_handler_publishes_reaches_those_who_stay() {
    let (server, events) = witnessed(Config::default(), |context, event| match event {
        Event::Open => context.subscribe("room").unwrap(),
        Event::Close(closed) => {
            let told = format!("left: {}", u16::from(closed.code));
            let published = context.publish("room", &told);
            assert_eq!((published.sent, published.refused), (1, 0));
            assert_eq!(context.send("me?"), Err(SendError::Closed("me?".into())));
        }
        _ => {}
    });
    let mut stays = Client::open(server.address);
    let mut leaves = Client::open(server.address);
    events.all_opened(2);
    leaves.close(4000, "");
    assert_eq!(leaves.next_close().0, Some(4000));
    assert_eq!(stays.next_text(), "left: 4000");
}

#[test]
fn one_handler_may_close_and_abort_others_in_the_middle_of_their_messages() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Message("end them".into()) {
            let me = context.id();
            let others: Vec<_> = context.others().connections().filter(|id| *id != me).collect();
            for (index, other) in others.into_iter().enumerate() {
                if index % 2 == 0 {
                    assert!(context.others().abort(other));
                    assert!(!context.others().abort(other));
                } else {
                    assert_eq!(context.others().close(other, CloseCode::Away, "out"), Ok(true));
                }
                assert_eq!(context.send_to(other, "late"), Err(SendError::Closed("late".into())));
            }
        }
    });
    let mut others: Vec<Client> = (0..4).map(|_| Client::open(server.address)).collect();
    for other in &mut others {
        // Half a message and a half frame are in hand when the end comes.
        other.frame(TEXT, b"half");
        other.put(&masked(FIN, &[b'a'; 50])[..20]);
        events.opened();
    }
    let mut killer = Client::open(server.address);
    killer.text("end them");
    let mut told = 0;
    for other in &mut others {
        match other.next_or_end() {
            Ok(frame) => {
                assert_eq!(frame.close(), (Some(1001), "out".to_owned()));
                told += 1;
            }
            Err(error) => assert!(!support::is_timeout(&error), "neither told nor gone"),
        }
    }
    assert_eq!(told, 2);
    killer.frame(FIN | PING, b"");
    assert_eq!(killer.next().first, FIN | PONG);
}
