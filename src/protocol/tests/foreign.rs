//! Frames and verdicts that another implementation wrote down: Python's `websockets`, in `foreign.txt`.

use super::{Fin, Heard, Listener, OpCode, Role, Stream, Violation};
use crate::protocol::close::CloseCode;
use crate::protocol::header::{Decoded, Place, decode};
use crate::protocol::mask;
use crate::protocol::transmit::encode;

const FOREIGN: &str = include_str!("foreign.txt");

/// The words of every line of this kind, without the first.
fn lines(kind: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let words = FOREIGN.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words.filter(move |words| words[0] == kind).map(|words| words[1..].to_vec())
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |start| u8::from_str_radix(&hex[start..start + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// A frame as it was written: all of it, or its first and last bytes.
struct Foreign {
    role: Role,
    opcode: OpCode,
    fin: Fin,
    payload: Vec<u8>,
    start: Vec<u8>,
    end: Vec<u8>,
}

impl Foreign {
    fn read(words: &[&str]) -> Self {
        let opcode = words[1].parse().ok().and_then(OpCode::from_nibble).expect("an opcode");
        let length: usize = words[3].parse().expect("a length");
        let payload = match opcode {
            OpCode::Close => bytes("03e8")[..length].to_vec(),
            _ => (0..length).map(|index| ((7 * index + 3) % 128).to_le_bytes()[0]).collect(),
        };
        let (start, end) = words[4].split_once("..").unwrap_or((words[4], ""));
        Self {
            role: if words[0] == "masked" { Role::Server } else { Role::Client },
            opcode,
            fin: if words[2] == "final" { Fin::Final } else { Fin::More },
            payload,
            start: bytes(start),
            end: bytes(end),
        }
    }

    fn place(&self) -> Place {
        match self.opcode {
            OpCode::Continuation => Place::InsideMessage,
            _ => Place::BetweenMessages,
        }
    }
}

fn frames() -> impl Iterator<Item = Foreign> {
    lines("frame").map(|words| Foreign::read(&words))
}

#[test]
fn foreign_frames_are_read_and_written_alike_section_5_2() {
    for frame in frames() {
        let decoded = decode(&frame.start, frame.role, frame.place());
        let Ok(Decoded::Header(header, size)) = decoded else {
            panic!("{decoded:?}");
        };
        assert_eq!((header.opcode, header.fin), (frame.opcode, frame.fin));
        assert_eq!(header.length, frame.payload.len() as u64);
        let mut written = Vec::new();
        encode(&mut written, (frame.opcode, frame.fin), &frame.payload, header.mask);
        assert_eq!(written.len(), size + frame.payload.len());
        assert!(written.starts_with(&frame.start) && written.ends_with(&frame.end));
    }
}

#[test]
fn foreign_payloads_are_unmasked_section_5_3() {
    for frame in frames().filter(|frame| frame.end.is_empty()) {
        let Ok(Decoded::Header(header, size)) = decode(&frame.start, frame.role, frame.place()) else {
            panic!("refused");
        };
        let mut payload = frame.start[size..].to_vec();
        mask::apply(&mut payload, header.mask.unwrap_or_default(), 0);
        assert_eq!(payload, frame.payload);
    }
}

#[test]
fn foreign_verdicts_on_all_first_bytes_are_ours_sections_5_1_to_5_5() {
    for role in [Role::Client, Role::Server] {
        let mut accepted = [const { None }; 256];
        for words in lines("head").filter(|words| (words[0] == "server") == (role == Role::Server)) {
            accepted[usize::from(bytes(words[1])[0])] = words[2].split_once('-');
        }
        for [first, second] in (0..=u16::MAX).map(u16::to_be_bytes) {
            let range = accepted[usize::from(first)].map(|(low, high)| bytes(low)[0]..=bytes(high)[0]);
            let expected = range.is_some_and(|range| range.contains(&second));
            let place = if first % 16 == 0 { Place::InsideMessage } else { Place::BetweenMessages };
            assert_eq!(
                decode(&[first, second], role, place).is_ok(),
                expected,
                "{first:02x} {second:02x} {role:?}"
            );
        }
    }
}

#[test]
fn foreign_close_codes_are_ours_section_7_4() {
    let codes: Vec<u16> = lines("codes").flatten().map(|code| code.parse().expect("a code")).collect();
    for code in 0..=u16::MAX {
        let expected = codes.contains(&code) || (3000..=4999).contains(&code);
        assert_eq!(CloseCode::from(code).is_sendable(), expected);
        let mut listener = Listener::new(Role::Server);
        listener
            .feed(&Stream::towards(Role::Server).frame(OpCode::Close, Fin::Final, &code.to_be_bytes()).bytes);
        match &listener.heard[..] {
            [Heard::Close(Some(frame))] => assert!(expected && u16::from(frame.code) == code),
            other => {
                assert_eq!(
                    (other, expected),
                    (&[Heard::Fault(Violation::InvalidCloseCode(code))][..], false)
                );
            }
        }
    }
}
