#!/usr/bin/env python3
"""Finds the training patterns that a model still gets wrong, and writes how often the generator should draw each.

    hard.py --model MODEL.gguf --hearthctl build/hearthctl --out weights.json [--fails fails.jsonl] [--fillings 2]

Every training pattern is said in some random homes without noise and parsed by the engine, its checks behind the network left aside: what the
network itself decoded counts. A pattern weighs 1 where it is understood and up to 1 + GAIN where it never is. `--fails` lists the latter, with what
was wanted and what came: after long training most of them are mistakes of whoever wrote them. Patterns kept for evaluation are not touched.
The idea is that of hard example mining (Shrivastava et al., 2016), by pattern instead of by sample.
"""
import argparse
import collections
import json
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import engine          # noqa: E402
import fill            # noqa: E402
import generate        # noqa: E402
import heldout         # noqa: E402
import homes           # noqa: E402
import patterns        # noqa: E402

GAIN, TRIES = 3.0, 40
SIZES = [10, 16, 24, 32, 40, 48, 64, 80] * 5


class Sayer:
    """Says patterns in homes of its own."""

    def __init__(self, seed, items):
        self.g = generate.Generator(seed, items)
        self.pool = [homes.make_home(self.g.rng, "train", n, self.g.names) for n in SIZES]
        self.rng = random.Random(seed)

    def said(self, p):
        """(home, words, speaker's area, target, gold) of one filling, or None."""
        for _ in range(TRIES):
            home = self.rng.choice(self.pool)
            try:
                words, here, _, _ = self.g._finish(home, p.text, p.calls, noisy=False)
            except (fill.Unfit, IndexError, KeyError):
                continue
            return home, words, here, *self.g.last[2:]
        return None


def write_cases(folder, items, fillings, seed):
    """Homes and cases; returns the files of cases. The id of a case is "PATTERN-FILLING"."""
    sayer, said = Sayer(seed, items), collections.defaultdict(list)
    for n, p in enumerate(items):
        for k in range(fillings):
            made = sayer.said(p)
            if made:
                said[id(made[0])].append((f"{n}-{k}", *made[1:]))
    files, tools = [], patterns.load_tools()
    for h, home in enumerate(sayer.pool):          # homes grow while things are said in them: they are written last
        resolver, path = heldout.Resolver(home, tools), os.path.join(folder, f"cases-{h}.jsonl")
        with open(os.path.join(folder, f"home-{h}.json"), "w", encoding="utf-8") as f:
            json.dump(homes.to_json(home, sayer.rng), f)
        with open(path, "w", encoding="utf-8") as f:
            for name, words, here, target, gold in said[id(home)]:
                calls = resolver.calls(target, gold)
                if calls is not None:
                    area = {"context_area": resolver.places[("area", here)]} if here else {}
                    f.write(json.dumps({"id": name, "text": " ".join(words), "calls": calls, "home": f"home-{h}.json", **area}) + "\n")
        files.append(path)
    return [f for f in files if os.path.getsize(f)]


def decoded_right(case):
    """Did the network decode what was meant, whatever was done with it behind the network?"""
    prediction = case["prediction"]
    return prediction["exact"] or bool(case["calls"]) and engine.same(prediction.get("heard", []), case["calls"])


def main():
    ap = argparse.ArgumentParser(description="Find the patterns that a model gets wrong.")
    ap.add_argument("--model", required=True)
    ap.add_argument("--hearthctl", default=engine.HEARTHCTL)
    ap.add_argument("--out", required=True, help="file of weights, for train.py --weights")
    ap.add_argument("--fails", help="file for the patterns that are never understood")
    ap.add_argument("--patterns", help="folder of pattern files")
    ap.add_argument("--fillings", type=int, default=2, help="how often each pattern is said")
    ap.add_argument("--seed", type=int, default=5)
    args = ap.parse_args()
    items, _ = generate.load_patterns(args.patterns)
    with tempfile.TemporaryDirectory() as folder:
        run = engine.Run(args.hearthctl, args.model, write_cases(folder, items, args.fillings, args.seed))
    tried = collections.defaultdict(list)
    for case in run.cases:
        tried[int(case["id"].split("-")[0])].append((decoded_right(case), case))
    weights, never = {}, []
    for n, seen in sorted(tried.items()):
        wrong = sum(not right for right, _ in seen) / len(seen)
        if wrong:
            weights[generate.weight_key(items[n])] = 1 + GAIN * wrong
        if wrong == 1:
            never.append((items[n], [case for _, case in seen]))
    with open(args.out + ".part", "w", encoding="utf-8") as f:
        json.dump(weights, f, indent=0)
    os.replace(args.out + ".part", args.out)
    if args.fails:
        with open(args.fails, "w", encoding="utf-8") as f:
            for p, cases in never:
                f.write(json.dumps({"file": os.path.basename(p.file), "line": p.line, "pattern": p.text, "calls": p.calls, "said": [
                    {"text": c["text"], "area": c.get("context_area"), "wanted": c["calls"], "decoded": c["prediction"].get("heard", [])} for c in cases]}) + "\n")
    share = sum(right for seen in tried.values() for right, _ in seen) / max(1, sum(map(len, tried.values())))
    print(f"{args.out}: {len(tried)} of {len(items)} patterns said, {100 * share:.1f}% decoded right, {len(weights)} weigh more, {len(never)} never right")


if __name__ == "__main__":
    main()
