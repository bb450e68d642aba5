"""Every kind of Connect server ends on the backend of its namespace, once and for good."""

import json

import pytest
from bed.objects import DECISION, in_namespace, properties, server_container, servers, settings, substance

SERVERS = servers()
MASTER = {"k8s": "k8s://", "standalone": "spark://spark-master.enforce-standalone.svc:7077"}


@pytest.fixture(scope="module", autouse=True)
def configmaps_known(cluster, sparkgate):
    maps = [in_namespace(m, f"enforce-{b}") for _, ms in SERVERS.values() for m in ms for b in MASTER]
    sparkgate.know(*maps)
    yield
    sparkgate.forget(*maps)


@pytest.mark.parametrize("backend", MASTER)
@pytest.mark.parametrize("name", SERVERS)
def test_lands_on_the_namespaces_backend(api, calls, name, backend):
    pod, _ = SERVERS[name]
    with calls() as counted:
        answer = api.create(pod, f"enforce-{backend}", dry_run=True)
    stored = answer.allowed()
    assert counted == {"pods.mutate.sparkgate.io": 1, "servers.validate.sparkgate.io": 1}
    got = settings(stored)
    assert got["spark.master"].startswith(MASTER[backend])
    if backend == "k8s":
        assert got["spark.kubernetes.namespace"] == "enforce-k8s"
        assert got["spark.shuffle.service.enabled"] == "false"
    decision = json.loads(stored["metadata"]["annotations"][DECISION])
    assert (decision["v"], decision["backend"], decision["role"]) == (1, backend, "connect-server")
    assert "cannot tell" not in " ".join(answer.warnings)


@pytest.mark.parametrize("backend", MASTER)
@pytest.mark.parametrize("name", SERVERS)
def test_only_what_must_change_changes(api, name, backend):
    """Everything but the server's words, the security fields and our annotation is what the user wrote."""
    pod, _ = SERVERS[name]
    plain = substance(api.create(pod, "plain", dry_run=True).allowed())
    stored = substance(api.create(pod, f"enforce-{backend}", dry_run=True).allowed())
    assert stored["metadata"].pop("annotations").keys() - plain["metadata"].pop("annotations", {}).keys() == {DECISION}
    ours, theirs = (without_what_may_change(p) for p in (stored, plain))
    assert ours.keys() - theirs.keys() <= {"POD_IP", "POD_NAME"}
    assert all(ours[n] == theirs[n] for n in theirs)
    assert stored == plain


def without_what_may_change(pod):
    """Takes the security fields and the server's command line out; the server's environment, by name."""
    server = server_container(pod)
    for key in ("command", "args"):
        server.pop(key, None)
    pod["spec"].pop("securityContext", None)
    for c in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
        c.pop("securityContext", None)
    return {e["name"]: e for e in server.pop("env", [])}


@pytest.mark.parametrize("backend", MASTER)
@pytest.mark.parametrize("name", SERVERS)
def test_a_second_admission_has_nothing_to_say(api, name, backend):
    first = api.create(SERVERS[name][0], f"enforce-{backend}", dry_run=True).allowed()
    again = api.create({"apiVersion": "v1", "kind": "Pod", **substance(first)}, f"enforce-{backend}", dry_run=True)
    assert substance(again.allowed()) == substance(first)
    notes = api.audit_annotations(again)
    rounds = {k: json.loads(v) for k, v in notes.items() if k.startswith("mutation.webhook")}
    assert rounds and not any(r["mutated"] for r in rounds.values()), notes
    assert not any(k.startswith("patch.webhook") for k in notes)


@pytest.mark.parametrize("name", SERVERS)
def test_there_and_back(api, name):
    """What one backend adds, the other does not trip over."""
    pod, _ = SERVERS[name]

    def via(obj, backend):
        return substance(api.create({"apiVersion": "v1", "kind": "Pod", **obj}, f"enforce-{backend}", dry_run=True).allowed())

    k8s = via(pod, "k8s")
    standalone = via(k8s, "standalone")
    assert settings(standalone)["spark.master"] == MASTER["standalone"]
    assert settings(via(standalone, "k8s"))["spark.master"].startswith("k8s://")


@pytest.mark.parametrize("backend", MASTER)
@pytest.mark.parametrize("name", [n for n in SERVERS if SERVERS[n][1]])
def test_the_configmap_says_what_runs(api, name, backend):
    for configmap in SERVERS[name][1]:
        stored = api.create(configmap, f"enforce-{backend}", dry_run=True).allowed()
        for key, text in configmap["data"].items():
            if key != "spark-defaults.conf":
                assert stored["data"][key] == text
            elif "spark.connect." in text or configmap["metadata"].get("labels"):
                assert properties(stored["data"][key])["spark.master"].startswith(MASTER[backend])
                assert undone(stored["data"][key]) == text


def undone(text):
    """What docs/contract.md promises a reader: without our block and our markers it is the user's text, to the byte."""
    lines, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("#sparkgate:begin "):
            inside = True
        elif line.startswith("#sparkgate:end"):
            inside = False
        elif not inside:
            lines.append(line.removeprefix("#sparkgate:off "))
    return "".join(lines)


def test_the_master_of_an_object_counts_only_where_the_namespace_allows_it(api):
    pod, _ = SERVERS["argv"]
    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://mine.override.svc:7077"}
    own = {**pod, "metadata": {**pod["metadata"], "annotations": notes}}
    assert settings(api.create(own, "override", dry_run=True).allowed())["spark.master"] == "spark://mine.override.svc:7077"
    assert settings(api.create(own, "enforce-k8s", dry_run=True).allowed())["spark.master"].startswith("k8s://")


def test_a_master_out_of_bounds_is_refused(api):
    pod, _ = SERVERS["argv"]
    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://evil.example.com:7077"}
    own = {**pod, "metadata": {**pod["metadata"], "annotations": notes}}
    assert "evil.example.com" in api.create(own, "override", dry_run=True).refused()
