"""Objects of the small API server that are written too: Secrets, Leases, webhook configurations.

Lists and watches by fieldSelector and labelSelector, POST, PUT at a resourceVersion, JSON Patch, DELETE, with the
statuses that a real API server gives: 404, 409 AlreadyExists and Conflict, 422 for a patch whose test failed.
"""

import copy
import json
import queue
from urllib.parse import parse_qs, urlparse

KINDS = {
    "secrets": "Secret",
    "leases": "Lease",
    "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
    "validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
}
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Refused(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}
        self.code = code


def place(obj, path):
    """Where a JSON Pointer leads: the container and the last step."""
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
    for step in way:
        obj = obj[int(step)] if isinstance(obj, list) else obj[step]
    return obj, int(last) if isinstance(obj, list) else last


def apply(obj, patch):
    """RFC 6902, as far as it is needed; what is not there or not so is 422."""
    obj = copy.deepcopy(obj)
    for step in patch:
        try:
            at, last = place(obj, step["path"])
            if step["op"] == "test":
                if at[last] != step["value"]:
                    raise ValueError(f"testing value {step['path']} failed")
            elif step["op"] == "add" or (step["op"] == "replace" and at[last] is not None):
                at[last] = step["value"]
            else:
                raise ValueError(f"unknown operation {step['op']}")
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Refused(422, "Invalid", f"the server rejected our request due to an error in our request: {error}") from None
    return obj


class Objects:
    """Everything under api.lock."""

    def __init__(self, api):
        self.api, self.all, self.history, self.watchers = api, {}, [], []
        self.written = []  # (verb, resource, name, code), in order

    # ---- from the tests ----

    def put(self, resource, obj, namespace=None):
        """Write it, whatever is there, as somebody with every right would."""
        with self.api.lock:
            return self._store(resource, namespace, copy.deepcopy(obj))

    def delete(self, resource, name, namespace=None):
        with self.api.lock:
            return self._remove(resource, namespace, name)

    def get(self, resource, name, namespace=None):
        with self.api.lock:
            return copy.deepcopy(self.all.get((resource, namespace, name)))

    def list(self, resource):
        with self.api.lock:
            return [copy.deepcopy(o) for (r, _, _), o in sorted(self.all.items(), key=str) if r == resource]

    def count(self, verb, resource, code=None):
        with self.api.lock:
            return sum(1 for v, r, _, c in self.written if (v, r) == (verb, resource) and code in (None, c))

    def end_watches(self):
        with self.api.lock:
            for events, _ in self.watchers:
                events.put(None)
            self.watchers.clear()

    # ---- what is kept ----

    def _store(self, resource, namespace, obj):
        key = (resource, namespace, obj["metadata"]["name"])
        self.api.version += 1
        obj["metadata"]["resourceVersion"] = str(self.api.version)
        obj.update(kind=KINDS[resource])
        event = "MODIFIED" if key in self.all else "ADDED"
        self.all[key] = obj
        self._tell(event, key, obj)
        return obj

    def _remove(self, resource, namespace, name):
        obj = self.all.pop((resource, namespace, name))
        self.api.version += 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.api.version)}}
        self._tell("DELETED", (resource, namespace, name), obj)
        return obj

    def _tell(self, event, key, obj):
        line = json.dumps({"type": event, "object": obj}).encode() + b"\n"
        self.history.append((self.api.version, key, obj, line))
        for events, wanted in self.watchers:
            if wanted(key, obj):
                events.put(line)

    # ---- requests ----

    @staticmethod
    def knows(path):
        parts = urlparse(path).path.strip("/").split("/")
        return any(p in KINDS for p in parts[-2:])

    def answer(self, handler, method):
        url = urlparse(handler.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        name = None if parts[-1] in KINDS else parts.pop()
        resource = parts[-1]
        namespace = parts[-2] if parts[-3] == "namespaces" else None
        body = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length") or 0)) or b"null")
        verb = "watch" if "watch" in query else "list" if method == "GET" and not name else VERBS[method]
        with self.api.lock:
            self.api.seen.append((f"{verb} {resource}", handler.path))
        trick = self.api.tricks.get(f"{verb} {resource}") or self.api.tricks.get(verb if verb in VERBS.values() else None)
        if trick and trick(handler, query) is not NotImplemented:
            return
        if verb == "watch":
            handler.stream(self._watch(resource, namespace, query))
            return
        try:
            code, answer = getattr(self, f"_{verb}")(handler, query, resource, namespace, name, body)
        except Refused as refused:
            code, answer = refused.code, refused.body
        if method != "GET":
            with self.api.lock:
                self.written.append((verb, resource, name or body["metadata"]["name"], code))
        handler.reply(code, answer)

    def _find(self, resource, namespace, name):
        found = self.all.get((resource, namespace, name))
        if not found:
            raise Refused(404, "NotFound", f'{resource} "{name}" not found')
        return found

    @staticmethod
    def _wanted(resource, namespace, query):
        field, label = query.get("fieldSelector", ""), query.get("labelSelector", "")
        name = field.partition("metadata.name=")[2]
        labels = dict(pair.split("=") for pair in label.split(",") if pair)

        def wanted(key, obj):
            has = obj["metadata"].get("labels") or {}
            return key[:2] == (resource, namespace) and name in ("", key[2]) and labels.items() <= has.items()

        return wanted

    def _list(self, _handler, query, resource, namespace, _name, _body):
        wanted = self._wanted(resource, namespace, query)
        with self.api.lock:
            items = [o for key, o in sorted(self.all.items(), key=str) if wanted(key, o)]
            meta = {"resourceVersion": str(self.api.version)}
            return 200, copy.deepcopy({"kind": f"{KINDS[resource]}List", "apiVersion": "v1", "metadata": meta, "items": items})

    def _watch(self, resource, namespace, query):
        wanted, events = self._wanted(resource, namespace, query), queue.Queue()
        with self.api.lock:
            for version, key, obj, line in self.history:
                if version > int(query["resourceVersion"]) and wanted(key, obj):
                    events.put(line)
            self.watchers.append((events, wanted))
        return iter(events.get, None)

    def _get(self, _handler, _query, resource, namespace, name, _body):
        with self.api.lock:
            return 200, copy.deepcopy(self._find(resource, namespace, name))

    def _create(self, _handler, _query, resource, namespace, _name, body):
        with self.api.lock:
            if (resource, namespace, body["metadata"]["name"]) in self.all:
                raise Refused(409, "AlreadyExists", f'{resource} "{body["metadata"]["name"]}" already exists')
            return 201, copy.deepcopy(self._store(resource, namespace, body))

    def _update(self, _handler, _query, resource, namespace, name, body):
        with self.api.lock:
            found = self._find(resource, namespace, name)
            if body["metadata"].get("resourceVersion") not in (None, found["metadata"]["resourceVersion"]):
                raise Refused(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again")
            return 200, copy.deepcopy(self._store(resource, namespace, body))

    def _patch(self, handler, _query, resource, namespace, name, body):
        if handler.headers["Content-Type"] != "application/json-patch+json":
            raise Refused(415, "UnsupportedMediaType", "the body of the request was in an unknown format")
        with self.api.lock:
            found = self._find(resource, namespace, name)
            return 200, copy.deepcopy(self._store(resource, namespace, apply(found, body)))

    def _delete(self, _handler, _query, resource, namespace, name, _body):
        with self.api.lock:
            self._find(resource, namespace, name)
            return 200, self._remove(resource, namespace, name)
