"""Servers without a command line: right only if the very file that Spark reads says so, refused where nobody can see it."""

import base64
import json

import pytest

from review import MASTER, lines, namespace, stream

RIGHT, WRONG = f"spark.master {MASTER}\n", "spark.master local[1]\n"
KEY = "spark-defaults.conf"
CONF = "/opt/spark/conf"


def config_map(name, data=None, **more):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {}, **more}


MAPS = [
    config_map("good", {KEY: RIGHT}),
    config_map("bad", {KEY: WRONG}),
    config_map("two", {"evil.conf": WRONG, KEY: RIGHT}),
    config_map("binary", {"other.conf": RIGHT}, binaryData={KEY: "c3BhcmsubWFzdGVyIGxvY2FsCg=="}),
    config_map("logs", {"log4j2.properties": "rootLogger.level = info\n"}),
    config_map("odd", {"x.yaml": WRONG, "job": "#!/bin/sh\n" + WRONG}),
    config_map("shebang", {KEY: "#!/bin/bash\n" + WRONG}),
    config_map("none", {KEY: "spark.ui.port 4041\n"}),
    config_map("where", {"SPARK_CONF_DIR": "/etc/hidden"}),
]

# What stands at a volume's name: one word is a ConfigMap's, but for these.
VOLUMES = {
    "secret": {"secret": {"secretName": "s"}},
    "csi": {"csi": {"driver": "d"}},
    "empty": {"emptyDir": {}},
    "disk": {"persistentVolumeClaim": {"claimName": "c"}},
    "host": {"hostPath": {"path": "/x"}},
    "labels": {"downwardAPI": {"items": [{"path": KEY, "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    "absent": {"configMap": {"name": "not-there"}},
    "ca": {"configMap": {"name": "kube-root-ca.crt"}},
    "swapped": {"configMap": {"name": "two", "items": [{"key": "evil.conf", "path": "./" + KEY}, {"key": KEY, "path": "x.conf"}]}},
    "twice": {"configMap": {"name": "two", "items": [{"key": KEY, "path": KEY}, {"key": "evil.conf", "path": KEY}]}},
    "odd-name": {"configMap": {"name": "odd", "items": [{"key": "x.yaml", "path": KEY}]}},
    "script": {"configMap": {"name": "odd", "items": [{"key": "job", "path": KEY}]}},
    "renamed": {"configMap": {"name": "good", "items": [{"key": KEY, "path": "deep/x.conf"}]}},
}


def projected(*sources):
    return {"projected": {"sources": list(sources)}}


GOOD = {"configMap": {"name": "good"}}
SECRET = {"secret": {"name": "s"}}
VOLUMES |= {
    "secret-behind": projected(GOOD, SECRET),
    "secret-before": projected(SECRET, GOOD),
    "secret-elsewhere": projected(GOOD, {"secret": {"name": "s", "items": [{"key": "k", "path": "hive-site.xml"}]}}),
    "secret-there": projected(GOOD, {"secret": {"name": "s", "items": [{"key": "k", "path": KEY}]}}),
    "token-elsewhere": projected(GOOD, {"serviceAccountToken": {"path": "token"}}),
    "labels-there": projected(GOOD, {"downwardAPI": {"items": [{"path": KEY, "fieldRef": {"fieldPath": "metadata.labels"}}]}}),
    "bad-behind": projected(GOOD, {"configMap": {"name": "bad"}}),
    "good-behind": projected({"configMap": {"name": "bad"}}, GOOD),
}


def pod(mounts, unmounted=(), env=(), **container):
    """mounts: "volume path [subPath]", in order."""
    words = [m.split() for m in mounts]
    names = list(dict.fromkeys([*(w[0] for w in words), *unmounted]))
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "connect", "labels": {"app": "spark-connect"}}, "spec": {
        "containers": [{"name": "spark", "image": "apache/spark:4.1.0", "env": [{"name": n, "value": v} for n, v in env],
                        "volumeMounts": [{"name": w[0], "mountPath": w[1], **({"subPath": w[2]} if len(w) > 2 else {})} for w in words], **container}],
        "volumes": [{"name": n, **VOLUMES.get(n, {"configMap": {"name": n}})} for n in names]}}


def judged(obj):
    found = [line for line in lines("-f", "-", stdin=stream([namespace("default"), *MAPS, obj])) if line["kind"] == "Pod"]
    assert len(found) == 1
    return found[0]


HOME, DIR = "SPARK_HOME", "SPARK_CONF_DIR"

ALLOWED = [
    ("the folder", pod([f"good {CONF}"])),
    ("the file", pod([f"good {CONF}/{KEY} {KEY}"])),
    ("the file over a folder that has another", pod([f"bad {CONF}", f"good {CONF}/{KEY} {KEY}"])),
    ("the file over a folder that nobody sees", pod([f"empty {CONF}", f"good {CONF}/{KEY} {KEY}"])),
    ("a Secret beside it", pod([f"good {CONF}", "secret /etc/s3", "empty /tmp"])),
    ("a Secret for another file of the folder", pod([f"good {CONF}", f"secret {CONF}/hive-site.xml hive-site.xml"])),
    ("folders called conf that are not Spark's", pod([f"good {CONF}", "secret /etc/hadoop/conf", "bad /etc/hive/conf"])),
    ("an unusual folder that is told", pod(["good /etc/spark"], env=[(DIR, "/etc/spark")])),
    ("told by another variable", pod(["good /etc/spark"], env=[("BASE", "/etc"), (DIR, "$(BASE)/spark")])),
    ("by one that stands twice, and in front", pod(["good /etc/spark", "secret /x"], env=[("BASE", "/etc/spark"), (DIR, "$(BASE)"), ("BASE", "/x")])),
    ("through two variables", pod(["good /etc/spark"], env=[("A", "/etc"), ("B", "$(A)/spark"), (DIR, "$(B)")])),
    ("and what is in the usual one does not matter", pod(["good /etc/spark", f"secret {CONF}"], env=[(DIR, "/etc/spark/")])),
    ("another home that is told", pod(["good /app/conf", f"secret {CONF}"], env=[(HOME, "/app")])),
    ("another home that is not", pod(["good /opt/bitnami/spark/conf"])),
    ("an empty variable is none", pod([f"good {CONF}"], env=[(DIR, ""), (HOME, "/opt/spark")])),
    ("a folder that a script copies from", pod(["good /templates"])),
    ("beside files of the usual one", pod(["good /templates", f"logs {CONF}/log4j2.properties log4j2.properties"])),
    ("projected", pod([f"secret-before {CONF}"])),
    ("projected, a Secret of other files", pod([f"secret-elsewhere {CONF}"])),
    ("projected, a token", pod([f"token-elsewhere {CONF}"])),
    ("projected, over a wrong one", pod([f"good-behind {CONF}"])),
    ("the environment, where no file says another", pod([f"none {CONF}"], env=[("MASTER", MASTER)])),
    ("the environment, where there is no file", pod([f"logs {CONF}"], env=[("MASTER", MASTER)])),
    ("and where there may be one that says the same", pod(["good /templates"], env=[("MASTER", MASTER)])),
    ("the usual folder that is told, and copied to", pod(["good /templates"], env=[(DIR, "/opt/spark//conf/"), (HOME, "/opt/spark")])),
    ("a folder that is told, and that a command copies to", pod(["good /templates"], env=[(DIR, "/tmp/conf")], command=["/opt/spark/sbin/start-connect-server.sh"])),
    ("the same file in two folders", pod([f"good {CONF}", "good /usr/lib/spark/conf"])),
    ("a file that is named", pod(["good /etc/spark", f"secret {CONF}"], args=["connect-server", "--properties-file", f"/etc/spark/{KEY}"])),
    ("a command line, whatever is mounted", pod([f"secret {CONF}"], command=["/opt/spark/sbin/start-connect-server.sh", "--master", MASTER])),
]


@pytest.mark.parametrize("obj", [c[1] for c in ALLOWED], ids=[c[0] for c in ALLOWED])
def test_right(obj):
    line = judged(obj)
    assert line["allowed"], line["message"]


HIDDEN, THERE, NOTHING = "cannot tell: {} not readable", "spark.master in ConfigMap '{}' line 1", "cannot tell what the image of container 'spark' starts"
ELSEWHERE = HIDDEN.format("the folder of env {}, where nothing is mounted,")
BY_SECRET = HIDDEN.format("Secret 's'")

REFUSED = [
    ("a volume that nothing mounts", pod([], ["good"]), NOTHING),
    ("behind a Secret", pod([f"secret {CONF}"], ["good"]), BY_SECRET),
    ("behind a driver's volume", pod([f"csi {CONF}"], ["good"]), HIDDEN.format("volume 'csi'")),
    ("behind an empty folder", pod([f"empty {CONF}"], ["good"]), HIDDEN.format("file '/opt/spark/conf' (made in the pod)")),
    ("behind a disk", pod([f"disk {CONF}"], ["good"]), HIDDEN.format("PersistentVolumeClaim 'c'")),
    ("behind the host's", pod([f"host {CONF}"], ["good"]), HIDDEN.format("volume 'host'")),
    ("behind the pod's own labels", pod([f"labels {CONF}"], ["good"]), HIDDEN.format("volume 'labels'")),
    ("behind one that nobody read", pod([f"absent {CONF}", "good /x"]), HIDDEN.format("ConfigMap 'not-there' (not read)")),
    ("behind a wrong one", pod([f"bad {CONF}"], ["good"]), THERE.format("bad")),
    ("a wrong one that begins as a script", pod([f"shebang {CONF}"]), "spark.master in ConfigMap 'shebang' line 2"),
    ("a key of any name in its place", pod([f"odd-name {CONF}"]), THERE.format("odd")),
    ("a script in its place", pod([f"script {CONF}"]), "spark.master in ConfigMap 'odd' line 2"),
    ("mounted elsewhere behind a Secret", pod([f"secret {CONF}", "good /x"]), BY_SECRET),
    ("mounted elsewhere behind a wrong one", pod([f"bad {CONF}", "good /x"]), THERE.format("bad")),
    ("mounted elsewhere behind one without the file", pod([f"logs {CONF}", "good /x"]), NOTHING),
    ("mounted elsewhere behind one without the key", pod([f"none {CONF}", "good /x"]), NOTHING),
    ("under another name", pod([f"renamed {CONF}"]), NOTHING),
    ("a certificate in its place", pod([f"ca {CONF}", "good /x"]), NOTHING),
    ("a Secret over the file", pod([f"good {CONF}", f"secret {CONF}/{KEY} x"]), BY_SECRET),
    ("a wrong one over the file", pod([f"good {CONF}", f"bad {CONF}/{KEY} {KEY}"]), THERE.format("bad")),
    ("a Secret over the home", pod(["good /x", "secret /opt/spark"]), BY_SECRET),
    ("paths written oddly", pod(["good /x", "secret opt//spark/./conf/"]), BY_SECRET),
    ("a path that climbs", pod([f"good {CONF}", "secret /opt/x/../spark/conf"]), HIDDEN.format("volume 'secret'")),
    ("a Secret in the folder that is told", pod([f"good {CONF}", "secret /etc/hidden"], env=[(DIR, "/etc/hidden")]), BY_SECRET),
    ("told by a ConfigMap", pod([f"good {CONF}", "secret /etc/hidden"], envFrom=[{"configMapRef": {"name": "where"}}]), BY_SECRET),
    ("told by another variable", pod([f"good {CONF}", "secret /etc/hidden"], env=[("X", "/etc/hidden"), (DIR, "$(X)")]), BY_SECRET),
    ("told at run time", pod([f"good {CONF}"], env=[(DIR, "$(NOBODY)")]), HIDDEN.format("the folder of env SPARK_CONF_DIR")),
    ("a folder of nowhere", pod([f"good {CONF}"], env=[(DIR, "conf")]), HIDDEN.format("the folder of env SPARK_CONF_DIR")),
    ("a folder that climbs", pod([f"good {CONF}"], env=[(DIR, "/opt/../x")]), HIDDEN.format("the folder of env SPARK_CONF_DIR")),
    ("a folder that is told, with nothing mounted there", pod([f"good {CONF}"], env=[(DIR, "/tmp")]), ELSEWHERE.format(DIR)),
    ("with a master in the environment", pod([f"good {CONF}"], env=[(DIR, "/tmp"), ("MASTER", "local")]), ELSEWHERE.format(DIR)),
    ("a home that is told, with nothing mounted there", pod([f"good {CONF}"], env=[(HOME, "/opt/other")]), ELSEWHERE.format(HOME)),
    ("a master in the environment where no file may be", pod(["good /templates"], env=[("MASTER", "local")]), HIDDEN.format("which decides whether env MASTER counts,")[len("cannot tell: "):]),
    ("another home", pod([f"good {CONF}", "secret /tmp/other"], env=[(HOME, "/tmp/other")]), BY_SECRET),
    ("another image's home", pod([f"good {CONF}", "secret /opt/bitnami/spark/conf"]), BY_SECRET),
    ("a file in another image's home", pod([f"good {CONF}", f"secret /usr/lib/spark/conf/{KEY} x"]), BY_SECRET),
    ("two homes", pod([f"good {CONF}", "bad /usr/lib/spark/conf"]), HIDDEN.format(f"one of several files {KEY}")),
    ("many homes", pod([f"good /{i}/spark/conf" for i in range(9)]), HIDDEN.format("one of many folders conf")),
    ("projected before a Secret", pod([f"secret-behind {CONF}"]), BY_SECRET),
    ("projected before a Secret's item", pod([f"secret-there {CONF}"]), BY_SECRET),
    ("projected before labels", pod([f"labels-there {CONF}"]), HIDDEN.format("volume 'labels-there'")),
    ("projected before a wrong one", pod([f"bad-behind {CONF}"]), THERE.format("bad")),
    ("bytes", pod([f"binary {CONF}"]), HIDDEN.format(f"ConfigMap 'binary', key '{KEY}' (binaryData)")),
    ("items", pod([f"swapped {CONF}"]), THERE.format("two")),
    ("items of one path", pod([f"twice {CONF}"]), THERE.format("two")),
    ("the environment is weaker", pod([f"secret {CONF}"], env=[("MASTER", MASTER)]), BY_SECRET),
]


@pytest.mark.parametrize("obj, said", [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_not_right(obj, said):
    line = judged(obj)
    assert not line["allowed"] and said in line["message"], line["message"]


def test_a_path_that_only_the_kubelet_knows():
    obj = pod([f"good {CONF}"])
    obj["spec"]["containers"][0]["volumeMounts"][0]["subPathExpr"] = "$(X)"
    assert HIDDEN.format("volume 'good'") in judged(obj)["message"]


def test_a_file_that_an_init_container_renders():
    """The text is seen and what is made of it is not."""
    obj = pod([f"empty {CONF}"], ["good"])
    mounts = [{"name": "good", "mountPath": "/templates"}, {"name": "empty", "mountPath": "/out"}]
    obj["spec"]["initContainers"] = [{"name": "render", "image": "busybox", "command": ["cp", "/templates/" + KEY, "/out/"], "volumeMounts": mounts}]
    assert HIDDEN.format("volume 'empty'") in judged(obj)["message"]
    obj["spec"]["containers"][0]["command"] = ["/opt/spark/sbin/start-connect-server.sh"]
    assert judged(obj)["allowed"]


def test_what_is_no_text_is_not_seen():
    """kubectl stores a file that is not UTF-8 as binaryData: what it says of ports and cores must not be overruled in silence."""
    text = b"# caf\351\nspark.driver.port 9999\nspark.executor.cores 4\n"
    binary = config_map("latin", binaryData={KEY: base64.b64encode(text).decode()})
    server = pod([f"latin {CONF}"], command=["/opt/spark/sbin/start-connect-server.sh"])
    line = next(x for x in lines("-f", "-", stdin=stream([namespace("default"), binary, server])) if x["kind"] == "Pod")
    changed = {c["key"] for c in line["changes"]}
    assert "spark.driver.port" not in changed and "spark.executor.cores" in changed
    warnings = [w for w in line["warnings"] if w.startswith("backend.fileNotSeen")]
    assert len(warnings) == 2 and all(f"ConfigMap 'latin', key '{KEY}' (binaryData)" in w for w in warnings), line["warnings"]


@pytest.mark.parametrize("ref,told", [("$(KEY)", True), ('"$KEY"', False), ("$$(KEY)", False)])
def test_a_secret_in_a_shell_text_is_told(ref, told):
    """The kubelet's $(KEY) may bring a quote along, the shell's "$KEY" does not: charts do both, and neither is refused."""
    start = f"exec /opt/spark/sbin/start-connect-server.sh --conf spark.hadoop.fs.s3a.secret.key={ref}"
    server = pod([], command=["sh", "-c", start])
    server["spec"]["containers"][0]["env"] = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "key"}}}]
    line = judged(server)
    expected = ["backend.valueNotSeen: a quote in $(KEY) is read as one of the script (container 'spark'): write \"$KEY\""]
    assert line["allowed"] and [w for w in line["warnings"] if "NotSeen" in w] == expected * told, line


@pytest.mark.parametrize("value", [{"configMapKeyRef": {"name": "private", "key": "k"}}, None])
@pytest.mark.parametrize("command", [["/opt/spark/sbin/start-connect-server.sh"], None])
def test_a_folder_of_a_looked_up_value_is_not_shown(value, command):
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "private", "key": "k"}}}]
    env.append({"name": "SPARK_CONF_DIR", "valueFrom": value} if value else {"name": "SPARK_CONF_DIR", "value": "/x/$(A)"})
    server = pod([], command=command)
    server["spec"]["containers"][0]["env"] = env
    objects = [namespace("default"), config_map("private", {"k": "hunter2"}), server]
    line = next(x for x in lines("-f", "-", stdin=stream(objects)) if x["kind"] == "Pod")
    assert "hunter2" not in json.dumps(line) and "the folder of env SPARK_CONF_DIR" in json.dumps(line)


@pytest.mark.parametrize("text", ["#!/bin/sh\n{}", "[x]\n{}", "---\n{}", "cat <<EOF\n{}"])
@pytest.mark.parametrize("key", ["my.conf", "job", "x.yaml", "run.sh"])
def test_what_is_named_is_judged_whatever_it_looks_like(key, text):
    """For java.util.Properties these are comments and settings like others."""
    named = config_map("named", {key: text.format("spark.authenticate.secret.file /x\nspark.executor.cores 3\n")})
    server = pod(["named /etc/spark"], command=["/opt/spark/sbin/start-connect-server.sh", "--properties-file", f"/etc/spark/{key}"])
    line = next(x for x in lines("-f", "-", stdin=stream([namespace("default"), named, server])) if x["kind"] == "Pod")
    assert "spark.executor.cores" not in {c["key"] for c in line["changes"]}
    assert "backend.authSecretFile" in line["message"], line["message"]


X, SETTINGS = "x.yaml", "spark.authenticate.secret.file /x\nspark.executor.cores 3\n"
START = "/opt/spark/sbin/start-connect-server.sh"


def start(*words):
    return {"command": [START, *words]}


def script(text):
    return {"command": ["sh", "-c", text]}


@pytest.mark.parametrize("obj", [
    pod([f"foreign {CONF}/{KEY} {X}"], **start()),
    pod([f"foreign /odd/{KEY} {X}"], env=[(DIR, "$(NOBODY)")], **start()),
    pod(["foreign /c"], **start("--properties-file", f"/c/{X}", "--load-spark-defaults")),
    pod(["foreign /c"], **start("--properties-file", f"/c/../c/{X}")),
    pod(["foreign /c"], **start("--properties-file", f"c/{X}"), workingDir="/"),
    pod(["foreign /c"], **start("--properties-file", f"c/{X}")),
    pod(["foreign /c"], **script(f"D=/c; exec {START} --properties-file $D/{X}")),
    pod(["foreign /c"], **script(f"cp /c/{X} /tmp; exec {START} --properties-file /tmp/{X}")),
    pod(["entry /c"], **script(f". /c/entry.sh; exec {START}")),
    pod([f"foreign /c/app.conf {X}"], **script(f"D=/c; exec {START} --properties-file $D/app.conf")),
], ids=["by subPath", "by subPath, in a folder of nowhere", "beside the defaults", "climbing", "from a working directory", "from any", "a variable",
        "copied", "a here-document", "by subPath and a variable"])
def test_another_name_hides_nothing(obj):
    """Spark reads whatever it is given as properties: a key of any name is judged that can be what is named."""
    texts = [config_map("foreign", {X: SETTINGS}),
             config_map("entry", {"entry.sh": f"#!/bin/sh\ncat >{CONF}/{KEY} <<EOF\n{SETTINGS}EOF\n"})]
    line = next(x for x in lines("-f", "-", stdin=stream([namespace("default"), *texts, obj])) if x["kind"] == "Pod")
    assert "spark.executor.cores" not in {c["key"] for c in line["changes"]}
    assert "backend.authSecretFile" in line["message"], line["message"]


TWO = ["first /c", "second /d"]


def judged_with(first, second, obj, backend="standalone"):
    texts = [config_map("first", {"app.conf": first}), config_map("second", {"app.conf": second})]
    return next(x for x in lines("-f", "-", stdin=stream([namespace("default", backend=backend), *texts, obj])) if x["kind"] == "Pod")


# "$D" is either folder.
ANY = script(f"exec {START} --properties-file $D/app.conf")
PLUGIN, OTHER = "spark.shuffle.sort.io.plugin.class", "org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO"


@pytest.mark.parametrize("texts", [(OTHER, "com.example.Plugin"), ("com.example.Plugin", OTHER)], ids=["the first", "the second"])
def test_any_of_two_files_may_be_read(texts):
    """A value that breaks the backend is overruled whichever of them has it; where the folder is known only its own counts."""
    first, second = (f"{PLUGIN} {text}\n" for text in texts)
    harmless = {"key": PLUGIN, "rule": "backend.localDiskShuffle"}
    changes = judged_with(first, second, pod(TWO, **ANY))["changes"]
    assert any(harmless.items() <= change.items() for change in changes), changes
    known = judged_with(first, second, pod(TWO, **start("--properties-file", "/d/app.conf")))["changes"]
    assert any(harmless.items() <= change.items() for change in known) == (texts[1] == OTHER), known


@pytest.mark.parametrize("key", ["spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions"])
def test_any_of_two_files_may_have_the_options_of_the_jvm(key):
    first, second = f"{key} -Dspark.kubernetes.driver.master=local\n", f"{key} -Xss4m\n"
    line = judged_with(first, second, pod(TWO, **ANY), "k8s")
    assert "backend.driverMaster" in line["message"] and "ConfigMap 'first' line 1" in line["message"], line["message"]
    known = judged_with(first, second, pod(TWO, **start("--properties-file", "/d/app.conf")), "k8s")
    assert known["allowed"], known["message"]


def test_a_line_that_a_later_one_of_its_file_overrules_is_not_read():
    first, second = f"{PLUGIN} {OTHER}\n{PLUGIN} com.example.Plugin\n", f"{PLUGIN} com.example.Plugin\n"
    changes = judged_with(first, second, pod(TWO, **ANY))["changes"]
    assert all(change["key"] != PLUGIN for change in changes), changes
