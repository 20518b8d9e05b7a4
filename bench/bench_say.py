#!/usr/bin/env python3
"""How long from an utterance on hearthd's socket until its command is at a subscriber, broker included.

    bench_say.py BUILD_DIR SOURCE_DIR [UTTERANCES [ENTITIES]]

Starts mosquitto and hearthd, announces ENTITIES devices (default 1000), says UTTERANCES sentences (default 200) one after the other, and
prints the median, the 99th percentile and hearthd's memory. Lamps answer at once, so that each utterance ends confirmed.
"""
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

build, source = sys.argv[1], sys.argv[2]
utterances = int(sys.argv[3]) if len(sys.argv) > 3 else 200
entities = int(sys.argv[4]) if len(sys.argv) > 4 else 1000

ROOMS = ["Kitchen", "Bedroom", "Bathroom", "Hallway", "Study", "Garage", "Attic", "Cellar", "Nursery", "Pantry"]
THINGS = ["ceiling", "counter", "shelf", "corner", "desk", "reading", "floor", "wall", "window", "cabinet"]


def name_of(i):
    return f"{ROOMS[i % 10]} {THINGS[i // 10 % 10]} lamp" + (f" {i // 100}" if i >= 100 else "")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Lines:
    """A process whose output lines are seen, each with the time at which it came."""

    def __init__(self, command, handle):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, args=(handle,), daemon=True).start()

    def read(self, handle):
        for line in self.process.stdout:
            handle(time.perf_counter(), line.rstrip("\n"))


def ask(sock, method, **params):
    start = time.perf_counter()
    sock.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
    got = b""
    while not got.endswith(b"\n"):
        got += sock.recv(1 << 20)
    answer = json.loads(got)
    if "error" in answer:
        raise SystemExit(f"{method}: {answer['error']}")
    return start, answer["result"]


def main():
    with tempfile.TemporaryDirectory() as work:
        port = free_port()
        with open(f"{work}/broker.conf", "w") as f:
            f.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n")
        with open(f"{work}/hearthd.conf", "w") as f:
            f.write(f"[hearth]\nmodel = {source}/models/hearth-s.gguf\ntools = {source}/schemas/intents.json\n"
                    f"phrases = {source}/schemas/phrases_en.json\nregistry = {work}/r.db\nsocket = {work}/s.sock\n"
                    f"devices =\nlog_level = warning\n[mqtt]\nhost = 127.0.0.1\nport = {port}\nask_states = no\n"
                    "[policy]\nmin_confidence = 0\n")
        mosquitto = "/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else "mosquitto"
        processes = [subprocess.Popen([mosquitto, "-c", f"{work}/broker.conf"], stderr=subprocess.DEVNULL)]
        time.sleep(0.5)
        try:
            run(work, port, processes)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


def run(work, port, processes):
    broker = ["-h", "127.0.0.1", "-p", str(port)]
    for i in range(entities):
        config = {"name": name_of(i), "unique_id": f"u{i}", "schema": "json", "command_topic": f"lamp/{i}/set",
                  "state_topic": f"lamp/{i}", "brightness": True, "supported_color_modes": ["brightness"],
                  "device": {"identifiers": [f"d{i}"], "name": None, "suggested_area": ROOMS[i % 10]}}
        with open(f"{work}/{i}.json", "w") as f:
            json.dump(config, f)
    script = "".join(f"mosquitto_pub {' '.join(broker)} -r -q 1 -t homeassistant/light/u{i}/config -f {work}/{i}.json\n"
                     for i in range(entities))
    subprocess.run(["sh", "-c", script], check=True)

    arrived = {}
    seen = threading.Event()

    def on_line(when, line):
        topic = line.split(" ", 1)[0]
        arrived[topic] = when
        seen.set()

    listener = Lines(["mosquitto_sub", *broker, "-v", "-q", "0", "-t", "lamp/+/set"], on_line)
    processes.append(listener.process)
    processes.append(subprocess.Popen([f"{build}/hearthd", "-c", f"{work}/hearthd.conf"]))
    sock = socket.socket(socket.AF_UNIX)
    for _ in range(100):
        try:
            sock.connect(f"{work}/s.sock")
            break
        except OSError:
            time.sleep(0.05)
    start = time.perf_counter()
    while True:
        _, status = ask(sock, "status")
        if status["entities"] >= entities:
            break
        if time.perf_counter() - start > 60:
            raise SystemExit(f"only {status['entities']} of {entities} entities came")
        time.sleep(0.05)
    print(f"discovery    {entities} entities in {time.perf_counter() - start:.2f} s")
    time.sleep(3)

    to_subscriber, to_publish, sent = [], [], 0
    for i in range(utterances):
        name = name_of(i * 7 % entities)
        arrived.clear()
        seen.clear()
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "say",
                           "params": {"text": f"turn {'on' if i % 2 else 'off'} the {name.lower()}"}}).encode() + b"\n"
        begin = time.perf_counter()
        sock.sendall(line)
        came = seen.wait(0.5)
        if came:
            sent += 1
            to_subscriber.append((min(arrived.values()) - begin) * 1000)
            for topic in list(arrived):
                number = topic.split("/")[1]
                state = "ON" if i % 2 else "OFF"
                subprocess.run(["mosquitto_pub", *broker, "-t", f"lamp/{number}", "-m", json.dumps({"state": state})], check=True)
        got = b""
        while not got.endswith(b"\n"):
            got += sock.recv(1 << 20)
        result = json.loads(got)["result"]
        if came:
            to_publish.append(result["ms"]["publish"])
    _, status = ask(sock, "status")

    def line(what, times):
        times.sort()
        print(f"{what:12} median {statistics.median(times):.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms")

    print(f"said         {utterances} utterances, {sent} of them published a command")
    line("publish", to_publish)
    line("subscriber", to_subscriber)
    print(f"memory       {status['rss_kb'] / 1024:.1f} MB")


main()
