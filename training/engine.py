"""The model as hearthd runs it: `hearthctl eval` over the sets of tests/data, and sums of what it says.

Grammar, evidence, confidence and limits are the engine's; nothing of them is done again here.
"""
import collections
import glob
import json
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "tests", "data")
HEARTHCTL = os.environ.get("HEARTHCTL") or os.path.join(HERE, "..", "build", "hearthctl")


def cases_of(name):
    """The files of cases of "heldout" or "understanding"; each case names its home, a file beside it."""
    return sorted(glob.glob(os.path.join(DATA, name, "cases*.jsonl")))


def same(one, other):
    """Are these the same calls, in whatever order?"""
    a, b = (sorted(json.dumps([c["name"], c["arguments"]], sort_keys=True) for c in calls) for calls in (one, other))
    return a == b


class Run:
    """One model on some files of cases: `results` as `--json` prints them, `cases` with the `prediction` of each."""

    def __init__(self, hearthctl, model, files, trace=False):
        self.results, self.cases = [], []
        with tempfile.TemporaryDirectory() as folder:
            for path in files:
                self._add(hearthctl, model, path, os.path.join(folder, "predictions.jsonl"), trace)

    def _add(self, hearthctl, model, path, predictions, trace):
        command = [hearthctl, "eval", "--model", model, path, "--json", "--predictions", predictions] + (["--trace"] if trace else [])
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as e:
            raise SystemExit(f"{hearthctl}: {e.strerror}: build it (make hearthctl), or name it with HEARTHCTL or --hearthctl") from e
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
        self.results.append(json.loads(done.stdout))
        with open(path, encoding="utf-8") as f, open(predictions, encoding="utf-8") as p:
            for case, prediction in zip((line for line in f if line.strip()), p):
                self.cases.append({**json.loads(case), "prediction": json.loads(prediction), "file": os.path.basename(path)})

    def total(self, table, label):
        """{label: [n, exact, false actions]} of one table of the results ("intents", "tags", "homes")."""
        sums = collections.defaultdict(lambda: [0, 0, 0])
        for result in self.results:
            for row in result[table]:
                for i, field in enumerate(("n", "exact", "false_actions")):
                    sums[row[label]][i] += row[field]
        return dict(sums)

    def negatives(self):
        """{"n", "acted", "false_actions", "sensitive"}: sentences by which nothing was meant."""
        return {k: sum(r["negatives"][k] for r in self.results) for k in ("n", "acted", "false_actions", "sensitive")}

    def exact(self, tag=None, positive=None):
        """(right, all): of the cases with a tag, or those with (without) expected calls."""
        picked = [c for c in self.cases if (tag is None or tag in c.get("tags", ())) and (positive is None or bool(c["calls"]) == positive)]
        return sum(c["prediction"]["exact"] for c in picked), len(picked)

    def first(self):
        """(right, all): of all cases, the first of the right answers alone counting."""
        return sum(same(c["calls"], c["prediction"]["calls"]) for c in self.cases), len(self.cases)

    def milliseconds(self, part):
        """A percentile of the time for a sentence."""
        ms = sorted(c["prediction"]["ms"] for c in self.cases)
        return ms[int(part * (len(ms) - 1) + 0.5)] if ms else 0.0
