"""The alerts: Prometheus' own checker, each of them raised and kept quiet, by metrics that the program really has."""

import json
import re
import subprocess

import pytest
import yaml

from chart import ROOT, Objects
from queries import OF_API_SERVERS, TARGET, names, selectors

RUNBOOKS = "https://docs.example/alerts.md"
MONITORED = {"metrics": {"prometheusRule": {"enabled": True, "runbookUrl": RUNBOOKS}, "serviceMonitor": {"enabled": True}}}
RULES = Objects(MONITORED).of("PrometheusRule")["spec"]
ALERTS = {r["alert"]: r for g in RULES["groups"] for r in g["rules"]}
PLAIN = ROOT / "manifests" / "alerts" / "sparkgate.rules.yaml"

CALLED = ('apiserver_admission_webhook_rejection_count{name="servers.validate.sparkgate.io",type="validating",operation="CREATE",'
          'rejection_code="503",error_type="%s"}')  # fmt: skip
PASSED = 'apiserver_admission_webhook_fail_open_count{name="%s",type="admit"}'
WRONG = 'sparkgate_servers_on_wrong_backend_total{backend="k8s",pod="a"}'
EXPIRY = 'sparkgate_certificate_expiry_timestamp_seconds{pod="a"}'
BUNDLE = 'sparkgate_ca_bundle_in_step{configuration="validating",pod="%s"}'
CALLS = 'sparkgate_match_conditions_in_step{configuration="mutating",pod="a"}'
AGE = 'sparkgate_facts_age_seconds{pod="a"}'
RELOADS = 'sparkgate_reloads_total{pod="a",what="policy",result="%s"}'
POLICY = 'sparkgate_policy_info{pod="%s",hash="%s"}'
EXEMPTION = 'sparkgate_exemption_expires_timestamp_seconds{pod="%s",exemption="inc-7"}'
READY = 'sparkgate_ready{pod="%s"}'
ANSWERS = 'sparkgate_requests_total{pod="a",endpoint="%s",code="%s"}'
BODIES = 'sparkgate_bodies_refused_total{pod="a",reason="%s"}'
TOOK = 'sparkgate_request_duration_seconds_bucket{pod="a",endpoint="validate",le="%s"}'
WAITED = ('apiserver_admission_webhook_admission_duration_seconds_bucket{name="pods.mutate.sparkgate.io",operation="CREATE",'
          'rejected="false",type="admit",le="%s"}')  # fmt: skip

TIMES = ("sparkgate_certificate_expiry_timestamp_seconds", "sparkgate_exemption_expires_timestamp_seconds")

# alert, series (a sample a minute from 0 on), minutes until it is asked, the labels that it then has (None: quiet)
CASES = [
    ("SparkgateAbsent", {}, 6, {}),
    ("SparkgateAbsent", {READY % "a": "0x10"}, 6, {}),
    ("SparkgateAbsent", {READY % "a": "1x10"}, 6, None),
    ("SparkgateAbsent", {READY % "a": "0x10", READY % "b": "1x10"}, 6, None),
    ("SparkgateAbsent", {READY % "a": "0 0 0 1x10"}, 6, None),
    ("SparkgateReplicaNotReady", {READY % "a": "0x20", READY % "b": "1x20"}, 16, {"pod": "a"}),
    ("SparkgateReplicaNotReady", {READY % "a": "0x9 1x20", READY % "b": "1x30"}, 26, None),
    ("SparkgateAnswersErrors", {ANSWERS % ("mutate", "200"): "0+50x30", ANSWERS % ("validate", "503"): "0+1x30"}, 20, {"code": "503"}),
    ("SparkgateAnswersErrors", {ANSWERS % ("mutate", "200"): "0+200x30", ANSWERS % ("validate", "503"): "0+1x30"}, 20, None),
    ("SparkgateAnswersErrors", {ANSWERS % ("mutate", "200"): "0+50x30", ANSWERS % ("other", "404"): "0+50x30"}, 20, None),
    ("SparkgateOverBudget", {BODIES % "over-budget": "0x5 1x20"}, 10, {"pod": "a"}),
    ("SparkgateOverBudget", {BODIES % "over-budget": "3x30"}, 20, None),
    ("SparkgateOverBudget", {BODIES % "too-large": "0+1x30"}, 20, None),
    ("SparkgateSlow", {TOOK % "1": "0+90x30", TOOK % "5": "0+100x30", TOOK % "+Inf": "0+100x30"}, 20, {"name": "validate"}),
    ("SparkgateSlow", {TOOK % "0.01": "0+100x30", TOOK % "1": "0+100x30", TOOK % "+Inf": "0+100x30"}, 20, None),
    ("SparkgateSlow", {WAITED % "2.5": "0+90x30", WAITED % "10": "0+100x30", WAITED % "+Inf": "0+100x30"}, 20,
     {"name": "pods.mutate.sparkgate.io"}),
    ("SparkgateSlow", {WAITED % "0.5": "0+100x30", WAITED % "2.5": "0+100x30", WAITED % "+Inf": "0+100x30"}, 20, None),
    ("SparkgateCallsFail", {CALLED % "calling_webhook_error": "0x5 3x20"}, 10, {"name": "servers.validate.sparkgate.io"}),
    ("SparkgateCallsFail", {CALLED % "calling_webhook_error": "_x20 1x5"}, 22, {"name": "servers.validate.sparkgate.io"}),
    ("SparkgateCallsFail", {CALLED % "calling_webhook_error": "7x40"}, 30, None),
    ("SparkgateCallsFail", {CALLED % "no_error": "0+5x40"}, 30, None),
    ("SparkgatePassedOver", {PASSED % "pods.mutate.sparkgate.io": "0x5 1x20"}, 10, {"name": "pods.mutate.sparkgate.io"}),
    ("SparkgatePassedOver", {PASSED % "pods.mutate.sparkgate.io": "_x20 1x5"}, 22, {"name": "pods.mutate.sparkgate.io"}),
    ("SparkgatePassedOver", {PASSED % "pods.mutate.sparkgate.io": "4x40"}, 30, None),
    ("SparkgatePassedOver", {PASSED % "istio.example": "0+1x40"}, 30, None),
    ("SparkgateServersArriveUnrewritten", {WRONG: "0x5 2x20"}, 10, {"backend": "k8s"}),
    ("SparkgateServersArriveUnrewritten", {WRONG: "2x40"}, 30, None),
    ("SparkgateCertificateExpires", {EXPIRY: f"{13 * 86400}x90"}, 61, {"pod": "a"}),
    ("SparkgateCertificateExpires", {EXPIRY: f"{16 * 86400}x90"}, 61, None),
    ("SparkgateCaBundleOutOfStep", {BUNDLE % "a": "1x9", BUNDLE % "b": "0x9"}, 3, {"configuration": "validating"}),
    ("SparkgateCaBundleOutOfStep", {BUNDLE % "a": "0 1x9"}, 3, None),
    ("SparkgateMatchConditionsOutOfStep", {CALLS: "0x20"}, 11, {"configuration": "mutating"}),
    ("SparkgateMatchConditionsOutOfStep", {CALLS: "0x5 1x20"}, 11, None),
    ("SparkgateFactsStale", {AGE: "0+60x20"}, 9, {"pod": "a"}),
    ("SparkgateFactsStale", {AGE: "70x20"}, 9, None),
    ("SparkgateExemptionExpiresSoon", {EXEMPTION % "a": f"{13 * 86400}x90", EXEMPTION % "b": f"{13 * 86400}x90"}, 61,
     {"exemption": "inc-7"}),
    ("SparkgateExemptionExpiresSoon", {EXEMPTION % "a": "1x90"}, 61, {"exemption": "inc-7"}),
    ("SparkgateExemptionExpiresSoon", {EXEMPTION % "a": f"{16 * 86400}x90"}, 61, None),
    ("SparkgatePolicyRefused", {RELOADS % "failed": "0x5 1x20"}, 10, {"pod": "a", "what": "policy"}),
    ("SparkgatePolicyRefused", {RELOADS % "ok": "0+1x30"}, 20, None),
    ("SparkgatePoliciesDiffer", {POLICY % ("a", "1"): "1x20", POLICY % ("b", "2"): "1x20"}, 11, {}),
    ("SparkgatePoliciesDiffer", {POLICY % ("a", "1"): "1x20", POLICY % ("b", "1"): "1x20"}, 11, None),
]


def promtool(tmp_path, *args):
    return subprocess.run(["promtool", *args], cwd=tmp_path, capture_output=True, text=True)


def rules_test(tmp_path, case):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}))
    return promtool(tmp_path, "test", "rules", "test.yaml")


def test_promtool_takes_the_rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    run = promtool(tmp_path, "check", "rules", "--lint-fatal", "rules.yaml")
    assert run.returncode == 0 and f"{len(ALERTS)} rules found" in run.stdout, run.stdout + run.stderr


def annotations(alert, labels):
    """As Prometheus would print them."""
    return {k: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda m: labels.get(m[1], ""), v) for k, v in ALERTS[alert]["annotations"].items()}


@pytest.mark.parametrize(("alert", "series", "minutes", "labels"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_alert(tmp_path, alert, series, minutes, labels):
    raised = []
    if labels is not None:
        raised = [{"exp_labels": {**labels, **ALERTS[alert]["labels"]}, "exp_annotations": annotations(alert, labels)}]
    case = {
        "interval": "1m",
        "input_series": [{"series": s, "values": v} for s, v in series.items()],
        "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": raised}],
    }
    run = rules_test(tmp_path, case)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_is_raised_and_kept_quiet():
    for quiet in (True, False):
        assert {c[0] for c in CASES if (c[3] is None) == quiet} == set(ALERTS)


def test_series_are_those_that_are_served(served):
    """Name and labels of each, no more and no fewer, besides what Prometheus adds; and of each that an expression names."""
    forms = {(name, frozenset(labels)) for name, labels in served} | {(n, frozenset(labels)) for n, labels in OF_API_SERVERS.items()}
    for series in {s for c in CASES for s in c[1]}:
        ((name, labels),) = [(s.metric, {m[0] for m in s.matchers}) for s in selectors(series)]
        assert (name, frozenset(labels - TARGET)) in forms, series
    known = {name for name, _ in forms}
    assert {n for r in ALERTS.values() for n in names(r["expr"])} <= known


def test_healthy_series_raise_none(tmp_path, served):
    """All that a replica serves, for two hours; counters that grew before do not count, and all that ends does so in 90 days."""
    values = {t: f"{90 * 86400}x120" for t in TIMES}
    series = [{"series": f"{name}{json_labels({**labels, 'pod': 'a'})}", "values": values.get(name, "1x120")} for name, labels in served]
    asked = [{"eval_time": "115m", "alertname": a, "exp_alerts": []} for a in ALERTS]
    run = rules_test(tmp_path, {"interval": "1m", "input_series": series, "alert_rule_test": asked})
    assert run.returncode == 0, run.stdout + run.stderr


def json_labels(labels):
    return "{" + ",".join(f"{k}={json.dumps(v)}" for k, v in labels.items()) + "}"


def test_the_plain_file_is_the_same():
    plain = yaml.safe_load(PLAIN.read_text())
    here = json.loads(json.dumps(RULES).replace(RUNBOOKS, "docs/alerts.md"))
    assert plain == here


def test_promtool_takes_the_plain_file(tmp_path):
    run = promtool(tmp_path, "check", "rules", "--lint-fatal", str(PLAIN))
    assert run.returncode == 0 and f"{len(ALERTS)} rules found" in run.stdout, run.stdout + run.stderr


def test_slow_is_half_of_the_timeout():
    patient = Objects({**MONITORED, "webhooks": {"timeoutSeconds": 3}}).of("PrometheusRule")["spec"]["groups"][0]["rules"]
    (slow,) = [r for r in patient if r["alert"] == "SparkgateSlow"]
    assert slow["expr"].count("> 1.5") == 2 and "timeout of 3 s" in slow["annotations"]["summary"]


@pytest.mark.parametrize("alert", ALERTS)
def test_each_says_how_bad_and_what_to_do(alert):
    rule, runbooks = ALERTS[alert], (ROOT / "docs" / "alerts.md").read_text()
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"].endswith(".") and rule["annotations"]["description"].endswith(".")
    assert rule["annotations"]["runbook_url"] == f"{RUNBOOKS}#{alert.lower()}"
    assert f"\n## {alert}\n" in runbooks
    assert alert in runbooks


def test_no_runbook_without_alert():
    runbooks = (ROOT / "docs" / "alerts.md").read_text()
    assert set(re.findall(r"^## (\w+)$", runbooks, re.M)) == set(ALERTS)


def test_the_monitor_finds_the_port():
    o = Objects(MONITORED)
    (endpoint,) = o.of("ServiceMonitor")["spec"]["endpoints"]
    service = o.of("Service")
    assert endpoint["port"] in [p["name"] for p in service["spec"]["ports"]]
    assert o.of("ServiceMonitor")["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
