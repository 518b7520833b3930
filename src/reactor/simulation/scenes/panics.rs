//! A handler that panics, in each of its callbacks: its connection ends with 1011, and nothing else.

use std::time::Duration;

use crate::config::Config;
use crate::connection::Cause;
use crate::context::Context;
use crate::id::ConnectionId;
use crate::protocol::OpCode;
use crate::reactor::simulation::actor::Deliberate;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, frame, head, text};
use crate::reactor::simulation::random::keep_quiet_about_deliberate_panics;
use crate::reactor::simulation::scene::{Heard, Scene};
use crate::reactor::simulation::weather::Weather;

/// A scene whose first connection panics where `fatal` says so, and another that must not notice.
fn scene(fatal: fn(&Heard) -> bool) -> Scene {
    keep_quiet_about_deliberate_panics();
    let weather = Weather {
        window: 4_096,
        ..Weather::calm()
    };
    let config = Config {
        max_outbox: 100_000,
        drain_mark: 1_000,
        ..Config::default()
    };
    Scene::in_weather(
        config,
        weather,
        move |context: &mut Context<'_>, heard: &Heard| {
            if fatal(heard) && context.id() == ConnectionId::new(0, 1) {
                std::panic::panic_any(Deliberate);
            }
            match heard {
                Heard::Open => {
                    context.set_timer(Duration::from_millis(500));
                    context.subscribe("everybody").expect("an open connection");
                }
                Heard::Message(_) => {
                    context.send(&"x".repeat(50_000)).ok();
                }
                _ => {}
            }
        },
    )
}

/// The life of a connection in which every callback is called.
fn live(scene: &mut Scene) -> [usize; 2] {
    let lines = [scene.connect(), scene.connect()];
    for line in lines {
        scene.send(line, &head());
        scene.run_for(1);
    }
    for line in lines {
        scene.send(
            line,
            &[frame(OpCode::Ping, b""), frame(OpCode::Pong, b"")].concat(),
        );
    }
    scene.run_for(1_000);
    let victim = lines[0];
    scene.reads(victim, false);
    scene.send(victim, &text("send much"));
    scene.run_for(1);
    let id = ConnectionId::new(0, 1);
    scene
        .stage
        .handle()
        .send(id, vec![1; 90_000])
        .expect("an empty mailbox");
    scene.run_for(1);
    scene.reads(victim, true);
    scene.run_for(1);
    for line in lines {
        scene.send(line, &close());
        scene.end(line, End::Fin);
    }
    scene.run_for(1);
    lines
}

#[test]
fn a_panic_in_any_callback_ends_its_connection_with_1011_and_nothing_else() {
    let fatal: [fn(&Heard) -> bool; 7] = [
        |heard| *heard == Heard::Open,
        |heard| matches!(heard, Heard::Message(_)),
        |heard| *heard == Heard::Ping,
        |heard| *heard == Heard::Pong,
        |heard| *heard == Heard::Timer,
        |heard| *heard == Heard::Drain,
        |heard| matches!(heard, Heard::Refused(_)),
    ];
    for (index, fatal) in fatal.into_iter().enumerate() {
        let mut scene = scene(fatal);
        let [victim, other] = live(&mut scene);
        let heard = scene.heard();
        let count = |wanted: &Heard| heard.iter().filter(|heard| *heard == wanted).count();
        assert_eq!(
            count(&Heard::Close(1011, Cause::Panicked)),
            1,
            "{index}: {heard:?}"
        );
        assert_eq!(count(&Heard::Close(1000, Cause::Peer)), 1, "{index}: {heard:?}");
        assert_eq!((count(&Heard::Open), count(&Heard::Dropped)), (2, 2));
        assert!(
            scene.seen(victim).contains(&Seen::Close(1011)),
            "{index}: {:?}",
            scene.seen(victim)
        );
        assert!(scene.seen(other).contains(&Seen::Close(1000)));
        scene.check_that_nothing_is_left();
    }
}

#[test]
fn a_panic_in_on_close_is_contained_too() {
    let mut scene = scene(|heard| matches!(heard, Heard::Close(..)));
    let [victim, other] = live(&mut scene);
    let heard = scene.heard();
    let closes = heard
        .iter()
        .filter(|heard| **heard == Heard::Close(1000, Cause::Peer));
    assert_eq!(closes.count(), 2);
    for line in [victim, other] {
        assert!(scene.seen(line).contains(&Seen::Close(1000)));
    }
    scene.check_that_nothing_is_left();
}
