//! Memory follows what arrived, never what was announced.

use std::time::{Duration, Instant};

use super::{Fin, Heard, Limits, Listener, Message, OpCode, Receiver, Role, Stream, Violation};
use super::{binary, noise};

/// The header of a masked binary frame that announces `length` bytes.
fn announce(length: u64) -> Vec<u8> {
    [&[0x82, 0xFF], length.to_be_bytes().as_slice(), &[1, 2, 3, 4]].concat()
}

#[test]
fn an_idle_receiver_is_two_words() {
    assert!(size_of::<Receiver>() <= 16);
}

#[test]
fn a_header_allocates_nothing_of_what_it_announces() {
    let unlimited = Limits { frame: u64::MAX, message: u64::MAX };
    let mut listener = Listener::with_limits(Role::Server, unlimited);
    listener.feed(&announce(1 << 62));
    assert_eq!((listener.heard.len(), listener.receiver.capacity()), (0, 0));
    listener.feed(&[0; 100]);
    assert!(listener.receiver.capacity() <= 200);
}

#[test]
fn a_frame_over_the_limit_is_refused_by_its_header() {
    let limits = Limits { frame: 1 << 20, message: 1 << 20 };
    let mut within = Listener::with_limits(Role::Server, limits);
    within.feed(&announce(1 << 20));
    assert_eq!((within.heard.len(), within.receiver.capacity()), (0, 0));
    let mut over = Listener::with_limits(Role::Server, limits);
    over.feed(&announce((1 << 20) + 1));
    assert_eq!(over.heard, [Heard::Fault(Violation::FrameTooLong)]);
}

#[test]
fn memory_stays_below_twice_what_arrived_at_any_piece_size() {
    for size in [1, 7, 100, 1460, 20_000, 70_000] {
        let stream = Stream::towards(Role::Server).message(Message::Binary(&noise(300_000))).bytes;
        let mut listener = Listener::new(Role::Server);
        let mut arrived = 0;
        for piece in stream.chunks(size) {
            listener.land(piece);
            arrived += piece.len();
            assert!(listener.receiver.capacity() < 2 * arrived, "{size}: {arrived}");
            if listener.heard.is_empty() {
                listener.receiver.landing();
                assert!(listener.receiver.capacity() < 2 * arrived, "{size}: {arrived}, landing");
            }
        }
        assert_eq!(listener.heard, [binary(&noise(300_000))]);
    }
}

#[test]
fn tiny_fragments_take_memory_for_their_bytes_only() {
    let mut listener = Listener::new(Role::Server);
    let mut stream = Stream::towards(Role::Server).frame(OpCode::Binary, Fin::More, b"");
    for _ in 0..5_000 {
        stream =
            stream.frame(OpCode::Continuation, Fin::More, b"").frame(OpCode::Continuation, Fin::More, b"x");
    }
    listener.feed(&stream.bytes);
    assert!(listener.receiver.capacity() < 2 * 5_000);
    listener.feed(&Stream::towards(Role::Server).frame(OpCode::Continuation, Fin::Final, b"").bytes);
    assert_eq!(listener.heard, [binary(&[b'x'; 5_000])]);
}

#[test]
fn empty_fragments_take_no_memory() {
    let mut listener = Listener::new(Role::Server);
    let mut stream = Stream::towards(Role::Server).frame(OpCode::Text, Fin::More, b"");
    for _ in 0..10_000 {
        stream = stream.frame(OpCode::Continuation, Fin::More, b"");
    }
    listener.feed(&stream.bytes);
    assert_eq!((listener.heard.len(), listener.receiver.capacity()), (0, 0));
}

#[test]
fn a_receiver_owns_nothing_after_each_message() {
    let mut listener = Listener::new(Role::Server);
    let stream = Stream::towards(Role::Server)
        .message(Message::Text("half"))
        .frame(OpCode::Ping, Fin::Final, b"half")
        .frame(OpCode::Text, Fin::More, b"half")
        .frame(OpCode::Ping, Fin::Final, b"between")
        .frame(OpCode::Continuation, Fin::Final, b"half");
    let mut heard = 0;
    for byte in &stream.bytes {
        assert_eq!(listener.heard.len(), heard);
        listener.feed(&[*byte]);
        if listener.heard.len() > heard {
            heard += 1;
            // The ping between the fragments leaves the message under way.
            assert_eq!(listener.receiver.is_between_messages(), heard != 3);
        } else {
            assert!(!listener.receiver.is_between_messages());
        }
    }
    assert_eq!(heard, 4);
}

#[test]
fn what_is_half_received_goes_back_to_the_pool() {
    let stream = Stream::towards(Role::Server).message(Message::Binary(&noise(1000))).bytes;
    let mut listener = Listener::new(Role::Server);
    listener.feed(&stream[..900]);
    let held = listener.receiver.capacity();
    assert!(held > 0);
    listener.receiver.release(&mut listener.pool);
    assert!(listener.receiver.is_between_messages());
    assert_eq!(listener.pool.take(1).capacity(), held);
}

#[test]
fn a_message_of_a_mebibyte_byte_by_byte_takes_linear_time() {
    let payload = noise(1 << 20);
    let stream = Stream::towards(Role::Server).message(Message::Binary(&payload)).bytes;
    let start = Instant::now();
    let mut listener = Listener::new(Role::Server);
    for byte in &stream {
        listener.feed(&[*byte]);
    }
    assert_eq!(listener.heard, [binary(&payload)]);
    // Quadratic work would be 5 * 10^11 bytes.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_landing_is_offered_only_where_it_pays() {
    let rest = |arrived: usize, length: usize| {
        let stream = Stream::towards(Role::Server).message(Message::Binary(&noise(length))).bytes;
        let mut listener = Listener::new(Role::Server);
        listener.feed(&stream[..stream.len() - length + arrived]);
        listener.receiver.landing().map(|room| room.len())
    };
    assert_eq!(rest(60 * 1024, 1 << 20), None, "too little is here");
    assert_eq!(rest(64 * 1024, 1 << 20), Some(64 * 1024), "as much as is here");
    assert_eq!(rest(100_000, 120_000), Some(20_000), "never more than the frame has left");
    assert_eq!(rest(100_000, 110_000), None, "too little is to come");
}

#[test]
fn a_resting_buffer_is_a_landing_at_once() {
    let mut listener = Listener::new(Role::Server);
    let stream = Stream::towards(Role::Server).message(Message::Binary(&noise(50_000))).bytes;
    listener.feed(&stream[..40_000]);
    listener.feed(&stream[40_000..]);
    listener.feed(&stream[..8]);
    assert_eq!(listener.receiver.landing().map(|room| room.len()), Some(50_000));
}
