"""sparkgate is away: entries with Fail refuse, entries with Ignore let pass, and nothing else is touched."""

import contextlib
import signal

import pytest
from bed.objects import changed, in_namespace, load, load_one, servers
from bed.process import wait_until
from conftest import webhook_configurations

POD, _ = servers()["argv"]
EXECUTOR = load_one("executor.yaml")
CONFIGMAP = servers()["start-script"][1][0]
NS = "enforce-k8s"
DEBUG = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1.36"}]}}


@pytest.fixture(scope="module", autouse=True)
def down(cluster, sparkgate):
    """Pods, and a namespace to end, from the time when sparkgate was there; then it stops."""
    for name in ("held", "plain-labels", "to-delete"):
        cluster.create(changed(POD, metadata__name=name, metadata__finalizers=["example.com/hold"] if name == "held" else []), NS).allowed()
    assert sparkgate.stop() == 0
    # The API server's idle connections ended with it: the first call on one of them fails otherwise.
    wait_until(lambda: "connection refused" in cluster.create(POD, NS, dry_run=True).message, "calls are refused", 20)
    yield
    sparkgate.start()
    for name in ("held", "plain-labels", "to-delete"):
        cluster.delete("Pod", NS, name)


@contextlib.contextmanager
def back_for_a_moment(sparkgate):
    sparkgate.start()
    try:
        yield
    finally:
        sparkgate.stop()


def namespace_patch(**metadata):
    return lambda api: api.patch("Namespace", None, NS, {"metadata": metadata}, dry_run=True)


REFUSED = {
    "a server": ("servers", lambda api: api.create(POD, NS)),
    "a server, dry run": ("servers", lambda api: api.create(POD, NS, dry_run=True)),
    "a daemon": ("servers", lambda api: api.create(load("daemons.yaml")[0], NS, dry_run=True)),
    "a label of a server": ("servers", lambda api: api.patch("Pod", NS, "plain-labels", {"metadata": {"labels": {"a": "b"}}})),
    "debugging a server": (
        "servers",
        lambda api: api.patch("Pod", NS, "plain-labels", DEBUG, "strategic", subresource="ephemeralcontainers"),
    ),
    "opting in": (
        "namespaces",
        lambda api: api.patch("Namespace", None, "plain", {"metadata": {"labels": {"sparkgate.io/mode": "audit"}}}, dry_run=True),
    ),
    "opting out": ("namespaces", namespace_patch(labels={"sparkgate.io/mode": None})),
    "opting out by status": (
        "namespaces",
        lambda api: api.patch(
            "Namespace", None, NS, {"metadata": {"labels": {"sparkgate.io/mode": None}}}, subresource="status", dry_run=True
        ),
    ),
    "another backend": ("namespaces", namespace_patch(annotations={"sparkgate.io/backendMode": "standalone"})),
    "a new namespace that opts in": (
        "namespaces",
        lambda api: api.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {"sparkgate.io/mode": "warn"}}}, dry_run=True
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(api, what):
    entry, act = REFUSED[what]
    answer = act(api)
    assert answer.status == 500 and answer.body["reason"] == "InternalError"
    assert answer.message.startswith(
        f'Internal error occurred: failed calling webhook "{entry}.validate.sparkgate.io": failed to call webhook: '
    )
    assert "connection refused" in answer.message


TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d"},
    "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE},
}

PASSED = {
    "a plain pod": lambda api: api.create(load("others.yaml")[0], NS, dry_run=True),
    "an executor": lambda api: api.create(EXECUTOR, NS, dry_run=True),
    "a ConfigMap": lambda api: api.create(CONFIGMAP, NS, dry_run=True),
    "a Deployment of servers": lambda api: api.create(DEPLOYMENT, NS, dry_run=True),
    "a server elsewhere": lambda api: api.create(POD, "plain", dry_run=True),
    "the status of a server": lambda api: api.patch("Pod", NS, "plain-labels", {"status": {"message": "m"}}, subresource="status"),
    "a finalizer of a server": lambda api: api.patch("Pod", NS, "plain-labels", {"metadata": {"finalizers": ["example.com/x"]}}),
    "no finalizer of a server": lambda api: api.patch("Pod", NS, "plain-labels", {"metadata": {"finalizers": None}}),
    "deleting a server": lambda api: api.delete("Pod", NS, "to-delete"),
    "another label of the namespace": namespace_patch(labels={"team": "a"}),
    "another annotation of the namespace": namespace_patch(annotations={"note": "a"}),
    "a plain namespace": lambda api: api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}, dry_run=True),
    "a service": lambda api: api.create(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 1}]}}, NS, dry_run=True
    ),
}


@pytest.mark.parametrize("what", PASSED)
def test_passed(api, what):
    PASSED[what](api).allowed()


def test_what_was_let_through_is_in_the_audit_log(api):
    answer = api.create(CONFIGMAP, NS, dry_run=True)
    stored = answer.allowed()
    assert stored["data"] == CONFIGMAP["data"]
    notes = api.audit_annotations(answer)
    open_entries = {v for k, v in notes.items() if k.startswith("failed-open.")}
    assert open_entries == {"configmaps.mutate.sparkgate.io", "configmaps.validate.sparkgate.io"}


def test_a_terminating_pod_can_go(api):
    assert api.delete("Pod", NS, "held").allowed()["metadata"]["deletionTimestamp"]
    api.patch("Pod", NS, "held", {"metadata": {"labels": {"last": "words"}}}).allowed()
    api.patch("Pod", NS, "held", {"metadata": {"finalizers": None}}).allowed()
    assert api.gone("Pod", NS, "held")


def test_a_namespace_that_opted_in_can_end(api, sparkgate):
    """Its deletion, its finalization and the deletion of the servers in it need nobody."""
    name = "ending"
    meta = {
        "name": name,
        "labels": {"sparkgate.io/mode": "enforce"},
        "annotations": {"sparkgate.io/backendMode": "k8s", "sparkgate.io/pssMode": "warn"},
    }
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    with back_for_a_moment(sparkgate):
        sparkgate.know(obj)
        api.create(obj).allowed()
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark"}}, name).allowed()
        wait_until(lambda: api.create(changed(POD, metadata__name="last"), name).ok, "a server in the namespace", 20)
        api.create(CONFIGMAP, name).allowed()
    api.delete("Namespace", None, name).allowed()
    wait_until(lambda: api.get("Namespace", None, name).status == 404, "the namespace gone", 30)
    sparkgate.forget(obj)


def test_a_controller_waits_and_comes_through(api, sparkgate):
    obj = changed(
        DEPLOYMENT, metadata__name="waits", spec__selector__matchLabels={"app": "waits"}, spec__template__metadata__labels={"app": "waits"}
    )
    api.create(obj, NS).allowed()

    def failed():
        events = api.request("GET", f"api/v1/namespaces/{NS}/events", fieldSelector="reason=FailedCreate").allowed()["items"]
        return any("failed calling webhook" in e["message"] and e["involvedObject"]["name"].startswith("waits") for e in events)

    wait_until(failed, "an event that names the webhook", 20)
    with back_for_a_moment(sparkgate):
        pods = wait_until(lambda: api.list("Pod", NS, labelSelector="app=waits"), "the controller's next try", 40, 0.3)
    assert "sparkgate.io/decision" in pods[0]["metadata"]["annotations"]


def test_a_webhook_that_hangs_is_given_up_after_its_timeout(api, sparkgate):
    with back_for_a_moment(sparkgate):
        sparkgate.process.signal(signal.SIGSTOP)
        try:
            answer = api.create(POD, NS, dry_run=True)
        finally:
            sparkgate.process.signal(signal.SIGCONT)
    assert answer.status == 500
    assert 'failed calling webhook "servers.validate.sparkgate.io"' in answer.message and "deadline exceeded" in answer.message


def test_the_way_out_of_a_dead_guard(api, sparkgate):
    """Deleting the ValidatingWebhookConfiguration needs nobody's leave; nothing is refused from then on."""
    validating = next(o for o in webhook_configurations(sparkgate) if o["kind"].startswith("Validating"))
    api.delete("ValidatingWebhookConfiguration", None, validating["metadata"]["name"]).allowed()
    try:
        wait_until(lambda: api.create(POD, NS, dry_run=True).ok, "servers created without a guard", 20)
        wait_until(lambda: namespace_patch(labels={"sparkgate.io/mode": None})(api).ok, "opting out without a guard", 20)
    finally:
        api.request("POST", api.path("ValidatingWebhookConfiguration"), validating).allowed()
        wait_until(lambda: not api.create(POD, NS, dry_run=True).ok, "the guard back", 20)


def test_the_rest_of_a_list_is_created(api):
    """kubectl applies what it can: only the server is missing afterwards."""
    items = [in_namespace(o, NS) for o in (CONFIGMAP, EXECUTOR, POD)]
    run = api.kubectl("create", "--dry-run=server", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": items}, check=False)
    assert "configmap/" in run.stdout and "pod/reporting-exec-1" in run.stdout and "pod/connect-argv-0" not in run.stdout
    assert run.stderr.startswith("Error from server (InternalError)")
