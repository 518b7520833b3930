//! A server that has the last word: `cargo run --example closed_by_server [-- ADDR]`, 127.0.0.1:8080 if none is
//! given. It says `Bye bye` to whoever comes, and closes. Look at it with `cargo run --example chat_client`.

use std::env;
use std::error::Error;

use ws_reactor::{CloseCode, Closed, Config, Context, Handler, Reactor, Router};

struct Goodbye;

impl Handler for Goodbye {
    fn on_open(&mut self, context: &mut Context<'_>) {
        // What was sent before a close still arrives before it.
        context.send("Bye bye").ok();
        if let Err(error) = context.close(CloseCode::Normal, "that was all") {
            eprintln!("{}: {error}", context.id());
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        println!("{}: {closed}", context.id());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut reactor = Reactor::new(Config::default())?;
    let listener = reactor.listen(address.as_str(), Router::new().otherwise(|_request| Goodbye))?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("Listening on ws://{address}");
    }
    Ok(reactor.run()?)
}
