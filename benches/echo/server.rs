//! The servers under measurement: each a process of its own, on a core of its own, gone when it is dropped.

use std::env;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::account;
use crate::generator::Service;

pub(crate) const SERVER_CORE: usize = 0;
pub(crate) const LOAD_CORE: usize = 1;

/// How long a server may take before it accepts.
const START: Duration = Duration::from_secs(5);

/// Who is measured.
#[derive(Clone, Debug)]
pub(crate) enum Contender {
    /// A bare mio server that counts bytes.
    Floor,
    /// This library.
    Subject,
    /// A command, in which `{address}` and `{mode}` stand for what it is to serve.
    External(String),
}

pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Floor => formatter.write_str("floor"),
            Self::Subject => formatter.write_str("ws-reactor"),
            Self::External(command) => {
                let program = command.split_whitespace().next().unwrap_or_default();
                let name = Path::new(program).file_name().unwrap_or_default();
                formatter.write_str(&name.to_string_lossy())
            }
        }
    }
}

impl Contender {
    pub(crate) fn is_floor(&self) -> bool {
        matches!(self, Self::Floor)
    }

    /// Whether it can do more than echo.
    pub(crate) fn serves(&self, service: Service) -> bool {
        match (self, service) {
            (_, Service::Echo) | (Self::Subject, Service::Relay) => true,
            (Self::Floor, Service::Relay) => false,
            (Self::External(command), Service::Relay) => command.contains("{mode}"),
        }
    }

    fn command(&self, service: Service, address: SocketAddr, payload: usize) -> io::Result<Command> {
        let address = address.to_string();
        match self {
            Self::Floor => own(&["floor", &address, &payload.to_string()]),
            Self::Subject => own(&[service.name(), &address]),
            Self::External(command) => Ok(external(command, service, &address)),
        }
    }
}

/// This program again, as a server.
fn own(arguments: &[&str]) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("--serve").args(arguments);
    Ok(command)
}

fn external(command: &str, service: Service, address: &str) -> Command {
    let mut words = command
        .split_whitespace()
        .map(|word| word.replace("{mode}", service.name()).replace("{address}", address));
    let mut process = Command::new(words.next().unwrap_or_default());
    process.args(words);
    if !command.contains("{address}") {
        process.arg(address);
    }
    process
}

impl Server {
    /// Starts a contender on a free port and waits until it accepts.
    pub(crate) fn start(contender: &Contender, service: Service, payload: usize) -> io::Result<Self> {
        let address = free_address()?;
        let mut command = contender.command(service, address, payload)?;
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        account::pin(SERVER_CORE);
        let process = command.spawn();
        account::pin(LOAD_CORE);
        let server = Self { process: process?, address };
        server.wait()?;
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Only tries the port: a whole handshake would take a place in the order in which relays pair up.
    fn wait(&self) -> io::Result<()> {
        let start = Instant::now();
        loop {
            match TcpStream::connect(self.address) {
                Err(error) if start.elapsed() < START && error.kind() == io::ErrorKind::ConnectionRefused => {
                    thread::sleep(Duration::from_millis(5));
                }
                outcome => return outcome.map(drop),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
