"""What Kubernetes and its operators do to a replica, a certificate or the control plane, all under a steady load: no
request fails that need not, and no server is stored on the wrong backend."""

import base64
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from bed.cluster import OURS, probe
from bed.objects import settings
from bed.process import patiently, wait_until
from load import API_SERVER_AWAY, WEBHOOK_AWAY
from pki import Authority

SECRET = ("-n", OURS, "secret", "sparkgate-certs")


@pytest.fixture
def under_load(installed, load_kinds):
    with installed.load(load_kinds) as load:
        yield installed, load
    installed.wait_serving(seconds=90)


@contextlib.contextmanager
def unharmed(cluster_and_load, name, explained=None, settle=1.5):
    """Nothing wrong and nothing unexplained while this goes on, and a moment after; without explained, no failure."""
    cluster, load = cluster_and_load
    phase = load.begin(name, explained)
    yield cluster
    time.sleep(settle)
    assert phase.counts["fine"] > 0, load.table()
    assert not phase.counts["unexplained"] and not phase.counts["wrong"], load.table()
    assert explained or not phase.counts["explained"], load.table()


def pids(pattern):
    """Of the processes in our namespaces: those of this machine are not to be seen from here."""
    run = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True)
    return [int(p) for p in run.stdout.split()]


def cgroup_of(pid):
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


def server_of(pod):
    """Of its one container. The oldest process that serves may be one of a pod on its way out, which nobody starts again."""
    (found,) = (pid for pid in pids("sparkgate serve") if pod["metadata"]["uid"] in cgroup_of(pid))
    return found


def restarts(cluster):
    """Of all containers of ours."""
    return sum(s["restartCount"] for p in cluster.replicas() for s in p["status"].get("containerStatuses", []))


def served(cluster):
    """SHA-256 of what each replica serves."""
    found = set()
    for pod in cluster.replicas():
        lines = [x for x in cluster.metrics(pod).splitlines() if x.startswith("sparkgate_certificate_info{")]
        found |= {x.split('"')[1] for x in lines}
    return found


# ---- replicas ----


def test_a_rolling_restart_loses_no_request(under_load):
    with unharmed(under_load, "rolling restart") as cluster:
        cluster.kubectl("-n", OURS, "rollout", "restart", "deployment/sparkgate")
        cluster.kubectl("-n", OURS, "rollout", "status", "deployment/sparkgate", f"--timeout={patiently(120)}s")


def test_a_deleted_pod_is_not_missed(under_load):
    with unharmed(under_load, "pod deleted") as cluster:
        name = cluster.replicas()[0]["metadata"]["name"]
        cluster.kubectl("-n", OURS, "delete", "pod", name, "--wait=false")
        wait_until(lambda: cluster.is_serving(3) and name not in [p["metadata"]["name"] for p in cluster.replicas()], "a new replica", 60, 0.5)


def test_kill_9_costs_at_most_what_was_under_way(under_load):
    """A process that is gone without a word: connections to it break (the server is refused, and controllers try again)
    until the kubelet has said so; nobody gets through on the wrong backend. Where the broken connection was the mutating
    call's, the validating one says that the server was not rewritten."""
    with unharmed(under_load, "kill -9 of one", explained=WEBHOOK_AWAY, settle=3) as cluster:
        before = restarts(cluster)
        os.kill(server_of(cluster.replicas()[0]), signal.SIGKILL)
        # Until the kubelet has seen it, three replicas are ready still.
        wait_until(lambda: restarts(cluster) > before, "the container was started again", 60, 0.5)
        wait_until(lambda: cluster.is_serving(3), "three replicas again", 60, 0.5)


def test_all_gone_locks_nobody_out(under_load):
    cluster, _ = under_load
    namespace = cluster.namespace(backendMode="k8s")
    with unharmed(under_load, "scaled to zero", explained=WEBHOOK_AWAY) as cluster:
        cluster.kubectl("-n", OURS, "scale", "deployment/sparkgate", "--replicas=0")
        wait_until(lambda: not cluster.endpoints(), "no endpoint", 30, 0.2)
        wait_until(lambda: not cluster.api.create(probe(namespace), dry_run=True).ok, "servers are refused", 30)
        # Everything else goes on, in the same namespace and elsewhere; opted-in namespaces can be deleted.
        plain = {"containers": [{"name": "a", "image": "bed.local/busybox:1"}]}
        cluster.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": namespace}, "spec": plain}).allowed()
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": namespace}, "data": {"a": "spark.connect.a b"}}
        cluster.api.create(config).allowed()
        cluster.api.patch("Namespace", None, namespace, {"metadata": {"labels": {"team": "a"}}}).allowed()
        cluster.api.delete("Pod", namespace, "a").allowed()
        cluster.kubectl("delete", "namespace", namespace, f"--timeout={patiently(60)}s")
    with unharmed(under_load, "scaled back to three", explained=WEBHOOK_AWAY) as cluster:
        cluster.kubectl("-n", OURS, "scale", "deployment/sparkgate", "--replicas=3")
        cluster.wait_serving()
        # The rules of the node's Service may be behind what the API server says of it.
        before = cluster.totals("sparkgate_requests_total")
        wait_until(
            lambda: all(n > before.get(name, 0) for name, n in cluster.totals("sparkgate_requests_total").items()), "each is called", 30, 0.5
        )
    with unharmed(under_load, "all back"):
        pass


def test_a_container_that_restarts_stays_where_it_was_admitted(under_load, sparklike):
    """... although its namespace has changed its mind meanwhile."""
    cluster, _ = under_load
    namespace = cluster.namespace(backendMode="k8s")
    pod = probe(namespace)
    pod["spec"]["containers"][0].update(image=sparklike, securityContext={"runAsUser": 65534})
    cluster.api.create(pod).allowed()

    def command_line():
        log = cluster.kubectl("-n", namespace, "logs", "probe", check=False)
        return next((x for x in log.splitlines() if x.startswith("argv: ")), None)

    def restarted():
        statuses = cluster.get("-n", namespace, "pod", "probe")["status"].get("containerStatuses", [{}])
        return statuses[0].get("restartCount", 0) > 0 and "running" in statuses[0].get("state", {})

    before = wait_until(command_line, "its command line", 40, 0.5)
    cluster.annotate(namespace, backendMode="standalone", standaloneMaster="spark://m:7077")
    cluster.kubectl("-n", namespace, "exec", "probe", "--", "touch", "/tmp/stop")
    wait_until(restarted, "the container restarted", 60, 0.5)
    assert wait_until(command_line, "its command line again", 20, 0.5) == before
    assert "--master k8s://https://kubernetes.default.svc" in before


# ---- certificates ----


def test_a_caBundle_that_is_reset_is_repaired(under_load):
    """As a GitOps tool without an ignore rule does it."""
    cluster, _ = under_load
    right = cluster.bundles()
    with unharmed(under_load, "caBundle reset", explained=WEBHOOK_AWAY) as cluster:
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            count = len(cluster.get(kind.lower(), OURS)["webhooks"])
            patch = [{"op": "remove", "path": f"/webhooks/{i}/clientConfig/caBundle"} for i in range(count)]
            cluster.api.patch(kind, None, OURS, patch, how="json").allowed()
        wait_until(lambda: cluster.bundles() == right, "caBundle repaired", 5)


def test_a_deleted_secret_is_written_again(under_load):
    before = served(under_load[0])
    with unharmed(under_load, "Secret deleted") as cluster:
        cluster.kubectl("delete", *SECRET)
        wait_until(lambda: "tls.crt" in cluster.kubectl("get", *SECRET, "-o", "jsonpath={.data}", check=False), "the Secret again", 10)
    assert served(under_load[0]) == before


@pytest.mark.parametrize("patch", ['{"data":{"tls.crt":"AAAA"}}', '{"data":{"ca.key":null}}', '{"data":{"tls.key":"AAAA"}}'])
def test_a_damaged_secret_is_written_again(under_load, patch):
    cluster = under_load[0]
    data = cluster.get(*SECRET)["data"]
    with unharmed(under_load, f"Secret damaged: {patch[:20]}") as cluster:
        cluster.kubectl("-n", OURS, "patch", *SECRET[2:], "--type=merge", "-p", patch)
        wait_until(lambda: cluster.get(*SECRET).get("data") == data, "the Secret as it was", 10)


def test_a_new_leaf_is_served_by_all(under_load):
    before = served(under_load[0])
    with unharmed(under_load, "certs rotate") as cluster:
        cluster.certs("rotate")
        wait_until(lambda: len(served(cluster)) == 1 and served(cluster) != before, "all serve the new leaf", 20, 0.5)


def test_a_certificate_near_its_end_is_renewed(under_load, tmp_path):
    """Two thirds of its life are over the moment it is put there: by the CA that is trusted, so nobody notices."""
    cluster = under_load[0]
    data = {k: base64.b64decode(v) for k, v in cluster.get(*SECRET)["data"].items()}
    authority = Authority(tmp_path / "ca")
    authority.cert.write_bytes(data["ca.crt"])
    authority.key.write_bytes(data["ca.key"])
    aged, key = authority.leaf(valid=(-300, 60))
    with unharmed(under_load, "near its end") as cluster:
        patch = {"data": {k: base64.b64encode(v).decode() for k, v in (("tls.crt", aged), ("tls.key", key))}}
        cluster.api.request("PATCH", f"api/v1/namespaces/{OURS}/secrets/sparkgate-certs", patch, "application/merge-patch+json").allowed()
        wait_until(lambda: base64.b64decode(cluster.get(*SECRET)["data"]["tls.crt"]).split() != aged.split(), "renewed", 20, 0.2)
        wait_until(lambda: len(served(cluster)) == 1, "served by all", 20, 0.5)
    # Each says what it serves a moment after it does.
    shown = wait_until(lambda: (run := cluster.certs("show", check=False)).returncode == 0 and run.stdout, "all Leases say so", 10, 0.5)
    assert "EXPIRED" not in shown and shown.count("this one") == 3


def authorities(cluster):
    """How many certificates the configurations trust; 0: they do not agree."""
    bundles = set(cluster.bundles())
    return base64.b64decode(bundles.pop()).count(b"BEGIN CERTIFICATE") if len(bundles) == 1 else 0


def test_a_change_of_the_ca_loses_no_request(under_load):
    cluster = under_load[0]
    before = set(cluster.bundles())
    with unharmed(under_load, "certs rotate --ca") as cluster:
        cluster.certs("rotate", "--ca")
        wait_until(lambda: "CA change\n  none" in cluster.certs("show", check=False).stdout, "the change is over", 60, 0.5)
        wait_until(lambda: authorities(cluster) == 1, "the old CA is trusted no more", 20, 0.2)
    assert authorities(cluster) == 1 and set(cluster.bundles()) != before


# ---- the control plane ----


def process_of(cluster, name):
    return next(p for p in cluster.node.processes if p.name == name)


def test_the_api_server_restarts(under_load):
    with unharmed(under_load, "API server restarts", explained=API_SERVER_AWAY + "|" + WEBHOOK_AWAY, settle=4) as cluster:
        apiserver = process_of(cluster, "kube-apiserver")
        apiserver.popen.kill()
        apiserver.popen.wait()
        time.sleep(2)
        apiserver.start()
        wait_until(cluster.node.is_up, "API server ready", 60, 0.3)
    wait_until(lambda: under_load[0].is_serving(3), "all replicas ready", 60, 0.5)
    with unharmed(under_load, "after its restart"):
        # Its watches came back: a change is in force within a second or two.
        cluster = under_load[0]
        namespace = cluster.namespace(backendMode="k8s")
        assert settings(cluster.api.create(probe(namespace), dry_run=True).allowed())["spark.master"].startswith("k8s://")


def test_etcd_pauses(under_load):
    """Five seconds without a store: what needs it waits or fails, and then all goes on."""
    with unharmed(under_load, "etcd paused", explained=API_SERVER_AWAY + "|" + WEBHOOK_AWAY, settle=4) as cluster:
        etcd = process_of(cluster, "etcd")
        etcd.signal(signal.SIGSTOP)
        time.sleep(5)
        etcd.signal(signal.SIGCONT)
    with unharmed(under_load, "after its pause"):
        pass


def test_watches_cut_in_mid_stream(under_load):
    """Every connection from a replica to the API server is reset; what changed meanwhile is known a moment later."""
    cluster, _ = under_load
    namespace = cluster.namespace(backendMode="k8s")
    with unharmed(under_load, "watches cut") as cluster:
        for pod in cluster.replicas():
            subprocess.run(["conntrack", "-D", "-s", pod["status"]["podIP"]], capture_output=True)
            subprocess.run(["ss", "-K", "src", pod["status"]["podIP"]], capture_output=True)
        cluster.annotate(namespace, backendMode="standalone", standaloneMaster="spark://m:7077")

        def in_force():
            """Until every replica knows, one may refuse what another has rewritten."""
            answer = cluster.api.create(probe(namespace), dry_run=True)
            return answer.ok and settings(answer.body)["spark.master"] == "spark://m:7077"

        wait_until(in_force, "the change is in force", 30)


def test_a_policy_reaches_every_replica(under_load):
    cluster, _ = under_load

    def hashes():
        found = set()
        for pod in cluster.replicas():
            found |= {x.split('"')[1] for x in cluster.metrics(pod).splitlines() if x.startswith("sparkgate_policy_info{")}
        return found

    before = hashes()
    layer = {"checks.yaml": "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {controllers: deny}\n"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sparkgate-policies", "namespace": OURS}, "data": layer}
    with unharmed(under_load, "policy layer") as cluster:
        cluster.api.create(config).allowed()
        wait_until(lambda: len(hashes()) == 1 and hashes() != before, "one new policy everywhere", 10, 0.3)
        cluster.api.delete("ConfigMap", OURS, "sparkgate-policies").allowed()
        wait_until(lambda: hashes() == before, "the old policy everywhere", 10, 0.3)
