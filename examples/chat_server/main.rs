//! A chat in the browser: `cargo run --release --example chat_server [-- --listen ADDR]`.
//!
//! It serves its own page at `/` and the chat at `/chat`. A line typed at its console goes to everyone. The operator's
//! page, at `/operator`, wants the token that is printed at the start.
//!
//! - [`wire`]: what page and server say to each other, and what is refused;
//! - [`room`]: who is here;
//! - [`guest`]: one connection;
//! - [`visitors`], [`orders`], [`operator`]: the same three for those who look after it;
//! - [`page`]: the files the browser loads.

mod guest;
mod operator;
mod orders;
mod page;
mod room;
mod visitors;
mod wire;

use std::cell::RefCell;
use std::error::Error;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::{env, thread};

use ws_reactor::{Config, Handle, Origins, Overflow, Reactor, Request, Route, Router};

use crate::guest::{Guest, TOPIC};
use crate::operator::Token;
use crate::room::Room;
use crate::visitors::Visitors;

/// Enough for the longest message a page can send, at four bytes a character.
const MAX_MESSAGE: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let address = listen_address(env::args().skip(1))?;
    let mut reactor = Reactor::new(config())?;
    let token = Token::new()?;
    let listener = reactor.listen(address, router(token.clone())?)?;
    let url = url(reactor.listener_addr(listener).unwrap_or(address));
    println!("Chat at {url} - lines typed here go to everyone");
    // What stands behind the # stays in the browser.
    println!("Operator at {url}operator#{token}");

    let handle = reactor.handle();
    thread::spawn(move || read_console(&handle));
    reactor.run()?;
    Ok(())
}

fn config() -> Config {
    let mut config = Config::default();
    config.max_message = MAX_MESSAGE;
    // Who reads too slowly is better off joining again than with a conversation full of holes.
    config.overflow = Overflow::Close;
    config
}

fn router(token: Token) -> Result<Router, Box<dyn Error>> {
    let room = Rc::new(RefCell::new(Room::default()));
    let visitors = Rc::new(RefCell::new(Visitors::default()));
    let operators = operator::route(token, Rc::clone(&visitors));
    let chat = Route::new(move |_request: &Request<'_>| Guest::new(Rc::clone(&room), Rc::clone(&visitors)));
    let pages = page::serve(Router::new())?;
    Ok(pages.mount("/chat", chat.origins(Origins::SameHost)).mount("/operator/socket", operators))
}

fn listen_address(mut arguments: impl Iterator<Item = String>) -> Result<SocketAddr, Box<dyn Error>> {
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, None, None) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
        (Some("--listen"), Some(address), None) => Ok(address.parse()?),
        _ => Err("usage: chat_server [--listen ADDR:PORT]".into()),
    }
}

/// The address to open in a browser on this machine.
fn url(bound: SocketAddr) -> String {
    if bound.ip().is_unspecified() {
        format!("http://localhost:{}/", bound.port())
    } else {
        format!("http://{bound}/")
    }
}

/// Sends each line to everyone. The end of the input ends this thread only; the server goes on.
fn read_console(handle: &Handle) {
    for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        if let Err(error) = handle.publish(TOPIC, wire::announced(line.trim())) {
            eprintln!("{error}");
        }
    }
}
