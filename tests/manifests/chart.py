"""The chart, rendered: as text, and as objects by kind and name."""

import functools
import json
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "manifests" / "charts" / "sparkgate"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
GIVEN = {"certificates": {"source": "given", "given": {"secretName": "mine", "caBundle": PEM}}}
POLICY = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {controllers: deny}\n"

# Every switch of values.yaml at least once away from its default. What must hold of all objects is asked of all of these.
VARIANTS = {
    "defaults": {},
    "one-replica": {"replicas": 1},
    "other-name": {"fullnameOverride": "gate-2"},
    "cert-manager": {"certificates": {"source": "cert-manager"}},
    "own-issuer": {"certificates": {"source": "cert-manager", "certManager": {"issuerRef": {"name": "corp", "kind": "ClusterIssuer"}}}},
    "given": GIVEN,
    "openshift": {"openshift": True},
    "private-control-plane": {"containerPort": 10250, "networkPolicy": {"webhookFrom": [{"ipBlock": {"cidr": "10.0.0.0/28"}}]}},
    "host-network": {"hostNetwork": True},
    "fail-open": {"webhooks": {"failOpen": True, "timeoutSeconds": 2, "excludedNamespaces": ["gatekeeper-system"], "annotations": {"a": "b"}}},
    "policies": {"policies": {"checks.yaml": POLICY, "b.yml": "# nothing\n"}},
    "selectors": {
        "selectors": {
            "connectServer": {"labels": [{"tier": "connect", "app": "spark*"}, {"corp.example/connect": "*"}], "words": ["corp-connect-launcher"]},
            "standaloneWorker": {"labels": [{"tier": "worker"}]},
            "configMapLabels": ["corp.example/config=connect", "corp.example/any"],
        }
    },
    "monitoring": {"metrics": {"annotations": True, "serviceMonitor": {"enabled": True, "labels": {"release": "kps"}}, "prometheusRule": {"enabled": True}}},
    "dashboard": {"metrics": {"dashboard": {"enabled": True, "namespace": "default", "annotations": {"grafana_folder": "Spark"}}}},
    "sized": {"threads": 4, "maxInflightBytes": "1Gi", "shutdownDelay": "1m30s", "logFormat": "text", "logLevel": "debug"},
    "bare": {"podDisruptionBudget": {"enabled": False}, "networkPolicy": {"enabled": False}, "priorityClassName": "", "resourceQuota": False},
    "no-events": {"events": {"enabled": False}},
    "audit": {"audit": {"enabled": True}},
    "audit-log": {"openshift": True, "audit": {"enabled": True, "schedule": "0 * * * *", "publish": False, "failOn": "deny", "extraArgs": ["--namespace=a"], "activeDeadlineSeconds": 600}},
    "dressed": {
        "audit": {"enabled": True},
        "image": {"repository": "registry.example/sparkgate", "digest": "sha256:" + "a" * 64, "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "regcred"}],
        "extraArgs": ["--client-cn=kube-apiserver"],
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "resources": {"limits": {"memory": "1Gi", "cpu": "2"}},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}],
        "podAnnotations": {"a": "b"},
        "podLabels": {"sidecar.istio.io/inject": "false"},
        "commonLabels": {"team": "data"},
        "serviceAccount": {"name": "gatekeeper", "annotations": {"a": "b"}},
        "service": {"type": "NodePort", "annotations": {"a": "b"}},
        "podSecurityContext": {"supplementalGroups": [7]},
    },
}


def helm(*args, values=None):
    argv = [os.environ["HELM"], *map(str, args)]
    return subprocess.run([*argv, "-f", "-"], input=json.dumps(values or {}), capture_output=True, text=True)


def template(values=None, *args, namespace="sparkgate", release="sparkgate", version="1.35.0"):
    return helm("template", release, CHART, "-n", namespace, "--kube-version", version, *args, values=values)


@functools.cache
def _rendered(values, args, kwargs):
    run = template(json.loads(values), *args, **dict(kwargs))
    assert run.returncode == 0, run.stderr
    return run.stdout


def rendered(values=None, *args, **kwargs):
    return _rendered(json.dumps(values or {}), args, tuple(kwargs.items()))


def by_kind(text):
    """{(kind, name): object} of what is installed; no object stands twice."""
    objects = [o for o in yaml.safe_load_all(text) if o]
    objects = [o for o in objects if o["metadata"].get("annotations", {}).get("helm.sh/hook") != "pre-delete"]
    found = {(o["kind"], o["metadata"]["name"]): o for o in objects}
    assert len(found) == len(objects), "an object stands twice"
    return found


class Objects:
    def __init__(self, values=None, *args, **kwargs):
        self.all = by_kind(rendered(values, *args, **kwargs))

    def of(self, kind, name=None):
        """The only one of its kind, or the one of that name. What `helm test` makes for itself counts where nothing else is."""
        found = [o for (k, n), o in self.all.items() if k == kind and name in (None, n)]
        (only,) = [o for o in found if "helm.sh/hook" not in o["metadata"].get("annotations", {})] or found
        return only

    def has(self, kind):
        return any(k == kind for k, _ in self.all)

    @property
    def pod(self):
        return self.of("Deployment")["spec"]["template"]["spec"]

    @property
    def container(self):
        return self.pod["containers"][0]

    @property
    def flags(self):
        """{--flag: value} of `serve`."""
        return dict(a.split("=", 1) for a in self.container["args"] if "=" in a)

    @property
    def webhooks(self):
        kinds = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
        return {w["name"]: w for k in kinds for w in self.of(k)["webhooks"]}

    def rights(self, kind):
        """{resource: (verbs, names)} of a role."""
        return {(r, "named" if "resourceNames" in rule else "any"): (rule["verbs"], rule.get("resourceNames"))
                for rule in self.of(kind)["rules"] for r in rule["resources"]}  # fmt: skip
