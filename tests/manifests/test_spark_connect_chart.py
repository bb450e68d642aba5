"""The chart spark-connect: what each value does to the objects."""

from xml.etree import ElementTree

import pytest
import yaml

from spark_charts import AUTH, CHARTS, CLAIM, CONNECT, HISTORY, LOG, OPENSHIFT, S3, STANDALONE, UMBRELLA, VARIANTS
from spark_charts import Objects, charts, rendered

NAMED = {"runAsUser", "runAsGroup", "fsGroup"}


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
