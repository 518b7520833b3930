//! Sends texts and prints the answer to each: `blocking_client URL [TEXT...]`, or the lines of the input if there is
//! no TEXT.

use std::env;
use std::error::Error;
use std::io;
use std::time::Duration;

use ws_reactor::blocking::{self, Connection, RecvError};
use ws_reactor::{CloseCode, OwnedMessage};

const PATIENCE: Duration = Duration::from_secs(5);

fn ask(connection: &Connection, text: String) -> Result<(), Box<dyn Error>> {
    connection.send(text)?;
    match connection.recv_timeout(PATIENCE) {
        Ok(OwnedMessage::Text(answer)) => println!("{answer}"),
        Ok(OwnedMessage::Binary(answer)) => println!("{} bytes", answer.len()),
        Err(RecvError::Empty) => println!("(no answer)"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).peekable();
    let url = arguments.next().ok_or("usage: blocking_client URL [TEXT...]")?;
    let connection = blocking::connect(url)?;
    if arguments.peek().is_some() {
        for text in arguments {
            ask(&connection, text)?;
        }
    } else {
        for line in io::stdin().lines() {
            ask(&connection, line?)?;
        }
    }
    let closed = connection.close(CloseCode::Normal, "that was all")?;
    eprintln!("{closed}");
    Ok(())
}
