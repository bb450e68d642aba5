"""The examples of every --help are run as they stand there, by both names of the program.

What they need lies in a scratch folder: the documents' examples under the names that helps use. What a machine without a
cluster or a chart cannot do is replaced by the tables below, and nothing else is."""

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
import yaml

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
    "audit -n team-a": (2, "Couldn't connect"),
    "audit --publish": (2, "Couldn't connect"),
    "audit --since-last": (2, "Couldn't connect"),
    "status team-a": (2, "nothing of namespace 'team-a' could be read"),
    "status -A": (2, "Couldn't connect"),
    "switch team-a": (2, "Couldn't connect"),
    "explain -f release.yaml": (2, "GET /api/v1/namespaces/reports: https://127.0.0.1:1: Couldn't connect"),
    "explain deploy/connect": (2, "GET /apis/apps/v1/namespaces/reports/deployments/connect: https://127.0.0.1:1: Couldn't connect"),
    # As diff(1): there is a difference.
    "policy diff shipped layer.yaml": (1, "backend.pullPolicy"),
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


# A case for the layer: the one that the help shows is shortened.
CASE = """
---
apiVersion: policy.sparkgate.io/v1
kind: Tests
tests:
- name: executors' images are pulled anew
  namespace: {name: team-a, mode: enforce, backendMode: k8s}
  object:
    apiVersion: v1
    kind: Pod
    metadata: {name: connect}
    spec:
      containers:
      - {name: connect, image: "spark:4.1.1", command: [/opt/spark/sbin/start-connect-server.sh]}
  expect:
    allowed: true
    settings: {spark.kubernetes.container.image.pullPolicy: Always}
"""


def audit_event(identifier):
    """A Deployment that was created, as the API server's audit log has it."""
    [deployment] = [o for o in yaml.safe_load_all((ROOT / "docs/examples/connect.yaml").read_text()) if o]
    name = {"namespace": deployment["metadata"]["namespace"], "name": deployment["metadata"]["name"]}
    return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": identifier, "stage": "ResponseComplete",
            "verb": "create", "user": {"username": "ci", "groups": ["system:authenticated"]}, "requestObject": deployment,
            "objectRef": {"resource": "deployments", "apiGroup": "apps", "apiVersion": "v1", **name},
            "responseStatus": {"code": 201}, "requestReceivedTimestamp": "2026-01-31T08:00:00.000000Z",
            "annotations": {"workloads.validate.sparkgate.io/changes": "backend.master: spark.master: (absent) -> local"}}  # fmt: skip


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
    (folder / "kube.config").write_text(KUBECONFIG.replace("../", ""))
    shutil.copy(folder / "connect.yaml", folder / "release.yaml")
    identifier = re.search(r"audit.log --id (\S+)", tell("help", "explain"))[1]
    (folder / "audit.log").write_text(json.dumps(audit_event(identifier)) + "\n")
    with gzip.open(folder / "audit-1.gz", "wt") as packed:
        packed.write(json.dumps(audit_event(identifier)) + "\n")
    # The layer that the help of policy shows is the one that its examples lint.
    shown = re.search(r"^  apiVersion: policy.*?(?=^\S)", tell("help", "policy"), re.M | re.S)[0]
    (folder / "layer.yaml").write_text(re.sub("^  ", "", shown, flags=re.M) + CASE)
    shutil.copy(folder / "layer.yaml", folder / "new.yaml")
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
