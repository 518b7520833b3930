"""Python's websockets against the file transfer: long messages in fragments, both ways, as server and as client."""

import asyncio
import hashlib
import logging
import os
import tempfile
import unittest
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

import example_server

CONTENT = os.urandom(1 << 20) * 20
HASH = hashlib.sha1(CONTENT).hexdigest()
PATIENCE_SECONDS = 60

EXECUTABLE = None


def setUpModule():
    global EXECUTABLE
    # unittest puts the loop into debug mode, which then reports every step over 100 ms.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    example_server.exit_on_termination()
    EXECUTABLE = example_server.build("file_transfer")


def fragments():
    for start in range(0, len(CONTENT), 100_003):
        yield CONTENT[start : start + 100_003]


async def within(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE_SECONDS)


async def receive_file(connection):
    """What the sending side says: the length, the content in fragments, the hash."""
    length = await connection.recv()
    pieces = [piece async for piece in connection.recv_streaming()]
    return int(length), pieces, await connection.recv()


async def send_file(connection):
    await connection.send(str(len(CONTENT)))
    await connection.send(fragments())
    await connection.send(HASH)


class Files(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def check_received(self, received):
        length, pieces, checksum = received
        self.assertEqual((length, checksum), (len(CONTENT), HASH))
        self.assertEqual(b"".join(pieces), CONTENT)
        self.assertGreater(len(pieces), 100)

    def server(self):
        return example_server.running([EXECUTABLE, "serve", str(self.directory)])

    def client(self, port, path):
        return connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None)

    async def run_example(self, what, file, handle):
        """Runs the example as a client of a Python server, and gives what that heard."""
        heard = asyncio.get_running_loop().create_future()

        async def session(connection):
            heard.set_result(await handle(connection))
            await connection.wait_closed()

        async with serve(session, "127.0.0.1", 0, max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            command = [EXECUTABLE, what, str(file), f"ws://127.0.0.1:{port}"]
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
            result = await within(heard)
            if what == "put":
                for connection in list(server.connections):
                    await connection.close(1000)
            self.assertEqual(await within(process.wait()), 0)
        return result

    async def test_a_server_sends_in_fragments(self):
        (self.directory / "file").write_bytes(CONTENT)
        with self.server() as port:
            async with self.client(port, "/get?file") as connection:
                pong = await connection.ping()
                self.check_received(await within(receive_file(connection)))
                await within(pong)

    async def test_a_server_receives_in_pieces(self):
        with self.server() as port:
            async with self.client(port, "/put?file") as connection:
                await within(send_file(connection))
                await within(connection.wait_closed())
                self.assertEqual(connection.close_code, 1000)
        self.assertEqual((self.directory / "file").read_bytes(), CONTENT)

    async def test_a_server_refuses_what_differs(self):
        with self.server() as port:
            async with self.client(port, "/put?file") as connection:
                await connection.send("3")
                await connection.send(b"abc")
                await connection.send("no hash")
                with self.assertRaises(ConnectionClosed):
                    await within(connection.recv())
                self.assertEqual(connection.close_code, 1008)
        self.assertEqual(list(self.directory.iterdir()), [])

    async def test_a_client_sends_in_fragments(self):
        (self.directory / "file").write_bytes(CONTENT)
        self.check_received(await self.run_example("put", self.directory / "file", receive_file))

    async def test_a_client_receives_in_pieces(self):
        await self.run_example("get", self.directory / "file", send_file)
        self.assertEqual((self.directory / "file").read_bytes(), CONTENT)


if __name__ == "__main__":
    unittest.main()
