//! Which pages may connect (RFC 6455, section 10.2): browsers send cookies along from anywhere.

use super::authority::Authority;
use super::facts::Single;
use super::request::Request;

/// The pages whose scripts may open a WebSocket.
///
/// A request without an Origin is always allowed: only browsers send one, and only browsers can be tricked this way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Every page. Right where a connection means nothing by itself: no cookies, no private network.
    #[default]
    Any,
    /// Pages of the host that the request asks for.
    ///
    /// A page whose name is pointed at this server (DNS rebinding) passes: where that matters, route by a list of
    /// hosts, or use [`List`](Self::List).
    SameHost,
    /// Pages of these origins, such as `https://example.com` or `http://localhost:8080`; `null` only if it is listed.
    List(Vec<String>),
}

impl Origins {
    /// Whether the page that sent `request` may connect.
    #[must_use]
    pub fn allows(&self, request: &Request<'_>) -> bool {
        if matches!(self, Self::Any) || request.facts().origin == Single::Absent {
            return true;
        }
        // A second Origin, or one that is no text, is of no browser and of no one's list.
        let Some(origin) = request.origin() else {
            return false;
        };
        match self {
            Self::Any => true,
            Self::SameHost => Origin::parse(origin).is_some_and(|page| page.is_at(request.authority())),
            Self::List(listed) => listed.iter().any(|allowed| is_same(allowed, origin)),
        }
    }
}

/// An origin that has a host (RFC 6454, section 6.2).
struct Origin<'a> {
    scheme: &'a str,
    authority: Authority<'a>,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Some(Self {
            scheme,
            authority: Authority::parse(authority)?,
        })
    }

    /// Host says nothing of the scheme, so that of the page decides which port is meant where none is written.
    fn is_at(&self, host: Authority<'_>) -> bool {
        self.authority.is_same(&host, self.default_port())
    }

    fn default_port(&self) -> Option<u16> {
        let defaults = [("http", 80), ("https", 443)];
        defaults
            .iter()
            .find(|(scheme, _)| scheme.eq_ignore_ascii_case(self.scheme))
            .map(|&(_, port)| port)
    }
}

/// Whether two origins are the same, in any case and with or without their default port.
fn is_same(allowed: &str, origin: &str) -> bool {
    match (Origin::parse(allowed), Origin::parse(origin)) {
        (Some(allowed), Some(page)) => {
            allowed.scheme.eq_ignore_ascii_case(page.scheme) && page.is_at(allowed.authority)
        }
        _ => allowed.eq_ignore_ascii_case(origin),
    }
}
