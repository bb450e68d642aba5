"""What other people's charts make, through real controllers: what is stored is what `sparkgate review` said."""

import os
import subprocess

import pytest
import yaml
from bed.objects import load, servers, settings
from bed.process import wait_until
from conftest import pods_of

def workload_of(documents):
    return next(d for d in documents if d["kind"] not in ("ConfigMap", "Service", "ServiceAccount"))


WORKLOADS = {name: load(f"servers/{name}.yaml") for name in servers()}
CONTROLLED = [name for name, documents in WORKLOADS.items() if workload_of(documents)["kind"] != "Pod"]
BACKENDS = {
    "k8s": {"backendMode": "k8s"},
    "standalone": {"backendMode": "standalone", "standaloneMaster": "spark://spark-master:7077"},
}
FIELDS = ("command", "args", "env", "envFrom", "securityContext")


@pytest.fixture(scope="module")
def namespaces(_installed):
    made = {backend: _installed.namespace(**notes) for backend, notes in BACKENDS.items()}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark"}}
    for name in made.values():
        _installed.api.create(account, name).allowed()
    return made


def reviewed(cluster, obj, namespace):
    """The template as `sparkgate review -o yaml` says that its pods will be admitted; facts from the cluster."""
    argv = [os.environ["SPARKGATE"], "review", "-f", "-", "-o", "yaml", f"--kubeconfig={cluster.node.kubeconfig}"]
    text = yaml.safe_dump({**obj, "metadata": {**obj["metadata"], "namespace": namespace}})
    run = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60)
    assert run.returncode in (0, 1), run.stderr
    return next(yaml.safe_load_all(run.stdout)) if run.returncode == 0 else None


def essence(spec):
    """The fields that sparkgate may write, without what the API server fills in."""
    found = [{f: c[f] for f in FIELDS if c.get(f)} for c in spec["containers"]]
    for variable in [v for c in found for v in c.get("env", [])]:
        variable.get("valueFrom", {}).get("fieldRef", {}).pop("apiVersion", None)
        if variable.get("value") == "":
            del variable["value"]  # an empty text is not stored
    return found, spec.get("securityContext") or {}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CONTROLLED)
def test_pods_of_real_controllers_are_what_review_said(installed, namespaces, name, backend):
    namespace, documents = namespaces[backend], WORKLOADS[name]
    workload = workload_of(documents)
    for obj in [d for d in documents if d["kind"] == "ConfigMap"] + [workload]:
        installed.api.create(obj, namespace).allowed()
    try:
        said = reviewed(installed, workload, namespace)
        if said is None:
            assert not pods_of(installed, namespace, workload)
            return
        pod = wait_until(lambda: pods_of(installed, namespace, workload), f"a pod of {name}", 30)[0]
        assert essence(pod["spec"]) == essence(said["spec"]["template"]["spec"])
    finally:
        installed.api.delete(workload["kind"], namespace, workload["metadata"]["name"])
        for obj in documents:
            installed.api.delete(obj["kind"], namespace, obj["metadata"]["name"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_order_in_which_a_chart_is_applied_does_not_matter(installed, namespaces, backend):
    """ConfigMap first or last: the same master on the command line, and the ConfigMap says the same in the end."""
    namespace, documents = namespaces[backend], WORKLOADS["start-script"]
    found = []
    for order in (documents, documents[::-1]):
        for obj in order:
            installed.api.create(obj, namespace).allowed()
        pod = wait_until(lambda: pods_of(installed, namespace, workload_of(documents)), "a pod", 30)[0]
        config = installed.api.get("ConfigMap", namespace, "connect-script-conf").allowed()["data"]["spark-defaults.conf"]
        found.append((settings(pod)["spark.master"], config))
        for obj in documents:
            installed.api.delete(obj["kind"], namespace, obj["metadata"]["name"])
        wait_until(lambda: not pods_of(installed, namespace, workload_of(documents)), "no pod left", 60)
    assert found[0] == found[1]
    assert found[0][0] == ("spark://spark-master:7077" if backend == "standalone" else "k8s://https://kubernetes.default.svc")
