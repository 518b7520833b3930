//! The operator: sees every connection, hears the chat, and speaks to one or to all.
//!
//! What lets an operator in is a token that is new at every start and is printed there, and nothing else: behind a
//! proxy, or for a page that a stranger has opened in a browser on this machine, everybody has a loopback address.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::rc::Rc;

use ws_reactor::{Context, Handler, Message, Origins, Request, Response, Route, Status};

use crate::guest::TOPIC;
use crate::orders::{self, Order};
use crate::visitors::Visitors;
use crate::wire::{self, Fault, Text};

/// What only operators are subscribed to.
pub(crate) const OPERATORS: &str = "operators";

/// One operator's connection.
#[derive(Debug)]
struct Operator {
    visitors: Rc<RefCell<Visitors>>,
}

impl Handler for Operator {
    fn on_open(&mut self, context: &mut Context<'_>) {
        context.send(&orders::clients(self.visitors.borrow().iter())).ok();
        for topic in [OPERATORS, TOPIC] {
            if let Err(error) = context.subscribe(topic) {
                eprintln!("{}: {error}", context.id());
            }
        }
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let order = match message {
            Message::Text(text) => Order::parse(text),
            Message::Binary(_) => Err(Fault::new("message", "The server expected text.")),
        };
        let answer = order.and_then(|order| self.obey(context, order)).unwrap_or_else(wire::notice);
        context.send(&answer).ok();
    }
}

impl Operator {
    fn obey(&self, context: &mut Context<'_>, order: Order) -> Result<String, Fault> {
        match order {
            Order::Ping => Ok(wire::pong()),
            Order::TellAll(text) => {
                context.publish(TOPIC, &wire::announced(text.as_str()));
                Ok(orders::sent())
            }
            Order::Tell(number, text) => self.tell(context, number, &text),
        }
    }

    /// The other operators see it too.
    fn tell(&self, context: &mut Context<'_>, number: u64, text: &Text) -> Result<String, Fault> {
        let visitors = self.visitors.borrow();
        let gone = Fault::new("tell", "This client is gone.");
        let visitor = visitors.find(number).ok_or(gone)?;
        context.send_to(visitor.connection, &wire::told(text)).map_err(|_| gone)?;
        context.publish(OPERATORS, &orders::told(visitor, text));
        Ok(orders::sent())
    }
}

/// The route of operators: who brings another token, or none, is answered with 403.
pub(crate) fn route(token: Token, visitors: Rc<RefCell<Visitors>>) -> Route {
    let decide = move |request: &Request<'_>| {
        if token.is(request.query().unwrap_or_default()) {
            Ok(Operator { visitors: Rc::clone(&visitors) })
        } else {
            Err(Response::text(Status::FORBIDDEN, "Operators come with the token that the server printed."))
        }
    };
    Route::new(decide).origins(Origins::SameHost)
}

/// What an operator has to know: 128 bits that nobody guesses.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })))
    }

    /// Takes as long for a wrong token as for one that is wrong in its last letter only.
    fn is(&self, given: &str) -> bool {
        let pairs = self.0.bytes().zip(given.bytes());
        given.len() == self.0.len() && pairs.fold(0, |wrong, (ours, theirs)| wrong | (ours ^ theirs)) == 0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn every_token_is_another_and_opens_only_to_itself() {
        let [one, other] = [Token::new().expect("chance"), Token::new().expect("chance")];
        assert!(one.is(&one.to_string()) && other.is(&other.to_string()));
        assert!(!one.is(&other.to_string()) && !one.is("") && !one.is(&one.0[..31]));
        assert!(!one.is(&format!("{one}0")));
    }
}
