#!/usr/bin/env python3
"""Trains the network for a number of minutes on samples that a second process makes meanwhile.

    train.py --minutes 90 [--resume]

Checkpoints: out/last.pt every few minutes. The learning rate falls as a cosine over the minutes, those before a resume counted in.
Pattern files are read anew for every shard, so patterns that are added while it runs are used. Beside the checkpoint, history.jsonl has
the loss and the held-out figure as they went; card.py draws them.

On a CPU, `--workers 2` trains in two processes of one thread each that average their gradients: they meet once a step, where OpenMP's
threads meet at every product and, on a busy machine, wait. Let glibc keep its memory: MALLOC_MMAP_THRESHOLD_=2000000000
MALLOC_TRIM_THRESHOLD_=8000000000 saves the kernel an eighth of the time in clearing pages.
"""
import argparse
import dataclasses
import glob
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import evaluate        # noqa: E402
import quantise        # noqa: E402
import shards          # noqa: E402
from model import Config, San, matrices  # noqa: E402
from optim import Muon  # noqa: E402
from tokenizer import EOS, PAD, Tokenizer  # noqa: E402


class Feed:
    """Shards one after the other: while one is trained on, a process writes the next."""

    def __init__(self, args, first):
        self.args, self.next, self.process = args, first, None
        self.kept, self.turn, self.fresh = [], 0, False
        self.calm = False       # True: samples from now on are calm ones (generate.py)
        os.makedirs(args.shards, exist_ok=True)

    def _path(self, n):
        return os.path.join(self.args.shards, f"shard-{n:05d}.npz")

    def _start(self, n):
        command = [sys.executable, os.path.join(HERE, "data", "generate.py"), "--out", self.args.shards, "--first", str(n), "--shards", "1",
                   "--size", str(self.args.shard_size), "--seed", str(self.args.seed), "--tokenizer", self.args.tokenizer]
        if self.args.patterns:
            command += ["--patterns", self.args.patterns]
        if self.args.weights and os.path.exists(self.args.weights):
            command += ["--weights", self.args.weights]
        if self.calm:
            command.append("--calm")
        self.process = subprocess.Popen(command)

    def take(self):
        """The path of a shard: a new one, while work on the one behind it begins, and an older one by turns (and where none is ready).

        Making samples takes a fifth of the time that training on them does: this halves it.
        """
        if self.process is None:
            self._start(self.next)
        self.fresh = not self.fresh
        if len(self.kept) > 1 and (not self.fresh or self.process.poll() is None):
            self.turn += 1
            return self.kept[self.turn % (len(self.kept) - 1)]
        if self.process.wait() != 0:
            raise SystemExit(f"generate.py failed on shard {self.next}: see its message above")
        self.kept.append(self._path(self.next))
        if len(self.kept) > 8:
            os.remove(self.kept.pop(0))
        self.next += 1
        self._start(self.next)
        return self.kept[-1]

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        for path in glob.glob(os.path.join(self.args.shards, "shard-*")):
            os.remove(path)


def weights(tok):
    """How much a wrong token costs: a wrong tool or a missing '<none>' acts, a wrong piece of a value is mostly caught later."""
    w = torch.ones(tok.size)
    w[tok.id["<none>"]] = 2.0
    for t, i in tok.id.items():
        if t.startswith("T:"):
            w[i] = 2.0
        elif t.startswith("S:"):
            w[i] = 1.5
    return w


def rate(done, step, warm_up):
    """Share of the full learning rate after `done` (0..1) of the time."""
    return min(1.0, (step + 1) / warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def stacked(weights, stack, have, want):
    """The weights of the layers `stack`.0, `stack`.1, ... made more: copies of those below them that add nothing yet.

    Stacking by copies follows Gong et al., "Efficient Training of BERT by Progressively Stacking" (2019); the zeroed output keeps what the
    network computes. Returns all weights by their new names.
    """
    source = [i * have // want for i in range(want)]
    out = {k: v for k, v in weights.items() if not k.startswith(f"{stack}.")}
    for new, old in enumerate(source):
        copy = new > 0 and source[new - 1] == old
        for k, v in weights.items():
            if k.startswith(f"{stack}.{old}."):
                out[k.replace(f"{stack}.{old}.", f"{stack}.{new}.", 1)] = torch.zeros_like(v) if copy and k.endswith("output.weight") else v.clone()
    return out


def grown(saved, config):
    """A checkpoint's weights for a network of more layers."""
    have = saved["config"]
    encoder = stacked(saved["model"], "enc", have["encoder_layers"], config.encoder_layers)
    return stacked(encoder, "dec", have["decoder_layers"], config.decoder_layers)


def save(path, model, optimisers, state):
    torch.save({"config": dataclasses.asdict(model.c), "model": model.state_dict(), "optimisers": [o.state_dict() for o in optimisers], **state}, path + ".part")
    os.replace(path + ".part", path)


def gradients(model, batch, w, kind):
    """Adds a batch's gradients; returns its loss."""
    tokens, seg, given, target = batch
    with quantise.as_stored(model, kind):
        with torch.autocast(tokens.device.type, dtype=torch.bfloat16):
            keep = target != PAD
            logits = model(tokens, seg, given, keep)
        loss = F.cross_entropy(logits.float(), target[keep], weight=w)
        loss.backward()
    return loss.item()


def shared(model, number):
    """Averages the gradients over the workers; returns the first worker's `number`."""
    if not dist.is_initialized():
        return number
    params = [p for p in model.parameters() if p.grad is not None]
    flat = torch.cat([p.grad.flatten() for p in params] + [torch.tensor([number if dist.get_rank() == 0 else 0.0])])
    dist.all_reduce(flat)
    number, at = flat[-1].item(), 0
    flat /= dist.get_world_size()
    for p in params:
        p.grad.copy_(flat[at:at + p.numel()].view_as(p))
        at += p.numel()
    return number


def update(model, optimisers):
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for o in optimisers:
        o.step()
        o.zero_grad(set_to_none=True)


def start_workers(args):
    """Starts the other workers (this is worker 0), or joins as one; returns their processes."""
    if args.workers < 2:
        return []
    meeting = args.meeting or os.path.join(os.path.dirname(args.checkpoint), f"meeting-{os.getpid()}")
    others = [subprocess.Popen([sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--rank", str(n), "--meeting", meeting])
              for n in range(1, args.workers)] if args.rank == 0 else []
    dist.init_process_group("gloo", init_method="file://" + os.path.abspath(meeting), rank=args.rank, world_size=args.workers)
    return others


class History:
    """Loss and figures of a run, one JSON object a line. A resumed run goes on behind what its checkpoint has seen."""

    def __init__(self, path, samples):
        self.path, kept = path, []
        if samples and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                kept = [line for line in f if line.endswith("\n") and json.loads(line)["samples"] <= samples]
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(kept)

    def add(self, state, **more):
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(json.dumps({"minutes": round(state["seconds"] / 60, 2), "step": state["step"], "samples": state["samples"], **more}) + "\n")


def bar(done, text):
    full = int(30 * min(1, done))
    end = "" if sys.stderr.isatty() else "\n"
    print(f"\r[{'#' * full}{'.' * (30 - full)}] {text}", end=end, file=sys.stderr, flush=True)


class Run:
    """One training run and its state: seconds trained, step, samples, shard."""

    def __init__(self, args):
        self.args, self.tok = args, Tokenizer.load(args.tokenizer)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.state = {"seconds": 0.0, "step": 0, "samples": 0, "shard": 0}
        saved = torch.load(args.checkpoint, map_location="cpu") if args.resume and os.path.exists(args.checkpoint) else None
        given = dict(dropout=args.dropout, word_dropout=args.word_dropout)
        if saved:
            have = saved["config"]
            layers = {"encoder_layers": max(args.encoder, have["encoder_layers"]), "decoder_layers": max(args.decoder, have["decoder_layers"])}
            grow = any(have[k] < n for k, n in layers.items())
            config = Config(**{**have, **given, **layers})
        else:
            config = Config(vocab=self.tok.size, d=args.width, heads=args.heads, kv_heads=args.kv_heads, head_dim=args.width // args.heads,
                            encoder_layers=args.encoder, decoder_layers=args.decoder, context_mask=args.mask, **given)
        torch.manual_seed(args.seed)
        self.model = San(config).to(self.device)
        hot, rest = matrices(self.model)
        self.optimisers = [Muon(hot, lr=args.muon), torch.optim.AdamW(rest, lr=args.adam, betas=(0.9, 0.98), weight_decay=0.0)]
        if saved:
            self.model.load_state_dict(grown(saved, config) if grow else saved["model"])
            for o, s in zip(self.optimisers, saved["optimisers"]):
                if not grow:
                    o.load_state_dict(s)
            self.state = {k: saved[k] for k in self.state}
        self.history = History(os.path.join(os.path.dirname(args.checkpoint), "history.jsonl"), self.state["samples"]) if args.rank == 0 else None
        self.base = [[g["lr"] for g in o.param_groups] for o in (Muon(hot, lr=args.muon), torch.optim.AdamW(rest, lr=args.adam))]
        self.weights = weights(self.tok).to(self.device)

    def done(self):
        return self.state["seconds"] / (60 * self.args.minutes)

    def set_rate(self):
        share = rate(self.done(), self.state["step"], self.args.warm_up)
        for o, base in zip(self.optimisers, self.base):
            for g, lr in zip(o.param_groups, base):
                g["lr"] = lr * share

    def next_shard(self, feed):
        """The samples of the next shard: every worker reads the file that the first one's feed names."""
        if feed:
            feed.calm = self.done() >= self.args.calm_from
        path = [feed.take() if feed else None]
        if dist.is_initialized():
            dist.broadcast_object_list(path)
        self.state["shard"] = feed.next if feed else 0
        return shards.read(path[0])

    def step(self, samples, group):
        """One step on a group of batches, of which this worker does its own; returns its loss and the number of sentences of all."""
        begun = time.time()
        self.set_rate()
        kind = self.args.fake if self.done() >= self.args.fake_from else None
        batch = [x.to(self.device) for x in shards.collate([samples[n] for n in group[self.args.rank]])]
        loss = gradients(self.model, batch, self.weights, kind)
        self.state["seconds"] = shared(self.model, self.state["seconds"] + time.time() - begun)
        update(self.model, self.optimisers)
        self.state["step"] += 1
        count = sum(len(g) for g in group)
        self.state["samples"] += count
        return loss, count, time.time() - begun

    def train(self):
        """Until the time is up; the first worker makes the samples, reports, saves and evaluates."""
        first = self.args.rank == 0
        feed, rng = Feed(self.args, self.state["shard"]) if first else None, random.Random(self.args.seed + self.state["step"])
        self.saved_at = self.evaluated_at = self.shown_at = time.time()
        try:
            while self.done() < 1:
                samples = self.next_shard(feed)
                for group in shards.plan(samples, self.args.batch, rng, self.args.workers):
                    made = self.step(samples, group)
                    if first:
                        self.report(*made)
                    if self.done() >= 1:
                        break
        finally:
            if first:
                feed.stop()
                save(self.args.checkpoint, self.model, self.optimisers, self.state)
        if first:
            self.check()

    def report(self, loss, count, took):
        """What is due: a line, a checkpoint, a check."""
        self.losses = getattr(self, "losses", [])[-49:] + [loss]
        now = time.time()
        if now - self.shown_at > 20:
            bar(self.done(), f"{self.state['seconds'] / 60:5.1f}/{self.args.minutes:g} min  step {self.state['step']}  {self.state['samples']} sentences  "
                f"loss {sum(self.losses) / len(self.losses):.4f}  {count / max(1e-9, took):.0f}/s")
            self.history.add(self.state, loss=round(sum(self.losses) / len(self.losses), 5), learning_rate=round(self.optimisers[0].param_groups[0]["lr"], 6))
            self.shown_at = now
        if now - self.saved_at > 60 * self.args.save_every:
            save(self.args.checkpoint, self.model, self.optimisers, self.state)
            self.saved_at = now
        if now - self.evaluated_at > 60 * self.args.evaluate_every:
            self.check()
            self.evaluated_at = time.time()

    def check(self):
        self.model.eval()
        cases = evaluate.generated(self.args.check, self.tok, self.args.patterns)
        right = evaluate.exact(self.model, self.tok, cases)
        self.model.train()
        self.history.add(self.state, right=sum(right), of=len(right))
        print(f"\nheld out, after {self.state['seconds'] / 60:.1f} min and {self.state['samples']} sentences: {100 * sum(right) / len(right):.1f}% of {len(right)} exact",
              file=sys.stderr, flush=True)


def main():
    ap = argparse.ArgumentParser(description="Train the network.")
    ap.add_argument("--minutes", type=float, default=90, help="time for training, those before a resume counted in")
    ap.add_argument("--resume", action="store_true", help="go on from the checkpoint, if there is one")
    ap.add_argument("--checkpoint", default=os.path.join(HERE, "out", "last.pt"))
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--shards", default=os.path.join(HERE, "out", "shards"))
    ap.add_argument("--shard-size", type=int, default=10000)
    ap.add_argument("--patterns", help="folder of pattern files")
    ap.add_argument("--weights", help="file of hard.py, read anew for every shard: which patterns to draw more often")
    ap.add_argument("--width", type=int, default=256)
    ap.add_argument("--heads", type=int, default=8)
    ap.add_argument("--kv-heads", type=int, default=4)
    ap.add_argument("--encoder", type=int, default=6, help="layers; more than the checkpoint has grows it")
    ap.add_argument("--decoder", type=int, default=3, help="layers; likewise")
    ap.add_argument("--mask", choices=["item", "joint"], default="item")
    ap.add_argument("--dropout", type=float, default=0.1, help="of what attention adds")
    ap.add_argument("--word-dropout", type=float, default=0.03, help="of whole tokens of the sentence")
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--muon", type=float, default=0.02, help="learning rate of the matrices")
    ap.add_argument("--adam", type=float, default=2e-3, help="learning rate of the rest")
    ap.add_argument("--warm-up", type=int, default=100, help="steps")
    ap.add_argument("--fake", choices=["q8_0", "q4_0"], default="q8_0", help="rounding in the last part")
    ap.add_argument("--fake-from", type=float, default=0.9, help="share of the time after which weights are rounded")
    ap.add_argument("--calm-from", type=float, default=0.6, help="share of the time after which half of the sentences are free of noise and homes less odd")
    ap.add_argument("--save-every", type=float, default=3, help="minutes")
    ap.add_argument("--evaluate-every", type=float, default=12, help="minutes")
    ap.add_argument("--check", type=int, default=600, help="held-out samples for the checks on the way")
    ap.add_argument("--threads", type=int, help="default: OMP_NUM_THREADS, or all")
    ap.add_argument("--workers", type=int, default=1, help="processes that share the work (CPU)")
    ap.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    ap.add_argument("--meeting", help=argparse.SUPPRESS)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped: go on with --resume"))     # the checkpoint is written on the way out
    others = start_workers(args)
    try:
        Run(args).train()
    finally:
        for o in others:
            o.terminate()


if __name__ == "__main__":
    main()
