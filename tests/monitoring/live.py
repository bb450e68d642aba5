"""A Prometheus that scrapes three replicas at work, and asks what Grafana would ask it.

The API server's part is played by us: the same calls that we make are counted as its metrics count them.
"""

import itertools
import json
import random
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

import yaml
from gate import ROOT, Cluster, Replica, admit, day, good
from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server
from queries import PANELS, filled
from reviews import review
from server import until

SCRAPE = 1  # seconds
RATE = f"{8 * SCRAPE}s"  # $__rate_interval: four scrapes at least
NAMES = ["sparkgate-6c9f7d-a", "sparkgate-6c9f7d-b", "sparkgate-6c9f7d-c"]
WEBHOOKS = {
    ("/mutate", "Pod"): ("pods.mutate.sparkgate.io", "admit"),
    ("/mutate", "ConfigMap"): ("configmaps.mutate.sparkgate.io", "admit"),
    ("/validate", "Pod"): ("servers.validate.sparkgate.io", "validating"),
    ("/validate", "Deployment"): ("workloads.validate.sparkgate.io", "validating"),
}


def claim_port():
    """A port that nobody is given while the socket is open; a program that allows it, as Go's do, listens on it all the same."""
    claim = socket.socket()
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    claim.bind(("127.0.0.1", 0))
    return claim, claim.getsockname()[1]


class CallCounter:
    """What an API server counts of its calls, with its names and buckets."""

    def __init__(self):
        registry = CollectorRegistry()
        labels = ["name", "type", "operation", "rejected"]
        buckets = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10, 25)
        self.took = Histogram("apiserver_admission_webhook_admission_duration_seconds", "h", labels, registry=registry, buckets=buckets)
        self.rejected = Gauge(
            "apiserver_admission_webhook_rejection_count", "h", [*labels[:3], "error_type", "rejection_code"], registry=registry
        )
        self.passed = Gauge("apiserver_admission_webhook_fail_open_count", "h", labels[:2], registry=registry)
        self.server, self.thread = start_http_server(0, "127.0.0.1", registry=registry)
        self.port = self.server.server_port

    def call(self, client, path, body):
        name, kind = WEBHOOKS[path, body["request"]["kind"]["kind"]]
        begun = time.monotonic()
        answer = client.post(path, body).review
        allowed = answer["allowed"]
        self.took.labels(name, kind, "CREATE", str(not allowed).lower()).observe(time.monotonic() - begun)
        if not allowed:
            self.rejected.labels(name, kind, "CREATE", "no_error", "403").inc()
        return answer

    def failed(self):
        """As when no replica is reached: one call of each kind."""
        self.rejected.labels("servers.validate.sparkgate.io", "validating", "CREATE", "calling_webhook_error", "503").inc()
        self.passed.labels("pods.mutate.sparkgate.io", "admit").inc()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Work:
    """Clients that ask until the end, now more and now less."""

    def __init__(self, replicas, calls, seed=1):
        self.replicas, self.calls, self.random = replicas, calls, random.Random(seed)
        self.ended, self.errors = threading.Event(), []
        self.threads = [threading.Thread(target=self._run, args=(r, i), daemon=True) for i, r in enumerate(replicas)]

    def _run(self, replica, n):
        try:
            with replica.client() as client:
                for turn in itertools.count():
                    for body in day(unknown=turn % 20 == 0):
                        admit(lambda *call: self.calls.call(client, *call), body)
                        wave = 1.2 + ((time.monotonic() / 7 + n) % 5) / 5
                        if self.ended.wait(self.random.expovariate(15 * wave)):
                            return
                    # Mutation was passed over, and the pod is right nearly: warnings.
                    self.calls.call(client, "/validate", review(good("standalone"), namespace="bi"))
        except Exception as error:  # noqa: BLE001 any is the test's
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(20)


class Prometheus:
    def __init__(self, directory, replicas, calls):
        self.dir, (self.claim, self.port) = directory, claim_port()
        directory.mkdir()
        targets = [{"targets": [f"127.0.0.1:{r.metrics_port}"], "labels": {"namespace": "sparkgate", "pod": r.name}} for r in replicas]
        config = {
            "global": {"scrape_interval": f"{SCRAPE}s", "scrape_timeout": f"{SCRAPE}s", "evaluation_interval": f"{SCRAPE}s"},
            "rule_files": [str(ROOT / "manifests" / "alerts" / "sparkgate.rules.yaml")],
            "scrape_configs": [
                {"job_name": "sparkgate", "static_configs": targets},
                {"job_name": "apiserver", "static_configs": [{"targets": [f"127.0.0.1:{calls.port}"]}]},
                {"job_name": "prometheus", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]},  # a stranger with process_*
            ],
        }
        (directory / "config.yaml").write_text(yaml.safe_dump(config))
        command = [shutil.which("prometheus"), f"--config.file={directory}/config.yaml", f"--storage.tsdb.path={directory}/data"]
        self.log = open(directory / "log", "wb")
        self.process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        until(self.up, 30, f"Prometheus (log: {directory}/log)")

    def up(self):
        assert self.process.poll() is None, (self.dir / "log").read_text()[-2000:]
        try:
            return self.query("up") is not None
        except OSError:
            return False

    def get(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expr, at=None):
        return self.get("query", query=expr, **({"time": at} if at else {}))["result"]

    def range(self, expr, start, end, step):
        return self.get("query_range", query=expr, start=start, end=end, step=step)["result"]

    def values(self, metric, label):
        return sorted(self.get(f"label/{label}/values", **{"match[]": metric}))

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.claim.close()
        self.log.close()


class Screen:
    """The dashboard as somebody looks at it: its variables have the values that Grafana would find."""

    def __init__(self, prometheus, seconds, timeout="5"):
        self.prometheus, self.seconds = prometheus, seconds
        chosen = {label: prometheus.values("sparkgate_build_info", label) for label in ("namespace", "job", "pod")}
        self.variables = {**chosen, "timeout": timeout, "__rate_interval": RATE, "__range": f"{seconds}s"}

    def complete(self):
        now = time.time()
        (up,) = self.prometheus.query('sum(up{job="sparkgate"})', now)
        return now if float(up["value"][1]) == len(NAMES) else None

    def ask(self, target, end=None):
        """The answer to a query of a panel: at once, or over the time on the screen."""
        expr, end = filled(target["expr"], **self.variables), end or time.time()
        if target.get("instant"):
            return self.prometheus.query(expr, end)
        return self.prometheus.range(expr, end - self.seconds, end, SCRAPE)

    def all(self):
        """The answers to everything at a moment: what the dashboard is drawn of. One at which each replica's last scrape came
        in time: of one that did not, a Prometheus says nothing."""
        end = until(self.complete, 20, "a moment at which every replica was scraped")
        answers = {str(p["id"]): [self.ask(t, end) for t in p["targets"]] for p in PANELS}
        return {"from": end - self.seconds, "to": end, "variables": self.variables, "answers": answers}


@contextmanager
def bed(directory):
    """Cluster, three replicas, the count of calls, Prometheus."""
    cluster, calls, replicas, prometheus = Cluster(directory / "cluster"), CallCounter(), [], None
    try:
        replicas += [Replica(cluster, name) for name in NAMES]
        prometheus = Prometheus(directory / "prometheus", replicas, calls)
        yield cluster, replicas, calls, prometheus
    finally:
        for end in [prometheus and prometheus.close, *(r.kill for r in replicas), calls.close, cluster.close]:
            if end:
                end()
