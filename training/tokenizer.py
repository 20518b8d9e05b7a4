#!/usr/bin/env python3
"""The tokenizer of docs/model.md, section 2: SentencePiece-like BPE over normalised words, and its trainer.

    tokenizer.py --train OUT.json [--vocab 4096]     learns the pieces from generated sentences, names and enum values
    tokenizer.py --show WORDS...                     prints the pieces of words

A word is '\\u2581' + its characters; the adjacent pair whose union is a piece of the highest score is joined first (the leftmost of
equals). Pieces hold letters alone (with '\\u2581' before): digits and signs stay apart. What is no piece becomes bytes.
"""
import argparse
import collections
import heapq
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "data")]
import fill            # noqa: E402
import normalize       # noqa: E402
import patterns        # noqa: E402

SPACE = "\u2581"
CONTROL = ["<pad>", "</s>", "<s>", "<unk>"]
PAD, EOS, BOS, UNK = range(4)
FIXED = ["<tool_call>", "<tools>", "<in>", "<none>"]
KINDS = """area floor light switch fan cover lock valve climate water_heater humidifier media_player vacuum lawn_mower scene script
automation button select number text input_boolean siren alarm_control_panel sensor binary_sensor person device_tracker weather todo
camera update event tool""".split()


def special_tokens():
    """The tokens before the bytes, in the order of their ids."""
    return (CONTROL + FIXED + [f"T:{t}" for t in patterns.load_tools()] + ["T:custom"] + [f"S:{s}" for s in fill.SLOTS]
            + [f"@{k}" for k in KINDS])


class Tokenizer:
    """Pieces of words, and ids of special tokens. `pieces` are the tokens after the bytes, best merge first."""

    def __init__(self, pieces):
        self.special = special_tokens()
        self.pieces = pieces
        self.id = {t: i for i, t in enumerate(self.special)}
        self.byte0 = len(self.special)
        self.first = self.byte0 + 256
        self.rank = {p: i for i, p in enumerate(pieces)}
        self.size = self.first + len(pieces)
        self._cache = {}

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as f:
            return cls(json.load(f)["pieces"])

    def save(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"pieces": self.pieces}, f, ensure_ascii=False)

    def _split(self, word):
        parts = list(SPACE + word)
        while len(parts) > 1:
            ranked = [(self.rank.get(a + b, 1 << 30), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
            best, i = min(ranked)
            if best == 1 << 30:
                break
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return parts

    def word(self, word):
        """Ids of one normalised word."""
        ids = self._cache.get(word)
        if ids is None:
            ids = []
            for p in self._split(word):
                if p in self.rank:
                    ids.append(self.first + self.rank[p])
                else:
                    ids += [self.byte0 + b for b in p.encode("utf-8")]
            if len(self._cache) < 500000:
                self._cache[word] = ids
        return ids

    def words(self, words):
        return [i for w in words for i in self.word(w)]

    def query(self, words):
        """Segment 0."""
        return self.words(words) + [self.id["<tools>"]]

    def item(self, kind, words):
        """A context item: at most 16 tokens."""
        return ([self.id["@" + kind]] + self.words(words))[:16]

    def target(self, flat):
        """'T:..', 'S:..', '<none>' and words -> ids with the eos behind."""
        out = []
        for t in flat:
            out += [self.id[t]] if t in self.id else self.word(t)
        return out + [EOS]

    def tokens(self):
        """(text, score, token_type) of every id, as tokenizer.ggml.* wants them."""
        out = [(t, 0.0, 2 if i == UNK else 3 if i < 4 else 4) for i, t in enumerate(self.special)]
        out += [(f"<0x{b:02X}>", 0.0, 6) for b in range(256)]
        return out + [(p, -float(i), 1) for i, p in enumerate(self.pieces)]

    def parse(self, ids):
        """Output ids -> the flat list that `target` came from (unknown bytes shown as U+FFFD)."""
        out, word = [], b""

        def flush():
            nonlocal word
            if word:
                out.append(word.decode("utf-8", "replace"))
                word = b""
        for i in ids:
            if i == EOS:
                break
            if i < self.byte0:
                flush()
                out.append(self.special[i])
            elif i < self.first:
                word += bytes([i - self.byte0])
            else:
                p = self.pieces[i - self.first]
                if p.startswith(SPACE):
                    flush()
                    p = p[1:] or "\x00"
                word += p.encode("utf-8")
        flush()
        return [w.replace("\x00", "") for w in out]


def learn(counts, size, progress=None):
    """counts {word: n} -> pieces: merges of the most frequent pairs, then single characters.

    Merges join letters only, and '\\u2581' with what follows; pairs live in a heap whose stale entries are skipped.
    """
    words = [(list(SPACE + w), n) for w, n in counts.items()]
    chars = collections.Counter()
    for parts, n in words:
        for c in parts:
            chars[c] += n
    alphabet = [c for c, n in chars.most_common() if n > 1 or c.isascii()]
    for c in "0123456789.:-abcdefghijklmnopqrstuvwxyz" + SPACE:
        if c not in alphabet:
            alphabet.append(c)
    pairs, where = collections.Counter(), collections.defaultdict(set)

    def good(a, b):
        return b.isalpha() and (a == SPACE or a.lstrip(SPACE).isalpha())

    for k, (parts, n) in enumerate(words):
        for a, b in zip(parts, parts[1:]):
            if good(a, b):
                pairs[a, b] += n
                where[a, b].add(k)
    heap = [(-n, p) for p, n in pairs.items()]
    heapq.heapify(heap)
    merges, known = [], set(alphabet)
    while heap and len(merges) + len(alphabet) < size:
        n, pair = heapq.heappop(heap)
        if pairs[pair] != -n or n == 0:
            continue
        union = pair[0] + pair[1]
        if union not in known:
            known.add(union)
            merges.append(union)
        for k in list(where[pair]):
            parts, weight = words[k]
            i, touched = 0, set()
            for a, b in zip(parts, parts[1:]):
                if good(a, b):
                    pairs[a, b] -= weight
                    touched.add((a, b))
            while i + 1 < len(parts):
                if (parts[i], parts[i + 1]) == pair:
                    parts[i:i + 2] = [union]
                i += 1
            for a, b in zip(parts, parts[1:]):
                if good(a, b):
                    pairs[a, b] += weight
                    where[a, b].add(k)
                    touched.add((a, b))
            for p in touched:
                if pairs[p] > 0:
                    heapq.heappush(heap, (-pairs[p], p))
        pairs[pair] = 0
        if progress and len(merges) % 500 == 0:
            progress(len(merges))
    return merges + alphabet


def corpus(samples, seed=7):
    """Word counts of generated sentences, names and values; other scripts get their letters from a short list."""
    import generate
    train, _ = generate.load_patterns()
    generator, counts = generate.Generator(seed, train), collections.Counter()
    for n in range(samples):
        words, here, items, flat = generator.sample()
        counts.update(words)
        for _, w in items:
            counts.update(w)
        if n % 2000 == 0:
            print(f"\rtokenizer: {n}/{samples} sentences", end="", file=sys.stderr, flush=True)
    for p in train:
        for w in normalize.words_of(patterns.VAR.sub(" ", p.text)[:900])[:60]:
            counts[w] += 3
    for tool in patterns.load_tools().values():
        for prop in tool["properties"].values():
            for form in prop.get("anyOf", [prop]):
                for value in form.get("enum", ()):
                    for w in normalize.words_of(value.replace("_", " ")):
                        counts[w] += 200
    for w in generator.words:       # else every word of the list became a piece, and copying piece by piece were never learnt
        counts[w] = min(counts[w], 3)
    return counts


def main():
    ap = argparse.ArgumentParser(description="Train or try the tokenizer.")
    ap.add_argument("--train", metavar="OUT", help="learn the pieces and write them here")
    ap.add_argument("--vocab", type=int, default=4096, help="tokens in all (default 4096)")
    ap.add_argument("--samples", type=int, default=40000, help="sentences to learn from")
    ap.add_argument("--show", nargs="+", metavar="WORD", help="print the pieces of words")
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "out", "tokenizer.json"))
    args = ap.parse_args()
    if args.train:
        random.seed(1)
        counts = corpus(args.samples)
        pieces = learn(counts, args.vocab - len(special_tokens()) - 256)
        os.makedirs(os.path.dirname(os.path.abspath(args.train)), exist_ok=True)
        Tokenizer(pieces).save(args.train)
        tok = Tokenizer(pieces)
        total = sum(n for w, n in counts.items())
        used = sum(len(tok.word(w)) * n for w, n in counts.items())
        print(f"\n{args.train}: {tok.size} tokens, {used / total:.2f} a word over {len(counts)} distinct words")
    if args.show:
        tok = Tokenizer.load(args.tokenizer)
        for w in args.show:
            print(w, tok.word(w), tok._split(w))


if __name__ == "__main__":
    main()
