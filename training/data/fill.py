"""Crosses a pattern with a home: fills its variables, and says what the calls are.

Words come as [word, tag]; a tag is None, ("e", variable) for a name, ("n", variable) for a number or other set value,
("c", variable) for text to copy, ("q", n) for the n-th <marked> span.
"""
import functools
import re

import alike
import homes
import noise
import normalize
import patterns
import sayings
import shortlist

NONE = "<none>"
SHOPPING = ("shopping", "list")
MEASURING = ("sensor", "binary_sensor")
DOMAIN_BESIDE_NAME = ("cover", "valve", "lock", "scene", "script")
ONOFF = ("light", "light", "switch", "switch", "fan", "input_boolean")
SLOTS = """name area floor domain device_class state item search_query media_class message brightness brightness_step color
temperature temperature_step position position_step volume_level volume_step percentage percentage_step humidity mode
hours minutes seconds start_hours start_minutes start_seconds conversation_command""".split()
ORDER = {s: i for i, s in enumerate(SLOTS)}
COPIED = patterns.COPIED_VARS
INNER = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
PIECE = re.compile(patterns.VAR.pattern + r"|<|>")
HOUSE = re.compile(r"(?<=[a-z] )house(?=$|[,.!?]| (?:is|on|off|now|please|and|up|down)\b)")
DWELLINGS = "flat apartment place home cottage bungalow cabin villa farmhouse condo townhouse chalet caravan boat penthouse duplex building loft ranch farm lodge mansion".split()
ALL_WORDS = {"all", "every", "everything", "everywhere", "whole"}
ZONES = ["work", "school", "the gym", "the office", "university", "kindergarten", "the pub", "the shop", "daycare", "the library", "the airport", "practice"]


IMPLIED = (("HassLight", "light"), ("HassMedia", "media_player"), ("HassSetVolume", "media_player"), ("HassClimate", "climate"), ("HassFan", "fan"),
           ("HassHumidifier", "humidifier"), ("HassVacuum", "vacuum"), ("HassLawn", "lawn_mower"), ("HassAlarm", "alarm_control_panel"))
# "the fan" is a group of one, not a name that is missing.
PLAIN_KINDS = {n for d, nouns in homes.pools.NOUNS.items() if d not in ("switch", "scene", "script", "input_boolean", "button", "automation") for n in nouns}


class Unfit(Exception):
    """This home cannot fill this pattern as drawn: draw again."""


@functools.lru_cache(maxsize=100000)
def words_of(text):
    return tuple(normalize.words_of(text))


def expand(rng, text):
    """Chooses among (x|y) and [x]."""
    while True:
        m = INNER.search(text)
        if m is None:
            return text
        if m[1] is not None:
            put = rng.choice(m[1].split("|"))
        else:
            put = rng.choice(m[2].split("|")) if rng.random() < 0.5 else ""
        text = text[:m.start()] + put + text[m.end():]


def dwelling(rng, text, home):
    """Now and then "the whole flat" for "the whole house": what people live in is no room that is missing."""
    if rng.random() > 0.35 or not HOUSE.search(text):
        return text
    word = rng.choice(DWELLINGS)
    if any(word in f for p in home.areas + home.floors + home.entities for f in p.forms):
        return text
    return HOUSE.sub(word, text)


def variables(text):
    """[(whole, kind, class, number)] in the order in which they are said."""
    return [(m.group(), m[1], m[2], m[3]) for m in patterns.VAR.finditer(text)]


def _group_like(words, home):
    """True for "fan" and "kitchen lights": they mean what the room has, whatever it is called, and so are no missing name."""
    rooms = {f for p in home.areas for f in p.forms} | {words_of(a) for a in homes.pools.AREAS}
    for cut in range(len(words)):
        kind = " ".join(words[cut:])
        if (kind in PLAIN_KINDS or shortlist.stem(kind) in PLAIN_KINDS) and (cut == 0 or tuple(words[:cut]) in rooms):
            return True
    return False


def absent_name(rng, names, home, domain=None):
    """Words of a device that this home has not, often one that is nearly there."""
    for _ in range(30):
        domain_now = domain or rng.choice(["light", "light", "switch", "fan", "cover", "media_player", "climate", "lock", "vacuum", "scene", "sensor"])
        near = rng.random() < 0.45 and home.entities and domain_now != "person"
        if near:
            other = rng.choice(home.entities)
            words = list(other.forms[0])
            i = rng.randrange(len(words))
            swap = rng.choice([lambda: names.pick("MODIFIERS"), lambda: names.pick("AREAS"), lambda: rng.choice(homes.pools.NOUNS[domain_now] or ["thing"])])()
            words = words[:i] + list(words_of(swap)) + words[i + 1:]
            if len(words) == 1:
                words += list(words_of(rng.choice(homes.pools.NOUNS[domain_now] or ["thing"])))
        else:
            words = list(words_of(homes.entity_name(names, domain_now, homes.pick_class(rng, domain_now), None)))
        said = {shortlist.stem(w) for w in words}
        clash = any(said <= {shortlist.stem(w) for w in f} or {shortlist.stem(w) for w in f} <= said
                    for e in home.entities for f in e.forms)
        clash = clash or any(said <= {shortlist.stem(w) for w in f} for p in home.areas + home.floors for f in p.forms)
        if words and len(words) < 7 and not clash and not _group_like(words, home):
            return tuple(words)
    raise Unfit("no absent name")


def absent_place(rng, names, home, floor=False):
    """Words of a room, or of a floor, that this home has not."""
    for _ in range(30):
        words = words_of(names.pick("FLOORS") if floor else names.pick("AREAS") if rng.random() < 0.7 else f"{names.odd()} room" if rng.random() < 0.7 else names.odd())
        said = {shortlist.stem(w) for w in words}
        if not any(said <= {shortlist.stem(w) for w in f} or {shortlist.stem(w) for w in f} <= said
                   for p in home.areas + home.floors for f in p.forms):
            return tuple(words)
    raise Unfit("no absent room")


class Filler:
    """Fills patterns for one home."""

    def __init__(self, rng, home, names, tools, words):
        self.rng, self.home, self.names, self.tools, self.words = rng, home, names, tools, words
        self.chosen = {}        # {variable: the entity that it must stand for}
        self.here = None        # words of the speaker's room, if it is known
        self.missing = None     # domain of the things that are not there; None: any

    def entity(self, kind, device_class, needs_area, used):
        domain = self.rng.choice(ONOFF) if kind == "onoff" else kind
        fit = [e for e in self.home.of(domain, device_class) if e not in used and (e.area or not needs_area)]
        if not fit or (len(fit) < 3 and self.rng.random() < 0.3):
            made = homes.add_entity(self.home, self.names, domain, device_class, self.rng.choice(self.home.areas).name if needs_area else None) \
                if len(self.home.entities) < 320 and not self.home.frozen else None
            fit = [made] if made is not None and (made.area or not needs_area) else fit
        if not fit:
            raise Unfit(f"no {domain}")
        return self.rng.choice(fit)

    def without_kind(self, entity, form, text):
        """"Front Door" for "Front Door Lock", and "motion at the front door" for "Front Door Motion": the name without a word that says what the sentence says; or None."""
        last, kinds = form[-1], ("lock", "deadbolt") if entity.domain == "lock" else ()
        said = entity.domain in MEASURING and last.isalpha() and last in words_of(patterns.VAR.sub(" ", text))
        if len(form) < 2 or not (last in kinds or said) or self.rng.random() > 0.5:
            return None
        clash = any(f == form[:-1] for e in self.home.entities if e is not entity and (e.domain == entity.domain if last in kinds else e.device_class == entity.device_class) for f in e.forms)
        return None if clash or _group_like(form[:-1], self.home) or any(form[:-1] == f for p in self.home.areas + self.home.floors for f in p.forms) else form[:-1]

    def without_room(self, entity, form):
        """"The big lamp" for "Den big lamp", said in the den; or None."""
        n = len(self.here or ())
        if not n or form[:n] != self.here or len(form) == n or self.rng.random() > 0.4 or _group_like(form[n:], self.home):
            return None
        said = form[n:]
        return None if any(f == said for e in self.home.entities if e is not entity for f in e.forms) or all(w.isdigit() for w in said) else said

    def loosely(self, entity, form, text):
        """The name as said: now and then turned round ("left curtain") or without a word that nobody needs to tell it apart."""
        short = self.without_room(entity, form) or self.without_kind(entity, form, text)
        if short:
            return short
        r = self.rng.random()
        if len(form) < 2 or r > 0.14:
            return form
        if r < 0.03:
            said = form[1:] + form[:1] if len(form) == 2 or self.rng.random() < 0.5 else form[-1:] + form[:-1]
        else:
            said = form[1:] if self.rng.random() < 0.5 else form[:-1]
        stems = {shortlist.stem(w) for w in said}
        if _group_like(said, self.home) or stems <= shortlist.STOP or all(w.isdigit() for w in said):
            return form
        for e in self.home.entities:
            if e is not entity and any(stems <= {shortlist.stem(w) for w in f} for f in e.forms):
                return form
        return form if any(stems <= {shortlist.stem(w) for w in f} for p in self.home.areas + self.home.floors for f in p.forms) else said

    def area_said(self, area):
        """(the words said for a room, its name): now and then a part of it, where no other room has that."""
        form = self.rng.choice(area.forms)
        if len(form) < 2 or self.rng.random() > 0.12:
            return form, form
        said = form[1:] if self.rng.random() < 0.7 else form[:-1]
        stems = {shortlist.stem(w) for w in said}
        things = [*(p for p in self.home.areas + self.home.floors if p is not area), *self.home.entities]
        clash = stems <= shortlist.STOP or any(w.isdigit() for w in form) or any(stems <= {shortlist.stem(w) for w in f} for t in things for f in t.forms)
        return (form if clash else said), form

    def area_for(self, calls, used):
        """A room, mostly one that has what a group call wants."""
        wanted = [v for _, args in calls for s, v in args if s == "domain" and not v.startswith("{")]
        fit = [a for a in self.home.areas if a not in used]
        good = [a for a in fit if any(e.area == a.name and e.domain in wanted for e in self.home.entities)]
        if not fit:
            raise Unfit("no room")
        return self.rng.choice(good if good and self.rng.random() < 0.8 else fit)

    def place(self, name):
        return next(a for a in self.home.areas if a.name == name)

    def assign(self, text, calls, said_vars):
        """{variable: (words said, words meant or NONE, item or None, domain)}."""
        rng, out, used, areas = self.rng, {}, [], []
        paired = {}         # name variable -> place variable of the same call
        for _, args in calls:
            d = dict(args)
            if d.get("name", "").startswith("{") and d.get("area", "").startswith("{") and d["area"] != "{here}":
                paired[d["name"]] = d["area"]
        for whole, kind, device_class, _ in sorted(said_vars, key=lambda v: v[1] in patterns.PLACE_VARS):
            if whole in out:
                continue
            if kind == "absent":
                w = absent_name(rng, self.names, self.home, self.missing)
                out[whole] = (w, NONE, None, None)
            elif kind == "absent_area":
                out[whole] = (absent_place(rng, self.names, self.home, any(s == "floor" and v == whole for _, args in calls for s, v in args)), NONE, None, None)
            elif kind == "kin":
                found = alike.kin(self.home, self.names, device_class)
                if not found or found[0] is None:
                    raise Unfit("no such kin")
                e, base = found
                form = e.forms[0]
                out[whole] = (base if rng.random() < 0.8 else form, form, (e.domain, form), e.domain)
            elif kind in patterns.ENTITY_VARS:
                e = self.chosen.get(whole) or self.entity(kind, device_class, whole in paired, used)
                used.append(e)
                form = rng.choice(e.forms)
                out[whole] = (form if whole in self.chosen else self.loosely(e, form, text), form, (e.domain, form), e.domain)
                if paired.get(whole, "").startswith("{area"):
                    a = self.place(e.area)
                    areas.append(a)
                    said, f = self.area_said(a)
                    out[paired[whole]] = (said, f, ("area", f), None)
            elif kind == "area":
                a = self.area_for(calls, areas)
                areas.append(a)
                said, f = self.area_said(a)
                out[whole] = (said, f, ("area", f), None)
            elif kind == "floor":
                fit = [f for f in self.home.floors if f not in areas]
                if not fit:
                    raise Unfit("no floor")
                a = rng.choice(fit)
                areas.append(a)
                f = rng.choice(a.forms)
                out[whole] = (f, f, ("floor", f), None)
            elif kind == "mode":
                tool, = [t for t, args in calls if any(v == whole for _, v in args)][:1] or [None]
                if tool is None:
                    raise Unfit("a mode without its tool")
                mode = rng.choice([m for m in self.tools[tool]["properties"]["mode"]["enum"] if m != "off"])
                w = words_of(mode.replace("_", " "))
                out[whole] = (w, w, None, None)
            else:
                w = words_of(sayings.FREE[kind](rng, self.words))
                out[whole] = (w, w, None, None)
        return out

    def said(self, text, values, calls):
        """The sentence as [word, tag]."""
        tokens, at, spans, span = [], 0, 0, None
        for m in [*PIECE.finditer(text), None]:
            chunk = text[at:m.start() if m else len(text)]
            tag = ("q", span) if span is not None else None
            if chunk.startswith(("'s", "\u2019s")) and tokens and m is not text:
                tokens[-1] = [tokens[-1][0] + "s", tokens[-1][1]]
                chunk = chunk[2:]
            tokens += [[w, tag] for w in words_of(chunk)]
            if m is None:
                break
            at = m.end()
            if m.group() == "<":
                span, spans = spans, spans + 1
            elif m.group() == ">":
                span = None
            else:
                kind = m[1]
                letter = "e" if kind in patterns.ENTITY_VARS | patterns.PLACE_VARS else "c" if kind in COPIED else "n"
                tokens += [[w, ("q", span) if span is not None else (letter, m.group())] for w in values[m.group()][0]]
        return self._agree(tokens)

    def _agree(self, tokens):
        """'1 minutes' -> '1 minute', mostly."""
        for i in range(1, len(tokens)):
            if tokens[i - 1][0] == "1" and tokens[i][1] is None and tokens[i][0] in ("minutes", "hours", "seconds", "degrees", "steps", "points", "notches") \
                    and self.rng.random() < 0.8:
                tokens[i] = [tokens[i][0][:-1], None]
        return tokens

    def target(self, calls, values, tokens, here, text=""):
        """Calls as [(tool, [(slot, words or NONE)])] in the order of san.slots; `here` the words of the speaker's room or None, `text` the pattern."""
        out, marked = [], 0
        for tool, args in calls:
            done, domain, absent = [], None, False
            properties = self.tools[tool]["properties"]
            for slot, value in args:
                if value == "{here}":
                    if here:
                        done.append((slot, here))
                elif value == "<>":
                    words = tuple(w for w, t in tokens if t == ("q", marked))
                    marked += 1
                    if not words:
                        raise Unfit("an empty span")
                    done.append((slot, words))
                elif value.lstrip("-").startswith("{"):
                    sign, var = value[:-len(value.lstrip("-"))] if value.startswith("-") else "", value.lstrip("-")
                    _, meant, _, owner = values[var]
                    if var.split("}")[0].split(".")[0].strip("{") in COPIED:
                        meant = tuple(w for w, t in tokens if t == ("c", var))
                        if not meant:
                            raise Unfit("the copied text is gone")
                        meant = said_once(meant, text.count(var))
                    domain = owner if slot == "name" else domain
                    absent |= meant is NONE and slot == "name"
                    done.append((slot, meant if not sign else ("-" + meant[0],)))
                else:
                    done.append((slot, words_of(value.replace("_", " "))))
            if any(s == "name" and v is not NONE for s, v in done) and domain:
                done = [(s, v) for s, v in done if s not in ("domain", "device_class")]
                if domain in DOMAIN_BESIDE_NAME and "domain" in properties:
                    done.append(("domain", (domain,)))
            if absent:
                done = [(s, v) for s, v in done if s not in ("domain", "device_class")]
            done.sort(key=lambda x: ORDER[x[0]])
            if not done and "anyOf" in self.tools[tool]:
                raise Unfit("nothing left to call for")
            out.append((tool, done))
        return out


def said_once(words, times):
    """The words of a span that the sentence says `times` times; Unfit where noise has made two of them differ."""
    n = len(words) // times
    if times < 2:
        return words
    if words != words[:n] * times:
        raise Unfit("the copied text is said in two ways")
    return words[:n]


def contains(words, form):
    n = len(form)
    return any(tuple(words[i:i + n]) == form for i in range(len(words) - n + 1))


def collides(home, words, gold, calls):
    """True if the sentence says, word for word, another name than the one meant: then nobody could know."""
    named = any(s == "name" for _, args in calls for s, _ in args)
    text, said = " ".join(words), set(words)
    meant = [f for _, f in gold]
    groups = set() if named else {v for _, args in calls for s, v in args if s == "domain"} | {d for t, _ in calls for k, d in IMPLIED if t.startswith(k)}
    for e in home.entities:
        for form in e.forms:
            if len(form) == 1 and form[0] in said and e.domain in groups:
                return True         # "close the blinds" where one thing is called "blinds": the name would win
            if form == SHOPPING and any(t.startswith("HassShopping") for t, _ in calls):
                continue            # that list has tools of its own, also where it is an entity
            if form in meant or len(form) < 2 or " ".join(form) not in text or not contains(words, form):
                continue
            if not any(len(form) < len(m) and contains(m, form) for m in meant) and (len(form) > 2 or not named):
                return True
            if named and any(len(form) > len(m) and contains(form, m) for m in meant):
                return True
    return False


def fill(rng, filler, text, calls, here, noisy=True):
    """One sample: (tokens, target calls, gold items). Raises Unfit when the draw does not work out."""
    text = dwelling(rng, expand(rng, text), filler.home)
    filler.here = here
    values = filler.assign(text, calls, variables(text))
    for _, args in calls:
        for _, v in args:
            if v.lstrip("-").startswith("{") and v != "{here}" and v.lstrip("-") not in values:
                raise Unfit("an optional variable was left out")
    tokens = filler.said(text, values, calls)
    gold = [v[2] for v in values.values() if v[2]]
    if any(t.startswith("HassList") for t, _ in calls) and any(f[-2:] == SHOPPING for _, f in gold):
        raise Unfit("the shopping list has tools of its own")
    if collides(filler.home, [w for w, _ in tokens], gold, calls):
        raise Unfit("ambiguous")
    if noisy:
        tools = [t for t, _ in calls]
        level = rng.choice([0, 0.5, 1, 1, 2.5])
        if not any(t in noise.SOCIAL for t in tools):
            tokens = noise.reword(rng, tokens)
            tokens = noise.carriers(rng, tokens, tools) if calls else tokens
            tokens = noise.chatty(rng, tokens, tools)
            tokens = noise.hesitate(rng, tokens) if rng.random() < 0.03 else tokens
        if level:
            tokens = noise.disturb(rng, tokens, level)
    return tokens, filler.target(calls, values, tokens, here, text), gold
