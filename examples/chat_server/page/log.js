// What was said and what happened, newest last. Entries arrive in batches, only the newest stay in the document,
// and the view follows the end unless the reader has scrolled away from it.

import { avatar, make, nameTag } from "./dom.js";

const LIMIT = 500; // entries kept
const BATCH_DELAY = 16; // milliseconds: about a frame
const NEAR_END = 40; // pixels
const SAME_GROUP = 5 * 60_000; // milliseconds between two messages under one heading

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export class Log {
  #list;
  #jump;
  #waiting = [];
  #timer = null;
  #previous = null;
  #following = true;
  #lastTop = 0;
  #unseen = 0;
  #onUnseen;

  // `onUnseen` is told how many messages came that the reader has not seen.
  constructor(list, jump, onUnseen) {
    this.#list = list;
    this.#jump = jump;
    this.#onUnseen = onUnseen;
    list.addEventListener("scroll", () => this.#scrolled());
    jump.addEventListener("click", () => this.toEnd());
    document.addEventListener("visibilitychange", () => this.#scrolled());
    new ResizeObserver(() => this.#follow()).observe(list);
  }

  said(message, own) {
    this.#add({ kind: own ? "own" : "said", ...message });
  }

  announced(message) {
    this.#add({ kind: "announced", name: "Server", ...message });
  }

  // Something that happened: `parts` are strings and elements, `look` is "event" or "fault".
  event(look, time, ...parts) {
    this.#add({ kind: look, time, parts });
  }

  toEnd() {
    this.#following = true;
    this.#follow();
    this.#seen();
  }

  #add(entry) {
    this.#waiting.push(entry);
    // A hidden page may draw late: never hold more than will be shown.
    if (this.#waiting.length > 2 * LIMIT) this.#waiting.splice(0, this.#waiting.length - LIMIT);
    this.#timer ??= setTimeout(() => this.#draw(), BATCH_DELAY);
  }

  #draw() {
    this.#timer = null;
    const batch = this.#waiting.slice(-LIMIT);
    this.#waiting = [];
    this.#list.append(...batch.map((entry) => this.#render(entry)));
    for (let extra = this.#list.childElementCount - LIMIT; extra > 0; extra -= 1) this.#list.firstElementChild.remove();
    // Whoever has just written wants to see it.
    if (batch.some((entry) => entry.kind === "own")) return this.toEnd();
    this.#follow();
    if (!this.#following || document.hidden) this.#missed(batch.filter((entry) => !entry.parts).length);
  }

  #render(entry) {
    const previous = this.#previous;
    this.#previous = entry;
    if (entry.parts) return make("li", entry.kind, ...entry.parts, " ", timeTag(entry.time));
    const body = make("p", "text", entry.text);
    if (continues(previous, entry)) return make("li", `message ${entry.kind} continued`, body);
    const own = entry.kind === "own";
    const sender = own ? make("span", "hidden-label", "You") : nameTag(entry.name, "sender");
    const head = make("p", "head", sender, " ", timeTag(entry.time));
    return make("li", `message ${entry.kind}`, ...(own ? [] : [avatar(entry.name)]), head, body);
  }

  #follow() {
    if (this.#following) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    const atEnd = scrollTop + clientHeight >= scrollHeight - NEAR_END;
    // Only a move upwards is the reader's: the end also gets away when the view shrinks, as for a keyboard.
    this.#following = atEnd || (this.#following && scrollTop >= this.#lastTop);
    this.#lastTop = scrollTop;
    if (this.#following && !document.hidden) this.#seen();
  }

  #missed(messages) {
    if (messages === 0) return;
    this.#unseen += messages;
    this.#jump.textContent = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`;
    this.#jump.hidden = this.#following;
    this.#onUnseen(this.#unseen);
  }

  #seen() {
    this.#unseen = 0;
    this.#jump.hidden = true;
    this.#onUnseen(0);
  }
}

function continues(previous, entry) {
  return (
    previous?.kind === entry.kind &&
    previous.id === entry.id &&
    previous.name === entry.name &&
    entry.time - previous.time < SAME_GROUP
  );
}

function timeTag(time) {
  const moment = new Date(time);
  const element = make("time", "", clock.format(moment));
  element.dateTime = moment.toISOString();
  element.title = calendar.format(moment);
  return element;
}
