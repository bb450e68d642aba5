"""spark-env.sh of a ConfigMap: Spark's scripts source it, so it may set variables, and no more."""

import pytest

from review import lines, namespace, stream

START = "/opt/spark/sbin/start-connect-server.sh"
SAID = "spark-env.sh of ConfigMap 'conf'"


def refusal(text, where="/opt/spark/conf", env=(), command=(START,), **mount):
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "connect", "namespace": "team-a"},
        "spec": {"volumes": [{"name": "v", "configMap": {"name": "conf"}}],
                 "containers": [{"name": "spark", "image": "apache/spark:4.0.1", "command": list(command),
                                 "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}, *env],
                                 "volumeMounts": [{"name": "v", "mountPath": where, **mount}]}]}}  # fmt: skip
    conf = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "team-a"}, "data": {"spark-env.sh": text}}
    found = lines("-f", "-", stdin=stream([namespace("team-a", backend="k8s"), conf, pod]))
    return next(v for v in found if v["kind"] == "Pod")["message"] or ""


HARMLESS = [
    "",
    "# a comment: set -- x\nexport SPARK_LOCAL_IP=$(hostname -i)\nSPARK_DIST_CLASSPATH=$(hadoop classpath)\n",
    'set -a\nif [ -z "$JAVA_HOME" ]; then export JAVA_HOME=/usr/lib/jvm/java-17; fi\nmkdir -p /tmp/x && echo hi >&2\nset +a',
    'export SPARK_DAEMON_JAVA_OPTS="-Dspark.deploy.recoveryMode=NONE"\nulimit -n 65536\numask 022\n',
    "for j in /opt/jars/*.jar; do SPARK_CLASSPATH=$SPARK_CLASSPATH:$j; done\nexport SPARK_CLASSPATH",
    "case $X in a) export A=1;; esac\n[[ -n $Y ]] && export Z=1\n",
    "set -euo pipefail\nset -o errexit\nexec 2>&1\nprintf 'start-connect-server.sh\\n' >&2\n",
    'export SPARK_HOME=/opt/spark SPARK_CONF_DIR="${SPARK_CONF_DIR:-/opt/spark/conf}"\nSPARK_CONF_DIR=${SPARK_HOME}/conf',
    "command -v java >/dev/null && let X=1\ntrap '' HUP\n[ -f /etc/env.sh ] && . /etc/env.sh\n",
    'SPARK_HOME=/opt/spark\nexport SPARK_HOME PATH=$SPARK_HOME/bin:$PATH\n"${SPARK_HOME}/bin/prepare.sh"\n',
    "# not spark.kubernetes.driver.master\nexport SPARK_SUBMIT_OPTS=-Dspark.kubernetes.submitInDriver=false\n",
    "export HADOOP_CONF_DIR=${HADOOP_CONF_DIR:-/etc/hadoop/conf}\nexport PATH=$PATH:/opt/bin",
]
MOVES = [
    "set -- org.apache.spark.deploy.SparkSubmit --master local", "set a", "shift", "eval x", "$X", "[ a ] && . /opt/spark/conf/x", "exec true", ". $X", "set -e a", "hash -p /mnt/java java",
    'n=CLASS; export "$n=org.evil.Main"', "declare -n r=CLASS; r=x", "typeset $n", "BASH_CMDS[java]=/evil", "BASH_ALIASES[exec]=x",
    "SPARK_SUBMIT_OPTS='-Dx=y org.apache.spark.deploy.SparkSubmit'", "SPARK_SUBMIT_OPTS='-Dspark.kubernetes.driver.mast''er=local'",
    "SPARK_CONF_DIR=/tmp/x", "SPARK_CONF_DIR=/mnt$SPARK_HOME/conf", "SPARK_CONF_DIR=${SPARK_CONF_DIR:-/opt/spark/conf}/x", "export SPARK_HOME=/x", "unset SPARK_CONF_DIR", "CLASS=x", "declare CLASS=x", "printf -v CLASS x",
    "for command in x; do :; done", "read option <<<x", "f() { :; }",
    "start-connect-server.sh --master local", "spark-submit --class org.apache.spark.sql.connect.service.SparkConnectServer --master local",
    "export SPARK_SUBMIT_OPTS=-Dspark.kubernetes.driver.master=local", "export A='",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_variables_may_be_set(text):
    assert SAID not in refusal(text)


@pytest.mark.parametrize("text", MOVES)
def test_what_may_change_the_script_is_refused(text):
    assert SAID in refusal(text)


def test_where_spark_looks_for_it():
    assert SAID in refusal("shift", "/c", env=[{"name": "SPARK_CONF_DIR", "value": "/c"}])
    assert SAID in refusal("shift", "/opt/spark/conf/spark-env.sh", subPath="spark-env.sh")
    assert SAID in refusal("shift", "/usr/lib/spark/conf")
    assert SAID in refusal("shift", "/opt/bitnami/spark/conf/spark-env.sh", subPath="spark-env.sh")
    assert SAID not in refusal("shift", "/scripts")
    java = ["java", "-cp", "/opt/spark/jars/*", "org.apache.spark.deploy.SparkSubmit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    assert SAID not in refusal("shift", command=java), "no script of Spark's runs"
