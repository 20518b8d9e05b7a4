#!/usr/bin/env python3
"""Says sentences to a model in a home, without the engine: what does the bare network answer?

    say.py --home ../tests/data/heldout/home-10.json [--area Kitchen] [--model ../models/hearth-s.gguf] TEXT...
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import evaluate        # noqa: E402
import normalize       # noqa: E402
import own             # noqa: E402
import shards          # noqa: E402


def main():
    ap = argparse.ArgumentParser(description="Try sentences on the bare network.")
    ap.add_argument("text", nargs="*")
    ap.add_argument("--home", required=True, help="home file (JSON)")
    ap.add_argument("--area", help="the room where it is said")
    ap.add_argument("--model", default=os.path.join(HERE, "..", "models", "hearth-s.gguf"))
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--show", action="store_true", help="print the context too")
    args = ap.parse_args()
    model, tok = evaluate.load_model(args.model, args.tokenizer)
    home = own.load_home(args.home)
    here = tuple(normalize.words_of(args.area)) if args.area else None
    texts = args.text or [line.strip() for line in sys.stdin if line.strip()]
    samples = [(normalize.words_of(t), here, own.context(home, normalize.words_of(t)), []) for t in texts]
    for s, flat in zip(samples, evaluate.predict(model, tok, [shards.encode(tok, s) for s in samples])):
        print(f"{' '.join(s[0]):55s} {' '.join(flat)}")
        if args.show:
            print("      ", "; ".join(f"@{k} {' '.join(w)}" for k, w in s[2]))


if __name__ == "__main__":
    main()
