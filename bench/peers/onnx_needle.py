"""Needle's network as ONNX graphs, from a model file of floats (san-random --type f32): the peer's side of bench/peers/run.

Two graphs, as one would export them for ONNX Runtime: the encoder, which also makes the decoder's cross-attention keys and values;
and one step of the decoder with a cache of its own keys and values, which writes the likeliest token where the next step reads it.
The peer gets what it can use: its fused operators (SkipSimplifiedLayerNormalization, RotaryEmbedding, Attention,
GroupQueryAttention with a cache that is written in place), queries, keys and values in one product, and gates, norms and the
embedding's factor multiplied into the weights.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT32, INT64, CONTRIB = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, "com.microsoft"


class Shape:
    def __init__(self, keys):
        self.d, self.heads, self.kv_heads = (keys[f"san.{k}"] for k in ("embedding_length", "attention.head_count", "attention.head_count_kv"))
        self.hd = keys["san.attention.key_length"]
        self.encoder_layers, self.decoder_layers = keys["san.encoder.block_count"], keys["san.decoder.block_count"]
        self.context, self.output = keys["san.context_length"], keys["san.output_length"]
        self.base, self.epsilon = keys["san.rope.freq_base"], keys["san.attention.layer_norm_rms_epsilon"]
        self.inner, self.kv = self.heads * self.hd, self.kv_heads * self.hd


class Graph:
    """Nodes and weights in the making; every method returns the name of what it computes."""

    def __init__(self, shape, tensors):
        self.shape, self.tensors, self.nodes, self.weights, self.count = shape, tensors, [], {}, 0

    def const(self, name, array):
        self.weights.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind, inputs, outputs=1, domain="", **attributes):
        self.count += 1
        names = [f"{kind}_{self.count}_{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"{kind}_{self.count}", domain=domain, **attributes))
        return names[0] if len(names) == 1 else names

    def embed(self, ids):
        table = self.tensors["token_embd.weight"] * np.sqrt(np.float32(self.shape.d))
        return self.op("Gather", [self.const("embedding", table), ids])

    def gain(self, name):
        return self.const(name, 1 + self.tensors[name])

    def norm(self, x, name):
        return self.op("SimplifiedLayerNormalization", [x, self.gain(name)], axis=-1, epsilon=self.shape.epsilon)

    def add_and_norm(self, x, y, name):
        """(x + y, its norm)"""
        out = self.op("SkipSimplifiedLayerNormalization", [x, y, self.gain(name)], [f"{name}_normed", "", "", f"{name}_sum"],
                      domain=CONTRIB, epsilon=self.shape.epsilon)
        return out[3], out[0]

    def project(self, x, prefix, *parts):
        """x times the matrices of those parts, side by side in one product."""
        matrix = np.concatenate([self.tensors[f"{prefix}_{part}.weight"] for part in parts]).T
        return self.op("MatMul", [x, self.const(f"{prefix}_{'_'.join(parts)}", matrix)])

    def leave(self, x, prefix):
        gate = 1 / (1 + np.exp(-self.tensors[f"{prefix}_gate"]))
        return self.op("MatMul", [x, self.const(f"{prefix}_out", (self.tensors[f"{prefix}_output.weight"] * gate).T)])

    def split(self, x, *sizes):
        return self.op("Split", [x, self.const("sizes_" + "_".join(map(str, sizes)), np.array(sizes, np.int64))], len(sizes), axis=-1)

    def head_norm(self, x, heads, name):
        """[1, tokens, heads * hd]: each head by itself."""
        apart = self.op("Reshape", [x, self.const(f"apart_{heads}", np.array([1, -1, heads, self.shape.hd], np.int64))])
        together = self.const(f"together_{heads}", np.array([1, -1, heads * self.shape.hd], np.int64))
        return self.op("Reshape", [self.norm(apart, name), together])

    def angles(self, length):
        half = self.shape.hd // 2
        angle = np.arange(length)[:, None] * self.shape.base ** (-np.arange(half) / half)
        return self.const("cosine", np.cos(angle).astype(np.float32)), self.const("sine", np.sin(angle).astype(np.float32))

    def attention(self, q, k, v):
        return self.op("Attention", [q, k, v], q_num_heads=self.shape.heads, kv_num_heads=self.shape.kv_heads)

    def model(self, inputs, outputs):
        info = lambda values: [helper.make_tensor_value_info(*v) for v in values]  # noqa: E731
        graph = helper.make_graph(self.nodes, "needle", info(inputs), info(outputs), list(self.weights.values()))
        return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 23), helper.make_opsetid(CONTRIB, 1)])


def cross_names(shape):
    return [f"{part}_{n}" for n in range(shape.decoder_layers) for part in ("cross_key", "cross_value")]


def encoder(shape, tensors):
    """ids [1, S], positions [1, S] -> cross_key_N, cross_value_N [1, S, kv]"""
    g = Graph(shape, tensors)
    cosine, sine = g.angles(shape.context)
    x = g.embed("ids")
    h = g.norm(x, "enc.blk.0.attn_norm.weight")
    for n in range(shape.encoder_layers):
        prefix = f"enc.blk.{n}.attn"
        q, k, v = g.split(g.project(h, prefix, "q", "k", "v"), shape.inner, shape.kv, shape.kv)
        q = g.head_norm(q, shape.heads, f"{prefix}_q_norm.weight")
        k = g.head_norm(k, shape.kv_heads, f"{prefix}_k_norm.weight")
        q, k = (g.op("RotaryEmbedding", [x, "positions", cosine, sine], domain=CONTRIB) for x in (q, k))
        left = g.leave(g.attention(q, k, v), prefix)
        last = n + 1 == shape.encoder_layers
        x, h = g.add_and_norm(x, left, "enc.output_norm.weight" if last else f"enc.blk.{n + 1}.attn_norm.weight")
    for n in range(shape.decoder_layers):
        k, v = g.split(g.project(h, f"dec.blk.{n}.cross", "k", "v"), shape.kv, shape.kv)
        k = g.head_norm(k, shape.kv_heads, f"dec.blk.{n}.cross_k_norm.weight")
        g.op("Identity", [k], [f"cross_key_{n}"])
        g.op("Identity", [v], [f"cross_value_{n}"])
    return g.model([("ids", INT64, [1, "S"]), ("positions", INT64, [1, "S"])],
                   [(name, FLOAT, [1, "S", shape.kv]) for name in cross_names(shape)])


def decoder(shape, tensors):
    """token [1, 1], last [1] (its position), length [] (tokens with it), the caches -> next [1, 1], logits [1, 1, vocabulary]"""
    g = Graph(shape, tensors)
    cosine, sine = g.angles(shape.output)
    x = g.embed("token")
    h = g.norm(x, "dec.blk.0.attn_norm.weight")
    for n in range(shape.decoder_layers):
        prefix = f"dec.blk.{n}.attn"
        q, k, v = g.split(g.project(h, prefix, "q", "k", "v"), shape.inner, shape.kv, shape.kv)
        q = g.head_norm(q, shape.heads, f"{prefix}_q_norm.weight")
        k = g.head_norm(k, shape.kv_heads, f"{prefix}_k_norm.weight")
        said = g.op("GroupQueryAttention", [q, k, v, f"key_{n}", f"value_{n}", "last", "length", cosine, sine],
                    [f"said_{n}", f"new_key_{n}", f"new_value_{n}"], domain=CONTRIB, num_heads=shape.heads,
                    kv_num_heads=shape.kv_heads, do_rotary=1)[0]
        x, h = g.add_and_norm(x, g.leave(said, prefix), f"dec.blk.{n}.cross_norm.weight")
        prefix = f"dec.blk.{n}.cross"
        q = g.head_norm(g.project(h, prefix, "q"), shape.heads, f"{prefix}_q_norm.weight")
        left = g.leave(g.attention(q, f"cross_key_{n}", f"cross_value_{n}"), prefix)
        last = n + 1 == shape.decoder_layers
        x, h = g.add_and_norm(x, left, "dec.output_norm.weight" if last else f"dec.blk.{n + 1}.attn_norm.weight")
    g.op("MatMul", [h, g.const("unembedding", tensors["token_embd.weight"].T)], ["logits"])
    g.op("ArgMax", ["logits"], ["next"], axis=-1, keepdims=0)
    cache = [(f"{part}_{n}", FLOAT, [1, shape.kv_heads, "M", shape.hd]) for n in range(shape.decoder_layers) for part in ("key", "value")]
    return g.model([("token", INT64, [1, 1]), ("last", INT32, [1]), ("length", INT32, [])] + cache
                   + [(name, FLOAT, [1, "S", shape.kv]) for name in cross_names(shape)],
                   [("next", INT64, [1, 1]), ("logits", FLOAT, [1, 1, len(tensors["token_embd.weight"])])]
                   + [(f"new_{name}", kind, dims) for name, kind, dims in cache])
