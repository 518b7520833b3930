//! `cargo +nightly fuzz run frames --features libfuzzer`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ws_reactor_fuzz::FRAMES.run)(bytes));
