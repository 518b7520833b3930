//! The rules of the house, and what breaks them.

use crate::source::Source;
use crate::syntax::{Function, functions, paths, words};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

/// What every room may use.
const SHARED: [&str; 4] = ["buffer", "config", "error", "id"];

/// The rooms below the top, and which rooms each may use besides itself and the shared ones.
const ROOMS: [(&str, &[&str]); 8] = [
    ("buffer", &[]),
    ("config", &["protocol"]),
    ("error", &["protocol"]),
    ("id", &[]),
    ("protocol", &[]),
    ("transport", &[]),
    ("connection", &["protocol", "transport"]),
    ("reactor", REACTOR),
];

/// The reactor calls handlers and asks routers: their words are the only ones it takes from above.
const REACTOR: &[&str] = &[
    "protocol",
    "transport",
    "connection",
    "accept",
    "connect",
    "connect_error",
    "context",
    "handle",
    "handler",
    "router",
    "view",
];

/// Names from outside the crate, where they may not be said, and the file that may all the same.
const OUTSIDE: [(&str, &[&str], &str); 20] = [
    ("std::io", PURE, ""),
    ("std::fs", PURE, ""),
    ("std::os", PURE, ""),
    ("std::env", PURE, ""),
    ("std::time", PURE, ""),
    ("std::thread", PURE, ""),
    ("std::net::TcpStream", PURE, ""),
    ("std::net::TcpListener", PURE, ""),
    ("std::net::UdpSocket", PURE, ""),
    ("std::net::ToSocketAddrs", PURE, ""),
    ("rand", PURE, ""),
    ("rand_chacha", PURE, ""),
    ("socket2", &["protocol", "connection"], ""),
    ("mio", BEHIND_THE_SEAM, WORLD),
    ("mio::Poll", ANYWHERE, WORLD),
    ("mio::Waker", ANYWHERE, WORLD),
    ("getrandom", BEHIND_THE_SEAM, WORLD),
    ("Instant::now", BEHIND_THE_SEAM, WORLD),
    ("SystemTime::now", BEHIND_THE_SEAM, WORLD),
    ("rustls", ANYWHERE, "transport/tls"),
];
const ANYWHERE: &[&str] = &[""];
const PURE: &[&str] = &["protocol"];
/// What runs unchanged in a simulation.
const BEHIND_THE_SEAM: &[&str] = &["protocol", "connection", "reactor"];
/// The world of the operating system.
const WORLD: &str = "reactor/system";

/// Setters in the manner of std, where a boolean is the thing set.
const BOOLEAN_SETTERS: [&str; 2] = ["nodelay", "set_nodelay"];

/// A line and what is wrong with it.
pub(crate) type Fault = (usize, String);

pub(crate) fn imports_run_downward(source: &Source) -> Vec<Fault> {
    let module = source.module();
    let Some((room, uses)) = ROOMS.iter().find(|(room, _)| module.first() == Some(room)) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for (line, path) in paths(&source.shipped) {
        let target = within_crate(&module, &path).unwrap_or_else(|| (*room).to_owned());
        if ![&[*room], *uses, &SHARED].concat().contains(&target.as_str()) {
            faults.push((line, format!("`{room}` may not use `crate::{target}`")));
        }
    }
    faults
}

pub(crate) fn outside_names_stay_in_their_place(source: &Source) -> Vec<Fault> {
    let module = source.module().join("/");
    let is_in = |place: &&str| place.is_empty() || is_or_is_in(&module, place, "/");
    let is_forbidden = |path: &str| {
        OUTSIDE
            .iter()
            .filter(|(_, forbidden, home)| forbidden.iter().any(is_in) && module != *home)
            .any(|(name, ..)| says(path, name))
    };
    let mut found = paths(&source.shipped);
    found.retain(|(_, path)| is_forbidden(path));
    explain(found, |path| format!("`{path}` has no place in `{module}`"))
}

pub(crate) fn files_are_short(source: &Source) -> Vec<Fault> {
    let lines = source.shipped_lines;
    let too_long = (lines > LONGEST_FILE).then_some((lines, lines));
    explain(too_long, |lines| format!("{lines} lines without tests; at most {LONGEST_FILE}"))
}

pub(crate) fn functions_are_short(source: &Source) -> Vec<Fault> {
    faulty_functions(&source.shipped, "is too long", |function| function.lines > LONGEST_FUNCTION)
}

pub(crate) fn names_do_not_start_with_get(source: &Source) -> Vec<Fault> {
    faulty_functions(&source.code, "needs no `get_`", |function| function.name.starts_with("get_"))
}

pub(crate) fn arguments_are_not_booleans(source: &Source) -> Vec<Fault> {
    let is_boolean = |parameter: &str| parameter.trim().ends_with(": bool");
    faulty_functions(&source.shipped, "takes a `bool`: give it an enum", |function| {
        function.parameters.split(',').any(is_boolean) && !BOOLEAN_SETTERS.contains(&function.name)
    })
}

pub(crate) fn modules_say_what_they_are_for(source: &Source) -> Vec<Fault> {
    let without_head = (!source.text.starts_with("//! ")).then_some((1, ()));
    explain(without_head, |()| "no `//!` head that says what is in here".to_owned())
}

pub(crate) fn nothing_is_unsafe(source: &Source) -> Vec<Fault> {
    let mut found = words(&source.code);
    found.retain(|(_, rest)| is_or_is_in(rest, "unsafe", " "));
    explain(found, |_| "`unsafe`".to_owned())
}

pub(crate) fn imports_name_what_they_import(source: &Source) -> Vec<Fault> {
    let mut found = paths(&source.code);
    found.retain(|(_, path)| path.ends_with("::*"));
    explain(found, |path| format!("`use {path}`"))
}

fn explain<T>(found: impl IntoIterator<Item = (usize, T)>, why: impl Fn(T) -> String) -> Vec<Fault> {
    found.into_iter().map(|(line, what)| (line, why(what))).collect()
}

fn faulty_functions(code: &str, why: &str, is_faulty: impl Fn(&Function<'_>) -> bool) -> Vec<Fault> {
    let mut found = functions(code);
    found.retain(|(_, function)| is_faulty(function));
    explain(found, |function| format!("`{}` {why}", function.name))
}

/// The room that a path leads to, if it stays in this crate.
fn within_crate(module: &[&str], path: &str) -> Option<String> {
    let mut at: Vec<&str> = module.to_vec();
    let mut names = path.split("::").peekable();
    match names.next()? {
        "crate" => at.clear(),
        "self" => {}
        "super" => drop(at.pop()),
        _ => return None,
    }
    while names.next_if_eq(&"super").is_some() {
        at.pop();
    }
    at.extend(names.filter(|name| !name.is_empty()));
    at.first().map(|&room| room.to_owned())
}

/// Whether the path is `name`, lies in it, or ends with it. What is in `core` counts as in `std`.
fn says(path: &str, name: &str) -> bool {
    let in_std = path.strip_prefix("core::").map(|rest| format!("std::{rest}"));
    let ends = path.strip_suffix(name).is_some_and(|rest| rest.ends_with("::"));
    ends || is_or_is_in(in_std.as_deref().unwrap_or(path), name, "::")
}

fn is_or_is_in(path: &str, place: &str, separator: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
}
