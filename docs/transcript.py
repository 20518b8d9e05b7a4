#!/usr/bin/env python3
"""Draws a terminal's text as an SVG: docs/transcript.py <transcript.txt >hearth.svg

Lines that begin with "$ " are what was typed, indented ones are details. The README's picture is made of what ./quickstart printed.
"""
import html
import sys

WIDTH, LINE, TOP, LEFT, SIZE = 860, 20, 44, 24, 14
BACK, TYPED, SAID, DETAIL = "#15181c", "#8ec07c", "#fbf1c7", "#a89984"


def row(n, line):
    """One line of text at its place."""
    colour = TYPED if line.startswith("$ ") else DETAIL if line.startswith(" ") else SAID
    weight = ' font-weight="bold"' if colour != DETAIL else ""
    return f'<text x="{LEFT}" y="{TOP + n * LINE}" fill="{colour}"{weight} xml:space="preserve">{html.escape(line)}</text>'


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    height = TOP + len(lines) * LINE + 4
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">')
    print(f'<title>hearth at work in a terminal</title><rect width="100%" height="100%" rx="8" fill="{BACK}"/>')
    for n, colour in enumerate(("#fb4934", "#fabd2f", "#b8bb26")):
        print(f'<circle cx="{LEFT + 2 + n * 18}" cy="18" r="5.5" fill="{colour}"/>')
    print(f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{SIZE}">')
    print("\n".join(row(n, line) for n, line in enumerate(lines) if line))
    print("</g></svg>")


if __name__ == "__main__":
    main()
