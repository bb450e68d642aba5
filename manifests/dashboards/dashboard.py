#!/usr/bin/env python3
"""dashboard.py : the dashboard of panels.py as Grafana imports it, on standard output. manifests/generate runs it.

Of Grafana's model only what every version from 10 on has. Panels stand in a grid of 24 columns, row by row, as they come.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS, HEIGHT = 24, 8
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOICE = 'namespace=~"$namespace",job=~"$job",pod=~"$pod"'
API = 'name=~".*\\\\.sparkgate\\\\.io"'


@dataclass
class Query:
    expr: str
    legend: str

    def full(self):
        return self.expr.replace("{F", "{" + CHOICE).replace("{API", "{" + API)


@dataclass
class Panel:
    title: str
    queries: list
    description: str
    unit: str = "short"
    log: bool = False
    dashed: str = ""
    mappings: dict = field(default_factory=dict)
    width: int = 8
    height: int = HEIGHT

    kind = "timeseries"

    def options(self):
        return {
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }

    def custom(self):
        scale = {"type": "log", "log": 10} if self.log else {"type": "linear"}
        return {"drawStyle": "line", "fillOpacity": 0 if self.log else 5, "lineWidth": 1, "showPoints": "never", "scaleDistribution": scale}

    def defaults(self):
        return {"unit": self.unit, "custom": self.custom(), "mappings": mappings(self.mappings), **self.bounds()}

    def bounds(self):
        if self.mappings:
            return {"min": 0, "max": 1, "decimals": 0}
        return {} if self.log else {"min": 0}

    def overrides(self):
        if not self.dashed:
            return []
        look = [
            ("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
            ("custom.fillOpacity", 0),
            ("color", {"mode": "fixed", "fixedColor": "red"}),
        ]
        return [override("byName", self.dashed, look)]

    def targets(self):
        return [
            {
                "refId": chr(ord("A") + i),
                "datasource": DATASOURCE,
                "expr": q.full(),
                "legendFormat": q.legend,
                "range": True,
                "editorMode": "code",
            }
            for i, q in enumerate(self.queries)
        ]

    def more(self):
        return {}

    def model(self, ident, x, y):
        return {
            "id": ident,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": self.targets(),
            "options": self.options(),
            "fieldConfig": {"defaults": self.defaults(), "overrides": self.overrides()},
            **self.more(),
        }


@dataclass
class Stat(Panel):
    steps: list = field(default_factory=list)

    kind = "stat"

    def options(self):
        return {
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "value",
            "wideLayout": True,
            "showPercentChange": False,
            "percentChangeColorMode": "standard",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        }

    def defaults(self):
        whole = {} if self.unit == "percentunit" else {"decimals": 0}
        return {"unit": self.unit, **whole, "mappings": [], "color": {"mode": "thresholds"}, "thresholds": thresholds(self.steps)}


@dataclass
class Table(Panel):
    labels: list = field(default_factory=list)
    values: list = field(default_factory=list)

    kind = "table"

    def options(self):
        return {
            "frameIndex": 0,
            "showHeader": True,
            "cellHeight": "sm",
            "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        }

    def defaults(self):
        return {
            "unit": "none",
            "decimals": 0,
            "custom": {"align": "auto", "inspect": False, "cellOptions": {"type": "auto"}},
            "mappings": [],
        }

    def overrides(self):
        """The colours of values that have some."""
        return [
            override(
                "byName",
                name,
                [("thresholds", thresholds(steps)), ("color", {"mode": "thresholds"}), ("custom.cellOptions", {"type": "color-text"})],
            )
            for name, steps in self.values
            if steps
        ]

    def targets(self):
        at_once = {"instant": True, "range": False, "format": "table"}
        return [{**t, **at_once} for t in super().targets()]

    def more(self):
        """Tables of one label each become one; what is not asked for goes."""
        of = ["Value"] if len(self.queries) == 1 else [f"Value #{chr(ord('A') + i)}" for i in range(len(self.queries))]
        names = dict(zip(of, [name for name, _ in self.values], strict=False))
        hidden = {"Time": True, **{v: True for v in of if v not in names}}
        organize = {"id": "organize", "options": {"excludeByName": hidden, "indexByName": {}, "renameByName": names}}
        return {"transformations": [{"id": "merge", "options": {}}, organize]}


def stat(title, expr, steps, description, unit="none", height=HEIGHT // 2):
    return Stat(title, [Query(expr, "")], description, unit=unit, width=4, height=height, steps=steps)


def table(title, queries, labels, description, values=(), width=8):
    return Table(title, queries, description, width=width, labels=labels, values=list(values))


def override(matcher, name, properties):
    return {"matcher": {"id": matcher, "options": name}, "properties": [{"id": i, "value": v} for i, v in properties]}


def thresholds(steps):
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for colour, value in steps]}


def mappings(words):
    if not words:
        return []
    options = {value: {"index": i, "text": text, "color": colour} for i, (value, (text, colour)) in enumerate(words.items())}
    return [{"type": "value", "options": options}]


@dataclass
class Row:
    title: str
    panels: list


# ---- the whole ----


def placed(rows):
    """Every panel at its place: to the right while there is room, below otherwise."""
    ident, y = 0, 0
    for row in rows:
        ident += 1
        yield {
            "id": ident,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
        }
        x, y, below = 0, y + 1, y + 1
        for panel in row.panels:
            ident += 1
            if x + panel.width > COLUMNS:
                x, y = 0, below
            yield panel.model(ident, x, y)
            x, below = x + panel.width, max(below, y + panel.height)
        y = below


def chosen(name, label, query):
    """A variable of label values: all, one, or some. All means all of sparkgate's, never ".*": others have process_* too."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "includeAll": True,
        "multi": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
    }


def variables():
    source = {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "refresh": 1, "hide": 0,
              "includeAll": False, "multi": False,
              "current": {"selected": True, "text": "default", "value": "default"}, "options": []}  # fmt: skip
    five = {"selected": True, "text": "5", "value": "5"}
    timeout = {"type": "textbox", "name": "timeout", "label": "Timeout (s)", "query": "5", "hide": 0,
               "description": "timeoutSeconds of the webhook configurations; the chart's value webhooks.timeoutSeconds.",
               "current": five, "options": [five]}  # fmt: skip
    return [
        source,
        chosen("namespace", "Namespace", "label_values(sparkgate_build_info, namespace)"),
        chosen("job", "Job", 'label_values(sparkgate_build_info{namespace=~"$namespace"}, job)'),
        chosen("pod", "Replica", 'label_values(sparkgate_build_info{namespace=~"$namespace",job=~"$job"}, pod)'),
        timeout,
    ]


def dashboard(rows):
    return {
        "uid": "sparkgate",
        "title": "sparkgate",
        "description": "The admission webhook of Spark Connect: does it work, and what does it do. Runbooks of its alerts: docs/alerts.md.",
        "tags": ["admission", "kubernetes", "spark"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "links": [],
        "annotations": {"list": []},
        "templating": {"list": variables()},
        "panels": list(placed(rows)),
    }


def main():
    sys.path.insert(0, str(Path(__file__).parent))
    from panels import ROWS

    print(json.dumps(dashboard(ROWS), indent=2))


if __name__ == "__main__":
    sys.modules["dashboard"] = sys.modules["__main__"]  # panels.py builds of these classes, not of a second copy
    main()
