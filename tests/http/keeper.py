"""What the tests of certs/keeper.h share: replicas, the API server beside them, and what they hold."""

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
from concurrent.futures import ThreadPoolExecutor

import pytest
from apiserver import ApiServer, namespace, status
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

    def __init__(self, api, directory, name, *flags, env=None):
        self.api, self.name = api, name
        env = {"POD_NAME": name, "POD_NAMESPACE": "sparkgate", "POD_UID": f"uid-of-{name}", **(env or {})}
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


def together(count, seconds=10):
    """Requests wait until so many are there; afterwards none does."""
    gate = threading.Barrier(count)

    def wait(_handler, _query):
        try:
            gate.wait(seconds)
        except threading.BrokenBarrierError:
            return NotImplemented
        gate.abort()
        return NotImplemented

    return wait


def cas(obj):
    return data(obj, "ca.crt").count(PEM_END)


def write_together(api, what, count):
    """Replicas that start one after another come together at the list, which has 30 s: their writes have five."""
    api.tricks["list secrets"] = together(count, 25)
    api.tricks[what] = together(count)


def refuse(code, message="no", **headers):
    return lambda handler, _: handler.reply(code, status(code, message), **headers)


def repaired(replicas, reason):
    return sum(r.metric("sparkgate_certificate_repairs_total", reason=reason) for r in replicas)
