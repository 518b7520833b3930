//! A server that runs out of file descriptors: it neither spins nor sleeps for ever.
//!
//! The server is this same program, started once more with a low limit; it is told what to do line by line.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use support::{Ask, Client, echo, process_time, witnessed};
use ws_reactor::Config;

const ROLE: &str = "WS_REACTOR_TEST_FEW_DESCRIPTORS";
const DESCRIPTORS: usize = 40;
/// Lines of the server begin like this; the others are those of the test harness.
const MARK: &str = "server: ";

/// A server in a process of its own.
struct Confined {
    child: Child,
    answers: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Confined {
    fn start(test: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$@\""), "sh"])
            .arg(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROLE, "server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let address = answer(&mut answers).parse().unwrap();
        Self { child, answers, address }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        answer(&mut self.answers)
    }

    /// Fails if the loop uses a noticeable part of a processor for a while.
    fn assert_rests(&mut self) {
        let time = Duration::from_millis(500);
        // Seen from here: without descriptors the server cannot even ask.
        let before = process_time(self.child.id());
        std::thread::sleep(time);
        let used = process_time(self.child.id()).saturating_sub(before);
        assert!(used < time / 10, "{used:?} of processor time in {time:?}");
    }

    /// Tells it to end, and fails if it failed.
    fn finish(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn answer(from: &mut impl BufRead) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(from.read_line(&mut line).unwrap(), 0, "the server is gone");
        // The harness does not end its line before the test says something.
        if let Some((_, answer)) = line.split_once(MARK) {
            return answer.trim_end().to_owned();
        }
    }
}

/// The server's part of each test: what to do comes line by line, until there is no more.
fn serve() {
    let (server, _events) = witnessed(Config::default(), echo);
    println!("{MARK}{}", server.address);
    let mut hoard: Vec<File> = Vec::new();
    for line in io::stdin().lines() {
        hoard.clear();
        if line.unwrap() == "hoard" {
            hoard.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
        }
        println!("{MARK}{}", hoard.len());
    }
}

fn is_server() -> bool {
    env::var_os(ROLE).is_some()
}

fn asking(address: SocketAddr) -> Client {
    let mut client = Client::connect(address);
    client.put(&Ask::upgrade("/").bytes());
    client
}

#[test]
fn without_descriptors_the_listener_rests_until_a_connection_ends() {
    if is_server() {
        return serve();
    }
    let mut server = Confined::start("without_descriptors_the_listener_rests_until_a_connection_ends");
    let mut clients: Vec<Client> = (0..DESCRIPTORS + 10).map(|_| asking(server.address)).collect();
    let mut open = Vec::new();
    while !clients[0].is_silent_for(Duration::from_millis(300)) {
        let mut client = clients.remove(0);
        client.answer().assert_opens();
        open.push(client);
    }
    assert!(open.len() > DESCRIPTORS / 2 && clients.len() > 10, "{} are open", open.len());
    server.assert_rests();
    // Those who are in are served.
    let last = open.last_mut().unwrap();
    last.text("still served");
    assert_eq!(last.next_text(), "still served");
    // For each that ends, one that waited gets in.
    for mut waiting in clients {
        drop(open.remove(0));
        waiting.answer().assert_opens();
        waiting.text("at last");
        assert_eq!(waiting.next_text(), "at last");
        open.push(waiting);
    }
    drop(open);
    server.finish();
}

#[test]
fn a_resting_listener_wakes_by_itself_when_there_are_descriptors_again() {
    if is_server() {
        return serve();
    }
    let mut server = Confined::start("a_resting_listener_wakes_by_itself_when_there_are_descriptors_again");
    // They stay open: one that ended would leave a descriptor for the next.
    let mut open = Vec::new();
    for _ in 0..3 {
        assert!(server.ask("hoard").parse::<usize>().unwrap() > 10);
        let mut waiting = asking(server.address);
        assert!(waiting.is_silent_for(Duration::from_millis(300)));
        server.assert_rests();
        // No connection ends and none arrives: only time tells.
        server.ask("release");
        waiting.answer().assert_opens();
        open.push(waiting);
    }
    server.finish();
}
