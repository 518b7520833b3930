//! The status of a final HTTP response, and its customary words.

use core::{error, fmt};

/// The status code of a response that ends the exchange: 200 to 599.
///
/// ```
/// use ws_reactor::Status;
///
/// assert_eq!(Status::NOT_FOUND.code(), 404);
/// assert_eq!(Status::new(429).map(Status::reason), Ok("Too Many Requests"));
/// assert!(Status::new(101).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(u16);

/// A number that is not the status of a final response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidStatus(pub u16);

impl fmt::Display for InvalidStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a status between 200 and 599", self.0)
    }
}

impl error::Error for InvalidStatus {}

impl Status {
    /// 200: here is what was asked for.
    pub const OK: Self = Self(200);
    /// 204: done, and there is nothing to show.
    pub const NO_CONTENT: Self = Self(204);
    /// 304: what the client already has is still right.
    pub const NOT_MODIFIED: Self = Self(304);
    /// 400: the request is malformed.
    pub const BAD_REQUEST: Self = Self(400);
    /// 401: credentials are needed.
    pub const UNAUTHORIZED: Self = Self(401);
    /// 403: understood, and refused.
    pub const FORBIDDEN: Self = Self(403);
    /// 404: nothing lives at this path.
    pub const NOT_FOUND: Self = Self(404);
    /// 405: the path exists, but not for this method.
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    /// 408: the request took too long to arrive.
    pub const REQUEST_TIMEOUT: Self = Self(408);
    /// 414: the request line is too long.
    pub const URI_TOO_LONG: Self = Self(414);
    /// 421: this server does not answer for that host.
    pub const MISDIRECTED_REQUEST: Self = Self(421);
    /// 426: this path speaks another protocol.
    pub const UPGRADE_REQUIRED: Self = Self(426);
    /// 429: the client asks too often.
    pub const TOO_MANY_REQUESTS: Self = Self(429);
    /// 431: the head is too large, or has too many fields.
    pub const HEADER_FIELDS_TOO_LARGE: Self = Self(431);
    /// 500: the server failed.
    pub const INTERNAL_SERVER_ERROR: Self = Self(500);
    /// 503: the server cannot answer now.
    pub const SERVICE_UNAVAILABLE: Self = Self(503);
    /// 505: the version of HTTP is not one this server speaks.
    pub const VERSION_NOT_SUPPORTED: Self = Self(505);

    /// The status with this code.
    ///
    /// # Errors
    /// [`InvalidStatus`] if `code` is not between 200 and 599. What is below 200 is interim: an exchange
    /// cannot end with it.
    pub const fn new(code: u16) -> Result<Self, InvalidStatus> {
        match code {
            200..=599 => Ok(Self(code)),
            _ => Err(InvalidStatus(code)),
        }
    }

    /// The code, 200 to 599.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The reason phrase of the HTTP status code registry, or nothing for a code that is not in it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self.0 {
            200..=299 => success(self.0),
            300..=399 => redirection(self.0),
            400..=499 => client_error(self.0),
            _ => server_error(self.0),
        }
    }
}

const fn success(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        _ => "",
    }
}

const fn redirection(code: u16) -> &'static str {
    match code {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        _ => "",
    }
}

const fn client_error(code: u16) -> &'static str {
    match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        _ => "",
    }
}

const fn server_error(code: u16) -> &'static str {
    match code {
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        510 => "Not Extended",
        511 => "Network Authentication Required",
        _ => "",
    }
}
