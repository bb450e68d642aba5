"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback.

Fixed ports are fine, since the network namespace is ours alone. The API server signs its own certificate, and its
clients are told apart by static tokens: what is tested here is admission, not authentication. Authorization is real
RBAC, and each controller has its own service account, so requests look like those of a real cluster.

There is no node: pods are admitted and stored, and stay Pending.
"""

import contextlib
import json
import subprocess
from pathlib import Path

import requests
from bed.process import Process, wait_until

SERVER = "https://127.0.0.1:6443"
ETCD = "http://127.0.0.1:2379"

# token, user, uid, groups
TOKENS = [
    ("admin", "kubernetes-admin", "1", "system:masters"),
    ("controllers", "system:kube-controller-manager", "2", ""),
    ("scheduler", "system:kube-scheduler", "3", ""),
    ("tenant", "tenant", "4", "tenants"),
]

# The accounts of manifests/rbac.yaml and manifests/rbac-audit.yaml.
ACCOUNT = "system:serviceaccount:sparkgate:sparkgate"
AUDIT_ACCOUNT = f"{ACCOUNT}-audit"

# Full bodies for all that sparkgate is asked about: the tests read patches and annotations there, and replay them. All that sparkgate itself asks
# for: which of its rights it uses.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Metadata", "users": [ACCOUNT, AUDIT_ACCOUNT]},
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io"}, {"group": "events.k8s.io"}]},
        {
            "level": "RequestResponse",
            "resources": [
                {"group": "", "resources": ["pods", "pods/ephemeralcontainers", "configmaps", "namespaces"]},
                {"group": "", "resources": ["replicationcontrollers", "podtemplates"]},
                {"group": "apps", "resources": ["deployments", "replicasets", "statefulsets", "daemonsets"]},
                {"group": "batch", "resources": ["jobs", "cronjobs"]},
            ],
        },
        {"level": "Metadata"},
    ],
}


class ControlPlane:
    tokens = TOKENS

    def __init__(self, kubebed, directory: Path):
        self.kubebed = kubebed
        self.dir = directory
        self.logs = directory / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.ca = directory / "apiserver.crt"
        self.kubeconfig = directory / "admin.conf"
        self.audit_log = self.logs / "audit.jsonl"
        self.processes = []
        self.excused = []  # stretches of the API server's log (bytes)

    def start(self):
        self._write_files()
        self._run("etcd", *self._etcd_flags()).wait_ready(lambda: self._get(f"{ETCD}/health"))
        self._run("kube-apiserver", *self._apiserver_flags()).wait_ready(lambda: self.ca.exists() and self._get(f"{SERVER}/readyz"), 90)
        self._run("kube-controller-manager", *self._controller_flags())
        self._run("kube-scheduler", *self._client_flags("scheduler"))
        wait_until(
            lambda: self._get(f"{SERVER}/api/v1/namespaces/default/serviceaccounts/default"),
            "the controllers' first service account",
            60,
        )
        return self

    def stop(self):
        for process in reversed(self.processes):
            process.stop()

    @contextlib.contextmanager
    def calls_may_fail(self):
        """A test keeps the API server from reaching a webhook: what it says of failed calls meanwhile is no complaint (test_the_log.py)."""
        log = self.logs / "kube-apiserver.log"
        begin = log.stat().st_size
        try:
            yield
        finally:
            self.excused.append((begin, log.stat().st_size))

    def _run(self, name, *flags):
        process = Process(name, [self.kubebed, name, *flags], self.logs).start()
        self.processes.append(process)
        return process

    def _get(self, url):
        try:
            verify = str(self.ca) if url.startswith("https") else True
            answer = requests.get(url, headers={"Authorization": "Bearer admin"}, verify=verify, timeout=5)
        except requests.RequestException:
            return False
        return answer.ok

    def _write_files(self):
        key = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.dir / "sa.key"]
        subprocess.run(key, check=True, capture_output=True)
        (self.dir / "tokens.csv").write_text("".join(f'{t},{user},{uid},"{groups}"\n' for t, user, uid, groups in self.tokens))
        (self.dir / "audit-policy.yaml").write_text(json.dumps(AUDIT_POLICY))
        for token, user, _, _ in self.tokens:
            (self.dir / f"{token}.conf").write_text(json.dumps(self._kubeconfig(token, user)))

    def _kubeconfig(self, token, user):
        cluster = {"server": SERVER, "certificate-authority": str(self.ca)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "bed", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": user}}],
            "current-context": "bed",
        }

    def _etcd_flags(self):
        peer = "http://127.0.0.1:2380"
        return [
            "--name=bed",
            f"--data-dir={self.dir}/etcd",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=bed={peer}",
        ]

    def _apiserver_flags(self):
        return [
            f"--etcd-servers={ETCD}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--secure-port=6443",
            f"--cert-dir={self.dir}",
            f"--token-auth-file={self.dir}/tokens.csv",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.dir}/sa.key",
            f"--service-account-signing-key-file={self.dir}/sa.key",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            "--profiling=false",
            f"--audit-policy-file={self.dir}/audit-policy.yaml",
            f"--audit-log-path={self.audit_log}",
            "--audit-log-maxsize=4096",  # it would be moved away at 100 MiB, in the middle of what a test reads
        ]

    def _client_flags(self, token):
        conf = f"{self.dir}/{token}.conf"
        return [
            f"--kubeconfig={conf}",
            f"--authentication-kubeconfig={conf}",
            f"--authorization-kubeconfig={conf}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
        ]

    def _controller_flags(self):
        return [
            *self._client_flags("controllers"),
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self.dir}/sa.key",
            f"--root-ca-file={self.ca}",
        ]
