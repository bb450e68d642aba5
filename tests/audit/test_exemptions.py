"""Exemptions in an audit: who needs them still, and which end."""

import datetime

import pytest
from audit import namespace, run, server, stream

LAYER = """\
apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- {id: needed, owner: data@example.com, reason: legacy, expires: "2099-12-31", rules: ["pss.*"], namespaces: [a], names: ["root-*"]}
- {id: unneeded, owner: ops@example.com, reason: gone, expires: "2099-12-31", rules: ["pss.*"], namespaces: [nowhere]}
- {id: soon, owner: web@example.com, reason: short, expires: "SOON", rules: ["pss.*"], namespaces: [nowhere]}
- {id: by-hand, owner: sre@example.com, reason: night, expires: never, rules: ["pss.*"], groups: [oncall]}
"""


@pytest.fixture
def told(tmp_path):
    soon = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=3)
    (tmp_path / "layer.yaml").write_text(LAYER.replace("SOON", str(soon)))
    (tmp_path / "all.json").write_text(stream([namespace("a"), server("root-1", "a", hostPID=True), server("root-2", "a", hostPID=True),
                                               server("other", "a", hostPID=True)]))  # fmt: skip
    return run("-f", tmp_path / "all.json", "--policies", tmp_path / "layer.yaml").stdout


def row(told, name):
    return next(line for line in told.splitlines() if line.startswith(name + " ")).split()


def test_what_needs_them(told):
    assert row(told, "needed") == ["needed", "data@example.com", "2099-12-31", "2"]
    assert row(told, "unneeded")[-1] == "0"
    assert row(told, "by-hand")[-1] == "-"
    assert "enforce refuses 1 and" in told


def test_what_to_do(told):
    assert "exemption 'unneeded' is needed by nothing that exists: ask ops@example.com" in told
    assert "exemption 'soon' expires on" in told and "in 3 days" in told
    assert "'needed'" not in told and "'by-hand'" not in told
