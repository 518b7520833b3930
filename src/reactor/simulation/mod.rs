//! The reactor in a scripted world: virtual time, a network that cuts, delays, stalls and resets, clients of
//! every kind, handlers that do anything, and an oracle that knows what all of them are owed.
//!
//! Every run follows from its seed. `WS_REACTOR_SEED=7 cargo test --lib simulation` replays one.

mod actor;
mod chance;
mod fate;
mod ledger;
mod line;
mod network;
mod parcel;
mod play;
mod request;
mod stage;
mod visitor;
mod weather;
mod world;

mod random;
