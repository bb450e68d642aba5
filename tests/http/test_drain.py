"""The end: unready, serve on, finish what has begun, exit 0."""

import json
import signal
import time

import pytest

from reviews import review
from server import Load, until

HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_server_ends_at_once(start, number):
    server = start()
    server.signal(number)
    assert server.wait(12) == 0


def while_it_drains(server, load):
    """What is true until the listener is closed."""
    until(lambda: server.get("/readyz").status == 503, what="unreadiness")
    answer = server.post("/mutate", review())
    load.more(20)
    return answer


def drained(server, delay):
    """An answer of a server that drains under load; None if a busy machine took all of the delay."""
    with Load(server, review(), clients=6) as load:
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        try:
            answer = while_it_drains(server, load)
        except (OSError, AssertionError):
            if time.monotonic() < begun + delay:
                raise
            answer = None
        assert server.wait(delay + 30) == 0
        assert time.monotonic() >= begun + delay
    # Who connected at the very end has half a second to say something (command/serve.c LINGER_NS), which has to be read too.
    failures = [answer for sent, answer in load.failures if sent < begun + delay + 0.25]
    assert not failures, failures[:3]
    return answer


@pytest.mark.alone
def test_drain_under_load(start):
    """Clients that come and go while the server drains: every request that was begun is answered, new connections are taken
    until the delay is over, and answers end their connections so that clients leave."""
    for delay in (4, 16, 60):
        answer = drained(start("--shutdown-delay", f"{delay}s"), delay)
        if answer:
            break
    assert answer.review["allowed"] and answer.headers["Connection"].lower() == "close"


def test_request_under_way_is_finished(start):
    """Its body arrives only after the listener was closed."""
    server = start()
    body = review()
    text = json.dumps(body).encode()
    with server.raw() as raw:
        raw.sendall(HEAD % len(text) + text[:100])
        until(lambda: server.metric("sparkgate_requests_in_flight") == 1, what="the request")
        server.signal(signal.SIGTERM)
        time.sleep(1.2)
        assert server.process.poll() is None
        raw.sendall(text[100:])
        answer = raw.recv(65536)
        while piece := raw.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200") and b"close" in answer.lower()
    assert body["request"]["uid"].encode() in answer
    assert server.wait(12) == 0  # not by DRAIN, which takes 15 s


def test_second_signal_ends_at_once(start):
    server = start("--shutdown-delay", "60s")
    server.signal(signal.SIGTERM)
    until(lambda: server.get("/readyz").status == 503, what="unreadiness")
    # A probe is under way until its thread has seen that the answer is gone, which its client may know before.
    until(lambda: server.metric("sparkgate_requests_in_flight") == 0, what="the end of the probe")
    server.signal(signal.SIGTERM)
    assert server.wait(12) == 1
    assert server.messages.splitlines()[-1] == "sparkgate serve: ended before the drain was over, with no request under way"


def test_second_signal_says_what_it_cuts_off(start):
    server = start("--shutdown-delay", "60s")
    with server.raw() as raw:
        raw.sendall(HEAD % 1000)
        until(lambda: server.metric("sparkgate_requests_in_flight") == 1, what="the request")
        server.signal(signal.SIGTERM)
        until(lambda: any(line["msg"] == "draining" for line in server.log), what="the drain")
        server.signal(signal.SIGTERM)
        assert server.wait(12) == 1
    assert server.messages.splitlines()[-1] == "sparkgate serve: ended with 1 request under way"


def test_reload_while_draining(start):
    """Until its end a server is a good one."""
    server = start("--shutdown-delay", "4s")
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGHUP)
    until(lambda: any(line["msg"] == "reloaded" for line in server.log), what="the reload")
    assert server.wait(30) == 0


@pytest.mark.long
def test_client_that_never_finishes_does_not_keep_it(start):
    server = start()
    with server.raw() as raw:
        raw.sendall(HEAD % 1000)
        until(lambda: server.metric("sparkgate_requests_in_flight") == 1, what="the request")
        server.signal(signal.SIGTERM)
        assert server.wait(25) in (0, 1)
