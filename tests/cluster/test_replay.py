"""`sparkgate review -f audit.log` decides again what was decided live: the API server's own log is the witness."""

import json
import subprocess

import pytest
from bed import audit_log
from bed.objects import changed, in_namespace, load_one, servers
from bed.process import patiently, wait_until
from test_controllers import SPECS, controller

SERVERS = servers()
NAMESPACES = ["enforce-k8s", "enforce-standalone", "harden-force", "harden-off", "pss-warn", "warn-standalone", "audit-k8s", "openshift", "no-backend"]
BAD = changed(SERVERS["argv"][0], metadata__name="bad", spec__hostPID=True)
PLAIN = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain"}, "data": {"x": "y"}}
LAYER = """apiVersion: policy.sparkgate.io/v1
kind: Backend
backend: standalone
rules:
- {id: backend.noMinio, why: it moved, versions: all, forbid: {key: spark.hadoop.fs.s3a.endpoint}}
"""


def ask_everything(api):
    """One request of each sort in each namespace; most are dry runs, which are admitted as all others are."""
    for namespace in NAMESPACES:
        for pod, maps in SERVERS.values():
            for obj in [*maps, pod]:
                api.create(obj, namespace, dry_run=True)
        for obj in [BAD, load_one("executor.yaml"), load_one("daemons.yaml"), load_one("others.yaml", "Pod"), PLAIN]:
            api.create(obj, namespace, dry_run=True)
        for kind in SPECS:
            api.create(controller(kind), namespace, dry_run=True)
    api.create(changed(BAD, metadata={"generateName": "bad-"}), "enforce-k8s", dry_run=True).refused()


def live_a_little(api):
    """Objects that stay, are changed, and have controllers at work."""
    workload = changed(controller("Deployment"), metadata__name="replayed", spec__template__spec=SERVERS["argv"][0]["spec"])
    api.create(workload, "enforce-standalone").allowed()
    pods = wait_until(lambda: api.list("Pod", "enforce-standalone", labelSelector="app=ctl"), "a pod of its", 20)
    api.patch("Pod", "enforce-standalone", pods[0]["metadata"]["name"], {"metadata": {"labels": {"a": "b"}}}).allowed()
    api.patch("Deployment", "enforce-standalone", "replayed", {"metadata": {"labels": {"a": "b"}}}).allowed()
    maps = next(maps for _, maps in SERVERS.values() if maps)
    api.create(maps[0], "enforce-k8s").allowed()
    api.patch("ConfigMap", "enforce-k8s", maps[0]["metadata"]["name"], {"metadata": {"labels": {"a": "b"}}}).allowed()


@pytest.fixture(scope="module")
def log(cluster, sparkgate, scratch):
    """The API server's audit log of this module's requests."""
    maps = [in_namespace(m, n) for _, ms in SERVERS.values() for m in ms for n in NAMESPACES]
    sparkgate.know(*maps)
    begin = audit_log.size(cluster.plane.audit_log)
    cluster.created.clear()
    ask_everything(cluster)
    live_a_little(cluster)
    for kind, namespace, name in reversed(cluster.created):
        cluster.delete(kind, namespace, name)
    cluster.audit_event(cluster.create(PLAIN, "enforce-k8s", dry_run=True))
    path = scratch / "replay.log"
    path.write_bytes(audit_log.whole_lines(cluster.plane.audit_log, begin))
    yield path
    sparkgate.forget(*maps)


def replay(sparkgate, log, *flags):
    argv = [str(sparkgate.binary), "review", "-f", str(log), f"--policies={sparkgate.policies}", f"--namespaces={sparkgate.facts_file}"]
    return subprocess.run([*argv, *flags], capture_output=True, text=True, timeout=patiently(60))


def lines_of(sparkgate, log, *flags):
    done = replay(sparkgate, log, "-o", "json", *flags)
    assert done.returncode == 1, f"{done.returncode}\n{done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def decided(log):
    """auditID -> our annotations, of each create that sparkgate was asked about."""
    found = {}
    for text in log.read_text().splitlines():
        event = json.loads(text)
        notes = {k: v for k, v in event.get("annotations", {}).items() if k.split("/")[0].endswith(".sparkgate.io")}
        if notes and event["stage"] == "ResponseComplete" and event["verb"] == "create":
            found[event["auditID"]] = notes
    return found


def test_every_decision_is_made_again(sparkgate, log):
    creates = {o["recorded"]["auditID"]: o for o in lines_of(sparkgate, log) if o["recorded"]["verb"] == "create"}
    then = decided(log)
    assert then.keys() <= creates.keys(), "one that was judged is missing"
    assert len(then) > 150 and {o["kind"] for o in creates.values()} >= {"Pod", "ConfigMap", *SPECS}
    for audit_id, line in creates.items():
        assert line["auditAnnotations"] == line["recorded"]["auditAnnotations"] == then.get(audit_id, {}), line["name"]
        assert line["recorded"]["comparison"] == "same", line["name"]
        if line["kind"] in ("Pod", "ConfigMap"):
            assert line["allowed"] == (not line["recorded"]["refused"]), line["name"]
    assert any(o["recorded"]["refused"] for o in creates.values())


def test_updates_that_sparkgate_was_not_asked_about_are_none(sparkgate, log):
    updates = [o for o in lines_of(sparkgate, log) if o["operation"] == "UPDATE"]
    assert {o["kind"] for o in updates} == {"ConfigMap"}
    for line in updates:
        assert line["recorded"]["auditAnnotations"].get("configmaps.mutate.sparkgate.io/role") == "connect-config"


def test_the_table_agrees(sparkgate, log):
    done = replay(sparkgate, log)
    assert done.returncode == 1 and done.stderr == ""
    assert "       0  newly refused\n       0  no longer refused\n" in done.stdout, done.stdout
    assert "otherwise" not in done.stdout and "Not judged" not in done.stdout, done.stdout


def test_another_policy_would_have_done_otherwise(sparkgate, log, scratch):
    layer = scratch / "replay-layer.yaml"
    layer.write_text(LAYER)
    newly = [o for o in lines_of(sparkgate, log, f"--policies={layer}") if o["recorded"]["comparison"] == "newlyRefused"]
    assert newly
    for line in newly:
        assert line["backend"] == "standalone" and not line["allowed"]
        assert "backend.noMinio" in [v["rule"] for v in line["violations"]]
        assert "fs.s3a.endpoint" in json.dumps(line["violations"])
    done = replay(sparkgate, log, f"--policies={layer}")
    assert f"{len(newly):8}  newly refused" in done.stdout and "backend.noMinio" in done.stdout
