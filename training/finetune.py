#!/usr/bin/env python3
"""Teaches the shipped model one's own home and sentences: `training/run --home home.json --cases mine.jsonl --minutes 10`.

    finetune.py --home HOME.json --cases MINE.jsonl [--minutes 10] [--name mine] [--model ../models/hearth-s.gguf] [--force]

HOME.json is what `hearthctl export` writes, MINE.jsonl what `hearthctl eval` reads. A quarter of the sentences is held out. The others are
learnt as they are and, their names taken out, in other homes; between them come the generator's sentences in its homes and in one's
own, so that nothing else is forgotten. Written is models/NAME.gguf, and only if it is no worse: own held-out sentences not fewer right,
and elsewhere at most half a point lost. Confidence is calibrated anew where hearthctl is at hand.
"""
import argparse
import hashlib
import json
import multiprocessing
import os
import queue
import random
import shutil
import signal
import sys
import tempfile
import time

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import calibrate       # noqa: E402
import engine          # noqa: E402
import evaluate        # noqa: E402
import export          # noqa: E402
import fill            # noqa: E402
import generate        # noqa: E402
import gguf            # noqa: E402
import homes           # noqa: E402
import noise           # noqa: E402
import own             # noqa: E402
import quantise        # noqa: E402
import shards          # noqa: E402
import train           # noqa: E402
from fill import Unfit  # noqa: E402
from model import matrices  # noqa: E402
from optim import Muon  # noqa: E402

CHUNK = 512             # samples that are made at a time
KEPT = 24               # chunks that are gone over again while the next is made
MAY_LOSE = 0.005        # of the sentences elsewhere
SHARES = dict(rehearsed=0.6, at_home=0.15, own=0.25)


def is_held_out(case, percent=25):
    """By a hash of the words: the same sentence is always on the same side."""
    return int(hashlib.md5(" ".join(case.words).encode()).hexdigest(), 16) % 100 < percent


def split(cases):
    """(to learn, held out); neither is empty."""
    held = [c for c in cases if is_held_out(c)]
    learn = [c for c in cases if not is_held_out(c)]
    if not held:
        held = [learn.pop()]
    if not learn:
        learn = [held.pop()]
    return learn, held


class AtHome(generate.Generator):
    """The generator with the user's home instead of random ones."""

    def __init__(self, seed, items, home):
        super().__init__(seed, items)
        self.own_home = home

    def home(self):
        return self.own_home


class Source:
    """Samples of the three kinds, without end."""

    def __init__(self, seed, items, cases):
        self.rng = random.Random(seed)
        self.anywhere = generate.Generator(seed + 1, items)
        self.home_of = {key: AtHome(seed + 2, items, home) for key, home in {id(c.home): c.home for c in cases}.items()}     # one a home: they take a second
        self.cases, self.pattern = cases, {id(c): c.pattern() for c in cases}

    def sample(self):
        kind, = self.rng.choices(list(SHARES), SHARES.values())
        for _ in range(200):
            try:
                made = getattr(self, "_" + kind)()
            except (Unfit, IndexError, KeyError):
                continue
            if made and len(made[0]) <= generate.MAX_QUERY:
                return made
        return self.anywhere.sample()

    def _rehearsed(self):
        return self.anywhere.sample()

    def _at_home(self):
        return self.home_of[id(self.rng.choice(self.cases).home)]._draw()

    def _own(self):
        """A sentence of the user's: as it is, with noise, or, its names taken out, in this home or another."""
        case = self.rng.choice(self.cases)
        pattern, kind = self.pattern[id(case)], self.rng.random()
        if kind < 0.25:
            return case.sample(self.rng)
        if kind < 0.4 or pattern is None:
            return self._noisy(case)
        generator = self.home_of[id(case.home)] if kind < 0.6 else self.anywhere
        return generator._finish(generator.home(), pattern.text, pattern.calls)

    def _noisy(self, case):
        words, here, items, target = case.sample(self.rng)
        tokens = [[w, None if w not in target else ("q", 0)] for w in words]      # what is copied stays
        return [w for w, _ in noise.disturb(self.rng, tokens)], here, items, target


def produce(out, seed, directory, path, home, learn, tok):
    """A process: chunks of encoded samples into a queue, until it is ended."""
    cases = [c for c in own.load_cases(path, home) if c.where in learn]
    source = Source(seed, generate.load_patterns(directory)[0], cases)
    while True:
        out.put([shards.encode(tok, source.sample()) for _ in range(CHUNK)])


class Chunks:
    """Chunks of samples: a new one where one is ready, else an older one again."""

    def __init__(self, args, learn, tok):
        self.queue = multiprocessing.Queue(2)
        names = {c.where for c in learn}
        self.process = multiprocessing.Process(target=produce, args=(self.queue, args.seed, args.patterns, args.cases, args.home, names, tok), daemon=True)
        self.process.start()
        self.kept, self.turn = [], 0

    def take(self):
        while True:
            try:
                self.kept = [*self.kept[-KEPT + 1:], self.queue.get(timeout=0.05 if self.kept else 2)]
                return self.kept[-1]
            except queue.Empty:
                if not self.process.is_alive():
                    raise SystemExit("the process that makes samples ended: see its message above") from None
                if self.kept:
                    self.turn += 1
                    return self.kept[self.turn % len(self.kept)]

    def stop(self):
        self.process.kill()     # asked to end, it would wait for somebody to take what it has made
        self.process.join()


# -- measuring ------------------------------------------------------------------------------------------------------


class Figures:
    """What a model can do: (right, all) of the own held-out sentences and of others'."""

    def __init__(self, own_right, general, free=None, error=None):
        self.own, self.general, self.free, self.error = own_right, general, free, error

    def lines(self):
        yield "your held-out sentences", self.own
        yield "held-out sentences of the generator", self.general
        if self.free:
            yield "other people's sentences in twelve homes", self.free


def share(pair):
    return pair[0] / pair[1] if pair[1] else 0.0


def worse(before, after):
    """Why a model may not be written: a text, or "" if it may."""
    if after.own[0] < before.own[0]:
        return "fewer of your held-out sentences are right"
    for (what, old), (_, new) in list(zip(before.lines(), after.lines()))[1:]:
        if share(new) < share(old) - MAY_LOSE:
            return f"more than {100 * MAY_LOSE:g} points lost on {what}"
    return ""


def own_by_network(model, tok, held):
    flats = evaluate.predict(model, tok, [shards.encode(tok, c.sample()) for c in held])
    return sum(c.meaning(f) in c.answers() for c, f in zip(held, flats)), len(held)


def own_by_engine(hearthctl, path, args, held):
    """Through `hearthctl eval`, grammar and limits and all."""
    folder = os.path.dirname(os.path.abspath(args.cases))
    with tempfile.TemporaryDirectory() as d:
        cases = os.path.join(d, "cases.jsonl")
        with open(cases, "w", encoding="utf-8") as f:
            for c in held:
                home = os.path.join(folder, c.data["home"]) if c.data.get("home") else os.path.abspath(args.home)
                f.write(json.dumps({**c.data, "home": home}) + "\n")
        return engine.Run(hearthctl, path, [cases]).exact()


def measure(args, model, tok, keys, held, kind):
    """Figures of a model as it would be written."""
    model.eval()
    with quantise.as_stored(model, kind):
        right = evaluate.exact(model, tok, evaluate.generated(args.check, tok, args.patterns))
        mine = own_by_network(model, tok, held)
    if not args.hearthctl:
        return Figures(mine, (sum(right), len(right)))
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "model.gguf")
        write(path, model, tok, keys, "measured", kind)
        free = engine.Run(args.hearthctl, path, engine.cases_of("understanding")) if not args.quick else None
        return Figures(own_by_engine(args.hearthctl, path, args, held), (sum(right), len(right)), free.exact() if free else None)


def write(path, model, tok, keys, name, kind):
    """The model with its tokenizer, and the confidence map of the file that it came from."""
    export.save(path, model, tok, name, kind)
    if calibrate.KEYS[0] in keys:
        gguf.change_keys(path, path, {k: ("f32s", keys[k]) for k in calibrate.KEYS})


def show(before, after):
    for (what, old), (_, new) in zip(before.lines(), after.lines()):
        print(f"  {what:42s} {100 * share(old):5.1f} % -> {100 * share(new):5.1f} %   ({old[0]} -> {new[0]} of {new[1]})")


# -- training -------------------------------------------------------------------------------------------------------


def learn_sentences(args, model, tok, cases, kind):
    """Trains for args.minutes; a bar on standard error."""
    model.c.dropout, model.c.word_dropout = args.dropout, args.word_dropout
    hot, rest = matrices(model)
    optimisers, base = [Muon(hot, lr=args.muon), torch.optim.AdamW(rest, lr=args.adam, betas=(0.9, 0.98), weight_decay=0.0)], (args.muon, args.adam)
    weights, rng, chunks = train.weights(tok), random.Random(args.seed), Chunks(args, cases, tok)
    spent, step, samples, losses = 0.0, 0, 0, []
    model.train()
    print("making the first samples", end="", file=sys.stderr, flush=True)
    try:
        while spent < 60 * args.minutes:
            chunk = chunks.take()
            for lot, in shards.plan(chunk, args.batch, rng):
                begun = time.time()
                for o, lr in zip(optimisers, base):
                    o.param_groups[0]["lr"] = lr * train.rate(spent / (60 * args.minutes), step, 20)
                losses = losses[-49:] + [train.gradients(model, shards.collate([chunk[n] for n in lot]), weights, kind)]
                train.update(model, optimisers)
                step, samples, spent = step + 1, samples + len(lot), spent + time.time() - begun
                if step % 5 == 0:
                    train.bar(spent / (60 * args.minutes), f"{spent / 60:4.1f}/{args.minutes:g} min  {samples} sentences  loss {sum(losses) / len(losses):.4f} ")
                if spent >= 60 * args.minutes:
                    break
    finally:
        chunks.stop()
    print(file=sys.stderr)


def between(first, last, part):
    """Weights on the line from `first` to `last`."""
    return {k: first[k] + part * (v - first[k]) for k, v in last.items()}


def tell_unsaid(cases):
    """Says which sentences call things by words that only an alias could teach: names are looked up by their words."""
    found = [(c, names) for c in cases for names in [c.unsaid()] if names]
    if not found:
        return
    print(f"{len(found)} sentences say no word of what they mean, and training cannot teach hearth to look it up. Give it a second name: hearthctl alias add entity|area|floor NAME ALIAS")
    for case, names in found[:5]:
        print(f"  {case.where}: {case.data['text']!r} means {', '.join(repr(n) for n in names)}")


def fine_tune(args):
    model, tok, keys = export.load(args.model)
    kind = args.type
    cases = own.load_cases(args.cases, args.home)
    learn, held = split(cases)
    print(f"{len(learn)} sentences to learn, {sum(c.pattern() is not None for c in learn)} of them in other homes too; {len(held)} held out")
    tell_unsaid(cases)
    before = measure(args, model, tok, keys, held, kind)
    first = {k: v.clone() for k, v in model.state_dict().items()}
    learn_sentences(args, model, tok, learn, kind)
    last = {k: v.clone() for k, v in model.state_dict().items()}
    for part in (1.0, 0.6, 0.3):        # half-way back keeps more of the old (Wortsman et al., 2022)
        model.load_state_dict(between(first, last, part))
        after = measure(args, model, tok, keys, held, kind)
        reason = worse(before, after)
        print(f"{100 * part:.0f} % of the way:")
        show(before, after)
        if not reason:
            break
        print(f"  {reason}")
    if reason and not args.force:
        print("nothing is written: more sentences, or --force", file=sys.stderr)
        return 1
    out = os.path.join(args.out, args.name + ".gguf")
    write(out + ".part", model, tok, keys, args.name, kind)
    os.replace(out + ".part", out)
    recalibrate(args, out)
    print(f"{out} is written: HEARTH_MODEL={out} hearthctl parse ..., or `model` in hearthd.conf(5)")
    return 0


def recalibrate(args, path):
    if not args.hearthctl:
        print("no hearthctl: the confidence map stays as it was (training/calibrate.py --hearthctl PATH fits it)")
        return
    if args.quick:
        return
    free, held = calibrate.measure(args.hearthctl, path)
    curve = calibrate.fit(free.sure, free.right)
    calibrate.write_map(path, curve)
    print(f"calibrated anew: expected error {calibrate.error(calibrate.crossed(free), free.right):.4f}")


def arguments(given=None):
    ap = argparse.ArgumentParser(prog="training/run", description="Fine-tune the shipped model on your own home and sentences.")
    ap.add_argument("--home", required=True, help="home file: hearthctl export >home.json")
    ap.add_argument("--cases", required=True, help="sentences with their calls, one JSON object a line, as for hearthctl eval")
    ap.add_argument("--minutes", type=float, default=10, help="time for training; measuring comes on top")
    ap.add_argument("--name", default="mine", help="models/NAME.gguf is written")
    ap.add_argument("--model", default=os.path.join(HERE, "..", "models", "hearth-s.gguf"), help="where to begin")
    ap.add_argument("--force", action="store_true", help="write it even if it is worse")
    ap.add_argument("--type", choices=list(gguf.TYPES), default="q8_0")
    ap.add_argument("--out", default=os.path.join(HERE, "..", "models"), help="folder of the new model")
    ap.add_argument("--hearthctl", help="the engine, to measure with (default: HEARTHCTL, build/hearthctl, or the installed one)")
    ap.add_argument("--quick", action="store_true", help="measure less, and do not calibrate")
    ap.add_argument("--check", type=int, default=1000, help="the generator's held-out sentences to measure on")
    ap.add_argument("--patterns", help="folder of pattern files")
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--muon", type=float, default=0.003, help="learning rate of the matrices")
    ap.add_argument("--adam", type=float, default=3e-4, help="learning rate of the rest")
    ap.add_argument("--dropout", type=float, default=0.1)
    ap.add_argument("--word-dropout", type=float, default=0.05)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args(given)
    if os.path.sep in args.name:
        ap.error(f"--name {args.name}: a name, no path")
    if args.hearthctl is None:
        args.hearthctl = next((p for p in (engine.HEARTHCTL, shutil.which("hearthctl")) if p and os.access(p, os.X_OK)), None)
    return args


def main():
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("\nstopped: nothing is written"))     # by way of `finally`: no process stays behind
    try:
        return fine_tune(args)
    except own.CaseError as e:
        print(f"training/run: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped: nothing is written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
