"""What goes wrong on real clusters: each time somebody is told what it is, and docs/guide.md explains that very text."""

import json

import pytest
import settings as sizes
from bed.objects import settings
from bed.process import wait_until
from conftest import WORK
from deployment import MASTER, Deployment

GUIDE = sizes.ROOT / "docs" / "guide.md"
SMALL = ("--rows=10000", "--partitions=2", "--iterations=1")
# A pod template without a word about security, as many are.
BARE = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "executor"}]}}


def explained(text):
    """The guide has a row for it."""
    assert text in GUIDE.read_text(), f"docs/guide.md does not explain: {text}"
    return text


def in_logs(it, kind, text):
    """Said by any pod of a kind, by its containers that run or by those before them."""
    names = [p["metadata"]["name"] for p in it.pods(kind)]
    return any(text in it.log_of(name, previous) for name in names for previous in (False, True))


@pytest.fixture(scope="module")
def troubles(request, gate, s3):
    """All of them at once: most of the time is waiting."""
    made = {}
    for name, version in (("no-master", "3.5"), ("wrong-version", "4.1"), ("no-hardening", "4.1"), ("quota", "3.5")):
        made[name] = Deployment(gate, name, version, WORK, s3)
        request.addfinalizer(made[name].__exit__)
    prepare_no_hardening(made["no-hardening"])
    prepare_quota(made["quota"])
    made["no-master"].opt_in("standalone")
    made["no-master"].install_connect()
    made["wrong-version"].opt_in("standalone")
    made["wrong-version"].install_standalone(1)
    set_workers(made["wrong-version"], "3.5")
    wait_until(lambda: images_of(made["wrong-version"], "worker") == [image_of("3.5")], "no worker but the wrong one", 120, 0.5)
    made["wrong-version"].install_connect(executors=1)
    return made


def set_workers(it, version):
    """As somebody does who upgrades half of a cluster."""
    it.gate.kubectl("-n", it.namespace, "set", "image", "deployment/spark-standalone-worker", f"*={image_of(version)}")


def image_of(version):
    return f"bed.local/spark:{sizes.VERSIONS[version]}"


def images_of(it, kind):
    """Of all pods of a kind that there still are."""
    return [c["image"] for p in it.pods(kind) for c in p["spec"]["containers"]]


def prepare_no_hardening(it):
    it.opt_in("k8s", hardening="off")
    meta = {"name": "bare", "namespace": it.namespace}
    it.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"pod.yaml": json.dumps(BARE)}}).allowed()
    it.install_connect(
        executors=1,
        sparkConf={"spark.kubernetes.executor.podTemplateFile": "/bare/pod.yaml"},
        extraVolumes=[{"name": "bare", "configMap": {"name": "bare"}}],
        extraVolumeMounts=[{"name": "bare", "mountPath": "/bare"}],
    )


def prepare_quota(it):
    it.opt_in("k8s")
    meta = {"name": "small", "namespace": it.namespace}
    it.gate.kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": {"pods": "1"}}})
    it.install_connect(executors=1)


def waits(it, text):
    """A query that does not end, while the server says why. The client, which goes on as soon as the cause is gone."""
    it.server()
    client = it.start_client("waits", *SMALL)
    client.wait_step("connected", 90)
    wait_until(lambda: in_logs(it, "connect", explained(text)), f"'{text}' in the server's log", 90, 1)
    assert client.step("PASSED") is None and it.pods("executor") == []
    return client


def test_executors_that_pod_security_refuses(troubles, verdict):
    """With hardening off, Kubernetes refuses the executors. The query waits; once hardening is on, it ends by itself."""
    it = troubles["no-hardening"]
    with verdict("trouble: executors not restricted", it):
        client = waits(it, 'violates PodSecurity "restricted:latest"')
        it.api.patch("Namespace", None, it.namespace, {"metadata": {"annotations": {"sparkgate.io/hardening": "fill"}}}).allowed()
        client.finish(120)


def test_a_quota_that_is_too_small(troubles, verdict):
    """... and a larger one is enough: nothing needs to be restarted."""
    it = troubles["quota"]
    with verdict("trouble: quota too small", it):
        client = waits(it, "exceeded quota")
        it.gate.kubectl("-n", it.namespace, "patch", "resourcequota", "small", "--type=merge", "-p", '{"spec":{"hard":{"pods":"5"}}}')
        client.finish(120)


def test_workers_of_another_version(troubles, verdict):
    """The worker cannot join its master and says why; the server has nobody to run its jobs until it is the right one."""
    it = troubles["wrong-version"]
    with verdict("trouble: workers of another version", it):
        client = waits(it, "Initial job has not accepted any resources")
        reason = explained("java.io.InvalidClassException")
        wait_until(lambda: in_logs(it, "master", reason) or in_logs(it, "worker", reason), "the reason in either log", 60, 1)
        set_workers(it, it.version)
        client.finish(120)


def test_no_master(troubles, verdict):
    """The server gives up after a minute and says so; it does not run somewhere else instead."""
    it = troubles["no-master"]
    with verdict("trouble: no master", it):
        last_words = explained("All masters are unresponsive! Giving up.")
        wait_until(lambda: in_logs(it, "connect", last_words), "the server gives up", 150, 2)
        assert settings(it.pods("connect")[0])["spark.master"] == MASTER


def test_a_server_that_was_not_rewritten(deployment, gate, verdict):
    """pods.mutate is away, servers.validate is there: the server is refused, and its ReplicaSet says why. Once pods.mutate
    is back the server comes by itself."""
    it = deployment("not-rewritten", "4.1")
    it.opt_in("standalone")
    saved = gate.get("mutatingwebhookconfiguration", "sparkgate")
    gate.kubectl("delete", "mutatingwebhookconfiguration", "sparkgate")
    with verdict("trouble: server not rewritten", it):
        try:
            it.install_connect(quiet=False)
            hint = explained("it was not rewritten: is pods.mutate.sparkgate.io reachable?")
            wait_until(lambda: hint in it.events(), "the reason among the events", 30, 0.5)
            assert it.pods("connect") == []
        finally:
            restore(gate, saved)
        pod = wait_until(lambda: it.pods("connect"), "the server, rewritten", 120, 0.5)[0]
        assert settings(pod)["spark.master"] == MASTER


def restore(gate, saved):
    meta = {k: v for k, v in saved["metadata"].items() if k in ("name", "labels", "annotations")}
    gate.kubectl("create", "-f", "-", stdin={**saved, "metadata": meta})
