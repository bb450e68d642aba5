"""What the tests of facts/live.h share: the API server, a server beside it, and what its clients are told."""

import base64

import pytest
from apiserver import ApiServer, namespace
from reviews import review
from server import until


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    yield api
    api.close()


def ready(server):
    return server.get("/readyz").status == 200


@pytest.fixture
def serve(start, api):
    """sparkgate with that API server; ready, unless it is told not to wait."""

    def begin(*flags, wait=True, **kubeconfig):
        server = start("--kubeconfig", str(api.kubeconfig(**kubeconfig)), *flags)
        if wait:
            until(lambda: ready(server), 20, "the first list")
        return server

    return begin


def master_of(answer):
    patch = base64.b64decode(answer.review.get("patch", "")).decode()
    return "k8s" if "k8s://" in patch else "standalone" if "spark://" in patch else None


def master(server, name="team", **options):
    """The master that a server of that namespace is put on; None where nothing is changed."""
    return master_of(server.post("/mutate?timeout=5s", review(namespace=name, **options)))


def refusal(server, name, obj=None):
    return server.post("/validate?timeout=5s", review(obj, namespace=name)).review.get("status", {}).get("message", "")


def gets(server, resource, **result):
    return server.metric("sparkgate_facts_live_gets_total", resource=resource, **result)


def counted(server, resource, asked, **least):
    """Each look-up is counted, as what it brought or as late. Where none was late these are all there were."""
    until(lambda: gets(server, resource) == asked, 5, "all of them counted")
    found = {result: gets(server, resource, result=result) for result in (*least, "late")}
    assert sum(found.values()) == asked and all(found[result] >= count for result, count in least.items()), found


def asked_for(api, name):
    """How often the API server was asked for that Namespace alone."""
    with api.lock:
        return sum(path.endswith(f"/namespaces/{name}") for _, path in api.seen)
