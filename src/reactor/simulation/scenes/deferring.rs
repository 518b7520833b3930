//! Requests that are put off: their deadline to the millisecond, what comes early, and who comes too late.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::accept::Accept;
use crate::accept::{Deferred, Gone};
use crate::config::Config;
use crate::connection::Phase;
use crate::handler::handler;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::puppet::{Seen, frame, head, text};
use crate::reactor::simulation::scene::{Scene, silent};
use crate::router::Router;
use crate::{OpCode, Response, Status};

type Tokens = Rc<RefCell<Vec<Deferred>>>;

/// A scene where every request is put off, and the tokens.
fn deferring(config: Config) -> (Scene, Tokens) {
    let scene = Scene::new(config, silent);
    let tokens = Tokens::default();
    let inner = tokens.clone();
    let router = Router::new().otherwise(move |_| {
        let tokens = inner.clone();
        Accept::defer(move |token| tokens.borrow_mut().push(token))
    });
    let mut scene = scene;
    *scene.stage.engine.state.routers.router(0).expect("the listener of the stage") = router;
    (scene, tokens)
}

/// A client has asked, and its request is put off.
fn asked(scene: &mut Scene, tokens: &Tokens) -> (usize, Deferred) {
    let line = scene.connect();
    scene.send(line, &head());
    scene.run_for(0);
    assert_eq!(scene.seen(line), []);
    let token = tokens.borrow_mut().pop().expect("a token");
    (line, token)
}

fn echo(token: Deferred) -> Result<(), Gone> {
    token.accept(|| handler(|context, message| context.send(message).expect("an open connection")))
}

#[test]
fn the_deadline_of_the_opening_handshake_stays_where_it_was() {
    let (mut scene, tokens) = deferring(Config::default());
    let line = scene.connect();
    scene.run_until(6_000);
    scene.send(line, &head());
    scene.run_until(9_999);
    let token = tokens.borrow_mut().pop().expect("a token");
    assert!(!token.is_gone());
    scene.run_until(20_000);
    assert_eq!(scene.dated(line), [(10_001, Seen::Ended(End::Fin))]);
    assert_eq!(echo(token), Err(Gone));
    scene.check_that_nothing_is_left();
}

#[test]
fn a_decision_just_before_the_deadline_opens_and_the_next_deadline_is_that_of_silence() {
    let (mut scene, tokens) = deferring(Config::default());
    let (line, token) = asked(&mut scene, &tokens);
    scene.run_until(9_999);
    echo(token).expect("somebody waits");
    scene.run_until(60_000);
    assert_eq!(scene.dated(line), [(9_999, Seen::Opened)]);
    scene.run_until(75_000);
    assert_eq!(scene.dated(line)[1], (70_000, Seen::Ping));
}

#[test]
fn what_comes_early_waits_and_a_breach_in_it_is_found_when_it_is_looked_at() {
    let (mut scene, tokens) = deferring(Config::default());
    let (line, token) = asked(&mut scene, &tokens);
    scene.send(line, &text("one"));
    scene.run_for(100);
    // A ping that is not final (RFC 6455, section 5.5).
    let mut breach = frame(OpCode::Ping, &[]);
    breach[0] &= 0x7F;
    scene.send(line, &[text("two"), breach].concat());
    scene.run_for(100);
    assert_eq!(scene.seen(line), []);
    echo(token).expect("somebody waits");
    scene.run_for(0);
    let echoes = ["one", "two"].map(|text| Seen::Text(text.to_owned()));
    assert_eq!(scene.seen(line)[..4], [&[Seen::Opened][..], &echoes, &[Seen::Close(1002)]].concat());
    scene.end(line, End::Fin);
    scene.run_for(10_000);
    scene.check_that_nothing_is_left();
}

#[test]
fn a_rejection_gives_back_what_came_early() {
    let (mut scene, tokens) = deferring(Config::default());
    let (line, token) = asked(&mut scene, &tokens);
    scene.send(line, &text("early"));
    scene.run_for(10);
    token.reject(Response::text(Status::FORBIDDEN, "no")).expect("somebody waits");
    scene.run_for(0);
    assert_eq!(scene.seen(line)[0], Seen::Refused("HTTP/1.1 403 Forbidden".to_owned()));
    scene.end(line, End::Fin);
    scene.run_for(10_000);
    scene.check_that_nothing_is_left();
}

#[test]
fn no_more_than_the_read_buffer_is_held() {
    let (mut scene, tokens) = deferring(Config { read_buffer: 4_096, ..Config::default() });
    let (line, token) = asked(&mut scene, &tokens);
    for _ in 0..100 {
        scene.send(line, &text(&"x".repeat(1_000)));
    }
    scene.run_for(1_000);
    let state = scene.stage.engine.state();
    let held: Vec<_> =
        state.slots.iter().map(|(_, connection)| (connection.phase, &connection.held)).collect();
    let [(Phase::Deferred, Some(held))] = held[..] else { panic!("{held:?}") };
    assert_eq!(held.buffer.len(), 4_096);
    echo(token).expect("somebody waits");
    scene.run_for(1_000);
    assert_eq!(scene.seen(line).len(), 101, "opened, and a hundred echoes");
}

#[test]
fn whoever_leaves_is_gone_at_once_and_a_slot_used_again_is_not_its() {
    for end in [End::Fin, End::Reset] {
        let (mut scene, tokens) = deferring(Config::default());
        let (line, token) = asked(&mut scene, &tokens);
        scene.end(line, end);
        scene.run_for(10);
        assert!(token.is_gone());
        let (next, successor) = asked(&mut scene, &tokens);
        assert_eq!((token.id().slot(), token.reject(Response::text(Status::FORBIDDEN, ""))), (0, Err(Gone)));
        scene.run_for(10);
        assert_eq!(scene.seen(next), []);
        assert_eq!(successor.id().slot(), 0);
        drop(successor);
        scene.run_for(10);
        assert_eq!(scene.seen(next)[0], Seen::Refused("HTTP/1.1 503 Service Unavailable".to_owned()));
    }
}

#[test]
fn a_decision_that_crosses_the_end_of_its_connection_reaches_nobody() {
    let (mut scene, tokens) = deferring(Config::default());
    let (line, token) = asked(&mut scene, &tokens);
    // Both are there before the loop turns; it reads first.
    scene.end(line, End::Reset);
    assert_eq!(echo(token), Ok(()));
    scene.run_for(1_000);
    assert_ne!(scene.seen(line).first(), Some(&Seen::Opened));
    scene.check_that_nothing_is_left();
}

#[test]
fn stopping_tells_the_token() {
    let (mut scene, tokens) = deferring(Config::default());
    let (line, token) = asked(&mut scene, &tokens);
    scene.stage.handle().stop(Duration::from_secs(5)).expect("a reactor that runs");
    scene.run_for(100);
    assert_eq!(scene.seen(line), [Seen::Ended(End::Fin)]);
    assert_eq!(echo(token), Err(Gone));
    scene.check_that_nothing_is_left();
}
