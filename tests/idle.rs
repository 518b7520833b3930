//! Thousands of connections that say nothing. Alone in its program, which is measured as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::fs;
use std::time::Duration;

use support::{Client, resident_bytes};
use ws_reactor::{Config, Router, handler};

/// How many connections to open, both ends in this process.
fn most_connections() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|limits| limits.split_whitespace().next()?.parse::<usize>().ok());
    // A quarter of the limit: each costs two, and half is left to spare.
    files.map_or(100, |files| files / 4).min(10_000)
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[test]
fn thousands_of_idle_connections_cost_no_threads_no_time_and_hardly_any_memory() {
    let server = support::Server::start(Config::default(), || {
        Router::new().otherwise(|_request| {
            handler(|context, message| {
                context.subscribe("all").unwrap();
                context.send(message).unwrap();
            })
        })
    });
    let mut clients = Vec::with_capacity(most_connections());
    clients.push(Client::open(server.address));
    let (threads_before, bytes_before) = (threads(), resident_bytes());
    clients.resize_with(clients.capacity(), || Client::open(server.address));
    assert_eq!(threads(), threads_before);
    if let (Some(before), Some(after)) = (bytes_before, resident_bytes()) {
        let each = after.saturating_sub(before) / clients.len();
        assert!(each < 1024, "{each} bytes for each connection");
    }
    server.assert_rests(Duration::from_millis(500));
    // And every one of them works.
    for client in &mut clients {
        client.text("well?");
    }
    for client in &mut clients {
        assert_eq!(client.next_text(), "well?");
    }
    server.handle.publish("all", "everybody").unwrap();
    for client in &mut clients {
        assert_eq!(client.next_text(), "everybody");
    }
}
