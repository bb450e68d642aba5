"""Run `sparkgate review` and read what it says; manifests, namespaces and pods to ask it about."""

import json
import os
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/fixtures").glob("*.yaml"))
SAMPLES = sorted(pathlib.Path(os.environ["SPARKGATE_SAMPLES"]).glob("manifests/*.yaml")) if os.environ.get("SPARKGATE_SAMPLES") else []
SCHEMA = json.loads((ROOT / "docs/review.schema.json").read_text())
MASTER = "spark://spark-master:7077"

# Where the pod stands in each kind (apps, batch and core controllers).
TEMPLATES = {
    "Deployment": ("spec", "template"), "ReplicaSet": ("spec", "template"), "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"), "Job": ("spec", "template"), "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "ReplicationController": ("spec", "template"), "PodTemplate": ("template",), "Pod": (),
}


def run(*args, stdin="", env=None):
    return subprocess.run([os.environ["SPARKGATE"], "review", *map(str, args)], input=stdin, capture_output=True, text=True,
                          timeout=60, env={**os.environ, **(env or {})})


def lines(*args, stdin="", codes=(0, 1)):
    done = run(*args, "-o", "json", stdin=stdin)
    assert done.returncode in codes, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def namespace(name, mode="enforce", backend="standalone", openshift=False, **annotations):
    labels = {"sparkgate.io/mode": mode} if mode else {}
    found = {f"sparkgate.io/{key}": value for key, value in annotations.items()}
    if backend:
        found["sparkgate.io/backendMode"] = backend
    if backend == "standalone":
        found["sparkgate.io/standaloneMaster"] = MASTER
    if openshift:
        found["openshift.io/sa.scc.uid-range"] = "1000650000/10000"
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels, "annotations": found}}


def stream(objects):
    """Objects as a stream of JSON documents."""
    return "\n".join(json.dumps(o) for o in objects) + "\n"


def namespaces_of(objects):
    return sorted({o["metadata"].get("namespace", "default") for o in objects})


class KubernetesLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """PyYAML without its dates, which kubectl does not know."""


KubernetesLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
KubernetesLoader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def load(text):
    """All objects of a YAML text, without empty documents; Lists are taken apart."""
    objects = []
    for document in yaml.load_all(text, Loader=KubernetesLoader):
        if document is None:
            continue
        objects += document["items"] if document["kind"] == "List" else [document]
    return objects


def template_of(obj):
    for key in TEMPLATES[obj["kind"]]:
        obj = obj[key]
    return obj


def pod_of(obj):
    """The pod that a controller would create."""
    template = template_of(obj)
    name = obj["metadata"].get("name", "x")
    metadata = {**template.get("metadata", {}), "generateName": f"{name}-", "ownerReferences": [
        {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": name, "uid": "0", "controller": True}]}
    metadata.pop("name", None)
    if "namespace" in obj["metadata"]:
        metadata["namespace"] = obj["metadata"]["namespace"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
