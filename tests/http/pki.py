"""Certificates of any age, made by openssl(1): an oracle that is not ours, and no clock has to be set."""

import base64
import subprocess
import time

CONFIG = """
[ca]
default_ca = one
[one]
database = {dir}/index
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf_ext]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
NAMES = ["localhost", "sparkgate", "sparkgate.sparkgate", "sparkgate.sparkgate.svc", "sparkgate.sparkgate.svc.cluster.local", "127.0.0.1", "::1"]
DAY = 86400


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def when(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))


class Authority:
    """A CA that is valid from and until so many days from now."""

    def __init__(self, directory, valid=(-1, 3650)):
        self.dir = directory
        directory.mkdir(parents=True)
        names = ",".join(("IP:" if n[0] in "1:" else "DNS:") + n for n in NAMES)
        (directory / "config").write_text(CONFIG.format(dir=directory, names=names))
        (directory / "index").touch()
        self.key, self.cert = directory / "ca.key", directory / "ca.crt"
        self._request("ca", "test-ca")
        self._sign("ca", "ca_ext", valid, "-selfsign", "-keyfile", self.key)

    def _request(self, name, common_name):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={common_name}",
                "-keyout", self.dir / f"{name}.key", "-out", self.dir / f"{name}.csr")  # fmt: skip

    def _sign(self, name, extensions, valid, *flags):
        openssl("ca", "-batch", "-notext", "-config", self.dir / "config", "-extensions", extensions, "-in", self.dir / f"{name}.csr",
                "-out", self.dir / f"{name}.crt", "-startdate", when(valid[0]), "-enddate", when(valid[1]), *flags)  # fmt: skip

    def leaf(self, valid=(-1, 365)):
        """PEM of a server certificate and of its key."""
        self._request("tls", "sparkgate")
        self._sign("tls", "leaf_ext", valid, "-cert", self.cert, "-keyfile", self.key)
        return (self.dir / "tls.crt").read_bytes(), (self.dir / "tls.key").read_bytes()


def secret(ca, leaf, name="certs", namespace="sparkgate", labels=None):
    """The Secret that holds them."""
    data = {"ca.crt": ca.cert.read_bytes(), "ca.key": ca.key.read_bytes(), "tls.crt": leaf[0], "tls.key": leaf[1]}
    labels = {"app.kubernetes.io/managed-by": "sparkgate"} if labels is None else labels
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": {k: base64.b64encode(v).decode() for k, v in data.items()},
    }
