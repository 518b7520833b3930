"""Python's websockets against the load server: an implementation that shares no code with this one."""

import asyncio
import logging
import os
import unittest

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

import example_server
import raw_client

MAX_MESSAGE = 32 << 20
SMALL_MAX_MESSAGE = 1000
AT_ONCE = 200
PATIENCE_SECONDS = 20

EXECUTABLE = None


def setUpModule():
    global EXECUTABLE
    # unittest puts the loop into debug mode, which then reports every step over 100 ms.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    example_server.exit_on_termination()
    EXECUTABLE = example_server.build("load_server")


def load_server(mode, max_message=MAX_MESSAGE):
    """A running load server: a context manager that gives its port."""
    options = ["--mode", mode, "--max-message", str(max_message), "--listen"]
    return example_server.running([EXECUTABLE, *options])


def client(port, path="/", **options):
    return connect(f"ws://127.0.0.1:{port}{path}", max_size=MAX_MESSAGE, proxy=None, **options)


async def within(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE_SECONDS)


class Echo(unittest.IsolatedAsyncioTestCase):
    """What is sent comes back as it was."""

    @classmethod
    def setUpClass(cls):
        cls.port = cls.enterClassContext(load_server("echo"))

    async def assert_echoed(self, *messages):
        async with client(self.port) as connection:
            for message in messages:
                await connection.send(message)
                self.assertEqual(await within(connection.recv()), message)

    async def test_text_and_binary_keep_their_type(self):
        await self.assert_echoed("text", b"binary", "text again")

    async def test_empty_messages(self):
        await self.assert_echoed("", b"", "not empty", "")

    async def test_unicode_of_every_width(self):
        await self.assert_echoed("a", "é", "€", "𐍈", "κόσμε 日本語 🦀" * 1000)
        await self.assert_echoed("\x00\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")

    async def test_lengths_around_each_form_of_the_length_field(self):
        lengths = [1, 124, 125, 126, 127, 65534, 65535, 65536, 65537]
        await self.assert_echoed(*(os.urandom(length) for length in lengths))

    async def test_one_mebibyte(self):
        await self.assert_echoed(os.urandom(1 << 20), "é" * (1 << 19))

    async def test_sixteen_mebibytes(self):
        await self.assert_echoed(os.urandom(16 << 20))

    async def test_many_messages_outstanding(self):
        messages = [f"message {number}" for number in range(2000)]
        async with client(self.port) as connection:
            await asyncio.gather(*(connection.send(message) for message in messages))
            received = [await within(connection.recv()) for _ in messages]
        self.assertEqual(received, messages)

    async def test_fragments_are_joined(self):
        async with client(self.port) as connection:
            await connection.send(["one, ", "", "two, ", "κόσμε"])
            self.assertEqual(await within(connection.recv()), "one, two, κόσμε")
            await connection.send([b"\x00", b"", b"\xff" * 70000])
            self.assertEqual(await within(connection.recv()), b"\x00" + b"\xff" * 70000)

    async def test_ping_is_answered_with_its_payload(self):
        async with client(self.port, ping_interval=None) as connection:
            for payload in (b"", b"payload", bytes(range(125))):
                await within(await connection.ping(payload))

    async def test_ping_inside_a_fragmented_message_is_answered_before_its_end(self):
        async with client(self.port, ping_interval=None) as connection:

            async def fragments():
                yield "before, "
                await within(await connection.ping(b"in between"))
                yield "after"

            await connection.send(fragments())
            self.assertEqual(await within(connection.recv()), "before, after")

    async def test_close_code_comes_back_rfc6455_5_5_1(self):
        # The RFC has the code echoed and says nothing about the reason.
        for code, reason in ((1000, ""), (1001, "going away"), (3000, "κόσμε"), (4999, "x" * 123)):
            async with client(self.port) as connection:
                await within(connection.close(code, reason))
            self.assertEqual(connection.protocol.close_rcvd.code, code)

    async def test_what_was_sent_before_the_close_is_answered_before_it(self):
        async with client(self.port) as connection:
            await connection.send("last words")
            closing = asyncio.create_task(connection.close())
            self.assertEqual(await within(connection.recv()), "last words")
            await within(closing)
        self.assertEqual(connection.close_code, 1000)

    async def test_any_path_serves(self):
        async with client(self.port, path="/some/where?a=b&c=%20") as connection:
            await connection.send("here")
            self.assertEqual(await within(connection.recv()), "here")

    async def test_offered_subprotocol_is_not_chosen_unasked(self):
        async with client(self.port, subprotocols=["chat", "superchat"]) as connection:
            self.assertIsNone(connection.subprotocol)

    async def test_offered_compression_is_declined(self):
        async with client(self.port, compression="deflate") as connection:
            self.assertNotIn("Sec-WebSocket-Extensions", connection.response.headers)

    async def test_two_hundred_connections_at_once(self):
        connections = await within(asyncio.gather(*(client(self.port) for _ in range(AT_ONCE))))
        await asyncio.gather(*(one.send(f"from {number}") for number, one in enumerate(connections)))
        received = await within(asyncio.gather(*(one.recv() for one in connections)))
        self.assertEqual(received, [f"from {number}" for number in range(AT_ONCE)])
        await within(asyncio.gather(*(one.close() for one in connections)))
        self.assertEqual({one.close_code for one in connections}, {1000})


class Violations(unittest.TestCase):
    """A faulty peer gets a close frame that names its fault, then the end of the stream."""

    @classmethod
    def setUpClass(cls):
        cls.port = cls.enterClassContext(load_server("echo", SMALL_MAX_MESSAGE))

    def assert_closed(self, sent, code):
        received = raw_client.exchange(self.port, sent)
        self.assertEqual(raw_client.close_code(received), code)

    def test_unmasked_frame_rfc6455_5_1(self):
        self.assert_closed(b"\x81\x05hello", 1002)

    def test_reserved_bit_rfc6455_5_2(self):
        self.assert_closed(raw_client.masked(0xC1, b"hello"), 1002)

    def test_reserved_opcode_rfc6455_5_2(self):
        self.assert_closed(raw_client.masked(0x83, b"hello"), 1002)

    def test_fragmented_ping_rfc6455_5_5(self):
        self.assert_closed(raw_client.masked(0x09, b"hello"), 1002)

    def test_reserved_close_code_rfc6455_7_4_1(self):
        self.assert_closed(raw_client.masked(0x88, (1005).to_bytes(2, "big")), 1002)

    def test_invalid_utf8_rfc6455_8_1(self):
        self.assert_closed(raw_client.masked(0x81, b"\xce\xba\xed\xa0\x80"), 1007)

    def test_invalid_utf8_is_refused_before_the_message_ends_rfc6455_8_1(self):
        self.assert_closed(raw_client.masked(0x01, b"\xff"), 1007)

    def test_message_too_big_is_refused_by_its_header_rfc6455_7_4_1(self):
        claimed = (1 << 62).to_bytes(8, "big")
        self.assert_closed(b"\x82\xff" + claimed + raw_client.MASK, 1009)

    def test_fragments_too_big_together_rfc6455_7_4_1(self):
        more = raw_client.masked(0x00, b"x" * 125)
        self.assert_closed(raw_client.masked(0x02, b"x" * 125) + more * 8, 1009)


class MessageLimit(unittest.IsolatedAsyncioTestCase):
    """The limit is exact, and the server goes on after refusing."""

    async def test_a_message_over_the_limit_is_refused_and_one_at_the_limit_is_not(self):
        with load_server("echo", SMALL_MAX_MESSAGE) as port:
            async with client(port) as connection:
                await connection.send(b"x" * SMALL_MAX_MESSAGE)
                self.assertEqual(len(await within(connection.recv())), SMALL_MAX_MESSAGE)
                await connection.send(b"x" * (SMALL_MAX_MESSAGE + 1))
                with self.assertRaises(ConnectionClosedError) as refused:
                    await within(connection.recv())
                self.assertEqual(refused.exception.rcvd.code, 1009)
            async with client(port) as connection:
                await connection.send("still here")
                self.assertEqual(await within(connection.recv()), "still here")


class Relay(unittest.IsolatedAsyncioTestCase):
    """Connections pair up in order of arrival: 0 with 1, 2 with 3."""

    async def test_neighbours_hear_each_other_and_nobody_else(self):
        with load_server("relay") as port:
            clients = [await within(client(port)) for _ in range(4)]
            for number, one in enumerate(clients):
                await one.send(f"text from {number}")
                await one.send(b"binary from %d" % number)
            for number, one in enumerate(clients):
                neighbour = number ^ 1
                self.assertEqual(await within(one.recv()), f"text from {neighbour}")
                self.assertEqual(await within(one.recv()), b"binary from %d" % neighbour)
            await within(asyncio.gather(*(one.close() for one in clients)))

    async def test_a_long_run_arrives_in_order(self):
        messages = [f"message {number}" for number in range(1000)] + [os.urandom(1 << 20)]
        with load_server("relay") as port:
            async with client(port) as sender, client(port) as receiver:
                sending = asyncio.gather(*(sender.send(message) for message in messages))
                received = [await within(receiver.recv()) for _ in messages]
                await sending
        self.assertEqual(received, messages)


class Broadcast(unittest.IsolatedAsyncioTestCase):
    """Every message reaches everyone, its sender included."""

    async def test_five_clients_hear_everything_in_one_order(self):
        with load_server("broadcast") as port:
            clients = [await within(client(port)) for _ in range(5)]
            for turn in range(20):
                sends = (one.send(f"{turn} from {number}") for number, one in enumerate(clients))
                await asyncio.gather(*sends)
            sent = {f"{turn} from {number}" for turn in range(20) for number in range(5)}
            heard = [[await within(one.recv()) for _ in sent] for one in clients]
            self.assertEqual(set(heard[0]), sent)
            for messages in heard[1:]:
                self.assertEqual(messages, heard[0])
            await within(asyncio.gather(*(one.close() for one in clients)))

    async def test_those_who_left_are_not_missed(self):
        with load_server("broadcast") as port:
            async with client(port) as staying:
                async with client(port):
                    pass
                await staying.send("still here")
                self.assertEqual(await within(staying.recv()), "still here")


if __name__ == "__main__":
    unittest.main()
