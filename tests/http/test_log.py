"""One line a decision, safe whatever is in it."""

import json
import os

from reviews import pod, review
from server import Server, until

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


def read_all(fd):
    """What stands in a pipe now."""
    text = b""
    while True:
        try:
            piece = os.read(fd, 1 << 20)
        except BlockingIOError:
            return text
        if not piece:
            return text
        text += piece


def test_nobody_reads_the_log(tmp_path):
    """A container's runtime that stops reading, on a full disk say: admissions go on, and what was logged comes when it reads again."""
    directory = tmp_path / "unread"
    directory.mkdir()
    os.mkfifo(directory / "stdout")
    reader = os.open(directory / "stdout", os.O_RDONLY | os.O_NONBLOCK)
    body, count = review(), 600
    with Server(directory) as server:
        with server.client(timeout=10) as client:
            for _ in range(count):
                assert client.post("/mutate", body).review["allowed"]
        text = bytearray()
        uid = body["request"]["uid"].encode()

        def all_there():
            text.extend(read_all(reader))
            return text.count(uid) == count

        until(all_there, what="all lines")
        assert server.metric("sparkgate_log_lines_lost_total") == 0
    os.close(reader)


def test_the_log_ends_with_the_process(tmp_path):
    """What was logged last is there, and a log that nobody reads does not keep the process from ending."""
    for read in (True, False):
        directory = tmp_path / f"read-{read}"
        directory.mkdir()
        os.mkfifo(directory / "stdout")
        reader = os.open(directory / "stdout", os.O_RDONLY | os.O_NONBLOCK)
        with Server(directory) as server, server.client() as client:
            for _ in range(1 if read else 600):
                client.post("/mutate", review())
        assert b'"msg":"draining"' in read_all(reader) or not read
        os.close(reader)
