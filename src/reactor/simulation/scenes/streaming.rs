//! A message in fragments: what waits for what, and what is left of it.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use crate::config::Config;
use crate::connection::{Cause, Deadline};
use crate::context::Context;
use crate::protocol::{CloseCode, Kind, OpCode};
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, frame, head, text};
use crate::reactor::simulation::scene::{Heard, Scene};

const LENGTH: usize = 3 << 20;

/// Writes zeros as long as there is room, and ends the message at `LENGTH` bytes, which `sent` counts.
fn pour(context: &mut Context<'_>, sent: &Cell<usize>) {
    while let Some(mut message) = context.continue_message() {
        let room = message.room().min(LENGTH - sent.get()).min(10_000);
        if sent.get() == LENGTH {
            return message.finish().expect("an end");
        }
        if room == 0 {
            return;
        }
        message.write_all(&[0; 10_000][..room]).expect("room");
        sent.set(sent.get() + room);
    }
}

/// A connection that is sent a long message when it asks for it.
fn download(config: Config) -> (Scene, usize) {
    let sent = Rc::new(Cell::new(0));
    let mut scene = Scene::new(config, move |context, heard| match heard {
        Heard::Message(_) => {
            context.begin_message(Kind::Binary, 5_000).expect("the floor");
            pour(context, &sent);
        }
        Heard::Drain => pour(context, &sent),
        _ => {}
    });
    let line = scene.open();
    (scene, line)
}

/// Begins a message with one fragment, and sends the next a minute later.
fn hesitant(context: &mut Context<'_>, heard: &Heard) {
    match heard {
        Heard::Open => {
            let mut message = context.begin_message(Kind::Text, 100).expect("the floor");
            message.write_all(b"one ").expect("room");
            message.flush().expect("room");
            context.set_timer(Duration::from_secs(60));
        }
        Heard::Timer => {
            let mut message = context.continue_message().expect("the message");
            message.write_all(b"two").expect("room");
            message.finish().expect("an end");
        }
        _ => {}
    }
}

fn lasting() -> Config {
    Config { ping_after: None, idle_timeout: None, ..Config::default() }
}

#[test]
fn a_message_longer_than_the_outbox_arrives_whole() {
    let (mut scene, line) = download(Config::default());
    scene.send(line, &text("go"));
    scene.run_for(5_000);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Binary(LENGTH)]);
    scene.send(line, &close());
    scene.end(line, End::Fin);
    scene.run_for(1);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_message_that_nobody_goes_on_with_is_no_stalled_write() {
    let mut scene = Scene::new(lasting(), hesitant);
    let line = scene.open();
    // Longer than the write timeout: nothing waits, so nothing stalls. Then a new wait begins.
    scene.run_for(61_000);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Text("one two".to_owned())]);
    scene.run_for(60_000);
    assert_eq!(scene.live(), 1);
}

#[test]
fn a_wait_in_the_middle_of_a_message_begins_with_its_bytes() {
    let sent = Rc::new(Cell::new(0));
    let mut scene = Scene::new(lasting(), move |context, heard| match heard {
        Heard::Open => {
            let mut message = context.begin_message(Kind::Binary, 5_000).expect("the floor");
            message.write_all(&[0]).expect("room");
            message.flush().expect("room");
            sent.set(1);
            context.set_timer(Duration::from_secs(60));
        }
        Heard::Timer | Heard::Drain if context.state.now >= 60_000 => pour(context, &sent),
        _ => {}
    });
    let line = scene.open();
    scene.run_until(59_000);
    scene.reads(line, false);
    // What was taken a minute ago does not count against what is sent now.
    scene.run_until(80_000);
    assert_eq!(scene.live(), 1);
    scene.reads(line, true);
    scene.run_for(1_000);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Binary(LENGTH)]);
}

#[test]
fn a_reader_that_stops_in_the_middle_of_a_message_is_given_up() {
    let (mut scene, line) = download(lasting());
    scene.reads(line, false);
    scene.send(line, &text("go"));
    scene.run_for(40_000);
    assert_eq!(scene.heard().iter().filter(|heard| matches!(heard, Heard::Close(..))).count(), 1);
    let given_up = Heard::Close(1006, Cause::TimedOut(Deadline::Write));
    assert!(scene.heard().contains(&given_up), "{:?}", scene.heard());
    scene.check_that_nothing_is_left();
}

#[test]
fn a_ping_is_answered_and_a_close_agreed_to_between_fragments_section_5_4() {
    let mut scene = Scene::new(lasting(), hesitant);
    let line = scene.open();
    scene.send(line, &frame(OpCode::Ping, &[]));
    scene.run_for(1);
    assert_eq!(scene.seen(line).last(), Some(&Seen::Pong(Vec::new())));
    scene.send(line, &close());
    scene.run_for(1);
    assert!(matches!(scene.seen(line)[2..], [Seen::Close(_), ..]), "{:?}", scene.seen(line));
    scene.end(line, End::Fin);
    scene.run_for(1);
    scene.check_that_nothing_is_left();
}

#[test]
fn our_close_ends_a_message_in_the_middle() {
    let mut scene = Scene::new(lasting(), |context, heard| {
        if *heard == Heard::Open {
            let mut message = context.begin_message(Kind::Text, 100).expect("the floor");
            message.write_all(b"lost").expect("room");
            context.close(CloseCode::Away, "").expect("a close");
            assert!(context.continue_message().is_none());
        }
    });
    let line = scene.connect();
    scene.send(line, &head());
    scene.run_for(1);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Close(1001)]);
    scene.send(line, &close());
    scene.end(line, End::Fin);
    scene.run_for(1);
    scene.check_that_nothing_is_left();
}
