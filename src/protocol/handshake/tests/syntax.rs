//! Every byte in every place of a request, against the character classes of the RFCs.

use super::{head, request};

/// The request with `byte` put into the middle of `before` and `after`.
fn taken(before: &[u8], byte: u8, after: &[u8]) -> bool {
    request(&[before, &[byte], after].concat()).is_ok()
}

#[test]
fn a_header_name_is_made_of_token_bytes_rfc_9110_section_5_6_2() {
    for byte in 0..=u8::MAX {
        let expected = byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte) || byte == b':';
        assert_eq!(taken(b"GET / HTTP/1.1\r\nHost: a\r\nX", byte, b"Y: z\r\n\r\n"), expected, "{byte:#04x}");
    }
}

#[test]
fn a_header_value_is_made_of_visible_bytes_spaces_and_tabs_rfc_9110_section_5_5() {
    for byte in 0..=u8::MAX {
        let expected = byte == b'\t' || (b' '..=b'~').contains(&byte) || byte >= 0x80;
        assert_eq!(taken(b"GET / HTTP/1.1\r\nHost: a\r\nX: a", byte, b"b\r\n\r\n"), expected, "{byte:#04x}");
    }
}

#[test]
fn a_target_has_no_space_control_fragment_or_byte_beyond_ascii_rfc_3986_section_3_3() {
    for byte in 0..=u8::MAX {
        let never = !byte.is_ascii_graphic() || byte == b'#';
        let always = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
        let found = taken(b"GET /a", byte, b"b HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(!(never && found), "{byte:#04x} is taken");
        assert!(!always || found, "{byte:#04x} is refused");
    }
}

#[test]
fn a_host_has_no_byte_that_ends_an_authority_rfc_3986_section_3_2() {
    for byte in 0..=u8::MAX {
        let expected = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
        assert_eq!(taken(b"GET / HTTP/1.1\r\nHost: a", byte, b"b\r\n\r\n"), expected, "{byte:#04x}");
    }
}

#[test]
fn a_head_of_every_length_is_refused_or_taken_by_its_end_alone() {
    let whole = head(&["GET / HTTP/1.1", "Host: a", "X: y"]);
    for length in 0..whole.len() {
        assert!(request(&whole[..length]).is_err(), "{length} bytes are no head");
    }
    assert!(request(&whole).is_ok());
}
