//! Making connections: the race for an address to the millisecond, refusals, silence, redirections, each attempt
//! begun once.

use std::time::Duration;

use crate::connect_error::ConnectError;
use crate::connection::Cause;
use crate::context::Context;
use crate::handler::Handler;
use crate::protocol::CloseCode;
use crate::reactor::simulation::dialer::{OPENING, Silent, answering, at, failed, name, scene, to, tried};
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::scene::{Heard, Scene, silent};
use crate::reactor::simulation::servers::Welcome;
use crate::view::Loop;

fn greet(context: &mut Context<'_>, heard: &Heard) {
    match heard {
        Heard::Open => context.send("hello").expect("an open connection"),
        Heard::Message(_) => context.close(CloseCode::Normal, "").expect("a proper close"),
        _ => {}
    }
}

fn a_connection_is_made_and_closed<const SHORT: bool>() {
    let mut scene = scene::<SHORT>(&[("10.0.0.1:80", 7, answering(&[OPENING]))]);
    scene.dial(to("ws://10.0.0.1/chat"), greet);
    scene.run_for(100);
    assert_eq!(scene.log.borrow()[..], [(7, Heard::Open)]);
    scene.send(0, b"\x81\x02hi");
    scene.run_for(0);
    scene.send(0, b"\x88\x02\x03\xE8");
    scene.stage.act(0, |deeds| deeds.end = Some(End::Fin));
    scene.run_for(0);
    let expected =
        [Heard::Open, Heard::Message("hi".to_owned()), Heard::Close(1000, Cause::Local), Heard::Dropped];
    assert_eq!(scene.heard(), expected);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_connection_is_made_and_closed_in_both_worlds() {
    a_connection_is_made_and_closed::<true>();
    a_connection_is_made_and_closed::<false>();
}

#[test]
fn everybody_who_refuses_leaves_the_field_to_the_next_at_once() {
    let mut scene: Scene =
        scene(&[("10.0.0.1:80", 10, Welcome::Refusal), ("10.0.0.2:80", 10, Welcome::Refusal)]);
    name(&scene, "two.example", 5, &["10.0.0.1:80", "10.0.0.2:80"]);
    scene.dial(to("ws://two.example/"), silent);
    scene.run_for(100);
    assert_eq!(tried(&scene), [at(5, "10.0.0.1:80"), at(15, "10.0.0.2:80")]);
    assert_eq!(scene.log.borrow()[0], (25, Heard::Failed("Connect(Kind(ConnectionRefused))".to_owned())));
    assert_eq!(scene.heard()[1..], [Heard::Dropped]);
    scene.check_that_nothing_is_left();
}

#[test]
fn the_next_address_starts_after_a_quarter_of_a_second_and_the_first_to_connect_wins_rfc_8305_section_5() {
    let mut scene: Scene = scene(&[
        ("10.0.0.1:80", 600, answering(&[OPENING])),
        ("10.0.0.2:80", 1_000, answering(&[OPENING])),
        ("10.0.0.3:80", 5, answering(&[OPENING])),
        ("10.0.0.4:80", 5, answering(&[OPENING])),
    ]);
    let all = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"];
    name(&scene, "many.example", 0, &all);
    scene.dial(to("ws://many.example/"), silent);
    scene.run_for(2_000);
    assert_eq!(tried(&scene), [at(0, all[0]), at(251, all[1]), at(502, all[2])]);
    assert_eq!(scene.log.borrow()[..], [(507, Heard::Open)]);
    assert_eq!(scene.live(), 1);
    let connected = scene.stage.engine.state().slots.iter().count();
    assert_eq!(connected, 1);
}

#[test]
fn silence_is_given_up_at_the_deadline_with_all_its_attempts() {
    let mut scene: Scene =
        scene(&[("10.0.0.1:80", 0, Welcome::Silence), ("[2001:db8::1]:80", 0, Welcome::Silence)]);
    name(&scene, "silent.example", 0, &["[2001:db8::1]:80", "10.0.0.1:80"]);
    scene.dial(to("ws://silent.example/").timeout(Duration::from_secs(2)), silent);
    scene.run_for(5_000);
    assert_eq!(tried(&scene), [at(0, "[2001:db8::1]:80"), at(251, "10.0.0.1:80")]);
    assert_eq!(scene.log.borrow()[0], (2_001, Heard::Failed("TimedOut".to_owned())));
    assert_eq!(scene.live(), 0);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_name_that_is_found_too_late_changes_nothing() {
    let mut scene: Scene = scene(&[("10.0.0.1:80", 0, answering(&[OPENING]))]);
    name(&scene, "late.example", 3_000, &["10.0.0.1:80"]);
    scene.dial(to("ws://late.example/").timeout(Duration::from_secs(2)), silent);
    scene.run_for(2_500);
    assert_eq!(scene.heard(), failed("TimedOut"));
    // Somebody else has its slot when the answer comes.
    scene.open();
    scene.run_for(1_000);
    assert_eq!(tried(&scene), []);
    assert_eq!(scene.heard()[2..], [Heard::Open]);
}

#[test]
fn an_unknown_name_an_empty_one_and_an_unreachable_address_are_failures() {
    let mut scene: Scene = scene(&[]);
    name(&scene, "empty.example", 1, &[]);
    scene.dial(to("ws://nobody.example/"), silent);
    scene.run_for(10);
    scene.dial(to("ws://empty.example/"), silent);
    scene.run_for(10);
    scene.dial(to("ws://10.9.9.9/"), silent);
    scene.run_for(10);
    let heard = scene.heard();
    assert_eq!(heard[..2], failed("Name(Kind(NotFound))"));
    assert!(matches!(&heard[2], Heard::Failed(why) if why.contains("no address")), "{heard:?}");
    assert_eq!(heard[4..], failed("Connect(Kind(NetworkUnreachable))"));
    scene.check_that_nothing_is_left();
}

#[test]
fn a_redirection_is_followed_as_often_as_was_asked() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: ws://next.example/there\r\nContent-Length: 0\r\n\r\n";
    for (redirects, reached) in [(1, 1), (2, 2), (3, 3)] {
        let mut scene: Scene =
            scene(&[("10.0.0.1:80", 1, answering(&[moved])), ("10.0.0.2:80", 1, answering(&[moved]))]);
        name(&scene, "next.example", 1, &["10.0.0.2:80"]);
        scene.dial(to("ws://10.0.0.1/").redirects(redirects), silent);
        scene.run_for(100);
        assert_eq!(tried(&scene).len(), reached + 1);
        assert!(matches!(&scene.heard()[..], [Heard::Failed(_), Heard::Dropped]), "{:?}", scene.heard());
        scene.check_that_nothing_is_left();
    }
}

/// Gives up at once what it begins in its place, so that its slot is free again before it has begun.
struct Fickle;

impl Handler for Fickle {
    fn on_failed(&mut self, reactor: &mut Loop<'_>, _: ConnectError) {
        let id = reactor.connect("ws://10.0.0.1/", Silent).expect("a running reactor");
        reactor.abort(id);
    }
}

#[test]
fn a_slot_used_again_before_its_dial_began_is_dialed_once_regression() {
    let mut scene: Scene = scene(&[("10.0.0.1:80", 10, answering(&[OPENING]))]);
    scene.stage.engine.connect(to("ws://10.9.9.9/"), Box::new(Fickle)).expect("a running reactor");
    scene.stage.turn(Some(Duration::ZERO)).expect("a turn");
    let slots = scene.stage.engine.state().slots.len();
    assert_eq!(slots, 0);
    (0..2).for_each(|_| {
        scene.dial(to("ws://10.0.0.1/"), silent);
    });
    scene.run_for(100);
    assert_eq!(tried(&scene).len(), 2);
    assert_eq!(scene.live(), 2);
}

#[test]
fn connections_are_begun_in_the_order_in_which_they_were_asked_for() {
    let all = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
    let mut scene: Scene = scene(&all.map(|address| (address, 1, answering(&[OPENING]))));
    for address in all {
        scene.dial(to(&format!("ws://{address}/")), silent);
    }
    scene.run_for(10);
    assert_eq!(tried(&scene), all.map(|address| at(0, address)));
}
