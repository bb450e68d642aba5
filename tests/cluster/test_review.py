"""`sparkgate review` says offline what the API server stores, answers and logs."""

import pytest
from bed.objects import changed, in_namespace, servers, substance

SERVERS = servers()
NAMESPACES = [
    "enforce-k8s",
    "enforce-standalone",
    "harden-force",
    "harden-off",
    "pss-warn",
    "warn-standalone",
    "audit-k8s",
    "openshift",
    "no-backend",
]
BAD = changed(SERVERS["argv"][0], metadata__name="bad", spec__hostPID=True)


@pytest.fixture(scope="module", autouse=True)
def configmaps_known(cluster, sparkgate):
    maps = [in_namespace(m, n) for _, ms in SERVERS.values() for m in ms for n in NAMESPACES]
    sparkgate.know(*maps)
    yield
    sparkgate.forget(*maps)


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("name", SERVERS)
def test_what_is_stored_is_what_review_printed(api, sparkgate, name, namespace):
    """The printed pod, created where nobody looks, is after the API server's defaulting the pod that is stored here."""
    pod = in_namespace(SERVERS[name][0], namespace)
    answer = api.create(pod, dry_run=True)
    (line,) = sparkgate.review(pod)
    assert line["allowed"] == answer.ok, (line["message"], answer.message)
    if not answer.ok:
        return
    (printed,) = sparkgate.review(pod, output="yaml")
    offline = api.create(printed, "plain", dry_run=True).allowed()
    assert substance(offline) == substance(answer.allowed())


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("name", [n for n in SERVERS if SERVERS[n][1]])
def test_configmaps_too(api, sparkgate, name, namespace):
    for configmap in SERVERS[name][1]:
        obj = in_namespace(configmap, namespace)
        stored = api.create(obj, dry_run=True).allowed()
        (printed,) = sparkgate.review(obj, output="yaml")
        assert substance(printed) == substance(stored)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_same_words(api, sparkgate, namespace):
    """Refusal and warnings of review are those that the client gets."""
    pod = in_namespace(BAD, namespace)
    answer = api.create(pod, dry_run=True)
    (line,) = sparkgate.review(pod)
    assert line["allowed"] == answer.ok
    if not answer.ok:
        assert line["message"] in (answer.message, answer.refused())
    assert sorted(line["warnings"]) == sorted(answer.warnings)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_same_audit_annotations(api, sparkgate, namespace):
    pod = in_namespace(SERVERS["argv"][0], namespace)
    answer = api.create(pod, dry_run=True)
    (line,) = sparkgate.review(pod)
    logged = {k: v for k, v in api.audit_annotations(answer).items() if k.split("/")[0].endswith(".sparkgate.io")}
    assert logged and line["auditAnnotations"] == logged


def test_what_the_api_server_fills_in_is_filled_in_offline_too(api, sparkgate):
    """With hostNetwork a containerPort becomes a hostPort, a volume without a source an emptyDir."""
    pod = in_namespace(changed(BAD, spec__hostNetwork=True, spec__volumes=[{"name": "v"}]), "enforce-k8s")
    (line,) = sparkgate.review(pod)
    assert line["message"] in (answer := api.create(pod, dry_run=True)).message, answer.message
