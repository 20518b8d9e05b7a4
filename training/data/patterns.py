#!/usr/bin/env python3
"""Reads the patterns of training/data/patterns (format: training/data/FORMAT.md) and checks them.

    patterns.py [--near] [FILE...]    checks, counts, and lists duplicates; exit status 1 on any error

Errors name the file, the line, the text and the mend.
"""
import argparse
import collections
import dataclasses
import difflib
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "schemas", "intents.json")

ENTITY_VARS = set("""light switch fan cover lock valve climate water_heater humidifier media_player vacuum lawn_mower scene
script button input_boolean siren camera alarm_control_panel sensor binary_sensor person weather todo automation select number
update onoff kin absent""".split())
PLACE_VARS = {"area", "floor", "absent_area"}
FREE_VARS = set("""pct pos deg kelvin color n h min sec timer item message song artist album playlist movie show podcast
mode""".split())
COPIED_VARS = set("timer item message song artist album playlist movie show podcast".split())
VARS = ENTITY_VARS | PLACE_VARS | FREE_VARS
VAR = re.compile(r"\{([a-z_]+)(?::([a-z0-9_]+))?(?:\.([2-9]))?\}")


@dataclasses.dataclass
class Pattern:
    """One way of saying: `calls` is [(tool, [(slot, value)])], empty for "not for the house"."""
    text: str
    calls: list
    writer: str
    file: str
    line: int


def load_tools(path=SCHEMA):
    """name -> parameters, in the order of the file (which is the order of san.tools)."""
    with open(path, encoding="utf-8") as f:
        return {t["name"]: t["parameters"] for t in json.load(f)["tools"]}


def _forms(prop):
    return prop.get("anyOf", [prop])


def _constant_fits(prop, value):
    for form in _forms(prop):
        if "enum" in form:
            if value in form["enum"]:
                return True
        elif form.get("x-span"):
            return value == "<>"
        elif form.get("type") in ("integer", "number"):
            try:
                if form["minimum"] <= float(value) <= form["maximum"]:
                    return True
            except ValueError:
                pass
    return False


def parse_calls(text, tools):
    """'HassTurnOn name={light} ; HassTurnOff area={here}' -> calls; raises ValueError with the reason."""
    if text.strip() == "none":
        return []
    calls = []
    for part in text.split(";"):
        words = part.split()
        if not words:
            raise ValueError("an empty call: remove the ';'")
        if words[0] not in tools:
            near = difflib.get_close_matches(words[0], tools, 1)
            raise ValueError(f"no tool '{words[0]}'" + (f": did you mean {near[0]}?" if near else ""))
        properties, args = tools[words[0]]["properties"], []
        for word in words[1:]:
            slot, eq, value = word.partition("=")
            if not eq or slot not in properties:
                raise ValueError(f"'{word}': {words[0]} takes {', '.join(properties) or 'no arguments'}")
            m = VAR.fullmatch(value[1:] if value.startswith("-{") else value)     # -{pct}: that much less
            if m is None and not (value == "{here}" and slot == "area") and not _constant_fits(properties[slot], value):
                raise ValueError(f"'{word}': not a variable, and not a value of {words[0]}.{slot}")
            if m and m[1] not in VARS and value != "{here}":
                raise ValueError(f"'{value}': no such variable")
            args.append((slot, value))
        calls.append((words[0], args))
    return calls


def _check_sentence(text, calls):
    bare = VAR.sub("", text)
    if "{" in bare or "}" in bare:
        raise ValueError("a brace that is no variable (is it spelt right?)")
    for a, b in ("[]", "()", "<>"):
        if bare.count(a) != bare.count(b):
            raise ValueError(f"'{a}' and '{b}' do not match")
    said = {m.group(0) for m in VAR.finditer(text)}
    for m in VAR.finditer(text):
        if m[1] not in VARS:
            raise ValueError(f"'{m.group(0)}': no such variable")
        if m[1] in COPIED_VARS and text.count(m.group(0)) > 1:
            raise ValueError(f"{m.group(0)} stands twice: copied words are said once, write other words in one of the places")
    wanted = [v for _, args in calls for _, v in args]
    for value in wanted:
        value = value[1:] if value.startswith("-{") else value
        if value.startswith("{") and value != "{here}" and value not in said:
            raise ValueError(f"the call needs {value}, which the sentence does not say")
        if value == "<>" and "<" not in bare:
            raise ValueError("the call copies <>, but the sentence marks no <words>")
    if "<" in bare and "<>" not in wanted:
        raise ValueError("the sentence marks <words>, but no argument is =<>")


def read_file(path, tools):
    """Returns (patterns, errors); an error is a line of text."""
    patterns, errors, writer, calls = [], [], os.path.basename(path).split("-")[0], None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if line.startswith("# writer:"):
                writer = line[len("# writer:"):].split()[0]
            if not line or line.startswith("#"):
                continue
            try:
                if line.startswith("@"):
                    calls = None
                    calls = parse_calls(line[1:], tools)
                elif calls is None:
                    raise ValueError("a sentence without a valid '@' line above it")
                else:
                    _check_sentence(line, calls)
                    patterns.append(Pattern(line, calls, writer, path, number))
            except ValueError as e:
                errors.append(f"{path}:{number}: {line!r}: {e}")
    return patterns, errors


def pattern_files():
    return sorted(glob.glob(os.path.join(HERE, "patterns", "*.txt")))


def key(text):
    """What makes two patterns the same: letters, digits and variables, without case or punctuation."""
    return " ".join(re.findall(r"[a-z0-9_{}:.']+", text.lower().replace("[", " ").replace("]", " ")))


def main():
    ap = argparse.ArgumentParser(description="Check and count patterns.")
    ap.add_argument("files", nargs="*", default=None, help="pattern files (default: all)")
    ap.add_argument("--near", action="store_true", help="list nearly equal patterns too (slow)")
    args = ap.parse_args()
    tools, everything, errors = load_tools(), [], []
    for path in args.files or pattern_files():
        patterns, bad = read_file(path, tools)
        everything += patterns
        errors += bad
    for e in errors:
        print(e)
    seen, distinct, repeats = {}, [], 0
    for p in everything:
        k = (key(p.text), str(p.calls))
        if k in seen:
            repeats += 1
            print(f"{p.file}:{p.line}: {p.text!r} repeats {seen[k].file}:{seen[k].line}: remove one")
        else:
            seen[k] = p
            distinct.append(p)
    if args.near:
        keys = sorted(k[0] for k in seen)
        for a, b in zip(keys, keys[1:]):
            if difflib.SequenceMatcher(None, a, b).ratio() > 0.94:
                print(f"nearly equal: {a!r} and {b!r}")
    counts = collections.Counter(" + ".join(c[0] for c in p.calls) or "none" for p in distinct)
    for name, n in counts.most_common():
        print(f"{n:6d}  {name}")
    writers = collections.Counter(p.writer for p in distinct)
    for name, n in writers.most_common():
        print(f"{n:6d}  {100 * n / len(distinct):4.1f}%  writer {name}")
    print(f"{len(distinct)} distinct ({counts['none']} not for the house), {repeats} repeated, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
