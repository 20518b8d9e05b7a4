"""Plays dialogues with a real hearthd, its own model, a real broker and hearth-sim's home: tests/dialogues/*.txt.

    == follow-ups                 a dialogue; each is a conversation of its own
    @ Kitchen                     from here on the speaker is in that room ("@" alone: nowhere)
    > turn on the kitchen lights  this is said
    < Turned on 2 lights ...      and this answered; "..." stands for any text
    = HassTurnOn area=Kitchen     one of the calls that were understood ("=" alone: none)
    ~ light.counter_light on      the state that a thing gets within some seconds; brightness=30 for an attribute
    ! topic payload               a message is published
    * wait 2                      seconds
    * restart                     hearthd is killed and started again
    # a remark

What is between < and the next > belongs to the answer before it. The home is as sim/home.json has it when a file begins; its dialogues
follow one another. Python's own library is all that this needs.
"""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 10  # seconds for what takes a moment
FLOORS = {"Ground floor": ("Kitchen", "Living Room", "Dining Room", "Hallway", "Garage"),
          "First floor": ("Bedroom", "Kids Room", "Bathroom")}
ROOMS = {"light.dining_room_light": "Dining Room", "light.kids_room_ceiling": "Kids Room",
         "light.living_room_strip": "Living Room", "switch.garage_pump": "Garage"}
ALIASES = (("floor", "First floor", "upstairs"), ("floor", "Ground floor", "downstairs"),
           ("entity", "scene.living_room_scene", "movie night"))
CONF = """[hearth]
node = dialogue
model = {source}/models/hearth-s.gguf
tools = {source}/schemas/intents.json
phrases = {source}/schemas/phrases_en.json
registry = {work}/registry.db
devices = {work}/devices.d
socket = {work}/hearthd.sock
[mqtt]
port = {port}
host = 127.0.0.1
[policy]
unlock = confirm
open_garage = confirm
open_valve = refuse
"""


class Home:
    """A broker, a simulated home and hearthd, all of their own."""

    def __init__(self, source, build):
        self.source, self.build = source, build
        self.emulator = shlex.split(os.environ.get("EMULATOR", ""))
        self.work = tempfile.mkdtemp(prefix="hearth-dialogue.")
        self.running = []
        self.daemon = None
        os.mkdir(self.work + "/devices.d")

    def start(self, *command):
        log = open(self.work + "/" + os.path.basename(command[0]) + ".log", "a")
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def program(self, name):
        return [*self.emulator, self.build + "/" + name]

    def start_broker(self, mosquitto):
        for attempt in range(10):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            with open(self.work + "/mosquitto.conf", "w") as conf:
                conf.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n")
            broker = self.start(mosquitto, "-c", self.work + "/mosquitto.conf")
            if wait_for(lambda: broker.poll() is not None or self.port_answers()) and broker.poll() is None:
                return
        raise SystemExit("no broker could be started")

    def port_answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start_hearthd(self):
        self.daemon = self.start(*self.program("hearthd"), "--config", self.work + "/hearthd.conf")
        if not wait_for(self.connect) or not wait_for(lambda: self.ask("status")["mqtt"]["state"] == "online"):
            raise SystemExit("hearthd does not start:\n" + open(self.work + "/hearthd.log").read())

    def restart(self):
        before = self.switched()
        self.socket.close()
        self.daemon.kill()
        self.daemon.wait()
        self.start_hearthd()
        wait_for(lambda: self.is_complete() and self.switched() == before)  # at first it knows older states from disk

    def switched(self):
        return {entity["entity_id"]: entity["state"] for entity in self.ask("devices")["entities"] if entity["state"] in ("on", "off")}

    def begin(self, mosquitto):
        self.start_broker(mosquitto)
        with open(self.work + "/hearthd.conf", "w") as conf:
            conf.write(CONF.format(source=self.source, work=self.work, port=self.port))
        data = ("--data", self.source + "/sim")
        subprocess.run([*self.program("hearth-sim"), *data, "--devices-d", self.work + "/devices.d/sim.json"], check=True)
        listed = subprocess.run([*self.program("hearth-sim"), *data, "--list"], check=True, capture_output=True, text=True)
        self.wanted = len(listed.stdout.splitlines())
        self.start(*self.program("hearth-sim"), *data, "--broker", f"127.0.0.1:{self.port}")
        self.start_hearthd()
        if not wait_for(self.is_complete):
            raise SystemExit("the simulated home is not complete")
        self.describe()

    def describe(self):
        """What MQTT does not carry."""
        for floor, rooms in FLOORS.items():
            for room in rooms:
                self.ask("area.put", name=room, floor=floor)
        for entity, room in ROOMS.items():
            self.ask("area.set", entity_id=entity, area=room)
        for kind, of, alias in ALIASES:
            self.ask("alias.add", kind=kind, of=of, alias=alias)

    def is_complete(self):
        """All are announced, and all but the scene have told their state."""
        entities = self.ask("devices")["entities"]
        return self.ask("status")["entities"] >= self.wanted and sum(not entity["state"] for entity in entities) <= 1

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(self.work + "/hearthd.sock")
        except OSError:
            self.socket.close()
            return False
        self.lines = self.socket.makefile("r")
        return True

    def ask(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            raise SystemExit(f"{method} {params}: {answer['error']['message']}")
        return answer["result"]

    def entity(self, entity_id):
        return next((e for e in self.ask("devices")["entities"] if e["entity_id"] == entity_id), None)

    def publish(self, topic, payload):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-m", payload], check=True)

    def end(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.work)


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def calls_of(result):
    return [{"tool": call["name"], **{k: shown(v) for k, v in call["arguments"].items()}} for call in result["calls"]]


def shown(value):
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def matches(pattern, text):
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("...")), text) is not None


class Dialogue:
    def __init__(self, title):
        self.title, self.lines, self.problems = title, [], []

    def play(self, home, number):
        self.home, self.source, self.room, self.result = home, f"dialogue-{number}", "", None
        self.actions = {">": self.say, "<": self.expect_reply, "=": self.expect_call, "~": self.expect_state,
                        "!": self.publish, "*": self.do, "@": self.enter}
        for self.line_number, line in self.lines:
            self.actions[line[0]](line[1:].strip())

    def problem(self, text):
        self.problems.append(f"line {self.line_number}: {text}")

    def enter(self, room):
        self.room = room

    def say(self, text):
        self.spoken = text
        self.result = self.home.ask("say", text=text, source=self.source, area=self.room)
        self.left = calls_of(self.result)

    def expect_reply(self, pattern):
        if not matches(pattern, self.result["reply"]):
            self.problem(f"\"{self.spoken}\" is answered\n    {self.result['reply']}\n  and not\n    {pattern}\n  {calls_of(self.result)}")

    def expect_call(self, text):
        words = shlex.split(text)
        wanted = {"tool": words[0], **dict(word.split("=", 1) for word in words[1:])} if words else None
        if wanted in self.left:
            self.left.remove(wanted)
        elif wanted or self.left:
            self.problem(f"\"{self.spoken}\" is understood as {calls_of(self.result)}, and not as {text or 'nothing'}")

    def expect_state(self, text):
        entity_id, *wanted = text.split()
        if not wait_for(lambda: self.is_in_state(entity_id, wanted)):
            entity = self.home.entity(entity_id) or {"state": "not there", "attributes": {}}
            self.problem(f"{entity_id} is {entity['state']} {entity['attributes']}, and not {' '.join(wanted)}")

    def is_in_state(self, entity_id, wanted):
        entity = self.home.entity(entity_id)
        for part in wanted:
            key, _, value = part.rpartition("=")
            got = entity["attributes"].get(key, "") if entity and key else entity and entity["state"]
            if shown(got) != value:
                return False
        return True

    def publish(self, text):
        topic, payload = shlex.split(text)
        self.home.publish(topic, payload)

    def do(self, text):
        words = text.split()
        if words[0] == "wait":
            time.sleep(float(words[1]))
        elif words[0] == "restart":
            self.home.restart()
        else:
            self.problem(f"there is no \"* {text}\"")


def read(path):
    dialogues = []
    with open(path) as script:
        for number, line in enumerate(script, 1):
            line = line.strip()
            if line.startswith("=="):
                dialogues.append(Dialogue(line[2:].strip()))
            elif line and line[0] in "><=~!*@":
                dialogues[-1].lines.append((number, line))
            elif line and line[0] != "#":
                raise SystemExit(f"{path}:{number}: begins with none of == > < = ~ ! * @ #")
    return dialogues


def play_file(path, source, build, mosquitto):
    home = Home(source, build)
    failed = 0
    try:
        home.begin(mosquitto)
        dialogues = read(path)
        for number, dialogue in enumerate(dialogues):
            dialogue.play(home, number)
            print("\n  ".join([("FAIL " if dialogue.problems else "ok   ") + dialogue.title, *dialogue.problems]), flush=True)
            failed += bool(dialogue.problems)
    finally:
        home.end()
    return len(dialogues), failed


def main():
    source = os.environ.get("HEARTH_SRCDIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.environ.get("HEARTH_BUILDDIR") or source + "/build"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    mosquitto = shutil.which("mosquitto")
    if not mosquitto or not shutil.which("mosquitto_pub"):
        print("skipped: mosquitto is not there")
        return 77
    paths = sys.argv[1:]
    with concurrent.futures.ThreadPoolExecutor(max(len(paths), 1)) as files:
        played = list(files.map(lambda path: play_file(path, source, build, mosquitto), paths))
    total, bad = (sum(numbers) for numbers in zip((0, 0), *played))
    print(f"# {total - bad} passed, {bad} failed")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
