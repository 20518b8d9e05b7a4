"""The same held-out sentences without and with what a recogniser does to them, as cases for the engine.

Dropped articles, doubled words, homophones, slips, joined and split names (data/noise.py, at the usual and at the hardest level of
training); numbers and copied text stay. What is meant stays the same, so the two figures differ by the noise alone.
"""
import json
import os
import random
import tempfile

import engine
import generate
import heldout
import homes
import noise
import patterns

LEVELS = {"noisy": 1.0, "noisiest": 2.5}


def _homes(folder, g, rng):
    """Homes as files; {id of a home: its file, its resolver}."""
    known = {}
    for n, home in enumerate(g.pool):
        home.frozen = True
        known[id(home)] = f"home-{n:02d}.json", heldout.Resolver(home, patterns.load_tools())
        with open(os.path.join(folder, known[id(home)][0]), "w", encoding="utf-8") as f:
            json.dump(homes.to_json(home, rng), f, ensure_ascii=False)
    return known


def write(folder, count, seed=78, directory=None):
    """Homes, and files of cases of the same sentences: {"clean": path, "noisy": path, "noisiest": path}."""
    rng = random.Random(seed)
    g = generate.Generator(seed, generate.load_patterns(directory)[1], "held", natural=True)
    g.noise, g.pool = 0.0, [homes.make_home(g.rng, "held", n, g.names) for n in heldout.SIZES[::2]]
    known = _homes(folder, g, rng)
    files, resolvers = {k: v[0] for k, v in known.items()}, {k: v[1] for k, v in known.items()}
    g.home = lambda: g.rng.choice(g.pool)
    lines = {"clean": [], **{name: [] for name in LEVELS}}
    while len(lines["clean"]) < count:
        case = heldout.case(rng, g, resolvers, files, len(lines["clean"]))
        if case is None:
            continue
        said = g.last[1]
        for name in lines:
            tokens = noise.disturb(rng, [list(t) for t in said], LEVELS[name]) if name in LEVELS else said
            lines[name].append(json.dumps({**case, "text": " ".join(w for w, _ in tokens)}))
    paths = {name: os.path.join(folder, f"cases-{name}.jsonl") for name in lines}
    for name, path in paths.items():
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines[name]) + "\n")
    return paths


def figures(hearthctl, model, count):
    """{"clean": (right, all), ...} through the engine."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: engine.Run(hearthctl, model, [path]).exact() for name, path in write(folder, count).items()}
