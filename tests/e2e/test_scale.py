"""Ten thousand namespaces: ready soon, small, and a decision costs what it did."""

import concurrent.futures
import statistics
import threading
import time

import pytest
from bed.cluster import OURS, probe
from bed.api import Api
from bed.process import patiently, wait_until

COUNT = 10_000
THREADS = 16


@pytest.fixture(scope="module")
def many(_installed):
    """COUNT namespaces more, every tenth opted in."""
    clients = threading.local()

    def make(n):
        if not hasattr(clients, "api"):
            clients.api = Api(_installed.node)
        labels = {"sparkgate.io/mode": "enforce"} if n % 10 == 0 else {}
        notes = {"sparkgate.io/backendMode": "k8s"} if labels else {}
        meta = {"name": f"many-{n}", "labels": labels, "annotations": notes}
        made = clients.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        if made.status == 429 or made.status >= 500:  # as clients do: try again, and it may be there already
            made = clients.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        assert made.ok or made.status == 409, made.message

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(make, range(COUNT)))
    print(f"{COUNT} namespaces made in {time.monotonic() - began:.0f} s")
    return _installed


def decision_ms(cluster, namespace, count=40):
    """Median of what the API server takes for a dry run of a server pod."""
    return 1000 * statistics.median(cluster.api.create(probe(namespace), dry_run=True).seconds for _ in range(count))


def test_known_soon_small_and_as_quick_as_before(many):
    pods = many.replicas()
    for pod in pods:
        wait_until(lambda p=pod: many.metric(p, "sparkgate_facts_namespaces") >= COUNT, "all namespaces known", 20, 0.5)
    cost = decision_ms(many, "many-0")
    began = time.monotonic()
    many.kubectl("-n", OURS, "rollout", "restart", "deployment/sparkgate")
    many.kubectl("-n", OURS, "rollout", "status", "deployment/sparkgate", f"--timeout={patiently(120)}s")
    many.wait_serving()
    print(f"three replicas rolled over in {time.monotonic() - began:.0f} s with {COUNT} namespaces, a decision takes {cost:.1f} ms")
    for pod in many.replicas():
        assert many.metric(pod, "sparkgate_facts_namespaces") >= COUNT
        assert many.metric(pod, "process_resident_memory_bytes") < 48 << 20
