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
        Self { status, headers: HeaderList::new(), body: Cow::Borrowed(&[]) }
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
        Self { status, headers, body }
    }

    /// Adds a field that is ours and known to be valid.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.write(name, value);
        self
    }

    /// The body as far as the status allows one; nothing where even a length is forbidden (RFC 9110, section
    /// 8.6).
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
        let line: &[u8] = if upgrade { b"Connection: Upgrade, close\r\n" } else { b"Connection: close\r\n" };
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

#[cfg(test)]
mod tests {
    use super::Response;
    use crate::protocol::handshake::header_list::InvalidHeader;
    use crate::protocol::handshake::request::Method;
    use crate::protocol::handshake::status::Status;

    fn written(response: &Response, method: Method) -> String {
        let mut out = b"before|".to_vec();
        response.write(&mut out, method);
        let text = String::from_utf8(out).expect("text");
        text.strip_prefix("before|").expect("appended").to_owned()
    }

    #[test]
    fn a_page_says_its_type_and_length_and_that_the_connection_ends() {
        let page = Response::html(Status::OK, "<p>\u{e4}</p>");
        assert_eq!(
            written(&page, Method::Get),
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\
             Content-Length: 9\r\n\r\n<p>\u{e4}</p>"
        );
    }

    #[test]
    fn the_answer_to_head_is_that_to_get_without_its_body_rfc_9110_section_9_3_2() {
        let text = Response::text(Status::NOT_FOUND, "not here".to_owned());
        let whole = written(&text, Method::Get);
        assert_eq!(whole.strip_suffix("not here"), Some(written(&text, Method::Head).as_str()));
    }

    #[test]
    fn a_status_that_allows_no_body_is_written_without_one_rfc_9110_section_6_4_1() {
        for (status, length) in [(204, None), (304, None), (205, Some("Content-Length: 0"))] {
            let status = Status::new(status).expect("a status");
            let text = written(&Response::new(status).body(b"body"), Method::Get);
            assert!(text.ends_with("\r\n\r\n"), "{text}");
            assert_eq!(text.lines().find(|line| line.starts_with("Content-Length")), length);
        }
    }

    #[test]
    fn a_status_without_customary_words_keeps_the_space_before_them_rfc_9112_section_4() {
        let text = written(&Response::new(Status::new(599).expect("a status")), Method::Get);
        assert!(text.starts_with("HTTP/1.1 599 \r\n"), "{text}");
    }

    #[test]
    fn fields_are_added_and_never_those_that_frame_the_message() {
        let response = Response::new(Status::OK).header("Set-Cookie", "a=1").expect("valid");
        let response = response.header("Set-Cookie", "b=2").expect("valid");
        assert!(written(&response, Method::Get).contains("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"));
        for name in ["connection", "CONTENT-LENGTH", "Transfer-Encoding"] {
            let fault = response.clone().header(name, "1").expect_err("refused");
            assert_eq!(fault, InvalidHeader::Reserved { name: name.to_owned() });
        }
        assert!(matches!(response.clone().header("X", "a\r\nb"), Err(InvalidHeader::Value { .. })));
        assert!(matches!(response.header("X\r\n", "a"), Err(InvalidHeader::Name { .. })));
    }

    #[test]
    fn who_sends_upgrade_names_it_in_connection_rfc_9110_section_7_8() {
        let response = Response::new(Status::UPGRADE_REQUIRED).header("Upgrade", "websocket").expect("valid");
        assert!(written(&response, Method::Get).contains("\r\nConnection: Upgrade, close\r\n"));
    }

    #[test]
    fn only_a_final_status_can_be_given() {
        for code in [0, 99, 100, 101, 199, 600, 999, u16::MAX] {
            assert!(Status::new(code).is_err(), "{code}");
        }
        for code in 200..=599 {
            assert_eq!(Status::new(code).map(Status::code), Ok(code));
        }
    }
}
