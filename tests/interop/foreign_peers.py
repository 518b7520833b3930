"""Programs that are not ours at the other end: our client against their servers, Node's client against ours.

tests/foreign_servers.rs is our client's side; the servers are python_server.py and node_server.mjs.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import unittest

import example_server

HERE = pathlib.Path(__file__).parent
LIMIT_SECONDS = 120
# The first run builds the test.
BUILD_LIMIT_SECONDS = 400


def setUpModule():
    example_server.exit_on_termination()
    node_home = subprocess.run([HERE / "node_environment"], check=True, stdout=subprocess.PIPE, text=True)
    os.environ["NODE_HOME"] = node_home.stdout.strip()
    command = ["cargo", "test", "--test", "foreign_servers", "--no-run"]
    subprocess.run(command, check=True, timeout=BUILD_LIMIT_SECONDS)


@contextlib.contextmanager
def serving(*command):
    """Runs a server that prints its port, and yields its address."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"127.0.0.1:{int(process.stdout.readline())}"
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with status {process.returncode}")
    finally:
        example_server.stop(process)
        process.stdout.close()


def run(*command, **environment):
    subprocess.run(command, check=True, timeout=LIMIT_SECONDS, env={**os.environ, **environment})


class OurClient(unittest.TestCase):
    def assert_understands(self, *server):
        with serving(*server) as address:
            command = ["cargo", "test", "--quiet", "--test", "foreign_servers", "--", "--ignored"]
            run(*command, FOREIGN_SERVER=f"ws://{address}")

    def test_our_client_with_python_websockets_as_server(self):
        self.assert_understands(sys.executable, HERE / "python_server.py")

    def test_our_client_with_node_ws_as_server(self):
        self.assert_understands("node", HERE / "node_server.mjs")


class OurServer(unittest.TestCase):
    def test_our_server_with_node_ws_as_client(self):
        executable = example_server.build("load_server")
        options = ["--mode", "echo", "--max-message", str(32 << 20), "--listen"]
        with example_server.running([executable, *options]) as port:
            run("node", "--test", "--test-reporter=spec", HERE / "node_client.mjs", ECHO_SERVER=f"ws://127.0.0.1:{port}/")


if __name__ == "__main__":
    unittest.main()
