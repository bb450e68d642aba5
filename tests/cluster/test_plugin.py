"""sparkgate as a plugin of the real kubectl: what people call `kubectl sparkgate`."""

import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(os.environ["SPARKGATE"])


@pytest.fixture
def kubectl(plane, tmp_path):
    """kubectl with a PATH as `make install` leaves it."""
    (tmp_path / "kubectl-sparkgate").symlink_to(PROGRAM)
    (tmp_path / "kubectl_complete-sparkgate").write_text(subprocess.run([PROGRAM, "completion", "kubectl"], capture_output=True, text=True).stdout)
    (tmp_path / "kubectl_complete-sparkgate").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KUBECONFIG": str(plane.kubeconfig)}
    return lambda *words: subprocess.run([plane.kubebed, "kubectl", *words], capture_output=True, text=True, env=environment)


def test_it_is_found_and_speaks_as_one(kubectl):
    told = kubectl("sparkgate", "certs")
    assert told.returncode == 2 and "Try `kubectl sparkgate certs --help`" in told.stderr


def test_kubectl_asks_it_for_completions(kubectl):
    told = kubectl("__complete", "sparkgate", "review", "-o", "j")
    assert told.stdout == "json\njunit\n:4\n", told.stderr


def test_it_audits_the_cluster_of_kubectl(kubectl):
    told = kubectl("sparkgate", "audit", "--fail-on", "never")
    assert told.returncode == 0 and "objects looked at" in told.stdout, told.stderr
