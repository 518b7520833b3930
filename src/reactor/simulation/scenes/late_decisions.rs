//! Decisions about requests that come late, and perhaps too late.

use std::cell::RefCell;
use std::rc::Rc;

use crate::accept::Accept;
use crate::accept::Deferred;
use crate::config::Config;
use crate::handler::handler;
use crate::id::ConnectionId;
use crate::protocol::handshake::{Response, Status};
use crate::reactor::simulation::puppet::{Seen, head};
use crate::reactor::simulation::scene::{Scene, silent};
use crate::router::Router;

#[test]
fn a_decision_about_a_request_that_is_gone_leaves_the_next_in_its_slot_alone_regression() {
    // A token that had spoken before its peer left, and whose word came after the slot was used again, took
    // away the request that waited there.
    let tokens = Rc::<RefCell<Vec<Deferred>>>::default();
    let mut scene = Scene::new(Config::default(), silent);
    let given = tokens.clone();
    let router = Router::new().otherwise(move |_| {
        let given = given.clone();
        Accept::defer(move |token| given.borrow_mut().push(token))
    });
    *scene.stage.engine.state.routers.router(0).expect("a listener") = router;
    let line = scene.connect();
    scene.send(line, &head());
    scene.run_for(10);
    let token = tokens.borrow_mut().pop().expect("a token");
    let stale = ConnectionId::new(token.id().slot(), token.id().generation().wrapping_sub(1));
    let late = Box::new(|| Accept::Reject(Response::text(Status::FORBIDDEN, "late")));
    scene.stage.engine.decide(stale, late);
    scene.run_for(10);
    assert_eq!(scene.seen(line), []);
    token.accept(|| handler(|_, _| {})).expect("somebody who waits");
    scene.run_for(10);
    assert_eq!(scene.seen(line), [Seen::Opened]);
}
