//! The other side of the reactor's own connections: names, addresses, and servers that answer as a test says.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use super::line::{Edges, End, ServerSide};
use super::network::{Client, Deeds, Happening, Network};
use crate::protocol::handshake::key::Key;
use crate::reactor::world::Answer;

/// What meets somebody who connects to an address.
#[derive(Clone, Debug)]
pub(super) enum Welcome {
    /// The connection is made, and each head that comes is answered with the next of these. In an answer,
    /// `{accept}` stands for what the key of the request demands.
    Answers(Vec<String>),
    /// The connection is refused.
    Refusal,
    /// Nothing ever comes back.
    Silence,
}

/// Everything that can be connected to.
#[derive(Default)]
pub(super) struct Servers {
    /// What a name stands for, and how many microseconds it takes to find out.
    names: BTreeMap<String, (u64, Vec<SocketAddr>)>,
    /// Who is at an address, and how many microseconds away.
    addresses: BTreeMap<SocketAddr, (u64, Welcome)>,
    questions: Vec<Option<(Answer, Vec<SocketAddr>)>>,
    /// Who was connected to, with the time, and its line.
    pub(super) reached: Vec<(u64, SocketAddr, usize)>,
    logs: BTreeMap<usize, Rc<RefCell<Vec<u8>>>>,
}

impl Servers {
    pub(super) fn name(&mut self, name: &str, millis: u64, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
        self.names.insert(name.to_owned(), (millis * 1_000, addresses));
    }

    pub(super) fn at(&mut self, address: &str, millis: u64, welcome: Welcome) {
        self.addresses.insert(address.parse().expect("an address"), (millis * 1_000, welcome));
    }

    /// All that came in on a line.
    #[allow(dead_code)] // For scenes that look at what was asked.
    pub(super) fn log(&self, line: usize) -> Vec<u8> {
        self.logs.get(&line).map(|log| log.borrow().clone()).unwrap_or_default()
    }
}

/// A server that knows its answers by heart.
struct Parrot {
    answers: VecDeque<String>,
    unanswered: Vec<u8>,
    log: Rc<RefCell<Vec<u8>>>,
}

impl Client for Parrot {
    fn tick(&mut self, _: &mut Deeds) {}

    fn received(&mut self, deeds: &mut Deeds, bytes: &[u8]) {
        self.log.borrow_mut().extend_from_slice(bytes);
        self.unanswered.extend_from_slice(bytes);
        if !self.unanswered.ends_with(b"\r\n\r\n") {
            return;
        }
        let head = String::from_utf8(std::mem::take(&mut self.unanswered)).expect("a head of ASCII");
        if let Some(answer) = self.answers.pop_front() {
            deeds.send.extend_from_slice(answer.replace("{accept}", &accept(&head)).as_bytes());
        }
    }

    fn ended(&mut self, deeds: &mut Deeds, how: End) {
        deeds.end = Some(how);
    }
}

fn accept(head: &str) -> String {
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = key.and_then(|key| Key::parse(key.as_bytes())).map(|key| key.accept());
    accept.map_or_else(String::new, |accept| String::from_utf8_lossy(accept.as_bytes()).into_owned())
}

impl Network {
    /// The reactor looks up a name.
    pub(super) fn look_up(&mut self, name: &str, answer: Answer) -> io::Result<()> {
        self.clock.note_move();
        let found = self.servers.names.get(name).cloned();
        let (way, addresses) = found.ok_or(io::ErrorKind::NotFound)?;
        let question = self.servers.questions.len();
        self.servers.questions.push(Some((answer, addresses)));
        self.schedule(self.now() + way, question, Happening::Answer);
        Ok(())
    }

    /// A name has been looked up.
    pub(super) fn answer(&mut self, question: usize) {
        let asked = self.servers.questions[question].take();
        if let Some((answer, addresses)) = asked.filter(|(answer, _)| answer.is_wanted()) {
            self.clock.note_move();
            answer.give(Ok(addresses));
        }
    }

    /// The reactor connects to an address; gives the line.
    pub(super) fn dial(&mut self, address: SocketAddr) -> io::Result<usize> {
        if self.live >= self.weather.descriptors {
            return Err(io::Error::other("too many open files"));
        }
        self.clock.note_move();
        let found = self.servers.addresses.get(&address).cloned();
        let (way, welcome) = found.ok_or(io::ErrorKind::NetworkUnreachable)?;
        let answers = match &welcome {
            Welcome::Answers(answers) => answers.iter().cloned().collect(),
            Welcome::Refusal | Welcome::Silence => VecDeque::new(),
        };
        let log = Rc::default();
        let parrot = Parrot { answers, unanswered: Vec::new(), log: Rc::clone(&log) };
        let line = self.add_line(Box::new(parrot));
        self.live += 1;
        self.lines[line].server = ServerSide::Connecting;
        self.servers.logs.insert(line, log);
        self.servers.reached.push((self.now() / 1_000, address, line));
        let happening = match welcome {
            Welcome::Answers(_) => Happening::Connected,
            Welcome::Refusal => Happening::Refused,
            Welcome::Silence => return Ok(line),
        };
        self.schedule(self.now() + way, line, happening);
        Ok(line)
    }

    /// What the reactor began has been done, or has failed.
    pub(super) fn decide(&mut self, index: usize, end: Option<End>) {
        let line = &mut self.lines[index];
        if line.server == ServerSide::Connecting {
            line.server = ServerSide::Accepted;
            line.up.ended = end;
            line.up.ending = end;
            self.stir(index, |edges| *edges = Edges { read: true, write: true });
        }
    }
}
