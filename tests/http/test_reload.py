"""Certificates, policies and facts change under a running server, and no request notices."""

import shutil
import signal
import ssl
import subprocess

import pytest

from reviews import pod, review
from server import FACTS, PROGRAM, Load, until

LAYER = """
apiVersion: policy.sparkgate.io/v1
kind: Checks
name: site
bounds:
  defaultExecutors: %d
"""

STANDALONE = "backendMode: standalone, sparkgate.io/standaloneMaster: 'spark://m:7077'}"


def served(server):
    """The serial of the certificate that a new connection gets."""
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def changed(server, path, text):
    """Replace a file as editors and the kubelet do."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def test_certificate_under_load(start):
    server = start()
    before = served(server)
    with server.client() as old, Load(server, review()) as load:
        old.get("/livez")
        sock = old.connection.sock
        for _ in range(2):
            subprocess.run([PROGRAM, "certs", "rotate", server.certs], check=True, capture_output=True)
            until(lambda: served(server) != before, what="the new certificate")
            before = served(server)
            load.more()
        assert old.get("/livez").status == 200 and old.connection.sock is sock, "an open connection was lost"
    assert not load.failures, load.failures[:3]
    until(lambda: server.metric("sparkgate_reloads_total", what="certificate", result="ok") >= 2, what="both counted")
    server.stop()


def test_half_a_pair_changes_nothing(start, tmp_path):
    """In the middle of a rotation certificate and key do not fit; then they do."""
    pairs = []
    for name in ("a", "b"):
        subprocess.run([PROGRAM, "certs", "init", tmp_path / name], check=True, capture_output=True)
        pairs.append(tmp_path / name)
    cert, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    shutil.copy(pairs[0] / "tls.crt", cert)
    shutil.copy(pairs[0] / "tls.key", key)
    server = start("--tls-cert", str(cert), "--tls-key", str(key))
    before = served(server)

    changed(server, cert, (pairs[1] / "tls.crt").read_text())
    until(lambda: server.metric("sparkgate_reloads_total", what="certificate", result="failed") == 1, what="the refusal")
    assert served(server) == before
    until(lambda: any("does not belong to the certificate" in line.get("error", "") for line in server.log), what="the reason")

    changed(server, key, (pairs[1] / "tls.key").read_text())
    until(lambda: served(server) != before, what="the new pair")


def test_policy_under_load(start, tmp_path):
    layer = tmp_path / "site.yaml"
    layer.write_text(LAYER % 3)
    server = start("--policies", str(layer))

    def policy():
        return server.get("/readyz?verbose").text.splitlines()[0]

    first = policy()
    with Load(server, review(namespace="standalone-team")) as load:
        changed(server, layer, LAYER % 5)
        until(lambda: policy() != first, what="the new policy")
        second = policy()
        load.more()

        changed(server, layer, LAYER % 7 + "  defaultExecutors: 8\n")
        until(lambda: server.metric("sparkgate_reloads_total", what="policy", result="failed") == 1, what="the refusal")
        assert policy() == second.replace(")", "; what was written since is not in force, see the log)")
        until(lambda: any("site.yaml" in line.get("error", "") for line in server.log), what="the reason")

        changed(server, layer, LAYER % 3)
        until(lambda: policy() == first, what="the first policy again")
        load.more()
    assert not load.failures, load.failures[:3]
    assert server.metric("sparkgate_policy_info") == 1
    server.stop()


def test_facts_under_load(start, tmp_path):
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS.read_text())
    server = start(facts=facts)
    question = review(pod(), namespace="k8s-team")

    def backend():
        return server.post("/mutate", question).review["auditAnnotations"]["backend"]

    assert backend() == "k8s"
    with Load(server, review(namespace="k8s-team")) as load:
        changed(server, facts, FACTS.read_text().replace("backendMode: k8s}", STANDALONE))
        until(lambda: backend() == "standalone", what="the new facts")
        load.more()
        changed(server, facts, "kind: [")
        until(lambda: server.metric("sparkgate_reloads_total", what="facts", result="failed") == 1, what="the refusal")
        assert backend() == "standalone"
        load.more()
    assert not load.failures, load.failures[:3]
    server.stop()


@pytest.mark.parametrize("times", [3])
def test_sighup(start, times):
    """Reloads at once whether or not something changed."""
    server = start()
    with Load(server, review()) as load:
        for n in range(times):
            server.signal(signal.SIGHUP)
            until(lambda n=n: server.metric("sparkgate_reloads_total", what="certificate", result="ok") > n, what="a reload")
        load.more()
    assert not load.failures
    server.stop()
