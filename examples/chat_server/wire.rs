//! What the page and the server say to each other: texts of JSON, each an object with a `type`.
//!
//! From the page:
//!
//! | type | fields | |
//! |---|---|---|
//! | `hello` | `name` | first of all; answered with `welcome`, under a name of one's own if this one is taken |
//! | `rename` | `name` | |
//! | `say` | `text` | |
//! | `ping` | | answered with `pong`: a page cannot send the pings of RFC 6455 |
//!
//! From the server; all but `pong` have the server's `time` in milliseconds since 1970:
//!
//! | type | fields | |
//! |---|---|---|
//! | `welcome` | `you`, `name`, `people`, `limits` | `people` are objects of `id` and `name`, `you` is one's own id |
//! | `joined`, `left` | `id`, `name` | |
//! | `renamed` | `id`, `from`, `name` | |
//! | `said` | `id`, `name`, `text` | to everyone, the sender too |
//! | `announced` | `text` | a line from the server's console, or from an operator |
//! | `told` | `text` | what an operator says to this guest alone |
//! | `notice` | `about`, `text` | what was wrong with a message of that type; `about` is `message` if it had none |
//! | `pong` | | |

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The longest name, in characters.
pub(crate) const MAX_NAME: usize = 24;
/// The longest text of one message, in characters.
pub(crate) const MAX_TEXT: usize = 2_000;

/// What a guest asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Hello(Name),
    Rename(Name),
    Say(Text),
    Ping,
}

/// Why something was refused, in words for the person at the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The type of the message that was at fault.
    pub(crate) about: &'static str,
    pub(crate) text: &'static str,
}

impl Fault {
    pub(crate) const fn new(about: &'static str, text: &'static str) -> Self {
        Self { about, text }
    }
}

impl Ask {
    /// Reads a message, which may hold anything.
    pub(crate) fn parse(message: &str) -> Result<Self, Fault> {
        let message: Value = serde_json::from_str(message)
            .map_err(|_| Fault::new("message", "The server expected a message in JSON."))?;
        let field = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        match field("type") {
            "hello" => Name::parse(field("name")).map(Self::Hello).map_err(|text| Fault::new("hello", text)),
            "rename" => {
                Name::parse(field("name")).map(Self::Rename).map_err(|text| Fault::new("rename", text))
            }
            "say" => Text::parse(field("text")).map(Self::Say).map_err(|text| Fault::new("say", text)),
            "ping" => Ok(Self::Ping),
            _ => Err(Fault::new("message", "The server does not know messages of this type.")),
        }
    }
}

/// A name that may be shown: short, on one line, with nothing invisible in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn parse(raw: &str) -> Result<Self, &'static str> {
        let name = raw.trim();
        if name.is_empty() {
            return Err("Please enter a name.");
        }
        if name.chars().count() > MAX_NAME {
            return Err("This name is too long.");
        }
        if name.chars().any(|letter| letter.is_control() || is_invisible(letter)) {
            return Err("A name cannot contain invisible characters.");
        }
        if is_servers(name) {
            return Err("This name belongs to the server.");
        }
        Ok(Self(name.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names have in common that people would take for the same.
    pub(crate) fn folded(&self) -> String {
        fold(&self.0)
    }

    /// The same name with a number behind it, cut so that both fit.
    pub(crate) fn numbered(&self, number: u64) -> Self {
        let suffix = format!(" ({number})");
        let room = MAX_NAME.saturating_sub(suffix.chars().count());
        let cut: String = self.0.chars().take(room).collect();
        Self(format!("{}{suffix}", cut.trim_end()))
    }
}

/// Whether people would take the name for the server's, as in "Server, to you alone".
fn is_servers(name: &str) -> bool {
    fold(name).strip_prefix("server").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// Characters without a shape of their own, with which one name can imitate another or turn its direction.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    ) || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// What somebody says: not empty, not too long, no control characters but tab and new line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn parse(raw: &str) -> Result<Self, &'static str> {
        let text = raw.trim();
        if text.is_empty() {
            return Err("A message cannot be empty.");
        }
        if text.chars().count() > MAX_TEXT {
            return Err("This message is too long.");
        }
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')) {
            return Err("A message cannot contain control characters.");
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn welcome<'a>(you: u64, name: &Name, people: impl Iterator<Item = (u64, &'a Name)>) -> String {
    let people: Vec<Value> = people.map(|(id, name)| json!({ "id": id, "name": name.0 })).collect();
    let limits = json!({ "name": MAX_NAME, "text": MAX_TEXT });
    json!({ "type": "welcome", "you": you, "name": name.0, "people": people, "limits": limits, "time": now() }).to_string()
}

pub(crate) fn joined(id: u64, name: &Name) -> String {
    json!({ "type": "joined", "id": id, "name": name.0, "time": now() }).to_string()
}

pub(crate) fn left(id: u64, name: &Name) -> String {
    json!({ "type": "left", "id": id, "name": name.0, "time": now() }).to_string()
}

pub(crate) fn renamed(id: u64, from: &Name, name: &Name) -> String {
    json!({ "type": "renamed", "id": id, "from": from.0, "name": name.0, "time": now() }).to_string()
}

pub(crate) fn said(id: u64, name: &Name, text: &Text) -> String {
    json!({ "type": "said", "id": id, "name": name.0, "text": text.0, "time": now() }).to_string()
}

pub(crate) fn announced(text: &str) -> String {
    json!({ "type": "announced", "text": text, "time": now() }).to_string()
}

pub(crate) fn told(text: &Text) -> String {
    json!({ "type": "told", "text": text.0, "time": now() }).to_string()
}

pub(crate) fn notice(fault: Fault) -> String {
    json!({ "type": "notice", "about": fault.about, "text": fault.text, "time": now() }).to_string()
}

pub(crate) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}

/// Milliseconds since 1970, as JavaScript counts them.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Ask, MAX_NAME, MAX_TEXT, Name, announced};

    fn say(text: &str) -> String {
        serde_json::json!({ "type": "say", "text": text }).to_string()
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let deep = "[".repeat(9_000);
        for message in
            ["", "hello", "[]", "7", "{}", "{\"type\":7}", "{\"type\":\"shout\"}", "{\"type\":\"say\"", &deep]
        {
            assert_eq!(Ask::parse(message).map_err(|fault| fault.about), Err("message"), "{message}");
        }
    }

    #[test]
    fn fields_that_are_missing_or_of_another_type_are_refused_by_what_they_are_about() {
        for message in [r#"{"type":"say"}"#, r#"{"type":"say","text":7}"#, r#"{"type":"say","text":" \n "}"#]
        {
            assert_eq!(Ask::parse(message).map_err(|fault| fault.about), Err("say"));
        }
        assert_eq!(Ask::parse(r#"{"type":"hello","name":[]}"#).map_err(|fault| fault.about), Err("hello"));
        assert_eq!(Ask::parse(r#"{"type":"rename"}"#).map_err(|fault| fault.about), Err("rename"));
    }

    #[test]
    fn lengths_count_characters_and_not_bytes() {
        assert!(Ask::parse(&say(&"é".repeat(MAX_TEXT))).is_ok());
        assert!(Ask::parse(&say(&"é".repeat(MAX_TEXT + 1))).is_err());
        assert!(Name::parse(&"é".repeat(MAX_NAME)).is_ok());
        assert!(Name::parse(&"é".repeat(MAX_NAME + 1)).is_err());
    }

    #[test]
    fn names_with_something_invisible_are_refused() {
        for name in ["", "  ", "a\nb", "a\u{202e}b", "Ada\u{200b}", "\u{feff}", "\u{3164}", "sErVeR"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn nobody_speaks_in_the_servers_name() {
        for name in ["Server", " sERVER ", "Server, to you alone", "server:", "Server (2)"] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert!(Name::parse("Serverina").is_ok() && Name::parse("My server").is_ok());
    }

    #[test]
    fn a_number_behind_a_long_name_leaves_it_within_the_limit() {
        let name = Name::parse(&"x".repeat(MAX_NAME)).expect("as long as it may be");
        assert_eq!(name.numbered(12).0, format!("{} (12)", "x".repeat(MAX_NAME - 5)));
    }

    #[test]
    fn quotes_do_not_leave_their_string() {
        let message: serde_json::Value = serde_json::from_str(&announced(r#"","type":"said"#)).expect("JSON");
        assert_eq!(message["type"], "announced");
    }
}
