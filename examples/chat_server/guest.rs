//! One connection to the chat: what its page asks becomes what the others see.

use std::cell::RefCell;
use std::rc::Rc;

use ws_reactor::{Closed, Context, Handler, Message};

use crate::operator::OPERATORS;
use crate::orders;
use crate::room::Room;
use crate::visitors::Visitors;
use crate::wire::{self, Ask, Fault, Name, Text};

/// What everyone who has said hello is subscribed to.
pub(crate) const TOPIC: &str = "chat";

/// One connection. Handlers live on the loop's thread, so the room they share needs no lock.
#[derive(Debug)]
pub(crate) struct Guest {
    room: Rc<RefCell<Room>>,
    visitors: Rc<RefCell<Visitors>>,
    /// What operators know this connection by.
    number: u64,
    presence: Presence,
}

#[derive(Clone, Copy, Debug)]
enum Presence {
    /// Connected, and not yet introduced: sees nothing and is not seen.
    AtTheDoor,
    /// In the room under this number.
    Inside(u64),
}

impl Handler for Guest {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let mut visitors = self.visitors.borrow_mut();
        let (number, visitor) = visitors.come(context.id(), context.peer_addr());
        self.number = number;
        context.publish(OPERATORS, &orders::came(number, visitor));
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let asked = match message {
            Message::Text(text) => Ask::parse(text),
            Message::Binary(_) => Err(Fault::new("message", "The server expected text.")),
        };
        if let Err(fault) = asked.and_then(|ask| self.answer(context, ask)) {
            tell(context, &wire::notice(fault));
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        if let Some(visitor) = self.visitors.borrow_mut().go(self.number) {
            context.publish(OPERATORS, &orders::gone(self.number, &visitor));
        }
        let Presence::Inside(id) = self.presence else {
            return;
        };
        if let Some(name) = self.room.borrow_mut().leave(id) {
            context.publish(TOPIC, &wire::left(id, &name));
        }
    }
}

impl Guest {
    pub(crate) fn new(room: Rc<RefCell<Room>>, visitors: Rc<RefCell<Visitors>>) -> Self {
        Self { room, visitors, number: 0, presence: Presence::AtTheDoor }
    }

    fn answer(&mut self, context: &mut Context<'_>, ask: Ask) -> Result<(), Fault> {
        match (self.presence, ask) {
            (_, Ask::Ping) => {
                tell(context, &wire::pong());
                Ok(())
            }
            (Presence::AtTheDoor, Ask::Hello(name)) => self.enter(context, name),
            (Presence::AtTheDoor, Ask::Rename(_)) => Err(Fault::new("rename", "Please say hello first.")),
            (Presence::AtTheDoor, Ask::Say(_)) => Err(Fault::new("say", "Please say hello first.")),
            (Presence::Inside(_), Ask::Hello(_)) => {
                Err(Fault::new("message", "You have said hello already."))
            }
            (Presence::Inside(id), Ask::Rename(name)) => self.rename(context, id, &name),
            (Presence::Inside(id), Ask::Say(text)) => {
                self.say(context, id, &text);
                Ok(())
            }
        }
    }

    /// The others hear of it before this guest listens, and the guest is told who is here before anything else.
    fn enter(&mut self, context: &mut Context<'_>, wanted: Name) -> Result<(), Fault> {
        let mut room = self.room.borrow_mut();
        let (id, name) = room.enter(wanted);
        self.presence = Presence::Inside(id);
        context.publish(TOPIC, &wire::joined(id, &name));
        tell(context, &wire::welcome(id, &name, room.people()));
        self.called(context, &name);
        context.subscribe(TOPIC).map_err(|_| Fault::new("hello", "The room is full."))
    }

    fn rename(&self, context: &mut Context<'_>, id: u64, name: &Name) -> Result<(), Fault> {
        let old = self.room.borrow_mut().rename(id, name);
        let old = old.ok_or(Fault::new("rename", "Somebody here has this name."))?;
        context.publish(TOPIC, &wire::renamed(id, &old, name));
        self.called(context, name);
        Ok(())
    }

    fn called(&self, context: &mut Context<'_>, name: &Name) {
        self.visitors.borrow_mut().call(self.number, name);
        context.publish(OPERATORS, &orders::called(self.number, name));
    }

    fn say(&self, context: &mut Context<'_>, id: u64, text: &Text) {
        if let Some(name) = self.room.borrow().name(id) {
            context.publish(TOPIC, &wire::said(id, name, text));
        }
    }
}

/// A guest that is gone or does not read has no use for an answer: the reactor ends it, and `on_close` follows.
fn tell(context: &mut Context<'_>, text: &str) {
    context.send(text).ok();
}
