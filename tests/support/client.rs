//! A client that is nothing but a TCP stream.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::PATIENCE;
use super::frame::{BINARY, CLOSE, FIN, Frame, TEXT, close_payload, masked};
use super::head::{Answer, Ask};

/// One TCP connection to a server under test. Every read gives up after [`PATIENCE`].
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

/// How the server ended the TCP connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// In order.
    Finished,
    /// By a reset.
    Reset,
}

impl Client {
    /// Connects, and says nothing.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection to the server");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// Connects and opens a WebSocket at `/`.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::open_as(address, &Ask::upgrade("/"))
    }

    /// Connects and opens a WebSocket with this request.
    pub(crate) fn open_as(address: SocketAddr, ask: &Ask) -> Self {
        let mut client = Self::connect(address);
        client.put(&ask.bytes());
        client.answer().assert_opens();
        client
    }

    /// Sends bytes as they are.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server takes it");
    }

    /// Sends bytes as they are, even if the server has gone meanwhile.
    pub(crate) fn put_in_vain(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).ok();
    }

    /// Sends one masked frame.
    pub(crate) fn frame(&mut self, first: u8, payload: &[u8]) {
        self.put(&masked(first, payload));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.frame(FIN | TEXT, text.as_bytes());
    }

    pub(crate) fn binary(&mut self, bytes: &[u8]) {
        self.frame(FIN | BINARY, bytes);
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        self.frame(FIN | CLOSE, &close_payload(code, reason));
    }

    /// The head of the server's answer.
    pub(crate) fn answer(&mut self) -> Answer {
        Answer::read(&mut self.stream).expect("an answer")
    }

    /// The head of the server's answer, if there is one before the end.
    pub(crate) fn answer_or_end(&mut self) -> io::Result<Answer> {
        Answer::read(&mut self.stream)
    }

    /// The next frame.
    pub(crate) fn next(&mut self) -> Frame {
        Frame::read(&mut self.stream).expect("a frame")
    }

    /// The next frame, if there is one before the end.
    pub(crate) fn next_or_end(&mut self) -> io::Result<Frame> {
        Frame::read(&mut self.stream)
    }

    /// The text of the next frame.
    pub(crate) fn next_text(&mut self) -> String {
        let frame = self.next();
        assert_eq!(frame.first, FIN | TEXT, "{frame:?} is no text");
        String::from_utf8(frame.payload).unwrap()
    }

    /// The code and reason of the Close that is the next frame.
    pub(crate) fn next_close(&mut self) -> (Option<u16>, String) {
        self.next().close()
    }

    /// Fails unless a Close with this code is next, and nothing behind it but the end.
    pub(crate) fn expect_failure(&mut self, code: u16) {
        assert_eq!(self.next_close().0, Some(code));
        assert_eq!(self.end(), End::Finished);
    }

    /// Waits for the end of the TCP connection, before which nothing may come.
    pub(crate) fn end(&mut self) -> End {
        let (rest, end) = self.rest();
        assert!(rest.is_empty(), "{rest:02x?} before the end");
        end
    }

    /// Everything up to the end of the TCP connection.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, End) {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => (rest, End::Finished),
            Err(error) if is_reset(&error) => (rest, End::Reset),
            Err(error) => panic!("the server neither says nor ends anything: {error}"),
        }
    }

    /// Whether nothing arrives for this long, and the connection stays.
    pub(crate) fn is_silent_for(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let outcome = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!(outcome, Err(error) if is_timeout(&error))
    }

    /// Ends this side of the TCP connection.
    pub(crate) fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the TCP connection with a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Connects with a small receive buffer, and opens a WebSocket: one that is soon full.
    pub(crate) fn open_narrow(address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        let stream: TcpStream = socket.into();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self { stream };
        client.put(&Ask::upgrade("/").bytes());
        client.answer().assert_opens();
        client
    }
}

pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}
