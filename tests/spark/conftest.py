"""One node for the whole run with sparkgate on it, three replicas by Helm, and an S3 server; a namespace a test."""

import collections
import contextlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from bed.cluster import Cluster
from bed.node import Node
from deployment import Deployment
from s3 import S3
from sums import pytest_unconfigure  # noqa: F401

SCRATCH = Path(os.environ.get("SCRATCH", "."))
LOGS = Path(os.environ.get("SPARKGATE_LOGS", "."))
WORK = SCRATCH / "work"
LINES = []  # of the summary
BEGAN = time.monotonic()
# The node has two cores, and charts of others ask for whole ones: beside those sparkgate's replicas ask for nothing. What asks
# for nothing waits behind all else, so they do ask where nobody needs whole ones.
GATE = {"resources": {"requests": {"cpu": "0" if os.environ.get("SPARKGATE_SAMPLES") else "50m", "memory": "16Mi"}}}


@pytest.fixture(scope="session")
def progress(request):
    """progress("text"): a line for who waits, with the minutes so far."""
    capture = request.config.pluginmanager.get_plugin("capturemanager")

    def say(text):
        minutes, seconds = divmod(int(time.monotonic() - BEGAN), 60)
        with capture.global_and_fixture_disabled():
            print(f"\n[{minutes:2}:{seconds:02}] {text}", end="", flush=True)

    return say


@pytest.fixture(scope="session")
def node(progress):
    node = Node(Path(os.environ["KUBEBED"]), Path(os.environ["COREDNS"]), SCRATCH / "bed")
    try:
        node.start()
        progress("node ready")
        for archive in [os.environ["SPARKGATE_IMAGE"], *os.environ["SPARK_ARCHIVES"].split(":")]:
            node.load_image(archive)
        progress("images imported")
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="session")
def gate(node, progress):
    gate = Cluster(node)
    gate.install(values=GATE)
    gate.wait_serving()
    progress("sparkgate serves, 3 replicas")
    return gate


@pytest.fixture(scope="session")
def s3(gate):
    return S3(gate)


@pytest.fixture
def deployment(gate, s3):
    """deployment(name, version): a namespace, gone after the test; its logs are kept if that failed."""
    with contextlib.ExitStack() as stack:
        yield lambda name, version: stack.enter_context(Deployment(gate, name, version, WORK, s3))


@pytest.fixture
def line(progress):
    """line("3.5 k8s", "PASSED", "…"): at once, and in the table at the end."""

    def add(what, verdict, text):
        LINES.append((what, verdict, text))
        progress(f"{what} {verdict}  {text}")

    return add


@pytest.fixture
def verdict(line):
    """with verdict("3.5 k8s", it): … : one line PASSED with the times it took, or FAILED with the reason and its logs."""

    @contextlib.contextmanager
    def watch(what, it):
        try:
            yield
        except BaseException as error:
            reason = next((x for x in str(error).splitlines() if x.strip()), type(error).__name__)
            it.save_logs()
            line(what, "FAILED", f"{reason[:150]}; logs: {LOGS.name}/spark/{it.logs.name}")
            raise
        line(what, "PASSED", ", ".join([*(f"{name} {seconds:.0f} s" for name, seconds in it.times.items()), *it.notes]))

    return watch


def judge(pods):
    """What the upstream evaluator has against each of these pods at restricted:latest, by name; empty: nothing."""
    whole = [{"apiVersion": "v1", "kind": "Pod", **pod} for pod in pods]  # a list's items leave these two out
    told = subprocess.run([os.environ["DECODE"]], input=yaml.safe_dump_all(whole), capture_output=True, text=True, check=True).stdout
    verdicts = [line.split("\t") for line in told.splitlines()]
    assert len(verdicts) == len(pods), told
    return {name: verdict for _, name, verdict in verdicts if verdict != "ok"}


COMPLAINTS = re.compile(
    r'sparkgate_(violations_total|servers_on_wrong_backend_total)\{|sparkgate_decisions_total\{.*decision="(deny|would-deny)"'
    r'|apiserver_admission_webhook_(fail_open_count|rejection_count)\{.*\.sparkgate\.io"'
)


def complaints(gate):
    """Refusals, would-be refusals, findings and servers on the wrong backend, as the metrics of all replicas count them; calls
    that failed open or refused, as those of the API server do. A replica that started anew counts from nothing: that counts too."""
    found = collections.Counter()
    pages = [gate.api.request("GET", "metrics").body["text"], *map(gate.metrics, gate.replicas())]
    for line in (line for page in pages for line in page.splitlines()):
        series, _, value = line.rpartition(" ")
        if COMPLAINTS.match(series):
            found[series] += float(value)
    for pod in gate.replicas():
        found[f"starts of {pod['metadata']['name']}"] = 1 + sum(s["restartCount"] for s in pod["status"]["containerStatuses"])
    return found


def new_complaints(before, after):
    return {series: count - before.get(series, 0) for series, count in after.items() if count > before.get(series, 0)}


# What is left at the end: a table, and logs.


def pytest_terminal_summary(terminalreporter):
    if not LINES:
        return
    width = max(len(what) for what, _, _ in LINES)
    terminalreporter.write_line("\n" + f"{'what':<{width}} verdict  details")
    for what, verdict, text in sorted(LINES):
        terminalreporter.write_line(f"{what:<{width}} {verdict:<8} {text}", green=verdict == "PASSED", red=verdict == "FAILED")


def pytest_sessionfinish(session, exitstatus):
    if not exitstatus:
        return
    bed = SCRATCH / "bed"
    for name, source in (("control-plane", bed / "log"), ("pods", bed / "disk" / "log" / "pods"), ("spark", WORK)):
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(source, LOGS / name, dirs_exist_ok=True)
    print(f"\nlogs: {LOGS}", flush=True)
