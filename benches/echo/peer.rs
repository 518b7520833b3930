//! One connection of the load generator: a client that knows how long every frame is, and counts bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::script::Script;
use crate::wire;

/// How long a server may take to answer the opening handshake.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to do with received bytes besides counting them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    Count,
    Compare,
}

/// A message on its way: it was sent at a time and will be this connection's reply number `ordinal`.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) ordinal: u64,
    pub(crate) sent_at: Instant,
}

pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    /// Messages handed to this connection for sending so far.
    pub(crate) messages: u64,
    pub(crate) mark: Option<Mark>,
    sent: u64,
    owed: u64,
    received: u64,
}

/// Opens a connection and completes the opening handshake.
pub(crate) fn open(address: SocketAddr) -> io::Result<net::TcpStream> {
    let mut stream = net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(wire::REQUEST)?;
    let head = read_head(&mut stream)?;
    let accepted = head.starts_with(b"HTTP/1.1 101 ") && contains(&head, wire::ACCEPT);
    accepted
        .then_some(stream)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the handshake was refused"))
}

/// Opens a connection on which one message went there and back, and nothing more will.
pub(crate) fn open_idle(address: SocketAddr, script: &Script) -> io::Result<net::TcpStream> {
    let mut stream = open(address)?;
    stream.write_all(script.next(0, script.frames(1)))?;
    let mut reply = vec![0; script.reply];
    stream.read_exact(&mut reply)?;
    script.check(0, &reply)?;
    Ok(stream)
}

/// A server sends nothing after its head before it is sent a message, so a head that ends ends a read.
fn read_head(stream: &mut net::TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(wire::END_OF_HEAD) {
        match stream.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(head)
}

fn contains(head: &[u8], part: &[u8]) -> bool {
    head.windows(part.len()).any(|window| window == part)
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = open(address)?;
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        Ok(Self { stream, messages: 0, mark: None, sent: 0, owed: 0, received: 0 })
    }

    /// Reads what there is; the number of messages that became complete.
    pub(crate) fn receive(
        &mut self,
        buffer: &mut [u8],
        script: &Script,
        scrutiny: Scrutiny,
    ) -> io::Result<u64> {
        let before = script.replies(self.received);
        while let Some(count) = self.read(buffer)? {
            if scrutiny == Scrutiny::Compare {
                script.check(self.received, &buffer[..count])?;
            }
            self.received += count as u64;
            // Edge-triggered: a read that did not fill the buffer has drained the socket.
            if count < buffer.len() {
                break;
            }
        }
        Ok(script.replies(self.received) - before)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.stream.read(buffer) {
            Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed a connection")),
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes note of `count` more messages to send.
    pub(crate) fn owe(&mut self, count: u64, script: &Script) {
        self.messages += count;
        self.owed += script.frames(count);
    }

    /// Writes what is owed, as far as the socket takes it.
    pub(crate) fn flush(&mut self, script: &Script) -> io::Result<()> {
        while self.owed > 0 {
            match self.stream.write(script.next(self.sent, self.owed)) {
                Ok(count) => {
                    self.sent += count as u64;
                    self.owed -= count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The time at which the marked message was sent, once its reply is here.
    pub(crate) fn arrival(&mut self, script: &Script) -> Option<Instant> {
        let received = script.replies(self.received);
        self.mark.take_if(|mark| mark.ordinal <= received).map(|mark| mark.sent_at)
    }
}
