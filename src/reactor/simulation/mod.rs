//! The reactor in a scripted world: virtual time, a network that cuts, delays, stalls and resets, clients of
//! every kind, handlers that do anything, and an oracle that knows what all of them are owed.
//!
//! Every run follows from its seed. `WS_REACTOR_SEED=7 cargo test --lib simulation` replays one, and with
//! `WS_REACTOR_LINE=3` the callbacks of the client that came as the fourth are printed.
//!
//! [`play`] is a random run and [`scenes`] are played by hand; [`stage`] is what both stand on.

mod actor;
mod chance;
mod dials;
mod fate;
mod ledger;
mod line;
mod network;
mod parcel;
mod play;
mod puppet;
mod request;
mod scene;
mod servers;
mod socket;
mod stage;
mod tokens;
mod visitor;
mod weather;
mod world;

mod random;
mod scenes;
