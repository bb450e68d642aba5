"""What dashboard and alerts expect of API servers (tests/monitoring/apiserver-metrics.json): names and labels of a real one. Behind
test_the_log.py in the order of names, since sparkgate is away here."""

import json
import re
from pathlib import Path

import pytest
from bed.objects import load, servers

EXPECTED = json.loads((Path(__file__).resolve().parents[1] / "monitoring" / "apiserver-metrics.json").read_text())
POD, _ = servers()["argv"]
CONFIGMAP = servers()["start-script"][1][0]
NS = "enforce-k8s"


@pytest.fixture(scope="module")
def samples(cluster, sparkgate):
    """Of our webhooks, after calls that were answered, and calls that failed; [(name, labels)]."""
    cluster.create(POD, NS, dry_run=True).allowed()
    cluster.create(load("others.yaml")[0], NS, dry_run=True)
    assert sparkgate.stop() == 0
    try:
        assert cluster.create(POD, NS, dry_run=True).status == 500
        cluster.create(CONFIGMAP, NS, dry_run=True).allowed()
    finally:
        sparkgate.start()
    text = cluster.request("GET", "metrics").body["text"]
    lines = re.findall(r'^(apiserver_admission_webhook_\w+)\{(.*name="\w+\.\w+\.sparkgate\.io".*)\} ', text, re.M)
    return [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels))) for name, labels in lines]


@pytest.mark.parametrize("metric", EXPECTED)
def test_labels(samples, metric):
    found = [labels for name, labels in samples if name == metric]
    assert found and all(sorted(labels) == sorted(EXPECTED[metric]) for labels in found)


def test_what_alerts_look_for(samples):
    failed = [labels for name, labels in samples if name == "apiserver_admission_webhook_rejection_count"]
    assert ("servers.validate.sparkgate.io", "calling_webhook_error", "503") in {
        (f["name"], f["error_type"], f["rejection_code"]) for f in failed
    }
    assert {"name": "configmaps.mutate.sparkgate.io", "type": "admit"} in [
        o for n, o in samples if n == "apiserver_admission_webhook_fail_open_count"
    ]
