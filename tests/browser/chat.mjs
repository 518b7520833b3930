// Two people at the real page of the real server: they meet, talk, lose each other and find back, and an operator
// looks on.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "./browser.mjs";
import { choose, lists, refusesStrangers } from "./operator.mjs";
import { Server, Wire } from "./server.mjs";
import { until } from "./until.mjs";

const { CHAT_SERVER, CHROMIUM } = process.env;
const screenshots = process.argv[2];
const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script> & <b>bold</b>`;
const LOG_LIMIT = 500; // entries, see log.js

let server;
let wire;
let browser;
let ada;
let grace;
let operator;

const steps = {
  async "the page is served with a policy that refuses foreign content"() {
    const answer = await fetch(server.url);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^text\/html/);
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
  },

  async "nobody joins without a name"() {
    ada = await browser.open(server.url);
    await ada.enter();
    await until("the name is asked for", () => ada.text("#join-error"));
    assert.equal(await state(ada), "Disconnected");
    await shot(ada, "1-welcome");
  },

  async "two people join and see each other"() {
    await joinAs(ada, "Ada");
    grace = await browser.open(wire.url, { width: 390, height: 780, phone: true });
    await joinAs(grace, "Grace");
    for (const page of [ada, grace]) await sees(page, "Ada", "Grace");
    await reads(ada, "Grace joined");
  },

  async "they talk both ways"() {
    await say(ada, "Good morning, Grace.");
    await reads(grace, "Good morning, Grace.");
    await say(grace, "Good morning! ☀️\nA second line.");
    await reads(ada, "A second line.");
    assert.deepEqual(await grace.texts(".message.said .sender"), ["Ada"]);
    assert.equal((await ada.evaluate("[...document.querySelectorAll('.message time')].map((time) => time.dateTime)")).length, 2);
    assert.equal(await ada.evaluate("document.activeElement.id"), "draft", "the focus stays where one writes");
  },

  async "markup that people write stays text"() {
    await say(ada, HOSTILE);
    for (const page of [ada, grace]) {
      await reads(page, HOSTILE);
      assert.equal(await page.evaluate("document.querySelectorAll('#log img, #log script, #log b').length"), 0);
    }
    await rename(ada, "<b>Ada</b>");
    await sees(grace, "<b>Ada</b>", "Grace");
    assert.equal(await grace.evaluate("document.querySelectorAll('#people-list b, #log b').length"), 0);
    await rename(ada, "Ada");
    await reads(grace, "is now Ada");
  },

  async "a name that is taken is refused, with the reason"() {
    await ada.click("#rename");
    await ada.type("Grace");
    await ada.enter();
    await until("the reason is shown", () => ada.text("#rename-error"));
    await ada.press("Escape");
    await sees(ada, "Ada", "Grace");
  },

  async "a message over the limit cannot be sent"() {
    await ada.click("#draft");
    await ada.type("x".repeat(2_001));
    await until("the page says so", async () => (await ada.text("#draft-hint")).includes("1 character"));
    assert.equal(await ada.evaluate("document.querySelector('#send').disabled"), true);
    await ada.evaluate("document.querySelector('#draft').select()");
    await ada.type("");
  },

  async "the server answers hostile messages with a notice and lives on"() {
    const said = ["not json", "[]", "{}", `{"type":"say"}`, `{"type":"say","text":7}`, `{"type":"nothing"}`, "[".repeat(9_000)];
    said.push(JSON.stringify({ type: "hello", name: " " }), JSON.stringify({ type: "say", text: "before hello" }));
    said.push(JSON.stringify({ type: "hello", name: "x".repeat(25) }), JSON.stringify({ type: "hello", name: "a\u202eb" }));
    const answers = await ada.evaluate(stranger(said));
    assert.deepEqual(answers.map((answer) => answer.type), said.map(() => "notice"));
    assert.ok(answers.every((answer) => answer.text.length > 0));
    const long = [JSON.stringify({ type: "hello", name: "Eve" }), JSON.stringify({ type: "say", text: "y".repeat(2_001) })];
    const [welcome, notice] = await ada.evaluate(stranger(long));
    assert.deepEqual([welcome.type, notice.type, notice.about], ["welcome", "notice", "say"]);
    await reads(ada, "Eve left");
  },

  async "a line at the server's console reaches everyone"() {
    server.type("Tea is served.");
    for (const page of [ada, grace]) await reads(page, "Tea is served.");
    await shot(ada, "2-talk");
    await ada.scheme("dark");
    await shot(ada, "3-talk-dark");
    await ada.scheme("light");
    await shot(grace, "4-phone");
    await grace.click("#show-people");
    await grace.scheme("dark");
    await shot(grace, "5-phone-dark-people");
    await grace.press("Escape");
    await grace.scheme("light");
  },

  async "one is cut off, the other sees it, and it comes back by itself"() {
    wire.cut();
    await until("Grace's page says so", async () => (await state(grace)) === "No connection");
    await until("Ada sees her leave", async () => (await ada.texts(".event")).some((text) => text.startsWith("Grace left")));
    await sees(ada, "Ada");
    await until("a countdown runs", async () => /again in \d+ s/.test(await grace.text("#detail")));
    await shot(grace, "6-cut-off");
    await grace.click("#draft");
    await grace.type("Are you there?");
    assert.equal(await grace.evaluate("document.querySelector('#send').disabled"), true);
    wire.mend();
    await connected(grace);
    for (const page of [ada, grace]) await sees(page, "Ada", "Grace");
    await grace.enter();
    await reads(ada, "Are you there?");
  },

  async "the server is killed and started again: both come back"() {
    const { port } = server;
    await server.kill();
    for (const page of [ada, grace]) await until("the loss is shown", async () => (await state(page)) === "No connection");
    await sleep(500);
    server = await Server.start(CHAT_SERVER, `127.0.0.1:${port}`);
    for (const page of [ada, grace]) await connected(page);
    for (const page of [ada, grace]) await sees(page, "Ada", "Grace");
    await say(grace, "Here we are again.");
    await reads(ada, "Here we are again.");
  },

  async "the end of the console's input does not stop the server"() {
    server.endInput();
    await sleep(200);
    assert.ok(server.running);
    await say(ada, "Still here?");
    await reads(grace, "Still here?");
  },

  async "disconnect is seen by the other, and lasts"() {
    await grace.click("#toggle");
    await until("Grace is disconnected", async () => (await state(grace)) === "Disconnected");
    await sees(ada, "Ada");
    await sleep(1_500); // longer than the first attempt of a lost connection would take
    assert.equal(await state(grace), "Disconnected");
    await shot(grace, "7-disconnected");
    await grace.click("#toggle");
    await connected(grace);
    await sees(ada, "Ada", "Grace");
  },

  async "only who brings the printed token is an operator"() {
    await refusesStrangers(server);
    const stranger = await browser.open(`${server.url}operator`);
    assert.match(await stranger.text("#closed"), /address that the server printed/);
    assert.equal(await state(stranger), "Disconnected");
    await shot(stranger, "8-operator-without-key");
  },

  async "the operator sees who is connected, and what happens"() {
    operator = await browser.open(server.operatorUrl);
    await connected(operator);
    await lists(operator, "Ada", "Grace");
    for (const text of await operator.texts("#client-list .who")) assert.match(text, /^\w+\s+127\.0\.0\.1:\d+\s+since \d/);
    await say(ada, HOSTILE);
    await reads(operator, HOSTILE);
    await rename(ada, "Countess");
    await lists(operator, "Countess", "Grace");
    await rename(ada, "Ada");
    await reads(operator, "is now Ada");
  },

  async "the operator tells one, whom nobody else hears, or everyone"() {
    await choose(operator, "Grace");
    await say(operator, "For Grace's eyes.");
    await reads(grace, "For Grace's eyes.");
    await reads(operator, "For Grace's eyes.");
    await choose(operator, "Everyone");
    await say(operator, "For all of you.");
    for (const page of [ada, grace, operator]) await reads(page, "For all of you.");
    assert.equal((await ada.texts("#log > li")).some((entry) => entry.includes("For Grace's eyes.")), false);
    assert.ok((await grace.texts(".sender")).includes("Server, to you alone"));
    await shot(operator, "9-operator");
    await operator.scheme("dark");
    await shot(operator, "10-operator-dark");
  },

  async "what was meant for one who has gone reaches nobody"() {
    await choose(operator, "Grace");
    await operator.click("#draft");
    await operator.type("Grace, a word?");
    await grace.click("#toggle");
    await lists(operator, "Ada");
    assert.equal(await operator.text("#to"), "Please choose whom to tell");
    assert.equal(await operator.evaluate("document.querySelector('#send').disabled"), true);
    await operator.enter();
    await grace.click("#toggle");
    await connected(grace);
    await lists(operator, "Ada", "Grace");
    assert.equal(await operator.text("#to"), "Please choose whom to tell");
    for (const page of [ada, grace]) {
      assert.equal((await page.texts("#log > li")).some((entry) => entry.includes("a word?")), false);
    }
    await operator.resize(390, 780, true);
    await operator.click("#show-people");
    await shot(operator, "11-operator-phone");
    await operator.press("Escape");
  },

  async "ten thousand messages leave the page quick and the log short"() {
    await ada.evaluate(flood(10_000));
    await reads(grace, "message 10000");
    await reads(ada, "message 10000");
    assert.ok((await ada.evaluate("document.querySelector('#log').childElementCount")) <= LOG_LIMIT);
    await say(grace, "What a noise!");
    await reads(ada, "What a noise!");
  },

  async "who has scrolled away is told of new messages and not moved"() {
    await ada.evaluate("document.querySelector('#log').scrollTop = 0");
    await ada.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    await say(grace, "Look down here.");
    await until("the button counts them", async () => (await ada.text("#jump")) === "1 new message");
    assert.equal(await ada.evaluate("document.title"), "(1) Chat");
    await shot(ada, "12-unread");
    await ada.click("#jump");
    await until("it is read", async () => (await ada.evaluate("document.title")) === "Chat");
  },

  async "the page fits a small window, and stays at the end of the log while it shrinks"() {
    for (const [width, height] of [[900, 180], [320, 480], [390, 780]]) {
      await grace.resize(width, height, width < 500);
      await until(`it fits ${width} x ${height}`, () => grace.evaluate(`(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        const log = document.querySelector("#log");
        const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 2;
        return innerWidth === ${width} && scrollWidth <= innerWidth && scrollHeight <= innerHeight && atEnd;
      })()`));
    }
  },

  async "nothing went wrong in the pages"() {
    for (const page of [ada, grace, operator]) {
      assert.equal(page.dialogs, 0);
      // A browser reports each refused connection of the two losses.
      assert.deepEqual(page.errors.filter((error) => !/WebSocket connection to .* failed|ERR_CONNECTION_/.test(error)), []);
    }
  },
};

async function joinAs(page, name) {
  await page.click("#join-name");
  await page.type(name);
  await page.enter();
  await connected(page);
}

async function rename(page, name) {
  await page.click("#rename");
  await page.type(name);
  await page.enter();
  await until(`the name is ${name}`, async () => (await page.text("#own-name")) === name);
}

async function say(page, text) {
  await page.click("#draft");
  await page.type(text);
  await page.enter();
}

function state(page) {
  return page.text("#state");
}

function connected(page) {
  return until("the page is connected", async () => (await state(page)) === "Connected");
}

function reads(page, text) {
  return until(`"${text}" is in the log`, async () => (await page.texts("#log > li")).some((entry) => entry.includes(text)));
}

// The list of people, in any order, is exactly these.
async function sees(page, ...names) {
  const listed = () => page.evaluate("[...document.querySelectorAll('.person')].map((person) => person.textContent).sort()");
  await until(`exactly ${names} are listed`, async () => String(await listed()) === String([...names].sort()));
}

// Script for a page: a connection of its own that says one thing after the other and collects one answer to each.
function stranger(said) {
  return `new Promise((resolve, reject) => {
    const [said, answers] = [${JSON.stringify(said)}, []];
    const socket = new WebSocket(\`ws://\${location.host}/chat\`);
    socket.onopen = () => socket.send(said[0]);
    socket.onclose = () => reject(new Error("closed after " + answers.length + " answers"));
    socket.onmessage = ({ data }) => {
      answers.push(JSON.parse(data));
      if (answers.length < said.length) return socket.send(said[answers.length]);
      socket.onclose = () => resolve(answers);
      socket.close();
    };
  })`;
}

// Script for a page: someone who says many things, never more than 100 ahead of what came back.
function flood(count) {
  return `new Promise((resolve) => {
    const socket = new WebSocket(\`ws://\${location.host}/chat\`);
    let [sent, seen] = [0, 0];
    const more = () => {
      while (sent < ${count} && sent < seen + 100) socket.send(JSON.stringify({ type: "say", text: \`message \${++sent}\` }));
    };
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", name: "Flood" }));
    socket.onclose = resolve;
    socket.onmessage = ({ data }) => {
      const { type, name } = JSON.parse(data);
      if (type === "said" && name === "Flood") seen += 1;
      if (seen === ${count}) socket.close();
      else if (type === "welcome" || type === "said") more();
    };
  })`;
}

async function shot(page, name) {
  await sleep(100);
  await page.screenshot(join(screenshots, `${name}.png`));
}

async function play() {
  for (const [name, step] of Object.entries(steps)) {
    const started = Date.now();
    try {
      await step();
    } catch (error) {
      console.error(`FAILED  ${name}\n${error.stack}`);
      await shotsOfFailure();
      return 1;
    }
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
  }
  return 0;
}

async function shotsOfFailure() {
  if (ada) await shot(ada, "failed-ada").catch(() => {});
  if (grace) await shot(grace, "failed-grace").catch(() => {});
  if (operator) await shot(operator, "failed-operator").catch(() => {});
}

await mkdir(screenshots, { recursive: true });
try {
  server = await Server.start(CHAT_SERVER, "127.0.0.1:0");
  wire = await Wire.start(server.port);
  browser = await Browser.start(CHROMIUM);
  process.exitCode = await play();
} finally {
  await browser?.stop();
  wire?.stop();
  await server?.kill();
  console.log(`screenshots: ${screenshots}`);
}
