#!/usr/bin/env python3
"""Tests of the trainer's parts: `python3 training/test.py`. Half a minute; the shipped model is not needed."""
import os
import random
import sys
import tempfile
import unittest

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import export          # noqa: E402
import generate        # noqa: E402
import normalize       # noqa: E402
import patterns        # noqa: E402
import quantise        # noqa: E402
import shards          # noqa: E402
from model import Config, San  # noqa: E402
from tokenizer import EOS, PAD, Tokenizer, learn  # noqa: E402

DATA = os.path.join(HERE, "..", "tests", "data")


def small(mask="item"):
    torch.manual_seed(3)
    return San(Config(vocab=400, d=32, heads=4, kv_heads=2, head_dim=8, encoder_layers=2, decoder_layers=2, context_mask=mask)).eval()


def inputs():
    rng = np.random.default_rng(1)
    lot = []
    for n in (5, 9, 12):
        ids = rng.integers(8, 400, n)
        lot.append((ids, np.array([0] * 4 + [1 + i // 3 for i in range(n - 4)]), rng.integers(8, 400, 6)))
    return lot


class Normaliser(unittest.TestCase):
    def test_golden(self):
        self.assertEqual(normalize.check(os.path.join(DATA, "normalize.tsv")), 0)

    def test_twice_is_once(self):
        for text in ("Turn on Zoë's lamp", "21.5°C", "a hundred and five percent", "tv2", "7:30"):
            once = " ".join(normalize.words_of(text))
            self.assertEqual(" ".join(normalize.words_of(once)), once)

    def test_bytes(self):
        text = "Add Öl & twenty one eggs"
        data = text.encode()
        said = [data[w.start:w.end].decode() for w in normalize.normalize(text)]
        self.assertEqual(said, ["Add", "Öl", "&", "twenty one", "eggs"])

    def test_limits(self):
        for text in ("x" * 1025, "a b " * 33, "y" * 65, b"\xff"):
            with self.assertRaises(normalize.TextError):
                normalize.normalize(text)


class Tokens(unittest.TestCase):
    def test_round_trip(self):
        tok = Tokenizer(learn({"kitchen": 9, "kitten": 5, "light": 7}, 60))
        for word in ("kitchen", "lights", "21.5", "-5", "küche", "日本"):
            self.assertEqual(tok.parse(tok.target([word])), [word])
        self.assertEqual(tok.parse(tok.target(["T:HassTurnOn", "S:name", "kitchen", "lights"])), ["T:HassTurnOn", "S:name", "kitchen", "lights"])

    def test_digits_stay_apart(self):
        tok = Tokenizer(learn({"2700": 50, "turn": 3}, 60))
        self.assertEqual(len(tok.word("2700")), 5)


class Network(unittest.TestCase):
    def test_decode_follows_forward(self):
        for mask in ("item", "joint"):
            model = small(mask)
            tokens, seg, _, _ = shards.collate(inputs())
            out = model.decode(tokens, seg, EOS, PAD, limit=8)
            for b, ids in enumerate(out):
                given = torch.tensor([[EOS] + ids[:-1]])
                with torch.no_grad():
                    logits = model(tokens[b:b + 1], seg[b:b + 1], given)
                self.assertEqual(logits[0].argmax(-1).tolist(), ids)

    def test_padding_changes_nothing(self):
        model, lot = small(), inputs()
        together = model.encode(*shards.collate(lot)[:2])[0]
        for b, one in enumerate(lot):
            alone = model.encode(*shards.collate([one])[:2])[0]
            torch.testing.assert_close(together[b, :alone.shape[1]], alone[0], atol=1e-5, rtol=1e-4)

    def test_items_do_not_see_each_other(self):
        model, one = small(), inputs()[2]
        changed = (np.where(one[1] == 2, 9, one[0]), *one[1:])
        a, b = (model.encode(*shards.collate([x])[:2])[0][0] for x in (one, changed))
        same = torch.tensor(one[1] == 1)
        torch.testing.assert_close(a[same], b[same])


class Files(unittest.TestCase):
    def test_export_round_trip(self):
        tok = Tokenizer(learn({"on": 5, "off": 4}, 50))
        torch.manual_seed(1)
        model = San(Config(vocab=tok.size, d=64, heads=4, kv_heads=2, head_dim=16, encoder_layers=1, decoder_layers=1))
        for kind in ("f32", "f16", "q8_0", "q4_0"):
            with tempfile.TemporaryDirectory() as d:
                path = os.path.join(d, "m.gguf")
                export.save(path, model, tok, "m", kind)
                back, tok2, _ = export.load(path)
            self.assertEqual(tok2.pieces, tok.pieces)
            with quantise.as_stored(model, kind):
                for (n, p), q in zip(model.named_parameters(), back.parameters()):
                    torch.testing.assert_close(p, q, msg=f"{kind} {n}")


class Samples(unittest.TestCase):
    def test_values_can_be_copied(self):
        """Every value is in the context, in the sentence, in the schema, or a number."""
        train, _ = generate.load_patterns()
        g, tools = generate.Generator(5, train), patterns.load_tools()
        enums = {w for t in tools.values() for p in t["properties"].values() for f in p.get("anyOf", [p]) for v in f.get("enum", ())
                 for w in normalize.words_of(v.replace("_", " "))}
        for _ in range(500):
            words, here, items, flat = g.sample()
            known = set(words) | set(here or ()) | {w for _, i in items for w in i} | enums
            for t in flat:
                if ":" not in t[:2] and t != "<none>" and not t.lstrip("-").replace(".", "").isdigit():
                    self.assertIn(t, known, (words, flat))

    def test_held_out_patterns_are_stable(self):
        self.assertEqual(generate.held_out_pattern("Turn on [the] {light}!"), generate.held_out_pattern("turn on the {light}"))


if __name__ == "__main__":
    random.seed(1)
    unittest.main()
