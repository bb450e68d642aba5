"""The dashboard against what running replicas serve: every metric, label and value of every query is there."""

import json
import os
import re
import subprocess
import sys

import pytest
from chart import Objects
from gate import alone, samples, work
from queries import DASHBOARD, OF_API_SERVERS, PANELS, QUERIES, ROOT, TARGET, groupings, names, selectors

# What a replica without a cluster (`serve --namespaces FILE`) does not have; the chart's always have it.
OF_A_CLUSTER = ("sparkgate_facts_", "sparkgate_events_", "sparkgate_workload_events_", "sparkgate_ca_", "sparkgate_certificate_info",
                "sparkgate_certificate_repairs_", "sparkgate_certificate_writes_", "sparkgate_match_conditions_")  # fmt: skip
# What does not happen in these tests, so that no series has it.
NEVER_HERE = {("sparkgate_requests_total", "code", "!=", "200")}


@pytest.fixture(scope="module")
def served_alone(tmp_path_factory):
    """Samples of a replica that has Namespaces of a file."""
    with alone(tmp_path_factory.mktemp("alone")) as server:
        work(server)
        yield {name for name, _ in samples(server)}


def known(served, metric):
    return [{n: "" for n in OF_API_SERVERS[metric]}] if metric in OF_API_SERVERS else [labels for name, labels in served if name == metric]


@pytest.mark.parametrize(("title", "expr"), QUERIES)
def test_the_program_serves_what_is_asked_for(served, title, expr):
    assert names(expr) <= {s.metric for s in selectors(expr)}, "a metric without a choice of namespace, job and replica"
    labels = {"le"} if "histogram_quantile" in expr else set()
    for selector in selectors(expr):
        if selector.metric == "ALERTS":
            continue
        found = known(served, selector.metric)
        assert found, f"{title}: no {selector.metric}"
        labels |= set().union(*found)
        for matcher in selector.own:
            assert all(matcher[0] in one for one in found), f"{title}: {selector.metric} has no label {matcher[0]}"
        if selector.metric not in OF_API_SERVERS and not any((selector.metric, *m) in NEVER_HERE for m in selector.own):
            assert any(selector.takes(one) for one in found), f"{title}: no series has {selector.own}"
    assert groupings(expr) <= labels | TARGET, title


@pytest.mark.parametrize(("title", "expr"), QUERIES)
def test_ours_are_chosen_by_the_variables(title, expr):
    for selector in selectors(expr):
        chosen = {label for label, operator, value in selector.matchers if operator == "=~" and value == f"${label}"}
        assert chosen == (set() if selector.metric in {*OF_API_SERVERS, "ALERTS"} else TARGET), title


def test_what_a_replica_without_a_cluster_lacks(served, served_alone):
    lacking = {m for m in {s.metric for _, e in QUERIES for s in selectors(e)} & {n for n, _ in served} if m not in served_alone}
    assert {m for m in lacking if not m.startswith(OF_A_CLUSTER)} == set()
    assert [p for p in OF_A_CLUSTER if not any(m.startswith(p) for m in lacking)] == []


def test_legends_name_labels_that_are_there():
    for panel in PANELS:
        for target in panel["targets"]:
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= groupings(target["expr"]), panel["title"]


def test_every_metric_of_the_program_is_on_it(served):
    """A new one is put into a panel, or here with a reason."""
    left_out = {
        "process_virtual_memory_bytes",  # says nothing of need
        "process_start_time_seconds",  # restarts are the cluster's to tell
        "sparkgate_request_duration_seconds_sum", "sparkgate_request_duration_seconds_count",  # quantiles tell more
    }  # fmt: skip
    shown = {s.metric for _, e in QUERIES for s in selectors(e)}
    assert {n for n, _ in served} - shown == left_out


# ---- the model ----


def test_it_is_what_the_panels_give():
    made = subprocess.run([sys.executable, ROOT / "manifests/dashboards/dashboard.py"], capture_output=True, text=True, check=True).stdout
    for copy in ("manifests/dashboards/sparkgate.json", "manifests/charts/sparkgate/files/dashboard.json"):
        assert (ROOT / copy).read_text() == made, f"{copy}: run manifests/generate"


def test_grafanas_model_takes_it():
    run = subprocess.run([os.environ["SCHEMA"]], input=json.dumps(DASHBOARD), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("edit", [{"titel": "x"}, {"options": {"legend": "yes"}}, {"gridPos": {"x": "left"}}])
def test_grafanas_model_takes_not_anything(edit):
    panels = [{**p, **edit} if p["type"] == "timeseries" else p for p in DASHBOARD["panels"]]
    run = subprocess.run([os.environ["SCHEMA"]], input=json.dumps({**DASHBOARD, "panels": panels}), capture_output=True, text=True)
    assert run.returncode == 1 and next(iter(edit)) in run.stdout


def test_the_chart_installs_it():
    """As the side-car of Grafana's chart looks for it."""
    there = {"enabled": True, "namespace": "grafana", "annotations": {"grafana_folder": "Spark"}}
    found = Objects({"metrics": {"dashboard": there}}).of("ConfigMap", "sparkgate-dashboard")
    assert json.loads(found["data"]["sparkgate.json"]) == DASHBOARD
    meta = found["metadata"]
    assert meta["labels"]["grafana_dashboard"] == "1" and (meta["namespace"], meta["annotations"]) == ("grafana", {"grafana_folder": "Spark"})
    assert not Objects().has("ConfigMap")


def test_panels_lie_side_by_side():
    taken = {}
    for panel in DASHBOARD["panels"]:
        g = panel["gridPos"]
        assert g["x"] + g["w"] <= 24
        for cell in ((x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])):
            assert taken.setdefault(cell, panel["title"]) == panel["title"]
    assert len(taken) == 24 * (1 + max(y for _, y in taken)), "no holes"


def test_ids_and_titles_are_single():
    for key in ("id", "title"):
        values = [p[key] for p in DASHBOARD["panels"]]
        assert len(values) == len(set(values))


def test_every_panel_says_what_it_means():
    assert [p["title"] for p in PANELS if not p["description"].endswith(".") or len(p["description"]) < 15] == []


def test_flags_that_are_named_exist():
    usage = subprocess.run([os.environ["SPARKGATE"], "serve", "--help"], capture_output=True, text=True, check=True).stdout
    flags = {f for p in PANELS for f in re.findall(r"--[a-z-]+", p["description"])}
    assert flags and [f for f in flags if f not in usage] == []


def test_data_come_from_the_chosen_source():
    sources = {json.dumps(x["datasource"]) for p in PANELS for x in [p, *p["targets"]]}
    assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}
