"""What the tests of replayed logs share: events of an API server's audit log, and a replay of them."""

import itertools
import json

import jsonschema
import pytest

from review import SCHEMA, namespace, run, stream
from test_usage import server

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NUMBERS = itertools.count(1)
# kind -> group, resource
RESOURCES = {"Pod": ("", "pods"), "ConfigMap": ("", "configmaps"), "Namespace": ("", "namespaces"), "Secret": ("", "secrets"),
             "Deployment": ("apps", "deployments"), "CronJob": ("batch", "cronjobs")}
GOOD, BAD = server(), server(hostNetwork=True)
DENIED = 'admission webhook "servers.validate.sparkgate.io" denied the request: sparkgate: Pod "connect" in namespace "team-a" (...): backend.master: x'
PORT_ZERO = server("port")
PORT_ZERO["spec"]["containers"][0]["command"] += ["--conf", "spark.connect.grpc.binding.port=0"]


def event(obj, ns="team-a", verb="create", code=None, sub=None, message=None, notes=None, response=None, patch=None, **fields):
    """The line that the API server writes about one request."""
    n = next(NUMBERS)
    group, resource_name = RESOURCES[obj["kind"]]
    ref = {"resource": resource_name, "apiVersion": "v1", **({"apiGroup": group} if group else {}), **({"subresource": sub} if sub else {})}
    if obj["kind"] != "Namespace":
        ref["namespace"] = ns
    if verb != "create":
        ref["name"] = obj["metadata"]["name"]
    code = code or (403 if message else 201 if verb == "create" else 200)
    made = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": f"00000000-0000-4000-8000-{n:012}",
        "stage": "ResponseComplete", "requestURI": f"/api/v1/namespaces/{ns}/{resource_name}", "verb": verb,
        "user": {"username": "kubernetes-admin", "groups": ["system:masters"]}, "objectRef": ref,
        "responseStatus": {"metadata": {}, "code": code, **({"message": message} if message else {})},
        "requestReceivedTimestamp": f"2025-01-30T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.123456Z",
        "stageTimestamp": "2025-01-30T23:59:59.654321Z", "annotations": {"authorization.k8s.io/decision": "allow", **(notes or {})},
    }  # fmt: skip
    if verb == "patch":
        made |= {"requestObject": patch, "responseObject": response or obj}
    elif verb != "delete":
        made["requestObject"] = obj
        if code < 300:
            made["responseObject"] = response or obj
    return made | fields


def without(e, *keys):
    return {k: v for k, v in e.items() if k not in keys}


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "namespaces.json"
    path.write_text(stream([namespace("team-a"), namespace("team-w", mode="warn"), namespace("team-o", mode=None)]))
    return path


def replay(events, facts, *flags, codes=(0, 1)):
    """The lines of -o json, and the run itself."""
    done = run("-f", "-", "-o", "json", *(["--namespaces", facts] if facts else []), *flags, stdin=stream(events))
    assert done.returncode in codes, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        VALIDATOR.validate(line)
    return lines, done


def table(events, facts, *flags):
    return run("-f", "-", "--namespaces", facts, *flags, stdin=stream(events))


CM = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"spark-defaults.conf": "spark.connect.grpc.binding.port 15002\nspark.master yarn\n"}}


PLAIN = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
