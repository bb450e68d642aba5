"""The webhook configurations in force beside the policy: what they do not call us for is told, and a policy that is wider
than they are is refused by name."""

import base64
import copy
import subprocess
from pathlib import Path

import pytest
import yaml
from apiserver import ApiServer, Collection, namespace
from server import PROGRAM, until

ROOT = Path(__file__).resolve().parents[2]
NAME, POLICIES = "sparkgate", "sparkgate-policies"
ME = {"POD_NAMESPACE": "sparkgate", "POD_NAME": "sparkgate-1"}
KINDS = {"mutating": "MutatingWebhookConfiguration", "validating": "ValidatingWebhookConfiguration"}
SHIPPED = {o["kind"]: o for o in yaml.safe_load_all((ROOT / "manifests" / "webhook-configurations.yaml").read_text())}
SELECTORS = "apiVersion: policy.sparkgate.io/v1\nkind: Selectors\n"


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    group = "/apis/admissionregistration.k8s.io/v1"
    api.live = {k: Collection(api, f"{group}/{k}webhookconfigurations", kind) for k, kind in KINDS.items()}
    api.maps = Collection(api, "/api/v1/namespaces/sparkgate/configmaps", "ConfigMap")
    api.events = Collection(api, "/apis/events.k8s.io/v1/namespaces/sparkgate/events", "Event")
    subprocess.run([PROGRAM, "certs", "init", str(tmp_path / "own")], check=True, capture_output=True)
    ca = base64.b64encode((tmp_path / "own" / "ca.crt").read_bytes()).decode()
    for k, kind in KINDS.items():
        for webhook in SHIPPED[kind]["webhooks"]:
            webhook["clientConfig"]["caBundle"] = ca
        api.live[k].put(NAME, SHIPPED[kind])
    yield api
    api.close()


@pytest.fixture
def serve(start, api):
    def begin(*flags, shipped=True):
        server = start("--kubeconfig", str(api.kubeconfig()), "--webhook-configurations", NAME, "--policies-configmap", POLICIES, *flags, env=ME, certs=api.dir / "own")
        until(lambda: "[+]policies-configmap" in listing(server), 20, "all that is watched is listed")
        if shipped:
            until(lambda: "[+]match-conditions ok (in step" in listing(server), 20, "what is listed is compared")
        return server

    return begin


def in_step(server, kind):
    return server.metric("sparkgate_match_conditions_in_step", configuration=kind)


def listing(server):
    return server.get("/readyz?verbose").text


def gaps(server):
    return [line["gap"] for line in server.log if "gap" in line]


def out_of_step(api):
    return [e["note"] for e in api.events.created if e["reason"] == "MatchConditionsOutOfStep"]


def edited(kind, edit):
    obj = copy.deepcopy(SHIPPED[KINDS[kind]])
    for webhook in obj["webhooks"]:
        edit(webhook)
    return obj


def replaced(old, new):
    """In every expression."""

    def edit(webhook):
        for condition in webhook["matchConditions"]:
            condition["expression"] = condition["expression"].replace(old, new)

    return edit


def test_as_shipped_all_is_in_step(serve, api):
    server = serve()
    until(lambda: server.get("/readyz").status == 200, 5, "ready")
    assert "[+]match-conditions ok (in step with the policy)" in listing(server)
    assert in_step(server, "mutating") == in_step(server, "validating") == 1
    assert not gaps(server) and not out_of_step(api)


def test_a_literal_that_is_gone_is_told_once(serve, api):
    server = serve()
    api.live["mutating"].put(NAME, edited("mutating", replaced("'start-conn'", "'start-xxxx'")))
    until(lambda: in_step(server, "mutating") == 0, 10, "noticed")
    assert in_step(server, "validating") == 1
    text = "word 'start-connect-server.sh' of role connect-server is not in the matchConditions of pods.mutate.sparkgate.io"
    until(lambda: gaps(server) == [text], 5, "told")
    assert "[+]match-conditions ok (not in step" in listing(server), "no unreadiness"
    until(lambda: out_of_step(api) == [text], 5, "an Event")
    api.live["mutating"].put(NAME, {**edited("mutating", replaced("'start-conn'", "'start-xxxx'")), "other": 1})
    api.live["mutating"].put(NAME, SHIPPED[KINDS["mutating"]])
    until(lambda: in_step(server, "mutating") == 1, 10, "in step again")
    until(lambda: any("is in step" in line["msg"] for line in server.log[-3:]), 5, "told")
    assert gaps(server) == [text]


def test_missing_and_changed_entries(serve, api):
    server = serve()
    api.live["mutating"].put(NAME, edited("mutating", lambda webhook: webhook.update(failurePolicy="Fail")))
    until(lambda: gaps(server), 10, "told")
    assert in_step(server, "mutating") == 1, "an operator's choice: all is called for"
    obj = edited("validating", lambda webhook: webhook.update(failurePolicy="Ignore"))
    obj["webhooks"] = [w for w in obj["webhooks"] if not w["name"].startswith("workloads")]
    api.live["validating"].put(NAME, obj)
    until(lambda: in_step(server, "validating") == 0, 10, "noticed")
    told = {"entry workloads.validate.sparkgate.io is missing", "failurePolicy of servers.validate.sparkgate.io is Ignore, shipped is Fail"}
    until(lambda: told <= set(gaps(server)), 5, "told")
    api.live["validating"].put(NAME, None)
    until(lambda: "there is no validating webhook configuration" in gaps(server), 10, "noticed")


HOSTILE = {
    "no list": lambda webhook: webhook.update(matchConditions="x"),
    "numbers": lambda webhook: webhook.update(matchConditions=[1, {"name": 2, "expression": 3}]),
    "endless brackets": lambda webhook: webhook.update(matchConditions=[{"name": webhook["matchConditions"][0]["name"], "expression": "(" * 60000}]),
    "too long": lambda webhook: webhook.update(matchConditions=[{"name": webhook["matchConditions"][0]["name"], "expression": "a||" * 200000}]),
    "control": lambda webhook: webhook.update(matchConditions=[{"name": "\x1b]0;x\n", "expression": "true"}]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_configurations_harm_nothing(serve, api, name):
    server = serve()
    until(lambda: server.get("/readyz").status == 200, 5, "ready")
    api.live["mutating"].put(NAME, edited("mutating", HOSTILE[name]))
    if name in ("no list", "numbers"):
        api.live["validating"].put(NAME, None)
        until(lambda: in_step(server, "validating") == 0, 5, "what came behind it")
    else:
        until(lambda: in_step(server, "mutating") == 0, 5, "noticed")
    assert server.get("/readyz").status == 200
    assert all(0x20 <= ord(c) for line in server.log for c in line.get("gap", ""))


def put_policy(api, text):
    api.maps.put(POLICIES, {"data": {"selectors.yaml": SELECTORS + text}})


def reloads(server, result):
    return server.metric("sparkgate_reloads_total", what="policy", result=result)


def refusals(server):
    return [line["error"] for line in server.log if line.get("what") == "policy" and "error" in line]


WIDER = "roles:\n- {role: connect-server, words: [SparkConnectServer, our-launcher.sh]}\n"


def with_our_launcher(kind):
    return edited(kind, replaced("a.contains('.sh connec')", "a.contains('our-launch') || a.contains('.sh connec')"))


def test_a_wider_policy_needs_wider_conditions(serve, api):
    server = serve()
    put_policy(api, WIDER)
    until(lambda: reloads(server, "failed") == 1, 5, "a refusal")
    text = "selector word 'our-launcher.sh' of role connect-server is not in the matchConditions of pods.mutate.sparkgate.io: upgrade the chart's values first"
    until(lambda: refusals(server) == [text], 5, "told")
    api.live["mutating"].put(NAME, with_our_launcher("mutating"))
    until(lambda: reloads(server, "failed") == 2, 5, "looked at again")
    until(lambda: "servers.validate.sparkgate.io" in refusals(server)[-1], 5, "told")
    api.live["validating"].put(NAME, with_our_launcher("validating"))
    until(lambda: reloads(server, "ok") == 1, 10, "in force as soon as it is called for")
    assert in_step(server, "mutating") == in_step(server, "validating") == 1
    api.live["mutating"].put(NAME, SHIPPED[KINDS["mutating"]])
    until(lambda: in_step(server, "mutating") == 0, 10, "a step back is told")
    assert reloads(server, "failed") == 2, "and takes no policy away"


def test_wider_from_the_start(serve, api):
    """The chart's values in both: no refusal on the way to the first readiness."""
    put_policy(api, WIDER)
    for kind in KINDS:
        api.live[kind].put(NAME, with_our_launcher(kind))
    server = serve()
    until(lambda: reloads(server, "ok") == 1, 10, "in force")
    assert not refusals(server) and not gaps(server)


def test_without_the_configurations_the_shipped_selectors_are_the_measure(serve, api):
    api.live["mutating"].put(NAME, None)
    server = serve(shipped=False)
    put_policy(api, WIDER)
    until(lambda: reloads(server, "failed") == 1, 5, "a refusal")
    (text,) = until(lambda: refusals(server), 5, "told")
    assert "holds none of the shipped ones" in text


def test_a_narrower_policy_is_in_step(serve, api):
    server = serve()
    put_policy(api, "roles:\n- {role: connect-server, words: [org.x.SparkConnectServer], labels: [{app: spark-connect, team: a}]}\n")
    until(lambda: reloads(server, "ok") == 1, 5, "in force")
    assert in_step(server, "mutating") == in_step(server, "validating") == 1


def test_not_allowed_to_read_them(serve, api):
    """Readiness and policies wait a while, not for ever."""
    for collection in api.live.values():
        collection.refuse = (403, "webhook configurations are forbidden")
    server = serve(shipped=False)
    until(lambda: "[+]policies-configmap" in listing(server), 10, "the rest goes on")
    assert "were not read yet" in listing(server)
    assert "sparkgate_match_conditions_in_step{" not in server.plain_get("/metrics").text
