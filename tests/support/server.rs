//! A reactor on a thread of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ws_reactor::{Config, Handle, Reactor, Router};

use super::PATIENCE;
use super::process::thread_time;

/// A server on a free port of the loopback interface. Stopped at once when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// The defaults, changed.
pub(crate) fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

impl Server {
    /// Starts a reactor with one listener.
    pub(crate) fn start(config: Config, router: impl FnOnce() -> Router + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut reactor = Reactor::new(config).expect("a reactor");
            let listener = reactor.listen("127.0.0.1:0", router()).expect("a listener");
            let address = reactor.listener_addr(listener).expect("its address");
            sender.send((address, reactor.handle())).unwrap();
            reactor.run().expect("a loop that ends in order");
        });
        let (address, handle) = receiver.recv().expect("a server that starts");
        Self { address, handle, thread: Some(thread) }
    }

    /// Processor time used by the loop so far, or `None` where the system does not say.
    pub(crate) fn loop_time(&self) -> Option<Duration> {
        let (report, reports) = mpsc::channel();
        let asked = self.handle.run(move |_| report.send(thread_time()).unwrap_or_default());
        asked.expect("a loop that runs");
        reports.recv_timeout(PATIENCE).expect("an answer of the loop")
    }

    /// Fails if the loop uses a noticeable part of a processor while nothing happens.
    pub(crate) fn assert_rests(&self, time: Duration) {
        let before = self.loop_time();
        thread::sleep(time);
        if let (Some(before), Some(after)) = (before, self.loop_time()) {
            let used = after.saturating_sub(before);
            assert!(used < time / 20, "{used:?} of processor time in {time:?}");
        }
    }

    /// Stops at once, and fails if the loop did.
    pub(crate) fn stop(self) {
        self.stop_within(Duration::ZERO);
    }

    /// Stops, and waits for the end.
    pub(crate) fn stop_within(mut self, grace: Duration) {
        self.handle.stop(grace).ok();
        self.join();
    }

    /// Waits until somebody else has stopped it.
    pub(crate) fn join(&mut self) {
        let began = Instant::now();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                assert!(began.elapsed() < PATIENCE, "the loop goes on and on");
                thread::sleep(Duration::from_millis(1));
            }
            thread.join().expect("the loop ended in order");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.stop(Duration::ZERO).ok();
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join();
            if !thread::panicking() {
                outcome.expect("the loop ended in order");
            }
        }
    }
}
