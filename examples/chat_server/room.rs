//! Who is here, and under which name.

use std::collections::{BTreeMap, HashSet};
use std::mem;

use crate::wire::Name;

/// The people in the room by their number, which is never given out twice.
#[derive(Debug, Default)]
pub(crate) struct Room {
    people: BTreeMap<u64, Name>,
    /// The names in use, folded.
    taken: HashSet<String>,
    entered: u64,
}

impl Room {
    /// Lets somebody in, under a numbered name if somebody has this one: whoever comes back before the old
    /// connection is known to be dead must not be turned away.
    pub(crate) fn enter(&mut self, wanted: Name) -> (u64, Name) {
        let name = self.free_name(wanted);
        self.entered += 1;
        self.taken.insert(name.folded());
        self.people.insert(self.entered, name.clone());
        (self.entered, name)
    }

    /// Gives somebody another name and returns the old one, or nothing if the new one is taken.
    pub(crate) fn rename(&mut self, id: u64, name: &Name) -> Option<Name> {
        let current = self.people.get_mut(&id)?;
        let (before, after) = (current.folded(), name.folded());
        if before != after && self.taken.contains(&after) {
            return None;
        }
        self.taken.remove(&before);
        self.taken.insert(after);
        Some(mem::replace(current, name.clone()))
    }

    pub(crate) fn leave(&mut self, id: u64) -> Option<Name> {
        let name = self.people.remove(&id)?;
        self.taken.remove(&name.folded());
        Some(name)
    }

    pub(crate) fn name(&self, id: u64) -> Option<&Name> {
        self.people.get(&id)
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = (u64, &Name)> {
        self.people.iter().map(|(id, name)| (*id, name))
    }

    fn free_name(&self, wanted: Name) -> Name {
        let is_free = |name: &Name| !self.taken.contains(&name.folded());
        if is_free(&wanted) {
            return wanted;
        }
        // One of so many names is free, for fewer are taken.
        let numbers = 2..=self.people.len() as u64 + 2;
        numbers.map(|number| wanted.numbered(number)).find(is_free).unwrap_or(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Room};

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a good name")
    }

    #[test]
    fn whoever_brings_a_taken_name_enters_under_a_number() {
        let mut room = Room::default();
        let given = ["Ada", "ada", "Ada (2)", "ADA"].map(|wanted| room.enter(name(wanted)).1);
        assert_eq!(given, ["Ada", "ada (2)", "Ada (2) (2)", "ADA (3)"].map(name));
    }

    #[test]
    fn a_name_is_free_again_when_its_owner_leaves_or_changes_it() {
        let mut room = Room::default();
        let (ada, _) = room.enter(name("Ada"));
        let (grace, _) = room.enter(name("Grace"));
        assert_eq!(room.rename(grace, &name("ada")), None);
        assert_eq!(room.rename(ada, &name("ADA")), Some(name("Ada")));
        assert_eq!(room.leave(ada), Some(name("ADA")));
        assert_eq!(room.rename(grace, &name("Ada")), Some(name("Grace")));
        assert_eq!(room.enter(name("Grace")).1, name("Grace"));
        assert_eq!(room.leave(ada), None);
    }
}
