//! Other threads: they send, close, publish, run closures and stop, and nothing they are told was taken is
//! lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use support::{Client, End, Event, PATIENCE, Server, Witness, config, echo, silent, witnessed};
use ws_reactor::{
    Cause, CloseCode, CloseError, CommandError, Config, ConnectionId, Handle, OwnedMessage, Progress,
    Reactor, Router, SendError, Sender,
};

const fn assert_shareable<T: Send + Sync + Clone + 'static>() {}

const _: () = assert_shareable::<Handle>();
const _: () = assert_shareable::<Sender>();
const _: () = assert_shareable::<ConnectionId>();

fn join_all(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Sends until the mailbox takes it.
fn send_at_last(sender: &Sender, mut message: OwnedMessage) {
    let began = Instant::now();
    loop {
        match sender.send(message) {
            Ok(()) => return,
            Err(SendError::Busy(back)) => message = back,
            Err(error) => panic!("{error}"),
        }
        assert!(began.elapsed() < PATIENCE, "the mailbox stays full");
        thread::yield_now();
    }
}

#[test]
fn many_threads_send_and_nothing_is_lost_or_reordered() {
    const THREADS: u32 = 8;
    const MESSAGES: u32 = 2_000;
    let roomy = config(|config| {
        config.max_outbox = 64 << 20;
        // Small enough to be full at times.
        config.mailbox_commands = 500;
    });
    let (server, events) = witnessed(roomy, silent);
    let mut client = Client::open(server.address);
    let sender = server.handle.sender(events.opened());
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..MESSAGES {
                    let message = [thread.to_be_bytes(), number.to_be_bytes()].concat();
                    send_at_last(&sender, message.into());
                }
            })
        })
        .collect();
    let mut next = [0; THREADS as usize];
    for _ in 0..THREADS * MESSAGES {
        let payload = client.next().payload;
        let thread = u32::from_be_bytes(payload[..4].try_into().unwrap()) as usize;
        let number = u32::from_be_bytes(payload[4..].try_into().unwrap());
        assert_eq!(number, next[thread], "thread {thread}");
        next[thread] += 1;
    }
    join_all(threads);
}

#[test]
fn what_one_thread_asks_happens_in_the_order_it_asked() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    let id = events.opened();
    server.handle.send(id, "first").unwrap();
    server.handle.run(move |reactor| reactor.send(id, "second").unwrap()).unwrap();
    server.handle.send(id, "third").unwrap();
    server.handle.close(id, CloseCode::Normal, "fourth").unwrap();
    server.handle.send(id, "never").unwrap();
    for expected in ["first", "second", "third"] {
        assert_eq!(client.next_text(), expected);
    }
    assert_eq!(client.next_close(), (Some(1000), "fourth".to_owned()));
    client.close(1000, "");
    assert_eq!(client.end(), End::Finished);
    assert_eq!(events.closed().cause, Cause::Local);
}

#[test]
fn a_full_mailbox_gives_the_message_back() {
    let mut reactor = Reactor::new(config(|config| {
        config.mailbox_commands = 3;
        config.mailbox_bytes = 100;
    }))
    .unwrap();
    let handle = reactor.handle();
    let id = some_id();
    handle.send(id, vec![0; 90]).unwrap();
    let text = "a message of some length".to_owned();
    assert_eq!(handle.publish("topic", text.clone()), Err(SendError::Busy(OwnedMessage::Text(text))));
    handle.run(|_| {}).unwrap();
    handle.run(|_| {}).unwrap();
    assert_eq!(handle.run(|_| {}), Err(CommandError::Busy));
    assert_eq!(handle.send(id, ""), Err(SendError::Busy("".into())));
    assert_eq!(handle.close(id, CloseCode::Normal, ""), Err(CloseError::Command(CommandError::Busy)));
    reactor.turn(Some(Duration::ZERO)).unwrap();
    handle.send(id, vec![0; 90]).unwrap();
    // A message longer than the whole mailbox is taken when nothing else is in it; a stop always.
    reactor.turn(Some(Duration::ZERO)).unwrap();
    handle.send(id, vec![0; 1000]).unwrap();
    assert_eq!(handle.send(id, "a"), Err(SendError::Busy("a".into())));
    handle.stop(Duration::ZERO).unwrap();
    reactor.run().unwrap();
}

/// The id of a connection that is gone, of another reactor.
fn some_id() -> ConnectionId {
    let (server, events) = witnessed(Config::default(), silent);
    let _client = Client::open(server.address);
    events.opened()
}

#[test]
fn after_the_stop_everything_comes_back() {
    let (server, events) = witnessed(Config::default(), silent);
    let _client = Client::open(server.address);
    let id = events.opened();
    let handle = server.handle.clone();
    server.stop();
    let sender = handle.sender(id);
    assert_eq!(sender.send("late"), Err(SendError::Stopped("late".into())));
    assert_eq!(handle.publish("topic", "late"), Err(SendError::Stopped("late".into())));
    assert_eq!(handle.run(|_| panic!("it runs")), Err(CommandError::Stopped));
    assert_eq!(handle.stop(Duration::ZERO), Err(CommandError::Stopped));
    assert_eq!(sender.close(CloseCode::Normal, ""), Err(CloseError::Command(CommandError::Stopped)));
}

#[test]
fn a_closure_sees_all_connections_and_acts_on_them() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::open(server.address)).collect();
    let mut ids: Vec<ConnectionId> = clients.iter().map(|_| events.opened()).collect();
    let (report, reports) = mpsc::channel();
    let mine = ids.clone();
    server
        .handle
        .run(move |reactor| {
            let mut seen: Vec<_> = reactor.connections().collect();
            seen.sort_unstable();
            let peers: Vec<_> = seen.iter().map(|id| reactor.peer_addr(*id)).collect();
            reactor.send(mine[0], "hello").unwrap();
            assert_eq!(reactor.buffered(mine[0]), Some(7));
            assert_eq!(reactor.close(mine[1], CloseCode::Away, "bye"), Ok(true));
            assert_eq!(reactor.close(mine[1], CloseCode::Away, "bye"), Ok(false));
            assert!(reactor.abort(mine[2]));
            assert!(!reactor.abort(mine[2]));
            assert_eq!(reactor.send(mine[2], "late"), Err(SendError::Closed("late".into())));
            assert_eq!(reactor.connections().collect::<Vec<_>>(), [mine[0]]);
            assert_eq!(reactor.buffered(mine[2]), None);
            report.send((seen, peers)).unwrap();
        })
        .unwrap();
    let (mut seen, peers) = reports.recv_timeout(PATIENCE).unwrap();
    seen.sort_unstable();
    ids.sort_unstable();
    assert_eq!(seen, ids);
    for client in &clients {
        assert!(peers.contains(&client.stream.local_addr().ok()));
    }
    assert_eq!(clients[0].next_text(), "hello");
    assert_eq!(clients[1].next_close(), (Some(1001), "bye".to_owned()));
    assert_eq!(clients[2].end(), End::Finished);
}

#[test]
fn a_closure_that_panics_harms_nobody() {
    let (server, _events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    server.handle.run(|_| panic!("on the loop")).unwrap();
    client.text("well?");
    assert_eq!(client.next_text(), "well?");
}

#[test]
fn threads_publish_to_all_subscribers() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            context.subscribe("news").unwrap();
        }
    });
    let mut clients: Vec<Client> = (0..5).map(|_| Client::open(server.address)).collect();
    events.all_opened(clients.len());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let handle = server.handle.clone();
            // Long enough to be shared instead of copied, and short enough.
            let bytes = vec![thread; 700 * usize::from(thread)];
            thread::spawn(move || (0..50).for_each(|_| handle.publish("news", bytes.clone()).unwrap()))
        })
        .collect();
    server.handle.publish("nobody's", "lost").unwrap();
    for client in &mut clients {
        let mut counts = [0; 4];
        for _ in 0..200 {
            let payload = client.next().payload;
            let thread = payload.len() / 700;
            assert!(payload.iter().all(|&byte| usize::from(byte) == thread));
            counts[thread] += 1;
        }
        assert_eq!(counts, [50; 4]);
    }
    join_all(threads);
}

#[test]
fn a_stop_with_grace_lets_everybody_leave_in_order() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::open(server.address)).collect();
    events.all_opened(clients.len());
    let address = server.address;
    let mut unfinished = Client::connect(address);
    unfinished.put(b"GET / HTTP/1.1\r\n");
    server.handle.stop(PATIENCE * 10).unwrap();
    let began = Instant::now();
    for client in &mut clients {
        assert_eq!(client.next_close().0, Some(1001));
        client.close(1001, "");
        assert_eq!(client.end(), End::Finished);
    }
    drop(clients);
    let mut server = server;
    server.join();
    assert!(began.elapsed() < PATIENCE * 5, "it did not wait for nobody");
    unfinished.rest();
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens");
    let ends = events.rest().into_iter().filter(|(_, event)| match event {
        Event::Close(closed) => closed.cause == Cause::Local && closed.was_clean(),
        _ => false,
    });
    assert_eq!(ends.count(), 3);
}

#[test]
fn a_stop_with_grace_waits_no_longer_than_that_for_those_who_do_not_leave() {
    let grace = Duration::from_millis(200);
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    events.opened();
    let began = Instant::now();
    server.stop_within(grace);
    assert!(began.elapsed() >= grace);
    assert_eq!(client.next_close().0, Some(1001));
    client.rest();
    assert_eq!(events.closed().cause, Cause::Stopped);
}

#[test]
fn a_stop_at_once_still_tells_every_handler() {
    let (server, events) = witnessed(Config::default(), silent);
    let clients: Vec<Client> = (0..50).map(|_| Client::open(server.address)).collect();
    events.all_opened(clients.len());
    server.stop();
    let ends = events.rest();
    let told = ends
        .iter()
        .filter(|(_, event)| matches!(event, Event::Close(closed) if closed.cause == Cause::Stopped));
    assert_eq!(told.count(), 50);
    let dropped = ends.iter().filter(|(_, event)| *event == Event::Dropped);
    assert_eq!(dropped.count(), 50);
}

#[test]
fn a_reactor_that_is_dropped_without_a_stop_still_tells_every_handler() {
    let (report, seen) = mpsc::channel();
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let listener = reactor
        .listen("127.0.0.1:0", Router::new().otherwise(move |_request| Witness::new(report.clone(), silent)))
        .unwrap();
    let address = reactor.listener_addr(listener).unwrap();
    let handle = reactor.handle();
    let connecting = thread::spawn(move || Client::open(address));
    while !connecting.is_finished() {
        assert_eq!(reactor.turn(Some(Duration::from_millis(5))).unwrap(), Progress::Running);
    }
    let mut client = connecting.join().unwrap();
    drop(reactor);
    let seen: Vec<Event> = seen.iter().map(|(_, event)| event).collect();
    assert!(
        matches!(&seen[..], [Event::Open, Event::Close(closed), Event::Dropped] if closed.cause == Cause::Stopped),
        "{seen:?}"
    );
    assert_eq!(client.end(), End::Finished);
    assert_eq!(handle.stop(Duration::ZERO), Err(CommandError::Stopped));
}

#[test]
fn a_stopped_reactor_stays_stopped() {
    let mut reactor = Reactor::new(Config::default()).unwrap();
    reactor.handle().stop(Duration::from_secs(3600)).unwrap();
    reactor.run().unwrap();
    assert_eq!(reactor.turn(None).unwrap(), Progress::Stopped);
    assert!(reactor.listen("127.0.0.1:0", Router::new()).is_err());
    reactor.run().unwrap();
}

#[test]
fn threads_that_close_and_send_while_peers_come_and_go_upset_nothing() {
    let (server, events) = witnessed(Config::default(), echo);
    let meddlers: Vec<_> = (0..3)
        .map(|_| {
            let handle = server.handle.clone();
            thread::spawn(move || {
                let (report, reports) = mpsc::channel();
                for round in 0..200 {
                    let report = report.clone();
                    let ran = handle.run(move |reactor| {
                        report.send(reactor.connections().collect::<Vec<_>>()).unwrap();
                    });
                    ran.unwrap();
                    for id in reports.recv_timeout(PATIENCE).unwrap() {
                        handle.send(id, "meddling").unwrap();
                        if round % 5 == 0 {
                            handle.close(id, CloseCode::Policy, "meddling").unwrap();
                        }
                    }
                }
            })
        })
        .collect();
    for round in 0..100 {
        let mut client = Client::open(server.address);
        match round % 4 {
            0 => drop(client),
            1 => client.reset(),
            2 => client.put_in_vain(&support::masked(0x88, b"")),
            _ => client.put_in_vain(b"nonsense"),
        }
    }
    join_all(meddlers);
    server.stop();
    let seen = events.rest();
    let count = |wanted: fn(&Event) -> bool| seen.iter().filter(|(_, event)| wanted(event)).count();
    assert_eq!(count(|event| *event == Event::Open), 100);
    assert_eq!(count(|event| matches!(event, Event::Close(_))), 100);
    assert_eq!(count(|event| *event == Event::Dropped), 100);
}

#[test]
fn two_reactors_in_one_process_know_nothing_of_each_other() {
    let (one, of_one) = witnessed(Config::default(), silent);
    let (other, of_other) = witnessed(Config::default(), silent);
    let mut at_one = Client::open(one.address);
    let mut at_other = Client::open(other.address);
    let (one_id, other_id) = (of_one.opened(), of_other.opened());
    one.handle.send(one_id, "one").unwrap();
    other.handle.send(other_id, "other").unwrap();
    assert_eq!(at_one.next_text(), "one");
    assert_eq!(at_other.next_text(), "other");
    drop::<Server>(one);
    other.handle.send(other_id, "still here").unwrap();
    assert_eq!(at_other.next_text(), "still here");
}

#[test]
fn a_task_pings_any_connection_and_its_pong_arrives_section_5_5_2() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    let id = events.opened();
    let (report, reports) = mpsc::channel();
    let task = move |everyone: &mut ws_reactor::Loop<'_>| {
        let too_long = everyone.ping(id, &[0; 126]).is_err();
        let sent = everyone.ping(id, b"there?").is_ok();
        report.send((too_long, sent)).unwrap();
    };
    server.handle.run(task).unwrap();
    assert_eq!(reports.recv_timeout(PATIENCE).unwrap(), (true, true));
    assert_eq!(client.next().payload, b"there?");
    client.frame(support::FIN | support::PONG, b"there?");
    let pong = events.find(|_, event| match event {
        Event::Pong(payload) => Some(payload),
        _ => None,
    });
    assert_eq!(pong, b"there?");
    server.stop();
}
