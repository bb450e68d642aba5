"""Whom the client of the API server trusts: the CA of the kubeconfig, and nobody beside it."""

import shlex
import subprocess

from control import PROGRAM
from live import api  # noqa: F401 a fixture
from pki import Authority

# The system's store, in a mount namespace of its own, knows the API server's CA alone.
SYSTEM = """
set -e
mount -t tmpfs tmpfs /etc/ssl/certs
cp {ca} /etc/ssl/certs/$(openssl x509 -noout -hash -in {ca}).0
cp {ca} /etc/ssl/certs/ca-certificates.crt
exec {program} status -n team --kubeconfig {kubeconfig}
"""


def ask(api, kubeconfig):
    words = {"ca": api.dir / "api/ca.crt", "program": PROGRAM, "kubeconfig": kubeconfig}
    script = SYSTEM.format(**{name: shlex.quote(str(word)) for name, word in words.items()})
    return subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_the_kubeconfigs_ca_alone(api, tmp_path):
    """Not the system's, to which a token would be shown that is none of their business."""
    other = Authority(tmp_path / "other")
    result = ask(api, api.kubeconfig(ca=other.cert))
    assert result.returncode == 2 and "certificate" in result.stderr, result
    assert not api.seen
    assert ask(api, api.kubeconfig()).returncode != 2 and api.seen, "the right one"


def test_an_empty_ca_is_none(api, tmp_path):
    (tmp_path / "empty.crt").touch()
    result = ask(api, api.kubeconfig(ca=tmp_path / "empty.crt"))
    assert result.returncode == 2 and "'" + str(tmp_path / "empty.crt") + "' is empty" in result.stderr, result
    assert not api.seen
