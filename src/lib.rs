//! WebSocket servers and clients on one poll loop.
#![forbid(unsafe_code)]

mod accept;
mod buffer;
mod config;
mod connection;
mod context;
mod error;
mod handle;
mod handler;
mod id;
mod protocol;
mod reactor;
mod router;
mod transport;
mod view;

pub use accept::{Accept, IntoAccept, Open};
pub use config::{Config, Overflow};
pub use connection::{Cause, Closed, Deadline};
pub use context::Context;
pub use error::{CommandError, Error, SendError, SubscribeError};
pub use handle::{CloseError, Handle, Sender};
pub use handler::{Handler, handler};
pub use id::{ConnectionId, ListenerId, TimerId};
pub use protocol::handshake::{
    HeaderList, Headers, InvalidHeader, InvalidStatus, Malformation, Method, Origins, Refusal, Request,
    Response, Status, UnofferedSubprotocol,
};
pub use protocol::{CloseCode, CloseFrame, InvalidClose, Message, OpCode, OwnedMessage, Role, Violation};
pub use reactor::{Progress, Published, Reactor};
pub use router::{Route, Router};
pub use view::Loop;
