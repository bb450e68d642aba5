"""Patches, judged by a library that we did not write: they apply, nothing is left to do afterwards, and
they touch what they are meant to touch. Every manifest, in every kind of namespace."""

import copy
import json
import re

import jsonpatch
import jsonschema
import pytest

from review import FIXTURES, SAMPLES, SCHEMA, TEMPLATES, lines, load, namespace, namespaces_of, pod_of, stream

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
MANIFESTS = [pytest.param(path, id=path.stem) for path in FIXTURES] + [pytest.param(path, id="sample-" + path.stem) for path in SAMPLES]

# Pointers below the pod's own place. env is added for $(POD_IP) and $(POD_NAME) alone.
BACKEND = [r"/spec/containers/\d+/(command|args)(/\d+)?", r"/spec/containers/\d+/(command|args)/-", r"/spec/containers/\d+/env(/\d+|/-)?",
           r"/metadata", r"/metadata/annotations(/sparkgate\.io~1decision)?"]
HARDENING = [r"/spec/securityContext(/(runAsNonRoot|seccompProfile)(/type)?)?", r"/spec/(initContainers|containers|ephemeralContainers)/\d+/securityContext"
             r"(/(allowPrivilegeEscalation|capabilities|runAsNonRoot|seccompProfile|runAsUser|privileged|procMount)(/.*)?)?"]
FORCE = [r"/spec/(hostNetwork|hostPID|hostIPC|hostUsers|volumes/\d+|securityContext/.*)", r"/spec/(initContainers|containers)/\d+/(ports/\d+/hostPort|securityContext/.*)"]
CONFIG = [r"/data/[^/]+", r"/metadata/annotations(/sparkgate\.io~1decision)?", r"/metadata"]
ON_OPENSHIFT_NEVER = re.compile(r"runAsUser|runAsGroup|fsGroup|seLinuxOptions|supplementalGroups")


def prefix_of(kind):
    return "".join("/" + key for key in TEMPLATES.get(kind, ()))


def allowed_paths(line, hardening):
    if line["role"] == "connect-config":
        return CONFIG
    paths = list(BACKEND)
    if hardening != "off":
        paths += HARDENING
    if hardening == "force":
        paths += FORCE
    return paths


def check_paths(line, hardening, openshift):
    for op in line["patch"]:
        below = op["path"].removeprefix(prefix_of(line["kind"]))
        assert any(re.fullmatch(p, below) for p in allowed_paths(line, hardening)), (line["kind"], line["name"], op)
        if below == "/metadata":
            assert op["op"] == "add" and list(op["value"]) == ["annotations"] and list(op["value"]["annotations"]) == ["sparkgate.io/decision"]
        if hardening == "off":
            assert "securityContext" not in json.dumps(op), op
        if openshift:
            assert not ON_OPENSHIFT_NEVER.search(json.dumps(op)), op


def check_line(line, mode):
    VALIDATOR.validate(line)
    assert line["allowed"] == (line["message"] is None)
    if line["role"] is None and line["kind"] != "Namespace":
        assert line["allowed"] and not line["patch"] and not line["changes"] and not line["violations"]
    if mode != "enforce":
        assert line["allowed"] and line["patch"] == [] == line["admissionPatch"]
    if mode == "audit":
        assert line["warnings"] == []
    if line["kind"] not in ("Pod", "ConfigMap"):
        assert line["admissionPatch"] == []
    elif mode == "enforce":
        assert line["admissionPatch"] == line["patch"]
    assert line["verdict"] == ("deny" if any(v["action"] == "deny" for v in line["violations"]) else "allow")
    assert all(len(w) <= 120 or w.startswith("would violate PodSecurity") for w in line["warnings"])
    assert all("\n" not in w for w in line["warnings"])


def review(objects, worlds):
    """The lines of objects, which stand behind the namespaces."""
    return lines("-f", "-", stdin=stream(worlds + objects))[len(worlds):]


CELLS = [pytest.param(b, m, h, o, id=f"{b}-{m}-{h}-{'openshift' if o else 'plain'}") for b in ("k8s", "standalone") for m in ("enforce", "warn", "audit")
         for h in ("fill", "force", "off") for o in (False, True)]


@pytest.mark.parametrize("path", MANIFESTS)
@pytest.mark.parametrize("backend, mode, hardening, openshift", CELLS)
def test_patch(path, backend, mode, hardening, openshift):
    objects = load(path.read_text())
    worlds = [namespace(name, mode, backend, openshift, hardening=hardening) for name in namespaces_of(objects)]
    first = review(objects, worlds)
    assert len(first) == len(objects)
    results = []
    for obj, line in zip(objects, first):
        assert line["kind"] == obj["kind"]
        check_line(line, mode)
        check_paths(line, hardening, openshift)
        result = jsonpatch.apply_patch(copy.deepcopy(obj), line["patch"])
        assert (result == obj) == (line["patch"] == [])
        results.append(result)
    for line in review(results, worlds):
        assert line["patch"] == [], (line["kind"], line["name"])
    for line, again in zip(first, review(results, worlds)):
        assert line["allowed"] == again["allowed"], line["name"]


@pytest.mark.parametrize("path", MANIFESTS)
@pytest.mark.parametrize("backend", ["k8s", "standalone"])
def test_controller_says_what_its_pods_will_hear(path, backend):
    objects = load(path.read_text())
    worlds = [namespace(name, backend=backend) for name in namespaces_of(objects)]
    controllers = [o for o in objects if TEMPLATES.get(o["kind"])]
    config_maps = [o for o in objects if o["kind"] == "ConfigMap"]
    pods = [pod_of(o) for o in controllers]
    of_controllers = review(config_maps + controllers, worlds)[len(config_maps):]
    of_pods = review(config_maps + pods, worlds)[len(config_maps):]
    for controller, pod in zip(of_controllers, of_pods):
        prefix = prefix_of(controller["kind"])
        assert controller["role"] == pod["role"]
        assert controller["allowed"] == pod["allowed"]
        assert controller["verdict"] == pod["verdict"]
        assert controller["backend"] == pod["backend"]
        # A template without metadata gets some; what is put into it is the same.
        ours = [{**op, "path": op["path"].removeprefix(prefix)} for op in controller["patch"]]
        inside = [op for op in ours if not op["path"].startswith("/metadata")]
        assert inside == [op for op in pod["patch"] if not op["path"].startswith("/metadata")]


def effective_masters(obj):
    """Every master that the pod's command lines and properties name, read with plain regular expressions."""
    text = json.dumps(obj)
    return re.findall(r"(?:--master[= \\n\",]+|spark\.master[= :]+)([a-z0-9]+)", text)


@pytest.mark.parametrize("path", [p for p in MANIFESTS if "none-of-ours" not in p.id])
@pytest.mark.parametrize("backend, scheme", [("k8s", "k8s"), ("standalone", "spark")])
def test_servers_land_on_their_backend(path, backend, scheme):
    objects = load(path.read_text())
    worlds = [namespace(name, backend=backend, hardening="force") for name in namespaces_of(objects)]
    servers = 0
    for obj, line in zip(objects, review(objects, worlds)):
        if line["role"] != "connect-server":
            continue
        servers += 1
        result = jsonpatch.apply_patch(copy.deepcopy(obj), line["patch"])
        found = effective_masters(result)
        assert found and set(found) == {scheme}, (line["kind"], line["name"], found)
        assert not [v for v in line["violations"] if v["rule"].startswith("backend.") and v["action"] == "deny"], line["violations"]
        assert "cannot tell" not in json.dumps(line), line["message"]
    assert servers or path.stem in ("separators", "daemons")


SPARK = "apache/spark:4.1.0"
PROXY = {"name": "istio-proxy", "image": "istio/proxyv2:1.2", "args": ["proxy", "sidecar"]}
LOGS = {"name": "fluent-bit", "image": "fluent/fluent-bit:3.1"}
EXECUTOR = {"name": "spark-kubernetes-executor", "image": SPARK, "args": ["executor"], "env": [
    {"name": "SPARK_EXECUTOR_ID", "value": "1"}, {"name": "SPARK_DRIVER_URL", "value": "spark://x"}]}
WORKER = {"name": "worker", "image": SPARK, "command": ["/opt/spark/bin/spark-class", "org.apache.spark.deploy.worker.Worker", "spark://m:7077"]}
SERVER = {"name": "server", "image": SPARK, "command": ["/opt/spark/sbin/start-connect-server.sh"], "env": [
    {"name": "SPARK_NO_DAEMONIZE", "value": "1"}]}
COPY = {"name": "copy", "image": SPARK, "command": ["cp", "-r", "/opt/spark/jars", "/shared"]}

# The labels, the containers and the init containers of a pod; which of them are of an image whose user is a name.
NAMED_USERS = {
    "an executor behind its template's side-cars": ({"spark-role": "executor"}, [PROXY, LOGS, EXECUTOR], [COPY], ["copy", "spark-kubernetes-executor"]),
    "a worker before a side-car": ({}, [WORKER, LOGS], [], ["worker"]),
    "a worker behind a side-car": ({}, [PROXY, WORKER], [COPY], ["copy", "worker"]),
    "a server as a native side-car": ({}, [LOGS], [{**SERVER, "restartPolicy": "Always"}, COPY], ["server", "copy"]),
    "two servers and a worker": ({}, [SERVER, PROXY, {**SERVER, "name": "second"}, WORKER], [], ["server", "second", "worker"]),
}


@pytest.mark.parametrize("labels, containers, inits, named", [pytest.param(*case, id=name) for name, case in NAMED_USERS.items()])
def test_a_user_that_is_a_name_gets_its_number(labels, containers, inits, named):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "k", "labels": labels},
           "spec": {"containers": containers, "initContainers": inits}}
    [line] = review([pod], [namespace("k", backend="k8s")])
    spec = jsonpatch.apply_patch(copy.deepcopy(pod), line["patch"])["spec"]
    users = {c["name"]: c["securityContext"].get("runAsUser") for c in spec["initContainers"] + spec["containers"]}
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert users == {c["name"]: 185 if c["name"] in named else None for c in inits + containers}
    warned = {name for name in users if f'container "{name}"' in " ".join(w for w in line["warnings"] if "pss.mayNotStart" in w)}
    assert warned == set(users) - set(named)


def test_secrets_are_never_shown():
    for path in FIXTURES:
        objects = load(path.read_text())
        worlds = [namespace(name, backend=backend) for backend in ("k8s",) for name in namespaces_of(objects)]
        for line in review(objects, worlds):
            line.pop("patch"), line.pop("admissionPatch")  # these hold the object's own texts
            assert "do-not-show-me" not in json.dumps(line)
