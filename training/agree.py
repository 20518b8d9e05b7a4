#!/usr/bin/env python3
"""Do the engine and PyTorch write the same calls?

    agree.py [--hearthctl ../build/hearthctl] [--model ../models/hearth-s.gguf] [--set understanding] [--wrong 10]

The engine tells, for every sentence, what it read (words, room, items), and at every token which ones its grammar allowed. PyTorch reads
the same, with the same weights in float32, and takes the likeliest of the same tokens. The engine is asked twice: with the weights as float32,
which shows whether it computes the network that was trained, and with the file as it is, whose type makes it round activations too. A grammar depends on nothing but what was
written before, so where every token is the same, PyTorch alone under that grammar would have written the same calls; at the first other
token it would have gone another way, and the sentence counts as one of disagreement.
"""
import argparse
import os
import sys
import tempfile

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import engine          # noqa: E402
import export          # noqa: E402
import normalize       # noqa: E402
import shards          # noqa: E402
from tokenizer import EOS  # noqa: E402

ITEM_TOKENS = 16        # of the speaker's room, too


def encoded(tok, p):
    """What the engine read, as ids, segments and the tokens that it wrote."""
    segments = [tok.query(p["words"].split())]
    if p["area"]:
        segments.append(([tok.id["<in>"]] + tok.words(normalize.words_of(p["area"])))[:ITEM_TOKENS])
    segments += [tok.item(kind, normalize.words_of(text)) for kind, text in p["items"] if normalize.words_of(text)]
    return [i for s in segments for i in s], [n for n, s in enumerate(segments) for _ in s], [i for i, _ in p["steps"]]


def choices(model, lot):
    """Logits [T, vocab] of each of a lot of encoded sentences, the engine's tokens given."""
    tokens, seg, given, _ = shards.collate(lot, eos=EOS)
    with torch.no_grad():
        logits = model(tokens, seg, given)
    return [row[:len(sample[2])] for row, sample in zip(logits, lot)]


def differing(logits, steps):
    """[(step, PyTorch's token, how much likelier it is there)]: where the likeliest of the allowed tokens is another one."""
    out = []
    for n, (written, allowed) in enumerate(steps):
        among = logits[n, allowed]
        best = allowed[int(among.argmax())]     # of equals the first, as the engine does
        if best != written:
            out.append((n, best, float(among.max() - logits[n, written])))
    return out


def compare(model, tok, cases, batch=32):
    """(sentences that agree, sentences, decisions that agree, open decisions, [(case, differing)])."""
    with_steps = [c for c in cases if c["prediction"].get("steps")]
    order = sorted(with_steps, key=lambda c: len(c["prediction"]["words"]))
    same = decided = alike = 0
    wrong = []
    for at in range(0, len(order), batch):
        lot = order[at:at + batch]
        for case, logits in zip(lot, choices(model, [encoded(tok, c["prediction"]) for c in lot])):
            steps = case["prediction"]["steps"]
            other = differing(logits, steps)
            open_steps = sum(len(allowed) > 1 for _, allowed in steps)
            decided, alike, same = decided + open_steps, alike + open_steps - len(other), same + (not other)
            if other:
                wrong.append((case, other))
    return same, len(with_steps), alike, decided, wrong


def traced(hearthctl, path, names, limit):
    cases = [c for name in names for c in engine.Run(hearthctl, path, engine.cases_of(name), trace=True).cases]
    if limit and limit < len(cases):
        cases = [cases[n * len(cases) // limit] for n in range(limit)]
    return cases


def figures(hearthctl, path, names, limit=None):
    """{"same", "sentences", "alike", "decisions", "wrong"} of the weights in float32, and of the file as it is under "shipped".

    Over sets of tests/data, or `limit` sentences evenly taken from them."""
    model, tok, keys = export.load(path)
    with tempfile.TemporaryDirectory() as folder:
        exact = os.path.join(folder, "exact.gguf")
        export.save(exact, model, tok, keys["general.name"], "f32")
        of_exact, of_shipped = (said(compare(model, tok, traced(hearthctl, p, names, limit)), tok) for p in (exact, path))
    return {**of_exact, "shipped": of_shipped}


def said(compared, tok):
    same, sentences, alike, decisions, wrong = compared
    return {"same": same, "sentences": sentences, "alike": alike, "decisions": decisions,
            "wrong": [(c["text"], n, tok.tokens()[c["prediction"]["steps"][n][0]][0], tok.tokens()[best][0], round(gap, 4)) for c, other in wrong for n, best, gap in other[:1]]}


def show(what, f, wrong):
    print(f"{what}: the same calls: {f['same']} of {f['sentences']} sentences ({100 * f['same'] / max(1, f['sentences']):.2f} %); "
          f"the same token: {f['alike']} of {f['decisions']} open decisions")
    for text, n, ours, theirs, gap in f["wrong"][:wrong]:
        print(f"  {text!r}: token {n} is {ours!r}, PyTorch would write {theirs!r} (logits {gap:.4f} apart)")


def main():
    ap = argparse.ArgumentParser(description="Compare the engine's calls with PyTorch's.")
    ap.add_argument("--hearthctl", default=engine.HEARTHCTL)
    ap.add_argument("--model", default=os.path.join(HERE, "..", "models", "hearth-s.gguf"))
    ap.add_argument("--set", nargs="+", choices=["understanding", "heldout"], default=["understanding"])
    ap.add_argument("--count", type=int, help="so many sentences, evenly taken (default: all)")
    ap.add_argument("--wrong", type=int, default=10, metavar="N", help="show N sentences that differ")
    args = ap.parse_args()
    f = figures(args.hearthctl, args.model, args.set, args.count)
    show("float32", f, args.wrong)
    show("as shipped", f["shipped"], args.wrong)


if __name__ == "__main__":
    main()
