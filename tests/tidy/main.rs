//! Keeps the house in order: what may import what, how long things get, and how they are named.
//!
//! Plain text analysis. Each rule reads every file under `src`; below, each rule is shown to fire.

mod rules;
mod source;
mod syntax;

use std::path::Path;

use rules::Fault;
use source::{Source, read_tree};

/// A rule: what is wrong with a file.
type Rule = fn(&Source) -> Vec<Fault>;

const RULES: [Rule; 9] = [
    rules::imports_run_downward,
    rules::outside_names_stay_in_their_place,
    rules::files_are_short,
    rules::functions_are_short,
    rules::modules_say_what_they_are_for,
    rules::nothing_is_unsafe,
    rules::imports_name_what_they_import,
    rules::names_do_not_start_with_get,
    rules::arguments_are_not_booleans,
];

#[test]
fn the_house_is_in_order() {
    let sources = read_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    assert!(!sources.is_empty());
    let mut report = Vec::new();
    for source in &sources {
        for (line, fault) in RULES.iter().flat_map(|rule| rule(source)) {
            report.push(format!("src/{}:{line}: {fault}", source.path));
        }
    }
    assert!(report.is_empty(), "\n{}\n", report.join("\n"));
}

/// The lines of `src/{path}` that a rule complains about.
fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    let faults = rule(&Source::new(path, text));
    let mut lines: Vec<usize> = faults.into_iter().map(|(line, _)| line).collect();
    lines.dedup();
    lines
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    for text in [
        "use crate::reactor::Slot;",
        "use crate::{buffer::Buffer, reactor::{self, Slot}};",
        "pub(crate) use super::super::reactor;",
        "fn turn() { crate::reactor::turn() }",
        "use crate::Reactor;",
    ] {
        let found = lines(rules::imports_run_downward, "protocol/frame.rs", text);
        assert_eq!(found, [1], "{text}");
    }
}

#[test]
fn imports_downward_and_inside_a_room_are_fine() {
    let rule = rules::imports_run_downward;
    let text = "use crate::{buffer::Buffer, protocol::{Role, frame::Header}};\nuse super::peer::Phase;";
    assert_eq!(lines(rule, "connection/outbox.rs", text), []);
    assert_eq!(lines(rule, "transport/tcp.rs", text), [1]);
}

#[test]
fn an_outside_name_is_found_where_it_may_not_be() {
    for (path, text) in [
        ("protocol/frame.rs", "use std::{fmt, io, net::SocketAddr};"),
        ("protocol/frame.rs", "use core::time::Duration;"),
        ("connection/mod.rs", "fn new(token: mio::Token) {}"),
        ("connection/mod.rs", "let now = std::time::Instant::now();"),
        ("reactor/turn.rs", "use mio::Token;"),
        ("transport/tcp.rs", "use mio::{Poll, net::TcpStream};"),
        ("server.rs", "use rustls::ServerConfig;"),
    ] {
        let found = lines(rules::outside_names_stay_in_their_place, path, text);
        assert_eq!(found, [1], "{path}: {text}");
    }
}

#[test]
fn an_outside_name_is_fine_at_home() {
    for (path, text) in [
        ("protocol/frame.rs", "use std::net::{IpAddr, SocketAddr};"),
        ("connection/mod.rs", "use std::time::{Duration, Instant};"),
        ("reactor/system.rs", "use mio::{Poll, Token};"),
        ("transport/tcp.rs", "use mio::net::TcpStream;"),
        ("transport/tls.rs", "use rustls::ServerConfig;"),
    ] {
        let found = lines(rules::outside_names_stay_in_their_place, path, text);
        assert_eq!(found, [], "{path}: {text}");
    }
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let rule = rules::files_are_short;
    let code = "//! Room.\n".to_owned() + &"static A: u8 = 0;\n".repeat(399);
    let with_tests = code + "#[cfg(test)]\nmod tests {\n    fn f() {\n    }\n}\n";
    assert_eq!(lines(rule, "id.rs", &with_tests), []);
    let too_long = with_tests + "static B: u8 = 0;\n";
    assert_eq!(lines(rule, "id.rs", &too_long), [401]);
}

#[test]
fn a_long_function_is_found_whatever_its_strings_say() {
    let rule = rules::functions_are_short;
    let body = "    s == \"}\"; // }\n".repeat(68);
    let longest = format!("\nfn f<'a>(s: &'a str) {{\n{body}}}\n");
    assert_eq!(lines(rule, "id.rs", &longest), []);
    let too_long = longest.replace("{\n", "{\n\n");
    assert_eq!(lines(rule, "id.rs", &too_long), [2]);
}

#[test]
fn a_missing_head_is_found() {
    let rule = rules::modules_say_what_they_are_for;
    assert_eq!(lines(rule, "id.rs", "//! Names of connections.\n"), []);
    assert_eq!(lines(rule, "id.rs", "/// An id.\nstruct Id;\n"), [1]);
}

#[test]
fn unsafe_code_is_found_and_talk_about_it_is_not() {
    let text = "#![forbid(unsafe_code)]\n// unsafe\nlet a = \"unsafe\";\nunsafe { b() }\n";
    assert_eq!(lines(rules::nothing_is_unsafe, "id.rs", text), [4]);
}

#[test]
fn a_glob_import_is_found_in_tests_too() {
    let rule = rules::imports_name_what_they_import;
    let text = "use std::fmt;\n#[cfg(test)]\nmod tests {\n    use super::{Id, tests::*};\n}\n";
    assert_eq!(lines(rule, "id.rs", text), [4]);
}

#[test]
fn a_name_with_get_is_found() {
    let text = "fn get_id() {}\nfn get() {}\nfn target_id() {}\n";
    assert_eq!(lines(rules::names_do_not_start_with_get, "id.rs", text), [1]);
}

#[test]
fn a_boolean_argument_is_found_and_a_boolean_answer_is_not() {
    let text = "fn a(&self, fin: bool) {}\n\
                fn b<F: Fn(bool) -> bool>(f: F, g: fn(u8) -> bool) -> bool {}\n\
                fn set_nodelay(&self, on: bool) {}\n\
                fn c(\n    a: [bool; 2],\n    b: bool,\n) {}\n";
    assert_eq!(lines(rules::arguments_are_not_booleans, "id.rs", text), [1, 4]);
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = r##"
        // {
        /* { /* { */ */
        "{\"{" b"{" r#"{"{"# br"{"
        '{' '\'' b'{'
    "##;
    assert_eq!(Source::new("id.rs", text).code.trim(), "");
    let lifetimes = "f::<'a>('b', r#fn)";
    assert_eq!(Source::new("id.rs", lifetimes).code, "f::<'a>(   , r#fn)");
}

#[test]
fn what_only_tests_compile_is_not_shipped() {
    let text = "#[cfg(test)]\n#[path = \"a\"]\nmod tests;\n\
                #[cfg(all(test, unix))]\nfn f() -> [u8; 2] { [0; 2] }\nfn g() {}";
    assert_eq!(Source::new("id.rs", text).shipped.trim(), "fn g() {}");
}
