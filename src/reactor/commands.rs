//! What other threads asked for, done.

use super::engine::Engine;
use super::mailbox::Command;
use super::state::Notice;
use super::world::World;
use crate::error::SendError;
use crate::id::ConnectionId;
use crate::protocol::OwnedMessage;

impl<W: World> Engine<W> {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Send(id, message) => self.send_for_thread(id, message),
            Command::Publish(topic, message) => {
                let published = self.state.publish(&topic, message.as_message(), None);
                if published.refused > 0 {
                    log::debug!("{} of the subscribers of {topic:?} read too slowly", published.refused);
                }
            }
            Command::Close(id, frame) => {
                self.state.close_by_id(id, &frame);
            }
            Command::Run(task) => self.run_on_loop(task),
            Command::Stop(grace) => self.state.stop(grace),
            Command::Resolved(id, addresses) => self.resolved(id, addresses),
            Command::Decide(id, decision) => self.decide(id, decision),
        }
    }

    fn send_for_thread(&mut self, id: ConnectionId, message: OwnedMessage) {
        let Some(slot) = self.state.find(id) else {
            return log::debug!("{id}: a message for a connection that is gone");
        };
        let outcome =
            self.state.send(slot, message.as_message(), &mut self.links).map_err(|error| match error {
                SendError::Full(_) | SendError::Unfinished(_) => Some(Notice::Refused),
                _ => None,
            });
        match outcome {
            Ok(()) => {}
            Err(Some(refused)) => self.state.notices.push_back((slot, refused(message))),
            Err(None) => log::debug!("{id}: a message for a connection that is closing"),
        }
    }
}
