//! Connections that were handed to a thread, as far as they go without waiting: here the thread is the loop's own.

use std::sync::mpsc;
use std::time::Duration;

use crate::blocking::{Connection, Limits, RecvError, hand_over};
use crate::config::Config;
use crate::connection::{Cause, Closed};
use crate::protocol::{CloseCode, CloseFrame};
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, text};
use crate::reactor::simulation::scene::Scene;
use crate::reactor::simulation::weather::Weather;
use crate::router::Router;

const LONG: usize = 10_000;

/// A client whose window is soon full, and the connection to it.
fn narrow(config: Config, received_messages: usize) -> (Scene, usize, Connection) {
    let (give, connections) = mpsc::channel();
    let limits = Limits { received_messages, ..Limits::default() };
    let router = Router::new().otherwise(move |_request| {
        let give = give.clone();
        hand_over(move |connection| give.send(connection).unwrap()).limits(limits)
    });
    let mut scene = Scene::with_router(config, Weather { window: 4_096, ..Weather::calm() }, router);
    let line = scene.open();
    (scene, line, connections.recv().unwrap())
}

/// So little fits into the outbox that a second long message waits before it.
fn tight() -> Config {
    Config { max_outbox: LONG, drain_mark: LONG / 2, ..Config::default() }
}

fn send_long(connection: &Connection, count: usize) {
    (0..count).for_each(|_| connection.send(vec![1; LONG]).unwrap());
}

fn ended(connection: &Connection) -> Option<Closed> {
    match connection.try_recv() {
        Err(RecvError::Closed(closed)) => Some(closed),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn what_was_sent_before_the_end_arrives_before_it() {
    let (mut scene, line, connection) = narrow(tight(), 10);
    send_long(&connection, 5);
    drop(connection);
    scene.run_for(0);
    let expected = [vec![Seen::Opened], vec![Seen::Binary(LONG); 5], vec![Seen::Close(1000)]].concat();
    assert_eq!(scene.seen(line), expected);
    scene.send(line, &close());
    scene.end(line, End::Fin);
    scene.run_for(0);
    scene.check_that_nothing_is_left();
}

#[test]
fn what_is_not_taken_in_time_does_not_hold_up_the_end() {
    let (mut scene, line, connection) = narrow(tight(), 10);
    scene.reads(line, false);
    send_long(&connection, 5);
    let timeout = u64::try_from(Config::default().close_timeout.as_millis()).unwrap();
    drop(connection);
    // First for what was sent to leave, then for the answer to a Close.
    scene.run_for(2 * timeout);
    assert_eq!(scene.live(), 1);
    scene.run_for(10);
    assert_eq!(scene.live(), 0);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_full_queue_is_patient_and_misses_nothing_section_5_5_1() {
    let (mut scene, line, connection) = narrow(Config::default(), 2);
    for number in 0..5 {
        scene.send(line, &text(&number.to_string()));
    }
    scene.send(line, &close());
    // Who is not listened to is not taken for dead.
    scene.run_for(3_600_000);
    assert_eq!(scene.seen(line), [Seen::Opened]);
    for number in 0..5 {
        assert_eq!(connection.try_recv(), Ok(number.to_string().into()));
        scene.run_for(0);
    }
    let closed = ended(&connection).unwrap();
    assert_eq!((closed.code, closed.cause), (CloseCode::Normal, Cause::Peer));
    assert_eq!(scene.seen(line)[1..], [Seen::Close(1000), Seen::Ended(End::Fin)]);
    scene.end(line, End::Fin);
    scene.run_for(0);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_reset_ends_it_whatever_waits() {
    let (mut scene, line, connection) = narrow(tight(), 10);
    let sender = connection.sender();
    scene.reads(line, false);
    send_long(&connection, 5);
    scene.run_for(1);
    scene.end(line, End::Reset);
    scene.run_for(1);
    assert!(matches!(ended(&connection).unwrap().cause, Cause::Lost(_) | Cause::Ended));
    assert!(sender.send("late").is_err());
    scene.check_that_nothing_is_left();
}

#[test]
fn a_reactor_that_stops_at_once_tells_the_thread() {
    let (mut scene, _line, connection) = narrow(tight(), 10);
    scene.stage.handle().stop(Duration::ZERO).unwrap();
    scene.run_for(10);
    assert_eq!(ended(&connection).unwrap().cause, Cause::Stopped);
    assert!(connection.send("late").is_err());
}

#[test]
fn a_reactor_that_is_dropped_tells_the_thread() {
    let (scene, _line, connection) = narrow(tight(), 10);
    drop(scene);
    assert_eq!(ended(&connection).unwrap().cause, Cause::Stopped);
    assert_eq!(
        connection.close(CloseCode::Normal, "").unwrap().frame(),
        CloseFrame::new(CloseCode::Abnormal, "")
    );
}
