//! Random dials in rough weather: whoever asked for a connection is told exactly once what became of it, and
//! nothing is left over.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::chance::Chance;
use super::line::End;
use super::servers::Welcome;
use super::stage::Stage;
use super::weather::Weather;
use crate::config::Config;
use crate::connect::Connect;
use crate::connect_error::ConnectError;
use crate::connection::Closed;
use crate::context::Context;
use crate::handler::Handler;
use crate::id::ConnectionId;
use crate::protocol::CloseCode;
use crate::reactor::state::Life;
use crate::router::Router;
use crate::view::Loop;

const OPENING: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Accept: {accept}\r\n\r\n\x01\x02hi\u{0}";

const ANSWERS: [&str; 8] = [
    OPENING,
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Accept: {accept}\r\n\r\n\u{1}\u{1}x",
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n",
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope",
    "HTTP/1.1 302 Found\r\nLocation: ws://name-3.example/\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nforever",
    "SSH-2.0-OpenSSH\n",
    "HTTP/1.1 101",
];

/// What one handler was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Open,
    Failed,
    Closed,
    Dropped,
}

type Log = Rc<RefCell<Vec<Vec<Told>>>>;

struct Witness {
    log: Log,
    number: usize,
}

impl Witness {
    fn note(&self, told: Told) {
        self.log.borrow_mut()[self.number].push(told);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.note(Told::Dropped);
    }
}

impl Handler for Witness {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.note(Told::Open);
        if self.number % 3 == 0 {
            context.send("hello").ok();
        }
        match self.number % 5 {
            0 => context.close(CloseCode::Normal, "").expect("a proper close"),
            1 => context.abort(),
            _ => {}
        }
    }

    fn on_failed(&mut self, reactor: &mut Loop<'_>, _: ConnectError) {
        self.note(Told::Failed);
        if self.number % 7 == 0 {
            begin(&self.log, |witness| reactor.connect("ws://name-2.example/", witness).ok());
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, _: &Closed) {
        self.note(Told::Closed);
        if self.number % 11 == 0 {
            begin(&self.log, |witness| context.others().connect("ws://10.0.0.1/", witness).ok());
        }
    }
}

/// Asks for a connection with a new witness.
fn begin(log: &Log, connect: impl FnOnce(Witness) -> Option<ConnectionId>) -> Option<ConnectionId> {
    let number = log.borrow().len();
    log.borrow_mut().push(Vec::new());
    connect(Witness { log: log.clone(), number })
}

fn populate<const SHORT: bool>(stage: &Stage<SHORT>, chance: &mut Chance) {
    let mut network = stage.network.borrow_mut();
    let addresses: Vec<String> = (1..=8).map(|host| format!("10.0.0.{host}:80")).collect();
    for address in &addresses {
        let welcome = match chance.below(4) {
            0 => Welcome::Refusal,
            1 => Welcome::Silence,
            _ => Welcome::Answers(vec![(*chance.pick(&ANSWERS)).to_owned()]),
        };
        network.servers.at(address, chance.below(700) as u64, welcome);
    }
    for number in 1..=4 {
        let count = chance.below(4);
        let some: Vec<&str> = (0..count).map(|_| chance.pick(&addresses).as_str()).collect();
        network.servers.name(&format!("name-{number}.example"), chance.below(2_000) as u64, &some);
    }
}

fn somewhere(chance: &mut Chance) -> Connect {
    let url = match chance.below(4) {
        0 => format!("ws://10.0.0.{}/", chance.between(1, 9)),
        _ => format!("ws://name-{}.example/", chance.between(1, 5)),
    };
    let connect = Connect::to(&url).expect("an address").redirects(*chance.pick(&[0, 1, 5]));
    connect.timeout(Duration::from_millis(chance.between(1, 4_000) as u64))
}

/// Something happens to one of the connections, at this side or at the other.
fn disturb<const SHORT: bool>(stage: &Stage<SHORT>, chance: &mut Chance, ids: &[ConnectionId]) {
    let lines = stage.network.borrow().lines.len();
    match chance.below(6) {
        0 if lines > 0 => {
            let end = *chance.pick(&[End::Fin, End::Reset]);
            stage.act(chance.below(lines), |deeds| deeds.end = Some(end));
        }
        1 if !ids.is_empty() => {
            let id = *chance.pick(ids);
            stage.handle().close(id, CloseCode::Normal, "").expect("a running reactor");
        }
        2 if !ids.is_empty() => {
            let id = *chance.pick(ids);
            let abort = move |reactor: &mut Loop<'_>| _ = reactor.abort(id);
            stage.handle().run(abort).expect("a running reactor");
        }
        _ => {}
    }
}

/// One run; gives how many connections were opened.
fn run<const SHORT: bool>(seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let weather = Weather::rough(&mut chance);
    let mut stage: Stage<SHORT> = Stage::new(Config::default(), Router::new(), weather, chance.fork());
    populate(&stage, &mut chance);
    let (log, mut ids) = (Log::default(), Vec::new());
    for _ in 0..150 {
        if chance.one_in(3) {
            let to = somewhere(&mut chance);
            ids.extend(begin(&log, |witness| stage.engine.connect(to, Box::new(witness)).ok()));
        }
        disturb(&stage, &mut chance, &ids);
        stage.turn(Some(Duration::from_millis(chance.between(1, 300) as u64))).expect("a turn");
    }
    if chance.one_in(2) {
        stage.handle().stop(Duration::from_millis(chance.below(3_000) as u64)).expect("a running reactor");
        while stage.turn(Some(Duration::from_secs(1))).expect("a turn") != Life::Stopped {}
        assert_eq!(stage.leftovers(), Vec::<String>::new(), "WS_REACTOR_SEED={seed}");
    }
    let network = stage.network.clone();
    drop(stage);
    assert_eq!((network.borrow().live, &network.borrow().faults), (0, &Vec::new()), "WS_REACTOR_SEED={seed}");
    for told in log.borrow().iter() {
        let proper = matches!(
            told[..],
            [Told::Failed, Told::Dropped] | [Told::Open, Told::Closed, Told::Dropped] | [Told::Dropped]
        );
        assert!(proper, "{told:?}: WS_REACTOR_SEED={seed}");
    }
    log.borrow().iter().filter(|told| told.contains(&Told::Open)).count()
}

#[test]
fn everybody_who_dials_is_told_once_what_became_of_it() {
    let replay = std::env::var("WS_REACTOR_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = replay.map_or(0..150, |seed| seed..seed + 1);
    let opened: usize = seeds.map(|seed| run::<true>(seed) + run::<false>(seed)).sum();
    println!("{opened} connections were opened");
}
