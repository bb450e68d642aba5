"""Facts from a cluster, whose API server may do anything: be slow, silent, wrong, away."""

import json
import os
import subprocess
import time
from contextlib import ExitStack

import pytest
from apiserver import ApiServer, namespace, status
from live import api, counted, master, ready, refusal, serve  # noqa: F401 its fixtures too
from reviews import review
from server import PROGRAM, SANITIZED, in_time, until


def test_listed_then_watched(serve, api):
    server = serve()
    assert master(server) == "k8s"
    api.change("MODIFIED", namespace("team", backendMode="standalone", standaloneMaster="spark://m:7077"))
    until(lambda: master(server) == "standalone", 5, "the change")
    api.change("DELETED", namespace("team"))
    until(lambda: "scope.namespace" in refusal(server, "team"), 5, "the end of the namespace")
    assert api.count("list") == 1


def test_not_ready_before_the_first_list(serve, api):
    api.tricks["list"] = lambda handler, _: handler.reply(403, status(403, 'namespaces is forbidden: User "x" cannot list'))
    server = serve(wait=False)
    answer = server.get("/readyz?verbose")
    assert answer.status == 503 and "[-]facts failed" in answer.text
    until(lambda: any("cannot list" in line.get("error", "") for line in server.log), 5, "the API server's own words in the log")
    assert "cannot list" not in server.get("/readyz?verbose").text
    api.tricks.clear()
    until(lambda: ready(server), 20, "ready once it may")


def odd(name):
    """What Kubernetes takes of whoever may annotate a namespace, and what its managers may write."""
    obj = namespace(name, mode=None)
    obj["metadata"]["annotations"] = {"note": "a\0b"}
    fields = {}
    for _ in range(80):
        fields = {"f:x": fields}
    obj["metadata"]["managedFields"] = [{"manager": "m", "fieldsV1": fields}]
    return obj


def test_an_api_server_that_asks_for_a_longer_pause_gets_our_longest(serve, api):
    busy = {"Retry-After": "600"}
    api.tricks["list"] = lambda handler, _: handler.reply(429, status(429, "too many requests"), **busy)
    serve(wait=False)
    until(lambda: api.count("list") == 1, 10, "a first list")
    time.sleep(6)  # without a word it would be asked for thrice by then
    assert api.count("list") == 1


def test_one_odd_namespace_hides_no_other(serve, api):
    """It arrives by the watch, and stands first in a list."""
    api.namespaces["team"] = namespace("team", backendMode="k8s")
    server = serve()
    api.change("ADDED", odd("aaa"))
    api.change("MODIFIED", namespace("team", backendMode="standalone", standaloneMaster="spark://m:7077"))
    until(lambda: master(server) == "standalone", 5, "the change of another one")
    assert server.metric("sparkgate_facts_namespaces") == 2
    assert api.count("list") == 1
    assert master(serve()) == "standalone"
    assert api.count("list") == 2


def test_pages_of_a_list_that_never_ends_are_no_news(serve, api):
    """Each page comes at once and names a next one: what was heard last grows old, and is said to be."""
    api.namespaces["team"] = namespace("team", backendMode="k8s")
    server = serve("--facts-stale-after", "2s")
    again = {"kind": "NamespaceList", "apiVersion": "v1", "metadata": {"resourceVersion": "9", "continue": "more"}, "items": []}
    api.tricks["list"] = lambda handler, _: handler.reply(200, again)
    api.tricks["watch"] = lambda handler, _: handler.reply(410, status(410, "too old"))
    api.end_watches()
    until(lambda: server.metric("sparkgate_facts_stale") == 1, 15, "facts that are called stale")
    assert master(server) == "k8s"


def test_pages(serve, api):
    for n in range(1234):
        api.namespaces[f"n{n}"] = {**namespace(f"n{n}", mode=None)}
    server = serve()
    assert server.metric("sparkgate_facts_namespaces") == 1235
    assert api.count("list") == 3


def test_ten_thousand_namespaces(serve, api):
    """Within 8 MiB, and two seconds of a processor; most of the time that it takes is the stub's own work."""
    few = serve()
    small = few.status("RssAnon")
    few.stop()
    for n in range(10000):
        obj = namespace(f"n{n}", backendMode="standalone", standaloneMaster=f"spark://spark-master.n{n}.svc:7077")
        obj["metadata"]["annotations"]["openshift.io/sa.scc.uid-range"] = "1000650000/10000"
        obj["metadata"]["managedFields"] = [{"manager": "kubectl", "fieldsV1": {f"f:label-{i}": {} for i in range(12)}}]
        api.namespaces[f"n{n}"] = obj
    begun = time.monotonic()
    server = serve()
    seconds, more = time.monotonic() - begun, server.status("RssAnon") - small
    print(f"10,000 namespaces: {seconds:.2f} s, {server.cpu_seconds:.2f} of them on a processor, {more / 2**20:.1f} MiB more")
    assert server.metric("sparkgate_facts_namespaces") == 10001
    assert master(server, "n9999") == "standalone"
    if not SANITIZED:
        assert more < 8 * 2**20
        assert server.cpu_seconds < 2


@pytest.mark.skipif(SANITIZED, reason="sanitizers need more")
def test_small_with_32_connections(serve, api):
    """libcurl's TLS is OpenSSL's, so more is resident than with facts from files."""
    api.namespaces["team"] = namespace("team", backendMode="k8s")
    server = serve("--threads", "2")
    until(lambda: server.status("VmRSS") < 8 << 20, 5, "what only the start needed is given back")
    with ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for _ in range(32)]
        for client in clients * 10:
            client.post("/mutate", review(namespace="team"))
        resident = server.status("VmRSS")
    print(f"resident with 32 connections and an API server: {resident / 2**20:.1f} MiB")
    assert resident < 16 << 20


def test_memory_stays_however_many_events(serve, api):
    server = serve()
    before = None
    for block in range(6):
        for n in range(2000):
            api.send(json.dumps({"type": "MODIFIED", "object": {**namespace(f"x{n % 50}"), "metadata": {"name": f"x{n % 50}", "resourceVersion": str(api.version + n)}}}).encode() + b"\n")
        api.change("ADDED", namespace(f"after-{block}", backendMode="k8s"))
        until(lambda name=f"after-{block}": server.metric("sparkgate_facts_namespaces") >= 51 + block and master(server, name), 20, "the events")
        before = before or server.status("RssAnon")
    if not SANITIZED:
        assert server.status("RssAnon") - before < 2**20


# ---- what a watch may do ----


def resumes(server, api):
    """A change is known in the end, whatever happened before."""
    api.tricks.clear()
    api.change("ADDED", namespace("later", backendMode="k8s"))
    until(lambda: server.metric("sparkgate_facts_namespaces") == len(api.namespaces), 20, "all is known again")
    assert master(server) == "k8s"


def test_a_watch_that_ends_goes_on_where_it_was(serve, api):
    server = serve()
    until(lambda: api.watchers, 5, "a watch")
    time.sleep(1.1)  # one that ends at once counts as trouble
    api.end_watches()
    resumes(server, api)
    assert api.count("list") == 1 and server.metric("sparkgate_facts_watch_restarts_total") >= 1


def test_410_is_a_new_list(serve, api):
    server = serve()
    until(lambda: api.watchers, 5, "a watch")
    api.send(json.dumps({"type": "ERROR", "object": status(410, "too old resource version")}).encode() + b"\n")
    until(lambda: api.count("list") == 2, 10, "a second list")
    resumes(server, api)
    api.tricks["watch"] = lambda handler, _: handler.reply(410, status(410, "too old resource version"))
    api.end_watches()
    until(lambda: api.count("list") >= 3, 10, "a third list")
    resumes(server, api)


BAD_STREAMS = {
    "truncated": lambda handler, _: handler.stream([b'{"type":"ADDED","object":{"metadata":{"na']),
    "broken": lambda handler, _: handler.stream([b'{"type":"ADDED","object":{"metadata":{"na\n']),
    "endless line": lambda handler, _: handler.stream(b" " * 65536 for _ in range(200)),
    "no version": lambda handler, _: handler.stream([b'{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n']),
    "unknown event": lambda handler, _: handler.stream([b'{"type":"NEWS","object":{}}\n']),
    "web page": lambda handler, _: handler.reply(200, b"<html>", "text/html"),
    "redirect": lambda handler, _: handler.reply(302, b"", Location="https://127.0.0.1:1/"),
    "at once": lambda handler, _: handler.stream([]),
    "refused": lambda handler, _: handler.reply(403, status(403, "no")),
    "busy": lambda handler, _: handler.reply(429, status(429, "later"), Retry_After="1"),
}


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_a_bad_stream(serve, api, name):
    """The facts stay, attempts slow down, and when it is over all is known."""
    api.tricks["watch"] = BAD_STREAMS[name]
    server = serve()
    until(lambda: api.count("watch") >= 1, 10, "a watch")
    time.sleep(1.5)
    assert master(server) == "k8s"
    assert api.count("watch") <= 12, "not in a tight loop"
    resumes(server, api)
    until(lambda: any("trouble" in line["msg"] for line in server.log), 5, "told")


BAD_LISTS = {
    "truncated": lambda handler, _: handler.reply(200, b'{"kind":"NamespaceList","items":[{"metadata"'),
    "not a list": lambda handler, _: handler.reply(200, {"kind": "Pod"}),
    "no version": lambda handler, _: handler.reply(200, {"kind": "NamespaceList", "metadata": {}, "items": []}),
    "items no array": lambda handler, _: handler.reply(200, {"kind": "NamespaceList", "metadata": {"resourceVersion": "1"}, "items": "x"}),
    "web page": lambda handler, _: handler.reply(200, b"<html>", "text/html"),
    "redirect": lambda handler, _: handler.reply(301, b"", Location="/elsewhere"),
    "huge": lambda handler, _: handler.stream(b" " * 2**20 for _ in range(40)),
    "error": lambda handler, _: handler.reply(500, status(500, "etcd is away")),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_bad_list(serve, api, name):
    """Nothing is taken of it: what was known stays, and nothing is made up."""
    server = serve()
    api.tricks["list"] = BAD_LISTS[name]
    until(lambda: api.watchers, 5, "a watch")
    api.send(json.dumps({"type": "ERROR", "object": status(410, "too old")}).encode() + b"\n")
    until(lambda: api.count("list") >= 2, 10, "another list")
    time.sleep(0.3)
    assert master(server) == "k8s" and server.metric("sparkgate_facts_namespaces") == 1
    resumes(server, api)


def test_pages_too_large_are_asked_for_in_smaller_ones(serve, api):
    for n in range(120):
        api.namespaces[f"n{n}"] = namespace(f"n{n}", note="x" * 200000)
    server = serve()
    assert server.metric("sparkgate_facts_namespaces") == 121
    assert any("limit=50&" in path or path.endswith("limit=50") for _, path in api.seen)


# ---- who it is, and who we are ----


def test_the_last_facts_serve_while_it_is_away(serve, api):
    server = serve()
    api.stop()
    assert master(server) == "k8s" and ready(server)
    assert "scope.namespace" in refusal(server, "new")
    age = server.metric("sparkgate_facts_age_seconds")
    until(lambda: server.metric("sparkgate_facts_age_seconds") > age, 5, "the age grows")
    api.start()
    resumes(server, api)


def test_a_stranger_is_not_believed(serve, api, tmp_path):
    other = ApiServer(tmp_path / "other")
    server = serve(wait=False, ca=other.dir / "api" / "ca.crt")
    until(lambda: any("trouble" in line["msg"] for line in server.log), 10, "a complaint")
    assert not ready(server) and api.count("list") == 0
    other.http.server_close()


def test_a_rotated_token(serve, api, tmp_path):
    (tmp_path / "token").write_text(api.token + "\n")
    server = serve(user={"tokenFile": "token"})
    api.token = "the-next"
    (tmp_path / "token").write_text("the-next")
    asked = []
    assert "scope.namespace" in in_time(lambda n: asked.append(n) or refusal(server, f"new-{n}"))
    counted(server, "namespaces", len(asked), missing=1)


def plugin(path, token, **status):
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token, **status}}
    new = path.with_suffix(".new")
    new.write_text(f"#!/bin/sh\necho run >>{path}.runs\necho '{json.dumps(credential)}'\n")
    new.chmod(0o755)
    new.rename(path)  # it may be about to run
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": f"./{path.name}", "interactiveMode": "Never"}}


def test_a_credential_plugin(serve, api, tmp_path):
    server = serve(user=plugin(tmp_path / "plugin", api.token, expirationTimestamp="2999-01-01T00:00:00Z"))
    assert master(server) == "k8s"
    assert "scope.namespace" in refusal(server, "new")
    assert (tmp_path / "plugin.runs").read_text() == "run\n"


@pytest.mark.long
def test_a_plugin_that_fails_holds_up_nobody(serve, api, tmp_path):
    user = plugin(tmp_path / "plugin", "wrong")
    (tmp_path / "plugin").write_text(f"#!/bin/sh\nuntil [ -e {tmp_path}/answered ]; do sleep 0.1; done\nexit 7\n")
    server = serve(user=user, wait=False)
    assert "scope.namespace" in refusal(server, "team")
    (tmp_path / "answered").touch()
    until(lambda: any("ended with 7" in line.get("error", "") for line in server.log), 15, "the plugin's end in the log")
    plugin(tmp_path / "plugin", api.token)
    until(lambda: ready(server), 30, "ready with the next run")


def test_it_must_be_told_one_source(start, tmp_path):
    for flags, words in [
        (["--namespaces", "x", "--kubeconfig", "y"], "not both"),
        (["--context", "x"], "--context needs --kubeconfig"),
        ([], "--kubeconfig FILE"),
        (["--kubeconfig", "/nowhere"], "/nowhere"),
    ]:
        run = subprocess.run([PROGRAM, "serve", "--certs", str(tmp_path / "c"), *flags], capture_output=True, text=True, timeout=20,
                             env={k: v for k, v in os.environ.items() if not k.startswith("KUBERNETES_")})
        assert run.returncode == 2 and words in run.stderr, run.stderr
