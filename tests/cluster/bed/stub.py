"""Other people's webhooks: a small HTTPS server whose answers a test gives as functions of the object.

function(obj, request) -> None (nothing to say), a JSON Patch (list), or a string (refuse with it).
"""

import base64
import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def lets_through(_obj, _request):
    return None


class Stub:
    def __init__(self, directory, port, host="127.0.0.1", name="IP:127.0.0.1"):
        """It listens on host:port; name stands in its certificate."""
        self.port = port
        self.handlers = {}
        self.calls = []
        self.cert = directory / "stub.crt"
        key = directory / "stub.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=stub", "-addext", f"subjectAltName={name}", "-keyout", key, "-out", self.cert],
            check=True, capture_output=True,
        )  # fmt: skip
        self.server = ThreadingHTTPServer((host, port), self._handler_class())
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.cert, key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def client_config(self, name):
        return {"url": f"https://127.0.0.1:{self.port}/{name}", "caBundle": self.ca_bundle()}

    def webhook(self, name, namespace, operations, resources):
        """The entry of a webhook configuration: it is called for these resources of the core group in one namespace."""
        return {
            "name": f"{name}.example.com",
            "clientConfig": self.client_config(name),
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": operations, "resources": resources}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        }

    def ca_bundle(self):
        return base64.b64encode(self.cert.read_bytes()).decode()

    def answer(self, name, request):
        self.calls.append(name)
        said = self.handlers[name](request["object"], request)
        response = {"uid": request["uid"], "allowed": not isinstance(said, str)}
        if isinstance(said, str):
            response["status"] = {"message": said, "code": 403}
        elif said:
            response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(said).encode()).decode())
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

    def _handler_class(stub):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = json.dumps(stub.answer(self.path.split("?")[0].strip("/"), review["request"])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        self.server.shutdown()
        self.server.server_close()
