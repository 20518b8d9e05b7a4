"""ggml's block types Q8_0 and Q4_0 in numpy (for the file) and in torch (rounding while training goes on).

All blocks of a row of Q8_0 get the same scale, that of the row's largest number. Any reader of Q8_0 reads that; libsan
multiplies it in integers alone.
"""
import contextlib

import numpy as np

BLOCK = 32


def q8_0(rows):
    """float32 [.., n], n a multiple of 32 -> bytes: per block an f16 scale, that of the row, and 32 int8."""
    x = np.ascontiguousarray(rows, np.float32)
    scale = (np.abs(x).max(-1, keepdims=True) / 127).astype(np.float16)
    steps = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0)    # by what the file holds; a tiny scale can be too small by half
    out = np.zeros((*x.shape[:-1], x.shape[-1] // BLOCK), np.dtype([("d", "<f2"), ("q", "i1", BLOCK)]))
    out["d"], out["q"] = scale, np.clip(np.rint(steps), -127, 127).reshape(out["q"].shape)
    return out.tobytes()


def q4_0(rows):
    """-> bytes: per block an f16 scale and 16 bytes, element i in the low and i + 16 in the high half of byte i, less 8."""
    x = np.ascontiguousarray(rows, np.float32).reshape(-1, BLOCK)
    peak = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    scale = peak / -8
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale != 0)
    q = np.clip(np.floor(x * inverse + 8.5), 0, 15).astype(np.uint8)
    out = np.zeros(len(x), np.dtype([("d", "<f2"), ("q", "u1", BLOCK // 2)]))
    out["d"], out["q"] = scale[:, 0].astype(np.float16), q[:, :16] | (q[:, 16:] << 4)
    return out.tobytes()


def rounded(w, kind):
    """The values that a matrix [rows, columns] has after a trip through the type `kind` (torch, same shape)."""
    import torch    # here, because writing files does without
    if kind == "q8_0":
        scale = (w.abs().amax(1, keepdim=True) / 127).half().float()
        return torch.round(w / torch.where(scale == 0, torch.ones_like(scale), scale)).clamp(-127, 127) * scale
    if kind == "q4_0":
        x = w.reshape(-1, BLOCK)
        peak = x.gather(1, x.abs().argmax(1, keepdim=True))
        scale = peak / -8
        inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
        q = torch.floor(x * inverse + 8.5).clamp(0, 15) - 8
        return (q * scale.half().float()).reshape(w.shape)
    if kind == "f16":
        return w.half().float()
    return w.clone()


@contextlib.contextmanager
def as_stored(model, kind):
    """Within, the model's matrices have the values of the stored type; gradients flow to the exact ones behind."""
    if kind in (None, "f32"):
        yield
        return
    kept = [(p, p.data) for p in model.parameters() if p.ndim == 2]
    try:
        for p, exact in kept:
            p.data = rounded(exact, kind)
        yield
    finally:
        for p, exact in kept:
            p.data = exact
