"""Reads said/*.txt and around/*.txt: one phrase a line, `#` comments, sections that begin with `@` (FORMAT.md)."""
import glob
import os


def section(folder, kind):
    """The lines of all sections of that name in the files of a folder beside this one."""
    out, here = [], None
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), folder, "*.txt"))):
        with open(path, encoding="utf-8") as f:
            for line in (x.strip() for x in f):
                if line.startswith("@"):
                    here = line[1:].strip()
                elif line and not line.startswith("#") and here == kind:
                    out.append(line)
    return out
