"""Prints what the installed packages require and do not have, one requirement a line: pip can then install just these.

pip's own resolver takes a quarter of an hour over Home Assistant's pins, and may not pull home-assistant-intents in.
"""
from importlib.metadata import PackageNotFoundError, distributions, version

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

NEVER = {"home-assistant-intents"}


def is_there(requirement):
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def main():
    missing = {}
    for distribution in distributions():
        for text in distribution.requires or []:
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            wanted = not requirement.marker or requirement.marker.evaluate({"extra": ""})
            if wanted and name not in NEVER and not is_there(requirement):
                missing.setdefault(name, set()).add(str(requirement.specifier))
    for name, specifiers in sorted(missing.items()):
        print(name + ",".join(s for s in sorted(specifiers) if s))


main()
