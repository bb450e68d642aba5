"""`sparkgate switch` on a real API server with its controllers, the webhook fed by the cluster. Nothing runs here: a thread
says of every pod that it is ready, as a kubelet would. A proxy in front of the API server kills the command at every write."""

import contextlib
import copy
import itertools
import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests
import yaml
from bed.controlplane import SERVER
from bed.objects import in_namespace, load
from bed.process import patiently, wait_until
from conftest import make_usable
from https import serve
from test_live_facts import Live, service_account_token
from test_status import tenant, tenant_rights

MASTER = "spark://10.0.0.7:7077"
THERE = ("--to=standalone", f"--master={MASTER}", "--yes")
ROOT = Path(__file__).resolve().parents[2]
NUMBERS = itertools.count(1)
LAST, END = 5, 7  # the numbers of the Deployment's write, and of that which deletes the record
MODE, OWN_MASTER, RESTART = "sparkgate.io/backendMode", "sparkgate.io/standaloneMaster", "kubectl.kubernetes.io/restartedAt"
WORKLOADS = [o for o in load("servers/start-script.yaml") if o["kind"] in ("ConfigMap", "Deployment")]


class Kubelet:
    """Says of every pod of one namespace that it is ready."""

    def __init__(self, api, namespace):
        self.api, self.namespace, self.ended = api, namespace, threading.Event()
        self.session = requests.Session()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def ask(self, method, path, body=None):
        headers = {"Authorization": "Bearer admin", "Content-Type": "application/merge-patch+json"}
        data = None if body is None else json.dumps(body)
        return self.session.request(method, f"{SERVER}/{path}", data=data, headers=headers, verify=str(self.api.plane.ca), timeout=patiently(20))

    def run(self):
        while not self.ended.wait(0.2):
            # A request that failed is made again with the next look.
            with contextlib.suppress(requests.RequestException):
                self.look_after_pods()

    def look_after_pods(self):
        path = f"api/v1/namespaces/{self.namespace}/pods"
        for pod in self.ask("GET", path).json().get("items", []):
            name = pod["metadata"]["name"]
            if pod["metadata"].get("deletionTimestamp"):
                self.ask("DELETE", f"{path}/{name}?gracePeriodSeconds=0")
            elif pod["status"].get("phase") != "Running":
                ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
                self.ask("PATCH", f"{path}/{name}/status", {"status": ready})

    def stop(self):
        self.ended.set()
        self.thread.join(20)


class Forward(BaseHTTPRequestHandler):
    """Passes on; at the write of that number the process dies, before or behind it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def forward(self):
        proxy = self.server.api
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_write = self.command != "GET" and "dryRun" not in self.path
        if proxy.wait(self):
            return None
        dies = is_write and not proxy.is_renewal(self, body) and proxy.next_write() == proxy.at
        if dies and not proxy.behind and not proxy.act():
            return None
        headers = {"Authorization": "Bearer admin", "Content-Type": self.headers.get("Content-Type", "application/json")}
        answer = proxy.session.request(self.command, SERVER + self.path, data=body, headers=headers, verify=proxy.ca, timeout=patiently(30))
        if dies and proxy.behind and not proxy.act():
            return None
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
        return None

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward


class Proxy:
    """At the write of that number, or behind it, something happens: the process is killed, or `act` says that it goes on."""

    def __init__(self, plane, certs, directory, at=0, behind=False):
        self.at, self.behind, self.ca, self.writes = at, behind, str(plane.ca), 0
        self.lock, self.session, self.process, self.record = threading.Lock(), requests.Session(), None, None
        self.server = serve(Forward, self, certs)
        self.kubeconfig = directory / "proxy.kubeconfig"
        self.kubeconfig.write_text(json.dumps(kubeconfig(f"https://127.0.0.1:{self.server.server_port}", certs / "ca.crt")))

    def is_renewal(self, request, body):
        """Is that the record as it was sent before, and only renewed? Where something takes long one more comes in between: it has no number."""
        if request.command not in ("POST", "PUT") or b'"record.json"' not in body:
            return False
        record = json.loads(json.loads(body)["data"]["record.json"]) | {"renewed": None}
        before, self.record = self.record, record
        return request.command == "PUT" and record == before

    def next_write(self):
        with self.lock:
            self.writes += 1
            return self.writes

    def wait(self, request):
        """In front of each request; True where it was answered."""
        return False

    def act(self):
        self.process.kill()
        self.process.wait()


def kubeconfig(server, ca):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bed", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [{"name": "admin", "user": {"token": "admin"}}],
        "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "admin"}}],
        "current-context": "bed",
    }


class Bed:
    """One namespace on k8s with a server and its ConfigMap."""

    workloads, kubelet_of = WORKLOADS, Kubelet

    def __init__(self, api, base, live):
        self.api, self.base, self.live = api, base, live
        self.name = f"switch-{next(NUMBERS)}"
        meta = {"name": self.name, "labels": {"sparkgate.io/mode": "enforce"}, "annotations": {MODE: "k8s", "team": "reports"}}
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        api.create(obj).allowed()
        make_usable(api, obj)
        for workload in self.workloads:
            api.create(in_namespace(workload, self.name)).allowed()
        self.kubelet = self.kubelet_of(api, self.name)
        wait_until(self.is_ready, "the server", 40)

    def deployment(self):
        (found,) = self.api.list("Deployment", self.name)
        return found

    def is_ready(self):
        status = self.deployment()["status"]
        return status.get("availableReplicas") == 1 and status.get("replicas") == 1

    def state(self):
        """All that a switch writes, byte for byte."""
        namespace = self.api.get("Namespace", None, self.name).body["metadata"]
        maps = {m["metadata"]["name"]: (m.get("data"), m["metadata"].get("annotations")) for m in self.api.list("ConfigMap", self.name)}
        maps.pop("kube-root-ca.crt", None)
        return copy.deepcopy((namespace.get("annotations"), namespace["labels"], maps, self.deployment()["spec"]))

    def pods(self):
        return [json.dumps(p["spec"]) for p in self.api.list("Pod", self.name) if not p["metadata"].get("deletionTimestamp")]

    def argv(self, *args, config=None):
        flags = [f"--timeout={patiently(60)}s", f"--kubeconfig={config or self.api.plane.kubeconfig}"]
        return [os.environ["SPARKGATE"], "switch", self.name, *flags, *args]

    def switch(self, *args, code=0, config=None):
        done = subprocess.run(self.argv(*args, config=config), capture_output=True, text=True, timeout=patiently(150))
        print(done.stdout, done.stderr)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def there(self, code=0):
        return self.switch("--to=standalone", f"--master={MASTER}", "--yes", code=code)

    def through(self, proxy, args=THERE):
        """The command through the proxy: what it said."""
        argv = self.argv(*args, config=proxy.kubeconfig)
        proxy.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        out, _ = proxy.process.communicate(timeout=patiently(150))
        print(out)
        proxy.server.shutdown()
        return out

    def proxy(self, at=0, behind=False, kind=Proxy):
        return kind(self.api.plane, self.live.dir / "certs", self.base, at, behind)

    def dies_at(self, at, behind, args=THERE):
        """The command through the proxy; has it died?"""
        proxy = self.proxy(at, behind)
        self.through(proxy, args)
        return proxy.process.returncode == -9

    def is_switched(self):
        namespace, _, maps, spec = self.state()
        assert namespace[MODE] == "standalone" and namespace[OWN_MASTER] == MASTER and namespace["team"] == "reports"
        assert "sparkgate-switch" not in maps and "sparkgate.io/switch" not in namespace and RESTART in spec["template"]["metadata"]["annotations"]
        assert all("k8s://" not in text for data, _ in maps.values() for text in data.values()), maps
        audit = [os.environ["SPARKGATE"], "audit", "-n", self.name, f"--kubeconfig={self.api.plane.kubeconfig}"]
        assert "backend.drift" not in subprocess.run(audit, capture_output=True, text=True, timeout=patiently(60)).stdout


@pytest.fixture(scope="module")
def live(request, scratch, plane, cluster):
    base = scratch / request.module.__name__
    base.mkdir()
    live = Live(base, plane, service_account_token(cluster)).start()
    with live.asked(cluster):
        yield live
    assert live.process.stop() == 0


@pytest.fixture
def bed(api, live, tmp_path):
    bed = Bed(api, tmp_path, live)
    yield bed
    bed.kubelet.stop()
    api.kubectl("delete", "namespace", bed.name, "--wait=false")


def test_the_plan_writes_nothing(bed):
    before = bed.state()
    text = bed.switch("--to=standalone", f"--master={MASTER}")
    assert f"namespace {bed.name}: k8s -> standalone" in text and "restarts" in text and "is re-admitted" in text
    assert re.search(rf"spark.master\n +- k8s://.*\n +\+ {MASTER}", text)
    plan = json.loads(bed.switch("--to=standalone", f"--master={MASTER}", "-o", "json").splitlines()[0])
    assert {o["kind"]: o["what"] for o in plan["objects"]} == {"ConfigMap": "is re-admitted", "Deployment": "restarts"}
    assert not plan["refusals"] and bed.state() == before


def test_the_plan_of_the_documents(bed):
    """docs/switch.md shows this very plan, of a namespace called team-a."""
    shown = re.search(r"```text\n(.*?)```", (ROOT / "docs" / "switch.md").read_text(), re.S)[1]
    plan = bed.switch("--to=standalone", f"--master={MASTER}").split("switch: ")[0]
    assert plan.replace(bed.name, "team-a").rstrip() == shown.rstrip()


def test_colours(bed):
    args = ("--to=standalone", f"--master={MASTER}")
    assert "\x1b[" in bed.switch(*args, "--color=always") and "\x1b[" not in bed.switch(*args)


def test_the_role_is_enough(bed, plane, tmp_path):
    """Bound in the namespace alone; and what is missing is said with the role that grants it."""
    rules = yaml.safe_load((ROOT / "manifests" / "rbac-switch.yaml").read_text())["rules"]
    args = ("--to=standalone", f"--master={MASTER}", "--yes")
    less = [{**r, "verbs": [v for v in r["verbs"] if v != "patch"]} for r in rules]
    before = bed.state()
    text = bed.switch(*args, config=tenant(bed.api, plane, tmp_path, bed.name, less), code=1)
    assert "ClusterRole sparkgate-switch" in text and bed.state() == before
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant", "namespace": bed.name}, "rules": rules}
    bed.api.kubectl("apply", "-f", "-", stdin=role, check=True)
    tenant_rights(bed.api, bed.name, rules)
    assert "verified by audit" in bed.switch(*args, config=tmp_path / "tenant.conf")
    bed.is_switched()


def test_there_and_back(bed):
    before = bed.state()
    assert "verified by audit" in bed.there()
    bed.is_switched()
    again = bed.there()
    assert "nothing to do" in again and "stays" in again and "restarts" not in again
    bed.switch("--to=k8s", "--yes")
    after = bed.state()
    assert {n: d for n, (d, _) in after[2].items()} == {n: d for n, (d, _) in before[2].items()}


def test_servers_that_were_left_behind_are_restarted(bed):
    """Somebody annotated the namespace by hand."""
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"annotations": {MODE: "standalone", OWN_MASTER: MASTER}}}).allowed()
    name = WORKLOADS[0]["metadata"]["name"]

    def admitted():
        bed.api.patch("ConfigMap", bed.name, name, {})
        return MASTER in bed.api.get("ConfigMap", bed.name, name).body["data"]["spark-defaults.conf"]

    wait_until(admitted, "the ConfigMap on the new backend", 20)
    text = bed.switch("--to=standalone", f"--master={MASTER}")
    assert "asks for that already, but not everything in it is as asked" in text and "nothing was written" in text
    assert "verified by audit" in bed.there()
    bed.is_switched()
    assert "nothing to do" in bed.there()


def test_what_else_is_refused_is_no_matter(bed):
    """A worker that Pod Security would refuse was there before."""
    worker = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "worker", "labels": {"spark-role": "worker"}}}
    command = ["/opt/spark/bin/spark-class", "org.apache.spark.deploy.worker.Worker", MASTER]
    worker["spec"] = {"hostNetwork": True, "containers": [{"name": "w", "image": "apache/spark:4.1.0", "command": command}]}
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"labels": {"sparkgate.io/mode": "audit"}}}).allowed()
    wait_until(lambda: bed.api.create(in_namespace(worker, bed.name)).ok, "a worker in mode audit", 20)
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"labels": {"sparkgate.io/mode": "enforce"}}}).allowed()
    assert "verified by audit" in bed.there()
    bed.is_switched()


@pytest.mark.parametrize("at", range(1, 6))
def test_killed_while_it_puts_back(bed, at):
    before = bed.state()
    assert bed.dies_at(LAST, behind=True), "all is done, the record is there"
    assert bed.dies_at(at, behind=True, args=("--undo", "--yes")), f"undo has no write {at}"
    assert "as it was before" in bed.switch("--undo", "--yes")
    assert bed.state() == before


@pytest.fixture
def older(bed):
    """One ConfigMap more, which was there before the namespace opted in: its text cannot come back whole, admission rewrites it at once."""
    label = lambda mode: {"metadata": {"labels": {"sparkgate.io/mode": mode}}}  # noqa: E731
    bed.api.patch("Namespace", None, bed.name, label(None)).allowed()
    old = in_namespace(copy.deepcopy(WORKLOADS[0]), bed.name)
    old["metadata"]["name"] = "from-before"
    wait_until(lambda: "sparkgate" not in bed.api.create(old, dry_run=True).allowed()["data"]["spark-defaults.conf"], "out", 20)
    bed.api.create(old).allowed()
    bed.api.patch("Namespace", None, bed.name, label("enforce")).allowed()
    assert bed.dies_at(LAST + 1, behind=True), "the Deployment: there is one ConfigMap more"


def test_a_text_from_before_the_namespace_opted_in(bed, older):
    """The switch is put back all the same."""
    assert "as it was before" in bed.switch("--undo", "--yes")
    assert "sparkgate-switch" not in bed.state()[2] and bed.state()[0][MODE] == "k8s"


@pytest.mark.parametrize("at", range(2, 7))
def test_killed_while_it_puts_such_a_text_back(bed, older, at):
    """Admission's own text is nobody's edit, at whatever write of the undo it is killed."""
    assert bed.dies_at(at, behind=True, args=("--undo", "--yes")), f"undo has no write {at}"
    text = bed.switch("--undo", "--yes")
    assert "as it was before" in text and "somebody" not in text
    assert "sparkgate-switch" not in bed.state()[2] and bed.state()[0][MODE] == "k8s"


def test_a_backend_that_was_no_word(bed):
    """The namespace guard would refuse to write it, so it is from a time before the guard: mode audit lets it be."""
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"labels": {"sparkgate.io/mode": "audit"}, "annotations": {MODE: "Kubernetes", OWN_MASTER: ""}}}).allowed()
    before = bed.state()
    if bed.dies_at(2, behind=True):
        assert "as it was before" in bed.switch("--undo", "--yes")
    assert bed.state()[0] == before[0]


def test_a_server_that_was_not_ready_before(bed):
    bed.kubelet.stop()
    for pod in bed.api.list("Pod", bed.name):
        bed.api.delete("Pod", bed.name, pod["metadata"]["name"])
    wait_until(lambda: not bed.is_ready(), "a server that is not ready", 20)
    before = bed.state()
    text = bed.switch("--to=standalone", f"--master={MASTER}", "--yes", f"--timeout={patiently(6)}s", code=1)
    assert "does not become ready" in text and "as it was before" in text
    assert bed.state() == before
    bed.kubelet = Kubelet(bed.api, bed.name)


def test_a_server_dry_run_stores_nothing(bed):
    before = bed.state()
    assert "nothing was written" in bed.switch("--to=standalone", f"--master={MASTER}", "--dry-run=server")
    assert bed.state() == before


def test_what_cannot_switch_refuses_all(bed):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "labels": {"app": "spark-connect"}}}
    pod["spec"] = copy.deepcopy(load("servers/argv.yaml")[-1]["spec"]["template"]["spec"])
    bed.api.create(in_namespace(pod, bed.name)).allowed()
    before = bed.state()
    text = bed.there(code=1)
    assert "Pod bare cannot switch: a bare pod" in text and bed.state() == before


@pytest.mark.parametrize("args, says", [((), "standalone needs a master"), (("--master=spark://nowhere:7077",), "no Service nowhere")])
def test_a_master_that_is_not_there(bed, args, says):
    before = bed.state()
    assert says in bed.switch("--to=standalone", *args, "--yes", code=1)
    assert bed.state() == before


MANAGED = [
    ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:/Namespace:x/y"}}, "Argo CD application shop"),
    ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}},
     "Flux Kustomization flux-system/apps"),
]  # fmt: skip


@pytest.mark.parametrize("metadata, owner", MANAGED)
@pytest.mark.parametrize("kind", ["Namespace", "Deployment"])
def test_what_git_has_is_committed_there(bed, kind, metadata, owner):
    name = bed.name if kind == "Namespace" else bed.deployment()["metadata"]["name"]
    bed.api.patch(kind, None if kind == "Namespace" else bed.name, name, {"metadata": metadata}).allowed()
    before = bed.state()
    text = bed.there(code=1)
    assert owner in text and "Commit there" in text if kind == "Namespace" else owner in text
    if kind == "Namespace":
        assert f"-      {MODE}: k8s\n+      {MODE}: standalone\n+      {OWN_MASTER}: {MASTER}" in text
    assert f"kubectl rollout restart Deployment/{bed.deployment()['metadata']['name']}" in text
    assert bed.state() == before


@pytest.mark.parametrize("kind", ["Deployment", "ConfigMap"])
def test_what_only_its_fields_say(bed, kind):
    """Argo CD tracks by app.kubernetes.io/instance, which is everybody's; but it has written the object."""
    name = next(o["metadata"]["name"] for o in WORKLOADS if o["kind"] == kind)
    api_version = next(o["apiVersion"] for o in WORKLOADS if o["kind"] == kind)
    bed.api.apply({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": bed.name, "labels": {"app.kubernetes.io/instance": "x"}}},
                  manager="argocd-controller").allowed()  # fmt: skip
    before = bed.state()
    assert f"{kind} {name} is managed by Argo CD" in bed.there(code=1) and bed.state() == before


def test_two_at_once(bed):
    bed.kubelet.stop()  # the first one waits for ever
    first = subprocess.Popen(bed.argv("--to=standalone", f"--master={MASTER}", "--yes"), stderr=subprocess.PIPE, text=True)
    wait_until(lambda: "sparkgate-switch" in bed.state()[2], "the record", 20)
    assert "is under way, by process" in bed.there(code=1)
    bed.kubelet = Kubelet(bed.api, bed.name)
    assert "verified" in first.communicate(timeout=patiently(90))[1]
    bed.is_switched()


@pytest.mark.parametrize("how", ["SIGTERM", "timeout"])
def test_a_failure_puts_everything_back(bed, how):
    before = bed.state()
    bed.kubelet.stop()
    args = bed.argv("--to=standalone", f"--master={MASTER}", "--yes") + ([f"--timeout={patiently(8)}s"] if how == "timeout" else [])
    command = subprocess.Popen(args, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: RESTART in bed.deployment()["spec"]["template"]["metadata"].get("annotations", {}), "the restart", 30)
    if how == "SIGTERM":
        command.terminate()
    wait_until(lambda: RESTART not in bed.deployment()["spec"]["template"]["metadata"].get("annotations", {}), "put back", 30)
    bed.kubelet = Kubelet(bed.api, bed.name)
    text = command.communicate(timeout=patiently(90))[1]
    assert command.returncode == 1 and "the namespace is as it was before" in text, text
    assert bed.state() == before


def test_a_record_that_is_none(bed):
    for text in ("{", "[]", '{"version":1,"restarts":[{"kind":"Secret"}]}'):
        record = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sparkgate-switch"}, "data": {"record.json": text}}
        bed.api.create(in_namespace(record, bed.name)).allowed()
        assert "is not a record of a switch" in bed.there(code=2)
        bed.api.delete("ConfigMap", bed.name, "sparkgate-switch")


# The record, the Namespace, the record with what admission will write, the ConfigMap, the Deployment, the Namespace that names its
# record no more, the record's end. Renewals come in between where it takes long, and are not counted.
@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("at", range(1, END + 1))
@pytest.mark.parametrize("then", ["finish", "undo"])
def test_killed_at_every_write(bed, at, behind, then):
    before = bed.state()
    assert bed.dies_at(at, behind), f"it has no write {at}"
    there = "sparkgate-switch" in bed.state()[2]
    assert there == (not (at == 1 and not behind) and not (at == END and behind))
    if then == "finish":
        bed.there()
        bed.is_switched()
    elif there and at + behind < END:
        assert "as it was before" in bed.switch("--undo", "--yes")
        assert bed.state() == before
    elif there:
        assert "is of a switch that is over" in bed.switch("--undo", "--yes", code=1)
    else:
        assert "nothing to put back" in bed.switch("--undo", "--yes", code=1)


def test_another_target_says_what_is_pending(bed):
    assert bed.dies_at(3, behind=True)
    assert "finish it:   sparkgate switch" in bed.switch("--to=k8s", "--yes", code=1)
