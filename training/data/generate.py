#!/usr/bin/env python3
"""Makes training samples without end: patterns crossed with random homes, their negatives and their compositions.

    generate.py --show 20 [--seed N]              prints samples
    generate.py --out DIR --shards N [--size M]   writes shards of token ids for train.py (needs the tokenizer)

A sample is (query words, speaker's area or None, items, target): target a flat list of "T:tool", "S:slot", words and "<none>".
"""
import argparse
import hashlib
import itertools
import json
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import alike           # noqa: E402
import fill            # noqa: E402
import homes           # noqa: E402
import noise           # noqa: E402
import patterns        # noqa: E402
import pools           # noqa: E402
import shortlist       # noqa: E402
from fill import NONE, Unfit  # noqa: E402

BARE = re.compile(r"\W*(\w+ )?\{(scene|script|sensor|button)(:\w+)?\}\W*(\w+)?\W*$")      # hardly more than a name
MAX_CALLS, MAX_QUERY = 8, 60
FLOOR_SHARE = 0.08      # of the sentences about rooms, those said of a floor instead
SWAPPABLE = ("light", "switch", "fan", "cover", "lock", "climate", "media_player", "onoff", "scene", "script", "vacuum", "humidifier", "valve", "siren",
             "camera", "button", "input_boolean", "sensor", "binary_sensor", "automation", "water_heater", "lawn_mower", "person")


def held_out_pattern(text, percent=6):
    """True for the patterns that no model ever trains on."""
    return int(hashlib.md5(patterns.key(text).encode()).hexdigest(), 16) % 100 < percent


def load_patterns(directory=None):
    """(training patterns, held-out patterns); patterns with errors are left out."""
    tools, train, held, seen = patterns.load_tools(), [], [], set()
    directory = directory or os.environ.get("HEARTH_PATTERNS") or os.path.join(HERE, "patterns")
    for name in sorted(os.listdir(directory)):
        if name.endswith(".txt"):
            for p in patterns.read_file(os.path.join(directory, name), tools)[0]:
                k = (patterns.key(p.text), str(p.calls))
                if k not in seen:
                    seen.add(k)
                    (held if held_out_pattern(p.text) else train).append(p)
    if not train:
        raise SystemExit(f"{directory}: no patterns: is it the folder of the pattern files?")
    return train, held


def signature(p):
    return ";".join(t + "," + ",".join(f"{s}={v if not v.startswith('{') else v.split('.')[0]}" if s in ("name", "area", "domain", "device_class", "state") else s
                                       for s, v in sorted(args)) for t, args in p.calls) or "none"


def load_weights(path):
    """How often to draw a pattern, as hard.py found it: a function of the pattern. Without a file, and for patterns that it lacks: 1."""
    if not path:
        return lambda p: 1.0
    with open(path, encoding="utf-8") as f:
        known = json.load(f)
    return lambda p: known.get(weight_key(p), 1.0)


def weight_key(p):
    return f"{patterns.key(p.text)} = {signature(p)}"


class Pile:
    """Patterns of which one is drawn, those of greater weight more often."""

    def __init__(self, items, weight):
        self.items, self.cumulative = items, list(itertools.accumulate(weight(p) for p in items))

    def total(self):
        return self.cumulative[-1]

    def draw(self, rng):
        return rng.choices(self.items, cum_weights=self.cumulative)[0]


class Deck:
    """Patterns to draw from: a signature first (often ones more often, but less than in proportion), then one of its patterns.

    The systematic base patterns (writer w00) are many and alike: they make up BASE_SHARE of the draws, whatever their number.
    A share of the draws takes every tool as often as any other, lest the small ones (lists, broadcasts) starve.
    """
    BASE_SHARE, TOOL_SHARE = 0.22, 0.2

    def __init__(self, rng, items, weight, power=0.6):
        self.rng, self.halves, tools = rng, [], {}
        for p in items:
            if p.calls and p.writer != "w00":
                tools.setdefault(p.calls[0][0], []).append(p)
        self.tools = [Pile(t, weight) for t in tools.values()]
        for share, base in ((self.BASE_SHARE, True), (1 - self.BASE_SHARE, False)):
            groups = {}
            for p in items:
                if (p.writer == "w00") == base:
                    groups.setdefault(signature(p), []).append(p)
            if groups:
                piles = [Pile(g, weight) for g in groups.values()]
                self.halves.append((share, piles, list(itertools.accumulate(p.total() ** power for p in piles))))

    def draw(self):
        if self.tools and self.rng.random() < self.TOOL_SHARE:
            return self.rng.choice(self.tools).draw(self.rng)
        _, piles, cumulative = self.rng.choices(self.halves, [h[0] for h in self.halves])[0]
        return self.rng.choices(piles, cum_weights=cumulative)[0].draw(self.rng)


JOINTS = ["and", "and", "and", "and", "then", "and then", "also", "and also", "plus", "after that", "", "", ""]
DENIALS = ["dont", "do not", "please dont", "never", "you must not", "dont you dare", "no need to", "i didnt say", "stop trying to", "theres no need to", "you dont have to",
           "i dont want you to", "please do not", "whatever you do dont", "dont ever", "i never asked you to", "you should not"]
REPORTS = ["he said", "she told me to", "i told him to", "yesterday i had to", "my brother always forgets to", "in the movie they", "why did you", "who told you to", "did you just",
           "i wonder why people", "i already", "the manual says to", "remember when we had to", "my neighbour likes to", "i was going to", "tomorrow i might", "the guy on tv said",
           "how do i teach someone to", "what happens if i", "is it expensive to", "is it legal to", "can a dog", "have you ever", "she asked whether to", "i dreamt i had to",
           "how hard is it to", "what does it mean to", "i used to", "we never", "the electrician will"]
# An order for another time or on a condition: not for us (a delay is a timer, and another matter).
WHEN = ["if it rains", "when the sun sets", "at sunset", "at sunrise", "every morning", "every evening at 8", "tomorrow morning", "tomorrow", "at midnight", "on weekdays",
        "as soon as someone comes home", "once everyone has left", "when nobody is home", "whenever the doorbell rings", "when it gets dark", "if the temperature drops below 18",
        "when i get home", "at 7 pm", "at half past 6", "on saturday", "every day at noon", "if there is motion", "next week", "tonight at 10", "when the alarm goes off",
        "unless someone is in there", "if the window is open", "when the humidity goes above 70", "once the washing machine is done", "when the timer ends"]
QUESTIONS = ["who is", "who invented the", "how old is", "what is the meaning of", "how do you spell", "how far is", "what rhymes with", "tell me a joke about", "where can i buy",
             "how much does", "translate", "what do you think about", "do you like", "why is", "how many calories are in", "sing me a song about", "what is the history of",
             "i love", "i hate", "my favorite is", "have you seen", "look at that", "that was a nice", "the price of", "when was", "define", "what colour is", "i bought a new",
             "how long do i boil", "is there life on", "who won the", "what is the capital of", "how tall is", "what is the best", "show me pictures of", "read me a book about"]


class Generator:
    """Endless samples from one seed.

    Training takes the hard ones more often than life does (several commands at once, noise); `natural` samples, for measuring, do not:
    noise on a third, compositions of ours on 4 in 100 beside those that the writers wrote. `calm` samples, for the last part of training,
    have noise on half, and homes whose names are rather those that people wrote down.
    """
    TRAINING = dict(plain=0.455, bare=0.025, joined=0.14, shared=0.055, swapped_name=0.075, swapped_area=0.02, swapped_floor=0.012, absent=0.025, none=0.125, denied=0.03, chatter=0.015, partial=0.01,
                    in_room=0.035, room_first=0.02, two_rooms=0.015, one_room=0.012, both=0.02, each=0.012, items=0.012, carried=0.012, other_one=0.015)
    NATURAL = dict(plain=0.59, bare=0.01, joined=0.02, shared=0.02, swapped_name=0.10, swapped_area=0.03, swapped_floor=0.01, absent=0.03, none=0.14, denied=0.03, chatter=0.02, partial=0)

    def __init__(self, seed, items, side="train", natural=False, weight=lambda p: 1.0, calm=False):
        self.rng = random.Random(seed)
        self.shares, self.noise = (self.NATURAL, 0.33) if natural else (self.TRAINING, 0.5 if calm else 1.0)
        self.side, self.tools = side, patterns.load_tools()
        self.names = homes.Names(side, self.rng, calm)
        self.words = self.names.words()
        self.positive = [p for p in items if p.calls]
        plain = [p for p in self.positive if not any("{absent" in p.text for _ in (0,))]
        self.deck = Deck(self.rng, plain, weight)
        self.absent = Deck(self.rng, [p for p in self.positive if "{absent" in p.text] or plain, weight)
        self.nones = [p for p in items if not p.calls]
        self.none_pile = Pile(self.nones, weight) if self.nones else None
        self.bare = [p for p in plain if len(p.calls) == 1 and BARE.match(p.text)] or plain
        self.single = Deck(self.rng, [p for p in plain if len(p.calls) == 1 and len(p.text) < 60] or plain, weight)
        self.named = Deck(self.rng, [p for p in plain if self._names_one(p)] or plain, weight)
        self.listed = Deck(self.rng, [p for p in plain if len(p.calls) == 1 and p.text.count("{item}") == 1 and "{item" not in p.text.replace("{item}", "", 1)] or plain, weight)
        self.swap = Deck(self.rng, [p for p in plain if any(v[1] in SWAPPABLE for v in fill.variables(p.text))] or plain, weight)
        self.swap_area = Deck(self.rng, [p for p in plain if "{area" in p.text and "name=" not in signature(p)] or plain, weight)
        self.swap_floor = Deck(self.rng, [p for p in plain if "{floor}" in p.text and "name=" not in signature(p)] or plain, weight)
        self.among = 0.35       # share of the sentences about twins with another command beside
        self.pool, self.uses, self.last = [], 0, None

    def home(self):
        """A home from a rolling set, so that each is used some dozens of times."""
        if len(self.pool) < 24:
            self.pool.append(homes.make_home(self.rng, self.side, names=self.names))
        elif self.uses % 25 == 0:
            self.pool[self.rng.randrange(24)] = homes.make_home(self.rng, self.side, names=self.names)
        self.uses += 1
        return self.rng.choice(self.pool)

    def sample(self):
        while True:
            try:
                made = self._draw()
            except (Unfit, IndexError, KeyError):
                continue
            if made and len(made[0]) <= MAX_QUERY and sum(t.startswith("T:") for t in made[3]) <= MAX_CALLS and len(made[3]) <= 60:
                return made

    def _draw(self):
        kind, = self.rng.choices(list(self.shares), self.shares.values())
        return getattr(self, "_" + kind)()

    # -- kinds of samples -------------------------------------------------------------------------------------------

    def _finish(self, home, text, calls, noisy=True, missing=None):
        here = self._here(home, calls)
        filler = fill.Filler(self.rng, home, self.names, self.tools, self.words)
        filler.missing = missing
        tokens, target, gold = fill.fill(self.rng, filler, text, calls, here, noisy and self.rng.random() < self.noise)
        return self._pack(home, tokens, target, gold, here)

    def _here(self, home, calls):
        wants = any(v == "{here}" for _, args in calls for _, v in args)
        if home.areas and self.rng.random() < (0.7 if wants else 0.45):
            return self.rng.choice(self.rng.choice(home.areas).forms[:1])
        return None

    def _pack(self, home, tokens, target, gold, here):
        words = [w for w, _ in tokens]
        self.last = home, tokens, target, gold          # what heldout.py makes its cases from
        items = shortlist.context(self.rng, home, words, gold)
        flat = []
        for tool, args in target:
            flat.append("T:" + tool)
            for slot, value in args:
                flat.append("S:" + slot)
                flat += [NONE] if value is NONE else list(value)
        return words, here, items, flat or [NONE]

    def _plain(self):
        p = self.deck.draw()
        return self._finish(self.home(), *(self._of_floor(p) if self.rng.random() < FLOOR_SHARE else (p.text, p.calls)))

    def _of_floor(self, p):
        """A sentence about a room made one about a floor: "in the basement" is said of both."""
        if any("area" in dict(args) and ("name" in dict(args) or "floor" not in self.tools[tool]["properties"] or dict(args)["area"] == "{here}") for tool, args in p.calls):
            return p.text, p.calls
        return p.text.replace("{area", "{floor"), [(tool, [("floor" if s == "area" else s, v.replace("{area", "{floor")) for s, v in args]) for tool, args in p.calls]

    def _bare(self):
        p = self.rng.choice(self.bare)
        return self._finish(self.home(), p.text, p.calls)

    def _absent(self):
        p = self.absent.draw()
        return self._finish(self.home(), p.text, p.calls)

    def _none(self):
        if not self.none_pile:
            return self._chatter()
        return self._finish(self.home(), self.none_pile.draw(self.rng).text, [])

    def _partial(self):
        """A sentence cut short before its name, which is no command."""
        p = self.swap.draw()
        text = fill.expand(self.rng, p.text)
        at = text.find("{")
        words = fill.words_of(text[:at]) if at > 0 else ()
        if len(words) < 2 or words[0] in ("is", "are", "what", "lights") or self.rng.random() < 0.5 and words[-1] not in ("the", "my", "a"):
            raise Unfit("nothing to cut")
        return self._pack(self.home(), [[w, None] for w in words], [], [], None)

    def _joined(self):
        """Two to four commands in one sentence."""
        n, = self.rng.choices([2, 3, 4], [58, 30, 12])
        home, tokens, target, gold = self.home(), [], [], []
        parts = [self.single.draw() for _ in range(n)]
        if any("<" in p.text or "conversation_command" in signature(p) for p in parts[:-1]) or any(c[0] in noise.SOCIAL for p in parts for c in p.calls):
            raise Unfit("text to copy would swallow what follows")
        if any(p.calls[0][0] in ("HassBroadcast",) for p in parts[:-1]):
            raise Unfit("a message would swallow what follows")
        here = self._here(home, [c for p in parts for c in p.calls])
        for i, p in enumerate(parts):
            filler = fill.Filler(self.rng, home, self.names, self.tools, self.words)
            t, calls, g = fill.fill(self.rng, filler, p.text, p.calls, here, self.rng.random() < 0.4 * self.noise)
            tokens += ([[w, None] for w in self.rng.choice(JOINTS).split()] if i else []) + t
            target += calls
            gold += g
        if len({str(c) for c in target}) < len(target):
            raise Unfit("the same call twice")
        return self._pack(home, tokens, target, gold, here)

    def _shared(self):
        """'turn on the X and the Y': one verb, two or three things."""
        p = self.single.draw()
        shareable = patterns.ENTITY_VARS | {"area", "item"} | ({"min"} if p.calls[0][0] == "HassStartTimer" else set())
        found = [v for v in fill.variables(p.text) if v[1] in shareable and v[3] is None]
        if len(found) != 1 or p.text.count(found[0][0]) != 1 or len(p.calls) != 1 or found[0][0] not in [v for _, v in p.calls[0][1]]:
            raise Unfit("no single variable")
        whole, kind, cls, _ = found[0]
        n = 2 if self.rng.random() < 0.75 else 3
        more = [f"{{{kind}{':' + cls if cls else ''}.{i}}}" for i in range(2, n + 1)]
        article = self.rng.choice(["the ", "", "the "]) if kind not in ("item", "min") else ""
        listed = [whole, *[article + m for m in more]]
        said = f" {self.rng.choice(['and', 'and', 'and also', 'as well as', 'plus'])} ".join(listed) if n == 2 else \
            f"{listed[0]} {self.rng.choice(['', 'and'])} {listed[1]} and {listed[2]}"
        calls = [(p.calls[0][0], [(s, v.replace(whole, m)) for s, v in p.calls[0][1]]) for m in [whole, *more]]
        return self._finish(self.home(), p.text.replace(whole, said), calls)

    # -- things that are called alike (alike.py) ----------------------------------------------------------------------

    @staticmethod
    def _names_one(p):
        """A command for one device, and no word of where it is."""
        found = [v for v in fill.variables(p.text) if v[1] in patterns.ENTITY_VARS | patterns.PLACE_VARS]
        return len(p.calls) == 1 and len(found) == 1 and found[0][1] in (*alike.DOMAINS, "onoff") and p.text.count(found[0][0]) == 1 and "(" not in found[0][0] \
            and dict(p.calls[0][1]).get("name") == found[0][0] and "area" not in dict(p.calls[0][1]) and p.calls[0][0] not in noise.QUESTIONS and "'s" not in p.text

    def _alike(self):
        """(pattern, its variable, that of a second thing of the kind, domain, class) to speak of things that are called alike."""
        p = self.named.draw()
        (whole, kind, device_class, _), = [v for v in fill.variables(p.text) if v[1] in patterns.ENTITY_VARS]
        second = f"{{{kind}{':' + device_class if device_class else ''}.2}}"
        return p, whole, second, self.rng.choice(fill.ONOFF[:5]) if kind == "onoff" else kind, device_class

    def _said_of(self, home, chosen, text, calls, noise=1.0):
        """A sentence in which variables stand for the chosen entities, with that much of the usual noise."""
        here = self._here(home, calls)
        filler = fill.Filler(self.rng, home, self.names, self.tools, self.words)
        filler.chosen = chosen
        return here, fill.fill(self.rng, filler, text, calls, here, self.rng.random() < noise * self.noise)

    def _with(self, call, whole, name, area=None):
        tool, args = call
        return tool, [(s, v.replace(whole, name)) for s, v in args] + ([("area", area)] if area else [])

    def _in_room(self):
        """"the kitchen ceiling light", "the ceiling light in the kitchen"."""
        p, whole, _, domain, device_class = self._alike()
        home = self.home()
        if self.rng.random() < 0.6:
            found = alike.namesakes(home, self.names, domain, device_class)
            entity = found[0] if found else None
        else:
            fit = [e for e in home.of(domain, device_class) if e.area]
            entity = self.rng.choice(fit) if fit else None
        if entity is None or any(alike.shares_a_word(f, a) for a in home.areas if a.name == entity.area for f in entity.forms):
            raise Unfit("nothing to tell by its room")
        said = self.rng.choice([f"{{area}} {whole}", f"{{area}} {whole}", f"{whole} in the {{area}}", f"{whole} in the {{area}}", f"{whole} in {{area}}", f"{{area}}'s {whole}"])
        here, made = self._said_of(home, {whole: entity}, p.text.replace(whole, said), [self._with(p.calls[0], whole, whole, "{area}")])
        return self._pack(home, *made, here)

    def _two_rooms(self):
        """"the ceiling fans in the den and the bedroom"."""
        p, whole, second, domain, device_class = self._alike()
        home = self.home()
        found = alike.namesakes(home, self.names, domain, device_class)
        if not found:
            raise Unfit("no namesakes")
        behind = self.rng.random() < 0.65
        said = f"{whole} {second} in the {{area}} and {self.rng.choice(['', 'the ', 'in the ', 'also in the '])}{{area.2}}" if behind else f"{{area}} and {{area.2}} {whole} {second}"
        calls = [self._with(p.calls[0], whole, whole, "{area}"), self._with(p.calls[0], whole, second, "{area.2}")]
        here, (tokens, target, gold) = self._said_of(home, {whole: found[0], second: found[1]}, p.text.replace(whole, said), calls)
        words = found[0].forms[0]
        tokens = alike.replaced(tokens, (whole, second), alike.plural(words) if not behind or self.rng.random() < 0.6 else words)
        return self._pack(home, tokens, target, gold, here)

    def _one_room(self):
        """"the ceiling light and the lamp in the den"."""
        p, whole, second, domain, device_class = self._alike()
        home = self.home()
        first = self.rng.choice([e for e in home.of(domain) if e.area] or [None])
        fit = [e for e in home.of(domain) if first and e.area == first.area and e is not first]
        if not fit or device_class:
            raise Unfit("no two in a room")
        other = self.rng.choice(fit)
        if any(alike.shares_a_word(f, a) for a in home.areas if a.name == first.area for f in first.forms + other.forms):
            raise Unfit("they say their room")
        said = self.rng.choice([f"{whole} and the {second} in the {{area}}", f"{whole} and {second} in the {{area}}", f"{{area}} {whole} and {second}", f"{{area}} {whole} and the {second}"])
        calls = [self._with(p.calls[0], whole, w, "{area}") for w in (whole, second)]
        here, made = self._said_of(home, {whole: first, second: other}, p.text.replace(whole, said), calls)
        return self._pack(home, *made, here)

    def _terse(self, home, room, used):
        """A short command for a thing of the room that does not say the room: what _alike gives, and the thing."""
        for _ in range(60):
            p, whole, _, domain, device_class = self._alike()
            fit = [e for e in home.of(domain, device_class) if e.area == room.name and e not in used and not any(alike.shares_a_word(f, room) for f in e.forms)]
            if fit and len(p.text) < 32:
                return p, whole, self.rng.choice(fit)
        raise Unfit("no other thing in the room")

    def _room_first(self):
        """"in the den ceiling light off lamp 20 and fan on": a room for all that follows."""
        home, count = self.home(), self.rng.choice([2, 3, 3, 4])
        rooms = [a for a in home.areas if sum(e.area == a.name for e in home.entities) >= 2 * count]
        room = self.rng.choice(rooms)
        tokens, target, gold, used = [], [], [], []
        for part in range(count):
            p, whole, entity = self._terse(home, room, used)
            used.append(entity)
            text, place = p.text, None
            if part == 0:
                text, place = self.rng.choice(["{area} ", "in the {area} ", "in the {area} ", "in {area} "]) + text, "{area}"
            _, (t, [(tool, args)], g) = self._said_of(home, {whole: entity}, text, [self._with(p.calls[0], whole, whole, place)], noise=0.3)
            if part:
                args = sorted([*args, ("area", dict(target[0][1])["area"])], key=lambda x: fill.ORDER[x[0]])
            joint = self.rng.choice(["", "", "and", "and then"] if part < count - 1 else ["", "and", "and"]).split() if part else []
            tokens, target, gold = tokens + [[w, None] for w in joint] + t, [*target, (tool, args)], gold + g
        return self._pack(home, tokens, target, gold, self._here(home, []))

    def _of_twins(self, phrase):
        p, whole, second, domain, device_class = self._alike()
        home = self.home()
        found = alike.twins(home, self.names, domain, device_class)
        if not found:
            raise Unfit("no twins")
        entities, base, tells, behind = found
        calls = [self._with(p.calls[0], whole, w) for w in (whole, second)]
        here, (tokens, target, gold) = self._said_of(home, {whole: entities[0], second: entities[1]}, p.text.replace(whole, f"{whole} {second}"), calls)
        return self._among(home, alike.replaced(tokens, (whole, second), phrase(base, tells, behind)), target, gold, here)

    def _among(self, home, tokens, target, gold, here):
        """Now and then another command before it or behind."""
        if self.rng.random() < self.among:
            p = self.single.draw()
            if "<" in p.text or "conversation_command" in signature(p) or p.calls[0][0] in (*noise.SOCIAL, "HassBroadcast") or "{here}" in signature(p):
                raise Unfit("no command to stand beside another")
            filler = fill.Filler(self.rng, home, self.names, self.tools, self.words)
            t, calls, g = fill.fill(self.rng, filler, p.text, p.calls, here, False)
            if any(c in target for c in calls):
                raise Unfit("the same call twice")
            joint, gold = [[w, None] for w in self.rng.choice(JOINTS).split()], gold + g
            tokens, target = (t + joint + tokens, calls + target) if self.rng.random() < 0.5 else (tokens + joint + t, target + calls)
        return self._pack(home, tokens, target, gold, here)

    def _both(self):
        return self._of_twins(lambda base, tells, behind: alike.of_both(self.rng, base))

    def _each(self):
        return self._of_twins(lambda base, tells, behind: alike.of_each(self.rng, base, tells, behind))

    def _other_one(self):
        """"the left lamp to 10 and the right one to 30"."""
        p, whole, _, domain, device_class = self._alike()
        q, other, *_ = next((a for a in (self._alike() for _ in range(12)) if a[3:] == (domain, device_class)), (p, whole))
        home = self.home()
        found = alike.twins(home, self.names, domain, device_class)
        if not found:
            raise Unfit("no twins")
        (first, second), _, tells, _ = found
        if tells[1][-1].isdigit():
            raise Unfit("nobody says the 2 one")
        here, (tokens, target, gold) = self._said_of(home, {whole: first}, p.text, p.calls)
        _, (t, calls, g) = self._said_of(home, {other: second}, q.text, q.calls)
        t = alike.replaced(t, (other,), ("the", *tells[1], "1"))
        if t is None or calls == target:
            raise Unfit("nothing to tell them apart")
        joint = [[w, None] for w in self.rng.choice([*JOINTS, "but"]).split()]
        return self._among(home, tokens + joint + t, target + calls, gold + g, here)

    def _carried(self):
        """"the den tv off and radio down": the room of the first is that of the second."""
        home, tokens, target, gold = self.home(), [], [], []
        room = self.rng.choice(home.areas)
        for part in range(2):
            p, whole, _, domain, device_class = self._alike()
            entity = alike.of_room(home, self.names, domain, device_class, room)
            if entity is None or len(entity.forms[0]) == len(room.forms[0]) or part and "name" in dict(target[0][1]) and dict(target[0][1])["name"] == entity.forms[0]:
                raise Unfit("nothing that bears the room's name")
            _, (t, calls, g) = self._said_of(home, {whole: entity}, p.text, p.calls)
            if part:
                t = alike.replaced(t, (whole,), entity.forms[0][len(room.forms[0]):])
            tokens += ([[w, None] for w in self.rng.choice(JOINTS).split()] if part else []) + t
            target, gold = target + calls, gold + g
        return self._pack(home, tokens, target, gold, self._here(home, []))

    def _items(self):
        """"milk eggs and coffee creamer": several things for a list at once."""
        p, n = self.listed.draw(), self.rng.choice([2, 3, 3, 3, 4])
        items = ["{item}", *[f"{{item.{i}}}" for i in range(2, n + 1)]]
        if "{item}" not in dict(p.calls[0][1]).values():
            raise Unfit("the item is marked otherwise")
        joint = self.rng.choice([" ", " ", " and "])
        calls = [(p.calls[0][0], [(s, v.replace("{item}", i)) for s, v in p.calls[0][1]]) for i in items]
        made = self._finish(self.home(), p.text.replace("{item}", joint.join(items[:-1]) + " and " + items[-1]), calls)
        if len({str(c) for c in self.last[2]}) < n:
            raise Unfit("the same thing twice")
        return made

    def _swapped_name(self):
        """A sentence about a device that is not there."""
        p = self.swap.draw()
        found = [v for v in fill.variables(p.text) if v[1] in SWAPPABLE]
        whole, kind, *_ = self.rng.choice(found)
        put = "{absent}"
        calls = [(t, [(s, v.replace(whole, put)) for s, v in args]) for t, args in p.calls]
        if any("area" == s and v == "{area}" for _, args in calls for s, v in args if "{absent}" in dict(args).values()):
            raise Unfit("a room beside an absent name")
        return self._finish(self.home(), p.text.replace(whole, put), calls, missing="person" if kind == "person" else None)

    def _swapped_area(self):
        p = self.swap_area.draw()
        calls = [(t, [(s, v.replace("{area}", "{absent_area}")) for s, v in args]) for t, args in p.calls]
        return self._finish(self.home(), p.text.replace("{area}", "{absent_area}"), calls)

    def _swapped_floor(self):
        p = self.swap_floor.draw()
        calls = [(t, [(s, v.replace("{floor}", "{absent_area}")) for s, v in args]) for t, args in p.calls]
        return self._finish(self.home(), p.text.replace("{floor}", "{absent_area}"), calls)

    def _denied(self):
        """'don't ...', 'he said ...': words of a command that is none."""
        p = self.single.draw()
        if p.calls[0][0] in noise.QUESTIONS + noise.SOCIAL or "<" in p.text:
            raise Unfit("not a command")
        first = fill.words_of(fill.expand(self.rng, p.text).split("{")[0])
        if not first or first[0] not in ("turn", "switch", "open", "close", "set", "dim", "lock", "unlock", "make", "put", "start", "stop", "play", "pause", "raise",
                                         "lower", "shut", "kill", "change", "run", "activate", "add", "mute", "vacuum", "cancel", "toggle", "brighten", "increase", "decrease", "skip"):
            raise Unfit("does not begin with a verb")
        lead = self.rng.choice(self.rng.choices([DENIALS, REPORTS, WHEN], [5, 3, 3])[0])
        home = self.home()
        filler = fill.Filler(self.rng, home, self.names, self.tools, self.words)
        tokens, _, gold = fill.fill(self.rng, filler, p.text, p.calls, None, False)
        lead_tokens = [[w, None] for w in lead.split()]
        tokens = tokens + lead_tokens if lead in WHEN and self.rng.random() < 0.5 else lead_tokens + tokens
        if self.rng.random() < self.noise:
            tokens = noise.disturb(self.rng, tokens)
        return self._pack(home, tokens, [], gold if self.rng.random() < 0.9 else [], self._here(home, []))

    def _chatter(self):
        """World questions, talk and word salad, at times with the name of a device in it."""
        r, home = self.rng, self.home()
        tail = lambda: " ".join(r.choice(self.words) for _ in range(r.randint(1, 3)))   # noqa: E731
        kind = r.random()
        if kind < 0.5:
            text = f"{r.choice(QUESTIONS)} {r.choice(['', 'the ', 'a '])}{tail()}"
        elif kind < 0.7 and home.entities:
            text = f"{r.choice(QUESTIONS)} {r.choice(['', 'the ', 'a ', 'that '])}{' '.join(r.choice(home.entities).forms[0])}"
        elif kind < 0.85:
            text = " ".join(r.choice(self.words + pools.SONG_WORDS * 20) for _ in range(r.randint(1, 8)))
        else:
            text = r.choice(pools.MESSAGES)
        return self._pack(home, [[w, None] for w in fill.words_of(text)], [], [], self._here(home, []))


def show(generator, n):
    for _ in range(n):
        words, here, items, target = generator.sample()
        print(" ".join(words), f"  [in {' '.join(here)}]" if here else "")
        print("    ", " ".join(target))
        print("      ", "; ".join(f"@{k} {' '.join(w)}" for k, w in items))


def write_shards(args, generator):
    """Shards of `size` samples, numbered on from `first`; a shard appears under its name only when it is complete."""
    import shards
    from tokenizer import Tokenizer
    tok = Tokenizer.load(args.tokenizer)
    os.makedirs(args.out, exist_ok=True)
    for n in range(args.first, args.first + args.shards):
        path = os.path.join(args.out, f"shard-{n:05d}.npz")
        if not os.path.exists(path):
            shards.write(path, (shards.encode(tok, generator.sample()) for _ in range(args.size)))


def main():
    ap = argparse.ArgumentParser(description="Generate training samples.")
    ap.add_argument("--show", type=int, metavar="N", help="print N samples")
    ap.add_argument("--out", help="folder of the shards")
    ap.add_argument("--shards", type=int, default=1)
    ap.add_argument("--first", type=int, default=0, help="number of the first shard")
    ap.add_argument("--size", type=int, default=10000, help="samples a shard")
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--side", choices=["train", "held"], default="train", help="training homes and patterns, or held-out ones")
    ap.add_argument("--calm", action="store_true", help="less noise, homes less odd")
    ap.add_argument("--patterns", help="folder of pattern files (default: HEARTH_PATTERNS, or patterns/ here)")
    ap.add_argument("--weights", help="file of hard.py: which patterns to draw more often")
    ap.add_argument("--tokenizer", default=os.path.join(HERE, "..", "out", "tokenizer.json"))
    args = ap.parse_args()
    train, held = load_patterns(args.patterns)
    generator = Generator(args.seed + 1000003 * args.first, train if args.side == "train" else held, args.side, weight=load_weights(args.weights), calm=args.calm)
    if args.show:
        show(generator, args.show)
    if args.out:
        write_shards(args, generator)


if __name__ == "__main__":
    main()
