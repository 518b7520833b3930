//! The echo server that the conformance suite talks to: `autobahn_server [ADDR]`, 127.0.0.1:9001 if none
//! is given. Text comes back as text, binary as binary, up to 64 MiB.

use std::error::Error;

use ws_reactor::{Config, Reactor, Router, handler};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let mut config = Config::default();
    config.max_message = 64 << 20;
    let mut reactor = Reactor::new(config)?;
    let echo = Router::new().otherwise(|_request| {
        handler(|context, message| {
            if let Err(error) = context.send(message) {
                eprintln!("{}: {error}", context.id());
            }
        })
    });
    let listener = reactor.listen(address.as_str(), echo)?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("echoing on ws://{address}");
    }
    Ok(reactor.run()?)
}
