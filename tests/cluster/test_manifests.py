"""The chart, install.yaml and the overlays, as a real API server takes them. What is in them: tests/manifests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bed import audit_log
from bed.api import Counted
from bed.process import patiently, wait_until
from conftest import webhook_configurations

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT / "tests" / "manifests"))

from chart import CHART, VARIANTS, rendered  # noqa: E402

NS = "chart-test"
# Kinds of others, whose definitions are not in this cluster.
FOREIGN = {"Issuer", "Certificate", "ServiceMonitor", "PrometheusRule"}
CONFIGURATIONS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


def documents(text):
    """The objects of kinds that are here. The cluster has configurations of our name already, with a url instead of a
    service, and the rights that other tests have applied: a dry run would be merged with them."""
    objects = [o for o in yaml.safe_load_all(text) if o and o["kind"] not in FOREIGN]
    for o in objects:
        if o["kind"].endswith(("WebhookConfiguration", "Role", "RoleBinding")):
            o["metadata"]["name"] += "-dry"
    return objects


def dry_run(api, objects, warnings=0):
    """Every object, by server-side apply: strict about fields, and nothing is stored."""
    hooks = [o for o in objects if o["metadata"].get("annotations", {}).get("helm.sh/hook") == "pre-delete"]
    for some in ([o for o in objects if o not in hooks], hooks):
        if some:
            said = api.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-",
                               stdin=yaml.safe_dump_all(some), check=True)  # fmt: skip
            assert len(said.stdout.splitlines()) == len(some)
            assert said.stderr.count("Warning") == (warnings if some is not hooks else 0), said.stderr


@pytest.fixture(scope="module")
def namespace(cluster):
    """With the accounts of all variants: a Pod is refused, also in a dry run, where its account is missing."""
    for name in (NS, "sparkgate"):
        labels = {"pod-security.kubernetes.io/enforce": "restricted"} if name == NS else {}
        cluster.request("POST", "api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for name in ("sparkgate-test", "gate-2-test"):
        cluster.kubectl("-n", NS, "create", "serviceaccount", name, check=True)
    yield NS
    cluster.kubectl("delete", "namespace", NS, "--wait=false", check=True)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_object_of_every_variant(api, namespace, name):
    objects = documents(rendered(VARIANTS[name], namespace=namespace))
    assert len(objects) >= 10
    dry_run(api, objects, warnings=1 if name == "host-network" else 0)  # "would violate PodSecurity": it must


def test_a_bad_object_is_refused(api, namespace):
    objects = documents(rendered({}, namespace=namespace).replace("maxSurge: 1", "maxSurge: some"))
    with pytest.raises(AssertionError, match="maxSurge"):
        dry_run(api, objects)


@pytest.mark.parametrize("file", ["install.yaml", "rbac.yaml", "rbac-audit.yaml", "kustomize/overlays/cert-manager/sparkgate.yaml"])
def test_every_generated_object(api, namespace, file):
    dry_run(api, documents((ROOT / "manifests" / file).read_text()))


@pytest.mark.parametrize("name", ["base", "overlays/audit-first", "overlays/openshift", "overlays/cert-manager", "overlays/scheduled-audit"])
def test_kubectl_builds_the_overlays(api, namespace, name):
    """kubectl's own kustomize is older than the one of tests/manifests."""
    built = api.kubectl("kustomize", ROOT / "manifests" / "kustomize" / name, check=True).stdout
    dry_run(api, documents(built))


# ---- selectors ----


@pytest.fixture(scope="module")
def selecting(cluster, namespace, sparkgate):
    """Configurations with selectors of ones own, that call the sparkgate that is there."""
    values = {**VARIANTS["selectors"], "webhooks": {"failOpen": True}, "fullnameOverride": "selecting"}
    made = [o for o in documents(rendered(values, namespace=namespace)) if o["kind"].endswith("WebhookConfiguration")]
    made = [o for o in made if o["webhooks"]]
    theirs = {o["kind"]: o for o in webhook_configurations(sparkgate)}
    for o in made:
        for webhook in o["webhooks"]:
            webhook["clientConfig"] = theirs[o["kind"]]["webhooks"][0]["clientConfig"]
        cluster.kubectl("create", "-f", "-", stdin=o, check=True)
    wait_until(lambda: asked(cluster, pod(tier="connect", app="spark-x")) == POD_ENTRIES, "the configurations in force", 20)
    yield
    for o in made:
        cluster.kubectl("delete", o["kind"], o["metadata"]["name"], check=True)


def pod(*words, **labels):
    spec = {"containers": [{"name": "c", "image": "example.com/x:1", "command": ["/bin/run", *words]}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "p-", "labels": labels}, "spec": spec}


def asked(api, obj):
    """The entries that were called for it."""
    with Counted(api) as calls:
        api.create(obj, "enforce-k8s", dry_run=True)
    return {entry.removesuffix(".sparkgate.io") for entry in calls}


POD_ENTRIES = {"pods.mutate", "servers.validate"}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (pod(), set()),
        (pod(tier="connect", app="spark-x"), POD_ENTRIES),
        (pod(tier="connect", app="other"), set()),
        (pod(**{"corp.example/connect": "any"}), POD_ENTRIES),
        (pod(tier="worker"), POD_ENTRIES),
        (pod("/opt/corp-connect-launcher.sh"), POD_ENTRIES),
        (pod("/opt/corp-launcher.sh"), set()),
    ],
)
def test_selectors_are_called_for(api, selecting, obj, expected):
    assert asked(api, obj) == expected


def test_selectors_of_config_maps_and_templates(api, selecting):
    def config_map(**labels):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "labels": labels}, "data": {"a": "b"}}

    assert asked(api, config_map()) == asked(api, config_map(**{"corp.example/config": "other"})) == set()
    assert asked(api, config_map(**{"corp.example/config": "connect"})) == {"configmaps.mutate", "configmaps.validate"}
    assert asked(api, config_map(**{"corp.example/any": "x"})) == {"configmaps.mutate", "configmaps.validate"}
    template = {"metadata": {"labels": {"tier": "worker"}}, "spec": pod()["spec"]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
                  "spec": {"selector": {"matchLabels": {"tier": "worker"}}, "template": template}}  # fmt: skip
    assert asked(api, deployment) == {"workloads.validate"}
    template["metadata"]["labels"] = deployment["spec"]["selector"]["matchLabels"] = {"tier": "x"}
    assert asked(api, deployment) == set()


# ---- uninstall ----


def helm(api, scratch, *args, values=None):
    env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "KUBECONFIG": str(api.plane.dir / "admin.conf")}
    argv = [os.environ["HELM"], "--namespace", NS, *map(str, args)]
    run = subprocess.run(argv, input=json.dumps(values), capture_output=True, text=True, env=env, timeout=patiently(120))
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def deleted(api, name):
    """What was deleted of that name, in this order: (resource, without which a call fails)."""
    events = audit_log.events(api.plane.audit_log, word=name)
    mine = [e for e in events if e["verb"] == "delete" and e.get("objectRef", {}).get("name") == name]
    done = [e for e in mine if e["stage"] == "ResponseComplete" and e["responseStatus"]["code"] < 300]
    return [e["objectRef"]["resource"] for e in sorted(done, key=lambda e: e["stageTimestamp"])]


def test_uninstalled_the_configurations_go_first(api, namespace, scratch):
    """failOpen: for the tests around this one, this sparkgate never serves."""
    values = {"fullnameOverride": "goes-first", "webhooks": {"failOpen": True}, "replicas": 1}
    helm(api, scratch, "install", "first", CHART, "-f", "-", values=values)
    assert api.kubectl("get", "validatingwebhookconfiguration", "goes-first").returncode == 0
    helm(api, scratch, "uninstall", "first")
    wait_until(lambda: "clusterroles" in deleted(api, "goes-first"), "the audit log", 10)
    order = deleted(api, "goes-first")
    assert set(order[:2]) <= set(CONFIGURATIONS) and order.index("services") > max(order.index(c) for c in CONFIGURATIONS)
    for resource in CONFIGURATIONS:
        assert api.kubectl("get", resource, "goes-first").returncode == 1, "nothing is left of it"
