//! The backlog: no descriptors, no slots, connections that are gone again, and what opening handshakes do.

use crate::config::Config;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, close, head};
use crate::reactor::simulation::scene::{Scene, silent};
use crate::reactor::simulation::weather::Weather;

fn few_descriptors() -> Weather {
    Weather {
        descriptors: 2,
        ..Weather::calm()
    }
}

/// Two connections are open and a third waits.
fn crowded(config: Config, weather: Weather) -> Scene {
    let mut scene = Scene::in_weather(config, weather, silent);
    scene.open();
    scene.open();
    let third = scene.connect();
    scene.send(third, &head());
    scene.run_for(50);
    assert_eq!(scene.seen(third), []);
    scene
}

#[test]
fn a_listener_without_descriptors_goes_on_with_the_next_close() {
    let mut scene = crowded(Config::default(), few_descriptors());
    scene.send(0, &close());
    scene.end(0, End::Fin);
    scene.run_for(1);
    assert_eq!(scene.dated(2), [(50, Seen::Opened)]);
}

#[test]
fn a_listener_without_descriptors_tries_again_by_itself() {
    let mut scene = crowded(Config::default(), few_descriptors());
    scene.stage.network.borrow_mut().weather.descriptors = 3;
    scene.run_for(1_000);
    assert_eq!(scene.dated(2), [(101, Seen::Opened)]);
}

#[test]
fn a_listener_without_slots_goes_on_with_the_next_close() {
    let config = Config {
        max_connections: 2,
        ..Config::default()
    };
    let mut scene = crowded(config, Weather::calm());
    scene.send(1, &close());
    scene.end(1, End::Fin);
    scene.run_for(1);
    assert_eq!(scene.dated(2), [(50, Seen::Opened)]);
}

#[test]
fn a_crowd_is_let_in_although_there_is_one_edge_for_all() {
    let config = Config {
        accepts_per_turn: 3,
        ..Config::default()
    };
    let weather = Weather {
        gone_in_backlog: 2,
        ..Weather::calm()
    };
    let mut scene = Scene::in_weather(config, weather, silent);
    let lines: Vec<usize> = (0..50).map(|_| scene.connect()).collect();
    for line in &lines {
        scene.send(*line, &head());
    }
    scene.run_for(0);
    assert!(lines.iter().all(|line| scene.seen(*line) == [Seen::Opened]));
}

#[test]
fn a_request_that_cannot_be_one_is_answered_and_the_connection_ends() {
    for (request, status) in [
        (&b"\x16\x03\x01\n"[..], "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (
            b"POST / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n\r\n",
            "405 Method Not Allowed",
        ),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "426 Upgrade Required"),
    ] {
        let mut scene = Scene::new(Config::default(), silent);
        let line = scene.connect();
        scene.send(line, request);
        scene.run_for(0);
        let answer = Seen::Refused(format!("HTTP/1.1 {status}"));
        assert_eq!(scene.seen(line), [answer, Seen::Ended(End::Fin)]);
        scene.end(line, End::Fin);
        scene.run_for(0);
        assert_eq!(scene.heard(), []);
        scene.check_that_nothing_is_left();
    }
}
