"""The charts of Spark: what each value does to the objects, which values are refused, and what sparkgate says of them."""

import copy
import json
import os
import re
import subprocess
import tarfile
from xml.etree import ElementTree

import pytest
import yaml

from chart import helm
from spark_charts import AUTH, CLAIM, CONNECT, HISTORY, LOG, OPENSHIFT, POLICY, S3, STANDALONE, VARIANTS
from spark_charts import Objects, decoded, notes, rendered, template

CHARTS = (CONNECT, STANDALONE)
UMBRELLA = {"spark-standalone": {"enabled": True}}
GATE = "spark://master.shared.svc:7077"
PORTS = {
    "spark.connect.grpc.binding.port": "grpc", "spark.driver.port": "driver", "spark.driver.blockManager.port": "blocks",
    "spark.blockManager.port": None, "spark.ui.port": "ui",
}  # fmt: skip
# Settings that hold a secret, and what the refusal of one in clear points at.
SECRETS = {
    "spark.hadoop.fs.s3a.access.key": "s3.existingSecret", "spark.hadoop.fs.s3a.secret.key": "s3.existingSecret",
    "spark.hadoop.fs.s3a.session.token": "s3.existingSecret", "spark.hadoop.fs.s3a.bucket.logs.secret.key": "s3.existingSecret",
    "spark.authenticate.secret": "authentication.existingSecret", "spark.connect.authenticate.token": "env",
}  # fmt: skip
SECRET = r"(access[.]key|secret([.]key)?|token|password)$"
TAKEN = ("/", "/tmp", "/tmp/", "//tmp", "/opt/spark", "/opt/spark/conf", "/opt/spark/conf/a", "/opt/spark/work-dir/", "/opt/./spark/../spark/conf")
# A Connect server of any release, as the policies of spark-standalone know it.
SERVERS = ({"app.kubernetes.io/name": "spark-connect"}, {"sparkgate.io/role": "connect-server"})
NAMED = {"runAsUser", "runAsGroup", "fsGroup"}

variants = pytest.mark.parametrize(("chart", "values"), VARIANTS.values(), ids=VARIANTS)
charts = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)


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


# ---- spark-connect ----


def test_the_names_are_those_that_others_rely_on():
    o = Objects(CONNECT)
    assert {*o.all} == {
        *((kind, "spark-connect") for kind in ("Deployment", "Service", "ServiceAccount", "Role", "RoleBinding")),
        ("ConfigMap", "spark-connect-conf"), ("ConfigMap", "spark-connect-executor"), ("Pod", "spark-connect-test"),
    }  # fmt: skip
    assert {x["metadata"]["namespace"] for x in o.list} == {"reports"}
    assert {(p["name"], p["port"]) for p in o.of("Service")["spec"]["ports"]} == {("grpc", 15002), ("ui", 4040)}
    assert Objects(CONNECT, release="a").of("Deployment", "a-spark-connect")
    assert Objects(CONNECT, {"fullnameOverride": "sc"}).of("ConfigMap", "sc-conf")
    assert {n for _, n in Objects(STANDALONE).all} == {"spark-standalone" + s for s in ("", "-conf", "-master", "-worker")}
    long = Objects(CONNECT, release="r" * 53)
    assert all(len(name) <= 63 for _, name in long.all)


def test_one_server_that_its_image_starts():
    o = Objects(CONNECT)
    deployment, container = o.of("Deployment")["spec"], o.container()
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert "command" not in container and container["name"] == "spark-connect"
    assert container["args"] == ["/opt/spark/bin/spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
                                 "--name", "Spark Connect server"]  # fmt: skip
    assert (o.env()["POD_IP"]["fieldRef"]["fieldPath"], o.env()["POD_NAME"]["fieldRef"]["fieldPath"]) == ("status.podIP", "metadata.name")
    mounts = {m["mountPath"]: m["name"] for m in container["volumeMounts"]}
    volumes = {v["name"]: v for v in o.pod()["volumes"]}
    assert volumes[mounts["/opt/spark/conf"]]["configMap"]["name"] == "spark-connect-conf"
    folder, file = o.conf["spark.kubernetes.executor.podTemplateFile"].rsplit("/", 1)
    assert volumes[mounts[folder]]["configMap"]["name"] == "spark-connect-executor"
    assert file in o.of("ConfigMap", "spark-connect-executor")["data"]
    assert "emptyDir" in volumes[mounts["/tmp"]] and "emptyDir" in volumes[mounts["/opt/spark/work-dir"]]
    written = [o.conf["spark.jars.ivy"], o.conf["spark.sql.warehouse.dir"].removeprefix("file:"), container["workingDir"]]
    assert all(path.startswith(("/tmp/", "/opt/spark/work-dir")) for path in written)
    assert o.conf["spark.kubernetes.executor.podTemplateContainerName"] == o.executor["spec"]["containers"][0]["name"]
    assert o.pod()["terminationGracePeriodSeconds"] > container["lifecycle"]["preStop"]["sleep"]["seconds"]


def test_the_backend_is_one_line():
    """Nothing but spark.master differs, whatever the backend: so a change by sparkgate is the same as a change of the value."""
    k8s, standalone = Objects(CONNECT), Objects(CONNECT, {"backendMode": "standalone"})
    assert k8s.conf.pop("spark.master") and {**k8s.conf, "spark.master": "spark://spark-standalone-master:7077"} == standalone.conf
    assert k8s.conf["spark.master"] == "k8s://https://kubernetes.default.svc"
    assert k8s.conf["spark.cores.max"] == "2" and k8s.conf["spark.kubernetes.namespace"] == "reports"
    other = {("ConfigMap", "spark-connect-conf"), ("Deployment", "spark-connect")}  # the latter by the checksum of the former
    assert {key for key in k8s.all if k8s.all[key] != standalone.all[key]} == other and set(k8s.all) == set(standalone.all)
    assert k8s.pod() == standalone.pod()


@pytest.mark.parametrize(
    ("values", "cores"),
    [
        ({}, "2"),
        ({"executor": {"instances": 3, "cores": 4}}, "12"),
        ({"executor": {"cores": 2}, "dynamicAllocation": {"enabled": True, "maxExecutors": 8}}, "16"),
        ({"sparkConf": {"spark.executor.cores": 3}}, "6"),
        ({"sparkConf": {"spark.executor.instances": "5"}}, "5"),
        ({"sparkConf": {"spark.cores.max": 7}}, "7"),
    ],
)
def test_a_standalone_master_counts_cores(values, cores):
    assert Objects(CONNECT, values).conf["spark.cores.max"] == cores


def test_dynamic_allocation():
    conf = Objects(CONNECT, {"dynamicAllocation": {"enabled": True, "minExecutors": 1, "maxExecutors": 8, "initialExecutors": 2}}).conf
    own = {k.removeprefix("spark.dynamicAllocation."): v for k, v in conf.items() if "dynamic" in k}
    assert own == {"enabled": "true", "minExecutors": "1", "maxExecutors": "8", "initialExecutors": "2", "shuffleTracking.enabled": "true"}
    assert conf["spark.shuffle.service.enabled"] == "false" and "spark.executor.instances" not in conf
    assert not any("dynamic" in key for key in Objects(CONNECT).conf)


def test_spark_conf_has_the_last_word():
    said = {"spark.executor.memory": "3g", "spark.b": True, "spark.n": 1000000, "spark.x": "a\\b\nc=${env:D}"}
    said["spark.kubernetes.executor.podTemplateFile"] = "/mine/pod.yaml"
    conf = Objects(CONNECT, {"sparkConf": said}).conf
    assert (conf["spark.executor.memory"], conf["spark.b"], conf["spark.n"]) == ("3g", "true", "1000000")
    assert conf["spark.kubernetes.executor.podTemplateFile"] == "/mine/pod.yaml"
    assert conf["spark.x"] == "a\\\\b\\nc=${env:D}", "as java.util.Properties wants it"


def test_versions():
    new, old = Objects(CONNECT), Objects(CONNECT, {"sparkVersion": "3.5"})
    assert (new.container()["image"], old.container()["image"]) == ("apache/spark:4.1.1", "apache/spark:3.5.7")
    assert new.conf["spark.kubernetes.container.image"] == "apache/spark:4.1.1"
    assert new.env()["SPARK_CONNECT_MODE"] == "0" and "SPARK_CONNECT_MODE" not in old.env()
    packages = {"connectJar": {"packages": True}}
    assert not {"--packages", "--jars"} & {*new.container()["args"], *old.container()["args"]}
    assert "--packages" not in Objects(CONNECT, packages).container()["args"], "4.1 has it"
    args = Objects(CONNECT, {**packages, "sparkVersion": "3.5", "image": {"tag": "3.5.6-python3"}}).container()["args"]
    assert args[args.index("--packages") + 1] == "org.apache.spark:spark-connect_2.12:3.5.6"
    args = Objects(CONNECT, {**packages, "sparkVersion": "3.5", "image": {"tag": "mine"}}).container()["args"]
    assert args[-1] == "org.apache.spark:spark-connect_2.12:3.5.7"
    args = Objects(*VARIANTS["connect-3.5-jar"]).container()["args"]
    assert args[args.index("--jars") + 1] == "local:///opt/extra/spark-connect_2.12-3.5.7.jar"


def test_a_version_may_be_a_number():
    for chart, name in ((CONNECT, "spark-connect"), (STANDALONE, "spark-standalone-master")):
        assert rendered(chart, {"sparkVersion": 3.5}) == rendered(chart, {"sparkVersion": "3.5"})
        assert Objects(chart, {"sparkVersion": 3.5}).container(name)["image"] == "apache/spark:3.5.7"
        tags = {tag: Objects(chart, {"image": {"tag": tag}}).container(name)["image"] for tag in ("4.1.0-java17", "mine-3.5", "2024.11", "7f3a")}
        assert tags == {tag: f"apache/spark:{tag}" for tag in tags}
    assert Objects(CONNECT, {**UMBRELLA, "sparkVersion": 3.5, "spark-standalone": {"enabled": True, "sparkVersion": "3.5"}}).all
    assert Objects(CONNECT, {**UMBRELLA, "global": {"spark": {"sparkVersion": 3.5}}}).container()["image"] == "apache/spark:3.5.7"
    assert Objects(CONNECT, {"executor": {"requestCores": 0.5}}).conf["spark.kubernetes.executor.request.cores"] == "0.5"


class Once(yaml.SafeLoader):
    """Says no to a key that stands twice, as an API server does."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"{node.start_mark}: {keys}"
        return super().construct_mapping(node, deep)


@charts
def test_a_label_said_twice_stands_once(chart):
    """That of the pods counts there; what selects is nobody's to say."""
    values = {"commonLabels": {"team": "data", "cost": "7"}, "podLabels": {"team": "pods"}}
    if chart == CONNECT:
        values |= {"executor": {"podLabels": {"team": "executors"}}, **CLAIM, **HISTORY}
    text = rendered(chart, values)
    assert list(yaml.load_all(text, Once))
    o = Objects(chart, values)
    if chart == CONNECT:
        yaml.load(o.of("ConfigMap", "spark-connect-executor")["data"]["executor-pod-template.yaml"], Once)
    for name, labels, _ in o.pods():
        teams = {"executor": "executors", "spark-connect-test": "data"}
        assert (labels["team"], labels["cost"]) == (teams.get(name, "pods"), "7"), name
    assert all(x["metadata"]["labels"]["team"] == "data" for x in o.list)


def test_the_helpers_of_both_are_the_same():
    """Charts cannot share a file: what both need is written twice, and only the names differ."""
    shared = {}
    for chart in CHARTS:
        text, end, _ = (chart / "templates" / "_helpers.tpl").read_text().partition("{{/* ---- So far both charts say the same")
        shared[chart] = text.replace(f'"{chart.name}.', '"CHART.')
        assert end and chart.name not in shared[chart] and text.count("define") > 15
    assert shared[CONNECT] == shared[STANDALONE]


def test_the_image_is_the_executors_too():
    o = Objects(*VARIANTS["connect-dressed"])
    assert o.conf["spark.kubernetes.container.image"] == o.container()["image"] == "registry.example/spark@sha256:" + "a" * 64
    assert o.conf["spark.kubernetes.container.image.pullPolicy"] == "Always"
    assert o.conf["spark.kubernetes.container.image.pullSecrets"] == "regcred,other"


def test_an_executor_does_not_look_like_a_server():
    o = Objects(CONNECT)
    labels, server = o.executor["metadata"]["labels"], o.of("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert (server["app.kubernetes.io/name"], server["app.kubernetes.io/component"]) == ("spark-connect", "connect-server")
    assert (labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"]) == ("spark-executor", "executor")
    assert labels["app.kubernetes.io/instance"] == server["app.kubernetes.io/instance"]


def test_memory_for_more_than_the_heap():
    assert Objects(CONNECT).container()["resources"] == {"requests": {"cpu": "500m", "memory": "1536Mi"}, "limits": {"memory": "1536Mi"}}
    assert Objects(CONNECT, {"driver": {"memory": "4G"}}).container()["resources"]["limits"]["memory"] == "5734Mi"
    own = Objects(CONNECT, {"resources": {"limits": {"memory": "9Gi"}, "requests": {"cpu": "2"}}}).container()["resources"]
    assert own == {"requests": {"cpu": "2", "memory": "9Gi"}, "limits": {"memory": "9Gi"}}
    o = Objects(STANDALONE)
    assert o.container("spark-standalone-worker")["resources"]["limits"]["memory"] == "3328Mi", "2g, 384m a core and the worker's 512m"
    big = Objects(STANDALONE, {"worker": {"memory": "20g"}}).container("spark-standalone-worker")
    assert big["resources"]["limits"]["memory"] == "25088Mi", "20g, 20 % and the worker's 512m"
    assert o.container("spark-standalone-master")["resources"]["limits"]["memory"] == "768Mi"


@pytest.mark.parametrize(
    ("said", "request_", "limit"),
    [
        ({"requests": {"memory": "8Gi"}}, "8Gi", "8Gi"),
        ({"requests": {"memory": "1.5G"}}, "1.5G", None),
        ({"requests": {"memory": "5000Mi"}}, "5000Mi", "5000Mi"),
        ({"requests": {"memory": 4000000000}}, 4000000000, 4000000000),
        ({"requests": {"memory": "4e9"}}, "4e9", "4e9"),
        ({"requests": {"memory": "100Mi"}}, "100Mi", None),
        ({"limits": {"memory": "1Gi"}}, "1Gi", "1Gi"),
        ({"requests": {"memory": "1000Mi"}, "limits": {"memory": "1Gi"}}, "1000Mi", "1Gi"),
    ],
)
def test_a_limit_is_no_less_than_its_request(said, request_, limit):
    """Of every container whose resources can be said."""
    parts = Objects(STANDALONE, {"master": {"resources": said, "memory": "1g"}, "worker": {"resources": said, "memory": "256m", "cores": 2}})
    server = Objects(CONNECT, {"resources": said, **CLAIM, "historyServer": {"enabled": True, "resources": said, "memory": "1g"}})
    found = [(o, name) for o, name in ((server, "spark-connect"), (server, "spark-connect-history"), (parts, "spark-standalone-master"),
                                       (parts, "spark-standalone-worker"))]  # fmt: skip
    derived = dict(zip((name for _, name in found), ("1536Mi", "1433Mi", "1433Mi", "1536Mi")))
    for o, name in found:
        resources = o.container(name)["resources"]
        assert (resources["requests"]["memory"], resources["limits"]["memory"]) == (request_, limit or derived[name]), name


@pytest.mark.parametrize("chart", [CONNECT, STANDALONE], ids=["connect", "standalone"])
def test_openshift_chooses_users(chart):
    plain = list(Objects(chart).pods())
    assert all(spec["securityContext"][f] == 185 for _, _, spec in plain for f in NAMED)
    everything = {**CLAIM, **HISTORY} if chart == CONNECT else {}
    for values, args in ((OPENSHIFT, ()), ({}, ("--api-versions", "security.openshift.io/v1")), ({"openshift": "true"}, ())):
        text = rendered(chart, {**everything, **values}, *args)
        assert not any(f"{f}:" in text for f in (*NAMED, "fsGroupChangePolicy")) and "runAsNonRoot: true" in text
    assert "runAsUser: 185" in rendered(chart, {"openshift": False}, "--api-versions", "security.openshift.io/v1")


def test_s3():
    o = Objects(CONNECT, {**LOG, **HISTORY})
    hadoop = {k.removeprefix("spark.hadoop.fs.s3a."): v for k, v in o.conf.items() if k.startswith("spark.hadoop.")}
    assert hadoop == {"endpoint": "http://minio.storage.svc:9000", "endpoint.region": "us-east-1", "path.style.access": "true",
                      "connection.ssl.enabled": "false"}  # fmt: skip
    wanted = {"AWS_ACCESS_KEY_ID": ("minio", "user"), "AWS_SECRET_ACCESS_KEY": ("minio", "secret-key")}
    readers = [o.container(), o.pod()["initContainers"][0], o.container("spark-connect-history"), o.executor["spec"]["containers"][0]]
    readers.append(Objects(STANDALONE, S3).container("spark-standalone-worker"))
    for container in readers:
        refs = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in container["env"] if e["name"] in wanted}
        assert {name: (ref["name"], ref["key"]) for name, ref in refs.items()} == wanted, container["name"]
    without = Objects(CONNECT, {"s3": {"enabled": True}})
    assert "AWS_ACCESS_KEY_ID" not in without.env() and "env" not in without.executor["spec"]["containers"][0]
    assert not any("s3a" in key for key in Objects(CONNECT, {"s3": {"existingSecret": "x"}}).conf)


def test_event_log():
    o = Objects(CONNECT, {**LOG, **HISTORY})
    assert (o.conf["spark.eventLog.enabled"], o.conf["spark.eventLog.dir"]) == ("true", "s3a://logs/spark-events")
    assert o.conf["spark.history.fs.logDirectory"] == o.conf["spark.eventLog.dir"]
    args = o.pod()["initContainers"][0]["args"]
    assert args[:2] == ["/opt/spark/bin/spark-class", "org.apache.hadoop.fs.FsShell"]
    assert args[-3:] == ["-mkdir", "-p", "s3a://logs/spark-events"]
    assert args[2:-3] == ["-conf", "/etc/spark-connect/core-site.xml"]
    assert o.pod()["initContainers"][0]["image"] == o.container()["image"]
    assert o.pod()["initContainers"] == o.pod("spark-connect-history")["initContainers"]
    own = o.of("ConfigMap", "spark-connect-conf")["data"]
    items = {v["name"]: v["configMap"]["items"] for v in o.pod()["volumes"] if v.get("configMap", {}).get("items")}
    assert items == {name: [{"key": key, "path": key}] for name, key in (("conf", "spark-defaults.conf"), ("event-log", "core-site.xml"))}
    assert set(own) == {"spark-defaults.conf", "core-site.xml"}
    assert set(Objects(CONNECT).of("ConfigMap", "spark-connect-conf")["data"]) == {"spark-defaults.conf"}
    assert "initContainers" not in Objects(*VARIANTS["connect-log-in-the-pod"]).pod()
    alone = Objects(CONNECT, {"eventLog": {"dir": "s3a://logs/spark-events"}, **HISTORY, **S3})
    assert alone.pod("spark-connect-history")["initContainers"] == o.pod()["initContainers"], "the history server's alone"
    assert "initContainers" not in alone.pod() and not any("eventLog" in key for key in alone.conf)
    kept = Objects(CONNECT, {"eventLog": {"dir": "s3a://logs/e", "createDir": False}, **HISTORY})
    assert "initContainers" not in kept.pod("spark-connect-history")
    assert not any("eventLog" in key for key in Objects(CONNECT).conf)


def test_what_makes_the_folder_sees_the_same_storage():
    said = {"spark.hadoop.fs.s3a.endpoint": "http://other:9000", "spark.hadoop.a": "<&\"b\">\n c\\", "spark.hadoop.n": 3000000, "spark.x": 1}
    o = Objects(CONNECT, {**LOG, "sparkConf": said})
    tree = ElementTree.fromstring(o.of("ConfigMap", "spark-connect-conf")["data"]["core-site.xml"])
    seen = {p.findtext("name"): p.findtext("value") for p in tree.iter("property")}
    assert seen == {
        "fs.s3a.endpoint": "http://other:9000", "fs.s3a.endpoint.region": "us-east-1", "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "false", "a": "<&\"b\">\n c\\", "n": "3000000",
    }  # fmt: skip
    assert {f"spark.hadoop.{key}" for key in seen} == {key for key in o.conf if key.startswith("spark.hadoop.")}


def test_event_log_in_a_claim():
    o = Objects(CONNECT, {**CLAIM, **HISTORY})
    for name in ("spark-connect", "spark-connect-history"):
        (volume,) = [v["name"] for v in o.pod(name)["volumes"] if v.get("persistentVolumeClaim") == {"claimName": "events"}]
        containers = o.pod(name)["containers"] + o.pod(name).get("initContainers", [])
        assert all({"name": volume, "mountPath": "/events"} in c["volumeMounts"] for c in containers)
    only = Objects(*VARIANTS["connect-log-in-the-pod"])
    assert {"name": "events", "mountPath": "/tmp/events"} in only.container()["volumeMounts"]


def test_authentication():
    """The driver takes the variable before the setting, a standalone driver wants the setting to be there, Spark tells its executors."""
    o = Objects(CONNECT, AUTH)
    ref = {"secretKeyRef": {"name": "spark-rpc", "key": "secret"}}
    assert o.env()["_SPARK_AUTH_SECRET"] == ref
    assert (o.conf["spark.authenticate"], o.conf["spark.authenticate.secret"]) == ("true", "${env:_SPARK_AUTH_SECRET}")
    standalone = Objects(STANDALONE, AUTH)
    assert all(standalone.env(f"spark-standalone-{part}")["_SPARK_AUTH_SECRET"] == ref for part in ("master", "worker"))
    assert "spark.authenticate=true" in standalone.of("ConfigMap", "spark-standalone-conf")["data"]["spark-defaults.conf"]
    assert "authenticate" not in rendered(CONNECT) and "authenticate" not in rendered(STANDALONE)


def test_rights():
    o = Objects(CONNECT)
    rights = {r: set(rule["verbs"]) for rule in o.of("Role")["rules"] for r in rule["resources"]}
    assert rights["pods"] == {"create", "get", "list", "watch", "patch", "delete", "deletecollection"}
    assert "create" in rights["configmaps"] and set(rights) == {"pods", "configmaps", "services", "persistentvolumeclaims"}
    assert o.of("RoleBinding")["subjects"] == [{"kind": "ServiceAccount", "name": o.pod()["serviceAccountName"], "namespace": "reports"}]
    assert o.executor["spec"]["serviceAccountName"] == o.pod()["serviceAccountName"]
    own = Objects(CONNECT, {"serviceAccount": {"create": False, "name": "mine"}})
    assert own.of("RoleBinding")["subjects"][0]["name"] == "mine" and ("ServiceAccount", "mine") not in own.all
    bare = Objects(*VARIANTS["connect-bare"])
    assert not {kind for kind, _ in bare.all} & {"Role", "RoleBinding", "ServiceAccount"}
    assert bare.pod()["serviceAccountName"] == "default"


def test_a_change_of_a_file_is_a_new_pod():
    def sums(values):
        return Objects(CONNECT, values).of("Deployment")["spec"]["template"]["metadata"]["annotations"]

    plain = sums({})
    assert sums({"sparkConf": {"spark.a": "b"}})["checksum/conf"] != plain["checksum/conf"]
    assert sums({"executor": {"nodeSelector": {"a": "b"}}})["checksum/executor"] != plain["checksum/executor"]


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
