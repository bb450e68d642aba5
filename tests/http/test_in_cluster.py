"""As a pod is started: the API server's address from the environment, token, CA and namespace from the account's files; and
an API server that goes away for longer than facts may be old."""

import os
import shutil
import subprocess

import pytest
from apiserver import ApiServer, Collection, namespace
from reviews import review
from server import PROGRAM, until

MAPS = "/api/v1/namespaces/gate/configmaps"
ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"

# A /run of its own, with the files that the kubelet would have put there.
IN_A_POD = """#!/bin/sh
exec unshare --map-root-user --mount sh -c '
	mount -t tmpfs none /run && mkdir -p {account} && cp {files}/* {account}/ && exec "$0" "$@"' {program} "$@"
"""


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    api.maps = Collection(api, MAPS, "ConfigMap")
    yield api
    api.close()


@pytest.fixture
def pod(tmp_path, api):
    """The program as it starts in a pod, and the environment there."""
    if os.path.realpath("/var/run") != "/run" or subprocess.run(["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/run"], check=False).returncode:
        pytest.skip("no user namespaces here")
    files = tmp_path / "account"
    files.mkdir()
    (files / "token").write_text(api.token)
    (files / "namespace").write_text("gate\n")
    shutil.copy(api.dir / "api" / "ca.crt", files / "ca.crt")
    program = tmp_path / "in-a-pod"
    program.write_text(IN_A_POD.format(account=ACCOUNT, files=files, program=PROGRAM))
    program.chmod(0o755)
    env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.port), "HOSTNAME": "sparkgate-7d4b9-x2x"}
    return {"program": str(program), "env": env, "facts": None}


def ready(server):
    return server.get("/readyz").status == 200


def test_a_start_in_a_pod(start, api, pod):
    api.maps.put("p", {"data": {"a.yaml": "nonsense"}})
    events = Collection(api, "/apis/events.k8s.io/v1/namespaces/gate/events", "Event")
    server = start("--policies-configmap", "p", **pod)
    until(lambda: ready(server), 10, "ready")
    assert "(context in-cluster), live" in server.messages
    answer = server.post("/mutate?timeout=5s", review(namespace="team")).review
    assert answer["allowed"] and answer.get("patch")
    (event,) = until(lambda: events.created, 5, "an Event of the Pod")
    assert event["regarding"]["name"] == "sparkgate-7d4b9-x2x" and event["metadata"]["namespace"] == "gate"
    server.stop()


def test_ready_at_once(start, api, pod):
    """Nothing has to be waited for: what readiness waits for takes no time of its own."""
    server = start(**pod)
    listing = until(lambda: ready(server) and server.get("/readyz?verbose").text, 5, "ready")
    assert "[+]handshake ok\n" in listing and "[+]facts ok (1 namespace)" in listing
    assert server.metric("sparkgate_ready") == 1


def test_facts_that_grow_old(start, api, pod):
    """Away for longer than the bound: log, metric and a note say so; the last facts serve; back, all is well again."""
    server = start("--facts-stale-after", "1s", **pod)
    until(lambda: ready(server), 10, "ready")
    api.stop()
    until(lambda: any("the facts are stale" in line["msg"] for line in server.log), 15, "a warning in the log")
    listing = server.get("/readyz?verbose")
    assert listing.status == 200 and "stale: the API server was last heard" in listing.text
    assert server.metric("sparkgate_facts_age_seconds") > 1
    assert server.metric("sparkgate_facts_stale") == 1
    assert server.post("/mutate?timeout=5s", review(namespace="team")).review.get("patch")
    api.start()

    def said():
        """Something to hear: facts of a second ago are stale again."""
        api.change("MODIFIED", namespace("team", backendMode="k8s", note="x"))

    until(lambda: "stale" not in server.get("/readyz?verbose").text or said(), 15, "fresh again")
    until(lambda: any("fresh again" in line["msg"] for line in server.log) or said(), 15, "which the log says too")
