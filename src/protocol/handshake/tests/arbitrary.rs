//! Bytes that nobody thought of: no panic, and never an agreement without everything it takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{Index, select};

use super::super::extensions::offers;
use super::super::fields::Headers;
use super::super::{HeadScan, HeaderList};
use super::{ANSWER, OPENING, client_request, head, judge, request, serve};

/// Lines that belong into a request or an answer, and some that do not.
const LINES: [&str; 24] = [
    OPENING[0],
    OPENING[1],
    OPENING[2],
    OPENING[3],
    OPENING[4],
    OPENING[5],
    ANSWER[0],
    ANSWER[1],
    ANSWER[2],
    ANSWER[3],
    "GET http://a/ HTTP/1.1",
    "HEAD / HTTP/1.1",
    "GET / HTTP/1.0",
    "HTTP/1.1 404 Not Found",
    "Host: b:1",
    "Upgrade: h2c",
    "Connection: close",
    "Sec-WebSocket-Key: x",
    "Sec-WebSocket-Version: 8",
    "Content-Length: 1",
    "Sec-WebSocket-Extensions: a; b=\"c\"",
    "Sec-WebSocket-Protocol: a, b",
    " folded",
    "",
];

/// A head of likely lines in any order.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    vec(select(&LINES[..]), 0..12).prop_map(|lines| head(&lines))
}

/// A right head with some of its bytes replaced.
fn damaged(lines: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    vec((any::<Index>(), any::<u8>()), 0..4).prop_map(move |damage| {
        let mut bytes = head(lines);
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..300), likely(), damaged(&OPENING), damaged(&ANSWER)]
}

/// The values of all lines called `name`, by the plainest means there are.
fn values(head: &[u8], name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let fields = text.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    let named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim_matches([' ', '\t']).to_owned()).collect()
}

proptest! {
    #[test]
    fn a_request_that_is_accepted_has_one_valid_key_and_a_host(bytes in hostile()) {
        if serve(&bytes).is_ok() {
            let keys = values(&bytes, "Sec-WebSocket-Key");
            prop_assert_eq!(keys.len(), 1);
            prop_assert_eq!(STANDARD.decode(&keys[0]).map(|nonce| nonce.len()), Ok(16));
            prop_assert_eq!(values(&bytes, "Host").len(), 1);
            prop_assert_eq!(values(&bytes, "Sec-WebSocket-Version"), ["13"]);
            prop_assert!(bytes.starts_with(b"GET ") && bytes.ends_with(b"\r\n\r\n"));
        }
    }

    #[test]
    fn an_answer_that_is_believed_has_the_one_right_accept(bytes in hostile()) {
        if judge(&bytes, &client_request()).is_ok() {
            prop_assert_eq!(values(&bytes, "Sec-WebSocket-Accept"), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
            prop_assert!(bytes.starts_with(b"HTTP/1.1 101"));
            prop_assert!(values(&bytes, "Sec-WebSocket-Protocol").is_empty());
        }
    }

    #[test]
    fn the_fields_of_a_request_are_those_that_plain_splitting_finds(bytes in hostile()) {
        if let Ok(request) = request(&bytes) {
            for name in ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Content-Length", "X"] {
                let found = request.headers().values_bytes(name).map(String::from_utf8_lossy);
                prop_assert_eq!(found.collect::<Vec<_>>(), values(&bytes, name));
            }
        }
    }

    #[test]
    fn the_search_finds_the_same_in_pieces_as_at_once(
        bytes in hostile(),
        cuts in vec(any::<Index>(), 0..6),
        limit in 1..400_usize,
    ) {
        let whole = HeadScan::default().find(&bytes, limit);
        let mut lengths: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        lengths.push(bytes.len());
        lengths.sort_unstable();
        let mut scan = HeadScan::default();
        let mut pieces = lengths.iter().map(|&length| scan.find(&bytes[..length], limit));
        prop_assert_eq!(pieces.find(|found| *found != Ok(None)).unwrap_or(Ok(None)), whole);
    }

    #[test]
    fn an_end_that_is_found_is_the_first_one(bytes in hostile()) {
        if let Ok(Some(length)) = HeadScan::default().find(&bytes, usize::MAX) {
            let first = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
            prop_assert_eq!(Some(length), first);
        }
    }

    #[test]
    fn extensions_are_read_to_their_end_whatever_they_are(value in "[a-c;,=\" \\\\\t]{0,40}") {
        let block = format!("Sec-WebSocket-Extensions: {value}\r\n");
        for offer in offers(Headers::of(block.as_bytes())).flatten() {
            prop_assert!(offer.name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert!(offer.parameters().all(|one| one.value.is_none_or(|value| !value.is_empty())));
        }
    }

    #[test]
    fn a_list_of_headers_never_holds_more_lines_than_were_added(name in ".{0,12}", value in any::<String>()) {
        let mut list = HeaderList::new();
        let taken = usize::from(list.append(&name, &value).is_ok());
        prop_assert_eq!(list.headers().iter().count(), taken);
        let lines = list.headers().block().iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count();
        prop_assert_eq!(lines, 2 * taken);
    }
}
