#!/usr/bin/env python3
"""libsan against ONNX Runtime, the same network on the same machine in one run: one table. Called by bench/peers/run.

    onnx_bench.py --san-bench PROGRAM --logits PROGRAM --models DIR [--prompt 256] [--gen 64] [--rounds 9]

DIR has f32.gguf, q8_0.gguf and q4_0.gguf of san-random; the ONNX files go there too. Variants of the peer:

    fp32      as exported
    int8      onnxruntime.quantization's dynamic quantisation of every product with weights, a scale for each row of weights
              (DynamicQuantizeLinear, MatMulInteger; the session's optimiser fuses them)
    blocks8, blocks4   its quantisation in blocks of 32 with 8-bit activations (MatMulNBits, accuracy level 4): nearest to
              Q8_0 and Q4_0

Rounds of both sides take turns, so that a noisy neighbour meets both. The logits of both are compared, step by step, before
anything is measured: it is one network.
"""
import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import onnx
import onnx_needle
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../training"))
import gguf  # noqa: E402

VARIANTS = ("fp32", "int8", "blocks8", "blocks4")
GRAPHS = ("encoder", "decoder")
# How far logits may be apart, as a share of their range: rounding of floats; one scale a row or column instead of one for each 32.
CLOSE = (("fp32", "f32.gguf", 1e-5), ("int8", "q8_0.gguf", 0.05), ("blocks8", "q8_0.gguf", 0.05), ("blocks4", "q4_0.gguf", 0.2))
EOS = 1


# ---- the peer's files ----

def export(folder, shape, tensors):
    logging.disable(logging.WARNING)  # a line for each node
    for graph in GRAPHS:
        whole = path_of(folder, graph, "fp32")
        onnx.save(getattr(onnx_needle, graph)(shape, tensors), whole)
        quantize_dynamic(whole, path_of(folder, graph, "int8"), weight_type=QuantType.QInt8, per_channel=True,
                         op_types_to_quantize=["MatMul"], extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
        for bits in (8, 4):
            config = DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=bits)
            quantizer = MatMulNBitsQuantizer(onnx.load(whole), algo_config=config)
            quantizer.process()
            quantizer.model.save_model_to_file(path_of(folder, graph, f"blocks{bits}"))


def path_of(folder, graph, variant):
    return os.path.join(folder, f"{graph}-{variant}.onnx")


# ---- the peer at work ----

class Peer:
    def __init__(self, folder, shape, variant, threads, prompt, gen):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.encoder, self.decoder = (onnxruntime.InferenceSession(path_of(folder, graph, variant), options,
                                                                   providers=["CPUExecutionProvider"]) for graph in GRAPHS)
        self.prompt = {"ids": np.arange(prompt, dtype=np.int64)[None], "positions": np.arange(prompt, dtype=np.int64)[None]}
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        self.token, self.logits = value(np.array([[EOS]])), np.zeros((1, 1, vocabulary_of(self.decoder)), np.float32)
        # Everything stays where it is from step to step: caches are written in place, the token where it is read.
        self.binding = self.decoder.io_binding()
        self.bound = [self.token, value(self.logits)]
        for n in range(shape.decoder_layers):
            for part in ("key", "value"):
                self.bound.append(value(np.zeros((1, shape.kv_heads, shape.output, shape.hd), np.float32)))  # an OrtValue borrows
                self.binding.bind_ortvalue_input(f"{part}_{n}", self.bound[-1])
                self.binding.bind_ortvalue_output(f"new_{part}_{n}", self.bound[-1])
        self.binding.bind_ortvalue_input("token", self.token)
        self.binding.bind_ortvalue_output("next", self.token)
        self.binding.bind_ortvalue_output("logits", self.bound[1])
        self.steps = [(value(np.array([n], np.int32)), value(np.array(n + 1, np.int32))) for n in range(gen)]
        self.cross = onnx_needle.cross_names(shape)
        self.prefills, self.decodes = [], []

    def step(self, n):
        self.binding.bind_ortvalue_input("last", self.steps[n][0])
        self.binding.bind_ortvalue_input("length", self.steps[n][1])
        self.decoder.run_with_iobinding(self.binding)

    def prefill(self):
        for name, value in zip(self.cross, self.encoder.run(self.cross, self.prompt)):
            self.binding.bind_cpu_input(name, value)
        self.token.update_inplace(np.array([[EOS]]))

    def round(self):
        start = time.perf_counter()
        self.prefill()
        self.prefills.append(time.perf_counter() - start)
        self.step(0)
        start = time.perf_counter()
        for n in range(1, len(self.steps)):
            self.step(n)
        self.decodes.append(time.perf_counter() - start)

    def figures(self):
        tokens = self.prompt["ids"].size
        return tokens / statistics.median(self.prefills), (len(self.steps) - 1) / statistics.median(self.decodes)

    def all_logits(self):
        rows = []
        self.prefill()
        for n in range(len(self.steps)):
            self.step(n)
            rows.append(self.logits.reshape(-1).copy())
        return np.array(rows)


def vocabulary_of(decoder):
    return next(o.shape[-1] for o in decoder.get_outputs() if o.name == "logits")


def difference(args, shape, variant, file):
    """The largest difference of logits between the peer and the engine, over their range."""
    steps, out = 8, os.path.join(args.models, "logits")
    theirs = Peer(args.models, shape, variant, 1, args.prompt, steps).all_logits()
    subprocess.run([args.logits, os.path.join(args.models, file), str(steps), out, *map(str, range(args.prompt))], check=True)
    ours = np.fromfile(out, np.float32).reshape(theirs.shape)
    return float(np.abs(ours - theirs).max() / np.ptp(ours))


# ---- the engine ----

class Engine:
    def __init__(self, args, kind, threads):
        self.command = [args.san_bench, "--json", "--model", os.path.join(args.models, f"{kind}.gguf"), "--threads", str(threads),
                        "--prompt", str(args.prompt), "--gen", str(args.gen), "--rounds", "1"]
        self.prefills, self.decodes, self.kernels = [], [], None

    def round(self):
        found = json.loads(subprocess.run(self.command, check=True, capture_output=True).stdout)
        self.prefills.append(found["prefill_tokens_per_s"])
        self.decodes.append(found["decode_tokens_per_s"])
        self.kernels = found["kernels"]

    def figures(self):
        return statistics.median(self.prefills), statistics.median(self.decodes)


def print_table(rows, kernels):
    """rows [(side, weights, threads, (prefill, decode))]"""
    best = {}
    for side, weights, _, figures in rows:
        best[side, weights] = tuple(map(max, zip(figures, best.get((side, weights), (0, 0)))))
    print(f"libsan ({kernels}) and ONNX Runtime {onnxruntime.__version__}: tokens a second, medians. \"Over it\" compares each at its better\n"
          "number of threads.\n")
    print("| | weights | threads | prefill | decode | Q8_0 over it: prefill, decode | Q4_0 over it: prefill, decode |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for side, weights, threads, figures in rows:
        cells = []
        if side != "libsan":
            cells = [", ".join(f"{best['libsan', kind][i] / best[side, weights][i]:.1f}" if figures[i] == best[side, weights][i] else "-" for i in (0, 1))
                     for kind in ("Q8_0", "Q4_0")]
        print(f"| {side} | {weights} | {threads} | {figures[0]:,.0f} | {figures[1]:,.0f} | {' | '.join(cells or ['', ''])} |")


def main():
    ap = argparse.ArgumentParser(description="libsan against ONNX Runtime on Needle's shape.")
    ap.add_argument("--san-bench", required=True)
    ap.add_argument("--logits", required=True, help="tests/needle_logits")
    ap.add_argument("--models", required=True)
    ap.add_argument("--prompt", type=int, default=256)
    ap.add_argument("--gen", type=int, default=64)
    ap.add_argument("--rounds", type=int, default=9)
    args = ap.parse_args()
    keys, tensors = gguf.read(os.path.join(args.models, "f32.gguf"))
    shape = onnx_needle.Shape(keys)
    export(args.models, shape, tensors)
    for variant, file, most in CLOSE:
        differs = difference(args, shape, variant, file)
        if differs > most:
            sys.exit(f"onnx_bench: {variant} is not the network of {file}: logits differ by {differs:.2g} of their range, not {most}")
    runs = [("libsan", kind.upper(), threads, Engine(args, kind, threads)) for kind in ("q8_0", "q4_0") for threads in (1, 2)]
    runs += [("ONNX Runtime", variant, threads, Peer(args.models, shape, variant, threads, args.prompt, args.gen))
             for variant in VARIANTS for threads in (1, 2)]
    for _ in range(args.rounds):
        for *_, runner in runs:
            runner.round()
    print_table([(side, variant, threads, runner.figures()) for side, variant, threads, runner in runs], runs[0][3].kernels)


if __name__ == "__main__":
    main()
