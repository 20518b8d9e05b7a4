"""Plays tests/data/discovery/*.json (tests/test_corpus.c tells their form) to a running hearthd over a real broker: is
each entity registered, is each state followed, does each command reach the broker as it should, and does nothing stay
behind?

    corpus.py PORT SOCKET FILE...
"""
import json
import os
import socket
import sys
import time

from mqtt_client import Client

SECONDS = 5      # to wait for anything; a passing test waits milliseconds
QUIET = 0.02     # no message may come within it after the last that is expected


class Failure(Exception):
    pass


class Hearth:
    """hearthd's local socket: requests whose answers are waited for, or not."""

    def __init__(self, path):
        self.path, self.id = path, 0
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS + 5)
        self.sock.connect(self.path)
        self.file = self.sock.makefile("r", encoding="utf-8")

    def send(self, method, params):
        self.id += 1
        line = json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params})
        self.sock.sendall(line.encode() + b"\n")

    def answer(self):
        answer = json.loads(self.file.readline())
        if "error" in answer:
            raise Failure(f"hearthd answers: {answer['error']}")
        return answer["result"]

    def ask(self, method, params):
        self.send(method, params)
        return self.answer()

    def forget(self):
        """Leaves what is under way to itself."""
        self.sock.close()
        self.connect()

    def entities(self):
        return {e["entity_id"]: e for e in self.ask("devices", {"all": True})["entities"]}


def text_of(payload):
    return payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def until(what, holds):
    """Polls until holds() gives no reason against it."""
    end = time.monotonic() + SECONDS
    while (why := holds()) and time.monotonic() < end:
        time.sleep(0.005)
    if why:
        raise Failure(f"{what}: {why}")


class Play:
    def __init__(self, name, case, broker, hearth):
        self.name, self.case, self.broker, self.hearth = name, case, broker, hearth
        self.retained = set()
        self.commands = 0

    def publish(self, message, retain=False):
        payload = text_of(message["payload"])
        self.broker.publish(message["topic"], payload, retain)
        if retain:
            (self.retained.add if payload else self.retained.discard)(message["topic"])

    def subscribed(self):
        """What hearthd publishes now comes after its subscriptions: the broker has taken these when this arrives."""
        self.broker.take()
        last = self.hearth.ask("call", {"tool": "HassNevermind"})["id"]
        if not self.broker.wait_for(lambda m: any(t.startswith("hearth/") and last in p for t, p, _ in m), SECONDS):
            raise Failure("hearthd publishes no result")

    def registered(self, wanted):
        until("entities", lambda: None if set(self.hearth.entities()) == set(wanted) else
              f"{sorted(self.hearth.entities())}, not {sorted(wanted)}")

    def check_entities(self):
        wanted = {e["entity_id"]: e for e in self.case["entities"]}
        self.publish(self.case["discovery"], retain=True)
        self.registered(wanted)
        self.subscribed()
        for entity_id, found in self.hearth.entities().items():
            for key in ("name", "domain", "device_class", "area"):
                if found[key] != wanted[entity_id].get(key, found[key]):
                    raise Failure(f"{entity_id}: {key} is {found[key]!r}, not {wanted[entity_id][key]!r}")
            if found["exposed"] == wanted[entity_id].get("hidden", False):
                raise Failure(f"{entity_id}: exposed is {found['exposed']}")
            problems = self.hearth.ask("understood", {"entity_id": entity_id})["entities"][0]["problems"]
            if not any(wanted[entity_id].get("problem", "") in p for p in problems + [""]):
                raise Failure(f"{entity_id}: the problems are {problems}")

    def meant(self, row):
        return row.get("entity", self.case["entities"][0]["entity_id"] if self.case["entities"] else None)

    def differs(self, row):
        found, expect = self.hearth.entities()[self.meant(row)], row["expect"]
        for key in ("state", "available"):
            if found[key] != expect.get(key, found[key]):
                return f"{key} is {found[key]!r}, not {expect[key]!r}"
        for key, value in expect.get("attributes", {}).items():
            if found["attributes"].get(key) != value:
                return f"{key} is {found['attributes'].get(key)!r}, not {value!r}"
        return None

    def check_state(self, row):
        if "seconds" in row:  # a file that lets time pass says small numbers, and is true for longer, too
            time.sleep(row["seconds"])
        elif row.get("retained"):  # what is retained comes with a subscription: announce it anew
            self.publish(row, retain=True)
            self.publish({"topic": self.case["discovery"]["topic"], "payload": ""}, retain=True)
            self.registered([])
            self.publish(self.case["discovery"], retain=True)
            self.registered([e["entity_id"] for e in self.case["entities"]])
            self.subscribed()
        else:
            self.publish(row)
        until(f"after {json.dumps(row)[:200]}", lambda: self.differs(row))

    def check_command(self, row):
        self.commands += 1
        call, wanted = row["call"], [(p["topic"], text_of(p["payload"])) for p in row.get("publish", [])]
        arguments = {**call["arguments"], "entity_id": self.meant(row)}
        self.broker.take()
        self.hearth.send("call", {"tool": call["tool"], "arguments": arguments})
        if "error" in row:
            result = self.hearth.answer()
            if result["outcome"] != "refused" or row["error"].lower() not in result["reply"].lower():
                raise Failure(f"{call}: {result['outcome']}: {result['reply']}")
        self.check_published(call, wanted)
        if "confirm" in row:
            self.publish(row["confirm"])
            outcome = self.hearth.answer()["outcome"]
            if outcome != "done":
                raise Failure(f"{call}: the outcome is {outcome}, not done")
        elif "error" not in row:
            self.hearth.forget()

    def check_published(self, call, wanted):
        def ours(messages):
            return [(t, p) for t, p, _ in messages if not t.startswith(("hearth/", "homeassistant/"))]
        self.broker.wait_for(lambda m: len(ours(m)) >= len(wanted), SECONDS if wanted else 0)
        self.broker.wait_for(lambda m: len(ours(m)) > len(wanted), QUIET)
        published = ours(self.broker.take())
        if published != wanted:
            raise Failure(f"{call} publishes {published}, not {wanted}")

    def check_later(self, row):
        self.publish(row, retain=True)
        self.registered(row["entities"])

    def clear(self):
        """Nothing that hearthd has published is retained, and what was announced goes with its announcement."""
        for topic in list(self.retained):
            self.publish({"topic": topic, "payload": ""}, retain=True)
        self.registered([])

    def run(self):
        if "refused" not in self.case:
            self.check_entities()
        else:
            self.publish(self.case["discovery"], retain=True)
            self.registered([])
            troubles = self.hearth.ask("doctor", {})["announcements"]
            if not any(self.case["refused"] in t["problem"] for t in troubles):
                raise Failure(f"the doctor knows nothing of it: {troubles}")
        for row in self.case.get("states", []):
            self.check_state(row)
        for row in self.case.get("commands", []):
            self.check_command(row)
        for row in self.case.get("then", []):
            self.check_later(row)
        self.clear()


def main():
    port, path, files = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    broker, hearth = Client(port, "corpus"), Hearth(path)
    broker.subscribe("#")
    failed = commands = 0
    for file in files:
        with open(file, encoding="utf-8") as f:
            play = Play(os.path.basename(file), json.load(f), broker, hearth)
        try:
            play.run()
        except Failure as failure:
            failed += 1
            print(f"{play.name}: {failure}")
            hearth.forget()
            try:
                play.clear()
            except Failure as leftover:
                print(f"{play.name}: afterwards {leftover}")
        commands += play.commands
    late = Client(port, "late")
    late.subscribe("#")
    late.wait_for(lambda messages: False, 0.3)
    left = [m for m in late.take() if m[2] and not m[0].startswith(("hearth/", "homeassistant/"))]
    if left:
        failed += 1
        print(f"retained: {left}")
    print(f"{len(files)} messages, {commands} commands, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
