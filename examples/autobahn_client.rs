//! The client that the conformance suite talks to: `autobahn_client [ADDR]`, 127.0.0.1:9001 if none is given.
//!
//! It asks the suite's fuzzing server how many cases there are, echoes what each of them sends, one case after the
//! other, and has the report written.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use ws_reactor::{
    Closed, Config, ConnectError, Context, Handler, InvalidConnect, Lifetime, Loop, Message, Reactor,
};

const AGENT: &str = "ws-reactor";

/// What the connections of one run share: each makes the next when it ends.
struct Suite {
    address: String,
    cases: u32,
    fault: Option<Box<dyn Error>>,
}

/// What a connection is for.
#[derive(Clone, Copy)]
enum Step {
    Count,
    Case(u32),
    Report,
}

struct Session {
    suite: Rc<RefCell<Suite>>,
    step: Step,
}

impl Handler for Session {
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        match (self.step, message) {
            (Step::Count, Message::Text(count)) => {
                let mut suite = self.suite.borrow_mut();
                match count.parse() {
                    Ok(cases) => suite.cases = cases,
                    Err(error) => suite.fault = Some(Box::new(error)),
                }
            }
            (Step::Case(number), message) => {
                if let Err(error) = context.send(message) {
                    eprintln!("case {number}: {error}");
                }
            }
            (Step::Count | Step::Report, _) => {}
        }
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        self.suite.borrow_mut().fault = Some(Box::new(error));
    }

    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        let Some(step) = self.next() else { return };
        let next = Self { suite: Rc::clone(&self.suite), step };
        let url = next.url();
        if let Err(error) = context.others().connect(url, next) {
            self.suite.borrow_mut().fault = Some(Box::new(error));
        }
    }
}

impl Session {
    fn next(&self) -> Option<Step> {
        let suite = self.suite.borrow();
        match self.step {
            _ if suite.fault.is_some() => None,
            Step::Count if suite.cases > 0 => Some(Step::Case(1)),
            Step::Case(number) if number < suite.cases => Some(Step::Case(number + 1)),
            Step::Count | Step::Case(_) => Some(Step::Report),
            Step::Report => None,
        }
    }

    fn url(&self) -> String {
        let address = &self.suite.borrow().address;
        match self.step {
            Step::Count => format!("ws://{address}/getCaseCount"),
            Step::Case(number) => format!("ws://{address}/runCase?case={number}&agent={AGENT}"),
            Step::Report => format!("ws://{address}/updateReports?agent={AGENT}"),
        }
    }
}

fn start(reactor: &mut Reactor, suite: &Rc<RefCell<Suite>>) -> Result<(), InvalidConnect> {
    let first = Session { suite: Rc::clone(suite), step: Step::Count };
    reactor.connect(first.url(), first).map(drop)
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let mut config = Config::default();
    config.max_message = 64 << 20;
    config.lifetime = Lifetime::WhileConnected;
    let mut reactor = Reactor::new(config)?;
    let suite = Rc::new(RefCell::new(Suite { address, cases: 0, fault: None }));
    start(&mut reactor, &suite)?;
    reactor.run()?;
    let mut suite = suite.borrow_mut();
    println!("{} cases", suite.cases);
    suite.fault.take().map_or(Ok(()), Err)
}
