//! `cargo +nightly fuzz run request --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ws_reactor_fuzz::REQUEST.run)(bytes));
