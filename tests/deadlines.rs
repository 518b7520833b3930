//! Time: silent peers, living and dead, and the timers of handlers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::{
    Ask, Client, End, Event, FIN, PATIENCE, PING, PONG, TEXT, config, echo, masked, silent, witnessed,
};
use ws_reactor::{Cause, CloseCode, Config, Context, Deadline, TimerId};

const IDLE: Duration = Duration::from_millis(400);

fn impatient() -> Config {
    config(|config| {
        config.idle_timeout = Some(IDLE);
        config.ping_after = Some(IDLE / 4);
    })
}

#[test]
fn a_silent_peer_that_answers_pings_stays_rfc_6455_section_5_5_2() {
    let (server, events) = witnessed(impatient(), echo);
    let mut client = Client::open(server.address);
    let began = Instant::now();
    let mut pings = 0;
    while began.elapsed() < IDLE * 3 {
        let ping = client.next();
        assert_eq!((ping.first, ping.payload.as_slice()), (FIN | PING, &b""[..]));
        client.frame(FIN | PONG, b"");
        pings += 1;
    }
    assert!(pings >= 3, "{pings} pings");
    client.text("alive");
    while client.next().first != FIN | TEXT {}
    client.close(1000, "");
    assert_eq!(events.closed().cause, Cause::Peer);
}

#[test]
fn a_dead_peer_is_pinged_once_and_dropped_with_1006_after_the_idle_timeout() {
    let (server, events) = witnessed(impatient(), echo);
    let began = Instant::now();
    let mut client = Client::open(server.address);
    assert_eq!(client.next().first, FIN | PING);
    assert!(began.elapsed() >= IDLE / 4);
    client.end();
    assert!(began.elapsed() >= IDLE);
    let closed = events.closed();
    assert_eq!((closed.code, closed.cause), (CloseCode::Abnormal, Cause::TimedOut(Deadline::Idle)));
    events.expect_no_more(server);
}

#[test]
fn a_peer_that_talks_is_neither_pinged_nor_dropped() {
    let patient = config(|config| {
        config.idle_timeout = Some(Duration::from_secs(10));
        config.ping_after = Some(Duration::from_secs(5));
    });
    let (server, _events) = witnessed(patient, echo);
    let mut client = Client::open(server.address);
    let began = Instant::now();
    while began.elapsed() < IDLE {
        client.text("on and on");
        assert_eq!(client.next_text(), "on and on");
    }
}

#[test]
fn part_of_a_frame_is_a_sign_of_life() {
    let mute = config(|config| {
        config.idle_timeout = Some(IDLE);
        config.ping_after = None;
    });
    let (server, events) = witnessed(mute, silent);
    let mut client = Client::open(server.address);
    let frame = masked(FIN | TEXT, &[b'a'; 60]);
    let began = Instant::now();
    for byte in &frame {
        client.put(std::slice::from_ref(byte));
        assert!(client.is_silent_for(IDLE / 20), "dropped");
    }
    assert!(began.elapsed() > IDLE);
    events.message();
}

#[test]
fn without_an_idle_timeout_nobody_is_dropped() {
    let forever = config(|config| {
        config.idle_timeout = None;
        config.ping_after = None;
    });
    let (server, _events) = witnessed(forever, echo);
    let mut client = Client::open(server.address);
    assert!(client.is_silent_for(IDLE));
    client.text("still here");
    assert_eq!(client.next_text(), "still here");
}

#[test]
fn an_idle_timeout_needs_no_pings() {
    let mute = config(|config| {
        config.idle_timeout = Some(IDLE);
        config.ping_after = None;
    });
    let (server, events) = witnessed(mute, echo);
    let mut client = Client::open(server.address);
    assert_eq!(client.end(), End::Finished);
    assert_eq!(events.closed().cause, Cause::TimedOut(Deadline::Idle));
}

/// A script: a message of milliseconds sets timers, and each tells how long it took.
fn keeps_time(
    report: mpsc::Sender<(Duration, Duration)>,
) -> impl FnMut(&mut Context<'_>, &Event) + Clone + Send + 'static {
    let mut running: Vec<(TimerId, Instant, Duration)> = Vec::new();
    move |context, event| match event {
        Event::Message(message) => {
            for delay in message.as_message().as_bytes() {
                let delay = Duration::from_millis(u64::from(*delay));
                running.push((context.set_timer(delay), Instant::now(), delay));
            }
        }
        Event::Timer(timer) => {
            let place = running.iter().position(|(id, ..)| id == timer);
            let (_, set, delay) = running.swap_remove(place.expect("a timer of this connection, once"));
            report.send((delay, set.elapsed())).unwrap();
        }
        _ => {}
    }
}

#[test]
fn timers_run_out_once_in_order_and_never_early() {
    let (report, reports) = mpsc::channel();
    let (server, _events) = witnessed(Config::default(), keeps_time(report));
    let mut client = Client::open(server.address);
    let delays = [200, 0, 1, 2, 130, 63, 64, 65, 127, 128, 129, 66, 1, 200, 7];
    client.binary(&delays);
    let ran: Vec<(Duration, Duration)> =
        delays.iter().map(|_| reports.recv_timeout(PATIENCE).unwrap()).collect();
    for (delay, took) in &ran {
        assert!(took >= delay, "{delay:?} took {took:?}");
        assert!(*took < *delay * 5 + Duration::from_secs(2), "{delay:?} took {took:?}");
    }
    let asked: Vec<Duration> = ran.iter().map(|(delay, _)| *delay).collect();
    let mut sorted = asked.clone();
    sorted.sort_unstable();
    assert_eq!(asked, sorted);
    assert!(reports.try_recv().is_err());
}

#[test]
fn a_cancelled_timer_never_runs_out() {
    let (report, reports) = mpsc::channel();
    let (server, events) = witnessed(Config::default(), move |context, event| match event {
        Event::Open => {
            let cancelled = context.set_timer(Duration::from_millis(20));
            let far = context.set_timer(Duration::from_secs(86_400));
            assert!(context.cancel_timer(cancelled));
            assert!(!context.cancel_timer(cancelled));
            assert!(context.cancel_timer(far));
            // Perhaps in the place of the one before, but not the same.
            let kept = context.set_timer(Duration::from_millis(60));
            assert_ne!(kept, cancelled);
            assert!(!context.cancel_timer(cancelled));
            report.send(kept).unwrap();
        }
        Event::Timer(timer) => assert!(!context.cancel_timer(*timer)),
        _ => {}
    });
    let _client = Client::open(server.address);
    let kept = reports.recv_timeout(PATIENCE).unwrap();
    let ran = events.find(|_, event| match event {
        Event::Timer(timer) => Some(timer),
        _ => None,
    });
    assert_eq!(ran, kept);
    events.expect_no_more_timers(server);
}

#[test]
fn nobody_cancels_the_timers_of_another() {
    let (report, timers) = mpsc::channel::<TimerId>();
    let (foreign, foreigns) = mpsc::channel();
    let timers = std::sync::Arc::new(std::sync::Mutex::new(timers));
    let (server, events) = witnessed(Config::default(), move |context, event| match event {
        Event::Open => report.send(context.set_timer(Duration::from_millis(50))).unwrap(),
        Event::Message(_) => {
            let mine_or_not: Vec<TimerId> = timers.lock().unwrap().try_iter().collect();
            let taken = mine_or_not.iter().filter(|timer| context.cancel_timer(**timer)).count();
            foreign.send(taken).unwrap();
        }
        _ => {}
    });
    let _first = Client::open(server.address);
    let first = events.opened();
    let mut second = Client::open(server.address);
    second.text("cancel all");
    // At most its own.
    assert!(foreigns.recv_timeout(PATIENCE).unwrap() <= 1);
    events.find(|id, event| (id == first && matches!(event, Event::Timer(_))).then_some(()));
}

#[test]
fn timers_are_gone_with_their_connection() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            (0..100).for_each(|_| {
                context.set_timer(Duration::from_millis(30));
            });
            if context.path() == "/leave" {
                context.close(CloseCode::Normal, "").unwrap();
            }
        }
    });
    let mut leaves = Client::open_as(server.address, &Ask::upgrade("/leave"));
    let gone = events.opened();
    assert_eq!(leaves.next_close().0, Some(1000));
    leaves.close(1000, "");
    assert_eq!(leaves.end(), End::Finished);
    events.find(|id, event| (id == gone && matches!(event, Event::Close(_))).then_some(()));
    // A tenant of the same slot, whose timers run out after those would have.
    let _stays = Client::open(server.address);
    let tenant = events.opened();
    for _ in 0..100 {
        let whose = events.find(|id, event| matches!(event, Event::Timer(_)).then_some(id));
        assert_eq!(whose, tenant);
    }
    events.expect_no_more_timers(server);
}

#[test]
fn a_timer_that_sets_the_next_never_starves_the_loop() {
    let (server, _events) = witnessed(Config::default(), |context, event| match event {
        Event::Open | Event::Timer(_) => {
            context.set_timer(Duration::ZERO);
        }
        Event::Message(message) => context.send(message).unwrap(),
        _ => {}
    });
    let mut client = Client::open(server.address);
    for _ in 0..20 {
        client.text("well?");
        assert_eq!(client.next_text(), "well?");
    }
}

#[test]
fn deadlines_beyond_all_time_are_as_good_as_none() {
    let endless = config(|config| {
        config.open_timeout = Duration::MAX;
        config.idle_timeout = Some(Duration::MAX);
        config.ping_after = Duration::MAX.checked_sub(Duration::from_secs(1));
        config.close_timeout = Duration::MAX;
        config.write_timeout = Duration::MAX;
    });
    let (mut server, events) = witnessed(endless, |context, event| {
        if let Event::Message(message) = event {
            for delay in [Duration::MAX, Duration::from_secs(1 << 40), Duration::from_millis(1 << 32)] {
                context.set_timer(delay);
            }
            context.send(message).unwrap();
        }
    });
    let mut client = Client::open(server.address);
    client.text("well?");
    assert_eq!(client.next_text(), "well?");
    server.assert_rests(Duration::from_millis(500));
    server.handle.stop(Duration::MAX).unwrap();
    assert_eq!(client.next_close().0, Some(1001));
    client.close(1001, "");
    assert_eq!(client.end(), End::Finished);
    drop(client);
    server.join();
    assert_eq!(events.closed().cause, Cause::Local);
}

#[test]
fn a_loop_without_anything_to_do_sleeps() {
    let (server, _events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.text("well?");
    assert_eq!(client.next_text(), "well?");
    server.assert_rests(Duration::from_millis(500));
}
