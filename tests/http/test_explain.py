"""`sparkgate explain` of what is in a cluster: one GET for the object, one for its Namespace, one a ConfigMap."""

import json
import os
import subprocess

import pytest
from apiserver import ApiServer, namespace, status
from server import PROGRAM


class Stored:
    """One object at its path."""

    def __init__(self, obj, code=200):
        self.obj, self.code, self.asked = obj, code, 0

    def answer(self, handler, _query):
        self.asked += 1
        handler.reply(self.code, self.obj)

    def end_watches(self):
        pass


TEMPLATE = {"metadata": {"labels": {"app": "spark-connect"}}, "spec": {
    "containers": [{"name": "spark", "image": "apache/spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh"],
                    "volumeMounts": [{"name": "conf", "mountPath": "/opt/spark/conf"}]}],
    "volumes": [{"name": "conf", "configMap": {"name": "conf"}}]}}  # fmt: skip
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect", "namespace": "reports"}, "spec": {"template": TEMPLATE}}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "reports"}, "data": {"spark-defaults.conf": "spark.master=local\n"}}


@pytest.fixture
def api(tmp_path):
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("reports", backendMode="k8s"))
    api.config_maps["reports", "conf"] = CONFIG
    api.collections["/apis/apps/v1/namespaces/reports/deployments/connect"] = Stored(DEPLOYMENT)
    yield api
    api.close()


def explain(*args, env=None):
    done = subprocess.run([PROGRAM, "explain", *map(str, args)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "KUBECONFIG": "", "HOME": "/nonexistent", **(env or {})})
    return done.returncode, done.stdout, done.stderr


def test_a_live_object(api):
    code, out, err = explain("deploy/connect", "-n", "reports", "-o", "json", "--kubeconfig", api.kubeconfig())
    assert code == 0, err
    found = json.loads(out)
    assert found["object"] == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "reports", "name": "connect", "file": None, "line": None}
    assert found["now"]["verdict"]["word"] == "changed"
    [master] = [s for s in found["now"]["settings"] if s["key"] == "spark.master"]
    assert master["places"][0]["configMap"] == "conf" and master["after"]["value"] == "k8s://https://kubernetes.default.svc"


def test_kubeconfig_as_kubectl_finds_it(api, tmp_path):
    home = tmp_path / "home"
    (home / ".kube").mkdir(parents=True)
    text = json.loads(api.kubeconfig(ca=api.dir / "api/ca.crt").read_text())
    (home / ".kube/config").write_text(json.dumps(text))
    for env in ({"KUBECONFIG": str(api.dir / "kubeconfig")}, {"HOME": str(home)}):
        code, out, err = explain("deploy/connect", "-nreports", env=env)
        assert code == 0 and out.startswith("Deployment reports/connect: its pods are changed (enforce)"), err


def test_what_is_not_there_or_not_to_be_read(api):
    flags = ("-n", "reports", "--kubeconfig", api.kubeconfig())
    api.collections["/api/v1/namespaces/reports/pods/none"] = Stored(status(404, 'pods "none" not found'), 404)
    api.collections["/api/v1/namespaces/reports/pods/secret"] = Stored(status(403, "pods is forbidden"), 403)
    code, out, err = explain("pod/none", *flags)
    assert (code, out) == (2, "") and "there is no Pod 'none' in namespace 'reports' (context stub)" in err
    code, out, err = explain("pod/secret", *flags)
    assert (code, out) == (2, "") and "GET /api/v1/namespaces/reports/pods/secret" in err and "pods is forbidden" in err
    code, _, err = explain("pod/../../secrets", *flags)
    assert code == 2 and "is not a valid object name" in err


def test_a_file_with_the_facts_of_a_cluster(api, tmp_path):
    path = tmp_path / "connect.json"
    path.write_text(json.dumps(DEPLOYMENT))
    code, out, _ = explain("-f", path, "--kubeconfig", api.kubeconfig())
    assert code == 0 and "ConfigMap 'conf' (read)" in out
    assert api.collections["/apis/apps/v1/namespaces/reports/deployments/connect"].asked == 0
    del api.config_maps["reports", "conf"]
    code, out, _ = explain("-f", path, "--kubeconfig", api.kubeconfig())
    assert "ConfigMap 'conf' (not there)" in out


def test_an_event_without_an_object(api, tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(json.dumps({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "a", "verb": "create", "user": {"username": "me"},
        "objectRef": {"resource": "deployments", "namespace": "reports", "name": "connect"}, "responseStatus": {"code": 201},
        "annotations": {"workloads.validate.sparkgate.io/policy": "0123456789ab"}}))  # fmt: skip
    code, out, err = explain("-f", log, "--kubeconfig", api.kubeconfig(), "-o", "json")
    assert code == 0, err
    found = json.loads(out)
    assert found["then"]["id"] == "a" and found["now"]["verdict"]["word"] == "changed"
