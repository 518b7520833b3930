"""Builds an example of this package, runs it on a free port, and stops it on every way out."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time

START_SECONDS = 10
STOP_SECONDS = 5


def build(example):
    """Builds the example in release mode and returns the path of its executable."""
    command = ["cargo", "build", "--release", "--example", example]
    command += ["--message-format=json-render-diagnostics"]
    messages = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = (json.loads(line) for line in messages.splitlines())
    executables = [
        artifact["executable"]
        for artifact in artifacts
        if artifact.get("executable") and artifact["target"]["name"] == example
    ]
    return executables[-1]


@contextlib.contextmanager
def running(command):
    """Starts `command` with an address as its last argument and yields the port it listens on."""
    port = free_port()
    process = subprocess.Popen([*command, f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(process, port)
        yield port
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with status {process.returncode}")
    finally:
        stop(process)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(process, port):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server did not start: status {process.returncode}")
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError(f"the server did not listen on port {port} within {START_SECONDS} s")


def stop(process):
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def exit_on_termination():
    """Turns SIGTERM into an exit that unwinds, so that no server is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
