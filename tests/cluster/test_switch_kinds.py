"""A switch of servers that are StatefulSets and DaemonSets, with their own controllers. The one Node there is takes only these
DaemonSets, and is as alive as the thread that writes its status."""

import copy
import time

import pytest
from bed.objects import changed
from bed.process import patiently, wait_until
from test_switch import MASTER, MODE, OWN_MASTER, RESTART, THERE, WORKLOADS, Bed, Kubelet, live  # noqa: F401 (a fixture)

NODE = "for-daemon-sets"
TAINT = {"key": "bed", "value": NODE, "effect": "NoSchedule"}
SERVER = next(o for o in WORKLOADS if o["kind"] == "Deployment")
NAME = SERVER["metadata"]["name"]
TOLERATION = {"key": "bed", "operator": "Exists"}


def controller(kind):
    made = changed(SERVER, kind=kind, spec__template__spec__tolerations=[TOLERATION])
    made["spec"] = {k: v for k, v in made["spec"].items() if k in ("selector", "template")}
    if kind == "StatefulSet":
        made["spec"] |= {"serviceName": NAME, "replicas": 2}
    return made


class NodeKubelet(Kubelet):
    """Is heard of once a second: of a node that is not, the controllers say that its pods are not ready."""

    heard = 0

    def ask(self, method, path, body=None):
        if method == "GET" and time.monotonic() - self.heard > 1:
            self.heard, now = time.monotonic(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now}
            super().ask("PATCH", f"api/v1/nodes/{NODE}/status", {"status": {"conditions": [ready], "allocatable": {"cpu": "64", "memory": "512Gi", "pods": "110"}}})
        return super().ask(method, path, body)


class KindBed(Bed):
    kubelet_of = NodeKubelet

    def __init__(self, kind, *args):
        self.kind = kind
        self.workloads = [o for o in WORKLOADS if o["kind"] == "ConfigMap"] + [controller(kind)]
        super().__init__(*args)

    def deployment(self):
        return self.api.get(self.kind, self.name, NAME).body

    def is_ready(self):
        status = self.deployment()["status"]
        if self.kind == "DaemonSet":
            return status.get("numberAvailable") == 1
        return status.get("readyReplicas") == 2 and status["updateRevision"] == status["currentRevision"]

    def stamps(self):
        """restartedAt of the pods that run."""
        pods = [p for p in self.api.list("Pod", self.name) if not p["metadata"].get("deletionTimestamp")]
        return {p["metadata"].get("annotations", {}).get(RESTART) for p in pods}


@pytest.fixture(scope="module")
def node(cluster):
    obj = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, "spec": {"taints": [TAINT]}}
    cluster.kubectl("apply", "-f", "-", stdin=obj, check=True)
    yield
    cluster.kubectl("delete", "node", NODE, "--wait=false")


@pytest.fixture(params=["StatefulSet", "DaemonSet"])
def bed(request, api, live, node, tmp_path):  # noqa: F811
    bed = KindBed(request.param, api, tmp_path, live)
    yield bed
    api.kubectl("delete", request.param, NAME, "-n", bed.name)
    wait_until(lambda: not api.list("Pod", bed.name), "its pods gone, by their kubelet", 40)
    bed.kubelet.stop()
    api.kubectl("delete", "namespace", bed.name, "--wait=false")


def test_there_and_back(bed):
    before = bed.state()
    text = bed.there()
    assert f"{bed.kind} {NAME} restarted" in text and "verified by audit" in text
    bed.is_switched()
    stamp = bed.deployment()["spec"]["template"]["metadata"]["annotations"][RESTART]
    assert bed.stamps() == {stamp} and bed.is_ready(), "waited for: each pod is a new one"
    assert "nothing to do" in bed.there()
    bed.switch("--to=k8s", "--yes")
    assert bed.state()[0] == before[0] | {OWN_MASTER: MASTER}
    assert {n: d for n, (d, _) in bed.state()[2].items()} == {n: d for n, (d, _) in before[2].items()}


def test_killed_behind_the_restart(bed):
    before = copy.deepcopy(bed.state())
    assert bed.dies_at(5, behind=True)
    assert "as it was before" in bed.switch("--undo", "--yes")
    assert bed.state() == before
    # A pod that its controller was about to replace is ready until it is gone: also for kubectl rollout status.
    wait_until(lambda: bed.stamps() == {None} and bed.is_ready(), "the pods of before, made anew", 40)


def test_its_pods_do_not_come(bed):
    """The controller waits for a pod that is not ready: the switch is put back within --timeout."""
    before = bed.state()
    bed.kubelet.stop()
    # There and back within the 50 s after which a node that is not heard of counts as dead.
    text = bed.switch("--to=standalone", f"--master={MASTER}", "--yes", f"--timeout={min(patiently(6), 20)}s", code=1)
    assert "timed out (--timeout) waiting for" in text and "as it was before" in text and bed.state() == before
    bed.kubelet = bed.kubelet_of(bed.api, bed.name)
    wait_until(lambda: bed.is_ready() and bed.stamps() == {None}, "all as before", 40)


STUCK = {
    "StatefulSet": [({"type": "OnDelete", "rollingUpdate": None}, "OnDelete restarts nothing"), ({"rollingUpdate": {"partition": 1}}, "rollingUpdate.partition leaves pods")],
    "DaemonSet": [({"type": "OnDelete", "rollingUpdate": None}, "OnDelete restarts nothing")],
}


def test_what_its_strategy_would_not_restart(bed):
    for strategy, says in STUCK[bed.kind]:
        bed.api.patch(bed.kind, bed.name, NAME, {"spec": {"updateStrategy": {"type": "RollingUpdate", **strategy}}}).allowed()
        before = bed.state()
        assert says in bed.switch(*THERE, code=1) and bed.state() == before and before[0][MODE] == "k8s"
