"""ConfigMaps of Connect servers: rewritten with the backend, undone to the byte, left alone where they must be."""

import pytest
from bed.objects import changed, properties, servers, substance
from test_backends import undone

SCRIPT = servers()["start-script"][1][0]
TEXT = SCRIPT["data"]["spark-defaults.conf"]
BOTH_CALLS = {"configmaps.mutate.sparkgate.io": 1, "configmaps.validate.sparkgate.io": 1}


def text_of(obj):
    return obj["data"]["spark-defaults.conf"]


def master_of(obj):
    return properties(text_of(obj)).get("spark.master")


def test_rewritten_and_undone(api, calls):
    with calls() as counted:
        stored = api.create(SCRIPT, "enforce-k8s", dry_run=True).allowed()
    assert counted == BOTH_CALLS
    assert master_of(stored).startswith("k8s://")
    assert "#sparkgate:off spark.master              spark://old-master.legacy.svc:7077" in text_of(stored)
    assert text_of(stored).startswith("#sparkgate:begin k8s ")
    assert undone(text_of(stored)) == TEXT
    assert stored["data"]["log4j2.properties"] == SCRIPT["data"]["log4j2.properties"]


def test_the_law_of_two_backends(api):
    """rewrite(B, rewrite(A, T)) is rewrite(B, T), to the byte."""
    via_k8s = api.create(SCRIPT, "enforce-k8s", dry_run=True).allowed()
    moved = changed(SCRIPT, data=via_k8s["data"], metadata__annotations=via_k8s["metadata"]["annotations"])
    there = api.create(moved, "enforce-standalone", dry_run=True).allowed()
    direct = api.create(SCRIPT, "enforce-standalone", dry_run=True).allowed()
    assert substance(there) == substance(direct)


@pytest.mark.parametrize("namespace", ["gitops", "configmaps-off", "warn-k8s", "audit-k8s"])
def test_left_alone_where_the_namespace_says_so(api, namespace):
    answer = api.create(SCRIPT, namespace, dry_run=True)
    stored = answer.allowed()
    assert stored["data"] == SCRIPT["data"]
    assert not any("sparkgate.io" in k for k in stored["metadata"].get("annotations", {}))
    told = any("spark.master" in w or "backend" in w for w in answer.warnings)
    assert told == (namespace in ("gitops", "warn-k8s")), answer.warnings


EXEMPT = {
    "immutable": changed(SCRIPT, immutable=True),
    "role none": changed(SCRIPT, metadata__labels={"sparkgate.io/role": "none"}),
    "made by Spark": changed(SCRIPT, metadata__name="spark-exec-0a1b2c-conf-map"),
}


@pytest.mark.parametrize("what", EXEMPT)
def test_never_rewritten(api, what):
    assert api.create(EXEMPT[what], "enforce-k8s", dry_run=True).allowed()["data"] == SCRIPT["data"]


def test_an_immutable_one_can_be_applied_again(api):
    obj = changed(SCRIPT, immutable=True, metadata__name="frozen")
    api.create(obj, "enforce-k8s").allowed()
    api.replace(changed(obj, metadata__namespace="enforce-k8s")).allowed()


def test_an_update_is_rewritten_again_and_an_empty_patch_readmits(api, calls, sparkgate, namespace):
    """How a switch reaches what exists: change the namespace, then touch each ConfigMap."""
    name = namespace(labels={"sparkgate.io/mode": "enforce"}, annotations={"sparkgate.io/backendMode": "k8s"})
    assert master_of(api.create(SCRIPT, name).allowed()).startswith("k8s://")

    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://m:7077"}
    api.patch("Namespace", None, name, {"metadata": {"annotations": notes}}).allowed()
    sparkgate.know(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"sparkgate.io/mode": "enforce"}, "annotations": notes},
        }
    )
    api.at_rest("ConfigMap", name, SCRIPT["metadata"]["name"])
    with calls() as counted:
        touched = api.patch("ConfigMap", name, SCRIPT["metadata"]["name"], {}).allowed()
    assert counted["configmaps.mutate.sparkgate.io"] == 1
    assert master_of(touched) == "spark://m:7077"
    assert undone(text_of(touched)) == TEXT
    with calls() as counted:
        again = api.patch("ConfigMap", name, SCRIPT["metadata"]["name"], {}).allowed()
    assert again["metadata"]["resourceVersion"] == touched["metadata"]["resourceVersion"]


def test_finalizers_alone_are_not_judged(api, calls):
    """They are admitted again, since every UPDATE rewrites; nothing that could refuse is asked."""
    api.create(SCRIPT, "enforce-k8s").allowed()
    with calls() as counted:
        for finalizers in (["example.com/hold"], None):
            api.at_rest("ConfigMap", "enforce-k8s", SCRIPT["metadata"]["name"])
            api.patch("ConfigMap", "enforce-k8s", SCRIPT["metadata"]["name"], {"metadata": {"finalizers": finalizers}}).allowed()
    assert counted == {"configmaps.mutate.sparkgate.io": 2}


def test_no_secret_leaves_by_way_of_a_warning_or_the_audit_log(api):
    secret = "AKIA-not-for-anyone"
    text = TEXT + f"spark.hadoop.fs.s3a.secret.key {secret}\nspark.authenticate.secret {secret}\n"
    answer = api.create(changed(SCRIPT, data={"spark-defaults.conf": text}), "warn-k8s", dry_run=True)
    answer.allowed()
    assert secret not in " ".join(answer.warnings)
    ours = {k: v for k, v in api.audit_annotations(answer).items() if "sparkgate.io/" in k and "patch.webhook" not in k}
    assert ours and secret not in " ".join(ours.values())


def test_the_text_of_a_pod_template_is_checked_not_rewritten(api):
    template = "spec:\n  hostNetwork: true\n  containers:\n  - {name: e}\n"
    obj = changed(servers()["operator-bash"][1][0], data={"executor-pod-template.yaml": template})
    stored = api.create(obj, "enforce-k8s", dry_run=True).allowed()
    assert stored["data"]["executor-pod-template.yaml"] == template
