"""kill -9 before and behind each call that changes the directory of the certificates: the old files or the new ones."""

import shutil
import signal

import pytest

from control import KILL_AFTER, KILL_BEFORE, LONG, run

# What changes no name needs no look before it: that is behind the call in front of it.
QUIET = {"open", "write", "fchmod", "close"}
CHANGES = ["mkdir", "open", "write", "fsync", "fchmod", "rename", "unlink", "close"]


def certificates(directory):
    return {p.name: p.read_bytes() for p in directory.iterdir() if not p.name.startswith(".")} if directory.exists() else {}


@pytest.mark.parametrize("verb", ["init", "rotate", "rotate --ca"])
def test_certificates(page, tmp_path, verb):
    words = ["certs", *verb.split()]
    first, work = tmp_path / "first", tmp_path / "work"
    if verb != "init":
        run(None, "certs", "init", first)
    before = certificates(first)

    def again():
        shutil.rmtree(work, ignore_errors=True)
        if verb != "init":
            shutil.copytree(first, work)
        return run(page, words[0], words[1], work, *words[2:])

    assert again().returncode == 0
    calls = {kind: page.seen(kind) for kind in CHANGES}
    assert calls["rename"] >= 2 and calls["fsync"] >= 4, calls
    killed = old = 0
    for kind, count in calls.items():
        for n in range(count):
            for how in (KILL_AFTER,) if kind in QUIET and not LONG else (KILL_BEFORE, KILL_AFTER):
                page.clear()
                page.arm(kind, how, after=n)
                result = again()
                if page.fired(kind) and result.returncode == -signal.SIGKILL:
                    killed += 1
                # Whoever comes next ends what was begun, or finds it undone.
                shown = run(None, "certs", "show", work)
                left = certificates(work)
                if verb == "init":
                    assert shown.returncode == 0 or not left, (kind, n, how, sorted(left), shown.stderr)
                    made = run(None, "certs", "init", work)
                    assert made.returncode == 0, (kind, n, how, made.stderr)
                else:
                    assert shown.returncode == 0, (kind, n, how, shown.stderr)
                    changed = {name for name in before if left[name] != before[name]}
                    whole = {"ca.crt", "ca.key"} if "--ca" in verb else {"tls.crt", "tls.key"}
                    assert changed in (set(), whole), (kind, n, how, changed)
                    old += not changed
                assert not (work / ".commit").exists(), (kind, n, how)
    assert killed > 20 and (verb == "init" or 0 < old < killed), (killed, old)


def test_a_server_goes_on(page, tmp_path, start):
    """What `certs rotate` had begun when it was killed is ended by the next start of the server, which then serves it."""
    certs = tmp_path / "certs"
    run(None, "certs", "init", certs)
    page.arm("rename", KILL_AFTER)
    assert run(page, "certs", "rotate", certs).returncode == -signal.SIGKILL
    assert (certs / ".commit").exists()
    page.clear()
    server = start(certs=certs)
    assert server.get("/livez").status == 200 and not (certs / ".commit").exists()
    server.stop()
