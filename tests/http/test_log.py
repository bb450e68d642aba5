"""One line a decision, safe whatever is in it."""

import json

from reviews import pod, review
from server import until

FIELDS = {"ts", "level", "msg", "uid", "entry", "operation", "namespace", "name", "kind", "role", "mode", "backend", "allowed", "verdict", "changes", "policy", "us"}  # fmt: skip


def line_of(server, uid):
    return until(lambda: next((line for line in server.log if line.get("uid") == uid), None), what="the log line")


def test_decision_line(server):
    body = review(namespace="standalone-team")
    server.post("/validate", body)
    line = line_of(server, body["request"]["uid"])
    assert FIELDS <= set(line)
    assert line["entry"] == "servers.validate.sparkgate.io"
    assert (line["operation"], line["namespace"], line["name"], line["kind"]) == ("CREATE", "standalone-team", "connect-0", "Pod")
    assert (line["role"], line["mode"], line["backend"]) == ("connect-server", "enforce", "standalone")
    assert (line["allowed"], line["verdict"]) == (False, False)
    assert "backend.master" in line["rules"].split(",")
    assert line["us"] > 0


def test_refused_line(server):
    body = review(object="no pod")
    server.post("/mutate", body)
    line = line_of(server, body["request"]["uid"])
    assert (line["level"], line["msg"]) == ("warn", "request refused") and line["error"]


def test_refused_line_guesses_nothing(server):
    body = review()
    del body["request"]["kind"]
    server.post("/mutate", body)
    line = line_of(server, body["request"]["uid"])
    assert not {"operation", "namespace", "name", "kind"} & set(line)


def test_no_secret_and_no_value(server):
    args = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--conf", "spark.hadoop.fs.s3a.secret.key=hunter2"]
    args += ["--conf", "spark.ssl.keyPassword=hunter2", "--conf", "spark.master=k8s://hunter2.example", "spark-internal"]
    for path in ("/mutate", "/validate"):
        body = review(pod(args=args))
        server.post(path, body)
        line_of(server, body["request"]["uid"])
    assert "hunter2" not in server.out.read_text() + server.messages


def test_hostile_names(server):
    for name in ('a"b\\c', "a\nb\r\tc", "a\x1b[31mb", "\u0085\u009b", "\u2028", "\u202eevil", "x" * 5000):
        body = review(pod(name=name), name=name, namespace=name)
        server.post("/mutate", body)
        line = line_of(server, body["request"]["uid"])  # each line is JSON
        assert len(json.dumps(line)) < 5000
    text = server.out.read_bytes().decode()
    assert not any(ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e" for c in text)


def test_text_for_people(start):
    server = start("--log-format", "text")
    body = review()
    server.post("/mutate", body)
    line = until(lambda: server.out.read_text(), what="a line")
    assert line.count("\n") == 1 and not line.startswith("{")
    assert f" info  decision uid={body['request']['uid']} operation=CREATE namespace=k8s-team name=connect-0" in line


def test_parallel_lines_do_not_mix(server):
    from server import Load

    with Load(server, review(), clients=8) as load:
        load.more(400)
    assert not load.failures
    assert all(line["msg"] for line in server.log)


def test_level(start):
    server = start("--log-level", "warn")
    server.post("/mutate", review())
    server.post("/mutate", review(object="no pod"))
    lines = until(lambda: server.log, what="a line")
    assert [line["level"] for line in lines] == ["warn"]
