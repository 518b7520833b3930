//! Random runs from fixed seeds, in both kinds of world.

use std::panic;
use std::sync::Once;

use super::actor::Deliberate;
use super::play::{Outcome, play};

/// Deliberate panics are not worth a line of output.
pub(super) fn keep_quiet_about_deliberate_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<Deliberate>().is_none() {
                usual(info);
            }
        }));
    });
}

fn run<const SHORT: bool>(seed: u64, clients: usize) -> Outcome {
    keep_quiet_about_deliberate_panics();
    let outcome = play::<SHORT>(seed, clients);
    if let Some(line) = std::env::var("WS_REACTOR_LINE")
        .ok()
        .and_then(|line| line.parse().ok())
    {
        outcome
            .log
            .iter()
            .filter(|entry| entry.is_of(line))
            .for_each(|entry| println!("{entry:?}"));
    }
    let world = if SHORT {
        "short reads empty"
    } else {
        "only blocking empties"
    };
    assert!(
        outcome.faults.is_empty(),
        "{clients} clients, {world}: replay with WS_REACTOR_SEED={seed}\n{}",
        outcome.faults.join("\n")
    );
    outcome
}

fn simulate<const SHORT: bool>(seeds: std::ops::Range<u64>, clients: usize) {
    let replay = std::env::var("WS_REACTOR_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let opened: usize = match replay {
        Some(seed) => run::<SHORT>(seed, clients).opened,
        None => seeds.map(|seed| run::<SHORT>(seed, clients).opened).sum(),
    };
    println!("{opened} connections were opened");
}

#[test]
fn simulation_of_30_connections_with_60_seeds() {
    simulate::<true>(0..60, 30);
}

#[test]
fn simulation_of_30_connections_with_60_seeds_where_only_blocking_re_arms() {
    simulate::<false>(60..120, 30);
}

#[test]
fn simulation_of_400_connections() {
    simulate::<true>(120..122, 400);
    simulate::<false>(122..124, 400);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert!(run::<true>(7, 40).log == run::<true>(7, 40).log);
    assert!(run::<false>(8, 40).log == run::<false>(8, 40).log);
}
