"""Bodies of every bad kind: a reason wherever the uid can be read, a bare code elsewhere, never silence."""

import contextlib
import json

import pytest

from recipe import config_map
from reviews import padded, pod, review, uid
from server import LIMIT


def refusal(answer, expected_uid, code):
    response = answer.review
    assert response["uid"] == expected_uid
    assert response["allowed"] is False
    assert response["status"]["code"] == code
    assert response["status"]["message"].startswith("sparkgate: ")
    assert "patch" not in response
    return response["status"]["message"]


def alive(server):
    body = review()
    assert server.post("/mutate", body).review["uid"] == body["request"]["uid"]


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
def test_largest_body(server, path):
    body = padded(LIMIT)
    assert len(json.dumps(body)) == LIMIT
    response = server.post(path, body).review
    assert response["uid"] == body["request"]["uid"]
    assert response.get("status", {}).get("code") in (None, 403)


@pytest.mark.parametrize("extra", [1, 1 << 20, 8 << 20])
def test_too_large_with_uid(server, extra):
    body = padded(LIMIT + extra)
    with server.client() as client:
        message = refusal(client.post("/mutate", body), body["request"]["uid"], 413)
        assert "3 MiB" in message
        assert client.get("/livez").status == 200


def test_too_large_in_chunks(server):
    body = json.dumps(padded(LIMIT + 100_000)).encode()
    pieces = (body[i : i + 65536] for i in range(0, len(body), 65536))
    with server.client() as client:
        answer = client.post("/validate", pieces)
        assert answer.review["status"]["code"] == 413


def test_too_large_without_uid(server):
    with server.client() as client:
        answer = client.post("/mutate", b"x" * (LIMIT + 1))
        assert answer.status == 413 and b"3 MiB" in answer.body
        assert client.get("/livez").status == 200


def test_uid_too_far_behind(server):
    """Only the beginning of what is thrown away is kept."""
    answer = server.post("/mutate", b'{"padding":"' + b"x" * LIMIT + b'","request":{"uid":"a"}}')
    assert answer.status == 413


def test_chunked_body_is_judged(server):
    body = review()
    text = json.dumps(body).encode()
    answer = server.post("/mutate", iter([text[:7], text[7:100], text[100:]]))
    assert answer.review["allowed"] is True


def test_absurd_length(server):
    with server.raw() as raw:
        raw.sendall(b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999999\r\n\r\n")
        assert raw.recv(1000).split(b"\r\n")[0].split()[1] in (b"413", b"400")
    alive(server)


def test_expect_continue(server):
    """curl and others wait for a word before they send a large body."""
    body = review()
    text = json.dumps(body).encode()
    with server.raw() as raw:
        raw.sendall(b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(text))
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        raw.sendall(text)
        assert raw.recv(100).startswith(b"HTTP/1.1 200 ")


def test_large_headers(server):
    """Answered as soon as there is no more room for them, which may be while they are sent."""
    with server.raw() as raw:
        with contextlib.suppress(OSError):
            raw.sendall(b"POST /mutate HTTP/1.1\r\nHost: x\r\n" + b"".join(b"x-%d: %s\r\n" % (i, b"x" * 1000) for i in range(40)) + b"\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 431 ")
    alive(server)


def test_large_length_takes_no_memory(server):
    """Ten connections that promise 3 MiB each and send nothing: memory is for what arrived."""
    before = server.metric("sparkgate_inflight_bytes")
    raws = [server.raw() for _ in range(10)]
    for raw in raws:
        raw.sendall(b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3145728\r\n\r\n{")
    alive(server)
    assert server.metric("sparkgate_inflight_bytes") - before <= 12 * 16384
    for raw in raws:
        raw.close()


MALFORMED = {
    "truncated": lambda text: text[:-20],
    "trailing": lambda text: text + "{}",
    "invalid utf-8": lambda text: text.encode().replace(b"connect-0", b"connect-\xff"),
    "overlong utf-8": lambda text: text.encode().replace(b"connect-0", b"connect-\xc0\xaf"),
    "raw control": lambda text: text.replace("connect-0", "connect-\x01"),
    "nul": lambda text: text.replace("connect-0", "connect-\x00"),
    "escaped nul": lambda text: text.replace("connect-0", "connect-\\u0000"),
    "lone surrogate": lambda text: text.replace("connect-0", "connect-\\ud800"),
    "duplicate key": lambda text: text.replace('"spec": {', '"spec": {}, "spec": {', 1),
    "duplicate operation": lambda text: text.replace('"operation":', '"operation": "DELETE", "operation":', 1),
    "deep arrays": lambda text: text.replace('"connect-0"', "[" * 100 + "]" * 100, 1),
    "very deep": lambda text: text.replace('"connect-0"', "[" * 100_000, 1),
    "deep objects": lambda text: text.replace('"connect-0"', '{"a":' * 100 + "1" + "}" * 100, 1),
    "too many values": lambda text: text.replace('"connect-0"', "[" + "1," * 300_000 + "1]", 1),
    "bad number": lambda text: text.replace('"connect-0"', "01", 1),
    "byte order mark": lambda text: "\ufeff" + text,
}


@pytest.mark.parametrize("name", [name for name in MALFORMED if name != "byte order mark"])
def test_malformed_with_uid(server, name):
    body = review()
    mangled = MALFORMED[name](json.dumps(body))
    mangled = mangled if isinstance(mangled, bytes) else mangled.encode()
    for path in ("/mutate", "/validate"):
        refusal(server.post(path, mangled), body["request"]["uid"], 400)


@pytest.mark.parametrize(
    "text", ["", " ", "{}", "[]", "null", "1", '"x"', "{", "nonsense", '{"request":null}', '{"request":{}}',
             '{"request":{"uid":""}}', '{"request":{"uid":7}}', '{"request":{"uid":"' + "u" * 500 + '"}}',
             '{"request":[{"uid":"a"}]}', '{"uid":"a"}', '{"a":{"uid":"a"}}', '["request",{"uid":"a"}]']
)
def test_no_uid(server, text):
    answer = server.post("/mutate", text.encode())
    assert answer.status == 400, answer.body
    assert answer.headers["Content-Type"].startswith("text/plain") and answer.body


WRONG = {
    "version v1beta1": lambda document: document.update(apiVersion="admission.k8s.io/v1beta1"),
    "no version": lambda document: document.pop("apiVersion"),
    "kind": lambda document: document.update(kind="ConversionReview"),
    "operation": lambda document: document["request"].update(operation="PATCH"),
    "operation a number": lambda document: document["request"].update(operation=1),
    "no kind": lambda document: document["request"].pop("kind"),
    "object a string": lambda document: document["request"].update(object="pod"),
    "no object": lambda document: document["request"].pop("object"),
    "other namespace": lambda document: document["request"]["object"]["metadata"].update(namespace="other"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("path", ["/mutate", "/validate"])
def test_wrong_review(server, path, name):
    body = review()
    WRONG[name](body)
    refusal(server.post(path, body), body["request"]["uid"], 400)


def hostile_objects():
    """Well-formed reviews of objects that the API server would hardly send."""
    odd = [None, True, 0, -1, 1e300, "", "x" * 100_000, [], {}, [[]], [None], [{}], {"": ""}, ["a"], {"a": None}]
    paths = [
        ("metadata",), ("metadata", "name"), ("metadata", "labels"), ("metadata", "annotations"), ("spec",),
        ("spec", "containers"), ("spec", "initContainers"), ("spec", "volumes"), ("spec", "securityContext"),
        ("spec", "containers", 0), ("spec", "containers", 0, "name"), ("spec", "containers", 0, "image"),
        ("spec", "containers", 0, "command"), ("spec", "containers", 0, "args"), ("spec", "containers", 0, "env"),
        ("spec", "containers", 0, "envFrom"), ("spec", "containers", 0, "ports"),
        ("spec", "containers", 0, "securityContext"), ("spec", "containers", 0, "resources"),
    ]  # fmt: skip
    for path in paths:
        for value in odd:
            yield path, value


@pytest.mark.parametrize("endpoint", ["/mutate", "/validate"])
def test_hostile_objects(server, endpoint):
    """Each is answered, by one connection, and the next good one as if nothing had been."""
    with server.client() as client:
        for path, value in hostile_objects():
            body = review()
            at = body["request"]["object"]
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            response = client.post(endpoint, body).review
            assert response["uid"] == body["request"]["uid"], (path, value)
            if not response["allowed"]:
                assert response["status"]["message"].startswith("sparkgate: "), (path, value)
    alive(server)


@pytest.mark.parametrize("endpoint", ["/mutate", "/validate"])
def test_hostile_config_maps(server, endpoint):
    """What is no text where a text belongs: properties, pod templates."""
    with server.client() as client:
        for odd in (None, True, 1, "", [], {}, {"a": None}):
            for key in ("spark-defaults.conf", "pod-template.yaml", "executor-pod-template.yaml.template"):
                body = config_map({"spark-defaults.conf": "spark.connect.x 1\n", key: odd})
                assert client.post(endpoint, body).review["uid"] == body["request"]["uid"], (key, odd)
    alive(server)


def test_uid_is_echoed_as_it_is(server):
    for odd in ("a", "x" * 128, "A-Z_0.9~"):
        body = review()
        body["request"]["uid"] = odd
        answer = server.post("/mutate", body)
        assert answer.review["uid"] == odd


def test_other_namespace_is_explained(server):
    body = review(pod(namespace="elsewhere"))
    message = refusal(server.post("/mutate", body), body["request"]["uid"], 400)
    assert "elsewhere" in message and "k8s-team" in message


def test_same_answer_for_the_same_question(server):
    body = review(uid=uid())
    assert server.post("/mutate", body).body == server.post("/mutate", body).body
