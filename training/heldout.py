#!/usr/bin/env python3
"""Writes tests/data/heldout: homes of held-out names, and cases.jsonl of held-out patterns said in them (hearthctl(1), eval).

    heldout.py [--out DIR] [--homes 24] [--cases 1500] [--seed 77]

Nothing here is ever trained on: the patterns are kept apart by a hash, the names by another.
"""
import argparse
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import fill            # noqa: E402
import generate        # noqa: E402
import homes           # noqa: E402
import normalize       # noqa: E402
import patterns        # noqa: E402
from fill import NONE  # noqa: E402

SIZES = [5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 90, 100, 120, 140, 170, 200]
UNITS = list(normalize.UNITS) + list(normalize.TEENS)
TENS = {v: k for k, v in normalize.TENS.items()}


def in_words(n):
    """0..100 as English says it."""
    if n < 20:
        return UNITS[n]
    if n == 100:
        return "a hundred"
    return TENS[n // 10 * 10] + (" " + UNITS[n % 10] if n % 10 else "")


def spoken(rng, tokens):
    """A text that normalises to these tokens, written as a person or a recogniser would."""
    words = []
    style = rng.random()
    for w, tag in tokens:
        if tag and tag[0] == "n" and w.isdigit() and int(w) <= 100 and style < 0.35:
            w = in_words(int(w))
        if w == "percent" and style > 0.7 and words and words[-1][-1:].isdigit():
            words[-1] += "%"
            continue
        words.append(w)
    text = " ".join(words)
    if 0.5 < style < 0.8:
        text = text[:1].upper() + text[1:] + rng.choice([".", "", "!", "?"])
    same = normalize.words_of(text) == [w for w, _ in tokens]
    return text if same else " ".join(w for w, _ in tokens)


class Resolver:
    """Words of a target back to what a call holds."""

    def __init__(self, home, tools):
        self.tools = tools
        self.names = {(e.domain, f): e.name for e in reversed(home.entities) for f in e.forms}
        self.places = {(p.kind, f): p.name for p in home.areas + home.floors for f in p.forms}

    def value(self, tool, slot, words, gold):
        """The JSON value of one argument; None if it cannot be told."""
        prop = self.tools[tool]["properties"][slot]
        text = " ".join(words)
        if "x-context" in prop:
            if slot in ("area", "floor"):
                return self.places.get((slot, words))
            return next((self.names[i] for i in gold if i[1] == words and i in self.names), None)
        for form in prop.get("anyOf", [prop]):
            for value in form.get("enum", ()):
                if " ".join(normalize.words_of(value.replace("_", " "))) == text:
                    return value
            if form.get("type") in ("integer", "number"):
                try:
                    return int(text) if float(text) == int(float(text)) and "." not in text else float(text)
                except ValueError:
                    continue
        return text

    def calls(self, target, gold):
        """Expected calls without those that are dropped; None if one cannot be told."""
        out = []
        for tool, args in target:
            if any(v is NONE for _, v in args):
                continue
            made = {s: self.value(tool, s, tuple(v), gold) for s, v in args}
            if None in made.values():
                return None
            out.append({"name": tool, "arguments": made})
        return out


NEEDS = [(k, (d,)) for k, d in fill.IMPLIED if k not in ("HassClimate", "HassMediaSearch")] + [
    ("HassClimateSetTemperature", ("climate", "water_heater")), ("HassClimateSetMode", ("climate", "water_heater")),
    ("HassClimateGet", ("climate", "water_heater", "sensor")), ("HassSetPosition", ("cover", "valve")), ("HassStopMoving", ("cover", "valve"))]


def possible(home, call):
    """False for a call to a group that this home has no member of: what is right then is a matter of taste."""
    a, domains = call["arguments"], next((d for k, d in NEEDS if call["name"].startswith(k)), None)
    if "name" in a or call["name"].endswith(("Timer", "Timers", "TimerStatus")):
        return True
    domains = (a["domain"],) if "domain" in a else domains
    if domains is None and not {"area", "floor"} & set(a):
        return True
    rooms = {x.name for x in home.areas if a.get("area") in (None, x.name) and a.get("floor") in (None, x.floor)}
    placed = {"area", "floor"} & set(a)
    return any((domains is None or e.domain in domains) and a.get("device_class") in (None, e.device_class) and (e.area in rooms or not placed)
               and (domains is None or "sensor" not in domains or e.domain != "sensor" or "device_class" in a or e.device_class == "temperature")
               for e in home.entities)


def case(rng, g, resolvers, files, number):
    words, here, _, flat = g.sample()
    home, tokens, target, gold = g.last
    calls = resolvers[id(home)].calls(target, gold)
    if calls is None or not all(possible(home, c) for c in calls):
        return None
    made = {"id": f"held-{number:04d}", "text": spoken(rng, tokens)}
    if here:
        made["context_area"] = resolvers[id(home)].places[("area", here)]
    made["calls"], made["home"] = calls, files[id(home)]
    return made


def main():
    ap = argparse.ArgumentParser(description="Write the held-out homes and cases.")
    ap.add_argument("--out", default=os.path.join(HERE, "..", "tests", "data", "heldout"))
    ap.add_argument("--cases", type=int, default=1500)
    ap.add_argument("--seed", type=int, default=77)
    ap.add_argument("--patterns", help="folder of pattern files")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    rng = random.Random(args.seed)
    _, held = generate.load_patterns(args.patterns)
    g = generate.Generator(args.seed, held, "held", natural=True)
    g.pool, files, resolvers = [homes.make_home(g.rng, "held", n, g.names) for n in SIZES], {}, {}
    for n, home in enumerate(g.pool, 1):
        home.frozen = True
        files[id(home)] = f"home-{n:02d}.json"
        resolvers[id(home)] = Resolver(home, patterns.load_tools())
        with open(os.path.join(args.out, files[id(home)]), "w", encoding="utf-8") as f:
            json.dump(homes.to_json(home, rng), f, ensure_ascii=False, indent=1)
    g.home = lambda: g.rng.choice(g.pool)
    made, texts = [], set()
    while len(made) < args.cases:
        c = case(rng, g, resolvers, files, len(made))
        enough = sum(not m["calls"] for m in made) > 0.3 * len(made)       # of those without a call
        if c and (c["calls"] or not enough) and (c["text"], c["home"]) not in texts:
            texts.add((c["text"], c["home"]))
            made.append(c)
    with open(os.path.join(args.out, "cases.jsonl"), "w", encoding="utf-8") as f:
        f.writelines(json.dumps(c, ensure_ascii=False) + "\n" for c in made)
    print(f"{args.out}: {len(g.pool)} homes, {len(made)} cases, {sum(not c['calls'] for c in made)} of them without a call")


if __name__ == "__main__":
    main()
