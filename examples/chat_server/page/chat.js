// The page's entry: what the server says goes to the log and the list of people, what the person does goes to the
// server. The messages are described in wire.rs beside this folder.

import { byId, nameTag } from "./dom.js";
import { Composer } from "./composer.js";
import { Link, State } from "./link.js";
import { Log } from "./log.js";
import { nameFault, rememberName, rememberedName } from "./names.js";
import { People } from "./people.js";
import { makeSheet } from "./sheet.js";

const log = new Log(byId("log"), byId("jump"), (unseen) => {
  document.title = unseen > 0 ? `(${unseen}) Chat` : "Chat";
});
const people = new People(byId("people-list"), byId("people-count"));
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const link = new Link(`${scheme}//${location.host}/chat`, {
  open: () => link.send({ type: "hello", name: ownName }),
  message: received,
  latency: (milliseconds) => (byId("detail").textContent = `${Math.max(1, Math.round(milliseconds))} ms`),
  state: stateChanged,
});
const composer = new Composer((text) => link.send({ type: "say", text }));

let ownName = "";
let shownState = State.OFF;
let countdown = null;

// What the server says.

const answers = {
  welcome({ you, name, people: everyone, limits, time }) {
    people.replace(everyone, you);
    nowCalled(name);
    composer.enable(limits.text);
    showChat();
    log.event("event", time, "You joined as ", nameTag(name));
    link.confirm();
  },
  joined({ id, name, time }) {
    if (people.add(id, name)) log.event("event", time, nameTag(name), " joined");
  },
  left({ id, name, time }) {
    people.remove(id);
    log.event("event", time, nameTag(name), " left");
  },
  renamed({ id, from, name, time }) {
    people.rename(id, name);
    if (people.isOwn(id)) nowCalled(name);
    log.event("event", time, nameTag(from), " is now ", nameTag(name));
  },
  said(message) {
    const own = people.isOwn(message.id);
    if (own) composer.delivered();
    log.said(message, own);
  },
  announced: (message) => log.announced(message),
  told: (message) => log.announced({ ...message, name: "Server, to you alone" }),
  notice({ about, text, time }) {
    if (about === "hello") return refused(text);
    if (about === "rename" && byId("rename-dialog").open) return (byId("rename-error").textContent = text);
    if (about === "say") composer.returnDraft();
    log.event("fault", time, text);
  },
  pong: () => link.pong(),
};

function received(text) {
  const message = JSON.parse(text);
  if (Object.hasOwn(answers, message.type)) answers[message.type](message);
}

// The state of the connection.

const stateTexts = {
  [State.OFF]: "Disconnected",
  [State.CONNECTING]: "Connecting…",
  [State.CONNECTED]: "Connected",
  [State.WAITING]: "No connection",
};

function stateChanged(state, reason) {
  const before = shownState;
  shownState = state;
  document.body.dataset.link = state;
  byId("state").textContent = stateTexts[state];
  byId("detail").textContent = "";
  byId("retry").hidden = state !== State.WAITING;
  byId("toggle").textContent = state === State.OFF ? "Connect" : "Disconnect";
  byId("toggle").hidden = ownName === "";
  byId("connect").disabled = state !== State.OFF;
  byId("rename").disabled = state !== State.CONNECTED;
  byId("join-error").textContent = state === State.WAITING ? "The server cannot be reached. Trying again." : "";
  if (before === State.CONNECTED) disconnected(state, reason);
  clearInterval(countdown);
  if (state !== State.WAITING) return;
  countdown = setInterval(showCountdown, 200);
  showCountdown();
}

function disconnected(state, reason) {
  people.replace([], null);
  composer.disable();
  closeRename();
  if (state === State.OFF) return log.event("event", Date.now(), "You disconnected");
  log.event("fault", Date.now(), `Connection lost. ${reason}`.trim());
  composer.returnDraft();
}

function showCountdown() {
  const seconds = Math.max(1, Math.ceil((link.retryAt - performance.now()) / 1000));
  byId("detail").textContent = `again in ${seconds} s`;
}

byId("retry").addEventListener("click", () => link.connect());
byId("toggle").addEventListener("click", () => (link.state === State.OFF ? link.connect() : link.disconnect()));
window.addEventListener("online", () => link.state === State.WAITING && link.connect());

// Names.

function nowCalled(name) {
  ownName = name;
  rememberName(name);
  byId("own-name").textContent = name;
  byId("rename").title = "Change your name";
  closeRename();
}

function showChat() {
  if (!byId("chat").hidden) return;
  byId("welcome").hidden = true;
  for (const id of ["chat", "rename", "show-people"]) byId(id).hidden = false;
  composer.focus();
}

function refused(text) {
  link.disconnect();
  byId("join-error").textContent = text;
  log.event("fault", Date.now(), text);
}

byId("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("join-name").value.trim();
  const fault = nameFault(name);
  byId("join-error").textContent = fault;
  if (fault) return byId("join-name").focus();
  ownName = name;
  link.connect();
});

byId("rename").addEventListener("click", () => {
  byId("new-name").value = ownName;
  byId("rename-error").textContent = "";
  byId("rename-dialog").showModal();
  byId("new-name").select();
});

byId("rename-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("new-name").value.trim();
  const fault = nameFault(name);
  byId("rename-error").textContent = fault;
  if (fault) return;
  if (name === ownName) return closeRename();
  link.send({ type: "rename", name });
});

function closeRename() {
  if (byId("rename-dialog").open) byId("rename-dialog").close();
}

byId("rename-cancel").addEventListener("click", closeRename);

makeSheet(byId("show-people"), byId("people"), byId("log"));
byId("join-name").value = rememberedName();
