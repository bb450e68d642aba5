"""sparkgate on a node, installed by Helm as its users install it, and what tests do to it there."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import yaml
from bed.api import Api, Counted
from bed.process import patiently, wait_until

ROOT = Path(__file__).parent.parent.parent.parent
CHART = ROOT / "manifests" / "charts" / "sparkgate"
OURS = "sparkgate"
NUMBERS = itertools.count(1)
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

    # Helm and kustomize.

    def helm(self, *args, check=True):
        argv = [os.environ["HELM"], f"--kubeconfig={self.node.kubeconfig}", *map(str, args)]
        environment = {**os.environ, "HOME": str(self.node.dir)}
        run = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(240), env=environment)
        assert not check or run.returncode == 0, f"{' '.join(argv[2:])}: {run.returncode}\n{run.stdout}{run.stderr}"
        return run.stdout + run.stderr

    def install(self, *args, values=None, verb="install"):
        file = self.node.dir / "values.yaml"
        file.write_text(yaml.safe_dump({**VALUES, **(values or {})}))
        words = ["--create-namespace"] if verb == "install" else []
        return self.helm(verb, OURS, CHART, "-n", OURS, *words, "-f", file, "--wait", "--timeout", f"{patiently(120)}s", *args)

    def uninstall(self):
        return self.helm("uninstall", OURS, "-n", OURS, "--wait", "--timeout", f"{patiently(60)}s")

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
        name = pod["metadata"]["name"]
        text = self.kubectl("get", "--raw", f"/api/v1/namespaces/{OURS}/pods/{name}:9090/proxy/metrics", check=False)
        if not text:
            raise ConnectionError(f"no metrics of {name}")  # who waits for it asks again
        return text

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
        run = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(60))
        assert not check or run.returncode == 0, run.stdout + run.stderr
        return run

    # Namespaces.

    def namespace(self, mode="enforce", **annotations):
        name = f"t-{next(NUMBERS)}"
        labels = {"sparkgate.io/mode": mode} if mode else {}
        notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
        meta = {"name": name, "labels": labels, "annotations": notes}
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}).allowed()
        wait_until(lambda: self.api.get("ServiceAccount", name, "default").ok, f"default service account of {name}", 20)
        if mode:
            wait_until(lambda: self.decides_in(name), f"namespace {name} in force", 20)
        return name

    def annotate(self, namespace, **annotations):
        notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
        self.api.patch("Namespace", None, namespace, {"metadata": {"annotations": notes}}).allowed()

    def decides_in(self, namespace):
        """The API server has the namespace's label: it calls us."""
        with Counted(self.api) as calls:
            self.api.create(probe(namespace), dry_run=True)
        return "pods.mutate.sparkgate.io" in calls


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
