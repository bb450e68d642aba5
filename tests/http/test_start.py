"""Flags, and what a start says."""

import fcntl
import os
import socket
import subprocess

import pytest

from server import FACTS, PROGRAM


def serve(*flags):
    return subprocess.run([PROGRAM, "serve", *map(str, flags)], capture_output=True, text=True, timeout=20, check=False)


def test_help_teaches():
    result = serve("--help")
    assert result.returncode == 0 and not result.stderr
    for word in ("/mutate", "/validate", "--listen", "--metrics-listen", "--certs", "--tls-cert", "--client-ca", "--client-cn", "--namespaces", "--policies", "--shutdown-delay", "--max-inflight-bytes", "--log-format", "SIGHUP", "Example"):
        assert word in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 112


BAD = [
    ([], "no certificates"),
    (["--certs", "x"], "--namespaces"),
    (["--certs", "x", "--namespaces", "/nowhere.yaml"], "/nowhere.yaml"),
    (["--lisen", ":1"], "did you mean '--listen'?"),
    (["--listen"], "needs a value"),
    (["-x"], "-x"),
    (["extra"], "unexpected argument 'extra'"),
    (["--max-inflight-bytes", "48MB"], "--max-inflight-bytes: expected a size such as 48Mi, got '48MB'"),
    (["--max-inflight-bytes", "1Mi"], "a single review may have 3Mi"),
    (["--shutdown-delay", "soon"], "--shutdown-delay: expected a duration"),
    (["--shutdown-delay", "-1s"], "--shutdown-delay: expected a duration"),
    (["--max-inflight-bytes", "999999Gi"], "--max-inflight-bytes: at most 16Gi, got '999999Gi'"),
    (["--shutdown-delay", "100h"], "--shutdown-delay: at most 1h, got '100h'"),
    (["--rotation-pause", "61m"], "--rotation-pause: at most 1h, got '61m'"),
    (["--facts-stale-after", "25h"], "--facts-stale-after: at most 24h, got '25h'"),
    (["--threads", "0"], "--threads: expected 1 to"),
    (["--log-format", "xml"], "--log-format does not take 'xml', only json or text"),
    (["--log-level", "loud"], "--log-level"),
    (["--tls-cert", "x"], "go together"),
    (["--certs", "x", "--tls-cert", "x", "--tls-key", "y"], "not several"),
    (["--certs", "x", "--client-cn", "y"], "--client-cn needs --client-ca"),
    (["--certs", ""], "--certs: is empty"),
]


@pytest.mark.parametrize("flags, message", BAD)
def test_bad_usage(flags, message):
    result = serve(*flags)
    assert result.returncode == 2
    assert message in result.stderr and not result.stdout
    assert len(result.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    "files, message",
    [
        ({"tls.crt": "nonsense", "tls.key": "nonsense"}, "not a PEM certificate"),
        ({}, "tls.crt"),
    ],
)
def test_bad_certificates(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = serve("--namespaces", FACTS, "--tls-cert", tmp_path / "tls.crt", "--tls-key", tmp_path / "tls.key")
    assert result.returncode == 2
    assert message in result.stderr


def test_bad_policy(tmp_path):
    (tmp_path / "site.yaml").write_text("kind: Nothing\n")
    result = serve("--namespaces", FACTS, "--certs", tmp_path / "certs", "--policies", tmp_path / "site.yaml")
    assert result.returncode == 2
    assert "site.yaml" in result.stderr


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_bad_client_ca(tmp_path, text):
    (tmp_path / "ca.crt").write_text(text)
    result = serve("--namespaces", FACTS, "--certs", tmp_path / "certs", "--client-ca", tmp_path / "ca.crt", "--listen", "127.0.0.1:0")
    assert result.returncode == 2
    assert "--client-ca" in result.stderr and "ca.crt" in result.stderr


def test_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = serve("--namespaces", FACTS, "--certs", tmp_path / "certs", "--listen", address)
        assert result.returncode == 1
        assert f"--listen: cannot listen on '{address}': Address already in use" in result.stderr
        result = serve("--namespaces", FACTS, "--certs", tmp_path / "certs", "--listen", "127.0.0.1:0", "--metrics-listen", address)
        assert result.returncode == 1 and f"--metrics-listen: cannot listen on '{address}': Address already in use" in result.stderr


@pytest.mark.parametrize("address", ["8443", "localhost", "1:2:3", "::1:8443", "127.0.0.1:", "127.0.0.1:https", "127.0.0.1:65536", "127.0.0.1:99999", "127.0.0.1:-1", "[::1]:4294967296", ":1 "])
def test_bad_address(tmp_path, address):
    for option in ("--listen", "--metrics-listen"):
        result = serve("--namespaces", FACTS, "--certs", tmp_path / "certs", option, address)
        assert result.returncode == 2
        assert f"{option}: expected " in result.stderr and f"got '{address}'" in result.stderr
    assert not (tmp_path / "certs").exists()


def test_all_addresses(tmp_path, start):
    """Of both families: there are clusters without IPv4, and kubelets and API servers that come over either."""
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::", 0))
        port = free.getsockname()[1]
    server = start("--metrics-listen", f":{port}")
    assert f"http://[::]:{port}/metrics" in server.messages
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, port), 10) as plain:
            plain.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
            assert plain.recv(4096).startswith(b"HTTP/1.1 200"), host


@pytest.mark.long
def test_certificates_that_others_hold(tmp_path):
    """A directory that somebody has locked is waited for, not for ever: meanwhile no signal is taken."""
    directory = tmp_path / "certs"
    subprocess.run([PROGRAM, "certs", "init", str(directory)], check=True, capture_output=True)
    held = os.open(directory, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    result = serve("--namespaces", FACTS, "--certs", directory, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0")
    os.close(held)
    assert result.returncode != 0
    assert f"'{directory}' has been locked by another process" in result.stderr and "sparkgate certs" in result.stderr


def test_start_message(start):
    server = start()
    message = server.messages
    assert f"https://127.0.0.1:{server.port}" in message
    assert "3 namespaces" in message and str(FACTS) in message
    assert str(server.certs / "tls.crt") in message
    assert message.splitlines()[-1].endswith("readyz?verbose'")


def test_keys_are_private(start):
    server = start()
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in server.certs.glob("*.key")} == {
        "ca.key": "0o600",
        "tls.key": "0o600",
    }
