"""What the runtime tests work with: versions, the size of the load, and values of the charts that fit a small machine."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CHARTS = ROOT / "manifests" / "charts"
VERSIONS = {"3.5": "3.5.7", "4.1": "4.1.4"}
BACKENDS = ("k8s", "standalone")
K8S_MASTER = "k8s://https://kubernetes.default.svc"

ROWS = int(os.environ.get("LOAD_ROWS", 1_000_000))
PARTITIONS = int(os.environ.get("LOAD_PARTITIONS", 50))
ITERATIONS = int(os.environ.get("LOAD_ITERATIONS", 3))
EXECUTORS = int(os.environ.get("LOAD_EXECUTORS", 3))
CLIENTS = 4
ROUNDS = int(os.environ.get("LOAD_ROUNDS", 1))

# The serial collector and the first compiler alone halve the CPU time of short-lived JVMs.
JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
SECRET, ACCESS_KEY, SECRET_KEY = "s3-credentials", "access-of-the-test", "secret-of-the-test"


def resources(memory, limit, cpu="50m"):
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": "2", "memory": limit}}


def image(version):
    return {"repository": "bed.local/spark", "tag": VERSIONS[version], "pullPolicy": "Never"}


def connect_values(version, s3, executors=EXECUTORS, **more):
    return {
        "sparkVersion": version,
        "image": image(version),
        "driver": {"memory": "640m", "javaOptions": JAVA},
        "executor": {"instances": executors, "cores": 1, "memory": "512m", "requestCores": "50m", "limitCores": "1", "javaOptions": JAVA},
        "resources": resources("512Mi", "1280Mi"),
        "s3": {"enabled": True, "endpoint": s3, "existingSecret": SECRET},
        # retryWait: an executor that is gone is given up three times sooner than by default.
        # maxFailures: one that is going refuses tasks at once, and is offered the same one again until it is gone.
        "sparkConf": {"spark.sql.shuffle.partitions": "8", "spark.shuffle.io.retryWait": "1s", "spark.task.maxFailures": "50", "spark.test.mine": "kept: a = b"},
        **more,
    }


def standalone_values(version, workers=EXECUTORS):
    return {
        "sparkVersion": version,
        "image": image(version),
        "master": {"memory": "128m", "javaOptions": JAVA, "resources": resources("192Mi", "384Mi")},
        "worker": {
            "replicas": workers,
            "cores": 1,
            "memory": "1g",
            "daemonMemory": "128m",
            "javaOptions": JAVA,
            "resources": resources("512Mi", "1280Mi"),
        },
        "s3": {"enabled": True, "existingSecret": SECRET},
    }
