"""The guard of a namespace's keys looks at the pods that are there: many, large, or an API server that is no help."""

import json
import threading
import time
from urllib.parse import parse_qs, urlparse

import pytest
from apiserver import ApiServer, namespace, status
from reviews import pod, review
from server import PODS, SANITIZED, in_time, until

MASTER = {"backendMode": "standalone", "standaloneMaster": "spark://m:7077"}
FAILED = "failed to list pods while checking new PodSecurity enforce level"


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    yield api
    api.close()


@pytest.fixture
def server(start, api):
    server = start("--kubeconfig", str(api.kubeconfig()))
    until(lambda: server.get("/readyz").status == 200, 20, "the first list")
    return server


def change(server, old, now, timeout="5s"):
    """The warnings about a change of that namespace, and how long they took."""
    kind = {"group": "", "version": "v1", "kind": "Namespace"}
    resource = {"group": "", "version": "v1", "resource": "namespaces"}
    body = review(now, namespace="", operation="UPDATE", oldObject=old, kind=kind, resource=resource, requestKind=kind, requestResource=resource)
    began = time.monotonic()
    answer = server.post(f"/validate?timeout={timeout}", body).review
    return answer.get("warnings", []), time.monotonic() - began


def server_pod(name, padding=0):
    obj = pod(name, ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "k8s://https://kubernetes.default.svc"])
    obj["metadata"]["annotations"] = {"note": "x" * padding}
    obj["metadata"]["managedFields"] = [{"manager": "m", "fieldsV1": {f"f:a{i}": {} for i in range(50)}}]
    return obj


def pages(pods):
    """Answers list requests page by page."""

    def answer(handler, query):
        first, limit = int(query.get("continue", "0")), int(query["limit"])
        left = max(0, len(pods) - first - limit)
        meta = {"resourceVersion": "1", **({"continue": str(first + limit), "remainingItemCount": left} if left else {})}
        handler.reply(200, {"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": pods[first : first + limit]})

    return answer


LOW = {"pssLevel": "privileged"}


def asked_for(api, name):
    """Where the pages began that the API server was asked for."""
    with api.lock:
        urls = [urlparse(path) for _, path in api.seen]
    return [parse_qs(url.query).get("continue") for url in urls if url.path == f"/api/v1/namespaces/{name}/pods"]


def test_all_pages_are_looked_at(server, api):
    api.tricks[""] = pages([server_pod(f"connect-{i:03d}") for i in range(250)])

    def attempt(n):
        before = server.metric("sparkgate_facts_live_gets_total", resource="pods", result="found")
        warnings, _ = change(server, namespace(f"team-{n}", backendMode="k8s", **LOW), namespace(f"team-{n}", **MASTER, **LOW))
        return n, warnings, server.metric("sparkgate_facts_live_gets_total", resource="pods", result="found") - before

    n, warnings, found = in_time(attempt, PODS)
    assert warnings == [
        "scope.strandedServers: 250 Connect servers are not on this backend until restarted: connect-000, connect-001, connect..."
    ]
    assert asked_for(api, f"team-{n}") == [None, ["100"], ["200"]]
    assert found == 3


@pytest.mark.alone
def test_three_thousand_large_pods(server, api):
    """... of 8 KB, of which no more than fits is kept: in time, within bounds, and what was not seen is said."""
    api.tricks[""] = pages([server_pod(f"connect-{i:04d}", 6000) for i in range(4000)])
    before = server.status("RssAnon")
    for _ in range(20):
        warnings, seconds = change(server, namespace("team", backendMode="k8s", **LOW), namespace("team", **MASTER, **LOW))
        if seconds < PODS or (seconds < 4 and warnings != [FAILED]):
            break  # else not even the first page came in time, or the machine stood still
    assert seconds < 4 and any("of 4000 existing pods" in w for w in warnings), (seconds, warnings)
    if not SANITIZED:
        assert server.status("RssAnon") - before < 64 << 20


def forever(handler, _query):
    handler.reply(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": "again"}, "items": []})


HOSTILE = {
    "forbidden": lambda h, _: h.reply(403, status(403, "pods is forbidden")),
    "garbage": lambda h, _: h.reply(200, b"}{"),
    "a web page": lambda h, _: h.reply(200, b"<html>", "text/html"),
    "silent": None,
    "no list": lambda h, _: h.reply(200, {"kind": "Status", "items": "none"}),
    "odd items": lambda h, _: h.reply(200, {"kind": "PodList", "metadata": {}, "items": [None, 1, "a", [], {}, {"spec": 1}]}),
    "endless pages": forever,
    "a token that is a path": lambda h, _: h.reply(200, {"metadata": {"continue": "a&watch=true /../x"}, "items": []}),
}


@pytest.mark.alone
@pytest.mark.parametrize("name", HOSTILE)
def test_an_api_server_that_is_no_help(server, api, name):
    """The answer comes long before the request's own time is over; where nothing could be looked at it says so, in upstream's words."""
    answered = threading.Event()
    api.tricks[""] = HOSTILE[name] or (lambda _handler, _query: answered.wait(40))
    warnings, seconds = change(server, namespace("team", backendMode="k8s", **LOW), namespace("team", backendMode="k8s"), "30s")
    answered.set()
    assert seconds < 15, seconds
    if name in ("forbidden", "garbage", "a web page", "silent"):
        assert warnings == [FAILED]
    assert server.get("/readyz").status == 200
    assert not any(json.dumps(w).find("watch=true") >= 0 for w in warnings)


def test_nobody_is_asked_where_nothing_can_strand(server, api):
    api.tricks[""] = pages([])
    change(server, namespace("team", backendMode="k8s"), namespace("team", backendMode="k8s", hardening="force"))
    assert asked_for(api, "team") == []
