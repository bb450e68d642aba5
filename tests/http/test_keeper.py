"""Certificates that the replicas of a cluster keep themselves: certs/keeper.h against an API server that may do anything."""

import base64
import hashlib
import http.client
import itertools
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from apiserver import ApiServer, namespace, status
from pki import Authority, secret
from reviews import review
from server import PROGRAM, Server, until

NAME = "sparkgate.sparkgate.svc"  # what an API server verifies
CONFIGURATIONS = {"mutating": "mutatingwebhookconfigurations", "validating": "validatingwebhookconfigurations"}
PEM_END = "-----END CERTIFICATE-----\n"


def configuration(kind, count):
    webhooks = [
        {
            "name": f"entry{n}.{kind}.sparkgate.io",
            "clientConfig": {"service": {"namespace": "sparkgate", "name": "sparkgate", "path": f"/{kind}", "port": 443}},
            "failurePolicy": "Fail",
            "matchConditions": [{"name": "all", "expression": "true"}],
        }
        for n in range(count)
    ]
    return {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "sparkgate", "labels": {"a": "b"}}, "webhooks": webhooks}


def install(api):
    api.objects.put(CONFIGURATIONS["mutating"], configuration("mutating", 2))
    api.objects.put(CONFIGURATIONS["validating"], configuration("validating", 5))


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    install(api)
    api.kubeconfig()
    yield api
    api.close()


class Replica(Server):
    """A pod of the Deployment. Its clients trust what caBundle says at the moment, and ask for the Service's name."""

    def __init__(self, api, directory, name, *flags):
        self.api, self.name = api, name
        env = {"POD_NAME": name, "POD_NAMESPACE": "sparkgate", "POD_UID": f"uid-of-{name}"}
        super().__init__(directory, "--kubeconfig", str(api.dir / "kubeconfig"), *flags, env=env)

    def context(self, cafile=None, **pair):
        return ssl.create_default_context(cadata=bundle(self.api))

    @property
    def ready(self):
        return self.plain_get("/readyz").status == 200

    def connect(self, trust=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context(cadata=trust) if trust else self.context()
        return context.wrap_socket(plain, server_hostname=NAME)

    def fresh_post(self, path, body, trust=None):
        """Over a connection of its own."""
        with self.connect(trust) as tls:
            connection = http.client.HTTPConnection(NAME)
            connection.sock = tls
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["response"]

    @property
    def leaf(self):
        """SHA-256 of the certificate that it shows, whoever signed it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain, context.wrap_socket(plain) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()

    def said(self, word):
        return [line for line in self.log if line["msg"] == "certificates" and word in json.dumps(line)]


@pytest.fixture
def serve(api, tmp_path):
    """A function that starts a replica and waits until it is ready."""
    replicas, numbers = [], itertools.count()

    def begin(name=None, *flags, wait=True):
        n = next(numbers)
        flags = flags or ("--certs-secret", "certs", "--rotation-pause", "200ms")
        replica = Replica(api, tmp_path / f"replica{n}", name or f"pod-{n}", *flags)
        replicas.append(replica)
        if wait:
            until(lambda: replica.ready, 20, "ready")
        return replica

    yield begin
    for replica in replicas:
        replica.kill()


def three(serve, *flags):
    with ThreadPoolExecutor(3) as pool:
        replicas = list(pool.map(lambda n: serve(f"pod-{n}", *flags, wait=False), range(3)))
    for replica in replicas:
        until(lambda r=replica: r.ready, 20, "ready")
    return replicas


def bundle(api, kind="validating"):
    return base64.b64decode(api.objects.get(CONFIGURATIONS[kind], "sparkgate")["webhooks"][0]["clientConfig"].get("caBundle", "")).decode()


def all_bundles(api):
    return {w["clientConfig"].get("caBundle") for r in CONFIGURATIONS.values() for w in api.objects.get(r, "sparkgate")["webhooks"]}


def held(api):
    return api.objects.get("secrets", "certs", "sparkgate")


def data(obj, key):
    return base64.b64decode(obj["data"][key]).decode()


def fingerprint(pem):
    """SHA-256 of the first certificate."""
    first = pem[pem.index("-----BEGIN") : pem.index(PEM_END) + len(PEM_END)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def signed_by(obj, ca):
    """Is that CA the only one in this Secret? Texts may differ in their comments."""
    return cas(obj) == 1 and fingerprint(data(obj, "ca.crt")) == fingerprint(ca.cert.read_text())


def certificates(pem):
    """Without the comments between them."""
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.S)


def in_step(api):
    bundles = all_bundles(api)
    return None not in bundles and len(bundles) == 1 and certificates(bundle(api)) == certificates(data(held(api), "ca.crt"))


def lease(api, replica):
    return api.objects.get("leases", f"sparkgate-{replica.name}", "sparkgate")


def sparkgate(api, *args):
    argv = [PROGRAM, "certs", *args, "--namespace", "sparkgate", "--kubeconfig", str(api.dir / "kubeconfig")]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30)


def accepted(replica):
    return replica.fresh_post("/validate", review(namespace="team"))["uid"]


def together(count):
    """Requests wait until so many are there; afterwards none does."""
    gate = threading.Barrier(count)

    def wait(_handler, _query):
        try:
            gate.wait(10)
        except threading.BrokenBarrierError:
            return NotImplemented
        gate.abort()
        return NotImplemented

    return wait


# ---- the first start ----


def test_three_at_once_make_one_ca(api, serve):
    """All three have seen that there is none, and write; the API server lets one win."""
    api.tricks["create secrets"] = together(3)
    replicas = three(serve)
    assert api.objects.count("create", "secrets", 201) == 1 and api.objects.count("create", "secrets", 409) == 2
    made = held(api)
    assert made["type"] == "kubernetes.io/tls" and sorted(made["data"]) == ["ca.crt", "ca.key", "tls.crt", "tls.key"]
    leaf = fingerprint(data(made, "tls.crt"))
    assert [r.leaf for r in replicas] == [leaf] * 3
    assert in_step(api)
    until(lambda: len(api.objects.list("leases")) == 3, 5, "a Lease each")
    for r in replicas:
        accepted(r)
        said = lease(api, r)
        until(lambda r=r: lease(api, r)["metadata"]["annotations"]["sparkgate.io/certificate"] == leaf, 5, "what it serves")
        assert said["metadata"]["ownerReferences"] == [{"apiVersion": "v1", "kind": "Pod", "name": r.name, "uid": f"uid-of-{r.name}"}]
        assert said["metadata"]["labels"] == {"app.kubernetes.io/name": "sparkgate", "app.kubernetes.io/component": "replica"}
        assert said["spec"]["holderIdentity"] == r.name and said["spec"]["leaseDurationSeconds"] == 300
        assert r.metric("sparkgate_certificate_info", sha256=leaf) == 1
        assert r.metric("sparkgate_ca_bundle_in_step") == 2
        assert r.metric("sparkgate_ca_change_step") == 0
    assert sum(r.metric("sparkgate_certificate_repairs_total", reason="made") for r in replicas) == 1


def test_the_names_that_api_servers_call(api, serve):
    serve("pod-0", "--certs-secret", "certs", "--service", "gate")
    text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=data(held(api), "tls.crt"), capture_output=True, text=True, check=True).stdout
    for name in ("gate.sparkgate", "gate.sparkgate.svc", "gate.sparkgate.svc.cluster.local"):
        assert f"DNS:{name}" in text.replace("\n", "").split(", ") or f"DNS:{name}\n" in text or f"DNS:{name}," in text


def test_a_name_that_was_not_there_is_added(api, serve):
    ca = Authority(api.dir / "old")
    api.objects.put("secrets", secret(ca, ca.leaf()), "sparkgate")
    serve("pod-0", "--certs-secret", "certs", "--service", "another")
    until(lambda: api.objects.count("update", "secrets", 200), 5, "a leaf with that name")
    assert signed_by(held(api), ca)
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=data(held(api), "tls.crt"), capture_output=True, text=True, check=True).stdout
    assert "DNS:another.sparkgate.svc" in text and f"DNS:{NAME}" in text


def test_configurations_that_come_later(api, serve):
    for resource in CONFIGURATIONS.values():
        api.objects.delete(resource, "sparkgate")
    replica = serve(wait=False)
    until(lambda: "[-]trust failed" in replica.plain_get("/readyz?verbose").text and held(api), 10, "waits for them")
    time.sleep(0.5)
    assert not replica.ready and api.objects.count("patch", CONFIGURATIONS["mutating"]) == 0
    install(api)
    until(lambda: replica.ready, 5, "ready once it is trusted")
    assert in_step(api)
    for resource in CONFIGURATIONS.values():
        api.objects.delete(resource, "sparkgate")
    until(lambda: replica.metric("sparkgate_ca_bundle_in_step") == 0, 5, "told by the metric")
    assert replica.ready, "later trouble is not an outage of all replicas"


def test_a_clean_end_takes_the_lease_away(api, serve):
    one, two = serve(), serve()
    until(lambda: len(api.objects.list("leases")) == 2, 5, "two Leases")
    one.stop()
    assert lease(api, one) is None and lease(api, two)


# ---- the Secret is harmed ----


def repaired(replicas, reason):
    return sum(r.metric("sparkgate_certificate_repairs_total", reason=reason) for r in replicas)


def test_a_deleted_secret_holds_again_what_is_served(api, serve):
    replicas = three(serve)
    before = held(api)
    api.objects.delete("secrets", "certs", "sparkgate")
    until(lambda: held(api), 5, "it is back")
    assert held(api)["data"]["tls.crt"] == before["data"]["tls.crt"] and held(api)["data"]["ca.key"] == before["data"]["ca.key"]
    until(lambda: repaired(replicas, "deleted") == 1, 5, "counted, and once")
    for r in replicas:
        accepted(r)


def damage(**changes):
    def harm(obj, _other):
        for key, value in changes.items():
            key = key.replace("_", ".")
            if value is None:
                obj["data"].pop(key)
            else:
                obj["data"][key] = value

    return harm


def emptied(obj, _other):
    del obj["data"]


def mixed(*keys):
    def harm(obj, other):
        for key in keys:
            obj["data"][key] = other["data"][key]

    return harm


DAMAGE = {
    "no base64": damage(tls_crt="%%%"),
    "garbage": damage(tls_crt=base64.b64encode(b"garbage" * 100).decode()),
    "zeros": damage(ca_key=base64.b64encode(bytes(1000)).decode()),
    "empty texts": damage(tls_crt="", tls_key="", ca_crt="", ca_key=""),
    "huge": damage(tls_crt="QUJD" * 100000),
    "not a text": damage(tls_key=7),
    "half a pair": damage(tls_key=None),
    "no CA": damage(ca_crt=None, ca_key=None),
    "no CA key": damage(ca_key=None),
    "no leaf": damage(tls_crt=None, tls_key=None),
    "no data": emptied,
    "a foreign leaf": mixed("tls.crt", "tls.key"),
    "a foreign key": mixed("tls.key"),
    "a foreign CA": mixed("ca.crt", "ca.key"),
    "a foreign CA key": mixed("ca.key"),
}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    ca = Authority(tmp_path_factory.mktemp("stranger") / "ca")
    return secret(ca, ca.leaf())


def test_a_damaged_secret_holds_again_what_is_served(api, serve, stranger):
    """However it is damaged; meanwhile all goes on."""
    replica = serve()
    good, leaf = held(api), replica.leaf
    for n, (name, harm) in enumerate(DAMAGE.items(), 1):
        bad = json.loads(json.dumps(good))
        harm(bad, stranger)
        api.objects.put("secrets", bad, "sparkgate")
        until(lambda: held(api)["data"] == good["data"] if "data" in held(api) else False, 5, f"repaired: {name}")
        assert replica.leaf == leaf, name
        until(lambda n=n: repaired([replica], "damaged") == n, 5, f"counted: {name}")
    accepted(replica)
    keys = [line for line in data(good, "tls.key").splitlines() + data(good, "ca.key").splitlines() if "-----" not in line]
    assert not any(k in replica.out.read_text() + replica.messages for k in keys)


@pytest.mark.parametrize("name", ["garbage", "half a pair", "no data", "a foreign CA"])
def test_damaged_before_the_first_start(api, serve, stranger, name):
    """Nobody serves anything: after a moment in which somebody might, all is made anew."""
    ca = Authority(api.dir / "old")
    bad = secret(ca, ca.leaf())
    DAMAGE[name](bad, stranger)
    api.objects.put("secrets", bad, "sparkgate")
    replica = serve()
    assert repaired([replica], "damaged") == 1 and in_step(api)
    accepted(replica)


def test_a_whole_other_set_is_served(api, serve, stranger):
    """Somebody put back a backup: it is good, so it is the truth."""
    replica = serve()
    api.objects.put("secrets", stranger, "sparkgate")
    until(lambda: replica.leaf == fingerprint(data(stranger, "tls.crt")), 5, "served")
    until(lambda: in_step(api), 5, "and trusted")
    accepted(replica)
    assert held(api)["data"] == stranger["data"] and repaired([replica], "damaged") == 0


@pytest.mark.long
def test_a_secret_of_somebody_else_is_not_touched(api, serve):
    ca = Authority(api.dir / "theirs")
    theirs = secret(ca, ca.leaf(), labels={"app.kubernetes.io/managed-by": "Helm"})
    api.objects.put("secrets", theirs, "sparkgate")
    replica = serve(wait=False)
    until(lambda: replica.said("not made by sparkgate"), 10, "it says so")
    time.sleep(4)
    assert not replica.ready and held(api)["data"] == theirs["data"]
    assert api.objects.count("update", "secrets") == 0
    assert len(replica.said("not made by sparkgate")) == 1, "said once"


VALIDITY = {
    # of the CA, of the leaf, what stays
    "expired leaf": ((-100, 3550), (-90, -1), "ca"),
    "leaf in its last third": ((-100, 3550), (-70, 29), "ca"),
    "expired CA": ((-900, -2), (-90, -2), None),
    "CA expired, leaf not": ((-900, -2), (-90, 90), None),
}


@pytest.mark.parametrize("name", VALIDITY)
def test_what_has_had_its_time_is_renewed(api, serve, name):
    of_ca, of_leaf, stays = VALIDITY[name]
    ca = Authority(api.dir / "old", of_ca)
    old = secret(ca, ca.leaf(of_leaf))
    api.objects.put("secrets", old, "sparkgate")
    replica = serve()
    until(lambda: held(api)["data"]["tls.crt"] != old["data"]["tls.crt"] and in_step(api), 10, "renewed")
    until(lambda: replica.leaf == fingerprint(data(held(api), "tls.crt")), 5, "served")
    accepted(replica)
    assert signed_by(held(api), ca) == (stays == "ca")
    time.sleep(1.5)
    assert api.objects.count("update", "secrets", 200) == 1, "and that is all"


def test_of_three_that_renew_at_once_one_does(api, serve):
    """All three have read the same version, and write; two of them are told of the conflict and take what the first wrote."""
    ca = Authority(api.dir / "old", (-100, 3550))
    api.objects.put("secrets", secret(ca, ca.leaf((-70, 29))), "sparkgate")
    api.tricks["update secrets"] = together(3)
    replicas = three(serve)
    until(lambda: api.objects.count("update", "secrets") == 3, 20, "three writes")
    leaf = fingerprint(data(held(api), "tls.crt"))
    until(lambda: {r.leaf for r in replicas} == {leaf}, 5, "the same for all")
    assert api.objects.count("update", "secrets", 200) == 1 and api.objects.count("update", "secrets", 409) == 2


def test_an_old_copy_is_put_back(api, serve):
    """It has expired: what is served is better, and stays, and stays trusted, until that copy is renewed."""
    replica = serve()
    before, leaf = held(api), replica.leaf
    ca = Authority(api.dir / "old", (-100, 3550))
    old = secret(ca, ca.leaf((-90, -1)))
    api.tricks["update secrets"] = refuse(403)
    api.objects.put("secrets", old, "sparkgate")
    until(lambda: api.count("update secrets"), 5, "an attempt to renew it")
    for _ in range(10):
        assert replica.leaf == leaf
        accepted(replica)
        time.sleep(0.1)
    api.tricks.clear()
    until(lambda: held(api)["data"]["tls.crt"] not in (old["data"]["tls.crt"], before["data"]["tls.crt"]), 20, "renewed")
    until(lambda: replica.leaf == fingerprint(data(held(api), "tls.crt")) and in_step(api), 5, "served and trusted")
    accepted(replica)


# ---- caBundle ----


@pytest.mark.alone
def test_a_reset_bundle_is_put_right_within_a_second(api, serve):
    """As GitOps would reset it. That field is written and nothing else."""
    replica, slowest = serve(), 0
    for n in range(10):
        kind = ["mutating", "validating"][n % 2]
        fresh = configuration(kind, 2 if kind == "mutating" else 5)
        if n > 5:
            for webhook in fresh["webhooks"]:
                webhook["clientConfig"]["caBundle"] = "Q0FfQlVORExF"
        begun = time.monotonic()
        api.objects.put(CONFIGURATIONS[kind], fresh)
        until(lambda: in_step(api), 5, "put right")
        slowest = max(slowest, time.monotonic() - begun)
        stored = api.objects.get(CONFIGURATIONS[kind], "sparkgate")
        for webhook in stored["webhooks"] + fresh["webhooks"]:
            webhook["clientConfig"].pop("caBundle", None)
        assert stored["webhooks"] == fresh["webhooks"] and stored["metadata"]["labels"] == {"a": "b"}
    print(f"slowest repair: {slowest:.3f} s")
    assert slowest < 1
    until(lambda: repaired([replica], "ca-bundle") == 10, 5, "counted")
    accepted(replica)


def test_a_bundle_is_not_written_into_another_webhook(api, serve):
    """The configuration is reordered between reading and writing: the patch is refused, and made anew."""
    replica = serve()
    resource = CONFIGURATIONS["validating"]

    def reorder(_handler, _query):
        if not api.objects.count("patch", resource, 422):
            obj = configuration("validating", 5)
            obj["webhooks"] = [{"name": "of.somebody.else", "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": held(api)["data"]["ca.crt"]}}, *obj["webhooks"]]
            api.objects.put(resource, obj)
        return NotImplemented

    api.tricks[f"patch {resource}"] = reorder
    api.objects.put(resource, configuration("validating", 5))
    until(lambda: api.objects.count("patch", resource, 422) >= 1 and in_step(api), 10, "refused once, then right")
    accepted(replica)


def test_a_webhook_without_client_config_is_left_alone(api, serve):
    serve()
    obj = configuration("mutating", 2)
    del obj["webhooks"][1]["clientConfig"]
    api.objects.put(CONFIGURATIONS["mutating"], obj)
    until(lambda: "caBundle" in api.objects.get(CONFIGURATIONS["mutating"], "sparkgate")["webhooks"][0]["clientConfig"], 5, "the other")
    assert "clientConfig" not in api.objects.get(CONFIGURATIONS["mutating"], "sparkgate")["webhooks"][1]


def test_files_are_compared_and_never_written(api, serve, tmp_path):
    subprocess.run([PROGRAM, "certs", "init", str(tmp_path / "files"), "--name", NAME], check=True, capture_output=True)
    files = ["--tls-cert", str(tmp_path / "files/tls.crt"), "--tls-key", str(tmp_path / "files/tls.key")]
    replica = serve("pod-0", *files, "--webhook-configurations", "sparkgate", wait=False)
    until(lambda: "[-]trust failed" in replica.plain_get("/readyz?verbose").text, 5, "not trusted")
    assert replica.metric("sparkgate_ca_bundle_in_step") == 0 and not replica.ready
    ca = (tmp_path / "files/ca.crt").read_bytes()
    for kind, count in (("mutating", 2), ("validating", 5)):
        obj = configuration(kind, count)
        for webhook in obj["webhooks"]:
            webhook["clientConfig"]["caBundle"] = base64.b64encode(ca).decode()
        api.objects.put(CONFIGURATIONS[kind], obj)
    until(lambda: replica.ready, 5, "trusted")
    assert replica.metric("sparkgate_ca_bundle_in_step") == 2
    accepted(replica)
    install(api)
    until(lambda: replica.metric("sparkgate_ca_bundle_in_step") == 0, 5, "out of step")
    assert replica.ready and api.objects.written == []


# ---- the API server ----


def test_away(api, serve):
    """What is served goes on being served; what was done meanwhile is seen afterwards."""
    replica = serve()
    leaf, pem = replica.leaf, bundle(api)
    api.stop()
    for _ in range(5):
        assert replica.leaf == leaf
        time.sleep(0.2)
    assert replica.ready
    api.objects.delete("secrets", "certs", "sparkgate")
    api.objects.put(CONFIGURATIONS["mutating"], configuration("mutating", 2))
    api.start()
    until(lambda: held(api) and in_step(api), 20, "all put right")
    assert bundle(api) == pem and replica.leaf == leaf


def refuse(code, message="no", **headers):
    return lambda handler, _: handler.reply(code, status(code, message), **headers)


@pytest.mark.long
@pytest.mark.parametrize("what", ["list secrets", "create secrets", "list mutatingwebhookconfigurations", "patch mutatingwebhookconfigurations"])
def test_forbidden(api, serve, what):
    """Not ready, the API server's own words in the log, not in a loop; once it may, it is."""
    api.tricks[what] = refuse(403, "you cannot do that here")
    replica = serve(wait=False)
    until(lambda: replica.said("you cannot do that here"), 10, "its words")
    time.sleep(2)
    assert not replica.ready and "you cannot" not in replica.plain_get("/readyz?verbose").text
    assert 1 <= api.count(what) <= 12, "not in a tight loop"
    assert len(replica.said("you cannot do that here")) <= 2, "said once"
    api.tricks.clear()
    until(lambda: replica.ready, 20, "ready once it may")
    accepted(replica)


def test_a_lease_that_may_not_be_written_is_no_outage(api, serve):
    api.tricks["create leases"] = refuse(403, "no leases for you")
    replica = serve()
    until(lambda: replica.said("no leases for you"), 10, "its words")
    accepted(replica)
    api.tricks.clear()
    until(lambda: lease(api, replica), 20, "published once it may")


TROUBLE = {
    "conflicts": refuse(409, "the object has been modified"),
    "etcd": refuse(500, "etcd is away"),
    "busy": refuse(429, "later", Retry_After="1"),
    "a web page": lambda handler, _: handler.reply(200, b"<html>", "text/html"),
    "nonsense": lambda handler, _: handler.reply(200, {"kind": "Pod"}),
    "no answer": lambda handler, _: setattr(handler, "close_connection", True),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_writes_that_fail(api, serve, name):
    for verb in ("create", "update", "patch"):
        api.tricks[verb] = TROUBLE[name]
    replica = serve(wait=False)
    until(lambda: api.count("create secrets") >= 2, 10, "tried again")
    time.sleep(1.5)
    assert api.count("create secrets") <= 12, "not in a tight loop"
    api.tricks.clear()
    until(lambda: replica.ready, 20, "ready in the end")
    accepted(replica)


def test_a_write_whose_answer_is_lost(api, serve):
    """It has arrived all the same: the watch brings it, and there is one CA."""

    def lose(handler, _query):
        api.tricks.pop("create secrets")
        handler.reply = lambda *_args, **_kw: setattr(handler, "close_connection", True)
        return NotImplemented

    api.tricks["create secrets"] = lose
    replica = serve()
    assert api.objects.count("create", "secrets", 201) == 1
    assert replica.leaf == fingerprint(data(held(api), "tls.crt"))


def test_a_watch_that_is_cut(api, serve):
    replica = serve()
    time.sleep(1.1)  # one that ends at once counts as trouble
    api.end_watches()
    api.objects.put(CONFIGURATIONS["validating"], configuration("validating", 5))
    until(lambda: in_step(api), 10, "seen by the next watch")
    api.tricks["watch secrets"] = lambda handler, _: handler.reply(410, status(410, "too old resource version"))
    api.end_watches()
    api.objects.delete("secrets", "certs", "sparkgate")
    until(lambda: held(api), 20, "seen by a list")
    accepted(replica)


# ---- a change of the certificates ----


class Admissions:
    """API servers: each request over a connection of its own, to the next replica, trusting caBundle as it was lag
    seconds ago, since they take up a change a moment later."""

    def __init__(self, replicas, threads=3, lag=0):
        self.replicas, self.count, self.failures, self.lag = list(replicas), 0, [], lag
        self.known = [(0, bundle(replicas[0].api))]
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]
        self.threads.append(threading.Thread(target=self._watch, daemon=True))

    def _watch(self):
        while not self.stopped.wait(0.02):
            self.known.append((time.monotonic(), bundle(self.replicas[0].api)))

    def _trusted(self):
        return next(pem for when, pem in reversed(self.known) if when <= time.monotonic() - self.lag)

    def _run(self, n):
        while not self.stopped.is_set():
            n += 1
            body = review(namespace="team")
            try:
                trust = self._trusted() if self.lag else None
                assert self.replicas[n % len(self.replicas)].fresh_post("/validate", body, trust)["uid"] == body["request"]["uid"]
            except Exception as error:  # noqa: BLE001 any failure counts
                self.failures.append(error)
            self.count += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        until(lambda: self.count > 10, 10, "first answers")
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)


def cas(obj):
    return data(obj, "ca.crt").count(PEM_END)


def steps(api):
    """What the Secret held, one after another: (number of CAs, SHA-256 of the leaf)."""
    with api.lock:
        states = [(cas(o), fingerprint(data(o, "tls.crt"))) for _, key, o, _ in api.objects.history if key[0] == "secrets" and "data" in o]
    return [s for n, s in enumerate(states) if n == 0 or s != states[n - 1]]


@pytest.mark.alone
def test_a_new_leaf_is_served_by_all_at_once(api, serve):
    replicas = three(serve)
    before = replicas[0].leaf
    with Admissions(replicas) as load:
        run = sparkgate(api, "rotate", "--secret", "certs")
        assert run.returncode == 0, run.stderr
        leaf = fingerprint(data(held(api), "tls.crt"))
        assert leaf != before
        until(lambda: all(r.leaf == leaf for r in replicas), 2, "served by all")
    assert load.failures == [], (load.count, load.failures[:3])


def test_a_new_ca_loses_no_request(api, serve):
    """Three replicas, requests without a pause, clients that trust caBundle and nothing else, and learn of it late."""
    replicas = three(serve, "--certs-secret", "certs", "--rotation-pause", "2s")
    old = held(api)
    with Admissions(replicas, lag=0.7) as load:
        run = sparkgate(api, "rotate", "--ca", "--secret", "certs")
        assert run.returncode == 0, run.stderr
        until(lambda: cas(held(api)) == 1 and held(api)["data"]["ca.crt"] != old["data"]["ca.crt"] and in_step(api), 60, "the new CA alone")
        done = load.count
        until(lambda: load.count > done + 20, 10, "requests afterwards")
    print(f"{load.count} requests, {len(load.failures)} failed")
    assert load.failures == [], (load.count, load.failures[:3])
    a, b = fingerprint(data(old, "tls.crt")), fingerprint(data(held(api), "tls.crt"))
    assert steps(api) == [(1, a), (2, a), (2, b), (1, b)]
    assert data(old, "ca.crt") not in bundle(api)
    assert all(r.metric("sparkgate_ca_change_step") == 0 for r in replicas)
    assert "none" in sparkgate(api, "show", "--secret", "certs").stdout


def test_a_ca_in_its_last_third_changes_by_itself(api, serve):
    ca = Authority(api.dir / "old", (-700, 300))
    api.objects.put("secrets", secret(ca, ca.leaf()), "sparkgate")
    replica = serve()
    until(lambda: cas(held(api)) == 1 and not signed_by(held(api), ca) and in_step(api), 30, "a new CA")
    assert [n for n, _ in steps(api)] == [1, 2, 2, 1]
    accepted(replica)


def test_the_leaf_waits_for_every_bundle(api, serve):
    """While one configuration cannot be written, the leaf stays with the CA that is trusted everywhere."""
    replica = serve()
    api.tricks["patch mutatingwebhookconfigurations"] = refuse(403)
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    time.sleep(2)
    assert len(steps(api)) == 2 and replica.metric("sparkgate_ca_change_step") == 1
    accepted(replica)
    again = sparkgate(api, "rotate", "--ca", "--secret", "certs")
    assert again.returncode != 0 and "under way" in again.stderr
    api.tricks.clear()
    until(lambda: len(steps(api)) == 4 and in_step(api), 40, "goes on")


def some_lease(name, certificate, age=0):
    renewed = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - age))
    labels = {"app.kubernetes.io/name": "sparkgate", "app.kubernetes.io/component": "replica"}
    meta = {"name": f"sparkgate-{name}", "namespace": "sparkgate", "labels": labels, "annotations": {"sparkgate.io/certificate": certificate}}
    spec = {"holderIdentity": name, "leaseDurationSeconds": 60, "renewTime": renewed}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}


@pytest.mark.long
def test_the_old_ca_waits_for_every_live_replica(api, serve):
    replica = serve()
    old = replica.leaf
    api.objects.put("leases", some_lease("slow", old), "sparkgate")
    api.objects.put("leases", some_lease("dead", old, age=120), "sparkgate")
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: len(steps(api)) == 3, 20, "the leaf has moved")
    time.sleep(4)
    assert len(steps(api)) == 3 and cas(held(api)) == 2, "a replica serves the old leaf yet"
    shown = sparkgate(api, "show", "--secret", "certs")
    assert shown.returncode == 1 and "ANOTHER" in shown.stdout and "gone" in shown.stdout
    api.objects.put("leases", some_lease("slow", replica.leaf), "sparkgate")
    until(lambda: len(steps(api)) == 4 and in_step(api), 20, "the old CA goes")


@pytest.mark.parametrize("step", [2, 3])
def test_killed_at_a_step(api, serve, step):
    """kill -9 of the only replica: whoever comes next goes on, once the dead one's Lease has run out."""
    one = serve("first", "--certs-secret", "certs", "--rotation-pause", "2s")
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: len(steps(api)) == step, 20, "the step")
    one.kill()
    time.sleep(0.3)
    assert len(steps(api)) == step, "killed in time"
    two = serve("second")
    old = lease(api, one)
    old["spec"]["renewTime"] = some_lease("x", "", age=400)["spec"]["renewTime"]
    api.objects.put("leases", old, "sparkgate")
    until(lambda: cas(held(api)) == 1 and len(steps(api)) == 4 and in_step(api), 30, "gone on with")
    accepted(two)


def test_killed_at_random_under_load(api, serve):
    """Replicas die and come back all the time; those that live answer, and the change arrives."""
    replicas = three(serve)
    steady = replicas[0]
    with Admissions([steady]) as load:
        assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
        for n in range(6):
            victim = replicas[1 + n % 2]
            victim.kill()
            replicas[1 + n % 2] = serve(victim.name, wait=False)
            time.sleep(0.2)
        until(lambda: cas(held(api)) == 1 and len(steps(api)) == 4 and in_step(api), 60, "the new CA alone")
    assert load.failures == [], (load.count, load.failures[:3])


def test_deleted_in_the_middle_of_a_change(api, serve):
    """It is written back as it was served, or as it stood: trusted either way, and the change can be asked for again."""
    replica = serve("pod-0", "--certs-secret", "certs", "--rotation-pause", "3s")
    with Admissions([replica]) as load:
        assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
        until(lambda: cas(held(api)) == 2 and in_step(api), 10, "announced")
        api.objects.delete("secrets", "certs", "sparkgate")
        until(lambda: held(api) and in_step(api), 10, "back and trusted")
        until(lambda: cas(held(api)) == 1 or sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode in (0, 2), 5, "again")
        until(lambda: cas(held(api)) == 1 and in_step(api), 40, "arrived")
    assert load.failures == [], (load.count, load.failures[:3])


# ---- the commands ----


def test_show_and_patch(api, serve, tmp_path):
    nothing = sparkgate(api, "show", "--secret", "certs")
    assert nothing.returncode != 0 and "certs" in nothing.stderr
    replica = serve()
    until(lambda: lease(api, replica), 5, "its Lease")
    shown = sparkgate(api, "show", "--secret", "certs")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "this one" in shown.stdout and shown.stdout.count("yes") == 2 and replica.name in shown.stdout
    again = sparkgate(api, "patch", "--secret", "certs", "--webhook-configurations", "sparkgate")
    assert again.returncode == 0 and "nothing changed" in again.stdout
    replica.stop()
    install(api)
    assert sparkgate(api, "show", "--secret", "certs").returncode == 1
    assert sparkgate(api, "patch", "--secret", "certs", "--webhook-configurations", "sparkgate").returncode == 0
    assert in_step(api)
    subprocess.run([PROGRAM, "certs", "init", str(tmp_path / "files")], check=True, capture_output=True)
    argv = [PROGRAM, "certs", "patch", str(tmp_path / "files"), "--webhook-configurations", "sparkgate", "--kubeconfig", str(api.dir / "kubeconfig")]
    assert subprocess.run(argv, capture_output=True, timeout=30).returncode == 0
    assert bundle(api) == (tmp_path / "files/ca.crt").read_text()
