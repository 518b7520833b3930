// A server of Node's ws for our client: what it does at which path, foreign_servers.rs says.
//
// Prints its port and serves until it is stopped. NODE_HOME has the package.

import { createRequire } from "node:module";
import { createServer } from "node:http";

const { WebSocketServer } = createRequire(`${process.env.NODE_HOME}/`)("ws");
const MAX_MESSAGE = 32 << 20;
const closed = new Map(); // key => { text, resolve }

const paths = {
  "/echo": (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),

  "/fragments"(socket) {
    socket.send("one, ", { fin: false });
    socket.ping("in between");
    socket.once("pong", () => {
      socket.send("", { fin: false });
      socket.send("two, κόσμε", { fin: true });
      socket.send(Buffer.of(0), { fin: false });
      socket.send(Buffer.alloc(70_000, 0xff), { fin: true });
    });
  },

  "/ping"(socket) {
    const payloads = [Buffer.alloc(0), Buffer.from("payload"), Buffer.from(Array.from({ length: 125 }, (_, index) => index))];
    const next = () => (payloads.length ? socket.ping(payloads[0]) : socket.send("three pongs"));
    socket.on("pong", (payload) => payload.equals(payloads.shift()) ? next() : socket.close(1011, "another payload"));
    next();
  },

  "/headers"(socket, _key, { headers }) {
    for (const name of ["host", "origin", "x-colour", "authorization"]) socket.send(headers[name] ?? "");
  },

  "/close"(socket, key) {
    const [code, reason] = key.split("&");
    socket.close(Number(code), decodeURIComponent(reason));
  },

  "/closing": (socket, key) => socket.on("close", (code, reason) => ending(key).resolve(`${code} ${reason}`)),

  "/closed": async (socket, key) => socket.send(await ending(key).text),

  "/big"(socket, key) {
    socket.send(Buffer.alloc(1 << 20, "x"));
    paths["/closing"](socket, key);
  },
};

function ending(key) {
  if (!closed.has(key)) {
    const entry = {};
    entry.text = new Promise((resolve) => (entry.resolve = resolve));
    closed.set(key, entry);
  }
  return closed.get(key);
}

const server = createServer();
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE,
  perMessageDeflate: true,
  handleProtocols: (offered) => offered.has("second") && "second",
});
server.on("upgrade", (request, stream, head) => {
  if (request.url === "/refuse") {
    return stream.end("HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 8\r\nConnection: close\r\n\r\nNot you.");
  }
  sockets.handleUpgrade(request, stream, head, (socket) => {
    const [path, key = ""] = request.url.split("?");
    socket.on("error", () => {});
    paths[path](socket, key, request);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
