"""A Wyoming client in a few lines, of its own: it knows the protocol's description, not hearth's code.

    wyoming_client.py ADDRESS EVENT...     sends events (JSON objects: type, data, version; or raw text after "raw:"), shuts its
                                    side down, and prints each event that comes back as one line: TYPE DATA

ADDRESS is host:port or a path."""
import json
import socket
import sys


def connect(address, timeout=15):
    if address.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(address)
        return s
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=timeout)


def encode(event_type, data=None, version="1.9.0"):
    header = {"type": event_type}
    if version:
        header["version"] = version
    block = json.dumps(data, ensure_ascii=False).encode() if data is not None else b""
    if block:
        header["data_length"] = len(block)
    return json.dumps(header).encode() + b"\n" + block


class Reader:
    def __init__(self, sock):
        self.file = sock.makefile("rb")

    def event(self):
        """(type, data), or None at the end."""
        line = self.file.readline()
        if not line:
            return None
        header = json.loads(line)
        data = header.get("data", {})
        if header.get("data_length"):
            data.update(json.loads(self.file.read(header["data_length"])))
        self.file.read(header.get("payload_length", 0))
        return header["type"], data


def ask(address, text, version="1.9.0", **more):
    """The answer to one sentence, as Home Assistant asks: a connection of its own, read to the final event."""
    with connect(address) as s:
        s.sendall(encode("transcript", {"text": text, "language": "en", **more}, version))
        reader, events = Reader(s), []
        while not events or events[-1][0] in ("intents-start", "intent"):
            event = reader.event()
            assert event, ("connection lost", events)
            events.append(event)
            if event[0] == "intent" and events[0][0] != "intents-start":
                break
        return events


def main():
    with connect(sys.argv[1]) as s:
        for argument in sys.argv[2:]:
            if argument.startswith("raw:"):
                s.sendall(argument[4:].encode("utf-8", "surrogateescape").replace(b"\\n", b"\n"))
            else:
                event = json.loads(argument)
                s.sendall(encode(event["type"], event.get("data"), event.get("version", "1.9.0")))
        s.shutdown(socket.SHUT_WR)
        reader = Reader(s)
        while event := reader.event():
            print(event[0], json.dumps(event[1], ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
