"""A Home Assistant for tests: its WebSocket API over a home of a JSON file, and bad manners on demand.

    fake_home_assistant.py PORT TOKEN HOME.json FIFO [CERTIFICATE KEY]

With a certificate it speaks TLS.

HOME.json: {"floors", "areas", "devices", "entities": [{"entry": {...} or null, "state": {...}, "exposed"}]}, each as Home Assistant's
own messages have them. What is called is printed as "call DOMAIN.SERVICE DATA"; services of SERVICES change states as the real ones do.
Orders come through the FIFO, one a line:

    set ENTITY_ID STATE     a state changes by itself
    late ENTITY_ID STATE    a state changes between the next list of states and that of entries
    rename AREA_ID NAME     an area is renamed
    unexpose ENTITY_ID      an entity is not exposed any more
    drop                    all connections break
    raw TEXT                TEXT goes out as a message
    binary                  a binary message goes out
    huge BYTES              a message of that many bytes goes out
    token TOKEN             from now on another token is right
    refuse MESSAGE          calls fail with that message ("": they succeed again)
    deaf                    calls are never answered
    mute                    connections are taken, and never greeted
    speak                   the next ones are greeted again
"""
import asyncio
import base64
import errno
import hashlib
import json
import ssl
import struct
import sys

SERVICES = {
    "turn_on": "on", "turn_off": "off", "lock": "locked", "unlock": "unlocked", "open_cover": "open", "close_cover": "closed",
}
LISTS = {
    "config/floor_registry/list": "floors",
    "config/area_registry/list": "areas",
    "config/device_registry/list": "devices",
}


class Fake:
    def __init__(self, token, home):
        self.token, self.home = token, home
        self.clients = set()
        self.refusal, self.deaf, self.mute, self.late = "", False, False, None
        self.by_id = {e["state"]["entity_id"]: e for e in home["entities"]}

    # ---- the home ----

    def entity(self, entity_id):
        return self.by_id.get(entity_id)

    async def set_state(self, entity_id, state, attributes=None):
        entity = self.entity(entity_id)["state"]
        entity["state"] = state
        entity.setdefault("attributes", {}).update(attributes or {})
        await self.fire("state_changed", {"entity_id": entity_id, "new_state": entity})

    async def fire(self, kind, data):
        for client in list(self.clients):
            for number in client.subscriptions.get(kind, []):
                await client.send({"id": number, "type": "event", "event": {"event_type": kind, "data": data}})

    async def call(self, message):
        service, data = message["service"], message.get("service_data", {})
        print("call", f'{message["domain"]}.{service}', json.dumps(data, sort_keys=True), message["target"]["entity_id"], flush=True)
        attributes = {"brightness": data["brightness"]} if "brightness" in data else {}
        if "position" in data:
            attributes["current_position"] = data["position"]
        if service in SERVICES:
            await self.set_state(message["target"]["entity_id"], SERVICES[service], attributes)
        elif service == "set_cover_position":
            await self.set_state(message["target"]["entity_id"], "open" if data["position"] else "closed", attributes)

    def answer(self, message):
        kind, entities = message["type"], self.home["entities"]
        if kind in LISTS:
            return self.home[LISTS[kind]]
        if kind == "get_config":
            return {"unit_system": {"temperature": "°C"}, "version": "2026.2.3"}
        if kind == "get_states":
            return [e["state"] for e in entities]
        if kind == "homeassistant/expose_entity/list":
            return {"exposed_entities": {e["state"]["entity_id"]: {"conversation": True} for e in entities if e["exposed"]}}
        if kind == "config/entity_registry/get_entries":
            return {i: (self.entity(i) or {}).get("entry") for i in message["entity_ids"]}
        return None

    # ---- orders ----

    async def order(self, line):
        word, _, rest = line.strip().partition(" ")
        if word == "set":
            await self.set_state(*rest.split(" ", 1))
        elif word == "late":
            self.late = rest.split(" ", 1)
        elif word == "rename":
            area_id, name = rest.split(" ", 1)
            next(a for a in self.home["areas"] if a["area_id"] == area_id)["name"] = name
            await self.fire("area_registry_updated", {"action": "update", "area_id": area_id})
        elif word == "unexpose":
            self.entity(rest)["exposed"] = False
            await self.fire("entity_registry_updated", {"action": "update", "entity_id": rest})
        elif word == "drop":
            for client in list(self.clients):
                client.writer.close()
        elif word in ("raw", "binary", "huge"):
            text = rest.encode() if word == "raw" else b"x" * (int(rest) if rest else 4)
            for client in list(self.clients):
                await client.frame(2 if word == "binary" else 1, text)
        elif word == "token":
            self.token = rest
        elif word == "refuse":
            self.refusal = rest
        elif word == "deaf":
            self.deaf = True
        elif word in ("mute", "speak"):
            self.mute = word == "mute"


class Client:
    def __init__(self, fake, reader, writer):
        self.fake, self.reader, self.writer = fake, reader, writer
        self.subscriptions = {}

    # ---- frames (RFC 6455) ----

    async def shake_hands(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        if not head.startswith("GET /api/websocket "):
            self.writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return False
        key = next(line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        return True

    async def frame(self, opcode, data):
        size = len(data)
        short = size if size < 126 else 126 if size < 65536 else 127
        more = b"" if size < 126 else struct.pack(">H", size) if size < 65536 else struct.pack(">Q", size)
        self.writer.write(bytes([0x80 | opcode, short]) + more + data)
        await self.writer.drain()

    async def send(self, message):
        await self.frame(1, json.dumps(message).encode())

    async def receive(self):
        """The next text message, or None at the end."""
        while True:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size, = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                size, = struct.unpack(">Q", await self.reader.readexactly(8))
            mask = await self.reader.readexactly(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(await self.reader.readexactly(size)))
            if first & 0x0F == 8:
                return None
            if first & 0x0F == 9:
                await self.frame(10, data)
            elif first & 0x0F == 1:
                return json.loads(data)

    # ---- the API ----

    async def authenticate(self):
        await self.send({"type": "auth_required", "ha_version": "2026.2.3"})
        message = await self.receive()
        if message and message.get("access_token") == self.fake.token:
            await self.send({"type": "auth_ok", "ha_version": "2026.2.3"})
            return True
        await self.send({"type": "auth_invalid", "message": "Invalid access token or password"})
        print("bad token", flush=True)
        return False

    async def serve(self):
        last = 0
        while (message := await self.receive()) is not None:
            number = message["id"]
            assert number > last, "ids must grow"
            last = number
            if message["type"] == "subscribe_events":
                self.subscriptions.setdefault(message["event_type"], []).append(number)
            if message["type"] == "config/entity_registry/get_entries" and self.fake.late:
                await self.fake.set_state(*self.fake.late)
                self.fake.late = None
            if message["type"] == "call_service" and not self.fake.refusal:
                await self.fake.call(message)
            if message["type"] == "call_service" and self.fake.deaf:
                continue
            result = {"id": number, "type": "result", "success": True, "result": self.fake.answer(message)}
            if message["type"] == "call_service" and self.fake.refusal:
                result = {"id": number, "type": "result", "success": False,
                          "error": {"code": "home_assistant_error", "message": self.fake.refusal}}
            await self.send(result)

    async def run(self):
        try:
            if self.fake.mute:
                await self.reader.read()  # until the other side has had enough
            elif await self.shake_hands() and await self.authenticate():
                self.fake.clients.add(self)
                await self.serve()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.fake.clients.discard(self)
            self.writer.close()


async def listen(serve, port, tls):
    """Somebody who looks for a server that is gone may hold its port for a moment."""
    for left in range(40, -1, -1):
        try:
            return await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
        except OSError as e:
            if e.errno != errno.EADDRINUSE or not left:
                raise
            await asyncio.sleep(0.1)


async def main():
    port, token, home = int(sys.argv[1]), sys.argv[2], json.load(open(sys.argv[3], encoding="utf-8"))
    fake = Fake(token, home)
    tls = None
    if len(sys.argv) > 5:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[5], sys.argv[6])
    await listen(lambda reader, writer: Client(fake, reader, writer).run(), port, tls)
    print("ready", flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), open(sys.argv[4], "r+b", buffering=0))
    while line := await orders.readline():
        await fake.order(line.decode())


asyncio.run(main())
