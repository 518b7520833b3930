//! Requests and answers of the opening handshake, written and read by hand.

use std::io::{self, Read};

/// The key and the answer to it of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A request under construction: at first one that opens a WebSocket at `/`.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    line: String,
    fields: Vec<String>,
}

impl Ask {
    /// A request for a WebSocket.
    pub(crate) fn upgrade(path: &str) -> Self {
        Self {
            line: format!("GET {path} HTTP/1.1"),
            fields: [
                "Host: localhost",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
            ]
            .map(str::to_owned)
            .into(),
        }
        .with(&format!("Sec-WebSocket-Key: {KEY}"))
    }

    /// A request for a page.
    pub(crate) fn page(method: &str, path: &str) -> Self {
        Self { line: format!("{method} {path} HTTP/1.1"), fields: vec!["Host: localhost".to_owned()] }
    }

    pub(crate) fn line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    /// Adds a header line as it is.
    pub(crate) fn with(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|field| !field.starts_with(&format!("{name}:")));
        self
    }

    /// Puts another value in the place of the one there is.
    pub(crate) fn but(self, name: &str, value: &str) -> Self {
        self.without(name).with(&format!("{name}: {value}"))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let fields: String = self.fields.iter().flat_map(|field| [field, "\r\n"]).collect();
        format!("{}\r\n{fields}\r\n", self.line).into_bytes()
    }
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
}

impl Answer {
    /// Reads to the empty line and not a byte further.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            from.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let (version, rest) = lines.next().unwrap().split_once(' ').unwrap();
        assert_eq!(version, "HTTP/1.1");
        Ok(Self {
            status: rest.split(' ').next().unwrap().parse().unwrap(),
            fields: lines
                .map(|line| line.split_once(": ").expect("a header line"))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
        })
    }

    /// The values of all fields of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let name = name.to_ascii_lowercase();
        self.fields.iter().filter(|(field, _)| *field == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of the one field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is there {} times", all.len());
        all.first().copied()
    }

    /// Fails unless this opens a WebSocket for the key of [`Ask::upgrade`] (RFC 6455, section 4.1).
    pub(crate) fn assert_opens(&self) {
        assert_eq!(self.status, 101, "{self:?}");
        assert_eq!(self.field("Upgrade"), Some("websocket"));
        assert_eq!(self.field("Connection"), Some("Upgrade"));
        assert_eq!(self.field("Sec-WebSocket-Accept"), Some(ACCEPT));
        assert_eq!(self.field("Sec-WebSocket-Extensions"), None);
    }
}
