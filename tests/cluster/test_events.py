"""Kubernetes Events about what sparkgate refused or rewrote, as the real kubectl shows them; with the rights of manifests/rbac.yaml."""

import itertools
import time

import pytest
from bed.objects import changed, servers
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


def test_equal_refusals_are_one_event_that_counts(api, ns):
    """200 of them, each pod with another name."""
    for n in range(200):
        api.create(changed(BAD, metadata__name=f"p-{n}", metadata__ownerReferences=[OWNER]), ns)
    event = one(api, ns, "SparkgateRefused", 200, 40)
    assert count(event) == 200 and event["involvedObject"]["name"] == "owner"


OWNER = {"apiVersion": "batch/v1", "kind": "Job", "name": "owner", "uid": "00000000-0000-4000-8000-00000000000a", "controller": True}
