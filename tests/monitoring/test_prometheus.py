"""A real Prometheus scrapes replicas at work for most of a minute: every query of the dashboard has an answer, alerts are quiet."""

import pytest
from conftest import LOUD
from queries import DASHBOARD, PANELS

# Queries that give nothing while all is well, and why.
EMPTY_WHEN_HEALTHY = {
    ("Failed calls, as API servers see it", "{{name}} {{error_type}}"): "the API server has such a series from the first failed call on",
    ("Failed calls, as API servers see it", "{{name}} passed over"): "likewise",
}
QUERIES = [(p, n, t["legendFormat"]) for p in PANELS for n, t in enumerate(p["targets"])]


def answer(seen, panel, n):
    return seen["answers"][str(panel["id"])][n]


@pytest.mark.parametrize(("panel", "n", "legend"), QUERIES, ids=[f"{p['title']}, {n}" for p, n, _ in QUERIES])
def test_every_query_has_an_answer(watched, panel, n, legend):
    assert bool(answer(watched["healthy"], panel, n)) != ((panel["title"], legend) in EMPTY_WHEN_HEALTHY)
    assert answer(watched["troubled"], panel, n)


def figure(seen, title):
    """The one that a stat shows."""
    (panel,) = [p for p in PANELS if p["title"] == title]
    (series,) = answer(seen, panel, 0)
    return float(series["values"][-1][1])


def test_figures_in_health(watched):
    expected = {"Replicas ready": 3, "Answers that are errors": 0, "Calls that failed": 0, "Passed over": 0, "Alerts": 0,
                "Policies in force": 1, "Certificates served": 1, "CA change": 0, "Reloads refused": 0}  # fmt: skip
    assert {title: figure(watched["healthy"], title) for title in expected} == expected


def test_figures_in_trouble(watched):
    for title in ("Calls that failed", "Passed over", "Alerts", "Reloads refused"):
        assert figure(watched["troubled"], title) > 0, title


def test_no_stranger_is_on_it(watched):
    """Prometheus itself has process_* too."""
    assert all(len(answer(watched["healthy"], p, 0)) == 3 for p in PANELS if p["title"] in ("CPU", "Memory"))


def test_alerts_are_quiet_in_health_and_loud_in_trouble(watched):
    assert watched["quiet"] == set()
    assert watched["loud"] >= LOUD


def test_legends_tell_series_apart(watched):
    for panel, n, legend in QUERIES:
        if panel["type"] == "timeseries":
            for series in answer(watched["troubled"], panel, n):
                assert all(f"{{{{{label}}}}}" in legend or label == "job" for label in series["metric"]), panel["title"]


def test_variables_find_their_values(watched):
    chosen = {v["name"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"}
    assert chosen == {"namespace", "job", "pod"} and all(watched["healthy"]["variables"][name] for name in chosen)
