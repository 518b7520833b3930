//! `cargo +nightly fuzz run extensions --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ws_reactor_fuzz::EXTENSIONS.run)(bytes));
