"""A client on a bare socket, for what a correct WebSocket library refuses to send."""

import socket

TIMEOUT_SECONDS = 5
MASK = b"\x12\x34\x56\x78"
UPGRADE = (
    "GET / HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "\r\n"
)
# The answer to that key in RFC 6455, 1.3.
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def exchange(port, sent):
    """Opens a connection, sends the bytes, and returns all that comes back until the server ends it."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as stream:
        stream.sendall(UPGRADE.format(port=port).encode())
        received = read_head(stream)
        stream.sendall(sent)
        while chunk := stream.recv(65536):
            received += chunk
        return received


def read_head(stream):
    """Reads the 101 response and returns the bytes behind it."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = stream.recv(65536)
        if not chunk:
            raise ConnectionError(f"the server ended the opening handshake after {received!r}")
        received += chunk
    head, _, rest = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101 ") or ACCEPT not in head:
        raise ConnectionError(f"no upgrade: {head!r}")
    return rest


def close_code(received):
    """The status code of a lone close frame, the only thing a violation is answered with."""
    if len(received) < 4 or received[0] != 0x88 or received[1] != len(received) - 2:
        raise ValueError(f"not one close frame with a code: {received!r}")
    return int.from_bytes(received[2:4], "big")


def masked(first_byte, payload):
    """A short frame of a client: FIN, RSV and opcode in `first_byte`, up to 125 bytes of payload."""
    hidden = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([first_byte, 0x80 | len(payload)]) + MASK + hidden
