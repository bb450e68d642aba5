"""The chart spark-connect: its value backendMode and a namespace's give the same effective settings, as Spark itself resolves them.

Per version, set of values and backend: the chart with that backendMode as it is, against the chart with either backendMode as sparkgate
admits it into a namespace of that backend; its pod with ConfigMaps both rewritten and as they were.
"""
import concurrent.futures
import copy
import json
import pathlib
import shutil
import subprocess

import yaml

CHART = pathlib.Path(__file__).parents[3] / "manifests" / "charts" / "spark-connect"
# Keys that may differ, with the reason. There are none.
MAY_DIFFER = {}
VALUES = {
    "defaults": {},
    "sized": {"executor": {"instances": 3, "cores": 2, "memory": "2g",
                           "memoryOverhead": "512m", "requestCores": "500m", "limitCores": "2"}},
    "dynamic": {"executor": {"cores": 2}, "dynamicAllocation": {"enabled": True, "minExecutors": 1, "maxExecutors": 6}},
    "secured": {"authentication": {"enabled": True, "existingSecret": "rpc"}, "openshift": True},
    "logged": {"eventLog": {"enabled": True, "dir": "s3a://logs/events"}, "historyServer": {"enabled": True},
               "s3": {"enabled": True, "endpoint": "http://minio:9000", "existingSecret": "minio"}},
    "packages": {"connectJar": {"packages": True}},
    "own": {"sparkConf": {"spark.executor.cores": 3, "spark.cores.max": 9, "spark.sql.x": "a\\b\nc",
                          "spark.driver.host": "connect.corp.example"},
            "driver": {"javaOptions": "-Da=b -Dc=${env:POD_IP}"}},
    "shuffle": {"sparkConf": {"spark.shuffle.service.enabled": True}},
}
# What a namespace of Kubernetes executors sets whatever anybody says.
SET_BY_NAMESPACE = {
    ("shuffle", "k8s"): {"spark.shuffle.service.enabled": "there is no shuffle service on Kubernetes, executors would wait for it"},
}


def rendered(helm, values, version):
    image = {"repository": "registry.example/spark", "tag": version}
    text = json.dumps({"sparkVersion": version[:3], "image": image, **values})
    done = subprocess.run([helm, "template", "spark-connect", CHART, "-n", "reports", "--kube-version", "1.35.0", "-f", "-"],
                          input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"helm template: {done.stderr[-2000:]}")
    return done.stdout


def admitted(program, text, backend, master):
    """The objects as they are in a namespace of that backend."""
    told = {"sparkgate.io/backendMode": backend, "sparkgate.io/standaloneMaster": master}
    meta = {"name": "reports", "labels": {"sparkgate.io/mode": "enforce"}, "annotations": told}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    text = f"{json.dumps(namespace)}\n---\n{text}"
    call = [program, "review", "-f", "-", "-o", "yaml"]
    done = subprocess.run(call, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"sparkgate review: exit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def server_of(text):
    """(the pod that the Deployment would make, the ConfigMaps)"""
    things = [thing for thing in yaml.safe_load_all(text) if thing]
    (deployment,) = [t for t in things if t["kind"] == "Deployment" and t["metadata"]["name"] == "spark-connect"]
    pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(deployment["spec"]["template"])}
    pod["metadata"].update(name="spark-connect-0", namespace="reports")
    # What differs between two renderings by its nature.
    pod["metadata"].pop("annotations", None)
    return pod, [t for t in things if t["kind"] == "ConfigMap"]


def differences(one, other, allowed):
    """What Spark was told, of two runs of the pod."""
    if len(one) != len(other):
        yield f"{len(one)} calls, {len(other)} calls"
    for a, b in zip(one, other):
        for name in sorted(a.keys() | b.keys()):
            if name != "conf" and a.get(name) != b.get(name):
                yield f"{name} is {a.get(name)!r} by value, {b.get(name)!r} by namespace"
        old, new = a.get("conf", {}), b.get("conf", {})
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key) and key not in allowed:
                yield f"{key} is {old.get(key)!r} by value, {new.get(key)!r} by namespace"


def compare(bench, helm, version, name, backend, masters, expect):
    """-> (what was compared, problems)"""
    values = VALUES[name]
    mine = {**values, "backendMode": backend, "standaloneMaster": masters["standalone"]}
    by_value, notes = bench.servers(*server_of(rendered(helm, mine, version)), version)
    problems = [] if by_value else [f"Spark was not called: {notes}"]
    for told in by_value:
        if told.get("main", "").endswith(".SparkSubmit"):
            problems += expect(told, backend, "reports", True) if (name, backend) not in SET_BY_NAMESPACE else []
    yield "its value", problems
    for said in masters:
        text = rendered(helm, {**values, "backendMode": said}, version)
        pod, config_maps = server_of(admitted(bench.options.sparkgate, text, backend, masters["standalone"]))
        for files, those in (("rewritten", config_maps), ("raw", server_of(text)[1])):
            by_namespace, _ = bench.servers(pod, those, version)
            allowed = {**MAY_DIFFER, **SET_BY_NAMESPACE.get((name, backend), {})}
            yield f"its namespace, the value being {said}, files {files}", list(differences(by_value, by_namespace, allowed))


def make_folder(bench, helm, version):
    """The init container that makes the event log's folder, run for real: Hadoop's shell is among Spark's jars."""
    folder = bench.scratch / f"events-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    pod, config_maps = server_of(rendered(helm, {"eventLog": {"enabled": True, "dir": f"file:{folder}/a/b"}}, version))
    (init,) = pod["spec"]["initContainers"]
    conf = bench.scratch / f"hadoop-{version}"
    conf.mkdir(exist_ok=True)
    (text,) = [c["data"]["core-site.xml"] for c in config_maps if "core-site.xml" in c["data"]]
    (conf / "core-site.xml").write_text(text)
    problems = [] if init["args"][0] == "/opt/spark/bin/spark-class" else [f"calls {init['args'][0]}"]
    # As the launcher orders them (AbstractCommandBuilder.buildClassPath).
    call = ["java", "-Xmx256m", "-cp", f"{bench.jars[version]}/*:{conf}", *(arg.replace("/etc/spark-connect", str(conf)) for arg in init["args"][1:])]
    for _ in range(2):  # a server that restarts finds it there
        done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        problems += [] if done.returncode == 0 and (folder / "a/b").is_dir() else [f"exit {done.returncode}: {done.stdout[-300:]}"]
    return problems


def run_all(bench, helm, masters, expect, report):
    """report(title, problems) is told of each comparison."""
    for version in bench.sparks:
        report(f"chart, Spark {version}, the event log's folder", make_folder(bench, helm, version))

    def work(version, name, backend):
        return f"chart {name}, Spark {version}, {backend}", list(compare(bench, helm, version, name, backend, masters, expect))

    cells = [(version, name, backend) for version in bench.sparks for name in VALUES for backend in masters]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for title, results in pool.map(lambda cell: work(*cell), cells):
            for how, problems in results:
                report(f"{title} by {how}", problems)
