"""Executors, daemons, and pods that pretend to be something else."""

import pytest
from bed.objects import changed, load, load_one, servers, settings, substance

EXECUTOR = load_one("executor.yaml")
MASTER, WORKER = load("daemons.yaml")
POD, _ = servers()["argv"]
SERVER_CALLS = {"pods.mutate.sparkgate.io": 1, "servers.validate.sparkgate.io": 1}
EXECUTOR_CALLS = {"pods.mutate.sparkgate.io": 1, "executors.validate.sparkgate.io": 1}


def test_an_executor_is_an_executor(api, calls):
    with calls() as counted:
        answer = api.create(EXECUTOR, "enforce-k8s", dry_run=True)
    stored = answer.allowed()
    assert counted == EXECUTOR_CALLS
    assert stored["spec"]["containers"][0]["args"] == ["executor"]
    assert api.audit_annotations(answer)["executors.validate.sparkgate.io/role"] == "executor"


def test_an_executor_is_hardened(api):
    bare = changed(EXECUTOR, spec__securityContext={}, spec__containers__0__securityContext={})
    container = api.create(bare, "enforce-k8s", dry_run=True).allowed()["spec"]["containers"][0]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_a_bad_executor_is_warned_about_not_refused(api):
    answer = api.create(changed(EXECUTOR, spec__hostNetwork=True), "enforce-k8s", dry_run=True)
    answer.allowed()
    assert any("would violate PodSecurity" in w for w in answer.warnings), answer.warnings


def test_an_executor_where_the_backend_is_standalone(api):
    answer = api.create(EXECUTOR, "enforce-standalone", dry_run=True)
    answer.allowed()
    assert any("backend" in w or "standalone" in w for w in answer.warnings), answer.warnings


SERVER_AS_EXECUTOR = changed(POD, metadata__labels={"spark-role": "executor"})
HIDDEN = changed(
    EXECUTOR,
    spec__containers=[*EXECUTOR["spec"]["containers"], {**POD["spec"]["containers"][0], "name": "innocent"}],
)
NO_SHAPE = changed(EXECUTOR, spec__containers__0={"name": "shell", "image": "busybox:1.36", "command": ["sleep", "inf"]})
WITH_COMMAND = changed(EXECUTOR, spec__containers__0__command=["/bin/sh"])


@pytest.mark.parametrize(
    "pod", [SERVER_AS_EXECUTOR, HIDDEN, NO_SHAPE, WITH_COMMAND], ids=["server", "hidden-server", "label-only", "with-command"]
)
def test_a_forged_executor_label_makes_no_executor(api, calls, pod):
    with calls() as counted:
        api.create(pod, "enforce-k8s", dry_run=True)
    assert counted == SERVER_CALLS


@pytest.mark.parametrize("pod", [SERVER_AS_EXECUTOR, HIDDEN], ids=["server", "hidden-server"])
def test_a_server_behind_an_executor_label_is_judged_as_a_server(api, pod):
    answer = api.create(pod, "enforce-standalone", dry_run=True)
    if answer.ok:
        line = " ".join(w for c in answer.body["spec"]["containers"] for w in c.get("args", []))
        assert "spark://spark-master.enforce-standalone.svc:7077" in line and "k8s://" not in line
    bad = api.create(changed(pod, spec__hostNetwork=True), "enforce-standalone", dry_run=True)
    bad.refused("servers.validate.sparkgate.io")


def test_labels_of_a_running_server_do_not_hide_it(api, calls):
    name = "relabelled"
    pod = changed(servers()["operator-bash"][0], metadata__name=name)
    api.create(pod, "enforce-k8s").allowed()
    for labels in ({"app": None, "spark-role": None}, {"spark-role": "executor"}, {"spark-role": "driver"}):
        api.at_rest("Pod", "enforce-k8s", name)
        with calls() as counted:
            api.patch("Pod", "enforce-k8s", name, {"metadata": {"labels": labels}}).allowed()
        assert counted == {"servers.validate.sparkgate.io": 1}, labels


def test_updates_that_change_nothing_judged_are_not_called_for(api, calls):
    name = "steady"
    api.create(changed(POD, metadata__name=name), "enforce-k8s").allowed()
    with calls() as counted:
        api.patch("Pod", "enforce-k8s", name, {"metadata": {"finalizers": ["example.com/hold"]}}).allowed()
        api.patch("Pod", "enforce-k8s", name, {"metadata": {"finalizers": None}}).allowed()
        api.patch("Pod", "enforce-k8s", name, {}).allowed()
        api.patch("Pod", "enforce-k8s", name, {"status": {"message": "x"}}, subresource="status").allowed()
    assert counted == {}
    api.at_rest("Pod", "enforce-k8s", name)
    with calls() as counted:
        api.patch("Pod", "enforce-k8s", name, {"spec": {"activeDeadlineSeconds": 99999}}).allowed()
    assert counted == {"servers.validate.sparkgate.io": 1}


def test_another_image_is_asked_about_again(api):
    """Only images, tolerations and deadlines of a pod can change, so the image is what is judged again."""
    name = "updated"
    api.create(changed(POD, metadata__name=name), "enforce-k8s").allowed()
    patch = {"spec": {"containers": [{"name": "connect", "image": "registry.example.com/data/spark:4.1.2"}]}}
    answer = api.patch("Pod", "enforce-k8s", name, patch, "strategic")
    assert answer.allowed()["spec"]["containers"][0]["image"].endswith(":4.1.2")


@pytest.mark.parametrize("pod", [MASTER, WORKER], ids=["master", "worker"])
@pytest.mark.parametrize("backend", ["k8s", "standalone"])
def test_a_daemon_is_hardened_never_rewritten(api, calls, pod, backend):
    with calls() as counted:
        answer = api.create(pod, f"enforce-{backend}", dry_run=True)
    stored = answer.allowed()
    assert counted == SERVER_CALLS
    container, sent = stored["spec"]["containers"][0], pod["spec"]["containers"][0]
    assert (container["command"], container["args"]) == (sent["command"], sent["args"])
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert api.audit_annotations(answer)["servers.validate.sparkgate.io/role"].startswith("standalone-")
    bad = changed(pod, spec__hostPID=True)
    assert "hostPID" in api.create(bad, f"enforce-{backend}", dry_run=True).refused("servers.validate.sparkgate.io")


def test_known_by_its_label_alone_the_backend_only_warns(api):
    proxy = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "proxy", "labels": {"app": "spark-connect"}},
        "spec": {
            "containers": [{"name": "envoy", "image": "docker.io/envoyproxy/envoy:v1.31.5", "command": ["envoy", "-c", "/etc/envoy.yaml"]}]
        },
    }
    stored = api.create(proxy, "enforce-standalone", dry_run=True).allowed()
    assert stored["spec"]["containers"][0]["command"] == ["envoy", "-c", "/etc/envoy.yaml"]
    bad = changed(proxy, spec__hostNetwork=True)
    text = api.create(bad, "enforce-standalone", dry_run=True).refused("servers.validate.sparkgate.io")
    assert "host namespaces (hostNetwork=true)" in text


def test_a_forged_decision_counts_for_nothing(api, calls):
    forged = changed(POD, metadata__annotations={"sparkgate.io/decision": '{"v":1,"backend":"standalone","role":"none"}'})
    stored = api.create(forged, "enforce-k8s", dry_run=True).allowed()
    honest = api.create(POD, "enforce-k8s", dry_run=True).allowed()
    assert substance(stored) == substance(honest)
    assert settings(stored)["spark.master"].startswith("k8s://")

    name = "status-forged"
    api.create(changed(POD, metadata__name=name), "enforce-k8s").allowed()
    with calls() as counted:  # surprise: pods/status may write annotations, uncalled
        patch = {"metadata": {"annotations": {"sparkgate.io/decision": "forged"}}}
        api.patch("Pod", "enforce-k8s", name, patch, subresource="status").allowed()
    assert counted == {}
    patch = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1.36", "securityContext": {"privileged": True}}]}}
    answer = api.patch("Pod", "enforce-k8s", name, patch, "strategic", subresource="ephemeralcontainers")
    assert "privileged" in answer.refused("servers.validate.sparkgate.io")


def test_ephemeral_containers(api, calls):
    name = "debugged"
    api.create(changed(POD, metadata__name=name), "enforce-k8s").allowed()

    def debug(container):
        patch = {"spec": {"ephemeralContainers": [{"image": "busybox:1.36", **container}]}}
        return api.patch("Pod", "enforce-k8s", name, patch, "strategic", subresource="ephemeralcontainers")

    api.at_rest("Pod", "enforce-k8s", name)
    with calls() as counted:
        text = debug({"name": "bad"}).refused("servers.validate.sparkgate.io")
    assert counted == {"servers.validate.sparkgate.io": 1}
    assert 'container "bad"' in text
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    debug({"name": "good", "securityContext": {**context, "seccompProfile": {"type": "RuntimeDefault"}}}).allowed()


def test_a_server_as_an_ephemeral_container_of_another_pod(api, calls):
    web = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}
    api.create(web, "enforce-k8s").allowed()
    patch = {"spec": {"ephemeralContainers": [{"name": "s", "image": "spark:4", "command": ["/opt/spark/sbin/start-connect-server.sh"]}]}}
    api.at_rest("Pod", "enforce-k8s", "web")
    with calls() as counted:
        answer = api.patch("Pod", "enforce-k8s", "web", patch, "strategic", subresource="ephemeralcontainers")
    assert counted == {"servers.validate.sparkgate.io": 1}
    answer.refused("servers.validate.sparkgate.io")  # not hardened
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "runAsUser": 185}
    patch["spec"]["ephemeralContainers"][0].update(args=["--master", "local[1]"], securityContext={**safe, "seccompProfile": {"type": "RuntimeDefault"}})
    answer = api.patch("Pod", "enforce-k8s", "web", patch, "strategic", subresource="ephemeralcontainers")
    assert "spark.master is 'local[1]'" in answer.refused("servers.validate.sparkgate.io")


def test_generate_name(api):
    """The name is not there yet when /mutate is asked; the refusal by /validate has it."""
    pod = changed(POD, metadata={"generateName": "gen-", "labels": POD["metadata"]["labels"]})
    stored = api.create(pod, "enforce-standalone", dry_run=True).allowed()
    assert settings(stored)["spark.master"].startswith("spark://")
    text = api.create(changed(pod, spec__hostPID=True), "enforce-standalone", dry_run=True).refused()
    assert text.startswith('sparkgate: Pod "gen-')
