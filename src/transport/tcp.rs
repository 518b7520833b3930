//! Plain TCP.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;
use socket2::SockRef;

use super::{Connecting, Intake, Outflow, Socket};

/// A TCP connection.
#[derive(Debug)]
pub(crate) struct Tcp(TcpStream);

impl Tcp {
    /// Takes over a stream. Small messages leave at once: the loop batches writes itself.
    pub(crate) fn new(stream: TcpStream) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            log::debug!("TCP_NODELAY refused: {error}");
        }
        Self(stream)
    }

    pub(crate) fn source(&mut self) -> &mut TcpStream {
        &mut self.0
    }
}

/// Repeats a call that a signal interrupted.
fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Socket for Tcp {
    fn read(&mut self, into: &mut [u8]) -> io::Result<Intake> {
        match uninterrupted(|| self.0.read(into)) {
            Ok(0) => Ok(Intake::End),
            Ok(count) => Ok(Intake::Bytes(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Intake::Blocked),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<Outflow> {
        let written = match parts {
            [one] => uninterrupted(|| self.0.write(one)),
            several => uninterrupted(|| self.0.write_vectored(several)),
        };
        match written {
            Ok(count) => Ok(Outflow::Bytes(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Outflow::Blocked),
            Err(error) => Err(error),
        }
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)
    }

    fn connected(&mut self) -> io::Result<Connecting> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        match self.0.peer_addr() {
            Ok(_) => Ok(Connecting::Done),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(Connecting::Pending),
            Err(error) => Err(error),
        }
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local_addr().ok()
    }

    fn options(&self) -> Option<SockRef<'_>> {
        Some(SockRef::from(&self.0))
    }
}
