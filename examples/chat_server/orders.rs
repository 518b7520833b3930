//! What the operator's page and the server say to each other, in the manner of [`wire`](crate::wire).
//!
//! From the page:
//!
//! | type | fields | |
//! |---|---|---|
//! | `tell` | `to`, `text` | `to` is the number of a client, or `null` for all; answered with `sent` or `notice` |
//! | `ping` | | answered with `pong` |
//!
//! From the server, besides everything that is said to all guests; each but `sent` has the server's `time`:
//!
//! | type | fields | |
//! |---|---|---|
//! | `clients` | `clients`, `limits` | first of all: objects of `client`, `address`, `since` and, after hello, `name` |
//! | `came` | `client`, `address`, `since` | |
//! | `called` | `client`, `name` | after hello, and after each change |
//! | `gone` | `client`, `address`, `name` | |
//! | `told` | `to`, `text` | what an operator said to one client, `to` being its name or address |
//! | `sent` | | |

use serde_json::{Value, json};

use crate::visitors::Visitor;
use crate::wire::{Fault, MAX_TEXT, Name, Text, now};

/// What an operator asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Order {
    TellAll(Text),
    Tell(u64, Text),
    Ping,
}

impl Order {
    /// Reads a message. Whom it is for must be said: what is meant for one must never reach all.
    pub(crate) fn parse(message: &str) -> Result<Self, Fault> {
        let fault = Fault::new("message", "The server does not know this message.");
        let message: Value = serde_json::from_str(message).map_err(|_| fault)?;
        match message.get("type").and_then(Value::as_str) {
            Some("ping") => Ok(Self::Ping),
            Some("tell") => {
                let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
                let text = Text::parse(text).map_err(|text| Fault::new("tell", text))?;
                match message.get("to") {
                    Some(Value::Null) => Ok(Self::TellAll(text)),
                    Some(Value::Number(number)) => {
                        number.as_u64().map(|to| Self::Tell(to, text)).ok_or(fault)
                    }
                    _ => Err(Fault::new("tell", "Please choose whom to tell.")),
                }
            }
            _ => Err(fault),
        }
    }
}

pub(crate) fn clients<'a>(visitors: impl Iterator<Item = (u64, &'a Visitor)>) -> String {
    let clients: Vec<Value> = visitors.map(|(number, visitor)| client(number, visitor)).collect();
    let limits = json!({ "text": MAX_TEXT });
    json!({ "type": "clients", "clients": clients, "limits": limits, "time": now() }).to_string()
}

pub(crate) fn came(number: u64, visitor: &Visitor) -> String {
    let mut message = client(number, visitor);
    message["type"] = json!("came");
    message["time"] = json!(visitor.since);
    message.to_string()
}

pub(crate) fn called(number: u64, name: &Name) -> String {
    json!({ "type": "called", "client": number, "name": name.as_str(), "time": now() }).to_string()
}

pub(crate) fn gone(number: u64, visitor: &Visitor) -> String {
    let mut message = client(number, visitor);
    message["type"] = json!("gone");
    message["time"] = json!(now());
    message.to_string()
}

pub(crate) fn told(visitor: &Visitor, text: &Text) -> String {
    let to = visitor.name.as_ref().map_or_else(|| address(visitor), |name| name.as_str().to_owned());
    json!({ "type": "told", "to": to, "text": text.as_str(), "time": now() }).to_string()
}

pub(crate) fn sent() -> String {
    json!({ "type": "sent" }).to_string()
}

fn client(number: u64, visitor: &Visitor) -> Value {
    let name = visitor.name.as_ref().map(Name::as_str);
    json!({ "client": number, "address": address(visitor), "since": visitor.since, "name": name })
}

fn address(visitor: &Visitor) -> String {
    visitor.address.map(|address| address.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn an_order_without_somebody_to_tell_is_refused() {
        for to in ["", r#""to":"","#, r#""to":[7],"#, r#""to":-7,"#, r#""to":7.5,"#] {
            let message = format!(r#"{{"type":"tell",{to}"text":"hello"}}"#);
            assert!(Order::parse(&message).is_err(), "{message}");
        }
    }

    #[test]
    fn one_or_all_can_be_told_something() {
        let to = |to: &str| Order::parse(&format!(r#"{{"type":"tell","to":{to},"text":"hello"}}"#));
        assert!(matches!(to("null"), Ok(Order::TellAll(_))));
        assert!(matches!(to("7"), Ok(Order::Tell(7, _))));
        assert!(Order::parse(r#"{"type":"tell","to":7,"text":" "}"#).is_err());
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for message in ["", "[]", "{}", r#"{"type":7}"#, r#"{"type":"hello","name":"Ada"}"#] {
            assert!(Order::parse(message).is_err(), "{message}");
        }
    }
}
