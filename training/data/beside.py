#!/usr/bin/env python3
"""Learns which words belong to a sentence and not to a name: writes schemas/beside_en.json (daemon/beside.h).

    beside.py [--out FILE] [--without WRITER...]

"Garden shed" is not the garden, but "garden please" is. What people put beside names is read off the training patterns and off
around/*.txt; what makes names, off the training part of the lists of names. A word's counts become its log-odds of being a part of
a name by one logistic curve for each place where it may stand. The curve is fitted to neighbours of the variables, and to the
words of names that were put where a variable stands and cut in two; each is scored without its own writer, or its own name, so that
what is fitted is how to judge a word that others said. Held-out patterns and names are never read.

A writer who is left out can be measured on: his words are new to the file then.
"""
import argparse
import collections
import json
import os
import random
import re

import numpy as np

import fill
import generate
import homes
import noise
import normalize
import patterns
import pools

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "schemas", "beside_en.json")
PHRASES = os.path.join(HERE, "..", "..", "schemas", "phrases_en.json")
PLACES = ("before", "after", "kind", "thing")   # before and after a name, before a noun for a kind ("big lights"), and as a thing ("on the phone")
WAYS = 12               # of saying one pattern, at most
EXAMPLES = 20000        # of each sort, to fit the curves to
SPOKEN_MAX = 10         # patterns in which a word stands anywhere: more say no more
LEADS_MIN, LEADS_SHARE = 6, 0.19    # writers who lead up to a name with a word ("lock the {lock}"), and how often a name follows its article
# How sure one must be of a part of a name; and how much less sure where the whole name was said, or the network is surer than usual:
# by training patterns whose writers were left out, and by sentences about absent things (tests/e2e/absent.py).
THRESHOLD, WHOLE, SURE, USUAL = 1.75, 2.5, 0.8, 3.0


def ways(text):
    """Every way of saying a pattern, up to WAYS."""
    open_ones, done = [text], []
    while open_ones and len(open_ones) + len(done) < 4 * WAYS:
        text = open_ones.pop()
        m = fill.INNER.search(text)
        if m is None:
            done.append(text)
        else:
            open_ones += [text[:m.start()] + put + text[m.end():] for put in (m[1].split("|") if m[1] is not None else [*m[2].split("|"), ""])]
    return done[:WAYS] or [text]


def words_of(text):
    """The normalised words of a way of saying; None for the name of a thing or place, "" for what else is put in."""
    kinds = []

    def mark(m):
        kinds.append(None if m[1] in patterns.ENTITY_VARS | patterns.PLACE_VARS else "")
        return f" qqq{chr(ord('a') + len(kinds) - 1)} "

    words = normalize.words_of(patterns.VAR.sub(mark, re.sub(r"<[^<>]*>", " {message} ", text)))
    return [kinds[ord(w[3]) - ord("a")] if re.fullmatch("qqq[a-z]", w) else w for w in words]


def known_words():
    """(determiners, nouns for kinds of things), of the phrases."""
    with open(PHRASES, encoding="utf-8") as f:
        phrases = json.load(f)
    return set(phrases["words"]["determiners"]), {n.lower() for nouns in phrases["nouns"].values() for n in nouns}


def names():
    """The names of things and places that training homes are made of, as tuples of words."""
    lists = [pools.AREAS, pools.FLOORS, pools.MODIFIERS, *pools.NOUNS.values(), *([n] + a for told in homes.told().values() for n, a in told)]
    return sorted({tuple(normalize.words_of(name)) for names in lists for name in names if not pools.held_out(name)} - {()})


class Counts:
    """Who puts which words where, and in how many names they stand."""

    def __init__(self, train, names):
        self.articles, self.kinds = known_words()
        self.beside = {place: collections.defaultdict(lambda: collections.defaultdict(set)) for place in PLACES}      # word -> writer -> patterns
        self.spoken = collections.defaultdict(lambda: collections.defaultdict(set))
        self.leads, self.led = collections.defaultdict(set), collections.Counter()      # (word, is a name led up to) -> writers, patterns
        self.neighbours, self.slots = set(), set()      # (place, word, behind an article, writer, pattern); (word before the variable, pattern)
        for n, p in enumerate(train):
            for text in ways(p.text) if p.calls else ():
                self._read(words_of(text), p.writer, n, p.calls[0][0] not in noise.QUESTIONS)
        for kind in ("before", "after", "before question", "after question", "lead", "tail", "filler"):
            for n, words in enumerate(noise.around(kind)):
                self._read([*words, None] if kind.startswith("before") or kind == "lead" else [None, *words], "around", (kind, n))
        parts = {"before": lambda n: n[:-1] or n, "after": lambda n: n[1:] or n, "kind": lambda n: n[:-1], "thing": lambda n: n[:1]}
        self.names = {place: collections.Counter(w for n in names for w in set(part(n))) for place, part in parts.items()}
        self.any_name = collections.Counter(w for n in names for w in set(n))

    def _read(self, words, writer, pattern, act=False):
        for i, word in enumerate(words):
            back = words[i - 1] if i > 0 else ""
            article = back in self.articles
            if word is None:
                self.slots.add((back or "", str(pattern)))
            if act and article and i > 1 and words[i - 2] and word != "" and word not in self.kinds:
                self.leads[words[i - 2], word is None].add(writer)
                self.led[words[i - 2], word is None] += 1
            if not word:
                continue
            self.spoken[word][writer].add(pattern)
            for place, there in (("before", i + 1 < len(words) and words[i + 1] is None), ("after", back is None),
                                 ("kind", i + 1 < len(words) and words[i + 1] in self.kinds), ("thing", article)):
                if there:
                    self.beside[place][word][writer].add(pattern)
                    self.neighbours.add((place, word, article and place in ("before", "kind"), writer, str(pattern)))

    def features(self, place, word, article, writer=None, own_name=0):
        """What is known of a word in a place, but for what that writer said, and for that many names."""
        def patterns_of(table):
            return sum(len(p) for w, p in table[word].items() if w != writer) if word in table else 0

        counts = (patterns_of(self.beside[place]), min(patterns_of(self.spoken), SPOKEN_MAX), self.names[place][word] - own_name, self.any_name[word] - own_name)
        return [1.0, float(article), *(np.log(max(c, 0) + 0.3) for c in counts)]


def cut_names(counts, rng, all_names):
    """(place, word, behind an article) of words that make a name another: a name said where a variable stands, known up to a cut."""
    slots, long = sorted(counts.slots), [n for n in all_names if len(n) > 1]
    for _ in range(EXAMPLES):
        name, (back, _) = rng.choice(long), rng.choice(slots)
        cut = rng.randrange(1, len(name))
        yield "before", name[cut - 1], (name[cut - 2] if cut > 1 else back) in counts.articles
        yield "after", name[cut], False
        yield "thing", name[0], False
        if name[-1] in counts.kinds:
            yield "kind", name[-2], (name[-3] if len(name) > 2 else back) in counts.articles


def logistic(x, y):
    """Weights, by Newton's method with a little ridge."""
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        w -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.eye(len(w)), x.T @ (p - y) + w)
    return w


def fit(counts, all_names, rng):
    """{place: weights of the features}."""
    rows = {place: ([], []) for place in PLACES}
    neighbours = sorted(n for n in counts.neighbours if not n[1].isdigit())
    for place, word, article, writer, _ in rng.sample(neighbours, min(EXAMPLES, len(neighbours))):
        rows[place][0].append(counts.features(place, word, article, writer=writer))
        rows[place][1].append(0)
    for place, word, article in cut_names(counts, rng, all_names):
        if not word.isdigit():
            rows[place][0].append(counts.features(place, word, article, own_name=1))
            rows[place][1].append(1)
    return {place: logistic(np.array(x), np.array(y, float)) for place, (x, y) in rows.items()}


def table(counts, weights):
    """{word: scores by place} of the words that the patterns hold, where they are other than those of an unknown word."""
    def score(place, word):
        return round(float(np.dot(weights[place], counts.features(place, word, False))) - THRESHOLD, 1)

    unknown = {place: score(place, "") for place in PLACES}
    scores = {w: [score(place, w) for place in PLACES] for w in sorted(counts.spoken) if not w.isdigit()}
    return unknown, {w: s for w, s in scores.items() if any(a < unknown[place] for a, place in zip(s, PLACES))}


def leads(counts):
    """Words that lead up to a thing of the home."""
    return sorted(w for (w, name), writers in counts.leads.items()
                  if name and len(writers) >= LEADS_MIN and counts.led[w, True] >= LEADS_SHARE * (counts.led[w, True] + counts.led[w, False]))


def write(path, document):
    """JSON, with a line for each letter's words."""
    words = document.pop("words")
    letters = {}
    for w, s in words.items():
        letters.setdefault(w[0], []).append(f"{json.dumps(w, ensure_ascii=False)}:{json.dumps(s, separators=(',', ':'))}")
    head = json.dumps(document, indent=2, ensure_ascii=False)[:-2]
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + ',\n  "words": {\n' + ",\n".join("    " + ", ".join(line) for line in letters.values()) + "\n  }\n}\n")


def main():
    ap = argparse.ArgumentParser(description="Learn which words may stand beside names.")
    ap.add_argument("--out", default=OUT)
    ap.add_argument("--without", nargs="*", default=[], metavar="WRITER", help="whose patterns are not read")
    args = ap.parse_args()
    train = [p for p in generate.load_patterns()[0] if p.writer not in args.without]
    all_names = names()
    counts = Counts(train, all_names)
    weights = fit(counts, all_names, random.Random(1))
    unknown, words = table(counts, weights)
    write(args.out, {
        "$comment": "Written by training/data/beside.py from the training patterns: do not edit. Log-odds that a word makes the name beside it "
                    "that of another thing: before a name, after it, before a noun for a kind, and as what is spoken of behind an article. unknown: of a word that is not here.",
        "unknown": [unknown[place] for place in PLACES], "article": [round(float(weights[place][1]), 1) for place in PLACES], "whole": WHOLE, "sure": SURE, "usual": USUAL,
        "leads": leads(counts), "words": words})
    print(f"{args.out}: {len(words)} words of {len(train)} patterns, against {len(all_names)} names")
    for place, w in weights.items():
        print(f"  {place}: " + ", ".join(f"{name} {x:+.2f}" for name, x in zip(("unknown", "article", "beside", "spoken", "in names there", "in names"), w)))


if __name__ == "__main__":
    main()
