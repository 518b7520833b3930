// A client of Node's ws against the load server in its echo mode, at ECHO_SERVER. NODE_HOME has the package.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import test from "node:test";

const { WebSocket } = createRequire(`${process.env.NODE_HOME}/`)("ws");
const url = process.env.ECHO_SERVER;
const MAX_MESSAGE = 32 << 20;
const AT_ONCE = 200;
const limit = { timeout: 20_000 };

async function open(protocols = [], options = {}) {
  const socket = new WebSocket(url, protocols, { maxPayload: MAX_MESSAGE, ...options });
  await once(socket, "open");
  return socket;
}

async function close(socket, code = 1000, reason = "") {
  const closed = once(socket, "close");
  socket.close(code, reason);
  const [came] = await closed;
  return came;
}

// Sends all at once; what comes back must be the same, in the same order: strings are texts, buffers binary.
async function assertEchoed(...sent) {
  const socket = await open();
  const came = [];
  const all = new Promise((resolve) => {
    socket.on("message", (data, binary) => {
      came.push(binary ? data : data.toString());
      if (came.length === sent.length) resolve();
    });
  });
  for (const message of sent) socket.send(message);
  await all;
  // Not deepEqual: its report of 16 MiB would be longer still.
  sent.forEach((message, index) => assert.ok(typeof message === "string" ? came[index] === message : message.equals(came[index]), `message ${index}`));
  assert.equal(await close(socket), 1000);
}

test("text and binary keep their type", limit, () => assertEchoed("text", Buffer.from("binary"), "", Buffer.alloc(0), "text again"));

test("Unicode of every width", limit, () => assertEchoed("a", "é", "€", "𐍈", "κόσμε 日本語 🦀".repeat(1000)));

test("lengths around each form of the length field", limit, () =>
  assertEchoed(...[1, 124, 125, 126, 127, 65534, 65535, 65536, 65537].map((length) => randomBytes(length))));

test("sixteen mebibytes", limit, () => assertEchoed(randomBytes(16 << 20), "é".repeat(8 << 20)));

test("many messages underway stay in order", limit, () => assertEchoed(...Array.from({ length: 5000 }, (_, number) => `message ${number}`)));

test("pings are answered with their payload", limit, async () => {
  const socket = await open();
  for (const payload of [Buffer.alloc(0), Buffer.from("payload"), randomBytes(125)]) {
    socket.ping(payload);
    const [came] = await once(socket, "pong");
    assert.ok(payload.equals(came));
  }
  await close(socket);
});

test("fragments are joined, and a ping between them is answered before their end", limit, async () => {
  const socket = await open();
  socket.send("one, ", { fin: false });
  socket.ping("in between");
  await once(socket, "pong");
  socket.send("", { fin: false });
  socket.send("two, κόσμε", { fin: true });
  const [data, binary] = await once(socket, "message");
  assert.deepEqual([data.toString(), binary], ["one, two, κόσμε", false]);
  await close(socket);
});

test("close codes come back", limit, async () => {
  for (const [code, reason] of [[1000, ""], [1001, "going away"], [3000, "κόσμε"], [4999, "x".repeat(123)]]) {
    assert.equal(await close(await open(), code, reason), code);
  }
});

test("offered compression is declined", limit, async () => {
  const socket = await open([], { perMessageDeflate: true });
  assert.equal(socket.extensions, "");
  await close(socket);
});

test("two hundred at once", limit, async () => {
  const sockets = await Promise.all(Array.from({ length: AT_ONCE }, () => open()));
  const answers = sockets.map((socket) => once(socket, "message"));
  sockets.forEach((socket, number) => socket.send(`from ${number}`));
  const came = (await Promise.all(answers)).map(([data]) => data.toString());
  assert.deepEqual(came, sockets.map((_, number) => `from ${number}`));
  assert.deepEqual(new Set(await Promise.all(sockets.map((socket) => close(socket)))), new Set([1000]));
});
