"""AdmissionReviews to post."""

import itertools

_numbers = itertools.count(1)

# A body that stands still in the middle. Whoever sends nothing for ten seconds is cut.
STANDING_STILL = (
    b"POST /mutate?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n" + b" " * 2_500_000
)

CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


def uid():
    return f"705ab4f5-6393-11e8-b7cc-{next(_numbers):012d}"


def pod(name="connect-0", args=None, **metadata):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "spark-connect"}, **metadata},
        "spec": {
            "containers": [
                {
                    "name": "spark",
                    "image": "apache/spark:4.0.1",
                    "command": ["/opt/spark/bin/spark-submit"],
                    "args": args
                    if args is not None
                    else ["--class", CONNECT, "--master", "local[*]", "--conf", "spark.ui.enabled=false", "spark-internal"],
                }
            ]
        },
    }


def review(obj=None, namespace="k8s-team", operation="CREATE", **request):
    obj = obj if obj is not None else pod()
    fields = {
        "uid": uid(),
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": namespace,
        "operation": operation,
        "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        "object": obj,
        "oldObject": None,
        "dryRun": False,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
    }
    if isinstance(obj, dict) and isinstance(obj.get("metadata"), dict) and "name" in obj["metadata"]:
        fields["name"] = obj["metadata"]["name"]
    fields.update(request)
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": fields}


def padded(size, **options):
    """A review whose text has exactly this many bytes: an annotation fills it up."""
    import json

    document = review(pod(annotations={"filler": ""}), **options)
    document["request"]["object"]["metadata"]["annotations"]["filler"] = "x" * (size - len(json.dumps(document)))
    return document
