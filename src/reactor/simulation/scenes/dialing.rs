//! Making connections: the race for an address to the millisecond, refusals, silence, redirections, and exactly
//! one answer to every attempt, whatever happens meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::config::{Config, Lifetime};
use crate::connect::{Connect, InvalidConnect};
use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed};
use crate::context::Context;
use crate::handler::Handler;
use crate::protocol::CloseCode;
use crate::reactor::simulation::line::End;
use crate::reactor::simulation::scene::{Heard, Scene, SceneIn, silent};
use crate::reactor::simulation::servers::Welcome;
use crate::reactor::state::Life;
use crate::view::Loop;

const OPENING: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Accept: {accept}\r\n\r\n";

fn answering(answers: &[&str]) -> Welcome {
    Welcome::Answers(answers.iter().map(|&answer| answer.to_owned()).collect())
}

/// A scene in which these servers are at their addresses, so many milliseconds away.
fn scene<const SHORT: bool>(servers: &[(&str, u64, Welcome)]) -> SceneIn<SHORT> {
    let scene = SceneIn::new(Config::default(), silent);
    for (address, millis, welcome) in servers {
        scene.stage.network.borrow_mut().servers.at(address, *millis, welcome.clone());
    }
    scene
}

fn name<const SHORT: bool>(scene: &SceneIn<SHORT>, name: &str, millis: u64, addresses: &[&str]) {
    scene.stage.network.borrow_mut().servers.name(name, millis, addresses);
}

fn to(url: &str) -> Connect {
    Connect::to(url).expect("an address")
}

/// Who was tried, and when.
fn tried<const SHORT: bool>(scene: &SceneIn<SHORT>) -> Vec<(u64, String)> {
    let network = scene.stage.network.borrow();
    network.servers.reached.iter().map(|(at, address, _)| (*at, address.to_string())).collect()
}

fn at(millis: u64, address: &str) -> (u64, String) {
    (millis, address.to_owned())
}

fn failed(why: &str) -> [Heard; 2] {
    [Heard::Failed(why.to_owned()), Heard::Dropped]
}

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
fn garbage_is_a_failure_in_any_pieces() {
    for garbage in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 101\r\n\r\n", "\0", "HTTP/1.1 abc\r\n\r\n", "x\n"] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 0, answering(&[garbage]))]);
        scene.dial(to("ws://10.0.0.1/"), silent);
        scene.run_for(10);
        let heard = scene.heard();
        assert!(matches!(&heard[0], Heard::Failed(why) if why.starts_with("Handshake(")), "{heard:?}");
        assert_eq!(heard[1..], [Heard::Dropped]);
        scene.check_that_nothing_is_left();
    }
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

#[test]
fn a_stop_ends_a_dial_in_every_phase() {
    // Looking up the name until 10, connecting until 20, asking from then on.
    for (millis, grace) in [(5, 0), (15, 0), (30, 0), (5, 60), (15, 60), (30, 60)] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 10, answering(&[]))]);
        name(&scene, "slow.example", 10, &["10.0.0.1:80"]);
        scene.dial(to("ws://slow.example/"), silent);
        scene.run_for(millis);
        scene.stage.handle().stop(Duration::from_secs(grace)).expect("a running reactor");
        scene.run_for(100);
        assert_eq!(scene.heard(), failed("Stopped"), "{millis}");
        assert_eq!(scene.live(), 0);
        scene.check_that_nothing_is_left();
    }
}

#[test]
fn a_dropped_reactor_fails_a_dial_in_every_phase() {
    for millis in [0, 5, 15, 30] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 10, answering(&[]))]);
        name(&scene, "slow.example", 10, &["10.0.0.1:80"]);
        scene.dial(to("ws://slow.example/"), silent);
        if millis > 0 {
            scene.run_for(millis);
        }
        let (log, network) = (scene.log.clone(), scene.stage.network.clone());
        drop(scene);
        let heard: Vec<Heard> = log.borrow().iter().map(|(_, heard)| heard.clone()).collect();
        assert_eq!(heard, failed("Stopped"));
        assert_eq!(network.borrow().live, 0);
    }
}

#[test]
fn interim_answers_are_passed_over_rfc_9110_section_15_2() {
    let hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    let mut scene: Scene = scene(&[
        ("10.0.0.1:80", 0, answering(&[&[hints, OPENING].concat()])),
        ("10.0.0.2:80", 0, answering(&[&[hints, refusal].concat()])),
        ("10.0.0.3:80", 0, answering(&[&hints.repeat(10_000)])),
    ]);
    for address in 1..=3 {
        scene.dial(to(&format!("ws://10.0.0.{address}/")), silent);
        scene.run_for(10);
    }
    let heard = scene.heard();
    assert_eq!(heard[0], Heard::Open);
    assert!(matches!(&heard[1], Heard::Failed(why) if why.contains("status: 403")), "{heard:?}");
    assert!(matches!(&heard[3], Heard::Failed(why) if why.contains("status: 100")), "{heard:?}");
}

#[test]
fn interim_answers_of_a_proxy_are_passed_over_too_rfc_9110_section_15_2() {
    let tunnel = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connected\r\n\r\n";
    let mut scene: Scene = scene(&[("10.0.0.1:3128", 0, answering(&[tunnel, OPENING]))]);
    scene.dial(to("ws://away.example/").proxy("http://10.0.0.1:3128").expect("a proxy"), silent);
    scene.run_for(10);
    assert_eq!(scene.heard(), [Heard::Open]);
    let log = String::from_utf8(scene.stage.network.borrow().servers.log(0)).expect("two heads");
    assert!(
        log.starts_with("CONNECT away.example:80 HTTP/1.1\r\nHost: away.example:80\r\n\r\nGET / "),
        "{log}"
    );
}

#[test]
fn a_refusal_in_chunks_is_told_when_its_last_chunk_is_there_rfc_9112_section_7_1() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n";
    let mut scene: Scene = scene(&[("10.0.0.1:80", 1, answering(&[refusal]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(100);
    let log = scene.log.borrow();
    assert!(matches!(&log[0], (1, Heard::Failed(why)) if why.contains("status: 403")), "{log:?}");
}

#[test]
fn what_comes_behind_the_head_is_frames_section_4_1() {
    let mut scene: Scene =
        scene(&[("10.0.0.1:80", 1, answering(&[&[OPENING, "\u{1}\u{1}a", "x"].concat()]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(10);
    // A reserved opcode follows the first fragment.
    assert_eq!(scene.heard()[0], Heard::Open);
    assert!(matches!(scene.heard()[1], Heard::Close(1002, Cause::Violation(_))), "{:?}", scene.heard());
}

#[test]
fn the_body_of_a_refusal_is_kept_up_to_a_bound_and_no_longer_waited_for() {
    let config = Config { max_rejection_body: 10, ..Config::default() };
    let mut scene = Scene::new(config, silent);
    for (millis, length) in [(1, "Content-Length: 1000\r\n"), (2, "")] {
        let refusal = format!("HTTP/1.1 403 Forbidden\r\n{length}\r\n{}", "x".repeat(500));
        scene.stage.network.borrow_mut().servers.at("10.0.0.1:80", millis, answering(&[&refusal]));
        scene.dial(to("ws://10.0.0.1/"), silent);
        scene.run_for(10);
    }
    let kept = format!("body: {:?}", [b'x'; 10]);
    for (_, heard) in scene.log.borrow().iter().step_by(2) {
        assert!(matches!(heard, Heard::Failed(why) if why.contains(&kept)), "{heard:?}");
    }
    scene.check_that_nothing_is_left();
}

#[test]
fn an_answer_without_an_end_is_given_up_at_the_limit_of_a_head() {
    let endless = format!("HTTP/1.1 101 Switching Protocols\r\nX: {}", "x".repeat(20_000));
    let mut scene: Scene = scene(&[("10.0.0.1:80", 1, answering(&[&endless]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(10);
    scene.dial(to("ws://h/").proxy("http://10.0.0.1:80").expect("a proxy"), silent);
    scene.run_for(10);
    let heard = scene.heard();
    assert_eq!(heard[..2], failed("Handshake(HeadTooLarge)"));
    assert_eq!(heard[2..], failed("Proxy(HeadTooLarge)"));
    scene.check_that_nothing_is_left();
}

/// Connects again whenever a connection could not be made, and writes down what it is told.
struct Stubborn {
    log: Rc<RefCell<Vec<String>>>,
    address: &'static str,
}

impl Handler for Stubborn {
    fn on_failed(&mut self, reactor: &mut Loop<'_>, error: ConnectError) {
        self.log.borrow_mut().push(format!("{error:?}"));
        let again = Self { log: self.log.clone(), address: self.address };
        if let Err(error) = reactor.connect(self.address, again) {
            self.log.borrow_mut().push(format!("{error:?}"));
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, _: &Closed) {
        self.log.borrow_mut().push("Closed".to_owned());
        let again = Self { log: self.log.clone(), address: self.address };
        if let Err(error) = context.others().connect(self.address, again) {
            self.log.borrow_mut().push(format!("{error:?}"));
        }
    }
}

fn stubborn(scene: &mut Scene, address: &'static str) -> Rc<RefCell<Vec<String>>> {
    let log = Rc::<RefCell<Vec<String>>>::default();
    let handler = Stubborn { log: log.clone(), address };
    scene.stage.engine.connect(to(address), Box::new(handler)).expect("a running reactor");
    log
}

#[test]
fn nothing_is_begun_once_the_reactor_stops() {
    for grace in [0, 60] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 0, answering(&[OPENING]))]);
        let open = stubborn(&mut scene, "ws://10.0.0.1/");
        scene.run_for(10);
        let waiting = stubborn(&mut scene, "ws://10.0.0.1/?nobody");
        scene.stage.handle().stop(Duration::from_secs(grace)).expect("a running reactor");
        scene.run_for(10_000);
        assert_eq!(*waiting.borrow(), ["Stopped", "Stopped"]);
        assert_eq!(*open.borrow(), ["Closed", "Stopped"]);
        assert_eq!(
            scene.stage.engine.connect(to("ws://10.0.0.1/"), Box::new(Silent)),
            Err(InvalidConnect::Stopped)
        );
        scene.check_that_nothing_is_left();
    }
}

#[test]
fn a_dropped_reactor_begins_nothing_either() {
    let mut scene: Scene = scene(&[("10.0.0.1:80", 0, answering(&[OPENING]))]);
    let open = stubborn(&mut scene, "ws://10.0.0.1/");
    scene.run_for(10);
    drop(scene);
    assert_eq!(*open.borrow(), ["Closed", "Stopped"]);
}

/// Connects once more when a connection could not be made, as another thread would.
struct Remote(&'static str, Sender<&'static str>);

impl Handler for Remote {
    fn on_failed(&mut self, reactor: &mut Loop<'_>, _: ConnectError) {
        let tell = self.1.clone();
        tell.send(self.0).expect("a test that listens");
        if self.0 == "first" {
            let connect = reactor.handle().connect("ws://10.0.0.1/", || Remote("second", tell));
            connect.expect("a running reactor");
        }
    }
}

#[test]
fn a_reactor_that_ends_with_its_connections_waits_for_those_that_were_asked_for() {
    let config = Config { lifetime: Lifetime::WhileConnected, ..Config::default() };
    let mut scene = Scene::new(config, silent);
    scene.stage.engine.state.routers.close(0).expect("a listener");
    let (tell, told) = channel();
    let first = Remote("first", tell);
    scene.stage.engine.connect(to("ws://10.0.0.1/"), Box::new(first)).expect("a running reactor");
    scene.run_for(10);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["first", "second"]);
    assert!(scene.stage.engine.state().life == Life::Stopped);
    scene.check_that_nothing_is_left();
}

struct Silent;

impl Handler for Silent {}

#[test]
fn a_close_gives_up_a_connection_that_is_being_made_in_every_phase() {
    for millis in [5, 15, 30] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 10, answering(&[]))]);
        name(&scene, "slow.example", 10, &["10.0.0.1:80"]);
        let id = scene.dial(to("ws://slow.example/"), silent);
        scene.run_for(millis);
        scene.stage.handle().close(id, CloseCode::Normal, "").expect("a proper close");
        scene.run_for(10);
        assert_eq!(scene.heard(), failed("Aborted"), "{millis}");
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
