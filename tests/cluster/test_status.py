"""`kubectl sparkgate status` with the real kubectl, and for one who sees a single namespace alone."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from bed.controlplane import SERVER
from bed.objects import servers
from bed.process import patiently
from test_events import BAD, controller, ns, one  # noqa: F401
from test_live_facts import fresh, live  # noqa: F401

PROGRAM = Path(os.environ["SPARKGATE"])
POD, _ = servers()["argv"]
pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture
def kubectl(plane, tmp_path):
    (tmp_path / "kubectl-sparkgate").symlink_to(PROGRAM)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KUBECONFIG": str(plane.kubeconfig)}
    return lambda *words: subprocess.run([plane.kubebed, "kubectl", *words], capture_output=True, text=True, env=environment)


def tenant(api, plane, directory, namespace, rules):
    """A kubeconfig of an account that may do what rules say, in one namespace; its context names that namespace."""
    api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant"}}, namespace).allowed()
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant", "namespace": namespace}, "rules": rules}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "tenant", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}],
    }
    for obj in (role, binding):
        api.kubectl("apply", "-f", "-", stdin=obj, check=True)
    tenant_rights(api, namespace, rules)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = api.request("POST", f"api/v1/namespaces/{namespace}/serviceaccounts/tenant/token", request).allowed()["status"]["token"]
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bed", "cluster": {"server": SERVER, "certificate-authority": str(plane.ca)}}],
        "users": [{"name": "tenant", "user": {"token": token}}],
        "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "tenant", "namespace": namespace}}],
        "current-context": "bed",
    }
    path = directory / "tenant.conf"
    path.write_text(json.dumps(config))
    return path


def tenant_rights(api, namespace, rules):
    """Wait until that account may what the rules say."""
    api.wait_rights(f"system:serviceaccount:{namespace}:tenant", rules, namespace)


def status(*args):
    return subprocess.run([PROGRAM, "status", *map(str, args)], capture_output=True, text=True, timeout=patiently(60))


def test_the_plugin_tells_of_refusals(api, ns, kubectl):  # noqa: F811
    api.create(controller("Deployment", BAD), ns).allowed()
    one(api, ns, "SparkgateRefused")
    told = kubectl("sparkgate", "status", ns)
    assert told.returncode == 1, told.stdout + told.stderr
    assert f"Namespace {ns}" in told.stdout and "backend      k8s" in told.stdout
    assert "Deployment connect: " in told.stdout and "hostPID=true" in told.stdout


def test_one_who_sees_a_namespace_alone(api, plane, ns, tmp_path):  # noqa: F811
    api.create(POD, ns).allowed()
    rules = [{"apiGroups": [""], "resources": ["pods", "events", "namespaces"], "verbs": ["get", "list"]}]
    told = status("--kubeconfig", tenant(api, plane, tmp_path, ns, rules), "-o", "json")
    assert told.returncode == 0, told.stdout + told.stderr
    found = json.loads(told.stdout)
    (namespace,), gate = found["namespaces"], found["sparkgate"]
    assert (namespace["name"], namespace["contract"]["backend"]) == (ns, "k8s")
    (server,) = namespace["servers"]["items"]
    assert server["configured"]["master"].startswith("k8s://") and server["backend"] == "right"
    assert gate["replicas"]["unknown"] == "no permission (needs list pods in namespace sparkgate)"
    assert all("no permission" in w["unknown"] for w in gate["webhooks"])


def test_one_who_may_nothing(api, plane, ns, tmp_path):  # noqa: F811
    told = status("--kubeconfig", tenant(api, plane, tmp_path, ns, []))
    assert told.returncode == 2 and "nothing of namespace" in told.stderr
    assert "no permission (needs list pods in namespace" in " ".join(told.stdout.split())


@pytest.fixture
def labelled(api):
    """kube-system, opted in by its label: the configurations leave it out by name."""
    api.kubectl("label", "namespace", "kube-system", "sparkgate.io/mode=enforce", check=True)
    yield
    api.kubectl("label", "namespace", "kube-system", "sparkgate.io/mode-", check=True)


def test_a_namespace_that_is_left_out(plane, labelled):
    told = status("--kubeconfig", plane.kubeconfig, "kube-system")
    text = " ".join(told.stdout.split())
    assert told.returncode == 1 and "left out in MutatingWebhookConfiguration sparkgate: nothing is changed here" in text, text
    assert "left out in ValidatingWebhookConfiguration sparkgate: nothing is refused here" in text, text


def test_an_entry_that_somebody_took_away(api, plane, ns):  # noqa: F811
    """The API server's own words of a configuration, patched by kubectl, differ from ours in defaults alone."""
    kind, name = "validatingwebhookconfigurations", "sparkgate"
    whole = json.loads(api.kubectl("get", kind, name, "-o", "json", check=True).stdout)["webhooks"]
    at = [w["name"] for w in whole].index("workloads.validate.sparkgate.io")

    def problems():
        told = json.loads(status("--kubeconfig", plane.kubeconfig, ns, "-o", "json").stdout)["sparkgate"]
        return [p for p in told["problems"] + told["notes"] if "WebhookConfiguration" in p]

    assert problems() == []
    api.kubectl("patch", kind, name, "--type=json", "-p", json.dumps([{"op": "remove", "path": f"/webhooks/{at}"}]), check=True)
    try:
        (problem,) = problems()
        assert "entry workloads.validate.sparkgate.io is missing" in problem
    finally:
        api.kubectl("patch", kind, name, "--type=json", "-p", json.dumps([{"op": "replace", "path": "/webhooks", "value": whole}]), check=True)


def test_all_namespaces_of_an_admin(api, plane, ns):  # noqa: F811
    told = status("--kubeconfig", plane.kubeconfig, "-A", "-o", "json")
    names = [n["name"] for n in json.loads(told.stdout)["namespaces"]]
    assert ns in names and "plain" not in names, told.stderr
