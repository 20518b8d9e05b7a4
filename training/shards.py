"""Samples as flat arrays of ids in .npz files, and batches of like length made from them."""
import os

import numpy as np
import torch

PAD_SEGMENT = -1


def encode(tok, sample):
    """A sample of generate.py -> (input ids, segment of each, target ids)."""
    words, here, items, flat = sample
    segments = [tok.query(words)]
    if here:
        segments.append([tok.id["<in>"]] + tok.words(here))
    segments += [tok.item(k, w) for k, w in items]
    ids = [i for s in segments for i in s]
    seg = [n for n, s in enumerate(segments) for _ in s]
    return ids, seg, tok.target(flat)


def write(path, samples):
    ids, seg, out, lengths = [], [], [], []
    for i, s, o in samples:
        ids += i
        seg += s
        out += o
        lengths.append((len(i), len(o)))
    part = path + ".part.npz"
    np.savez(part, ids=np.array(ids, np.uint16), seg=np.array(seg, np.uint8), out=np.array(out, np.uint16), lengths=np.array(lengths, np.uint16))
    os.replace(part, path)


def read(path):
    """[(ids, seg, out)] as numpy arrays."""
    with np.load(path) as z:
        ids, seg, out, lengths = z["ids"], z["seg"], z["out"], z["lengths"].astype(np.int64)
    a, b = np.cumsum(lengths[:, 0])[:-1], np.cumsum(lengths[:, 1])[:-1]
    return list(zip(np.split(ids, a), np.split(seg, a), np.split(out, b)))


def collate(samples, pad=0, eos=1):
    """Samples -> tokens [B,L], seg [B,L], decoder input [B,T], decoder target [B,T] (pad where there is none)."""
    b, length, out = len(samples), max(len(s[0]) for s in samples), max(len(s[2]) for s in samples)
    tokens = np.full((b, length), pad, np.int64)
    seg = np.full((b, length), PAD_SEGMENT, np.int64)
    target = np.full((b, out), pad, np.int64)
    for n, (i, s, o) in enumerate(samples):
        tokens[n, :len(i)], seg[n, :len(i)], target[n, :len(o)] = i, s, o
    start = np.full((b, 1), eos, np.int64)
    given = np.concatenate((start, target[:, :-1]), 1)
    return tuple(torch.from_numpy(x) for x in (tokens, seg, given, target))


def plan(samples, size, rng, ways=1):
    """Groups of `ways` batches (lists of sample numbers) of like lengths, in random order; long samples fewer at a time.

    The batches of a group are trained on at once, one a worker. Outputs are sorted coarsely alone: a batch of nothing but '<none>'
    would pull the network to and fro.
    """
    def key(n):
        out = len(samples[n][2])
        return 0 if out <= 10 else 1 if out <= 18 else 2, len(samples[n][0]) + rng.random() * 3

    order, lots, at = sorted(range(len(samples)), key=key), [], 0
    while at < len(order):
        n = size
        while n > 8 and n * len(samples[order[min(at + n, len(order)) - 1]][0]) > size * 90:
            n -= 8
        lots.append(order[at:at + n])
        at += n
    groups = [lots[i:i + ways] for i in range(0, len(lots), ways)]
    groups = [g for g in groups if len(g) == ways]
    rng.shuffle(groups)
    return groups
