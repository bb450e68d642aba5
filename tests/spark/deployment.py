"""One namespace with a Connect server in it, from opting in to the last log, as its owner sees it: charts, pods, clients."""

import base64
import contextlib
import json
import os
import subprocess
import time
from pathlib import Path

import requests
import settings as sizes
import yaml
from bed.objects import settings
from bed.process import patiently, wait_until

HERE = Path(__file__).parent
PYTHONS = {"3.5": os.environ.get("CLIENT_3_5"), "4.1": os.environ.get("CLIENT_4_1")}
MASTER = "spark://spark-standalone-master:7077"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest"}


def ready(pod):
    conditions = pod["status"].get("conditions", [])
    return not pod["metadata"].get("deletionTimestamp") and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


class Client:
    """load.py in the Python of one Spark version; its lines can be read while it runs."""

    def __init__(self, name, version, remote, out: Path, *args):
        self.name, self.log = name, out / f"client-{name}.log"
        # Nothing of ours: what a client finds on a data engineer's machine.
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(out), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        argv = [PYTHONS[version], str(HERE / "load.py"), f"--remote={remote}", *map(str, args)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment)

    def said(self):
        """The steps so far. The last line may not be whole yet."""
        found = []
        for line in self.log.read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [x for x in found if isinstance(x, dict)]

    def step(self, name):
        return next((x for x in self.said() if x["step"] == name), None)

    def wait_step(self, name, seconds=120):
        def there():
            assert self.process.poll() in (None, 0), f"client {self.name} failed:\n{self.tail()}"
            return self.step(name)

        return wait_until(there, f"step {name} of client {self.name} ({self.log})", seconds, 0.2)

    def finish(self, seconds=300):
        """Waits for the end; all of its assertions held."""
        seconds = patiently(seconds)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"none within {seconds} s"
        assert status == 0 and self.step("PASSED"), f"client {self.name}, exit status {status}:\n{self.tail()}"
        return self

    def tail(self):
        return self.log.read_text()[-3000:]


class Deployment:
    """with Deployment(gate, "spark-35-k8s", "3.5", logs, s3) as it: it.opt_in("k8s"); it.install_connect(); …"""

    def __init__(self, gate, name, version, logs: Path, s3=None):
        self.gate, self.api, self.namespace, self.version, self.s3 = gate, gate.api, name, version, s3
        self.logs = logs / name
        self.logs.mkdir(parents=True, exist_ok=True)
        self.times, self.clients, self.notes = {}, [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            if client.process.poll() is None:
                client.process.kill()
        self.gate.kubectl("delete", "namespace", self.namespace, "--wait=false", "--ignore-not-found")

    @contextlib.contextmanager
    def timed(self, what):
        began = time.monotonic()
        yield
        self.times[what] = time.monotonic() - began

    # The namespace.

    def opt_in(self, backend, **annotations):
        """Creates the namespace. What decides the backend is its annotation, and nothing else."""
        notes = {"backendMode": backend, **({"standaloneMaster": MASTER} if backend == "standalone" else {}), **annotations}
        meta = {
            "name": self.namespace,
            "labels": {"sparkgate.io/mode": "enforce", **RESTRICTED},
            "annotations": {f"sparkgate.io/{k}": v for k, v in notes.items()},
        }
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}).allowed()
        wait_until(lambda: self.api.get("ServiceAccount", self.namespace, "default").ok, "default service account", 20)
        wait_until(lambda: self.gate.decides_in(self.namespace), f"namespace {self.namespace} in force", 20)
        if self.s3:
            self.s3.put(self.namespace)
            self.add_credentials()

    def choose(self, backend, dry_run=False):
        """Another backend for the namespace: this annotation is all that an operator changes."""
        notes = {"sparkgate.io/backendMode": backend, "sparkgate.io/standaloneMaster": MASTER}
        return self.api.patch("Namespace", None, self.namespace, {"metadata": {"annotations": notes}}, dry_run=dry_run)

    def add_credentials(self):
        pairs = {"access-key": sizes.ACCESS_KEY, "secret-key": sizes.SECRET_KEY}
        data = {k: base64.b64encode(v.encode()).decode() for k, v in pairs.items()}
        meta = {"name": sizes.SECRET, "namespace": self.namespace}
        self.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data}).allowed()

    # Charts.

    def install(self, release, chart, values, quiet=True):
        """quiet: nobody has anything to warn of."""
        file = self.logs / f"values-{release}.yaml"
        file.write_text(yaml.safe_dump(values))
        told = self.gate.helm("install", release, sizes.CHARTS / chart, "-n", self.namespace, "-f", file)
        assert not quiet or "Warning:" not in told, told

    def install_connect(self, quiet=True, **more):
        endpoint = self.s3.endpoint if self.s3 else ""
        self.install("spark-connect", "spark-connect", sizes.connect_values(self.version, endpoint, **more), quiet)

    def install_standalone(self, workers=sizes.EXECUTORS):
        """With its master ready: a Connect server that comes before it tries for a minute."""
        self.install("spark-standalone", "spark-standalone", sizes.standalone_values(self.version, workers))
        self.wait_pods("master", 1)

    # Pods.

    SELECTORS = {
        "connect": "app.kubernetes.io/name=spark-connect",
        "master": "app.kubernetes.io/name=spark-standalone,app.kubernetes.io/component=spark-master",
        "worker": "app.kubernetes.io/name=spark-standalone,app.kubernetes.io/component=spark-worker",
        "executor": "spark-role=executor",
    }

    def pods(self, kind=None):
        return self.api.list("Pod", self.namespace, labelSelector=self.SELECTORS.get(kind))

    PARTS = {"executor": "-exec-", "worker": "-worker-"}  # of their names

    def names_ever(self, kind):
        """Of the pods of a kind that there are and were: one that is lost is replaced, under another name."""
        events = self.api.request("GET", f"api/v1/namespaces/{self.namespace}/events").allowed()["items"]
        pods = {e["involvedObject"]["name"] for e in events if e["involvedObject"]["kind"] == "Pod"}
        return {name for name in pods if self.PARTS[kind] in name}

    def wait_pods(self, kind, count, seconds=150):
        """Exactly so many of a kind, all ready."""

        def there():
            found = [p for p in self.pods(kind) if not p["metadata"].get("deletionTimestamp")]
            alive = [p for p in found if p["status"].get("phase") not in ("Succeeded", "Failed")]
            return alive if len(alive) == count and all(map(ready, alive)) else None

        return wait_until(there, f"{count} ready {kind} pods in {self.namespace}", seconds, 0.3)

    def server(self):
        return self.wait_pods("connect", 1)[0]

    def server_settings(self):
        """What the command line of the server pod says."""
        return settings(self.server())

    def properties(self):
        """The text that a person reads."""
        return self.api.get("ConfigMap", self.namespace, "spark-connect-conf").allowed()["data"]["spark-defaults.conf"]

    def log_of(self, pod, previous=False):
        return self.gate.kubectl("-n", self.namespace, "logs", pod, "--all-containers", *(["--previous"] if previous else []), check=False)

    def events(self):
        return self.gate.kubectl("-n", self.namespace, "get", "events", "--sort-by=.lastTimestamp", "-o", "wide", check=False)

    def readmit(self):
        """An empty patch of each ConfigMap: it is admitted once more, and follows the namespace."""
        for config in self.api.list("ConfigMap", self.namespace):
            name = config["metadata"]["name"]
            if name != "kube-root-ca.crt":
                self.api.patch("ConfigMap", self.namespace, name, {}).allowed()

    def restart_server(self):
        self.gate.kubectl("-n", self.namespace, "rollout", "restart", "deployment/spark-connect")
        self.gate.kubectl("-n", self.namespace, "rollout", "status", "deployment/spark-connect", f"--timeout={patiently(150)}s", timeout=patiently(150) + 30)

    # Work.

    def address(self):
        service = self.api.get("Service", self.namespace, "spark-connect").allowed()
        return f"sc://{service['spec']['clusterIP']}:15002"

    def start_client(self, name, *args, remote=None):
        client = Client(name, self.version, remote or self.address(), self.logs, *args)
        self.clients.append(client)
        return client

    def at_the_master(self):
        """What the Standalone master tells: cores in use by worker, names of the running applications."""
        address = self.wait_pods("master", 1)[0]["status"]["podIP"]
        told = requests.get(f"http://{address}:8080/json/", timeout=10).json()
        alive = {w["host"]: w["coresused"] for w in told["workers"] if w["state"] == "ALIVE"}
        return alive, [a["name"] for a in told["activeapps"]]

    # What is left of a failure.

    def save_logs(self):
        for pod in self.pods():
            name = pod["metadata"]["name"]
            (self.logs / f"pod-{name}.log").write_text(self.log_of(name))
            if any(s.get("restartCount") for s in pod["status"].get("containerStatuses", [])):
                (self.logs / f"pod-{name}-before.log").write_text(self.log_of(name, previous=True))
        (self.logs / "events.txt").write_text(self.events())
        objects = self.gate.kubectl("-n", self.namespace, "get", "pods,configmaps,deployments,replicasets", "-o", "yaml", check=False)
        (self.logs / "objects.yaml").write_text(objects)
        for pod in self.gate.replicas():
            name = pod["metadata"]["name"]
            (self.logs / f"webhook-{name}.log").write_text(self.gate.kubectl("-n", "sparkgate", "logs", name, check=False))
