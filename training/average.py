#!/usr/bin/env python3
"""Averages the weights of checkpoints of one training run.

    average.py OUT.pt WEIGHT:CHECKPOINT.pt WEIGHT:CHECKPOINT.pt ...

Points along one run lie in one valley, and their mean is a little better than each: stochastic weight averaging (Izmailov et al., 2018).
OUT has everything else (shape, budget, optimisers) of the first. The weights must sum to 1.
"""
import sys

import torch


def averaged(parts):
    """[(weight, state of a model)] -> the state of their mean; ValueError where they are of different networks."""
    names = {n: t.shape for n, t in parts[0][1].items()}
    for _, state in parts[1:]:
        if {n: t.shape for n, t in state.items()} != names:
            raise ValueError("the checkpoints are of different networks")
    return {n: sum(share * state[n] for share, state in parts) for n in names}


def main():
    if len(sys.argv) < 3 or any(":" not in a for a in sys.argv[2:]):
        raise SystemExit(__doc__.strip())
    try:
        given = [(float(share), path) for share, path in (a.split(":", 1) for a in sys.argv[2:])]
    except ValueError as e:
        raise SystemExit(f"average.py: {e}: say it as 0.7:last.pt")
    if abs(sum(share for share, _ in given) - 1) > 1e-6:
        raise SystemExit(f"average.py: the weights sum to {sum(share for share, _ in given):g}, not to 1")
    saved = [(share, torch.load(path, map_location="cpu")) for share, path in given]
    try:
        mean = averaged([(share, s["model"]) for share, s in saved])
    except ValueError as e:
        raise SystemExit(f"average.py: {e}")
    torch.save({**saved[0][1], "model": mean}, sys.argv[1])


if __name__ == "__main__":
    main()
