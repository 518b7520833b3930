//! The timer wheel: one deadline for each dense key, in milliseconds, at a cost that does not depend on how
//! many there are.
//!
//! Eleven levels of 64 slots cover 64 bits. An entry lies in the slot of the highest group of six bits in
//! which its deadline differs from the present; when time reaches that slot, the entry moves down. Entries
//! are linked through their nodes, so setting and clearing allocate nothing and leave nothing behind.
//!
//! A connection that hears from its peer does not come here: it stores the time, and when its old deadline
//! is reached, the reactor asks for the new one. An idle connection costs a node of 16 bytes.

#![allow(clippy::cast_possible_truncation, reason = "levels and slots are below 1,000")]

const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
const LEVELS: usize = 11;
const NONE: u32 = u32::MAX;
const UNLINKED: u64 = u64::MAX;

/// One key's place: a doubly linked list runs through all nodes of a slot.
#[derive(Clone, Copy, Debug)]
struct Node {
    next: u32,
    previous: u32,
    due: u64,
}

const VACANT: Node = Node { next: NONE, previous: NONE, due: UNLINKED };

/// Deadlines by key, earliest first.
#[derive(Debug)]
pub(crate) struct Wheel {
    nodes: Vec<Node>,
    heads: Box<[[u32; SLOTS]; LEVELS]>,
    occupied: [u64; LEVELS],
    /// How far time has moved through the slots: not beyond one that is occupied.
    now: u64,
    present: u64,
    /// Nothing is due before, so that most turns need not look.
    earliest: u64,
}

impl Wheel {
    /// A wheel without deadlines, with room for `expected` keys set aside.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(expected),
            heads: Box::new([[NONE; SLOTS]; LEVELS]),
            occupied: [0; LEVELS],
            now: 0,
            present: 0,
            earliest: UNLINKED,
        }
    }

    /// Sets the deadline of `key`, whether it had one or not. One in the past is due at once.
    pub(crate) fn set(&mut self, key: u32, due: u64) {
        self.clear(key);
        let index = key as usize;
        if index >= self.nodes.len() {
            self.nodes.resize(index + 1, VACANT);
        }
        self.link(key, due.clamp(self.present.max(self.now), UNLINKED - 1));
    }

    /// Takes back the deadline of `key`, if it has one.
    pub(crate) fn clear(&mut self, key: u32) {
        if self.due(key).is_some() {
            self.unlink(key);
            if self.occupied == [0; LEVELS] {
                self.earliest = UNLINKED;
            }
        }
    }

    /// The deadline of `key`.
    pub(crate) fn due(&self, key: u32) -> Option<u64> {
        let node = self.nodes.get(key as usize)?;
        (node.due != UNLINKED).then_some(node.due)
    }

    /// When something has to be looked at next. Never later than the earliest deadline.
    pub(crate) fn next(&self) -> Option<u64> {
        (self.earliest != UNLINKED).then_some(self.earliest)
    }

    /// Moves the present to `now` and takes one key whose deadline has come. To be called until `None`.
    #[inline]
    pub(crate) fn expire(&mut self, now: u64) -> Option<u32> {
        self.present = now;
        if now < self.earliest { None } else { self.expire_some(now) }
    }

    fn expire_some(&mut self, now: u64) -> Option<u32> {
        let key = self.take_due(now);
        self.earliest = self.next_slot().map_or(UNLINKED, |(_, _, at)| at);
        key
    }

    fn take_due(&mut self, now: u64) -> Option<u32> {
        while let Some((level, slot, at)) = self.next_slot().filter(|&(_, _, at)| at <= now) {
            self.now = self.now.max(at);
            if level == 0 {
                let key = self.heads[level][slot];
                self.unlink(key);
                return Some(key);
            }
            self.move_down(level, slot);
        }
        self.now = self.now.max(now);
        None
    }

    /// Moves all entries of the slot that begins now to lower levels. One that stayed would be hidden behind
    /// later ones on those levels.
    fn move_down(&mut self, level: usize, slot: usize) {
        loop {
            let key = self.heads[level][slot];
            if key == NONE {
                return;
            }
            let due = self.nodes[key as usize].due;
            self.unlink(key);
            self.link(key, due);
        }
    }

    /// The first occupied slot: its level, its index, the time at which it begins.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        // What lies on a lower level is always earlier than what lies on a higher one.
        let level = self.occupied.iter().position(|&slots| slots != 0)?;
        let shift = SLOT_BITS * level as u32;
        let present = (self.now >> shift) as usize % SLOTS;
        let ahead = self.occupied[level].rotate_right(present as u32).trailing_zeros() as usize;
        let slot = (present + ahead) % SLOTS;
        let begin = ((self.now >> shift) + ahead as u64) << shift;
        Some((level, slot, begin.max(self.now)))
    }

    fn place(&self, due: u64) -> (usize, usize) {
        let differing = (self.now ^ due) | (SLOTS as u64 - 1);
        let level = differing.ilog2() / SLOT_BITS;
        let slot = (due >> (SLOT_BITS * level)) as usize % SLOTS;
        (level as usize, slot)
    }

    fn link(&mut self, key: u32, due: u64) {
        self.earliest = self.earliest.min(due);
        let (level, slot) = self.place(due);
        let head = std::mem::replace(&mut self.heads[level][slot], key);
        // The first node of a list points back to its slot, so that unlinking finds it without a search.
        let home = NONE - 1 - (level * SLOTS + slot) as u32;
        self.nodes[key as usize] = Node { next: head, previous: home, due };
        if head != NONE {
            self.nodes[head as usize].previous = key;
        }
        self.occupied[level] |= 1 << slot;
    }

    fn unlink(&mut self, key: u32) {
        let node = std::mem::replace(&mut self.nodes[key as usize], VACANT);
        if node.next != NONE {
            self.nodes[node.next as usize].previous = node.previous;
        }
        let from_end = (NONE - 1 - node.previous) as usize;
        if from_end >= LEVELS * SLOTS {
            self.nodes[node.previous as usize].next = node.next;
            return;
        }
        let (level, slot) = (from_end / SLOTS, from_end % SLOTS);
        self.heads[level][slot] = node.next;
        if node.next == NONE {
            self.occupied[level] &= !(1 << slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{Strategy, prop_assert_eq, prop_oneof, proptest};

    use super::Wheel;

    fn expired(wheel: &mut Wheel, now: u64) -> Vec<u32> {
        let mut keys: Vec<u32> = std::iter::from_fn(|| wheel.expire(now)).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn nothing_is_due_before_its_time_and_everything_at_it() {
        let mut wheel = Wheel::new(0);
        for (key, due) in [(0, 1), (1, 63), (2, 64), (3, 65), (4, 4096), (5, 1 << 40)] {
            wheel.set(key, due);
        }
        assert_eq!(expired(&mut wheel, 0), [0; 0]);
        assert_eq!(expired(&mut wheel, 63), [0, 1]);
        assert_eq!(expired(&mut wheel, 64), [2]);
        assert_eq!(expired(&mut wheel, 4095), [3]);
        assert_eq!(expired(&mut wheel, 1 << 39), [4]);
        assert_eq!(expired(&mut wheel, (1 << 40) - 1), [0; 0]);
        assert_eq!(expired(&mut wheel, 1 << 40), [5]);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn a_deadline_in_the_past_is_due_at_once() {
        let mut wheel = Wheel::new(0);
        assert_eq!(wheel.expire(1_000), None);
        wheel.set(3, 10);
        assert_eq!(wheel.next(), Some(1_000));
        assert_eq!(expired(&mut wheel, 1_000), [3]);
    }

    #[test]
    fn a_later_deadline_set_in_between_hides_no_earlier_one() {
        let mut wheel = Wheel::new(0);
        wheel.set(1, 100);
        wheel.set(2, 101);
        assert_eq!(expired(&mut wheel, 70), []);
        wheel.set(3, 110);
        assert_eq!(wheel.next(), Some(100));
        assert_eq!(expired(&mut wheel, 105), [1, 2]);
        assert_eq!(expired(&mut wheel, 110), [3]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u64),
        Clear(u32),
        Advance(u64),
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..40u32, prop_oneof![0..200u64, 0..100_000u64, 0..10_000_000_000u64])
                .prop_map(|(key, after)| Step::Set(key, after)),
            (0..40u32).prop_map(Step::Clear),
            prop_oneof![0..100u64, 0..100_000u64, 0..5_000_000_000u64].prop_map(Step::Advance),
        ]
    }

    proptest! {
        /// The oracle is a sorted map searched from end to end.
        #[test]
        fn it_agrees_with_a_sorted_map(steps in proptest::collection::vec(steps(), 1..200)) {
            let mut wheel = Wheel::new(0);
            let mut oracle: BTreeMap<u32, u64> = BTreeMap::new();
            let mut now = 0;
            for step in steps {
                match step {
                    Step::Set(key, after) => {
                        wheel.set(key, now + after);
                        oracle.insert(key, now + after);
                    }
                    Step::Clear(key) => {
                        wheel.clear(key);
                        oracle.remove(&key);
                    }
                    Step::Advance(by) => {
                        now += by;
                        let due: Vec<u32> =
                            oracle.iter().filter(|(_, due)| **due <= now).map(|(key, _)| *key).collect();
                        oracle.retain(|_, due| *due > now);
                        prop_assert_eq!(expired(&mut wheel, now), due);
                    }
                }
                let earliest = oracle.values().min().copied();
                prop_assert_eq!(wheel.next().is_some(), earliest.is_some());
                if let (Some(next), Some(earliest)) = (wheel.next(), earliest) {
                    assert!(next <= earliest);
                }
            }
        }
    }
}
