"""The commands of docs/rollout.md, one after the other, as they stand there, on a real API server, and what the text
promises of each. sparkgate has its facts from the cluster; audit.log is the API server's own."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from bed import audit_log
from bed.objects import changed
from bed.process import patiently, wait_until
from conftest import in_force
from test_live_facts import POD, Live, service_account_token

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "rollout.md").read_text()
# Commands that find something, as the text says. All others end with 0.
FINDS = {
    "sparkgate audit --as enforce -n team-a",
    'sparkgate review -f audit.log --kubeconfig "$KUBECONFIG" --as enforce',
}


def commands():
    """(heading, command) of every console block, in the order of the text."""
    found, heading = [], "before"
    for match in re.finditer(r"^## ([^\n]*)$|^```console\n(.*?)^```$", TEXT, re.M | re.S):
        heading = match[1] or heading
        found += [(heading, line) for line in (match[2] or "").splitlines() if line]
    return found


class Reader:
    """Somebody with a terminal: the tools of the text, a kubeconfig, a directory with docs, build and an audit log."""

    def __init__(self, directory, api):
        self.api, self.dir = api, directory
        tools = directory / "tools"
        tools.mkdir()
        (directory / "build").mkdir()
        (directory / "docs").symlink_to(ROOT / "docs")
        for name, program in (("kubectl", f"{api.plane.kubebed} kubectl"), ("sparkgate", os.environ["SPARKGATE"])):
            (tools / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
            (tools / name).chmod(0o755)
        self.log_begin = audit_log.size(api.plane.audit_log)
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "KUBECONFIG": str(api.plane.kubeconfig), "HOME": str(directory)}

    def take_log(self):
        """What the API server wrote since the text began."""
        (self.dir / "audit.log").write_bytes(audit_log.whole_lines(self.api.plane.audit_log, self.log_begin))

    def types(self, command):
        self.take_log()
        how = {"cwd": self.dir, "env": self.environment, "text": True, "timeout": patiently(60)}
        told = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)
        print(f"$ {command}\n{told.stdout}-> {told.returncode}\n")
        assert told.returncode == (command in FINDS), f"{command}\nexit {told.returncode}\n{told.stdout}"
        return told.stdout


def pods(api):
    return api.list("Pod", "team-a")


def uids(api):
    return {pod["metadata"]["uid"] for pod in pods(api)}


def answers_by(live, mode):
    """Does sparkgate know the mode of team-a? Only enforce changes a pod, only audit keeps silent about it. (Asked past the API server: its
    audit log is read by the text.)"""
    first, second = (live.post(endpoint, changed(POD, metadata__namespace="team-a"))["response"] for endpoint in ("mutate", "validate"))
    changes, warns = "patch" in first, bool(first.get("warnings") or second.get("warnings"))
    return changes if mode == "enforce" else (changes, warns) == (False, mode == "warn")


def get_ready(api, command):
    """The guard tells what mode enforce would do to pods if it could list them within a second (LIVE_PODS_NS). The text asks it once."""
    if "sparkgate.io/mode=enforce" in command:
        patch = {"metadata": {"labels": {"sparkgate.io/mode": "enforce"}}}
        wait_until(lambda: "existing pods" in str(api.patch("Namespace", None, "team-a", patch, dry_run=True).warnings), "a warning of pods", 20)


def settle(api, live, command, old):
    """What the text takes for granted between two commands: controllers did their work, a label is in force. old: the pods in front of it."""
    if "apply -n team-a" in command and "--dry-run" not in command:
        wait_until(lambda: pods(api), "the pod of the Deployment", 20)
    if mode := re.search(r"sparkgate.io/mode(?:=(\w+)|-)", command):
        in_force(api, "team-a", bool(mode[1]))
        wait_until(lambda: not mode[1] or answers_by(live, mode[1]), f"an answer in force by {command}", 20)
    if "rollout restart" in command:
        (new,) = wait_until(lambda: [p for p in pods(api) if p["metadata"]["uid"] not in old], "the new pod", 20)
        # As a kubelet would, so that the controller lets the old one go.
        ready = {"type": "Ready", "status": "True"}
        name = new["metadata"]["name"]
        api.patch("Pod", "team-a", name, {"status": {"phase": "Running", "conditions": [ready]}}, subresource="status").allowed()
        wait_until(lambda: [p["metadata"]["name"] for p in pods(api)] == [name], "the old pod gone", 30)


def follow(api, live, reader):
    """Every command of the text, with what it said."""
    for heading, command in commands():
        get_ready(api, command)
        old = uids(api)
        yield heading, command, reader.types(command)
        settle(api, live, command, old)


@pytest.fixture(scope="module")
def told(scratch, plane, cluster):
    """[(heading, command, output)] of the whole text."""
    base = scratch / "rollout"
    base.mkdir()
    live = Live(base, plane, service_account_token(cluster)).start()
    with live.asked(cluster):
        try:
            yield list(follow(cluster, live, Reader(base, cluster)))
        finally:
            for name in ("team-a", "team-b"):
                cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
    assert live.process.stop() == 0


def output(told, heading, start, nth=0):
    return [text for h, command, text in told if h.startswith(heading) and command.startswith(start)][nth]


def totals(text):
    """The table's row of team-a, by column."""
    names = re.search(r"^NAMESPACE .*$", text, re.M)[0].split()
    return dict(zip(names, re.search(r"^team-a .*$", text, re.M)[0].split(), strict=True))


def test_1_refusals_are_seen_before_anything_is_installed(told):
    first, second = (output(told, "1.", "sparkgate audit", n) for n in (0, 1))
    assert totals(first)["REFUSED"] == totals(second)["REFUSED"] == "2"
    assert "sparkgate.io/hardening=force" in re.sub(r"\s+", " ", first)
    assert "scope.noBackend" in first and totals(first)["CHANGED"] == "."
    assert totals(second)["CHANGED"] == "3" and totals(second)["DRIFT"] == "2"
    assert "spark.master: local[*] -> k8s://https://kubernetes.default.svc" in second


def test_1_explained(told):
    text = output(told, "1.", "sparkgate explain")
    assert "wins     local[*] (ConfigMap 'connect-conf', spark-defaults.conf line 1)" in text
    assert "sparkgate.io/mode=enforce" in text.split("What would change it")[1]


def test_3_audit_tells_nobody_but_who_asks(told):
    assert "Warning" not in output(told, "3.", "kubectl label")
    text = output(told, "3.", "sparkgate audit")
    assert "enforce would refuse it" in text and totals(text)["MODE"] == "audit"


def test_3_the_audit_log_tells_what_would_have_been(told):
    text = output(told, "3.", "sparkgate review")
    assert "Newly refused: 3" in text and "Deployment team-a/connect" in text, text
    assert "pss.runAsNonRoot" in text and "Not judged" not in text


def test_4_mended(told):
    assert totals(output(told, "4.", "sparkgate audit"))["REFUSED"] == "."


def test_5_warn_is_heard_and_refuses_nothing(told):
    text = output(told, "5.", "kubectl replace")
    warnings = [line for line in text.splitlines() if line.startswith("Warning: ")]
    assert any("backend.master: would change" in line for line in warnings), text
    assert "deployment.apps/connect replaced (server dry run)" in text
    text = output(told, "5.", "sed")
    assert "Warning: pss.runAsNonRoot: would change spec.template." in text and "deployment.apps/connect-next created (server dry run)" in text
    assert "under enforce it would be changed" in output(told, "5.", "sparkgate explain")


def test_6_enforce_says_who_is_left(told):
    text = output(told, "6.", "kubectl label")
    assert 'Warning: existing pods in namespace "team-a" violate the new PodSecurity enforce level' in text


def test_6_nothing_drifts_when_all_is_started_anew(told):
    row = totals(output(told, "6.", "sparkgate audit"))
    assert (row["MODE"], row["REFUSED"], row["DRIFT"]) == ("enforce", ".", "."), row


def test_7_the_second_run_has_nothing_new(told):
    assert "the first audit of this file" in output(told, "7.", "sparkgate audit")
    assert ": 0 new findings" in output(told, "7.", "sparkgate audit", 1)


def test_back_the_text_is_its_authors(told):
    assert "configmap/connect-conf configured" in output(told, "Back", "kubectl apply")


def test_nothing_is_left_out(told):
    assert len(told) == len([line for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.M | re.S) for line in block.splitlines()])
