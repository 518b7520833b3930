//! Endings of one connection, in the order and with the words that are promised.

use std::io::ErrorKind;

use crate::config::Config;
use crate::connection::Cause;
use crate::context::Context;
use crate::id::ConnectionId;
use crate::protocol::{OpCode, Violation};
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, frame, head, text};
use crate::reactor::simulation::scene::{Heard, Scene, echo, silent};
use crate::reactor::simulation::weather::Weather;

fn narrow() -> Weather {
    Weather { window: 4_096, ..Weather::calm() }
}

#[test]
fn a_half_close_after_close_is_a_clean_end_section_7_1_1() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.send(line, &close());
    scene.end(line, End::Fin);
    scene.run_for(0);
    assert_eq!(scene.heard(), [Heard::Open, Heard::Close(1000, Cause::Peer), Heard::Dropped]);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Close(1000), Seen::Ended(End::Fin)]);
    scene.check_that_nothing_is_left();
}

#[test]
fn the_socket_stays_until_the_client_has_ended_its_side() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.send(line, &close());
    scene.run_for(4_000);
    assert_eq!(scene.live(), 1);
    scene.end(line, End::Fin);
    scene.run_for(0);
    scene.check_that_nothing_is_left();
}

#[test]
fn an_end_of_stream_that_comes_with_the_last_message_is_seen() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.send(line, &text("last words"));
    scene.end(line, End::Fin);
    scene.run_for(0);
    let expected = [
        Heard::Open,
        Heard::Message("last words".to_owned()),
        Heard::Close(1006, Cause::Ended),
        Heard::Dropped,
    ];
    assert_eq!(scene.heard(), expected);
    scene.check_that_nothing_is_left();
}

#[test]
fn frames_behind_the_request_are_heard_section_4_2_2() {
    let mut scene = Scene::new(Config::default(), echo);
    let line = scene.connect();
    scene.send(line, &[head(), text("early"), close()].concat());
    scene.run_for(0);
    let expected = [Seen::Opened, Seen::Text("early".to_owned()), Seen::Close(1000), Seen::Ended(End::Fin)];
    assert_eq!(scene.seen(line), expected);
}

#[test]
fn a_peer_that_takes_a_little_now_and_then_does_not_hold_its_slot_for_ever() {
    let slow = Weather { longest_way: 20_000, ..narrow() };
    let mut scene = Scene::in_weather(Config::default(), slow, echo);
    let line = scene.connect();
    scene.send(line, &head());
    scene.run_for(100);
    scene.reads(line, false);
    scene.send(line, &text(&"much ".repeat(100_000)));
    scene.send(line, &close());
    scene.run_for(100);
    for _ in 0..7 {
        scene.run_for(3_900);
        scene.reads(line, true);
        scene.run_for(100);
        scene.reads(line, false);
        assert_eq!(scene.live(), 1);
    }
    scene.run_for(4_500);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_reset_while_much_is_queued_ends_it_once() {
    let mut scene = Scene::in_weather(Config::default(), narrow(), echo);
    let line = scene.open();
    scene.reads(line, false);
    scene.send(line, &text(&"much ".repeat(10_000)));
    scene.run_for(1);
    scene.end(line, End::Reset);
    scene.run_for(1);
    let last = &scene.heard()[2..];
    assert!(
        matches!(
            last,
            [
                Heard::Close(1006, Cause::Lost(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
                Heard::Dropped
            ]
        ),
        "{last:?}"
    );
    scene.check_that_nothing_is_left();
}

#[test]
fn a_client_that_reads_only_when_all_it_wrote_was_taken_still_gets_the_close_regression() {
    // The socket was not read while a Close waited behind what the client did not read.
    let config = Config { messages_per_turn: 1, ..Config::default() };
    let mut scene = Scene::in_weather(config, narrow(), echo);
    let line = scene.open();
    scene.reads(line, false);
    let long = "long ".repeat(2_000);
    let unmasked = [0x81, 0x00];
    scene.send(line, &[text(&long), text("one"), unmasked.to_vec(), vec![0; 50_000]].concat());
    while !scene.stage.network.borrow().lines[line].up.unsent.is_empty() {
        scene.run_for(1);
        assert!(scene.stage.now() < 1_000_000, "the client waits for ever");
    }
    scene.reads(line, true);
    scene.end(line, End::Fin);
    scene.run_for(10);
    let violation = Heard::Close(1002, Cause::Violation(Violation::Unmasked));
    assert!(scene.heard().contains(&violation));
    let seen = scene.seen(line);
    assert_eq!(
        seen[1..],
        [Seen::Text(long), Seen::Text("one".to_owned()), Seen::Close(1002), Seen::Ended(End::Fin)]
    );
}

#[test]
fn the_close_of_another_comes_after_the_callback_that_caused_it() {
    let config = Config::default();
    let mut scene = Scene::new(config, |context: &mut Context<'_>, heard: &Heard| {
        if *heard == Heard::Message("abort the others".to_owned()) {
            let own = context.id();
            let others: Vec<ConnectionId> = context.others().connections().filter(|id| *id != own).collect();
            for id in others {
                assert!(context.others().abort(id));
                assert!(!context.others().abort(id));
                context.send_to(id, "gone").expect_err("an aborted connection");
            }
            context.send("done").expect("an open connection");
        }
    });
    let (one, other) = (scene.open(), scene.open());
    scene.send(one, &[text("abort the others"), text("more")].concat());
    scene.run_for(0);
    let expected = [
        Heard::Message("abort the others".to_owned()),
        Heard::Message("more".to_owned()),
        Heard::Close(1006, Cause::Aborted),
        Heard::Dropped,
    ];
    assert_eq!(scene.heard()[2..], expected);
    assert_eq!(scene.seen(other), [Seen::Opened, Seen::Ended(End::Fin)]);
    assert_eq!(scene.seen(one), [Seen::Opened, Seen::Text("done".to_owned())]);
}

#[test]
fn a_message_of_a_thread_that_does_not_fit_comes_back() {
    let config = Config { max_outbox: 10_000, ..Config::default() };
    let mut scene = Scene::in_weather(config, narrow(), silent);
    let line = scene.open();
    scene.reads(line, false);
    let handle = scene.stage.handle();
    let id = ConnectionId::new(0, 1);
    for _ in 0..2 {
        handle.send(id, vec![0; 9_000]).expect("an empty mailbox");
        scene.run_for(1);
    }
    assert_eq!(scene.heard(), [Heard::Open, Heard::Refused(9_000)]);
    scene.reads(line, true);
    scene.run_for(1);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Binary(9_000)]);
}

#[test]
fn nothing_is_heard_behind_a_close_section_5_5_1() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.send(line, &[close(), text("too late"), frame(OpCode::Ping, b"?")].concat());
    scene.run_for(0);
    assert_eq!(scene.heard(), [Heard::Open, Heard::Close(1000, Cause::Peer), Heard::Dropped]);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Close(1000), Seen::Ended(End::Fin)]);
}
