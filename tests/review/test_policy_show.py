"""`sparkgate policy show pss`: the table of Pod Security's checks (tests/conformance/pss holds it against upstream's)."""

import json
import os
import subprocess

import pytest
import yaml


def show(*args):
    return subprocess.run([os.environ["SPARKGATE"], "policy", "show", *args], capture_output=True, text=True, timeout=60)


def checks(*args):
    done = show("pss", "-o", "json", *args)
    assert done.returncode == 0 and not done.stderr
    return [(c["id"], c["level"], c["since"], c["overrides"]) for c in json.loads(done.stdout)["checks"]]


@pytest.mark.parametrize("args", [[], ["--version", "latest"], ["--version", "v1.0"], ["--version", "v1.99"]])
def test_the_table_fits_a_terminal(args):
    done = show("pss", *args)
    assert done.returncode == 0 and not done.stderr
    for line in done.stdout.splitlines():
        assert len(line) <= 80 and line == line.rstrip()


def test_a_version_shows_what_counts_there():
    old, new = checks("--version", "v1.18"), checks("--version", "v1.34")
    assert ("seccompProfile_baseline", "baseline", "v1.0", None) in old
    assert ("seccompProfile_baseline", "baseline", "v1.19", None) in new
    assert ("seccompProfile_restricted", "restricted", "v1.25", "seccompProfile_baseline") in new
    assert "hostProbesAndHostLifecycle" in [c[0] for c in new] and "hostProbesAndHostLifecycle" not in [c[0] for c in old]
    assert len({c[0] for c in new}) == len(new), "one form each"
    assert set(new) < set(checks())


def test_latest_is_the_newest():
    newest = json.loads(show("pss", "-o", "json").stdout)["newest"]
    assert checks("--version", "latest") == checks("--version", newest) == checks("--version", "v1.99")
    assert f"v1.99, which is {newest}" in show("pss", "--version", "v1.99").stdout


def test_yaml_says_the_same():
    assert yaml.safe_load(show("pss", "-o", "yaml").stdout) == json.loads(show("pss", "-o", "json").stdout)


BAD_USAGE = [
    (["pss", "--version", "1.34"], "'1.34' is not a version of the Pod Security Standards, known: latest, v1.0 to v1."),
    (["pss", "--version", "v1.034"], "is not a version"),
    (["pss", "--version", ""], "--version: is empty"),
    (["pss", "--version"], "--version needs a value"),
    (["--version", "v1.34"], "--version belongs to show pss"),
    (["ppss"], "the one word 'pss'"),
    (["pss", "pss"], "the one word 'pss'"),
]


@pytest.mark.parametrize("args, said", BAD_USAGE, ids=[" ".join(a) for a, _ in BAD_USAGE])
def test_bad_usage(args, said):
    done = show(*args)
    assert done.returncode == 2 and not done.stdout
    assert said in done.stderr
