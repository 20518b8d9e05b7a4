#!/usr/bin/env python3
"""Needle's network a second time, in numpy and float64, written from docs/model.md, section 5, and from Flax's names;
and the tests that hold training/convert_needle.py and the engine to it.

    needle_reference.py --source DIR --engine PROGRAM --san-call PROGRAM [--shape full|small]

Random weights of Needle's full size (d 512, 8 heads on 4, 12 + 8 layers, 8192 tokens; 26 million) go as a checkpoint through
the converter into the engine, and its logits are compared with those computed here from the same checkpoint.
"""
import argparse
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile

import numpy as np

FULL = {"d_model": 512, "num_heads": 8, "num_kv_heads": 4, "num_encoder_layers": 12, "num_decoder_layers": 8, "vocab_size": 8192}
SMALL = {"d_model": 64, "num_heads": 4, "num_kv_heads": 2, "num_encoder_layers": 2, "num_decoder_layers": 2, "vocab_size": 400}
PROMPT, STEPS, EOS = 48, 12, 1


# ---- a checkpoint of random weights, as Flax names and stacks it ----

def attention_params(rng, layers, c):
    d, hd = c["d_model"], c["d_model"] // c["num_heads"]
    inner, kv = c["num_heads"] * hd, c["num_kv_heads"] * hd
    kernel = lambda i, o: {"kernel": (rng.standard_normal((layers, i, o)) / np.sqrt(i)).astype(np.float32)}  # noqa: E731
    scale = lambda: {"scale": (rng.standard_normal((layers, hd)) * 0.2).astype(np.float32)}  # noqa: E731
    return {"q_proj": kernel(d, inner), "k_proj": kernel(d, kv), "v_proj": kernel(d, kv), "out_proj": kernel(inner, d),
            "q_norm": scale(), "k_norm": scale()}


def random_params(rng, c):
    d = c["d_model"]
    norm = lambda *shape: {"scale": (rng.standard_normal(shape + (d,)) * 0.2).astype(np.float32)}  # noqa: E731
    gate = lambda n: rng.standard_normal(n).astype(np.float32)  # noqa: E731
    # Signs at random, so that the likeliest token is not the one just read: embedding and output are one matrix.
    scattered = {"scale": (rng.standard_normal(d) - 1).astype(np.float32)}
    e, n = c["num_encoder_layers"], c["num_decoder_layers"]
    return {"embedding": {"embedding": (rng.standard_normal((c["vocab_size"], d)) / np.sqrt(d)).astype(np.float32)},
            "encoder": {"layers": {"self_attn": attention_params(rng, e, c), "ZCRMSNorm_0": norm(e), "attn_gate": gate(e)}, "final_norm": norm()},
            "decoder": {"layers": {"self_attn": attention_params(rng, n, c), "ZCRMSNorm_0": norm(n), "self_attn_gate": gate(n),
                                   "cross_attn": attention_params(rng, n, c), "ZCRMSNorm_1": norm(n), "cross_attn_gate": gate(n)}, "final_norm": scattered},
            "log_temp": np.float32(0.5)}


def message(*fields):
    """A protobuf: (number, int | float | bytes)."""
    out = b""
    for number, value in fields:
        if isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack("<f", value)
        elif isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def sentencepiece_model(size):
    """Needle's first ids, the bytes, and pieces that no text needs."""
    pieces = [("<pad>", 3), ("</s>", 3), ("<s>", 3), ("<unk>", 2), ("<tool_call>", 4), ("<tools>", 4)]
    pieces += [(f"<0x{b:02X}>", 6) for b in range(256)]
    pieces += [(f"piece{i}", 1) for i in range(size - len(pieces))]
    out = b"".join(message((1, message((1, text.encode()), (2, -float(i)), (3, kind)))) for i, (text, kind) in enumerate(pieces))
    return out + message((2, message((3, 2))), (3, message((1, b"identity"))))


# ---- the network ----

def norm(x, scale):
    return (1 + scale) * x / np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-6)


def rotate(x, positions):
    """x [tokens, heads, hd]"""
    half = x.shape[-1] // 2
    angle = positions[:, None] * 10000.0 ** (-np.arange(half) / half)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate((a * cos - b * sin, b * cos + a * sin), -1)


def attend(c, p, layer, x, memory, rope, causal):
    hd = c["d_model"] // c["num_heads"]
    w = lambda name: p[name]["kernel"][layer].astype(np.float64)  # noqa: E731
    heads = lambda rows, name, n: (rows @ w(name)).reshape(len(rows), n, hd)  # noqa: E731
    q = norm(heads(x, "q_proj", c["num_heads"]), p["q_norm"]["scale"][layer].astype(np.float64))
    k = norm(heads(memory, "k_proj", c["num_kv_heads"]), p["k_norm"]["scale"][layer].astype(np.float64))
    v = heads(memory, "v_proj", c["num_kv_heads"])
    if rope:
        q, k = rotate(q, np.arange(len(x))), rotate(k, np.arange(len(memory)))
    group = c["num_heads"] // c["num_kv_heads"]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(hd)
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[1:], bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("hqk,khd->qhd", weights, v).reshape(len(x), -1) @ w("out_proj")


def sigmoid(x):
    return 1 / (1 + np.exp(-np.float64(x)))


def embed(params, ids):
    table = params["embedding"]["embedding"]
    return table[ids].astype(np.float64) * np.sqrt(table.shape[1])


def encode(c, params, ids):
    p, x = params["encoder"]["layers"], embed(params, ids)
    for n in range(c["num_encoder_layers"]):
        h = norm(x, p["ZCRMSNorm_0"]["scale"][n].astype(np.float64))
        x = x + sigmoid(p["attn_gate"][n]) * attend(c, p["self_attn"], n, h, h, True, False)
    return norm(x, params["encoder"]["final_norm"]["scale"].astype(np.float64))


def decode(c, params, memory, ids):
    """Logits after the last of ids."""
    p, x = params["decoder"]["layers"], embed(params, ids)
    for n in range(c["num_decoder_layers"]):
        h = norm(x, p["ZCRMSNorm_0"]["scale"][n].astype(np.float64))
        x = x + sigmoid(p["self_attn_gate"][n]) * attend(c, p["self_attn"], n, h, h, True, True)
        h = norm(x, p["ZCRMSNorm_1"]["scale"][n].astype(np.float64))
        x = x + sigmoid(p["cross_attn_gate"][n]) * attend(c, p["cross_attn"], n, h, memory, False, False)
    h = norm(x[-1], params["decoder"]["final_norm"]["scale"].astype(np.float64))
    return params["embedding"]["embedding"].astype(np.float64) @ h


def generate(c, params, ids):
    """(the likeliest tokens one by one, the logits of each step)"""
    memory, written, all_logits = encode(c, params, ids), [EOS], []
    for _ in range(STEPS):
        all_logits.append(decode(c, params, memory, written))
        written.append(int(np.argmax(all_logits[-1])))
    return written[1:], np.array(all_logits)


# ---- tests ----

class Tests:
    def __init__(self, source, engine, san_call, shape):
        self.source, self.engine, self.san_call, self.c = source, engine, san_call, shape
        self.converter = os.path.join(source, "training", "convert_needle.py")
        self.passed = self.failed = 0

    def check(self, fine, what):
        print(("ok      " if fine else "NOT OK  ") + what, flush=True)
        self.passed, self.failed = self.passed + bool(fine), self.failed + (not fine)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def convert(self, checkpoint, tokenizer, *more):
        out = self.path("converted.gguf")
        if os.path.exists(out):
            os.unlink(out)
        run = subprocess.run([sys.executable, self.converter, checkpoint, tokenizer, out, *more], capture_output=True, text=True)
        return (out if run.returncode == 0 and os.path.exists(out) else None), run.stdout + run.stderr

    def logits(self, model, ids):
        out = self.path("logits")
        subprocess.run([*self.engine, model, str(STEPS), out, *map(str, ids)], check=True)
        return np.fromfile(out, np.float32).reshape(STEPS, -1).astype(np.float64)

    def compare(self, params, kind, limit):
        rng = np.random.default_rng(11)
        ids = rng.integers(6, self.c["vocab_size"], PROMPT)
        model, said = self.convert(self.checkpoint, self.tokenizer, "--type", kind)
        if not model:
            return self.check(False, f"{kind}: converted: {said}")
        got, (tokens, want) = self.logits(model, ids), generate(self.c, params, ids)
        error = np.sqrt(((got - want) ** 2).sum(1) / (want ** 2).sum(1)).max()
        self.check(error < limit, f"{kind}: logits within {limit:g} of the reference: {error:.2g}, relative")
        self.check(list(got.argmax(1)) == tokens, f"{kind}: the same {STEPS} greedy tokens: {tokens}")

    def test_network(self):
        params = random_params(np.random.default_rng(7), self.c)
        self.checkpoint = self.write("needle.pkl", pickle.dumps({"params": params, "config": dict(self.c, rope_theta=10000.0)}))
        self.tokenizer = self.write("needle.model", sentencepiece_model(self.c["vocab_size"]))
        self.compare(params, "f32", 1e-3)
        rounded = round_all(params)  # the checkpoint's numbers are halves: the reference reads the same
        self.checkpoint = self.write("needle.pkl", pickle.dumps({"params": rounded, "config": self.c}))
        self.compare(rounded, "f16", 1e-3)

    def test_hostile(self):
        """Each of these would run something, or build something else than arrays."""
        marker = self.path("was-run")
        small = random_params(np.random.default_rng(1), SMALL)
        for name, thing in (("os.system", Runs(os.system, (f"touch {marker}",))), ("eval", Runs(eval, (f"open({marker!r},'w')",))),
                            ("subprocess", Runs(subprocess.call, (["touch", marker],))), ("a foreign class", tempfile.TemporaryDirectory)):
            path = self.write("hostile.pkl", pickle.dumps({"params": dict(small, evil=thing), "config": {}}))
            model, said = self.convert(path, self.tokenizer)
            self.check(not model and "refused" in said and not os.path.exists(marker), f"a pickle with {name} is refused: {said.strip()[-100:]}")
        objects = pickle.dumps({"params": {"embedding": np.array([{}, None], object)}, "config": {}})
        for name, data in (("an array of objects", objects), ("a cut pickle", pickle.dumps(small)[:5000]), ("no pickle", b"GGUF" * 100),
                           ("no dictionary", pickle.dumps([1, 2])), ("persistent ids", b"Pevil\n."),
                           ("a change to what it may call", b"cnumpy.core.multiarray\n_reconstruct\n(N}Vx\nI1\nstb."),
                           ("an array that lies about its size", lying_array())):
            model, said = self.convert(self.write("hostile.pkl", data), self.tokenizer)
            self.check(not model and "Traceback" not in said, f"{name} is refused: {said.strip()[-100:]}")

    def test_damage(self):
        c = SMALL
        tokenizer = self.write("small.model", sentencepiece_model(c["vocab_size"]))
        other = self.write("other.model", sentencepiece_model(c["vocab_size"] + 1))
        params = lambda: random_params(np.random.default_rng(1), c)  # noqa: E731
        missing, extra, uneven = params(), params(), params()
        del missing["decoder"]["layers"]["cross_attn_gate"]
        extra["encoder"]["layers"]["mlp"] = {"kernel": np.zeros((2, 4, 4), np.float32)}
        uneven["encoder"]["layers"]["attn_gate"] = np.zeros(1, np.float32)
        cases = [("a missing array", missing, c, tokenizer, "cross_attn_gate"), ("an array too many", extra, c, tokenizer, "mlp"),
                 ("stacks of different height", uneven, c, tokenizer, "layers"), ("a wrong configuration", params(), dict(c, num_heads=16), tokenizer, "num_heads"),
                 ("another tokenizer", params(), c, other, "belong"), ("no tokenizer", params(), c, self.checkpoint, "SentencePiece")]
        for name, p, config, tok, says in cases:
            model, said = self.convert(self.write("damaged.pkl", pickle.dumps({"params": p, "config": config})), tok)
            self.check(not model and says in said and "Traceback" not in said, f"{name} is an error that says so: {said.strip()[-100:]}")
        as_object = pickle.dumps({"params": params(), "config": None}, protocol=2)
        model, said = self.convert(self.write("old.pkl", as_object), tokenizer, "--type", "q8_0")
        self.check(model, f"an older pickle protocol is read: {said.strip()[-100:]}")

    def test_tokens(self):
        """Ids that SentencePiece gave, for a model that it trained."""
        with open(os.path.join(self.source, "tests/data/needle/tokens.json"), encoding="utf-8") as f:
            cases = json.load(f)
        tokenizer = os.path.join(self.source, "tests/data/needle/pieces.model")
        shape = dict(SMALL, vocab_size=cases["vocab_size"])
        checkpoint = self.write("tokens.pkl", pickle.dumps({"params": random_params(np.random.default_rng(2), shape), "config": shape}))
        model, said = self.convert(checkpoint, tokenizer)
        if not model:
            return self.check(False, f"a trained SentencePiece model is converted: {said}")
        lines = "".join(case["text"] + "\n" for case in cases["cases"])
        run = subprocess.run([*self.engine, "--tokens", model], input=lines.encode(), capture_output=True, check=True)
        got = [[int(n) for n in line.split()] for line in run.stdout.decode().split("\n")[:-1]]
        wrong = [case["text"] for case, ids in zip(cases["cases"], got) if case["ids"] != ids]
        self.check(len(got) == len(cases["cases"]) and not wrong, f"{len(cases['cases'])} texts have SentencePiece's tokens; wrong: {wrong[:3]}")

        self.test_calls(model)

    def test_calls(self, model):
        """san-call on random weights: whatever the network wants, names and arguments are the tools'."""
        tools = [{"name": "getWeather", "description": "Weather", "parameters": {"city": {"type": "string", "enum": ["Paris", "Rome"], "required": True}}},
                 {"name": "Set Lamp", "description": "A lamp", "parameters": {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}}]
        path = self.write("tools.json", json.dumps(tools).encode())
        call = lambda *args: subprocess.run([*self.san_call, *args], capture_output=True, text=True)  # noqa: E731
        fine, said, made = True, "", 0
        for query in ("weather in Rome", "the lamp please", "x"):
            run = call("--model", model, "--tools", path, query)
            said += run.stdout + run.stderr
            calls = json.loads(run.stdout) if run.returncode == 0 else [{}]
            made += len(calls)
            for c in calls:
                args = c.get("arguments")
                fine &= (c.get("name") == "getWeather" and args in ({"city": "Paris"}, {"city": "Rome"})) or (
                    c.get("name") == "Set Lamp" and args in ({"on": True}, {"on": False}))
        self.check(fine and made > 2, f"san-call makes {made} calls and keeps to the tools: {said.strip()[-100:]}")
        wrong = call("--model", model, "--tools", self.path("nothing"), "x"), call("--model", path, "--tools", path, "x"), call("--model", model, "x")
        self.check([w.returncode for w in wrong] == [1, 1, 2] and all(w.stderr for w in wrong), "san-call says what is wrong")

    def run(self):
        with tempfile.TemporaryDirectory() as self.folder:
            self.test_network()
            self.test_hostile()
            self.test_damage()
            self.test_tokens()
        print(f"# {self.passed} passed, {self.failed} failed")
        return self.failed == 0


class Runs:
    def __init__(self, function, args):
        self.what = (function, args)

    def __reduce__(self):
        return self.what


def round_all(tree):
    if isinstance(tree, dict):
        return {k: round_all(v) for k, v in tree.items()}
    return np.asarray(tree).astype(np.float16).astype(np.float32)


def lying_array():
    data = pickle.dumps({"params": {"embedding": np.zeros((3, 5), np.float32)}, "config": {}}, protocol=2)
    return data.replace(b"K\x03K\x05", b"K\x7fK\x7f")


def main():
    ap = argparse.ArgumentParser(description="Hold the converter and the engine to a reference.")
    ap.add_argument("--source", required=True)
    ap.add_argument("--engine", required=True, help="needle_logits, perhaps with an emulator before it")
    ap.add_argument("--san-call", required=True, help="the same")
    ap.add_argument("--shape", choices=("full", "small"), default="full")
    args = ap.parse_args()
    sys.exit(0 if Tests(args.source, args.engine.split(), args.san_call.split(), FULL if args.shape == "full" else SMALL).run() else 1)


if __name__ == "__main__":
    main()
