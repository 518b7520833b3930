//! A final HTTP response: a page, a health check, a refusal. The connection closes behind it.

use std::borrow::Cow;

use super::fields::Headers;
use super::header_list::{HeaderList, InvalidHeader, is_framing};
use super::request::Method;
use super::status::Status;

/// An HTTP response that a route gives instead of opening a WebSocket.
///
/// The library adds `Content-Length` and `Connection` and closes the connection once it is written.
///
/// ```
/// use ws_reactor::{Response, Status};
///
/// let page = Response::html(Status::OK, "<!doctype html><title>Hello</title>");
/// let moved = Response::new(Status::new(308)?).header("Location", "/chat")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: Status,
    headers: HeaderList,
    body: Cow<'static, [u8]>,
}

impl Response {
    /// A response without fields and with an empty body.
    #[must_use]
    pub const fn new(status: Status) -> Self {
        Self {
            status,
            headers: HeaderList::new(),
            body: Cow::Borrowed(&[]),
        }
    }

    /// A response of plain text in UTF-8.
    #[must_use]
    pub fn text(status: Status, text: impl Into<Cow<'static, str>>) -> Self {
        Self::of_type(status, "text/plain; charset=utf-8", text.into())
    }

    /// A response of HTML in UTF-8.
    #[must_use]
    pub fn html(status: Status, page: impl Into<Cow<'static, str>>) -> Self {
        Self::of_type(status, "text/html; charset=utf-8", page.into())
    }

    /// Adds a header field; a field that is there already is given a second time.
    ///
    /// # Errors
    /// [`InvalidHeader`] if the name is no token or the value contains a control character, and for
    /// `Connection`, `Content-Length` and `Transfer-Encoding`, which the library writes.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidHeader> {
        self.headers.append_unless(is_framing, name, value)?;
        Ok(self)
    }

    /// Replaces the body. A response to HEAD, and one with status 204, 205 or 304, is written without it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Cow<'static, [u8]>>) -> Self {
        self.body = body.into();
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The fields that were added.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.headers.headers()
    }

    /// Appends the whole response, as the answer to a request with `method`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, method: Method) {
        self.write_status_line(out);
        out.extend_from_slice(self.headers.headers().block());
        self.write_connection(out);
        self.write_length(out);
        out.extend_from_slice(b"\r\n");
        if method == Method::Get {
            out.extend_from_slice(self.content().unwrap_or_default());
        }
    }

    fn of_type(status: Status, content_type: &'static str, text: Cow<'static, str>) -> Self {
        let mut headers = HeaderList::new();
        headers.write("Content-Type", content_type);
        let body = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self {
            status,
            headers,
            body,
        }
    }

    /// Adds a field that is ours and known to be valid.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.write(name, value);
        self
    }

    /// The body as far as the status allows one; nothing where not even a length may be given (RFC 9110, section 8.6).
    fn content(&self) -> Option<&[u8]> {
        match self.status.code() {
            204 | 304 => None,
            205 => Some(&[]),
            _ => Some(&self.body),
        }
    }

    /// The space before the reason is there even if the reason is not (RFC 9112, section 4).
    fn write_status_line(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(self.status.code().to_string().as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.status.reason().as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Who sends Upgrade names it in Connection as well (RFC 9110, section 7.8).
    fn write_connection(&self, out: &mut Vec<u8>) {
        let upgrade = self.headers().value_bytes("Upgrade").is_some();
        let line: &[u8] = if upgrade {
            b"Connection: Upgrade, close\r\n"
        } else {
            b"Connection: close\r\n"
        };
        out.extend_from_slice(line);
    }

    fn write_length(&self, out: &mut Vec<u8>) {
        if let Some(content) = self.content() {
            out.extend_from_slice(b"Content-Length: ");
            out.extend_from_slice(content.len().to_string().as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}
