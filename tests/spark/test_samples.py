"""Deployments of other projects, opted in by their namespace alone, each on the backend that it was *not* written for.

They come from SPARKGATE_SAMPLES/manifests and are applied as they are, but for these aids, which the summary names:

	images       names of images that are here; an init image whose `apk` does nothing; what is no Spark image is a pause
	hardening    force, since they say runAsNonRoot: false
	policy       a rule of sparkgate's own policy layer bounds the executors' CPU request: this node has two cores
	parts        what is not Spark Connect or its Standalone cluster (notebooks, Airflow, metastore, history) is left out;
	             one worker, as two ask for more CPU than there is
	owner        the objects of an operator's custom resource have no owner here, and would be collected
"""

import os
import re
from pathlib import Path

import pytest
import settings as sizes
import yaml
from bed.process import wait_until
from conftest import GATE, judge
from s3 import NAME as MINIO
from s3 import NAMESPACE as S3_NAMESPACE

SAMPLES = Path(os.environ.get("SPARKGATE_SAMPLES", "/nowhere")) / "manifests"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs SPARKGATE_SAMPLES")

AIDS = "aids: images, hardening force, policy for executors' CPU, parts"
POLICY = """\
apiVersion: policy.sparkgate.io/v1
kind: Backend
backend: k8s
rules:
- id: backend.executorRequestCores
  why: a platform that shares few cores bounds what each executor reserves
  versions: all
  set: {key: spark.kubernetes.executor.request.cores, value: 50m}
"""
IMAGES = [
    (r"alpine:3\.\d+", "bed.local/init:1"),
    (r"envoyproxy/envoy:\S+", "bed.local/pause:1"),
    (r"spark-custom:3\.5\.7", "bed.local/spark:3.5.7"),
    (r"ghcr\.io/fall-out-bug/spark-k8s-spark-custom:4\.1\.0", "bed.local/spark:4.1.4"),
    (r"docker\.io/apache/spark:4\.0\.1", "bed.local/spark-packages:4.1.4"),
]
PARTS = {"k8s": {"connect"}, "standalone": {"connect", "spark-master", "spark-worker"}}
SMALL = ("--rows=20000", "--partitions=2", "--iterations=1")
CASES = {
    "3.5 spark_k8s to k8s": ("3.5", "spark-3.5-standalone.yaml", "k8s", None),
    "3.5 spark_k8s to standalone": ("3.5", "spark-3.5-k8s.yaml", "standalone", "spark://rel-standalone-master:7077"),
    "4.1 spark_k8s to k8s": ("4.1", "spark-4.1-standalone.yaml", "k8s", None),
    "4.1 spark_k8s to standalone": ("4.1", "spark-4.1-k8s.yaml", "standalone", "spark://spark-standalone-master:7077"),
    "4.1 operator stays on k8s": ("4.1", "kubeflow-operator-full.yaml", "k8s", None),
    "4.1 operator to standalone": ("4.1", "kubeflow-operator-full.yaml", "standalone", "spark://spark-standalone-master:7077"),
}


@pytest.fixture(scope="module")
def policy(gate, s3):
    """What a platform and its charts have in common: the rule, and a place for event logs."""
    for path in ("spark-logs", "spark-logs/events/"):
        s3.put(path)
    gate.install(verb="upgrade", values={**GATE, "policies": {"cpu.yaml": POLICY}})
    gate.wait_serving()
    yield
    gate.install(verb="upgrade", values=GATE)
    gate.wait_serving()


@pytest.mark.parametrize("case", CASES)
def test_a_deployment_of_others(case, policy, deployment, verdict):
    version, sample, backend, master = CASES[case]
    it = deployment(re.sub(r"[^a-z0-9]+", "-", case.lower()), version)
    it.notes.append(AIDS)
    with verdict(case, it):
        with it.timed("ready"):
            prepare(it, backend, master)
            it.gate.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(adapted(sample, it.namespace, backend)))
            pod = wait_until(lambda: server_of(it), "the server's pod, running", 120, 0.5)
        with it.timed("load"):
            work(it, pod, backend, master)
        assert judge(it.pods()) == {}, "pods that are not restricted"


def prepare(it, backend, master):
    """What these deployments expect to be there: an S3 called minio, an account of the operator, a master."""
    notes = {"standaloneMaster": master} if master else {}
    it.opt_in(backend, hardening="force", **notes)
    spec = {"type": "ExternalName", "externalName": f"{MINIO}.{S3_NAMESPACE}.svc.cluster.local"}
    it.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": MINIO, "namespace": it.namespace}, "spec": spec}).allowed()
    if master and "spark-standalone-master" in master:
        values = sizes.standalone_values(it.version, workers=1)
        values["worker"].update(cores=2, memory="2500m", resources=sizes.resources("512Mi", "3Gi"))
        it.install("spark-standalone", "spark-standalone", values)
        it.wait_pods("worker", 1)


def adapted(sample, namespace, backend):
    text = (SAMPLES / sample).read_text()
    for pattern, name in IMAGES:
        text = re.sub(pattern, name, text)
    text = re.sub(r"\b(spark-ns|team-a)\b", namespace, text)
    objects = [o for o in yaml.safe_load_all(text) if o and is_part(o, PARTS[backend])]
    for obj in objects:
        obj["metadata"].pop("ownerReferences", None)
        obj.pop("status", None)
        if obj["kind"] == "Deployment":
            obj["spec"]["replicas"] = 1
        if not obj["kind"].startswith("ClusterRole"):
            obj["metadata"]["namespace"] = namespace
    return account("spark-operator-spark", namespace) + objects if "operator" in sample else objects


def is_part(obj, parts):
    if obj["kind"] in ("Deployment", "StatefulSet"):
        return obj["metadata"].get("labels", {}).get("app.kubernetes.io/component") in parts
    if obj["kind"] == "Pod":
        return "helm.sh/hook" not in obj["metadata"].get("annotations", {})
    return obj["kind"] not in ("Secret", "PersistentVolumeClaim", "Job")


def account(name, namespace):
    """What the operator's own chart makes in the namespaces of its jobs."""
    meta = {"name": name, "namespace": namespace}
    everything = {"apiGroups": [""], "resources": ["pods", "configmaps", "services", "persistentvolumeclaims"], "verbs": ["*"]}
    group = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": [everything]},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    ]


def server_of(it):
    """The Connect server's pod with its containers running. Their probes may take minutes to begin."""
    for pod in it.pods():
        statuses = pod["status"].get("containerStatuses", [])
        decided = '"role":"connect-server"' in pod["metadata"].get("annotations", {}).get("sparkgate.io/decision", "").replace(" ", "")
        if decided and statuses and all("running" in s["state"] for s in statuses):
            return pod
    return None


def work(it, pod, backend, master):
    client = it.start_client("load", *SMALL, "--patience=120", remote=f"sc://{pod['status']['podIP']}:15002")
    client.finish()
    told = client.step("connected")["settings"]["spark.master"]
    assert told.startswith("k8s://https://") if backend == "k8s" else told == master, told
    hosts = client.step("where")["hosts"]
    if backend == "k8s":
        executors = it.names_ever("executor")
        assert executors and all(any(n.endswith(host) for n in executors) for host in hosts), (hosts, executors)
    else:
        assert it.pods("executor") == [] and all("worker" in host for host in hosts), hosts
