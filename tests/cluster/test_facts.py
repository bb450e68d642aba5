"""What a decision needs to know beside the object: its namespace, and the files that the server will read."""

import concurrent.futures
import copy
import json

import pytest
from bed.objects import changed, in_namespace, load, load_one, servers, settings, substance
from conftest import make_usable
from test_backends import undone

NS = "enforce-standalone"
MASTER = "spark://spark-master.enforce-standalone.svc:7077"
POD, _ = servers()["argv"]
SCRIPT, (SCRIPT_CONF,) = servers()["start-script"]
VALIDATE = "servers.validate.sparkgate.io"


@pytest.fixture
def stranger(api):
    """A namespace that opted in and that sparkgate has never heard of."""
    meta = {"name": "stranger", "labels": {"sparkgate.io/mode": "enforce"}, "annotations": {"sparkgate.io/backendMode": "k8s"}}
    if api.get("Namespace", None, "stranger").status == 404:
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        api.create(obj).allowed()
        make_usable(api, obj)
        api.created.clear()  # stays for the other tests of this file
    return "stranger"


def test_a_server_of_an_unknown_namespace_waits(api, stranger):
    text = api.create(POD, stranger, dry_run=True).refused(VALIDATE)
    assert "scope.namespace" in text and "stranger" in text


def test_everything_else_of_an_unknown_namespace_passes_untouched(api, stranger):
    for obj in (load_one("executor.yaml"), SCRIPT_CONF):
        stored = api.create(obj, stranger, dry_run=True).allowed()
        assert substance(stored) == substance(api.create(obj, "plain", dry_run=True).allowed())


# A pod that says nothing on its command line: its files decide, and what it runs is the image's.

SILENT = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "silent", "labels": {"app": "spark-connect"}},
    "spec": {
        "containers": [
            {
                "name": "spark",
                "image": "registry.example.com/data/connect:4.1.1",
                "volumeMounts": [{"name": "conf", "mountPath": "/opt/spark/conf"}],
            }
        ],
        "volumes": [{"name": "conf", "configMap": {"name": "silent-conf"}}],
    },
}


def silent_conf(master):
    text = f"spark.master {master}\nspark.connect.grpc.binding.port 15002\n"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "silent-conf", "namespace": NS},
        "data": {"spark-defaults.conf": text},
    }


@pytest.fixture
def known(sparkgate):
    """A function that makes ConfigMaps known for this test."""
    made = []

    def know(*objects):
        sparkgate.know(*objects)
        made.extend(objects)

    yield know
    sparkgate.forget(*made)


def test_a_silent_pod_with_the_right_file_passes(api, known):
    known(silent_conf(MASTER))
    stored = api.create(SILENT, NS, dry_run=True).allowed()
    assert "args" not in stored["spec"]["containers"][0] and "command" not in stored["spec"]["containers"][0]


def test_a_silent_pod_with_the_wrong_file_is_refused_by_name_and_line(api, known):
    known(silent_conf("local[*]"))
    text = api.create(SILENT, NS, dry_run=True).refused(VALIDATE)
    assert "silent-conf" in text and "spark.master" in text


def test_a_silent_pod_whose_file_nobody_has_seen_is_refused(api):
    text = api.create(SILENT, NS, dry_run=True).refused(VALIDATE)
    assert "cannot tell" in text and "silent-conf" in text


def test_no_value_of_a_looked_up_file_is_told(api, known):
    """Who may create pods may not be who may read ConfigMaps: key and line are named, never the value."""
    known(silent_conf("spark://only-for-readers:7077"))
    answer = api.create(SILENT, NS, dry_run=True)
    said = answer.refused(VALIDATE) + json.dumps(answer.warnings) + json.dumps(answer.body)
    assert "only-for-readers" not in said
    notes = {k: v for k, v in api.audit_annotations(answer).items() if "sparkgate.io/" in k}
    assert notes and "only-for-readers" not in json.dumps(notes)


def test_raw_and_rewritten_files_give_the_same_pod(api, known):
    known(in_namespace(SCRIPT_CONF, NS))
    raw = substance(api.create(SCRIPT, NS, dry_run=True).allowed())
    rewritten = api.create(SCRIPT_CONF, NS, dry_run=True).allowed()
    assert rewritten["data"] != SCRIPT_CONF["data"]
    known(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": SCRIPT_CONF["metadata"]["name"], "namespace": NS},
            "data": rewritten["data"],
        }
    )
    assert substance(api.create(SCRIPT, NS, dry_run=True).allowed()) == raw


def test_what_a_file_has_is_not_said_again(api, known):
    """`default` rules leave alone what the user's file sets; without the file they warn that they could not look."""
    text = SCRIPT_CONF["data"]["spark-defaults.conf"] + "spark.driver.port 17078\nspark.blockManager.port 17079\n"
    known(in_namespace(changed(SCRIPT_CONF, data={"spark-defaults.conf": text}), NS))
    stored = api.create(SCRIPT, NS, dry_run=True).allowed()
    assert "spark.driver.port" not in settings(stored)


def test_a_file_that_could_not_be_read_is_named(api):
    answer = api.create(SCRIPT, NS, dry_run=True)
    assert settings(answer.allowed())["spark.master"] == MASTER
    assert any(SCRIPT_CONF["metadata"]["name"] in w for w in answer.warnings), answer.warnings


def test_a_configmap_label_makes_it_ours(api):
    text = "spark.executor.memory 1g\n"
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "labelled", "labels": {"sparkgate.io/role": "connect-config"}},
        "data": {"spark-defaults.conf": text},
    }
    stored = api.create(obj, NS, dry_run=True).allowed()
    assert MASTER in stored["data"]["spark-defaults.conf"] and undone(stored["data"]["spark-defaults.conf"]) == text


# Mirror pods: what the kubelet shows of its static pods cannot be changed, only judged.


def mirror(pod):
    obj = changed(copy.deepcopy(pod), metadata__annotations={"kubernetes.io/config.mirror": "0a1b", "kubernetes.io/config.source": "file"})
    for key in ("serviceAccountName", "serviceAccount"):
        obj["spec"].pop(key, None)
    return changed(obj, spec__nodeName="node1")


def test_a_mirror_pod_is_validated_never_mutated(api):
    assert "backend." in api.create(mirror(POD), NS, dry_run=True).refused(VALIDATE)
    good = api.create(POD, NS, dry_run=True).allowed()
    done = {"apiVersion": "v1", "kind": "Pod", **substance(good)}
    del done["metadata"]["annotations"]
    stored = api.create(mirror(done), NS, dry_run=True).allowed()
    assert "sparkgate.io/decision" not in stored["metadata"]["annotations"]


# Requests that are nobody's business.


def test_subresources_of_a_running_server_are_not_called_for(api, calls):
    name = "served"
    api.create(changed(POD, metadata__name=name), "enforce-k8s").allowed()
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": name},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "nowhere"},
    }
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "enforce-k8s"}}
    resize = {"spec": {"containers": [{"name": "connect", "resources": {"requests": {"cpu": "600m"}}}]}}
    with calls() as counted:
        path = api.path("Pod", "enforce-k8s", name)
        answers = [
            api.request("POST", f"{path}/binding", binding, dryRun="All"),
            api.request("POST", f"{path}/eviction", eviction, dryRun="All"),
            api.patch("Pod", "enforce-k8s", name, resize, "strategic", subresource="resize"),
            api.request("DELETE", path, dryRun="All"),
        ]
        api.request("DELETE", api.path("Pod", "enforce-k8s"), labelSelector="none=such")
    assert counted == {}
    assert not [a for a in answers if a.status in (404, 405)]  # each is there to be asked


def test_the_others_of_an_unknown_namespace_are_not_called_for(api, calls, stranger):
    with calls() as counted:
        for obj in load("others.yaml"):
            api.create(obj, stranger, dry_run=True).allowed()
    assert counted == {}


def test_facts_change_under_load(api, sparkgate):
    """Namespaces come and go in the facts file while pods are created: every answer is one of the two right ones."""
    backends = {
        "k8s": {"sparkgate.io/backendMode": "k8s"},
        "standalone": {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://m:7077"},
    }
    meta = {"name": "enforce-k8s", "labels": {"sparkgate.io/mode": "enforce"}}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pending = [pool.submit(api.create, POD, "enforce-k8s", dry_run=True) for _ in range(120)]
        for i in range(6):
            notes = backends["standalone" if i % 2 == 0 else "k8s"]
            sparkgate.know({"apiVersion": "v1", "kind": "Namespace", "metadata": {**meta, "annotations": notes}})
        answers = [p.result() for p in pending]
    masters = {settings(a.body)["spark.master"].split(":")[0] for a in answers if a.ok}
    assert masters <= {"k8s", "spark"}
    # Between /mutate and /validate the facts may have changed: then the refusal says which master is expected.
    assert all("backend.master" in a.refused(VALIDATE) for a in answers if not a.ok)
