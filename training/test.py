#!/usr/bin/env python3
"""Tests of the trainer's parts: `python3 training/test.py`. A minute; the shipped model is not needed."""
import contextlib
import functools
import io
import json
import os
import random
import sys
import tempfile
import unittest

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import agree           # noqa: E402
import average         # noqa: E402
import beside          # noqa: E402
import calibrate       # noqa: E402
import card_text       # noqa: E402
import curves          # noqa: E402
import export          # noqa: E402
import fill            # noqa: E402
import finetune        # noqa: E402
import generate        # noqa: E402
import gguf            # noqa: E402
import hard            # noqa: E402
import homes           # noqa: E402
import noise           # noqa: E402
import noisy           # noqa: E402
import normalize       # noqa: E402
import own             # noqa: E402
import patterns        # noqa: E402
import quantise        # noqa: E402
import shards          # noqa: E402
import train           # noqa: E402
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


@functools.lru_cache(maxsize=None)
def loaded():
    """All patterns, read once."""
    return generate.load_patterns()


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


class Averages(unittest.TestCase):
    def test_weights_are_averaged(self):
        mean = average.averaged([(0.75, {"w": torch.tensor([4.0, 0.0])}), (0.25, {"w": torch.tensor([0.0, 8.0])})])
        self.assertEqual(mean["w"].tolist(), [3.0, 2.0])

    def test_other_shapes_are_refused(self):
        with self.assertRaises(ValueError):
            average.averaged([(0.5, {"w": torch.zeros(2)}), (0.5, {"w": torch.zeros(3)})])


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


    def test_blocks_of_a_row_share_the_scale_of_its_largest_number(self):
        w = np.zeros((4, 96), np.float32)
        w[0, :3], w[0, 95] = (0.004, -1.0, 0.5), 2.54
        w[1, 40] = -127 * 65504.0    # the largest half as scale
        w[2] = np.linspace(-3e-6, 5e-6, 96)    # where halves are few; the last row has none at all
        blocks = np.frombuffer(quantise.q8_0(w), np.dtype([("d", "<f2"), ("q", "i1", 32)])).reshape(4, 3)
        self.assertTrue((blocks["d"] == blocks["d"][:, :1]).all())
        self.assertEqual(blocks["d"][:, 0].tolist(), [np.float16(0.02), 65504, np.float16(2 ** -24), 0])
        self.assertEqual(blocks["q"][0].ravel()[[0, 1, 2, 95]].tolist(), [0, -50, 25, 127])
        self.assertEqual(blocks["q"][1].ravel()[40], -127)
        self.assertEqual(blocks["q"][2].ravel()[[0, 95]].tolist(), [-50, 84])
        stored = blocks["q"].reshape(4, 96) * blocks["d"][:, :1].astype(np.float32)
        np.testing.assert_array_equal(quantise.rounded(torch.from_numpy(w), "q8_0").numpy(), stored)

    def test_keys_change_and_nothing_else(self):
        arrays = [("a", np.arange(64, dtype=np.float32).reshape(2, 32), "q8_0"), ("b", np.arange(3, dtype=np.float32), "f32")]
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "m.gguf")
            gguf.write(path, {"general.name": "x", "n": ("u32", 7), "words": ("strings", ["one", "two"])}, arrays)
            with open(path, "rb") as f:
                before = f.read()
            gguf.change_keys(path, path, {"n": None, "curve": ("f32s", [0.0, 1.0])})
            keys, tensors = gguf.read(path)
            self.assertEqual(keys, {"general.name": "x", "words": ["one", "two"], "curve": [0.0, 1.0]})
            np.testing.assert_array_equal(tensors["b"], arrays[1][1])
            gguf.change_keys(path, path, {"curve": None, "n": ("u32", 7)})
            gguf.change_keys(path, path, {"words": None, "n": None})
            gguf.change_keys(path, path, {"n": ("u32", 7), "words": ("strings", ["one", "two"])})
            with open(path, "rb") as f:
                self.assertEqual(f.read(), before)


class Confidence(unittest.TestCase):
    def calls(self, slope, shift, count=20000):
        """How sure, and whether right, of calls of which this curve is true."""
        rng = np.random.default_rng(4)
        sure = 1 / (1 + np.exp(-rng.normal(2, 2, count)))
        truth = 1 / (1 + np.exp(-(slope * calibrate.odds(sure) + shift)))
        return sure, (rng.random(count) < truth).astype(float)

    def test_fit_finds_the_curve(self):
        slope, shift = calibrate.fit(*self.calls(0.5, 0.7))
        self.assertAlmostEqual(slope, 0.5, delta=0.03)
        self.assertAlmostEqual(shift, 0.7, delta=0.06)

    def test_the_map_makes_the_error_small(self):
        sure, right = self.calls(0.5, 0.7)
        self.assertGreater(calibrate.error(sure, right), 0.05)
        self.assertLess(calibrate.error(calibrate.through(calibrate.fit(sure, right), sure), right), 0.012)

    def test_knots_are_what_the_engine_reads(self):
        for curve in ((0.05, -3), (1, 0), (0.5, 0.7), (3, 2)):
            x, y = calibrate.knots(curve)
            self.assertTrue(2 <= len(x) <= 32 and x[0] == 0 and x[-1] == 1)
            self.assertTrue((np.diff(x) > 0).all() and (np.diff(y) >= 0).all() and y.min() >= 0 and y.max() <= 1)
            sure = np.linspace(0.001, 0.999, 999)
            true = 1 / (1 + np.exp(-(curve[0] * calibrate.odds(sure) + curve[1])))
            self.assertLess(np.abs(calibrate.through(curve, sure) - true).max(), 0.03)

    def test_the_limit_for_a_precision(self):
        calls = object.__new__(calibrate.Calls)
        calls.right, calls.question = np.array([1, 1, 1, 0, 1.0]), np.array([False, False, False, False, True])
        sure = np.array([0.9, 0.99, 0.95, 0.8, 0.6])
        self.assertEqual(calibrate.reach(calls, sure, (0.99, 0.8)), [(0.99, 0.9, 0.6), (0.8, 0.6, 1.0)])
        command, question = calibrate.hearthd_limits()
        self.assertTrue(0 < question <= command < 1)
        self.assertAlmostEqual(calibrate.at_limits(calls, sure)["acted"], np.mean([0.9 >= command, 0.99 >= command, 0.95 >= command, 0.8 >= command, 0.6 >= question]))

    def test_bins_have_equal_mass(self):
        sure = np.array([0.9] * 40 + [0.1] * 35)
        found = calibrate.bins(sure, (sure > 0.5).astype(float), 15)
        self.assertEqual([n for _, _, n in found], [5] * 15)
        self.assertAlmostEqual(calibrate.error(sure, (sure > 0.5).astype(float)), 0.1)


class FineTuning(unittest.TestCase):
    HOME = {"floors": [], "areas": [{"name": "Kitchen", "floor": None, "aliases": ["galley"]}, {"name": "Hall", "floor": None, "aliases": []}],
            "entities": [{"entity_id": "light.a", "name": "Kitchen ceiling", "area": "Kitchen", "domain": "light", "device_class": None, "aliases": ["big light"]},
                         {"entity_id": "lock.b", "name": "Front door", "area": "Hall", "domain": "lock", "device_class": None, "aliases": []},
                         {"entity_id": "media_player.c", "name": "Radio", "area": "Kitchen", "domain": "media_player", "device_class": None, "aliases": []}]}

    def case(self, text, calls, **more):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "home.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(self.HOME, f)
            return own.Case({"text": text, "calls": [{"name": n, "arguments": a} for n, a in calls], **more}, own.load_home(path), "mine.jsonl:1")

    def test_a_case_is_a_target(self):
        for text, calls, target in (
                ("Big light off!", [("HassTurnOff", {"name": "Kitchen ceiling"})], "T:HassTurnOff S:name big light"),
                ("lock up", [("HassTurnOn", {"name": "Front door", "domain": "lock"})], "T:HassTurnOn S:name front door S:domain lock"),
                ("lights on in the galley", [("HassTurnOn", {"domain": "light", "area": "Kitchen"})], "T:HassTurnOn S:area galley S:domain light"),
                ("twenty percent", [("HassLightSet", {"area": "Kitchen", "brightness": 20})], "T:HassLightSet S:area kitchen S:brightness 20"),
                ("nice weather", [], "<none>")):
            self.assertEqual(" ".join(self.case(text, calls).target()), target)

    def test_the_room_of_the_speaker_is_written_as_it_is_called(self):
        c = self.case("lights on", [("HassTurnOn", {"area": "galley", "domain": "light"})], context_area="galley")
        self.assertEqual(" ".join(c.target()), "T:HassTurnOn S:area kitchen S:domain light")
        self.assertEqual(c.pattern().calls, [("HassTurnOn", [("area", "{here}"), ("domain", "light")])])

    def test_names_make_room_for_variables(self):
        c = self.case("Kill the big light and lock the front door", [("HassTurnOff", {"name": "Kitchen ceiling"}), ("HassTurnOn", {"name": "Front door"})])
        self.assertEqual(c.pattern().text, "kill the {light} and lock the {lock}")
        c = self.case("play purple rain in the kitchen", [("HassMediaSearchAndPlay", {"area": "Kitchen", "search_query": "purple rain"})])
        self.assertEqual(c.pattern().text, "play <purple rain> in the {area}")
        self.assertIsNone(self.case("the ceiling one off", [("HassTurnOff", {"name": "Kitchen ceiling"})]).pattern())

    def test_nicknames_that_only_an_alias_can_teach_are_told(self):
        self.assertEqual(self.case("the cosy one off", [("HassTurnOff", {"name": "Kitchen ceiling"})]).unsaid(), ["Kitchen ceiling"])
        self.assertEqual(self.case("ceiling off", [("HassTurnOff", {"name": "Kitchen ceiling"})]).unsaid(), [])
        self.assertEqual(self.case("off", [("HassTurnOff", {"area": "Kitchen", "domain": "light"})], context_area="Kitchen").unsaid(), [])
        self.assertEqual(self.case("egg timer 3 minutes", [("HassStartTimer", {"name": "egg", "minutes": 3})]).unsaid(), [])

    def test_patterns_of_cases_fill_other_homes(self):
        c = self.case("kill the big light", [("HassTurnOff", {"name": "Kitchen ceiling"})])
        source = finetune.Source(1, loaded()[0], [c])
        names = set()
        for _ in range(60):
            words, _, items, target = source._own()
            self.assertEqual(target[:2], ["T:HassTurnOff", "S:name"])
            names.add(" ".join(target[2:]))
        self.assertGreater(len(names), 5)
        self.assertIn("big light", names)

    def test_aliases_and_accepted_answers_are_right(self):
        c = self.case("kitchen light off", [("HassTurnOff", {"name": "big light"})], accept=[[{"name": "HassTurnOff", "arguments": {"area": "Kitchen", "domain": "light"}}]])
        for flat, right in (("T:HassTurnOff S:name kitchen ceiling", True), ("T:HassTurnOff S:name big light", True), ("T:HassTurnOff S:area galley S:domain light", True),
                            ("T:HassTurnOn S:name big light", False), ("<none>", False)):
            self.assertEqual(c.meaning(flat.split()) in c.answers(), right, flat)

    def test_errors_name_the_place_and_the_mend(self):
        for text, calls, said in (("lamp on", [("HassTurnOn", {"name": "Sauna"})], "Sauna"), ("lamp on", [("HassTurnIt", {})], "HassTurnIt"),
                                  ("lamp on", [("HassTurnOn", {"colour": "red"})], "colour"), ("play it", [("HassMediaSearchAndPlay", {"search_query": "abba"})], "abba"), ("", [], "words")):
            with self.assertRaisesRegex(own.CaseError, "mine.jsonl:1.*" + said):
                self.case(text, calls)

    def test_a_worse_model_is_told(self):
        figures = lambda mine, general, free=None: finetune.Figures((mine, 20), (general, 1000), free and (free, 1500))    # noqa: E731
        self.assertEqual(finetune.worse(figures(10, 900, 1300), figures(10, 895, 1293)), "")
        self.assertIn("your held-out", finetune.worse(figures(10, 900), figures(9, 950)))
        self.assertIn("generator", finetune.worse(figures(10, 900), figures(20, 894)))
        self.assertIn("twelve homes", finetune.worse(figures(10, 900, 1300), figures(20, 900, 1292)))

    def test_the_whole_way_with_a_tiny_model(self):
        """Two seconds of training on a random model: files in, figures out, a file that the trainer reads again."""
        tok = Tokenizer(learn({"turn": 9, "kitchen": 9, "light": 9, "ceiling": 5}, 120))
        torch.manual_seed(2)
        model = San(Config(vocab=tok.size, d=32, heads=4, kv_heads=2, head_dim=8, encoder_layers=1, decoder_layers=1))
        texts = [f"{verb} the {thing}" for verb in ("kill", "switch off", "douse", "stop") for thing in ("big light", "kitchen ceiling", "radio")]
        with tempfile.TemporaryDirectory() as d:
            start, home, cases = (os.path.join(d, n) for n in ("start.gguf", "home.json", "mine.jsonl"))
            export.save(start, model, tok, "start", "q8_0")
            calibrate.write_map(start, (0.5, 0.25))
            with open(home, "w", encoding="utf-8") as f:
                json.dump(self.HOME, f)
            with open(cases, "w", encoding="utf-8") as f:
                f.writelines(json.dumps({"text": t, "calls": [{"name": "HassTurnOff", "arguments": {"name": t.split(" ", 2 if "off" in t else 1)[-1].replace("the ", "")}}]}) + "\n" for t in texts)
            args = finetune.arguments(["--home", home, "--cases", cases, "--minutes", "0.03", "--model", start, "--out", d, "--check", "8", "--quick", "--force", "--batch", "16"])
            args.hearthctl = None
            with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(finetune.fine_tune(args), 0)
            self.assertIn("your held-out sentences", said.getvalue())
            back, tok2, keys = export.load(os.path.join(d, "mine.gguf"))
            self.assertEqual((tok2.pieces, keys["general.name"], len(keys["san.confidence.to"])), (tok.pieces, "mine", 23))
            moved = sum((p - q).abs().sum().item() for p, q in zip(back.parameters(), export.load(start)[0].parameters()))
            self.assertGreater(moved, 0)


class Measuring(unittest.TestCase):
    def test_a_grown_network_computes_what_it_did(self):
        small = San(Config(vocab=400, d=32, heads=4, kv_heads=2, head_dim=8, encoder_layers=2, decoder_layers=2)).eval()
        for p in small.parameters():
            torch.nn.init.normal_(p, std=0.2)
        saved = {"config": vars(small.c), "model": small.state_dict()}
        big = San(Config(**{**vars(small.c), "encoder_layers": 3, "decoder_layers": 4})).eval()
        big.load_state_dict(train.grown(saved, big.c))
        tokens, seg, given = torch.randint(5, 300, (2, 12)), torch.tensor([[0] * 6 + [1] * 3 + [2] * 3] * 2), torch.randint(5, 300, (2, 5))
        with torch.no_grad():
            self.assertLess((small(tokens, seg, given) - big(tokens, seg, given)).abs().max().item(), 1e-4)

    def test_a_resumed_run_goes_on_behind_its_checkpoint(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "history.jsonl")
            history = train.History(path, 0)
            for n in (100, 200, 300):
                history.add({"seconds": 60.0 * n, "step": n, "samples": n}, loss=1 / n)
            train.History(path, 200).add({"seconds": 0, "step": 250, "samples": 250}, right=3, of=4)
            self.assertEqual([r["samples"] for r in curves.read(path)], [100, 200, 250])
            train.History(path, 0)
            self.assertEqual(curves.read(path), [])

    def test_a_curve_from_what_was_printed(self):
        said = ("\r[###...]  14.1/112 min  step 897  1136928 sentences  loss 0.1328  207/s\n"
                "held out, after 14.2 min and 1137000 sentences: 80.2% of 800 exact\n"
                "[...]  0.2/112 min  step 16  996048 sentences  loss 0.1693  37/s\n")
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "log")
            with open(path, "w", encoding="utf-8") as f:
                f.write(said)
            self.assertEqual(curves.read(path), [{"step": 16, "samples": 996048, "loss": 0.1693}])      # restarted further back: what was before is void
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(said.split("\n")[:2]))
            rows = curves.read(path)
            self.assertEqual([(r.get("loss"), r.get("right"), r.get("of")) for r in rows], [(0.1328, None, None), (None, 642, 800)])
            curves.draw(rows, os.path.join(d, "curve.png"))
            self.assertGreater(os.path.getsize(os.path.join(d, "curve.png")), 5000)

    def test_the_first_other_token_is_a_disagreement(self):
        logits = torch.tensor([[0.0, 3.0, 1.0, 2.0], [5.0, 1.0, 1.0, 0.0]])
        self.assertEqual(agree.differing(logits, [(1, [1, 2, 3]), (1, [1, 2])]), [])          # of equals the lowest id
        self.assertEqual(agree.differing(logits, [(3, [2, 3]), (2, [1, 2])]), [(1, 1, 0.0)])
        self.assertEqual([n for n, _, _ in agree.differing(logits, [(2, [1, 2, 3]), (0, [0])])], [0])

    def test_pytorch_agrees_with_itself(self):
        """The forced pass of agree.py takes the same way as free decoding."""
        tok = Tokenizer(learn({"turn": 5, "light": 4}, 80))
        torch.manual_seed(5)
        model = San(Config(vocab=tok.size, d=32, heads=4, kv_heads=2, head_dim=8, encoder_layers=1, decoder_layers=1)).eval()
        cases = []
        for words in ("turn light on", "a lamp"):
            p = {"words": words, "area": "Hall", "items": [["light", "Big Lamp"], ["area", "..."]], "steps": []}
            ids, seg, _ = agree.encoded(tok, p)
            self.assertEqual(max(seg), 2)       # an item without words is none
            out = model.decode(torch.tensor([ids]), torch.tensor([seg]), EOS, PAD, limit=7)[0]
            cases.append({"text": words, "prediction": {**p, "steps": [(i, list(range(tok.size))) for i in out]}})
        self.assertEqual(agree.compare(model, tok, cases)[:2], (2, 2))

    def test_noise_keeps_the_meaning(self):
        with tempfile.TemporaryDirectory() as d:
            lots = {}
            for name, path in noisy.write(d, 12).items():
                with open(path, encoding="utf-8") as f:
                    lots[name] = [json.loads(line) for line in f]
        self.assertEqual([c["calls"] for c in lots["clean"]], [c["calls"] for c in lots["noisiest"]])
        self.assertNotEqual([c["text"] for c in lots["clean"]], [c["text"] for c in lots["noisiest"]])

    def test_a_card_says_all_it_is_given(self):
        row, lot = {"HassTurnOn": [10, 9, 1], "(several)": [4, 2, 0]}, {"21 to 60 things": [10, 9, 1], "over 500 things": [4, 2, 0]}
        of_set = {"all": (11, 14), "first": (10, 14), "positive": (9, 12), "several": [4, 2, 0], "negatives": {"n": 2, "acted": 1, "false_actions": 1, "sensitive": 0}, "false_actions": 2, "sensitive": 0,
                  "intents": row, "tags": {"typed": [14, 11, 1]}, "homes": lot, "ms": [1.0, 2.0, 3.0], "large_ms": None,
                  "wrong": [{"text": "lamp | on", "area": "Hall", "want": [{"name": "HassTurnOn", "arguments": {"name": "Lamp"}}], "got": []}]}
        f = {"model": {"name": "tiny", "parameters": 5, "bytes": 9, "encoder": 1, "decoder": 1, "width": 32, "tokens": 400, "mask": "item", "mapped": True},
             "data": {"patterns": 7, "held_out": 1, "writers": 2, "systematic": 3, "none": 1}, "training": None, "curve": None, "types": None,
             "confidence": {"calls": 3, "homes": 2, "bins": 15, "ece_raw": 0.05, "ece": 0.0123, "ece_by_chance": 0.01, "ece_from_heldout": 0.06, "picture": "c.png", "bands": [(0.5, 0.9, 0.95, 1), (0.98, 0.0, None, 0)],
                            "at_limits": {"command": 0.65, "question": 0.55, "acted": 0.97, "acted_right": 0.91, "refused": 0.03, "refused_right": None},
                            "reach": [(0.99, None, 0.0), (0.95, 0.87, 0.7)]},
             "network": {"cases": 4, "exact": 3, "negatives": 1, "false_actions": 0, "per_tool": {"none": (1, 1)}},
             "noise": {"clean": (9, 10), "noisy": (8, 10), "noisiest": (7, 10)}, "agreement": {"same": 999, "sentences": 1000, "alike": 5, "decisions": 6, "shipped": {"same": 998, "sentences": 1000}}, "compared": "| network |\n| --- |\n| 3M |", **{name: of_set for name in card_text.SETS}}
        text = card_text.card(f)
        for said in ("# tiny", "78.6%", "0.0123", "80.0%", "99.90%", "| HassTurnOn | 90.0% | 10 | 90.0% | 10 |", "lamp / on *(Hall)*", "TurnOn name=Lamp", "not at hand", "c.png"):
            self.assertIn(said, text)
        for line in text.split("\n"):
            if line.startswith("|"):
                self.assertTrue(line.endswith("|"), line)


class Samples(unittest.TestCase):
    def test_values_can_be_copied(self):
        """Every value is in the context, in the sentence, in the schema, or a number."""
        train, _ = loaded()
        g, tools = generate.Generator(5, train), patterns.load_tools()
        enums = {w for t in tools.values() for p in t["properties"].values() for f in p.get("anyOf", [p]) for v in f.get("enum", ())
                 for w in normalize.words_of(v.replace("_", " "))}
        for _ in range(500):
            words, here, items, flat = g.sample()
            known = set(words) | set(here or ()) | {w for _, i in items for w in i} | enums
            for t in flat:
                if ":" not in t[:2] and t != "<none>" and not t.lstrip("-").replace(".", "").isdigit():
                    self.assertIn(t, known, (words, flat))

    @staticmethod
    def calls_of(flat):
        """[(tool, {slot: words})]"""
        calls = []
        for t in flat:
            if t.startswith("T:"):
                calls.append((t[2:], {}))
            elif t.startswith("S:"):
                slot = calls[-1][1].setdefault(t[2:], [])
            else:
                slot.append(t)
        return calls

    def drawn(self, kind, count=25):
        train, _ = loaded()
        g = generate.Generator(6, train)
        g.shares, g.among = {kind: 1}, 0
        for _ in range(count):
            words, _, items, flat = g.sample()
            yield words, items, self.calls_of(flat)

    def test_namesakes_are_told_by_their_room(self):
        for words, items, calls in self.drawn("in_room"):
            self.assertTrue(all({"name", "area"} <= set(args) for _, args in calls), words)
        for words, items, ((tool, one), (other_tool, other)) in self.drawn("two_rooms"):
            self.assertEqual((tool, one["name"]), (other_tool, other["name"]), words)
            self.assertNotEqual(one["area"], other["area"], words)

    def test_twins_are_two_calls(self):
        for kind in ("both", "each", "other_one"):
            for words, items, ((tool, one), (other_tool, other)) in self.drawn(kind):
                self.assertTrue(tool == other_tool or kind == "other_one", words)
                self.assertNotEqual(one["name"], other["name"])
                self.assertTrue({tuple(one["name"]), tuple(other["name"])} <= {tuple(i) for _, i in items}, (words, items))
                shared = set(one["name"]) & set(other["name"])
                self.assertTrue(any(s[:3] in "".join(words) for s in shared), (words, shared))   # noise joins words

    def test_a_room_said_first_is_of_all(self):
        for words, items, calls in self.drawn("room_first"):
            self.assertGreater(len(calls), 1)
            self.assertEqual(len({tuple(args["area"]) for _, args in calls}), 1, words)
            self.assertEqual(len({tuple(args["name"]) for _, args in calls}), len(calls), words)

    def test_another_command_may_stand_beside_twins(self):
        train, _ = loaded()
        g = generate.Generator(6, train)
        g.shares, g.among = {"both": 1}, 1
        self.assertTrue(all(len(self.calls_of(g.sample()[3])) > 2 for _ in range(10)))

    def test_what_is_said_of_a_thing_tells_which_of_its_kin_is_meant(self):
        """"Is there motion at the front door" asks for "Front Door Motion", beside other things of that door."""
        train, _ = loaded()
        g = generate.Generator(6, [p for p in train if "{kin:" in p.text and len(p.calls) == 1])
        g.shares = {"plain": 1}
        shorter = 0
        for _ in range(40):
            words, _, items, flat = g.sample()
            (_, args), = self.calls_of(flat)
            name = tuple(args["name"])
            self.assertIn(name, {i for _, i in items})
            shorter += not set(name) <= set(words)
        self.assertGreater(shorter, 10)

    def test_lists_have_an_item_a_call(self):
        for words, _, calls in self.drawn("items"):
            self.assertGreater(len(calls), 1)
            self.assertEqual(len({str(args["item"]) for _, args in calls}), len(calls), words)

    def test_a_room_is_carried_to_the_next_command(self):
        for words, _, calls in self.drawn("carried"):
            self.assertEqual(len(calls), 2)
            self.assertEqual(calls[0][1]["name"][0], calls[1][1]["name"][0], words)

    def test_a_house_goes_by_other_words(self):
        home, other, rng = homes.Home(), homes.Home(), random.Random(1)
        said = {fill.dwelling(rng, "every light in the house off", home) for _ in range(300)}
        self.assertGreater(len(said), 10)
        self.assertTrue(all(s.startswith("every light in the ") and s.endswith(" off") for s in said))
        self.assertEqual({fill.dwelling(rng, "the house alarm on", home) for _ in range(50)}, {"the house alarm on"})
        other.areas = [homes.Place("area", w) for w in fill.DWELLINGS]
        self.assertEqual({fill.dwelling(rng, "the whole house dark", other) for _ in range(50)}, {"the whole house dark"})

    def test_heavier_patterns_are_drawn_more_often(self):
        train, _ = loaded()
        same = [p for p in train if p.calls and generate.signature(p) == "HassTurnOn,name={light}" and p.writer != "w00"][:20]
        deck = generate.Deck(random.Random(1), same, lambda p: 50.0 if p is same[0] else 1.0)
        self.assertGreater(sum(deck.draw() is same[0] for _ in range(400)), 100)

    def test_hesitation_never_splits_a_name(self):
        rng, name = random.Random(2), ("e", "{light}")
        for _ in range(200):
            said = noise.hesitate(rng, [["dim", None], ["reading", name], ["lamp", name], ["now", None]])
            at = [i for i, (_, tag) in enumerate(said) if tag]
            self.assertEqual(at[1] - at[0], 1, said)

    def test_there_are_phrases_around_every_sort_of_sentence(self):
        for kind in ("before", "before question", "after", "after question", "lead", "tail", "filler"):
            self.assertGreater(len(noise.around(kind)), 5, kind)
            for words in noise.around(kind):
                self.assertEqual(list(fill.words_of(" ".join(words))), list(words), kind)
        for first, others in noise.synonyms().items():
            self.assertTrue(all(others), first)

    def test_what_the_network_decoded_is_told_from_what_was_done(self):
        call = {"name": "HassTurnOn", "arguments": {"name": "Lamp"}}
        kept = {"calls": [call], "prediction": {"exact": False, "heard": [{**call, "confidence": 0.5}]}}
        self.assertTrue(hard.decoded_right(kept))
        self.assertFalse(hard.decoded_right({"calls": [], "prediction": {"exact": False, "heard": [call]}}))

    def test_words_beside_names_are_told_from_names(self):
        tools = patterns.load_tools()
        calls = patterns.parse_calls("HassTurnOn name={light}", tools)
        said = [patterns.Pattern(text, calls, writer, "f", n) for n, (writer, text) in enumerate(
            [("a", "ignite the {light} please"), ("b", "ignite {light}[ quickly]"), ("c", "the {light} please"), ("c", "turn (on|up) {light}")])]
        counts = beside.Counts(said, [("garden", "shed"), ("big", "lamp")])
        self.assertEqual({w for w, s in counts.beside["before"]["ignite"].items() if s}, {"b"})       # the other has an article between
        self.assertEqual(set(counts.leads["ignite", True]), {"a"})
        self.assertIn("c", counts.beside["after"]["please"])
        self.assertNotIn("shed", counts.spoken)
        others, all_of_them = counts.features("before", "ignite", False, writer="b"), counts.features("before", "ignite", False)
        self.assertLess(others[2], all_of_them[2])                                                # his own sentence says nothing of him
        self.assertGreater(counts.features("after", "shed", False)[4], counts.features("before", "shed", False)[4])

    def test_held_out_patterns_are_stable(self):
        self.assertEqual(generate.held_out_pattern("Turn on [the] {light}!"), generate.held_out_pattern("turn on the {light}"))


if __name__ == "__main__":
    random.seed(1)
    unittest.main()
