"""The program under ThreadSanitizer: parallel requests of all kinds while everything is reloaded, then a drain."""

import signal
import subprocess

import pytest

from reviews import padded, review
from server import FACTS, HERE, PROGRAM, SANITIZED, Load, until


@pytest.fixture(scope="module")
def program():
    return subprocess.run([HERE / "tsan"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.long
@pytest.mark.skipif(SANITIZED, reason="another sanitizer is at work")
def test_no_races(start, tmp_path, program):
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS.read_text())
    report = tmp_path / "report"
    server = start("--threads", "3", "--max-inflight-bytes", "3Mi", facts=facts, program=program,
                   env={"TSAN_OPTIONS": f"log_path={report} halt_on_error=0 exitcode=66"})  # fmt: skip
    with Load(server, review(), clients=4) as pods, Load(server, review(namespace="standalone-team"), "/validate", 3) as other:
        for n in range(3):
            subprocess.run([PROGRAM, "certs", "rotate", server.certs], check=True, capture_output=True)
            facts.write_text(FACTS.read_text() + f"# {n}\n")
            server.signal(signal.SIGHUP)
            server.plain_get("/metrics")
            server.get("/readyz?verbose")
            server.post("/mutate", padded(2_000_000))
            server.post("/mutate", b"nonsense")
            pods.more(40)
            other.more(20)
    assert not pods.failures + other.failures
    until(lambda: server.metric("sparkgate_reloads_total", what="facts", result="ok") >= 1, what="a reload of facts")
    with Load(server, review(), clients=3):
        server.signal(signal.SIGTERM)
        code = server.wait(60)
    reports = "".join(path.read_text() for path in tmp_path.glob("report.*"))
    assert not reports and code == 0, reports[:5000] or server.messages
