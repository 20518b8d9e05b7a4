#!/usr/bin/env python3
"""Turns a checkpoint into a GGUF file (docs/model.md, section 6), and such a file into the network again.

    export.py [--checkpoint out/last.pt] [--type q8_0] [--name hearth-s] FILE.gguf
"""
import argparse
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "data")]
import fill            # noqa: E402
import gguf            # noqa: E402
import patterns        # noqa: E402
from model import Config, ITEM_POSITION, San  # noqa: E402
from tokenizer import KINDS, Tokenizer  # noqa: E402

ENDINGS = {"norm.weight": "norm.weight", "q.weight": "q.weight", "k.weight": "k.weight", "v.weight": "v.weight", "output.weight": "output.weight",
           "q_norm.weight": "q_norm.weight", "k_norm.weight": "k_norm.weight", "gate": "gate"}


def tensor_names(c):
    """{name in the network: name in the file}."""
    out = {"embed.weight": "token_embd.weight", "enc_norm.weight": "enc.output_norm.weight", "dec_norm.weight": "dec.output_norm.weight"}
    for n in range(c.encoder_layers):
        out.update({f"enc.{n}.{a}": f"enc.blk.{n}.attn_{b}" for a, b in ENDINGS.items()})
    for n in range(c.decoder_layers):
        for part in ("attn", "cross"):
            out.update({f"dec.{n}.{part}.{a}": f"dec.blk.{n}.{part}_{b}" for a, b in ENDINGS.items()})
    return out


def keys(c, tok, name):
    tokens = tok.tokens()
    return {
        "general.architecture": "san", "general.name": name,
        "san.embedding_length": ("u32", c.d), "san.attention.head_count": ("u32", c.heads), "san.attention.head_count_kv": ("u32", c.kv_heads),
        "san.attention.key_length": ("u32", c.head_dim), "san.encoder.block_count": ("u32", c.encoder_layers),
        "san.decoder.block_count": ("u32", c.decoder_layers), "san.context_length": ("u32", c.context_length), "san.output_length": ("u32", c.output_length),
        "san.rope.freq_base": ("f32", c.rope_base), "san.attention.layer_norm_rms_epsilon": ("f32", 1e-6),
        "san.encoder.context_mask": c.context_mask, "san.encoder.item_position": ("u32", ITEM_POSITION), "san.prompt_format": "hearth",
        "san.retrieval_length": ("u32", 0), "san.tools": ("strings", list(patterns.load_tools())), "san.slots": ("strings", fill.SLOTS),
        "san.kinds": ("strings", KINDS), "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ("strings", [t for t, _, _ in tokens]),
        "tokenizer.ggml.scores": ("f32s", [s for _, s, _ in tokens]), "tokenizer.ggml.token_type": ("i32s", [k for _, _, k in tokens]),
        "tokenizer.ggml.bos_token_id": ("u32", 2), "tokenizer.ggml.eos_token_id": ("u32", 1), "tokenizer.ggml.unknown_token_id": ("u32", 3),
        "tokenizer.ggml.padding_token_id": ("u32", 0)}


def save(path, model, tok, name="hearth-s", kind="q8_0"):
    """Writes the network; matrices as `kind`, the rest F32."""
    state, tensors = model.state_dict(), []
    for ours, theirs in tensor_names(model.c).items():
        array = state[ours].detach().float().cpu().numpy()
        tensors.append((theirs, array, kind if array.ndim == 2 else "f32"))
    gguf.write(path, keys(model.c, tok, name), tensors)


def load(path):
    """(network, tokenizer, keys) of a file."""
    k, tensors = gguf.read(path)
    c = Config(vocab=len(k["tokenizer.ggml.tokens"]), d=k["san.embedding_length"], heads=k["san.attention.head_count"], kv_heads=k["san.attention.head_count_kv"],
               head_dim=k["san.attention.key_length"], encoder_layers=k["san.encoder.block_count"], decoder_layers=k["san.decoder.block_count"],
               context_mask=k["san.encoder.context_mask"], rope_base=k["san.rope.freq_base"], context_length=k["san.context_length"], output_length=k["san.output_length"])
    model = San(c)
    model.load_state_dict({ours: torch.from_numpy(np.ascontiguousarray(tensors[theirs])) for ours, theirs in tensor_names(c).items()})
    first = k["tokenizer.ggml.token_type"].index(1)
    return model.eval(), Tokenizer(k["tokenizer.ggml.tokens"][first:]), k


def main():
    ap = argparse.ArgumentParser(description="Write a checkpoint as GGUF.")
    ap.add_argument("file", help="the .gguf to write")
    ap.add_argument("--checkpoint", default=os.path.join(HERE, "out", "last.pt"))
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    ap.add_argument("--type", choices=list(gguf.TYPES), default="q8_0", help="type of the matrices (default q8_0)")
    ap.add_argument("--name", default="hearth-s")
    args = ap.parse_args()
    tok = Tokenizer.load(args.tokenizer)
    saved = torch.load(args.checkpoint, map_location="cpu")
    model = San(Config(**saved["config"]))
    if model.c.vocab != tok.size:
        raise SystemExit(f"{args.checkpoint} has {model.c.vocab} tokens, {args.tokenizer} has {tok.size}: they are not of one training run")
    model.load_state_dict(saved["model"])
    save(args.file, model, tok, args.name, args.type)
    print(f"{args.file}: {os.path.getsize(args.file)} bytes, {sum(p.numel() for p in model.parameters())} parameters")


if __name__ == "__main__":
    main()
