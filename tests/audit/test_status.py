"""`sparkgate status`: what a namespace asks for, what its servers are configured for, and what their drivers say."""

import re
import time

import pytest
from audit import MASTER, changed, config_map, namespace, run, server
from listing import status
from status_cluster import ago, ask, cluster, driver, event, one, pod, told, K8S  # noqa: F401 (cluster is a fixture)


def test_all_is_well(cluster):
    text = ask(cluster)
    for words in ("Namespace a", "backend      standalone", f"master       {MASTER}", "Deployment connect, pod connect-7d4-abc: ready, 3 h old",
                  f"runs on      {MASTER} (asked of Spark 4.1.0)", "executors    2", "none that the cluster still knows", "sparkgate, 2 entries, 0 fail closed",
                  "sparkgate, 5 entries, 2 fail closed",
                  "policy 0123456789ab", "until "):  # fmt: skip
        assert words in text, text
    assert "What is wrong" not in text and max(map(len, text.splitlines())) <= 80
    found = told(cluster)["namespaces"][0]
    assert found["contract"] == {"optedIn": True, "mode": "enforce", "pssMode": "enforce", "backend": "standalone", "master": MASTER}
    assert found["problems"] == found["notes"] == []


# ---- what the mode leaves as it is ----


NOT_IN_FORCE = [  # mode, backend, more annotations, what is said of ConfigMaps and of pods
    ("enforce", "k8s", {}, "rewritten", "what is missing is filled in"),
    ("warn", "k8s", {}, "would be rewritten (mode warn)", "what is missing would be filled in (mode warn)"),
    ("audit", "k8s", {"hardening": "force"}, "would be rewritten (mode audit)", "would be forced (mode audit)"),
    ("enforce", "k8s", {"pssMode": "warn"}, "rewritten", "what is missing would be filled in (mode warn)"),
    ("warn", "k8s", {"configMaps": "check", "hardening": "off"}, "checked only", "off"),
    ("warn", "k8s", {"configMaps": "off"}, "left alone", "what is missing would be filled in (mode warn)"),
    ("enforce", None, {}, "as they are written, there is no backend", "what is missing is filled in"),
]


@pytest.mark.parametrize("mode, backend, more, config_maps, hardening", NOT_IN_FORCE)
def test_what_is_done_and_what_would_be(cluster, mode, backend, more, config_maps, hardening):
    cluster.again(ns=namespace("a", mode, backend, **more), pods=[])
    text = " ".join(ask(cluster).split())
    assert f" ConfigMaps {config_maps} pods" in text and f", hardening: {hardening} Connect" in text, text


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_a_server_elsewhere_is_a_note_where_nothing_moves_it(cluster, mode):
    cluster.again(ns=namespace("a", mode, "k8s"), pods=[pod(master="local[*]")])
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver("local[*]")
    found = told(cluster)["namespaces"][0]
    assert found["problems"] == [] and found["servers"]["items"][0]["backend"] == "wrong"
    assert len(found["notes"]) == 1 and f": mode {mode} leaves it there, it moves when it is made anew in mode enforce" in found["notes"][0]
    text = ask(cluster)
    assert "Notes" in text and "What is wrong" not in text and "restart" not in text, text


OWNERS = [
    ("StatefulSet/connect", ": restart StatefulSet connect"), ("Job/connect", ": delete Job connect; whoever made it makes it anew"),
    ("SparkConnect/connect", ": delete the pod, SparkConnect connect makes it anew"), (None, ": delete it, and make it anew"),
]  # fmt: skip


@pytest.mark.parametrize("owner, words", OWNERS)
def test_how_a_server_elsewhere_moves(cluster, owner, words):
    cluster.again(pods=[server("connect-7d4-abc", "a", owner, "local[*]", "Pending")])
    (problem,) = told(cluster, code=1)["namespaces"][0]["problems"]
    assert problem.endswith(words)


@pytest.mark.parametrize("mode, backend, noted", [("enforce", None, True), ("warn", None, True), ("enforce", "k9s", False), (None, None, False)])
def test_no_backend_is_a_note(cluster, mode, backend, noted):
    """One that is misspelt is a problem, and named as such."""
    cluster.again(ns=namespace("a", mode, backend), pods=[])
    found = told(cluster, code=1 if backend else 0)["namespaces"][0]
    assert [n.partition(":")[0] for n in found["notes"]] == ["scope.noBackend"] * noted
    assert [p.partition(":")[0] for p in found["problems"]] == (["scope.backendMode"] if backend else [])


FIELD = {"f:metadata": {"f:labels": {"f:sparkgate.io/mode": {}}}}
MANAGERS = [
    ([], "not known when", None),
    ([("helm", 7200, FIELD)], "on {} at the latest, by helm", ("helm", 7200)),
    ([("kubectl-edit", 60, FIELD), ("helm", 9000, FIELD), ("kubelet", 90000, {"f:status": {}})], "on {} at the latest, by helm", ("helm", 9000)),
    ([("x" * 300, 60, FIELD), (7, 60, [])], "not known when", None),
    ([("a\x1b[31mb", 7200, FIELD)], "on {} at the latest, by a", ("a\x1b[31mb", 7200)),
]


@pytest.mark.parametrize("managers, says, found", MANAGERS)
def test_since_when(cluster, managers, says, found):
    """By what the API server notes of who wrote the label; a time that is none is none."""
    ns = namespace("a", backend="standalone")
    ns["metadata"]["annotations"]["sparkgate.io/standaloneMaster"] = MASTER
    ns["metadata"]["managedFields"] = [{"manager": m, "time": ago(s), "fieldsV1": f} for m, s, f in managers] + [{"manager": "y", "time": "soon", "fieldsV1": FIELD}]
    cluster.again(ns=ns)
    text = ask(cluster)
    assert says.format(ago(found[1])[:10] if found else "") in text and "\x1b" not in text, text
    contract = told(cluster)["namespaces"][0]["contract"]
    assert (contract.get("optedInManager"), contract.get("optedInBy")) == ((found[0], ago(found[1])) if found else (None, None))


def with_settings(made, settings):
    made["spec"]["containers"][0]["command"] += [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    return made


TLS = [
    ({"spark.ssl.ui.enabled": "true"}, 4440),
    ({"spark.ssl.enabled": "true"}, 4440),
    ({"spark.ssl.enabled": "True"}, 4440),
    ({"spark.ssl.enabled": "true", "spark.ssl.ui.enabled": "FALSE"}, None),
    ({"spark.ssl.enabled": "true", "spark.ui.port": "5050"}, 5450),
    ({"spark.ssl.enabled": "true", "spark.ui.port": "65500"}, 1388),  # around the end, above the privileged ones
    ({"spark.ssl.ui.enabled": "true", "spark.ssl.ui.port": "8443"}, 8443),
    ({"spark.ssl.enabled": "true", "spark.ssl.ui.enabled": "false"}, None),
]


@pytest.mark.parametrize("settings, port", TLS)
def test_a_driver_behind_tls(cluster, settings, port):
    """It answers there and nowhere else, through the API server's proxy, which does not ask whose certificate it is."""
    cluster.again(pods=[with_settings(pod(), settings)])
    if port:
        cluster.tricks["pods/connect-7d4-abc:4040"] = lambda handler, *_: handler.reply(302, status(302, "elsewhere"))
        cluster.tricks[f"pods/https:connect-7d4-abc:{port}"] = driver()
    assert one(cluster)["real"] == {"master": MASTER, "sparkVersion": "4.1.0", "application": "app-20250101-0001", "executors": 2}


def test_what_runs_elsewhere_is_wrong(cluster):
    """The pod says the right master, its driver another: the driver is believed."""
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver("local[*]")
    assert "pod connect-7d4-abc runs on local[*], its namespace asks for" in " ".join(ask(cluster, code=1).split())
    assert one(cluster, code=1)["backend"] == "wrong"


@pytest.mark.parametrize("master", ["spark://other:7077", K8S, "yarn", "nonsense"])
def test_each_other_master_is_wrong(cluster, master):
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(master)
    assert one(cluster, code=1)["backend"] == "wrong"


def test_a_server_on_kubernetes(cluster):
    cluster.again(ns=namespace("a", backend="k8s"), pods=[pod(master=K8S)])
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(K8S, executors=5)
    found = one(cluster)
    assert (found["backend"], found["real"]["executors"]) == ("right", 5)


PUT_IN = "k8s://https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT_HTTPS)"
ADDRESS, ELSEWHERE = "k8s://https://10.0.0.1:443", "k8s://https://elsewhere:6443"
FITS = [  # the namespace's own master, the pod's, what its driver says (None: nothing), whether that is right
    (MASTER, MASTER + ",", None, "right"),
    (MASTER + ",", MASTER, MASTER, "right"),
    (MASTER, MASTER, MASTER + ",", "right"),
    (MASTER, "spark://other:7077", None, "wrong"),
    (MASTER, PUT_IN, None, "wrong"),
    (None, K8S, None, "right"),
    (None, "k8s://kubernetes.default.svc", K8S, "right"),
    (None, ELSEWHERE, None, "wrong"),
    (None, PUT_IN, None, "right"),
    (None, PUT_IN, ADDRESS, "right"),
    (None, PUT_IN, MASTER, "wrong"),
    (None, K8S, ADDRESS, "wrong"),
    (None, K8S, ELSEWHERE, "wrong"),
    (None, "k8s://https://$(HERE)", ADDRESS, "unknown"),
]


@pytest.mark.parametrize("own, configured, real, expected", FITS)
def test_it_is_right_where_admission_says_so(cluster, own, configured, real, expected):
    """One rule for both; of an address that the kubelet put in, the pod tells whose it is."""
    ns = namespace("a", backend="standalone" if own else "k8s")
    if own:
        ns["metadata"]["annotations"]["sparkgate.io/standaloneMaster"] = own
    made = pod(master=configured)
    made["spec"]["containers"][0].setdefault("env", []).append({"name": "HERE", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}})
    cluster.again(ns=ns, pods=[made])
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(real) if real else lambda h, _q, _n: h.reply(503, status(503, "refused"))
    assert one(cluster, code=1 if expected == "wrong" else 0)["backend"] == expected
    drift = "runs with spark.master=" in run("--kubeconfig", cluster.kubeconfig, "-o", "json").stdout  # what admission says of it as it is
    assert real or drift == (expected == "wrong")


def test_what_is_configured_stands_in_where_the_driver_is_silent(cluster):
    cluster.tricks["pods/connect-7d4-abc:4040"] = lambda h, _q, _n: h.reply(503, status(503, "error trying to reach service: refused"))
    assert one(cluster)["real"]["unknown"].endswith("error trying to reach service: refused")
    cluster.again(pods=[pod(master=K8S)])
    found = one(cluster, code=1)
    assert (found["backend"], found["configured"]["master"], found["configured"]["from"]) == ("wrong", K8S, "--master")


def test_settings_of_a_config_map(cluster):
    cluster.again(config_map("conf", "a", "spark.ui.enabled=false\n"), pods=[with_config(pod())])
    assert one(cluster)["real"] == {"unknown": "spark.ui.enabled is false"}
    cluster.again(config_map("conf", "a", "spark.ui.enabled=False\\u0020\n"), pods=[with_config(pod())])
    assert one(cluster)["real"] == {"unknown": "spark.ui.enabled is false"}
    cluster.again(config_map("conf", "a", "spark.ui.port=4050\n"), pods=[with_config(pod())])
    cluster.tricks["pods/connect-7d4-abc:4050"] = driver(executors=7)
    assert one(cluster)["real"]["executors"] == 7
    cluster.again(pods=[with_config(pod())])
    assert "conf" in one(cluster)["configured"]["unseen"]


def with_config(made):
    spec = made["spec"]
    spec["volumes"] = [{"name": "conf", "configMap": {"name": "conf"}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "conf", "mountPath": "/opt/spark/conf"}]
    return made


def test_a_pod_that_does_not_run_is_not_asked(cluster):
    cluster.again(pods=[pod(phase="Pending", ready=False)])
    assert one(cluster)["real"] == {"unknown": "it is not running"}
    assert not any("/proxy/api" in path for path in cluster.seen)


# ---- who may not read ----


@pytest.mark.parametrize("what, words", [
    ("namespaces/a", "no permission (needs get namespaces in namespace a)"), ("pods", "no permission (needs list pods in namespace a)"),
    ("events", "no permission (needs list events in namespace a)"), ("pods/connect-7d4-abc:4040", "no permission (needs get pods/proxy in namespace a)"),
    ("mutatingwebhookconfigurations", "no permission (needs list, or get of sparkgate, on mutatingwebhookconfigurations in the cluster)"),
])  # fmt: skip
def test_what_is_forbidden_is_said_in_its_place(cluster, what, words):
    cluster.tricks[what] = cluster.tricks[f"{what}/sparkgate"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden: User cannot"))
    assert words in " ".join(ask(cluster).split())
    told(cluster)


def test_nothing_may_be_read(cluster):
    for what in ("namespaces/a", "pods", "events"):
        cluster.tricks[what] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    ask(cluster, code=2)


def test_no_such_namespace(cluster):
    done = run("--kubeconfig", cluster.kubeconfig, "b", command="status")
    assert done.returncode == 2 and "there is no namespace 'b'" in done.stderr


# ---- what was refused ----


def test_last_refusals(cluster):
    cluster.again(event(), event("old", seconds=8000, count=1), event("rewritten", "SparkgateRewritten"), event("warned", "SparkgateWouldRefuse", 30))
    found = told(cluster, code=1)["namespaces"][0]
    assert [(r["reason"], r["count"]) for r in found["refusals"]["items"]] == [("SparkgateWouldRefuse", 3), ("SparkgateRefused", 3), ("SparkgateRefused", 1)]
    assert re.search(r"Deployment connect: \d+ (s|min) ago, 3 times", ask(cluster, code=1))
    assert len(found["problems"]) == 1 and found["problems"][0].startswith("1 refusal within the last hour")


def test_old_refusals_are_no_problem(cluster):
    cluster.again(event(seconds=3700))
    ask(cluster)


def test_the_newest_of_many(cluster):
    cluster.again(*(event(f"e{n}", seconds=10 * n) for n in range(50)))
    found = told(cluster, code=1)["namespaces"][0]["refusals"]
    assert len(found["items"]) == 10 and found["more"] == 40
    assert [r["last"] for r in found["items"]] == [ago(10 * n) for n in range(10)]


def test_events_of_others_are_not_ours(cluster):
    cluster.again(changed(event(), reportingComponent="kubelet"))
    assert told(cluster)["namespaces"][0]["refusals"]["items"] == []


# ---- namespaces ----


def test_a_switch_that_has_not_ended(cluster):
    ns = namespace("a")
    ns["metadata"]["annotations"]["sparkgate.io/switch"] = "0" * 64
    cluster.again(ns=ns)
    (problem,) = told(cluster, code=1)["namespaces"][0]["problems"]
    assert problem.startswith("a switch of its backend has not ended") and "`sparkgate switch a --undo`" in problem


def test_all_namespaces(cluster):
    cluster.again(namespace("b", backend="k8s"))
    assert [n["name"] for n in told(cluster, "-A")["namespaces"]] == ["a", "b"]


def test_several_namespaces_are_a_table(cluster):
    """Whole are those alone where something is wrong or could not be read; one namespace is whole always."""
    cluster.again(namespace("b", "warn", None), namespace("c", backend="k9s"), server("two", "c", phase="Pending"))
    text = ask(cluster, "-A", code=1)
    rows = [line.split() for line in text.partition("\n\n")[0].splitlines()]
    assert rows == [["SERVERS", "WRONG", "NOTES", "MODE", "BACKEND", "NAMESPACE"], ["1", "0", "0", "enforce", "standalone", "a"],
                    ["0", "0", "1", "warn", "-", "b"], ["1", "1", "0", "enforce", "-", "c"]]  # fmt: skip
    assert re.findall(r"^Namespace (\w)$", text, re.M) == ["c"] and "\nsparkgate, namespace sparkgate\n" in text
    notes = "\nNotes are shown by `sparkgate status NAMESPACE`.\n"
    assert notes in text
    cluster.tricks["namespaces/b"] = cluster.tricks["pods"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    text = ask(cluster, "-A", code=1)
    assert ["?", "0", "0", "?", "?", "b"] in [line.split() for line in text.splitlines()]
    assert re.findall(r"^Namespace (\w)$", text, re.M) == ["a", "b", "c"] and notes not in text
    assert "no permission (needs get namespaces in namespace b)" in text and "no permission (needs list pods in namespace a)" in text
    cluster.again(pods=[])
    assert ask(cluster, "-A").startswith("Namespace a\n")


# ---- drivers that lie, stall and shout ----


DEEP = b"[" * 100000
HOSTILE = {
    "an empty list": [], "no list": {"id": "x"}, "a path for an id": [{"id": "../../../secrets"}], "a query for an id": [{"id": "a?b"}],
    "no id": [{}], "a long id": [{"id": "a" * 200}], "an id that is a number": [{"id": 7}], "text": lambda h: h.reply(200, b"<html>"),
    "depth": lambda h: h.reply(200, DEEP), "size": lambda h: h.reply(200, b'["' + b"a" * (5 << 20) + b'"]'),
    "twice a key": lambda h: h.reply(200, b'[{"id":"a","id":"b"}]'), "no UTF-8": lambda h: h.reply(200, b'[{"id":"\xff"}]'),
}  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE)
def test_applications_of_any_shape(cluster, answer):
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(applications=HOSTILE[answer])
    found = one(cluster)
    assert "master" not in found["real"] and found["real"]["unknown"]
    assert not any("secrets" in path or "a?b" in path for path in cluster.seen)


@pytest.mark.parametrize("answer", [{}, [], {"sparkProperties": {}}, {"sparkProperties": [["spark.master"]]}, {"sparkProperties": [["spark.master", "m" * 2000]]},
                                    {"sparkProperties": [["spark.master", {"a": 1}]]}])  # fmt: skip
def test_environments_of_any_shape(cluster, answer):
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(environment=answer)
    assert "master" not in one(cluster)["real"]


def test_a_terminal_is_left_alone(cluster):
    cluster.tricks["pods/connect-7d4-abc:4040"] = driver("local\x1b[2J\u009b31m\u202e")
    text = ask(cluster, "a", "--color", "never", code=1)
    assert not set(text) & set("\x1b\u009b\u202e")


def test_a_driver_that_says_nothing(cluster):
    stop = []

    def stall(handler):
        while not stop:
            time.sleep(0.1)

    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(applications=stall)
    try:
        assert one(cluster)["real"]["unknown"] == "no answer in time"
    finally:
        stop.append(1)


def test_usage(cluster):
    for args in (["a", "b"], ["a", "-A"], ["-n", "a", "b"], ["--sparkgate-namespace", "../x"], ["a/b"]):
        assert run("--kubeconfig", cluster.kubeconfig, *args, command="status").returncode == 2, args
