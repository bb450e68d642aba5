"""`audit` and `status` of a cluster whose answers, memory and calls fail: the right report, or none and why. Never half of one that looks whole."""

import errno
import json
import os
import re

import pytest
from listing import ApiServer, status
from audit import config_map, namespace, other, server

from control import FOREVER, LONG, PROGRAM, SHORT, run
from test_memory import ended, which

WORLD = [namespace("a"), namespace("b", mode="audit", backend="k8s"), server("connect-1", "a"), server("connect-2", "b"),
         other("web", "a", kind="Deployment"), config_map("conf", "a")]  # fmt: skip
COMMANDS = {"audit": ["audit", "-o", "json"], "table": ["audit"], "html": ["audit", "-o", "html"], "status": ["status", "a"]}
# OpenSSL 3.0 takes a lock for its random numbers that it did not get (RAND_get0_primary), when libcurl asks whether there are any.
CRASHES = re.compile(r"fault in \S*/libcrypto\.so\S*\n\Z")
# What tells a report of one moment from that of another.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d+ (s|ms)\b")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    api = ApiServer(tmp_path_factory.mktemp("api"), PROGRAM)
    api.has(WORLD)
    yield api
    api.close()


def ask(page, cluster, command):
    return run(page, *COMMANDS[command], "--kubeconfig", cluster.kubeconfig)


# Status says in the place of an answer that it did not get why.
WHY = re.compile(r"cannot read|Couldn't connect to server|SSL|[Mm]emory|No such|allocat|Failed|Send|Receiv|Failure|error")


def same(result, good, command):
    said, meant = (MOMENT.sub("", text).split("\n") for text in (result.stdout, good.stdout))
    return said == meant or (command == "status" and WHY.search("\n".join(line for line in said if line not in meant)))


def judge(result, good, command, where):
    where = f"{where}: {result.returncode}, {result.stdout!r}, {result.stderr[-400:]!r}"
    if ended(result.returncode, result.stderr, CRASHES):
        return
    assert result.returncode in (0, 1, 2), where
    if result.returncode == good.returncode:
        assert same(result, good, command), where  # it asked again, or did without
    else:
        assert result.returncode == 2 and result.stderr.startswith("sparkgate"), where


@pytest.mark.parametrize("command", COMMANDS if LONG else ["html", "status"])
def test_memory(page, cluster, command):
    good = ask(page, cluster, command)
    assert good.returncode in (0, 1), good.stderr
    total = page.seen("memory")
    for n in which(total):
        page.clear()
        page.arm("memory", errno.ENOMEM, after=n)
        judge(ask(page, cluster, command), good, command, f"allocation {n}")


@pytest.mark.parametrize("kind, error", [("socket", errno.EMFILE), ("connect", errno.ECONNREFUSED), ("receive", errno.ECONNRESET), ("send", errno.EPIPE),
                                         ("receive", SHORT), ("send", SHORT), ("poll", errno.EINTR), ("open", errno.EACCES), ("read", errno.EIO),
                                         ("thread", errno.EAGAIN)])  # fmt: skip
@pytest.mark.parametrize("command", ["audit", "status"])
def test_calls(page, cluster, command, kind, error):
    good = ask(page, cluster, command)
    total = page.seen(kind)
    for n in range(total if LONG else min(total, 6)):
        page.clear()
        page.arm(kind, error, after=n)
        judge(ask(page, cluster, command), good, command, f"{kind} {n}")


@pytest.mark.parametrize("command", ["audit", "status"])
def test_no_cluster_to_be_had(page, cluster, command):
    page.arm("connect", errno.ECONNREFUSED, count=FOREVER)
    result = ask(page, cluster, command)
    assert result.returncode == 2 and f"https://127.0.0.1:{cluster.http.server_port}: Couldn't connect" in result.stderr, result
    assert command == "status" or not result.stdout, result.stdout


def sanitized(cluster, *args):
    program = os.path.join(os.path.dirname(PROGRAM), "sparkgate-san")
    assert os.path.exists(program), "run make build/sparkgate-san first"
    result = run(None, *args, "--kubeconfig", cluster.kubeconfig, program=program, env={"ASAN_OPTIONS": "detect_stack_use_after_return=1"})
    assert "Sanitizer" not in result.stderr, result.stderr
    return result


def test_a_walk_that_ends_early_touches_nothing_that_is_gone(cluster):
    cluster.tricks["pods"] = lambda handler, _q, _n: handler.reply(403, status(403, "pods is forbidden"))
    try:
        assert sanitized(cluster, "audit").returncode == 2
    finally:
        del cluster.tricks["pods"]
    result = sanitized(cluster, "switch", "b", "--to", "standalone", "--master", "spark://spark-master:7077")
    assert "connect-2" in result.stdout, result.stderr


def test_a_plugin_without_a_thread_to_run_it(page, cluster):
    config = json.loads(cluster.kubeconfig.read_text())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", "exit 3"], "interactiveMode": "Never"}
    config["users"] = [{"name": "me", "user": {"exec": plugin}}]
    kubeconfig = cluster.dir / "plugin"
    kubeconfig.write_text(json.dumps(config))
    page.arm("thread", errno.EAGAIN)
    result = run(page, "audit", "--kubeconfig", kubeconfig)
    assert result.returncode == 2
    assert "credential plugin 'sh': cannot start a thread: Resource temporarily unavailable" in result.stderr
