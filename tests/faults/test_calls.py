"""System calls fail: at a start, while certificates are written, while files are read again. And for real: a full disk, a
read-only one, no descriptors left."""

import errno
import os
import resource
import shutil
import subprocess

import pytest

from control import FOREVER, LONG, PROGRAM, SHORT, run
from reviews import review
from server import FACTS, Server, until

FILES = {
    "open": [errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EROFS],
    "read": [errno.EIO, errno.EINTR, SHORT],
    "write": [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EINTR, SHORT],
    "fsync": [errno.EIO, errno.ENOSPC],
    "rename": [errno.EACCES, errno.ENOSPC, errno.EIO, errno.EROFS],
    "unlink": [errno.EACCES, errno.EROFS, errno.EIO],
    "close": [errno.EINTR, errno.EIO],
    "mkdir": [errno.EACCES, errno.ENOSPC, errno.EROFS],
    "fchmod": [errno.EPERM, errno.EROFS],
    "flock": [errno.ENOLCK, errno.EINTR],
}
HARMLESS = {errno.EINTR, SHORT}


def certificates(directory):
    return {p.name: p.read_bytes() for p in directory.iterdir() if not p.name.startswith(".")} if directory.exists() else {}


@pytest.mark.parametrize("verb", ["init", "rotate"])
def test_certificates(page, tmp_path, verb):
    first, work = tmp_path / "first", tmp_path / "work"
    if verb == "rotate":
        run(None, "certs", "init", first)
    before = certificates(first)

    def again():
        shutil.rmtree(work, ignore_errors=True)
        if verb == "rotate":
            shutil.copytree(first, work)
        return run(page, "certs", verb, work)

    assert again().returncode == 0
    calls = {kind: page.seen(kind) for kind in FILES}
    failed = 0
    for kind, reasons in FILES.items():
        for reason in reasons:
            # All reasons at the first and the last call, one of them at each.
            for n in range(calls[kind]) if LONG or reason == reasons[0] else sorted({0, calls[kind] - 1} - {-1}):
                where = (kind, reason, n)
                page.clear()
                page.arm(kind, reason, after=n)
                result = again()
                assert result.returncode in (0, 1), (where, result.returncode, result.stderr)
                if result.returncode == 1:
                    failed += 1
                    assert "sparkgate certs: " in result.stderr and str(work) in result.stderr, (where, result.stderr)
                    assert reason != SHORT and kind != "close", (where, result.stderr)
                assert not (result.returncode and reason == errno.EINTR), (where, result.stderr)
                page.clear()
                # The fault is gone: what is there is whole, and the next run ends what was begun.
                left = run(None, "certs", "init", work)
                assert left.returncode == 0, (where, left.stderr)
                if verb == "rotate":
                    changed = {name for name in before if certificates(work)[name] != before[name]}
                    assert changed in (set(), {"tls.crt", "tls.key"}), (where, changed)
                assert not [p.name for p in work.iterdir() if p.name.startswith(".")] or result.returncode == 1, where
    assert failed > 20


START = {
    "open": [errno.EMFILE],
    "read": [errno.EIO, errno.EINTR, SHORT],
    "stat": [errno.EACCES],
    "socket": [errno.EMFILE, errno.EAFNOSUPPORT],
    "bind": [errno.EADDRINUSE, errno.EACCES],
    "listen": [errno.EADDRINUSE],
    "epoll_create": [errno.EMFILE],
    "epoll_ctl": [errno.ENOSPC, errno.ENOMEM],
    "eventfd": [errno.EMFILE],
    "thread": [errno.EAGAIN],
    "random": [errno.EINTR, errno.ENOSYS],
    "connect": [errno.ECONNREFUSED, errno.ETIMEDOUT],
    "accept": [errno.EMFILE, errno.ENFILE, errno.ECONNABORTED, errno.EINTR],
    "epoll_wait": [errno.EINTR],
    "poll": [errno.EINTR],
    "receive": [errno.EINTR, errno.ECONNRESET],
    "send": [errno.EINTR, errno.EPIPE, SHORT],
}


@pytest.mark.parametrize("kind", START)
def test_start(page, tmp_path, kind):
    """It serves as if nothing had been, or says what failed and ends."""
    run(None, "certs", "init", tmp_path / "certs")
    with Server(tmp_path / "good", certs=tmp_path / "certs", env=page.env) as good:
        until(lambda: good.get("/readyz").status == 200, 10, "a ready server")
    total = min(page.seen(kind), 10**6 if LONG else 8)
    for reason in START[kind]:
        for n in range(total):
            page.clear()
            page.arm(kind, reason, after=n)
            one = Server.__new__(Server)
            try:
                one.__init__(tmp_path / f"s{n}", certs=tmp_path / "certs", env=page.env)
            except AssertionError:
                one.process.wait(10)
                assert one.process.returncode in (1, 2) and one.messages.strip(), (reason, n, one.process.returncode, one.messages)
                assert os.strerror(reason) in one.messages or "cannot" in one.messages, (reason, n, one.messages)
                continue
            try:
                until(lambda: good_answer(one), 10, f"ready in spite of {kind} {reason} {n}")
            finally:
                one.kill()


def good_answer(server):
    try:
        return server.get("/readyz").status == 200 and server.post("/mutate", review()).status == 200
    except OSError:
        return False


LAYER = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nname: site\nbounds:\n  defaultExecutors: %d\n"


@pytest.mark.parametrize("kind, reason", [("open", errno.EMFILE), ("read", errno.EIO)])
def test_reload(page, start, tmp_path, kind, reason):
    """Nothing can be read: what is in force stays, the file is named; when the fault is gone all is taken up without a new change."""
    layer, facts = tmp_path / "site.yaml", tmp_path / "facts.yaml"
    layer.write_text(LAYER % 3)
    facts.write_text(FACTS.read_text())
    server = start("--policies", str(layer), facts=facts)
    question = review(namespace="k8s-team")
    good = server.post("/mutate", question).body

    def policy():
        return server.metric("sparkgate_reloads_total", what="policy", result="ok")

    page.arm(kind, reason, count=FOREVER)
    layer.write_text(LAYER % 5)
    facts.write_text(FACTS.read_text() + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: one-more}}\n")
    subprocess.run([PROGRAM, "certs", "rotate", server.certs], check=True, capture_output=True)

    def failed(what):
        return server.metric("sparkgate_reloads_total", what=what, result="failed")

    for what in ("policy", "facts", "certificate"):
        until(lambda what=what: failed(what) >= 1, 10, f"a failed reload of {what}")
    assert server.post("/mutate", question).body == good
    told = {str(layer), str(facts), "tls.crt"}
    until(lambda: all(any(name in line.get("error", "") for line in server.log) for name in told), 5, "the errors of all three")
    page.disarm()
    for what in ("policy", "facts", "certificate"):
        until(lambda what=what: server.metric("sparkgate_reloads_total", what=what, result="ok") >= 1, 15, f"{what} in force")
    assert server.post("/mutate", question).status == 200
    server.stop()


def test_a_full_log(page, start):
    """Standard output takes nothing any more: admissions go on."""
    server = start()
    question = review()
    good = server.post("/mutate", question).body
    for reason in (errno.ENOSPC, errno.EIO, errno.EINTR, SHORT):
        page.arm("log", reason, count=FOREVER)
        for _ in range(5):
            assert server.post("/mutate", question).body == good
        page.disarm()
    server.stop()


def test_few_descriptors(start):
    """A limit of 64 descriptors, and more connections than that: those that are open are served, and later all."""
    server = start()
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (40, 40))
    with server.client() as kept:
        assert kept.post("/mutate", review()).status == 200
        import socket

        many = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
        for _ in range(20):
            assert kept.post("/mutate", review()).status == 200
        for one in many:
            one.close()
    until(lambda: good_answer(server), 20, "an answer after the crowd")
    server.stop()


NAMESPACE = """
set -e
mkdir -p {dir}; mount -t tmpfs -o size=64k tmpfs {dir}
{program} certs init {dir}/certs >/dev/null
{prepare}
before=$(cat {dir}/certs/tls.crt {dir}/certs/tls.key | sha256sum)
code=0; {program} certs rotate {dir}/certs || code=$?
[ "$before" = "$(cat {dir}/certs/tls.crt {dir}/certs/tls.key | sha256sum)" ] && echo same
echo code=$code
{program} certs show {dir}/certs >/dev/null && echo shown
{repair}
{program} certs rotate {dir}/certs >/dev/null && echo rotated
"""
DISKS = {
    "full": ("if dd if=/dev/zero of={dir}/filler bs=1k 2>/dev/null; then echo has room; fi", "rm {dir}/filler", "No space left on device"),
    "read-only": ("mount -o remount,ro {dir}", "mount -o remount,rw {dir}", "Read-only file system"),
}


@pytest.mark.parametrize("disk", DISKS)
def test_disks(tmp_path, disk):
    """For real, in a mount namespace of its own."""
    prepare, repair, reason = DISKS[disk]
    script = NAMESPACE.format(dir=tmp_path / "disk", program=PROGRAM, prepare=prepare, repair=repair).replace("{dir}", str(tmp_path / "disk"))
    result = subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.split() == ["same", "code=1", "shown", "rotated"], (result.stdout, result.stderr)
    assert reason in result.stderr and "tls.key" in result.stderr, result.stderr
