"""What is spoken, who is let in."""

import shutil
import socket
import ssl
import subprocess

import pytest

from reviews import review
from server import Server

openssl = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(not openssl, reason="openssl is not installed")


def make(directory, name, issuer=None, subject=None, purpose="clientAuth"):
    """A certificate; self-signed (a CA) without an issuer."""
    key, cert = directory / f"{name}.key", directory / f"{name}.crt"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-keyout", key, "-out", cert, "-subj", f"/CN={subject or name}"]
    if issuer:
        command += ["-CA", directory / f"{issuer}.crt", "-CAkey", directory / f"{issuer}.key"]
        command += ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"extendedKeyUsage={purpose}"]
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return {"cert": cert, "key": key}


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_spoken_versions(server, version):
    context = server.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with server.client(context=context) as client:
        assert client.get("/livez").status == 200
        assert client.connection.sock.version() == version.replace("_", ".")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(server):
    context = server.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        server.client(context=context).get("/livez")
    assert server.get("/livez").status == 200


def test_plain_http_is_no_answer(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as plain:
        plain.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b"HTTP" not in plain.recv(100)
        except ConnectionError:
            pass
    assert server.get("/livez").status == 200


def test_leaf_is_ec_p256(server):
    with server.raw() as raw:
        der = raw.getpeercert(binary_form=True)
    assert bytes.fromhex("06082a8648ce3d030107") in der  # prime256v1


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pki")
    pairs = {"ca": make(directory, "ca"), "stranger-ca": make(directory, "stranger-ca")}
    pairs["apiserver"] = make(directory, "apiserver", "ca", subject="kube-apiserver")
    pairs["other"] = make(directory, "other", "ca", subject="somebody")
    pairs["server"] = make(directory, "server", "ca", subject="kube-apiserver", purpose="serverAuth")
    pairs["stranger"] = make(directory, "stranger", "stranger-ca", subject="kube-apiserver")
    return pairs


@pytest.fixture(scope="module")
def guarded(pki, tmp_path_factory):
    flags = ("--client-ca", str(pki["ca"]["cert"]), "--client-cn", "kube-apiserver")
    with Server(tmp_path_factory.mktemp("guarded"), *flags) as server:
        yield server


@needs_openssl
@pytest.mark.parametrize(
    "who, status", [(None, 403), ("apiserver", 200), ("other", 403), ("stranger", 403), ("server", 403)]
)
def test_client_certificates(guarded, pki, who, status):
    with guarded.client(context=guarded.context(**(pki[who] if who else {}))) as client:
        for path in ("/mutate", "/validate"):
            answer = client.post(path, review())
            assert answer.status == status
        assert client.get("/livez").status == 200, "probes have no certificate"


@needs_openssl
def test_given_files(pki, tmp_path):
    with Server(
        tmp_path, "--tls-cert", str(pki["server"]["cert"]), "--tls-key", str(pki["server"]["key"])
    ) as server, server.client(context=server.context(cafile=pki["ca"]["cert"])) as client:
        assert client.get("/livez").status == 200
