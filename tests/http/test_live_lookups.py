"""Single objects that are asked for while a request waits: Namespaces that are not known, ConfigMaps."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from apiserver import namespace
from live import api, asked_for, counted, gets, master, master_of, refusal, serve  # noqa: F401 its fixtures too
from reviews import padded, pod, review
from server import LIMIT, LOOKUP, in_time, until


@contextmanager
def connected(server, count):
    """Clients that have their connections: what they send arrives at once."""
    with ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for _ in range(count)]
        for client in clients:
            client.get("/livez")
        yield clients


def ask(clients, path, name):
    """Each of them, of a namespace with its number where the name has {}."""
    for n, client in enumerate(clients):
        client.send("POST", path + "?timeout=5s", review(namespace=name.format(n)))


def all_wait(server, count):
    """Are so many requests seen to wait, before the first of them need no longer?"""
    end = time.monotonic() + LOOKUP
    while time.monotonic() < end:
        if server.metric("sparkgate_facts_waiting") == count:
            return True
    return False


@pytest.mark.alone
def test_unknown_is_asked_for_once_however_many_wait(serve, api):
    server, answered = serve(), {f"new-{n}": threading.Event() for n in range(20)}
    api.tricks["namespace"] = lambda handler, _: answered[handler.path.rpartition("/")[2]].wait(5) and NotImplemented

    def attempt(n):
        name = f"new-{n}"
        api.namespaces[name] = namespace(name, backendMode="k8s")  # without an event
        ask(clients, "/mutate", name)
        waited = all_wait(server, 20)
        other = master(server)
        answered[name].set()
        return name, waited, other, [master_of(client.answer()) for client in clients]

    with connected(server, 20) as clients:
        name, waited, other, masters = in_time(attempt)
    assert waited
    assert other == "k8s", "nobody else is held up"
    assert masters == ["k8s"] * 20
    assert asked_for(api, name) == 1
    assert server.metric("sparkgate_facts_waiting") == 0


@pytest.mark.alone
def test_asked_for_once_by_who_comes_as_the_answer_does(serve, api):
    """A request that begins to wait while the answer is being read finds what that brought.

    Four at a time: 180 tickets are within LIVE_BURST. A round that was late brings more of them, and takes longer.
    """
    server, rounds = serve(), iter(range(90))
    for n in range(90):
        api.namespaces[f"n{n}"] = namespace(f"n{n}", backendMode="k8s")  # without an event
        api.namespaces[f"n{n}"]["spec"] = {"finalizers": ["example.com/f"] * 40000}  # takes a while to read

    def attempt(_):
        name = f"n{next(rounds)}"
        return name, set(pool.map(lambda _: master(server, name), range(12)))

    with ThreadPoolExecutor(4) as pool:
        for _ in range(45):
            name, masters = in_time(attempt)
            assert masters == {"k8s"} and asked_for(api, name) == 1


def test_never_known_is_refused_and_left_alone(serve, api):
    server, names = serve(), []

    def attempt(way):
        names.append(f"nowhere-{len(names)}")
        return way(server, names[-1])

    assert "scope.namespace" in in_time(lambda _: attempt(refusal))
    assert in_time(lambda _: attempt(master)) is None
    counted(server, "namespaces", len(names), missing=2)


@pytest.mark.parametrize("name", ["../../../x", "a/b", "A", "x" * 300, "a%2fb", "a?b=c"])
def test_names_that_are_none_are_not_asked_for(serve, api, name):
    server = serve()
    assert "scope.namespace" in refusal(server, name)
    assert api.count("namespace") == 0 and all(".." not in path for _, path in api.seen)


def test_labelled_a_moment_ago(serve, api):
    """Known without the label, but the API server called us: it knows of one."""
    for n in range(20):
        api.change("ADDED", namespace(f"plain-{n}", mode=None))
    server = serve()
    for n in range(20):
        api.namespaces[f"plain-{n}"] = namespace(f"plain-{n}", backendMode="k8s")  # the event is late
    assert in_time(lambda n: master(server, f"plain-{n}")) == "k8s"


def test_what_cannot_be_read_waits_for_its_namespace_too(serve, api):
    """Its namespace, asked for live, says whether that is a refusal."""
    server = serve()

    def attempt(name, mode):
        if mode:
            api.namespaces[name] = namespace(name, mode=mode)  # without an event
        return name, client.post("/validate?timeout=5s", json.dumps(padded(LIMIT + 1, namespace=name))).review

    with server.client() as client:
        for mode in ("audit", "enforce", None):
            name, answer = in_time(lambda n, mode=mode: attempt(f"{mode}-{n}".lower(), mode))
            assert answer["allowed"] is (mode == "audit"), answer
            assert asked_for(api, name) == 1
            assert mode or answer["status"]["code"] == 413


@pytest.mark.alone
def test_silent_about_one_object(serve, api):
    """Refused while the API server has not answered."""
    server, answered = serve(), threading.Event()
    api.tricks["namespace"] = lambda handler, _: answered.wait(20)
    assert "scope.namespace" in refusal(server, "new")
    answered.set()
    assert master(server) == "k8s"
    until(lambda: gets(server, "namespaces", result="late") == 1, 5, "counted as late")


def with_config_maps(*names):
    obj = pod(args=[])
    del obj["spec"]["containers"][0]["command"]
    del obj["spec"]["containers"][0]["args"]
    obj["spec"]["volumes"] = [{"name": n, "configMap": {"name": n}} for n in names]
    obj["spec"]["containers"][0]["volumeMounts"] = [{"name": names[0], "mountPath": "/opt/spark/conf"}]
    return obj


def config_map(name, text):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "team"}, "data": {"spark-defaults.conf": text}}


def test_config_maps_are_read_each_time(serve, api):
    server, asked = serve(), []

    def attempt(n):
        asked.append(n)
        return refusal(server, "team", with_config_maps("conf"))

    assert "cannot tell" in in_time(attempt)
    api.config_maps["team", "conf"] = config_map("conf", "spark.master local[*]\n")
    text = in_time(attempt)
    assert "backend.master" in text and "conf" in text, text
    api.config_maps["team", "conf"] = config_map("conf", "spark.master k8s://https://kubernetes.default.svc\n")
    assert "backend.master" not in in_time(attempt)
    counted(server, "configmaps", len(asked), missing=1, found=2)


@pytest.mark.parametrize("name", ["../../../x", "a/b", "A", "x" * 300, "a%2fb", "a?b=c"])
def test_config_maps_of_names_that_are_none_are_not_asked_for(serve, api, name):
    server = serve()
    assert "cannot tell" in refusal(server, "team", with_config_maps(name))
    assert api.count("configmap") == 0 and all(".." not in path for _, path in api.seen)


@pytest.mark.alone
def test_config_maps_are_late_together(serve, api):
    server, answered = serve(), threading.Event()
    api.tricks["configmap"] = lambda handler, _: answered.wait(20)
    names = [f"c{n}" for n in range(12)]
    assert "cannot tell" in refusal(server, "team", with_config_maps(*names))
    answered.set()
    assert api.count("configmap") <= 8
    assert gets(server, "configmaps", result="late") == 8


WRONG_OBJECTS = {
    "other name": config_map("other", "spark.master k8s://x\n"),
    "other kind": {"kind": "Secret", "metadata": {"name": "conf"}},
    "no object": [1, 2],
    "huge": {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"x": "y" * (4 << 20)}},
}


@pytest.mark.parametrize("name", WRONG_OBJECTS)
def test_a_wrong_object_is_none(serve, api, name):
    server = serve()
    api.config_maps["team", "conf"] = WRONG_OBJECTS[name]
    assert "cannot tell" in refusal(server, "team", with_config_maps("conf"))


@pytest.mark.alone
def test_live_requests_are_limited(serve, api):
    """Anybody who reaches the port can name objects: the API server is not flooded for them."""
    server = serve()
    begun = time.monotonic()

    def flood(client_number):
        with server.client() as client:
            for n in range(100):
                client.post("/mutate?timeout=5s", review(namespace=f"made-up-{client_number}-{n}"))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(flood, range(12)))
    most = 200 + 100 * (time.monotonic() - begun + 1)
    assert api.count("namespace") <= most
    assert master(server) == "k8s"
    if most < 1200:
        assert gets(server, "namespaces", result="limited") > 0


@pytest.mark.alone
def test_it_ends_while_requests_wait(serve, api):
    server = serve("--threads", "2")
    api.tricks["namespace"] = lambda handler, _: time.sleep(3)
    with connected(server, 8) as clients:
        for n in range(20):
            ask(clients, "/validate", f"new-{n}-{{}}")
            if all_wait(server, 8):
                break
            assert n < 19, "never seen to wait"
            for client in clients:
                client.answer()
        server.stop()
        assert all("scope.namespace" in client.answer().review["status"]["message"] for client in clients)


def test_clients_that_leave_while_they_wait(serve, api):
    server = serve()
    api.tricks["namespace"] = lambda handler, _: time.sleep(0.4) or NotImplemented
    for n in range(10):
        with server.client() as client:
            ask([client], "/mutate", f"left-{n}")
            all_wait(server, 1)
    until(lambda: server.metric("sparkgate_facts_waiting") == 0, 5, "nobody waits")
    assert master(server) == "k8s"
    server.stop()
