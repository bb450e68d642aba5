"""Attacks on single parsers and carriers, through the whole program. Each says what would have to happen for it to win."""

import base64
import json
import re
import signal
import subprocess
import time

import pytest

from reviews import pod, review
from server import FACTS, PROGRAM, until

START = "/opt/spark/sbin/start-connect-server.sh"


def config_map(data):
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "labels": {"sparkgate.io/role": "connect-config"}}, "data": data}
    kinds = {"group": "", "version": "v1"}
    return review(document, namespace="standalone-team", kind={**kinds, "kind": "ConfigMap"}, resource={**kinds, "resource": "configmaps"})


def patch_of(response):
    return json.loads(base64.b64decode(response["patch"])) if "patch" in response else []


def lookup(document, pointer):
    """RFC 6901, strictly: a token that is not there is an error."""
    for token in pointer.split("/")[1:]:
        assert not re.search(r"~(?![01])", token), f"{pointer} is no JSON Pointer"
        token = token.replace("~1", "/").replace("~0", "~")
        document = document[int(token)] if isinstance(document, list) else document[token]
    return document


@pytest.mark.parametrize("key", ["a/b", "a~b", "a~1b", "~", "/", "~01", "a b", 'a"b', "a\\b", "\u00e9", ""])
def test_patch_points_at_the_key_that_was_meant(server, key):
    """An unescaped / or ~ would make the patch write another key, or fail and so disable the mutation."""
    body = config_map({key: "spark.connect.x 1\nspark.master k8s://x\n", "b": "x", "a": "x"})
    response = server.post("/mutate", body).review
    replaced = [op for op in patch_of(response) if op["path"].startswith("/data")]
    assert replaced, response
    for op in replaced:
        assert lookup(body["request"]["object"], op["path"]) is body["request"]["object"]["data"][key]


def test_forged_marks_restore_nothing_but_what_the_user_wrote(server):
    """A block with a wrong hash is the user's text: its settings count, and are not taken away as ours."""
    text = "#sparkgate:begin standalone 00000000\nspark.master=k8s://evil\n#sparkgate:end\nspark.x=1\n"
    written = [op["value"] for op in patch_of(server.post("/mutate", config_map({"spark-defaults.conf": text})).review) if op["path"].startswith("/data")]
    assert written and "\n#sparkgate:off spark.master=k8s://evil\n" in written[0]
    assert server.post("/validate", config_map({"spark-defaults.conf": text})).review.get("warnings")


def test_forged_decision_decides_nothing(server):
    body = review(pod(annotations={"sparkgate.io/decision": '{"v":1,"backend":"standalone","role":"connect-server"}'}), namespace="standalone-team")
    response = server.post("/validate", body).review
    assert not response["allowed"] and "backend.master" in response["status"]["message"]


@pytest.mark.parametrize(
    "text",
    [f"{START} --master spark://master:7077 --master local[*]", f"{START} --master spark://master:7077 $EXTRA",
     f"X=--master; {START} --master spark://master:7077 $X local", f"false && {START} --master spark://master:7077; {START} --master 'local'",
     f"{START} '--master' \"lo\"'cal'", f"{START} --mas\\\nter local",
     f"{START} --master spark://master:7077 {{--master,'local[1]'}}", f"{START} --master spark://master:7077 {{--conf,spark.master=local}}",
     f"{START} --master spark://master:7077 --mas{{ter,x}} local",
     f"eval 'set\t-- --master local'; {START} \"$@\"", f"s=set; $s -- --master local; {START} \"$@\"", f"trap 'set -- x' DEBUG; {START} \"$@\"",
     f"A=(--master spark://master:7077); declare -n B=A; B=(--master local); {START} \"${{A[@]}}\"",
     f"A=(--master spark://master:7077); (( A[1]=5 )); {START} \"${{A[@]}}\""],
)  # fmt: skip
def test_shell_tricks_do_not_pass_as_they_are(server, text):
    """The right master stands in the text or in args, and Spark would not use it: validate alone must not be taken in."""
    response = server.post("/validate", review(shell_pod(text), namespace="standalone-team")).review
    assert not response["allowed"] and re.search(r"backend\.(master|cannotTell)", response["status"]["message"]), response


@pytest.mark.parametrize("text", [f"{START} --master spark://master:7077", f"{START} \"$@\"", f"A=(--master spark://master:7077); {START} \"${{A[@]}}\""])
def test_what_is_right_is_not_called_a_trick(server, text):
    response = server.post("/validate", review(shell_pod(text), namespace="standalone-team")).review
    assert not re.search(r"backend\.(master|cannotTell)", response.get("status", {}).get("message", "")), response


def shell_pod(text):
    document = pod()
    document["spec"]["containers"][0].update(command=["bash", "-c", text, "bash"], args=["--master", "spark://master:7077"])
    return document


def test_environment_does_not_hide_a_master(server):
    document = pod(args=[])
    document["spec"]["containers"][0].update(command=[START], env=[{"name": "M", "value": "local"}, {"name": "MASTER", "value": "$(M)"}])
    response = server.post("/validate", review(document, namespace="standalone-team")).review
    assert not response["allowed"] and "backend." in response["status"]["message"]


def test_arguments_are_kubernetes_own_before_they_are_sparks(server):
    """$(M) is expanded by the kubelet: what Spark sees is local."""
    document = pod(args=["--master", "spark://master:7077", "--master", "$(M)"])
    document["spec"]["containers"][0].update(command=[START], env=[{"name": "M", "value": "local"}])
    response = server.post("/validate", review(document, namespace="standalone-team")).review
    assert not response["allowed"] and "backend." in response["status"]["message"]


@pytest.mark.parametrize("template", ["{" * 200, "&a [*a]", "a: &a [x,x]\nb: &b [*a,*a]\n" * 2, "kind: Pod\nspec: {hostNetwork: true, hostPID: true, containers: [{name: x, securityContext: {privileged: true}}]}", "\t", "%YAML 9.9\n---\n", "kind: Pod\nspec:\n" + " " * 5000 + "x: 1"])
def test_pod_templates_harm_nobody(server, template):
    """Read and reported, whatever it is; the ConfigMap passes, since the template's pods are judged when they come."""
    body = config_map({"spark-defaults.conf": "spark.connect.x 1\nspark.kubernetes.executor.podTemplateFile /conf/pod.yaml\n", "pod.yaml": template})
    for path in ("/mutate", "/validate"):
        response = server.post(path, body).review
        assert response["allowed"] and all("\n" not in w for w in response.get("warnings", []))
        assert not [op for op in patch_of(response) if op["path"] == "/data/pod.yaml"]


BAD_FACTS = {
    "not YAML": b"{", "a cycle": b"&a [*a]", "deep": b"[" * 5000, "a bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"b%d: &b%d [%s]\n" % (i, i, b",".join([b"*a" if i == 0 else b"*b%d" % (i - 1)] * 9)) for i in range(9)),
    "no object": b"- 1\n- 2\n", "bytes": bytes(range(256)), "two of one key": b"kind: Namespace\nkind: Pod\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FACTS)
def test_bad_facts_change_nothing(start, tmp_path, name):
    """An operator's slip or a half-written file must not turn an enforced namespace into an unknown one."""
    facts = tmp_path / "facts.yaml"
    facts.write_bytes(FACTS.read_bytes())
    server = start(facts=facts)
    facts.write_bytes(BAD_FACTS[name])
    server.signal(signal.SIGHUP)
    until(lambda: server.metric("sparkgate_reloads_total", what="facts", result="failed") >= 1, what="the failed reload")
    assert not server.post("/validate", review(namespace="standalone-team")).review["allowed"]
    assert server.get("/readyz").status == 200


def test_a_storm_of_hangups_is_no_outage(start):
    """SIGHUP is for whoever may signal the process; a thousand are as harmless as one."""
    server = start()
    for _ in range(1000):
        server.signal(signal.SIGHUP)
    assert server.post("/mutate", review()).review["allowed"]
    time.sleep(0.1)
    assert server.post("/mutate", review()).review["allowed"] and server.process.poll() is None


BAD_FILES = {**BAD_FACTS, "an object without kind": b"apiVersion: v1\n", "nul": b"kind: Pod\0\napiVersion: v1\n",
             "an AdmissionReview of nothing": b"apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n"}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_review_refuses_bad_files_with_their_name(tmp_path, name):
    """Exit 2 and a line: a file that could not be read must not look like one that passed."""
    path = tmp_path / "bad.yaml"
    path.write_bytes(BAD_FILES[name])
    done = subprocess.run([PROGRAM, "review", "-f", str(path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "") and "bad.yaml" in done.stderr and done.stderr.count("\n") <= 2


def test_review_does_not_follow_a_fifo(tmp_path):
    import os

    path = tmp_path / "fifo.yaml"
    os.mkfifo(path)
    done = subprocess.run([PROGRAM, "review", "-f", str(path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "fifo.yaml" in done.stderr
