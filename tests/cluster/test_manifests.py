"""The chart, install.yaml and the overlays, as a real API server takes them. What is in them: tests/manifests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bed.process import wait_until

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT / "tests" / "manifests"))

from chart import CHART, VARIANTS, rendered  # noqa: E402

NS = "chart-test"
# Kinds of others, whose definitions are not in this cluster.
FOREIGN = {"Issuer", "Certificate", "ServiceMonitor", "PrometheusRule"}
CONFIGURATIONS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


def documents(text):
    """The objects of kinds that are here. The cluster has configurations of our name already, with a url instead of a
    service, which a dry run would be merged with."""
    objects = [o for o in yaml.safe_load_all(text) if o and o["kind"] not in FOREIGN]
    for o in objects:
        if o["kind"].endswith("WebhookConfiguration"):
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
    for name in ("sparkgate", "gate-2", "gatekeeper"):
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


@pytest.mark.parametrize("file", ["install.yaml", "rbac.yaml", "kustomize/overlays/cert-manager/sparkgate.yaml"])
def test_every_generated_object(api, namespace, file):
    dry_run(api, documents((ROOT / "manifests" / file).read_text()))


@pytest.mark.parametrize("name", ["base", "overlays/audit-first", "overlays/openshift", "overlays/cert-manager"])
def test_kubectl_builds_the_overlays(api, namespace, name):
    """kubectl's own kustomize is older than the one of tests/manifests."""
    built = api.kubectl("kustomize", ROOT / "manifests" / "kustomize" / name, check=True).stdout
    dry_run(api, documents(built))


# ---- uninstall ----


def helm(api, scratch, *args, values=None):
    env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "KUBECONFIG": str(api.plane.dir / "admin.conf")}
    argv = [os.environ["HELM"], "--namespace", NS, *map(str, args)]
    run = subprocess.run(argv, input=json.dumps(values), capture_output=True, text=True, env=env, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def deleted(api, name):
    """What was deleted of that name, in this order: (resource, without which a call fails)."""
    events = [json.loads(line) for line in api.plane.audit_log.read_text().splitlines()]
    mine = [e for e in events if e["verb"] == "delete" and e.get("objectRef", {}).get("name") == name]
    done = [e for e in mine if e["stage"] == "ResponseComplete" and e["responseStatus"]["code"] < 300]
    return [e["objectRef"]["resource"] for e in sorted(done, key=lambda e: e["stageTimestamp"])]


def test_uninstalled_the_configurations_go_first(api, namespace, scratch):
    """failOpen: for the tests around this one, this sparkgate never serves."""
    values = {"fullnameOverride": "goes-first", "webhooks": {"failOpen": True}, "replicas": 0}
    helm(api, scratch, "install", "first", CHART, "-f", "-", values=values)
    assert api.kubectl("get", "validatingwebhookconfiguration", "goes-first").returncode == 0
    helm(api, scratch, "uninstall", "first")
    wait_until(lambda: "clusterroles" in deleted(api, "goes-first"), "the audit log", 10)
    order = deleted(api, "goes-first")
    assert set(order[:2]) <= set(CONFIGURATIONS) and order.index("services") > max(order.index(c) for c in CONFIGURATIONS)
    for resource in CONFIGURATIONS:
        assert api.kubectl("get", resource, "goes-first").returncode == 1, "nothing is left of it"
