"""The commands of docs/guide.md, one section after the other, as they stand there, on a cluster that has sparkgate. The
image that the charts name by default is there under that name."""

import os
import re
import subprocess

import deployment as spark
import pytest
import settings as sizes
from bed.node import SOCKET
from bed.process import wait_until

GUIDE = (sizes.ROOT / "docs" / "guide.md").read_text()
# master, and what the names of the hosts have in them
SECTIONS = {"On executor pods": (sizes.K8S_MASTER, "-exec-"), "On a Standalone cluster": (spark.MASTER, "spark-standalone-worker-")}
# Nothing is fetched here: the client is there already, under the name that people call it by.
LEFT_OUT = re.compile(r"^pip install .*$", re.M)


def commands(section):
    text = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## )", GUIDE, re.M | re.S)[1]
    return [LEFT_OUT.sub("", block) for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)]


@pytest.fixture(scope="module")
def shell(gate, node):
    """shell(text): what a reader's terminal does, with the tools that the guide asks for."""
    tag = ["ctr", "--address", SOCKET, "-n", "k8s.io", "images", "tag", "bed.local/spark:4.1.4", "docker.io/apache/spark:4.1.1"]
    subprocess.run(tag, check=True, capture_output=True)
    tools = node.dir / "tools"
    tools.mkdir()
    (tools / "kubectl").write_text(f'#!/bin/sh\nexec {node.kubebed} kubectl "$@"\n')
    for name, program in (("helm", os.environ["HELM"]), ("python", spark.PYTHONS["4.1"])):
        (tools / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    for program in tools.iterdir():
        program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "KUBECONFIG": str(node.kubeconfig), "HOME": str(node.dir)}

    def run(text):
        # What runs beside the shell ends with it, and leaves its exit status as it is. A moment for port-forward, which people
        # need to type the next line.
        script = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nset -eu\n" + re.sub(r" &$", " >/dev/null 2>&1 &\nsleep 3", text, flags=re.M)
        argv = ["bash", "-c", script]
        told = subprocess.run(argv, cwd=sizes.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400)
        assert told.returncode == 0, f"{text}\n{told.stdout}"
        return told.stdout

    yield run
    gate.kubectl("delete", "namespace", "demo", "--wait=false", "--ignore-not-found")


def test_the_guide(shell, gate, line):
    try:
        for section, (master, host) in SECTIONS.items():
            blocks = commands(section)
            told = dict(zip(blocks, map(shell, blocks), strict=True))
            query = told[blocks[-1]]
            assert f"spark.master {master}\n" in query and "sum          499999500000" in query, query
            assert query.count("ran on") == query.count(host) > 0, query
        moved = next(text for block, text in told.items() if "kubectl annotate" in block)
        assert "scope.strandedServers" in moved and "spark-connect" in moved, moved
        wait_until(lambda: not gate.api.list("Pod", "demo", labelSelector="spark-role=executor"), "no executor pod left", 30)
    except BaseException as error:
        line("guide", "FAILED", str(error).splitlines()[0][:150])
        raise
    line("guide", "PASSED", "the commands of docs/guide.md")
