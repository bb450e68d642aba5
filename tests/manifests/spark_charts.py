"""The charts spark-connect and spark-standalone, rendered: values that between them touch every switch, and the objects."""

import functools
import json
import shutil
import subprocess
import os

import pytest
import yaml

from chart import ROOT, helm

CONNECT, STANDALONE = (ROOT / "manifests" / "charts" / name for name in ("spark-connect", "spark-standalone"))
OPENSHIFT = {"openshift": True}
MINIO = {"endpoint": "http://minio.storage.svc:9000", "sslEnabled": False, "existingSecret": "minio", "accessKeyKey": "user"}
S3 = {"s3": {"enabled": True, **MINIO}}
AUTH = {"authentication": {"enabled": True, "existingSecret": "spark-rpc"}}
LOG = {"eventLog": {"enabled": True, "dir": "s3a://logs/spark-events"}, **S3}
CLAIM = {"eventLog": {"enabled": True, "dir": "file:///events", "existingClaim": "events"}}
HISTORY = {"historyServer": {"enabled": True}}
POLICY = {"networkPolicy": {"enabled": True}}
DRESS = {
    "image": {"repository": "registry.example/spark", "digest": "sha256:" + "a" * 64, "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "regcred"}, {"name": "other"}],
    "resources": {"limits": {"memory": "3Gi", "cpu": "2"}},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}],
    "priorityClassName": "batch",
    "podAnnotations": {"a": "b"},
    "podLabels": {"sidecar.istio.io/inject": "false"},
    "commonLabels": {"team": "data"},
    "serviceAccount": {"name": "spark", "annotations": {"eks.amazonaws.com/role-arn": "arn"}},
    "service": {"type": "NodePort", "annotations": {"a": "b"}},
    "env": [{"name": "TZ", "value": "UTC"}],
    "extraVolumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    "extraVolumeMounts": [{"name": "data", "mountPath": "/data"}],
}
PART = {k: DRESS[k] for k in ("resources", "podAnnotations", "nodeSelector", "tolerations", "affinity", "topologySpreadConstraints")}

VARIANTS = {
    "connect": (CONNECT, {}),
    "connect-standalone": (CONNECT, {"backendMode": "standalone"}),
    "connect-own-master": (CONNECT, {"backendMode": "standalone", "standaloneMaster": "spark://a.shared.svc:7077,b.shared.svc:7077"}),
    "connect-3.5": (CONNECT, {"sparkVersion": "3.5"}),
    "connect-3.5-packages": (CONNECT, {"sparkVersion": "3.5", "connectJar": {"packages": True}}),
    "connect-3.5-jar": (CONNECT, {"sparkVersion": "3.5", "connectJar": {"jar": "local:///opt/extra/spark-connect_2.12-3.5.7.jar"}}),
    "connect-openshift": (CONNECT, {**OPENSHIFT, **CLAIM, **HISTORY}),
    "connect-s3-history": (CONNECT, {**LOG, **HISTORY, **POLICY}),
    "connect-claim-history": (CONNECT, {**CLAIM, **HISTORY}),
    "connect-log-in-the-pod": (CONNECT, {"eventLog": {"enabled": True, "dir": "file:///tmp/events", "createDir": False}}),
    "connect-auth": (CONNECT, AUTH),
    "connect-dynamic": (CONNECT, {"dynamicAllocation": {"enabled": True, "maxExecutors": 8}, "executor": {"cores": 2}}),
    "connect-bare": (CONNECT, {"ui": {"enabled": False}, "rbac": {"create": False}, "serviceAccount": {"create": False}}),
    "connect-dressed": (CONNECT, {
        **DRESS,
        "networkPolicy": {"enabled": True, "clientsFrom": [{"podSelector": {}}], "driverFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        "driver": {"memory": "2g", "javaOptions": "-Dfile.encoding=UTF-8 -Dx=a\\b"}, "terminationGracePeriodSeconds": 90,
        "executor": {
            **{k: v for k, v in PART.items() if k != "resources"},
            **{k: DRESS[k] for k in ("env", "extraVolumes", "extraVolumeMounts")},
            "podLabels": {"c": "d"}, "priorityClassName": "low", "instances": 3, "memory": "512m", "memoryOverhead": "400m",
            "requestCores": "250m", "limitCores": "2", "javaOptions": "-XX:+UseSerialGC",
        },
        "sparkConf": {"spark.sql.shuffle.partitions": 64, "spark.sql.ansi.enabled": True, "spark.x": "a\\b\nc"},
    }),
    "standalone": (STANDALONE, {}),
    "standalone-openshift": (STANDALONE, OPENSHIFT),
    "standalone-secured": (STANDALONE, {**S3, **AUTH, **POLICY, "sparkVersion": "3.5"}),
    "standalone-claim": (STANDALONE, {"master": {"recovery": {"existingClaim": "recovery"}}, "worker": {"replicas": 0}}),
    "standalone-dressed": (STANDALONE, {
        **{k: v for k, v in DRESS.items() if k != "resources"},
        "networkPolicy": {"enabled": True, "clientsFrom": [{"namespaceSelector": {}}], "applicationsFrom": [{"namespaceSelector": {}}]},
        "master": {**PART, "javaOptions": "-XX:+UseSerialGC", "recovery": {"enabled": False}},
        "worker": {**PART, "javaOptions": "-XX:+UseSerialGC"},
        "sparkConf": {"spark.worker.timeout": 30},
    }),
    "umbrella": (CONNECT, {"spark-standalone": {"enabled": True}, "backendMode": "standalone"}),
    "umbrella-all": (CONNECT, {
        "spark-standalone": {"enabled": True, "worker": {"replicas": 3}}, **HISTORY, "eventLog": LOG["eventLog"],
        "global": {"spark": {
            "sparkVersion": "3.5", "image": {"repository": "mine", "tag": "3.5.7-connect"}, **OPENSHIFT, **S3, **AUTH, **POLICY,
        }},
    }),
}  # fmt: skip

CHARTS = (CONNECT, STANDALONE)
UMBRELLA = {"spark-standalone": {"enabled": True}}
PORTS = {
    "spark.connect.grpc.binding.port": "grpc", "spark.driver.port": "driver", "spark.driver.blockManager.port": "blocks",
    "spark.blockManager.port": None, "spark.ui.port": "ui",
}  # fmt: skip
# A Connect server of any release, as the policies of spark-standalone know it.
SERVERS = ({"app.kubernetes.io/name": "spark-connect"}, {"sparkgate.io/role": "connect-server"})

variants = pytest.mark.parametrize(("chart", "values"), VARIANTS.values(), ids=VARIANTS)
charts = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)


def template(chart, values=None, *args, namespace="reports", release=None):
    return helm("template", release or chart.name, chart, "-n", namespace, "--kube-version", "1.35.0", *args, values=values)


@functools.cache
def _rendered(chart, values, args, kwargs):
    run = template(chart, json.loads(values), *args, **dict(kwargs))
    assert run.returncode == 0, run.stderr
    return run.stdout


def rendered(chart, values=None, *args, **kwargs):
    return _rendered(chart, json.dumps(values or {}), args, tuple(kwargs.items()))


def notes(chart, values, folder):
    """NOTES.txt, which `helm template` does not show, out of a copy of the chart that has it as an object."""
    copy = folder / "chart"
    shutil.copytree(chart, copy)
    (copy / "templates" / "NOTES.txt").rename(copy / "NOTES.txt")
    (copy / "templates" / "notes.yaml").write_text('kind: Notes\ntext: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}\n')
    return yaml.safe_load(rendered(copy, values, "--show-only", "templates/notes.yaml", release=chart.name))["text"]


def decoded(text):
    run = subprocess.run([os.environ["DECODE"]], input=text, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


class Objects:
    def __init__(self, chart, values=None, *args, **kwargs):
        self.list = [o for o in yaml.safe_load_all(rendered(chart, values, *args, **kwargs)) if o]
        self.all = {(o["kind"], o["metadata"]["name"]): o for o in self.list}
        assert len(self.all) == len(self.list), "an object stands twice"

    def of(self, kind, name="spark-connect"):
        return self.all[kind, name]

    def pod(self, name="spark-connect"):
        return self.of("Deployment", name)["spec"]["template"]["spec"]

    def container(self, name="spark-connect"):
        (only,) = self.pod(name)["containers"]
        return only

    def env(self, name="spark-connect"):
        return {e["name"]: e.get("value", e.get("valueFrom")) for e in self.container(name)["env"]}

    @property
    def text(self):
        return self.of("ConfigMap", "spark-connect-conf")["data"]["spark-defaults.conf"]

    @property
    def conf(self):
        """spark-defaults.conf, of which every line is key=value."""
        pairs = [line.split("=", 1) for line in self.text.splitlines()]
        assert len(dict(pairs)) == len(pairs), "a key stands twice"
        return dict(pairs)

    @property
    def executor(self):
        return yaml.safe_load(self.of("ConfigMap", "spark-connect-executor")["data"]["executor-pod-template.yaml"])

    def pods(self):
        """(name, labels, spec) of whatever becomes a pod, executors too."""
        for (kind, name), o in self.all.items():
            o = o["spec"]["template"] if kind == "Deployment" else o if kind == "Pod" else None
            if o:
                yield name, o["metadata"]["labels"], o["spec"]
        if ("ConfigMap", "spark-connect-executor") in self.all:
            yield "executor", self.executor["metadata"]["labels"], self.executor["spec"]
