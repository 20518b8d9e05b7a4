"""Writes GGUF v3: little-endian, data aligned to 32 bytes. Reading it back (for checks) is the small half below."""
import os
import struct

import numpy as np

import quantise

MAGIC, VERSION, ALIGN = b"GGUF", 3, 32
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8}
SIZES = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34)}      # type -> elements a block, bytes a block


def _string(s):
    b = s.encode("utf-8")
    return struct.pack("<Q", len(b)) + b


def _value(value):
    """A metadata value with its type: str, ('u32'|'i32'|'f32'|'bool', number), or ('strings'|'f32s'|'i32s', list)."""
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    kind, v = value
    if kind in ("u32", "i32", "f32", "bool"):
        code, form = {"u32": (U32, "<I"), "i32": (I32, "<i"), "f32": (F32, "<f"), "bool": (BOOL, "<?")}[kind]
        return struct.pack("<I", code) + struct.pack(form, v)
    head = lambda code: struct.pack("<IIQ", ARRAY, code, len(v))    # noqa: E731
    if kind == "strings":
        return head(STRING) + b"".join(_string(s) for s in v)
    if kind == "f32s":
        return head(F32) + np.asarray(v, "<f4").tobytes()
    return head(I32) + np.asarray(v, "<i4").tobytes()


def _data(array, kind):
    if kind == "q8_0":
        return quantise.q8_0(array)
    if kind == "q4_0":
        return quantise.q4_0(array)
    return np.ascontiguousarray(array, "<f2" if kind == "f16" else "<f4").tobytes()


def write(path, keys, tensors):
    """keys {name: value}; tensors [(name, numpy array, 'f32'|'f16'|'q8_0'|'q4_0')]; numpy [out, in] becomes ne = [in, out]."""
    head, infos, blobs, offset = [], [], [], 0
    for name, value in keys.items():
        head.append(_string(name) + _value(value))
    for name, array, kind in tensors:
        blob = _data(array, kind)
        infos.append(_string(name) + struct.pack("<I", array.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(array.shape))
                     + struct.pack("<IQ", TYPES[kind], offset))
        blob += b"\0" * (-len(blob) % ALIGN)
        blobs.append(blob)
        offset += len(blob)
    start = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(keys)) + b"".join(head) + b"".join(infos)
    with open(path, "wb") as f:
        f.write(start + b"\0" * (-len(start) % ALIGN) + b"".join(blobs))


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        v = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return v[0]

    def string(self):
        n = self.take("Q")
        self.at += n
        return self.data[self.at - n:self.at].decode("utf-8")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, n = self.take("I"), self.take("Q")
            return [self.value(inner) for _ in range(n)]
        return self.take({U32: "I", I32: "i", F32: "f", BOOL: "?"}[kind])


def _restore(raw, kind, shape):
    if kind == 0:
        return np.frombuffer(raw, "<f4").reshape(shape).copy()
    if kind == 1:
        return np.frombuffer(raw, "<f2").astype(np.float32).reshape(shape)
    if kind == 8:
        b = np.frombuffer(raw, np.dtype([("d", "<f2"), ("q", "i1", 32)]))
        return (b["d"].astype(np.float32)[:, None] * b["q"]).reshape(shape)
    b = np.frombuffer(raw, np.dtype([("d", "<f2"), ("q", "u1", 16)]))
    q = np.concatenate((b["q"] & 15, b["q"] >> 4), 1).astype(np.float32) - 8
    return (b["d"].astype(np.float32)[:, None] * q).reshape(shape)


def read(path):
    """(keys, {tensor: float32 array}) of a file written by `write`."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != MAGIC:
        raise ValueError(f"{path}: begins with {data[:4]!r}, not with 'GGUF': is it a model file?")
    r = _Reader(data)
    r.at = 4
    if r.take("I") != VERSION:
        raise ValueError(f"{path}: not GGUF version 3")
    n_tensors, n_keys = r.take("Q"), r.take("Q")
    keys = {}
    for _ in range(n_keys):
        name = r.string()
        keys[name] = r.value(r.take("I"))
    infos = []
    for _ in range(n_tensors):
        name, dims = r.string(), r.take("I")
        shape = tuple(reversed([r.take("Q") for _ in range(dims)]))
        infos.append((name, shape, r.take("I"), r.take("Q")))
    base = -(-r.at // ALIGN) * ALIGN
    out = {}
    for name, shape, kind, offset in infos:
        per, size = SIZES[kind]
        n = int(np.prod(shape)) // per * size
        out[name] = _restore(data[base + offset:base + offset + n], kind, shape)
    return keys, out


def change_keys(path, out, changes):
    """Copies a file with keys changed: {name: value as for `write`, or None to drop it}. The tensors stay byte for byte."""
    with open(path, "rb") as f:
        data = f.read()
    r = _Reader(data)
    r.at = 8
    n_tensors, n_keys, kept = r.take("Q"), r.take("Q"), []
    for _ in range(n_keys):
        begin, name = r.at, r.string()
        r.value(r.take("I"))
        if name not in changes:
            kept.append(data[begin:r.at])
    infos = r.at
    for _ in range(n_tensors):
        r.string()
        dims = r.take("I")
        r.at += 8 * dims + 12
    kept += [_string(name) + _value(value) for name, value in changes.items() if value is not None]
    start = data[:8] + struct.pack("<QQ", n_tensors, len(kept)) + b"".join(kept) + data[infos:r.at]
    part = out + ".part"
    with open(part, "wb") as f:
        f.write(start + b"\0" * (-len(start) % ALIGN) + data[-(-r.at // ALIGN) * ALIGN:])
    os.replace(part, out)
