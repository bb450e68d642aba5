"""An S3 server beside Spark: moto in a pod. It takes any credentials, so that they are there is seen in the pods alone."""

import requests
from bed.process import patiently, wait_until

NAMESPACE, PORT = "storage", 9000
NAME = "minio"  # the name that charts of others expect

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": NAME, "namespace": NAMESPACE},
    "spec": {
        "selector": {"matchLabels": {"app": NAME}},
        "template": {
            "metadata": {"labels": {"app": NAME}},
            "spec": {
                "enableServiceLinks": False,
                "automountServiceAccountToken": False,
                "containers": [
                    {
                        "name": "moto",
                        "image": "bed.local/moto:1",
                        "imagePullPolicy": "Never",
                        "args": ["-p", str(PORT)],
                        # Else the host's first label is the bucket, whatever the path says.
                        "env": [{"name": "S3_IGNORE_SUBDOMAIN_BUCKETNAME", "value": "true"}],
                        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                        "resources": {"requests": {"cpu": "0", "memory": "64Mi"}, "limits": {"memory": "1Gi"}},
                    }
                ],
            },
        },
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": NAME, "namespace": NAMESPACE},
    "spec": {"selector": {"app": NAME}, "ports": [{"port": PORT}]},
}


class S3:
    endpoint = f"http://{NAME}.{NAMESPACE}.svc:{PORT}"

    def __init__(self, gate):
        gate.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}).allowed()
        wait_until(lambda: gate.api.get("ServiceAccount", NAMESPACE, "default").ok, "default service account", 20)
        for obj in (DEPLOYMENT, SERVICE):
            gate.api.create(obj).allowed()
        gate.kubectl("-n", NAMESPACE, "rollout", "status", f"deployment/{NAME}", f"--timeout={patiently(60)}s")
        address = gate.api.get("Service", NAMESPACE, NAME).allowed()["spec"]["clusterIP"]
        self.url = f"http://{address}:{PORT}"
        wait_until(self._answers, "S3 answers at its Service", 20)

    def _answers(self):
        try:
            return requests.get(self.url, timeout=2).ok
        except requests.RequestException:
            return False

    def put(self, path):
        """A bucket, or an empty object. Nobody is asked for credentials as long as it is not there yet."""
        requests.put(f"{self.url}/{path}", timeout=10).raise_for_status()
