"""`sparkgate status`: of sparkgate itself: its replicas, and the webhook configurations that call them."""

import copy
import json

import pytest
from audit import changed, namespace, run
from listing import status
from status_cluster import cluster, gate, pod, replica, told, NOW, READY, SHIPPED  # noqa: F401 (cluster is a fixture)


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


@pytest.mark.parametrize("name, entries", [("sparkgate", 2), ("gate", None)])
def test_configurations_by_name_alone(cluster, name, entries):
    """Of who may get but not list them; what has another name may be there all the same."""
    cluster.again(configurations=elsewhere(name, "sparkgate"))
    cluster.tricks["mutatingwebhookconfigurations"] = lambda h, _q, _n: h.reply(403, status(403, "forbidden"))
    found = told(cluster)["sparkgate"]
    mutating = found["webhooks"][0]
    assert mutating.get("entries") == entries and ("list, or get of sparkgate," in mutating.get("unknown", "")) == (not entries), mutating
    assert found["problems"] == []


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
