"""Clients that take their time."""

import json
import socket
import ssl
import time
from contextlib import ExitStack

import pytest
from reviews import padded, review
from server import until

HEAD = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def test_dripping_body_ends_at_its_deadline(server):
    """A byte each 50 ms is activity for ever; the deadline of the request ends it all the same."""
    text = json.dumps(review()).encode()
    sent = 0
    with server.raw() as raw:
        begun = time.monotonic()
        raw.sendall(HEAD.format("/mutate?timeout=1s", len(text)).encode())
        try:
            for byte in text[:300]:  # 15 s, on an idle machine
                raw.sendall(bytes([byte]))
                sent += 1
                time.sleep(0.05)
        except (ConnectionError, ssl.SSLError):
            pass
        lasted = time.monotonic() - begun
    assert lasted > 0.5, lasted
    assert sent < 300, "it was not cut"
    assert server.metric("sparkgate_deadlines_exceeded_total") >= 1


def test_body_after_its_deadline(server):
    """All of it arrives at once, but too late: there is still somebody to tell."""
    body = review()
    text = json.dumps(body).encode()
    until(lambda: server.metric("sparkgate_requests_in_flight") == 0, 30, "the end of other requests")
    with server.raw() as raw:
        raw.sendall(HEAD.format("/validate?timeout=1ms", len(text)).encode())
        until(lambda: server.metric("sparkgate_requests_in_flight") == 1, 9, "its headers were read")
        time.sleep(0.01)
        raw.sendall(text)
        try:
            answer = raw.recv(4096)
        except ConnectionError:
            answer = b""
    assert answer == b"" or b'"code":503' in answer


def test_slow_body_in_time_is_judged(server):
    body = review()
    text = json.dumps(body).encode()
    with server.raw() as raw:
        raw.sendall(HEAD.format("/mutate?timeout=10s", len(text)).encode())
        for i in range(0, len(text), 100):
            raw.sendall(text[i : i + 100])
            time.sleep(0.02)
        answer = raw.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200") and body["request"]["uid"].encode() in answer


def test_slow_clients_hold_up_nobody(server):
    """Every thread has connections that stand still in the middle of something."""
    stuck = [server.raw() for _ in range(16)]
    for i, raw in enumerate(stuck):
        raw.sendall(HEAD.format("/mutate", 1000).encode()[: 20 if i % 2 else None])
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(16)]
    times = []
    for _ in range(20):
        begun = time.monotonic()
        server.post("/mutate", review()).review
        times.append(time.monotonic() - begun)
    assert sorted(times)[-3] < 2, times  # the machine itself may stand still
    for one in stuck + silent:
        one.close()


@pytest.mark.long
def test_idle_connections(server):
    """After an admission a connection may rest for longer than before its first one, and is then good; one that never says
    anything is closed, and one that only asked how we are: anybody may, and there is not room for everybody."""
    with server.client() as rested, server.client() as curious, socket.create_connection(("127.0.0.1", server.port)) as silent:
        rested.post("/mutate", review()).review
        assert curious.get("/livez").text == "ok"
        silent.settimeout(60)
        begun = time.monotonic()
        while silent.recv(100):  # a TLS alert may come first
            pass
        assert time.monotonic() - begun < 40
        rest = begun + 12 - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        sock = rested.connection.sock
        rested.post("/mutate", review()).review
        assert rested.connection.sock is sock, "it was opened anew"
        curious.connection.sock.settimeout(5)
        assert curious.connection.sock.recv(1) == b""


def test_half_a_request_and_gone(server):
    """Bodies of clients that vanish give their memory back."""
    for _ in range(30):
        raw = server.raw()
        raw.sendall(HEAD.format("/mutate", 2_000_000).encode() + b"x" * 100_000)
        raw.close()
    for name in ("sparkgate_inflight_bytes", "sparkgate_requests_in_flight"):
        until(lambda name=name: server.metric(name) == 0, 15, f"{name}: an end")


def hello(server):
    """The first bytes that a client sends."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server.context().wrap_bio(into, out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


@pytest.mark.parametrize("sent", [100, None], ids=["part of it", "all of it"])
def test_half_a_handshake_holds_up_nobody(start, sent):
    """Whoever begins one and goes no further: a large review beside it is read in time, and the worker sleeps meanwhile."""
    server = start("--threads", "1")
    first = hello(server)[:sent]
    body = json.dumps(padded(2_000_000))
    with ExitStack() as stack, server.client() as client:
        client.post("/mutate", review()).review
        for _ in range(20):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half.sendall(first)
        time.sleep(0.3)
        before = server.cpu_seconds
        time.sleep(1)
        assert server.cpu_seconds - before < 0.5
        for _ in range(3):
            assert client.post("/mutate?timeout=2s", body).review["allowed"]
    assert server.metric("sparkgate_deadlines_exceeded_total") == 0
