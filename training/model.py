"""The network of docs/model.md, section 5, in PyTorch: training, and greedy decoding with a cache.

Shapes in the comments: B sentences, L encoder tokens, T decoder tokens, d width, H query heads, K key/value heads, h head_dim.
A batch is padded; `seg` says which segment each encoder token belongs to (0 the query, 1.. the others, -1 padding).
Works with Debian's PyTorch 1.13 and with 2.x (whose fused attention it uses where there is one).
"""
import dataclasses

import torch
import torch.nn as nn
import torch.nn.functional as F

ITEM_POSITION = 64
EPS = 1e-6


@dataclasses.dataclass
class Config:
    """What the GGUF keys san.* say about the shape."""
    vocab: int = 4096
    d: int = 256
    heads: int = 8
    kv_heads: int = 4
    head_dim: int = 32
    encoder_layers: int = 4
    decoder_layers: int = 3
    context_mask: str = "item"
    rope_base: float = 10000.0
    context_length: int = 512
    output_length: int = 96
    dropout: float = 0.0            # of the channels that attention adds, while training
    word_dropout: float = 0.0       # of whole tokens of the query, while training


class _Norm(torch.autograd.Function):
    """(1 + g) * x / rms(x) with a backward of its own: autograd's took a quarter of a step."""

    @staticmethod
    def forward(ctx, x, g, dtype):
        xf = x.float()
        inv = torch.rsqrt(xf.square().mean(-1, keepdim=True) + EPS)
        n = xf * inv
        ctx.save_for_backward(n, inv, g)
        ctx.given = x.dtype
        return (n * (1 + g)).to(dtype)

    @staticmethod
    def backward(ctx, grad):
        n, inv, g = ctx.saved_tensors
        grad = grad.float()
        dg = (grad * n).reshape(-1, n.shape[-1]).sum(0)
        dn = grad * (1 + g)
        dx = inv * (dn - n * (dn * n).mean(-1, keepdim=True))
        return dx.to(ctx.given), dg, None


def drop(x, share, training):
    """Drops channels of x [B,L,d] for a whole sentence at a time (Gal and Ghahramani, 2016); a mask for each token costs a tenth of a step."""
    if not training or share == 0:
        return x
    keep = torch.empty(x.shape[0], 1, x.shape[2], device=x.device).bernoulli_(1 - share).div_(1 - share)
    return x * keep.to(x.dtype)


class Norm(nn.Module):
    """RMS norm whose weight is stored less one (0 = identity)."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))

    def forward(self, x):
        if torch.is_grad_enabled():
            bf16 = torch.is_autocast_cpu_enabled() or torch.is_autocast_enabled()     # one cast here, not one a matrix behind
            return _Norm.apply(x, self.weight, torch.bfloat16 if bf16 else x.dtype)
        xf = x.to(torch.promote_types(x.dtype, torch.float32))
        return (xf * torch.rsqrt(xf.square().mean(-1, keepdim=True) + EPS) * (1 + self.weight)).to(x.dtype)


def rope_table(positions, head_dim, base, dtype=torch.float32):
    """positions [..., L] -> cos, sin [..., L, h/2]."""
    i = torch.arange(head_dim // 2, device=positions.device, dtype=dtype)
    angle = positions.to(dtype)[..., None] * base ** (-2 * i / head_dim)
    return angle.cos(), angle.sin()


def rope(x, table):
    """Turns x [B, heads, L, h] by the angles of table (each [B or 1, 1, L, h/2])."""
    cos, sin = table
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def attend(q, k, v, mask):
    """softmax(q k^T / sqrt(h) + mask) v; q [B,H,T,h], k and v [B,K,L,h], mask additive [B or 1,1,T or 1,L] or None."""
    groups = q.shape[1] // k.shape[1]
    if groups > 1:
        k = k.repeat_interleave(groups, 1)
        v = v.repeat_interleave(groups, 1)
    if hasattr(F, "scaled_dot_product_attention") and q.dtype != torch.float64:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask.to(q.dtype))
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    return torch.softmax(scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32)).to(v.dtype) @ v


class Attention(nn.Module):
    """Grouped-query attention with its norm and gate: returns sigmoid(gate) * Attn(norm(x))."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.norm = Norm(c.d)
        self.q = nn.Linear(c.d, c.heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.d, c.kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.d, c.kv_heads * c.head_dim, bias=False)
        self.output = nn.Linear(c.heads * c.head_dim, c.d, bias=False)
        self.q_norm = Norm(c.head_dim)
        self.k_norm = Norm(c.head_dim)
        self.gate = nn.Parameter(torch.zeros(1))

    def _heads(self, x, n):
        return x.view(x.shape[0], x.shape[1], n, self.c.head_dim).transpose(1, 2)

    def keys(self, x, table=None):
        """x [B,L,d] (already normed for self-attention) -> k, v [B,K,L,h]."""
        k = self.k_norm(self._heads(self.k(x), self.c.kv_heads))
        if table is not None:
            k = rope(k, table).to(x.dtype if x.dtype == torch.float64 else k.dtype)
        return k, self._heads(self.v(x), self.c.kv_heads)

    def queries(self, x, table=None):
        q = self.q_norm(self._heads(self.q(x), self.c.heads))
        return q if table is None else rope(q, table)

    def mix(self, q, k, v, mask):
        o = attend(q.to(v.dtype), k.to(v.dtype), v, mask).transpose(1, 2)
        o = self.output(o.reshape(o.shape[0], o.shape[1], -1))
        return torch.sigmoid(self.gate) * drop(o, self.c.dropout, self.training)

    def forward(self, x, table, mask):
        n = self.norm(x)
        k, v = self.keys(n, table)
        return self.mix(self.queries(n, table), k, v, mask)


class DecoderLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attn = Attention(c)
        self.cross = Attention(c)

    def cross_mix(self, x, kv, mask):
        return self.cross.mix(self.cross.queries(self.cross.norm(x)), kv[0], kv[1], mask)


def encoder_layout(seg, mask_kind):
    """seg [B,L] -> positions [B,L] and the additive masks for the encoder [B,1,L,L] and for cross-attention [B,1,1,L]."""
    live = seg >= 0
    if mask_kind == "joint":
        positions = torch.arange(seg.shape[1], device=seg.device).expand_as(seg)
        allowed = live[:, None, :].expand(-1, seg.shape[1], -1)
    else:
        index = torch.arange(seg.shape[1], device=seg.device).expand_as(seg)
        first = torch.ones_like(seg, dtype=torch.bool)
        first[:, 1:] = seg[:, 1:] != seg[:, :-1]
        start = torch.where(first, index, torch.zeros_like(index)).cummax(1)[0]
        positions = index - start + torch.where(seg > 0, ITEM_POSITION, 0)
        same = seg[:, :, None] == seg[:, None, :]
        allowed = (same | (seg == 0)[:, :, None]) & live[:, None, :]
    # A padding row sees itself and the other padding, lest its softmax be 0/0; nobody sees it.
    allowed = allowed | (~live[:, :, None] & ~live[:, None, :])
    big = torch.finfo(torch.float32).min / 4
    enc = torch.zeros(allowed.shape, device=seg.device).masked_fill_(~allowed, big)[:, None]
    cross = torch.zeros(live.shape, device=seg.device).masked_fill_(~live, big)[:, None, None]
    return positions, enc, cross


class San(nn.Module):
    """The network. `forward` gives logits for every output position; `decode` writes greedily."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab, c.d)
        self.enc = nn.ModuleList(Attention(c) for _ in range(c.encoder_layers))
        self.dec = nn.ModuleList(DecoderLayer(c) for _ in range(c.decoder_layers))
        self.enc_norm = Norm(c.d)
        self.dec_norm = Norm(c.d)
        nn.init.normal_(self.embed.weight, std=c.d ** -0.5)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=m.weight.shape[1] ** -0.5)

    def table(self, positions, dtype):
        work = torch.float64 if dtype == torch.float64 else torch.float32
        cos, sin = rope_table(positions, self.c.head_dim, self.c.rope_base, work)
        return cos.to(dtype)[:, None], sin.to(dtype)[:, None]

    def _work_dtype(self):
        if torch.is_autocast_cpu_enabled() or torch.is_autocast_enabled():
            return torch.bfloat16
        return self.embed.weight.dtype

    def encode(self, tokens, seg):
        """tokens, seg [B,L] -> the encoder's output [B,L,d] and the mask of cross-attention."""
        positions, mask, cross = encoder_layout(seg, self.c.context_mask)
        dtype = self._work_dtype()
        table, mask = self.table(positions, dtype), mask.to(dtype)
        x = self.embed(tokens) * self.c.d ** 0.5
        if self.training and self.c.word_dropout:
            lost = (torch.rand(tokens.shape, device=tokens.device) < self.c.word_dropout) & (seg == 0)
            x = x.masked_fill(lost[..., None], 0)
        x = drop(x, self.c.dropout, self.training)
        for layer in self.enc:
            x = x + layer(x, table, mask)
        return self.enc_norm(x), cross.to(dtype)

    def forward(self, tokens, seg, target_in, keep=None):
        """target_in [B,T] begins with eos; returns logits [B,T,vocab], or [n,vocab] of the n positions where keep [B,T] is True."""
        memory, cross = self.encode(tokens, seg)
        t = target_in.shape[1]
        dtype = self._work_dtype()
        table = self.table(torch.arange(t, device=tokens.device)[None], dtype)
        causal = torch.full((t, t), torch.finfo(torch.float32).min / 4, device=tokens.device).triu(1)[None, None].to(dtype)
        x = self.embed(target_in) * self.c.d ** 0.5
        memory = memory.to(dtype)
        for layer in self.dec:
            x = x + layer.attn(x, table, causal)
            x = x + layer.cross_mix(x, layer.cross.keys(memory), cross)
        if keep is not None:
            x = x[keep]
        return F.linear(self.dec_norm(x).to(dtype), self.embed.weight)

    @torch.no_grad()
    def decode(self, tokens, seg, eos, pad, limit=None, allow=None):
        """Greedy output ids, a list a sentence (without the leading eos, with the last one).

        allow(b, ids so far) may give the ids allowed next, or None for all of them.
        """
        limit = limit or self.c.output_length
        memory, cross = self.encode(tokens, seg)
        memory = memory.to(self._work_dtype())
        cross_kv = [layer.cross.keys(memory) for layer in self.dec]
        past = [None] * len(self.dec)
        last = torch.full((tokens.shape[0], 1), eos, dtype=torch.long, device=tokens.device)
        done = torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)
        out = [[] for _ in range(tokens.shape[0])]
        for t in range(limit):
            logits = self._step(last, t, past, cross_kv, cross)
            if allow is not None:
                logits = self._constrain(logits, out, done, allow)
            last = logits.argmax(-1, keepdim=True)
            last[done] = pad
            for b, token in enumerate(last[:, 0].tolist()):
                if not done[b]:
                    out[b].append(token)
            done |= last[:, 0] == eos
            if bool(done.all()):
                break
        return out

    @staticmethod
    def _constrain(logits, out, done, allow):
        for b in range(len(out)):
            ids = None if done[b] else allow(b, out[b])
            if ids is not None:
                keep = logits[b, ids].clone()
                logits[b] = float("-inf")
                logits[b, ids] = keep
        return logits

    def _step(self, last, t, past, cross_kv, cross):
        """One token a sentence: last [B,1] at position t -> logits [B,vocab]; `past` gains its keys and values."""
        table = self.table(torch.full((1, 1), t, device=last.device), self._work_dtype())
        x = self.embed(last) * self.c.d ** 0.5
        for i, layer in enumerate(self.dec):
            n = layer.attn.norm(x)
            k, v = layer.attn.keys(n, table)
            if past[i] is not None:
                k, v = torch.cat((past[i][0], k.to(past[i][0].dtype)), 2), torch.cat((past[i][1], v), 2)
            past[i] = (k, v)
            x = x + layer.attn.mix(layer.attn.queries(n, table), k, v, None)
            x = x + layer.cross_mix(x, cross_kv[i], cross)
        return F.linear(self.dec_norm(x)[:, 0], self.embed.weight).float()


def matrices(model):
    """(attention matrices for Muon, everything else for AdamW)."""
    hot = [p for n, p in model.named_parameters() if p.ndim == 2 and not n.startswith("embed")]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or n.startswith("embed")]
    return hot, rest
