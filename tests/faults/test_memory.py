"""Every allocation fails in turn: the right answer, a message, or the program's own end. Never half of something."""

import json
import os
import random
import re
import signal
import shutil

import pytest

from control import LONG, PROGRAM, ROOT, run
from reviews import padded, review
from server import Server, until

ENOMEM = 12
EXAMPLES = ROOT / "docs" / "examples"
FIXTURES = ROOT / "tests" / "fixtures"
FACTS_FLAG = ["--namespaces", EXAMPLES / "namespaces.yaml"]
SAMPLE = 32
SPARE = 64 * 1024  # http/body.h
# Ours, and that of GnuTLS's arithmetic, which knows no other way either.
ENDS = re.compile(r"(sparkgate: out of memory|GNU MP: Cannot allocate memory \(size=\d+\))\n\Z")
# libtasn1 4.19 reads through what asn1_create_element() did not get: GnuTLS calls it for keys and certificates.
CRASHES = re.compile(r"fault in \S*/libtasn1\.so\S*\n\Z")


def ended(code, text, crashes=CRASHES):
    """An end that is no answer, and no wrong one."""
    return code == -signal.SIGABRT and ENDS.search(text) or code == -signal.SIGSEGV and crashes.search(text)


def which(total):
    """All of them, or a sample: the first ones, and so many of the others. The seed is fixed, so that a failure is one again."""
    if LONG or total <= SAMPLE:
        return range(total)
    return sorted({*range(8), *random.Random(total).sample(range(total), SAMPLE)})


def judge(result, good, n):
    """What may come of a run in which allocation n failed."""
    where = f"allocation {n}: {result.returncode}, {result.stderr!r}"
    if ended(result.returncode, result.stderr):
        return
    assert result.returncode >= 0, where
    if result.returncode == good.returncode and result.stdout == good.stdout:
        return  # a library did without
    said = result.stderr or result.stdout  # of lint, what is wrong is its result
    assert result.returncode in (1, 2) and said and not (result.stderr and result.stdout), where
    # OpenSSL does not tell "could not be checked" from "is wrong" everywhere.
    assert re.search("memory|cannot|malloc failure|put the right one back", said), (where, said)


READERS = {
    "review": ["review", "-f", EXAMPLES / "pod-review.json", *FACTS_FLAG, "-o", "json"],
    "review-yaml": ["review", "-f", EXAMPLES / "connect.yaml", *FACTS_FLAG, "-o", "diff"],
    "review-fixture": ["review", "-f", FIXTURES / "argv.yaml", *FACTS_FLAG],
    "explain": ["explain", "-f", EXAMPLES / "connect.yaml", *FACTS_FLAG],
    "lint": ["policy", "lint", ROOT / "policies" / "checks.yaml"],
}


@pytest.mark.parametrize("name", READERS)
def test_readers(page, name):
    good = run(page, *READERS[name])
    total = page.seen("memory")
    assert total > 100, "the shim is not there"
    for n in which(total):
        page.clear()
        page.arm("memory", ENOMEM, after=n)
        judge(run(page, *READERS[name]), good, n)


def texts(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()} if directory.exists() else {}


@pytest.mark.parametrize("verb", ["init", "show", "rotate", "rotate --ca"])
def test_certificates(page, tmp_path, verb):
    """Afterwards there is what was there, or all of what is new."""
    words = ["certs", *verb.split()]
    first, work = tmp_path / "first", tmp_path / "work"
    if verb != "init":
        run(None, "certs", "init", first)
    before = texts(first)

    def again():
        shutil.rmtree(work, ignore_errors=True)
        if verb != "init":
            shutil.copytree(first, work)
        return run(page, words[0], words[1], work, *words[2:])

    good = again()
    assert good.returncode == 0
    total = page.seen("memory")
    for n in which(total):
        page.clear()
        page.arm("memory", ENOMEM, after=n)
        result = again()
        page.clear()
        if result.returncode != 0:
            judge(result, good, n)
            assert {k: v for k, v in texts(work).items() if not k.startswith(".")} == before, n
        left = run(None, "certs", "init", work)
        assert left.returncode == 0, (n, left.stderr)


def ends_well(server, n):
    """It served, or it ended with its own message."""
    server.process.wait(20)
    code = server.process.returncode
    assert code in (1, 2) or ended(code, server.messages), (n, code, server.messages)
    assert server.messages.strip(), n


def test_start(page, tmp_path):
    """A start without memory says so and ends, or serves right."""
    run(None, "certs", "init", tmp_path / "certs")
    with Server(tmp_path / "good", certs=tmp_path / "certs", env=page.env) as good:
        good.get("/readyz")
    total = page.seen("memory")
    for n in which(total):
        page.clear()
        page.arm("memory", ENOMEM, after=n)
        one = Server.__new__(Server)
        try:
            one.__init__(tmp_path / f"s{n}", certs=tmp_path / "certs", env=page.env)
        except AssertionError:
            ends_well(one, n)
            continue
        page.disarm()
        try:
            assert one.post("/mutate", review()).status == 200, n
        finally:
            one.kill()
        shutil.rmtree(tmp_path / f"s{n}")


@pytest.mark.parametrize("question", [review(), padded(100_000)], ids=["usual", "large"])
def test_requests(page, start, question):
    """An allocation fails while a request is served on a connection of its own: it ends, and the next one is right."""
    server = start()
    good = server.post("/mutate", question).body
    before = page.seen("memory")
    server.post("/mutate", question)
    total = page.seen("memory") - before
    ends, refused = 0, 0
    for n in range(total):  # there are few, and of one GnuTLS sent what it had freed
        page.arm("memory", ENOMEM, after=n)
        try:
            answer = server.post("/mutate", question)
        except OSError:
            answer = None
        page.disarm()
        if answer is not None and answer.status < 500 and answer.body != good:
            assert is_refused_for_now(answer), (n, answer.status, answer.body)
            refused += 1
        if server.process.poll() is not None or not alive(server):
            ends += 1
            assert ended(server.process.wait(10), server.messages), (n, server.messages)
            server = start()
        assert server.post("/mutate", question).body == good, n
    assert ends < total / 4, "most of it is libraries', and they have to bear it"
    assert refused > 0 or len(json.dumps(question)) < SPARE, "so large a buffer is no thread's to spare"
    # What failed is counted nowhere for ever.
    until(lambda: server.metric("sparkgate_requests_in_flight") == 0, 15, "nothing in flight")


def is_refused_for_now(answer):
    """What failed is the body's buffer: of a usual size too, where the thread has none to spare."""
    said = json.loads(answer.body)["response"]
    return not said["allowed"] and said["status"]["code"] == 503 and "no memory for the review" in said["status"]["message"]


def alive(server):
    try:
        return server.get("/livez").status == 200
    except OSError:
        return False


def test_connections_are_not_lost(page, start):
    """Connections that libmicrohttpd could not take up do not count as open for ever: there are 512 of them."""
    server = start()
    for n in range(40):
        page.arm("memory", ENOMEM, after=n % 12)
        try:
            server.get("/livez")
        except OSError:
            pass
        page.disarm()
        if server.process.poll() is not None:
            pytest.fail(f"it ended: {server.messages}")
    until(lambda: server.metric("sparkgate_connections") <= 1, 15, "no connection")


def test_sanitized(page, tmp_path):
    """A sample under the address sanitizer: nothing is used after a failure that is not there."""
    program = os.path.join(os.path.dirname(PROGRAM), "sparkgate-san")
    assert os.path.exists(program), "run make build/sparkgate-san first"
    env = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1"}
    for name in ("review", "lint"):
        page.clear()
        good = run(page, *READERS[name], program=program, env=env)
        assert page.seen("memory") > 100
        for n in list(which(page.seen("memory")))[:: 1 if LONG else 6]:
            page.clear()
            page.arm("memory", ENOMEM, after=n)
            result = run(page, *READERS[name], program=program, env=env)
            assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr, (n, result.stderr)
            judge(result, good, n)
