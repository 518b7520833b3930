"""A server of Python's websockets for our client: what it does at which path, foreign_servers.rs says.

Prints its port and serves until it is stopped.
"""

import asyncio
import collections
import urllib.parse

from websockets.asyncio.server import serve

MAX_MESSAGE = 32 << 20

closed = collections.defaultdict(asyncio.Future)


async def main():
    options = {"max_size": MAX_MESSAGE, "process_request": refuse, "select_subprotocol": second}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def refuse(connection, request):
    if request.path == "/refuse":
        response = connection.respond(403, "Not you.")
        response.headers["X-Why"] = "no"
        return response


def second(_connection, offered):
    return "second" if "second" in offered else None


async def handle(connection):
    path, _, key = connection.request.path.partition("?")
    await PATHS[path](connection, key)
    await connection.wait_closed()


async def echo(connection, _key):
    async for message in connection:
        await connection.send(message)


async def fragments(connection, _key):
    async def parts():
        yield "one, "
        await (await connection.ping(b"in between"))
        yield ""
        yield "two, κόσμε"

    await connection.send(parts())
    await connection.send([b"\x00", b"\xff" * 70000])


async def ping(connection, _key):
    for payload in (b"", b"payload", bytes(range(125))):
        await (await connection.ping(payload))
    await connection.send("three pongs")


async def headers(connection, _key):
    names = ("Host", "Origin", "X-Colour", "Authorization")
    for name in names:
        await connection.send(connection.request.headers.get(name, ""))


async def close(connection, key):
    code, _, reason = key.partition("&")
    await connection.close(int(code), urllib.parse.unquote(reason))


async def closing(connection, key):
    await connection.wait_closed()
    frame = connection.protocol.close_rcvd
    closed[key].set_result(f"{frame.code} {frame.reason}" if frame else "none")


async def told(connection, key):
    await connection.send(await closed[key])


async def big(connection, key):
    await connection.send(b"x" * (1 << 20))
    await closing(connection, key)


PATHS = {
    "/echo": echo,
    "/fragments": fragments,
    "/ping": ping,
    "/headers": headers,
    "/close": close,
    "/closing": closing,
    "/closed": told,
    "/big": big,
}

if __name__ == "__main__":
    asyncio.run(main())
