"""Stands in for the engine's shortlist: which names of a home an utterance can mean, best first.

An item is (kind, words): kind "area", "floor" or an entity's domain; words those of a name or of an alias.
Names match by word: equal, singular against plural, a long prefix, or alike in sound (first letter and consonants).
"""
import functools

MAX = {"entity": 16, "area": 6, "floor": 4}
STOP = set("the a an of in on off to and is are my at for it all please turn set up down i you me what how do be by with".split())
KIND_WORDS = {
    "light": "light lamp bulb brightness bright dim", "switch": "switch plug outlet socket", "fan": "fan ventilation", "lock": "lock unlock locked unlocked",
    "cover": "cover blind curtain shade shutter awning garage gate open close window", "valve": "valve tap water", "climate": "thermostat heating ac climate heat cool temperature degree",
    "water_heater": "boiler hot water", "humidifier": "humidifier humidity", "media_player": "tv music speaker radio play volume song mute pause", "vacuum": "vacuum hoover robot clean",
    "lawn_mower": "mower lawn mow grass", "scene": "scene mood", "script": "script routine run", "todo": "list add", "weather": "weather forecast rain", "camera": "camera",
    "siren": "siren alarm", "alarm_control_panel": "alarm arm disarm", "person": "who where home", "sensor": "temperature humidity battery power energy",
    "binary_sensor": "window door motion leak smoke open", "button": "press button", "automation": "automation"}
KIND_OF = {}
for _kind, _words in KIND_WORDS.items():
    for _w in _words.split():
        KIND_OF.setdefault(_w, []).append(_kind)


@functools.lru_cache(maxsize=200000)
def stem(word):
    """Singular of a plural, roughly."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("shes", "ches", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@functools.lru_cache(maxsize=200000)
def sound(word):
    """First letter and the consonants behind it, doubles once: 'kichen' = 'kitchen' all but the t."""
    out = word[:1]
    for c in word[1:]:
        c = {"c": "k", "q": "k", "z": "s", "f": "v", "d": "t", "b": "p"}.get(c, c)
        if c not in "aeiouyhw" and not out.endswith(c):
            out += c
    return out


def _index(home):
    items, table = [], {}
    for kind, things in (("area", home.areas), ("floor", home.floors), (None, home.entities)):
        for thing in things:
            for form in thing.forms:
                n = len(items)
                items.append((kind or thing.domain, form))
                for w in dict.fromkeys(form):
                    for key in dict.fromkeys([("s", stem(w)), ("p", w[:4]) if len(w) > 4 else ("s", stem(w)), ("c", sound(w)) if len(w) > 3 else ("s", stem(w))]):
                        table.setdefault(key, []).append(n)
    return items, table


def scored(home, words):
    """{item: score}: the share of its words that were said, the better the rarer those words are in this home."""
    if home.index is None:
        home.index = _index(home)
    items, table = home.index
    scores = {}
    for w in dict.fromkeys(words):      # in the order said: sets differ from run to run, and so would the samples
        if w in STOP:
            continue
        seen = set()
        for key, worth in ((("s", stem(w)), 1.0), (("p", w[:4]), 0.5), (("c", sound(w)), 0.5)):
            if key[0] == "p" and len(w) <= 4 or key[0] == "c" and len(w) <= 3:
                continue
            hits = table.get(key, ())
            for n in hits:
                if n not in seen:
                    seen.add(n)
                    scores[n] = scores.get(n, 0.0) + worth / (1 + 0.1 * len(hits))
    out = {}
    for n, s in scores.items():
        out[items[n]] = max(out.get(items[n], 0), s / len(items[n][1]) ** 0.7)
    return out


def _group(kind):
    return kind if kind in ("area", "floor") else "entity"


def context(rng, home, words, gold):
    """The items of an utterance: gold (always), what overlaps (mostly), kinds that were said and strangers (sometimes)."""
    scores = scored(home, words)
    thin = rng.random() < 0.2
    if thin:                # a stricter shortlist than ours
        keep = rng.random()
        scores = {i: s for i, s in scores.items() if rng.random() < keep}
    ranked = sorted(scores, key=lambda i: -scores[i])
    pool, _ = home.index
    if rng.random() < 0.35:
        kinds = {k for w in words for k in KIND_OF.get(stem(w), ())}
        same = [i for i in pool if i[0] in kinds]
        ranked += rng.sample(same, min(len(same), rng.randint(1, 8)))
    if rng.random() < 0.4 and pool:
        ranked += rng.sample(pool, min(len(pool), rng.randint(1, 6)))
    chosen, room = [], dict(MAX)
    for item in [*gold, *ranked]:
        if item not in chosen and room[_group(item[0])] > 0:
            room[_group(item[0])] -= 1
            chosen.append(item)
    rng.shuffle(chosen)
    order = {"area": 0, "floor": 1}
    return sorted(chosen, key=lambda i: order.get(i[0], 2))
