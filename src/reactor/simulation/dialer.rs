//! What scenes of connections that the reactor makes have in common.

use crate::config::Config;
use crate::connect::Connect;
use crate::handler::Handler;
use crate::reactor::simulation::scene::{Heard, SceneIn, silent};
use crate::reactor::simulation::servers::Welcome;

pub(super) const OPENING: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Accept: {accept}\r\n\r\n";

pub(super) fn answering(answers: &[&str]) -> Welcome {
    Welcome::Answers(answers.iter().map(|&answer| answer.to_owned()).collect())
}

/// A scene in which these servers are at their addresses, so many milliseconds away.
pub(super) fn scene<const SHORT: bool>(servers: &[(&str, u64, Welcome)]) -> SceneIn<SHORT> {
    let scene = SceneIn::new(Config::default(), silent);
    for (address, millis, welcome) in servers {
        scene.stage.network.borrow_mut().servers.at(address, *millis, welcome.clone());
    }
    scene
}

pub(super) fn name<const SHORT: bool>(scene: &SceneIn<SHORT>, name: &str, millis: u64, addresses: &[&str]) {
    scene.stage.network.borrow_mut().servers.name(name, millis, addresses);
}

pub(super) fn to(url: &str) -> Connect {
    Connect::to(url).expect("an address")
}

/// Who was tried, and when.
pub(super) fn tried<const SHORT: bool>(scene: &SceneIn<SHORT>) -> Vec<(u64, String)> {
    let network = scene.stage.network.borrow();
    network.servers.reached.iter().map(|(at, address, _)| (*at, address.to_string())).collect()
}

pub(super) fn at(millis: u64, address: &str) -> (u64, String) {
    (millis, address.to_owned())
}

pub(super) fn failed(why: &str) -> [Heard; 2] {
    [Heard::Failed(why.to_owned()), Heard::Dropped]
}

pub(super) struct Silent;

impl Handler for Silent {}
