#!/usr/bin/env python3
"""Measures a model in every respect and writes its card: models/NAME.md and its pictures.

    card.py [--model ../models/hearth-s.gguf] [--checkpoint out/last.pt] [--history out/history.jsonl] [--hearthctl ../build/hearthctl]
    card.py --reuse        the figures of the last time (out/card.json), written again

Ten minutes of one core. What needs something that is not there (a checkpoint, a history) is left out, and the card says so.
"""
import argparse
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import card_text       # noqa: E402
import engine          # noqa: E402
import gguf            # noqa: E402

SETS = card_text.SETS
LARGE = 190             # entities of a home that counts as a large one


def about(args):
    """What the file says of itself."""
    keys, tensors = gguf.read(args.model)
    return {"name": keys["general.name"], "parameters": sum(t.size for t in tensors.values()), "bytes": os.path.getsize(args.model),
            "encoder": keys["san.encoder.block_count"], "decoder": keys["san.decoder.block_count"], "width": keys["san.embedding_length"],
            "tokens": len(keys["tokenizer.ggml.tokens"]), "mask": keys["san.encoder.context_mask"], "mapped": "san.confidence.from" in keys}


def data():
    import generate
    train, held = generate.load_patterns()
    return {"patterns": len(train), "held_out": len(held), "writers": len({p.writer for p in train}), "systematic": sum(p.writer == "w00" for p in train),
            "none": sum(not p.calls for p in train)}


def training(args):
    if not os.path.exists(args.checkpoint):
        return None
    import torch
    saved = torch.load(args.checkpoint, map_location="cpu")
    return {"samples": saved["samples"], "steps": saved["step"], "minutes": saved["seconds"] / 60}


def compared(args):
    """The table of compare.py, or None."""
    if not os.path.exists(args.compared):
        return None
    with open(args.compared, encoding="utf-8") as f:
        return f.read().strip()


def curve(args):
    """Draws the run; the name of the picture, or None."""
    if not os.path.exists(args.history):
        return None
    import curves
    rows = curves.read(args.history)
    if not rows:
        return None
    curves.draw(rows, picture(args, "curve"))
    return os.path.basename(picture(args, "curve"))


def picture(args, what):
    return os.path.splitext(args.card)[0] + f"-{what}.png"


def entities(name, home):
    with open(os.path.join(engine.DATA, name, home), encoding="utf-8") as f:
        return len(json.load(f)["entities"])


def of_set(args, name):
    """All figures of one set of cases, as hearthd would run it."""
    run = engine.Run(args.hearthctl, args.model, engine.cases_of(name))
    sizes = {h: entities(name, h) for h in {c["home"] for c in run.cases}}
    large = sorted(c["prediction"]["ms"] for c in run.cases if sizes[c["home"]] >= LARGE)
    wrong = [{"text": c["text"], "area": c.get("context_area"), "want": c["calls"], "got": c["prediction"]["calls"]} for c in run.cases if not c["prediction"]["exact"]]
    return {"all": run.exact(), "first": run.first(), "positive": run.exact(positive=True), "several": run.total("intents", "intent").get("(several)", [0, 0, 0]),
            "negatives": run.negatives(), "false_actions": sum(r["false_actions"] for r in run.results), "sensitive": sum(r["sensitive"] for r in run.results),
            "intents": run.total("intents", "intent"), "tags": run.total("tags", "tag"), "homes": run.total("homes", "home"),
            "ms": [run.milliseconds(p) for p in (0.5, 0.9, 0.99)], "large_ms": large[len(large) // 2] if large else None,
            "wrong": wrong[::max(1, len(wrong) // 30)][:30]}


def of_types(args):
    """{type: {set: (right, all)}} of the checkpoint's weights as each type, through the engine; None without the checkpoint of this model."""
    if not os.path.exists(args.checkpoint):
        return None
    import torch
    import calibrate
    import export
    from model import Config, San
    from tokenizer import Tokenizer
    saved, keys = torch.load(args.checkpoint, map_location="cpu"), gguf.read(args.model)[0]
    model, tok = San(Config(**saved["config"])), Tokenizer.load(args.tokenizer)
    model.load_state_dict(saved["model"])
    if tok.size != model.c.vocab or [t for t, _, _ in tok.tokens()] != keys["tokenizer.ggml.tokens"]:
        return None
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.gguf")
        for kind in ("f32", "f16", "q8_0", "q4_0"):
            export.save(path, model, tok, "typed", kind)
            if calibrate.KEYS[0] in keys:
                gguf.change_keys(path, path, {k: ("f32s", keys[k]) for k in calibrate.KEYS})
            out[kind] = {"bytes": os.path.getsize(path), **{name: engine.Run(args.hearthctl, path, engine.cases_of(name)).exact() for name in SETS}}
    return out


def confidence(args):
    import calibrate
    free, held = calibrate.measure(args.hearthctl, args.model)
    f = calibrate.figures(free, held, calibrate.fit(free.sure, free.right))
    calibrate.diagram(picture(args, "confidence"), [("the network's product", f["raw_bins"]), ("with a map of other homes", f["fitted_bins"])],
                      f"{f['calls']} calls of {f['homes']} homes, {f['bins']} bins of equal mass")
    return {**f, "picture": os.path.basename(picture(args, "confidence"))}


def network(args):
    """The network alone, in PyTorch: generated sentences, greedy, no grammar."""
    import evaluate
    model, tok = evaluate.load_model(args.model, args.tokenizer)
    cases = evaluate.generated(args.count, tok)
    return evaluate.figures(cases, evaluate.predict(model, tok, [e for _, e in cases]))


def collect(args):
    import agree
    import noisy
    steps = [("model", about), ("training", training), ("curve", curve), ("compared", compared), ("types", of_types), ("confidence", confidence), ("network", network),
             ("noise", lambda a: noisy.figures(a.hearthctl, a.model, a.noisy)), ("agreement", lambda a: agree.figures(a.hearthctl, a.model, ["understanding"], a.agree)),
             *((name, lambda a, name=name: of_set(a, name)) for name in SETS)]
    figures = {"data": data()}
    for n, (name, step) in enumerate(steps):
        print(f"card: {n + 1} of {len(steps)}: {name}", file=sys.stderr, flush=True)
        figures[name] = step(args)
    return figures


def main():
    ap = argparse.ArgumentParser(description="Measure a model and write its card.")
    ap.add_argument("--model", default=os.path.join(HERE, "..", "models", "hearth-s.gguf"))
    ap.add_argument("--card", help="the file to write (default: beside the model, .md)")
    ap.add_argument("--checkpoint", default=os.path.join(HERE, "out", "last.pt"), help="of this model: budget, and its weights unrounded")
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--history", default=os.path.join(HERE, "out", "history.jsonl"), help="of the training run (or what it printed): the curve")
    ap.add_argument("--compared", default=os.path.join(HERE, "out", "compare", "table.md"), help="what compare.py found of other networks")
    ap.add_argument("--hearthctl", default=engine.HEARTHCTL)
    ap.add_argument("--figures", default=os.path.join(HERE, "out", "card.json"), help="where the figures are kept")
    ap.add_argument("--count", type=int, default=2000, help="generated sentences for the network alone")
    ap.add_argument("--noisy", type=int, default=1000, help="generated sentences without and with noise")
    ap.add_argument("--agree", type=int, help="free sentences to compare engine and PyTorch on (default: all)")
    ap.add_argument("--reuse", action="store_true", help="do not measure: write the kept figures")
    args = ap.parse_args()
    args.card = args.card or os.path.splitext(args.model)[0] + ".md"
    if not args.reuse:
        figures = collect(args)
        os.makedirs(os.path.dirname(os.path.abspath(args.figures)), exist_ok=True)
        with open(args.figures, "w", encoding="utf-8") as f:
            json.dump(figures, f, indent=1)
    with open(args.figures, encoding="utf-8") as f:
        text = card_text.card(json.load(f))
    with open(args.card, "w", encoding="utf-8") as f:
        f.write(text)
    print(f"{args.card} is written")


if __name__ == "__main__":
    main()
