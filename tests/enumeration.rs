//! Open connections are listed with their addresses, paths and ages.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use support::{Ask, Client, PATIENCE, Server, silent, witnessed};
use ws_reactor::{Config, ConnectionId};

/// Id, address, path and age of everyone.
fn listed(server: &Server) -> Vec<(ConnectionId, Option<SocketAddr>, String, Duration)> {
    let (tell, told) = channel();
    let list = move |everyone: &mut ws_reactor::Loop<'_>| {
        let infos = everyone.connection_infos();
        let all = infos.map(|info| (info.id(), info.peer_addr(), info.path().to_owned(), info.age()));
        tell.send(all.collect()).unwrap();
    };
    server.handle.run(list).unwrap();
    told.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn all_open_connections_are_listed_and_no_others() {
    let (server, events) = witnessed(Config::default(), silent);
    let first = Client::open_as(server.address, &Ask::upgrade("/first?query"));
    let first_id = events.opened();
    let second = Client::open_as(server.address, &Ask::upgrade("/second"));
    let second_id = events.opened();
    // This one only connects.
    let third = Client::connect(server.address);
    let mut all = listed(&server);
    all.sort_by(|one, other| one.2.cmp(&other.2));
    let expected = [(first_id, &first, "/first"), (second_id, &second, "/second")];
    assert_eq!(all.len(), expected.len(), "{all:?}");
    for ((id, peer, path, age), (its_id, client, its_path)) in all.iter().zip(expected) {
        assert_eq!((*id, *peer, path.as_str()), (its_id, client.stream.local_addr().ok(), its_path));
        assert!(*age <= PATIENCE);
    }
    drop((first, third));
    events.closed();
    let left = listed(&server);
    assert!(matches!(&left[..], [(id, ..)] if *id == second_id), "{left:?}");
}

#[test]
fn the_age_counts_from_the_opening() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::connect(server.address);
    thread::sleep(Duration::from_millis(2500));
    client.put(&Ask::upgrade("/").bytes());
    client.answer();
    let id = events.opened();
    assert!(listed(&server)[0].3 <= Duration::from_secs(1));
    thread::sleep(Duration::from_millis(2100));
    let (tell, told) = channel();
    server.handle.run(move |all| tell.send(all.connection_info(id).map(|info| info.age())).unwrap()).unwrap();
    let age = told.recv_timeout(PATIENCE).unwrap().unwrap();
    assert!(age >= Duration::from_secs(1) && age <= PATIENCE, "{age:?}");
}
