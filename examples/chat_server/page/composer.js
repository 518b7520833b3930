// The field a message is written in. Enter sends, Shift+Enter starts a line; what was sent and not seen again
// before the connection was lost comes back as the draft.

import { byId } from "./dom.js";

const SHOW_COUNT_FROM = 0.8; // of the limit

export class Composer {
  #draft = byId("draft");
  #send = byId("send");
  #hint = byId("draft-hint");
  #limit = 0; // characters; 0 while not connected
  #underway = []; // sent, not yet seen to arrive
  #onSend;

  constructor(onSend) {
    this.#onSend = onSend;
    this.#draft.addEventListener("input", () => this.#changed());
    this.#draft.addEventListener("keydown", (event) => this.#key(event));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  focus() {
    this.#draft.focus();
  }

  enable(limit) {
    this.#limit = limit;
    this.#draft.placeholder = "Message";
    this.#changed();
  }

  disable() {
    this.#limit = 0;
    this.#draft.placeholder = "Not connected";
    this.#changed();
  }

  // The oldest message underway came back from the server.
  delivered() {
    this.#underway.shift();
  }

  // Whatever is underway did not arrive: give it back to be edited or sent again.
  returnDraft() {
    if (this.#underway.length === 0) return;
    this.#draft.value = [...this.#underway.splice(0), this.#draft.value].filter(Boolean).join("\n");
    this.#changed();
  }

  #key(event) {
    // While an input method composes, Enter accepts its suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#draft.value.trim();
    if (this.#send.disabled || text === "") return;
    this.#underway.push(text);
    this.#onSend(text);
    this.#draft.value = "";
    this.#changed();
    this.#draft.focus();
  }

  #changed() {
    const length = [...this.#draft.value.trim()].length;
    const tooLong = this.#limit > 0 && length > this.#limit;
    this.#send.disabled = this.#limit === 0 || length === 0 || tooLong;
    this.#draft.setAttribute("aria-invalid", tooLong);
    this.#hint.classList.toggle("error", tooLong);
    this.#hint.textContent = this.#count(length, tooLong);
    this.#fit();
  }

  #count(length, tooLong) {
    if (this.#limit === 0 || length < SHOW_COUNT_FROM * this.#limit) return "";
    return tooLong ? `${length - this.#limit} characters too many` : `${this.#limit - length} characters left`;
  }

  // As high as its text; the stylesheet sets the limit.
  #fit() {
    this.#draft.style.height = "auto";
    this.#draft.style.height = `${this.#draft.scrollHeight + 2}px`;
  }
}
