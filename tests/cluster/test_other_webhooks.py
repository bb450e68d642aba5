"""Beside other people's webhooks: before us, after us, against us, and OpenShift's security context constraints."""

import pytest
from bed.objects import changed, load, servers, settings, substance
from bed.process import wait_until
from bed.stub import lets_through

POD, _ = servers()["argv"]
WEB = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}
SERVER = {"name": "server", "image": "spark:4.1.1", "command": ["/opt/spark/sbin/start-connect-server.sh"]}
ENFORCE = {"sparkgate.io/mode": "enforce"}
MASTER = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://m:7077"}


@pytest.fixture
def other_webhook(api, stub):
    """A function that installs a webhook: mutating webhooks are called in the order of their configurations' names."""
    installed = []

    def install(name, namespace, function, kind="Mutating", reinvocation="Never"):
        def handler(obj, request):
            return None if obj["metadata"].get("name") == "is-it-there" else function(obj)

        stub.handlers[name] = handler
        webhook = stub.webhook(name, namespace, ["CREATE"], ["pods"])
        if kind == "Mutating":
            webhook["reinvocationPolicy"] = reinvocation
        obj = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [webhook],
        }
        api.create(obj).allowed()
        installed.append(name)
        wait_until(
            lambda: api.create(changed(WEB, metadata__name="is-it-there"), namespace, dry_run=True) and name in stub.calls,
            f"{name} called",
            20,
        )
        stub.calls.clear()

    yield install
    for name in installed:
        stub.handlers[name] = lets_through


@pytest.fixture
def standalone(namespace):
    return namespace(labels=ENFORCE, annotations=MASTER)


def append_container(container):
    def function(obj):
        if any(c["name"] == container["name"] for c in obj["spec"]["containers"]):
            return None
        return [{"op": "add", "path": "/spec/containers/-", "value": container}]

    return function


def test_a_later_side_car_is_hardened_by_reinvocation(api, calls, other_webhook, standalone):
    other_webhook("zz-sidecar", standalone, append_container({"name": "side", "image": "side:1"}))
    with calls() as counted:
        answer = api.create(POD, standalone, dry_run=True)
    assert (counted["pods.mutate.sparkgate.io"], counted["servers.validate.sparkgate.io"]) == (2, 1)
    side = answer.allowed()["spec"]["containers"][1]
    assert side["securityContext"]["allowPrivilegeEscalation"] is False
    notes = api.audit_annotations(answer)
    assert (notes["pods.mutate.sparkgate.io/backend"], notes["servers.validate.sparkgate.io/backend"]) == ("standalone", "standalone")
    # the API server keeps a key's first value: what the second round adds has a key of its own
    assert "spark.master" in notes["pods.mutate.sparkgate.io/changes"]
    assert "/spec/containers/1/securityContext" in notes["pods.mutate.sparkgate.io/changes.again"]


def test_a_later_webhook_that_is_silent_costs_no_second_call(api, calls, other_webhook, standalone):
    other_webhook("zz-silent", standalone, lambda obj: None)
    with calls() as counted:
        api.create(POD, standalone, dry_run=True).allowed()
    assert counted["pods.mutate.sparkgate.io"] == 1


def test_a_later_webhook_that_writes_the_master_back_does_not_win(api, other_webhook, standalone):
    def write_back(obj):
        args = obj["spec"]["containers"][0]["args"]
        return [{"op": "replace", "path": "/spec/containers/0/args", "value": [*args, "--master", "local[*]"]}]

    other_webhook("zz-writer", standalone, write_back)
    assert settings(api.create(POD, standalone, dry_run=True).allowed())["spark.master"] == "spark://m:7077"


def test_an_earlier_webhook_that_makes_a_server_of_a_pod(api, calls, other_webhook, standalone):
    other_webhook("aa-injector", standalone, append_container(SERVER))
    with calls() as counted:
        stored = api.create(WEB, standalone, dry_run=True).allowed()
    assert counted["pods.mutate.sparkgate.io"] >= 1
    assert settings(stored)["spark.master"] == "spark://m:7077"


def test_a_later_webhook_that_makes_a_server_of_a_pod_is_refused_with_the_reason(api, calls, other_webhook, standalone):
    """During reinvocation a webhook is never called for the first time: the pod cannot have been rewritten."""
    other_webhook("zz-injector", standalone, append_container(SERVER))
    with calls() as counted:
        answer = api.create(WEB, standalone, dry_run=True)
    assert "pods.mutate.sparkgate.io" not in counted and counted["servers.validate.sparkgate.io"] == 1
    text = answer.refused("servers.validate.sparkgate.io")
    assert "it was not rewritten: is pods.mutate.sparkgate.io reachable?" in text


# A stand-in for restricted-v2: what the SCC plugin assigns where nothing is set, and its later demand that a second run
# of it would change nothing.

UID, LEVEL = 1000650000, "s0:c26,c5"


def scc_assign(obj):
    ops = []
    context = obj["spec"].get("securityContext")
    if context is None:
        ops.append({"op": "add", "path": "/spec/securityContext", "value": {}})
        context = {}
    for key, value in (("fsGroup", UID), ("seLinuxOptions", {"level": LEVEL}), ("seccompProfile", {"type": "RuntimeDefault"})):
        if key not in context:
            ops.append({"op": "add", "path": f"/spec/securityContext/{key}", "value": value})
    for kind in ("initContainers", "containers"):
        for i, c in enumerate(obj["spec"].get(kind, [])):
            ops += scc_container(c.get("securityContext"), f"/spec/{kind}/{i}/securityContext")
    return ops or None


def scc_container(context, path):
    ops = [] if context is not None else [{"op": "add", "path": path, "value": {}}]
    for key, value in (
        ("runAsUser", UID),
        ("allowPrivilegeEscalation", False),
        ("runAsNonRoot", True),
        ("capabilities", {"drop": ["ALL"]}),
    ):
        if key not in (context or {}):
            ops.append({"op": "add", "path": f"{path}/{key}", "value": value})
    return ops


def scc_validate(obj):
    users = {c.get("securityContext", {}).get("runAsUser") for c in obj["spec"]["containers"]}
    if users != {UID}:
        return f"runAsUser: Invalid value: {users}: must be in the ranges: [{UID}, {UID + 9999}]"
    if scc_assign(obj):
        return f"the pod changed after it was assigned: {scc_assign(obj)}"
    return None


DANCERS = {**{n: p for n, (p, _) in servers().items() if n != "operator-bash"}, **{p["metadata"]["name"]: p for p in load("daemons.yaml")}}


@pytest.mark.parametrize("name", DANCERS)
def test_the_dance_with_security_context_constraints(api, other_webhook, namespace, name):
    """assign -> us -> assign -> us -> must be unchanged: no Spark pod is refused by it."""
    where = namespace(labels=ENFORCE, annotations={**MASTER, "openshift.io/sa.scc.uid-range": f"{UID}/10000"})
    other_webhook("aa-scc", where, scc_assign, reinvocation="IfNeeded")
    other_webhook("aa-scc-check", where, scc_validate, kind="Validating")
    stored = api.create(DANCERS[name], where, dry_run=True).allowed()
    assert {c["securityContext"]["runAsUser"] for c in stored["spec"]["containers"]} == {UID}
    again = api.create({"apiVersion": "v1", "kind": "Pod", **substance(stored)}, where, dry_run=True)
    assert substance(again.allowed()) == substance(stored)


def test_on_openshift_no_user_or_group_is_ever_set(api):
    stored = api.create(POD, "openshift", dry_run=True).allowed()
    contexts = [stored["spec"].get("securityContext", {}), *(c.get("securityContext", {}) for c in stored["spec"]["containers"])]
    for context in contexts:
        assert not context.keys() & {"runAsUser", "runAsGroup", "fsGroup", "seLinuxOptions", "supplementalGroups"}
