"""Peers: other webhooks, measured with the same bytes on the same machine (`make bench PEERS=1`).

    psa                 upstream's Pod Security webhook (k8s.io/pod-security-admission), unmodified. It only validates
    controller_runtime  peers/controller-runtime: a small mutating webhook on sigs.k8s.io/controller-runtime
    opa                 Open Policy Agent's server with four checks of Pod Security (peers/restricted.rego), no decision log. It only validates

Each answers a few questions before it is measured, so that none is measured giving errors.
"""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cases import BY_NAME, Case, answer, expect, object_after
from server import CERTS, ROOT, WORK, start

MASTER = "spark://spark-master.reports.svc:7077"
HERE = ROOT / "tests/bench/peers"
MODULES = {"psa": "k8s.io/pod-security-admission", "controller_runtime": "sigs.k8s.io/controller-runtime", "opa": "github.com/open-policy-agent/opa"}


class Namespaces(BaseHTTPRequestHandler):
    """The part of an API server that upstream's Pod Security asks for: a list of Namespaces, and a watch that says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _say(self, code, document):
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if "sendInitialEvents" in self.path:  # a list as a watch: older API servers do not have it, clients fall back
            self._say(400, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "BadRequest", "code": 400})
        elif "watch=" in self.path:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            self.server.over.wait()
            self.close_connection = True
        else:
            labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
            self._say(200, {"kind": "NamespaceList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": [
                {"metadata": {"name": name, "resourceVersion": "1", "labels": labels}} for name in ("analytics", "reports")]})


def kubeconfig(port):
    path = WORK / "psa.kubeconfig"
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}], "users": [{"name": "bench", "user": {}}]}))  # fmt: skip
    return path


class Peers:
    def __init__(self):
        self.folder = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        self.namespaces = ThreadingHTTPServer(("127.0.0.1", 0), Namespaces)
        self.namespaces.daemon_threads, self.namespaces.over = True, threading.Event()
        threading.Thread(target=self.namespaces.serve_forever, daemon=True).start()
        self.kubeconfig = kubeconfig(self.namespaces.server_address[1])
        self.servers = {}

    def commands(self):
        return {
            "psa": lambda port: [f"{self.folder}/webhook", "--kubeconfig", self.kubeconfig, "--bind-address", "127.0.0.1", "--secure-port", port,
                                 "--tls-cert-file", CERTS / "tls.crt", "--tls-private-key-file", CERTS / "tls.key"],
            "controller_runtime": lambda port: [f"{self.folder}/controller-runtime", port, CERTS, MASTER],
            "opa": lambda port: [f"{self.folder}/opa", "run", "--server", "--addr", f"127.0.0.1:{port}", "--tls-cert-file", CERTS / "tls.crt",
                                 "--tls-private-key-file", CERTS / "tls.key", "--set", "default_decision=system/main", "--log-level", "error",
                                 "--disable-telemetry", HERE / "restricted.rego"],
        }  # fmt: skip

    def start(self, log):
        for name, command in self.commands().items():
            self.servers[name] = start(name, command, log)
        self.servers["opa"].path = "/"
        for name, server in self.servers.items():
            CHECKS[name](server)
        return self.servers

    def stop(self):
        for server in self.servers.values():
            server.stop()
        self.namespaces.over.set()
        self.namespaces.shutdown()

    def versions(self):
        pins = (HERE / "go.mod").read_text()
        return {name: re.search(rf"^\t{re.escape(module)} (v\S+)", pins, re.M)[1] for name, module in MODULES.items()}


def validates(server):
    """What Pod Security allows it allows, what it does not it refuses."""
    for name, allowed in (("pod7k-validate", True), ("pod21k-validate", True), ("executor-validate", True), ("pod7k", False), ("pod21k", False)):
        response = answer(server, Case(name, ""))
        expect(response["allowed"] is allowed, server, BY_NAME[name], response)
        expect(allowed or "seccompProfile" in json.dumps(response), server, BY_NAME[name], response)


def mutates(server):
    """After --master stands what sparkgate writes there, and Pod Security would let the pod pass."""
    for name in ("pod7k", "pod21k"):
        after = object_after(server, BY_NAME[name])
        first = after["spec"]["containers"][0]
        ours = json.loads(BY_NAME[f"{name}-validate"].body.read_text())["request"]["object"]["spec"]
        master = ours["containers"][0]["args"]
        expect(first["args"][first["args"].index("--master") + 1] == master[master.index("--master") + 1] == MASTER, server, BY_NAME[name], first)
        expect(first["securityContext"] == ours["containers"][0]["securityContext"], server, BY_NAME[name], first)
        expect(after["spec"]["securityContext"] == ours["securityContext"], server, BY_NAME[name], after["spec"])
    settings = object_after(server, BY_NAME["cm8k"])["data"]["spark-defaults.conf"]
    expect(f"spark.master {MASTER}\n" in settings, server, BY_NAME["cm8k"], settings[:200])


CHECKS = {"psa": validates, "controller_runtime": mutates, "opa": validates}
