"""The examples that talk at a console, as a person sees them: chat_client with each of the small servers."""

import contextlib
import queue
import subprocess
import threading
import time
import unittest

import example_server

PATIENCE_SECONDS = 20
EXECUTABLES = {}


def setUpModule():
    example_server.exit_on_termination()
    names = ("chat_client", "broadcast_server", "closed_by_server", "push_from_threads", "blocking_echo", "blocking_client")
    for name in names:
        EXECUTABLES[name] = example_server.build(name)


class Console:
    """A program with its standard input and output."""

    def __init__(self, *command):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(command, text=True, bufsize=1, **pipes)
        self.lines = queue.Queue()
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line.rstrip("\n"))

    def type(self, line):
        self.process.stdin.write(line + "\n")

    def reads(self, wanted):
        """Waits for a line, past those before it."""
        passed = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while wanted not in passed:
            try:
                passed.append(self.lines.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no line {wanted!r} among {passed}") from None

    def ends(self):
        """Waits for the end, and gives the status."""
        return self.process.wait(PATIENCE_SECONDS)

    def stop(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        example_server.stop(self.process)


class Examples(unittest.TestCase):
    def start(self, *command):
        console = Console(*command)
        self.addCleanup(console.stop)
        return console

    def start_server(self, name):
        port = example_server.free_port()
        server = self.start(EXECUTABLES[name], f"127.0.0.1:{port}")
        server.reads(f"Listening on ws://127.0.0.1:{port}")
        return server, f"ws://127.0.0.1:{port}/"

    def start_client(self, url):
        client = self.start(EXECUTABLES["chat_client"], url)
        client.reads("Connected to 127.0.0.1")
        return client

    def test_closed_by_server_says_goodbye_and_closes(self):
        server, url = self.start_server("closed_by_server")
        client = self.start_client(url)
        client.reads("Message from 127.0.0.1: Bye bye")
        client.reads("Connection to 127.0.0.1 closed")
        self.assertEqual(client.ends(), 0)
        self.assertIsNone(server.process.poll())

    def test_a_ping_is_answered_with_its_text(self):
        _, url = self.start_server("broadcast_server")
        client = self.start_client(url)
        client.type("ping are you there?")
        client.reads("Pong from 127.0.0.1: are you there?")
        client.type("ping " + "x" * 126)
        client.type("ping still")
        client.reads("Pong from 127.0.0.1: still")

    def test_exit_and_the_end_of_input_close(self):
        _, url = self.start_server("broadcast_server")
        first, second = self.start_client(url), self.start_client(url)
        first.type("exit")
        second.process.stdin.close()
        for client in (first, second):
            client.reads("Connection to 127.0.0.1 closed")
            self.assertEqual(client.ends(), 0)

    def test_nobody_to_talk_to_is_a_failure(self):
        client = self.start(EXECUTABLES["chat_client"], f"ws://127.0.0.1:{example_server.free_port()}/")
        self.assertEqual(client.ends(), 1)

    def test_names_joined_left_and_says(self):
        server, url = self.start_server("broadcast_server")
        ada = self.start_client(url)
        server.reads("Stranger 1 joined")
        grace = self.start_client(url)
        ada.reads("Message from 127.0.0.1: Stranger 2 joined")
        ada.type("call me Ada")
        grace.reads("Message from 127.0.0.1: Stranger 1 is now Ada")
        ada.type("good morning")
        grace.reads("Message from 127.0.0.1: Ada says: good morning")
        ada.type("exit")
        grace.reads("Message from 127.0.0.1: Ada left")
        server.reads("Ada left")

    def test_the_servers_console_speaks_to_everybody_and_ends_it(self):
        server, url = self.start_server("broadcast_server")
        clients = [self.start_client(url) for _ in range(3)]
        server.reads("Stranger 3 joined")
        server.type("send tea is served")
        for client in clients:
            client.reads("Message from 127.0.0.1: tea is served")
        server.type("exit")
        for client in clients:
            client.reads("Connection to 127.0.0.1 closed")
            self.assertEqual(client.ends(), 0)
        self.assertEqual(server.ends(), 0)

    def test_threads_push_to_one_and_to_all(self):
        _, url = self.start_server("push_from_threads")
        asking, listening = self.start_client(url), self.start_client(url)
        asking.type("91")
        asking.reads("Message from 127.0.0.1: 91 can be divided by 7")
        asking.type("18446744073709551616")
        asking.reads("Message from 127.0.0.1: A whole number from 2 on, please.")
        listening.reads("Message from 127.0.0.1: 4 s since the start")
        self.assertNotIn("divided", "".join(listening.lines.queue))

    def test_a_thread_for_each_side(self):
        port = example_server.free_port()
        server = self.start(EXECUTABLES["blocking_echo"], "--listen", f"127.0.0.1:{port}")
        server.reads(f"listening on ws://127.0.0.1:{port}/")
        client = self.start(EXECUTABLES["blocking_client"], f"ws://127.0.0.1:{port}/", "one", "two")
        client.reads("one")
        client.reads("two")
        self.assertEqual(client.ends(), 0)


if __name__ == "__main__":
    unittest.main()
