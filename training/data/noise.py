"""What speech-to-text and hurried speakers do to a sentence. Words come as [word, tag]; tagged words are names (kept, now and
then misspelt), copied text or numbers (never touched).

What people put around a sentence stands in around/*.txt, by sections: `before` a command, `before question`, `after`, `after question`,
`lead` and `tail` (clauses that have nothing to do with it), `filler` (hesitations), `same` (other words for the same, one direction a line).
"""
import functools

import normalize
from sections import section

HOMOPHONES = {"light": ["lite"], "lights": ["lites", "light"], "off": ["of"], "blinds": ["blinds"], "two": ["to"], "their": ["there"], "whats": ["what is", "wats"],
              "turn": ["tern", "turned"], "dim": ["them"], "fan": ["van"], "lock": ["look"], "set": ["sit"], "volume": ["volumes"], "play": ["plate"], "the": ["da"],
              "temperature": ["temperatur", "temprature"], "is": ["as"], "close": ["clothes"], "pause": ["paws"], "for": ["four"], "hey": ["hay"], "brightness": ["britness"],
              "heating": ["eating"], "curtains": ["curtain"], "minutes": ["minute"], "percent": ["per sent"], "degrees": ["degree"], "please": ["pleas"]}
FREE_TAIL = ("HassStartTimer", "HassBroadcast", "HassMediaSearchAndPlay", "HassListAddItem", "HassShoppingListAddItem", "HassListCompleteItem", "HassShoppingListCompleteItem")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUESTIONS = ("HassGetState", "HassClimateGetTemperature", "HassGetWeather", "HassGetCurrentTime", "HassGetCurrentDate", "HassTimerStatus")
SOCIAL = ("HassRespond", "HassNevermind")


def typo(rng, word):
    """One slip in a word of four letters or more."""
    if len(word) < 4 or not word.isalpha():
        return word
    i, kind = rng.randrange(1, len(word)), rng.random()
    if kind < 0.3:
        return word[:i] + word[i + 1:]
    if kind < 0.55:
        return word[:i] + word[i] + word[i:]
    if kind < 0.8 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + rng.choice(LETTERS) + word[i + 1:]


@functools.lru_cache(maxsize=None)
def around(kind):
    """The phrases of a section, as lists of words as the network reads them: its normaliser drops "um"."""
    return [words for words in map(normalize.words_of, section("around", kind)) if words]


@functools.lru_cache(maxsize=None)
def synonyms():
    """What may be said in place of some words: {words: [other words]}."""
    out = {}
    for line in section("around", "same"):
        first, *rest = (tuple(normalize.words_of(x)) for x in line.split(" = "))
        out.setdefault(first, []).extend(rest)
    return out


def phrase(rng, kind):
    return [[w, None] for w in rng.choice(around(kind))]


def reword(rng, tokens, share=0.12):
    """Says some words otherwise (section `same`), tagged ones never."""
    out, i, same = [], 0, synonyms()
    while i < len(tokens):
        for n in (3, 2, 1):
            part = tokens[i:i + n]
            key = tuple(w for w, _ in part)
            if len(part) == n and key in same and all(t is None for _, t in part) and rng.random() < share:
                out += [[w, None] for w in rng.choice(same[key])]
                i += n
                break
        else:
            out.append(tokens[i])
            i += 1
    return out


def chatty(rng, tokens, tools):
    """A clause before or behind that has nothing to do with it; never behind text that is to be copied."""
    if rng.random() < 0.09:
        tokens = phrase(rng, "lead") + tokens
    if rng.random() < 0.07 and not any(t in FREE_TAIL for t in tools):
        tokens = tokens + phrase(rng, "tail")
    return tokens


def carriers(rng, tokens, tools):
    """'please', 'can you' and the like before or behind."""
    question = bool(tools) and tools[0] in QUESTIONS
    first = tokens[0][0] if tokens else ""
    if rng.random() < 0.17 and not (question and first in ("can", "could")):
        tokens = phrase(rng, "before question" if question else "before") + tokens
    if rng.random() < 0.11 and (not tokens or tokens[-1][1] is None or tokens[-1][1][0] in "en"):
        tokens = tokens + phrase(rng, "after question" if question else "after")
    return tokens


def hesitate(rng, tokens):
    """An "um" somewhere, though not inside a name or a copied text."""
    fit = [i for i in range(len(tokens)) if i == 0 or tokens[i - 1][1] is None or tokens[i - 1][1] != tokens[i][1]]
    at = rng.choice(fit)
    return tokens[:at] + phrase(rng, "filler") + tokens[at:]


def disturb(rng, tokens, level=1.0):
    """Dropped articles, doubled words, homophones, typos, joined and split names."""
    out = []
    for i, (w, tag) in enumerate(tokens):
        r = rng.random() / level
        if tag is None:
            if w in ("the", "a", "my") and r < 0.08:
                continue
            if w in HOMOPHONES and r < 0.015:
                out += [[x, None] for x in rng.choice(HOMOPHONES[w]).split()]
                continue
            if r < 0.004:
                out.append([w, None])
            elif r < 0.012:
                w = typo(rng, w)
        elif tag[0] == "e":
            if r < 0.02:
                w = typo(rng, w)
            elif r < 0.035 and w.isalpha() and len(w) > 3:
                w = w[:-1] if w.endswith("s") else w + "s"
            elif r < 0.045 and out and out[-1][1] == tag and w.isalpha() and out[-1][0].isalpha():
                out[-1][0] += w
                continue
            elif r < 0.05 and len(w) > 7 and w.isalpha():
                cut = rng.randint(3, len(w) - 3)
                out.append([w[:cut], tag])
                w = w[cut:]
        out.append([w, tag])
    return out or tokens
