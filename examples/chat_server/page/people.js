// Who is here, by the number the server gave each connection.

import { avatar, make, nameTag } from "./dom.js";

const SHOWN = 200;

const alphabet = new Intl.Collator(undefined, { numeric: true });

export class People {
  #list;
  #count;
  #names = new Map();
  #own = null;
  #timer = null;

  constructor(list, count) {
    this.#list = list;
    this.#count = count;
  }

  // A whole new list: [{ id, name }], of which `own` is this page.
  replace(people, own) {
    this.#names = new Map(people.map(({ id, name }) => [id, name]));
    this.#own = own;
    this.#changed();
  }

  isOwn(id) {
    return id === this.#own;
  }

  // False if that person is listed already.
  add(id, name) {
    if (this.#names.has(id)) return false;
    this.#names.set(id, name);
    this.#changed();
    return true;
  }

  rename(id, name) {
    this.#names.set(id, name);
    this.#changed();
  }

  remove(id) {
    this.#names.delete(id);
    this.#changed();
  }

  #changed() {
    this.#timer ??= setTimeout(() => this.#draw(), 16);
  }

  #draw() {
    this.#timer = null;
    const everyone = [...this.#names].sort(([a, nameOfA], [b, nameOfB]) => {
      return this.isOwn(b) - this.isOwn(a) || alphabet.compare(nameOfA, nameOfB);
    });
    this.#list.replaceChildren(...everyone.slice(0, SHOWN).map(([id, name]) => this.#render(id, name)));
    if (everyone.length > SHOWN) this.#list.append(make("li", "more", `and ${everyone.length - SHOWN} more`));
    this.#count.textContent = everyone.length;
  }

  #render(id, name) {
    const item = make("li", "", avatar(name), nameTag(name, "person"));
    if (this.isOwn(id)) item.append(make("span", "hint", "you"));
    return item;
  }
}
