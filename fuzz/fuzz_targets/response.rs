//! `cargo +nightly fuzz run response --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ws_reactor_fuzz::RESPONSE.run)(bytes));
