"""One annotation of the namespace moves a Connect server from one backend to the other and back. What runs stays where it
was admitted until somebody restarts it; the same client code gets the same results; nothing of the user's is lost."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import settings as sizes
from bed.objects import properties
from bed.process import wait_until
from conftest import judge
from deployment import MASTER

PROGRAM = Path(os.environ.get("SPARKGATE", sizes.ROOT / "build" / "sparkgate"))
WORKERS = 2
MASTERS = {"k8s": sizes.K8S_MASTER, "standalone": MASTER}
MINE = {"spark.test.mine": "kept: a = b", "spark.sql.shuffle.partitions": "8", "spark.executor.memory": "512m"}


@pytest.mark.parametrize("version", sizes.VERSIONS if sizes.ROUNDS > 1 else ["4.1"])
def test_there_and_back(version, deployment, verdict):
    it = deployment(f"switch{version.replace('.', '')}", version)
    with verdict(f"{version} there and back", it):
        there_and_back(it)


def there_and_back(it):
    it.opt_in("k8s")
    with it.timed("ready"):
        it.install_standalone(WORKERS)
        it.install_connect(executors=WORKERS)
        it.wait_pods("worker", WORKERS)
        it.server()
    original = it.properties()
    work(it, "k8s", "before")

    move(it, "standalone")
    assert it.server_settings()["spark.master"] == MASTERS["k8s"], "what runs is left alone"
    assert properties(it.properties())["spark.master"] == MASTERS["standalone"]
    crash(it)
    work(it, "k8s", "after-a-crash")
    with it.timed("to standalone"):
        it.restart_server()
    work(it, "standalone", "moved")

    with it.timed("and back"):
        switch(it, "k8s")
    work(it, "k8s", "back")
    assert it.properties() == original, "every byte of the user's file"


def move(it, backend):
    """What an operator does: the annotation, and each ConfigMap once through admission."""
    # To name the running server, the guard lists pods, for which it has a second: who is not told asks again.
    wait_until(lambda: named(it.choose(backend, dry_run=True)), "the running server is named", 30, 0.5)
    it.choose(backend).allowed()
    it.readmit()


def named(answer):
    answer.allowed()
    return any("spark-connect" in warning for warning in answer.warnings)


def switch(it, backend):
    """The same and the restart by one command, which waits and verifies."""
    argv = [PROGRAM, "switch", it.namespace, "--to", backend, "--yes", "--timeout", "150s", "--kubeconfig", it.gate.node.kubeconfig]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=320)
    (it.logs / "switch.txt").write_text(told.stdout + told.stderr)
    assert told.returncode == 0 and f"runs on {backend}, verified by audit" in told.stderr, told.stdout + told.stderr


def work(it, backend, name):
    """The same client code; afterwards pod, ConfigMap, client and executors tell the same."""
    client = it.start_client(name, "--rows=100000", "--partitions=8", "--iterations=1", *(f"--show={key}" for key in MINE))
    client.finish()
    told = client.step("connected")["settings"]
    assert told == {"spark.master": MASTERS[backend], **MINE}, told
    assert it.server_settings()["spark.master"] == MASTERS[backend]
    if name != "after-a-crash":  # the file is ahead of the server then, until that is restarted
        assert properties(it.properties())["spark.master"] == MASTERS[backend]
    hosts = client.step("where")["hosts"]
    names = it.names_ever("executor" if backend == "k8s" else "worker")
    assert hosts and all(any(n.endswith(host) for n in names) for host in hosts), (hosts, names)
    if backend == "standalone":
        assert it.pods("executor") == []
    else:
        wait_until(lambda: it.at_the_master()[1] == [], "no application at the master", 20, 0.5)
    assert judge(it.pods()) == {}


def crash(it):
    """kill -9 of the server's JVM: its container starts again in the same pod."""
    pod = it.server()["metadata"]["name"]
    mine = f"POD_NAME={pod}".encode()
    found = [d for d in Path("/proc").iterdir() if d.name.isdigit() and is_server(d, mine)]
    assert len(found) == 1, found
    os.kill(int(found[0].name), signal.SIGKILL)

    def restarted():
        statuses = it.api.get("Pod", it.namespace, pod).allowed()["status"].get("containerStatuses", [])
        return any(s["restartCount"] == 1 and s["ready"] for s in statuses)

    wait_until(restarted, "the server's container started again", 120, 0.5)


def is_server(process, environment):
    try:
        return b"connect.service.SparkConnectServer" in (process / "cmdline").read_bytes() and environment in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # gone meanwhile, or not ours to read
