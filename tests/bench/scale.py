"""What grows and what must not: cost and memory by the number of namespaces, of connections, and by the size of a body."""

import json
from dataclasses import dataclass
from pathlib import Path

import payloads
from cases import BY_NAME
from counting import counter
from load import load
from server import PAYLOADS, WORK, sparkgate, start

NAMESPACES = (1, 100, 10_000)
CONNECTIONS = (1, 32)
SIZES = (7 << 10, 64 << 10, 512 << 10, 3_000_000)
SETTINGS = (8 << 10, 64 << 10, 256 << 10, 800 << 10)  # an API server stores no more than 1 MiB of a ConfigMap


@dataclass
class Body:
    """A case of this file."""

    name: str
    body: Path
    path: str = "/mutate"

    def path_of(self, _):
        return self.path


def facts(count):
    """The namespaces of the benchmark among count of them, all opted in."""
    path = WORK / f"namespaces-{count}.yaml"
    others = [payloads.namespace(f"team-{i:05d}", {"sparkgate.io/backendMode": "k8s"}) for i in range(count - 1)]
    ours = [fact for fact in payloads.facts() if fact["metadata"].get("namespace", fact["metadata"]["name"]) == "reports"]
    # JSON is YAML. Before and behind: found early and found late would be two things.
    path.write_text("---\n".join(json.dumps(fact) + "\n" for fact in others[: count // 2] + ours + others[count // 2 :]))
    return path


def with_namespaces(count):
    path = facts(count)
    return lambda port: sparkgate(port, path)


def instructions_by_namespaces(counts=NAMESPACES):
    """Of pod7k, the same pod, when so many namespaces are known."""
    result = {}
    for count in counts:
        with counter("sparkgate", with_namespaces(count)) as counted:
            result[str(count)] = counted.request(BY_NAME["pod7k"])
    return result


def padded(size):
    """pod7k with an annotation that makes it so long."""
    review = json.loads(BY_NAME["pod7k"].body.read_text())
    annotations = review["request"]["object"]["metadata"]["annotations"]
    annotations["example.com/note"] = ""
    annotations["example.com/note"] = "x" * (size - len(json.dumps(review, separators=(",", ":"))))
    path = PAYLOADS / f"padded-{size}.json"
    path.write_text(json.dumps(review, separators=(",", ":")))
    return Body(path.stem, path)


def many_settings(size):
    """cm8k with as many settings as fill it: each of its lines is read, not only its bytes."""
    lakes = 1
    while True:
        review = payloads.review("configmaps", payloads.config_map("reports", lakes))
        text = json.dumps(review, separators=(",", ":"))
        if len(text) >= size:
            break
        lakes = max(lakes + 1, int(lakes * size / len(text)))
    path = PAYLOADS / f"settings-{size}.json"
    path.write_text(text)
    return Body(path.stem, path)


def instructions_by_size(counted, sizes=SIZES, make=padded):
    """{bytes: instructions} of bodies of those sizes."""
    result = {}
    for size in sizes:
        body = make(size)
        few, more = (2, 22) if size < 100_000 else (1, 4)
        result[str(body.body.stat().st_size)] = counted.request(body, few, more)
    return result


def memory_by_namespaces(log, counts=NAMESPACES):
    result = {}
    for count in counts:
        server = start("sparkgate", with_namespaces(count), log)
        load(server, BY_NAME["pod7k"], 500)
        result[str(count)] = round(server.rss_mib(), 2)
        server.stop()
    return result


def memory_by_connections(log, counts=CONNECTIONS):
    result = {}
    for count in counts:
        server = start("sparkgate", sparkgate, log)
        load(server, BY_NAME["pod7k"], 3200, count)
        result[str(count)] = round(server.rss_mib(), 2)
        server.stop()
    return result
