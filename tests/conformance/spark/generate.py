"""Pods at random: a Connect server as people start one, with settings in every place where Spark looks, often at odds.

A pod is described by lists whose elements mean something each on their own. A word is a list of parts: text, or
{"var": NAME} for a variable of the container's environment.
"""
import random

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
MASTERS = [["k8s://https://kubernetes.default.svc"], ["k8s://https://kubernetes.default.svc:443"], ["k8s://https://elsewhere.example:6443"],
           ["spark://old-master:7077"], ["spark://a:7077,b:7077"], ["local[*]"], ["local"], ["yarn"],
           ["k8s://https://", {"var": "KUBERNETES_SERVICE_HOST"}, ":", {"var": "KUBERNETES_SERVICE_PORT"}], [{"var": "MASTER_URL"}],
           ["k8s://", {"var": "API"}]]
# (key, values): about backends
KEYS = [("spark.driver.host", [[{"var": "POD_IP"}], ["10.0.0.9"], ["localhost"], ["127.0.0.1"], ["rel-connect.team.svc.cluster.local"], ["driver-svc"],
                               ["::1"], ["fd00::17"]]),
        ("spark.driver.bindAddress", [["0.0.0.0"], [{"var": "POD_IP"}]]), ("spark.driver.port", [["0"], ["7078"], ["29413"]]),
        ("spark.driver.blockManager.port", [["0"], ["7079"], ["29414"]]), ("spark.blockManager.port", [["0"], ["7079"]]),
        ("spark.executor.cores", [["1"], ["2"], ["4"]]), ("spark.executor.instances", [["1"], ["3"], ["10"]]), ("spark.cores.max", [["2"], ["12"], ["7"]]),
        ("spark.executor.memory", [["2g"], ["512m"]]), ("spark.kubernetes.namespace", [["default"], ["elsewhere"]]),
        ("spark.kubernetes.container.image", [["registry.example/spark:1"]]), ("spark.kubernetes.executor.container.image", [["registry.example/exec:2"]]),
        ("spark.kubernetes.driver.pod.name", [[{"var": "POD_NAME"}], ["some-pod"]]), ("spark.kubernetes.executor.request.cores", [["2"], ["500m"]]),
        ("spark.shuffle.service.enabled", [["true"], ["false"]]), ("spark.dynamicAllocation.enabled", [["true"], ["false"]]),
        ("spark.dynamicAllocation.maxExecutors", [["4"], ["9"]]), ("spark.dynamicAllocation.minExecutors", [["1"]]),
        ("spark.dynamicAllocation.shuffleTracking.enabled", [["true"], ["false"]]), ("spark.app.id", [["my-app"]]), ("spark.submit.deployMode", [["client"]]),
        ("spark.kubernetes.authenticate.driver.serviceAccountName", [["spark"]]), ("spark.kubernetes.executor.label.team", [["data"]]),
        ("spark.authenticate.secret.file", [["/etc/secret/auth"]]),
        ("spark.shuffle.sort.io.plugin.class", [["org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO"]])]
# about everything else: must arrive as they are
OTHERS = [("spark.hadoop.fs.s3a.endpoint", [["http://minio:9000"]]), ("spark.hadoop.fs.s3a.access.key", [["AKIA/x+y=="]]),
          ("spark.hadoop.fs.s3a.secret.key", [["it's a \"secret\""], ["a b;c|d&e"], ["x#y!z"], ["tab\there"], ["back\\slash"], ["$HOME and `id`"]]),
          ("spark.hadoop.fs.s3a.path.style.access", [["true"]]), ("spark.sql.catalog.lake", [["org.apache.iceberg.spark.SparkCatalog"]]),
          ("spark.sql.catalog.lake.warehouse", [["s3a://lake/wh"]]), ("spark.sql.catalog.lake.uri", [["thrift://hive-metastore:9083"]]),
          ("spark.sql.extensions", [["org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,io.delta.sql.DeltaSparkSessionExtension"]]),
          ("spark.hadoop.hive.metastore.uris", [["thrift://hms-0:9083,thrift://hms-1:9083"]]), ("spark.eventLog.enabled", [["true"]]),
          ("spark.eventLog.dir", [["s3a://logs/events/"], ["s3a://logs/", {"var": "POD_NAME"}]]), ("spark.authenticate", [["true"]]),
          ("spark.authenticate.secret", [["p@ss w0rd!"]]), ("spark.connect.grpc.binding.port", [["15002"], ["15009"]]),
          ("spark.executor.extraJavaOptions", [["-XX:+UseG1GC -Dx='y z' -Dq=\"r\""], ["-Dapp={{APP_ID}} -Dexec={{EXECUTOR_ID}}"]]),
          ("spark.driver.extraJavaOptions", [["-Dlog4j2.configurationFile=/opt/spark/conf/log4j2.properties"]]), ("spark.ui.port", [["4041"]]),
          ("spark.sql.warehouse.dir", [["s3a://a/*"], ["/data/[x]"]]), ("spark.jars.ivy", [["/tmp/.ivy"]]), ("spark.plugins", [["a.B,c.D"]]),
          ("spark.executorEnv.TOKEN", [["a=b=c"], [""]]), ("spark.redaction.regex", [["(?i)secret|password|token"]]),
          ("spark.sql.session.timeZone", [["Europe/Berlin"]]), ("spark.unicode.key", [["gr\u00fc\u00dfe \u2603"]]), ("spark.my.own", [["1"], ["${spark.ui.port}"]])]
TWINS = {"spark.executor.cores": "--executor-cores", "spark.executor.instances": "--num-executors", "spark.cores.max": "--total-executor-cores",
         "spark.executor.memory": "--executor-memory", "spark.submit.deployMode": "--deploy-mode", "spark.jars.packages": "--packages"}
PLAIN = [[["--verbose"]], [["-v"]], [["--name"], ["my server"]], [["--name=n"]], [["--packages"], ["a.b:c_2.13:1,d.e:f:2"]], [["--driver-memory"], ["2g"]],
         [["--jars"], ["/opt/a.jar,/opt/b.jar"]], [["--driver-java-options"], ["-Da=b -Dc='d e'"]], [["--supervise"]], [["--files=/etc/x.conf"]],
         [["--conf"], ["spark.a = b "]], [["--driver-class-path"], ["/opt/x/*:/opt/y"]], [["--repositories"], ["http://nexus/repo"]]]
SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+")


class Generator:
    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(seed)

    def pick(self, choices):
        return self.rng.choice(choices)

    def chance(self, p):
        return self.rng.random() < p

    # ---- what is set where ----

    def setting(self):
        if self.chance(0.2):
            return ["spark.master", self.pick(MASTERS)]
        key, values = self.pick(KEYS if self.chance(0.55) else OTHERS)
        return [key, self.pick(values)]

    def option(self):
        if self.chance(0.15):
            return self.pick(PLAIN)
        key, value = self.setting()
        if key == "spark.master" and self.chance(0.7):
            return [["--master"], value] if self.chance(0.7) else [["--master=", *value]]
        if key in TWINS and self.chance(0.6):
            return [[TWINS[key]], value] if self.chance(0.7) else [[TWINS[key] + "=", *value]]
        pair = [key + "=", *value]
        return self.pick([[["--conf"], pair], [["--conf"], pair], [["-c"], pair], [["--conf=", *pair]]])

    def describe(self):
        rng = self.rng
        shell = self.pick([None, None, "sh", "bash", "sh", "bash", "script"])
        program = self.pick(["/opt/spark/sbin/start-connect-server.sh", "/opt/spark/sbin/start-connect-server.sh", "start-connect-server.sh",
                             "/opt/spark/bin/spark-submit", "spark-submit"] + (["${SPARK_HOME}/sbin/start-connect-server.sh", "$SPARK_HOME/bin/spark-submit"]
                             if shell else ["role:connect-server", "role:driver"]))
        told = {"seed": self.seed, "shell": shell, "program": program, "label": self.chance(0.7), "options": [self.option() for _ in range(rng.randrange(0, 9))],
                "file": self.pick([None, "defaults", "defaults", "properties", "properties", "template", "confdir"]),
                "lines": [self.line() for _ in range(rng.randrange(0, 12))], "config_label": self.chance(0.5), "crlf": self.chance(0.1),
                "env": [], "before": [], "after": [], "wrap": [], "tail": [], "class_at": rng.randrange(0, 10), "load_defaults": self.chance(0.2), "beside": [self.line() for _ in range(rng.randrange(0, 6))],
                "rng": rng.randrange(1 << 30), "extra": None, "side": self.chance(0.2)}
        if self.chance(0.15):
            told["env"].append(["MASTER", self.pick(["spark://env-master:7077", "local[2]", "k8s://https://env"])])
        if self.chance(0.1):
            told["env"].append(["SPARK_EXECUTOR_CORES", "3"])
        if self.chance(0.1):
            told["env"].append(["SPARK_EXECUTOR_MEMORY", "3g"])
        if shell and self.chance(0.35):
            told["extra"] = self.pick(["", "--conf spark.extra.one=1 --conf spark.extra.two=2", "--master local[3]", "--executor-cores 9 --verbose", "--conf spark.driver.host=extra.svc",
                                       "--conf spark.master=spark://evil:7077", "--total-executor-cores=99", "--name extra"])
        if self.chance(0.3):
            told["wrap"].append(self.pick([["/usr/bin/tini", "--"], ["tini", "-s", "--"], ["env", "A=b"], ["/opt/entrypoint.sh"], ["dumb-init", "--"], ["nohup"]]))
        if shell:
            told["before"] = [self.pick(BEFORE) for _ in range(rng.choice((0, 0, 1, 2)))]
            told["after"] = [self.pick(AFTER)] if self.chance(0.3) else []
        if self.chance(0.3):
            told["tail"] = self.pick([[["local:///opt/spark/jars/spark-connect.jar"]], [["spark-internal"]], [["/opt/spark/jars/x.jar"], ["app arg"]]])
        return told

    def line(self):
        """One entry of a properties text, in one of its many spellings."""
        key, value = self.setting()
        return [key, value, self.pick([" ", "=", " = ", ":", "\t", "   ", ": ", " : ", "\\\n  ="]), self.pick(["", "", "", "  ", "\t"]),
                self.pick(["", "", "", "", "# note\n", "\n", "! old --master\n", "#spark.master=x\n"]), self.chance(0.12), self.chance(0.15)]


BEFORE = ["set -e", "set -euo pipefail 2>/dev/null || set -e", "export FOO='a b'", "# --master spark://comment:7077", "mkdir -p /tmp/logs", "echo '--master spark://echo:7077'",
          "echo starting $(hostname -i) \"it's ok\"", "if [ -f /nothing ]; then cat /nothing; fi", "cat >/tmp/x <<EOF\n--master spark://here:7077\n$HOME 'x\nEOF",
          "for i in 1 2; do :; done", "ulimit -n 1024 2>/dev/null || true", "X=$(( 1 + 2 ))", "test -d /opt/spark && cd /opt/spark", "f() { echo \"$@\"; }; f --master nothing"]
AFTER = ["; echo done", " && echo ok", " || exit 1", " 2>&1", " >/tmp/log 2>&1", " &\nwait", " & wait $!", " # --master spark://late:7077", "\n", " | cat"]


def quoted(rng, word, shell):
    """A word as somebody would write it for a shell."""
    text = ""
    literal = all(isinstance(p, str) for p in word)
    style = rng.choice(("plain", "double", "single" if literal else "double", "mixed"))
    for part in word:
        if not isinstance(part, str):
            text += rng.choice(("$%s", "${%s}")) % part["var"] if part["var"] != "POD_IP" or rng.random() < 0.5 else "$(hostname -i)"
        elif style == "double":
            text += "".join("\\" + c if c in '\\"$`' else c for c in part)
        elif style == "single":
            text += "'\\''".join(part.split("'"))
        elif style == "mixed" and rng.random() < 0.3 and "'" not in part:
            text += "'" + part + "'"
        else:
            text += "".join(c if c in SAFE else "\\" + c for c in part)
    if style == "double":
        return '"' + text + '"'
    if style == "single":
        return "'" + text + "'"
    return text or "''"


def plain(word):
    return "".join(p if isinstance(p, str) else "$(" + p["var"] + ")" for p in word)


def words_of(told, program):
    """The options in their order, with --class, --properties-file and what the program needs."""
    options = [list(o) for o in told["options"]]
    if program.endswith("spark-submit") or program == "role:driver":
        options.insert(min(told["class_at"], len(options)), [["--class"], [SERVER]])
    if told["file"] == "properties" or told["file"] == "template":
        options.insert(told["seed"] % (len(options) + 1), [["--properties-file"], [file_path(told)]])
        if told["load_defaults"]:
            options.insert(0, [["--load-spark-defaults"]])
    words = [w for option in options for w in option] + told["tail"]
    return words


def file_path(told):
    return {"properties": "/etc/spark/spark.properties", "template": "/tmp/rendered/spark-defaults.conf"}[told["file"]]


def properties(told, lines):
    rng = random.Random(told["rng"])
    text = ""
    for key, value, separator, trailing, before, escaped, folded_value in lines:
        raw = "".join(p if isinstance(p, str) else ("${" + p["var"] + "}" if told["file"] == "template" else "${env:" + p["var"] + "}") for p in value)
        raw = raw.replace("\\", "\\\\").replace("\t", "\\t")
        raw = "\\" + raw if raw[:1] in (":", "=") else raw  # else it would be the separator
        if escaped:
            raw = "".join("\\" + c if c in ":=#!" else "\\u%04x" % ord(c) if ord(c) > 126 else c for c in raw)
        if folded_value and len(raw) > 3 and "\\" not in raw and "$" not in raw:
            cut = rng.randrange(1, len(raw) - 1)
            raw = raw if raw[cut] == " " else raw[:cut] + "\\\n    " + raw[cut:]
        text += before + key + separator + raw + trailing + "\n"
    return text.replace("\n", "\r\n") if told["crlf"] else text


def shell_text(told):
    rng = random.Random(told["rng"])
    program = told["program"]
    words = [w for wrap in told["wrap"] for w in wrap]
    line = " ".join(words + [program])
    pieces = [quoted(rng, w, told["shell"]) for w in words_of(told, program)]
    if told["extra"] is not None:
        place = rng.randrange(len(pieces) + 1)
        while place > 0 and pieces and not safe_place(words_of(told, program), place):
            place -= 1
        pieces.insert(place, rng.choice(("$EXTRA_OPTS", "${EXTRA_OPTS}", "${EXTRA_OPTS:-}")))
    joint = rng.choice((" ", " ", " \\\n  ", "  "))
    start = joint.join([line, *pieces])
    prefix = rng.choice(("", "exec ", "SPARK_NO_DAEMONIZE=1 ", "exec ", ""))
    after = told["after"][0] if told["after"] else ""
    return "".join(b + "\n" for b in told["before"]) + prefix + start + after


def safe_place(words, place):
    """No expansion between an option and its value."""
    before = plain(words[place - 1])
    return not (before.startswith("-") and "=" not in before and before not in ("--verbose", "-v", "--supervise", "--load-spark-defaults"))


def build(told, version, namespace):
    """The pod and its ConfigMaps, as a user of this Spark version would write them."""
    name = f"gen-{told['seed']}"
    env = [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
           {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
           {"name": "API", "value": "https://kubernetes.default.svc"}, {"name": "MASTER_URL", "value": "spark://from-env:7077"},
           {"name": "SPARK_NO_DAEMONIZE", "value": "true"}] + [{"name": n, "value": v} for n, v in told["env"]]
    if told["extra"] is not None:
        env.append({"name": "EXTRA_OPTS", "value": told["extra"]})
    container = {"name": "server", "image": f"apache/spark:{version}", "env": env, "volumeMounts": []}
    program = told["program"]
    if told["shell"]:
        text = shell_text(told)
        container["command"] = [f"/bin/{told['shell']}", "-c"] if told["shell"] != "script" else ["/bin/bash", "-x", "-euo", "pipefail", "-c"]
        container["args" if told["seed"] % 2 else "command"] = [text] if told["seed"] % 2 else container["command"] + [text]
    else:
        words = [plain(w) for w in words_of(told, program)]
        wrap = [w for wrap in told["wrap"] for w in wrap]
        if program.startswith("role:"):
            container["args"] = [program[5:]] + words
            env.append({"name": "SPARK_DRIVER_BIND_ADDRESS", "value": "0.0.0.0"})
        elif told["seed"] % 3:
            container["command"], container["args"] = wrap + [program], words
        else:
            container["command"] = wrap + [program] + words
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": "spark-connect"} if told["label"] else {}},
           "spec": {"containers": [container], "volumes": []}}
    if told["side"]:
        pod["spec"]["containers"].insert(0, {"name": "proxy", "image": "envoy", "command": ["echo", "--master", "spark://side:7077"]})
    config_maps = add_file(told, pod, container, namespace)
    return pod, config_maps


def add_file(told, pod, container, namespace):
    if told["file"] is None:
        return []
    key = {"defaults": "spark-defaults.conf", "confdir": "spark-defaults.conf", "properties": "spark.properties", "template": "spark-properties.conf.template"}[told["file"]]
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "data": {key: properties(told, told["lines"])},
                  "metadata": {"name": f"gen-{told['seed']}-conf", "namespace": namespace, "labels": {"app": "spark-connect"} if told["config_label"] else {}}}
    pod["spec"]["volumes"].append({"name": "conf", "configMap": {"name": config_map["metadata"]["name"]}})
    place = {"defaults": "/opt/spark/conf", "confdir": "/etc/spark-conf", "properties": "/etc/spark", "template": "/templates"}[told["file"]]
    mount = {"name": "conf", "mountPath": place}
    if told["file"] == "template":
        pod["spec"]["volumes"].append({"name": "rendered", "emptyDir": {}})
        pod["spec"]["initContainers"] = [{
            "name": "render", "image": "alpine", "command": ["sh", "-c", f"envsubst < /templates/{key} > /tmp/rendered/spark-defaults.conf"],
            "env": container["env"], "volumeMounts": [mount, {"name": "rendered", "mountPath": "/tmp/rendered"}]}]
        container["volumeMounts"].append({"name": "rendered", "mountPath": "/tmp/rendered"})
    else:
        container["volumeMounts"].append(mount)
    if told["file"] == "properties" and told["beside"]:
        config_map["data"]["spark-defaults.conf"] = properties(told, told["beside"])
        container["volumeMounts"].append({"name": "conf", "mountPath": "/opt/spark/conf"})
    if told["file"] == "confdir":
        container["env"].append({"name": "SPARK_CONF_DIR", "value": place})
    return [config_map]
