// The operator's page: who is connected, what happens, and a word to one or to all. The messages are described in
// orders.rs beside this folder.

import { Clients, EVERYONE } from "./clients.js";
import { Composer } from "./composer.js";
import { byId, nameTag } from "./dom.js";
import { Link, State } from "./link.js";
import { Log } from "./log.js";
import { makeSheet } from "./sheet.js";

const token = location.hash.slice(1);
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const link = new Link(`${scheme}//${location.host}/operator/socket?${encodeURIComponent(token)}`, {
  open: () => {}, // the server speaks first
  message: received,
  latency: (milliseconds) => (byId("detail").textContent = `${Math.max(1, Math.round(milliseconds))} ms`),
  state: stateChanged,
});
const log = new Log(byId("log"), byId("jump"), (unseen) => {
  document.title = unseen > 0 ? `(${unseen}) Operator` : "Operator";
});
const clients = new Clients(byId("client-list"), byId("client-count"), byId("everyone"), chosen);
const composer = new Composer(send);

let longest = 0; // characters of a message; 0 while not connected
let shownState = State.OFF;
let countdown = null;

const answers = {
  clients({ clients: everyone, limits }) {
    longest = limits.text;
    clients.replace(everyone);
    byId("closed").hidden = true;
    byId("desk").hidden = false;
    link.confirm();
  },
  came(client) {
    clients.come(client);
    log.event("event", client.time, client.address, " connected");
  },
  called: ({ client, name }) => clients.call(client, name),
  gone({ client, address, name, time }) {
    clients.go(client);
    log.event("event", time, address, ...(name === null ? [] : [" (", nameTag(name), ")"]), " disconnected");
  },
  joined: ({ name, time }) => log.event("event", time, nameTag(name), " joined"),
  left: ({ name, time }) => log.event("event", time, nameTag(name), " left"),
  renamed: ({ from, name, time }) => log.event("event", time, nameTag(from), " is now ", nameTag(name)),
  said: (message) => log.said(message, false),
  announced: (message) => log.announced({ ...message, name: "Server, to everyone" }),
  told: (message) => log.announced({ ...message, name: `Server, to ${message.to} alone` }),
  sent: () => composer.delivered(),
  notice({ about, text, time }) {
    if (about === "tell") composer.returnDraft();
    log.event("fault", time, text);
  },
  pong: () => link.pong(),
};

function received(text) {
  const message = JSON.parse(text);
  if (Object.hasOwn(answers, message.type)) answers[message.type](message);
}

// Whom a message is for.

function chosen() {
  const choice = clients.chosen;
  const to = byId("to");
  if (choice === EVERYONE) to.replaceChildren("To everyone who has joined");
  else if (choice) to.replaceChildren("To ", nameTag(choice.name), " alone");
  else to.replaceChildren("Please choose whom to tell");
  if (choice && longest > 0) return composer.enable(longest);
  composer.disable();
  if (longest > 0) byId("draft").placeholder = "The client is gone";
}

function send(text) {
  const choice = clients.chosen;
  link.send({ type: "tell", to: choice === EVERYONE ? null : choice.number, text });
}

// The state of the connection.

// A page is not told why it may not connect.
const hint = "If it was started anew, open the address that it has printed now.";
const stateTexts = {
  [State.OFF]: "Disconnected",
  [State.CONNECTING]: "Connecting…",
  [State.CONNECTED]: "Connected",
  [State.WAITING]: "No connection",
};

function stateChanged(state, reason) {
  const wasConnected = shownState === State.CONNECTED;
  shownState = state;
  document.body.dataset.link = state;
  byId("state").textContent = stateTexts[state];
  byId("detail").textContent = "";
  byId("retry").hidden = state !== State.WAITING;
  if (wasConnected) disconnected(reason);
  clearInterval(countdown);
  if (state !== State.WAITING) return;
  byId("closed-reason").textContent = `The server cannot be reached. ${hint}`;
  countdown = setInterval(showCountdown, 200);
  showCountdown();
}

function disconnected(reason) {
  longest = 0;
  clients.replace([]);
  composer.returnDraft();
  log.event("fault", Date.now(), `Connection lost. ${reason}`.trim(), ` ${hint}`);
}

function showCountdown() {
  const seconds = Math.max(1, Math.ceil((link.retryAt - performance.now()) / 1000));
  byId("detail").textContent = `again in ${seconds} s`;
}

byId("retry").addEventListener("click", () => link.connect());
window.addEventListener("online", () => link.state === State.WAITING && link.connect());
// The printed address opened once more, in this tab.
window.addEventListener("hashchange", () => location.reload());
makeSheet(byId("show-people"), byId("people"), byId("log"));
if (token !== "") link.connect();
