//! Connections that are being made when something ends: exactly one answer to each, and nothing begun behind it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::config::{Config, Lifetime};
use crate::connect::InvalidConnect;
use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed};
use crate::context::Context;
use crate::handler::Handler;
use crate::protocol::CloseCode;
use crate::reactor::simulation::dialer::{OPENING, Silent, answering, failed, name, scene, to};
use crate::reactor::simulation::scene::{Heard, Scene, silent};
use crate::reactor::state::Life;
use crate::reconnect::Reconnect;
use crate::view::Loop;

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

#[test]
fn a_reconnection_that_is_stopped_leaves_a_closing_handshake_under_way_alone_regression() {
    // It was aborted, and its peer never saw what was sent before.
    let mut scene: Scene = scene(&[("10.0.0.1:80", 1, answering(&[OPENING]))]);
    let (tell, told) = channel();
    let engine = &mut scene.stage.engine;
    let mut reactor = Loop { state: &mut engine.state, sockets: &mut engine.links };
    let reconnect = Reconnect::to("ws://10.0.0.1/").expect("an address");
    let reconnection = reconnect.start(&mut reactor, move || Farewell(tell.clone()));
    scene.run_for(10);
    let id = reconnection.id().expect("an open connection");
    let engine = &mut scene.stage.engine;
    let mut reactor = Loop { state: &mut engine.state, sockets: &mut engine.links };
    assert_eq!(reactor.close(id, CloseCode::Away, ""), Ok(true));
    reconnection.stop(&mut reactor);
    scene.run_for(10);
    scene.send(0, b"\x88\x02\x03\xE9");
    scene.run_for(10);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [Cause::Local]);
    assert!(reconnection.is_over());
}

/// Tells how its connection ended.
struct Farewell(Sender<Cause>);

impl Handler for Farewell {
    fn on_close(&mut self, _: &mut Context<'_>, closed: &Closed) {
        self.0.send(closed.cause.clone()).expect("a test that listens");
    }
}
