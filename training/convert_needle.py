#!/usr/bin/env python3
"""Turns a Needle checkpoint (a pickle of {"params", "config"} with Flax's names) and its SentencePiece model into GGUF.

    convert_needle.py CHECKPOINT.pkl TOKENIZER.model FILE.gguf [--type q8_0] [--name needle]

A pickle can run any program when it is read. This one is read by an unpickler that knows arrays, dictionaries and the
configuration, and refuses everything else by name. Needs Python 3 and numpy.
"""
import argparse
import os
import pickle
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gguf  # noqa: E402

# ---- a pickle that builds nothing but arrays ----

KINDS = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "bfloat16"}
ELEMENTS_MAX = 1 << 28


class Refused(pickle.UnpicklingError):
    pass


class _Callable:
    """What the pickle may call. Without a dictionary: the pickle cannot change it either."""
    __slots__ = ("_run",)

    def __init__(self, run):
        object.__setattr__(self, "_run", run)

    def __call__(self, *args):
        return self._run(*args)

    def __setattr__(self, name, value):
        raise Refused(f"the pickle sets {name!r} of what it may only call")


class _Dtype:
    __slots__ = ("kind", "order")

    def __init__(self, kind):
        if kind not in KINDS:
            raise Refused(f"arrays of {kind!r}: numbers are read")
        self.kind, self.order = kind, "<"

    def __setstate__(self, state):
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise Refused("a damaged dtype")
        self.order = state[1]


def _numbers(raw, dtype, shape, fortran):
    if not isinstance(dtype, _Dtype) or not isinstance(raw, (bytes, bytearray)):
        raise Refused("an array without numbers")
    if not all(isinstance(n, int) and n >= 0 for n in shape) or int(np.prod(shape, dtype=object)) > ELEMENTS_MAX:
        raise Refused(f"an array of shape {shape}")
    if dtype.kind == "bfloat16":  # the upper half of a float32
        flat = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    else:
        flat = np.frombuffer(raw, np.dtype(dtype.kind).newbyteorder(dtype.order if dtype.order in "<>" else "="))
    if flat.size != int(np.prod(shape, dtype=object)):
        raise Refused(f"an array of shape {shape} with {flat.size} numbers")
    return flat.reshape(shape, order="F" if fortran else "C")


class _Array:
    __slots__ = ("value",)

    def __setstate__(self, state):
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[1], tuple):
            raise Refused("a damaged array")
        _, shape, dtype, fortran, raw = state
        self.value = _numbers(raw, dtype, shape, bool(fortran))


def _from_buffer(raw, dtype, shape, order="C"):
    out = _Array()
    out.value = _numbers(bytes(raw), dtype, tuple(shape), order == "F")
    return out


def _bytes(text="", encoding="latin1"):
    if not isinstance(text, str) or encoding != "latin1":
        raise Refused("bytes in a strange encoding")
    return text.encode("latin1")


def _scalar(dtype, raw):
    return _numbers(raw, dtype, (), False)[()]


def _jax_array(make, args, state, _aval):
    out = make(*args)
    if not isinstance(out, _Array):
        raise Refused("a jax array that is none")
    out.__setstate__(state)
    return out


def _mapping(*args):
    return dict(*args)


class _Sealed(type):
    def __setattr__(cls, name, value):
        raise Refused(f"the pickle sets {name!r} of a class")


class _Config(metaclass=_Sealed):
    """Fields of a configuration that was pickled as an object."""


ALLOWED = {"_reconstruct": _Callable(lambda *args: _Array()), "scalar": _Callable(_scalar), "_frombuffer": _Callable(_from_buffer),
           "ndarray": _Callable(lambda *args: _Array()), "dtype": _Callable(lambda kind, *args: kind if isinstance(kind, _Dtype) else _Dtype(kind)),
           "bfloat16": "bfloat16", "encode": _Callable(_bytes), "bytes": _Callable(_bytes), "OrderedDict": _Callable(_mapping), "FrozenDict": _Callable(_mapping), "_reconstruct_array": _Callable(_jax_array)}
MODULES = {"numpy": ("ndarray", "dtype"), "numpy.core.multiarray": ("_reconstruct", "scalar"), "numpy._core.multiarray": ("_reconstruct", "scalar"),
           "numpy.core.numeric": ("_frombuffer",), "numpy._core.numeric": ("_frombuffer",), "ml_dtypes": ("bfloat16",),
           "collections": ("OrderedDict",), "_codecs": ("encode",), "__builtin__": ("bytes",), "builtins": ("bytes",), "flax.core.frozen_dict": ("FrozenDict",), "jax._src.array": ("_reconstruct_array",)}


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if name in MODULES.get(module, ()):
            return ALLOWED[name]
        if name == "TransformerConfig" and module.split(".")[0] in ("needle", "src", "model", "__main__"):
            return _Config
        raise Refused(f"it asks for {module}.{name}: only arrays, dictionaries and the configuration are read")


def read_checkpoint(path):
    """(params {"encoder/layers/...": array}, config {name: value})"""
    with open(path, "rb") as f:
        try:
            data = Unpickler(f).load()
        except Refused as e:
            raise SystemExit(f"{path}: refused: {e}")
        except Exception as e:  # a damaged pickle fails in many ways
            raise SystemExit(f"{path}: not a readable pickle: {type(e).__name__}: {e}")
    if not isinstance(data, dict) or not isinstance(data.get("params"), dict):
        raise SystemExit(f"{path}: not a checkpoint: a dictionary with \"params\" and \"config\" is wanted")
    params = data["params"].get("params", data["params"])
    config = data.get("config", {})
    config = config if isinstance(config, dict) else getattr(config, "__dict__", {})
    flat = {}
    _flatten(path, params, "", flat)
    return flat, dict(config)


def _flatten(path, tree, prefix, out):
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            _flatten(path, value, name + "/", out)
        elif isinstance(value, _Array) or np.isscalar(value):
            out[name] = np.asarray(value.value if isinstance(value, _Array) else value, np.float32)
        else:
            raise SystemExit(f"{path}: {name} is no array")


# ---- SentencePiece's protobuf ----

BPE = 2


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number without end")


def _fields(data):
    """(number, value) of each field: int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            size, at = _varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"a field of kind {kind}")
        if at > len(data):
            raise ValueError("it ends in the middle")
        yield tag >> 3, value


def read_sentencepiece(path):
    """([(piece, score, type)], space prefix, merge spaces)"""
    with open(path, "rb") as f:
        data = f.read()
    pieces, trainer, normalizer = [], {}, {}
    try:
        for number, value in _fields(data):
            if number == 1:
                piece = dict(_fields(value))
                pieces.append((piece[1].decode("utf-8"), struct.unpack("<f", piece[2])[0] if 2 in piece else 0.0, piece.get(3, 1)))
            elif number == 2:
                trainer = dict(_fields(value))
            elif number == 3:
                normalizer = dict(_fields(value))
    except (ValueError, IndexError, KeyError, TypeError, UnicodeDecodeError, struct.error, AttributeError) as e:
        raise SystemExit(f"{path}: not a SentencePiece model: {e}")
    if not pieces:
        raise SystemExit(f"{path}: not a SentencePiece model: no pieces")
    if trainer.get(3, 1) != BPE:
        raise SystemExit(f"{path}: not BPE, the kind of SentencePiece model that is read")
    if normalizer.get(2):
        raise SystemExit(f"{path}: it normalises text ({normalizer.get(1, b'').decode('utf-8', 'replace')}); identity is read")
    return pieces, bool(normalizer.get(3, 1)), bool(normalizer.get(4, 1))


# ---- names ----

ATTENTION = [("q", ("q_proj/kernel", "query/kernel")), ("k", ("k_proj/kernel", "key/kernel")), ("v", ("v_proj/kernel", "value/kernel")),
             ("output", ("out_proj/kernel", "o_proj/kernel", "out/kernel")), ("q_norm", ("q_norm/scale",)), ("k_norm", ("k_norm/scale",))]
SELF = {"modules": ("self_attn", "attn", "MultiHeadAttention_0"), "norm": ("ZCRMSNorm_0/scale", "self_attn_norm/scale", "attn_norm/scale", "norm/scale"),
        "gate": ("self_attn_gate", "attn_gate", "gate")}
CROSS = {"modules": ("cross_attn", "MultiHeadAttention_1"), "norm": ("ZCRMSNorm_1/scale", "cross_attn_norm/scale", "cross_norm/scale"),
         "gate": ("cross_attn_gate", "cross_gate")}
FINAL = ("final_norm/scale", "ZCRMSNorm_0/scale", "norm/scale")
EMBEDDING = ("embedding/embedding", "embed/embedding", "embedding")
RETRIEVAL = [("retrieval.hidden", "contrastive_hidden"), ("retrieval.output", "contrastive_proj")]
TRAINING_ONLY = ("log_temp",)


class Params:
    """Takes each array once; what is left at the end was not understood."""

    def __init__(self, flat):
        self.left = dict(flat)

    def take(self, prefix, names, what):
        for name in names:
            if prefix + name in self.left:
                return self.left.pop(prefix + name)
        raise SystemExit(f"{what} is missing: looked for {', '.join(prefix + n for n in names)}")

    def layers(self, side):
        """The prefix of a side's stacked layers: Flax may have put a module of its own between."""
        head = f"{side}/layers/"
        inside = [n[len(head):] for n in self.left if n.startswith(head)]
        if not inside:
            raise SystemExit(f"{side}: no parameters under {head}")
        first = {n.split("/")[0] for n in inside}
        return head + first.pop() + "/" if len(first) == 1 else head


def attention(params, prefix, part, what):
    """{ending of the tensor's name: array stacked over the layers}"""
    module = next((m for m in part["modules"] if any(n.startswith(f"{prefix}{m}/") for n in params.left)), part["modules"][0])
    out = {"norm.weight": params.take(prefix, part["norm"], f"{what}: the norm"), "gate": params.take(prefix, part["gate"], f"{what}: the gate")}
    for name, names in ATTENTION:
        array = params.take(f"{prefix}{module}/", names, f"{what}: {name}")
        if name.endswith("norm"):
            out[name + ".weight"] = array
        elif array.ndim != 3:
            raise SystemExit(f"{what}: {name} has {array.ndim} dimensions where [layers, in, out] is wanted")
        else:
            out[name + ".weight"] = np.ascontiguousarray(array.transpose(0, 2, 1))  # Flax maps [in, out], ggml rows are [out][in]
    return out


def tensors_of(flat):
    """[(name, array)], with a layer's stacks taken apart."""
    params, out = Params(flat), []
    out.append(("token_embd.weight", params.take("", EMBEDDING, "the embedding")))
    for side, ours, parts in (("encoder", "enc", (("attn", SELF),)), ("decoder", "dec", (("attn", SELF), ("cross", CROSS)))):
        prefix = params.layers(side)
        for part, names in parts:
            stacked = attention(params, prefix, names, f"{side}, {part}")
            count = len(stacked["gate"])
            for ending, array in stacked.items():
                if len(array) != count:
                    raise SystemExit(f"{side}, {part}: {ending} has {len(array)} layers, its gate {count}")
                out += [(f"{ours}.blk.{n}.{part}_{ending}", np.atleast_1d(array[n])) for n in range(count)]
        out.append((f"{ours}.output_norm.weight", params.take(f"{side}/", FINAL, f"{side}: the last norm")))
    for ours, theirs in RETRIEVAL:
        if f"{theirs}/kernel" in params.left:
            out.append((ours + ".weight", np.ascontiguousarray(params.take("", (f"{theirs}/kernel",), theirs).T)))
            out.append((ours + ".bias", params.take("", (f"{theirs}/bias",), theirs)))
    left = sorted(n for n in params.left if n not in TRAINING_ONLY)
    if left:
        raise SystemExit(f"{len(left)} arrays are not of this network (docs/model.md, section 5): {', '.join(left[:5])}")
    return out


# ---- the file ----

def keys_of(tensors, config, pieces, name):
    """Sizes come from the arrays; what the configuration says must agree."""
    shape = {n: a.shape for n, a in tensors}
    d, head_dim = shape["token_embd.weight"][1], shape["enc.blk.0.attn_q_norm.weight"][0]
    heads, kv_heads = shape["enc.blk.0.attn_q.weight"][0] // head_dim, shape["enc.blk.0.attn_k.weight"][0] // head_dim
    layers = {side: sum(n.startswith(f"{side}.blk.") and n.endswith(".attn_gate") for n in shape) for side in ("enc", "dec")}
    for key, found in (("d_model", d), ("num_heads", heads), ("num_kv_heads", kv_heads), ("vocab_size", shape["token_embd.weight"][0]),
                       ("num_encoder_layers", layers["enc"]), ("num_decoder_layers", layers["dec"])):
        if key in config and int(config[key]) != found:
            raise SystemExit(f"the configuration says {key} {config[key]}, the arrays {found}")
    tokens, space_prefix, merge_spaces = pieces
    if len(tokens) != shape["token_embd.weight"][0]:
        raise SystemExit(f"{len(tokens)} pieces in the tokenizer, {shape['token_embd.weight'][0]} in the network: they do not belong together")
    at = {t: i for i, (t, _, _) in enumerate(tokens)}
    missing = [t for t in ("<tool_call>", "<tools>") if t not in at]
    if missing:
        raise SystemExit(f"the tokenizer has no {missing[0]}: not one of Needle's")
    return {
        "general.architecture": "san", "general.name": name, "san.embedding_length": ("u32", d), "san.attention.head_count": ("u32", heads),
        "san.attention.head_count_kv": ("u32", kv_heads), "san.attention.key_length": ("u32", head_dim),
        "san.encoder.block_count": ("u32", layers["enc"]), "san.decoder.block_count": ("u32", layers["dec"]),
        "san.context_length": ("u32", int(config.get("max_enc_len", 1024))), "san.output_length": ("u32", int(config.get("max_dec_len", 512))),
        "san.rope.freq_base": ("f32", float(config.get("rope_theta", 10000.0))), "san.attention.layer_norm_rms_epsilon": ("f32", 1e-6),
        "san.encoder.context_mask": "joint", "san.prompt_format": "needle",
        "san.retrieval_length": ("u32", shape.get("retrieval.output.weight", (0,))[0]), "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": ("strings", [t for t, _, _ in tokens]), "tokenizer.ggml.scores": ("f32s", [s for _, s, _ in tokens]),
        "tokenizer.ggml.token_type": ("i32s", [k for _, _, k in tokens]), "tokenizer.ggml.add_space_prefix": ("bool", space_prefix),
        "tokenizer.ggml.remove_extra_whitespaces": ("bool", merge_spaces), "tokenizer.ggml.padding_token_id": ("u32", at.get("<pad>", 0)),
        "tokenizer.ggml.eos_token_id": ("u32", at.get("</s>", 1)), "tokenizer.ggml.bos_token_id": ("u32", at.get("<s>", 2)),
        "tokenizer.ggml.unknown_token_id": ("u32", at.get("<unk>", 3))}


def convert(checkpoint, tokenizer, out, kind, name):
    flat, config = read_checkpoint(checkpoint)
    tensors = tensors_of(flat)
    keys = keys_of(tensors, config, read_sentencepiece(tokenizer), name)
    matrix = lambda n, a: kind if a.ndim == 2 and not n.startswith("retrieval.") else "f32"  # noqa: E731
    gguf.write(out, keys, [(n, a, matrix(n, a)) for n, a in tensors])


def main():
    ap = argparse.ArgumentParser(description="Convert a Needle checkpoint to GGUF.")
    ap.add_argument("checkpoint", help="pickle of {params, config}")
    ap.add_argument("tokenizer", help="SentencePiece .model")
    ap.add_argument("file", help="the .gguf to write")
    ap.add_argument("--type", choices=list(gguf.TYPES), default="q8_0", help="type of the matrices (default q8_0)")
    ap.add_argument("--name", default="needle")
    args = ap.parse_args()
    convert(args.checkpoint, args.tokenizer, args.file, args.type, args.name)
    print(f"{args.file}: {os.path.getsize(args.file)} bytes")


if __name__ == "__main__":
    main()
