//! A chat at the console: `cargo run --example chat_client [-- URL]`, `ws://127.0.0.1:8080/` if none is given.
//!
//! Each line is sent as text, but for two: `ping TEXT` pings the server; `exit`, or the end of the input, closes.
//! `cargo run --example broadcast_server` is somebody to talk to.

use std::cell::Cell;
use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;
use std::{env, io, thread};

use ws_reactor::{
    CloseCode, Closed, CommandError, Config, ConnectError, ConnectionId, Context, Handle, Handler, Lifetime,
    Loop, Message, Reactor,
};

struct Chat {
    outcome: Rc<Cell<ExitCode>>,
}

impl Handler for Chat {
    fn on_open(&mut self, context: &mut Context<'_>) {
        println!("Connected to {}", peer(context));
        let (handle, id) = (context.handle(), context.id());
        thread::spawn(move || read_console(&handle, id));
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        eprintln!("{error}");
        self.outcome.set(ExitCode::FAILURE);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        match message {
            Message::Text(text) => println!("Message from {}: {text}", peer(context)),
            Message::Binary(bytes) => println!("Message from {}: {} bytes", peer(context), bytes.len()),
        }
    }

    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        println!("Pong from {}: {}", peer(context), String::from_utf8_lossy(payload));
    }

    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        println!("Connection to {} closed", peer(context));
    }
}

fn peer(context: &Context<'_>) -> String {
    context.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default()
}

/// Has the loop do what each line says. Reading blocks, so it needs a thread of its own.
fn read_console(handle: &Handle, id: ConnectionId) {
    for line in io::stdin().lines().map_while(Result::ok) {
        if line == "exit" || obey(handle, id, line).is_err() {
            break;
        }
    }
    handle.close(id, CloseCode::Normal, "").ok();
}

fn obey(handle: &Handle, id: ConnectionId, line: String) -> Result<(), CommandError> {
    handle.run(move |everyone| {
        let fault = match line.strip_prefix("ping ") {
            Some(payload) => everyone.ping(id, payload.as_bytes()).err().map(|error| error.to_string()),
            None => everyone.send(id, &line).err().map(|error| error.to_string()),
        };
        if let Some(fault) = fault {
            eprintln!("Not sent: {fault}");
        }
    })
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080/".to_owned());
    let mut config = Config::default();
    config.lifetime = Lifetime::WhileConnected;
    let mut reactor = Reactor::new(config)?;
    let outcome = Rc::new(Cell::new(ExitCode::SUCCESS));
    reactor.connect(url, Chat { outcome: Rc::clone(&outcome) })?;
    reactor.run()?;
    Ok(outcome.get())
}
