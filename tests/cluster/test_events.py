"""Kubernetes Events about what sparkgate refused or rewrote, as the real kubectl shows them; with the rights of manifests/rbac.yaml."""

import itertools
import time

import pytest
from bed.objects import changed
from bed.process import wait_until
from conftest import make_usable
from test_live_facts import POD, fresh, live  # noqa: F401

BAD = changed(POD, spec__hostPID=True)
NUMBERS = itertools.count(1)
pytestmark = pytest.mark.usefixtures("live")


def events(api, namespace, reason=None):
    """Those of sparkgate, the newest first."""
    items = api.request("GET", f"api/v1/namespaces/{namespace}/events").allowed()["items"]
    ours = [e for e in items if e.get("reportingComponent") == "sparkgate.io/sparkgate" and reason in (None, e["reason"])]
    return sorted(ours, key=lambda e: e["eventTime"], reverse=True)


def count(event):
    return event.get("series", {}).get("count", 1)


def one(api, namespace, reason, total=1, seconds=20):
    """The one Event of that reason, when it counts so many."""
    wait_until(lambda: sum(map(count, events(api, namespace, reason))) >= total, f"an Event {reason} that counts {total}", seconds)
    (event,) = events(api, namespace, reason)
    return event


def controller(kind, template, name="connect"):
    labels = {**template["metadata"].get("labels", {}), "app": "ctl"}
    template = {"metadata": {**{k: v for k, v in template["metadata"].items() if k == "annotations"}, "labels": labels}, "spec": template["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "ctl"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def described(api, kind, namespace, name):
    return api.kubectl("describe", kind, "-n", namespace, name, check=True).stdout


@pytest.fixture
def ns(api, fresh):  # noqa: F811
    namespace = fresh()
    make_usable(api, namespace)
    return namespace["metadata"]["name"]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_a_refused_pod_shows_at_who_made_it(api, ns, kind):
    api.create(controller(kind, BAD), ns).allowed()
    event = one(api, ns, "SparkgateRefused")
    assert (event["type"], event["involvedObject"]["kind"], event["involvedObject"]["name"]) == ("Warning", kind, "connect")
    assert "Pod refused (backendMode k8s, enforce): " in event["message"] and "hostPID=true" in event["message"]
    text = described(api, kind.lower(), ns, "connect")
    assert "SparkgateRefused" in text and "hostPID=true" in text


def test_a_rewritten_pod_shows_at_who_made_it(api, ns):
    api.create(controller("Deployment", POD), ns).allowed()
    event = one(api, ns, "SparkgateRewritten")
    assert event["type"] == "Normal" and "spark.master: " in event["message"] and "k8s://" in event["message"]
    assert "SparkgateRewritten" in described(api, "deployment", ns, "connect")


OWNER = {"apiVersion": "batch/v1", "kind": "Job", "name": "owner", "uid": "00000000-0000-4000-8000-00000000000a", "controller": True}


def test_equal_refusals_are_one_event_that_counts(api, ns):
    """200 of them, each pod with another name."""
    for n in range(200):
        assert not api.create(changed(BAD, metadata__name=f"p-{n}", metadata__ownerReferences=[OWNER]), ns).ok
    event = one(api, ns, "SparkgateRefused", 200, 40)
    assert count(event) == 200 and event["involvedObject"]["name"] == "owner"


def test_other_texts_are_other_events_up_to_a_bound(api, ns):
    for n in range(20):
        bad = changed(BAD, metadata__name=f"p-{n}", metadata__ownerReferences=[OWNER])
        bad["spec"]["containers"].append({"name": f"c-{n}", "image": "example.com/x:1", "securityContext": {"privileged": True}})
        api.create(bad, ns)
    wait_until(lambda: len(events(api, ns)) >= 8, "eight Events", 20)
    time.sleep(1)
    assert len(events(api, ns)) == 8  # one of them says that it was rewritten


def test_config_maps(api, ns):
    """One that is written anew has a uid, which `kubectl describe` looks for; one that is made has none yet, and stands among the Events alone."""
    meta = {"name": "conf", "labels": {"sparkgate.io/role": "connect-config"}}
    data = {"spark-defaults.conf": "spark.master=spark://elsewhere.example:7077\n"}
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}, ns).allowed()
    event = one(api, ns, "SparkgateRewritten")
    assert (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == ("ConfigMap", "conf")
    assert "ConfigMap rewritten (backendMode k8s, enforce): spark.master: spark://elsewhere.example:7077 -> k8s://" in event["message"]
    data = {"spark-defaults.conf": "spark.master=spark://other.example:7077\n"}
    api.patch("ConfigMap", ns, "conf", {"data": data}).allowed()
    wait_until(lambda: "SparkgateRewritten" in described(api, "configmap", ns, "conf"), "an Event of the ConfigMap", 20)


def test_a_dry_run_gives_none(api, ns):
    for _ in range(3):
        assert not api.create(BAD, ns, dry_run=True).ok
        api.create(POD, ns, dry_run=True).allowed()
    assert not api.create(changed(BAD, metadata__name="later"), ns).ok
    one(api, ns, "SparkgateRefused")
    one(api, ns, "SparkgateRewritten")  # the later one: refused, after it was rewritten
    assert [count(e) for e in events(api, ns)] == [1, 1]


def tells_in_mode(answer, mode):
    """Is that what audit or warn say of a bad pod? (enforce, which was in force before, refuses it.)"""
    return answer.ok and bool(answer.warnings) == (mode == "warn")


def test_mode_audit_gives_none_and_warn_says_would(api, ns):
    for mode in ("audit", "warn"):
        api.patch("Namespace", None, ns, {"metadata": {"labels": {"sparkgate.io/mode": mode}}}).allowed()
        wait_until(lambda mode=mode: tells_in_mode(api.create(BAD, ns, dry_run=True), mode), f"mode {mode} in force", 10)
        api.create(changed(BAD, metadata__name=mode), ns).allowed()
    event = one(api, ns, "SparkgateWouldRefuse")
    assert event["type"] == "Warning" and event["involvedObject"]["name"] == "warn" and "would be refused in mode enforce" in event["message"]
    time.sleep(1)
    assert [e["reason"] for e in events(api, ns)] == ["SparkgateWouldRefuse"]


def test_what_is_counted(live, api, ns):  # noqa: F811
    before = live.metrics()
    api.create(changed(BAD, metadata__name="counted"), ns)
    one(api, ns, "SparkgateRefused")
    name = 'sparkgate_workload_events_total{result="created"}'
    wait_until(lambda: live.metrics()[name] > before[name], "a created Event counted", 10)
