"""`sparkgate audit` of a real API server with many namespaces: all is found, in few requests and little memory. The size is
AUDIT_NAMESPACES (200; `make test-long` takes 2,000), with ten objects each; figures are printed."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from bed.api import KINDS, Api
from bed.controlplane import SERVER
from bed.process import patiently

NAMESPACES = int(os.environ.get("AUDIT_NAMESPACES", "200"))
THREADS = 8
SERVER_SPEC = {
    "containers": [
        {"name": "connect", "image": "apache/spark:4.1.1", "command": ["/opt/spark/sbin/start-connect-server.sh"],
         "args": ["--master", "local[*]"], "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}],
         "volumeMounts": [{"name": "conf", "mountPath": "/opt/spark/conf"}]}
    ],
    "volumes": [{"name": "conf", "configMap": {"name": "connect-conf"}}],
}  # fmt: skip


def server(name):
    """Without replicas, so that no controller adds to what is counted."""
    labels = {"app.kubernetes.io/name": "spark-connect", "set": name}
    template = {"metadata": {"labels": labels}, "spec": SERVER_SPEC}
    spec = {"replicas": 0, "serviceName": name, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": spec}


def config(name, text):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"spark-defaults.conf": text}}


def other(name):
    spec = {"containers": [{"name": "web", "image": "nginx"}]}
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": name}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}


def service(name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}


def ten_objects():
    yield from (server("connect-1"), server("connect-2"))
    yield config("connect-conf", "spark.master local[*]\nspark.connect.grpc.binding.port 15002\n" + "# a line of a real file\n" * 100)
    yield from (config("other-1", "a b\n"), config("other-2", "a b\n"))
    yield from (other("web-1"), other("web-2"), other("web-3"))
    yield from (service("s-1"), service("s-2"))


def fill(api, numbers):
    """One thread, over one connection."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api.token}"

    def post(path, obj):
        answer = session.post(f"{SERVER}/{path}", json=obj, verify=str(api.plane.ca), timeout=patiently(60))
        assert answer.status_code == 201, answer.text

    for number in numbers:
        name = f"scale-{number:04}"
        post("api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for obj in ten_objects():
            group, plural, _ = KINDS[obj["kind"]]
            post(f"{group}/namespaces/{name}/{plural}", obj)


@pytest.fixture(scope="module")
def filled(plane):
    api = Api(plane)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda first: fill(api, range(first, NAMESPACES, THREADS)), range(THREADS)))
    return plane


# A small process in between: a child's ru_maxrss begins with what the forking process had.
MEASURE = """import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def audit(plane, path, *args):
    """What it printed, what it said, seconds, and the most MiB that it had resident."""
    argv = [os.environ["SPARKGATE"], "audit", "--kubeconfig", str(plane.kubeconfig), "--as", "enforce", "--fail-on", "never", *args]
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-S", "-E", "-c", MEASURE, str(path), *argv], capture_output=True, text=True, timeout=patiently(300))
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr, time.monotonic() - begun, int(path.read_text()) / 1024


def test_all_is_found_in_few_requests(filled, tmp_path, capsys):
    out, err, seconds, mebibytes = audit(filled, tmp_path / "rss", "-v")
    rows = re.findall(r"^scale-\d+ +enforce +- +(\d+)", out, re.M)
    assert len(rows) == NAMESPACES and set(rows) == {"3"}
    calls, listed = map(int, re.search(r"(\d+) requests to the API server, (\d+) objects listed", err).groups())
    assert listed >= NAMESPACES * 10
    # Thirteen kinds, the namespaces, and a page for every two hundred objects.
    assert calls <= 40 + listed / 100
    assert mebibytes <= 64
    with capsys.disabled():
        print(f"\naudit of {NAMESPACES} namespaces, {listed} objects: {seconds:.1f} s, {calls} requests, at most {mebibytes:.0f} MiB", file=sys.stderr)


def test_the_order_is_the_same_every_time(filled, tmp_path):
    assert audit(filled, tmp_path / "rss", "-o", "json")[0] == audit(filled, tmp_path / "rss", "-o", "json")[0]
