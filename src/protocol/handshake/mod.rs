//! The opening handshake of both sides (RFC 6455, section 4), on bytes that are already here.
//!
//! Whoever owns the socket looks for the end of the head with [`HeadScan`] and hands the whole head over.
//! On the server [`request::parse`] reads it, [`server::upgrade`] decides whether it asks for a WebSocket as
//! the RFC demands, and [`server::accept`] writes the answer; whatever is wrong is a [`Refusal`], which turns
//! into a [`Response`]. On the client [`ClientRequest`] writes the head and [`client::verify`] judges the
//! answer.
//!
//! A head that was found valid is kept as what it is, a block of lines, and searched when a field is asked
//! for: nothing is copied and nothing allocated to parse it.

mod authority;
pub(crate) mod client;
mod client_error;
// What is in an extension matters to who negotiates one.
#[allow(dead_code)]
pub(crate) mod extensions;
mod facts;
mod fields;
mod head;
mod header_list;
pub(crate) mod key;
mod origin;
mod refusal;
pub(crate) mod request;
mod response;
pub(crate) mod server;
mod status;
mod target;
mod token;
pub(crate) mod url;

#[cfg(test)]
mod tests;

pub(crate) use client::ClientRequest;
pub use client::InvalidRequest;
pub use client_error::{HandshakeError, Rejection};
pub use fields::Headers;
pub(crate) use head::{HeadFault, HeadLimits, HeadScan};
pub use header_list::{HeaderList, InvalidHeader};
pub use origin::Origins;
pub use refusal::{Malformation, Refusal};
pub use request::{Method, Request};
pub use response::Response;
pub use server::UnofferedSubprotocol;
pub use status::{InvalidStatus, Status};
pub use url::InvalidUrl;
