//! The server's end of a line: reads, writes and ends as a system's socket does.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use socket2::SockRef;

use super::line::{End, Ending, ServerSide, take};
use super::network::Network;
use crate::transport::{Connecting, Intake, Outflow, Socket};

/// The server's end of a line.
pub(super) struct ScriptedSocket<const SHORT_READ_EMPTIES: bool> {
    network: Rc<RefCell<Network>>,
    line: usize,
}

impl<const SHORT: bool> ScriptedSocket<SHORT> {
    pub(super) fn new(network: Rc<RefCell<Network>>, line: usize) -> Self {
        Self { network, line }
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }
}

impl<const SHORT: bool> Socket for ScriptedSocket<SHORT> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<Intake> {
        let network = &mut *self.network.borrow_mut();
        let line = &mut network.lines[self.line];
        let available = line.up.inbound.len().min(into.len());
        if available == 0 {
            return match line.up.ended {
                Some(End::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
                Some(End::Fin) => Ok(Intake::End),
                None => {
                    line.armed.read = true;
                    network.stirred.insert(self.line);
                    Ok(Intake::Blocked)
                }
            };
        }
        network.clock.note_move();
        let count = if SHORT { available } else { network.weather.cut(&mut network.chance, available) };
        let count = take(&mut line.up.inbound, &mut into[..count]);
        network.go_on_arriving(self.line);
        network.sneak_in(self.line);
        Ok(Intake::Bytes(count))
    }

    fn connected(&mut self) -> io::Result<Connecting> {
        let network = self.network.borrow();
        let line = &network.lines[self.line];
        match line.server {
            ServerSide::Connecting => Ok(Connecting::Pending),
            _ if line.is_reset() => Err(io::ErrorKind::ConnectionRefused.into()),
            _ => Ok(Connecting::Done),
        }
    }

    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<Outflow> {
        let network = &mut *self.network.borrow_mut();
        let line = &mut network.lines[self.line];
        let offered: usize = parts.iter().map(|part| part.len()).sum();
        if offered == 0 || line.server != ServerSide::Accepted {
            let fault = format!("line {}: a write of {offered} bytes, {:?}", self.line, line.server);
            network.faults.push(fault);
        }
        if line.is_reset() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = offered.min(line.down.room());
        let count = if SHORT { room } else { network.weather.cut(&mut network.chance, room) };
        line.accept_bytes(parts.iter().map(|part| &**part), count);
        line.down.blocked |= count < offered;
        if count == 0 {
            line.armed.write = true;
            network.stirred.insert(self.line);
            return Ok(Outflow::Blocked);
        }
        network.clock.note_move();
        network.go_on_collecting(self.line);
        Ok(Outflow::Bytes(count))
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let network = &mut *self.network.borrow_mut();
        let line = &mut network.lines[self.line];
        if line.is_reset() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        line.server = ServerSide::HalfClosed;
        line.down.ending = Ending::Due(End::Fin);
        network.clock.note_move();
        network.go_on_collecting(self.line);
        Ok(())
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        Some((Ipv4Addr::LOCALHOST, 80).into())
    }

    fn options(&self) -> Option<SockRef<'_>> {
        None
    }
}

impl<const SHORT: bool> Drop for ScriptedSocket<SHORT> {
    fn drop(&mut self) {
        let network = &mut *self.network.borrow_mut();
        network.live -= 1;
        network.clock.note_move();
        network.lines[self.line].closed = Some(network.now());
        network.lines[self.line].close();
        network.go_on_collecting(self.line);
    }
}
