"""Random homes, named as people name things; the held-out ones from words that no training home uses.

A Home holds floors, areas and entities as the home files of the design do; `forms` are the normalised words of names and aliases.
"""
import functools
import glob
import os
import random
import re
import string

import normalize
import pools
from pools import cut


@functools.lru_cache(maxsize=200000)
def words_of(name):
    """Normalised words of a name, as a tuple."""
    return tuple(normalize.words_of(name))


class Entity:
    """One device: `forms` holds the words of the name first, then of the aliases."""
    __slots__ = ("domain", "name", "area", "device_class", "aliases", "state", "forms")

    def __init__(self, domain, name, area=None, device_class=None, aliases=()):
        self.domain, self.name, self.area, self.device_class, self.aliases = domain, name, area, device_class, list(aliases)
        self.state = None
        self.forms = [words_of(n) for n in (name, *aliases)]


class Place:
    """A room (kind "area", with its floor) or a floor."""
    __slots__ = ("kind", "name", "floor", "aliases", "forms")

    def __init__(self, kind, name, floor=None, aliases=()):
        self.kind, self.name, self.floor, self.aliases = kind, name, floor, list(aliases)
        self.forms = [words_of(n) for n in (name, *aliases)]


class Home:
    def __init__(self):
        self.floors, self.areas, self.entities = [], [], []
        self.taken = {}         # (kind, words) -> owner, so that a said name means one thing
        self.index = None       # filled by shortlist.py
        self.frozen = False     # True: no entity may be added

    def of(self, domain, device_class=None):
        return [e for e in self.entities if e.domain == domain and (device_class is None or e.device_class == device_class)]


@functools.lru_cache(maxsize=None)
def told():
    """{"domain" or "domain:class": [(name, aliases)]}: what the files in names/ say, each with the form of its own first line."""
    out = {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "names", "*.txt"))):
        kind = None
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.strip()
                if line.startswith("@"):
                    kind = line[1:].strip()
                    if kind not in ("area", "floor") and kind.split(":")[0] not in pools.NOUNS:
                        raise SystemExit(f"{path}:{number}: '{kind}' is neither a domain nor a place")
                elif line and not line.startswith("#"):
                    name, _, more = line.partition("|")
                    aliases = [a.strip() for a in more.split(",") if a.strip()]
                    if kind and words_of(name) and all(words_of(a) for a in aliases):
                        out.setdefault(kind, []).append((name.strip(), aliases))
    return out


class Names:
    """The pools of one side: training words only, or mostly held-out words. `calm`: more names that people wrote down, fewer odd rooms."""

    def __init__(self, side, rng, calm=False):
        self.side, self.rng = side, rng
        self.told_share = 0.75 if calm else TOLD_SHARE
        self.usual_share = 0.82 if calm or side == "held" else 0.65     # training: more odd rooms, for they must be copied, not remembered
        self._cut = {key: cut(getattr(pools, key), common) for key, common in (("AREAS", 45), ("FLOORS", 12), ("PEOPLE", 0), ("BRANDS", 0), ("MODIFIERS", 45))}
        self._cut["WORDS"] = cut(pools.word_list())
        self._told = {kind: ([n for n in all_of if not pools.held_out(n[0])], [n for n in all_of if pools.held_out(n[0])]) for kind, all_of in told().items()}

    def pick(self, key):
        train, held = self._cut[key]
        if self.side == "train":
            return self.rng.choice(train)
        share = 0.75 if key in ("WORDS", "PEOPLE", "BRANDS") else 0.55
        return self.rng.choice(held if self.rng.random() < share else train)

    def words(self):
        train, held = self._cut["WORDS"]
        return train if self.side == "train" else held

    def told(self, kind):
        """A name with its aliases that somebody wrote for this kind, or None."""
        train, held = self._told.get(kind, ((), ()))
        fit = held if self.side == "held" else train
        return self.rng.choice(fit) if fit else None

    def pseudo(self):
        """A word that nobody has heard before."""
        r = self.rng
        starts = "b bl br c ch cr d dr f fl fr g gl gr h j k kl kr l m n p ph pl pr qu r s sch sh sk sl sn sp st t th tr v w x y z".split()
        vowels = "a e i o u a e i o ai ee oo ou ia eau y".split()
        ends = ["", "", "n", "r", "l", "s", "x", "ck", "nd", "rt", "sh", "mm", "tz", "k", "t"]
        return "".join(r.choice(starts) + r.choice(vowels) for _ in range(r.randint(1, 3))) + r.choice(ends)

    def odd(self):
        """One random word: an English one, now and then a pseudo-word."""
        return self.pseudo() if self.rng.random() < 0.3 else self.pick("WORDS")


def cased(rng, text):
    return string.capwords(text) if rng.random() < 0.4 else text.capitalize() if rng.random() < 0.7 else text


def noun_of(names, domain, device_class):
    """A noun for such a thing."""
    r = names.rng
    for table in (pools.COVER_CLASSES, pools.SENSOR_CLASSES, pools.BINARY_CLASSES, pools.SWITCH_CLASSES, pools.MEDIA_CLASSES):
        wanted = {id(pools.COVER_CLASSES): "cover", id(pools.SENSOR_CLASSES): "sensor", id(pools.BINARY_CLASSES): "binary_sensor",
                  id(pools.SWITCH_CLASSES): "switch", id(pools.MEDIA_CLASSES): "media_player"}[id(table)]
        if wanted == domain and device_class in table:
            if domain in ("switch", "media_player") and r.random() < 0.5:
                break
            return r.choice(table[device_class].split(", "))
    return r.choice(pools.NOUNS[domain])


def entity_name(names, domain, device_class, area):
    """A name as people give them."""
    r = names.rng
    if domain == "person":
        return names.pick("PEOPLE")
    noun, kind = noun_of(names, domain, device_class), r.random()
    room = area or names.pick("AREAS")
    if domain in ("scene", "script", "todo", "automation", "weather", "input_boolean"):
        return noun if kind < 0.5 else (f"{room} {noun}" if kind < 0.6 else f"{names.pick('PEOPLE')}'s {noun}" if kind < 0.7 else
                                        f"{names.odd()} {noun}" if kind < 0.85 else f"{names.odd()} {names.odd()}" if kind < 0.95 else names.odd())
    if domain in ("weather",):
        return noun
    choices = [
        (0.20, lambda: f"{room} {noun}"), (0.07, lambda: noun), (0.16, lambda: f"{names.pick('MODIFIERS')} {noun}"),
        (0.07, lambda: f"{room} {names.pick('MODIFIERS')} {noun}"), (0.07, lambda: f"{names.pick('PEOPLE')}'s {noun}"),
        (0.05, lambda: f"{names.pick('BRANDS')} {noun}"), (0.03, lambda: f"{names.pick('BRANDS')} {r.choice(['Go', 'One', 'Play', 'Mini', 'Pro', 'Max', 'Plus', 'S', 'X'])} {r.randint(1, 20)}"),
        (0.05, lambda: f"{noun} {r.randint(1, 9)}"), (0.03, lambda: f"{room} {noun} {r.randint(1, 6)}"), (0.03, lambda: f"{noun} {names.pick('MODIFIERS')}"),
        (0.09, lambda: f"{names.odd()} {noun}"), (0.04, lambda: f"{names.odd()} {names.odd()}"), (0.03, lambda: names.odd()),
        (0.02, lambda: f"{noun} {r.choice(['in the', 'by the', 'under the', 'behind the', 'next to the'])} {names.pick('MODIFIERS')}"),
        (0.02, lambda: f"{names.pick('PEOPLE')}'s {names.pick('MODIFIERS')} {noun}"), (0.015, lambda: f"{names.odd()} {names.odd()} {noun}"),
        (0.01, lambda: f"{r.choice(['Mr', 'Mrs', 'Sir', 'Captain', 'Big', 'Lady', 'Doctor', 'Darth'])} {names.odd()}"), (0.01, lambda: room),
        (0.01, lambda: f"the {names.odd()}"), (0.01, lambda: f"{noun} {r.choice(['off', 'on', 'open', 'all', 'red', 'home', 'dim', 'lock', 'left', 'timer', 'stop'])}"),
    ]
    for share, make in choices:
        kind -= share
        if kind < 0:
            return make()
    return f"{names.pick('MODIFIERS')} {names.pick('MODIFIERS')} {noun}"


def _alias(names, entity):
    r, words = names.rng, entity.name.split()
    kind = r.random()
    if kind < 0.3 and len(words) > 1:
        return " ".join(words[1:]) if r.random() < 0.5 else " ".join(words[:-1])
    if kind < 0.7:
        return entity_name(names, entity.domain, entity.device_class, entity.area)
    return f"the {names.odd()}" if r.random() < 0.3 else f"{names.odd()} {words[-1]}"


CLASSES = {"cover": pools.COVER_CLASSES, "sensor": pools.SENSOR_CLASSES, "binary_sensor": pools.BINARY_CLASSES,
           "switch": pools.SWITCH_CLASSES, "media_player": pools.MEDIA_CLASSES}
TOLD_SHARE = 0.45       # of the names, those that people wrote down; the rest are put together
USUAL = [("light", 30), ("switch", 12), ("sensor", 14), ("binary_sensor", 10), ("cover", 9), ("media_player", 6), ("climate", 4), ("fan", 4),
         ("lock", 3), ("scene", 4), ("script", 2), ("person", 2), ("vacuum", 1), ("camera", 2), ("button", 2), ("input_boolean", 2), ("todo", 2),
         ("automation", 2), ("weather", 1), ("humidifier", 1), ("valve", 1), ("lawn_mower", .6), ("siren", .6), ("alarm_control_panel", .7),
         ("water_heater", .6), ("select", 1), ("number", 1), ("update", 1)]


def pick_class(rng, domain):
    """A device class for a new entity, or None."""
    if domain in ("sensor", "binary_sensor", "cover"):
        if domain == "cover" and rng.random() < 0.5:
            return rng.choice(["blind", "curtain", "shade", "shutter", "garage"])
        return rng.choice(list(CLASSES[domain]))
    if domain in ("switch", "media_player") and rng.random() < 0.5:
        return rng.choice(list(CLASSES[domain]))
    return None


def add_entity(home, names, domain, device_class=None, area=None):
    """A new entity with a name that the home has not yet in this domain (the same name in another room is kept now and then)."""
    r = names.rng
    device_class = device_class or pick_class(r, domain)
    if area is None and home.areas and domain not in ("person", "weather", "todo", "script", "automation", "input_boolean", "update") and r.random() < 0.9:
        area = r.choice(home.areas).name
    for _ in range(20):
        found = names.told(f"{domain}:{device_class}" if device_class else domain) if r.random() < names.told_share else None
        name, aliases = found or (cased(r, entity_name(names, domain, device_class, area)), ())
        aliases = [a for a in aliases if r.random() < 0.75 and words_of(a) not in home.taken and 0 < len(words_of(a)) < 7 and words_of(a) != words_of(name)]
        forms = words_of(name)
        if not forms or len(forms) > 7 or name.lower() in ("all", "everything", "the"):
            continue
        owner = home.taken.get(forms)
        if owner is not None and not (owner.domain == domain and owner.area != area and area and r.random() < 0.25):
            continue
        entity = Entity(domain, name, area, device_class, aliases)
        if not found and r.random() < 0.18 and domain not in ("sensor", "binary_sensor"):
            alias = cased(r, _alias(names, entity))
            if words_of(alias) and words_of(alias) not in home.taken and len(words_of(alias)) < 7:
                entity = Entity(domain, name, area, device_class, [alias])
        for form in entity.forms:
            home.taken[form] = entity
        home.entities.append(entity)
        home.index = None
        return entity
    return None


def put(home, domain, name, area=None, device_class=None):
    """A new entity of that name."""
    entity = Entity(domain, name, area, device_class)
    home.taken[entity.forms[0]] = entity
    home.entities.append(entity)
    home.index = None
    return entity


def _places(home, names, areas, floors):
    r, seen = names.rng, set()

    def fresh(make):
        for _ in range(20):
            name = make()
            if words_of(name) and words_of(name) not in seen:
                seen.add(words_of(name))
                return name
        return None

    def floor_name():
        found = names.told("floor") if r.random() < 0.3 else None
        if found:
            return found[0]
        if names.side == "held" or r.random() < 0.7:
            return names.pick("FLOORS")
        return r.choice([f"{names.odd()} floor", f"{names.odd()} level", names.odd(), f"{names.pick('PEOPLE')}'s floor", f"Level {r.randint(1, 30)}", f"{names.odd()} wing"])

    for _ in range(floors):
        name = fresh(floor_name)
        if name:
            alias = fresh(floor_name) if r.random() < 0.2 else None
            home.floors.append(Place("floor", name, aliases=[alias] if alias else []))
    for _ in range(areas):
        found = names.told("area") if r.random() < 0.3 else None
        name = fresh(lambda: found[0] if found and found[0] not in (p.name for p in home.areas) else names.pick("AREAS") if r.random() < names.usual_share else f"{names.pick('PEOPLE')}'s {r.choice(['room', 'bedroom', 'office', 'bathroom', 'den'])}"
                     if r.random() < 0.6 else f"{names.odd()} {r.choice(['room', 'room', 'corner', 'wing', 'house', 'hall'])}" if r.random() < 0.7 else names.odd())
        if name:
            alias = [a for a in [fresh(lambda: names.pick("AREAS"))] if a and r.random() < 0.12]
            if found and found[0] == name:
                alias = [a for a in found[1][:1] if fresh(lambda: a)]
            home.areas.append(Place("area", cased(r, name) if r.random() < 0.3 else name, r.choice(home.floors).name if home.floors and r.random() < 0.9 else None, alias))
    for place in home.areas:
        for form in place.forms:
            home.taken.setdefault(form, Entity("area", place.name))


def make_home(rng, side="train", size=None, names=None):
    """A home of `size` entities (drawn if None)."""
    names = names or Names(side, rng)
    names.rng = rng
    home = Home()
    size = size or rng.choice([3, 5, 8, 12, 20, 30, 40, 60, 80, 120])
    _places(home, names, max(1, min(24, int(size ** 0.65) + rng.randint(-1, 3))), rng.choice([0, 0, 1, 2, 2, 3, 4]) if size > 4 else 0)
    if size > 4 and rng.random() < 0.4:        # most real homes have it, beside whatever lists they made
        home.entities.append(Entity("todo", cased(rng, "shopping list")))
        home.taken[home.entities[0].forms[0]] = home.entities[0]
    domains, weights = zip(*USUAL)
    for domain in rng.choices(domains, weights, k=size):
        add_entity(home, names, domain)
    return home


def slug(text):
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", " ".join(words_of(text)))).strip("_") or "unnamed"


STATES = {"light": ["on", "off"], "switch": ["on", "off"], "fan": ["on", "off"], "cover": ["open", "closed"], "lock": ["locked", "unlocked"],
          "valve": ["open", "closed"], "binary_sensor": ["on", "off"], "person": ["home", "not_home"], "media_player": ["playing", "paused", "idle"],
          "climate": ["heat", "cool", "off"], "vacuum": ["docked", "cleaning"], "weather": ["sunny", "rainy"], "input_boolean": ["on", "off"]}


def to_json(home, rng):
    """The home file of design.md, section 6."""
    used, entities = set(), []
    for e in home.entities:
        base = f"{e.domain}.{slug(e.name)}"
        ident, n = base, 2
        while ident in used:
            ident, n = f"{base}_{n}", n + 1
        used.add(ident)
        state = rng.choice(STATES.get(e.domain, ["unknown"])) if e.domain != "sensor" else str(rng.randint(0, 100))
        entities.append({"entity_id": ident, "name": e.name, "area": e.area, "domain": e.domain, "device_class": e.device_class,
                         "aliases": e.aliases, "state": state, "attributes": {}})
    return {"floors": [{"name": f.name, "aliases": f.aliases} for f in home.floors],
            "areas": [{"name": a.name, "floor": a.floor, "aliases": a.aliases} for a in home.areas], "entities": entities}


if __name__ == "__main__":
    import argparse
    ap = argparse.ArgumentParser(description="Print the entities of a random home.")
    ap.add_argument("--side", choices=["train", "held"], default="train")
    ap.add_argument("--size", type=int)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args()
    h = make_home(random.Random(a.seed), a.side, a.size)
    print("floors:", [f.name for f in h.floors], "\nareas:", [(p.name, p.floor, p.aliases) for p in h.areas])
    for e in h.entities:
        print(e.domain, e.device_class, "|", e.name, "|", e.area, "|", e.aliases)
