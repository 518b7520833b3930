//! Tokens and comma separated lists of them (RFC 9110, sections 5.6.1 and 5.6.2).

/// Whether `byte` may stand in a token.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether `bytes` are a token: at least one byte, and no other than token bytes.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// The text of a token, or nothing if `bytes` are not one.
pub(super) fn token(bytes: &[u8]) -> Option<&str> {
    if is_token(bytes) { core::str::from_utf8(bytes).ok() } else { None }
}

/// The elements of a comma separated list, without the white space around them.
/// Empty elements count for nothing (RFC 9110, section 5.6.1.2).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// Whether the list `value` names `wanted`, in any case.
pub(super) fn lists(value: &[u8], wanted: &str) -> bool {
    elements(value).any(|element| element.eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{elements, is_token, lists};

    #[test]
    fn a_token_has_no_separator_as_rfc_9110_section_5_6_2_lists_them() {
        for byte in 0..=u8::MAX {
            let separator = b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            let expected = byte.is_ascii_graphic() && !separator;
            assert_eq!(is_token(&[byte]), expected, "{byte:#04x}");
        }
        assert!(!is_token(b""));
        assert!(!is_token(b"two words"));
    }

    #[test]
    fn empty_list_elements_count_for_nothing() {
        let found: Vec<&[u8]> = elements(b" ,a ,, b\t,").collect();
        assert_eq!(found, [b"a", b"b"]);
        assert_eq!(elements(b"").count(), 0);
    }

    #[test]
    fn a_list_is_searched_by_whole_elements_in_any_case() {
        assert!(lists(b"keep-alive, UpGrade", "upgrade"));
        assert!(!lists(b"upgrade-insecure", "upgrade"));
        assert!(!lists(b"no upgrade", "upgrade"));
    }
}
