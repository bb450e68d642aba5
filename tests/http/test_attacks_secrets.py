"""What must never come out: values of secret-looking keys, values read from a ConfigMap that was looked up, bodies.

Canaries stand in every place where a secret could be; nothing that leaves the program may hold one. The exception is
said, not hidden: a patch carries the text that it replaces, so a shell string or ConfigMap text that is rewritten
goes back to the API server that sent it. Nobody else sees the patch.
"""

import base64
import json
import subprocess

import pytest

from reviews import pod, review
from server import FACTS, PROGRAM, Server, until

CANARY = "c4n4ry"
START = "/opt/spark/sbin/start-connect-server.sh"
SECRETS = [
    "spark.hadoop.fs.s3a.secret.key", "spark.hadoop.fs.s3a.access.key", "spark.ssl.keyPassword", "spark.my.TOKEN",
    "spark.authenticate.secret", "spark.hadoop.fs.s3a.session.token", "spark.connect.authenticate.token",
]  # fmt: skip
NAMESPACES = ["k8s-team", "standalone-team", "audit-team", "warn-team"]
WARN_TEAM = """
---
apiVersion: v1
kind: Namespace
metadata:
  name: warn-team
  labels: {sparkgate.io/mode: warn}
  annotations: {sparkgate.io/backendMode: standalone, sparkgate.io/standaloneMaster: "spark://master:7077"}
"""


def looked_up(namespace, name):
    """Every value in it is a canary: none may be shown, secret-looking or not."""
    lines = [f"{key}={CANARY}-file" for key in SECRETS]
    lines += [f"spark.master=k8s://{CANARY}-file", f"spark.executor.cores={CANARY}-file", f"spark.remote=sc://{CANARY}-file"]
    lines += [f"spark.driver.host={CANARY}-file", f"spark.executor.instances={CANARY}-file", f"spark.app.id={CANARY}-file"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
            "data": {"spark-defaults.conf": "\n".join(lines) + "\n", "MASTER": f"spark://{CANARY}-file:1",
                     **dict.fromkeys(("SPARK_EXECUTOR_CORES", "SPARK_EXECUTOR_MEMORY", "SPARK_DRIVER_MEMORY"), f"{CANARY}-file")}}  # fmt: skip


def confs(value):
    return [word for key in SECRETS for word in ("--conf", f"{key}={value}")]


def subject(command=None, args=None, **container):
    document = pod()
    first = document["spec"]["containers"][0]
    del first["args"]
    first.update({"command": command or [START], **container})
    if args:
        first["args"] = args
    first["volumeMounts"] = [{"name": "conf", "mountPath": "/opt/spark/conf"}]
    document["spec"]["volumes"] = [{"name": "conf", "configMap": {"name": "conf"}}]
    return document


def without_files(**container):
    document = subject(**container)
    del document["spec"]["volumes"]
    return document


def guessed():
    """Two ConfigMaps, and a name that is known at run time only."""
    name = {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    document = subject(args=["--properties-file", "$(NAME)"], env=[name])
    document["spec"]["volumes"].append({"name": "other", "configMap": {"name": "other"}})
    mounts = [{"name": name, "mountPath": f"/etc/{name}"} for name in ("conf", "other")]
    document["spec"]["containers"][0]["volumeMounts"] = mounts
    return document


SUBJECTS = {
    "argv": subject(args=[*confs(f"{CANARY}-argv"), "--master", "local"]),
    "argv, the password of a URL": subject(args=["--master", f"k8s://https://u:{CANARY}@api:6443", "--conf", f"spark.driver.host=http://u:{CANARY}@x"]),
    "argv, options that a rule replaces": subject(args=["--conf", f"spark.authenticate.secret.file={CANARY}-argv", *confs(CANARY)]),
    "shell": subject(command=["sh", "-c", f"{START} " + " ".join(confs(f"{CANARY}-shell"))]),
    "shell that cannot be read": subject(command=["sh", "-c", f"{START} --conf spark.ssl.keyPassword='{CANARY}-shell"]),
    "file alone": subject(),
    "from the file by reference": subject(envFrom=[{"configMapRef": {"name": "conf"}}]),
    "java options": subject(env=[{"name": "SPARK_SUBMIT_OPTS", "value": f"-Dspark.ssl.keyPassword={CANARY}-env -Dspark.x=1"},
                                 {"name": "AWS_SECRET_ACCESS_KEY", "value": f"{CANARY}-env"}]),
    "an environment that names a key": subject(env=[{"name": "MASTER", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "MASTER"}}}]),
    "an environment that takes a text for a number": without_files(
        env=[{"name": "SPARK_EXECUTOR_CORES", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "spark-defaults.conf"}}}]),
    "the same of all keys": without_files(envFrom=[{"configMapRef": {"name": "conf"}}]),
    "a file of which nobody knows whether it is read": guessed(),
    "an image's entrypoint": subject(command=[], args=["connect-server", *confs(f"{CANARY}-argv")]),
}  # fmt: skip


def config_map(text):
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "labels": {"sparkgate.io/role": "connect-config"}},
                "data": {"spark-defaults.conf": text}}  # fmt: skip
    return document


SUBJECTS["ConfigMap"] = config_map("spark.master k8s://x\n" + "".join(f"{key} {CANARY}-own\n" for key in SECRETS))
SUBJECTS["malformed ConfigMap"] = config_map("".join(f"{key} {CANARY}-own\\u00\n" for key in SECRETS))


def reviewed(document, namespace):
    plural = {"Pod": "pods", "ConfigMap": "configmaps"}[document["kind"]]
    return review(document, namespace=namespace, kind={"group": "", "version": "v1", "kind": document["kind"]},
                  resource={"group": "", "version": "v1", "resource": plural})  # fmt: skip


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    path = tmp_path_factory.mktemp("secrets") / "facts.yaml"
    maps = [looked_up(namespace, name) for namespace in NAMESPACES for name in ("conf", "other")]
    path.write_text(FACTS.read_text() + WARN_TEAM + "".join(f"---\n{json.dumps(one)}\n" for one in maps))
    return path


@pytest.fixture(scope="module")
def talkative(facts):
    with Server(facts.parent / "server", "--log-level", "debug", facts=facts) as server:
        yield server


def shown(response):
    """The answer without its patch."""
    return json.dumps({key: value for key, value in response.items() if key != "patch"})


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("name", SUBJECTS)
def test_answers_hold_no_canary(talkative, name, namespace):
    for path in ("/mutate", "/validate"):
        response = talkative.post(path, reviewed(SUBJECTS[name], namespace)).review
        assert CANARY not in shown(response), path
        patch = base64.b64decode(response.get("patch", "")).decode()
        assert f"{CANARY}-file" not in patch, "a value of a looked-up object"
        if name.startswith("argv") or "entrypoint" in name:
            assert CANARY not in patch, "elements of an array are replaced one by one"


def test_update_shows_neither_object(talkative):
    old = subject(args=[*confs(f"{CANARY}-old"), "--master", "local"])
    for path in ("/mutate", "/validate"):
        body = review(SUBJECTS["argv"], namespace="standalone-team", operation="UPDATE", oldObject=old)
        assert CANARY not in shown(talkative.post(path, body).review)


@pytest.mark.parametrize("spoil", [lambda t: t[:-9], lambda t: t.replace('"--master"', "--master"), lambda t: t + t, lambda t: t.replace("Pod", "P\\u0000d")])
def test_refusals_of_bad_bodies_quote_nothing(talkative, spoil):
    text = spoil(json.dumps(reviewed(SUBJECTS["argv"], "k8s-team")))
    assert CANARY not in talkative.post("/mutate", text).text


def test_logs_and_metrics_hold_no_canary(talkative):
    for document in SUBJECTS.values():
        for path in ("/mutate", "/validate"):
            talkative.post(path, reviewed(document, "standalone-team"))
    last = reviewed(SUBJECTS["argv"], "standalone-team")
    talkative.post("/mutate", last)
    until(lambda: last["request"]["uid"] in talkative.out.read_text(), what="the last line of the log")
    assert CANARY not in talkative.out.read_text() + talkative.messages
    assert CANARY not in talkative.plain_get("/metrics").text
    assert CANARY not in talkative.get("/readyz?verbose").text


def run_review(facts, tmp_path, document, *flags):
    path = tmp_path / "object.json"
    path.write_text(json.dumps({**document, "metadata": {**document["metadata"], "namespace": "standalone-team"}}))
    done = subprocess.run([PROGRAM, "review", "-f", str(path), "--namespaces", str(facts), *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("output", ["table", "junit", "sarif"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_reports_hold_no_canary(facts, tmp_path, name, output):
    out, err = run_review(facts, tmp_path, SUBJECTS[name], "-o", output)
    assert out and CANARY not in out + err


@pytest.mark.parametrize("name", SUBJECTS)
def test_json_report_holds_none_outside_its_patches(facts, tmp_path, name):
    out, err = run_review(facts, tmp_path, SUBJECTS[name], "-o", "json")
    for line in map(json.loads, out.splitlines()):
        patches = [line.pop("patch"), line.pop("admissionPatch")]
        assert CANARY not in json.dumps(line) + err
        assert f"{CANARY}-file" not in json.dumps(patches)


@pytest.mark.parametrize("name", [name for name in SUBJECTS if "ConfigMap" not in name])
@pytest.mark.parametrize("output", ["yaml", "diff"])
def test_what_will_run_holds_nothing_looked_up(facts, tmp_path, name, output):
    """-o yaml and diff print the user's own object, secrets included: that is what they are for."""
    out, err = run_review(facts, tmp_path, SUBJECTS[name], "-o", output)
    assert f"{CANARY}-file" not in out + err
