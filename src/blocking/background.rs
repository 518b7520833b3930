//! The reactors that nobody sees: one for all clients that are content with the defaults, and one for each client
//! that is not. Each ends with the last of its connections.

use std::io;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use super::Limits;
use super::adapter::Adapter;
use super::client::Error;
use super::connection::Connection;
use crate::Reactor;
use crate::config::{Config, Lifetime};
use crate::connect::Connect;
use crate::connect_error::ConnectError;
use crate::error::CommandError;
use crate::handle::{ConnectCommandError, Handle};

/// The reactor that clients share, or the last one there was.
static COMMON: Mutex<Option<Handle>> = Mutex::new(None);

/// What becomes of an attempt: nothing at all if the reactor ended before it came to it.
type Outcome = mpsc::Receiver<Result<Connection, ConnectError>>;

/// Connects through the common reactor.
pub(super) fn connect(connect: &Connect, limits: Limits) -> Result<Connection, Error> {
    loop {
        // One that has just lost its last connection may end before it takes this one: then it needs another.
        if let Ok(outcome) = ask_common(connect, limits)?.recv() {
            return outcome.map_err(Error::Failed);
        }
    }
}

/// Connects through a reactor of its own.
pub(super) fn connect_alone(config: Config, connect: &Connect, limits: Limits) -> Result<Connection, Error> {
    let outcome = ask(&start(config)?, connect, limits)?.recv();
    outcome.unwrap_or(Err(ConnectError::Stopped)).map_err(Error::Failed)
}

fn ask_common(connect: &Connect, limits: Limits) -> Result<Outcome, Error> {
    let mut common = COMMON.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*common {
        match ask(handle, connect, limits) {
            Err(Error::Failed(ConnectError::Stopped)) => {}
            outcome => return outcome,
        }
    }
    let handle = common.insert(start(Config::default())?);
    ask(handle, connect, limits)
}

fn ask(handle: &Handle, connect: &Connect, limits: Limits) -> Result<Outcome, Error> {
    let (tell, told) = mpsc::channel();
    let adapter = move || {
        let take = move |outcome| {
            // Nobody waits for it any more: the connection is dropped.
            tell.send(outcome).ok();
            Ok(())
        };
        Adapter::new(take).limits(limits)
    };
    match handle.connect(connect.clone(), adapter) {
        Ok(()) => Ok(told),
        Err(ConnectCommandError::Invalid(error)) => Err(Error::Invalid(error)),
        Err(ConnectCommandError::Command(CommandError::Busy)) => Err(Error::Busy),
        Err(ConnectCommandError::Command(CommandError::Stopped)) => Err(Error::Failed(ConnectError::Stopped)),
    }
}

/// Starts a reactor that ends with its last connection.
fn start(mut config: Config) -> Result<Handle, Error> {
    config.lifetime = Lifetime::WhileConnected;
    let (tell, told) = mpsc::channel();
    let run = move || match Reactor::new(config) {
        Ok(mut reactor) => {
            tell.send(Ok(reactor.handle())).ok();
            if let Err(error) = reactor.run() {
                log::error!("{error}");
            }
        }
        Err(error) => tell.send(Err(error)).unwrap_or_default(),
    };
    let thread = thread::Builder::new().name("ws-reactor".to_owned()).spawn(run);
    thread.map_err(Error::Thread)?;
    match told.recv() {
        Ok(started) => started.map_err(Error::Reactor),
        Err(_) => Err(Error::Thread(io::ErrorKind::Other.into())),
    }
}
