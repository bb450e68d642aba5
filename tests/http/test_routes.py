"""Codes for what is asked wrongly; the body is read to its end first, so that the answer arrives."""

import pytest

from reviews import review

WRONG = [
    ("POST", "/", "application/json", 404, None),
    ("POST", "/mutate/", "application/json", 404, None),
    ("POST", "/Mutate", "application/json", 404, None),
    ("POST", "//mutate", "application/json", 404, None),
    ("GET", "/mutate", None, 405, "POST"),
    ("PUT", "/mutate", "application/json", 405, "POST"),
    ("DELETE", "/validate", None, 405, "POST"),
    ("BREW", "/validate", None, 405, "POST"),
    ("POST", "/livez", "application/json", 405, "GET, HEAD"),
    ("POST", "/readyz", "application/json", 405, "GET, HEAD"),
    ("POST", "/mutate", "text/plain", 415, None),
    ("POST", "/mutate", "application/jsonp", 415, None),
    ("POST", "/mutate", "application/x-www-form-urlencoded", 415, None),
    ("POST", "/validate", "nonsense", 415, None),
]


@pytest.mark.parametrize("size", [0, 20, 1 << 20])
@pytest.mark.parametrize("method, path, content_type, status, allow", WRONG)
def test_wrong_request(server, method, path, content_type, status, allow, size):
    with server.client() as client:
        answer = client.request(method, path, b"x" * size, {"Content-Type": content_type or "application/json"})
        assert (answer.status, answer.headers["Allow"]) == (status, allow)
        assert answer.headers["Content-Type"].startswith("text/plain") and answer.body
        assert client.get("/livez").status == 200, "the connection must still be good"


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
def test_accepted_types(server, content_type):
    body = review()
    with server.client() as client:
        answer = client.request("POST", "/mutate", body, {"Content-Type": content_type})
        assert answer.review["uid"] == body["request"]["uid"]


@pytest.mark.parametrize("query", ["?timeout=5s", "?timeout=1m30s", "?timeout=", "?timeout=nonsense", "?x=y&timeout=10s", "?"])
def test_queries(server, query):
    body = review()
    answer = server.post("/mutate" + query, body)
    assert answer.review["allowed"] is True
    assert answer.review["uid"] == body["request"]["uid"]
