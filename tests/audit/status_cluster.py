"""A cluster to ask `sparkgate status` of: a namespace with a server, a replica, and what those answer."""

import datetime
import json

import jsonschema
import pytest
import yaml
from audit import MASTER, ROOT, changed, namespace, run, server

VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/status.schema.json").read_text()))
K8S = "k8s://https://kubernetes.default.svc"
NOW = datetime.datetime.now(datetime.UTC)


def ago(seconds):
    return (NOW - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(name="connect-7d4-abc", ns="a", master=MASTER, ready=True, **more):
    made = changed(server(name, ns, "ReplicaSet/connect-7d4", master, **more), metadata__labels={"pod-template-hash": "7d4"})
    made["metadata"]["creationTimestamp"] = ago(3 * 3600)
    made["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
    return made


def event(name="e", reason="SparkgateRefused", seconds=60, count=3, note="Pod refused (backendMode k8s, enforce): pss.x: y", ns="a"):
    return {"kind": "Event", "metadata": {"name": name, "namespace": ns}, "reason": reason, "message": note,
            "involvedObject": {"kind": "Deployment", "name": "connect"}, "reportingComponent": "sparkgate.io/sparkgate",
            "eventTime": ago(seconds + 600), "series": {"count": count, "lastObservedTime": ago(seconds)}}  # fmt: skip


def gate(name="sparkgate-1", ready=True):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": "sparkgate"},
            "spec": {"containers": [{"name": "sparkgate", "ports": [{"name": "metrics", "containerPort": 9090}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}}  # fmt: skip


def driver(master=MASTER, executors=2, **answers):
    """A trick that answers as Spark's UI does; answers: beginning of the last word of the path -> what comes instead."""
    alive = [{"id": "driver", "isActive": True}, *({"id": str(n), "isActive": True} for n in range(executors))]
    known = {
        "applications": [{"id": "app-20250101-0001", "name": "Spark Connect server", "attempts": [{"appSparkVersion": "4.1.0"}]}],
        "environment": {"sparkProperties": [["spark.app.name", "x"], ["spark.master", master]]},
        "executors": alive,
    } | answers

    def trick(handler, _query, _number):
        answer = known[handler.path.rpartition("/")[2]]
        return answer(handler) if callable(answer) else handler.reply(200, answer)

    return trick


READY = "[+]policy ok (0123456789ab)\n[+]facts ok (1 namespace)\n[+]match-conditions ok (in step with the policy)\n[+]shutdown ok\n"


def replica(policy="0123456789ab", until=None, readyz=READY, code=200):
    """A trick that answers as the metrics port of a replica does."""
    until = int(NOW.timestamp()) + 300 * 86400 if until is None else until
    metrics = (f'# HELP x y\nsparkgate_build_info{{version="0.1.0"}} 1\nsparkgate_policy_info{{hash="{policy}"}} 1\n'
                     f"sparkgate_certificate_expiry_timestamp_seconds {until}\n")  # fmt: skip

    def trick(handler, _query, _number):
        lines = readyz if handler.path.endswith("/readyz?verbose") else metrics
        handler.send_response(code if lines is readyz else 200)
        handler.send_header("Content-Type", "text/plain; version=0.0.4")
        handler.send_header("Content-Length", str(len(lines.encode())))
        handler.end_headers()
        handler.wfile.write(lines.encode())

    return trick


@pytest.fixture
def cluster(api):
    """One namespace on standalone, one server in it that runs there, one replica of sparkgate; a function that adds to it."""

    def has(*objects, ns=None, pods=None, configurations=SHIPPED):
        api.has([ns or namespace("a"), *([pod()] if pods is None else pods), gate(), *configurations, *objects])
        return api

    api.tricks.update({"pods/connect-7d4-abc:4040": driver(), "pods/sparkgate-1:9090": replica()})
    has()
    api.again = has
    return api


# Through JSON, or what the YAML has anchors for would be one object.
SHIPPED = json.loads(json.dumps([o for o in yaml.safe_load_all((ROOT / "manifests/webhook-configurations.yaml").read_text()) if o]))


def ask(api, *args, code=0):
    done = run("--kubeconfig", api.kubeconfig, *(args or ("a",)), command="status")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def told(api, *args, code=0):
    """As JSON, which the schema describes."""
    answer = json.loads(ask(api, *(args or ("a",)), "-o", "json", code=code))
    VALIDATOR.validate(answer)
    return answer


def one(api, code=0):
    (found,) = told(api, code=code)["namespaces"][0]["servers"]["items"]
    return found
