// The connections of the server, one of which, or all, can be chosen. Entries are changed one by one: whoever is
// chosen stays chosen while others come and go.

import { avatar, make, nameTag } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const EVERYONE = "everyone";

export class Clients {
  #list;
  #count;
  #everyone;
  #present = new Map(); // number => { name, address, since, item, radio }
  #onChoice;

  // `onChoice` is called when another choice is made, or the chosen one changes or goes.
  constructor(list, count, everyone, onChoice) {
    this.#list = list;
    this.#count = count;
    this.#everyone = everyone;
    this.#onChoice = onChoice;
    everyone.addEventListener("change", onChoice);
  }

  // A whole new list. Whoever was chosen is not any more, unless it was everyone.
  replace(clients) {
    this.#present.clear();
    this.#list.replaceChildren();
    for (const client of clients) this.#add(client);
    this.#changed();
  }

  come(client) {
    if (this.#present.has(client.client)) return;
    this.#add(client);
    this.#changed();
  }

  call(number, name) {
    const client = this.#present.get(number);
    if (!client) return;
    client.name = name;
    this.#draw(client);
    if (client.radio.checked) this.#onChoice();
  }

  // Nobody is chosen when the chosen one goes: what was meant for one must not reach all.
  go(number) {
    const client = this.#present.get(number);
    if (!client) return;
    this.#present.delete(number);
    client.item.remove();
    this.#changed();
  }

  // EVERYONE, the number and name of one client, or null.
  get chosen() {
    if (this.#everyone.checked) return EVERYONE;
    for (const [number, { radio, name, address }] of this.#present) {
      if (radio.checked) return { number, name: name ?? address };
    }
    return null;
  }

  #add({ client: number, name, address, since }) {
    const radio = make("input");
    radio.type = "radio";
    radio.name = "to";
    radio.value = number;
    radio.addEventListener("change", this.#onChoice);
    const client = { name, address, since, radio, item: make("li", "", make("label", "client", radio)) };
    this.#present.set(number, client);
    this.#draw(client);
    this.#list.append(client.item);
  }

  #draw({ item, radio, name, address, since }) {
    const title = name === null ? make("span", "person nameless", "has not said hello") : nameTag(name, "person");
    const details = [address, `since ${clock.format(new Date(since))}`].map((text) => make("span", "hint", text));
    const label = item.firstElementChild;
    // The radio button stays where it is: moved, it would lose the focus.
    while (label.lastChild !== radio) label.lastChild.remove();
    label.append(avatar(name ?? "?"), make("span", "who", title, ...details));
  }

  #changed() {
    this.#count.textContent = this.#present.size;
    this.#onChoice();
  }
}
