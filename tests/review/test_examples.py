"""The examples of every --help are run as they stand there, by both names of the program.

What they need lies in a scratch folder: the documents' examples under the names that helps use. What a machine without a
cluster or a chart cannot do is replaced by the tables below, and nothing else is."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from manual import COMMANDS, PROGRAM, examples, section, tell
from review import ROOT

# In the command line: what is there instead.
INSTEAD = {
    "helm template my-chart": "cat connect.yaml",
    "/tmp/certs": "certs",
    "localhost:8443": "localhost:PORT",
    ":9090": "127.0.0.1:0",
    "--listen :8443": "--listen 127.0.0.1:0",
    "curl ": "curl -sS --fail --retry 40 --retry-delay 1 --retry-connrefused ",
    "&\n": "--listen 127.0.0.1:PORT &\n",  # serve
    "kubectl sparkgate": "kubectl-sparkgate",  # what kubectl runs
}

# An example whose end is another than 0 here, since nothing listens at the kubeconfig's address: exit code, what it says.
ENDS = {
    "certs show --secret": (1, "https://127.0.0.1:1: Couldn't connect"),
}

# Examples that go on until they are ended: what they say once they run.
GO_ON = {
    "serve --listen :8443": "serves",
}

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority: ../certs/ca.crt}}]
users: [{name: u, user: {}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    for name in ("bin", "manifests", ".kube"):
        (folder / name).mkdir()
    for name in ("connect.yaml", "namespaces.yaml"):
        shutil.copy(ROOT / "docs/examples" / name, folder)
        shutil.copy(ROOT / "docs/examples" / name, folder / "manifests")
    for name in ("sparkgate", "kubectl-sparkgate"):
        (folder / "bin" / name).symlink_to(PROGRAM)
    (folder / ".kube/config").write_text(KUBECONFIG)
    # The layer that the help of policy shows is the one that its examples lint.
    shown = re.search(r"^  apiVersion: policy.*?(?=^\S)", tell("help", "policy"), re.M | re.S)[0]
    (folder / "layer.yaml").write_text(re.sub("^  ", "", shown, flags=re.M))
    subprocess.run([PROGRAM, "certs", "init", folder / "certs"], check=True, capture_output=True)
    return folder


def all_examples():
    for command in COMMANDS:
        for what, script in examples(tell("help", command)):
            yield pytest.param(command, what, id=f"{command}: {what}")


def fitted(script):
    for text, other in INSTEAD.items():
        script = script.replace(text, other)
    return "set -euo pipefail\n" + script.replace("PORT", free_port())


def start(place, script):
    environment = {"PATH": f"{place}/bin:{os.environ['PATH']}", "HOME": str(place), "MANPAGER": "cat", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(["bash", "-c", fitted(script)], cwd=place, env=environment, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    process.stdout.close()


def said_so(process, text):
    deadline = time.monotonic() + 20
    seen = ""
    while text not in seen and time.monotonic() < deadline and (line := process.stdout.readline()):
        seen += line
    return text in seen, seen


@pytest.mark.parametrize("program", ["sparkgate", "kubectl sparkgate"])
@pytest.mark.parametrize("command, what", all_examples())
def test_example(place, command, what, program):
    [script] = [s for w, s in examples(tell("help", command, program=place / "bin" / program.replace(" ", "-"))) if w == what]
    assert f"{program} " in script
    flat = re.sub(r"\s*\\\n\s*", " ", script)
    process = start(place, script)
    try:
        for words, text in GO_ON.items():
            if f"{program} {words}" in flat:
                found, seen = said_so(process, text)
                assert found, seen
                return
        code, text = next((known for words, known in ENDS.items() if f"{program} {words}" in flat), (0, ""))
        if "&\n" in script:  # the server would keep the pipe open
            assert process.wait(timeout=60) == code
            return
        seen, _ = process.communicate(timeout=60)
        assert process.returncode == code and text in seen, seen
    finally:
        end(process)


def test_tables_are_used():
    """What stands in a table above and fits no example would hide that an example has gone."""
    everything = "\n".join(script for program in ("sparkgate", "kubectl sparkgate") for command in COMMANDS
                           for _, script in examples(tell("help", command).replace("sparkgate ", program + " ")))  # fmt: skip
    for text in [*INSTEAD, *ENDS, *GO_ON]:
        assert text in everything, text
    assert all(section(tell("help", c), "Examples") for c in COMMANDS)
