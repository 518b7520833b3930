//! Budgets: nobody keeps the loop to itself, and nothing is forgotten when a budget ends.

use std::time::Duration;

use crate::config::Config;
use crate::context::Context;
use crate::protocol::OpCode;
use crate::reactor::simulation::puppet::{Seen, frame, text};
use crate::reactor::simulation::scene::{Heard, Scene, SceneIn, echo, silent};
use crate::reactor::simulation::weather::Weather;

fn messages<const SHORT: bool>(scene: &SceneIn<SHORT>) -> usize {
    let heard = scene.heard();
    heard
        .iter()
        .filter(|heard| matches!(heard, Heard::Message(_)))
        .count()
}

#[test]
fn a_burst_is_handed_out_in_budgets_of_a_turn_regression() {
    // What the first budget left over was handed out in the same turn.
    let config = Config {
        messages_per_turn: 10,
        ..Config::default()
    };
    let mut scene = Scene::new(config, silent);
    let line = scene.open();
    let burst: Vec<u8> = (0..25).flat_map(|number| text(&number.to_string())).collect();
    scene.send(line, &burst);
    for expected in [10, 20, 25, 25] {
        scene.stage.turn(Some(Duration::ZERO)).expect("a turn");
        assert_eq!(messages(&scene), expected);
    }
}

#[test]
fn a_burst_does_not_hold_up_the_others() {
    let config = Config {
        messages_per_turn: 1,
        ..Config::default()
    };
    let mut scene = Scene::new(config, silent);
    let (busy, other) = (scene.open(), scene.open());
    scene.send(busy, &text("busy").repeat(100));
    scene.send(other, &text("other"));
    scene.stage.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(scene.heard().contains(&Heard::Message("other".to_owned())));
    scene.run_for(0);
    assert_eq!(messages(&scene), 101);
}

#[test]
fn what_a_full_read_buffer_leaves_in_the_socket_is_read_without_another_edge() {
    let config = Config {
        read_buffer: 4_096,
        ..Config::default()
    };
    let mut scene = Scene::new(config, echo);
    let line = scene.open();
    let burst: Vec<u8> = (0..30).flat_map(|_| frame(OpCode::Binary, &[7; 1_000])).collect();
    scene.send(line, &burst);
    scene.run_for(0);
    assert_eq!(messages(&scene), 30);
    assert_eq!(scene.seen(line).len(), 31);
}

#[test]
fn a_short_write_is_tried_again_where_only_blocking_re_arms_regression() {
    // A short write from a callback left the rest in the outbox, and nothing ever told of room.
    let weather = Weather {
        window: 4_096,
        ..Weather::calm()
    };
    let mut scene = SceneIn::<false>::in_weather(Config::default(), weather, echo);
    let line = scene.open();
    let long = "long ".repeat(4_000);
    scene.send(line, &text(&long));
    scene.run_for(10);
    assert_eq!(scene.seen(line), [Seen::Opened, Seen::Text(long)]);
}

#[test]
fn more_pieces_than_one_write_takes_leave_without_another_edge() {
    let mut scene = Scene::new(
        Config::default(),
        |context: &mut Context<'_>, heard: &Heard| match heard {
            Heard::Open => context.subscribe("news").expect("an open connection"),
            Heard::Message(_) => {
                // Each is shared, and a piece of its own in the outbox of the other.
                for _ in 0..40 {
                    context.publish_to_others("news", &[1; 2_000]);
                }
            }
            _ => {}
        },
    );
    let (one, other) = (scene.open(), scene.open());
    scene.send(one, &text("publish"));
    scene.run_for(0);
    assert_eq!(scene.seen(other).len(), 41);
}

#[test]
fn a_drain_is_reported_when_the_client_reads_again() {
    let weather = Weather {
        window: 4_096,
        ..Weather::calm()
    };
    let mut scene = Scene::in_weather(Config::default(), weather, echo);
    let line = scene.open();
    scene.reads(line, false);
    scene.send(line, &text(&"long ".repeat(40_000)));
    scene.run_for(10);
    assert!(!scene.heard().contains(&Heard::Drain));
    scene.reads(line, true);
    scene.run_for(10);
    assert_eq!(scene.heard().last(), Some(&Heard::Drain));
    assert_eq!(scene.seen(line).len(), 2);
}
