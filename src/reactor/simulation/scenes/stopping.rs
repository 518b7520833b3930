//! Stopping the reactor: with a grace, at once, and what a stopped reactor refuses.

use std::time::Duration;

use crate::config::Config;
use crate::connection::Cause;
use crate::context::Context;
use crate::error::{CommandError, SendError};
use crate::id::ConnectionId;
use crate::protocol::OwnedMessage;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, text};
use crate::reactor::simulation::scene::{Heard, Scene, silent};
use crate::reactor::state::Life;

fn is_stopped(scene: &Scene) -> bool {
    scene.stage.engine.state().life == Life::Stopped
}

#[test]
fn a_stop_with_grace_ends_when_everybody_has_answered() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene
        .stage
        .handle()
        .stop(Duration::from_secs(60))
        .expect("a running reactor");
    scene.run_for(100);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Close(1001)]);
    scene.send(line, &close());
    scene.end(line, End::Fin);
    scene.run_for(0);
    assert_eq!(
        scene.heard()[1..],
        [Heard::Close(1000, Cause::Local), Heard::Dropped]
    );
    assert!(is_stopped(&scene));
    scene.check_that_nothing_is_left();
}

#[test]
fn a_grace_ends_although_nobody_answers() {
    let mut scene = Scene::new(Config::default(), silent);
    scene.open();
    scene
        .stage
        .handle()
        .stop(Duration::from_secs(2))
        .expect("a running reactor");
    scene.run_for(10_000);
    assert_eq!(scene.log.borrow()[1], (2_001, Heard::Close(1006, Cause::Stopped)));
    assert!(is_stopped(&scene));
    scene.check_that_nothing_is_left();
}

#[test]
fn without_a_grace_everybody_is_told_and_dropped() {
    let mut scene = Scene::new(Config::default(), silent);
    let line = scene.open();
    scene
        .stage
        .handle()
        .stop(Duration::ZERO)
        .expect("a running reactor");
    scene.run_for(10);
    assert_eq!(
        scene.seen(line),
        [Seen::Opened, Seen::Close(1001), Seen::Ended(End::Fin)]
    );
    assert_eq!(
        scene.heard()[1..],
        [Heard::Close(1006, Cause::Stopped), Heard::Dropped]
    );
    scene.check_that_nothing_is_left();
}

#[test]
fn a_stopped_reactor_gives_everything_back_and_lets_nobody_in() {
    let mut scene = Scene::new(Config::default(), silent);
    let handle = scene.stage.handle();
    handle.stop(Duration::ZERO).expect("a running reactor");
    scene.run_for(10);
    let back = handle.send(ConnectionId::new(0, 1), "back");
    assert_eq!(back, Err(SendError::Stopped(OwnedMessage::from("back"))));
    let back = handle.publish("topic", vec![1]);
    assert_eq!(back, Err(SendError::Stopped(OwnedMessage::Binary(vec![1]))));
    assert_eq!(handle.run(|_| ()), Err(CommandError::Stopped));
    assert_eq!(handle.stop(Duration::ZERO), Err(CommandError::Stopped));
    let late = scene.connect();
    scene.stage.network.borrow_mut().pass(20_000);
    assert_eq!(scene.seen(late), [Seen::Ended(End::Reset)]);
}

#[test]
fn nobody_is_let_in_once_a_callback_has_stopped_the_reactor_regression() {
    // The rest of the backlog was still accepted in that turn, and nobody told it to leave.
    let config = Config {
        accepts_per_turn: 1,
        ..Config::default()
    };
    let mut scene = Scene::new(config, |context: &mut Context<'_>, heard: &Heard| {
        if matches!(heard, Heard::Message(_)) {
            context.others().stop(Duration::from_secs(60));
        }
    });
    let line = scene.open();
    (0..3).for_each(|_| {
        scene.connect();
    });
    scene.send(line, &[text("stop"), close()].concat());
    scene.end(line, End::Fin);
    scene.run_for(1);
    assert!(is_stopped(&scene), "{} sockets are open", scene.live());
    scene.check_that_nothing_is_left();
}

#[test]
fn a_dropped_reactor_closes_everybody() {
    let mut scene = Scene::new(Config::default(), silent);
    scene.open();
    let log = scene.log.clone();
    let network = scene.stage.network.clone();
    drop(scene);
    let heard: Vec<Heard> = log.borrow().iter().map(|(_, heard)| heard.clone()).collect();
    assert_eq!(
        heard,
        [Heard::Open, Heard::Close(1006, Cause::Stopped), Heard::Dropped]
    );
    assert_eq!(network.borrow().live, 0);
}
