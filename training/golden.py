#!/usr/bin/env python3
"""Writes the golden files that the C engine is held to.

    golden.py --model ../models/hearth-s.gguf --out ../tests/data/golden     examples of the shipped model
    golden.py --tiny ../tests/data                                           tiny.gguf (item mask), tiny-joint.gguf: random weights, and their examples

An example (JSON, one file an example set): words of the query, the speaker's area, items, `segments` (token ids, segment 0 the query),
greedy `output` ids and `text`, and `logits`: those of the first step, in float64, as [id, value] of the 16 largest, and `sum` of all of them.
"""
import argparse
import json
import os
import random
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import export          # noqa: E402
import generate        # noqa: E402
import normalize       # noqa: E402
import shards          # noqa: E402
from model import Config, San  # noqa: E402
from tokenizer import EOS, PAD, Tokenizer, learn, special_tokens  # noqa: E402


def segments_of(ids, seg):
    out = []
    for i, s in zip(ids, seg):
        if s == len(out):
            out.append([])
        out[s].append(int(i))
    return out


def example(model, tok, sample, limit=96, steps=1):
    """One example; `model` in float64. `steps` logits rows are kept in full for tiny models."""
    words, here, items, flat = sample
    ids, seg, target = shards.encode(tok, sample)
    tokens, segs = torch.tensor([ids]), torch.tensor([seg])
    output = model.decode(tokens, segs, EOS, PAD, limit=limit)[0]
    with torch.no_grad():
        logits = model(tokens, segs, torch.tensor([[EOS] + output[:-1]]))[0]
    first = logits[0]
    top = first.topk(16)
    made = {"words": words, "area": list(here) if here else None, "items": [["@" + k, list(w)] for k, w in items], "segments": segments_of(ids, seg),
            "expected": flat, "output": output, "text": tok.parse(output),
            "logits": {"top": [[int(i), round(float(v), 6)] for v, i in zip(top.values, top.indices)], "sum": round(float(first.sum()), 5)}}
    gap = logits.topk(2, -1).values
    made["margin"] = round(float((gap[:, 0] - gap[:, 1]).min()), 5)     # the closest decision: engines may differ where it is tiny
    return made


def samples(count, seed, short=None):
    _, held = generate.load_patterns()
    g, out = generate.Generator(seed, held, "held", natural=True), []
    while len(out) < count:
        s = g.sample()
        if normalize.words_of(" ".join(s[0])) != s[0]:      # a slip that made an "um", which the engine does not read
            continue
        if short is None or len(s[0]) + sum(len(w) + 1 for _, w in s[2]) < short:
            out.append(s)
    return out


def dump(path, made, about):
    with open(path, "w", encoding="utf-8") as f:
        f.write("{" + ", ".join(f'"{k}": {json.dumps(v)}' for k, v in about.items()) + ', "examples": [\n')
        f.write(",\n".join(json.dumps(m, ensure_ascii=False) for m in made) + "\n]}\n")
    print(f"{path}: {len(made)} examples, {os.path.getsize(path)} bytes")


def shipped(path, out, count):
    model, tok, _ = export.load(path)
    model = model.double()
    os.makedirs(out, exist_ok=True)
    made = [example(model, tok, s) for s in samples(count, 99)]
    name = os.path.splitext(os.path.basename(path))[0]
    dump(os.path.join(out, name + ".json"), made, {"model": os.path.basename(path)})


def tiny(out, seed=5):
    """Random models of every feature, small enough for a test: float32 weights, examples in float64."""
    counts = {w: 100 - n for n, w in enumerate("turn on the off kitchen light lamp living room set to percent what is timer lock open close bedroom fan".split())}
    tok = Tokenizer(learn(counts, 100 + 40))
    for mask, name in (("item", "tiny"), ("joint", "tiny-joint")):
        torch.manual_seed(seed)
        model = San(Config(vocab=tok.size, d=32, heads=4, kv_heads=2, head_dim=8, encoder_layers=2, decoder_layers=2, context_mask=mask))
        for n, p in model.named_parameters():      # norms and gates too must matter
            if "norm" in n or "gate" in n:
                p.data.normal_(0, 0.5)
        path = os.path.join(out, f"{name}.gguf")
        export.save(path, model, tok, f"{name}", "f32")
        model = export.load(path)[0].double()
        made = []
        for s in samples(10, 7, short=40):
            m = example(model, tok, s, limit=12)
            with torch.no_grad():
                ids, seg, _ = shards.encode(tok, s)
                m["first_logits"] = [round(float(v), 6) for v in model(torch.tensor([ids]), torch.tensor([seg]), torch.tensor([[EOS]]))[0, 0]]
                m["encoder_row0"] = [round(float(v), 6) for v in model.encode(torch.tensor([ids]), torch.tensor([seg]))[0][0, 0]]
            made.append(m)
        dump(os.path.join(out, f"{name}.json"), made, {"model": f"{name}.gguf"})
        print(path, os.path.getsize(path), "bytes,", tok.size, "tokens")
    assert len(special_tokens()) + 256 < tok.size


def main():
    ap = argparse.ArgumentParser(description="Write golden files for the C engine.")
    ap.add_argument("--model", help="a .gguf")
    ap.add_argument("--out", default=os.path.join(HERE, "..", "tests", "data", "golden"))
    ap.add_argument("--count", type=int, default=40)
    ap.add_argument("--tiny", metavar="DIR", help="write the tiny models and their examples here")
    args = ap.parse_args()
    if not args.model and not args.tiny:
        ap.error("nothing to do: give --model or --tiny")
    random.seed(1)
    if args.tiny:
        tiny(args.tiny)
    if args.model:
        shipped(args.model, args.out, args.count)


if __name__ == "__main__":
    main()
