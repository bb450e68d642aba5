"""kill -9 before and behind each call that changes a file that the program keeps (certificates, what the last audit found): the old
files or the new ones."""

import json
import re
import shutil
import signal

import pytest
from audit import namespace, server

from control import KILL_AFTER, KILL_BEFORE, LONG, run

# What changes no name needs no look before it: that is behind the call in front of it.
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
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


def test_what_the_last_audit_found(page, tmp_path):
    """Whatever call it was killed at, the next audit can tell what is new."""
    since, objects = tmp_path / "since", tmp_path / "objects.json"
    audit = ["audit", "-f", objects, "--since-last", since, "-o", "json"]

    def has(*names):
        items = [namespace("team"), *(server(name, "team") for name in names)]
        objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    def remembered():
        return MOMENT.sub(b"", since.read_bytes())

    has("first")
    run(None, *audit)
    whole = since.read_bytes()
    before = remembered()
    has("first", "second")
    assert run(page, *audit).returncode in (0, 1)
    after = remembered()
    assert after != before
    calls = {kind: page.seen(kind) for kind in ("open", "write", "fsync", "fchmod", "rename", "close")}
    assert calls["rename"] == 1 and calls["fsync"] >= 2, calls
    seen = set()
    for kind, count in calls.items():
        for n in range(count):
            for how in (KILL_BEFORE, KILL_AFTER):
                since.write_bytes(whole)
                page.clear()
                page.arm(kind, how, after=n)
                assert run(page, *audit).returncode == -signal.SIGKILL, (kind, n, how)
                seen.add(remembered())
                assert run(None, *audit).returncode in (0, 1) and remembered() == after, (kind, n, how)
    assert seen == {before, after}
