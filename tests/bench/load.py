"""h2load drives a server: as fast as it answers, or at a fixed rate. Every answer has to be 200, or nothing is measured.

Hostile bodies excepted: who is sent many of those at once may turn some away. Then what an answer costs is counted of those that were given.
"""

import re
import subprocess
import sys
import tempfile

# A fixed rate: 8 connections with 50 requests a second each. They are opened 11 ms apart and each sends every 20 ms, so that
# no two send at one moment and none waits for another.
RATE, CONNECTIONS = 400, 8


def h2load(server, payload, count, connections, *more):
    """Drive count requests; what h2load says in the end, how many were answered, and what each took, us, sorted."""
    with tempfile.NamedTemporaryFile() as times:
        done = subprocess.run(
            ["h2load", "--h1", "-t1", f"-c{connections}", f"-n{count}", "-d", payload.body, "-H", "Content-Type: application/json",
             f"--log-file={times.name}", *more, f"https://127.0.0.1:{server.port}{payload.path_of(server)}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=True)  # fmt: skip
        spans = sorted(int(row.split(b"\t")[2]) for row in times)
    good = re.search(r"status codes: (\d+) 2xx", done.stdout)
    answered = int(good.group(1)) if good else 0
    if answered != count and not (getattr(payload, "hostile", False) and answered):
        said = done.stdout[done.stdout.rfind("finished in") :]
        sys.exit(f"{server.name}, {payload.name}: not every answer was 200:\n{said}")
    return done.stdout, answered, spans


def middle(spans, part):
    return spans[min(len(spans) - 1, int(len(spans) * part))]


def load(server, payload, count, connections=CONNECTIONS):
    """As fast as it answers: CPU us a request, p50 us, p99 us, requests a second, which part was answered."""
    before = server.cpu_seconds()
    text, answered, spans = h2load(server, payload, count, connections)
    cpu = server.cpu_seconds() - before
    rate = float(re.search(r"([\d.]+) req/s", text).group(1))
    return cpu / answered * 1e6, middle(spans, 0.5), middle(spans, 0.99), rate, answered / count


def paced(server, payload, seconds):
    """At RATE: CPU us a request, p50 us, p99 us."""
    count = RATE * seconds
    before = server.cpu_seconds()
    _, _, spans = h2load(server, payload, count, CONNECTIONS, f"--rps={RATE // CONNECTIONS}", "-r1", "--rate-period=11ms")
    return (server.cpu_seconds() - before) / count * 1e6, middle(spans, 0.5), middle(spans, 0.99)


def handshakes(server, payload, count):
    """CPU us of a connection with one request."""
    before = server.cpu_seconds()
    for _ in range(count // 50):
        h2load(server, payload, 50, 50)
    return (server.cpu_seconds() - before) / (count // 50 * 50) * 1e6
