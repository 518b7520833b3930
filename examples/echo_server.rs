//! The smallest program: everything that arrives goes back.

use ws_reactor::{Config, Context, Handler, Message, Reactor, Router};

struct Echo;

impl Handler for Echo {
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        context.send(message).ok();
    }
}

fn main() -> Result<(), ws_reactor::Error> {
    let mut reactor = Reactor::new(Config::default())?;
    reactor.listen("127.0.0.1:8080", Router::new().otherwise(|_request| Echo))?;
    reactor.run()
}
