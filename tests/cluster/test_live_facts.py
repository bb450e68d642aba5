"""Facts from the cluster itself: `sparkgate serve --kubeconfig` with the rights of manifests/rbac.yaml and no more."""

import itertools
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
import requests
import yaml
from bed.controlplane import ACCOUNT, SERVER
from bed.objects import changed, servers, settings
from bed.process import Process, patiently, wait_until
from bed.sparkgate import admission_review, decoded_patch
from conftest import make_usable
from pointing import pointed

ROOT = Path(__file__).parent.parent.parent
PORT, METRICS = 8445, 9092
URL = f"https://127.0.0.1:{PORT}"
NUMBERS = itertools.count(1)
POD, _ = servers()["argv"]
LOOKUP = 0.5  # seconds (LIVE_LOOKUP_NS)
VALIDATE = "servers.validate.sparkgate.io"


class Live:
    """The program under test, fed by the API server."""

    def __init__(self, scratch, plane, token):
        self.dir = scratch / "live"
        self.dir.mkdir(exist_ok=True)
        self.token_file = self.dir / "token"
        self.token_file.write_text(token)
        self.ca = self.dir / "certs" / "ca.crt"
        cluster = {"server": SERVER, "certificate-authority": str(plane.ca)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "bed", "cluster": cluster}],
            "users": [{"name": "sparkgate", "user": {"tokenFile": "token"}}],
            "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "sparkgate"}}],
        }
        (self.dir / "kubeconfig").write_text(json.dumps(config))
        argv = [
            os.environ["SPARKGATE"],
            "serve",
            f"--listen=127.0.0.1:{PORT}",
            f"--metrics-listen=127.0.0.1:{METRICS}",
            f"--certs={self.dir}/certs",
            f"--kubeconfig={self.dir}/kubeconfig",
            "--context=bed",
            "--shutdown-delay=0s",
        ]
        self.process = Process("sparkgate-live", argv, plane.logs)

    def start(self):
        self.process.start().wait_ready(self.ready)
        return self

    def ready(self):
        try:
            return self.ca.exists() and requests.get(f"{URL}/readyz", verify=str(self.ca), timeout=patiently(5)).ok
        except (requests.RequestException, OSError):
            return False

    def asked(self, api):
        """For that time the API server asks it, and nobody else."""
        return pointed(api, URL, self.ca.read_bytes(), f"127.0.0.1:{METRICS}")

    def post(self, endpoint, obj):
        return requests.post(f"{URL}/{endpoint}?timeout=5s", json=admission_review(obj), verify=str(self.ca), timeout=patiently(10)).json()

    def patch_of(self, namespace):
        return decoded_patch(self.post("mutate", changed(POD, metadata__namespace=namespace)))

    def metrics(self):
        lines = requests.get(f"http://127.0.0.1:{METRICS}/metrics", timeout=patiently(5)).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line and line[0] != "#")}


def service_account_token(api):
    """As the installed sparkgate would have it: an account with the rights of manifests/rbac.yaml."""
    api.request("POST", "api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sparkgate"}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sparkgate"}}
    api.request("POST", "api/v1/namespaces/sparkgate/serviceaccounts", account)
    api.kubectl("apply", "-f", ROOT / "manifests" / "rbac.yaml", check=True)
    for role in yaml.safe_load_all((ROOT / "manifests" / "rbac.yaml").read_text()):
        api.wait_rights(ACCOUNT, role.get("rules", []), role["metadata"].get("namespace"))
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    return api.request("POST", "api/v1/namespaces/sparkgate/serviceaccounts/sparkgate/token", request).allowed()["status"]["token"]


@pytest.fixture(scope="module")
def live(scratch, plane, cluster):
    live = Live(scratch, plane, service_account_token(cluster)).start()
    with live.asked(cluster):
        yield live
    assert live.process.stop() == 0


@pytest.fixture
def fresh(api):
    """A function that makes a namespace that opted in, in force at the API server."""

    def make(backend="k8s", **annotations):
        notes = {"sparkgate.io/backendMode": backend, **{f"sparkgate.io/{k}": v for k, v in annotations.items()}}
        meta = {"name": f"live-{next(NUMBERS)}", "labels": {"sparkgate.io/mode": "enforce"}, "annotations": notes}
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        api.create(obj).allowed()
        return obj

    return make


def annotate(api, namespace, **annotations):
    notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
    api.patch("Namespace", None, namespace["metadata"]["name"], {"metadata": {"annotations": notes}}).allowed()


def test_namespaces_of_the_cluster_are_facts(api, live):
    """The fixtures' namespaces, of which this sparkgate was told nothing."""
    master = settings(api.create(POD, "enforce-standalone", dry_run=True).allowed())["spark.master"]
    assert master == "spark://spark-master.enforce-standalone.svc:7077"
    wait_until(lambda: live.metrics()["sparkgate_facts_namespaces"] == len(api.list("Namespace")), "all of them counted", 20)


def in_time(ask, tries=10):
    """(what ask() says, its seconds). Facts that do not come within LOOKUP are done without, so an answer that took as long is asked for anew,
    where this machine is slow; not for ever: sparkgate itself may be what is slow."""
    for _ in range(tries):
        said, seconds = ask()
        if seconds < LOOKUP:
            break
    return said


def patch_in_time(live, make):
    """The patch for the namespace that make() has made in that moment."""

    def ask():
        name, begun = make(), time.monotonic()
        return live.patch_of(name), time.monotonic() - begun

    return in_time(ask)


def test_a_namespace_is_known_at_once(live, fresh):
    """Created and asked about in the same moment: the watch may not have it yet, then it is got."""
    for _ in range(20):
        assert "k8s://" in patch_in_time(live, lambda: fresh()["metadata"]["name"])


def test_labelled_and_used_at_once(api, live):
    """A namespace that was known without the label: the first review after the label sees the label."""

    def labelled():
        name = f"live-{next(NUMBERS)}"
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).allowed()
        wait_until(lambda: live.patch_of(name) == "", f"{name} known as not opted in", 5)
        meta = {"labels": {"sparkgate.io/mode": "enforce"}, "annotations": {"sparkgate.io/backendMode": "k8s"}}
        api.patch("Namespace", None, name, {"metadata": meta}).allowed()
        return name

    for _ in range(10):
        assert "k8s://" in patch_in_time(live, labelled)


def test_a_change_is_in_force(api, live, fresh):
    namespace = fresh()
    name = namespace["metadata"]["name"]
    slowest = 0
    for n in range(10):
        backend, word = [("standalone", f"spark://m{n}:7077"), ("k8s", "k8s://")][n % 2]
        annotate(api, namespace, backendMode=backend, standaloneMaster=f"spark://m{n}:7077")
        begun = time.monotonic()
        wait_until(lambda: word in live.patch_of(name), f"backend {backend} in force", 10, 0.01)
        slowest = max(slowest, time.monotonic() - begun)
    print(f"slowest change: {slowest:.3f} s")
    api.patch("Namespace", None, name, {"metadata": {"labels": {"sparkgate.io/mode": "audit"}}}).allowed()
    wait_until(lambda: live.patch_of(name) == "", "mode audit in force", 10, 0.01)


SILENT = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "silent", "labels": {"app": "spark-connect"}},
    "spec": {
        "containers": [{"name": "spark", "image": "registry.example.com/data/connect:4.1.1", "volumeMounts": [{"name": "conf", "mountPath": "/opt/spark/conf"}]}],
        "volumes": [{"name": "conf", "configMap": {"name": "silent-conf"}}],
    },
}
CONF = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "silent-conf"},
    "data": {"spark-defaults.conf": "spark.master local[*]\nspark.connect.grpc.binding.port 15002\n"},
}


def timed(answer):
    """For in_time(): a success is one, however long it took."""
    return answer, 0 if answer.ok else answer.seconds


def test_a_configmap_is_read_when_the_server_is_created(api, live, fresh):
    """Deployment first: refused until its ConfigMap, which is rewritten on its way in, is there."""
    namespace = fresh()
    make_usable(api, namespace)
    name = namespace["metadata"]["name"]
    text = in_time(lambda: timed(api.create(SILENT, name))).refused(VALIDATE)
    assert "cannot tell" in text and "silent-conf" in text
    api.create(CONF, name).allowed()
    in_time(lambda: timed(api.create(SILENT, name))).allowed()
    gets = live.metrics()
    assert gets['sparkgate_facts_live_gets_total{resource="configmaps",result="missing"}'] > 0
    assert gets['sparkgate_facts_live_gets_total{resource="configmaps",result="found"}'] > 0


def test_a_deployment_before_its_configmap(api, live, fresh):
    namespace = fresh()
    make_usable(api, namespace)
    name = namespace["metadata"]["name"]
    template = {"metadata": {"labels": {"app": "spark-connect"}}, "spec": SILENT["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "spark-connect"}}, "template": template}
    api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "late"}, "spec": spec}, name).allowed()
    time.sleep(0.5)
    assert api.list("Pod", name) == []
    api.create(CONF, name).allowed()
    wait_until(lambda: api.list("Pod", name), "the controller's next try", 30)


def test_a_deleted_namespace_is_forgotten(api, live):
    """As many are known as there are: those of other tests come and go meanwhile."""

    def in_step(there):
        names = [n["metadata"]["name"] for n in api.list("Namespace", None)]
        return (name in names) == there and live.metrics()["sparkgate_facts_namespaces"] == len(names)

    name = f"live-{next(NUMBERS)}"
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).allowed()
    wait_until(lambda: in_step(True), "namespace counted", 20)
    api.delete("Namespace", None, name)
    wait_until(lambda: in_step(False), "namespace gone", 30)


def test_one_odd_namespace_hides_no_other(api, live, fresh):
    """Kubernetes takes a NUL in an annotation, of whoever may annotate a namespace of their own."""
    odd = {"name": f"a-{next(NUMBERS)}", "annotations": {"note": "a\0b"}}
    assert api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": odd}).allowed()["metadata"]["annotations"] == odd["annotations"]
    namespace = fresh()
    annotate(api, namespace, backendMode="standalone", standaloneMaster="spark://odd:7077")
    wait_until(lambda: "spark://odd:7077" in live.patch_of(namespace["metadata"]["name"]), "the change of another one", 10)
    assert live.process.stop() == 0
    live.start()
    wait_until(lambda: live.metrics()["sparkgate_facts_namespaces"] == len(api.list("Namespace")), "all listed anew", 20)


def test_a_rotated_token_is_taken_up(api, live):
    fresh_file = live.dir / "token.new"
    fresh_file.write_text(service_account_token(api))
    os.replace(fresh_file, live.token_file)
    missing = 'sparkgate_facts_live_gets_total{resource="namespaces",result="missing"}'
    before = live.metrics()[missing]

    def is_got():
        name = f"live-{next(NUMBERS)}"
        answer = live.post("validate", changed(POD, metadata__namespace=name))
        assert "scope.namespace" in answer["response"]["status"]["message"]
        return live.metrics()[missing] > before

    wait_until(is_got, "a namespace asked for, and not found", 20)


def test_the_rights_are_the_least(api, plane, live):
    """One right less and it fails: what the account may not do, sparkgate does not need."""
    account = "--as=system:serviceaccount:sparkgate:sparkgate"
    for verb, resource in [("list", "configmaps"), ("watch", "configmaps"), ("get", "secrets"), ("update", "namespaces"), ("create", "pods")]:
        assert api.kubectl("auth", "can-i", verb, resource, "-A", account).stdout.strip() == "no"


def test_review_reads_the_cluster(api, live, fresh):
    """`sparkgate review --kubeconfig`: the namespace of the cluster, no file of facts."""
    obj = changed(POD, metadata__namespace="enforce-standalone")
    argv = [os.environ["SPARKGATE"], "review", "-f", "-", "-o", "diff", "--kubeconfig", str(live.dir / "kubeconfig"), "--context", "bed"]
    run = subprocess.run(argv, input=yaml.safe_dump(obj), capture_output=True, text=True, timeout=patiently(30))
    assert run.returncode == 0, run.stderr
    assert "spark://spark-master.enforce-standalone.svc:7077" in run.stdout


def test_an_api_server_that_restarts(plane, api, live, fresh):
    """While it is away the last facts serve; back, the watch goes on."""
    namespace = fresh()
    name = namespace["metadata"]["name"]
    wait_until(lambda: "k8s://" in live.patch_of(name), "namespace known", 5)
    server = next(p for p in plane.processes if p.name == "kube-apiserver")
    server.popen.kill()
    server.popen.wait()
    for _ in range(20):
        assert "k8s://" in live.patch_of(name)
    assert live.ready()
    unknown = live.post("validate", changed(POD, metadata__namespace="never-seen"))
    assert "scope.namespace" in unknown["response"]["status"]["message"]
    server.start().wait_ready(lambda: plane._get(f"{SERVER}/readyz"), 90)
    wait_until(lambda: api.patch("Namespace", None, name, {"metadata": {"annotations": {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://after:7077"}}}).ok, "the API server takes changes", 30)
    begun = time.monotonic()
    wait_until(lambda: "spark://after:7077" in live.patch_of(name), "a change after the restart", 20)
    print(f"after the restart: {time.monotonic() - begun:.3f} s")
    assert live.metrics()["sparkgate_facts_watch_restarts_total"] > 0
