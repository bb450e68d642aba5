"""An exemption for a group of people, end to end: what they make with their own hands, and nothing that a controller makes for them."""

import pytest
from bed import audit_log
from bed.objects import changed, servers
from bed.process import wait_until

POD, _ = servers()["argv"]
NAMESPACE = "enforce-k8s"
VALIDATE = "servers.validate.sparkgate.io"
# A repair pod sees a directory of its node.
REPAIR = changed(POD, metadata__name="repair", metadata__namespace=NAMESPACE, spec__volumes=[{"name": "node", "hostPath": {"path": "/var/log"}}])
LABELS = {"app": "repair"}
WORKLOAD = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "repair", "namespace": NAMESPACE},
    "spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": REPAIR["spec"]}},
}
LAYER = """apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- id: break-glass
  owner: security@example.com
  reason: one repair pod, made by hand by whoever is on call
  expires: 2099-12-31
  rules: [pss.hostPathVolumes, pss.restrictedVolumes]
  namespaces: [enforce-k8s]
"""
BY_HAND = LAYER + "  names: [repair]\n  groups: [on-call]\n"
BY_HAND_ANY = LAYER + '  names: ["repair*"]\n  groups: [on-call]\n'
BY_NAME = LAYER + '  names: ["repair-*"]\n'
SAID = "exempted by break-glass until 2099-12-31"


@pytest.fixture(scope="module")
def people(cluster):
    """Everybody here may make pods and Deployments, as far as RBAC is concerned."""
    rule = {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["create", "get", "delete"]}
    meta = {"name": "people", "namespace": NAMESPACE}
    groups = [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": g} for g in ("on-call", "analysts")]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": [rule]}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "people"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta, "roleRef": ref, "subjects": groups}
    for obj in (role, binding):
        cluster.kubectl("apply", "-f", "-", stdin=obj, check=True)
    yield
    for kind in ("rolebinding", "role"):
        cluster.kubectl("delete", kind, "people", "-n", NAMESPACE, check=True)


@pytest.fixture
def create(api, people):
    """Create an object as somebody of a group, with kubectl."""

    def create(obj, user, group, check=None):
        run = api.kubectl("create", "-f", "-", f"--as={user}", f"--as-group={group}", "--as-group=system:authenticated", stdin=obj, check=check)
        if run.returncode == 0:
            api.created.append((obj["kind"], NAMESPACE, obj["metadata"]["name"]))
        return run

    return create


def pods(api):
    return api.list("Pod", NAMESPACE, labelSelector="app=repair")


def replica_failure(api):
    """What the ReplicaSet controller heard, as the Deployment tells it."""
    conditions = api.get("Deployment", NAMESPACE, "repair").allowed().get("status", {}).get("conditions", [])
    return next((c["message"] for c in conditions if c["type"] == "ReplicaFailure"), None)


def test_who_is_on_call_may_by_hand(api, sparkgate, create):
    with sparkgate.layer(BY_HAND):
        run = create(REPAIR, "ada", "on-call", check=True)
        assert f"{SAID}: " in run.stderr and "pss.restrictedVolumes" in run.stderr
        stored = api.get("Pod", NAMESPACE, "repair").allowed()
        assert stored["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False, "all else is hardened"


def test_who_is_not_may_not(api, sparkgate, create):
    with sparkgate.layer(BY_HAND):
        run = create(REPAIR, "bob", "analysts", check=False)
    assert f'admission webhook "{VALIDATE}" denied the request' in run.stderr and "hostPath" in run.stderr
    assert api.gone("Pod", NAMESPACE, "repair")


def test_another_name_may_not(sparkgate, create):
    with sparkgate.layer(BY_HAND):
        run = create(changed(REPAIR, metadata__name="repair-2"), "ada", "on-call", check=False)
    assert VALIDATE in run.stderr and SAID not in run.stderr


@pytest.fixture
def ends(api):
    """What the Deployment of a test has made is gone in front of the next one: its ReplicaSet goes on trying to make a pod."""
    yield
    api.delete("Deployment", NAMESPACE, "repair")
    left = lambda: pods(api) + api.list("ReplicaSet", NAMESPACE, labelSelector="app=repair")  # noqa: E731
    wait_until(lambda: not left(), "all gone that the Deployment has made", 40)


def test_what_a_controller_makes_for_her_is_not_made_by_hand(api, sparkgate, create, ends):
    """Although its pods' names are covered: it is not she who creates them."""
    with sparkgate.layer(BY_HAND_ANY):
        run = create(WORKLOAD, "ada", "on-call", check=True)
        assert "would violate PodSecurity" in run.stderr, "she hears what will become of its pods"
        assert "hostPath" in wait_until(lambda: replica_failure(api), "its pod refused", 20)
        assert pods(api) == []


def test_the_pods_of_a_controller_are_exempt_by_name(api, sparkgate, create, ends):
    with sparkgate.layer(BY_NAME):
        run = create(WORKLOAD, "bob", "analysts", check=True)
        assert "would violate PodSecurity" not in run.stderr
        (pod,) = wait_until(lambda: pods(api), "its pod", 20)
    assert pod["spec"]["volumes"][0]["hostPath"]["path"] == "/var/log"


def test_the_audit_log_says_who_and_by_what(api, sparkgate, create):
    """The exemption stands beside the impersonated user's name, for whoever reads it afterwards."""
    begin = audit_log.size(api.plane.audit_log)
    with sparkgate.layer(BY_HAND):
        create(REPAIR, "ada", "on-call", check=True)

    def used():
        events = audit_log.events(api.plane.audit_log, begin, VALIDATE)
        return [e for e in events if e.get("impersonatedUser", {}).get("username") == "ada" and f"{VALIDATE}/exemptions" in e.get("annotations", {})]

    notes = wait_until(used, "its event", 10)[-1]["annotations"]
    assert notes[f"{VALIDATE}/exemptions"].startswith("break-glass (security@example.com, until 2099-12-31): ")
    assert "pss.restrictedVolumes" in notes[f"{VALIDATE}/violations"]
