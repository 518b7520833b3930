//! Sends files of any length as one message each, in a few KiB of memory, and compares hashes at the end:
//!
//! ```text
//! file_transfer serve DIRECTORY [ADDR]    ADDR is 127.0.0.1:8080 if none is given
//! file_transfer put FILE ws://ADDR        the file goes to the server's directory
//! file_transfer get FILE ws://ADDR        and comes from there
//! file_transfer --demo                    does both with itself, and ends
//! ```
//!
//! Whoever sends begins with the length as a text, then sends the file as a binary message in fragments, then
//! its SHA-1 as a text; whoever receives takes all that in pieces, and closes with 1000 if the hash is right.

mod progress;
mod receiving;
mod sending;

use std::cell::RefCell;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{env, process};

use ws_reactor::{Accept, Config, Reactor, Request, Response, Router, Status};

use progress::Progress;
use receiving::Receiving;
use sending::Sending;

const USAGE: &str = "usage: file_transfer serve DIRECTORY [ADDR] | put FILE URL | get FILE URL | --demo";
const ADDRESS: &str = "127.0.0.1:8080";
const DEMO_BYTES: usize = 64 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How a transfer ended, once it has: nothing, or what went wrong.
type Verdict = Rc<RefCell<Option<Result<(), String>>>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", directory] => serve(directory, ADDRESS),
        ["serve", directory, address] => serve(directory, address),
        ["put", file, url] => put(&mut Reactor::new(Config::default())?, Path::new(file), url),
        ["get", file, url] => get(&mut Reactor::new(Config::default())?, Path::new(file), url),
        ["--demo"] => demo(),
        _ => {
            eprintln!("{USAGE}");
            process::exit(2)
        }
    }
}

fn serve(directory: &str, address: &str) -> Outcome<()> {
    let mut reactor = Reactor::new(Config::default())?;
    let listener = reactor.listen(address, exchange(PathBuf::from(directory)))?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("{directory} is at ws://{address}");
    }
    Ok(reactor.run()?)
}

/// Files come to this directory and leave from there: `/put?NAME`, `/get?NAME`.
fn exchange(directory: PathBuf) -> Router {
    let source = directory.clone();
    Router::new()
        .route("/get", move |request: &Request<'_>| {
            answer(request, |name| {
                let sending = Sending::new(&source.join(name), Progress::silent(), Verdict::default())?;
                Ok(Accept::open(sending))
            })
        })
        .route("/put", move |request: &Request<'_>| {
            answer(request, |name| {
                let receiving = Receiving::new(directory.join(name), Progress::silent(), Verdict::default())?;
                Ok(Accept::open(receiving))
            })
        })
}

/// Opens if there is a name, and the file can be had.
fn answer(request: &Request<'_>, open: impl FnOnce(&str) -> io::Result<Accept>) -> Accept {
    let Some(name) = request.query().filter(|name| is_plain(name)) else {
        return Accept::Reject(Response::text(Status::BAD_REQUEST, "Which file?"));
    };
    open(name).unwrap_or_else(|error| {
        eprintln!("{name}: {error}");
        Accept::Reject(Response::text(Status::NOT_FOUND, "There is no such file here."))
    })
}

/// Nothing that leads out of the directory.
fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}

fn put(reactor: &mut Reactor, file: &Path, url: &str) -> Outcome<()> {
    let verdict = Verdict::default();
    let sending = Sending::new(file, Progress::bar("put"), verdict.clone())?;
    reactor.connect(address(url, "put", file), sending)?;
    wait(reactor, &verdict)
}

fn get(reactor: &mut Reactor, file: &Path, url: &str) -> Outcome<()> {
    let verdict = Verdict::default();
    let receiving = Receiving::new(file.to_owned(), Progress::bar("get"), verdict.clone())?;
    reactor.connect(address(url, "get", file), receiving)?;
    wait(reactor, &verdict)
}

fn address(url: &str, what: &str, file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!("{}/{what}?{name}", url.trim_end_matches('/'))
}

/// Turns the loop until there is a verdict.
fn wait(reactor: &mut Reactor, verdict: &Verdict) -> Outcome<()> {
    loop {
        if let Some(verdict) = verdict.take() {
            return Ok(verdict?);
        }
        reactor.turn(None)?;
    }
}

/// Server and client in one loop: a file goes there and comes back.
fn demo() -> Outcome<()> {
    let home = env::temp_dir().join(format!("file_transfer-{}", process::id()));
    let (here, there) = (home.join("here"), home.join("there"));
    fs::create_dir_all(&here)?;
    fs::create_dir_all(&there)?;
    let outcome = there_and_back(&here.join("demo.bin"), &there);
    fs::remove_dir_all(&home)?;
    outcome
}

fn there_and_back(file: &Path, directory: &Path) -> Outcome<()> {
    fill(file)?;
    let mut reactor = Reactor::new(Config::default())?;
    let listener = reactor.listen("127.0.0.1:0", exchange(directory.to_owned()))?;
    let url = format!("ws://{}", reactor.listener_addr(listener).ok_or("no address")?);
    put(&mut reactor, file, &url)?;
    fs::remove_file(file)?;
    get(&mut reactor, file, &url)?;
    println!("{} bytes went there and came back", fs::metadata(file)?.len());
    Ok(())
}

/// Writes a file whose parts differ.
fn fill(file: &Path) -> io::Result<()> {
    let mut file = File::create(file)?;
    for part in 0..DEMO_BYTES >> 16 {
        let bytes: Vec<u8> = (0..1 << 16).map(|index: usize| (index * (part + 1)).to_le_bytes()[1]).collect();
        file.write_all(&bytes)?;
    }
    Ok(())
}
