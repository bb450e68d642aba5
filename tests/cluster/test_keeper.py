"""Certificates that three replicas keep themselves, with the rights of manifests/rbac.yaml, under a real API server.

What that API server trusts, and what it makes of our answers, is the oracle: it calls the replicas through one address,
as through a Service, and every admission must be answered and rewritten.
"""

import base64
import copy
import hashlib
import itertools
import json
import os
import re
import ssl
import subprocess
import threading
import time

import pytest
import requests
import yaml
from bed import audit_log
from bed.controlplane import ACCOUNT, SERVER
from bed.objects import servers
from bed.process import PATIENCE, Process, patiently, wait_until
from bed.service import Service
from bed.sparkgate import METRICS
from conftest import in_force
from pointing import KINDS, as_new, point_webhooks, wait_asked
from test_live_facts import ROOT, service_account_token

PORT = 8460
POD, _ = servers()["argv"]
NAMESPACE, SECRET = "sparkgate", "sparkgate-certs"
END = "-----END CERTIFICATE-----\n"


class Replica:
    """A pod of the Deployment, without the pod."""

    def __init__(self, bed, n):
        self.name, self.port, self.metrics_port = f"sparkgate-{n}", PORT + 1 + n, PORT + 11 + n
        argv = ["env", f"POD_NAME={self.name}", f"POD_NAMESPACE={NAMESPACE}", os.environ["SPARKGATE"], "serve"]
        argv += [f"--listen=127.0.0.1:{self.port}", f"--metrics-listen=127.0.0.1:{self.metrics_port}", f"--kubeconfig={bed.kubeconfig}"]
        argv += [f"--certs-secret={SECRET}", f"--rotation-pause={2 * PATIENCE}s", "--shutdown-delay=1s", "--threads=1"]
        self.process = Process(self.name, argv, bed.logs)

    def start(self):
        self.process.start()
        return self

    @property
    def ready(self):
        try:
            return requests.get(f"http://127.0.0.1:{self.metrics_port}/readyz", timeout=patiently(5)).ok
        except requests.RequestException:
            return False

    @property
    def leaf(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        pem = ssl.get_server_certificate(("127.0.0.1", self.port), timeout=patiently(5))
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def kill(self):
        self.process.popen.kill()
        self.process.popen.wait()


class Bed:
    def __init__(self, scratch, plane, api):
        self.api, self.logs = api, plane.logs
        self.kubeconfig = scratch / "keeper.conf"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "bed", "cluster": {"server": SERVER, "certificate-authority": str(plane.ca)}}],
            "users": [{"name": "sparkgate", "user": {"token": service_account_token(api)}}],
            "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "sparkgate"}}],
            "current-context": "bed",
        }
        self.kubeconfig.write_text(json.dumps(config))
        self.admin_conf = plane.dir / "admin.conf"
        self.service = Service(PORT)
        self.replicas = [Replica(self, n) for n in range(3)]
        self.service.endpoints = [r.port for r in self.replicas]

    @property
    def secret(self):
        answer = self.api.get("Secret", NAMESPACE, SECRET)
        return answer.body if answer.ok else None

    def text(self, key):
        return base64.b64decode(self.secret["data"][key]).decode()

    @property
    def cas(self):
        return self.text("ca.crt").count(END)

    @property
    def leaf(self):
        pem = self.text("tls.crt")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN") : pem.index(END) + len(END)])).hexdigest()

    def bundles(self):
        return {w["clientConfig"].get("caBundle") for k in KINDS for w in self.api.get(k, None, "sparkgate").allowed()["webhooks"]}

    @property
    def in_step(self):
        return self.secret is not None and "data" in self.secret and self.bundles() == {self.secret["data"]["ca.crt"]}

    def command(self, *args):
        argv = [os.environ["SPARKGATE"], "certs", *args, "--namespace", NAMESPACE, "--kubeconfig", str(self.admin_conf)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=patiently(30))

    def rotate(self):
        run = self.command("rotate", "--ca", "--secret", SECRET)
        assert run.returncode == 0, run.stderr

    def settled(self):
        """One CA, trusted, served by all; the API server's caches have it too."""
        wait_until(lambda: self.secret and self.cas == 1 and self.in_step, "one CA, trusted everywhere", 150)
        wait_until(lambda: {r.leaf for r in self.replicas} == {self.leaf}, "served by all", 10)
        wait_until(lambda: self.admitted() is None, "the API server calls and trusts us", 20)

    def admitted(self):
        """Ask for a Connect server: what is wrong with the API server's answer, None if nothing is."""
        answer = self.api.create(POD, "enforce-k8s", dry_run=True)
        if not answer.ok:
            return answer.message
        return None if "k8s://" in json.dumps(answer.body["spec"]) else "it was not rewritten"


class Load:
    """Admissions without a pause, from many clients of the API server."""

    def __init__(self, bed, threads=3):
        self.bed, self.count, self.failures, self.stopped = bed, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def _run(self):
        api = type(self.bed.api)(self.bed.api.plane)
        while not self.stopped.is_set():
            answer = api.create(POD, "enforce-k8s", dry_run=True)
            wrong = answer.message if not answer.ok else None if "k8s://" in json.dumps(answer.body["spec"]) else "not rewritten"
            self.count += 1
            if wrong:
                self.failures.append(wrong)

    def __enter__(self):
        self.before = self.bed.api.webhook_calls()
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.count > 10, "first admissions", 20)
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)
        after = self.bed.api.webhook_calls()
        self.passed_over = {k: v - self.before.get(k, 0) for k, v in after.items() if k.endswith("passed over") and v != self.before.get(k, 0)}
        print(f"{self.count} admissions, {len(self.failures)} failed, passed over: {self.passed_over}")


@pytest.fixture(scope="module")
def bed(scratch, plane, cluster):
    bed = Bed(scratch, plane, cluster)
    ca = base64.b64decode(next(iter(bed.bundles())))
    with plane.calls_may_fail():  # until they are there and trusted
        before = point_webhooks(cluster, f"https://127.0.0.1:{PORT}", ca)
        for replica in bed.replicas:
            replica.start()
        for replica in bed.replicas:
            replica.process.wait_ready(lambda r=replica: r.ready)
        wait_until(lambda: bed.admitted() is None, "the API server calls us", 20)
    yield bed
    forget_webhooks(cluster)
    assert [r.process.stop() for r in bed.replicas] == [0, 0, 0]
    assert [o for o in cluster.list("Lease", NAMESPACE) if o["metadata"]["name"].startswith("sparkgate-")] == [], "taken away at a clean end"
    for obj in before:
        cluster.request("POST", cluster.path(obj["kind"]), as_new(obj)).allowed()
    wait_asked(cluster, METRICS)
    bed.service.close()


def forget_webhooks(api):
    """Nobody is asked any more. As long as the replicas are there they would make any other configurations of that name trust them."""
    for kind in KINDS:
        api.delete(kind, None, "sparkgate").allowed()
    for entry in ("pods.mutate.sparkgate.io", "servers.validate.sparkgate.io"):
        in_force(api, "enforce-k8s", False, entry)


def test_three_at_once_make_one_ca(api, bed):
    made = bed.secret
    assert made["type"] == "kubernetes.io/tls" and bed.cas == 1
    assert {r.leaf for r in bed.replicas} == {bed.leaf} and bed.in_step

    def leases():
        """Which certificate each replica says that it serves: a moment after it is ready."""
        found = api.list("Lease", NAMESPACE, labelSelector="app.kubernetes.io/component=replica")
        return {o["spec"]["holderIdentity"]: o["metadata"]["annotations"]["sparkgate.io/certificate"] for o in found}

    wait_until(lambda: leases() == {r.name: bed.leaf for r in bed.replicas}, "a Lease of each", 10)
    shown = bed.command("show", "--secret", SECRET)
    assert shown.returncode == 0 and shown.stdout.count("this one") == 3, shown.stdout + shown.stderr


def test_a_deleted_secret_comes_back(api, bed):
    before = bed.secret["data"]
    with Load(bed) as load:
        api.delete("Secret", NAMESPACE, SECRET)
        wait_until(lambda: bed.secret, "it is back", 10)
        wait_until(lambda: load.count > 50, "admissions", 20)
    assert bed.secret["data"]["tls.crt"] == before["tls.crt"] and bed.in_step
    assert load.failures == [] and not load.passed_over


@pytest.mark.parametrize("harm", [{"tls.crt": "Z2FyYmFnZQ=="}, {"ca.key": ""}, {"tls.key": "Z2FyYmFnZQ==", "ca.crt": "Z2FyYmFnZQ=="}])
def test_a_damaged_secret_is_repaired(api, bed, harm):
    before = bed.secret["data"]
    with Load(bed) as load:
        api.patch("Secret", NAMESPACE, SECRET, {"data": harm}).allowed()
        wait_until(lambda: bed.secret["data"] == before, "as it was", 10)
        wait_until(lambda: load.count > 50, "admissions", 20)
    assert load.failures == [] and not load.passed_over


def test_a_secret_without_data_is_repaired(api, bed):
    before = bed.secret["data"]
    obj = bed.secret
    api.delete("Secret", NAMESPACE, SECRET)
    wait_until(lambda: bed.secret, "it is back", 10)
    obj["metadata"] = {k: obj["metadata"][k] for k in ("name", "namespace", "labels")}
    obj.update(data={"tls.crt": "", "tls.key": ""}, kind="Secret", apiVersion="v1")
    api.replace(obj).allowed()
    wait_until(lambda: bed.secret["data"] == before, "as it was", 10)


def test_a_reset_bundle_is_put_right(api, bed):
    """As GitOps resets it: the whole object is applied from a file in which caBundle is another."""
    slowest = 0
    for n in range(6):
        kind = KINDS[n % 2]
        obj = api.get(kind, None, "sparkgate").allowed()
        for webhook in obj["webhooks"]:
            webhook["clientConfig"]["caBundle"] = base64.b64encode(bed.api.plane.ca.read_bytes()).decode()
        obj.update(kind=kind, apiVersion="admissionregistration.k8s.io/v1")
        wanted = copy.deepcopy(obj["webhooks"])
        begun = time.monotonic()
        api.replace(obj).allowed()
        wait_until(lambda: bed.in_step, "put right", 10, 0.01)
        slowest = max(slowest, time.monotonic() - begun)
        stored = api.get(kind, None, "sparkgate").allowed()["webhooks"]
        for webhook in stored + wanted:
            del webhook["clientConfig"]["caBundle"]
        assert stored == wanted, "that field and nothing else"
    print(f"slowest repair: {slowest:.3f} s")


def test_configurations_that_are_deleted_and_come_back(api, bed):
    kind = KINDS[1]
    obj = api.get(kind, None, "sparkgate").allowed()
    api.delete(kind, None, "sparkgate").allowed()
    time.sleep(0.5)
    assert all(r.ready for r in bed.replicas)
    obj["metadata"] = {k: obj["metadata"][k] for k in ("name", "labels")}
    for webhook in obj["webhooks"]:
        webhook["clientConfig"].pop("caBundle")
    obj.update(kind=kind, apiVersion="admissionregistration.k8s.io/v1")
    with bed.api.plane.calls_may_fail():  # without a caBundle there is no trust
        api.request("POST", api.path(kind), obj).allowed()
        wait_until(lambda: bed.in_step, "trusted again", 5)
        bed.settled()


def test_a_new_ca_loses_no_admission(api, bed):
    before, leaf = bed.text("ca.crt"), bed.leaf
    with Load(bed) as load:
        bed.rotate()
        wait_until(lambda: bed.cas == 2, "announced", 5)
        wait_until(lambda: bed.leaf != leaf, "the leaf has moved", 30)
        bed.settled()
        time.sleep(1)
    assert load.failures == [] and not load.passed_over, load.failures[:3]
    assert bed.text("ca.crt") not in before and before not in bed.text("ca.crt")


@pytest.mark.parametrize("step", ["announced", "moved"])
def test_killed_at_a_step(api, bed, step):
    """kill -9 of all three; they come back and go on."""
    before, leaf = bed.text("ca.crt"), bed.leaf
    bed.rotate()
    wait_until(lambda: bed.cas == 2 and (step == "announced" or bed.leaf != leaf), step, 30)
    with bed.api.plane.calls_may_fail():  # nobody is there for a while
        for replica in bed.replicas:
            replica.kill()
        assert bed.cas == 2
        for replica in bed.replicas:
            replica.start()
        wait_until(lambda: all(r.ready for r in bed.replicas), "ready", 20)
        bed.settled()
    assert bed.text("ca.crt") != before


def test_a_rolling_restart_loses_no_admission(api, bed):
    """As a Deployment does it: out of the Service, SIGTERM, a new one, into the Service."""
    with Load(bed) as load:
        for replica in bed.replicas:
            bed.service.endpoints.remove(replica.port)
            assert replica.process.stop() == 0
            assert api.get("Lease", NAMESPACE, f"sparkgate-{replica.name}").status == 404
            replica.start()
            wait_until(lambda r=replica: r.ready, "ready again", 20)
            bed.service.endpoints.append(replica.port)
    assert load.failures == [] and not load.passed_over, load.failures[:3]


def events(plane):
    """What our account asked of the API server, by its audit log: an oracle that is not ours."""
    return [e for e in audit_log.events(plane.audit_log, word=ACCOUNT) if e["user"]["username"] == ACCOUNT]


def rights():
    """Everything that manifests/rbac.yaml grants: (verb, resource)."""
    for obj in yaml.safe_load_all((ROOT / "manifests" / "rbac.yaml").read_text()):
        for rule in (obj or {}).get("rules", []):
            yield from itertools.product(rule["verbs"], rule["resources"])


def test_the_rights_are_the_least(api, bed, plane):
    """Everything that manifests/rbac.yaml grants for certificates is used, and nothing refused."""
    bed.rotate()
    bed.settled()
    assert bed.replicas[0].process.stop() == 0
    bed.replicas[0].start()
    wait_until(lambda: bed.replicas[0].ready, "ready again", 20)
    used, refused = set(), []
    for event in events(plane):
        ref = event["objectRef"]
        used.add((event["verb"], ref["resource"]))
        answer = event.get("responseStatus", {})
        # Of a namespace that is going nobody may write an Event, whatever his rights.
        if answer.get("code") == 403 and "being terminated" not in answer.get("message", ""):
            refused.append((event["requestURI"], answer.get("message")))
    granted = set(rights())
    ours = {(v, r) for v, r in granted if r in ("secrets", "leases") or r.endswith("webhookconfigurations")}
    assert refused == []
    assert used <= granted and ours <= used, (ours - used, used - granted)


def test_other_secrets_are_out_of_reach(api, bed):
    account = f"--as={ACCOUNT}"
    for verb, what in [("list", "secrets"), ("get", "secrets"), ("update", "secrets/other"), ("patch", "mutatingwebhookconfigurations/other"), ("delete", f"secrets/{SECRET}")]:
        assert api.kubectl("auth", "can-i", verb, what, "-n", NAMESPACE, account).stdout.strip() == "no", (verb, what)
    assert api.kubectl("auth", "can-i", "list", "secrets", "-n", "kube-system", account).stdout.strip() == "no"


def test_no_key_in_the_logs(bed):
    lines = {l for key in ("ca.key", "tls.key") for l in bed.text(key).splitlines() if not re.match("-----", l)}
    logs = "".join(r.process.log.read_text() for r in bed.replicas)
    assert not [l for l in lines if l in logs]


def test_an_api_server_that_restarts(api, bed, plane):
    """While it is away nothing can be repaired; afterwards all is. (Last: it answers 403 until it has read its roles.)"""
    server = next(p for p in plane.processes if p.name == "kube-apiserver")
    server.popen.kill()
    server.popen.wait()
    time.sleep(3)
    assert {r.leaf for r in bed.replicas} == {r.leaf for r in bed.replicas[:1]} and all(r.ready for r in bed.replicas)
    server.start().wait_ready(lambda: plane._get(f"{SERVER}/readyz"), 90)
    wait_until(lambda: api.delete("Secret", NAMESPACE, SECRET).ok, "it takes changes", 30)
    wait_until(lambda: bed.secret, "the Secret is back", 30)
    bed.settled()
