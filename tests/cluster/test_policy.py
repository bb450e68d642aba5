"""A policy layer of the user's own, in force without a restart."""

import pytest
from bed.objects import changed, load_one, servers, substance
from bed.process import wait_until
from test_controllers import controller

VALIDATE = "servers.validate.sparkgate.io"
HEAD = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\n"
POD, _ = servers()["argv"]


@pytest.fixture
def strict(cluster, sparkgate):
    with sparkgate.layer(HEAD + "bounds: {controllers: deny, executorPodSecurity: deny}\n"):
        yield


def test_controllers_are_refused_by_policy(api, strict):
    text = api.create(controller("Deployment"), "enforce-k8s", dry_run=True).refused("workloads.validate.sparkgate.io")
    assert text.startswith('sparkgate: Deployment "ctl" in namespace "enforce-k8s" (backendMode k8s, enforce): ')
    api.create(controller("Deployment"), "warn-k8s", dry_run=True).allowed()


def test_executors_are_refused_by_policy(api, strict):
    bad = changed(load_one("executor.yaml"), spec__hostPID=True)
    assert "hostPID" in api.create(bad, "enforce-k8s", dry_run=True).refused("executors.validate.sparkgate.io")


def test_review_knows_the_layer(api, sparkgate, strict):
    (line,) = sparkgate.review(changed(controller("Deployment"), metadata__namespace="enforce-k8s"))
    assert line["policy"] == sparkgate.policy_hash()


EXEMPTION = """apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- id: profiler
  owner: platform@example.com
  reason: the profiler needs the host's process ids
  expires: {expires}
  rules: [pss.hostNamespaces]
  namespaces: [enforce-k8s]
  names: [bad]
"""


def test_an_exemption_lets_one_violation_of_one_pod_pass(api, sparkgate):
    hardened = substance(api.create(POD, "enforce-k8s", dry_run=True).allowed())
    bad = changed(POD, metadata__name="bad", spec__hostPID=True)
    with sparkgate.layer(EXEMPTION.format(expires="2099-12-31")):
        stored = substance(api.create(bad, "enforce-k8s", dry_run=True).allowed())
        assert stored["spec"] == {**hardened["spec"], "hostPID": True}, "all else is hardened"
        api.create(bad, "enforce-standalone", dry_run=True).refused(VALIDATE)
        api.create(changed(bad, metadata__name="other"), "enforce-k8s", dry_run=True).refused(VALIDATE)
        worse = changed(
            bad, spec__containers__0__securityContext__privileged=True, spec__containers__0__securityContext__allowPrivilegeEscalation=True
        )
        assert "privileged" in api.create(worse, "enforce-k8s", dry_run=True).refused(VALIDATE)


def test_an_exemption_that_has_expired_is_none(api, sparkgate):
    with sparkgate.layer(EXEMPTION.format(expires="2020-01-31")):
        bad = changed(POD, metadata__name="bad", spec__hostPID=True)
        api.create(bad, "enforce-k8s", dry_run=True).refused(VALIDATE)


def test_a_broken_layer_changes_nothing(api, sparkgate):
    """Refused whole: what was in force stays, and the pod that it would break is answered as before."""
    before, file = sparkgate.policy_hash(), sparkgate.policies / "broken.yaml"
    file.write_text(HEAD + "bounds: {controllers: maybe}\n")
    try:
        wait_until(lambda: "broken.yaml" in sparkgate.process.log.read_text(), "a line in the log that names the file", 20)
        assert sparkgate.policy_hash() == before
        api.create(POD, "enforce-k8s", dry_run=True).allowed()
    finally:
        file.unlink()
