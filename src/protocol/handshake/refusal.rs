//! Why a server refuses a request, and what it answers.

use core::{error, fmt};

use super::head::HeadFault;
use super::response::Response;
use super::status::Status;

/// What is wrong with a request. Its [`Response`] says so with the right status, in plain English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The request line is over the limit: 414.
    LineTooLong,
    /// The head is over the limit: 431.
    HeadTooLarge,
    /// There are more header fields than the limit: 431.
    TooManyHeaders,
    /// The head did not arrive in time: 408.
    Timeout,
    /// The head is not what RFC 9112 calls one: 400.
    Malformed(Malformation),
    /// The request is in HTTP/1.0, which knows no upgrade: 400.
    OldVersion,
    /// The request is in another version of HTTP: 505.
    UnknownVersion,
    /// The method is neither GET nor HEAD: 405.
    Method,
    /// A WebSocket is asked for with HEAD: 405.
    UpgradeByHead,
    /// There is no Host field: 400.
    HostMissing,
    /// There is more than one Host field: 400.
    HostRepeated,
    /// The Host field is not a host with an optional port: 400.
    HostMalformed,
    /// There is no `Upgrade: websocket`: 426.
    UpgradeMissing,
    /// There is no `Connection: upgrade`: 400.
    ConnectionMissing,
    /// The version of the WebSocket protocol is not 13: 426.
    WebSocketVersion,
    /// There is no key: 400.
    KeyMissing,
    /// There is more than one key: 400.
    KeyRepeated,
    /// The key is not sixteen bytes in base64: 400.
    KeyMalformed,
    /// A request for a WebSocket announces a body: 400.
    Body,
    /// The extensions offered do not follow the grammar: 400.
    ExtensionsMalformed,
    /// The subprotocols offered are not tokens: 400.
    SubprotocolsMalformed,
    /// The page that asks may not: 403.
    OriginNotAllowed,
    /// This server does not answer for the host that was asked: 421.
    HostNotAllowed,
    /// No route and no page is at the path: 404.
    PathUnknown,
}

/// In what way a head is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformation {
    /// A line ends in a line feed alone.
    BareLineFeed,
    /// A carriage return is not followed by a line feed.
    BareCarriageReturn,
    /// The head contains a NUL.
    Nul,
    /// The request line is not a method, a target and a version.
    RequestLine,
    /// The target is neither a path nor the address of a web page.
    Target,
    /// The name of a header field is not a token followed by a colon.
    HeaderName,
    /// The value of a header field contains a control character.
    HeaderValue,
}

impl Refusal {
    /// The status to answer with.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::LineTooLong => Status::URI_TOO_LONG,
            Self::HeadTooLarge | Self::TooManyHeaders => Status::HEADER_FIELDS_TOO_LARGE,
            Self::Timeout => Status::REQUEST_TIMEOUT,
            Self::UnknownVersion => Status::VERSION_NOT_SUPPORTED,
            Self::Method | Self::UpgradeByHead => Status::METHOD_NOT_ALLOWED,
            Self::UpgradeMissing | Self::WebSocketVersion => Status::UPGRADE_REQUIRED,
            Self::OriginNotAllowed => Status::FORBIDDEN,
            Self::HostNotAllowed => Status::MISDIRECTED_REQUEST,
            Self::PathUnknown => Status::NOT_FOUND,
            _ => Status::BAD_REQUEST,
        }
    }

    const fn explanation(self) -> &'static str {
        match self {
            Self::LineTooLong => "The request line is too long.",
            Self::HeadTooLarge => "The request head is too large.",
            Self::TooManyHeaders => "The request has too many header fields.",
            Self::Timeout => "The request did not arrive in time.",
            Self::Malformed(fault) => fault.explanation(),
            Self::OldVersion => "HTTP/1.0 is not supported; use HTTP/1.1.",
            Self::UnknownVersion => "This version of HTTP is not supported; use HTTP/1.1.",
            Self::Method => "Only GET and HEAD are supported.",
            Self::UpgradeByHead => "A WebSocket is opened with GET.",
            Self::HostMissing => "The Host field is missing.",
            Self::HostRepeated => "There is more than one Host field.",
            Self::HostMalformed => "The Host field is not a host with an optional port.",
            Self::UpgradeMissing => "This path speaks WebSocket: the request needs `Upgrade: websocket`.",
            Self::ConnectionMissing => "The request needs `Connection: Upgrade`.",
            Self::WebSocketVersion => "Only version 13 of the WebSocket protocol is supported.",
            Self::KeyMissing => "The Sec-WebSocket-Key field is missing.",
            Self::KeyRepeated => "There is more than one Sec-WebSocket-Key field.",
            Self::KeyMalformed => "Sec-WebSocket-Key is not 16 bytes in base64.",
            Self::Body => "A request for a WebSocket has no body.",
            Self::ExtensionsMalformed => "Sec-WebSocket-Extensions is malformed.",
            Self::SubprotocolsMalformed => "Sec-WebSocket-Protocol is malformed.",
            Self::OriginNotAllowed => "Pages of this origin may not connect here.",
            Self::HostNotAllowed => "This server does not answer for that host.",
            Self::PathUnknown => "There is nothing at this path.",
        }
    }
}

impl Malformation {
    const fn explanation(self) -> &'static str {
        match self {
            Self::BareLineFeed => "A line of the request ends in a line feed alone.",
            Self::BareCarriageReturn => "A carriage return in the request is not followed by a line feed.",
            Self::Nul => "The request contains a NUL.",
            Self::RequestLine => "The request line is malformed.",
            Self::Target => "The request target is neither a path nor an http address without a fragment.",
            Self::HeaderName => "The name of a header field is malformed.",
            Self::HeaderValue => "The value of a header field is malformed.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.explanation())
    }
}

impl error::Error for Refusal {}

impl From<HeadFault> for Refusal {
    fn from(fault: HeadFault) -> Self {
        match fault {
            HeadFault::BareLineFeed => Self::Malformed(Malformation::BareLineFeed),
            HeadFault::BareCarriageReturn => Self::Malformed(Malformation::BareCarriageReturn),
            HeadFault::Nul => Self::Malformed(Malformation::Nul),
            HeadFault::LineTooLong => Self::LineTooLong,
            HeadFault::TooLarge => Self::HeadTooLarge,
        }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let response = Self::text(refusal.status(), refusal.explanation());
        match refusal {
            Refusal::Method => response.with("Allow", "GET, HEAD"),
            Refusal::UpgradeByHead => response.with("Allow", "GET"),
            Refusal::UpgradeMissing => response.with("Upgrade", "websocket"),
            Refusal::WebSocketVersion => {
                response.with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13")
            }
            _ => response,
        }
    }
}
