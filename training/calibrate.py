#!/usr/bin/env python3
"""How often is a call right of which the model is so sure? Fits the map san.confidence.* (docs/model.md, section 6) and writes it into the model.

    calibrate.py [--model ../models/hearth-s.gguf] [--show] [--figures out/confidence.json] [--diagram ../models/hearth-s-confidence.png]

What is looked at are the calls that only their confidence could keep back: those that name something the home has not, or that the
words do not bear out, are dropped whatever it is. The map is a logistic curve over the log-odds of the product of a call's
probabilities (Platt scaling, two numbers), as straight lines between knots. It is fitted on tests/data/understanding, for other
people's sentences are what it is for. To measure it, it is fitted on every other home of these and applied to the rest, and the
other way round, so no call is measured with a map that its own home had a part in. How a map from the generator's held-out homes
(tests/data/heldout) does there is told too.
"""
import argparse
import json
import os
import re
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
import engine          # noqa: E402
import gguf            # noqa: E402

BINS = 15
LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98)
KNOT_LOGITS = (-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10)
EDGE = 1e-6
KEYS = ("san.confidence.from", "san.confidence.to")


class Calls:
    """Calls that were heard: sure [n] (0..1), right [n], home [n], question [n], and whether nothing was meant [n]."""

    def __init__(self, run):
        heard = [(x["confidence"], x["right"], c["home"], x["question"], not c["calls"])
                 for c in run.cases for x in c["prediction"].get("heard", ()) if x.get("kept_back", "") in ("", "asked", "unsure")]
        if not heard:
            raise SystemExit("not one call was heard: is it the right model?")
        sure, right, home, question, nothing = zip(*heard)
        self.sure, self.right, self.home = np.array(sure, np.float64), np.array(right, np.float64), np.array(home)
        self.question, self.nothing = np.array(question), np.array(nothing)
        self.sentences = len(run.cases)


def odds(p):
    p = np.clip(p, EDGE, 1 - EDGE)
    return np.log(p / (1 - p))


def fit(sure, right):
    """(slope, shift) of the logistic curve over the log-odds, by Newton's method; hardly held to the identity where calls are few."""
    x = np.stack([odds(sure), np.ones(len(sure))], 1)
    w, start = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (p - right) + (w - start)
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.eye(2)
        w = w - np.linalg.solve(curve, slope)
    return max(0.05, float(w[0])), float(w[1])


def knots(curve):
    """The curve as (from, to), float32."""
    x = np.array([EDGE / 2, *(1 / (1 + np.exp(-np.array(KNOT_LOGITS, np.float64)))), 1 - EDGE / 2])
    y = 1 / (1 + np.exp(-(curve[0] * odds(x) + curve[1])))
    x[0], x[-1] = 0, 1
    return x.astype(np.float32), np.maximum.accumulate(y.astype(np.float32))


def through(curve, sure):
    return np.interp(sure, *(k.astype(np.float64) for k in knots(curve)))


def bins(sure, right, count=BINS):
    """Bins of equal mass: [(mean confidence, share right, calls)]."""
    order = np.argsort(sure, kind="stable")
    return [(float(sure[b].mean()), float(right[b].mean()), len(b)) for b in np.array_split(order, count) if len(b)]


def error(sure, right):
    """Expected calibration error: mean distance of confidence and share right over bins of equal mass."""
    return sum(n * abs(c - r) for c, r, n in bins(sure, right)) / len(sure)


def chance(sure, rounds=200):
    """The error that as many calls would show if every confidence were exactly true."""
    rng = np.random.default_rng(1)
    return float(np.mean([error(sure, (rng.random(len(sure)) < sure).astype(np.float64)) for _ in range(rounds)]))


def crossed(calls):
    """Confidences by maps from the other half of the homes."""
    homes, out = sorted(set(calls.home)), np.zeros(len(calls.sure))
    for half in range(2):
        mine = np.isin(calls.home, homes[half::2])
        out[mine] = through(fit(calls.sure[~mine], calls.right[~mine]), calls.sure[mine])
    return out


def bands(calls, sure):
    """[(limit, share of the calls at or above it, share of these that are right, calls among them where nothing was meant)]."""
    rows = []
    for limit in LIMITS:
        above = sure >= limit
        rows.append((limit, float(above.mean()), float(calls.right[above].mean()) if above.any() else None, int((calls.nothing & above & ~calls.question).sum())))
    return rows


def hearthd_limits():
    """(for commands, for questions): hearthd's defaults."""
    with open(os.path.join(HERE, "..", "daemon", "understand.h"), encoding="utf-8") as f:
        text = f.read()
    return tuple(float(re.search(rf"#define UNDERSTAND_{kind}_CONFIDENCE ([\d.]+)", text)[1]) for kind in ("COMMAND", "QUESTION"))


def at_limits(calls, sure):
    """What hearthd's default limits do: shares of the calls, and of each band how many are right."""
    command, question = hearthd_limits()
    acted = sure >= np.where(calls.question, question, command)
    right = lambda band: float(calls.right[band].mean()) if band.any() else None    # noqa: E731
    return {"command": command, "question": question, "acted": float(acted.mean()), "acted_right": right(acted), "refused": float((~acted).mean()), "refused_right": right(~acted)}


def reach(calls, sure, wanted=(0.99, 0.98, 0.97, 0.95)):
    """[(precision, the limit above which it is kept, share of the calls above)]; limit None where none keeps it."""
    order = np.argsort(-sure, kind="stable")
    precision, out = np.cumsum(calls.right[order]) / np.arange(1, len(order) + 1), []
    for p in wanted:
        good = np.flatnonzero(precision >= p)
        out.append((p, float(sure[order][good[-1]]) if len(good) else None, float((good[-1] + 1) / len(order)) if len(good) else 0.0))
    return out


def diagram(path, lines, title):
    """lines [(label, bins)] as a PNG."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), dpi=110)
    for axes, low in ((left, 0.0), (right, 0.8)):
        axes.plot([low, 1], [low, 1], color="0.7", linewidth=1)
        for label, points in lines:
            axes.plot([c for c, _, _ in points], [r for _, r, _ in points], marker="o", markersize=3.5, linewidth=1.2, label=label)
        axes.set(xlim=(low, 1.005), ylim=(low, 1.005), xlabel="confidence", ylabel="share right")
        axes.grid(alpha=0.3)
    left.legend(loc="upper left", fontsize=8)
    left.set_title(title, fontsize=10, loc="left")
    right.set_title("from 0.8", fontsize=10, loc="left")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def write_map(path, curve):
    """Puts the map into a model file; its weights stay as they are, byte for byte."""
    x, y = knots(curve)
    gguf.change_keys(path, path, {KEYS[0]: ("f32s", x), KEYS[1]: ("f32s", y)})


def without_map(path, out):
    gguf.change_keys(path, out, {k: None for k in KEYS})


def measure(hearthctl, model):
    """(calls of understanding, calls of heldout), both without a map."""
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "raw.gguf")
        without_map(model, raw)
        return [Calls(engine.Run(hearthctl, raw, engine.cases_of(name))) for name in ("understanding", "heldout")]


def figures(free, held, curve):
    """All that the card says about it."""
    other, from_held = crossed(free), through(fit(held.sure, held.right), free.sure)
    return {"slope": curve[0], "shift": curve[1], "bins": BINS, "calls": len(free.sure), "homes": len(set(free.home)), "sentences": free.sentences,
            "ece_raw": error(free.sure, free.right), "ece": error(other, free.right), "ece_from_heldout": error(from_held, free.right),
            "ece_by_chance": chance(other), "held_calls": len(held.sure), "held_ece_raw": error(held.sure, held.right),
            "bands": bands(free, other), "at_limits": at_limits(free, other), "reach": reach(free, other), "raw_bins": bins(free.sure, free.right), "fitted_bins": bins(other, free.right)}


def report(f):
    print(f"{f['calls']} calls in {f['homes']} homes (tests/data/understanding), {f['bins']} bins of equal mass")
    print(f"  expected calibration error  {f['ece_raw']:.4f} as the network multiplies, {f['ece']:.4f} with maps from the other half of the homes")
    print(f"                              {f['ece_from_heldout']:.4f} with a map from the generator's homes; {f['ece_by_chance']:.4f} would be chance alone")
    print(f"  the map: log-odds times {f['slope']:.3f}, plus {f['shift']:.3f}")
    print("  limit  share of calls  right  false calls of negatives")
    for limit, share, right, nothing in f["bands"]:
        print(f"  {limit:5.2f}  {100 * share:12.1f} %  {'-' if right is None else f'{100 * right:.1f} %'}  {nothing}")
    a = f["at_limits"]
    print(f"  at hearthd's limits ({a['command']:g}, questions {a['question']:g}): acts on {100 * a['acted']:.1f} %, {100 * (a['acted_right'] or 0):.1f} % of them right; "
          f"of the {100 * a['refused']:.1f} % kept back {100 * (a['refused_right'] or 0):.1f} % were right")
    for precision, limit, share in f["reach"]:
        print(f"  {100 * precision:.0f} % right: {'no limit' if limit is None else f'from {limit:.3f} on, {100 * share:.1f} % of the calls'}")


def main():
    ap = argparse.ArgumentParser(description="Fit the map from probabilities to confidence, and write it into the model.")
    ap.add_argument("--hearthctl", default=engine.HEARTHCTL)
    ap.add_argument("--model", default=os.path.join(HERE, "..", "models", "hearth-s.gguf"))
    ap.add_argument("--show", action="store_true", help="measure only: the model stays as it is")
    ap.add_argument("--figures", metavar="FILE", help="write the figures here, as JSON")
    ap.add_argument("--diagram", metavar="PNG", help="draw the reliability diagram")
    args = ap.parse_args()
    free, held = measure(args.hearthctl, args.model)
    curve = fit(free.sure, free.right)
    f = figures(free, held, curve)
    report(f)
    if args.figures:
        with open(args.figures, "w", encoding="utf-8") as out:
            json.dump(f, out, indent=1)
    if args.diagram:
        diagram(args.diagram, [("the network's product", f["raw_bins"]), ("with the map (of other homes)", f["fitted_bins"])],
                f"{f['calls']} calls of {f['homes']} homes, {BINS} bins of equal mass")
    if not args.show:
        write_map(args.model, curve)
        print(f"{args.model}: has the map now")


if __name__ == "__main__":
    main()
