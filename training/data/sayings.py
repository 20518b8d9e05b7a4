"""Free text and numbers for the variables of patterns: items, messages, songs, timers, colours, modes, figures."""
import functools

import pools
from sections import section

TOLD_SHARE = 0.5        # of the free text that somebody wrote down; the rest is put together

COLORS = """white black red orange yellow green blue purple brown pink turquoise cyan magenta violet indigo lime teal navy gold silver gray beige
lavender maroon olive coral salmon crimson aqua amber peach mint rose plum tan khaki ivory fuchsia scarlet""".split()
COMMON_COLORS = "white red orange yellow green blue purple pink turquoise".split()


@functools.lru_cache(maxsize=None)
def told(kind):
    """What the files in said/ hold for a kind: training and evaluation share it, for it is copied and not understood."""
    return section("said", kind)


def or_told(kind, make):
    """`make`, or what was written for the kind."""
    def pick(rng, words):
        lines = told(kind)
        return rng.choice(lines) if lines and rng.random() < TOLD_SHARE else make(rng, words)
    return pick


def title(rng, words):
    """An invented title of one to five words."""
    kind = rng.random()
    w = lambda: rng.choice(pools.SONG_WORDS if rng.random() < 0.6 else words)   # noqa: E731
    if kind < 0.25:
        return w()
    if kind < 0.6:
        return f"{w()} {w()}"
    if kind < 0.75:
        return f"the {w()} {w()}"
    if kind < 0.9:
        return f"{w()} {rng.choice(['of', 'in the', 'and', 'on', 'for', 'to'])} {w()}"
    return f"{w()} {w()} {rng.choice(['of', 'in the', 'and the', 'without'])} {w()}"


def artist(rng, words):
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(pools.ARTISTS)
    if kind < 0.75:
        return f"{rng.choice(pools.PEOPLE)} {rng.choice(words)}"
    return f"the {rng.choice(words)} {rng.choice(words)}s" if rng.random() < 0.5 else f"{rng.choice(words)} {rng.choice(words)}"


def item(rng, words):
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(pools.GROCERIES)
    if kind < 0.7:
        return rng.choice(pools.CHORES)
    if kind < 0.8:
        return f"{rng.randint(2, 12)} {rng.choice(pools.GROCERIES)}"
    if kind < 0.9:
        return f"{rng.choice(words)} {rng.choice(pools.GROCERIES)}"
    return " ".join(rng.choice(words) for _ in range(rng.randint(1, 3)))


def message(rng, words):
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(pools.MESSAGES)
    if kind < 0.75:
        return f"{rng.choice(pools.PEOPLE)} {rng.choice(['says', 'thinks', 'knows that', 'wants to know if'])} {rng.choice(pools.MESSAGES)}"
    if kind < 0.9:
        return f"{rng.choice(pools.MESSAGES)} {rng.choice(['in the', 'near the', 'and', 'because of the'])} {rng.choice(words)}"
    return " ".join(rng.choice(words) for _ in range(rng.randint(2, 6)))


def timer(rng, words):
    return rng.choice(pools.TIMERS) if rng.random() < 0.7 else rng.choice(words) if rng.random() < 0.6 else \
        f"{rng.choice(words)} {rng.choice(pools.TIMERS)}"


def song(rng, words):
    return rng.choice(pools.GENRES) if rng.random() < 0.15 else title(rng, words)


def degrees(rng):
    kind = rng.random()
    if kind < 0.6:
        return str(rng.randint(14, 27))
    if kind < 0.75:
        return f"{rng.randint(15, 25)}.{rng.choice(['5', '5', '5', '2', '8'])}"
    if kind < 0.97:
        return str(rng.randint(55, 85))
    return str(rng.randint(5, 60))


def percent(rng, low):
    return str(rng.choice([10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 100]) if rng.random() < 0.45 else rng.randint(low, 100))


def minutes(rng):
    return str(rng.choice([1, 2, 3, 5, 10, 15, 20, 25, 30, 45, 90]) if rng.random() < 0.5 else rng.randint(1, 99))


FREE = {
    "pct": lambda r, w: percent(r, 1), "pos": lambda r, w: percent(r, 0), "deg": lambda r, w: degrees(r),
    "kelvin": lambda r, w: str(r.choice([2000, 2200, 2700, 3000, 3500, 4000, 5000, 6000, 6500]) if r.random() < 0.6 else r.randint(20, 70) * 100),
    "color": lambda r, w: r.choice(COMMON_COLORS if r.random() < 0.4 else COLORS),
    "n": lambda r, w: str(r.randint(2, 10) if r.random() < 0.8 else r.randint(1, 30)),
    "h": lambda r, w: str(r.randint(1, 4) if r.random() < 0.7 else r.randint(1, 24)),
    "min": lambda r, w: minutes(r), "sec": lambda r, w: str(r.choice([10, 15, 20, 30, 40, 45, 50, 90]) if r.random() < 0.6 else r.randint(1, 120)),
    "timer": or_told("timer", timer), "item": or_told("item", or_told("task", item)), "message": or_told("message", message),
    "song": or_told("song", song), "artist": or_told("artist", artist), "album": or_told("album", title),
    "playlist": or_told("playlist", lambda r, w: r.choice(pools.GENRES) if r.random() < 0.3 else title(r, w)),
    "movie": or_told("movie", title), "show": or_told("show", title), "podcast": or_told("podcast", title),
}
