"""The charts of Spark: the standalone cluster, who reaches whom, both at once, and what sparkgate says of them."""

import json
import os
import subprocess
import tarfile

import pytest
import yaml

from spark_charts import CONNECT, HISTORY, LOG, POLICY, PORTS, SERVERS, STANDALONE, UMBRELLA, VARIANTS
from spark_charts import Objects, decoded, notes, rendered, template, variants

GATE = "spark://master.shared.svc:7077"


# ---- spark-standalone ----


def test_daemons():
    o = Objects(STANDALONE, {"worker": {"replicas": 3, "cores": 4, "memory": "3g", "javaOptions": "-Da=b"}, "master": {"memory": "256m"}})
    master, worker = o.container("spark-standalone-master"), o.container("spark-standalone-worker")
    assert master["args"][:4] == ["/opt/spark/bin/spark-class", "org.apache.spark.deploy.master.Master", "--host", "$(POD_IP)"]
    assert o.env("spark-standalone-master")["SPARK_MASTER_OPTS"] == "-Dspark.master.rest.enabled=false"
    assert {p["port"] for p in o.of("Service", "spark-standalone-master")["spec"]["ports"]} == {7077, 8080}, "6066 is closed"
    assert worker["args"][-5:] == ["-c", "4", "-m", "3g", "spark://spark-standalone-master:7077"]
    env = o.env("spark-standalone-worker")
    assert (env["SPARK_DAEMON_MEMORY"], env["SPARK_DAEMON_JAVA_OPTS"]) == ("512m", "-Da=b")
    assert all(env[name].startswith("/opt/spark/work-dir/") for name in ("SPARK_WORKER_DIR", "SPARK_LOCAL_DIRS"))
    assert o.env("spark-standalone-master")["SPARK_DAEMON_MEMORY"] == "256m"
    assert o.of("Deployment", "spark-standalone-worker")["spec"]["replicas"] == 3
    assert not any("command" in c for c in (master, worker))


def test_recovery():
    def volume(values):
        o = Objects(STANDALONE, {"master": {"recovery": values}})
        volumes = {v["name"]: v for v in o.pod("spark-standalone-master")["volumes"]}
        return volumes.get("recovery"), o.of("ConfigMap", "spark-standalone-conf")["data"]["spark-defaults.conf"]

    kept, text = volume({"existingClaim": "c"})
    assert kept["persistentVolumeClaim"] == {"claimName": "c"} and "spark.deploy.recoveryMode=FILESYSTEM" in text
    assert volume({})[0]["emptyDir"] == {}
    kept, text = volume({"enabled": False})
    assert kept is None and "recovery" not in text


# ---- policies ----


def may_reach(o, target, port):
    """What the policies of a pod say of a port: the peers; None is everybody."""
    (labels,) = [labels for name, labels, _ in o.pods() if name == target]
    rules = [rule for (kind, _), x in o.all.items() if kind == "NetworkPolicy" for rule in x["spec"]["ingress"]
             if x["spec"]["podSelector"]["matchLabels"].items() <= labels.items()]  # fmt: skip
    hits = [rule for rule in rules if "ports" not in rule or port in [p["port"] for p in rule["ports"]]]
    return None if any("from" not in rule for rule in hits) else [peer for rule in hits for peer in rule["from"]]


def peer(labels):
    return {"podSelector": {"matchLabels": {k: v for k, v in labels.items() if k.split("/")[-1] in ("name", "instance", "component")}}}


NEAR, FAR = [{"podSelector": {"matchLabels": {"a": "b"}}}], [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]


def test_who_reaches_a_driver():
    o, more = Objects(CONNECT, POLICY), {"enabled": True, "clientsFrom": NEAR, "driverFrom": FAR}
    cluster = {"key": "app.kubernetes.io/component", "operator": "In", "values": ["spark-master", "spark-worker"]}
    by_default = [peer(o.executor["metadata"]["labels"]), {"podSelector": {"matchExpressions": [cluster]}}]
    for port in ("driver", "blocks"):
        assert may_reach(o, "spark-connect", port) == by_default, "of this namespace alone"
        assert may_reach(Objects(CONNECT, {"networkPolicy": more}), "spark-connect", port) == by_default + FAR
    for port in ("grpc", "ui"):
        assert may_reach(o, "spark-connect", port) is None
        assert may_reach(Objects(CONNECT, {"networkPolicy": more}), "spark-connect", port) == NEAR
    assert may_reach(o, "executor", 7079) == [peer(labels) for name, labels, _ in o.pods() if name in ("spark-connect", "executor")]
    components = {labels["app.kubernetes.io/component"] for _, labels, _ in Objects(STANDALONE).pods()}
    assert components == set(cluster["values"])


def test_who_reaches_a_standalone_cluster():
    """Connect servers always, whoever may see the UIs."""
    plain = Objects(STANDALONE, POLICY)
    both = Objects(STANDALONE, {"networkPolicy": {"enabled": True, "clientsFrom": NEAR, "applicationsFrom": FAR}})
    own = {name: peer(labels) for name, labels, _ in plain.pods()}
    servers = [{"podSelector": {"matchLabels": labels}} for labels in SERVERS]
    for o, uis, others in ((plain, [{"podSelector": {}}], []), (both, NEAR, FAR)):
        assert may_reach(o, "spark-standalone-master", "rpc") == [own["spark-standalone-worker"], *servers, *others]
        inside = [own["spark-standalone-master"], own["spark-standalone-worker"], *servers, *others]
        assert may_reach(o, "spark-standalone-worker", 7079) == inside, "executors' ports have no names"
        assert may_reach(o, "spark-standalone-worker", "ui") == inside + uis
        assert may_reach(o, "spark-standalone-master", "ui") == uis
    server = next(labels for name, labels, _ in Objects(CONNECT).pods() if name == "spark-connect")
    assert SERVERS[0].items() <= server.items()


def test_ports_are_the_same_everywhere():
    """Settings and arguments, containers, Services and policies."""
    o = Objects(CONNECT, POLICY)
    ports = {p["name"]: p["containerPort"] for p in o.container()["ports"]}
    conf = {"spark.ui.port": "4040", **o.conf}
    assert {name: int(conf[key]) for key, name in PORTS.items() if name} == ports
    (rule,) = o.of("NetworkPolicy", "spark-connect-executor")["spec"]["ingress"]
    assert [p["port"] for p in rule["ports"]] == [int(conf["spark.blockManager.port"])]
    named = {p["port"] for rule in o.of("NetworkPolicy")["spec"]["ingress"] for p in rule["ports"]}
    assert named == set(ports), "a policy speaks of every port"
    service = {p["name"]: (p["port"], p["targetPort"]) for p in o.of("Service")["spec"]["ports"]}
    assert service == {"grpc": (ports["grpc"], "grpc"), "ui": (ports["ui"], "ui")}
    for key in PORTS:
        assert conf[key] in template(CONNECT, {"sparkConf": {key: 1}}).stderr, "the refusal names it"

    s = Objects(STANDALONE, POLICY)
    for part, own in (("master", (7077, 8080)), ("worker", (7078, 8081))):
        container = s.container(f"spark-standalone-{part}")
        args = container["args"]
        told = tuple(int(args[args.index(flag) + 1]) for flag in ("--port", "--webui-port"))
        assert told == own == tuple(p["containerPort"] for p in container["ports"])
        assert [p["name"] for p in container["ports"]] == ["rpc", "ui"]
    assert {(p["targetPort"], p["port"]) for p in s.of("Service", "spark-standalone-master")["spec"]["ports"]} == {("rpc", 7077), ("ui", 8080)}
    assert s.container("spark-standalone-worker")["args"][-1].endswith(":7077")


# ---- both ----


def test_both_in_one_release():
    o = Objects(CONNECT, {**UMBRELLA, "backendMode": "standalone"})
    assert o.conf["spark.master"] == "spark://spark-connect-spark-standalone-master:7077"
    assert ("Service", "spark-connect-spark-standalone-master") in o.all
    named = Objects(CONNECT, {"spark-standalone": {"enabled": True, "fullnameOverride": "cluster"}, "backendMode": "standalone"})
    assert named.conf["spark.master"] == "spark://cluster-master:7077" and ("Service", "cluster-master") in named.all
    assert Objects(CONNECT, {**UMBRELLA, "standaloneMaster": GATE, "backendMode": "standalone"}).conf["spark.master"] == GATE


def test_both_in_one_namespace():
    one, other = Objects(CONNECT, {"backendMode": "standalone"}), Objects(STANDALONE)
    assert not set(one.all) & set(other.all)
    assert one.conf["spark.master"].split("/")[-1].split(":")[0] in {name for kind, name in other.all if kind == "Service"}


def test_what_is_said_for_both():
    o = Objects(*VARIANTS["umbrella-all"])
    images = {c["image"] for _, _, spec in o.pods() for c in spec["containers"] if "image" in c}
    assert images == {"mine:3.5.7-connect"} and "runAsUser" not in rendered(*VARIANTS["umbrella-all"])
    secured = [name for kind, name in o.all if kind == "Deployment" and "_SPARK_AUTH_SECRET" in o.env(name)]
    assert len(secured) == 3
    off = {"s3": {"pathStyleAccess": True, "enabled": True}, "global": {"spark": {"s3": {"pathStyleAccess": False}}}}
    assert Objects(CONNECT, off).conf["spark.hadoop.fs.s3a.path.style.access"] == "false", "false goes over true"


def test_a_package_holds_both(tmp_path):
    run = subprocess.run([os.environ["HELM"], "package", CONNECT, "-d", tmp_path], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (archive,) = tmp_path.glob("spark-connect-*.tgz")
    with tarfile.open(archive) as packed:
        assert "spark-connect/charts/spark-standalone/templates/master.yaml" in packed.getnames()
    values = {**UMBRELLA, "backendMode": "standalone"}
    assert sorted(decoded(template(archive, values, release="spark-connect").stdout)) == sorted(decoded(rendered(CONNECT, values)))


def test_notes(tmp_path):
    text = notes(CONNECT, {"sparkVersion": "3.5", "backendMode": "standalone", **LOG, **HISTORY}, tmp_path / "a")
    assert "sc://spark-connect.reports.svc:15002" in text and "on spark://spark-standalone-master:7077" in text
    assert "connectJar.packages=true" in text and "spark-connect-history 18080" in text
    assert "connectJar" not in notes(CONNECT, {}, tmp_path / "b") and "executor pods" in notes(CONNECT, {}, tmp_path / "c")
    assert "sparkgate.io/" not in notes(CONNECT, {}, tmp_path / "e").replace("sparkgate.io/mode and its annotation sparkgate.io/backendMode", "")
    both = notes(CONNECT, UMBRELLA, tmp_path / "f").replace(" \\\n   ", "")
    told = "sparkgate.io/backendMode=standalone sparkgate.io/standaloneMaster=spark://spark-connect-spark-standalone-master:7077"
    assert f"kubectl annotate --overwrite namespace reports {told}\n" in both
    assert "sparkgate.io/standaloneMaster=spark://spark-standalone-master:7077" in notes(STANDALONE, {}, tmp_path / "d")


# ---- what sparkgate makes of them ----


def review(text, backend, tmp_path, form="json"):
    facts = tmp_path / "namespaces.yaml"
    told = {"sparkgate.io/backendMode": backend, "sparkgate.io/standaloneMaster": GATE}
    meta = {"name": "reports", "labels": {"sparkgate.io/mode": "enforce"}, "annotations": told}
    facts.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}))
    call = [os.environ["SPARKGATE"], "review", "-f", "-", "--namespaces", facts, "-o", form]
    run = subprocess.run(call, input=text, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()] if form == "json" else [o for o in yaml.safe_load_all(run.stdout) if o]


ROLES = {
    ("Deployment", "spark-connect"): "connect-server", ("ConfigMap", "spark-connect-conf"): "connect-config",
    ("ConfigMap", "spark-connect-executor"): "connect-config",
    ("Deployment", "spark-standalone-master"): "standalone-master", ("Deployment", "spark-standalone-worker"): "standalone-worker",
    ("Deployment", "spark-connect-spark-standalone-master"): "standalone-master",
    ("Deployment", "spark-connect-spark-standalone-worker"): "standalone-worker",
}  # fmt: skip


@pytest.mark.parametrize("backend", ["k8s", "standalone"])
@variants
def test_sparkgate_lets_it_pass_without_a_word(chart, values, backend, tmp_path):
    """Allowed, no warning, nothing hardened that was not yet, and the master of the namespace on the command line."""
    verdicts = review(rendered(chart, values), backend, tmp_path)
    seen = {(v["kind"], v["name"]): v for v in verdicts if v["role"] not in (None, "none")}
    assert {key: v["role"] for key, v in seen.items()} == {key: role for key, role in ROLES.items() if key in Objects(chart, values).all}
    assert [(v["name"], v["warnings"], v["violations"]) for v in verdicts if not v["allowed"] or v["warnings"] or v["violations"]] == []
    if chart == CONNECT:
        before = Objects(chart, values).pod()
        (after,) = [o["spec"]["template"]["spec"] for o in review(rendered(chart, values), backend, tmp_path, "yaml")
                    if (o["kind"], o["metadata"]["name"]) == ("Deployment", "spark-connect")]  # fmt: skip
        args = after["containers"][0].pop("args")
        assert args[args.index("--master") + 1] == (GATE if backend == "standalone" else "k8s://https://kubernetes.default.svc")
        assert before["containers"][0].pop("args") and after == before, "nothing but the command line changes"


def test_sparkgate_knows_a_server_of_another_name(tmp_path):
    """By its own label, on exactly the two objects that play a role."""
    values = {"nameOverride": "sql", "sparkConf": {"spark.a": "b"}}
    text = rendered(CONNECT, values)
    o = Objects(CONNECT, values)
    role = {kind: [x["metadata"]["labels"].get("sparkgate.io/role") for (k, _), x in sorted(o.all.items()) if k == kind] for kind, _ in o.all}
    assert role["ConfigMap"] == ["connect-config", None] and {*role["Deployment"], *role["Service"]} == {None}
    labels = {name: labels.get("sparkgate.io/role") for name, labels, _ in o.pods()}
    assert labels == {"spark-connect-sql": "connect-server", "spark-connect-sql-test": None}
    assert "sparkgate.io/role" not in o.of("ConfigMap", "spark-connect-sql-executor")["data"]["executor-pod-template.yaml"]
    assert "sparkgate.io/role" not in rendered(CONNECT)
    verdicts = {(v["kind"], v["name"]): v for v in review(text, "standalone", tmp_path)}
    assert verdicts["Deployment", "spark-connect-sql"]["role"] == "connect-server"
    assert verdicts["ConfigMap", "spark-connect-sql-conf"]["role"] == "connect-config"
    assert all(v["allowed"] and not v["warnings"] for v in verdicts.values())


def test_sparkgate_knows_an_executor_of_the_template(tmp_path):
    """As Spark makes it: its labels, arguments and variables over the template."""
    pod = Objects(CONNECT).executor
    pod["metadata"].update(name="x-exec-1", namespace="reports")
    pod["metadata"]["labels"].update({"spark-role": "executor", "spark-exec-id": "1"})
    pod["spec"]["containers"][0].update(image="apache/spark:4.1.1", args=["executor"], env=[{"name": "SPARK_EXECUTOR_ID", "value": "1"}])
    (verdict,) = review(yaml.safe_dump(pod), "k8s", tmp_path)
    assert (verdict["role"], verdict["allowed"], verdict["warnings"], verdict["violations"]) == ("executor", True, [], [])
