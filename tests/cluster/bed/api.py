"""A small client of the API server that shows what the usual clients hide: warnings, audit ids, exact messages."""

import copy
import itertools
import json
import re
import subprocess
import time
from dataclasses import dataclass, field

import requests
from bed import audit_log
from bed.controlplane import SERVER, ControlPlane
from bed.process import patiently, wait_until

# kind -> (API group and version, plural, namespaced)
KINDS = {
    "Namespace": ("api/v1", "namespaces", False),
    "Pod": ("api/v1", "pods", True),
    "ConfigMap": ("api/v1", "configmaps", True),
    "Service": ("api/v1", "services", True),
    "Secret": ("api/v1", "secrets", True),
    "Lease": ("apis/coordination.k8s.io/v1", "leases", True),
    "ServiceAccount": ("api/v1", "serviceaccounts", True),
    "ReplicationController": ("api/v1", "replicationcontrollers", True),
    "PodTemplate": ("api/v1", "podtemplates", True),
    "Deployment": ("apis/apps/v1", "deployments", True),
    "ReplicaSet": ("apis/apps/v1", "replicasets", True),
    "StatefulSet": ("apis/apps/v1", "statefulsets", True),
    "DaemonSet": ("apis/apps/v1", "daemonsets", True),
    "Job": ("apis/batch/v1", "jobs", True),
    "CronJob": ("apis/batch/v1", "cronjobs", True),
    "MutatingWebhookConfiguration": ("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", False),
    "ValidatingWebhookConfiguration": ("apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", False),
}

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass
class Answer:
    """What the API server said."""

    status: int
    body: dict
    warnings: list
    audit_id: str
    seconds: float
    log_begin: int  # the audit log's size when it was asked

    @property
    def ok(self):
        return self.status < 300

    @property
    def message(self):
        return "" if self.ok else self.body.get("message", "")

    @property
    def causes(self):
        return [(c.get("field"), c.get("message")) for c in self.body.get("details", {}).get("causes", [])]

    def allowed(self):
        """The object; anything but a success fails the test with the API server's words."""
        assert self.ok, f"{self.status}: {self.message}"
        return self.body

    def refused(self, entry=None):
        """The text of a refusal by a webhook (by that entry), without the API server's frame."""
        frame = re.match(r'(?s)admission webhook "([^"]+)" denied the request: (.*)', self.message)
        assert frame, f"not refused by a webhook: {self.status} {self.message}"
        assert entry in (None, frame.group(1)), f"refused by {frame.group(1)}, not by {entry}: {frame.group(2)}"
        return frame.group(2)


def warning_texts(headers):
    """RFC 7234 Warning headers as client-go reads them: 299 - "quoted text"."""
    return [re.sub(r"\\(.)", r"\1", m.group(1)) for h in headers for m in re.finditer(r'299 \S+ "((?:[^"\\]|\\.)*)"', h)]


@dataclass
class Api:
    plane: ControlPlane
    token: str = "admin"
    session: requests.Session = field(default_factory=requests.Session)
    created: list = field(default_factory=list)

    def request(self, method, path, body=None, content_type="application/json", **query):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Accept": "application/json"}
        log_begin = audit_log.size(self.plane.audit_log)
        raw = self.session.request(
            method,
            f"{SERVER}/{path}",
            params={k: v for k, v in query.items() if v is not None},
            data=None if body is None else json.dumps(body),
            headers=headers,
            verify=str(self.plane.ca),
            timeout=patiently(60),
        )
        return Answer(
            raw.status_code,
            raw.json() if raw.headers.get("Content-Type", "").startswith("application/json") else {"text": raw.text},
            warning_texts(raw.raw.headers.getlist("Warning")),
            raw.headers.get("Audit-Id", ""),
            raw.elapsed.total_seconds(),
            log_begin,
        )

    @staticmethod
    def path(kind, namespace=None, name=None, subresource=None):
        prefix, plural, namespaced = KINDS[kind]
        parts = [prefix] + (["namespaces", namespace] if namespaced and namespace else []) + [plural, name, subresource]
        return "/".join(p for p in parts if p)

    def create(self, obj, namespace=None, dry_run=False):
        namespace = namespace or obj["metadata"].get("namespace")
        obj = with_namespace(obj, namespace)
        answer = self.request("POST", self.path(obj["kind"], namespace), obj, dryRun="All" if dry_run else None)
        return self._remember(answer, dry_run)

    def _remember(self, answer, dry_run):
        if answer.ok and not dry_run:
            meta = answer.body["metadata"]
            self.created.append((answer.body["kind"], meta.get("namespace"), meta["name"]))
        return answer

    def get(self, kind, namespace, name, **query):
        return self.request("GET", self.path(kind, namespace, name), **query)

    def list(self, kind, namespace=None, **query):
        return self.request("GET", self.path(kind, namespace), **query).allowed()["items"]

    def replace(self, obj, subresource=None, dry_run=False):
        meta = obj["metadata"]
        path = self.path(obj["kind"], meta.get("namespace"), meta["name"], subresource)
        return self.request("PUT", path, obj, dryRun="All" if dry_run else None)

    def patch(self, kind, namespace, name, patch, how="merge", subresource=None, dry_run=False, **query):
        path = self.path(kind, namespace, name, subresource)
        return self.request("PATCH", path, patch, PATCH_TYPES[how], dryRun="All" if dry_run else None, **query)

    def apply(self, obj, manager="tests", dry_run=False, force=None):
        meta = obj["metadata"]
        answer = self.patch(
            obj["kind"], meta.get("namespace"), meta["name"], obj, "apply", dry_run=dry_run, fieldManager=manager, force=force
        )
        return self._remember(answer, dry_run)

    def delete(self, kind, namespace, name):
        return self.request("DELETE", self.path(kind, namespace, name), gracePeriodSeconds=0, propagationPolicy="Background")

    def gone(self, kind, namespace, name):
        return self.get(kind, namespace, name).status == 404

    def at_rest(self, kind, namespace, name):
        """Wait until nobody else is about to write it and the API server's cache has its last version. A PATCH starts from the cache; where
        another version is stored by then it is admitted a second time, and each webhook counts two calls."""

        def still():
            stored, cached = self.get(kind, namespace, name).allowed(), self.get(kind, namespace, name, resourceVersion="0")
            conditions = stored.get("status", {}).get("conditions", [])
            seen = kind != "Pod" or any(c["type"] == "PodScheduled" for c in conditions)  # by the scheduler, which writes that
            return seen and cached.ok and cached.body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]

        wait_until(still, f"{kind} {name} at rest", 20)

    def wait_rights(self, user, rules, namespace=None):
        """Wait until a user may what the rules of a role say, in that namespace: roles that were just written are not in force yet."""
        wait_until(lambda: all(self.may(user, **asked) for asked in rights(rules, namespace)), f"the rights of {user} in force", 20)

    def may(self, user, **attributes):
        spec = {"user": user, "resourceAttributes": attributes}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return self.request("POST", "apis/authorization.k8s.io/v1/subjectaccessreviews", review).allowed()["status"]["allowed"]

    # What the API server counts and logs: an oracle that is not ours.

    def webhook_calls(self):
        """How often each webhook entry was called so far, and how often one that failed was passed over."""
        calls = {}
        text = self.request("GET", "metrics").body["text"]
        for name, labels, value in re.findall(r"^apiserver_admission_webhook_(request_total|fail_open_count)\{(.*)\} (\S+)$", text, re.M):
            entry = re.search(r'name="([^"]*)"', labels).group(1)
            key = entry if name == "request_total" else f"{entry} passed over"
            calls[key] = calls.get(key, 0) + int(float(value))
        return calls

    def audit_event(self, answer):
        """The audit log's line about that request, once it is there."""

        def find():
            events = audit_log.events(self.plane.audit_log, answer.log_begin, answer.audit_id)
            return next((e for e in events if e["stage"] == "ResponseComplete"), None)

        return wait_until(find, f"audit event {answer.audit_id}", 10)

    def audit_annotations(self, answer):
        return self.audit_event(answer).get("annotations", {})

    # kubectl, where its words or its way of applying matter.

    def kubectl(self, *args, stdin=None, check=None):
        argv = [str(self.plane.kubebed), "kubectl", f"--kubeconfig={self.plane.dir}/{self.token}.conf", *map(str, args)]
        text = json.dumps(stdin) if isinstance(stdin, (dict, list)) else stdin
        run = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=patiently(120))
        assert check is None or (run.returncode == 0) == check, f"{' '.join(argv[3:])}: {run.returncode}\n{run.stdout}{run.stderr}"
        return run


def rights(rules, namespace=None):
    """What each rule of a role allows, as the attributes of a SubjectAccessReview."""
    for rule in rules:
        for group, resource, verb, name in itertools.product(rule["apiGroups"], rule["resources"], rule["verbs"], rule.get("resourceNames", [""])):
            resource, _, subresource = resource.partition("/")
            yield {"group": group, "resource": resource, "subresource": subresource, "verb": verb, "name": name, "namespace": namespace or ""}


def with_namespace(obj, namespace):
    obj = copy.deepcopy(obj)
    if namespace and KINDS[obj["kind"]][2]:
        obj["metadata"]["namespace"] = namespace
    return obj


class Counted(dict):
    """with Counted(api) as calls: ...   calls is then what was called in between, per entry.

    Controllers act a moment later than the test: settle=True waits until the counts stand still."""

    def __init__(self, api, settle=False):
        super().__init__()
        self.api, self.settle = api, settle

    def __enter__(self):
        self.before = self.api.webhook_calls()
        return self

    def __exit__(self, *_):
        after = self.api.webhook_calls()
        while self.settle:
            time.sleep(0.7)
            before, after = after, self.api.webhook_calls()
            self.settle = before != after
        for key, value in after.items():
            if value != self.before.get(key, 0):
                self[key] = value - self.before.get(key, 0)
