"""The chart's CronJob of audits, run by hand as docs/install.md says: as restricted, with its own account's rights, keeping Reports."""

import json
import os
import re
from pathlib import Path

import pytest
from bed.api import KINDS
from bed.cluster import OURS, probe
from bed.controlplane import AUDIT_ACCOUNT
from bed.process import patiently, wait_until

KINDS.setdefault("Report", ("apis/openreports.io/v1alpha1", "reports", True))
NEVER = "0 0 29 2 *"  # once in four years
WRITES = ("create", "update", "patch", "delete", "deletecollection")
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

# What everybody may who has a name: ask who he is and what he may.
EVERYBODYS = {("selfsubjectreviews", "create"), ("selfsubjectaccessreviews", "create"), ("selfsubjectrulesreviews", "create")}
READS = {
    *((r, "list") for r in ("namespaces", "configmaps", "pods", "podtemplates", "replicationcontrollers", "limitranges", "resourcequotas", "services")),
    *((r, "list") for r in ("daemonsets", "deployments", "replicasets", "statefulsets", "cronjobs", "jobs")),
    ("namespaces", "get"),
    ("configmaps", "get"),
}
REPORTS = {("reports", v) for v in ("get", "list", "create", "update", "delete")}


@pytest.fixture(scope="module")
def scheduled(_installed):
    """The chart with audit.enabled, where nothing but restricted pods may run; the definitions are OpenReports' own."""
    for file in sorted(Path(os.environ["OPENREPORTS"]).glob("*.yaml")):
        _installed.kubectl("apply", "--server-side", "-f", file)
    wait_until(lambda: _installed.api.request("GET", "apis/openreports.io/v1alpha1/reports").ok, "Reports served", 20)
    _installed.api.patch("Namespace", None, OURS, {"metadata": {"labels": RESTRICTED}}).allowed()
    _installed.install(verb="upgrade", values={"audit": {"enabled": True, "schedule": NEVER}})
    _installed.wait_serving()
    yield _installed
    _installed.install(verb="upgrade")
    _installed.api.patch("Namespace", None, OURS, {"metadata": {"labels": dict.fromkeys(RESTRICTED)}}).allowed()


@pytest.fixture(scope="module")
def found(scheduled):
    """A Deployment that enforce would refuse, in a namespace that is audited."""
    namespace = scheduled.namespace(mode="audit", backendMode="k8s")
    labels = {"app": "connect"}
    template = {"metadata": {"labels": labels}, "spec": {**probe(namespace)["spec"], "hostPID": True}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect", "namespace": namespace}, "spec": spec}
    yield scheduled.api.create(obj).allowed()
    scheduled.kubectl("delete", "namespace", namespace, "--wait=false")


def audit(cluster, name):
    """One Job of the CronJob: what was said at its creation, and its log."""
    said = cluster.kubectl("-n", OURS, "create", "job", "--from=cronjob/sparkgate-audit", name)
    cluster.kubectl("-n", OURS, "wait", f"job/{name}", "--for=condition=complete", f"--timeout={patiently(60)}s")
    return said, cluster.kubectl("-n", OURS, "logs", f"job/{name}")


@pytest.fixture(scope="module")
def first(scheduled, found):
    return audit(scheduled, "audit-first")


def reports(cluster):
    return {(r["metadata"]["namespace"], r["metadata"]["name"]): r for r in cluster.api.list("Report")}


def writes(cluster):
    """Every request of the audit's account that writes, as the API server logged it."""
    whole, _, _ = cluster.node.audit_log.read_bytes().rpartition(b"\n")  # the last line may be on its way
    events = map(json.loads, whole.splitlines())
    return [(e["verb"], e["objectRef"]["resource"]) for e in events if e["user"]["username"] == AUDIT_ACCOUNT and e["verb"] in WRITES]


def test_a_restricted_pod_did_it(scheduled, first):
    """Kubernetes' own judgement: not even a warning; and it ran to its end at the first attempt."""
    said, _ = first
    assert "violate" not in said
    (pod,) = scheduled.get("-n", OURS, "pods", "-l", "job-name=audit-first")["items"]
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 0 and status["restartCount"] == 0
    assert pod["spec"]["serviceAccountName"] == "sparkgate-audit"


def test_its_findings_are_reports_of_their_objects(scheduled, first, found):
    meta = found["metadata"]
    (report,) = [r for (namespace, _), r in reports(scheduled).items() if namespace == meta["namespace"]]
    (owner,) = report["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Deployment", "connect", meta["uid"])
    assert report["scope"]["uid"] == meta["uid"]
    assert "pss.hostNamespaces" in [r["policy"] for r in report["results"] if r["result"] == "fail"]


def test_its_log_is_for_people(first, found):
    _, log = first
    assert found["metadata"]["namespace"] in log and "pss.hostNamespaces" in log
    assert "404" not in log, "the policy layer that is not there is none"
    assert "\x1b" not in log and max(map(len, log.splitlines())) <= 80, log
    assert re.search(r"Reports: [1-9]\d* created, 0 updated, 0 unchanged, 0 deleted", log), log


def test_a_second_one_writes_nothing(scheduled, first):
    before, written = reports(scheduled), writes(scheduled)
    assert written and {resource for _, resource in written} == {"reports"}
    _, log = audit(scheduled, "audit-second")
    assert re.search(rf"Reports: 0 created, 0 updated, {len(before)} unchanged, 0 deleted", log), log
    assert reports(scheduled) == before and writes(scheduled) == written


def rights(cluster, namespace):
    """All that the account may there, as the API server itself reckons it."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    status = json.loads(cluster.kubectl("create", "-f", "-", "-o", "json", "--validate=false", f"--as={AUDIT_ACCOUNT}", stdin=review))["status"]
    assert not status["incomplete"]
    assert not any(r.get("resourceNames") for r in status["resourceRules"])
    return {(resource, verb) for r in status["resourceRules"] for resource in r["resources"] for verb in r["verbs"]}


def test_its_account_may_no_more(scheduled, found):
    for namespace in (OURS, found["metadata"]["namespace"], "kube-system"):
        assert rights(scheduled, namespace) == READS | REPORTS | EVERYBODYS


@pytest.mark.parametrize("what", [("get", "secrets"), ("patch", "deployments.apps"), ("create", "pods"), ("update", "namespaces"), ("create", "serviceaccounts/token"),
                                  ("impersonate", "users"), ("delete", "validatingwebhookconfigurations"), ("bind", "clusterroles")])  # fmt: skip
def test_kubectl_says_no(scheduled, what):
    assert scheduled.kubectl("auth", "can-i", *what, "-A", f"--as={AUDIT_ACCOUNT}", check=False).strip() == "no"
