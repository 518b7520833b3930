// A WebSocket that comes back: connects, says what state it is in, and after a loss tries again with exponential
// backoff and jitter until it is told to stop.
//
//              connect()               confirm()
//        off ------------> connecting ------------> connected
//         ^                 ^      |                    |
//         | disconnect()    |      | failed             | lost
//         | from any state  |      v                    |
//         +--------         +-- waiting <---------------+

export const State = Object.freeze({
  OFF: "off",
  CONNECTING: "connecting",
  CONNECTED: "connected",
  WAITING: "waiting",
});

const FIRST_DELAY = 1_000; // all times in milliseconds
const LONGEST_DELAY = 30_000;
const OPENING_LIMIT = 10_000; // from connecting to confirm()
const STABLE_AFTER = 5_000; // a connection this old starts the backoff anew
const PING_EVERY = 15_000;
const PONG_LIMIT = 10_000;

// Half of the delay is certain and half is chance: clients that lost the same server do not return as one crowd.
export function backoff(attempt, random = Math.random) {
  const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempt);
  return delay / 2 + (delay / 2) * random();
}

export class Link {
  #url;
  #on;
  #state = State.OFF;
  #socket = null;
  #attempt = 0;
  #retryAt = 0;
  #connectedAt = 0;
  #deadline = null; // of what the state waits for: an opening, the next attempt, a ping or its pong
  #pingedAt = 0;

  // `on` has the callbacks open(), message(text), latency(milliseconds) and state(state, reason).
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
  }

  get state() {
    return this.#state;
  }

  // When the next attempt starts, as performance.now() counts; only while waiting.
  get retryAt() {
    return this.#retryAt;
  }

  connect() {
    this.#drop();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#on.open();
    socket.onmessage = (event) => this.#on.message(event.data);
    socket.onclose = (event) => this.#lost(event.reason);
    this.#after(OPENING_LIMIT, () => this.#lost("No answer from the server."));
    this.#enter(State.CONNECTING);
  }

  // The first answer of the server has come: from here on the connection counts as made.
  confirm() {
    this.#connectedAt = performance.now();
    this.#enter(State.CONNECTED);
    this.#ping();
  }

  disconnect() {
    this.#drop();
    this.#attempt = 0;
    this.#enter(State.OFF);
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  pong() {
    this.#on.latency(performance.now() - this.#pingedAt);
    this.#after(PING_EVERY, () => this.#ping());
  }

  // A page cannot see the protocol's own pings, and a dead network closes nothing: so it asks, and expects an answer.
  #ping() {
    this.#pingedAt = performance.now();
    this.send({ type: "ping" });
    this.#after(PONG_LIMIT, () => this.#lost("The server stopped answering."));
  }

  #lost(reason) {
    const wasStable = this.#state === State.CONNECTED && performance.now() - this.#connectedAt >= STABLE_AFTER;
    this.#attempt = wasStable ? 0 : this.#attempt;
    this.#drop();
    const delay = backoff(this.#attempt);
    this.#attempt += 1;
    this.#retryAt = performance.now() + delay;
    this.#after(delay, () => this.connect());
    this.#enter(State.WAITING, reason);
  }

  // Lets go of the socket so that no late event of it arrives here.
  #drop() {
    clearTimeout(this.#deadline);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #after(delay, action) {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(action, delay);
  }

  #enter(state, reason = "") {
    this.#state = state;
    this.#on.state(state, reason);
  }
}
