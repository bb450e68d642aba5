"""The program under test: `sparkgate serve` with its facts file, and `sparkgate review` for comparison."""

import base64
import contextlib
import json
import os
import subprocess
from pathlib import Path

import requests
import yaml
from bed.process import Process, patiently, wait_until

PORT = 8443
URL = f"https://127.0.0.1:{PORT}"
METRICS = "127.0.0.1:9090"

# A namespace that exists in the facts alone: its master says which edition of the file is in force.
EDITION = "facts-edition"


class Sparkgate:
    def __init__(self, binary, directory: Path, logs: Path):
        self.binary = binary
        self.dir = directory
        self.facts_file = directory / "facts.yaml"
        self.certs = directory / "certs"
        self.certs.mkdir(parents=True, mode=0o700)
        self.policies = directory / "policies"
        self.policies.mkdir()
        self.facts = {}
        self.edition = 0
        self.process = Process("sparkgate", [binary, "serve", *self._serve_flags()], logs)

    def _serve_flags(self):
        return [
            f"--listen=127.0.0.1:{PORT}",
            f"--metrics-listen={METRICS}",
            f"--certs={self.certs}",
            f"--namespaces={self.facts_file}",
            f"--policies={self.policies}",
            "--shutdown-delay=0s",
            "--log-format=json",
        ]

    def start(self):
        if not self.facts_file.exists():
            self._write_facts()
        self.process.start().wait_ready(self._is_ready)
        return self

    def stop(self):
        return self.process.stop()

    @property
    def running(self):
        return self.process.popen is not None and self.process.popen.poll() is None

    @property
    def ca(self):
        """The CA of the self-made certificate."""
        return self.certs / "ca.crt"

    def _is_ready(self):
        try:
            return self.ca.exists() and requests.get(f"{URL}/readyz", verify=str(self.ca), timeout=patiently(5)).ok
        except (requests.RequestException, OSError):
            return False

    # Facts: what sparkgate knows of namespaces and ConfigMaps.

    def know(self, *objects):
        """Add or replace facts and wait until they are in force."""
        self.facts.update({identity(o): o for o in objects})
        self._write_facts()

    def forget(self, *objects):
        for o in objects:
            self.facts.pop(identity(o), None)
        self._write_facts()

    def _write_facts(self):
        self.edition += 1
        objects = [*self.facts.values(), self._edition_namespace()]
        fresh = self.facts_file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump_all(objects))
        os.replace(fresh, self.facts_file)
        if self.running:
            wait_until(self._edition_in_force, f"facts edition {self.edition} in force", 20)

    def _edition_namespace(self):
        notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": f"spark://edition-{self.edition}:7077"}
        meta = {"name": EDITION, "labels": {"sparkgate.io/mode": "enforce"}, "annotations": notes}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}

    def _edition_in_force(self):
        answer = self.post("mutate", admission_review(_EDITION_POD))
        return f"spark://edition-{self.edition}:7077" in decoded_patch(answer)

    # Policies: a layer above the shipped ones.

    def policy_hash(self):
        """Of the policy in force."""
        return self.post("mutate", admission_review(_EDITION_POD))["response"]["auditAnnotations"]["policy"]

    @contextlib.contextmanager
    def layer(self, text):
        """Write a policy file, wait until it is in force; take it away again."""
        before, file = self.policy_hash(), self.policies / "layer.yaml"
        file.write_text(text)
        try:
            wait_until(lambda: self.policy_hash() != before, "the policy layer in force", 20)
            yield
        finally:
            file.unlink()
            wait_until(lambda: self.policy_hash() == before, "the shipped policy in force", 20)

    def post(self, endpoint, review):
        return requests.post(f"{URL}/{endpoint}", json=review, verify=str(self.ca), timeout=patiently(10)).json()

    def metrics(self):
        return requests.get(f"http://{METRICS}/metrics", timeout=patiently(5)).text

    # The same engine, offline.

    def review(self, objects, *flags, output="json", known=True):
        """`sparkgate review`: its lines as objects (json) or documents (yaml)."""
        text = yaml.safe_dump_all(objects if isinstance(objects, list) else [objects])
        argv = [str(self.binary), "review", "-f", "-", "-o", output, f"--policies={self.policies}", *flags]
        if known:
            argv += ["--namespaces", str(self.facts_file)]
        run = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=patiently(30))
        assert run.returncode in (0, 1), f"review: {run.returncode}\n{run.stderr}"
        if output == "json":
            return [json.loads(line) for line in run.stdout.splitlines()]
        return [d for d in yaml.safe_load_all(run.stdout) if d]


def identity(obj):
    return obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]


def admission_review(obj, operation="CREATE", uid="00000000-0000-4000-8000-000000000001"):
    """What the API server would post about obj."""
    kind = {"group": "", "version": "v1", "kind": obj["kind"]}
    resource = {"group": "", "version": "v1", "resource": obj["kind"].lower() + "s"}
    request = {
        "uid": uid,
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "name": obj["metadata"]["name"],
        "namespace": obj["metadata"]["namespace"],
        "operation": operation,
        "userInfo": {"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]},
        "object": obj,
        "oldObject": None,
        "dryRun": True,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def decoded_patch(review):
    """The patch of an AdmissionReview answer as text, "" if there is none."""
    return base64.b64decode(review["response"].get("patch", "")).decode()


_EDITION_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "edition", "namespace": EDITION},
    "spec": {
        "containers": [
            {
                "name": "spark",
                "image": "example.com/spark:4.1.1",
                "command": ["/opt/spark/bin/spark-submit"],
                "args": ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[*]"],
            }
        ]
    },
}
