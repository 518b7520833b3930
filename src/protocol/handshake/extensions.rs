//! `Sec-WebSocket-Extensions` (RFC 6455, section 9.1): read element by element, without allocating.

use core::{error, fmt};
use std::borrow::Cow;

use super::fields::Headers;
use super::token::{is_token_byte, token};

/// The name of the field.
pub(super) const FIELD: &str = "Sec-WebSocket-Extensions";

/// One element of the list: an extension and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer<'a> {
    /// The registered name, such as `permessage-deflate`.
    pub(crate) name: &'a str,
    /// The parameters with their semicolons, found valid.
    parameters: &'a [u8],
}

/// One parameter of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// What follows the equals sign, out of its quotation marks.
    pub(crate) value: Option<Cow<'a, str>>,
}

/// A value that does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedExtensions;

impl fmt::Display for MalformedExtensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sec-WebSocket-Extensions is malformed")
    }
}

impl error::Error for MalformedExtensions {}

impl<'a> Offer<'a> {
    /// The parameters, in the order they came.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        let mut cursor = Cursor { rest: self.parameters };
        core::iter::from_fn(move || cursor.parameter().ok().flatten())
    }
}

/// The extensions of all fields, the most preferred first; after an error nothing more of its field.
pub(crate) fn offers(headers: Headers<'_>) -> impl Iterator<Item = Result<Offer<'_>, MalformedExtensions>> {
    headers.values_bytes(FIELD).flat_map(offers_in)
}

/// Whether the value of one field follows the grammar.
pub(super) fn is_valid(value: &[u8]) -> bool {
    offers_in(value).all(|offer| offer.is_ok())
}

/// The extensions in the value of one field.
fn offers_in(value: &[u8]) -> impl Iterator<Item = Result<Offer<'_>, MalformedExtensions>> {
    let mut cursor = Cursor { rest: value };
    core::iter::from_fn(move || {
        let offer = cursor.offer().transpose()?;
        if offer.is_err() {
            cursor.rest = &[];
        }
        Some(offer)
    })
}

/// What of a value is still to be read.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// The next element of the list, past empty ones.
    fn offer(&mut self) -> Result<Option<Offer<'a>>, MalformedExtensions> {
        self.skip(|byte| is_space(byte) || byte == b',');
        if self.rest.is_empty() {
            return Ok(None);
        }
        let name = self.token()?;
        let from = self.rest;
        while self.parameter()?.is_some() {}
        let parameters = from.get(..from.len() - self.rest.len()).ok_or(MalformedExtensions)?;
        self.skip(is_space);
        match self.rest.first() {
            None | Some(b',') => Ok(Some(Offer { name, parameters })),
            Some(_) => Err(MalformedExtensions),
        }
    }

    /// The next `;name` or `;name=value`, if one follows.
    fn parameter(&mut self) -> Result<Option<Parameter<'a>>, MalformedExtensions> {
        if !self.eat(b';') {
            return Ok(None);
        }
        let name = self.token()?;
        let value = if self.eat(b'=') { Some(self.value()?) } else { None };
        Ok(Some(Parameter { name, value }))
    }

    fn value(&mut self) -> Result<Cow<'a, str>, MalformedExtensions> {
        if self.eat(b'"') { self.quoted() } else { self.token().map(Cow::Borrowed) }
    }

    fn token(&mut self) -> Result<&'a str, MalformedExtensions> {
        self.skip(is_space);
        let from = self.rest;
        self.skip(is_token_byte);
        from.get(..from.len() - self.rest.len()).and_then(token).ok_or(MalformedExtensions)
    }

    /// What is in quotation marks must be a token once its backslashes are taken away.
    fn quoted(&mut self) -> Result<Cow<'a, str>, MalformedExtensions> {
        let from = self.rest;
        self.skip(is_token_byte);
        let plain = from.get(..from.len() - self.rest.len()).unwrap_or_default();
        if let [b'"', after @ ..] = self.rest {
            self.rest = after;
            return token(plain).map(Cow::Borrowed).ok_or(MalformedExtensions);
        }
        self.escaped(plain.to_vec()).map(Cow::Owned)
    }

    /// The rest of a quoted value that has backslashes, behind what was read of it.
    fn escaped(&mut self, mut text: Vec<u8>) -> Result<String, MalformedExtensions> {
        loop {
            let (byte, after) = match self.rest {
                [b'"', after @ ..] => {
                    self.rest = after;
                    return token(&text).map(str::to_owned).ok_or(MalformedExtensions);
                }
                [b'\\', byte, after @ ..] | [byte, after @ ..] if is_token_byte(*byte) => (*byte, after),
                _ => return Err(MalformedExtensions),
            };
            text.push(byte);
            self.rest = after;
        }
    }

    /// Takes `wanted` and the white space before it, if it comes next.
    fn eat(&mut self, wanted: u8) -> bool {
        self.skip(is_space);
        match self.rest {
            [first, after @ ..] if *first == wanted => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while let [first, after @ ..] = self.rest {
            if !skipped(*first) {
                break;
            }
            self.rest = after;
        }
    }
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::{MalformedExtensions, is_valid, offers};
    use crate::protocol::handshake::fields::Headers;

    /// An offer: its name, and the name and value of every parameter.
    type Plain = (String, Vec<(String, Option<String>)>);

    fn read(block: &str) -> Result<Vec<Plain>, MalformedExtensions> {
        let plain = |offer: super::Offer<'_>| {
            let parameters = offer.parameters().map(|one| (one.name.to_owned(), one.value.map(String::from)));
            (offer.name.to_owned(), parameters.collect())
        };
        offers(Headers::of(block.as_bytes())).map(|offer| offer.map(plain)).collect()
    }

    fn read_one(value: &str) -> Result<Vec<Plain>, MalformedExtensions> {
        read(&format!("Sec-WebSocket-Extensions: {value}\r\n"))
    }

    fn extension(name: &str, parameters: &[(&str, Option<&str>)]) -> Plain {
        let owned = |&(name, value): &(&str, Option<&str>)| (name.to_owned(), value.map(str::to_owned));
        (name.to_owned(), parameters.iter().map(owned).collect())
    }

    #[test]
    fn the_examples_of_rfc_6455_section_9_1_are_read() {
        assert_eq!(
            read("Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: bar; baz=2\r\n"),
            read_one("foo, bar; baz=2")
        );
        assert_eq!(
            read_one("foo, bar; baz=2"),
            Ok(vec![extension("foo", &[]), extension("bar", &[("baz", Some("2"))])])
        );
        assert_eq!(read_one("deflate-stream"), Ok(vec![extension("deflate-stream", &[])]));
        assert_eq!(
            read_one("mux; max-channels=4; flow-control, deflate-stream"),
            Ok(vec![
                extension("mux", &[("max-channels", Some("4")), ("flow-control", None)]),
                extension("deflate-stream", &[]),
            ])
        );
        assert_eq!(read_one("private-extension"), Ok(vec![extension("private-extension", &[])]));
    }

    #[test]
    fn the_examples_of_rfc_7692_section_7_1_are_read() {
        let deflate = "permessage-deflate";
        let bits = "client_max_window_bits";
        let table = [
            ("permessage-deflate", vec![extension(deflate, &[])]),
            ("permessage-deflate; client_max_window_bits", vec![extension(deflate, &[(bits, None)])]),
            (
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
                vec![extension(deflate, &[(bits, None), ("server_max_window_bits", Some("10"))])],
            ),
            (
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10, \
                 permessage-deflate; client_max_window_bits",
                vec![
                    extension(deflate, &[(bits, None), ("server_max_window_bits", Some("10"))]),
                    extension(deflate, &[(bits, None)]),
                ],
            ),
            (
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                vec![extension(
                    deflate,
                    &[("server_no_context_takeover", None), ("client_no_context_takeover", None)],
                )],
            ),
        ];
        for (value, expected) in table {
            assert_eq!(read_one(value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn a_quoted_value_is_read_without_its_quotation_marks_rfc_6455_section_9_1() {
        let ten = Ok(vec![extension("a", &[("b", Some("10"))])]);
        assert_eq!(read_one("a; b=10"), ten);
        assert_eq!(read_one("a; b=\"10\""), ten);
        assert_eq!(read_one("a; b=\"1\\0\""), ten);
        assert_eq!(read_one("a; b=\"\\1\\0\""), ten);
        assert_eq!(read_one("a;b = \"10\" "), ten);
    }

    #[test]
    fn a_quoted_value_must_be_a_token_rfc_6455_section_9_1() {
        for value in
            ["\"\"", "\"1 0\"", "\"1,0\"", "\"1\\\"0\"", "\"1\\\\0\"", "\"1;0\"", "\"1\\ \"", "\"\u{e4}\""]
        {
            assert_eq!(read_one(&format!("a; b={value}")), Err(MalformedExtensions), "{value}");
        }
    }

    #[test]
    fn empty_elements_of_the_list_count_for_nothing_rfc_9110_section_5_6_1() {
        assert_eq!(read_one(" , a ,,\tb , "), Ok(vec![extension("a", &[]), extension("b", &[])]));
        assert_eq!(read_one(""), Ok(Vec::new()));
    }

    #[test]
    fn what_does_not_follow_the_grammar_is_malformed_rfc_6455_section_9_1() {
        let wrong = [
            ";",
            "=",
            "a;",
            "a;;b",
            "a; b=",
            "a; b=;c",
            "a; =1",
            "a b",
            "a; b c",
            "a; b=1 2",
            "a=1",
            "a; b=\"1",
            "a; b=\"1\\",
            "a; b=\"1\"2",
            "a; b='\"",
            "a/b",
            "a; b=1=2",
            "\"a\"",
            "a; \"b\"",
            "\u{e4}",
            "a, ;b",
            "a; b=\\1",
        ];
        for value in wrong {
            assert_eq!(read_one(value), Err(MalformedExtensions), "{value}");
            assert!(!is_valid(value.as_bytes()), "{value}");
            let behind = format!("good; x=1, {value}");
            assert!(!is_valid(behind.as_bytes()), "{behind}");
        }
    }

    #[test]
    fn a_malformed_field_gives_one_error_and_ends() {
        let headers = Headers::of(b"Sec-WebSocket-Extensions: a, b;, c, d\r\n");
        let found: Vec<bool> = offers(headers).map(|offer| offer.is_ok()).collect();
        assert_eq!(found, [true, false]);
    }
}
