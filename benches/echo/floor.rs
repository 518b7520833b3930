//! The floor: what the system calls alone cost.
//!
//! A bare mio server that knows the size of every frame. It counts bytes, never looks at one, and answers each
//! complete frame from a constant buffer: one read and one write for each readiness. No server that reads what it
//! is sent can cost less, so the ratio to it is the price of being a WebSocket server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use crate::wire;

const LISTENER: Token = Token(usize::MAX);
const READ_BUFFER: usize = 512 * 1024;

/// Serves frames of `payload` bytes on `address` until the process ends.
pub(crate) fn serve(address: SocketAddr, payload: usize) -> io::Result<()> {
    let mut floor = Floor::bind(address, payload)?;
    let mut events = Events::with_capacity(1024);
    loop {
        match floor.poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => floor.turn(&events)?,
        }
    }
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    connections: Slab<Connection>,
    buffer: Box<[u8]>,
    replies: Replies,
}

/// Every reply is the same frame, so a run of replies is a slice of this.
struct Replies {
    /// The length of a frame that is received.
    frame: usize,
    /// The length of the frame that answers it.
    reply: usize,
    bytes: Box<[u8]>,
}

struct Connection {
    stream: TcpStream,
    phase: Phase,
}

enum Phase {
    Opening,
    Open {
        /// Bytes received of a frame that is not complete.
        partial: usize,
        /// Bytes of replies not yet written.
        owed: usize,
        /// Where in a reply the next write starts.
        offset: usize,
    },
}

impl Floor {
    fn bind(address: SocketAddr, payload: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let buffer = vec![0; READ_BUFFER].into_boxed_slice();
        Ok(Self { poll, listener, connections: Slab::new(), buffer, replies: Replies::new(payload) })
    }

    fn turn(&mut self, events: &Events) -> io::Result<()> {
        for event in events {
            match event.token() {
                LISTENER => self.accept()?,
                token => self.serve(token.0),
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.admit(stream)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn admit(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let entry = self.connections.vacant_entry();
        let token = Token(entry.key());
        let connection = entry.insert(Connection { stream, phase: Phase::Opening });
        self.poll.registry().register(&mut connection.stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    fn serve(&mut self, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if connection.turn(&mut self.buffer, &self.replies).is_err() {
            self.connections.remove(key);
        }
    }
}

impl Connection {
    fn turn(&mut self, buffer: &mut [u8], replies: &Replies) -> io::Result<()> {
        loop {
            let received = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            self.answer(&buffer[..received], replies)?;
            // Edge-triggered: only a read that did not fill the buffer has drained the socket.
            if received < buffer.len() {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, received: &[u8], replies: &Replies) -> io::Result<()> {
        match &mut self.phase {
            // The load generator sends the head in one write; a head in pieces is not worth a buffer here.
            Phase::Opening if received.ends_with(wire::END_OF_HEAD) => {
                self.phase = Phase::Open { partial: 0, owed: 0, offset: 0 };
                self.stream.write_all(wire::RESPONSE)
            }
            Phase::Opening => Ok(()),
            Phase::Open { partial, owed, offset } => {
                let bytes = *partial + received.len();
                *partial = bytes % replies.frame;
                *owed += bytes / replies.frame * replies.reply;
                replies.write(&mut self.stream, owed, offset)
            }
        }
    }
}

impl Replies {
    fn new(payload: usize) -> Self {
        let frame = wire::client_frame(&wire::payload(payload), [0; 4]).len();
        let reply = wire::server_frame(&wire::payload(payload));
        // One read completes at most this many frames, and a write may start anywhere in the first.
        let most = READ_BUFFER / frame + 2;
        Self { frame, reply: reply.len(), bytes: reply.repeat(most).into_boxed_slice() }
    }

    fn write(&self, stream: &mut TcpStream, owed: &mut usize, offset: &mut usize) -> io::Result<()> {
        while *owed > 0 {
            let length = (*owed).min(self.bytes.len() - *offset);
            match stream.write(&self.bytes[*offset..][..length]) {
                Ok(written) => {
                    *owed -= written;
                    *offset = (*offset + written) % self.reply;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
