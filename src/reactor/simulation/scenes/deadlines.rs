//! Deadlines, to the millisecond. A deadline is the first whole millisecond by which all of it has passed.

use std::time::Duration;

use crate::config::Config;
use crate::connection::{Cause, Deadline};
use crate::context::Context;
use crate::protocol::OpCode;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, frame, head, text};
use crate::reactor::simulation::scene::{Heard, Scene, silent};
use crate::reactor::simulation::weather::Weather;

#[test]
fn a_trickled_handshake_does_not_extend_its_deadline() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.connect();
    for (second, byte) in head().iter().take(20).enumerate() {
        scene.run_until(second as u64 * 1_000);
        scene.send(line, &[*byte]);
    }
    assert_eq!(scene.dated(line), [(10_001, Seen::Ended(End::Fin))]);
    assert_eq!(scene.heard(), []);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_silent_client_is_pinged_and_then_given_up() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.run_until(200_000);
    let expected = [(0, Seen::Opened), (60_001, Seen::Ping), (120_001, Seen::Ended(End::Fin))];
    assert_eq!(scene.dated(line), expected);
    let close = Heard::Close(1006, Cause::TimedOut(Deadline::Idle));
    assert_eq!(scene.log.borrow()[1], (120_001, close));
    scene.check_that_nothing_is_left();
}

#[test]
fn a_ping_that_is_late_leaves_its_answer_all_its_time_regression() {
    // After a long stall, the ping and the end of the idle time were both due, and came together.
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene.stage.network.borrow_mut().pass(1_000_000_000);
    scene.stage.turn(Some(Duration::ZERO)).expect("a turn");
    scene.run_for(59_000);
    assert_eq!(scene.dated(line)[1..], [(1_000_000, Seen::Ping)]);
    scene.send(line, &frame(OpCode::Pong, &[]));
    scene.run_for(2_000);
    assert_eq!(scene.heard(), [Heard::Open, Heard::Pong]);
    scene.run_for(120_000);
    assert_eq!(scene.log.borrow()[2], (1_179_001, Heard::Close(1006, Cause::TimedOut(Deadline::Idle))));
}

#[test]
fn answered_pings_follow_each_other_in_their_time_regression() {
    // The wheel knew only of the end of the idle time, and the second ping came with it.
    let config = Config { ping_after: Some(Duration::from_secs(10)), ..Config::default() };
    let mut scene = Scene::new(config, silent);
    let line = scene.open();
    for round in 1..=10 {
        scene.run_until(round * 10_001);
        assert_eq!(scene.dated(line).last(), Some(&(round * 10_001, Seen::Ping)));
        scene.send(line, &frame(OpCode::Pong, &[]));
        scene.run_for(0);
    }
    assert_eq!(scene.live(), 1);
}

#[test]
fn a_close_without_an_answer_is_given_up_after_its_deadline() {
    let mut scene = Scene::new(Config::default(), |context: &mut Context<'_>, heard: &Heard| {
        if matches!(heard, Heard::Message(_)) {
            context.close(1000.into(), "").expect("a proper close");
        }
    });
    let line = scene.open();
    scene.run_until(1_000);
    scene.send(line, &text("close"));
    scene.run_until(10_000);
    let expected = [(0, Seen::Opened), (1_000, Seen::Close(1000)), (6_001, Seen::Ended(End::Fin))];
    assert_eq!(scene.dated(line), expected);
    assert_eq!(scene.heard()[2], Heard::Close(1006, Cause::TimedOut(Deadline::Close)));
    scene.check_that_nothing_is_left();
}

fn flood(context: &mut Context<'_>, heard: &Heard) {
    if matches!(heard, Heard::Message(_)) {
        context.send(&"x".repeat(100_000)).expect("nothing waits yet");
    }
}

fn narrow() -> Weather {
    Weather { window: 4_096, ..Weather::calm() }
}

#[test]
fn a_client_that_stops_reading_is_given_up_when_its_time_without_progress_is_over() {
    let config = Config { ping_after: None, ..Config::default() };
    let mut scene = Scene::in_weather(config, narrow(), flood);
    let line = scene.open();
    scene.reads(line, false);
    // Later than the deadline of the opening handshake, with which the wheel would come by anyway.
    scene.run_until(15_000);
    scene.send(line, &text("flood"));
    scene.run_until(35_000);
    // It takes what its system holds, once, and that is progress.
    scene.reads(line, true);
    scene.stage.network.borrow_mut().pass(35_000_000);
    scene.reads(line, false);
    scene.run_until(70_000);
    let close = Heard::Close(1006, Cause::TimedOut(Deadline::Write));
    assert_eq!(scene.log.borrow()[2], (65_001, close));
    scene.check_that_nothing_is_left();
}

#[test]
fn timers_run_out_in_their_order_and_never_early() {
    let mut scene = Scene::new(Config::default(), |context: &mut Context<'_>, heard: &Heard| {
        if *heard == Heard::Open {
            for micros in [0, 1, 1_500, 70_000, 5_000_000] {
                context.set_timer(Duration::from_micros(micros));
            }
        }
    });
    scene.open();
    scene.run_until(10_000);
    let times: Vec<u64> = scene.log.borrow().iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 1, 2, 3, 71, 5_001]);
}

#[test]
fn a_timer_survives_the_end_of_another_connection_in_the_same_turn_regression() {
    // The timer of a connection that had just ended gave its key back, the next timer got that key, and
    // lost it when the ended connection was cleared away.
    let config = Config { idle_timeout: Some(Duration::from_secs(1)), ping_after: None, ..Config::default() };
    for ends_first in [0, 1] {
        let mut scene = Scene::new(config.clone(), |context: &mut Context<'_>, heard: &Heard| {
            let timers = match heard {
                Heard::Open => 1,
                Heard::Timer if context.state.now == 1_001 => 2,
                _ => 0,
            };
            for _ in 0..timers {
                context.set_timer(Duration::from_secs(1));
            }
        });
        let lines = [scene.open(), scene.open()];
        scene.run_until(500);
        scene.send(lines[1 - ends_first], &text("still here"));
        scene.run_until(1_400);
        scene.send(lines[1 - ends_first], &text("still here"));
        scene.run_until(2_100);
        let timers = scene.heard().iter().filter(|heard| **heard == Heard::Timer).count();
        assert_eq!(timers, 3);
    }
}
