"""Without Helm: install.yaml, and an overlay of kustomize, on a cluster where nothing of ours is.

Runs last (its name says nothing; conftest puts it there): the chart's installation is taken away first.
"""

import os
import subprocess

import pytest
import yaml
from bed.cluster import OURS, ROOT, probe
from bed.objects import settings
from bed.process import patiently, wait_until

INSTALL = ROOT / "manifests" / "install.yaml"
OVERLAYS = ROOT / "manifests" / "kustomize" / "overlays"


@pytest.fixture(scope="module")
def bare(_installed):
    """Helm's installation is gone, and its namespace."""
    _installed.uninstall()
    _installed.kubectl("delete", "namespace", OURS, f"--timeout={patiently(90)}s")
    return _installed


def local(text):
    """The image is on the node, in no registry."""
    objects = [o for o in yaml.safe_load_all(text) if o]
    for o in objects:
        if o["kind"] == "Deployment":
            o["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Never"
    return yaml.safe_dump_all(objects)


def test_install_yaml_twice_and_away(bare):
    text = local(INSTALL.read_text())
    bare.kubectl("apply", "-f", "-", stdin=text)
    bare.wait_serving(3, 90)
    before = bare.bundles()
    assert all(before)
    # Again, as an upgrade does: caBundle is not in the file, and stays.
    said = bare.kubectl("apply", "-f", "-", stdin=text)
    assert "created" not in said
    assert bare.bundles() == before
    namespace = bare.namespace(backendMode="k8s")
    assert settings(bare.api.create(probe(namespace), dry_run=True).allowed())["spark.master"].startswith("k8s://")
    bare.kubectl("delete", "-f", "-", f"--timeout={patiently(120)}s", stdin=text)
    assert bare.api.create(probe(namespace), dry_run=True).ok
    bare.kubectl("delete", "namespace", namespace, f"--timeout={patiently(60)}s")


def test_audit_first_refuses_nothing_while_it_is_away(bare):
    built = subprocess.run([os.environ["KUSTOMIZE"], "build", OVERLAYS / "audit-first"], capture_output=True, text=True, check=True).stdout
    text = local(built)
    bare.kubectl("apply", "-f", "-", stdin=text)
    bare.wait_serving(1, 90)
    namespace = bare.namespace(mode="audit", backendMode="k8s")
    bare.kubectl("-n", OURS, "scale", "deployment/sparkgate", "--replicas=0")
    wait_until(lambda: not bare.endpoints(), "no endpoint", 30, 0.2)
    assert settings(bare.api.create(probe(namespace), dry_run=True).allowed())["spark.master"] == "local[*]"
    bare.annotate(namespace, backendMode="standalone")
    bare.kubectl("delete", "-f", "-", f"--timeout={patiently(120)}s", stdin=text)
