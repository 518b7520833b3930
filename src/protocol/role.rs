//! Which end of a connection this is.

/// Which end of a connection an endpoint is: it decides who masks (RFC 6455, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Opened the connection. Masks what it sends, refuses masked frames.
    Client,
    /// Accepted the connection. Never masks what it sends, refuses unmasked frames.
    Server,
}
