"""What the tests share: one control plane and one sparkgate for the whole run, a clean namespace for each test."""

import base64
import contextlib
import itertools
import os
import shutil
from pathlib import Path

import pytest
import yaml
from bed.api import Api, Counted, with_namespace
from bed.controlplane import ControlPlane
from bed.objects import load, load_one
from bed.process import wait_until
from bed.sparkgate import URL, Sparkgate
from bed.stub import Stub
from sums import pytest_unconfigure  # noqa: F401

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def scratch():
    return Path(os.environ["SCRATCH"])


@pytest.fixture(scope="session")
def plane(scratch):
    plane = ControlPlane(Path(os.environ["KUBEBED"]), scratch / "bed").start()
    yield plane
    plane.stop()


@pytest.fixture(scope="session")
def sparkgate(scratch, plane):
    """sparkgate with the namespaces of fixtures/namespaces.yaml, stopped in an orderly way at the end."""
    sparkgate = Sparkgate(Path(os.environ["SPARKGATE"]), scratch / "sparkgate", plane.logs)
    sparkgate.know(*[o for o in load("namespaces.yaml") if o["kind"] == "Namespace"])
    yield sparkgate.start()
    assert sparkgate.stop() == 0


@pytest.fixture(scope="session")
def stub(scratch):
    stub = Stub(scratch, 8444)
    yield stub
    stub.close()


def webhook_configurations(sparkgate):
    """The shipped configurations, with the one thing changed that differs per installation: where sparkgate is."""
    ca = base64.b64encode(sparkgate.ca.read_bytes()).decode()
    objects = [o for o in yaml.safe_load_all(Path(os.environ["SPARKGATE_WEBHOOKS"]).read_text()) if o]
    for obj in objects:
        endpoint = "mutate" if obj["kind"].startswith("Mutating") else "validate"
        for webhook in obj["webhooks"]:
            webhook["clientConfig"] = {"url": f"{URL}/{endpoint}", "caBundle": ca}
    return objects


@pytest.fixture(scope="session")
def cluster(plane, sparkgate):
    """The API server with sparkgate installed and every namespace of the fixtures opted in, in force."""
    api = Api(plane)
    for obj in load("namespaces.yaml"):
        api.create(obj).allowed()
    for obj in webhook_configurations(sparkgate):
        api.create(obj).allowed()
    in_force(api, "enforce-k8s", entry="servers.validate.sparkgate.io")
    for obj in load("namespaces.yaml"):
        make_usable(api, obj)
    return api


def make_usable(api, obj):
    """Wait until a namespace's label is in force and pods can be created in it, as the accounts that fixtures name."""
    name = obj["metadata"]["name"]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark", "namespace": name}}
    api.create(account).allowed()
    wait_until(lambda: api.get("ServiceAccount", name, "default").ok, f"default service account of {name}", 20)
    if "sparkgate.io/mode" in obj["metadata"].get("labels", {}):
        in_force(api, name)


def in_force(api, namespace, wanted=True, entry="pods.mutate.sparkgate.io"):
    """Wait until the API server's caches have a namespace's label and the configurations: sparkgate is (not) called."""
    pod = with_namespace(load_one("probe.yaml"), namespace)

    def called():
        with Counted(api) as calls:
            api.create(pod, dry_run=True)
        return (entry in calls) == wanted

    wait_until(called, f"namespace {namespace} {'opted in' if wanted else 'opted out'} in force", 20)


@pytest.fixture
def api(cluster):
    """The cluster; what a test created through it is gone when the test has ended."""
    cluster.created.clear()
    yield cluster
    for kind, namespace, name in reversed(cluster.created):
        if cluster.delete(kind, namespace, name).body.get("metadata", {}).get("finalizers"):
            cluster.patch(kind, namespace, name, {"metadata": {"finalizers": None}})


@pytest.fixture
def calls(cluster):
    """with calls() as counted: ... -> calls per webhook entry."""
    return lambda settle=False: Counted(cluster, settle)


@pytest.fixture
def namespace(api, sparkgate):
    """A function that makes a namespace of the test's own, known and in force everywhere."""
    made = []

    def make(labels=None, annotations=None):
        meta = {"name": f"t-{next(NUMBERS)}", "labels": labels or {}, "annotations": annotations or {}}
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        sparkgate.know(obj)
        api.create(obj).allowed()
        make_usable(api, obj)
        made.append(obj)
        return meta["name"]

    yield make
    sparkgate.forget(*made)


# Logs that survive the namespace when they are needed.


def pytest_sessionfinish(session, exitstatus):
    logs = Path(os.environ["SCRATCH"]) / "bed" / "log"
    if exitstatus and logs.exists():
        with contextlib.suppress(OSError):
            shutil.copytree(logs, os.environ["SPARKGATE_LOGS"], dirs_exist_ok=True)
