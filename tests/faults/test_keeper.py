"""A replica that keeps the certificates of a cluster (certs/keeper.h) while its calls and its memory fail: it serves, or it ends and says
why; and what the cluster holds is whole, so that the next one serves."""

import errno
import os
import re
import signal
import subprocess
import time
from http.client import HTTPException

import pytest
from keeper import CONFIGURATIONS, Replica, accepted, api, cas, data, fingerprint, held, in_step, install, sparkgate  # noqa: F401 a fixture too

from control import LONG
from test_commands import CRASHES as OF_OPENSSL
from test_memory import CRASHES as OF_GNUTLS
from test_memory import SAMPLE, ended
from server import until

CRASHES = re.compile(f"{OF_GNUTLS.pattern}|{OF_OPENSSL.pattern}")  # it calls both

CALLS = {
    "open": errno.EMFILE,
    "read": errno.EIO,
    "socket": errno.EMFILE,
    "connect": errno.ECONNREFUSED,
    "send": errno.EPIPE,
    "receive": errno.ECONNRESET,
    "poll": errno.EINTR,
    "epoll_wait": errno.EINTR,
    "thread": errno.EAGAIN,
    "random": errno.ENOSYS,
}


def forget(api):
    """A cluster in which sparkgate has never been."""
    for resource in ("secrets", "leases"):
        for found in api.objects.list(resource):
            api.objects.delete(resource, found["metadata"]["name"], "sparkgate")
    install(api)


@pytest.fixture
def begin(api, tmp_path):
    """A function that starts a replica: one that serves, or that has ended in its start. All end with the test."""
    replicas = []

    def start(env=None):
        replica = Replica.__new__(Replica)
        replicas.append(replica)
        try:
            replica.__init__(api, tmp_path / f"replica{len(replicas)}", "pod-0", "--certs-secret", "certs", "--rotation-pause", "100ms", env=env)
        except AssertionError:
            replica.process.wait(20)
        return replica

    yield start
    for replica in replicas:
        replica.kill()


def serves(api, replica):
    try:
        return replica.process.poll() is None and replica.ready and in_step(api) and accepted(replica)
    except (OSError, HTTPException):  # a call of this very connection failed, or its certificate is not known yet
        return False


def test_it_begins(api, begin):
    """Without a fault: what the others are measured by."""
    replica = begin()
    until(lambda: serves(api, replica), 20, "a replica that serves")
    replica.stop()


def says_why(replica):
    """Not ready, and an error in the log: OpenSSL and libcurl, where their own beginning had no memory, stay as they are."""
    return replica.process.poll() is None and not replica.ready and any(line["level"] == "error" for line in replica.log)


def end(page, replica):
    """Its exit code. What is armed still, since it was not met on the way, is not for its end."""
    page.disarm()
    if replica.process.poll() is None:
        replica.signal(signal.SIGTERM)
    return replica.wait()


def judge(page, api, begin, replica, where, may_stay=False):
    """It serves, once what failed goes well again; or it has ended, or may stay and says why, and the next one serves."""
    try:
        until(lambda: replica.process.poll() is not None or serves(api, replica), 15 if may_stay else 30, f"{where}: it serves, or it ends")
    except AssertionError:
        assert may_stay and says_why(replica), where
        replica.kill()
    else:
        served = replica.process.poll() is None
        code = end(page, replica)
        if served and code == 0:
            return
        said = not served and code in (1, 2) and replica.messages.strip()
        assert said or ended(code, replica.messages, CRASHES), (where, code, replica.messages)
    other = begin()
    until(lambda: serves(api, other), 30, f"{where}: the next one serves")
    other.stop()


@pytest.fixture
def total(page, api, begin):
    """How many calls of each kind a start has, until it serves."""
    replica = begin(page.env)
    until(lambda: serves(api, replica), 20, "a replica that serves")
    counts = {kind: page.seen(kind) for kind in [*CALLS, "memory"]}
    replica.stop()
    return counts


@pytest.mark.parametrize("kind", CALLS)
def test_calls(page, api, begin, total, kind):
    assert total[kind] > 0, "the shim is not there"
    for n in range(total[kind]) if LONG else sorted({0, 1, total[kind] // 2, total[kind] - 1} & set(range(total[kind]))):
        forget(api)
        page.clear()
        page.arm(kind, CALLS[kind], after=n)
        judge(page, api, begin, begin(page.env), f"{kind} {n}")


def which(total):
    """Of so many allocations. Starts do not have the same number, so a sample is of places, and the same in each run."""
    return range(total) if LONG or total <= SAMPLE else sorted({0, 1, 2, *(total * n // SAMPLE for n in range(0, SAMPLE, 3)), total - 1})


def test_memory(page, api, begin, total):
    for n in which(total["memory"]):
        forget(api)
        page.clear()
        page.arm("memory", errno.ENOMEM, after=n)
        judge(page, api, begin, begin(page.env), f"allocation {n}", may_stay=True)


@pytest.fixture
def no_certificate_is_good(tmp_path):
    """What a process meets whose GnuTLS had no memory for all of its own beginning: it refuses every certificate, and goes on."""
    (tmp_path / "refuse.c").write_text("int gnutls_x509_crt_list_import2(void);\nint gnutls_x509_crt_list_import2(void)\n{\n\treturn -67;\n}\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "refuse.so", tmp_path / "refuse.c"], check=True)
    return {**os.environ, "LD_PRELOAD": str(tmp_path / "refuse.so")}


@pytest.mark.parametrize("others", [True, False], ids=["beside one that serves", "alone"])
def test_who_can_serve_nothing_writes_nothing(api, begin, no_certificate_is_good, others):
    """Else it would make certificates anew as often as it could, and the others would have to take them."""
    if others:
        well = begin()
        until(lambda: serves(api, well), 20, "a replica that serves")
    before = api.objects.list("secrets")
    sick = begin(no_certificate_is_good)
    until(lambda: any("CertificatesTrouble" in str(line) and "ASN1" in str(line) for line in sick.log), 20, "its trouble is told")
    time.sleep(1.5)
    assert api.objects.list("secrets") == before and not sick.ready
    assert not others or serves(api, well)


def test_a_bundle_that_could_not_be_checked(page, api, begin):
    """Of configurations that come later. OpenSSL says no for want of memory as it does of what is wrong: it is asked again."""

    def is_quiet():
        before = page.seen("memory")
        time.sleep(0.1)
        return page.seen("memory") == before

    def wait_for_configurations():
        forget(api)
        for resource in CONFIGURATIONS.values():
            api.objects.delete(resource, "sparkgate")
        page.clear()
        replica = begin(page.env)
        until(lambda: held(api) and is_quiet(), 20, "nothing to do")
        return replica

    replica, before = wait_for_configurations(), page.seen("memory")
    install(api)
    until(lambda: replica.ready and is_quiet(), 20, "a replica that serves")
    total = page.seen("memory") - before
    replica.stop()
    for n in range(0, total, 1 if LONG else total // 24):
        replica = wait_for_configurations()
        page.arm("memory", errno.ENOMEM, after=n)
        install(api)
        judge(page, api, begin, replica, f"allocation {n}")


@pytest.mark.parametrize("kind", ["socket", "connect", "send", "receive", "poll"])
def test_a_change_under_way(page, api, begin, kind):
    """Calls fail again and again while leaf and CA are changed: it takes longer, and arrives. No step is left out."""
    replica = begin(page.env)
    until(lambda: serves(api, replica), 20, "a replica that serves")
    old = data(held(api), "ca.crt")
    page.arm(kind, CALLS[kind], count=8)
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: cas(held(api)) == 1 and data(held(api), "ca.crt") != old and in_step(api), 60, "the new CA alone")
    assert page.fired(kind) > 0
    page.disarm()
    until(lambda: serves(api, replica), 20, "a replica that serves")
    assert replica.leaf == fingerprint(data(held(api), "tls.crt"))
    replica.stop()
