"""--policies-configmap: a policy layer that is read through the API, in force without a restart, and hostile at times."""

import base64
import copy
import datetime
import itertools
import json
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from apiserver import ApiServer, Collection, namespace
from reviews import pod, review
from server import PROGRAM, until

HEAD = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\n"
EXECUTORS = HEAD + "bounds: {{defaultExecutors: {}}}\n"
NAME = "sparkgate-policies"
BETWEEN = 1  # seconds from one policy to the next
ME = {"POD_NAMESPACE": "sparkgate", "POD_NAME": "sparkgate-1", "POD_UID": "0a1b"}


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    api.maps = Collection(api, "/api/v1/namespaces/sparkgate/configmaps", "ConfigMap")
    api.events = Collection(api, "/apis/events.k8s.io/v1/namespaces/sparkgate/events", "Event")
    yield api
    api.close()


@pytest.fixture
def serve(start, api):
    def begin(*flags, wait=True):
        server = start("--kubeconfig", str(api.kubeconfig()), "--policies-configmap", NAME, *flags, env=ME)
        if wait:
            until(lambda: server.get("/readyz").status == 200, 20, "ready")
        return server

    return begin


def config_map(**data):
    return {"data": {name.replace("_", "."): text for name, text in data.items()}}


def policy_hash(server):
    return re.search(r'sparkgate_policy_info\{hash="(\w+)"\}', server.plain_get("/metrics").text)[1]


def reloads(server, result):
    return server.metric("sparkgate_reloads_total", what="policy", result=result)


def listing(server):
    return server.get("/readyz?verbose").text


@pytest.mark.alone
def test_in_force_when_it_is_there_and_gone_with_it(serve, api):
    server = serve()
    shipped = policy_hash(server)
    assert "[+]policies-configmap ok (there is none)" in listing(server)
    hashes = set()
    for n in (3, 4):
        api.maps.put(NAME, config_map(site_yaml=EXECUTORS.format(n), README="no policy"))
        until(lambda: policy_hash(server) not in {shipped, *hashes}, 10, "in force")
        assert reloads(server, "ok") == n - 2
        hashes.add(policy_hash(server))
    assert len(hashes) == 2 and shipped not in hashes
    api.maps.put(NAME, None)
    until(lambda: policy_hash(server) == shipped, 10, "the shipped policy again")
    assert {query["fieldSelector"] for query in api.maps.asked} == {f"metadata.name={NAME}"}
    assert ["watch" in query for query in api.maps.asked] == [False, True], "read once, and watched from there"


def test_first_readiness_waits_for_it(serve, api):
    api.maps.refuse = (403, "configmaps is forbidden")
    server = serve(wait=False)
    until(lambda: "[+]facts ok" in listing(server), 10, "the facts")
    assert server.get("/readyz").status == 503
    assert "[-]policies-configmap failed: not read yet" in listing(server)
    until(lambda: any("forbidden" in line.get("error", "") for line in server.log), 10, "the API server's words in the log")
    api.maps.objects[NAME] = {"metadata": {"name": NAME}, **config_map(site_yaml=EXECUTORS.format(3))}
    api.maps.refuse = None
    until(lambda: server.get("/readyz").status == 200, 20, "ready once it may")
    assert reloads(server, "ok") == 1, "in force before it was ready"
    api.maps.refuse = (403, "configmaps is forbidden")
    api.end_watches()
    until(lambda: len(api.maps.asked) > 4, 20, "attempts in vain")
    assert server.get("/readyz").status == 200, "later trouble is no unreadiness"


BAD = {
    "no policy": (config_map(selectors_yaml="x: y\n"), rf"ConfigMap {NAME}, selectors.yaml:\d+: "),
    "its line": (config_map(a_yaml=EXECUTORS.format(3), b_yaml=HEAD + "bounds: {defaultExecutors: 0}\n"), rf"ConfigMap {NAME}, b.yaml:3: "),
    "no yaml": (config_map(b_json="{"), rf"ConfigMap {NAME}, b.json"),
    "binary": ({"binaryData": {"b.yaml": "AAAA"}}, rf"ConfigMap {NAME}, b.yaml: is binaryData"),
    "no text": ({"data": {"b.yaml": 7}}, rf"ConfigMap {NAME}, b.yaml: is not text"),
    "one too large": (config_map(b_yaml="# " + "x" * 300_000), rf"ConfigMap {NAME}, b.yaml: larger than 256 KiB"),
    "all too large": (config_map(**{f"n{i}_yaml": "#" * 250_000 for i in range(5)}), rf"ConfigMap {NAME}: more than 256 policy files or 1024 KiB"),
    "too many": (config_map(**{f"n{i}_yaml": "" for i in range(257)}), rf"ConfigMap {NAME}: more than 256 policy files"),
    "a bomb": (config_map(b_yaml="a: &a [x,x]\n" + "".join(f"a{i}: &a{i} [*a{i-1 if i else ''},*a{i-1 if i else ''}]\n" for i in range(30))), rf"ConfigMap {NAME}, b.yaml:"),
    "wider": (config_map(b_yaml="apiVersion: policy.sparkgate.io/v1\nkind: Selectors\nroles:\n- {role: connect-server, words: [Other]}\n"), rf"ConfigMap {NAME}, b.yaml:4: word 'Other' .* would never call"),
    "escapes": (config_map(**{"b_yaml": "\x1b]0;\n"}), rf"ConfigMap {NAME}, b.yaml"),
}


@pytest.mark.alone
@pytest.mark.parametrize("name", BAD)
def test_a_bad_one_is_refused_whole(serve, api, name):
    bad, words = BAD[name]
    api.maps.put(NAME, config_map(site_yaml=EXECUTORS.format(3)))
    server = serve()
    before = policy_hash(server)
    api.maps.put(NAME, bad)
    until(lambda: reloads(server, "failed") == 1, 5, "a refusal")
    assert policy_hash(server) == before
    assert server.get("/readyz").status == 200 and "not in force, see the log" in listing(server)
    until(lambda: any(re.search(words, line.get("error", "")) for line in server.log), 5, "told")
    (event,) = until(lambda: api.events.created, 5, "an Event")
    assert re.search(words, event["note"]) and event["reason"] == "PolicyRefused" and event["type"] == "Warning"
    api.maps.put(NAME, config_map(site_yaml=EXECUTORS.format(4)))
    until(lambda: policy_hash(server) != before, 10, "the next good one")
    assert "not in force" not in listing(server)


def test_a_bad_one_at_the_start(serve, api):
    """What is built in serves, and everybody is told."""
    api.maps.put(NAME, config_map(site_yaml="nonsense"))
    server = serve()
    assert reloads(server, "failed") == 1 and "not in force" in listing(server)


def test_above_the_files(serve, api, tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(EXECUTORS.format(3))
    server = serve("--policies", str(file))
    api.maps.put(NAME, config_map(site_yaml="nonsense"))
    until(lambda: reloads(server, "failed") == 1, 5, "a refusal")
    file.write_text(EXECUTORS.format(5))
    until(lambda: reloads(server, "failed") == 2, 5, "files are taken with the whole or not at all")
    api.maps.put(NAME, config_map(site_yaml=EXECUTORS.format(4)))
    until(lambda: reloads(server, "ok") == 1, 5, "both in force")
    api.maps.put(NAME, None)
    until(lambda: reloads(server, "ok") == 2, 5, "the file alone")


def test_the_event_says_who_we_are(serve, api):
    serve()
    api.maps.put(NAME, config_map(site_yaml="nonsense " + "é" * 2000))
    (event,) = until(lambda: api.events.created, 5, "an Event")
    assert event["regarding"] == {"apiVersion": "v1", "kind": "Pod", "namespace": "sparkgate", "name": "sparkgate-1", "uid": "0a1b"}
    assert event["metadata"] == {"generateName": "sparkgate-", "namespace": "sparkgate"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["eventTime"]), event
    assert event["reportingInstance"] == "sparkgate-1" and len(event["note"].encode()) <= 1024


def test_events_are_few(serve, api):
    """The same one once, others at most ten at once; and where they are refused, nothing else suffers."""
    server, begun = serve(), time.monotonic()

    def most():
        """Ten, and one more each 20 s."""
        return 10 + (time.monotonic() - begun) / 20

    for n in range(30):
        api.maps.put(NAME, config_map(site_yaml=f"nonsense: {n % 2}"))
        until(lambda n=n: reloads(server, "failed") == n + 1, 5, "a refusal")
    assert 1 <= len(api.events.created) <= most()
    api.events.refuse = (403, "events is forbidden")
    for n in range(40):
        api.maps.put(NAME, config_map(**{f"site{n}_yaml": "nonsense"}))
        until(lambda n=n: reloads(server, "failed") == n + 31, 5, "a refusal")
    until(lambda: server.metric("sparkgate_events_total", result="failed") > 0, 5, "Events that were not taken")
    assert len(api.events.created) + server.metric("sparkgate_events_total", result="failed") <= 1 + most()
    assert server.metric("sparkgate_events_total", result="dropped") > 0
    until(lambda: sum("Event was not accepted" in line["msg"] for line in server.log) == 1, 5, "told once")
    assert json.loads(json.dumps(server.log))


def test_it_needs_a_cluster_and_a_namespace(tmp_path, api):
    for flags, env, words in [
        (["--namespaces", "x"], ME, "--policies-configmap needs a cluster"),
        (["--kubeconfig", str(api.kubeconfig())], {"POD_NAME": "a"}, "POD_NAMESPACE"),
        (["--kubeconfig", str(api.kubeconfig())], {**ME, "POD_NAMESPACE": "../a"}, "is not a valid namespace name"),
    ]:
        run = subprocess.run([PROGRAM, "serve", "--certs", str(tmp_path / "c"), "--policies-configmap", NAME, *flags],
                             capture_output=True, text=True, timeout=20, env=env)
        assert run.returncode == 2 and words in run.stderr, run.stderr


# ---- two replicas that do not change in the same moment ----


def patched(obj, answer):
    """The object as the API server would have it after /mutate."""
    obj = copy.deepcopy(obj)
    for op in json.loads(base64.b64decode(answer.get("patch", "W10="))):
        *parts, last = [p.replace("~1", "/").replace("~0", "~") for p in op["path"].split("/")[1:]]
        at = obj
        for part in parts:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if op["op"] == "remove":
            del at[int(last) if isinstance(at, list) else last]
        elif isinstance(at, list) and op["op"] == "add":
            at.insert(len(at) if last == "-" else int(last), op["value"])
        else:
            at[int(last) if isinstance(at, list) else last] = op["value"]
    return obj


def rule(n):
    return f"apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n- {{id: backend.site, why: w, versions: all, set: {{key: spark.site, value: v{n}}}}}\n"


def admit(first, second):
    """Rewritten by the one, validated by the other."""
    obj = patched(pod(), first.post("/mutate?timeout=5s", review(namespace="team")).review)
    return second.post("/validate?timeout=5s", review(obj, namespace="team")).review, obj


def learnt(server):
    """When it learnt of each of its policies."""
    times = [line["ts"] for line in server.log if line["msg"] == "reloaded" and line["what"] == "policy"]
    return [datetime.datetime.fromisoformat(ts.replace("Z", "+00:00")).timestamp() for ts in times]


def apart(one, other):
    """Seconds between the moments in which two replicas learnt of the last policy; the first one they had when they began."""
    pairs = list(itertools.zip_longest(learnt(one)[1:], learnt(other)[1:], fillvalue=time.time()))
    return abs(pairs[-1][0] - pairs[-1][1]) if pairs else 0


def had_its_time(pair, seconds):
    """Whether an object must be admitted that took so long from one replica to the other. Both must have learnt of the policy: it is in
    force 0.4 s later, half of which may pass before the log has it. And it was rewritten one policy ago at most."""
    return seconds < BETWEEN and apart(*pair) < 0.2


def test_two_replicas_that_change_refuse_nothing_spuriously(serve, api):
    api.maps.put(NAME, config_map(site_yaml=rule(0)))
    pair = [serve(), serve()]
    seen, done = set(), threading.Event()

    def ask(turn):
        asked = 0
        while not done.is_set():
            begun = time.monotonic()
            answer, obj = admit(pair[(turn + asked) % 2], pair[(turn + asked + 1) % 2])
            if not answer["allowed"]:
                assert not had_its_time(pair, time.monotonic() - begun), answer["status"]["message"]
                continue
            seen.add(re.search(r"spark\.site=(v\d)", str(obj))[1])
            asked += 1
        return asked

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, turn) for turn in range(3)]
        try:
            for n in range(5):
                until(lambda n=n: f"v{n}" in seen or any(a.done() for a in asked), 10, "an object of this policy")
                time.sleep(BETWEEN)
                api.maps.put(NAME, config_map(site_yaml=rule(n + 1))) if n < 4 else None
        finally:
            done.set()
        assert sum(a.result() for a in asked) > 20
    assert seen == {f"v{n}" for n in range(5)}
    until(lambda: policy_hash(pair[0]) == policy_hash(pair[1]), 5, "the same in force")


def known(server, count):
    """The metrics of the moment, once so many policies were taken up."""
    text = server.plain_get("/metrics").text
    return text if f'sparkgate_reloads_total{{what="policy",result="ok"}} {count}\n' in text else None


def next_known(server, api, n):
    """Put the rule of that number: was it seen to be known and not in force yet?"""
    before = policy_hash(server)
    api.maps.put(NAME, config_map(site_yaml=rule(n)))
    if f'hash="{before}"' in until(lambda: known(server, n + 1), 10, "known"):
        return True
    until(lambda: policy_hash(server) != before, 10, "in force")
    return False


@pytest.mark.alone
def test_a_replica_that_learns_of_it_first(serve, api):
    """The order of things in slow motion: nobody rewrites by a policy that the other has had no time to learn."""
    api.maps.put(NAME, config_map(site_yaml=rule(0)))
    server = serve()
    before = policy_hash(server)
    _, first = admit(server, server)
    n = next((n for n in range(1, 15) if next_known(server, api, n)), None)
    assert n, "always in force as soon as it is known"
    old, new, other = (json.loads(json.dumps(first).replace("spark.site=v0", f"spark.site=v{v}")) for v in (n - 1, n, 99))
    for obj in (old, new):
        assert server.post("/validate?timeout=5s", review(obj, namespace="team")).review["allowed"], "either is fine"
    until(lambda: policy_hash(server) != before, 10, "in force")
    for obj in (old, new):
        assert server.post("/validate?timeout=5s", review(obj, namespace="team")).review["allowed"], "either is fine"
    assert not server.post("/validate?timeout=5s", review(other, namespace="team")).review["allowed"], "but nothing else"


@pytest.mark.alone
def test_checks_know_no_grace(serve, api):
    """What a policy forbids is forbidden at once, whatever the one before it said."""
    api.maps.put(NAME, config_map(site_yaml="apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n- {id: backend.site, why: w, versions: all, set: {key: spark.site, value: v0}}\n"))
    server = serve()
    answer, obj = admit(server, server)
    assert answer["allowed"]
    api.maps.put(NAME, config_map(site_yaml="apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n- {id: backend.no, why: w, versions: all, forbid: {key: spark.site}}\n"))
    until(lambda: not server.post("/validate?timeout=5s", review(obj, namespace="team")).review["allowed"], 10, "refused")
