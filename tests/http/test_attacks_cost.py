"""Asymmetric cost: whatever 3 MiB hold, an answer costs bounded processor time and memory.

The bounds are an order of magnitude above what was measured, so that load on the machine cannot fail a test, and an
order of magnitude below what anything quadratic takes: 3 MiB squared is hours.
"""

import json
import os
from pathlib import Path

import pytest

from attacks import ATTACKS, config_maps
from reviews import review
from server import FACTS, LIMIT, SANITIZED, Server

GROUP = "attacks_cost"
CPU_SECONDS = 20 if SANITIZED else 3
MEMORY = 512 << 20  # of one serving thread, over all attacks
ANSWER = 16 << 20


def cpu(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    directory = tmp_path_factory.mktemp("attacked")
    facts = directory / "facts.yaml"
    facts.write_text(FACTS.read_text() + "".join(f"---\n{json.dumps(c)}\n" for c in config_maps("k8s-team")))
    with Server(directory / "server", "--threads", "1", facts=facts) as server:
        yield server


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
@pytest.mark.parametrize("name", ATTACKS)
def test_costs_little(attacked, name, path):
    document = ATTACKS[name]()
    text = json.dumps(document)
    assert len(text) <= LIMIT, "the recipe is too long to reach what it attacks"
    before = cpu(attacked)
    with attacked.client(timeout=120) as client:
        answer = client.post(path, text)
    assert answer.review["uid"] == document["request"]["uid"]
    assert cpu(attacked) - before < CPU_SECONDS
    assert len(answer.body) < ANSWER
    assert SANITIZED or attacked.status("VmHWM") < MEMORY


def test_serves_on(attacked):
    """After all of them, and with what it holds no more than it keeps for the next request."""
    document = review()
    assert attacked.post("/mutate", document).review["uid"] == document["request"]["uid"]
