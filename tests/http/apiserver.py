"""A small API server that knows namespaces and ConfigMaps, and can be made to misbehave.

What is written too (Secrets, Leases, webhook configurations) is in apiobjects.py.
"""

import json
import queue
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse

from apiobjects import Objects
from https import serve
from server import PROGRAM

TOKEN = "let-me-in"


def namespace(name, mode="enforce", **annotations):
    notes = {f"sparkgate.io/{k}": v for k, v in annotations.items()}
    meta = {"name": name, "annotations": notes, "labels": {"sparkgate.io/mode": mode} if mode else {}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def status(code, message):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, code, body, content_type="application/json", **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def admitted(self):
        if self.server.api.down:
            self.close_connection = True
        elif self.headers.get("Authorization") != f"Bearer {self.server.api.token}":
            self.reply(401, status(401, "Unauthorized"))
        else:
            return True
        return False

    def write(self):
        path, collections = urlparse(self.path).path, self.server.api.collections
        found = collections.get(path.rpartition("/")[0] if self.command == "PATCH" else path)
        if not self.admitted():
            self.close_connection = True  # the body was not read
        elif found:
            (found.patch if self.command == "PATCH" else found.create)(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        else:
            self.server.api.objects.answer(self, self.command)

    do_POST = do_PUT = do_PATCH = do_DELETE = write

    def do_GET(self):
        api = self.server.api
        url = urlparse(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        if not self.admitted():
            return None
        if url.path in api.collections:
            return api.collections[url.path].answer(self, query)
        if Objects.knows(self.path):
            return api.objects.answer(self, "GET")
        parts = url.path.strip("/").split("/")[2:]
        kind = "watch" if "watch" in query else ["list", "namespace", "", "configmap"][len(parts) - 1]
        with api.lock:
            api.seen.append((kind, self.path))
        trick = api.tricks.get(kind)
        if trick and trick(self, query) is not NotImplemented:
            return None
        return getattr(self, f"answer_{kind}")(parts, query)

    def answer_list(self, _parts, query):
        api = self.server.api
        with api.lock:
            names, first, limit = sorted(api.namespaces), int(query.get("continue", "0")), int(query["limit"])
            items = [api.namespaces[n] for n in names[first : first + limit]]
            meta = {"resourceVersion": str(api.version)}
        if first + limit < len(names):
            meta["continue"] = str(first + limit)
        self.reply(200, {"kind": "NamespaceList", "apiVersion": "v1", "metadata": meta, "items": items})

    def answer_watch(self, _parts, query):
        api = self.server.api
        events = queue.Queue()
        with api.lock:
            for event in api.history:
                if int(event["object"]["metadata"]["resourceVersion"]) > int(query["resourceVersion"]):
                    events.put(json.dumps(event).encode() + b"\n")
            api.watchers.append(events)
        self.stream(iter(events.get, None))

    def stream(self, pieces):
        """Chunks, as Go's server sends a watch."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def answer_namespace(self, parts, _query):
        found = self.server.api.namespaces.get(parts[1])
        self.reply(200, found) if found else self.reply(404, status(404, f'namespaces "{parts[1]}" not found'))

    def answer_configmap(self, parts, _query):
        found = self.server.api.config_maps.get((parts[1], parts[3]))
        self.reply(200, found) if found else self.reply(404, status(404, f'configmaps "{parts[3]}" not found'))


class Collection:
    """Objects of one kind in one place, listed and watched one by its name; what is posted is kept in `created`."""

    def __init__(self, api, path, kind):
        self.api, self.kind, self.objects, self.history = api, kind, {}, []
        self.watchers, self.created, self.patched, self.asked = [], [], [], []
        self.refuse = None  # (code, message)
        api.collections[path] = self

    def answer(self, handler, query):
        self.asked.append(query)
        if self.refuse:
            return handler.reply(self.refuse[0], status(*self.refuse))
        name = query["fieldSelector"].removeprefix("metadata.name=")
        if "watch" in query:
            events = queue.Queue()
            with self.api.lock:
                for event in self.history:
                    self.tell(event, name, int(query["resourceVersion"]), events)
                self.watchers.append((name, events))
            return handler.stream(iter(events.get, None))
        with self.api.lock:
            items = [o for n, o in self.objects.items() if n == name]
            meta = {"resourceVersion": str(self.api.version)}
        return handler.reply(200, {"kind": f"{self.kind}List", "apiVersion": "v1", "metadata": meta, "items": items})

    def create(self, handler, body):
        if self.refuse:
            return handler.reply(self.refuse[0], status(*self.refuse))
        self.created.append(body)
        return handler.reply(201, body)

    def patch(self, handler, body):
        self.patched.append((handler.path.rpartition("/")[2], body))
        return handler.reply(200, {"kind": self.kind})

    def put(self, name, obj):
        """There from now on, or gone where obj is None; whoever watches is told."""
        with self.api.lock:
            self.api.version += 1
            kind = "DELETED" if obj is None else "MODIFIED" if name in self.objects else "ADDED"
            obj = obj or self.objects.pop(name)
            obj = {**obj, "kind": self.kind, "metadata": {**obj.get("metadata", {}), "name": name, "resourceVersion": str(self.api.version)}}
            if kind != "DELETED":
                self.objects[name] = obj
            self.history.append({"type": kind, "object": obj})
            for wanted, events in self.watchers:
                self.tell(self.history[-1], wanted, 0, events)

    def tell(self, event, wanted, version, events):
        meta = event["object"]["metadata"]
        if meta["name"] == wanted and int(meta["resourceVersion"]) > version:
            events.put(json.dumps(event).encode() + b"\n")

    def end_watches(self):
        with self.api.lock:
            for _, events in self.watchers:
                events.put(None)
            self.watchers.clear()


class ApiServer:
    def __init__(self, directory):
        self.dir = directory
        directory.mkdir(exist_ok=True)
        subprocess.run([PROGRAM, "certs", "init", str(directory / "api")], check=True, capture_output=True)
        self.lock = threading.Lock()
        self.token, self.version = TOKEN, 1
        self.namespaces, self.config_maps = {}, {}
        self.collections = {}  # path -> Collection
        self.history, self.watchers, self.seen, self.tricks = [], [], [], {}
        self.objects = Objects(self)
        self.down = False
        # Bound and never listening: nobody else is given our port while we are stopped.
        self.claim = socket.socket()
        self.claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.claim.bind(("127.0.0.1", 0))
        self.port = self.claim.getsockname()[1]
        self.start()

    def start(self):
        self.down = False
        self.http = serve(Handler, self, self.dir / "api", self.port)
        return self

    def stop(self):
        self.down = True  # connections that are open
        self.http.shutdown()
        self.http.server_close()
        self.end_watches()

    def close(self):
        """For the end of a test: nobody waits any more, and the port is free."""
        self.end_watches()
        self.http.shutdown()
        self.http.server_close()
        self.claim.close()

    def end_watches(self):
        with self.lock:
            for events in self.watchers:
                events.put(None)
            self.watchers.clear()
        for collection in self.collections.values():
            collection.end_watches()
        self.objects.end_watches()

    def change(self, kind, obj):
        """ADDED, MODIFIED or DELETED, as the API server would tell it."""
        with self.lock:
            self.version += 1
            obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
            if kind == "DELETED":
                self.namespaces.pop(obj["metadata"]["name"], None)
            else:
                self.namespaces[obj["metadata"]["name"]] = obj
            self.history.append({"type": kind, "object": obj})
            self.send(json.dumps(self.history[-1]).encode() + b"\n")

    def send(self, piece):
        for events in self.watchers:
            events.put(piece)

    def count(self, kind):
        with self.lock:
            return sum(1 for k, _ in self.seen if k == kind)

    def kubeconfig(self, ca=None, user=None):
        server = f"https://127.0.0.1:{self.port}"
        config = {
            "kind": "Config",
            "clusters": [{"name": "stub", "cluster": {"server": server, "certificate-authority": str(ca or "api/ca.crt")}}],
            "users": [{"name": "me", "user": user or {"token": TOKEN}}],
            "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "me"}}],
            "current-context": "stub",
        }
        path = self.dir / "kubeconfig"
        path.write_text(json.dumps(config))
        return path
