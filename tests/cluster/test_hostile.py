"""Objects made to hurt: each is answered with a reason, none with a blank 500, and none passes by being odd."""

import pytest
from bed.objects import changed, in_namespace, load_one, servers, settings

POD, _ = servers()["argv"]
PROBE = load_one("probe.yaml")
VALIDATE = "servers.validate.sparkgate.io"
CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"


def shell(text):
    return changed(PROBE, spec__containers__0__command=["/bin/sh", "-c", text])


def answered(api, pod, namespace="enforce-standalone"):
    """Allowed on the right backend, or refused by us in so many words."""
    answer = api.create(pod, namespace, dry_run=True)
    if answer.ok:
        spec = answer.body["spec"]
        lines = [" ".join(c.get("command", []) + c.get("args", [])) for c in spec["containers"] + spec.get("initContainers", [])]
        servers = [line for line in lines if "start-connect-server.sh" in line or CLASS in line]
        assert servers and all("spark://spark-master.enforce-standalone.svc:7077" in line for line in servers)
    else:
        assert answer.status == 403, answer.message[:500]
        text = answer.refused(VALIDATE)
        assert text.startswith("sparkgate: Pod ") and "\n" not in text
    return answer


SHELLS = {
    "unterminated quote": "/opt/spark/sbin/start-connect-server.sh --master 'k8s://x",
    "unterminated substitution": "/opt/spark/sbin/start-connect-server.sh --master $(echo k8s://x",
    "open here-document": "cat <<E\n/opt/spark/sbin/start-connect-server.sh",
    "many subshells": "( " * 3000 + "/opt/spark/sbin/start-connect-server.sh" + ")" * 3000,
    "arithmetic, or two subshells to dash": "((/opt/spark/sbin/start-connect-server.sh --master local[1]))",
    "a function": 'f() { /opt/spark/sbin/start-connect-server.sh "$@"; }; f --master local[1]',
    "many substitutions": "/opt/spark/sbin/start-connect-server.sh " + "$(" * 3000,
    "only separators": ";;&&||;; /opt/spark/sbin/start-connect-server.sh",
    "expanded class": f"X={CLASS}; spark-submit --class $X --master local[1]",
    "eval": 'eval "$(echo start-connect-server.sh) --master local[1]"',
    "a shell in a shell": "bash -c '/opt/spark/sbin/start-connect-server.sh --master local[1]'",
    "eval of a text": 'eval "/opt/spark/sbin/start-connect-server.sh --master local[1]"',
    "a carriage return": "/opt/spark/sbin/start-connect-server.sh --master local[1]\r\n",
    "control characters": "/opt/spark/sbin/start-connect-server.sh --conf 'spark.x=\x1b[31m\x07\x7f'",
    "lone backslash": "/opt/spark/sbin/start-connect-server.sh --master k8s://x \\",
    "other alphabets": "/opt/spark/sbin/start-connect-server.sh --name 'отчёты 報告 \U0001f600' --conf spark.y=\u2028",
}


@pytest.mark.parametrize("name", SHELLS)
def test_odd_shell_texts(api, name):
    answered(api, shell(SHELLS[name]))


UNKNOWABLE = {
    "words from elsewhere": "echo --master local[1] | xargs /opt/spark/sbin/start-connect-server.sh",
    "a class known at run time": f"X={CLASS}; spark-submit --class $X --master local[1]",
    "a here-document": "sh <<E\n/opt/spark/sbin/start-connect-server.sh --master local[1]\nE",
    "another language": "python3 -c 'import os; os.system(\"/opt/spark/sbin/start-connect-server.sh --master local[1]\")'",
}


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_what_cannot_be_told_is_refused(api, name):
    assert "cannot tell" in api.create(shell(UNKNOWABLE[name]), "enforce-standalone", dry_run=True).refused(VALIDATE)


@pytest.mark.parametrize("text", ["# start-connect-server.sh --master local[1]\nsleep inf", "echo try start-connect-server.sh; sleep inf"])
def test_a_server_that_is_only_talked_about(api, text):
    stored = api.create(shell(text), "enforce-standalone", dry_run=True).allowed()
    assert stored["spec"]["containers"][0]["command"][-1] == text


ODD = {
    "empty words": {
        "spec__containers__0__command": ["", "", "/opt/spark/sbin/start-connect-server.sh"],
        "spec__containers__0__args": ["", "--master", ""],
    },
    "master without value": {"spec__containers__0__args": ["--master"]},
    "conf without value": {"spec__containers__0__args": ["--conf", "spark.master", "--conf", "=x", "--conf"]},
    "the same thousand times": {"spec__containers__0__args": ["--master", "k8s://a"] * 1000},
    "two servers": {"spec__containers": [*PROBE["spec"]["containers"], {**PROBE["spec"]["containers"][0], "name": "second"}]},
    "server as init container": {
        "spec__initContainers": [{**PROBE["spec"]["containers"][0], "name": "first"}],
        "spec__containers": [{"name": "main", "image": "x:1", "command": ["sleep", "inf"]}],
    },
    "server as side-car": {
        "spec__initContainers": [{**PROBE["spec"]["containers"][0], "name": "side", "restartPolicy": "Always"}],
        "spec__containers": [{"name": "main", "image": "x:1", "command": ["sleep", "inf"]}],
    },
    "env of the env": {
        "spec__containers__0__env": [{"name": "A", "value": "$(A)$(B)"}, {"name": "A", "value": "$(A)"}],
        "spec__containers__0__args": ["--master", "$(A)"],
    },
    "a thousand variables": {"spec__containers__0__env": [{"name": f"V{i}", "value": f"$(V{i - 1})"} for i in range(1200)]},
    "150 containers": {"spec__containers": [{**PROBE["spec"]["containers"][0], "name": f"c{i}"} for i in range(150)]},
    "java options": {"spec__containers__0__env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Dspark.master=local[1] -Dx=\"'"}]},
    "annotations with newlines": {"metadata__annotations": {"sparkgate.io/standaloneMaster": "spark://a\nb:7077", "note": "x\ny"}},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_pods(api, name):
    answered(api, changed(PROBE, **ODD[name]))


@pytest.mark.parametrize("value", ["spark://a\nb:7077", "spark://\x1b[2Jx:1", "spark://" + "m" * 5000 + ":7077", "spark://a:7077," * 500])
def test_odd_annotations_of_an_object_that_may_choose(api, value):
    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": value}
    answer = api.create(changed(PROBE, metadata__annotations=notes), "override", dry_run=True)
    text = answer.refused(VALIDATE)
    assert "\n" not in text and "\x1b" not in text and len(text) < 4000


def test_a_warning_is_one_line_and_arrives(api, sparkgate):
    """A warning with a newline would vanish in the API server without a trace: what review says must arrive, all of it."""
    notes = {"sparkgate.io/backendMode": "stand\nalone", "sparkgate.io/note": 'a"b\\c\nd'}
    words = [*POD["spec"]["containers"][0]["args"], "--conf", "spark.driver.memory=1g\nspark.x=y", "--conf", "spark.z"]
    pod = changed(POD, metadata__annotations=notes, spec__containers__0__args=words, spec__hostPID=True)
    answer = api.create(pod, "warn-standalone", dry_run=True)
    answer.allowed()
    (line,) = sparkgate.review(in_namespace(pod, "warn-standalone"))
    assert line["warnings"] and sorted(answer.warnings) == sorted(line["warnings"])
    assert sum(len(w) for w in answer.warnings) <= 4000


def test_twenty_thousand_arguments(api):
    words = ["--conf", "spark.sql.x=y"] * 10_000
    answer = answered(api, changed(PROBE, spec__containers__0__args=words))
    if answer.ok:
        assert len(answer.body["spec"]["containers"][0]["args"]) >= len(words)


def test_a_million_bytes_of_plain_argument(api):
    answered(api, changed(PROBE, spec__containers__0__args=["--conf", "spark.x=" + "a" * 1_000_000]))


def test_beyond_the_cost_limit_the_api_server_refuses_servers_itself(api, calls):
    """A matchCondition that costs too much is an error: Fail refuses without a call. Nothing so long could start."""
    pod = changed(PROBE, spec__containers__0__command=["sleep"], spec__containers__0__args=["start-" + "a" * 1_400_000])
    with calls() as counted:
        answer = api.create(pod, "enforce-standalone", dry_run=True)
    assert answer.status == 403 and "actual cost limit exceeded" in answer.message
    assert "servers.validate.sparkgate.io" not in counted


def test_a_review_over_the_body_limit_is_refused_with_a_text(api):
    """The API server writes '<' as six bytes: half a MiB of them is a review of more than 3 MiB."""
    answer = api.create(changed(PROBE, spec__containers__0__args=["--name", "<" * 540_000]), "enforce-standalone", dry_run=True)
    text = answer.refused()
    assert "sparkgate" in text and ("3 MiB" in text or "3145728" in text or "large" in text), text


def test_a_configmap_of_a_mebibyte(api):
    text = "spark.connect.grpc.binding.port 15002\n" + "".join(f"spark.sql.k{i} {'v' * 60}\n" for i in range(12_000))
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"spark-defaults.conf": text[:1_040_000]}}
    stored = api.create(obj, "enforce-standalone", dry_run=True).allowed()
    assert "spark://spark-master.enforce-standalone.svc:7077" in stored["data"]["spark-defaults.conf"]


def test_a_configmap_that_would_outgrow_its_limit_is_still_answered(api):
    """The API server takes 1 MiB in all; our block may be what is too much. Whatever happens is said, not a 500."""
    head = "spark.connect.grpc.binding.port 15002\n#"
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "full"},
        "data": {"spark-defaults.conf": head + "x" * (1_048_576 - len(head))},
    }
    assert api.create(obj, "plain", dry_run=True).ok
    answer = api.create(obj, "enforce-standalone", dry_run=True)
    assert answer.status in (201, 403, 422), answer.message[:300]


MALFORMED = {
    "containers null": {"spec": {"containers": None}},
    "containers missing": {"spec": {}},
    "spec null": {"spec": None},
    "args null": {"spec": {"containers": [{"name": "a", "image": "x", "command": ["start-connect-server.sh"], "args": [None]}]}},
    "no name": {"spec": {"containers": [{"image": "x", "command": ["start-connect-server.sh"]}]}},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_pods_get_the_api_servers_own_answer(api, name):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "m"}, **MALFORMED[name]}
    here = api.create(pod, "enforce-k8s", dry_run=True)
    there = api.create(pod, "plain", dry_run=True)
    if here.status == 403:
        here.refused()
    else:
        assert (here.status, here.message) == (there.status, there.message.replace("plain", "enforce-k8s"))


def test_a_hostile_pod_is_not_audited_at_length(api):
    """Audit annotations stay small whatever the object is."""
    words = ["--conf", "spark.hadoop.x=" + "s" * 50_000] * 5
    notes = api.audit_annotations(api.create(changed(PROBE, spec__containers__0__args=words), "audit-k8s", dry_run=True))
    ours = {k: v for k, v in notes.items() if k.startswith(VALIDATE)}
    assert ours and all(len(v) < 10_000 for v in ours.values())


def test_what_is_stored_after_all_this_is_still_right(api):
    assert settings(api.create(POD, "enforce-k8s", dry_run=True).allowed())["spark.master"].startswith("k8s://")
