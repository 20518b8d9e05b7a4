"""Prints what the installed packages require and do not have, one requirement a line: pip can then install just these.

pip's own resolver takes a quarter of an hour over Home Assistant's pins, and may not pull home-assistant-intents in. What Home Assistant
pins to a version stays that version, though a younger package asks for a later one.
"""
from importlib.metadata import PackageNotFoundError, distributions, requires, version

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

NEVER = {"home-assistant-intents"}


def is_there(requirement):
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def pinned():
    """The packages of which Home Assistant wants one version."""
    wanted = (Requirement(text) for text in requires("homeassistant") or [])
    return {canonicalize_name(r.name) for r in wanted if any(s.operator == "==" for s in r.specifier)}


def main():
    missing, pins = {}, pinned()
    for distribution in distributions():
        for text in distribution.requires or []:
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            wanted = not requirement.marker or requirement.marker.evaluate({"extra": ""})
            if name in pins and canonicalize_name(distribution.metadata["Name"]) != "homeassistant":
                continue
            if wanted and name not in NEVER and not is_there(requirement):
                missing.setdefault(name, set()).add(str(requirement.specifier))
    for name, specifiers in sorted(missing.items()):
        print(name + ",".join(s for s in sorted(specifiers) if s))


main()
