"""As much of MQTT 3.1.1 as the tests need: a client that blocks, with quality of service 0 and 1, and the packets that a
broker of a test's own is made of."""
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 1, 2, 3, 4, 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


def text(value):
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


def packet(kind, flags, body):
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([kind << 4 | flags]) + length + body


def read_exactly(sock, size):
    got = b""
    while len(got) < size:
        part = sock.recv(size - len(got))
        if not part:
            raise ConnectionError("the other side has closed the connection")
        got += part
    return got


def read_packet(sock):
    """(kind, flags, body)"""
    first = read_exactly(sock, 1)[0]
    size, shift = 0, 0
    while True:
        digit = read_exactly(sock, 1)[0]
        size |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            break
    return first >> 4, first & 15, read_exactly(sock, size)


def read_publish(flags, body):
    """(topic, payload, retained, packet id or None)"""
    size = struct.unpack("!H", body[:2])[0]
    topic, rest, mid = body[2:2 + size].decode(), body[2 + size:], None
    if flags & 6:
        mid, rest = struct.unpack("!H", rest[:2])[0], rest[2:]
    return topic, rest.decode(), bool(flags & 1), mid


class Client:
    """Messages that arrive are kept in `messages` as (topic, payload, retained) until they are taken."""

    def __init__(self, port, name):
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.messages, self.mid = [], 0
        self.sock.sendall(packet(CONNECT, 0, text("MQTT") + bytes([4, 2]) + struct.pack("!H", 0) + text(name)))
        assert self._wait(CONNACK)[1] == 0, "the broker refuses the connection"

    def _wait(self, wanted):
        """The body of the next packet of that kind; messages that come before it are kept."""
        while True:
            kind, flags, body = read_packet(self.sock)
            if kind == PUBLISH:
                topic, payload, retained, mid = read_publish(flags, body)
                if mid is not None:
                    self.sock.sendall(packet(PUBACK, 0, struct.pack("!H", mid)))
                self.messages.append((topic, payload, retained))
            if kind == wanted:
                return body

    def _next_id(self):
        self.mid = self.mid % 65535 + 1
        return struct.pack("!H", self.mid)

    def subscribe(self, *topics):
        self.sock.sendall(packet(SUBSCRIBE, 2, self._next_id() + b"".join(text(t) + b"\0" for t in topics)))
        self._wait(SUBACK)

    def publish(self, topic, payload, retain=False):
        """Returns when the broker has it."""
        body = text(topic) + self._next_id() + payload.encode()
        self.sock.sendall(packet(PUBLISH, 2 | retain, body))
        self._wait(PUBACK)

    def wait_for(self, holds, seconds):
        """Reads until holds(messages) is true; False when the time is over."""
        end = time.monotonic() + seconds
        while not holds(self.messages):
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.sock.settimeout(left)
            try:
                self._wait(PUBLISH)
            except TimeoutError:
                return False
            finally:
                self.sock.settimeout(10)
        return True

    def take(self):
        taken, self.messages = self.messages, []
        return taken
