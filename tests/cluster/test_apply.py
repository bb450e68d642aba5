"""What people apply again and again stays what it is: kubectl, server-side apply, Helm."""

import json
import os
import subprocess
import time

import pytest
import yaml
from bed.objects import FIXTURES, changed, in_namespace, properties, servers, settings
from bed.process import patiently, wait_until
from test_backends import undone

POD, _ = servers()["argv"]
CONFIGMAP = servers()["start-script"][1][0]
NAME = CONFIGMAP["metadata"]["name"]
NS = "enforce-k8s"


def version_of(api, kind="ConfigMap", name=NAME):
    return api.get(kind, NS, name).allowed()["metadata"]["resourceVersion"]


def test_server_side_apply_twice_is_no_change(api):
    obj = in_namespace(CONFIGMAP, NS)
    first = api.apply(obj).allowed()
    assert properties(first["data"]["spark-defaults.conf"])["spark.master"].startswith("k8s://")
    second = api.apply(obj).allowed()
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_server_side_apply_of_a_new_text_needs_no_force(api):
    obj = in_namespace(CONFIGMAP, NS)
    api.apply(obj).allowed()
    text = obj["data"]["spark-defaults.conf"] + "spark.sql.ansi.enabled true\n"
    answer = api.apply(changed(obj, data={"spark-defaults.conf": text}))
    assert undone(answer.allowed()["data"]["spark-defaults.conf"]) == text


def test_two_managers_of_a_configmap_do_not_fight(api):
    """Another manager owns a label; our rewriting belongs to whoever writes the text. managedFields are sorted by the time of the
    last change, in seconds, and a text that is rewritten back counts as one: once, the API server puts its manager last."""
    obj = in_namespace(CONFIGMAP, NS)
    api.apply(obj, manager="gitops").allowed()
    label = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NS, "labels": {"team": "a"}}}
    api.apply(label, manager="labeller").allowed()
    time.sleep(1.1)
    api.apply(obj, manager="gitops").allowed()
    last = version_of(api)
    for _ in range(2):
        time.sleep(1.1)
        api.apply(obj, manager="gitops").allowed()
        api.apply(label, manager="labeller").allowed()
        assert version_of(api) == last


def test_a_server_pod_applied_server_side_is_rewritten(api):
    stored = api.apply(in_namespace(changed(POD, metadata__name="ssa"), NS)).allowed()
    assert settings(stored)["spark.master"].startswith("k8s://")


def test_kubectl_apply_again_is_no_change_and_diff_is_empty(api):
    obj = in_namespace(CONFIGMAP, NS)
    api.kubectl("apply", "-f", "-", stdin=obj, check=True)
    api.created.append(("ConfigMap", NS, NAME))
    first = version_of(api)
    run = api.kubectl("apply", "-f", "-", stdin=obj, check=True)
    assert "Warning" not in run.stderr
    assert version_of(api) == first
    assert undone(api.get("ConfigMap", NS, NAME).body["data"]["spark-defaults.conf"]) == CONFIGMAP["data"]["spark-defaults.conf"]


def test_the_way_of_applying_changes_once_by_force(api):
    """docs/gitops.md: the text differs from the stored one, which belongs to whoever applied it before."""
    obj = in_namespace(CONFIGMAP, NS)
    api.kubectl("apply", "-f", "-", stdin=obj, check=True)
    api.created.append(("ConfigMap", NS, NAME))
    refused = api.kubectl("apply", "--server-side", "-f", "-", stdin=obj)
    assert refused.returncode and ".data.spark-defaults.conf" in refused.stderr and "conflict" in refused.stderr, refused.stderr
    api.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=obj, check=True)
    api.kubectl("apply", "--server-side", "-f", "-", stdin=obj, check=True)
    assert undone(api.get("ConfigMap", NS, NAME).body["data"]["spark-defaults.conf"]) == CONFIGMAP["data"]["spark-defaults.conf"]


def test_kubectl_diff_of_a_deployment_is_empty(api):
    documents = yaml.safe_load_all((FIXTURES / "servers" / "start-script.yaml").read_text())
    deployment = in_namespace(next(d for d in documents if d["kind"] == "Deployment"), NS)
    api.kubectl("apply", "-f", "-", stdin=deployment, check=True)
    api.created.append(("Deployment", NS, deployment["metadata"]["name"]))
    assert "kind" not in api.kubectl("diff", "-f", "-", stdin=deployment, check=True).stdout


class Helm:
    def __init__(self, api, scratch):
        self.env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "KUBECONFIG": str(api.plane.dir / "admin.conf")}

    def __call__(self, *args):
        argv = [os.environ["HELM"], "--namespace", NS, *args]
        run = subprocess.run(argv, capture_output=True, text=True, env=self.env, timeout=patiently(120))
        assert run.returncode == 0, f"helm {' '.join(args)}\n{run.stdout}{run.stderr}"
        return run.stdout


@pytest.fixture
def helm(api, scratch):
    helm = Helm(api, scratch)
    yield helm
    if "lake" in helm("list", "--short", "--all"):
        helm("uninstall", "lake", "--wait", "--timeout", "30s")


def test_helm_three_way_merge_without_drift(api, helm):
    """Install, upgrade to the same, upgrade to a new value, roll back: the user's text is always the chart's, and an
    upgrade that changes nothing changes nothing, though the live ConfigMap is not the chart's."""
    chart = str(FIXTURES / "chart")

    def manifest_text():
        documents = yaml.safe_load_all(helm("get", "manifest", "lake"))
        return next(d["data"]["spark-defaults.conf"] for d in documents if d and d["kind"] == "ConfigMap")

    def live_text():
        return api.get("ConfigMap", NS, "lake-conf").allowed()["data"]["spark-defaults.conf"]

    def state():
        deployment = api.get("Deployment", NS, "lake").allowed()
        sets = api.list("ReplicaSet", NS, labelSelector="app.kubernetes.io/instance=lake")
        return version_of(api, name="lake-conf"), deployment["metadata"]["generation"], sorted(s["metadata"]["name"] for s in sets)

    helm("install", "lake", chart)
    pods = wait_until(lambda: api.list("Pod", NS, labelSelector="app.kubernetes.io/instance=lake"), "the chart's pod", 20)
    assert settings(pods[0])["spark.master"].startswith("k8s://")
    assert properties(live_text())["spark.master"].startswith("k8s://")
    assert undone(live_text()) == manifest_text()
    installed = state()

    helm("upgrade", "lake", chart)
    assert state() == installed

    helm("upgrade", "lake", chart, "--set", "memory=6g")
    assert properties(live_text())["spark.executor.memory"] == "6g"
    assert undone(live_text()) == manifest_text()

    helm("rollback", "lake", "1")
    assert undone(live_text()) == manifest_text()
    assert properties(live_text())["spark.executor.memory"] == "2g"

    helm("uninstall", "lake", "--wait", "--timeout", "30s")
    assert api.gone("ConfigMap", NS, "lake-conf")


def test_a_bare_pod_is_not_for_applying_again(api):
    """No webhook can help here: args of a pod are immutable, so applying the original over the admitted pod is refused
    by the API server. Documented, and proven to be the API server's own word."""
    pod = in_namespace(changed(POD, metadata__name="bare"), NS)
    api.kubectl("apply", "-f", "-", stdin=pod, check=True)
    api.created.append(("Pod", NS, "bare"))
    run = api.kubectl("apply", "-f", "-", stdin=pod, check=False)
    assert "pod updates may not change fields other than" in run.stderr


def test_helms_own_record_knows_nothing_of_us(api, helm):
    helm("install", "lake", str(FIXTURES / "chart"))
    assert "sparkgate" not in json.dumps(list(yaml.safe_load_all(helm("get", "manifest", "lake"))))
