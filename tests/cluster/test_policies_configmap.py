"""Two replicas with the rights of manifests/rbac.yaml: the API server asks one to rewrite and the other to validate, while
their policies differ or change."""

import json
import os
import time

import pytest
import requests
from bed.controlplane import SERVER
from bed.objects import changed, servers, settings
from bed.process import Process, patiently, wait_until
from bed.sparkgate import admission_review
from pointing import configurations, point_back, point_webhooks, wait_asked
from test_live_facts import service_account_token

NAME = "sparkgate-policies"
SETTLE = 0.4  # seconds (SETTLE_NS): so much later than it was loaded a policy is in force
PODS = servers()
POD, _ = PODS["argv"]
CHECKS = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {{defaultExecutors: {}}}\n"
BACKEND = "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n- {{id: backend.site, why: w, versions: all, {}}}\n"


class Replica:
    """One of them; both serve the same certificate."""

    def __init__(self, letter, port, scratch, plane, kubeconfig, layer):
        self.url, self.metrics = f"https://127.0.0.1:{port}", f"127.0.0.1:{port + 1000}"
        self.certs = scratch / "replicas" / "certs"
        self.layer = scratch / "replicas" / f"{letter}.yaml"
        self.layer.write_text(layer)
        argv = ["env", "POD_NAMESPACE=sparkgate", f"POD_NAME=replica-{letter}", os.environ["SPARKGATE"], "serve", f"--listen=127.0.0.1:{port}"]
        argv += [f"--metrics-listen={self.metrics}", f"--certs={self.certs}", f"--kubeconfig={kubeconfig}", "--shutdown-delay=0s"]
        argv += [f"--policies={self.layer}", f"--policies-configmap={NAME}", "--webhook-configurations=sparkgate"]
        self.process = Process(f"sparkgate-{letter}", argv, plane.logs).start()
        wait_until(lambda: "Look next at" in self.process.log.read_text(), "it serves", 20)

    def listing(self):
        return requests.get(f"{self.url}/readyz?verbose", verify=str(self.certs / "ca.crt"), timeout=patiently(5)).text

    def metric(self, name):
        for line in requests.get(f"http://{self.metrics}/metrics", timeout=patiently(5)).text.splitlines():
            if line.startswith(name):
                return line[len(name) :].strip()
        return None

    def policy(self):
        return self.metric("sparkgate_policy_info")

    def loads(self):
        return int(self.metric('sparkgate_reloads_total{what="policy",result="ok"}'))


@pytest.fixture(scope="module")
def replicas(scratch, plane, cluster):
    folder = scratch / "replicas"
    folder.mkdir()
    (folder / "token").write_text(service_account_token(cluster))
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bed", "cluster": {"server": SERVER, "certificate-authority": str(plane.ca)}}],
        "users": [{"name": "sparkgate", "user": {"tokenFile": "token"}}],
        "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "sparkgate"}}],
        "current-context": "bed",
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    # What differs between editions of a policy day by day: bounds, a check, a default.
    a = Replica("a", 8446, scratch, plane, folder / "kubeconfig", CHECKS.format(5) + "---\n" + BACKEND.format("default: {key: spark.ui.port, value: '4050'}"))
    b = Replica("b", 8447, scratch, plane, folder / "kubeconfig", CHECKS.format(3))
    ca = (a.certs / "ca.crt").read_bytes()
    before = point_webhooks(cluster, a.url, ca)
    validating = next(o for o in configurations(cluster) if o["kind"].startswith("Validating"))
    for webhook in validating["webhooks"]:
        webhook["clientConfig"]["url"] = f"{b.url}/validate"
    cluster.replace(validating).allowed()
    for one in (a, b):
        wait_until(lambda one=one: "readyz check passed" in one.listing(), "ready", 20)
        one.base = one.policy()
    wait_asked(cluster, a.metrics, b.metrics)
    yield a, b
    point_back(cluster, before)
    assert a.process.stop() == 0 and b.process.stop() == 0


@pytest.fixture
def layer(api, replicas):
    """A function that puts a layer into the ConfigMap of both."""

    def put(text):
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": "sparkgate"}, "data": {"site.yaml": text}}
        answer = api.replace(obj) if api.get("ConfigMap", "sparkgate", NAME).ok else api.create(obj)
        return answer.allowed()

    yield put
    api.delete("ConfigMap", "sparkgate", NAME)


def test_different_policies_refuse_nothing_of_each_other(api, replicas):
    a, b = replicas
    assert a.policy() != b.policy()
    for name, (pod, _) in PODS.items():
        for namespace in ("enforce-k8s", "enforce-standalone"):
            answer = api.create(pod, namespace, dry_run=True)
            assert answer.ok, (name, namespace, answer.message)


def create_in_step(api, b, begun, loads):
    """The pod, by a and b. The time that b has to learn of a change is SETTLE: where it had not loaded it by then a refusal is as designed,
    and the pod is tried again."""
    while True:
        knows = b.loads() > loads
        answer = api.create(POD, "enforce-k8s", dry_run=True)
        if answer.ok or knows or time.monotonic() - begun < SETTLE:
            return answer.allowed()


def test_a_change_that_both_learn_of(api, replicas, layer):
    """A new value of a set rule, again and again under load: in force by the watch, and no pod is refused in between."""
    slowest = 0
    for n in range(5):
        begun, loads = time.monotonic(), replicas[1].loads()
        layer(BACKEND.format(f"set: {{key: spark.site, value: v{n}}}"))
        while settings(create_in_step(api, replicas[1], begun, loads)).get("spark.site") != f"v{n}":
            assert time.monotonic() - begun < patiently(10)
        slowest = max(slowest, time.monotonic() - begun)
        for _ in range(10):
            api.create(POD, "enforce-k8s", dry_run=True).allowed()
    print(f"slowest change: {slowest:.3f} s")


def test_a_layer_comes_and_goes(api, replicas, layer):
    before = [one.base for one in replicas]
    wait_until(lambda: [one.policy() for one in replicas] == before, "what was there before is gone", 5)
    layer(CHECKS.format(7))
    wait_until(lambda: all(one.policy() != then for one, then in zip(replicas, before, strict=True)), "in force", 10)
    api.delete("ConfigMap", "sparkgate", NAME)
    wait_until(lambda: [one.policy() for one in replicas] == before, "gone with its ConfigMap", 10)


def test_a_bad_layer_is_an_event(api, replicas, layer):
    a, _ = replicas
    before = a.policy()
    layer(CHECKS.format("many"))
    wait_until(lambda: "not in force" in a.listing(), "a note", 5)

    def events():
        found = json.loads(api.kubectl("get", "events.v1.events.k8s.io", "-n", "sparkgate", "-o", "json", check=True).stdout)["items"]
        return [e for e in found if e["reason"] == "PolicyRefused" and e["regarding"]["name"] == "replica-a"]

    (event,) = wait_until(events, "an Event", 5)
    assert f"ConfigMap {NAME}, site.yaml:3:" in event["note"] and event["type"] == "Warning"
    assert a.policy() == before and "readyz check passed" in a.listing()
    api.create(POD, "enforce-k8s", dry_run=True).allowed()


def test_conditions_that_are_narrowed(api, replicas):
    a, _ = replicas
    in_step = 'sparkgate_match_conditions_in_step{configuration="validating"}'
    assert a.metric(in_step) == "1"
    before = api.get("ValidatingWebhookConfiguration", None, "sparkgate").body
    obj = json.loads(json.dumps(before).replace("start-conn", "start-xxxx"))
    api.replace(obj).allowed()
    try:
        wait_until(lambda: a.metric(in_step) == "0", "told", 5)
        assert "word 'start-connect-server.sh' of role connect-server is not in the matchConditions of servers.validate.sparkgate.io" in a.process.log.read_text()
    finally:
        before["metadata"]["resourceVersion"] = api.get("ValidatingWebhookConfiguration", None, "sparkgate").body["metadata"]["resourceVersion"]
        api.replace(before).allowed()
    wait_until(lambda: a.metric(in_step) == "1", "in step again", 5)


def test_nothing_was_forbidden(replicas):
    """The rights of manifests/rbac.yaml are enough for all of this."""
    for one in replicas:
        assert "forbidden" not in one.process.log.read_text()


def test_the_answer_names_the_policy(replicas):
    a, b = replicas
    for one, endpoint in ((a, "mutate"), (b, "validate")):
        review = admission_review(changed(POD, metadata__namespace="enforce-k8s"))
        answer = requests.post(f"{one.url}/{endpoint}?timeout=5s", json=review, verify=str(one.certs / "ca.crt"), timeout=patiently(10)).json()
        assert answer["response"]["auditAnnotations"]["policy"] in one.policy()
