"""Things of a home that are called alike, and how one speaks of them: namesakes in several rooms ("Ceiling Light" in four of them), and
twins that share all but a word ("Bedside Lamp Left" and "Bedside Lamp Right": "both bedside lamps", "the left and right bedside lamps"), and
kin, which one thing's name begins ("Front Door", "Front Door Lock", "Front Door Motion"): what a sentence says of it tells which.
"""
import homes
import shortlist

DOMAINS = ("light", "switch", "fan", "cover", "lock", "climate", "media_player", "humidifier")
# What tells twins apart, and whether it stands behind the name.
TELLS = [("left", "right"), ("left", "right"), ("front", "back"), ("upper", "lower"), ("big", "small"), ("north", "south"), ("east", "west"), ("inner", "outer"),
         ("upstairs", "downstairs"), ("first", "second"), ("old", "new"), ("top", "bottom")]
BEHIND = [("left", "right"), ("left", "right"), ("1", "2"), ("1", "2"), ("2", "3"), ("a", "b"), ("front", "back"), ("one", "two")]
BOTH = ["both {}", "both {}", "both the {}", "both of the {}", "the 2 {}", "both my {}", "the pair of {}"]
# Things of which a home measures several things, and what: the classes below.
BASES = [
    (["front door", "back door", "side door", "patio door", "garage door", "shed door", "cellar door", "balcony door", "main door", "porch door", "gate", "garden gate", "french door", "dog door", "barn door"],
     ["lock", "lock", "lock", "door", "door", "motion", "battery", "tamper", "vibration"]),
    (["washer", "washing machine", "dryer", "tumble dryer", "dishwasher", "fridge", "freezer", "boiler", "oven", "heat pump", "water heater", "coffee machine", "sump pump", "pool pump", "3d printer", "furnace", "wine cooler"],
     ["running", "running", "power", "energy", "problem", "moisture", "temperature", "door", "update"]),
    (["doorbell", "robot", "remote", "tablet", "car", "scale", "mailbox", "mower", "toothbrush", "watch", "hub", "camera", "thermostat"],
     ["battery", "battery", "battery", "update", "connectivity", "problem", "motion", "sound"]),
    (["hall", "shed", "porch", "garage", "attic", "cellar", "loft", "greenhouse", "driveway", "nursery", "pantry", "stairs", "sauna", "sink", "bath", "utility room", "crawl space"],
     ["motion", "occupancy", "temperature", "humidity", "moisture", "smoke", "tamper", "vibration", "sound"]),
]
KIN = {
    "lock": ("lock", None, ["lock", "lock", "lock", "deadbolt", "smart lock", "bolt"]), "door": ("binary_sensor", "door", ["sensor", "contact", "", "contact sensor", "open"]),
    "motion": ("binary_sensor", "motion", ["motion", "motion", "motion sensor", "movement", "pir"]), "occupancy": ("binary_sensor", "occupancy", ["occupancy", "presence", "occupied"]),
    "battery": ("sensor", "battery", ["battery", "battery", "battery level"]), "tamper": ("binary_sensor", "tamper", ["tamper", "tamper alarm"]),
    "vibration": ("binary_sensor", "vibration", ["vibration", "vibration sensor"]), "running": ("binary_sensor", "running", ["running", "status", "active", ""]),
    "power": ("sensor", "power", ["power", "power draw", "watts"]), "energy": ("sensor", "energy", ["energy", "energy today", "consumption"]),
    "problem": ("binary_sensor", "problem", ["problem", "fault", "error", "warning"]), "moisture": ("binary_sensor", "moisture", ["leak", "leak sensor", "water leak", "water sensor"]),
    "temperature": ("sensor", "temperature", ["temperature", "temperature", "temp", "temperature sensor"]), "humidity": ("sensor", "humidity", ["humidity", "humidity sensor"]),
    "smoke": ("binary_sensor", "smoke", ["smoke", "smoke detector", "smoke alarm"]), "sound": ("binary_sensor", "sound", ["sound", "noise"]),
    "update": ("update", None, ["update", "firmware", "firmware update"]), "connectivity": ("binary_sensor", "connectivity", ["connection", "online", "connectivity"]),
}
OTHERS = (("switch", None), ("switch", None), ("camera", None), ("light", None), ("cover", "door"), ("fan", None))
ARTICLES = ("the", "my", "our", "a", "that", "this", "those", "these")


def plural(words):
    """The words of a name, more than one of them."""
    last = words[-1]
    if last.endswith("s") or last.isdigit():
        return tuple(words)
    if last.endswith(("ch", "sh", "x")):
        return (*words[:-1], last + "es")
    return (*words[:-1], last[:-1] + "ies" if last.endswith("y") and last[-2:-1] not in "aeiou" else last + "s")


def shares_a_word(form, place):
    """True if a name already says its room."""
    said = {shortlist.stem(w) for f in place.forms for w in f}
    return any(shortlist.stem(w) in said for w in form)


def _free(home, words, domain):
    owner = home.taken.get(words)
    return words and (owner is None or owner.domain == domain)


def _name(names, domain, device_class):
    """What namesakes are called: a noun, with a word more or without."""
    noun = homes.noun_of(names, domain, device_class)
    return noun if " " in noun or names.rng.random() < 0.5 else f"{names.pick('MODIFIERS')} {noun}"


def namesakes(home, names, domain, device_class, count=2):
    """`count` entities of one name in rooms of their own: those of the home, or new ones. None if it has too few rooms."""
    r, by_name = names.rng, {}
    for e in home.of(domain, device_class):
        if e.area:
            by_name.setdefault(e.forms[0], {})[e.area] = e
    known = [list(rooms.values()) for rooms in by_name.values() if len(rooms) >= count]
    if known and (r.random() < 0.7 or home.frozen):
        return r.sample(r.choice(known), count)
    if len(home.areas) < count or home.frozen:
        return None
    name = homes.cased(r, _name(names, domain, device_class))
    if not _free(home, homes.words_of(name), domain) or homes.words_of(name) in by_name:
        return None
    rooms = r.sample(home.areas, min(len(home.areas), r.randint(count, count + 2)))
    return [homes.put(home, domain, name, a.name, device_class) for a in rooms][:count]


def of_room(home, names, domain, device_class, room):
    """A thing that bears the name of its room ("Den TV"): one of the home, or a new one. None if it cannot be had."""
    form = room.forms[0]
    known = [e for e in home.of(domain, device_class) if e.forms[0][:len(form)] == form and len(e.forms) == 1]
    if known:
        return names.rng.choice(known)
    name = homes.cased(names.rng, f"{room.name} {_name(names, domain, device_class)}")
    words = homes.words_of(name)
    return None if home.frozen or words in home.taken or words[:len(form)] != form else homes.put(home, domain, name, room.name, device_class)


def twins(home, names, domain, device_class):
    """(two new entities that share all but a word, the words that they share, the words that tell them apart, whether those stand behind)."""
    r = names.rng
    base = _name(names, domain, device_class)
    behind = r.random() < 0.4
    if behind:
        tells = r.choice(BEHIND)
    else:
        kind = r.random()
        tells = r.choice(TELLS) if kind < 0.5 else [f"{names.pick('PEOPLE')}'s" for _ in "ab"] if kind < 0.75 else [names.pick("MODIFIERS") for _ in "ab"] if kind < 0.85 else \
            [a.name for a in r.sample(home.areas, min(2, len(home.areas)))]
    both = [homes.words_of(t) for t in tells]
    full = [homes.cased(r, f"{base} {t}" if behind else f"{t} {base}") for t in tells]
    forms = [homes.words_of(f) for f in full]
    if len(both) < 2 or both[0] == both[1] or not all(both) or any(f in home.taken or len(f) > 6 for f in forms) or home.frozen:
        return None
    stems = {shortlist.stem(w) for w in homes.words_of(base)}
    if any(stems <= {shortlist.stem(w) for w in f} for e in home.entities for f in e.forms):
        return None         # a third one: "both" would be of whom?
    area = r.choice(home.areas).name if home.areas and r.random() < 0.8 else None
    return [homes.put(home, domain, f, area, device_class) for f in full], homes.words_of(base), both, behind


def kin(home, names, device_class):
    """(the entity of that class, the words of what it belongs to), with others of that thing beside it. None if it cannot be had."""
    r = names.rng
    bases, classes = r.choice([b for b in BASES if device_class in b[1]])
    base = r.choice(bases)
    if r.random() < 0.35:
        base = f"{r.choice([names.pick('MODIFIERS'), names.odd(), names.pick('PEOPLE') + chr(39) + 's'])} {base}"
    words = homes.words_of(base)
    if home.frozen or any(f[:len(words)] == words for f in home.taken) or len(words) > 4:
        return None
    area = r.choice(home.areas).name if home.areas and r.random() < 0.7 else None
    made = None
    for kind in [device_class, *dict.fromkeys(k for k in r.sample(classes, min(len(classes), r.choice([1, 2, 2, 3]))) if k != device_class)]:
        domain, cls, tails = KIN[kind]
        name = homes.cased(r, f"{base} {r.choice([t for t in tails if t or made])}".strip())
        if homes.words_of(name) not in home.taken:
            entity = homes.put(home, domain, name, area, cls)
            made = made or entity
    if words not in home.taken and r.random() < 0.5:        # the thing itself
        homes.put(home, *(lambda d: (d[0], homes.cased(r, base), area, d[1]))(r.choice(OTHERS)))
    return made, words


def of_both(rng, base):
    """"both bedside lamps": the words for the two of them; now and then no more than the plural."""
    if len(base) > 1 and rng.random() < 0.25:
        return plural(base)
    return tuple(w for part in rng.choice(BOTH).split() for w in (plural(base) if part == "{}" else (part,)))


def of_each(rng, base, tells, behind):
    """"the left and right bedside lamps"."""
    joint = rng.choice([("and",), ("and",), ("and",), ("and", "the")])
    many = plural(base) if rng.random() < 0.85 else base
    return (*many, *tells[0], "and", *tells[1]) if behind else (*tells[0], *joint, *tells[1], *many)


def replaced(tokens, variables, words):
    """The tokens with `words` in place of the names of the variables; an article in front goes if the words bring their own."""
    at = [i for i, (_, tag) in enumerate(tokens) if tag and tag[0] == "e" and tag[1] in variables]
    if not at:
        return None
    before, behind = tokens[:at[0]], [t for i, t in enumerate(tokens) if i > at[0] and i not in at]
    if before and before[-1][1] is None and before[-1][0] in ARTICLES and words[0] in ("both", "the"):
        before = before[:-1]
    return before + [[w, ("e", variables[0])] for w in words] + behind


