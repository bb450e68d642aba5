"""A thousand connections that mean no good, all at once, and one client who has work to do."""

import os
import socket
import threading

from reviews import review
from server import until

HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
HELLO = bytes.fromhex("1603010200010001fc0303")  # the first bytes of a ClientHello, and then no more


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def crowd(server, count, kind):
    """TCP connections that say what their kind says, as long as they are let."""
    sockets = []
    for i in range(count):
        one = socket.socket()
        one.settimeout(2)
        try:
            one.connect(("127.0.0.1", server.port))
            if kind == "garbage":
                one.sendall(os.urandom(300))
            elif kind == "half":
                one.sendall(HELLO)
            elif kind == "plain":
                one.sendall(HEAD)
        except OSError:
            pass
        sockets.append(one)
    return sockets


def dripping(server, count):
    """TLS connections with half a header or half a body, that go on by a byte."""
    sockets = []
    for i in range(count):
        try:
            one = server.raw(timeout=2)
            one.sendall(HEAD if i % 2 else HEAD + b"\r\n{")
            sockets.append(one)
        except OSError:
            pass
    return sockets


def test_a_thousand_connections(start):
    server = start("--threads", "2")
    question = review()
    good = server.post("/mutate", question).body
    with server.client() as kept:
        kept.post("/mutate", question)
        until(lambda: server.metric("sparkgate_connections") <= 1, 15, "a quiet server")
        files, memory = descriptors(server), server.status("RssAnon")
        stop, failures = threading.Event(), []

        def work():
            while not stop.is_set():
                try:
                    if kept.post("/mutate", question).body != good:
                        failures.append("another answer")
                except OSError as error:
                    failures.append(error)
                    return

        worker = threading.Thread(target=work)
        worker.start()
        many = dripping(server, 150)
        for kind in ("idle", "garbage", "half", "plain"):
            many += crowd(server, 215, kind)
        for _ in range(20):
            for one in many[:150]:
                try:
                    one.sendall(b"x")
                except OSError:
                    pass
        until(lambda: server.metric("sparkgate_connections") <= 512, 10, "no more than there are places")
        for one in many:
            one.close()
        stop.set()
        worker.join(30)
        assert not failures, failures[:3]
        assert kept.post("/mutate", question).body == good
        until(lambda: server.metric("sparkgate_connections") <= 1, 30, "an end of the crowd")
        until(lambda: descriptors(server) <= files, 10, f"{files} descriptors as before")
    assert server.post("/validate", question).status == 200
    for name in ("sparkgate_requests_in_flight", "sparkgate_inflight_bytes"):
        until(lambda name=name: server.metric(name) == 0, 10, f"{name}: the end of the last request comes after its answer")
    # A second crowd takes no more than the first: nothing is kept of a connection.
    once = server.status("RssAnon")
    for kind in ("garbage", "half"):
        for one in crowd(server, 300, kind):
            one.close()
    until(lambda: server.metric("sparkgate_connections") == 0, 30, "an end of the second crowd")
    assert server.status("RssAnon") < once + 4 * 1024 * 1024, (memory, once, server.status("RssAnon"))
    server.stop()
