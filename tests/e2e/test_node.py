"""The node itself: what the other tests take for granted of a Kubernetes, and that nothing of it stays."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import requests
from bed.api import Api
from bed.node import BUSYBOX, NODE, NODE_IP, SOCKET
from bed.process import patiently, wait_until
from bed.stub import Stub

CLUSTER = Path(__file__).parent.parent / "cluster" / "cluster"
NUMBERS = itertools.count(1)
WEB = "hostname >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"
FOREVER = "trap exit TERM; while :; do sleep 0.2; done"


@pytest.fixture(scope="module")
def api(node):
    return Api(node)


@pytest.fixture
def namespace(node):
    """One in which pods must be restricted."""
    name = f"node-{next(NUMBERS)}"
    node.kubectl("create", "namespace", name)
    node.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    wait_until(lambda: node.kubectl("-n", name, "get", "serviceaccount", "default", check=False), "its service account", 20)
    yield name
    node.kubectl("delete", "namespace", name, "--wait=false")


def pod_spec(script, probe=None, **fields):
    """A restricted pod that runs a shell script."""
    context = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "main", "image": BUSYBOX, "command": ["sh", "-c", script], "securityContext": context}
    if probe:
        container["readinessProbe"] = {"periodSeconds": 1, **probe}
    return {"containers": [container], "terminationGracePeriodSeconds": 1, **fields}


def run_pod(node, namespace, name, spec, until="condition=Ready"):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    node.kubectl("apply", "-f", "-", stdin=pod)
    node.kubectl("-n", namespace, "wait", f"pod/{name}", f"--for={until}", f"--timeout={patiently(60)}s")


def output_of(node, namespace, name, spec):
    """What a pod prints that runs to its end."""
    run_pod(node, namespace, name, spec, until="jsonpath={.status.containerStatuses[0].state.terminated}")
    ended = json.loads(node.kubectl("-n", namespace, "get", "pod", name, "-o", "json"))["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 0, f"{ended}\n{node.kubectl('-n', namespace, 'logs', name)}"
    # What it printed may be written a moment after its end is known.
    return wait_until(lambda: node.kubectl("-n", namespace, "logs", name), "its output", 20)


def deploy(node, namespace, name, script, replicas=2, probe=None):
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod_spec(script, probe)},
    }
    node.kubectl("apply", "-f", "-", stdin={"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": spec})
    rolled_out(node, namespace, name)


def rolled_out(node, namespace, name):
    node.kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", f"--timeout={patiently(60)}s")


def pod_names(node, namespace, app):
    pods = json.loads(node.kubectl("-n", namespace, "get", "pods", "-l", f"app={app}", "-o", "json"))["items"]
    return {p["metadata"]["name"] for p in pods if not p["metadata"].get("deletionTimestamp")}


def test_the_node_is_ready_and_of_the_servers_version(node, api):
    status = api.request("GET", f"api/v1/nodes/{NODE}").allowed()["status"]
    assert {c["type"]: c["status"] for c in status["conditions"]}["Ready"] == "True"
    assert status["nodeInfo"]["kubeletVersion"] == api.request("GET", "version").allowed()["gitVersion"]


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_the_kubelet_may_do_what_kubelets_may(node):
    """NodeRestriction and the Node authorizer are in force; the kubelet itself answers nobody without a name."""
    kubelet = Api(node, token="kubelet")
    patch = {"metadata": {"labels": {"node-restriction.kubernetes.io/zone": "a"}}}
    refused = kubelet.request("PATCH", f"api/v1/nodes/{NODE}", patch, "application/merge-patch+json")
    assert refused.status == 403 and "is not allowed to modify labels" in refused.message
    assert kubelet.request("GET", "api/v1/namespaces/default/secrets").status == 403
    for headers in ({}, {"Authorization": "Bearer nobody"}):
        assert requests.get(f"https://{NODE_IP}:10250/pods", headers=headers, verify=False, timeout=10).status_code == 401


def test_a_restricted_pod_runs_and_another_is_refused(node, api, namespace):
    assert output_of(node, namespace, "restricted", pod_spec("id -u", restartPolicy="Never")) == "65534\n"
    loose = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loose"}, "spec": {"containers": [{"name": "a", "image": BUSYBOX}]}}
    assert 'violates PodSecurity "restricted' in api.create(loose, namespace).message


def test_a_service_answers_by_name_from_all_its_pods(node, namespace):
    deploy(node, namespace, "web", WEB, probe={"tcpSocket": {"port": 8080}})
    node.kubectl("-n", namespace, "expose", "deployment/web", "--port=80", "--target-port=8080")
    wait_until(lambda: len(ready_addresses(node, namespace, "web")) == 2, "both endpoints", 20)
    ask = f"wget -qO- http://web.{namespace}.svc.cluster.local/ && wget -qO- http://web/"
    script = f"for i in $(seq 20); do {ask} || exit 1; done"
    said = output_of(node, namespace, "client", pod_spec(script, restartPolicy="Never"))
    assert set(said.split()) == pod_names(node, namespace, "web")


def ready_addresses(node, namespace, service):
    slices = json.loads(node.kubectl("-n", namespace, "get", "endpointslices", "-l", f"kubernetes.io/service-name={service}", "-o", "json"))
    return [e for s in slices["items"] for e in s["endpoints"] or [] if e["conditions"].get("ready")]


def test_logs_and_exec(node, namespace):
    run_pod(node, namespace, "talks", pod_spec(f"echo said before; {FOREVER}"))
    # A container without a probe is ready before its program has begun.
    assert wait_until(lambda: node.kubectl("-n", namespace, "logs", "talks"), "its log", 20) == "said before\n"
    assert node.kubectl("-n", namespace, "exec", "talks", "--", "sh", "-c", "echo $((6 * 7)) $(hostname)") == "42 talks\n"


def test_a_pods_token_is_known_to_the_api_server(node, namespace):
    """By Kubernetes' own client with what every pod is given: the Service's address, the token, the CA."""
    node.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce-")  # the client is on the node
    spec = pod_spec("HOME=/tmp /client/kubectl auth whoami -o json", restartPolicy="Never")
    spec["volumes"] = [{"name": "client", "hostPath": {"path": str(node.kubebed.parent)}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "client", "mountPath": "/client", "readOnly": True}]
    said = output_of(node, namespace, "asks", spec)
    assert json.loads(said)["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:default"


def test_a_deployment_rolls_out(node, namespace):
    deploy(node, namespace, "rolls", FOREVER)
    before = pod_names(node, namespace, "rolls")
    node.kubectl("-n", namespace, "set", "env", "deployment/rolls", "EDITION=2")
    rolled_out(node, namespace, "rolls")
    assert len(before) == 2 and len(pod_names(node, namespace, "rolls")) == 2 and not before & pod_names(node, namespace, "rolls")
    for pod in pod_names(node, namespace, "rolls"):
        assert node.kubectl("-n", namespace, "exec", pod, "--", "sh", "-c", "echo $EDITION") == "2\n"


def test_a_webhook_is_called_through_its_service(node, api, namespace, tmp_path):
    stub = Stub(tmp_path, 8443, host=NODE_IP, name=f"DNS:stub.{namespace}.svc")
    stub.handlers["notes"] = lambda obj, request: f"not {obj['metadata']['name']}"
    configuration = f"stub-{namespace}"
    try:
        for obj in service_without_pods(namespace, 8443):
            node.kubectl("apply", "-f", "-", stdin=obj)
        node.kubectl("apply", "-f", "-", stdin=webhook(configuration, namespace, stub.ca_bundle()))
        note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note"}}
        wait_until(lambda: api.create(note, namespace, dry_run=True).message.endswith("not note"), "the webhook's refusal", 20, 0.2)
        assert set(stub.calls) == {"notes"}
    finally:
        node.kubectl("delete", "validatingwebhookconfiguration", configuration, "--ignore-not-found")
        stub.close()


def service_without_pods(namespace, port):
    """Behind its cluster IP is a program on the node."""
    meta = {"name": "stub", "namespace": namespace}
    ports = [{"name": "https", "port": port, "protocol": "TCP"}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"name": "https", "port": 443, "targetPort": port}]}}
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**meta, "labels": {"kubernetes.io/service-name": "stub"}},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [NODE_IP], "conditions": {"ready": True}}],
    }
    return [service, endpoints]


def webhook(name, namespace, ca_bundle):
    entry = {
        "name": "notes.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
        "clientConfig": {"caBundle": ca_bundle, "service": {"name": "stub", "namespace": namespace, "path": "/notes"}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [entry],
    }


class Second:
    """Another node beside ours, by the command that people use; with a pod that runs."""

    def __init__(self, state):
        self.state = state
        self.environment = {**os.environ, "BED_STATE": str(state)}
        self.mounts, self.links = mounts(), links()
        self.run("up")
        self.run("kubectl", "-n", "kube-system", "rollout", "status", "deployment/coredns", f"--timeout={patiently(60)}s")
        self.cgroup = (state / "cgroup").read_text().strip()
        self.namespaces = set(self.run("exec", "readlink", "/proc/self/ns/pid", "/proc/self/ns/net", "/proc/self/ns/mnt").split())
        self.pods = [p for p in pids() if self.cgroup in read(p, "cgroup")]
        assert self.pods and len(self.processes()) > 8

    def run(self, *args):
        run = subprocess.run([CLUSTER, *args], env=self.environment, capture_output=True, text=True, timeout=patiently(180))
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def processes(self):
        """Those in its namespaces, and those of its pods, which have their own."""
        return [p for p in pids() if self.cgroup in read(p, "cgroup") or self.namespaces & {namespace_of(p, n) for n in ("pid", "net", "mnt")}]

    def kill(self, name):
        for pid in self.processes():
            if name in read(pid, "cmdline").replace("\0", " "):
                os.kill(int(pid), signal.SIGKILL)

    def cgroups(self):
        return list(Path("/sys/fs/cgroup").glob(f"*/{self.cgroup}")) + list(Path("/sys/fs/cgroup").glob(self.cgroup))


def pids():
    return [p.name for p in Path("/proc").iterdir() if p.name.isdigit()]


def read(pid, what):
    try:
        return Path("/proc", pid, what).read_text(errors="replace")
    except OSError:
        return ""


def namespace_of(pid, kind):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return ""


def containers():
    """The ids of the first node's."""
    listed = subprocess.run(["ctr", "--address", SOCKET, "-n", "k8s.io", "containers", "list", "-q"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def mounts():
    return Path("/proc/self/mountinfo").read_text()


def links():
    return subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout.count("uplink")


@pytest.fixture
def second(node):
    """Its state lies where neither its own tmpfs nor ours covers it."""
    state = Path(tempfile.mkdtemp(prefix="sparkgate-node-", dir="/tmp"))
    try:
        yield Second(state)
    finally:
        subprocess.run([CLUSTER, "down"], env={**os.environ, "BED_STATE": str(state)}, capture_output=True, timeout=patiently(60))
        shutil.rmtree(state, ignore_errors=True)


def assert_nothing_left(second):
    wait_until(lambda: not second.processes(), "no process left", 15)
    assert second.links == links()
    # What containers of the first node mount meanwhile is not the second's.
    elsewhere = ["/cni-", "kubelet", *containers()]
    assert not [line for line in set(mounts().splitlines()) - set(second.mounts.splitlines()) if not any(x in line for x in elsewhere)]


def test_after_down_nothing_is_left(second):
    """... also where parts of it were killed before."""
    for name in ("containerd -c", "kubebed kubelet", "kubebed kube-proxy"):
        second.kill(name)
    second.run("down")
    assert_nothing_left(second)
    assert not second.cgroups() and not second.state.exists()


def test_killed_it_takes_everything_along(node, second):
    """But empty cgroups; and what takes those away lets other nodes be."""
    os.kill(int((second.state / "pid").read_text()), signal.SIGKILL)
    assert_nothing_left(second)
    assert second.cgroups()
    second.run("down")
    assert not second.cgroups()
    assert node.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", f"--timeout={patiently(10)}s")
