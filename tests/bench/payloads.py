#!/usr/bin/env python3
"""tests/bench/payloads.py DIR : the AdmissionReviews of the benchmark, and the facts they need.

    pod7k.json    a Connect pod with a log shipper beside it, written for Kubernetes executors, in a namespace whose
                  backend is standalone: it is rewritten and hardened. About 7,000 bytes.
    pod7k-k8s.json  the same in a namespace whose backend it has already
    pod21k.json   the same with four containers, many settings and their managedFields, about 21,000 bytes
    cm8k.json     its ConfigMap with about 100 properties, about 8,000 bytes: rewritten
    executor.json a pod that a driver asks for, in a namespace of Kubernetes executors: judged, hardened
    hostile3m.json  a pod of 3 MB with 44,000 containers that all start a server: the costliest pod of tests/http/attacks.py
    facts.yaml    the two namespaces and the ConfigMap that the pods read

Deterministic: the same bytes every time. What becomes of them on the way to /validate is made by cases.py.
"""
import json
import sys
from pathlib import Path

HARDENED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"}}
POD = "spark-connect-server-7c9d8f6b5d"
TOKEN = "kube-api-access-x7k2p"
CONF_NAME = "spark-connect-conf"


def field(path):
    return {"valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def probe(check, **more):
    return {**check, **more, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 6}


MOUNTS = [
    {"name": "spark-conf", "mountPath": "/opt/spark/conf", "readOnly": True},
    {"name": "spark-local", "mountPath": "/var/data/spark-local"},
    {"name": "tmp", "mountPath": "/tmp"},
    {"name": TOKEN, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
]


def settings(count):
    return [{"name": f"TEAM_SETTING_{i:02d}", "value": f"value-of-setting-{i:02d}-of-the-team"} for i in range(count)]


def server(options, env):
    conf = ["spark.connect.grpc.binding.port=15002", "spark.kubernetes.namespace=analytics",
            "spark.kubernetes.executor.podTemplateFile=/opt/spark/conf/executor.yaml", "spark.executor.instances=2"]
    conf += [f"spark.sql.catalog.lake{i}.warehouse=s3a://analytics-lake/{i}/warehouse" for i in range(options)]
    args = ["--master", "k8s://https://kubernetes.default.svc"]
    for setting in conf:
        args += ["--conf", setting]
    args += ["--packages", "org.apache.spark:spark-connect_2.12:3.5.6"]
    tcp = {"tcpSocket": {"port": 15002}}
    return {
        "name": "spark-connect",
        "image": "registry.example.com/platform/spark:3.5.6-scala2.12-java17",
        "command": ["/opt/spark/sbin/start-connect-server.sh"],
        "args": args,
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"}
                  for name, port in (("grpc", 15002), ("ui", 4040), ("blockmanager", 7079))],
        "env": [{"name": "SPARK_LOCAL_DIRS", "value": "/var/data/spark-local"},
                {"name": "SPARK_NO_DAEMONIZE", "value": "true"},
                {"name": "SPARK_DRIVER_BIND_ADDRESS", **field("status.podIP")},
                {"name": "POD_NAMESPACE", **field("metadata.namespace")},
                {"name": "AWS_SECRET_ACCESS_KEY",
                 "valueFrom": {"secretKeyRef": {"name": "s3-credentials", "key": "secretKey"}}}] + settings(env),
        "resources": {"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {"cpu": "1", "memory": "4Gi"}},
        "volumeMounts": MOUNTS,
        "livenessProbe": probe(tcp, initialDelaySeconds=60),
        "readinessProbe": probe(tcp, initialDelaySeconds=10),
        "startupProbe": probe(tcp, initialDelaySeconds=5),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {},
    }


def shipper(number, env):
    return {
        "name": "log-shipper" if number == 0 else f"log-shipper-{number}",
        "image": "registry.example.com/platform/fluent-bit:3.1.9",
        "args": ["-c", "/fluent-bit/etc/fluent-bit.conf"],
        "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "NODE_NAME", **field("spec.nodeName")}] + settings(env),
        "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}},
        "volumeMounts": MOUNTS,
        "livenessProbe": probe({"httpGet": {"path": "/api/v1/health", "port": 2020, "scheme": "HTTP"}}),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": HARDENED,
    }


def managed(containers):
    def of(container):
        keys = {f"f:{key}": {} for key in container if key not in ("env", "name")}
        env = {f'k:{{"name":"{e["name"]}"}}': {"f:name": {}, "f:value": {}} for e in container["env"][5:]}
        return {".": {}, **keys, "f:env": {".": {}, **env}}

    return {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1",
            "time": "2026-01-12T08:31:07Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:generateName": {}, "f:annotations": {".": {}, "f:prometheus.io/scrape": {}},
                                        "f:labels": {".": {}, "f:app.kubernetes.io/name": {}, "f:pod-template-hash": {}}},
                         "f:spec": {"f:containers": {f'k:{{"name":"{c["name"]}"}}': of(c) for c in containers},
                                    "f:dnsPolicy": {}, "f:restartPolicy": {}, "f:schedulerName": {},
                                    "f:serviceAccountName": {}, "f:volumes": {".": {}}}}}


def pod(namespace, containers, managed_fields=True):
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{POD}-x7k2p",
            "generateName": f"{POD}-",
            "namespace": namespace,
            "uid": "0b6ea2d4-7d67-4a5e-9f46-6f0c1e1f5b2d",
            "creationTimestamp": "2026-01-12T08:31:07Z",
            "labels": {"app.kubernetes.io/name": "spark-connect", "app.kubernetes.io/instance": namespace,
                       "app.kubernetes.io/version": "3.5.6", "pod-template-hash": "7c9d8f6b5d"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "4040",
                            "prometheus.io/path": "/metrics/prometheus"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": POD, "controller": True,
                                 "uid": "5f7a9b1e-7a2b-4f0e-8a36-0a4d1e0b6f11", "blockOwnerDeletion": True}],
            "managedFields": [managed(containers)] if managed_fields else [],
        },
        "spec": {
            "volumes": [
                {"name": "spark-conf", "configMap": {"name": CONF_NAME, "defaultMode": 420}},
                {"name": "spark-local", "emptyDir": {"sizeLimit": "20Gi"}},
                {"name": "tmp", "emptyDir": {}},
                {"name": TOKEN, "projected": {"defaultMode": 420, "sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {
                        "apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]}},
            ],
            "containers": containers,
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 60,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "spark-connect",
            "serviceAccount": "spark-connect",
            "securityContext": {"runAsUser": 185, "runAsGroup": 185, "fsGroup": 185},
            "schedulerName": "default-scheduler",
            "tolerations": [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute",
                             "tolerationSeconds": 300} for key in ("not-ready", "unreachable")],
            "priority": 0,
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        },
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }


def properties(lakes):
    lines = ["# Managed by the platform team", "spark.master                     k8s://https://kubernetes.default.svc",
             "spark.submit.deployMode          client", "spark.connect.grpc.binding.port  15002"]
    for i in range(lakes):
        lines += [f"spark.sql.catalog.lake{i}.warehouse   s3a://analytics-lake/{i}/warehouse",
                  f"spark.hadoop.fs.s3a.bucket.lake{i}.endpoint   https://minio-{i}.storage.svc:9000"]
    return "\n".join(lines) + "\n"


def config_map(namespace, lakes):
    return {"kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {"name": CONF_NAME, "namespace": namespace, "uid": "a0d9c5c2-2b52-4bb4-8d3b-61d37a1b9a77",
                         "creationTimestamp": "2026-01-12T08:31:07Z", "labels": {"app.kubernetes.io/name": "spark-connect"}},
            "data": {"spark-defaults.conf": properties(lakes)}}


def executor():
    variables = [("SPARK_DRIVER_URL", "spark://CoarseGrainedScheduler@connect-7d2f-driver-svc.analytics.svc:7078"), ("SPARK_EXECUTOR_CORES", "1"),
                 ("SPARK_EXECUTOR_MEMORY", "1g"), ("SPARK_APPLICATION_ID", "spark-7d2f0c6bb2f14ed0"), ("SPARK_CONF_DIR", "/opt/spark/conf"),
                 ("SPARK_EXECUTOR_ID", "3"), ("SPARK_RESOURCE_PROFILE_ID", "0"),
                 *((f"SPARK_JAVA_OPT_{i}", f"-Dspark.executor.setting.number{i}=value-{i}") for i in range(20))]
    container = {**shipper(0, 0), "name": "spark-kubernetes-executor", "image": "registry.example.com/platform/spark:3.5.6-scala2.12-java17",
                 "args": ["executor"], "env": [{"name": name, "value": value} for name, value in variables], "securityContext": {},
                 "ports": [{"name": "blockmanager", "containerPort": 7079, "protocol": "TCP"}]}
    del container["livenessProbe"]
    thing = pod("analytics", [container])
    driver = {"apiVersion": "v1", "kind": "Pod", "name": f"{POD}-x7k2p", "controller": True, "uid": "1b6ea2d4-7d67-4a5e-9f46-6f0c1e1f5b2d"}
    thing["metadata"].update(name="spark-connect-7d2f0c6b-exec-3", ownerReferences=[driver], labels={
        "spark-role": "executor", "spark-app-selector": "spark-7d2f0c6bb2f14ed0", "spark-exec-id": "3", "spark-version": "3.5.6"})
    return review("pods", thing)


def hostile():
    start = {"name": "c", "command": ["/opt/spark/sbin/start-connect-server.sh"]}
    return review("pods", pod("reports", [start] * 44_000, managed_fields=False))


def review(resource, thing):
    kind = {"group": "", "version": "v1", "kind": thing["kind"]}
    plural = {"group": "", "version": "v1", "resource": resource}
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": kind, "resource": plural, "requestKind": kind,
        "requestResource": plural, "name": thing["metadata"]["name"], "namespace": thing["metadata"]["namespace"],
        "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller",
                     "uid": "2c9c0d53-6c7d-4f7e-a6a2-0f4c0e9f7f10",
                     "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]},
        "object": thing, "oldObject": None, "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}}}


def namespace(name, annotations):
    return {"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {"sparkgate.io/mode": "enforce"}, "annotations": annotations}}


def facts():
    return [
        namespace("analytics", {"sparkgate.io/backendMode": "k8s"}),
        namespace("reports", {"sparkgate.io/backendMode": "standalone",
                              "sparkgate.io/standaloneMaster": "spark://spark-master.reports.svc:7077"}),
        config_map("analytics", 10),
        config_map("reports", 10),
    ]


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    small = [server(2, 0), shipper(0, 0)]
    large = [server(27, 40), shipper(0, 12), shipper(1, 12), shipper(2, 12)]
    payloads = {
        "pod7k": review("pods", pod("reports", small)),
        "pod7k-k8s": review("pods", pod("analytics", small)),
        "pod21k": review("pods", pod("reports", large)),
        "cm8k": review("configmaps", config_map("reports", 47)),
        "executor": executor(),
        "hostile3m": hostile(),
    }
    for name, payload in payloads.items():
        (folder / f"{name}.json").write_text(json.dumps(payload, separators=(",", ":")))
    # JSON is YAML.
    (folder / "facts.yaml").write_text("---\n".join(json.dumps(fact) + "\n" for fact in facts()))


if __name__ == "__main__":
    main()
