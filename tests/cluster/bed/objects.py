"""Fixtures as objects, and what the tests read out of pods without sparkgate's help."""

import copy
import re
import shlex
from pathlib import Path

import yaml

FIXTURES = Path(__file__).parent.parent / "fixtures"
SERVER_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
DECISION = "sparkgate.io/decision"


def load(name):
    """The documents of a fixture file."""
    return [d for d in yaml.safe_load_all((FIXTURES / name).read_text()) if d]


def load_one(name, kind=None):
    return next(d for d in load(name) if kind in (None, d["kind"]))


def servers():
    """name -> (the pod, its ConfigMaps) of every Connect server among the fixtures."""
    found = {}
    for path in sorted((FIXTURES / "servers").glob("*.yaml")):
        documents = load(f"servers/{path.name}")
        workload = next(d for d in documents if d["kind"] != "ConfigMap")
        found[path.stem] = (pod_of(workload), [d for d in documents if d["kind"] == "ConfigMap"])
    return found


def template_of(workload):
    spec = workload.get("spec", {})
    if workload["kind"] == "CronJob":
        return spec["jobTemplate"]["spec"]["template"]
    return workload["template"] if workload["kind"] == "PodTemplate" else spec["template"]


def pod_of(workload):
    """The pod that a controller would create."""
    if workload["kind"] == "Pod":
        return copy.deepcopy(workload)
    template = copy.deepcopy(template_of(workload))
    template.setdefault("metadata", {})["name"] = workload["metadata"]["name"] + "-0"
    return {"apiVersion": "v1", "kind": "Pod", **template}


def in_namespace(obj, namespace):
    obj = copy.deepcopy(obj)
    obj["metadata"]["namespace"] = namespace
    return obj


def changed(obj, **paths):
    """A copy with some places set: changed(pod, metadata__labels={...}, spec__containers__0__image="x")."""
    obj = copy.deepcopy(obj)
    for path, value in paths.items():
        at = obj
        *way, last = (int(w) if w.isdigit() else w for w in path.split("__"))
        for step in way:
            at = at[step] if isinstance(step, int) else at.setdefault(step, {})
        at[last] = value
    return obj


def server_container(pod):
    """The container whose words name a Connect server."""
    for c in pod["spec"]["containers"]:
        text = " ".join(c.get("command", []) + c.get("args", []))
        if SERVER_CLASS in text or "start-connect-server.sh" in text or text.startswith("connect-server"):
            return c
    raise AssertionError("no container runs a Connect server")


def words(pod):
    """The server's command line as words; good enough for the fixtures, whose shell text is known."""
    c = server_container(pod)
    line = c.get("command", []) + c.get("args", [])
    shell = next((i for i, w in enumerate(line) if re.search(r"(^|/)(ba)?sh$", w)), None)
    return line if shell is None else shlex.split(line[-1].replace("\\\n", " "), comments=True)


def settings(pod):
    """What spark-submit would take from the command line: the last of equals, --master over --conf."""
    found, line = {}, words(pod)
    for word, value in zip(line, line[1:]):
        if word == "--conf" and "=" in value:
            key, _, text = value.partition("=")
            found[key] = text
    masters = [v for w, v in zip(line, line[1:]) if w == "--master"] + [w[9:] for w in line if w.startswith("--master=")]
    if masters:
        found["spark.master"] = masters[-1]
    return found


def properties(text):
    """The settings of a properties text of the fixtures (no continuation lines there)."""
    found = {}
    for line in text.splitlines():
        m = re.match(r"\s*([^#!\s=:][^\s=:]*)\s*[=:]?\s*(.*)", line)
        if m:
            found[m.group(1)] = m.group(2)
    return found


def substance(obj):
    """An object without what every creation makes anew: comparable across creations and namespaces."""
    obj = copy.deepcopy(obj)
    meta = obj["metadata"]
    for key in ("uid", "creationTimestamp", "resourceVersion", "managedFields", "namespace", "generation", "selfLink"):
        meta.pop(key, None)
    for key in ("labels", "annotations"):
        if not meta.get(key):
            meta.pop(key, None)
    obj.pop("status", None)
    if obj["kind"] == "Pod":
        spec = obj["spec"]
        token = [v["name"] for v in spec.get("volumes", []) if v["name"].startswith("kube-api-access-")]
        spec["volumes"] = [v for v in spec.get("volumes", []) if v["name"] not in token]
        for c in spec["containers"] + spec.get("initContainers", []):
            c["volumeMounts"] = [m for m in c.get("volumeMounts", []) if m["name"] not in token]
    return obj
