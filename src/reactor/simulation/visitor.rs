//! A random client: an independent model of the other side, which checks all that it is sent.

use super::chance::Chance;
use super::fate::{Fate, VIOLATIONS};
use super::ledger::{Ledger, PATIENCE, SLACK, Shared, Standing};
use super::line::End;
use super::network::{Client, Deeds};
use super::parcel::Parcel;
use super::request::{self, Answer};
use crate::buffer::Pool;
use crate::connection::Cause;
use crate::protocol::handshake::key::Key;
use crate::protocol::transmit::encode;
use crate::protocol::{CloseFrame, Event, Fin, Input, Limits, OpCode, Receiver, Role};

/// How long a patient client stays, in microseconds.
const LONG_SILENCE: u64 = 400_000_000;

const LIMITS: Limits = Limits {
    frame: 1 << 20,
    message: 1 << 20,
};

/// How far a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Knocking,
    /// The request is sent.
    Asking,
    Talking,
    /// It has sent its Close, at that time.
    Closing(u64),
    /// It has seen the server's Close.
    Agreed,
    /// Nothing more will come from it.
    Over,
}

/// A random client.
pub(super) struct Visitor {
    fate: Fate,
    stage: Stage,
    chance: Chance,
    ledger: Shared,
    key: Key,
    answer: Vec<u8>,
    receiver: Receiver,
    pool: Pool,
    /// Messages still to send.
    left: usize,
    /// Pings without an answer, oldest first.
    pings: Vec<u8>,
    /// When it began to be silent.
    silent: Option<u64>,
}

impl Visitor {
    pub(super) fn new(fate: Fate, mut chance: Chance, ledger: Shared) -> Self {
        let left = *chance.pick(&[0, 1, 3, 10, 30]);
        Self {
            fate,
            stage: Stage::Knocking,
            key: Key::from_nonce(chance.bytes()),
            chance,
            ledger,
            answer: Vec::new(),
            receiver: Receiver::default(),
            pool: Pool::new(0),
            left,
            pings: Vec::new(),
            silent: None,
        }
    }

    fn fault(&self, deeds: &Deeds, what: impl Into<String>) {
        let what = format!("{:?} client: {}", self.fate, what.into());
        self.ledger.lock().fault(deeds.line, what);
    }

    fn frame(&mut self, out: &mut Vec<u8>, first: (OpCode, Fin), payload: &[u8]) {
        encode(out, first, payload, Some(self.chance.bytes()));
    }

    fn wake_within(&mut self, deeds: &mut Deeds, micros: usize) {
        deeds.wake = Some(deeds.now + 1 + self.chance.below(micros) as u64);
    }

    fn knock(&mut self, deeds: &mut Deeds) {
        self.stage = Stage::Asking;
        if let Fate::Stumbles(stumble) = self.fate {
            return request::stumble(stumble, &self.key, deeds);
        }
        request::write(&mut deeds.send, &format!("/{}", deeds.line), &self.key);
        // RFC 6455 has clients wait for the answer; a server must cope with those that do not.
        if self.fate.behaves() && self.chance.one_in(8) {
            self.say_something(deeds);
        }
    }

    /// One message, in one frame or in several with pings between them.
    fn say_something(&mut self, deeds: &mut Deeds) {
        let parcel = Parcel::random(&mut self.chance);
        self.ledger.lock().say(deeds.line, parcel);
        let mut out = std::mem::take(&mut deeds.send);
        let mut rest = parcel.bytes();
        let mut opcode = parcel.opcode();
        while self.chance.one_in(3) {
            let (part, behind) = rest.split_at(self.chance.between(0, rest.len()));
            self.frame(&mut out, (opcode, Fin::More), part);
            if self.chance.one_in(3) {
                self.ping(&mut out);
            }
            (opcode, rest) = (OpCode::Continuation, behind);
        }
        self.frame(&mut out, (opcode, Fin::Final), rest);
        deeds.send = out;
    }

    fn ping(&mut self, out: &mut Vec<u8>) {
        let [payload] = self.chance.bytes();
        self.pings.push(payload);
        self.frame(out, (OpCode::Ping, Fin::Final), &[payload]);
    }

    fn talk(&mut self, deeds: &mut Deeds) {
        if deeds.reading != Some(false) && self.fate.behaves() {
            self.ledger.lock().check_promptness(deeds.line);
        }
        if self.left == 0 {
            return self.finish_talking(deeds);
        }
        let burst = if self.chance.one_in(20) { 40 } else { 3 };
        for _ in 0..self.chance.between(1, burst).min(self.left) {
            self.left -= 1;
            self.say_something(deeds);
        }
        // Now and then long enough for what was sent to be late.
        let pause = *self.chance.pick(&[1, 1_000, 50_000, 50_000, 6_000_000]);
        self.wake_within(deeds, pause);
    }

    fn finish_talking(&mut self, deeds: &mut Deeds) {
        match self.fate {
            Fate::Polite | Fate::Hasty => self.close(deeds),
            Fate::Patient => self.wait(deeds),
            Fate::Resets => self.reset(deeds),
            Fate::Leaves => self.end(deeds, End::Fin),
            Fate::Vanishes => {
                deeds.reading = Some(false);
                self.ledger.lock().accounts[deeds.line].vanished = Some(deeds.now);
                self.stage = Stage::Over;
            }
            Fate::Deaf => self.talk_without_reading(deeds),
            Fate::Floods => {
                for _ in 0..3_000 {
                    self.ping(&mut deeds.send);
                }
            }
            Fate::Violates => self.violate(deeds),
            Fate::Stumbles(_) => {}
        }
    }

    fn talk_without_reading(&mut self, deeds: &mut Deeds) {
        deeds.reading = Some(false);
        match self.silent {
            Some(since) if deeds.now > since + LONG_SILENCE => self.stage = Stage::Over,
            _ => {
                self.silent.get_or_insert(deeds.now);
                self.left = 20;
                self.wake_within(deeds, 10_000_000);
            }
        }
    }

    fn wait(&mut self, deeds: &mut Deeds) {
        match self.silent {
            Some(since) if deeds.now >= since + LONG_SILENCE => self.close(deeds),
            Some(since) => deeds.wake = Some(since + LONG_SILENCE),
            None => {
                self.silent = Some(deeds.now);
                deeds.wake = Some(deeds.now + LONG_SILENCE);
            }
        }
    }

    fn reset(&mut self, deeds: &mut Deeds) {
        if self.chance.one_in(2) {
            deeds.send.extend([0x82, 0xFE, 1, 1]);
        }
        self.end(deeds, End::Reset);
    }

    fn violate(&mut self, deeds: &mut Deeds) {
        let (bytes, _) = *self.chance.pick(&VIOLATIONS);
        deeds.send.extend(bytes);
    }

    fn end(&mut self, deeds: &mut Deeds, how: End) {
        deeds.end = Some(how);
        self.stage = Stage::Over;
    }

    fn close(&mut self, deeds: &mut Deeds) {
        self.send_close(deeds);
        self.stage = Stage::Closing(deeds.now);
        deeds.wake = Some(deeds.now + PATIENCE + SLACK);
    }

    fn send_close(&mut self, deeds: &mut Deeds) {
        let payload = CloseFrame::new(1000.into(), "done").payload();
        let payload = payload.as_ref().map_or(&[][..], |payload| payload.as_ref());
        let mut out = std::mem::take(&mut deeds.send);
        self.frame(&mut out, (OpCode::Close, Fin::Final), payload);
        deeds.send = out;
        if self.fate == Fate::Hasty {
            deeds.end = Some(End::Fin);
        }
    }

    fn read_answer(&mut self, deeds: &mut Deeds, bytes: &[u8]) {
        self.answer.extend_from_slice(bytes);
        let path = format!("/{}", deeds.line);
        match request::read_answer(&self.answer, &path, &self.key) {
            Answer::Incomplete => {}
            Answer::Opened(length) if !matches!(self.fate, Fate::Stumbles(_)) => {
                self.stage = Stage::Talking;
                self.wake_within(deeds, 20_000);
                let mut frames = self.answer.split_off(length);
                self.read_frames(deeds, &mut frames);
            }
            Answer::Refused if matches!(self.fate, Fate::Stumbles(_)) => {}
            other => self.fault(deeds, format!("the answer was {other:?}")),
        }
    }

    fn read_frames(&mut self, deeds: &mut Deeds, bytes: &mut [u8]) {
        let mut input = Input::new(bytes);
        while self.stage != Stage::Agreed {
            let mut receiver = std::mem::take(&mut self.receiver);
            let event = receiver.receive(Role::Client, &mut input, &LIMITS, &mut self.pool);
            self.receiver = receiver;
            match event {
                Ok(Some(event)) => self.handle(deeds, event),
                Ok(None) => return,
                Err(violation) => {
                    return self.fault(deeds, format!("the server broke the protocol: {violation}"));
                }
            }
        }
        if !input.is_empty() {
            self.fault(deeds, format!("{} bytes behind a Close", input.len()));
        }
    }

    fn handle(&mut self, deeds: &mut Deeds, event: Event<'_>) {
        let line = deeds.line;
        match event {
            Event::Message(message) => self.ledger.lock().delivered(line, &message),
            Event::Assembled(assembled) => {
                if let Ok(message) = assembled.message() {
                    self.ledger.lock().delivered(line, &message);
                }
            }
            Event::Ping(payload) => {
                let mut out = std::mem::take(&mut deeds.send);
                self.frame(&mut out, (OpCode::Pong, Fin::Final), &payload);
                deeds.send = out;
            }
            Event::Pong(payload) => self.check_pong(deeds, &payload),
            Event::Close(frame) => self.agree(deeds, frame.as_ref()),
        }
    }

    fn check_pong(&mut self, deeds: &Deeds, payload: &[u8]) {
        match self.pings.iter().position(|sent| payload == [*sent]) {
            Some(position) => {
                self.pings.drain(..=position);
            }
            None => self.fault(deeds, format!("a pong {payload:?} to no ping")),
        }
    }

    fn agree(&mut self, deeds: &mut Deeds, frame: Option<&CloseFrame<'_>>) {
        self.ledger.lock().close_delivered(deeds.line);
        let code = frame.map_or(1005, |frame| frame.code.into());
        if code == 1002 && self.fate != Fate::Violates {
            self.fault(deeds, "accused of breaking the protocol");
        }
        if !matches!(self.stage, Stage::Closing(_) | Stage::Over) {
            self.send_close(deeds);
        }
        self.stage = Stage::Agreed;
    }

    /// A client that behaves may only lose its connection without a Close for these reasons.
    fn check_loss(&self, deeds: &Deeds) {
        let ledger = self.ledger.lock();
        let account = &ledger.accounts[deeds.line];
        let excused = match account.standing {
            Standing::Unseen => true,
            Standing::Open => false,
            Standing::Closed if ledger.stopped || account.aborted => true,
            Standing::Closed => matches!(
                account.cause,
                Some(Cause::Aborted | Cause::Stopped | Cause::TooSlow)
            ),
        };
        let cause = account.cause.clone();
        drop(ledger);
        if !excused {
            self.fault(
                deeds,
                format!("ended without a Close, {:?}: {cause:?}", self.stage),
            );
        }
    }
}

impl Ledger {
    /// A closing handshake that takes this long hangs.
    fn check_closing(&mut self, line: usize, since: u64) {
        if self.clock.now() >= since + PATIENCE + SLACK {
            self.fault(line, "a Close hangs".to_owned());
        }
    }
}

impl Client for Visitor {
    fn tick(&mut self, deeds: &mut Deeds) {
        match self.stage {
            Stage::Knocking => self.knock(deeds),
            Stage::Asking => {
                let since = *self.silent.get_or_insert(deeds.now);
                if let (Fate::Stumbles(stumble), true) = (self.fate, deeds.now < since + LONG_SILENCE) {
                    request::stumble_on(stumble, &self.key, deeds);
                }
            }
            Stage::Talking => self.talk(deeds),
            Stage::Closing(since) => self.ledger.lock().check_closing(deeds.line, since),
            Stage::Agreed | Stage::Over => {}
        }
    }

    fn received(&mut self, deeds: &mut Deeds, bytes: &[u8]) {
        match self.stage {
            Stage::Knocking => self.fault(deeds, "an answer to nothing"),
            Stage::Asking => self.read_answer(deeds, bytes),
            Stage::Talking | Stage::Closing(_) => self.read_frames(deeds, &mut bytes.to_vec()),
            Stage::Agreed => self.fault(deeds, format!("{} bytes behind a Close", bytes.len())),
            Stage::Over => {}
        }
    }

    fn ended(&mut self, deeds: &mut Deeds, _how: End) {
        if self.fate.behaves() && matches!(self.stage, Stage::Talking | Stage::Closing(_)) {
            self.check_loss(deeds);
        }
        self.end(deeds, End::Fin);
    }
}
