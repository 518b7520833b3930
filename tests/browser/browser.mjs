// Headless Chromium through the DevTools protocol, spoken over two pipes: messages of JSON, each ended by a NUL.
// Nothing has to be installed for it, and no port is opened.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.mjs";

const FLAGS = [
  "--headless",
  "--remote-debugging-pipe",
  "--no-sandbox", // a container's root has no sandbox; only our own page is opened
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];

export class Browser {
  #process;
  #profile;
  #toBrowser;
  #calls = new Map();
  #lastCall = 0;
  #sessions = new Map();
  #partial = "";

  static async start(executable) {
    const profile = await mkdtemp(join(tmpdir(), "chat-browser-"));
    return new Browser(executable, profile);
  }

  constructor(executable, profile) {
    this.#profile = profile;
    this.#process = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    this.#process.on("exit", () => this.#failAll("the browser has ended"));
    this.#process.on("error", (error) => this.#failAll(`the browser did not start: ${error.message}`));
    this.#toBrowser = this.#process.stdio[3];
    this.#toBrowser.on("error", () => {}); // said by "exit" already
    this.#process.stdio[4].setEncoding("utf8").on("data", (text) => this.#received(text));
  }

  call(method, params = {}, sessionId = undefined) {
    this.#lastCall += 1;
    const id = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { method, resolve, reject });
      this.#toBrowser.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  // A page with storage of its own, as if another person had opened it.
  async open(url, options = {}) {
    const { browserContextId } = await this.call("Target.createBrowserContext");
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.#sessions.set(sessionId, page);
    await page.show(url, options);
    return page;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.exitCode === null) {
      this.call("Browser.close").catch(() => {});
      const impatience = setTimeout(() => this.#process.kill("SIGKILL"), 3_000);
      await ended;
      clearTimeout(impatience);
    }
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #received(text) {
    const messages = (this.#partial + text).split("\0");
    this.#partial = messages.pop();
    for (const message of messages) this.#dispatch(JSON.parse(message));
  }

  #dispatch({ id, result, error, method, params, sessionId }) {
    if (id === undefined) return this.#sessions.get(sessionId)?.event(method, params);
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call.reject(new Error(`${call.method}: ${error.message}`));
    else call.resolve(result);
  }

  #failAll(reason) {
    for (const { reject } of this.#calls.values()) reject(new Error(reason));
    this.#calls.clear();
  }
}

export class Page {
  #browser;
  #session;
  // What went wrong in the page: exceptions, and everything the console calls an error, refusals by the
  // Content-Security-Policy among them.
  errors = [];
  // Dialogs opened by script: none should ever be.
  dialogs = 0;

  constructor(browser, session) {
    this.#browser = browser;
    this.#session = session;
  }

  call(method, params) {
    return this.#browser.call(method, params, this.#session);
  }

  async show(url, { width = 1200, height = 800, dark = false, phone = false } = {}) {
    for (const domain of ["Page", "Runtime", "Log"]) await this.call(`${domain}.enable`);
    await this.resize(width, height, phone);
    await this.scheme(dark ? "dark" : "light");
    await this.call("Page.navigate", { url });
    await until(`${url} is loaded`, () => this.evaluate("document.readyState === 'complete'"));
  }

  resize(width, height, phone = false) {
    return this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
  }

  scheme(value) {
    return this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  event(method, params) {
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description ?? "exception");
    if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    if (method === "Page.javascriptDialogOpening") {
      this.dialogs += 1;
      this.call("Page.handleJavaScriptDialog", { accept: false }).catch(() => {});
    }
  }

  async evaluate(expression) {
    const answer = await this.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  }

  // The text of the first element that matches, as a person sees it; empty if there is none.
  text(selector) {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
  }

  texts(selector) {
    return this.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.innerText)`);
  }

  // Clicks where the element is, so that a covered or disabled one is not clicked.
  async click(selector) {
    const found = `document.querySelector(${JSON.stringify(selector)})`;
    const point = await until(`${selector} can be clicked`, () =>
      this.evaluate(`(() => {
        const box = ${found}?.getBoundingClientRect();
        if (!box?.width || ${found}.disabled) return null;
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        return ${found}.contains(document.elementFromPoint(x, y)) ? { x, y } : null;
      })()`),
    );
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.call("Input.dispatchMouseEvent", { type, ...point, button: "left", clickCount: 1 });
    }
  }

  // Types at the focus.
  type(text) {
    return this.call("Input.insertText", { text });
  }

  async press(key, text) {
    const code = { Enter: 13, Tab: 9, Escape: 27 }[key];
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, code: key, windowsVirtualKeyCode: code, text });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, windowsVirtualKeyCode: code });
  }

  enter() {
    return this.press("Enter", "\r");
  }

  async screenshot(file) {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    await writeFile(file, Buffer.from(data, "base64"));
  }
}
