//! How rough a simulation is: how bytes are cut, how long they travel, what goes wrong.

use super::chance::Chance;

/// The dice of the network. A rate of 0 means never, any other one in so many times.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// The longest way of a piece of a stream, in microseconds.
    pub(super) longest_way: usize,
    /// Whether streams are cut at random.
    pub(super) cuts: Cuts,
    /// The most descriptors the server may have open.
    pub(super) descriptors: usize,
    pub(super) gone_in_backlog: usize,
    pub(super) failed_accept: usize,
    pub(super) failed_register: usize,
    pub(super) interrupted_wait: usize,
    pub(super) spurious: usize,
    pub(super) stalled_loop: usize,
    /// How often something arrives between a read and the next wait.
    pub(super) sneaks: usize,
    /// The bytes that fit into a socket in each direction, at most.
    pub(super) window: usize,
}

/// How a stream is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cuts {
    /// Not at all: what is sent together arrives together.
    Whole,
    Random,
}

/// How long the loop stands still when it does, in microseconds.
pub(super) const STALL: usize = 200_000;

impl Weather {
    /// Nothing takes time and nothing fails.
    pub(super) fn calm() -> Self {
        Self {
            longest_way: 0,
            cuts: Cuts::Whole,
            descriptors: usize::MAX,
            gone_in_backlog: 0,
            failed_accept: 0,
            failed_register: 0,
            interrupted_wait: 0,
            spurious: 0,
            stalled_loop: 0,
            sneaks: 0,
            window: 1 << 20,
        }
    }

    /// Everything may fail.
    pub(super) fn rough(chance: &mut Chance) -> Self {
        Self {
            longest_way: *chance.pick(&[0, 300, 3_000, 20_000]),
            cuts: *chance.pick(&[Cuts::Whole, Cuts::Random, Cuts::Random]),
            descriptors: *chance.pick(&[10, 50, usize::MAX]),
            gone_in_backlog: 20,
            failed_accept: 50,
            failed_register: 200,
            interrupted_wait: 50,
            spurious: 30,
            sneaks: 10,
            stalled_loop: *chance.pick(&[0, 5_000]),
            window: *chance.pick(&[4 << 10, 64 << 10, 256 << 10]),
        }
    }

    /// How many bytes fit into a new socket, towards the server and towards the client.
    pub(super) fn windows(&self, chance: &mut Chance) -> (usize, usize) {
        match self.cuts {
            Cuts::Whole => (self.window, self.window),
            Cuts::Random => (
                chance.between(self.window / 2, self.window),
                chance.between(self.window / 2, self.window),
            ),
        }
    }

    pub(super) fn latency(&self, chance: &mut Chance) -> u64 {
        chance.between(0, self.longest_way) as u64
    }

    /// How many of `count` bytes move at once: all of them, a good part, or very few.
    pub(super) fn cut(&self, chance: &mut Chance, count: usize) -> usize {
        if count == 0 || self.cuts == Cuts::Whole {
            return count;
        }
        match chance.below(4) {
            0 => count.min(chance.between(1, 16)),
            1 => chance.between(count.div_ceil(2), count),
            _ => count,
        }
    }

    pub(super) fn end_with_data(&self, chance: &mut Chance) -> bool {
        self.cuts == Cuts::Whole || chance.one_in(2)
    }
}
