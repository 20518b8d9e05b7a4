"""A user's own sentences (the cases of `hearthctl eval`) as samples for the trainer, and as patterns.

A case whose names are said as the home has them becomes a pattern: the names make room for variables, so that the wording is learnt in
any home. One that calls a thing by other words stays a sentence of its own home.
"""
import json
import os
import re

import fill
import homes
import normalize
import patterns
import shortlist
from fill import NONE

CLASSED = ("cover", "sensor", "binary_sensor", "switch", "media_player")      # kinds whose class a sentence depends on


class CaseError(Exception):
    """A case that cannot be trained on: file, line, what is wrong and the mend."""


def load_home(path):
    """A home file (hearthctl(1)) as the generator has homes; it gets no more entities."""
    try:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        home = homes.Home()
        home.floors = [homes.Place("floor", x["name"], aliases=x.get("aliases") or []) for x in data["floors"]]
        home.areas = [homes.Place("area", x["name"], x.get("floor"), x.get("aliases") or []) for x in data["areas"]]
        home.entities = [homes.Entity(x["domain"], x["name"], x.get("area"), x.get("device_class"), x.get("aliases") or []) for x in data["entities"]]
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise CaseError(f"{path}: no home file ({type(e).__name__}: {e}): `hearthctl export` writes one") from e
    home.frozen = True
    for thing in home.entities + home.areas + home.floors:
        thing.forms = [f for f in thing.forms if f]
    home.entities = [e for e in home.entities if e.forms]
    return home


def context(home, words):
    """The shortlist without its chances: what overlaps, best first."""
    scores, room, chosen = shortlist.scored(home, words), dict(shortlist.MAX), []
    for item in sorted(scores, key=lambda i: -scores[i]):
        kind = item[0] if item[0] in ("area", "floor") else "entity"
        if room[kind] > 0:
            room[kind] -= 1
            chosen.append(item)
    return chosen


def find(words, part):
    """Where `part` stands in `words`, or -1."""
    n = len(part)
    return next((i for i in range(len(words) - n + 1) if tuple(words[i:i + n]) == tuple(part)), -1) if n else -1


def _overlap(form, words):
    """How well a name fits what was said: said whole, then by the share of its words."""
    said = {shortlist.stem(w) for w in words}
    hits = sum(shortlist.stem(w) in said for w in form)
    return find(words, form) >= 0, hits / len(form), hits, -len(form)


class Case:
    """One sentence: `words`, `here` (words of the speaker's room, or None), `calls` [(tool, {slot: value})], `accept` (lists of calls)."""

    def __init__(self, data, home, where):
        self.where, self.home, self.data = where, home, data
        try:
            self.words = normalize.words_of(data["text"])
        except (KeyError, normalize.TextError) as e:
            raise CaseError(f"{where}: no sentence ({e}): give it as \"text\"") from e
        if not self.words:
            raise CaseError(f"{where}: no words in {data['text']!r}")
        self.here = self._room(data.get("context_area"))
        self.flat = self._flat(self._calls(data.get("calls")))
        self.accept = [self._flat(self._calls(c)) for c in data.get("accept") or ()]

    def _fail(self, text):
        raise CaseError(f"{self.where}: {text}")

    def _room(self, name):
        if not name:
            return None
        w = fill.words_of(name)
        place = next((a for a in self.home.areas if w in a.forms), None)
        if place is None:
            self._fail(f"the home has no area {name!r}: take one of {', '.join(a.name for a in self.home.areas)}")
        return place.forms[0]

    def _calls(self, calls):
        if not isinstance(calls, list):
            self._fail('no "calls": give a list of {"name", "arguments"}, [] where nothing is meant')
        return [(c.get("name"), c.get("arguments") or {}) for c in calls if isinstance(c, dict)]

    def _entity(self, tool, args):
        """The thing that a name stands for, and the form of its name that fits the sentence best."""
        w = fill.words_of(str(args["name"]))
        fit = [e for e in self.home.entities if w in e.forms]
        if not fit:
            self._fail(f"the home has nothing called {args['name']!r}: mend the case or the home file")
        wanted = args.get("domain") or next((d for k, d in fill.IMPLIED if tool.startswith(k)), None)
        near = [e for e in fit if e.domain == wanted] or fit
        inside = [e for e in near if self.here and e.area and fill.words_of(e.area) == self.here] or near
        return inside[0], max(inside[0].forms, key=lambda f: _overlap(f, self.words))

    def _place(self, slot, name):
        w = fill.words_of(str(name))
        place = next((p for p in (self.home.areas if slot == "area" else self.home.floors) if w in p.forms), None)
        if place is None:
            self._fail(f"the home has no {slot} called {name!r}: mend the case or the home file")
        best = max(place.forms, key=lambda f: _overlap(f, self.words))
        return self.here if slot == "area" and self.here in place.forms and _overlap(best, self.words)[2] == 0 else best

    def _value(self, prop, slot, value):
        """Words of any other value; text that is copied must have been said."""
        forms, text = prop.get("anyOf", [prop]), str(value)
        for form in forms:
            if value in form.get("enum", ()):
                return fill.words_of(text.replace("_", " "))
            if form.get("type") in ("integer", "number") and isinstance(value, (int, float)):
                return (f"{value:g}",)
        w = fill.words_of(text)
        if any(f.get("x-span") for f in forms) and find(self.words, w) < 0:
            self._fail(f"{slot}: {value!r} is copied from the sentence, and is not in it")
        return w

    def unsaid(self):
        """Names of things, rooms and floors in the calls of which the sentence says no word: the shortlist cannot know that they are meant."""
        known, out = {words for _, words in context(self.home, self.words)}, []
        for tool, args in self._calls(self.data["calls"]):
            for slot in ("name", "area", "floor"):
                if slot in args and not (slot == "name" and tool.endswith("Timer")):
                    form = self._entity(tool, args)[1] if slot == "name" else self._place(slot, args[slot])
                    if form not in known and form != self.here:
                        out.append(args[slot])
        return out

    def _flat(self, calls):
        """[(tool, [(slot, words, thing or None)])], in the order and by the conventions of docs/model.md."""
        tools, out = patterns.load_tools(), []
        for tool, args in calls:
            if tool not in tools:
                self._fail(f"no tool {tool!r}: see schemas/intents.json")
            done, properties = [], tools[tool]["properties"]
            for slot, value in args.items():
                if slot not in properties:
                    self._fail(f"{tool} takes no {slot!r}: it takes {', '.join(properties) or 'nothing'}")
                if slot == "name" and "x-context" in properties[slot]:
                    entity, form = self._entity(tool, args)
                    done.append((slot, form, entity))
                    if entity.domain in fill.DOMAIN_BESIDE_NAME and "domain" in properties:
                        done.append(("domain", (entity.domain,), None))
                elif slot in ("area", "floor"):
                    done.append((slot, self._place(slot, value), None))
                elif slot not in ("domain", "device_class") or "name" not in args or "x-context" not in properties["name"]:
                    done.append((slot, self._value(properties[slot], slot, value), None))
            out.append((tool, sorted(done, key=lambda x: fill.ORDER[x[0]])))
        return out

    # -- for the trainer ------------------------------------------------------------------------------------------

    def target(self):
        flat = []
        for tool, args in self.flat:
            flat.append("T:" + tool)
            for slot, words, _ in args:
                flat += ["S:" + slot, *words]
        return flat or [NONE]

    def sample(self, rng=None):
        """(words, here, items, target) in its own home; with `rng` the items as chance has them, else the best."""
        gold = [(e.domain, w) for _, args in self.flat for s, w, e in args if e is not None]
        gold += [(s, w) for _, args in self.flat for s, w, _ in args if s in ("area", "floor") and w != self.here]
        items = shortlist.context(rng, self.home, self.words, gold) if rng else context(self.home, self.words)
        return self.words, self.here, items, self.target()

    def pattern(self):
        """The case as a Pattern, or None where its names are not said as they are, or its copied words not in the calls' order."""
        made, cuts, spans, at = [], {}, [], -1
        for tool, args in self.flat:
            slots = []
            for slot, words, entity in args:
                value = None
                if slot in ("name", "area", "floor") and (entity is not None or slot != "name"):
                    value = "{here}" if slot == "area" and words == self.here and find(self.words, words) < 0 else self._variable(slot, words, entity, cuts)
                    if value is None:
                        return None
                elif self._is_copied(tool, slot, words):
                    begin = find(self.words, words)
                    if begin <= at:
                        return None
                    at, value = begin, "<>"
                    spans.append((begin, begin + len(words)))
                elif slot != "domain" or not any(e is not None for _, _, e in args):
                    value = "_".join(words) if len(words) > 1 else words[0]
                if value is not None:
                    slots.append((slot, value))
            made.append((tool, slots))
        return self._written(made, cuts, spans)

    def _is_copied(self, tool, slot, words):
        forms = patterns.load_tools()[tool]["properties"][slot]
        forms = forms.get("anyOf", [forms])
        fixed = any(tuple(fill.words_of(v.replace("_", " "))) == tuple(words) for f in forms for v in f.get("enum", ()))
        return any(f.get("x-span") for f in forms) and not fixed

    def _variable(self, slot, words, entity, cuts):
        """The variable that stands for a name, or None; `cuts` is {(begin, end): variable}."""
        begin = find(self.words, words)
        kind = entity.domain if entity is not None else slot
        if begin < 0 or (entity is not None and kind not in patterns.ENTITY_VARS):
            return None
        place = (begin, begin + len(words))
        if place in cuts:
            return cuts[place]
        if any(a < place[1] and place[0] < b for a, b in cuts):
            return None
        if entity is not None and entity.device_class and kind in CLASSED:
            kind += ":" + entity.device_class
        taken = sum(re.split(r"[:.}]", v[1:])[0] == kind.split(":")[0] for v in cuts.values())
        if taken > 8:
            return None
        cuts[place] = "{" + kind + (f".{taken + 1}" if taken else "") + "}"
        return cuts[place]

    def _written(self, calls, cuts, spans):
        """The sentence with its variables and <marks>."""
        if any(a < d and c < b for a, b in spans for c, d in cuts):
            return None
        out, n = [], 0
        while n < len(self.words):
            cut = next(((p, v) for p, v in cuts.items() if p[0] == n), None)
            span = next((s for s in spans if s[0] == n), None)
            if cut:
                out.append(cut[1])
                n = cut[0][1]
            elif span:
                out.append("<" + " ".join(self.words[span[0]:span[1]]) + ">")
                n = span[1]
            else:
                out.append(self.words[n])
                n += 1
        return patterns.Pattern(" ".join(out), calls, "own", self.where, 0)

    def answers(self):
        """The calls that are right, each list comparable with `meaning`."""
        return [_comparable(self.home, [("T:" + t, {"S:" + s: w for s, w, _ in args}) for t, args in flat]) for flat in (self.flat, *self.accept)]

    def meaning(self, flat):
        """A flat output of the network, comparable: names and places by what they stand for, calls with '<none>' dropped."""
        calls, slot = [], None
        for t in flat:
            if t.startswith("T:"):
                calls.append((t, {}))
                slot = None
            elif t.startswith("S:"):
                slot = t
            elif calls and slot:
                calls[-1][1][slot] = calls[-1][1].get(slot, ()) + (t,)
        return _comparable(self.home, [c for c in calls if (NONE,) not in c[1].values()])


def _comparable(home, calls):
    things = {"S:name": home.entities, "S:area": home.areas, "S:floor": home.floors}
    out = []
    for tool, args in calls:
        named = "S:name" in args and tool != "T:HassStartTimer"
        kept = {s: w for s, w in args.items() if not (named and s in ("S:domain", "S:device_class"))}
        for s, w in kept.items():
            kept[s] = next((x.forms[0] for x in things.get(s, ()) if tuple(w) in x.forms), tuple(w))
        out.append((tool, tuple(sorted(kept.items()))))
    return sorted(out)


def load_cases(path, home_path):
    """[Case] of a file of cases; a case may name another home, a file beside the cases."""
    known, cases = {None: load_home(home_path)}, []
    try:
        with open(path, encoding="utf-8") as f:
            lines = [(n, line) for n, line in enumerate(f, 1) if line.strip()]
    except (OSError, UnicodeDecodeError) as e:
        raise CaseError(f"{path}: {e}") from e
    for number, line in lines:
        where = f"{path}:{number}"
        try:
            data = json.loads(line)
        except ValueError as e:
            raise CaseError(f"{where}: no JSON object ({e})") from e
        if not isinstance(data, dict):
            raise CaseError(f"{where}: no JSON object")
        name = data.get("home")
        if name is not None and not isinstance(name, str):
            raise CaseError(f'{where}: "home" must be the name of a file here: write the home into one')
        if name not in known:
            known[name] = load_home(os.path.join(os.path.dirname(path), name))
        cases.append(Case(data, known[name], where))
    if len(cases) < 4:
        raise CaseError(f"{path}: {len(cases)} sentences: at least 4 are needed, and 40 are a good start")
    return cases
