//! The race for an address (RFC 8305): both families in turn, each address a little after the one before; the
//! first that connects wins. Each attempt has a slot of its own until the race is over.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::dialing::Step;
use super::engine::Engine;
use super::world::World;
use crate::connect_error::ConnectError;
use crate::connection::{Connection, Phase};
use crate::transport::Connecting;

/// How long one address has the field to itself (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Who is still in the running.
#[derive(Debug)]
pub(super) struct Race {
    pub(super) waiting: VecDeque<SocketAddr>,
    pub(super) running: Vec<usize>,
    /// When the next may start although nobody has given up.
    pub(super) next: u64,
    fault: Option<io::Error>,
}

impl<W: World> Engine<W> {
    pub(super) fn race(&mut self, slot: usize, addresses: Vec<SocketAddr>) {
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        let waiting = interleaved(addresses);
        dial.step = Step::Racing(Race { waiting, running: Vec::new(), next: 0, fault: None });
        self.start_next(slot);
    }

    /// Starts the next address; fails the connection when none is left.
    pub(super) fn start_next(&mut self, slot: usize) {
        let next = self.state.after(ATTEMPT_DELAY);
        while let Some(race) = self.running_race(slot) {
            let Some(address) = race.waiting.pop_front() else {
                break;
            };
            race.next = next;
            match self.attempt(slot, address) {
                Ok(()) => break,
                Err(error) => self.note_fault(slot, error),
            }
        }
        self.state.schedule(slot);
        self.end_lost_race(slot);
    }

    fn attempt(&mut self, slot: usize, address: SocketAddr) -> io::Result<()> {
        let mut socket = self.world.connect(address)?;
        let generation = self.state.next_generation();
        let attempt = self.state.slots.insert(Connection::attempt(generation, address, self.state.now));
        let registered = self.world.register(&mut socket, attempt);
        self.links.insert(attempt, socket);
        if let Err(error) = registered {
            self.state.enter(attempt, Phase::Dead);
            return Err(error);
        }
        self.state.dials.attempts.insert(attempt, slot);
        if let Some(race) = self.running_race(slot) {
            race.running.push(attempt);
        }
        Ok(())
    }

    /// An attempt has been decided, or only woken.
    pub(super) fn attempt_ready(&mut self, attempt: usize) {
        let Some(&slot) = self.state.dials.attempts.get(&attempt) else {
            return;
        };
        match self.links.connected(attempt) {
            Ok(Connecting::Pending) => {}
            Ok(Connecting::Done) => self.win(slot, attempt),
            Err(error) => {
                self.note_fault(slot, error);
                if let Some(race) = self.running_race(slot) {
                    race.running.retain(|&running| running != attempt);
                }
                self.state.dials.attempts.remove(&attempt);
                self.state.enter(attempt, Phase::Dead);
                self.start_next(slot);
            }
        }
    }

    /// The first to connect takes the connection's own slot; the others are dropped.
    fn win(&mut self, slot: usize, attempt: usize) {
        let peer = self.state.slots.get(attempt).and_then(Connection::peer_addr);
        let moved = self.links.take(attempt).ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
        let moved = moved.and_then(|mut socket| {
            let registered = self.world.reregister(&mut socket, slot);
            self.links.insert(slot, socket);
            registered
        });
        if let Some(race) = self.running_race(slot) {
            let others = std::mem::take(&mut race.running);
            for other in others {
                self.state.dials.attempts.remove(&other);
                self.state.enter(other, Phase::Dead);
            }
        }
        if let Err(error) = moved {
            return self.state.fail_dial(slot, ConnectError::Connect(error));
        }
        if let Some(connection) = self.state.slots.get_mut(slot) {
            connection.reach(peer);
        }
        self.ask(slot);
    }

    fn running_race(&mut self, slot: usize) -> Option<&mut Race> {
        match &mut self.state.dials.by_slot.get_mut(&slot)?.step {
            Step::Racing(race) => Some(race),
            _ => None,
        }
    }

    fn note_fault(&mut self, slot: usize, error: io::Error) {
        if let Some(race) = self.running_race(slot) {
            race.fault = Some(error);
        }
    }

    fn end_lost_race(&mut self, slot: usize) {
        let Some(race) = self.running_race(slot) else {
            return;
        };
        if race.waiting.is_empty() && race.running.is_empty() {
            let error = race.fault.take().unwrap_or_else(|| io::ErrorKind::NotConnected.into());
            self.state.fail_dial(slot, ConnectError::Connect(error));
        }
    }
}

/// IPv6 and IPv4 in turn, each in the order in which its addresses came, and first the family of the first
/// address (RFC 8305, section 4): the system, which sorted them, knows which one works.
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let leader = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == leader);
    let mut all = VecDeque::with_capacity(one.len() + other.len());
    while !one.is_empty() || !other.is_empty() {
        all.extend(one.pop_front());
        all.extend(other.pop_front());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::interleaved;

    fn order(addresses: &[&str]) -> Vec<String> {
        let order = interleaved(addresses.iter().map(|address| address.parse().unwrap()).collect());
        order.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_families_take_turns_and_the_first_address_stays_first_rfc_8305_section_4() {
        let four = ["10.0.0.1:1", "10.0.0.2:1", "[::1]:1", "10.0.0.3:1"];
        assert_eq!(order(&four), ["10.0.0.1:1", "[::1]:1", "10.0.0.2:1", "10.0.0.3:1"]);
        let six = ["[::1]:1", "[::2]:1", "10.0.0.1:1"];
        assert_eq!(order(&six), ["[::1]:1", "10.0.0.1:1", "[::2]:1"]);
        assert_eq!(order(&[]), [""; 0]);
    }
}
