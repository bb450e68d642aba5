"""Run `sparkgate audit`, and what a cluster can have."""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/fixtures").glob("*.yaml"))
PROGRAM = os.environ["SPARKGATE"]
MASTER = "spark://spark-master:7077"


def run(*args, stdin="", timeout=120, command="audit", env=None, stdout=subprocess.PIPE):
    return subprocess.run([PROGRAM, command, *map(str, args)], input=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})  # fmt: skip


def lines(*args, codes=(0, 1), **options):
    done = run(*args, "-o", "json", **options)
    assert done.returncode in codes, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# The parent of the program is a small process: ru_maxrss begins with what the forking process had.
MEASURE = """import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def measured(path, *args, output=subprocess.PIPE, timeout=300):
    """What ran, and the most memory that it had resident, in MiB. path: a file to write that to."""
    done = subprocess.run([sys.executable, "-S", "-E", "-c", MEASURE, str(path), PROGRAM, "audit", *map(str, args)], stdin=subprocess.DEVNULL,
                          stdout=output, stderr=subprocess.PIPE, text=True, timeout=timeout)  # fmt: skip
    return done, int(path.read_text()) / 1024


# ---- objects ----


def namespace(name, mode="enforce", backend="standalone", **annotations):
    found = {f"sparkgate.io/{key}": value for key, value in annotations.items()}
    if backend:
        found["sparkgate.io/backendMode"] = backend
    if backend == "standalone":
        found["sparkgate.io/standaloneMaster"] = MASTER
    labels = {"sparkgate.io/mode": mode} if mode else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels, "annotations": found}}


def meta(name, namespace, owner=None, **more):
    found = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", **more}
    if owner:
        kind, _, of = owner.partition("/")
        found["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": kind, "name": of, "uid": "0", "controller": True}]
    return found


GOOD = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "runAsUser": 185,
        "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip


def server_spec(master="k8s://https://kubernetes.default.svc", **more):
    command = ["/opt/spark/sbin/start-connect-server.sh", "--master", master, "--conf", "spark.executor.instances=2"]
    container = {"name": "spark", "image": "docker.io/apache/spark:4.1.0", "command": command, "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}]}
    return {"containers": [container], **more}


def server(name, namespace, owner=None, master="k8s://https://kubernetes.default.svc", phase="Running", **more):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta(name, namespace, owner), "spec": server_spec(master, **more), "status": {"phase": phase}}


def executor(name, namespace, driver="driver", phase="Running"):
    labels = {"spark-role": "executor", "spark-app-selector": "spark-1", "spark-exec-id": name.rpartition("-")[2]}
    container = {"name": "spark-kubernetes-executor", "image": "docker.io/apache/spark:4.1.0", "args": ["executor"], "securityContext": GOOD,
                 "env": [{"name": "SPARK_EXECUTOR_ID", "value": "1"}, {"name": "SPARK_DRIVER_URL", "value": "spark://CoarseGrainedScheduler@driver:7078"}]}  # fmt: skip
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta(name, namespace, f"Pod/{driver}", labels=labels),
            "spec": {"containers": [container]}, "status": {"phase": phase}}  # fmt: skip


def other(name, namespace, kind="Pod", **more):
    """A workload that is nobody of Spark."""
    spec = {"containers": [{"name": "web", "image": "nginx:1.27"}], **more}
    return controller(kind, name, namespace, spec) if kind != "Pod" else {"apiVersion": "v1", "kind": "Pod", "metadata": meta(name, namespace), "spec": spec}


TEMPLATES = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "ReplicationController": "v1",
             "Job": "batch/v1", "CronJob": "batch/v1", "PodTemplate": "v1"}  # fmt: skip


def controller(kind, name, namespace, spec=None, owner=None):
    template = {"metadata": {"labels": {"app": name}}, "spec": spec or server_spec()}
    obj = {"apiVersion": TEMPLATES[kind], "kind": kind, "metadata": meta(name, namespace, owner)}
    if kind == "PodTemplate":
        return {**obj, "template": template}
    if kind == "CronJob":
        return {**obj, "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}}
    return {**obj, "spec": {"template": template}}


def config_map(name, namespace, text="spark.master=k8s://https://kubernetes.default.svc\nspark.connect.grpc.binding.port=15002\n", **labels):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, namespace, labels=labels), "data": {"spark-defaults.conf": text}}


# ---- manifests ----


class KubernetesLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """PyYAML without its dates, which kubectl does not know."""


KubernetesLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def stream(objects):
    return "\n".join(json.dumps(o) for o in objects) + "\n"


# ---- what a report says ----


def titles(found):
    return [(o["namespace"], o["kind"], o["name"]) for o in found]


def sums(text):
    """The last lines of a table: what was counted."""
    numbers = re.search(r"(\d+) namespaces?, (\d+) objects? looked at, (\d+) of Spark Connect: enforce refuses (\d+) and\nchanges (\d+); (\d+) with drift, "
                        r"(\d+) with warnings, (\d+) with notes", text)  # fmt: skip
    assert numbers, text
    names = ("namespaces", "objects", "spark", "refused", "changed", "drift", "warned", "noted")
    return dict(zip(names, map(int, numbers.groups())))


def changed(obj, **paths):
    """A copy with some places set: changed(pod, metadata__labels={...})."""
    obj = copy.deepcopy(obj)
    for path, value in paths.items():
        at = obj
        *way, last = path.split("__")
        for step in way:
            at = at.setdefault(step, {})
        at[last] = value
    return obj
