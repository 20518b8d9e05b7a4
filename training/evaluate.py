#!/usr/bin/env python3
"""How often a model is exactly right on held-out patterns in held-out homes.

    evaluate.py MODEL.gguf|CHECKPOINT.pt [--count 1500] [--wrong 40]

Decoding is greedy and without the engine's grammar, so the engine can only do better. Exact: the calls that remain when those with
'<none>' are dropped are the expected ones, arguments that a name implies (domain, device_class) aside.
"""
import argparse
import collections
import json
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import generate        # noqa: E402
import quantise        # noqa: E402
import shards          # noqa: E402
from tokenizer import EOS, PAD  # noqa: E402

SEED = 424242
_kept = {}


def generated(count, tok, directory=None, seed=SEED):
    """[(sample, encoded)]: held-out patterns x held-out homes, the same ones every time for the same pattern files."""
    key = (count, tok.size, directory, seed)
    if key not in _kept:
        _, held = generate.load_patterns(directory)
        g = generate.Generator(seed, held, "held", natural=True)
        samples = [g.sample() for _ in range(count)]
        _kept[key] = [(s, shards.encode(tok, s)) for s in samples]
    return _kept[key]


def calls_of(flat):
    """Flat output -> comparable calls: those with '<none>' dropped, what a name implies left out."""
    calls, slot = [], None
    for t in flat:
        if t.startswith("T:"):
            calls.append([t, {}])
            slot = None
        elif t.startswith("S:"):
            slot = t
            if calls:
                calls[-1][1].setdefault(slot, [])
        elif calls and slot:
            calls[-1][1][slot].append(t)
    out = []
    for tool, args in calls:
        if ["<none>"] in args.values():
            continue
        if "S:name" in args and tool not in ("T:HassStartTimer",):
            args = {k: v for k, v in args.items() if k not in ("S:domain", "S:device_class")}
        out.append((tool, tuple(sorted((k, " ".join(v)) for k, v in args.items()))))
    return sorted(out)


def predict(model, tok, encoded, batch=64):
    """Flat outputs, in the order of the samples."""
    order = sorted(range(len(encoded)), key=lambda n: len(encoded[n][0]))
    out = [None] * len(encoded)
    device = next(model.parameters()).device
    for at in range(0, len(order), batch):
        lot = order[at:at + batch]
        tokens, seg, _, _ = shards.collate([encoded[n] for n in lot])
        with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
            ids = model.decode(tokens.to(device), seg.to(device), EOS, PAD, limit=70)
        for n, i in zip(lot, ids):
            out[n] = tok.parse(i)
    return out


def exact(model, tok, cases):
    """[bool] a case."""
    flats = predict(model, tok, [e for _, e in cases])
    return [calls_of(f) == calls_of(s[3]) for f, (s, _) in zip(flats, cases)]


def figures(cases, flats):
    """{'exact', 'per_tool': {tool: (right, all)}, 'negatives', 'false_actions', ...} as plain numbers."""
    per, right, negatives, acted, named = collections.defaultdict(lambda: [0, 0]), 0, 0, 0, [0, 0]
    for (sample, _), flat in zip(cases, flats):
        want, got = calls_of(sample[3]), calls_of(flat)
        ok = want == got
        right += ok
        tools = [t[2:] for t in sample[3] if t.startswith("T:")]
        kind = "none" if not tools else "absent" if not want else tools[0] if len(tools) == 1 else "several calls"
        per[kind][0] += ok
        per[kind][1] += 1
        if not want:
            negatives += 1
            acted += bool([c for c in got if c[0] not in ("T:HassRespond", "T:HassNevermind")])
    return {"cases": len(cases), "exact": right, "per_tool": {k: tuple(v) for k, v in sorted(per.items())}, "negatives": negatives, "false_actions": acted}


def report(f):
    print(f"exact: {f['exact']} of {f['cases']} ({100 * f['exact'] / f['cases']:.1f}%)")
    print(f"false actions: {f['false_actions']} of {f['negatives']} sentences that ask for nothing the home has "
          f"({100 * f['false_actions'] / max(1, f['negatives']):.1f}%)")
    for kind, (ok, n) in sorted(f["per_tool"].items(), key=lambda x: x[1][0] / x[1][1]):
        print(f"  {100 * ok / n:5.1f}%  {ok:4d}/{n:<4d}  {kind}")


def load_model(path, tokenizer):
    """A .gguf with its tokenizer, or a checkpoint with the one beside it."""
    import export
    from model import Config, San
    from tokenizer import Tokenizer
    if path.endswith(".gguf"):
        return export.load(path)[:2]
    saved = torch.load(path, map_location="cpu")
    model = San(Config(**saved["config"]))
    model.load_state_dict(saved["model"])
    return model.eval(), Tokenizer.load(tokenizer)


def main():
    ap = argparse.ArgumentParser(description="Evaluate a model on held-out patterns and homes.")
    ap.add_argument("model", help=".gguf or .pt")
    ap.add_argument("--count", type=int, default=1500)
    ap.add_argument("--wrong", type=int, default=0, metavar="N", help="show N wrong answers")
    ap.add_argument("--patterns", help="folder of pattern files")
    ap.add_argument("--side", choices=["held", "train"], default="held", help="'train': training patterns and homes, for comparison")
    ap.add_argument("--round", choices=["q8_0", "q4_0"], help="round a checkpoint's weights first")
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--json", metavar="FILE", help="write the figures here")
    args = ap.parse_args()
    model, tok = load_model(args.model, args.tokenizer)
    if args.side == "held":
        cases = generated(args.count, tok, args.patterns)
    else:
        g = generate.Generator(SEED + 1, generate.load_patterns(args.patterns)[0], "train", natural=True)
        cases = [(s, shards.encode(tok, s)) for s in (g.sample() for _ in range(args.count))]
    with quantise.as_stored(model, args.round):
        flats = predict(model, tok, [e for _, e in cases])
    f = figures(cases, flats)
    report(f)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(f, out, indent=1)
    shown = 0
    for (sample, _), flat in zip(cases, flats):
        if shown < args.wrong and calls_of(sample[3]) != calls_of(flat):
            shown += 1
            print("\n" + " ".join(sample[0]), f"  [in {' '.join(sample[1])}]" if sample[1] else "")
            print("   want", " ".join(sample[3]), "\n   got ", " ".join(flat))
            print("       ", "; ".join(f"@{k} {' '.join(w)}" for k, w in sample[2]))


if __name__ == "__main__":
    main()
