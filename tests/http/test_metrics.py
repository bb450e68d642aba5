"""/metrics, read by Prometheus' own parsers."""

import contextlib
import shutil
import socket
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reviews import pod, review

GROUP = "metrics"
EXPECTED = {
    "sparkgate_requests": "counter",
    "sparkgate_request_duration_seconds": "histogram",
    "sparkgate_decisions": "counter",
    "sparkgate_rewrites": "counter",
    "sparkgate_violations": "counter",
    "sparkgate_servers_on_wrong_backend": "counter",
    "pod_security_evaluations": "counter",
    "sparkgate_policy_info": "gauge",
    "sparkgate_reloads": "counter",
    "sparkgate_certificate_expiry_timestamp_seconds": "gauge",
    "sparkgate_connections": "gauge",
    "sparkgate_inflight_bytes": "gauge",
    "process_resident_memory_bytes": "gauge",
    "process_cpu_seconds": "counter",
    "process_open_fds": "gauge",
    "process_start_time_seconds": "gauge",
}


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A server with something in every family."""
    from server import Server

    with Server(tmp_path_factory.mktemp("used"), "--threads", "3") as server:
        for namespace in ("k8s-team", "standalone-team", "audit-team"):
            for path in ("/mutate", "/validate"):
                for _ in range(3):
                    body = review(namespace=namespace)
                    if namespace == "audit-team":  # what no rewriting could make good
                        body["request"]["object"]["spec"]["hostNetwork"] = True
                    server.post(path, body)
        server.get("/nothing")
        yield server


def test_families(used):
    families = {family.name: family.type for family in text_string_to_metric_families(used.plain_get("/metrics").text)}
    assert EXPECTED.items() <= families.items()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not there and could not be fetched")
def test_promtool(used):
    text = used.plain_get("/metrics").body
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not result.stderr


def test_content_type(used):
    assert used.plain_get("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4"


def test_every_series_stands_once(used):
    lines = [line.rsplit(" ", 1)[0] for line in used.plain_get("/metrics").text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))


def test_requests_and_durations(used):
    assert used.metric("sparkgate_requests_total", endpoint="mutate", code="200") == 9
    assert used.metric("sparkgate_requests_total", endpoint="other", code="404") == 1
    assert used.metric("sparkgate_request_duration_seconds_count", endpoint="validate") == 9
    assert used.metric("sparkgate_request_duration_seconds_bucket", endpoint="validate", le="+Inf") == 9
    assert 0 < used.metric("sparkgate_request_duration_seconds_sum", endpoint="validate") < 9


def test_decisions(used):
    name = "sparkgate_decisions_total"
    assert used.metric(name, webhook="servers.validate.sparkgate.io", mode="enforce", decision="deny") == 6
    assert used.metric(name, webhook="servers.validate.sparkgate.io", mode="audit", decision="would-deny") == 3
    assert used.metric(name, webhook="pods.mutate.sparkgate.io", role="connect-server", backend="k8s") == 6
    assert used.metric(name) == 18


def test_rules(used):
    assert used.metric("sparkgate_rewrites_total", rule="backend.master") == 6, "enforce only"
    assert used.metric("sparkgate_violations_total", rule="backend.master", action="deny") == 6
    assert used.metric("sparkgate_violations_total", rule="pss.hostNamespaces", action="deny") == 3
    assert used.metric("sparkgate_servers_on_wrong_backend_total", backend="standalone") == 3


def test_pod_security(used):
    name = "pod_security_evaluations_total"
    labels = {"policy_level": "restricted", "policy_version": "latest", "request_operation": "create", "resource": "pod", "subresource": ""}
    assert used.metric(name, decision="deny", mode="enforce", **labels) == 6
    assert used.metric(name, decision="deny", mode="audit", **labels) == 3
    assert used.metric(name) == 9


def test_labels_are_bounded(used):
    """Names that clients choose make no series."""
    before = len(used.plain_get("/metrics").text.splitlines())
    for i in range(30):
        used.post("/mutate", review(pod(name=f"connect-{i}", labels={"app": "spark-connect", "x": str(i)}), namespace="k8s-team"))
        used.post("/validate", review(pod(name=f"connect-{i}"), namespace=f"unheard-of-{i}"))
        used.get(f"/path-{i}")
    text = used.plain_get("/metrics").text
    assert len(text.splitlines()) - before < 10
    assert "unheard-of" not in text and "connect-1" not in text


def test_state(used):
    assert used.metric("sparkgate_inflight_limit_bytes") == 48 << 20
    assert used.metric("sparkgate_build_info") == 1
    assert used.metric("process_resident_memory_bytes") > 1 << 20
    assert used.metric("process_open_fds") > 5


def test_one_address_cannot_take_it_all(server):
    """The kubelet's liveness probe comes here, too."""
    crowd = []
    for _ in range(160):  # more than there is room for
        one = socket.create_connection(("127.0.0.1", server.metrics_port), 10, source_address=("127.0.0.2", 0))
        one.settimeout(10)
        with contextlib.suppress(OSError):
            one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        crowd.append(one)
    answered = 0
    for one in crowd:
        with contextlib.suppress(OSError):
            answered += one.recv(4096).startswith(b"HTTP/1.1 200")
    for _ in range(5):
        assert server.plain_get("/livez").text == "ok"
    for one in crowd:
        one.close()
    assert 0 < answered <= 16
