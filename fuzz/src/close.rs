//! The payload of a Close frame (RFC 6455, sections 5.5.1 and 7.4), against the rules in other words.

use std::str;

use crate::protocol::{CloseFrame, Violation};

pub(crate) fn run(payload: &[u8]) {
    let parsed = CloseFrame::parse(payload);
    match payload {
        [] => assert_eq!(parsed, Ok(None)),
        [_] => assert_eq!(parsed, Err(Violation::ClosePayload)),
        [high, low, reason @ ..] => {
            let code = u16::from(*high) << 8 | u16::from(*low);
            let reserved = code < 1000 || (1004..=1006).contains(&code) || (1015..3000).contains(&code);
            if reserved || code > 4999 {
                assert_eq!(parsed, Err(Violation::InvalidCloseCode(code)));
            } else if str::from_utf8(reason).is_err() {
                assert_eq!(parsed, Err(Violation::InvalidUtf8));
            } else {
                let frame = parsed.expect("a right payload").expect("with a code");
                comes_back(&frame, payload);
            }
        }
    }
}

/// What was read is written as it came, if it fits into a frame.
fn comes_back(frame: &CloseFrame<'_>, payload: &[u8]) {
    match frame.payload() {
        Ok(written) => assert_eq!(written.as_ref(), payload),
        Err(_) => assert!(payload.len() > 125),
    }
    assert_eq!(&frame.clone().into_owned(), frame);
    assert!(!frame.to_string().is_empty());
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![Vec::new(), vec![3]];
    for code in [0, 999, 1000, 1005, 1006, 1011, 1014, 1015, 2999, 3000, 4999, 5000, 65535_u16] {
        for reason in ["", "bye", "aé€😀", &"x".repeat(123)] {
            seeds.push([&code.to_be_bytes(), reason.as_bytes()].concat());
        }
    }
    seeds
}
