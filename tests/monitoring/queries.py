"""The queries of the dashboard, and what they name; variables become values as Grafana does it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "manifests" / "dashboards" / "sparkgate.json").read_text())
PANELS = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
QUERIES = [(p["title"], t["expr"]) for p in PANELS for t in p["targets"]]
TARGET = {"namespace", "job", "pod"}  # what Prometheus adds to what it scrapes
# What API servers serve: tests/cluster/test_webhook_down_metrics.py asks a real one.
OF_API_SERVERS = json.loads((Path(__file__).parent / "apiserver-metrics.json").read_text())

SELECTOR = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}')
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\bby \(([^)]*)\)")


@dataclass(frozen=True)
class Selector:
    metric: str
    matchers: tuple  # (label, operator, value)

    @property
    def own(self):
        """Without what chooses targets."""
        return [m for m in self.matchers if not m[2].startswith("$")]

    def takes(self, labels):
        return all(matches(labels.get(label, ""), operator, value) for label, operator, value in self.own)


def matches(text, operator, value):
    value = json.loads(f'"{value}"')
    same = bool(re.fullmatch(value, text)) if "~" in operator else text == value
    return same != operator.startswith("!")


def selectors(expr):
    return [Selector(name, tuple(MATCHER.findall(inside))) for name, inside in SELECTOR.findall(expr)]


def groupings(expr):
    return {label.strip() for inside in GROUPING.findall(expr) for label in inside.split(",")}


def names(expr):
    """Whatever looks like a metric, in braces or not; strings are none."""
    return set(re.findall(r"\b(?:sparkgate|process|pod_security|apiserver)_\w+", re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)))


def filled(expr, **variables):
    """As Grafana sends it: lists become alternatives."""
    for name, value in variables.items():
        if isinstance(value, list):
            value = "(" + "|".join(re.escape(v).replace("\\", "\\\\") for v in value) + ")" if len(value) > 1 else "".join(value)
        expr = re.sub(rf"\${name}\b", lambda _, v=value: v, expr)
    return expr
