"""An API server with lists alone, in pages, that can be made to misbehave.

What a kind has is a Table: items by their number, made when they are asked for, so that a hundred thousand pods cost no memory here either. A continue token is
the number of the next item, as long as one likes.
"""

import bisect
import json
import subprocess
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse

from https import serve

PREFIXES = {
    "apps/v1": "/apis/apps/v1", "batch/v1": "/apis/batch/v1", "v1": "/api/v1",
}
# resource -> (kind, apiVersion)
RESOURCES = {
    "namespaces": ("Namespace", "v1"), "services": ("Service", "v1"), "resourcequotas": ("ResourceQuota", "v1"),
    "limitranges": ("LimitRange", "v1"), "configmaps": ("ConfigMap", "v1"), "deployments": ("Deployment", "apps/v1"),
    "statefulsets": ("StatefulSet", "apps/v1"), "daemonsets": ("DaemonSet", "apps/v1"), "replicasets": ("ReplicaSet", "apps/v1"),
    "replicationcontrollers": ("ReplicationController", "v1"), "jobs": ("Job", "batch/v1"), "cronjobs": ("CronJob", "batch/v1"),
    "podtemplates": ("PodTemplate", "v1"), "pods": ("Pod", "v1"),
}
# What `status` asks for besides.
ASKED = {
    "events": ("Event", "v1"), "mutatingwebhookconfigurations": ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    "validatingwebhookconfigurations": ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
}
KINDS = {kind: resource for resource, (kind, _) in (RESOURCES | ASKED).items()}
TOKEN = "let-me-in"


def etcd_key(obj):
    meta = obj["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if "namespace" in meta else meta["name"]


def status(code, message, **more):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code, **more}


class Table:
    """Objects that are there, in the order of etcd's keys."""

    def __init__(self, objects=(), ordered=True):
        self.objects = sorted(objects, key=etcd_key) if ordered else list(objects)
        self.namespaces = sorted({o["metadata"].get("namespace", "") for o in self.objects if isinstance(o, dict)})

    def __len__(self):
        return len(self.objects)

    def texts(self, first, end):
        return [json.dumps({k: v for k, v in o.items() if k not in ("kind", "apiVersion")} if isinstance(o, dict) else o).encode()
                for o in self.objects[first:end]]

    def of(self, namespace):
        return Table([o for o in self.objects if o["metadata"]["namespace"] == namespace], ordered=False)

    def find(self, namespace, name):
        return next((o for o in self.objects if o["metadata"]["name"] == name and o["metadata"].get("namespace", "") == namespace), None)


class Many:
    """count objects in each namespace, made of one text in which NAMESPACE and NUMBER are put."""

    def __init__(self, namespaces, count, text):
        self.namespaces, self.count, self.text = sorted(namespaces, key=lambda n: n + "/"), count, text

    def __len__(self):
        return len(self.namespaces) * self.count

    def texts(self, first, end):
        made = []
        for i in range(first, min(end, len(self))):
            made.append(self.text.replace(b"NAMESPACE", self.namespaces[i // self.count].encode()).replace(b"NUMBER", b"%06d" % (i % self.count)))
        return made

    def of(self, namespace):
        return Many([namespace], self.count, self.text) if namespace in self.namespaces else Table()


class Chain:
    """Tables behind each other: their order is the caller's business."""

    def __init__(self, *tables):
        self.tables = tables
        self.ends = [sum(len(t) for t in tables[: i + 1]) for i in range(len(tables))]

    def __len__(self):
        return self.ends[-1]

    def texts(self, first, end):
        made = []
        while first < min(end, len(self)):
            at = bisect.bisect_right(self.ends, first)
            start = self.ends[at] - len(self.tables[at])
            made += self.tables[at].texts(first - start, min(end, self.ends[at]) - start)
            first = self.ends[at]
        return made

    def of(self, namespace):
        return Chain(*(t.of(namespace) for t in self.tables))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a reply is two pieces: the second would wait for 40 ms

    def log_message(self, *_):
        pass

    def reply(self, code, body, **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        api = self.server.api
        url = urlparse(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = parts.pop(1) if parts[0] == "namespaces" and len(parts) > 1 else None
        parts = parts[1:] if namespace and len(parts) > 1 else parts
        resource, name = parts[0], parts[1] if len(parts) > 1 else None
        if resource == "namespaces" and namespace:
            name, namespace = namespace, None
        with api.lock:
            what = f"{resource}/{name}" if name else "replicas" if resource == "pods" and "labelSelector" in query else resource
            api.calls[what] += 1
            api.seen.append(self.path)
            number = api.calls[what]
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.reply(401, status(401, "Unauthorized"))
        trick = api.tricks.get(what)
        if trick and trick(self, query, number) is not NotImplemented:
            return None
        return self.get(resource, namespace, name) if name else self.page(resource, namespace, query)

    def get(self, resource, namespace, name):
        table = self.server.api.tables.get(resource, Table())
        found = table.find(namespace or "", name)
        if not found:
            return self.reply(404, status(404, f'{resource} "{name}" not found'))
        kind, version = (RESOURCES | ASKED)[resource]
        return self.reply(200, {"kind": kind, "apiVersion": version, **found})

    def page(self, resource, namespace, query, token=lambda number: str(number)):
        api = self.server.api
        kind, version = (RESOURCES | ASKED)[resource]
        table = api.tables.get(resource, Table())
        if namespace:
            table = table.of(namespace)
        first, limit = int(query.get("continue", "0").split(".")[0]), int(query["limit"])
        end = first + api.page_size(resource, limit)
        meta = {"resourceVersion": "1", **({"continue": token(end)} if end < len(table) else {})}
        head = json.dumps({"kind": f"{kind}List", "apiVersion": version, "metadata": meta})[:-1].encode()
        self.reply(200, head + b', "items": [' + b",".join(table.texts(first, end)) + b"]}")


class ApiServer:
    """tables: resource -> Table. tricks: resource, resource/NAME, or replicas (the list of the pods of sparkgate) -> f(handler, query, number
    of the call), which answers, or returns NotImplemented."""

    def __init__(self, directory, program):
        self.dir = directory
        certs = directory / "api"
        subprocess.run([program, "certs", "init", str(certs)], check=True, capture_output=True)
        self.lock = threading.Lock()
        self.clear()
        self.http = serve(Handler, self, certs)
        self.kubeconfig = directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "kind": "Config",
            "clusters": [{"name": "made", "cluster": {"server": f"https://127.0.0.1:{self.http.server_port}", "certificate-authority": "api/ca.crt"}}],
            "users": [{"name": "me", "user": {"token": TOKEN}}],
            "contexts": [{"name": "made", "context": {"cluster": "made", "user": "me"}}],
            "current-context": "made",
        }))  # fmt: skip

    def clear(self):
        self.tables, self.tricks, self.calls, self.seen = {}, {}, Counter(), []
        self.page_size = lambda _resource, limit: limit

    def has(self, objects):
        """The cluster has these objects, and no others but the Services of the masters."""
        by_resource = {}
        masters = [o["metadata"]["name"] for o in objects if o["kind"] == "Namespace"]
        objects = [*objects, *({"kind": "Service", "metadata": {"name": "spark-master", "namespace": name}} for name in masters)]
        for obj in objects:
            by_resource.setdefault(KINDS[obj["kind"]], []).append(obj)
        self.tables = {resource: Table(found) for resource, found in by_resource.items()}

    def close(self):
        self.http.shutdown()
        self.http.server_close()
