#!/usr/bin/env python3
"""The reference normaliser of docs/model.md, section 1: text to words, each with the bytes it came from.

    normalize.py [TEXT...]            prints the words of each text (of each line of standard input without TEXT)
    normalize.py --check FILE.tsv     checks a golden file: text TAB words; exit status 1 on any difference
    normalize.py --golden FILE.txt    writes such a file from plain lines, on standard output

`inference/text.c` does the same in C; tests/data/normalize.tsv holds both to it.
"""
import argparse
import re
import sys
import unicodedata
from typing import NamedTuple

MAX_TEXT, MAX_WORDS, MAX_WORD = 1024, 64, 64
LIKE = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u2212": "-", "\u00ba": "\u00b0"}   # typed for one another
FILLER = re.compile(r"um+|uh+|uhm+|erm+|hmm+|mm")   # the last letter held as long as one likes
SIGNS = {"%": "percent", "\u00b0": "degrees", "&": "and"}
ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth", "6th": "sixth",
            "7th": "seventh", "8th": "eighth", "9th": "ninth", "10th": "tenth", "11th": "eleventh", "12th": "twelfth"}
UNITS = {w: i for i, w in enumerate("zero one two three four five six seven eight nine".split())}
TEENS = {w: i + 10 for i, w in enumerate(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())}
TENS = {w: (i + 2) * 10 for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
DIGITS = re.compile(r"[0-9]+")
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
PART = re.compile(r"-?[0-9][0-9.:]*|[^0-9.:-]+")


class Word(NamedTuple):
    """A normalised word and the bytes [start, end) of the text that it stands for."""
    text: str
    start: int
    end: int


class TextError(ValueError):
    """The text is refused; the message says why."""


def _fold(char):
    """One code point to its NFKC, case-folded form without marks ('' for a lone mark)."""
    if char in LIKE:
        return LIKE[char]
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in folded if unicodedata.category(c)[0] != "M"))


def _chars(text):
    """[(folded char, start byte, end byte)]: every code point is folded on its own, so that bytes stay known."""
    out, at = [], 0
    for char in text:
        size = len(char.encode("utf-8"))
        out += [(c, at, at + size) for c in _fold(char)]
        at += size
    return out


def _is_word(char):
    return unicodedata.category(char)[0] in "LN"


def _is_digit(char):
    return "0" <= char <= "9"


def _runs(chars):
    """Splits folded characters at everything that is no part of a word: lists of (char, start, end)."""
    def at(i):
        return chars[i][0] if 0 <= i < len(chars) else " "

    runs, run = [], []
    for i, item in enumerate(chars):
        c = item[0]
        digits_around = _is_digit(at(i - 1)) and _is_digit(at(i + 1))
        if _is_word(c) or (c in ".:" and digits_around):
            run.append(item)
        elif c == "'" and _is_word(at(i - 1)) and _is_word(at(i + 1)):
            continue
        elif (c == "," and digits_around and _is_digit(at(i + 2)) and _is_digit(at(i + 3))
              and not _is_digit(at(i + 4))):
            continue
        else:
            if run:
                runs.append(run)
            run = []
            if c in SIGNS:
                runs.append([item])
            elif c == "-" and _is_digit(at(i + 1)) and not _is_word(at(i - 1)):
                run = [item]
    if run:
        runs.append(run)
    return runs


def _split(run):
    """A run to words: ordinals, else parted where letters and digits meet."""
    text = "".join(c for c, _, _ in run)
    whole = SIGNS.get(text) or ORDINALS.get(text)
    if whole:
        return [Word(whole, run[0][1], run[-1][2])]
    return [Word(m.group(), run[m.start()][1], run[m.end() - 1][2]) for m in PART.finditer(text)]


def _small(words, i):
    """0..99 in number words at words[i]: (value, words used), used 0 if there is none."""
    def word(j):
        return words[j] if j < len(words) else ""

    if word(i) in TENS:
        unit = UNITS.get(word(i + 1), 0)
        return (TENS[word(i)] + unit, 2) if unit else (TENS[word(i)], 1)
    for table in (TEENS, UNITS):
        if word(i) in table:
            return table[word(i)], 1
    return 0, 0


def _tail(words, i, hundreds):
    """What may follow 'hundred' or 'thousand': ['and'] and a smaller number in words, not zero."""
    j = i + 1 if i < len(words) and words[i] == "and" else i
    if hundreds and j + 1 < len(words) and UNITS.get(words[j], 0) and words[j + 1] == "hundred":
        rest, used = _tail(words, j + 2, False)
        return UNITS[words[j]] * 100 + rest, j + 2 + used - i
    value, used = _small(words, j)
    return (value, j + used - i) if value else (0, 0)


def _cardinal(words, i):
    """A whole number with at least one number word at words[i]: (value, words used)."""
    def word(j):
        return words[j] if j < len(words) else ""

    value, used = _small(words, i)
    if not used and word(i + 1) in ("hundred", "thousand"):
        if word(i) == "a":
            value, used = 1, 1
        elif DIGITS.fullmatch(word(i)) and len(word(i)) <= (2 if word(i + 1) == "hundred" else 3):
            value, used = int(word(i)), 1
    if not used and word(i) in ("hundred", "thousand"):
        value = 1
    if word(i + used) == "hundred" and value:
        rest, more = _tail(words, i + used + 1, False)
        value, used = value * 100 + rest, used + 1 + more
    if word(i + used) == "thousand" and value:
        rest, more = _tail(words, i + used + 1, True)
        value, used = value * 1000 + rest, used + 1 + more
    return value, used


def _decimals(words, i):
    """What follows 'point' at words[i]: one word of digits, unit words, or another number in words: (digits, words used)."""
    if i >= len(words) or words[i] != "point":
        return "", 0
    if i + 1 < len(words) and DIGITS.fullmatch(words[i + 1]):
        return words[i + 1], 2
    j = i + 1
    while j < len(words) and words[j] in UNITS:
        j += 1
    if j > i + 1:
        return "".join(str(UNITS[w]) for w in words[i + 1:j]), j - i
    value, used = _cardinal(words, i + 1)
    return (str(value), 1 + used) if used else ("", 0)


def _number(words, i):
    """The number that begins at words[i], as it is written: (text or None, words used)."""
    value, used = _cardinal(words, i)
    if used:
        text = str(value)
    elif re.fullmatch(r"-?[0-9]+", words[i]):
        text, used = words[i], 1
    else:
        return None, 0
    digits, more = _decimals(words, i + used)
    return (f"{text}.{digits}" if more else text), used + more


def _join_numbers(words):
    texts, out, i = [w.text for w in words], [], 0
    while i < len(words):
        negative = texts[i] in ("minus", "negative") and i + 1 < len(texts)
        at = i + 1 if negative else i
        text, used = _number(texts, at)
        if text is None and negative and NUMBER.fullmatch(texts[at]):
            text, used = texts[at], 1
        if text is None or (negative and text.startswith("-")):
            out.append(words[i])
            i += 1
            continue
        end = at + used
        out.append(Word("-" + text if negative else text, words[i].start, words[end - 1].end))
        i = end
    return out


def _join_percent(words):
    out = []
    for word in words:
        if word.text == "cent" and out and out[-1].text == "per":
            out[-1] = Word("percent", out[-1].start, word.end)
        else:
            out.append(word)
    return out


def normalize(text):
    """Text (str, or bytes of UTF-8) to [Word]; TextError where docs/model.md refuses it."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as e:
            raise TextError(f"not UTF-8: byte {e.start}") from None
    size = len(text.encode("utf-8"))
    if size > MAX_TEXT:
        raise TextError(f"{size} bytes: at most {MAX_TEXT} are read")
    words = [w for run in _runs(_chars(text)) for w in _split(run)]
    words = [w for w in words if not FILLER.fullmatch(w.text)] or words
    words = _join_numbers(_join_percent(words))
    if len(words) > MAX_WORDS:
        raise TextError(f"{len(words)} words: at most {MAX_WORDS} are read")
    for word in words:
        if len(word.text.encode("utf-8")) > MAX_WORD:
            raise TextError(f"the word {word.text[:20]!r}... is longer than {MAX_WORD} bytes")
    return words


def words_of(text):
    """Just the words, as strings."""
    return [w.text for w in normalize(text)]


def check(path):
    """The number of lines of a golden file that come out differently, or differently once more; each is printed."""
    bad = 0
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            text, _, want = line.rstrip("\n").partition("\t")
            for given in (text, want):
                got = " ".join(words_of(given))
                if got != want:
                    bad += 1
                    print(f"{path}:{number}: {given!r}: want {want!r}, got {got!r}")
    return bad


def main():
    ap = argparse.ArgumentParser(description="Normalise text to words (docs/model.md, section 1).")
    ap.add_argument("text", nargs="*", help="texts (default: the lines of standard input)")
    ap.add_argument("--check", metavar="FILE", help="check a golden file: text TAB words")
    ap.add_argument("--golden", metavar="FILE", help="write a golden file from plain lines")
    args = ap.parse_args()
    if args.check:
        return 1 if check(args.check) else 0
    if args.golden:
        with open(args.golden, encoding="utf-8") as f:
            for line in f:
                print(line.rstrip("\n") + "\t" + " ".join(words_of(line.rstrip("\n"))))
        return 0
    for text in args.text or sys.stdin:
        print(" ".join(words_of(text.rstrip("\n"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
