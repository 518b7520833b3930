//! An echo server of the kind that has a thread for each connection: `blocking_echo [--listen ADDR]`.

use std::env;
use std::error::Error;

use ws_reactor::blocking::{self, Connection};
use ws_reactor::{Config, Reactor, Router};

/// Runs on the connection's own thread. Returning closes with 1000.
fn echo(connection: &Connection) {
    let peer = connection.peer_addr().map_or_else(|| "somebody".to_owned(), |peer| peer.to_string());
    println!("{peer} has come");
    let closed = loop {
        match connection.recv() {
            // An error is the end of the connection, of which the next `recv` tells.
            Ok(message) => drop(connection.send(message)),
            Err(closed) => break closed,
        }
    };
    println!("{peer} has left: {closed}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let address = match &arguments[..] {
        [] => "127.0.0.1:8080",
        [option, address] if option == "--listen" => address,
        _ => return Err("usage: blocking_echo [--listen ADDR]".into()),
    };
    let mut reactor = Reactor::new(Config::default())?;
    let router = Router::new().otherwise(|_request| blocking::serve(|connection| echo(&connection)));
    let listener = reactor.listen(address, router)?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("listening on ws://{address}/");
    }
    reactor.run()?;
    Ok(())
}
