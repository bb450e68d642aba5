"""/livez, /readyz and the plain listener."""

import re
import signal

from server import until


def test_livez(server):
    answer = server.get("/livez")
    assert (answer.status, answer.text) == (200, "ok")


def test_readyz_is_short_unless_asked(server):
    assert server.get("/readyz").text == "ok"


def test_readyz_verbose_lists_each_check(server):
    answer = server.get("/readyz?verbose")
    assert answer.status == 200
    lines = answer.text.splitlines()
    assert re.fullmatch(r"\[\+\]policy ok \([0-9a-f]{12}\)", lines[0])
    assert re.fullmatch(r"\[\+\]certificate ok \(expires 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\)", lines[1])
    assert lines[2] == "[+]facts ok (3 namespaces, 0 ConfigMaps)"
    assert lines[-1] == "readyz check passed"


def test_head_has_no_body(server):
    with server.client() as client:
        answer = client.request("HEAD", "/livez")
        assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "2")
        assert client.get("/livez").text == "ok"


def test_plain_listener(server):
    assert server.plain_get("/livez").text == "ok"
    assert "readyz check passed" in server.plain_get("/readyz").text
    assert server.plain_get("/mutate").status == 404
    assert server.plain_get("/metrics", method="POST").status == 405


def test_no_metrics_over_https(server):
    assert server.get("/metrics").status == 404


def test_unready_while_draining(start):
    server = start("--shutdown-delay", "20s")
    server.signal(signal.SIGTERM)
    until(lambda: server.get("/readyz").status == 503, what="unreadiness")
    answer = server.get("/readyz")  # says why without being asked
    assert "[-]shutdown failed: draining\nreadyz check failed\n" in answer.text
    assert "[+]policy ok" in answer.text
    assert server.get("/livez").status == 200
    assert answer.headers["Connection"].lower() == "close"
