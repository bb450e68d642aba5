"""A real Prometheus scrapes replicas at work for most of a minute: every query of the dashboard has an answer, alerts are quiet."""

import time

import pytest
from gate import refused_reload
from live import Screen, Work, bed
from queries import DASHBOARD, PANELS
from server import until

SECONDS = 40
FIRING = 'ALERTS{alertstate="firing"}'
LOUD = {"SparkgateCallsFail", "SparkgatePassedOver", "SparkgatePolicyRefused"}

# Queries that give nothing while all is well, and why.
EMPTY_WHEN_HEALTHY = {
    ("Failed calls, as API servers see it", "{{name}} {{error_type}}"): "the API server has such a series from the first failed call on",
    ("Failed calls, as API servers see it", "{{name}} passed over"): "likewise",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """{(panel, legend or refId): answer}; the same after calls failed; the alerts' states in between."""
    with bed(tmp_path_factory.mktemp("bed")) as (cluster, replicas, calls, prometheus):
        with Work(replicas, calls) as work:
            time.sleep(SECONDS)
            healthy = answers(prometheus)
            alerts = prometheus.query(FIRING)
            for _ in range(5):
                calls.failed()
                time.sleep(1)
            refused_reload(cluster, replicas[0])
            until(lambda: raised(prometheus.query(FIRING)) >= LOUD, 20, "the alerts")
            troubled = answers(prometheus)
            loud = prometheus.query(FIRING)
        assert not work.errors
        yield {"healthy": healthy, "troubled": troubled, "quiet": alerts, "raised": loud, "screen": Screen(prometheus, SECONDS)}


def raised(alerts):
    return {a["metric"]["alertname"] for a in alerts}


def answers(prometheus):
    screen = Screen(prometheus, SECONDS)
    return {(p["title"], t["legendFormat"] or t["refId"]): screen.ask(t) for p in PANELS for t in p["targets"]}


KEYS = [(p["title"], t["legendFormat"] or t["refId"]) for p in PANELS for t in p["targets"]]


@pytest.mark.parametrize("key", KEYS)
def test_every_query_has_an_answer(seen, key):
    assert bool(seen["healthy"][key]) != (key in EMPTY_WHEN_HEALTHY)


@pytest.mark.parametrize("key", KEYS)
def test_and_has_one_in_trouble(seen, key):
    assert seen["troubled"][key]


def last(answer):
    return {tuple(sorted(s["metric"].items())): float(s["value"][1] if "value" in s else s["values"][-1][1]) for s in answer}


@pytest.mark.parametrize(
    ("title", "healthy", "troubled"),
    [("Replicas ready", 3, 3), ("Answers that are errors", 0, 0), ("Calls that failed", 0, None), ("Alerts", 0, None),
     ("Policies in force", 1, None), ("Certificates served", 1, 1), ("CA change", 0, 0), ("Reloads refused", 0, None)],
)  # fmt: skip
def test_figures_at_the_top(seen, title, healthy, troubled):
    (value,) = last(seen["healthy"][(title, "A")]).values()
    assert value == healthy
    (value,) = last(seen["troubled"][(title, "A")]).values()
    assert value == troubled if troubled is not None else value > healthy or title == "Policies in force"


def test_no_stranger_is_on_it(seen):
    """Prometheus itself has process_* too."""
    for panel in ("CPU", "Memory"):
        assert len(seen["healthy"][(panel, "{{pod}}")]) == 3


def test_alerts_are_quiet_in_health_and_loud_in_trouble(seen):
    assert seen["quiet"] == []
    assert raised(seen["raised"]) >= LOUD


def test_legends_tell_series_apart(seen):
    for panel in PANELS:
        for target in panel["targets"]:
            if panel["type"] != "timeseries":
                continue
            series = [s["metric"] for s in seen["troubled"][(panel["title"], target["legendFormat"])]]
            legends = {tuple(m.items()) for m in series}
            assert len(legends) == len(series)
            for metric in series:
                assert all(f"{{{{{label}}}}}" in target["legendFormat"] or label == "job" for label in metric), panel["title"]


def test_variables_find_their_values(seen):
    chosen = {v["name"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"}
    assert chosen == {"namespace", "job", "pod"} and all(seen["screen"].variables[name] for name in chosen)
