"""`sparkgate audit --publish`: Reports of OpenReports on a real API server, by the account of manifests/rbac-audit.yaml.

Their CustomResourceDefinitions are OpenReports' own. The first test is about a cluster that lacks them."""

import copy
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from bed import audit_log
from bed.api import KINDS
from bed.controlplane import AUDIT_ACCOUNT, SERVER
from bed.objects import changed, servers
from bed.process import patiently, wait_until

ROOT = Path(__file__).parent.parent.parent
VERBS = ("get", "list", "create", "update", "delete")  # what the manifest grants of Reports
GROUP = "apis/openreports.io/v1alpha1"
KINDS.setdefault("Report", (GROUP, "reports", True))
POD, _ = servers()["argv"]
BAD = changed(POD, spec__hostPID=True)  # refused whatever its namespace says of backends
AUDITED = {"labels": {"sparkgate.io/mode": "audit"}, "annotations": {"sparkgate.io/backendMode": "k8s"}}


def deployment(name="spark-connect", pod=BAD, replicas=0):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod["spec"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": copy.deepcopy(template)}}  # fmt: skip


class Auditor:
    """The account that the chart makes, in the namespace of the chart."""

    def __init__(self, api, plane, scratch):
        self.api, self.plane = api, plane
        self.kubeconfig = scratch / "auditor.conf"
        api.request("POST", "api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sparkgate"}})
        api.request("POST", "api/v1/namespaces/sparkgate/serviceaccounts",
                    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sparkgate-audit"}})  # fmt: skip
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        token = api.request("POST", "api/v1/namespaces/sparkgate/serviceaccounts/sparkgate-audit/token", request).allowed()
        cluster = {"server": SERVER, "certificate-authority": str(plane.ca)}
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "bed",
            "clusters": [{"name": "bed", "cluster": cluster}],
            "users": [{"name": "auditor", "user": {"token": token["status"]["token"]}}],
            "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "auditor"}}],
        }))  # fmt: skip
        self.grant(None)

    def grant(self, verbs):
        """The rights of the manifest; of Reports only these verbs (None: as there)."""
        objects = list(yaml.safe_load_all((ROOT / "manifests" / "rbac-audit.yaml").read_text()))
        for rule in objects[0]["rules"]:
            if rule["resources"] == ["reports"] and verbs is not None:
                rule["verbs"] = verbs or ["watch"]
        self.api.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects), check=True)
        wanted = VERBS if verbs is None else verbs
        wait_until(lambda: all(self.can(v) == (v in wanted) for v in VERBS), "rights in force", 20)

    def can(self, verb):
        return self.api.may(AUDIT_ACCOUNT, group="openreports.io", resource="reports", verb=verb)

    def argv(self, *flags):
        return [os.environ["SPARKGATE"], "audit", "--kubeconfig", str(self.kubeconfig), "--fail-on", "never", *flags]

    def run(self, *flags):
        return subprocess.run(self.argv(*flags), capture_output=True, text=True, timeout=patiently(60))

    def publish(self, *namespaces):
        """What was (created, updated, unchanged, deleted)."""
        run = self.run("--publish", *[f"--namespace={n}" for n in namespaces])
        assert run.returncode == 0, run.stderr
        return counts(run)

    def writes(self):
        """How often the API server logged a write of a Report by this account."""
        return sum(e["user"]["username"] == AUDIT_ACCOUNT and e["verb"] in ("create", "update", "patch", "delete")
                   and e["objectRef"]["resource"] == "reports" for e in audit_log.events(self.plane.audit_log, word=AUDIT_ACCOUNT))  # fmt: skip


def counts(run):
    found = re.search(r"Reports: (\d+) created, (\d+) updated, (\d+) unchanged, (\d+) deleted", run.stderr)
    assert found, run.stderr
    return tuple(map(int, found.groups()))


@pytest.fixture(scope="module")
def bare(cluster, plane, scratch):
    """Before the definitions are there."""
    return Auditor(cluster, plane, scratch)


@pytest.fixture(scope="module")
def auditor(bare):
    for file in sorted(Path(os.environ["OPENREPORTS"]).glob("*.yaml")):
        bare.api.kubectl("apply", "--server-side", "-f", file, check=True)
    wait_until(lambda: bare.api.request("GET", f"{GROUP}/reports").ok, "Reports served", 20)
    return bare


@pytest.fixture
def ns(namespace):
    return namespace(**AUDITED)


def reports(api, namespace):
    return {r["metadata"]["name"]: r for r in api.list("Report", namespace)}


def only(api, namespace):
    (report,) = reports(api, namespace).values()
    return report


def versions(api, namespace):
    return {n: r["metadata"]["resourceVersion"] for n, r in reports(api, namespace).items()}


# ---- what is missing is said ----


def test_a_cluster_without_reports_is_told_what_to_install(bare):
    run = bare.run("--publish", "--namespace=plain")
    assert run.returncode == 2
    assert "does not know Reports (openreports.io/v1alpha1): install the CustomResourceDefinitions of OpenReports" in run.stderr
    assert run.stdout == "", "before the walk"


@pytest.mark.parametrize(("verbs", "verb"), [([], "list"), (["list"], "get"), (["list", "get"], "create"), (["list", "get", "create"], "update"),
                                             (["list", "get", "create", "update"], "delete")])  # fmt: skip
def test_missing_rights_are_named(api, auditor, ns, verbs, verb):
    if verb in ("update", "delete"):
        api.create(deployment(), ns).allowed()
        auditor.publish(ns)
        if verb == "update":
            report = only(api, ns)
            report["results"] = []
            api.replace(report).allowed()
        else:
            api.delete("Deployment", ns, "spark-connect")
            api.create(report_of(ns, name="sparkgate-old")).allowed()
            verb = "delete"
    else:
        api.create(deployment(), ns).allowed()
    auditor.grant(verbs)
    try:
        run = auditor.run("--publish", f"--namespace={ns}")
    finally:
        auditor.grant(None)
    assert run.returncode == 2
    assert f"this account may not {verb} Reports (manifests/rbac-audit.yaml, or the chart's audit.publish, gives the rights)" in run.stderr


# ---- what is written ----


def test_a_report_says_what_was_found(api, auditor, ns):
    made = api.create(deployment(), ns).allowed()
    assert auditor.publish(ns) == (1, 0, 0, 0)
    report = only(api, ns)
    assert report["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "sparkgate"}
    assert report["scope"] == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": ns, "name": "spark-connect", "uid": made["metadata"]["uid"]}
    (owner,) = report["metadata"]["ownerReferences"]
    assert owner["uid"] == made["metadata"]["uid"] and "blockOwnerDeletion" not in owner
    (host,) = [r for r in report["results"] if r["policy"] == "pss.hostNamespaces"]
    assert (host["result"], host["severity"], host["category"], host["properties"]["mode"]) == ("fail", "high", "pss", "audit")
    for outcome in ("pass", "fail", "warn", "skip", "error"):
        assert report["summary"][outcome] == sum(r["result"] == outcome for r in report["results"])
    table = api.kubectl("get", "reports", "-n", ns, check=True).stdout.splitlines()
    assert table[0].split()[:3] == ["NAME", "PASS", "FAIL"] and table[1].split()[2] == str(report["summary"]["fail"])


def test_what_is_printed_is_what_is_published(api, auditor, ns):
    """-o openreports, strictly decoded by the API server."""
    api.create(deployment(), ns).allowed()
    run = auditor.run("-o", "openreports", f"--namespace={ns}")
    api.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=run.stdout, check=True)
    assert auditor.publish(ns) == (0, 0, 1, 0)


def test_again_writes_nothing(api, auditor, ns):
    for i in range(3):
        api.create(deployment(f"server-{i}"), ns).allowed()
    writes = auditor.writes()
    assert auditor.publish(ns) == (3, 0, 0, 0)
    wait_until(lambda: auditor.writes() == writes + 3, "the log has the three writes", 10)
    before = versions(api, ns)
    time.sleep(1.1)  # another second: timestamps would differ
    assert auditor.publish(ns) == (0, 0, 3, 0)
    assert versions(api, ns) == before and auditor.writes() == writes + 3


def test_a_change_is_one_write(api, auditor, ns):
    for name in ("changes", "stays"):
        api.create(deployment(name), ns).allowed()
    auditor.publish(ns)
    (report,) = [r for r in reports(api, ns).values() if r["scope"]["name"] == "changes"]
    api.patch("Report", ns, report["metadata"]["name"], {"metadata": {"labels": {"seen-by": "ops"}}}).allowed()
    api.patch("Deployment", ns, "changes", {"spec": {"template": {"spec": {"hostIPC": True}}}}).allowed()
    assert auditor.publish(ns) == (0, 1, 1, 0)
    now = reports(api, ns)[report["metadata"]["name"]]
    assert "hostIPC" in str(now["results"]) and now["metadata"]["labels"]["seen-by"] == "ops"


def test_what_somebody_changed_in_a_report_is_put_right(api, auditor, ns):
    api.create(deployment(), ns).allowed()
    auditor.publish(ns)
    name = only(api, ns)["metadata"]["name"]
    api.patch("Report", ns, name, {"summary": {"fail": 0}}).allowed()
    assert auditor.publish(ns) == (0, 1, 0, 0)
    assert only(api, ns)["summary"]["fail"] > 0


# ---- what goes ----


def report_of(namespace, name="other", label="sparkgate", source="sparkgate"):
    labels = {"app.kubernetes.io/managed-by": label} if label else {}
    return {"apiVersion": "openreports.io/v1alpha1", "kind": "Report", "source": source,
            "metadata": {"name": name, "namespace": namespace, "labels": labels}}  # fmt: skip


def test_a_report_goes_with_its_object(api, auditor, ns):
    """By the API server's own garbage collector, without an audit."""
    api.create(deployment(), ns).allowed()
    auditor.publish(ns)
    api.delete("Deployment", ns, "spark-connect")
    wait_until(lambda: not reports(api, ns), "the Report collected", 40)


def test_what_is_mended_has_no_report_any_more(api, auditor, ns):
    api.create(deployment("mended"), ns).allowed()
    auditor.publish(ns)
    made = api.get("Deployment", ns, "mended").allowed()
    made["spec"]["template"]["spec"] = {"containers": [{"name": "c", "image": "example.com/x:1"}]}
    api.replace(made).allowed()
    assert auditor.publish(ns) == (0, 0, 0, 1)
    assert not reports(api, ns)


def test_reports_of_others_stay(api, auditor, ns):
    theirs = [report_of(ns, "kyverno", label="kyverno", source="kyverno"), report_of(ns, "bare", label=None, source=""),
              report_of(ns, "sparkgate-by-hand", source="me"), report_of(ns, "by-hand")]  # fmt: skip
    for o in theirs:
        api.create(o).allowed()
    api.create(report_of(ns, "sparkgate-of-before")).allowed()
    assert auditor.publish(ns) == (0, 0, 0, 1)
    assert set(reports(api, ns)) == {"kyverno", "bare", "sparkgate-by-hand", "by-hand"}


def test_only_the_namespaces_of_the_audit_are_pruned(api, auditor, ns, namespace):
    other = namespace(**AUDITED)
    for n in (ns, other):
        api.create(report_of(n, "sparkgate-of-before")).allowed()
    assert auditor.publish(ns) == (0, 0, 0, 1)
    assert set(reports(api, other)) == {"sparkgate-of-before"}


def test_more_than_a_page_goes(api, auditor, ns):
    for i in range(120):
        api.create(report_of(ns, f"sparkgate-old-{i}")).allowed()
    created, _, _, deleted = auditor.publish()
    assert deleted >= 120 and not reports(api, ns)


def test_a_whole_audit_then_another(api, auditor, ns):
    """All namespaces that the tests have left, in one go."""
    api.create(deployment(), ns).allowed()
    # Those of earlier tests would end between the two.
    wait_until(lambda: all(n["status"]["phase"] == "Active" for n in api.list("Namespace")), "none is on its way out", 60)
    auditor.publish()
    created, updated, unchanged, deleted = auditor.publish()
    assert (created, updated, deleted) == (0, 0, 0) and unchanged >= 1


def test_a_name_that_is_taken_is_told_and_the_rest_goes_on(api, auditor, ns):
    api.create(deployment("a"), ns).allowed()
    auditor.publish(ns)
    name = only(api, ns)["metadata"]["name"]
    api.patch("Report", ns, name, {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}, "summary": {"fail": 77}}).allowed()
    api.create(deployment("b"), ns).allowed()
    run = auditor.run("--publish", f"--namespace={ns}")
    assert run.returncode == 2 and counts(run) == (1, 0, 0, 0)
    assert f"1 Report could not be written: Report {name} in namespace {ns}: the name is taken by a Report that is not ours" in run.stderr
    assert reports(api, ns)[name]["summary"]["fail"] == 77


def test_killed_in_the_middle_the_next_ends_it(api, auditor, ns):
    for i in range(20):
        api.create(deployment(f"server-{i}"), ns).allowed()
    for i in range(30):
        api.create(report_of(ns, f"sparkgate-old-{i}")).allowed()
    for after in (0.03, 0.05, 0.08, 0.12):
        process = subprocess.Popen(auditor.argv("--publish", f"--namespace={ns}"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        process.kill()
        process.wait()
        for report in reports(api, ns).values():
            assert report["metadata"]["name"].startswith("sparkgate-old-") or report["summary"]["fail"] > 0
    auditor.publish(ns)
    assert auditor.publish(ns) == (0, 0, 20, 0)


def test_two_at_once_agree(api, auditor, ns):
    for i in range(20):
        api.create(deployment(f"server-{i}"), ns).allowed()
    both = [subprocess.Popen(auditor.argv("--publish", f"--namespace={ns}"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]  # fmt: skip
    for process in both:
        _, said = process.communicate(timeout=patiently(60))
        assert process.returncode == 0, said
    assert auditor.publish(ns) == (0, 0, 20, 0)


def test_a_namespace_that_is_being_deleted_is_no_error(api, auditor, namespace):
    name = namespace({"sparkgate.io/mode": "warn"})  # scope.noBackend
    holder = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "holder", "finalizers": ["example.com/held"]}}
    api.create(holder, name).allowed()
    api.delete("Namespace", None, name)
    wait_until(lambda: api.get("Namespace", None, name).body["status"]["phase"] == "Terminating", "terminating", 20)
    run = auditor.run("--publish", f"--namespace={name}")
    assert run.returncode == 0, run.stderr
    assert "1 not written, their namespace is being deleted" in run.stderr and counts(run)[0] == 0


# ---- many of one ----


def test_pods_of_one_owner_are_one_report(api, auditor, namespace, sparkgate):
    """Admitted on k8s, then the namespace went to standalone: each pod drifts, and their Deployment is told of as a whole."""
    name = namespace({"sparkgate.io/mode": "enforce"}, {"sparkgate.io/backendMode": "k8s"})
    api.create(deployment("spark", pod=POD, replicas=5), name).allowed()
    wait_until(lambda: len(api.list("Pod", name)) == 5, "five pods", 20)
    moved = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://spark-master:7077"}
    obj = api.get("Namespace", None, name).allowed()
    obj["metadata"]["annotations"] = moved
    sparkgate.know({"apiVersion": "v1", "kind": "Namespace", "metadata": {k: obj["metadata"][k] for k in ("name", "labels", "annotations")}})
    api.patch("Namespace", None, name, {"metadata": {"annotations": moved}}).allowed()
    auditor.publish(name)
    (report,) = [r for n, r in reports(api, name).items() if n.startswith("sparkgate-pods-of-deployment-spark-")]
    assert report["scope"]["kind"] == "Deployment" and report["scope"]["name"] == "spark"
    assert {o["kind"] for o in report["metadata"]["ownerReferences"]} == {"ReplicaSet"}
    (drift,) = [r for r in report["results"] if r["policy"] == "backend.drift"]
    assert re.match(r"5 pods: spark-\S+, spark-\S+, spark-\S+ and 2 more: ", drift["message"])
    assert not any(n.startswith("sparkgate-pod-") for n in reports(api, name)), "none of a single pod"
    assert auditor.publish(name)[:2] == (0, 0)


# ---- the rights ----


def test_the_rights_are_used(auditor, plane):
    """Nothing is granted that no audit asks for; what these tests have done is in the API server's log."""
    granted, used = set(), set()
    for rule in next(yaml.safe_load_all((ROOT / "manifests" / "rbac-audit.yaml").read_text()))["rules"]:
        granted |= {(r, v) for r in rule["resources"] for v in rule["verbs"]}
    for event in audit_log.events(plane.audit_log, word=AUDIT_ACCOUNT):
        if event["user"]["username"] == AUDIT_ACCOUNT and event["responseStatus"]["code"] < 400:
            used.add((event["objectRef"]["resource"], event["verb"]))
    # A ConfigMap is got only where a server names one that has no role.
    assert granted - used <= {("configmaps", "get")} and used <= granted
