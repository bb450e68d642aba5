"""Pod controllers are told what will become of their pods, once, and are never refused by default."""

import pytest
from bed.objects import changed, pod_of, servers, settings
from bed.process import wait_until

TEMPLATE = {"metadata": {"labels": {"app": "ctl"}}, "spec": servers()["argv"][0]["spec"]}
BAD = changed({"template": TEMPLATE}, template__spec__hostPID=True)["template"]
FINITE = changed({"template": BAD}, template__spec__restartPolicy="Never")["template"]
SELECTOR = {"matchLabels": {"app": "ctl"}}

SPECS = {
    "Deployment": ("apps/v1", {"spec": {"selector": SELECTOR, "template": BAD}}),
    "ReplicaSet": ("apps/v1", {"spec": {"selector": SELECTOR, "template": BAD}}),
    "StatefulSet": ("apps/v1", {"spec": {"selector": SELECTOR, "serviceName": "ctl", "template": BAD}}),
    "DaemonSet": ("apps/v1", {"spec": {"selector": SELECTOR, "template": BAD}}),
    "Job": ("batch/v1", {"spec": {"template": FINITE}}),
    "CronJob": ("batch/v1", {"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": FINITE}}}}),
    "ReplicationController": ("v1", {"spec": {"selector": {"app": "ctl"}, "template": BAD}}),
    "PodTemplate": ("v1", {"template": BAD}),
}
ONE_CALL = {"workloads.validate.sparkgate.io": 1}


def controller(kind):
    version, rest = SPECS[kind]
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "ctl"}, **rest}


@pytest.mark.parametrize("mode", ["enforce", "warn"])
@pytest.mark.parametrize("kind", SPECS)
def test_each_kind_is_warned_about_once(api, calls, kind, mode):
    with calls() as counted:
        answer = api.create(controller(kind), f"{mode}-k8s", dry_run=True)
    answer.allowed()
    assert counted == ONE_CALL
    assert sum("would violate PodSecurity" in w for w in answer.warnings) == 1, answer.warnings


@pytest.mark.parametrize("kind", SPECS)
def test_nobody_is_told_under_audit(api, kind):
    answer = api.create(controller(kind), "audit-k8s", dry_run=True)
    answer.allowed()
    assert answer.warnings == []
    assert "pss." in api.audit_annotations(answer)["workloads.validate.sparkgate.io/violations"]


@pytest.mark.parametrize("kind", SPECS)
def test_a_template_is_stored_as_it_was_written(api, kind):
    """GitOps sees no drift on controllers: it is their pods that are changed."""
    wanted = api.create(controller(kind), "plain", dry_run=True).allowed()
    stored = api.create(controller(kind), "enforce-standalone", dry_run=True).allowed()
    for obj in (wanted, stored):
        obj["metadata"] = {k: v for k, v in obj["metadata"].items() if k in ("name", "labels", "annotations")}
        if kind == "Job":  # a uid of the moment stands in selector and labels
            for place in (obj["metadata"], obj["spec"]["template"]["metadata"]):
                place["labels"] = {k: v for k, v in place["labels"].items() if "controller-uid" not in k}
            obj["spec"].pop("selector")
    assert stored == wanted


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_only_a_changed_template_is_news(api, calls, kind):
    obj = changed(controller(kind), spec__replicas=0)
    api.create(obj, "enforce-k8s").allowed()
    wait_until(lambda: api.get(kind, "enforce-k8s", "ctl").body["status"].get("observedGeneration"), "the controller's first look", 20)
    with calls(settle=True) as counted:
        api.patch(kind, "enforce-k8s", "ctl", {"metadata": {"labels": {"a": "b"}}}).allowed()
        api.patch(kind, "enforce-k8s", "ctl", {"spec": {"replicas": 0}}, subresource="scale").allowed()
    assert counted == {}
    with calls() as counted:
        patch = {"spec": {"template": {"metadata": {"annotations": {"rolled": "now"}}}}}
        answer = api.patch(kind, "enforce-k8s", "ctl", patch)
    assert counted["workloads.validate.sparkgate.io"] >= 1  # a Deployment's ReplicaSet may follow at once
    assert sum("would violate PodSecurity" in w for w in answer.warnings) == 1


@pytest.mark.parametrize("backend", ["k8s", "standalone"])
def test_a_real_deployment_gets_pods_on_the_backend(api, backend):
    template = {"metadata": {"labels": {"app": f"roll-{backend}"}}, "spec": TEMPLATE["spec"]}
    name, namespace = f"roll-{backend}", f"enforce-{backend}"
    selector = {"matchLabels": template["metadata"]["labels"]}
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"selector": selector, "template": template}}
    answer = api.create(obj, namespace)
    answer.allowed()
    assert not any("would violate PodSecurity" in w for w in answer.warnings), answer.warnings
    pods = wait_until(lambda: api.list("Pod", namespace, labelSelector=f"app={name}"), f"a pod of {name}", 20)
    assert len(pods) == 1
    expected = "k8s://" if backend == "k8s" else "spark://spark-master.enforce-standalone.svc:7077"
    assert settings(pods[0])["spark.master"].startswith(expected)
    wait_until(lambda: api.get("Deployment", namespace, name).body["status"].get("replicas") == 1, "status.replicas 1", 10)


def test_a_controller_whose_pods_are_refused_says_why_in_an_event(api):
    obj = changed(controller("ReplicaSet"), metadata__name="refused")
    api.create(obj, "enforce-k8s").allowed()

    def failed():
        events = api.request("GET", "api/v1/namespaces/enforce-k8s/events", fieldSelector="reason=FailedCreate").allowed()["items"]
        return [e["message"] for e in events if e["involvedObject"]["name"] == "refused"]

    text = wait_until(failed, "an event FailedCreate", 20)[0]
    assert 'denied the request: sparkgate: Pod "refused-' in text and "hostPID" in text


def test_the_fixture_templates_warn_as_their_pods_would(api):
    """A controller's Pod Security warning is what the refusal of its pod says."""
    warned = api.create(controller("Deployment"), "enforce-k8s", dry_run=True).warnings
    refused = api.create(pod_of(controller("Deployment")), "enforce-k8s", dry_run=True).refused()
    text = next(w for w in warned if "would violate PodSecurity" in w)
    assert text.replace("would violate", "violates") in refused
