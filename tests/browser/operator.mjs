// The operator's page beside the chat's: who gets in, what it shows, and that a word for one reaches only that one.

import assert from "node:assert/strict";
import http from "node:http";
import { until } from "./until.mjs";

const HANDSHAKE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

// Asks for the operator's socket as any program could; gives the status of the answer.
export function knock(url, query, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(new URL(`operator/socket${query}`, url), { headers: { ...HANDSHAKE, ...headers } });
    request.on("response", (response) => (response.resume(), resolve(response.statusCode)));
    request.on("upgrade", (_response, socket) => (socket.destroy(), resolve(101)));
    request.on("error", reject);
  });
}

export async function refusesStrangers({ url, operatorUrl }) {
  const token = new URL(operatorUrl).hash.slice(1);
  assert.match(token, /^[0-9a-f]{32}$/);
  for (const query of ["", "?", `?${token.slice(1)}`, `?${token}0`, `?${"0".repeat(32)}`]) {
    assert.equal(await knock(url, query), 403, query);
  }
  assert.equal(await knock(url, `?${token}`, { Origin: "http://evil.example" }), 403, "another page's script");
  assert.equal(await knock(url, `?${token}`), 101);
}

// The names of those who are connected, in any order, are exactly these.
export async function lists(page, ...names) {
  const listed = () => page.evaluate("[...document.querySelectorAll('#client-list .person')].map((each) => each.innerText).sort()");
  await until(`exactly ${names} are connected`, async () => String(await listed()) === String([...names].sort()));
}

export async function choose(page, name) {
  await page.evaluate(`(() => {
    const clients = [...document.querySelectorAll(".client")];
    clients.find((client) => client.querySelector(".person").innerText === ${JSON.stringify(name)}).id = "chosen-by-test";
  })()`);
  await page.click("#chosen-by-test");
  await page.evaluate(`document.querySelector("#chosen-by-test").removeAttribute("id")`);
}
