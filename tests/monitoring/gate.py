"""A sparkgate as a cluster has it, without a cluster: replicas that share a Secret, follow Namespaces, webhook configurations
and a policy of an API server (the stub of tests/http), and work for all modes. What they serve at /metrics is what
dashboard and alerts are held against.
"""

import base64
import copy
import datetime
import json
import ssl
from pathlib import Path

import yaml
from apiserver import ApiServer, Collection, namespace
from prometheus_client.parser import text_string_to_metric_families
from reviews import pod, review
from server import Server, until

ROOT = Path(__file__).resolve().parents[2]
SPARK = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
KUBERNETES = "k8s://https://kubernetes.default.svc"
NAMESPACES = {"etl": ("enforce", "k8s"), "bi": ("enforce", "standalone"), "ml": ("warn", "k8s"), "lab": ("audit", "standalone")}
HEAD = "apiVersion: policy.sparkgate.io/v1\nkind: "


def in_days(days):
    return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days))


def exemptions():
    """One that is used and ends soon, one that nobody needs."""
    rows = [("legacy-host-network", 20, "pss.hostNamespaces", "etl"), ("unused", 200, "pss.privileged", "nobody")]
    items = "".join(
        f'- {{id: {i}, owner: data, reason: r, expires: "{in_days(days)}", rules: [{rule}], namespaces: ["{where}"]}}\n'
        for i, days, rule, where in rows
    )
    return f"{HEAD}Exemptions\nexemptions:\n{items}"


def configurations():
    return list(yaml.safe_load_all((ROOT / "manifests" / "webhook-configurations.yaml").read_text()))


def namespaces():
    for name, (mode, backend) in NAMESPACES.items():
        master = {"standaloneMaster": "spark://spark-master:7077"} if backend == "standalone" else {}
        yield namespace(name, mode, backendMode=backend, **master)


class Cluster(ApiServer):
    """The stub with a sparkgate's things in it."""

    def __init__(self, directory):
        super().__init__(directory)
        for obj in namespaces():
            self.change("ADDED", obj)
        for obj in configurations():
            self.objects.put(obj["kind"].lower() + "s", obj)
        self.maps = Collection(self, "/api/v1/namespaces/sparkgate/configmaps", "ConfigMap")
        self.events = Collection(self, "/apis/events.k8s.io/v1/namespaces/sparkgate/events", "Event")
        self.policies("legacy.yaml", exemptions())
        self.kubeconfig()

    def policies(self, name, text):
        self.maps.put("sparkgate-policies", {"data": {name: text}})


class Replica(Server):
    def __init__(self, cluster, name, *flags):
        self.cluster, self.name = cluster, name
        flags = flags or ("--certs-secret", "sparkgate-certs", "--rotation-pause", "200ms", "--policies-configmap", "sparkgate-policies")
        env = {"POD_NAME": name, "POD_NAMESPACE": "sparkgate", "POD_UID": f"uid-of-{name}"}
        super().__init__(cluster.dir / name, "--kubeconfig", str(cluster.dir / "kubeconfig"), "--threads", "2", *flags, env=env)
        until(lambda: self.plain_get("/readyz").status == 200, 20, f"{name} ready")

    def context(self, **_):
        """Calls come over the loopback, whose name the Secret's certificate does not have."""
        return ssl._create_unverified_context()


def alone(directory):
    """A replica without a cluster: Namespaces and policy are files."""
    (directory / "namespaces.yaml").write_text(yaml.safe_dump_all(namespaces()))
    (directory / "legacy.yaml").write_text(exemptions())
    return Server(directory, "--policies", str(directory / "legacy.yaml"), facts=directory / "namespaces.yaml")


def server_pod(master, **spec):
    obj = pod(args=[*SPARK, "--master", master, "spark-internal"])
    obj["spec"].update(spec)
    return obj


def config_map():
    data = {"spark-defaults.conf": "spark.master local[*]\nspark.app.name x\n"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "labels": {"app": "spark-connect"}}, "data": data}


def deployment():
    """Its pods will be rewritten; its author is told already."""
    template = server_pod("local[*]", hostNetwork=True)
    spec = {"replicas": 1, "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect"}, "spec": spec}


def good(backend):
    """A server that passes as it is."""
    master = KUBERNETES if backend == "k8s" else "spark://spark-master:7077"
    obj = server_pod(master, securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}})
    obj["spec"]["containers"][0]["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return obj


def day(unknown=True):
    """What is created in turn, good and bad, in every namespace: reviews, as they come to the first webhook."""
    for name, (_, backend) in NAMESPACES.items():
        for obj in (server_pod("local[*]"), good(backend), server_pod(KUBERNETES, hostNetwork=True)):
            yield review(copy.deepcopy(obj), namespace=name)
        yield review(config_map(), namespace=name, **resource("", "ConfigMap", "configmaps"))
        yield review(deployment(), namespace=name, **resource("apps", "Deployment", "deployments"))
    if unknown:
        yield review(namespace="gone")


def resource(group, kind, plural):
    words = [
        ("kind", "kind", kind),
        ("requestKind", "kind", kind),
        ("resource", "resource", plural),
        ("requestResource", "resource", plural),
    ]
    return {key: {"group": group, "version": "v1", word: value} for key, word, value in words}


def apply(obj, patch):
    """RFC 6902: add, replace, remove, and tests that hold."""
    for step in patch:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        at = obj
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            last = len(at) if last == "-" else int(last)
        if step["op"] == "remove":
            del at[last]
        elif step["op"] == "add" and isinstance(at, list):
            at.insert(last, step["value"])
        elif step["op"] in ("add", "replace"):
            at[last] = step["value"]


def admit(post, body):
    """As an API server does: mutate, apply the patch, validate what came out. post(path, body) gives the response."""
    kind = body["request"]["kind"]["kind"]
    if kind != "Deployment":
        answer = post("/mutate", body)
        if "patch" in answer:
            apply(body["request"]["object"], json.loads(base64.b64decode(answer["patch"])))
    if kind != "ConfigMap":
        post("/validate", body)


def work(replica):
    """Everything once, and servers that nobody rewrote."""
    with replica.client() as client:
        for body in day():
            admit(lambda path, body: client.post(path, body).review, body)
        for name in NAMESPACES:
            client.post("/validate", review(server_pod("local[*]"), namespace=name)).review  # noqa: B018 an error is no answer


def refused_reload(cluster, replica):
    """A policy that no replica takes; the good one comes back."""
    cluster.policies("legacy.yaml", "nonsense: [")
    until(lambda: replica.metric("sparkgate_reloads_total", what="policy", result="failed") > 0, 20, "a refused policy")
    cluster.policies("legacy.yaml", exemptions())


def samples(replica):
    """(name, labels) of each."""
    text = replica.plain_get("/metrics").text
    return [(s.name, s.labels) for f in text_string_to_metric_families(text) for s in f.samples]
