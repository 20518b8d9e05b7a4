#!/usr/bin/env python3
"""Which network is best for the same time? Trains several for equal minutes and writes a table.

    compare.py --minutes 30 [--only 1.5M 3M 6M] [--workers 2]

Each has its folder out/compare/NAME and goes on from its checkpoint; all see the same samples (one seed, one tokenizer), as many as
they have time for. Measured are the network alone on the generator's held-out sentences and, where hearthctl is built, both sets of
tests/data through the engine, with its time for a sentence. The table is out/compare/table.md; it is written anew after each network.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import engine          # noqa: E402
from card_text import percent, table  # noqa: E402

# name -> options of train.py; what is not said is the middle one's
MIDDLE = {"width": 256, "heads": 8, "kv-heads": 4, "encoder": 4, "decoder": 3, "mask": "item", "dropout": 0.1, "word-dropout": 0.03}
NETWORKS = {
    "1.5M": {"width": 192, "heads": 6, "kv-heads": 3, "encoder": 3, "decoder": 2},
    "3M": {},
    "3M deep": {"width": 192, "heads": 6, "kv-heads": 3, "encoder": 8, "decoder": 6},
    "3.4M, 6 encoder layers": {"encoder": 6},
    "6M": {"width": 384, "heads": 12, "kv-heads": 6},
    "3M, joint mask": {"mask": "joint"},
    "3M, no dropout": {"dropout": 0.0, "word-dropout": 0.0},
    "3M, twice the dropout": {"dropout": 0.2, "word-dropout": 0.06},
}


def folder_of(args, name):
    return os.path.join(args.out, "".join(c if c.isalnum() or c == "." else "-" for c in name))


def run(script, *options):
    command = [sys.executable, os.path.join(HERE, script), *options]
    if subprocess.run(command).returncode != 0:
        raise SystemExit(f"compare.py: {' '.join(command)} failed: see its message above")


def train(args, name):
    folder = folder_of(args, name)
    os.makedirs(folder, exist_ok=True)
    shape = [x for k, v in {**MIDDLE, **NETWORKS[name]}.items() for x in (f"--{k}", str(v))]
    run("train.py", "--minutes", str(args.minutes), "--resume", "--workers", str(args.workers), "--tokenizer", args.tokenizer, "--checkpoint",
        os.path.join(folder, "last.pt"), "--shards", os.path.join(folder, "shards"), "--evaluate-every", str(10 * args.minutes), *shape)
    run("export.py", "--checkpoint", os.path.join(folder, "last.pt"), "--tokenizer", args.tokenizer, "--name", name, os.path.join(folder, "model.gguf"))
    run("evaluate.py", os.path.join(folder, "model.gguf"), "--count", str(args.count), "--json", os.path.join(folder, "network.json"))


def figures(args, name):
    """What the folder of a network says, as a dictionary; None if it was not trained."""
    import torch
    folder = folder_of(args, name)
    path = os.path.join(folder, "model.gguf")
    if not os.path.exists(os.path.join(folder, "network.json")):
        return None
    saved = torch.load(os.path.join(folder, "last.pt"), map_location="cpu")
    with open(os.path.join(folder, "network.json"), encoding="utf-8") as f:
        alone = json.load(f)
    made = {"name": name, "parameters": sum(t.numel() for t in saved["model"].values()), "bytes": os.path.getsize(path), "minutes": saved["seconds"] / 60,
            "samples": saved["samples"], "network": (alone["exact"], alone["cases"])}
    if os.access(args.hearthctl, os.X_OK):
        for key in ("heldout", "understanding"):
            measured = engine.Run(args.hearthctl, path, engine.cases_of(key))
            made[key], made[key + "_acted"] = measured.exact(), measured.negatives()["acted"]
            made["ms"] = measured.milliseconds(0.5)
    return made


def tabulate(args):
    rows = [f for f in (figures(args, name) for name in NETWORKS) if f]
    cell = lambda f, key: percent(*f[key]) if key in f else "-"     # noqa: E731
    text = table(["network", ">parameters", ">bytes", ">minutes", ">sentences seen", ">network alone", ">held out", ">free", ">acted on nothing, free", ">ms"],
                 [(f["name"], f["parameters"], f["bytes"], f"{f['minutes']:.0f}", f["samples"], cell(f, "network"), cell(f, "heldout"), cell(f, "understanding"),
                   f.get("understanding_acted", "-"), f"{f['ms']:.1f}" if "ms" in f else "-") for f in rows])
    with open(os.path.join(args.out, "table.md"), "w", encoding="utf-8") as f:
        f.write(text + "\n")
    print(text)


def main():
    ap = argparse.ArgumentParser(description="Train networks of several shapes for equal minutes, and compare.")
    ap.add_argument("--minutes", type=float, default=30, help="for each")
    ap.add_argument("--only", nargs="+", choices=list(NETWORKS), default=list(NETWORKS), metavar="NAME", help=f"of {', '.join(NETWORKS)}")
    ap.add_argument("--table", action="store_true", help="train nothing: tabulate what there is")
    ap.add_argument("--out", default=os.path.join(HERE, "out", "compare"))
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--hearthctl", default=engine.HEARTHCTL)
    ap.add_argument("--workers", type=int, default=1)
    ap.add_argument("--count", type=int, default=1500, help="held-out sentences for the network alone")
    args = ap.parse_args()
    if not os.path.exists(args.tokenizer):
        raise SystemExit(f"{args.tokenizer} is not there: training/tokenizer.py --train {args.tokenizer} learns it")
    os.makedirs(args.out, exist_ok=True)
    for name in [] if args.table else args.only:
        train(args, name)
        tabulate(args)
    if args.table:
        tabulate(args)


if __name__ == "__main__":
    main()
