"""`sparkgate audit` of what a real API server stored says what the webhook decides when the same is created: verdict, words, audit annotations.
Stored first, in a namespace that nobody looked at; then that opts in, is audited, emptied, and everything is created again."""

import json
import os
import subprocess
import time

import pytest
from bed import audit_log
from bed.objects import changed, in_namespace, load, pod_of, servers
from bed.process import patiently, wait_until
from conftest import in_force

MASTER = "spark://10.0.0.7:7077"
BACKENDS = {"k8s": {"sparkgate.io/backendMode": "k8s"},
            "standalone": {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": MASTER}}  # fmt: skip


def fixtures():
    """Every Connect server and its ConfigMaps, one that is refused, one that is warned of, the daemons, an executor."""
    found = []
    for name, (pod, maps) in servers().items():
        found += [changed(pod, metadata__name=f"{name}-good"), changed(pod, metadata__name=f"{name}-bad", spec__hostPID=True), *maps]
    found += [pod_of(d) for d in load("daemons.yaml") if d["kind"] != "Service"] + [pod_of(d) for d in load("executor.yaml")]
    return list({(o["kind"], o["metadata"]["name"]): o for o in found}.values())


def audit(plane, sparkgate, *args):
    """Exit code, and what is told of each object, by kind and name."""
    argv = [os.environ["SPARKGATE"], "audit", "--kubeconfig", str(plane.kubeconfig), f"--policies={sparkgate.policies}", "-o", "json", *args]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(120))
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, {(o["kind"], o["name"]): o for o in map(json.loads, done.stdout.splitlines())}


def opt_in(api, sparkgate, name, mode, annotations):
    api.patch("Namespace", None, name, {"metadata": {"labels": {"sparkgate.io/mode": mode}, "annotations": annotations}}).allowed()
    labels = {"sparkgate.io/mode": mode}
    sparkgate.know({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels, "annotations": annotations}})
    in_force(api, name)


def annotations_of(api, answer):
    return {k: v for k, v in api.audit_annotations(answer).items() if k.split("/")[0].endswith(".sparkgate.io")}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", ["enforce", "warn", "audit"])
def test_an_audit_says_what_admission_decides(api, plane, sparkgate, namespace, mode, backend):
    name = namespace()
    objects = [in_namespace(o, name) for o in fixtures()]
    maps = [o for o in objects if o["kind"] == "ConfigMap"]
    for obj in objects:
        api.create(obj).allowed()
    sparkgate.know(*maps)
    try:
        opt_in(api, sparkgate, name, mode, BACKENDS[backend])
        code, told = audit(plane, sparkgate, "-n", name)
        # A ConfigMap that is looked up is one that is stored: these go last.
        for obj in sorted(objects, key=lambda o: o["kind"] == "ConfigMap"):
            kind, own = obj["kind"], obj["metadata"]["name"]
            api.delete(kind, name, own)
            wait_until(lambda: api.gone(kind, name, own), f"{kind} {own} gone", 20)
            check(api, obj, told[kind, own])
    finally:
        sparkgate.forget(*maps)
    assert code == 1  # what enforce would refuse counts in every mode
    assert {o["verdict"] for o in told.values()} == {"allow", "deny"}


def check(api, obj, line):
    answer = api.create(obj, dry_run=True)
    what = f"{obj['kind']} {obj['metadata']['name']}"
    assert line["allowed"] == answer.ok, (what, line["message"], answer.message)
    if not answer.ok:
        assert line["message"] == answer.refused(), what
    assert sorted(line["warnings"]) == sorted(answer.warnings), what
    assert line["auditAnnotations"] == annotations_of(api, answer), what


def drifted(told):
    return {key for key, o in told.items() if any(v["rule"] == "backend.drift" for v in o["violations"])}


def test_a_switch_leaves_servers_elsewhere(api, plane, sparkgate, namespace):
    """Nothing runs here, and the pods are admitted all the same: they stay where they were admitted until they are created anew."""
    name = namespace({"sparkgate.io/mode": "enforce"}, BACKENDS["k8s"])
    pods = [in_namespace(changed(pod, metadata__name=own), name) for own, (pod, maps) in servers().items() if not maps]
    for pod in pods:
        api.create(pod).allowed()
    names = {("Pod", p["metadata"]["name"]) for p in pods}
    code, told = audit(plane, sparkgate, "-n", name)
    assert code == 0 and not drifted(told) and names <= set(told)
    opt_in(api, sparkgate, name, "enforce", BACKENDS["standalone"])
    assert drifted(audit(plane, sparkgate, "-n", name)[1]) == names
    opt_in(api, sparkgate, name, "enforce", {**BACKENDS["k8s"], "sparkgate.io/standaloneMaster": MASTER})
    assert not drifted(audit(plane, sparkgate, "-n", name)[1])


def test_it_changes_nothing(api, plane, sparkgate):
    """Not one request that writes: the API server's own log has none of that time. (It logs no reads.)"""
    begin = audit_log.size(plane.audit_log)
    audit(plane, sparkgate)
    time.sleep(0.5)
    assert not [e for e in audit_log.events(plane.audit_log, begin) if "sparkgate" in e.get("userAgent", "")]
