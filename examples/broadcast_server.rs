//! A chat for consoles: `cargo run --example broadcast_server [-- ADDR]`, 127.0.0.1:8080 if none is given.
//!
//! Everybody starts as a stranger with a number, and `call me X` changes that. Whatever else one says, all others
//! are told. At the server's own console, `send TEXT` speaks to everybody, and `exit` ends it.
//! Come in with `cargo run --example chat_client`.

use std::error::Error;
use std::time::Duration;
use std::{env, io, thread};

use ws_reactor::{Closed, Config, Context, Handle, Handler, Message, Overflow, Reactor, Router};

/// What everybody is subscribed to.
const EVERYBODY: &str = "everybody";

const LONGEST_NAME: usize = 40;

struct Guest {
    name: String,
}

impl Handler for Guest {
    fn on_open(&mut self, context: &mut Context<'_>) {
        if let Err(error) = context.subscribe(EVERYBODY) {
            eprintln!("{}: {error}", self.name);
        }
        tell_others(context, &format!("{} joined", self.name));
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let Message::Text(text) = message else { return };
        match text.strip_prefix("call me ").map(str::trim) {
            Some(name) if is_name(name) => {
                tell_others(context, &format!("{} is now {name}", self.name));
                name.clone_into(&mut self.name);
            }
            Some(_) => {
                context.send("A name is one line of at most 40 characters.").ok();
            }
            None => tell_others(context, &format!("{} says: {text}", self.name)),
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        tell_others(context, &format!("{} left", self.name));
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(char::is_control)
}

fn tell_others(context: &mut Context<'_>, text: &str) {
    println!("{}", text.escape_debug());
    context.publish_to_others(EVERYBODY, text);
}

fn read_console(handle: &Handle) {
    for line in io::stdin().lines().map_while(Result::ok) {
        let done = match (line.as_str(), line.strip_prefix("send ")) {
            ("exit", _) => handle.stop(Duration::from_secs(2)).err().map(|error| error.to_string()),
            (_, Some(text)) => handle.publish(EVERYBODY, text).err().map(|error| error.to_string()),
            _ => Some("send TEXT, or exit".to_owned()),
        };
        if let Some(fault) = done {
            eprintln!("{fault}");
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut config = Config::default();
    config.max_message = 4096;
    config.overflow = Overflow::Close;
    let mut reactor = Reactor::new(config)?;
    let mut strangers = 0;
    let guests = Router::new().otherwise(move |_request| {
        strangers += 1;
        Guest { name: format!("Stranger {strangers}") }
    });
    let listener = reactor.listen(address.as_str(), guests)?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("Listening on ws://{address}");
    }
    let handle = reactor.handle();
    thread::spawn(move || read_console(&handle));
    Ok(reactor.run()?)
}
