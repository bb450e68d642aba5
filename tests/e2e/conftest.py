"""One node for the whole run, sparkgate installed on it by Helm, a clean namespace for each test that wants one."""

import contextlib
import os
import re
import shutil
from pathlib import Path

import pytest
from bed import cluster as bed
from bed.cluster import OURS, probe
from bed.image import pack
from bed.node import Node
from bed.process import wait_until
from load import Load, duration_table, plain_request, server_request
from sums import pytest_unconfigure  # noqa: F401

SUMMARY = []  # tables for the end of the run


class Cluster(bed.Cluster):
    """... with a steady load of admissions, where a test wants one."""

    def __init__(self, node):
        super().__init__(node)
        self.loads = []

    def namespace(self, mode="enforce", **annotations):
        """... that every replica knows: one that has to ask the API server has half a second for it."""
        name = super().namespace(mode, **annotations)
        there = self.api.request("GET", "api/v1/namespaces", limit=1).allowed()["metadata"].get("remainingItemCount", 0) + 1
        wait_until(lambda: all(n >= there for n in self.totals("sparkgate_facts_namespaces").values()), f"{name} known to all", 20)
        return name

    def totals(self, metric):
        """The sum of a metric's samples at each replica, by its name; 0 where it does not answer yet."""
        return {p["metadata"]["name"]: self._total(p, metric) for p in self.replicas()}

    def _total(self, pod, metric):
        page = self.api.request("GET", f"api/v1/namespaces/{OURS}/pods/{pod['metadata']['name']}:9090/proxy/metrics")
        samples = re.findall(rf"^{metric}(?:\{{.*\}})? (\S+)$", page.body.get("text", "") if page.ok else "", re.M)
        return sum(map(float, samples))

    @contextlib.contextmanager
    def load(self, kinds):
        with Load(self.node, kinds) as load:
            self.loads.append(load)
            yield load


@pytest.fixture(scope="session")
def node():
    scratch = Path(os.environ["SCRATCH"])
    node = Node(Path(os.environ["KUBEBED"]), Path(os.environ["COREDNS"]), scratch / "bed")
    try:
        node.start()
        node.load_image(os.environ["SPARKGATE_IMAGE"])
        yield node
    finally:
        node.stop()


def pods_of(cluster, namespace, workload):
    """The pods that a controller's selector finds."""
    labels = workload["spec"]["selector"]["matchLabels"]
    return cluster.api.list("Pod", namespace, labelSelector=",".join(f"{k}={v}" for k, v in labels.items()))


SPARKLIKE = """#!/bin/sh
# What a Connect server is to Kubernetes: a program of that name that tells its command line and stays, until /tmp/stop.
echo "argv: $*"
while [ ! -e /tmp/stop ]; do sleep 0.2; done
exit 1
"""


@pytest.fixture(scope="session")
def sparklike(node):
    """The name of an image in which start-connect-server.sh does nothing but show how it was called."""
    root = node.dir / "images" / "sparklike"
    shutil.copytree(node.dir / "images" / "busybox", root, symlinks=True)
    (root / "tmp").chmod(0o1777)
    script = root / "opt" / "spark" / "sbin" / "start-connect-server.sh"
    script.parent.mkdir(parents=True)
    script.write_text(SPARKLIKE)
    script.chmod(0o755)
    pack(root, "bed.local/sparklike:1", node.dir / "images" / "sparklike.tar", user="65534")
    node.load_image(node.dir / "images" / "sparklike.tar")
    return "bed.local/sparklike:1"


@pytest.fixture(scope="session")
def cluster(node):
    """The node; sparkgate is not installed yet."""
    cluster = Cluster(node)
    yield cluster
    SUMMARY.extend(load.table() for load in cluster.loads)
    SUMMARY.append(duration_table(cluster.api.request("GET", "metrics").body["text"]))


@pytest.fixture(scope="session")
def _installed(cluster):
    cluster.install()
    return cluster


@pytest.fixture
def installed(_installed):
    """sparkgate by Helm, three replicas, all serving; whatever the test before did."""
    _installed.wait_serving()
    return _installed


@pytest.fixture(scope="session")
def load_kinds(_installed):
    """What the steady load consists of: servers of both backends, and what sparkgate must leave alone."""
    k8s = _installed.namespace(backendMode="k8s")
    standalone = _installed.namespace(backendMode="standalone", standaloneMaster="spark://spark-master:7077")
    plain = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    return [
        server_request("k8s server", probe(k8s), k8s, "k8s://https://kubernetes.default.svc"),
        server_request("standalone server", probe(standalone), standalone, "spark://spark-master:7077"),
        plain_request("plain pod", plain, k8s),
    ]


def pytest_collection_modifyitems(items):
    """What takes the chart's installation away comes last, ten thousand namespaces before it."""
    last = {"test_scale": 1, "test_manifests": 2}
    items.sort(key=lambda item: last.get(item.module.__name__, 0))


def pytest_terminal_summary(terminalreporter):
    for table in SUMMARY:
        terminalreporter.write_line("\n" + table)


# Logs that survive the namespace when they are needed.


def save_logs():
    bed, to = Path(os.environ["SCRATCH"]) / "bed", Path(os.environ["SPARKGATE_LOGS"])
    for name, source in (("control-plane", bed / "log"), ("pods", bed / "disk" / "log" / "pods")):
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(source, to / name, dirs_exist_ok=True)


def pytest_sessionfinish(session, exitstatus):
    if exitstatus:
        save_logs()
