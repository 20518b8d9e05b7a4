"""Things of a home that are called alike, and how one speaks of them: namesakes in several rooms ("Ceiling Light" in four of them), and
twins that share all but a word ("Bedside Lamp Left" and "Bedside Lamp Right": "both bedside lamps", "the left and right bedside lamps").
"""
import homes
import shortlist

DOMAINS = ("light", "switch", "fan", "cover", "lock", "climate", "media_player", "humidifier")
# What tells twins apart, and whether it stands behind the name.
TELLS = [("left", "right"), ("left", "right"), ("front", "back"), ("upper", "lower"), ("big", "small"), ("north", "south"), ("east", "west"), ("inner", "outer"),
         ("upstairs", "downstairs"), ("first", "second"), ("old", "new"), ("top", "bottom")]
BEHIND = [("left", "right"), ("left", "right"), ("1", "2"), ("1", "2"), ("2", "3"), ("a", "b"), ("front", "back"), ("one", "two")]
BOTH = ["both {}", "both {}", "both the {}", "both of the {}", "the 2 {}", "both my {}", "the pair of {}"]
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


