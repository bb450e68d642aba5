"""Installed as its users install it: by Helm, by kubectl, and away again."""

import pytest
from bed.cluster import OURS, probe
from bed.objects import server_container, settings
from bed.process import patiently, wait_until

MASTER = "spark://spark-master:7077"


def test_all_replicas_serve_and_are_trusted(installed):
    assert len(installed.replicas()) == 3
    bundles = installed.bundles()
    assert len(bundles) == 7 and len(set(bundles)) == 1 and bundles[0]
    shown = installed.certs("show").stdout
    assert shown.count("this one") == 3 and "ANOTHER" not in shown and "NO" not in shown.split("trusted by")[1]


def test_it_runs_as_restricted_itself(installed):
    """Kubernetes' own judgement: enforce restricted where it runs, and every pod is let in again."""
    installed.kubectl("label", "namespace", OURS, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    said = installed.kubectl("-n", OURS, "rollout", "restart", "deployment/sparkgate")
    installed.kubectl("-n", OURS, "rollout", "status", "deployment/sparkgate", f"--timeout={patiently(90)}s")
    assert "violate" not in said


def test_helm_test_passes(installed):
    assert "Phase:          Succeeded" in installed.helm("test", OURS, "-n", OURS)


@pytest.mark.parametrize(
    ("backend", "expected"),
    [({"backendMode": "k8s"}, "k8s://https://kubernetes.default.svc"), ({"backendMode": "standalone", "standaloneMaster": MASTER}, MASTER)],
)
def test_the_namespace_decides(installed, backend, expected):
    namespace = installed.namespace(**backend)
    stored = installed.api.create(probe(namespace), dry_run=True).allowed()
    assert settings(stored)["spark.master"] == expected
    assert server_container(stored)["securityContext"]["allowPrivilegeEscalation"] is False


def test_audit_says_nothing_and_warn_says_it(installed):
    audited, warned = installed.namespace(mode="audit", backendMode="k8s"), installed.namespace(mode="warn", backendMode="k8s")
    quiet, loud = (installed.api.create(probe(n), dry_run=True) for n in (audited, warned))
    assert settings(quiet.allowed())["spark.master"] == settings(loud.allowed())["spark.master"] == "local[*]"
    assert not [w for w in quiet.warnings if "sparkgate" in w] and loud.warnings


def test_an_object_may_choose_where_it_is_allowed_to(installed):
    namespace = installed.namespace(backendMode="k8s", allowOverride="true")
    pod = probe(namespace)
    pod["metadata"]["annotations"] = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": MASTER}
    assert settings(installed.api.create(pod, dry_run=True).allowed())["spark.master"] == MASTER


def test_the_guard_refuses_a_bad_value(installed):
    namespace = installed.namespace(backendMode="k8s")
    patch = {"metadata": {"annotations": {"sparkgate.io/backendMode": "standalon"}}}
    assert "standalone" in installed.api.patch("Namespace", None, namespace, patch).refused("namespaces.validate.sparkgate.io")


def guards_warnings(cluster, namespace, patch):
    """Of a change that concerns the pod "probe". To name pods, the guard lists them, for which it has a second: who is told
    nothing of it asks again."""

    def told():
        answer = cluster.api.patch("Namespace", None, namespace, patch, dry_run=True)
        answer.allowed()
        return answer.warnings if any("probe" in w for w in answer.warnings) else None

    return wait_until(told, "the guard's warnings", 20, 0.5)


def test_the_guard_names_what_a_change_strands(installed, sparklike):
    namespace = installed.namespace(backendMode="k8s")
    pod = probe(namespace)
    pod["spec"]["containers"][0].update(image=sparklike, securityContext={"runAsUser": 65534})
    installed.api.create(pod).allowed()
    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": MASTER}
    warnings = guards_warnings(installed, namespace, {"metadata": {"annotations": notes}})
    assert "scope.strandedServers: 1 Connect server is not on this backend until restarted: probe" in warnings, warnings
    back = installed.api.patch("Namespace", None, namespace, {"metadata": {"annotations": {"sparkgate.io/backendMode": "k8s"}}}, dry_run=True)
    assert not back.warnings


def test_the_guard_names_pods_that_would_fail(installed, sparklike):
    """In upstream's words: opting in while a server runs that is not restricted."""
    namespace = installed.namespace(mode=None)
    pod = probe(namespace)
    pod["spec"]["containers"][0].update(image=sparklike, securityContext={"runAsUser": 65534})
    installed.api.create(pod).allowed()
    patch = {"metadata": {"labels": {"sparkgate.io/mode": "enforce"}}}
    ours = [w for w in guards_warnings(installed, namespace, patch) if "scope." not in w]
    native = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    upstreams = installed.api.patch("Namespace", None, namespace, native, dry_run=True).warnings
    assert ours == upstreams and len(ours) == 2


def test_an_upgrade_loses_no_request(installed, load_kinds):
    with installed.load(load_kinds) as load:
        phase = load.begin("helm upgrade")
        installed.install(verb="upgrade", values={"logLevel": "debug"})
        installed.kubectl("-n", OURS, "rollout", "status", "deployment/sparkgate", f"--timeout={patiently(90)}s")
        installed.wait_serving()
    assert set(phase.counts) == {"fine"}, load.table()
    assert len(set(installed.bundles())) == 1 and installed.bundles()[0]


def left_behind(cluster):
    """What of ours is still there, by kind and name."""
    found = cluster.kubectl(
        "get",
        "deployments,services,serviceaccounts,configmaps,secrets,leases,roles,rolebindings,poddisruptionbudgets,networkpolicies,"
        "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations",
        "-A",
        "-o",
        'jsonpath={range .items[*]}{.kind}/{.metadata.name}{"\\n"}{end}',
    )
    return {line for line in found.splitlines() if "sparkgate" in line and "sh.helm" not in line}


def test_uninstalled_it_is_gone_and_blocks_nobody(installed, load_kinds):
    """... and installed again it serves under the CA that it had."""
    before = installed.bundles()[0]
    namespace = installed.namespace(backendMode="k8s")
    installed.uninstall()
    stored = installed.api.create(probe(namespace), dry_run=True).allowed()
    assert settings(stored)["spark.master"] == "local[*]"
    installed.kubectl("annotate", "namespace", namespace, "sparkgate.io/backendMode=standalone", "--overwrite")
    wait_until(lambda: not any(x.startswith("Lease/") for x in left_behind(installed)), "no Lease left", 30)
    # The program made the Secret, not Helm: it is kept, as cert-manager keeps its own, so that coming back breaks nothing.
    assert left_behind(installed) == {"Secret/sparkgate-certs"}
    installed.install()
    installed.wait_serving()
    assert installed.bundles()[0] == before
