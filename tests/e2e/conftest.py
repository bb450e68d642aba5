"""One node for the whole run, sparkgate installed on it by Helm, a clean namespace for each test that wants one."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from bed.api import Api, Counted
from bed.image import pack
from bed.node import Node
from bed.process import wait_until
from load import Load, duration_table, plain_request, server_request

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "manifests" / "charts" / "sparkgate"
OURS = "sparkgate"
NUMBERS = itertools.count(1)
SUMMARY = []  # tables for the end of the run
# What a test run does differently from the defaults: shorter pauses, no spare image pulls.
VALUES = {
    "image": {"pullPolicy": "Never"},
    "certificates": {"selfManaged": {"rotationPause": "2s"}},
    "shutdownDelay": "5s",
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
}


class Cluster:
    """The node with what tests do to sparkgate on it."""

    def __init__(self, node):
        self.node, self.kubectl = node, node.kubectl
        self.api = Api(node)
        self.loads = []

    # Helm and kustomize.

    def helm(self, *args, check=True):
        argv = [os.environ["HELM"], f"--kubeconfig={self.node.kubeconfig}", *map(str, args)]
        environment = {**os.environ, "HOME": str(self.node.dir)}
        run = subprocess.run(argv, capture_output=True, text=True, timeout=240, env=environment)
        assert not check or run.returncode == 0, f"{' '.join(argv[2:])}: {run.returncode}\n{run.stdout}{run.stderr}"
        return run.stdout + run.stderr

    def install(self, *args, values=None, verb="install"):
        file = self.node.dir / "values.yaml"
        file.write_text(yaml.safe_dump({**VALUES, **(values or {})}))
        words = ["--create-namespace"] if verb == "install" else []
        return self.helm(verb, OURS, CHART, "-n", OURS, *words, "-f", file, "--wait", "--timeout", "120s", *args)

    def uninstall(self):
        return self.helm("uninstall", OURS, "-n", OURS, "--wait", "--timeout", "60s")

    # What there is.

    def get(self, *args):
        return json.loads(self.kubectl("get", *args, "-o", "json"))

    def replicas(self):
        """Our pods that are not on their way out."""
        pods = self.get("-n", OURS, "pods", "-l", "app.kubernetes.io/name=sparkgate")["items"]
        return [p for p in pods if not p["metadata"].get("deletionTimestamp")]

    def is_serving(self, count):
        pods = self.replicas()
        ready = [p for p in pods if any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"].get("conditions", []))]
        return len(pods) == count and len(ready) == count

    def wait_serving(self, count=3, seconds=60):
        wait_until(lambda: self.is_serving(count), f"{count} replicas ready", seconds, 0.5)
        # The Service's rules on the node are up to a second behind the pods (kube-proxy).
        wait_until(lambda: len(self.endpoints()) == count, f"{count} endpoints", 20, 0.2)

    def endpoints(self):
        slices = self.get("-n", OURS, "endpointslices", "-l", "kubernetes.io/service-name=sparkgate")["items"]
        return [a for s in slices for e in s["endpoints"] or [] if e["conditions"].get("ready") for a in e["addresses"]]

    def bundles(self):
        """Every caBundle of both configurations."""
        kinds = ("mutatingwebhookconfiguration", "validatingwebhookconfiguration")
        return [w["clientConfig"].get("caBundle", "") for k in kinds for w in self.get(k, OURS)["webhooks"]]

    def metrics(self, pod):
        """The metrics page of one replica, through the API server."""
        return self.kubectl("get", "--raw", f"/api/v1/namespaces/{OURS}/pods/{pod['metadata']['name']}:9090/proxy/metrics")

    def metric(self, pod, name, **labels):
        want = ",".join(f'{k}="{v}"' for k, v in labels.items())
        for line in self.metrics(pod).splitlines():
            series, _, value = line.rpartition(" ")
            if series == (f"{name}{{{want}}}" if labels else name):
                return float(value)
        raise AssertionError(f"no metric {name}{labels}")

    def certs(self, *args, check=True):
        """`sparkgate certs`, as an operator at a terminal runs it."""
        argv = [os.environ["SPARKGATE"], "certs", *args, "--secret=sparkgate-certs", f"--kubeconfig={self.node.kubeconfig}"]
        run = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert not check or run.returncode == 0, run.stdout + run.stderr
        return run

    # Namespaces and load.

    def namespace(self, mode="enforce", **annotations):
        name = f"t-{next(NUMBERS)}"
        labels = {"sparkgate.io/mode": mode} if mode else {}
        notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
        meta = {"name": name, "labels": labels, "annotations": notes}
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}).allowed()
        wait_until(lambda: self.api.get("ServiceAccount", name, "default").ok, f"default service account of {name}", 20)
        if mode:
            wait_until(lambda: self._decided(name), f"namespace {name} in force", 20)
        return name

    def annotate(self, namespace, **annotations):
        notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
        self.api.patch("Namespace", None, namespace, {"metadata": {"annotations": notes}}).allowed()

    def _decided(self, namespace):
        """The API server has the namespace's label: it calls us."""
        with Counted(self.api) as calls:
            self.api.create(probe(namespace), dry_run=True)
        return "pods.mutate.sparkgate.io" in calls

    @contextlib.contextmanager
    def load(self, kinds):
        with Load(self.node, kinds) as load:
            self.loads.append(load)
            yield load


def probe(namespace):
    """A Connect server that every backend can take; only ever a dry run."""
    spec = {
        "containers": [
            {
                "name": "spark",
                "image": "example.com/spark:4.1.1",
                "command": ["/opt/spark/sbin/start-connect-server.sh"],
                "args": ["--master", "local[*]"],
                "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}],
                "securityContext": {"runAsUser": 185},
            }
        ]
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": namespace}, "spec": spec}


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


# The last line that `make test` adds up, and logs that survive the namespace when they are needed.


def save_logs():
    bed, to = Path(os.environ["SCRATCH"]) / "bed", Path(os.environ["SPARKGATE_LOGS"])
    for name, source in (("control-plane", bed / "log"), ("pods", bed / "disk" / "log" / "pods")):
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(source, to / name, dirs_exist_ok=True)


def pytest_sessionfinish(session, exitstatus):
    if exitstatus:
        save_logs()


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        passed, failed, errors, skipped = (len(reporter.stats.get(k, [])) for k in ("passed", "failed", "error", "skipped"))
        print(f"{passed} passed, {failed + errors} failed, {skipped} skipped", flush=True)
