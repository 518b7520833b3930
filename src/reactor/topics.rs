//! Topics: who wants to hear what. Joining and leaving cost the same however many members there are.
//!
//! A member knows its place in the topic's list and the list knows the place in the member's own, so leaving
//! is a swap with the last one on both sides.

use std::collections::HashMap;
use std::rc::Rc;

use slab::Slab;

use super::state::State;
use crate::connection::Subscription;
use crate::error::SubscribeError;
use crate::id::narrow;

/// One member: its slot, and the index of this membership among its subscriptions.
#[derive(Clone, Copy, Debug)]
struct Member {
    slot: u32,
    index: u32,
}

#[derive(Debug)]
struct Topic {
    name: Rc<str>,
    members: Vec<Member>,
}

/// All topics that have members.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    by_name: HashMap<Rc<str>, usize>,
    topics: Slab<Topic>,
}

impl Topics {
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.by_name.is_empty()
    }

    pub(crate) fn len(&self, topic: usize) -> usize {
        self.topics.get(topic).map_or(0, |topic| topic.members.len())
    }

    /// The slot of the member at `position`.
    pub(crate) fn member(&self, topic: usize, position: usize) -> Option<usize> {
        let member = self.topics.get(topic)?.members.get(position)?;
        Some(member.slot as usize)
    }

    fn find_or_add(&mut self, name: &str, most: usize) -> Result<usize, SubscribeError> {
        if let Some(topic) = self.find(name) {
            return Ok(topic);
        }
        if self.topics.len() >= most {
            return Err(SubscribeError::TooManyTopics);
        }
        let name: Rc<str> = name.into();
        let topic = self.topics.insert(Topic { name: name.clone(), members: Vec::new() });
        self.by_name.insert(name, topic);
        Ok(topic)
    }

    fn join(&mut self, topic: usize, slot: usize, index: usize) -> Subscription {
        let members = &mut self.topics[topic].members;
        members.push(Member { slot: narrow(slot), index: narrow(index) });
        Subscription { topic: narrow(topic), position: narrow(members.len() - 1) }
    }

    /// Removes a member; gives the one that took its place, and the topic with the last one.
    fn leave(&mut self, subscription: Subscription) -> Option<Member> {
        let topic = self.topics.get_mut(subscription.topic as usize)?;
        let position = subscription.position as usize;
        topic.members.swap_remove(position);
        let moved = topic.members.get(position).copied();
        if topic.members.is_empty() {
            let topic = self.topics.remove(subscription.topic as usize);
            self.by_name.remove(&topic.name);
        }
        moved
    }
}

impl State {
    /// Makes a connection a member; it may be one already.
    pub(crate) fn subscribe(&mut self, slot: usize, name: &str) -> Result<(), SubscribeError> {
        if !self.slots.get(slot).is_some_and(|connection| connection.phase.is_open()) {
            return Err(SubscribeError::Closed);
        }
        if name.is_empty() || name.len() > self.config.max_topic_name {
            return Err(SubscribeError::Name);
        }
        if self.subscription(slot, name).is_some() {
            return Ok(());
        }
        let most = self.config.max_subscriptions;
        let subscriptions = &mut self.slots[slot].belongings.get_or_insert_default().subscriptions;
        if subscriptions.len() >= most {
            return Err(SubscribeError::TooManySubscriptions);
        }
        let topic = self.topics.find_or_add(name, self.config.max_topics)?;
        let subscription = self.topics.join(topic, slot, subscriptions.len());
        subscriptions.push(subscription);
        Ok(())
    }

    /// Ends a membership; says whether there was one.
    pub(crate) fn unsubscribe(&mut self, slot: usize, name: &str) -> bool {
        match self.subscription(slot, name) {
            Some(index) => {
                self.leave(slot, index);
                true
            }
            None => false,
        }
    }

    /// Ends all memberships of a connection.
    pub(crate) fn leave_all(&mut self, slot: usize) {
        while let Some(last) = self.subscriptions(slot).len().checked_sub(1) {
            self.leave(slot, last);
        }
    }

    fn subscriptions(&self, slot: usize) -> &[Subscription] {
        let belongings = self.slots.get(slot).and_then(|connection| connection.belongings.as_ref());
        belongings.map_or(&[], |belongings| &belongings.subscriptions)
    }

    fn subscription(&self, slot: usize, name: &str) -> Option<usize> {
        let topic = self.topics.find(name)?;
        self.subscriptions(slot).iter().position(|subscription| subscription.topic as usize == topic)
    }

    fn leave(&mut self, slot: usize, index: usize) {
        let Some(subscriptions) = self.subscriptions_mut(slot) else {
            return;
        };
        let subscription = subscriptions.swap_remove(index);
        let shifted = subscriptions.get(index).copied();
        if let Some(shifted) = shifted {
            let topic = &mut self.topics.topics[shifted.topic as usize];
            topic.members[shifted.position as usize].index = narrow(index);
        }
        if let Some(moved) = self.topics.leave(subscription) {
            if let Some(others) = self.subscriptions_mut(moved.slot as usize) {
                others[moved.index as usize].position = subscription.position;
            }
        }
    }

    fn subscriptions_mut(&mut self, slot: usize) -> Option<&mut Vec<Subscription>> {
        let belongings = self.slots.get_mut(slot)?.belongings.as_mut()?;
        Some(&mut belongings.subscriptions)
    }
}
