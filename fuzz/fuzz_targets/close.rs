//! `cargo +nightly fuzz run close --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ws_reactor_fuzz::CLOSE.run)(bytes));
