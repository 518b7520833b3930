//! UTF-8 (RFC 6455, section 8.1): of a message that is here, and of one that comes in pieces.

use std::hint::black_box;

use crate::measure::{Case, copy, repeat};
use crate::protocol::utf8::Validator;
use crate::sample::{SIZES, shown, text};

const LETTERS: [(&str, &str); 2] = [("ASCII", "a"), ("1 to 4 bytes", "aé€😀")];

pub(crate) fn cases() -> Vec<Case> {
    let all = SIZES.iter().flat_map(|&size| LETTERS.map(|letters| (size, letters)));
    all.flat_map(|(size, letters)| [whole(size, letters), in_pieces(size, letters)]).collect()
}

fn whole(size: usize, (name, letters): (&str, &str)) -> Case {
    let text = text(letters, size);
    Case {
        name: format!("UTF-8 {}, {name}", shown(size)),
        units: 1,
        bytes: size,
        work: repeat(move || simdutf8::basic::from_utf8(black_box(text.as_bytes())).is_ok()),
        copy: Some(copy(size)),
    }
}

/// A text in two reads, cut in the middle.
fn in_pieces(size: usize, (name, letters): (&str, &str)) -> Case {
    let text = text(letters, size).into_bytes();
    Case {
        name: format!("UTF-8 {}, {name}, in two pieces", shown(size)),
        units: 1,
        bytes: size,
        work: repeat(move || {
            let mut validator = Validator::default();
            let (start, end) = black_box(&text).split_at(size / 2);
            validator.push(start).and_then(|()| validator.push(end)).and_then(|()| validator.finish())
        }),
        copy: Some(copy(size)),
    }
}
