// The chat server as a process that the test can kill, and a wire to it that the test can cut.

import { spawn } from "node:child_process";
import net from "node:net";
import { until } from "./until.mjs";

export class Server {
  #process;
  #output = "";
  url = null;
  operatorUrl = null;

  // `input` is "console" for a console to type at, or "closed" for a standard input that has already ended.
  static async start(executable, listen, input = "console") {
    const server = new Server(executable, listen, input);
    [server.url, server.operatorUrl] = await until("the server prints its addresses", () => server.#addresses());
    return server;
  }

  constructor(executable, listen, input) {
    this.#process = spawn(executable, ["--listen", listen], {
      stdio: [input === "console" ? "pipe" : "ignore", "pipe", "inherit"],
    });
    this.#process.stdout.setEncoding("utf8").on("data", (text) => (this.#output += text));
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  // A line typed at the server's console.
  type(line) {
    this.#process.stdin.write(`${line}\n`);
  }

  // The end of the console's input, as Ctrl-D makes it.
  endInput() {
    this.#process.stdin.end();
  }

  async kill() {
    if (!this.running) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }

  #addresses() {
    if (!this.running) throw new Error("the server has ended");
    const addresses = this.#output.match(/http:\/\/\S+(?=\s)/g);
    return addresses?.length === 2 && addresses;
  }
}

// Passes bytes between one browser and the server. A cut ends what is connected and refuses what comes until it
// is mended: the page loses its network, everybody else keeps theirs.
export class Wire {
  #listener;
  #pairs = new Set();
  #whole = true;

  static async start(port) {
    const wire = new Wire(port);
    await new Promise((resolve) => wire.#listener.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  constructor(port) {
    this.#listener = net.createServer((near) => this.#join(near, port));
  }

  get url() {
    return `http://127.0.0.1:${this.#listener.address().port}/`;
  }

  cut() {
    this.#whole = false;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.resetAndDestroy());
    this.#pairs.clear();
  }

  mend() {
    this.#whole = true;
  }

  stop() {
    this.cut();
    this.#listener.close();
  }

  #join(near, port) {
    near.on("error", () => {});
    if (!this.#whole) return near.resetAndDestroy();
    const far = net.connect(port, "127.0.0.1");
    far.on("error", () => near.destroy());
    const pair = [near, far];
    this.#pairs.add(pair);
    near.on("close", () => (this.#pairs.delete(pair), far.destroy()));
    far.on("close", () => (this.#pairs.delete(pair), near.destroy()));
    near.pipe(far).pipe(near);
  }
}
