//! `Sec-WebSocket-Extensions` (RFC 6455, section 9.1): read completely, element by element, without allocating.

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
        let mut cursor = Cursor {
            rest: self.parameters,
        };
        core::iter::from_fn(move || cursor.parameter().ok().flatten())
    }
}

/// The extensions of all fields, combined in the order of preference; after an error nothing more of its field.
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
        let parameters = from
            .get(..from.len() - self.rest.len())
            .ok_or(MalformedExtensions)?;
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
        if self.eat(b'"') {
            self.quoted()
        } else {
            self.token().map(Cow::Borrowed)
        }
    }

    fn token(&mut self) -> Result<&'a str, MalformedExtensions> {
        self.skip(is_space);
        let from = self.rest;
        self.skip(is_token_byte);
        from.get(..from.len() - self.rest.len())
            .and_then(token)
            .ok_or(MalformedExtensions)
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
