"""Loss and held-out figures of a training run as a picture, from its history.jsonl or from the lines that train.py printed."""
import json
import re

SHOWN = re.compile(r"min\s+step (\d+)\s+(\d+) sentences\s+loss ([\d.]+)")
CHECKED = re.compile(r"held out, after ([\d.]+) min and (\d+) sentences: ([\d.]+)% of (\d+) exact")


def read(path):
    """[{"samples", "loss"} or {"samples", "right", "of"}], in the order of the run; what a restart did again counts once, as last done."""
    rows = []
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in re.split(r"[\r\n]+", f.read()):
            if line.startswith("{"):
                rows.append(json.loads(line))
            elif m := SHOWN.search(line):
                rows.append({"step": int(m[1]), "samples": int(m[2]), "loss": float(m[3])})
            elif m := CHECKED.search(line):
                rows.append({"samples": int(m[2]), "right": round(float(m[3]) * int(m[4]) / 100), "of": int(m[4])})
    kept, first = [], float("inf")
    for row in reversed(rows):
        if row["samples"] <= first:
            kept.append(row)
            first = row["samples"]
    return kept[::-1]


def draw(rows, path):
    """Loss (a line, and smoothed) and share exactly right (points) over sentences seen, as a PNG."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    losses = [(r["samples"] / 1e3, r["loss"]) for r in rows if "loss" in r]
    checks = [(r["samples"] / 1e3, 100 * r["right"] / r["of"]) for r in rows if "of" in r]
    figure, axes = plt.subplots(figsize=(8, 4), dpi=110)
    if losses:
        x, y = zip(*losses)
        smooth, at = [], y[0]
        for v in y:
            at += 0.08 * (v - at)
            smooth.append(at)
        axes.plot(x, y, color="tab:blue", alpha=0.25, linewidth=0.8)
        axes.plot(x, smooth, color="tab:blue", linewidth=1.6)
    axes.set_xlabel("thousand sentences")
    axes.set_ylabel("training loss", color="tab:blue")
    axes.grid(alpha=0.3)
    if checks:
        right = axes.twinx()
        right.plot(*zip(*checks), color="tab:orange", marker="o", markersize=4, linewidth=1.2)
        right.set_ylabel("held out: exactly right, %", color="tab:orange")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
