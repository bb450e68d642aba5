"""Many clients, large bodies, and memory."""

import json
import socket
import threading

import pytest

from reviews import STANDING_STILL, padded, pod, review
from server import LIMIT, SANITIZED, until


def in_parallel(count, work):
    results, threads = [None] * count, []

    def run(i):
        try:
            results[i] = work(i)
        except Exception as error:  # noqa: BLE001 shown by the caller
            results[i] = error

    for i in range(count):
        threads.append(threading.Thread(target=run, args=(i,)))
        threads[-1].start()
    for thread in threads:
        thread.join(120)
    bad = [result for result in results if isinstance(result, Exception)]
    assert not bad, bad[:3]
    return results


def test_every_client_gets_its_own_answer(server):
    """Names differ, so that an answer that went astray would show."""

    def work(i):
        with server.client() as client:
            for k in range(25):
                body = review(pod(name=f"connect-{i}-{k}"), namespace=["k8s-team", "standalone-team"][k % 2])
                response = client.post("/validate", body).review
                assert response["uid"] == body["request"]["uid"]
                if not response["allowed"]:
                    assert f'"connect-{i}-{k}"' in response["status"]["message"]
        return True

    assert all(in_parallel(24, work))


@pytest.mark.alone
def test_connections_are_spread_evenly(start):
    """Two threads, eight connections: both work. (libmicrohttpd's pool often leaves one idle.)"""
    server = start("--threads", "2")
    clients = [server.client() for _ in range(8)]
    body = json.dumps(padded(200_000)).encode()
    for _ in range(25):
        for client in clients:
            client.post("/mutate", body)
    # Nanoseconds on a processor: the ticks of stat are samples, and a busy machine takes few.
    spent = sorted(int(text.split()[0]) for text in server.each_thread("schedstat"))
    assert 0 < spent[-1] <= spent[-2] * 3, f"one thread did nearly all of it: {spent}"


@pytest.mark.alone
@pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")
def test_64_bodies_of_3_mib(start):
    """192 MiB arrive at once; the budget lets 48 MiB in. The others are told so, and memory stays bounded."""
    server = start()
    server.post("/mutate", review())
    gate = threading.Barrier(64)
    body = padded(LIMIT)
    text = json.dumps(body).encode()

    def work(_):
        with server.client(timeout=100) as client:
            gate.wait(60)
            return client.post("/mutate?timeout=30s", text).review  # for all of them share the processors

    answers = in_parallel(64, work)
    codes = [answer.get("status", {}).get("code", 200) for answer in answers]
    assert set(codes) <= {200, 503}, codes
    assert 200 in codes
    assert all(answer["uid"] == body["request"]["uid"] for answer in answers)
    assert server.status("VmHWM") < 128 << 20
    until(lambda: server.metric("sparkgate_inflight_bytes") == 0, what="the end of the last request")  # comes after its answer
    until(lambda: server.status("VmRSS") < 32 << 20, what="memory goes back")
    refused = server.metric("sparkgate_bodies_refused_total", reason="over-budget")
    assert refused == codes.count(503)
    assert server.post("/mutate", review()).review["allowed"] is True


def test_budget_refuses_and_recovers(start):
    """Bodies that stand still hold their share: the next one is told to come again, with its uid."""
    server = start("--max-inflight-bytes", "3Mi")
    raw = server.raw()
    raw.sendall(STANDING_STILL)
    until(lambda: server.metric("sparkgate_inflight_bytes") >= 2_500_000, what="its bytes")
    body = padded(1_000_000)
    with server.client() as client:
        raw.sendall(b" ")  # still there: it is silent no longer than our own request takes
        response = client.post("/mutate", body).review
        assert (response["uid"], response["allowed"], response["status"]["code"]) == (body["request"]["uid"], False, 503)
        raw.close()
        until(lambda: server.metric("sparkgate_inflight_bytes") == 0, what="the end of it")
        assert client.post("/mutate", body).review["allowed"] is True


@pytest.mark.skipif(SANITIZED, reason="sanitizers need more")
def test_small_when_idle(start):
    server = start("--threads", "2")
    with server.client() as client:
        for _ in range(200):
            client.post("/mutate", review())
    assert server.status("VmRSS") < 12 << 20


def test_too_many_connections(start):
    """Whoever is connected stays so; who comes when all places are taken is turned away, and may come later."""
    server = start()
    with server.client() as client:
        assert client.get("/livez").status == 200
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(600)]
        until(lambda: server.metric("sparkgate_connections") == 512, what="a full house")
        for _ in range(5):
            assert client.post("/mutate", review()).review["allowed"] is True
        for one in crowd:
            one.close()
        until(lambda: server.metric("sparkgate_connections") == 1, what="an empty house")
        assert server.get("/livez").status == 200


def test_pipelined_requests(server):
    """Two requests in one packet get two answers, in order."""
    first, second = review(), review()
    text = b""
    for body in (first, second):
        body = json.dumps(body).encode()
        text += b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with server.raw() as raw:
        raw.sendall(text)
        got = b""
        while got.count(b"HTTP/1.1 200") < 2 or second["request"]["uid"].encode() not in got:
            piece = raw.recv(65536)
            assert piece, got
            got += piece
    assert got.index(first["request"]["uid"].encode()) < got.index(second["request"]["uid"].encode())
