"""What is new since the last audit, and which findings give which exit code."""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from listing import status
from audit import PROGRAM, changed, controller, executor, namespace, run, server


@pytest.fixture
def world(api, tmp_path):
    """A cluster that a test fills, and audits of it that remember the last one."""

    class World:
        file = tmp_path / "audit.since"
        objects = [namespace("a"), namespace("b"), server("bad", "a", hostPID=True), server("good", "b", "StatefulSet/good")]

        def audit(self, *args):
            api.has(self.objects)
            return run("--kubeconfig", api.kubeconfig, "--since-last", self.file, *args)

        def replace(self, old, *new):
            self.objects = [o for o in self.objects if o["metadata"]["name"] != old] + list(new)

    return World()


def news(done):
    """(new, known, gone); known and gone are None on a first audit."""
    first = re.search(r"^the first audit of this file: all (\d+) findings? are new$", done.stdout, re.M)
    later = re.search(r"^since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: (\d+) new findings?, (\d+) known, (\d+) gone$", done.stdout, re.M)
    assert first or later, done.stdout + done.stderr
    return (int(first[1]), None, None) if first else tuple(map(int, later.groups()))


def shown(done):
    return re.findall(r"^(?:refused|changed|allowed)  (.*)$", done.stdout, re.M)


def test_first_then_nothing_new(world):
    first = world.audit()
    count, _, _ = news(first)
    assert count > 2 and first.returncode == 1 and shown(first) == ["Pod a/bad", "Pod b/good"]
    again = world.audit()
    assert news(again) == (0, count, 0) and again.returncode == 0 and shown(again) == []
    assert "NAMESPACE" in again.stdout  # totals stay those of everything


def test_one_new(world):
    count = news(world.audit())[0]
    world.objects += [server("worse", "b", hostNetwork=True)]
    done = world.audit()
    added, known, gone = news(done)
    assert added > 0 and (known, gone) == (count, 0) and done.returncode == 1 and shown(done) == ["Pod b/worse"]


def test_a_page_of_what_is_new(world):
    first = world.audit("-o", "html").stdout
    assert first.count("<tbody") == 2 and "only what is new since the last audit" in first
    world.replace("nobody", server("late", "a", hostPID=True))
    second = world.audit("-o", "html").stdout
    assert second.count("<tbody") == 1 and ">late</th>" in second and ">1</b> object<" in second


def test_one_gone(world):
    count = news(world.audit())[0]
    world.replace("bad")
    done = world.audit()
    added, known, gone = news(done)
    assert added == 0 and gone > 0 and known + gone == count and done.returncode == 0
    assert news(world.audit()) == (0, known, 0)


def test_another_rule_of_a_known_object_is_new(world):
    world.audit()
    world.replace("bad", server("bad", "a", hostPID=True, hostNetwork=True, volumes=[{"name": "v", "hostPath": {"path": "/"}}]))
    done = world.audit()
    assert news(done)[0] == 1 and news(done)[2] == 0 and done.returncode == 1 and shown(done) == ["Pod a/bad"]


def of_deployment(name, suffix):
    pod = server(f"{name}-7d9f8b6c5d-{suffix}", "a", f"ReplicaSet/{name}-7d9f8b6c5d", hostPID=True)
    return changed(pod, metadata__labels={"pod-template-hash": "7d9f8b6c5d"})


RESTARTED = {
    "of a Deployment": (of_deployment("connect", "x2x4z"), of_deployment("connect", "qqq7z")),
    "of a StatefulSet": (server("s-0", "a", "StatefulSet/s", hostPID=True),) * 2,
    "of a CronJob": (server("nightly-29187360-bcdfg", "a", "Job/nightly-29187360"), server("nightly-29188800-zz2z9", "a", "Job/nightly-29188800")),
    "an executor of another driver pod": (executor("connect-a1-exec-1", "a", "connect-7d9f8b6c5d-x2x4z"), executor("connect-b2-exec-9", "a", "connect-5c7d8f9b4-qqq7z")),
}  # fmt: skip


@pytest.mark.parametrize("before, after", RESTARTED.values(), ids=RESTARTED.keys())
def test_a_pod_that_was_started_anew_is_nothing_new(world, before, after):
    world.objects += [before]
    count = news(world.audit())[0]
    world.replace(before["metadata"]["name"], after)
    assert news(world.audit()) == (0, count, 0)


def test_another_owner_is_new(world):
    world.objects += [of_deployment("connect", "x2x4z")]
    world.audit()
    world.objects += [of_deployment("connect2", "x2x4z")]
    assert news(world.audit())[0] > 0


GARBAGE = {
    "empty": b"", "another file": b"hello\n", "half a line": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n0123",
    "no hex": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n000000000000000g\n", "upper case": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n000000000000000A\n",
    "out of order": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n0000000000000002\n0000000000000001\n", "twice": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n" + b"0" * 16 + b"\n" + b"0" * 16 + b"\n",
    "too large": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n" + b"\n" * (17 << 20), "binary": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n\0\0\0\n",
    "empty lines": b"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z\n" + b"\n" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_file_that_is_none_is_not_touched(world, text):
    world.file.write_bytes(text)
    done = world.audit()
    assert done.returncode == 2 and "--since-last" in done.stderr and str(world.file) in done.stderr and done.stdout == ""
    assert world.file.read_bytes() == text


def test_the_time_in_a_file_reaches_no_terminal(world):
    world.file.write_bytes(b"sparkgate.io/audit-since/v1 \033[2J\n")
    done = world.audit()
    assert done.returncode == 2 and "\033" not in done.stdout + done.stderr


def test_a_failed_audit_leaves_the_file(world, api):
    world.audit()
    before = world.file.read_bytes()
    world.objects += [server("worse", "b", hostNetwork=True)]
    api.tricks["pods"] = lambda handler, _q, _n: handler.reply(403, status(403, "forbidden"))
    assert world.audit().returncode == 2
    assert world.file.read_bytes() == before


@pytest.mark.parametrize("place", ["no/such/directory/file", "."])
def test_a_file_that_cannot_be_written(world, tmp_path, place):
    world.file = tmp_path / place
    done = world.audit()
    assert done.returncode == 2 and "--since-last" in done.stderr and str(world.file) in done.stderr


def test_the_file_is_replaced_as_a_whole_and_sorted(world):
    world.audit()
    head, *rest = world.file.read_text().splitlines()
    assert re.fullmatch(r"sparkgate\.io/audit-since/v1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [0-9a-f]{16}", head)
    assert rest == sorted(set(rest)) and all(re.fullmatch("[0-9a-f]{16}", line) for line in rest)
    assert os.listdir(world.file.parent).count("audit.since") == 1 and not [n for n in os.listdir(world.file.parent) if n.startswith("audit.since.")]


def test_other_outputs_show_what_is_new_too(world):
    assert len(world.audit("-o", "json").stdout.splitlines()) == 2
    assert world.audit("-o", "json").stdout == ""


# ---- --fail-on ----

DENIED, WARNED, CHANGED, FINE = "denied", "warned", "changed", "fine"
CLUSTERS = {
    DENIED: [namespace("a"), server("s", "a", hostPID=True)],
    WARNED: [namespace("a"), executor("e", "a")],
    CHANGED: [namespace("a"), controller("Deployment", "d", "a")],
    FINE: [namespace("a")],
}  # fmt: skip


@pytest.mark.parametrize("how", ["deny", "warn", "never", None])
@pytest.mark.parametrize("name", CLUSTERS)
def test_fail_on(api, name, how):
    api.has(CLUSTERS[name])
    done = run("--kubeconfig", api.kubeconfig, *(["--fail-on", how] if how else []))
    wanted = {"deny": {DENIED}, None: {DENIED}, "warn": {DENIED, WARNED}, "never": set()}[how]
    assert done.returncode == (name in wanted), done.stdout


def test_fail_on_counts_what_is_new(world):
    """A known refusal fails no build; a new warning does where it is asked for."""
    world.audit()
    world.objects += [executor("e", "a")]
    assert world.audit("--fail-on", "deny").returncode == 0
    world.replace("e")
    world.audit()
    world.objects += [executor("e", "a")]
    assert world.audit("--fail-on", "warn").returncode == 1


def test_modes_that_only_watch(api):
    """In warn and audit nothing is refused; the audit says what enforce would refuse, and fails for it."""
    api.has([namespace("w", mode="warn"), namespace("x", mode="audit"), server("s", "w", hostPID=True), server("s", "x", hostPID=True)])
    done = run("--kubeconfig", api.kubeconfig)
    assert done.returncode == 1 and "allowed  Pod w/s" in done.stdout and "enforce would refuse" in done.stdout


# ---- the table ----


def test_equal_ones_of_an_owner_are_folded(api):
    api.has([namespace("a"), *(executor(f"exec-{i}", "a") for i in range(5)), executor("exec-9", "a", "other")])
    done = run("--kubeconfig", api.kubeconfig)
    assert shown(done) == ["Pod a/exec-0", "Pod a/exec-9"]
    assert done.stdout.count("... and 4 more like it, of Pod driver") == 1


def test_different_ones_are_not(api):
    api.has([namespace("a"), server("s-0", "a", "StatefulSet/s", hostPID=True), server("s-1", "a", "StatefulSet/s", hostNetwork=True)])
    assert shown(run("--kubeconfig", api.kubeconfig)) == ["Pod a/s-0", "Pod a/s-1"]


# ---- progress ----


def on_a_terminal(api, *args, both):
    """What a terminal is sent: by standard error alone, or by both streams."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PROGRAM, "audit", "--kubeconfig", api.kubeconfig, *args], stdin=slave, stderr=slave,
                               stdout=slave if both else subprocess.DEVNULL)  # fmt: skip
    os.close(slave)
    seen = b""
    while select.select([master], [], [], 60)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    return process.wait(), seen.decode().replace("\r\n", "\n")


@pytest.fixture
def slow(api):
    """Long enough for progress to be shown several times."""
    api.has([namespace("a"), namespace("b"), *(server(f"s{i:02}", "ab"[i % 2]) for i in range(40))])
    api.page_size = lambda resource, limit: 5 if resource == "pods" else limit
    api.tricks["pods"] = lambda *_: time.sleep(0.15) or NotImplemented
    return api


def screen(text):
    """What stands on the terminal in the end: a carriage return goes to the beginning of the line, CSI K erases what is behind."""
    lines = [""]
    at = 0
    for token in re.findall(r"\033\[[0-9;]*[A-Za-z]|\r|\n|[^\r\n\033]+", text):
        if token == "\n":
            lines.append("")
            at = 0
        elif token == "\r":
            at = 0
        elif token == "\033[K":
            lines[-1] = lines[-1][:at]
        elif not token.startswith("\033"):
            lines[-1] = lines[-1][:at] + token + lines[-1][at + len(token):]
            at += len(token)
    return lines


def test_progress_is_shown_and_erased(slow):
    _, seen = on_a_terminal(slow, both=False)
    assert len(re.findall(r"audit: \d of 2 namespaces, \d+ objects, \d+ refused", seen)) >= 2, seen
    assert screen(seen) == [""]


def test_progress_does_not_stand_among_what_is_printed(slow):
    _, seen = on_a_terminal(slow, "--color", "never", both=True)
    assert "of 2 namespaces" in seen
    assert [line.rstrip() for line in screen(seen)] == [line.rstrip() for line in run("--kubeconfig", slow.kubeconfig).stdout.split("\n")]


def test_no_progress_elsewhere(slow):
    assert run("--kubeconfig", slow.kubeconfig).stderr == ""
