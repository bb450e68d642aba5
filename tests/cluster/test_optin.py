"""Opting in and out: one label, in force when the API server's cache has it."""

from bed.api import Counted
from bed.objects import DECISION, changed, load_one, servers, settings, substance
from conftest import in_force

POD, _ = servers()["argv"]


def test_without_the_label_nothing_is_called_or_changed(api, calls):
    with calls() as counted:
        stored = api.create(POD, "plain", dry_run=True).allowed()
    assert counted == {}
    assert settings(stored) == settings(POD)
    assert not any("sparkgate.io" in k for k in stored["metadata"].get("annotations", {}))


def test_opting_in_and_out_again(api, calls, sparkgate, namespace):
    name = namespace(labels={"sparkgate.io/mode": "enforce"}, annotations={"sparkgate.io/backendMode": "k8s"})
    with calls() as counted:
        stored = api.create(POD, name, dry_run=True).allowed()
    assert counted == {"pods.mutate.sparkgate.io": 1, "servers.validate.sparkgate.io": 1}
    assert DECISION in stored["metadata"]["annotations"]

    api.patch("Namespace", None, name, {"metadata": {"labels": {"sparkgate.io/mode": None}}}).allowed()
    in_force(api, name, wanted=False)
    with calls() as counted:
        stored = api.create(POD, name, dry_run=True).allowed()
    assert counted == {}
    assert settings(stored) == settings(POD)


def test_opting_in_later_leaves_running_pods_alone(api, calls, sparkgate, namespace):
    """Pods that were there before are judged when they change, and no backend rule is asked of them then."""
    name = namespace()
    before = api.create(changed(POD, metadata__name="early"), name).allowed()
    labelled = api.get("Namespace", None, name).allowed()
    labelled["metadata"]["labels"]["sparkgate.io/mode"] = "enforce"
    labelled["metadata"]["annotations"] = {
        "sparkgate.io/backendMode": "standalone",
        "sparkgate.io/standaloneMaster": "spark://m:7077",
        "sparkgate.io/pssMode": "warn",
    }
    sparkgate.know(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {k: labelled["metadata"][k] for k in ("name", "labels", "annotations")}}
    )
    api.replace(labelled).allowed()
    in_force(api, name)
    after = api.get("Pod", name, "early").allowed()
    assert substance(after) == substance(before)
    api.at_rest("Pod", name, "early")
    with calls() as counted:
        answer = api.patch("Pod", name, "early", {"metadata": {"labels": {"touched": "yes"}}})
    assert counted == {"servers.validate.sparkgate.io": 1}
    assert "backend." not in answer.message
    answer.allowed()


def test_kube_system_and_our_own_namespace_are_never_called_for(api, sparkgate):
    api.patch("Namespace", None, "kube-system", {"metadata": {"labels": {"sparkgate.io/mode": "enforce"}}}).allowed()
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sparkgate"}}
    api.request("POST", "api/v1/namespaces", own)  # it may be there already: rbac.yaml is applied into it elsewhere
    api.patch("Namespace", None, "sparkgate", {"metadata": {"labels": {"sparkgate.io/mode": "enforce"}}}).allowed()
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark"}}
    for name in ("kube-system", "sparkgate"):
        api.create(account, name).allowed()
        with Counted(api) as counted:
            api.create(POD, name, dry_run=True).allowed()
        assert counted == {}, name
    api.patch("Namespace", None, "sparkgate", {"metadata": {"labels": {"sparkgate.io/mode": None}}}).allowed()


def test_a_misspelt_mode_acts_as_enforce(api):
    bad = changed(POD, spec__hostNetwork=True)
    text = api.create(bad, "typo-mode", dry_run=True).refused("servers.validate.sparkgate.io")
    assert "enforce" in text and "hostNetwork" in text
    good = api.create(POD, "typo-mode", dry_run=True)
    assert settings(good.allowed())["spark.master"].startswith("k8s://")
    assert any("sparkgate.io/mode" in w for w in good.warnings), good.warnings


def test_without_a_backend_hardened_and_checked_but_not_rewritten(api):
    answer = api.create(POD, "no-backend", dry_run=True)
    stored = answer.allowed()
    assert settings(stored) == settings(POD)
    assert stored["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    assert any("backendMode" in w for w in answer.warnings), answer.warnings
    assert "hostPID" in api.create(changed(POD, spec__hostPID=True), "no-backend", dry_run=True).refused()


def test_a_misspelt_backend_is_refused_by_name(api):
    text = api.create(POD, "typo-backend", dry_run=True).refused("servers.validate.sparkgate.io")
    assert "scope.backendMode" in text and "kubernets" in text and "k8s" in text


def test_a_pod_of_another_namespace_than_the_request(api):
    answer = api.request("POST", api.path("Pod", "enforce-k8s"), changed(load_one("probe.yaml"), metadata__namespace="plain"))
    assert answer.status == 400  # by the API server itself
