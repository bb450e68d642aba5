"""Events about workloads, where the API server takes them, refuses them, stalls or is away: what is told, counted and logged, and
that no request waits for any of it."""

import threading
import time

import pytest
from apiserver import ApiServer, Collection, namespace, status
from reviews import pod, review
from server import until

EVENTS = "/apis/events.k8s.io/v1/namespaces/team/events"
OWNER = {"apiVersion": "batch/v1", "kind": "Job", "name": "nightly", "uid": "uid-1", "controller": True}
SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "connect-7d4", "uid": "uid-2", "controller": True}


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    api.events = Collection(api, EVENTS, "Event")
    yield api
    api.close()


@pytest.fixture
def serve(start, api):
    def begin(*flags):
        server = start("--kubeconfig", str(api.kubeconfig()), *flags)
        until(lambda: server.get("/readyz").status == 200, 20, "the first list")
        return server

    return begin


def refuse(server, n=0, owner=OWNER, **request):
    """A pod that is refused; each has another name."""
    answer = server.post("/validate?timeout=5s", review(pod(f"p-{n}", ownerReferences=[owner]), namespace="team", **request)).review
    assert not answer["allowed"]


def counted(server, result):
    return server.metric("sparkgate_workload_events_total", result=result)


def test_one_event_that_counts(serve, api):
    server = serve()
    begun = time.monotonic()
    with server.client() as client:
        for n in range(200):
            refuse(client, n)
    until(lambda: api.events.patched and api.events.patched[-1][1][0]["value"]["count"] == 200, 45, "the count")
    # One each CORRELATOR_UPDATE_NS: one in all, unless the requests took that long.
    assert len(api.events.patched) <= max(1, (time.monotonic() - begun) / 10)
    (made,) = api.events.created
    assert made["regarding"] == {"apiVersion": "batch/v1", "kind": "Job", "namespace": "team", "name": "nightly", "uid": "uid-1"}
    assert (made["type"], made["reason"], made["action"]) == ("Warning", "SparkgateRefused", "Validate")
    assert made["note"].startswith("Pod refused (backendMode k8s, enforce): backend.master: ") and "p-" not in made["note"]
    assert {name for name, _ in api.events.patched} == {made["metadata"]["name"]}
    assert [(p["op"], p["path"], p["value"]["count"]) for p in api.events.patched[-1][1]] == [("add", "/series", 200)]
    until(lambda: counted(server, "updated") == len(api.events.patched), 5, "which is counted as an answer comes")
    assert (counted(server, "created"), counted(server, "repeated")) == (1, 199)


def test_rewritten(serve, api):
    server = serve()
    server.post("/mutate?timeout=5s", review(pod(ownerReferences=[OWNER]), namespace="team"))
    until(lambda: api.events.created, 5, "an Event")
    (made,) = api.events.created
    assert (made["type"], made["reason"], made["action"]) == ("Normal", "SparkgateRewritten", "Mutate")
    assert "spark.master: local[*] -> k8s://" in made["note"] and "set for Pod Security" in made["note"]


def test_secrets_are_in_no_event(serve, api):
    server = serve()
    args = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[*]", "--conf", "spark.ssl.keyPassword=hunter2",
            "--conf", "spark.authenticate.secret=hunter2", "spark-internal"]  # fmt: skip
    made = pod(args=args, ownerReferences=[OWNER])
    server.post("/mutate?timeout=5s", review(made, namespace="team"))
    server.post("/validate?timeout=5s", review(made, namespace="team"))
    until(lambda: len(api.events.created) == 2, 5, "two Events")
    assert "hunter2" not in str(api.events.created)


@pytest.mark.parametrize("request_", [{"dryRun": True}])
def test_a_dry_run_gives_none(serve, api, request_):
    server = serve()
    refuse(server, **request_)
    server.post("/mutate?timeout=5s", review(pod(ownerReferences=[OWNER]), namespace="team", **request_))
    time.sleep(1)
    assert api.events.created == [] and counted(server, "created") == 0


def test_the_deployment_behind_a_replica_set(serve, api):
    """Where it cannot be asked for, the Event is the ReplicaSet's."""
    server = serve()
    made = pod(ownerReferences=[SET], labels={"app": "spark-connect", "pod-template-hash": "7d4"})
    server.post("/validate?timeout=5s", review(made, namespace="team"))
    until(lambda: api.events.created, 5, "an Event")
    assert api.events.created[0]["regarding"]["kind"] == "ReplicaSet"
    sets = Collection(api, "/apis/apps/v1/namespaces/team/replicasets/connect-7d4", "ReplicaSet")
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "connect", "uid": "uid-3", "controller": True}
    for uid, kind in (("another", "ReplicaSet"), ("uid-2", "Deployment")):
        sets.answer = lambda handler, _query, uid=uid: handler.reply(200, {"metadata": {"uid": uid, "ownerReferences": [deployment]}})
        made["spec"]["containers"][0]["name"] = uid
        before = len(api.events.created)
        server.post("/validate?timeout=5s", review(made, namespace="team"))
        until(lambda before=before: len(api.events.created) > before, 5, "another Event")
        assert api.events.created[-1]["regarding"]["kind"] == kind


def test_off(serve, api):
    server = serve("--events", "off")
    refuse(server)
    time.sleep(1)
    assert api.events.created == []
    assert "sparkgate_workload_events_total" not in server.plain_get("/metrics").text


def test_forbidden(serve, api):
    """Counted each time, logged once; requests do not notice."""
    api.events.refuse = (403, 'events.events.k8s.io is forbidden: User "x" cannot create resource "events"')
    server = serve()
    for n in range(12):
        refuse(server, n, {**OWNER, "name": f"job-{n % 6}"})
    until(lambda: counted(server, "failed") == 6, 10, "six failures counted")
    (line,) = until(lambda: [line for line in server.log if line["msg"] == "Events about workloads are not accepted"], 5, "told")
    assert line["level"] == "warn" and line["namespace"] == "team" and "forbidden" in line["error"]


@pytest.mark.long
def test_away_and_back(serve, api):
    server = serve()
    api.stop()
    refuse(server)
    until(lambda: counted(server, "failed") == 1, 10, "a failure counted")
    api.start()
    refuse(server, 1, {**OWNER, "name": "later"})
    until(lambda: counted(server, "created") == 1, 10, "the next one told")
    until(lambda: counted(server, "created") == 2, 25, "and then the lost one, that does not happen again")
    assert {e["regarding"]["name"] for e in api.events.created} == {"nightly", "later"}


@pytest.mark.long
def test_an_answer_that_was_lost(serve, api):
    """The Event was stored: the second try is told that it is there, and that is a success."""

    def create(handler, body):
        api.events.created.append(body)
        handler.reply(500, status(500, "timeout")) if len(api.events.created) == 1 else handler.reply(409, status(409, "already exists"))

    api.events.create = create
    server = serve()
    refuse(server)
    until(lambda: counted(server, "created") == 1, 25, "the second try")
    first, second = api.events.created
    assert first["metadata"] == second["metadata"] and counted(server, "failed") == 1


@pytest.mark.long
def test_slow(serve, api):
    """One request stalls: those who come meanwhile are answered at once, and what does not fit is dropped and counted."""
    answered = threading.Event()

    def create(handler, _body):
        answered.wait(20)
        handler.reply(504, status(504, "slow"))

    api.events.create = create
    server, begun = serve(), time.monotonic()
    with server.client() as client:
        for n in range(60):
            refuse(client, n, {**OWNER, "name": f"job-{n}"})
    assert counted(server, "failed") <= (time.monotonic() - begun) / 5, "it stalls still, for SEND_NS each"
    assert counted(server, "dropped") == 60 - 32  # CORRELATOR_OF_NAMESPACE
    until(lambda: counted(server, "failed") >= 1, 10, "its end by our deadline")
    answered.set()


def test_names_that_lead_elsewhere(serve, api):
    server = serve()
    for name in ("../../../secrets/x", "a/b", "", "A", "x" * 300):
        refuse(server, owner={**OWNER, "name": name})
    refuse(server, owner={**OWNER, "kind": "K" * 500})
    refuse(server)
    until(lambda: api.events.created, 5, "the one that is fine")
    assert [e["regarding"]["name"] for e in api.events.created] == ["nightly"]


def test_gone_is_made_anew(serve, api):
    server = serve()
    refuse(server)
    until(lambda: api.events.created, 5, "an Event")
    api.events.patch = lambda handler, _body: handler.reply(404, status(404, "not found"))
    refuse(server, 1)
    until(lambda: len(api.events.created) == 2, 20, "another")
    first, second = api.events.created
    assert first["metadata"]["name"] != second["metadata"]["name"] and second["series"]["count"] == 2
