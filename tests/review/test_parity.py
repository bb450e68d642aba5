"""One object, the same answer wherever it is asked for: `sparkgate review -o json`, and a running `sparkgate serve` behind
a stand-in for the API server (defaults, /mutate, the patch by a library that we did not write, /validate).

A column is a function that takes a World and returns its answers, one an object, in the form of answer(); COLUMNS has them
all, and every one is compared with the first.
"""

import base64
import copy
import functools
import json
import os
import re
import ssl
import subprocess
import time
import urllib.request

import jsonpatch
import pytest

from review import FIXTURES, SAMPLES, TEMPLATES, lines, load, namespace, namespaces_of, pod_of, stream, template_of

MANIFESTS = [pytest.param(path, id=path.stem) for path in FIXTURES] + [pytest.param(path, id="sample-" + path.stem) for path in SAMPLES]
MODES = [("enforce", "enforce"), ("enforce", "audit"), ("warn", "warn"), ("warn", "audit"), ("audit", "audit"), (None, "enforce")]
OTHERS = [("k8s", "fill", "rewrite"), ("standalone", "off", "check"), ("standalone", "force", "rewrite"), (None, "fill", "off")]
CELLS = [(*mode, *other) for mode in MODES for other in OTHERS]
CLUSTER_SCOPED = {"Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass", "CustomResourceDefinition"}


class World:
    """The objects of a manifest, once in each kind of namespace: cells of their own, so that one server has them all."""

    def __init__(self, path):
        self.worlds, self.objects = [], []
        for index, (mode, pss, backend, hardening, config_maps) in enumerate(CELLS):
            objects = [o for o in load(path.read_text()) if o["kind"] not in CLUSTER_SCOPED]
            for name in namespaces_of(objects):
                self.worlds.append(namespace(f"{name[:50]}-{index}", mode, backend, pssMode=pss, hardening=hardening, configMaps=config_maps))
            for o in objects:
                o["metadata"]["namespace"] = f"{o['metadata'].get('namespace', 'default')[:50]}-{index}"
            self.objects += objects


def answer(allowed, message, warnings, patch, audit):
    return {"allowed": allowed, "message": message, "warnings": warnings, "patch": patch, "auditAnnotations": audit}


def of_line(line):
    """The answer that a line of -o json promises. For a controller allowed and message are its pods'."""
    return answer(line["allowed"], line["message"], line["warnings"], line["admissionPatch"], line["auditAnnotations"])


# ---- review, audit ----


def by_review(world, _):
    return [of_line(line) for line in lines("-f", "-", stdin=stream(world.worlds + world.objects))[len(world.worlds):]]


def identity(obj):
    return obj["kind"], obj["metadata"]["namespace"], obj["metadata"].get("name", obj["metadata"].get("generateName"))


def by_audit(world, directory):
    """It prints objects of its own choice in its own order: found by their names."""
    path = directory / "audited.json"
    path.write_text(stream(world.worlds + world.objects))
    done = subprocess.run([os.environ["SPARKGATE"], "audit", "-f", str(path), "-o", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    found = {(line["kind"], line["namespace"], line["name"]): of_line(line) for line in map(json.loads, done.stdout.splitlines()) if line["kind"]}
    return [found.get(identity(o)) for o in world.objects]


@functools.cache
# ---- serve, and what the API server does around it ----


class Server:
    """`sparkgate serve` that knows the world from a file."""

    def __init__(self, directory, world):
        facts = directory / "facts.json"
        facts.write_text(stream(world.worlds + [o for o in world.objects if o["kind"] == "ConfigMap"]))
        self.messages = directory / "stderr"
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen([os.environ["SPARKGATE"], "serve", "--listen", "127.0.0.1:0", "--certs", str(directory / "certs"),
                                             "--namespaces", str(facts), "--shutdown-delay", "0s", "--log-level", "error"],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages)
        self.url = self.wait_for_url()
        self.context = ssl.create_default_context(cafile=str(directory / "certs/ca.crt"))

    def wait_for_url(self):
        for _ in range(400):
            found = re.search(r"https://127\.0\.0\.1:\d+", self.messages.read_text())
            if found and "Look next at" in self.messages.read_text():
                return found[0]
            assert self.process.poll() is None, self.messages.read_text()
            time.sleep(0.05)
        raise AssertionError(f"no start message: {self.messages.read_text()}")

    def post(self, path, obj):
        request = urllib.request.Request(self.url + path, json.dumps(review_of(obj)).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=self.context, timeout=30) as response:
            return json.load(response)["response"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


def review_of(obj):
    group, _, version = obj["apiVersion"].rpartition("/")
    resource = {"group": group, "version": version, "resource": obj["kind"].lower() + "s"}
    kind = {"group": group, "version": version, "kind": obj["kind"]}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u", "kind": kind, "resource": resource, "namespace": obj["metadata"]["namespace"], "operation": "CREATE",
                        "userInfo": {}, "object": obj}}


def defaulted(obj):
    """What the API server fills in before admission and rules can see (pkg/apis/core/v1/defaults.go)."""
    obj = copy.deepcopy(obj)
    if obj["kind"] not in TEMPLATES:
        return obj
    spec = template_of(obj)["spec"]
    for volume in spec.get("volumes") or []:
        if not any(value is not None for key, value in volume.items() if key != "name"):
            volume["emptyDir"] = {}
    if obj["kind"] == "Pod" and spec.get("hostNetwork"):
        for container in (spec.get("initContainers") or []) + spec["containers"]:
            for port in container.get("ports") or []:
                port["hostPort"] = port.get("hostPort") or port["containerPort"]
    return obj


# Which entry answers is not said in an answer: the API server knows, since it called it.
ENTRIES = {("/mutate", "Pod"): "pods.mutate", ("/mutate", "ConfigMap"): "configmaps.mutate", ("/validate", "ConfigMap"): "configmaps.validate"}


def entry_of(path, obj, response):
    if obj["kind"] == "Pod" and path == "/validate":
        return "executors.validate" if response.get("auditAnnotations", {}).get("role") == "executor" else "servers.validate"
    return ENTRIES.get((path, obj["kind"]), "workloads.validate")


def audit_of(path, obj, response):
    return {f"{entry_of(path, obj, response)}.sparkgate.io/{key}": value for key, value in response.get("auditAnnotations", {}).items()}


def created(server, obj):
    """What the API server does when obj is created."""
    obj = defaulted(obj)
    if obj["kind"] not in ("Pod", "ConfigMap"):
        mutated = {"allowed": True}
    else:
        mutated = server.post("/mutate", obj)
    assert mutated["allowed"], mutated
    patch = json.loads(base64.b64decode(mutated["patch"])) if "patch" in mutated else []
    validated = server.post("/validate", jsonpatch.apply_patch(obj, copy.deepcopy(patch)))  # it puts the patch's own values in
    assert "patch" not in validated
    warnings = list(dict.fromkeys(mutated.get("warnings", []) + validated.get("warnings", [])))
    audit = audit_of("/mutate", obj, mutated) | audit_of("/validate", obj, validated)
    return answer(validated["allowed"], validated.get("status", {}).get("message"), warnings, patch, audit)


def of_controller(server, obj):
    """A controller's answer, but for the fate of its pods, which review tells: the pod's own."""
    mine, pod = created(server, obj), created(server, pod_of(obj))
    return {**mine, "allowed": pod["allowed"], "message": (pod["message"] or "") if not pod["allowed"] else None}


def by_serve(world, directory):
    with Server(directory, world) as server:
        return [of_controller(server, o) if TEMPLATES.get(o["kind"]) else created(server, o) for o in world.objects]


# ---- do they agree? ----

COLUMNS = [by_review, by_serve, by_audit]


def comparable(obj, found):
    """The message about a controller's pods names the controller and its fields here, the pod and its fields there; else
    it is the same. What files do not hold may be in the cluster; a server whose facts are a file knows that it is not there."""
    found = json.loads(json.dumps(found).replace("(not read)", "(not found)"))
    # A warning is cut, and the two words differ in length.
    found["warnings"] = [re.sub(r"^(backend\.fileNotSeen: .*?\(not found\)).*", r"\1", w) for w in found["warnings"]]
    if not TEMPLATES.get(obj["kind"]) or not found["message"]:
        return found
    fields = ".".join(TEMPLATES[obj["kind"]]) + "."
    message = re.sub(r'^sparkgate: \w+ "[^"]*"', "sparkgate: it", found["message"])
    return {**found, "message": message.replace(fields, "")}


@pytest.mark.parametrize("path", MANIFESTS)
@pytest.mark.parametrize("column", COLUMNS[1:])
def test_all_say_the_same(path, column, tmp_path):
    world = World(path)
    wanted, found = COLUMNS[0](world, tmp_path), column(world, tmp_path)
    assert len(wanted) == len(found) == len(world.objects)
    compared = 0
    for obj, one, other in zip(world.objects, wanted, found):
        if other is None:  # a column that passes over what is none of ours
            assert not one["auditAnnotations"] and one["allowed"], identity(obj)
            continue
        assert comparable(obj, other) == comparable(obj, one), identity(obj)
        compared += 1
    assert compared > 0 or not any(one["auditAnnotations"] for one in wanted)
