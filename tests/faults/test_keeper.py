"""A replica that keeps the certificates of a cluster (certs/keeper.h) while its calls and its memory fail: it serves, or it ends and says
why; and what the cluster holds is whole, so that the next one serves."""

import errno
import time
from http.client import HTTPException

import pytest
from keeper import CONFIGURATIONS, Replica, accepted, api, cas, data, fingerprint, held, in_step, install, sparkgate  # noqa: F401 a fixture too

from control import LONG
from test_memory import ended, which
from server import until

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


def begin(api, directory, env=None):
    """A replica that serves, or one that has ended in its start."""
    replica = Replica.__new__(Replica)
    try:
        replica.__init__(api, directory, "pod-0", "--certs-secret", "certs", "--rotation-pause", "100ms", env=env)
    except AssertionError:
        replica.process.wait(20)
    return replica


def serves(api, replica):
    try:
        return replica.process.poll() is None and replica.ready and in_step(api) and accepted(replica)
    except (OSError, HTTPException):  # a call of this very connection failed, or its certificate is not known yet
        return False


def test_it_begins(api, tmp_path):
    """Without a fault: what the others are measured by."""
    replica = begin(api, tmp_path / "good")
    until(lambda: serves(api, replica), 20, "a replica that serves")
    replica.stop()


def judge(api, replica, directory, where):
    """It serves, once what failed goes well again; or it has ended, and the next one serves."""
    until(lambda: replica.process.poll() is not None or serves(api, replica), 30, f"{where}: it serves, or it ends")
    code = replica.process.poll()
    if code is None:
        replica.stop()
        return
    assert (code in (1, 2) and replica.messages.strip()) or ended(code, replica.messages), (where, code, replica.messages)
    other = begin(api, directory)
    until(lambda: serves(api, other), 30, f"{where}: the next one serves")
    other.stop()


@pytest.fixture
def total(page, api, tmp_path):
    """How many calls of each kind a start has, until it serves."""
    replica = begin(api, tmp_path / "counted", page.env)
    until(lambda: serves(api, replica), 20, "a replica that serves")
    counts = {kind: page.seen(kind) for kind in [*CALLS, "memory"]}
    replica.stop()
    return counts


@pytest.mark.parametrize("kind", CALLS)
def test_calls(page, api, tmp_path, total, kind):
    assert total[kind] > 0, "the shim is not there"
    for n in range(total[kind]) if LONG else sorted({0, 1, total[kind] // 2, total[kind] - 1} & set(range(total[kind]))):
        forget(api)
        page.clear()
        page.arm(kind, CALLS[kind], after=n)
        judge(api, begin(api, tmp_path / f"fault{n}", page.env), tmp_path / f"next{n}", f"{kind} {n}")


def test_memory(page, api, tmp_path, total):
    for n in list(which(total["memory"]))[:: 1 if LONG else 3]:
        forget(api)
        page.clear()
        page.arm("memory", errno.ENOMEM, after=n)
        judge(api, begin(api, tmp_path / f"fault{n}", page.env), tmp_path / f"next{n}", f"allocation {n}")


def test_a_bundle_that_could_not_be_checked(page, api, tmp_path):
    """Of configurations that come later. OpenSSL says no for want of memory as it does of what is wrong: it is asked again."""

    def is_quiet():
        before = page.seen("memory")
        time.sleep(0.1)
        return page.seen("memory") == before

    def wait_for_configurations(name):
        forget(api)
        for resource in CONFIGURATIONS.values():
            api.objects.delete(resource, "sparkgate")
        page.clear()
        replica = begin(api, tmp_path / name, page.env)
        until(lambda: held(api) and is_quiet(), 20, "nothing to do")
        return replica

    replica, before = wait_for_configurations("good"), page.seen("memory")
    install(api)
    until(lambda: replica.ready and is_quiet(), 20, "a replica that serves")
    total = page.seen("memory") - before
    replica.stop()
    for n in range(0, total, 1 if LONG else total // 24):
        replica = wait_for_configurations(f"fault{n}")
        page.arm("memory", errno.ENOMEM, after=n)
        install(api)
        judge(api, replica, tmp_path / f"next{n}", f"allocation {n}")


@pytest.mark.parametrize("kind", ["socket", "connect", "send", "receive", "poll"])
def test_a_change_under_way(page, api, tmp_path, kind):
    """Calls fail again and again while leaf and CA are changed: it takes longer, and arrives. No step is left out."""
    replica = begin(api, tmp_path / "replica", page.env)
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
