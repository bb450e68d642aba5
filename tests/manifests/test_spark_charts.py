"""The charts of Spark: what holds of all their objects, and which values are refused."""

import copy
import json
import re

import pytest
import yaml

from chart import helm
from spark_charts import AUTH, CHARTS, CONNECT, HISTORY, LOG, PORTS, SERVERS, STANDALONE, UMBRELLA
from spark_charts import Objects, charts, decoded, rendered, template, variants

# Settings that hold a secret, and what the refusal of one in clear points at.
SECRETS = {
    "spark.hadoop.fs.s3a.access.key": "s3.existingSecret", "spark.hadoop.fs.s3a.secret.key": "s3.existingSecret",
    "spark.hadoop.fs.s3a.session.token": "s3.existingSecret", "spark.hadoop.fs.s3a.bucket.logs.secret.key": "s3.existingSecret",
    "spark.authenticate.secret": "authentication.existingSecret", "spark.connect.authenticate.token": "env",
}  # fmt: skip
SECRET = r"(access[.]key|secret([.]key)?|token|password)$"
TAKEN = ("/", "/tmp", "/tmp/", "//tmp", "/opt/spark", "/opt/spark/conf", "/opt/spark/conf/a", "/opt/spark/work-dir/", "/opt/./spark/../spark/conf")


# ---- what holds of all ----


@variants
def test_lint(chart, values):
    run = helm("lint", "--strict", "--kube-version", "1.35.0", chart, values=values)
    assert run.returncode == 0, run.stdout


@variants
def test_the_newest_kubernetes_takes_every_object(chart, values):
    """Strictly decoded, the template of executor pods too; and all pods are restricted."""
    verdicts = decoded(rendered(chart, values))
    assert len(verdicts) >= 5 and [v for v in verdicts if v[2] != "ok"] == []
    if chart == CONNECT:
        text = Objects(chart, values).of("ConfigMap", "spark-connect-executor")["data"]["executor-pod-template.yaml"]
        assert [(kind, verdict) for kind, _, verdict in decoded(text)] == [("Pod", "ok")]
        assert "unknown field" in decoded(text.replace("volumeMounts:", "volumesMounts:"))[0][2]
        assert "runAsNonRoot" in decoded(text.replace("runAsNonRoot: true", "runAsNonRoot: false"))[0][2]


@variants
def test_pods_are_as_tight_as_they_can_be(chart, values):
    for name, _, spec in Objects(chart, values).pods():
        assert spec["enableServiceLinks"] is False, name
        assert spec["automountServiceAccountToken"] is (name == "spark-connect"), name
        for container in spec["containers"] + spec.get("initContainers", []):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert name == "executor" or "memory" in container["resources"]["limits"], name
            mounts = [m["mountPath"] for m in container.get("volumeMounts", [])]
            assert len(set(mounts)) == len(mounts), f"{name}: {mounts}"
            assert {m["name"] for m in container.get("volumeMounts", [])} <= {v["name"] for v in spec.get("volumes", [])}


@variants
def test_selectors_select(chart, values):
    """Every Service and Deployment the pods of one part, and every port by a name that they have; policies the parts that they name."""
    o = Objects(chart, values)
    pods = {name: labels for name, labels, _ in o.pods()}
    ports = {name: {p["name"] for c in spec["containers"] for p in c.get("ports", [])} for name, _, spec in o.pods()}

    def selected(selector):
        return [name for name, labels in pods.items() if selector.items() <= labels.items()]

    for (kind, name), x in o.all.items():
        if kind == "Deployment":
            assert selected(x["spec"]["selector"]["matchLabels"]) == [name]
        elif kind == "Service":
            assert selected(x["spec"]["selector"]) == [name]
            assert {p["targetPort"] for p in x["spec"]["ports"]} <= ports[name]
        elif kind == "NetworkPolicy":
            (only,) = selected(x["spec"]["podSelector"]["matchLabels"])
            named = {p["port"] for rule in x["spec"]["ingress"] for p in rule.get("ports", []) if isinstance(p["port"], str)}
            assert named <= ports[only]
            froms = [f for rule in x["spec"]["ingress"] for f in rule.get("from", [])]
            labels = [f["podSelector"]["matchLabels"] for f in froms if "matchLabels" in f.get("podSelector", {})]
            assert all(map(selected, [one for one in labels if one not in SERVERS]))


@variants
def test_nothing_secret_stands_in_a_file_or_a_command_line(chart, values):
    o = Objects(chart, values)
    assert not any(kind == "Secret" for kind, _ in o.all)
    for name, _, spec in o.pods():
        for container in spec["containers"] + spec.get("initContainers", []):
            secret = [e for e in container.get("env", []) if any(word in e["name"] for word in ("SECRET", "ACCESS_KEY"))]
            assert all("secretKeyRef" in e["valueFrom"] for e in secret), name
            assert not any(word in " ".join(container.get("args", [])).lower() for word in ("secret", "access.key")), name


    assert in_clear(o) == []


def in_clear(o):
    """Settings by which a secret stands in a ConfigMap: of properties files, and of Hadoop's XML."""
    found = []
    for (kind, name), x in o.all.items():
        for file, text in x["data"].items() if kind == "ConfigMap" else ():
            pairs = [line.partition("=")[::2] for line in text.splitlines()]
            pairs += re.findall("<name>(.*?)</name>\\s*<value>(.*?)</value>", text, re.DOTALL)
            secret = [key for key, value in pairs if re.search(SECRET, key.strip()) and not re.match(r"[$]{env[:.]\w+}$", value)]
            found += [f"{name}/{file}: {key}" for key in secret]
    return found


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_a_file_would_be_seen(key):
    """The check above has eyes: the name of a variable is fine, the canary in any file is not."""
    o = Objects(CONNECT, {"sparkConf": {key: "${env:CANARY}"}, **LOG})
    assert in_clear(o) == [] and "${env:CANARY}" in o.conf[key]
    data = copy.deepcopy(o.of("ConfigMap", "spark-connect-conf")["data"])
    o.all["ConfigMap", "spark-connect-conf"] = {"data": {f: text.replace("${env:CANARY}", "canary") for f, text in data.items()}}
    assert f"spark-connect-conf/spark-defaults.conf: {key}" in in_clear(o)


@charts
def test_schema_and_values_name_the_same(chart):
    """No value without a rule, no rule without a value that says what it is."""
    schema = json.loads((chart / "values.schema.json").read_text())
    values = yaml.safe_load((chart / "values.yaml").read_text())

    def resolve(node):
        return schema["definitions"][node["$ref"].split("/")[-1]] if "$ref" in node else node

    def compare(node, value, path):
        node = resolve(node)
        if path == ".spark-standalone" or path == ".global.spark":
            return
        if "properties" in node:
            assert set(node["properties"]) - {"enabled" if path == "" else None} == set(value), path
            for key, inner in node["properties"].items():
                if key in value:
                    compare(inner, value[key], f"{path}.{key}")

    compare(schema, values, "")
    shared = set(schema["definitions"]["shared"]["properties"])
    other = yaml.safe_load(((STANDALONE if chart == CONNECT else CONNECT) / "values.yaml").read_text())
    assert shared <= set(values) & set(other), "what is said for both charts is a value of both"


@pytest.mark.parametrize(
    ("chart", "values", "message"),
    [
        (CONNECT, {"backendMode": "kubernetes"}, "/backendMode"),
        (CONNECT, {"sparkVersion": "3.4"}, "/sparkVersion"),
        (CONNECT, {"sparkVersion": 4.2}, "/sparkVersion"),
        *((chart, {"image": {"tag": "3.5.7-mine"}}, "image.tag 3.5.7-mine is of Spark 3.5, sparkVersion says 4.1") for chart in CHARTS),
        (CONNECT, {"image": {"tag": "4.1.1", "digest": "sha256:" + "a" * 64}, "sparkVersion": "3.5"}, "image.tag 4.1.1 is of Spark 4.1"),
        (CONNECT, {"executor": {"requestCores": -1}}, "/executor/requestCores"),
        (CONNECT, {"executor": {"limitCores": -0.5}}, "/executor/limitCores"),
        (CONNECT, {"fullnameOverride": "x", "spark-standalone": {"enabled": True, "fullnameOverride": "x"}}, "would be called x"),
        (CONNECT, {"standaloneMaster": "spark://a:7077,spark://b:7077"}, "/standaloneMaster"),
        (CONNECT, {"standaloneMaster": "spark://a"}, "/standaloneMaster"),
        (CONNECT, {"excutor": {"cores": 2}}, "excutor"),
        (CONNECT, {"executor": {"core": 2}}, "core"),
        (CONNECT, {"executor": {"instances": 0}}, "/executor/instances"),
        (CONNECT, {"executor": {"memory": "1Gi"}}, "/executor/memory"),
        (CONNECT, {"executor": {"memory": "400m"}}, "executor.memory"),
        (CONNECT, {"driver": {"memory": "449M"}}, "driver.memory"),
        (CONNECT, {"openshift": "yes"}, "/openshift"),
        (CONNECT, {"commonLabels": {"app.kubernetes.io/name": "x"}}, "/commonLabels"),
        (CONNECT, {"global": {"spark": {"executor": {}}}}, "/global/spark"),
        (CONNECT, {**UMBRELLA, "spark-standalone": {"enabled": True, "wroker": {}}}, "wroker"),
        (CONNECT, {"sparkConf": {"spark.master": "local[*]"}}, "spark.master is backendMode's"),
        (CONNECT, {"sparkConf": {"spark.driver.memory": "4g"}}, "spark.driver.memory is driver.memory's"),
        (CONNECT, {"sparkConf": {"spark.submit.deployMode": "cluster"}}, "spark.submit.deployMode is fixed"),
        *((CONNECT, {"sparkConf": {key: 1}}, f"{key} is fixed") for key in PORTS),
        *((chart, {"sparkConf": {key: "geheim"}}, f"{key} would stand in a ConfigMap in clear; {way}")
          for chart in CHARTS for key, way in SECRETS.items()),
        (CONNECT, {"sparkConf": {"fs.s3a.endpoint": "x"}}, "does not begin with 'spark.'"),
        (CONNECT, {"sparkConf": {"spark.a b": "x"}}, "'spark.a b' has a blank"),
        (CONNECT, {"dynamicAllocation": {"enabled": True, "minExecutors": 5}}, "minExecutors <= initialExecutors <= maxExecutors"),
        (CONNECT, {"dynamicAllocation": {"enabled": True, "minExecutors": 2, "initialExecutors": 1}}, "minExecutors <= initialExecutors"),
        (CONNECT, {"eventLog": {"enabled": True}}, "eventLog.dir"),
        (CONNECT, {"eventLog": {"enabled": True, "dir": "s3a://b", "existingClaim": "c"}}, "file:///"),
        (CONNECT, {"eventLog": {"enabled": True, "dir": "file:///e"}, **HISTORY}, "eventLog.existingClaim"),
        *((CONNECT, {"eventLog": {"enabled": True, "dir": f"file://{path}", "existingClaim": "c"}}, "is taken") for path in TAKEN),
        (CONNECT, {"authentication": {"enabled": True}}, "authentication.existingSecret"),
        (CONNECT, {**UMBRELLA, "sparkVersion": "3.5"}, "global.spark.sparkVersion"),
        (CONNECT, {**UMBRELLA, **AUTH}, "global.spark.authentication"),
        (CONNECT, {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1.9G"}}}, "2Gi is more than its limit, 1.9G"),
        (CONNECT, {"serviceAccount": {"create": False}}, "serviceAccount.name"),
        (CONNECT, {"serviceAccount": {"create": False, "name": "default"}}, "serviceAccount.name"),
        (STANDALONE, {"worker": {"memory": "2Gi"}}, "/worker/memory"),
        (STANDALONE, {"master": {"replicas": 2}}, "replicas"),
        (STANDALONE, {"authentication": {"enabled": True}}, "authentication.existingSecret"),
    ],
)
def test_refused(chart, values, message):
    run = template(chart, values)
    assert run.returncode != 0 and message in run.stderr, run.stderr
