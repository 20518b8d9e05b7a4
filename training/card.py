#!/usr/bin/env python3
"""Writes the model card (on standard output) from the file, its checkpoint and the figures of evaluate.py.

    card.py --model ../models/hearth-s.gguf --figures out/figures.json [--q4 out/q4.json] >../models/hearth-s.md
"""
import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import generate        # noqa: E402
import gguf            # noqa: E402

LIMITS = """## What it cannot do

- English only. Names may be in any language, but what is not in the Latin alphabet is spelt in bytes and copied less surely.
- It knows no home by itself: it chooses among the names that the shortlist hands it. What the shortlist misses, it cannot name.
- Pronouns across sentences ("turn it off" with nothing before) and conditions ("if it rains, close the windows") are not understood.
- A time of day is not understood: a delay is, as a timer with a command.
- Held-out patterns are by the same writers as the training patterns. Other people's free paraphrases will fare worse than the figures
  above; measure on sentences of your own.
- Its outputs are proposals: the engine's grammar, evidence check, confidence and policy decide (design, section 1)."""


def _figures(path):
    if not path or not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def _percent(ok, n):
    return f"{100 * ok / n:.1f}%" if n else "-"


def data_lines():
    train, held = generate.load_patterns()
    writers = sorted({p.writer for p in train})
    none = sum(not p.calls for p in train)
    base = sum(p.writer == "w00" for p in train)
    return (f"{len(train)} training patterns of {len(writers)} hands ({base} of them systematic; {none} are not for the house), {len(held)} held out. "
            "Crossed with random homes of 3 to 120 and more devices; about a third of the samples ask for nothing that the home has.")


def table(per_tool):
    rows = ["| calls for | right | of | |", "| --- | ---: | ---: | ---: |"]
    rows += [f"| {k} | {ok} | {n} | {_percent(ok, n)} |" for k, (ok, n) in sorted(per_tool.items(), key=lambda x: x[0])]
    return "\n".join(rows)


def main():
    ap = argparse.ArgumentParser(description="Write the model card.")
    ap.add_argument("--model", required=True)
    ap.add_argument("--figures", required=True, help="evaluate.py --json of this model")
    ap.add_argument("--q4", help="evaluate.py --json of the Q4_0 file")
    ap.add_argument("--checkpoint", default=os.path.join(HERE, "out", "last.pt"))
    args = ap.parse_args()
    keys, tensors = gguf.read(args.model)
    f = _figures(args.figures)
    size, count = os.path.getsize(args.model), sum(t.size for t in tensors.values())
    budget = ""
    if os.path.exists(args.checkpoint):
        import torch
        s = torch.load(args.checkpoint, map_location="cpu")
        budget = f"{s['samples']} generated sentences, {s['step']} steps, {s['seconds'] / 60:.0f} minutes of training on one to two shared CPU cores, no GPU."
    q4 = _figures(args.q4)
    lines = [
        f"# {keys['general.name']}", "", "<!-- Written by training/card.py: change that, not this. -->", "",
        f"The network that hearth ships: utterance and context in, Home Assistant tool calls out. {count} parameters, {size} bytes "
        f"(Q8_0), {keys['san.encoder.block_count']} encoder and {keys['san.decoder.block_count']} decoder layers, width {keys['san.embedding_length']}, "
        f"{len(keys['tokenizer.ggml.tokens'])} tokens, `{keys['san.encoder.context_mask']}` mask. Format and prompt: docs/model.md.", "",
        "## Data", "", data_lines(), "", "No sentence or test of Home Assistant's own collection was used or looked at.", "",
        "## Training", "", budget, "Muon on the attention matrices, AdamW on the rest, bf16, weights rounded to Q8_0 in the last tenth. Make it again: `training/run`.", "",
        "## The network alone", "",
        f"On {f['cases']} generated sentences: patterns that it never saw, in homes with names that it mostly never saw, recogniser noise included, greedy decoding *without* "
        "the engine's grammar. Exact means every call and argument right, and no call too many.", "",
        f"- exactly right: **{_percent(f['exact'], f['cases'])}**" + (f" (Q4_0: {_percent(q4['exact'], q4['cases'])})" if q4 else ""),
        f"- acted although nothing in the home was meant: {f['false_actions']} of {f['negatives']} ({_percent(f['false_actions'], f['negatives'])})", "",
        table(f["per_tool"]), "", "`none`: not for the house. `absent`: a device or room that the home has not; right means that no call is left.", "", LIMITS]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
