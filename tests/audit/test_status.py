"""`sparkgate status`: what a namespace asks for, what its servers are configured for, and what their drivers say."""

import copy
import datetime
import json
import re

import jsonschema
import pytest
import yaml
from listing import Table, status
from audit import MASTER, ROOT, changed, config_map, namespace, run, server

VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/status.schema.json").read_text()))
K8S = "k8s://https://kubernetes.default.svc"
NOW = datetime.datetime.now(datetime.UTC)


def ago(seconds):
    return (NOW - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(name="connect-7d4-abc", ns="a", master=MASTER, ready=True, **more):
    made = changed(server(name, ns, "ReplicaSet/connect-7d4", master, **more), metadata__labels={"pod-template-hash": "7d4"})
    made["metadata"]["creationTimestamp"] = ago(3 * 3600)
    made["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
    return made


def event(name="e", reason="SparkgateRefused", seconds=60, count=3, note="Pod refused (backendMode k8s, enforce): pss.x: y", ns="a"):
    return {"kind": "Event", "metadata": {"name": name, "namespace": ns}, "reason": reason, "message": note,
            "involvedObject": {"kind": "Deployment", "name": "connect"}, "reportingComponent": "sparkgate.io/sparkgate",
            "eventTime": ago(seconds + 600), "series": {"count": count, "lastObservedTime": ago(seconds)}}  # fmt: skip


def gate(name="sparkgate-1", ready=True):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": "sparkgate"},
            "spec": {"containers": [{"name": "sparkgate", "ports": [{"name": "metrics", "containerPort": 9090}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}}  # fmt: skip


def driver(master=MASTER, executors=2, **answers):
    """A trick that answers as Spark's UI does; answers: beginning of the last word of the path -> what comes instead."""
    alive = [{"id": "driver", "isActive": True}, *({"id": str(n), "isActive": True} for n in range(executors))]
    known = {
        "applications": [{"id": "app-20250101-0001", "name": "Spark Connect server", "attempts": [{"appSparkVersion": "4.1.0"}]}],
        "environment": {"sparkProperties": [["spark.app.name", "x"], ["spark.master", master]]},
        "executors": alive,
    } | answers

    def trick(handler, _query, _number):
        answer = known[handler.path.rpartition("/")[2]]
        return answer(handler) if callable(answer) else handler.reply(200, answer)

    return trick


READY = "[+]policy ok (0123456789ab)\n[+]facts ok (1 namespace)\n[+]match-conditions ok (in step with the policy)\n[+]shutdown ok\n"


def replica(policy="0123456789ab", until=None, readyz=READY, code=200):
    """A trick that answers as the metrics port of a replica does."""
    until = int(NOW.timestamp()) + 300 * 86400 if until is None else until
    metrics = (f'# HELP x y\nsparkgate_build_info{{version="0.1.0"}} 1\nsparkgate_policy_info{{hash="{policy}"}} 1\n'
                     f"sparkgate_certificate_expiry_timestamp_seconds {until}\n")  # fmt: skip

    def trick(handler, _query, _number):
        lines = readyz if handler.path.endswith("/readyz?verbose") else metrics
        handler.send_response(code if lines is readyz else 200)
        handler.send_header("Content-Type", "text/plain; version=0.0.4")
        handler.send_header("Content-Length", str(len(lines.encode())))
        handler.end_headers()
        handler.wfile.write(lines.encode())

    return trick


@pytest.fixture
def cluster(api):
    """One namespace on standalone, one server in it that runs there, one replica of sparkgate; a function that adds to it."""

    def has(*objects, ns=None, pods=None, configurations=SHIPPED):
        api.has([ns or namespace("a"), *([pod()] if pods is None else pods), gate(), *configurations, *objects])
        return api

    api.tricks.update({"pods/connect-7d4-abc:4040": driver(), "pods/sparkgate-1:9090": replica()})
    has()
    api.again = has
    return api


# Through JSON, or what the YAML has anchors for would be one object.
SHIPPED = json.loads(json.dumps([o for o in yaml.safe_load_all((ROOT / "manifests/webhook-configurations.yaml").read_text()) if o]))


def ask(api, *args, code=0):
    done = run("--kubeconfig", api.kubeconfig, *(args or ("a",)), command="status")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def told(api, *args, code=0):
    """As JSON, which the schema describes."""
    answer = json.loads(ask(api, *(args or ("a",)), "-o", "json", code=code))
    VALIDATOR.validate(answer)
    return answer


def one(api, code=0):
    (found,) = told(api, code=code)["namespaces"][0]["servers"]["items"]
    return found


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


@pytest.mark.parametrize("name, entries", [("sparkgate", 2), ("gate", None)])
def test_configurations_by_name_alone(cluster, name, entries):
    """Of who may get but not list them; what has another name may be there all the same."""
    cluster.again(configurations=elsewhere(name, "sparkgate"))
    cluster.tricks["mutatingwebhookconfigurations"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    found = told(cluster)["sparkgate"]
    mutating = found["webhooks"][0]
    assert mutating.get("entries") == entries and ("list, or get of sparkgate," in mutating.get("unknown", "")) == (not entries), mutating
    assert found["problems"] == []


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


# ---- sparkgate itself ----


def test_replicas(cluster):
    cluster.again(gate("sparkgate-2", ready=False), gate("sparkgate-3"))
    cluster.tricks["pods/sparkgate-2:9090"] = replica("aaaaaaaaaaaa", int(NOW.timestamp()) + 86400)
    cluster.tricks["pods/sparkgate-3:9090"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    found = told(cluster, code=1)["sparkgate"]
    words = " ".join(found["problems"])
    assert "sparkgate-2 is not ready" in words and "certificate of sparkgate-2 ends soon" in words and "different policies" in words
    assert found["replicas"]["items"][2]["unknown"] == "no permission (needs get pods/proxy in namespace sparkgate)"


def test_where_it_is_not_installed(cluster):
    cluster.has([namespace("a"), pod()])
    words = " ".join(told(cluster, code=1)["sparkgate"]["problems"])
    assert "no pod of sparkgate in namespace sparkgate" in words and "(--sparkgate-namespace)" in words
    assert "there is no ValidatingWebhookConfiguration of sparkgate's: it is not asked" in words and "--webhook-configurations NAME" in words
    words = " ".join(told(cluster, "a", "--webhook-configurations", "gate", code=1)["sparkgate"]["problems"])
    assert "there is no MutatingWebhookConfiguration gate: sparkgate is not asked" in words


def elsewhere(name="gate", ns="platform", app="sparkgate"):
    """The configurations of a release of that name in that namespace."""
    made = copy.deepcopy(SHIPPED)
    for configuration in made:
        configuration["metadata"] = {"name": name, "labels": {"app.kubernetes.io/name": app, "app.kubernetes.io/component": "webhook"}}
        for entry in configuration["webhooks"]:
            entry["clientConfig"]["service"] |= {"namespace": ns, "name": name}
    return made


@pytest.mark.parametrize("app", ["sparkgate", "doorman"])
def test_a_release_of_another_name(cluster, app):
    """Its configurations are known by their entries, and say where it is; nameOverride of the chart is the label of all."""
    cluster.again({"kind": "MutatingWebhookConfiguration", "metadata": {"name": "aaa", "labels": {"app.kubernetes.io/name": "other"}},
                   "webhooks": [{"name": "a.other.io"}]}, configurations=elsewhere(app=app))  # fmt: skip
    found = told(cluster, code=1)["sparkgate"]  # its replicas are not in this namespace of the API server's
    assert (found["namespace"], [w["name"] for w in found["webhooks"]]) == ("platform", ["gate", "gate"])
    assert found["problems"] == ["no pod of sparkgate in namespace platform: is it installed elsewhere? (--sparkgate-namespace)"]
    assert any(f"/namespaces/platform/pods?labelSelector=app.kubernetes.io%2Fname%3D{app}%2C" in path for path in cluster.seen)
    assert told(cluster, "a", "--sparkgate-namespace", "sparkgate")["sparkgate"]["replicas"]["items"]


def test_two_releases(cluster):
    cluster.again(configurations=[*SHIPPED, *elsewhere()])
    problems = told(cluster, code=1)["sparkgate"]["problems"]
    assert [p.partition(":")[0] for p in problems if "too, beside" in p] == [
        "MutatingWebhookConfiguration sparkgate is sparkgate's too, beside gate", "ValidatingWebhookConfiguration sparkgate is sparkgate's too, beside gate"]  # fmt: skip
    assert told(cluster, "a", "--webhook-configurations", "sparkgate")["sparkgate"]["namespace"] == "sparkgate"


# ---- webhook configurations that are not the shipped ones ----


def shipped(change):
    """The shipped configurations, after change(entries by name)."""
    made = copy.deepcopy(SHIPPED)
    change({e["name"]: e for c in made for e in c["webhooks"]})
    for configuration in made:
        configuration["webhooks"] = [e for e in configuration["webhooks"] if e]
    return made


def without_mode(entries):
    entries["pods.mutate.sparkgate.io"]["namespaceSelector"] = {"matchLabels": {"team": "b"}}


def only_team_b(entries):
    entries["servers.validate.sparkgate.io"]["namespaceSelector"]["matchExpressions"].append({"key": "team", "operator": "In", "values": ["b"]})


def a_condition_more(entries):
    entries["servers.validate.sparkgate.io"]["matchConditions"].append({"name": "not-mine", "expression": "request.namespace != 'a'"})


def a_word_less(entries):
    condition = entries["servers.validate.sparkgate.io"]["matchConditions"][0]
    condition["expression"] = condition["expression"].replace("'connect-server', 'executor'", "'executor'")


def excluded(*names, entries=None):
    def change(known):
        for name, entry in known.items():
            if not entries or name in entries:
                entry["namespaceSelector"].setdefault("matchExpressions", []).append({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [*names]})

    return change


CHANGED = [  # what is changed, what of the gate's problems begins so, what of the namespace's
    (lambda e: e["servers.validate.sparkgate.io"].clear(), ["ValidatingWebhookConfiguration sparkgate: entry servers.validate.sparkgate.io is missing"], []),
    (without_mode, ["MutatingWebhookConfiguration sparkgate: namespaceSelector of pods.mutate.sparkgate.io lacks sparkgate.io/mode Exists"],
     ["left out in MutatingWebhookConfiguration sparkgate by the namespaceSelector of pods.mutate.sparkgate.io"]),
    (only_team_b, [], ["left out in ValidatingWebhookConfiguration sparkgate by the namespaceSelector of servers.validate.sparkgate.io"]),
    (a_condition_more, ["ValidatingWebhookConfiguration sparkgate: matchCondition 'not-mine' of servers.validate.sparkgate.io is not ours"], []),
    (excluded("b", "a"), [], ["left out in MutatingWebhookConfiguration sparkgate: nothing is changed here", "left out in ValidatingWebhookConfiguration sparkgate: nothing is refused here"]),
    (excluded("a", entries=["workloads.validate.sparkgate.io"]), [], ["left out in ValidatingWebhookConfiguration sparkgate by the namespaceSelector of workloads.validate"]),
    (excluded("b"), [], []),
]  # fmt: skip


@pytest.mark.parametrize("change, of_gate, of_namespace", CHANGED, ids=range(len(CHANGED)))
def test_configurations_that_call_for_less(cluster, change, of_gate, of_namespace):
    cluster.again(configurations=shipped(change))
    found = told(cluster, code=1 if of_gate + of_namespace else 0)
    for problems, expected in ((found["sparkgate"]["problems"], of_gate), (found["namespaces"][0]["problems"], of_namespace)):
        assert len(problems) == len(expected) and all(p.startswith(e) for p, e in zip(problems, expected, strict=True)), problems


SELECTORS = [  # a selector, whether namespace a with team=b has it
    ({}, True), (None, True), ({"matchLabels": {"team": "b"}}, True), ({"matchLabels": {"team": "a"}}, False), ({"matchLabels": {"none": ""}}, False),
    *(({"matchExpressions": [{"key": k, "operator": o, "values": v}]}, has) for k, o, v, has in (
        ("team", "In", ["a", "b"], True), ("team", "In", ["a"], False), ("none", "In", [""], False), ("team", "NotIn", ["b"], False), ("none", "NotIn", ["b"], True),
        ("team", "Exists", None, True), ("none", "Exists", [], False), ("team", "DoesNotExist", None, False), ("none", "DoesNotExist", None, True))),
]  # fmt: skip


@pytest.mark.parametrize("selector, has", SELECTORS, ids=range(len(SELECTORS)))
def test_whom_a_selector_leaves_out(cluster, selector, has):
    def change(entries):
        entries["namespaces.validate.sparkgate.io"]["namespaceSelector"] = selector

    cluster.again(ns=changed(namespace("a"), metadata__labels={"sparkgate.io/mode": "enforce", "team": "b"}), configurations=shipped(change))
    assert ("left out" in " ".join(told(cluster, code=0 if has else 1)["namespaces"][0]["problems"])) != has


def test_who_has_not_opted_in_is_not_left_out(cluster):
    cluster.again(ns=namespace("a", None), configurations=shipped(excluded("a")))
    assert told(cluster)["namespaces"][0]["problems"] == []


def test_what_somebody_chose_is_a_note(cluster):
    """webhooks.failOpen of the chart."""
    cluster.again(configurations=shipped(lambda e: e["servers.validate.sparkgate.io"].update(failurePolicy="Ignore")))
    (note,) = told(cluster)["sparkgate"]["notes"]
    assert note.endswith("failurePolicy of servers.validate.sparkgate.io is Ignore, shipped is Fail"), note


def test_what_is_selected_is_compared_with_the_policy_of_the_replicas(cluster):
    """With another one what they say themselves is all that is known."""
    cluster.again(configurations=shipped(a_word_less))
    assert told(cluster)["sparkgate"]["problems"] == []
    policy = json.loads(run("-o", "json", command="version").stdout)["policy"]
    cluster.tricks["pods/sparkgate-1:9090"] = replica(policy)
    problems = told(cluster, code=1)["sparkgate"]["problems"]
    assert any("label 'spark-role=connect-server' of role connect-server is not in the matchConditions of servers.validate" in p for p in problems), problems


# ---- what the replicas know ----


TROUBLES = [  # lines of /readyz?verbose, what is told of them
    ("[+]match-conditions ok (not in step with the policy: something is not called for, see the log)\n", "match-conditions: not in step with the policy: something is not called for, see the log"),
    ("[+]policy ok (0123; what was written since is not in force, see the log)\n", "policy: 0123; what was written since is not in force, see the log"),
    ("[+]facts ok (3 namespaces, stale: the API server was last heard 70 s ago)\n", "facts: 3 namespaces, stale: the API server was last heard 70 s ago"),
    ("[+]certificate ok, but now: expired 2026-01-31T00:00:00Z\n", "certificate: expired 2026-01-31T00:00:00Z"),
    ("[+]match-conditions ok (the webhook configurations were not read yet, see the log)", "match-conditions: the webhook configurations were not read yet, see the log"),
]  # fmt: skip


@pytest.mark.parametrize("line, words", TROUBLES, ids=range(len(TROUBLES)))
def test_a_replica_in_trouble(cluster, line, words):
    """It goes on with what it had, so it is ready. What all say is told once."""
    cluster.again(gate("sparkgate-2"))
    for name in ("sparkgate-1", "sparkgate-2"):
        cluster.tricks[f"pods/{name}:9090"] = replica(readyz=READY + line)
    assert told(cluster, code=1)["sparkgate"]["problems"] == [f"replica sparkgate-1 says of its {words}"]


def test_a_replica_that_is_not_ready_says_why(cluster):
    """A 503, through the API server's proxy: its body is the replica's."""
    cluster.tricks["pods/sparkgate-1:9090"] = replica(readyz="[-]handshake failed: no TLS handshake, see the log\nreadyz check failed\n", code=503)
    assert told(cluster, code=1)["sparkgate"]["problems"] == ["replica sparkgate-1 says of its handshake: no TLS handshake, see the log"]


@pytest.mark.parametrize("text", ["", "[-]", "[-]x", "[+] ok (stale", "[+]" + "x" * 20000, "[-]a failed: \x1b[2J\u202e\n" * 300, "not found; there are /metrics\n"])
def test_readiness_of_any_shape(cluster, text):
    cluster.tricks["pods/sparkgate-1:9090"] = replica(readyz=text, code=404)
    done = run("--kubeconfig", cluster.kubeconfig, "a", command="status")
    assert done.returncode in (0, 1) and not set(done.stdout) & set("\x1b\u202e") and len(done.stdout) < 10000


def test_a_line_of_readiness_is_short_and_of_something(cluster):
    cluster.tricks["pods/sparkgate-1:9090"] = replica(readyz="[-]\n[-] failed: x\n[+] ok (not in step)\n[-]x failed: " + "é" * 7000)
    (problem,) = told(cluster, code=1)["sparkgate"]["problems"]
    assert problem.startswith("replica sparkgate-1 says of its x: éé") and len(problem) < 200


def deployment(replicas, name="gate"):
    return {"kind": "Deployment", "metadata": {"name": name, "namespace": "sparkgate"}, "spec": {"replicas": replicas}}


@pytest.mark.parametrize("replicas, problem", [(1, []), (3, ["1 of 3 replicas are there: `kubectl -n sparkgate get events` says why"])])
def test_fewer_replicas_than_wanted(cluster, replicas, problem):
    cluster.again(deployment(replicas))
    assert told(cluster, code=len(problem))["sparkgate"]["problems"] == problem


def test_how_many_are_wanted_is_not_known(cluster):
    cluster.tricks["deployments"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    assert told(cluster)["sparkgate"]["notes"] == ["how many replicas there should be is not known: no permission (needs list deployments in namespace sparkgate)"]


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
            handler.rfile.read(1) if False else __import__("time").sleep(0.1)

    cluster.tricks["pods/connect-7d4-abc:4040"] = driver(applications=stall)
    try:
        assert one(cluster)["real"]["unknown"] == "no answer in time"
    finally:
        stop.append(1)


def test_usage(cluster):
    for args in (["a", "b"], ["a", "-A"], ["-n", "a", "b"], ["--sparkgate-namespace", "../x"], ["a/b"]):
        assert run("--kubeconfig", cluster.kubeconfig, *args, command="status").returncode == 2, args
