"""What is spoken, who is let in."""

import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

from reviews import review
from server import Server, until

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


@pytest.fixture
def rotated(pki, tmp_path):
    """A server, and the file of its --client-ca, of which it has read the first CA."""
    file = tmp_path / "client-ca.crt"
    replace(file, pki["ca"])
    with Server(tmp_path / "server", "--client-ca", str(file), "--client-cn", "kube-apiserver") as server:
        yield server, file


def replace(file, *pairs, more=""):
    """Replace it as editors and the kubelet do, by the certificates of these."""
    new = file.with_suffix(".new")
    new.write_text("".join(pair["cert"].read_text() for pair in pairs) + more)
    new.rename(file)


def reloads(server, result):
    return server.metric("sparkgate_reloads_total", what="client-ca", result=result)


def status_of(client):
    return client.post("/mutate", review()).status


def status(server, pair):
    """What a new connection of this client gets."""
    with server.client(context=server.context(**pair)) as client:
        return status_of(client)


def asked_for(server, version):
    """The CAs that the server names when it asks for a certificate: some clients present nothing that is of another."""
    command = [openssl, "s_client", "-connect", f"127.0.0.1:{server.port}", version]
    shown = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
    names = re.search(r"^Acceptable client certificate CA names\n((?:.*CN ?=.*\n)+)", shown, re.M)
    return re.findall(r"CN ?= ?(\S+)", names[1]) if names else []


@needs_openssl
def test_another_client_ca(rotated, pki):
    """It counts for new connections, without a restart; those that are open keep their verdict."""
    server, file = rotated
    with server.client(context=server.context(**pki["apiserver"])) as old:
        assert status_of(old) == 200 and status(server, pki["stranger"]) == 403
        sock = old.connection.sock
        replace(file, pki["stranger-ca"])
        until(lambda: reloads(server, "ok") == 1, what="the new CA")
        assert status(server, pki["stranger"]) == 200
        assert status(server, pki["apiserver"]) == 403
        assert status_of(old) == 200 and old.connection.sock is sock
    for version in ("-tls1_2", "-tls1_3"):
        assert asked_for(server, version) == ["stranger-ca"]


@needs_openssl
def test_rotation_of_the_client_ca(rotated, pki):
    """First both, then the new one alone; SIGHUP reads it whether or not it changed."""
    server, file = rotated
    assert asked_for(server, "-tls1_3") == ["ca"]
    replace(file, pki["ca"], pki["stranger-ca"])
    until(lambda: reloads(server, "ok") == 1, what="both CAs")
    assert status(server, pki["apiserver"]) == status(server, pki["stranger"]) == 200
    assert sorted(asked_for(server, "-tls1_3")) == ["ca", "stranger-ca"]
    for who in ("server", "other"):
        assert status(server, pki[who]) == 403, "purpose and name are still asked for"
    server.signal(signal.SIGHUP)
    until(lambda: reloads(server, "ok") == 2, what="the reload")
    replace(file, pki["stranger-ca"])
    until(lambda: reloads(server, "ok") == 3, what="the new CA alone")
    assert status(server, pki["apiserver"]) == 403 and status(server, pki["stranger"]) == 200


@needs_openssl
@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None])
def test_broken_client_ca(rotated, pki, text):
    """The old one stays in force, which is said and counted once; what mends it is taken."""
    server, file = rotated
    if text is None:
        file.unlink()
    else:
        replace(file, *([pki["stranger-ca"]] if "BEGIN" in text else []), more=text)
    until(lambda: reloads(server, "failed") == 1, what="the refusal")
    assert status(server, pki["apiserver"]) == 200 and status(server, pki["stranger"]) == 403
    time.sleep(2.5)  # it is looked at each second
    told = [line for line in server.log if line.get("what") == "client-ca"]
    assert [line["msg"] for line in told] == ["reload failed, the old stays in force"] and str(file) in told[0]["error"]
    assert reloads(server, "failed") == 1 and reloads(server, "ok") == 0
    replace(file, pki["stranger-ca"])
    until(lambda: reloads(server, "ok") == 1, what="the mended file")
    assert status(server, pki["apiserver"]) == 403 and status(server, pki["stranger"]) == 200


@needs_openssl
def test_client_cas_that_no_handshake_has_room_for(rotated, pki, tmp_path):
    """Their names would have more than 64 KiB, and end every handshake: probes' too."""
    server, file = rotated
    many = [make(tmp_path, f"ca{n}", subject=f"ca{n}" + f"/OU={'x' * 64}" * 40) for n in range(26)]
    replace(file, *many)
    until(lambda: reloads(server, "failed") == 1, what="the refusal")
    assert status(server, pki["apiserver"]) == 200
    replace(file, *many[:20], pki["ca"])
    until(lambda: reloads(server, "ok") == 1, what="what there is room for")
    assert status(server, pki["apiserver"]) == 200
    assert len(asked_for(server, "-tls1_3")) == len(asked_for(server, "-tls1_2")) == 21


@needs_openssl
def test_given_files(pki, tmp_path):
    with Server(
        tmp_path, "--tls-cert", str(pki["server"]["cert"]), "--tls-key", str(pki["server"]["key"])
    ) as server, server.client(context=server.context(cafile=pki["ca"]["cert"])) as client:
        assert client.get("/livez").status == 200
