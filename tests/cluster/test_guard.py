"""namespaces.validate: whoever writes the contract is seen, through whichever resource."""

import copy

import pytest
from bed.objects import changed

GUARD = {"namespaces.validate.sparkgate.io": 1}
ENFORCE = {"sparkgate.io/mode": "enforce"}
K8S = {"sparkgate.io/backendMode": "k8s"}


def write(api, name, edit, resource):
    """Change a namespace (dry run) through one of the three resources that can."""
    obj = api.get("Namespace", None, name).allowed()
    edit(obj["metadata"])
    return api.replace(obj, subresource=resource, dry_run=True)


WRITES = {
    "change a key": (lambda m: m["annotations"].update({"sparkgate.io/pssMode": "warn"}), GUARD),
    "change the backend": (
        lambda m: m["annotations"].update({"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://m:7077"}),
        GUARD,
    ),
    "remove a key": (lambda m: m["annotations"].pop("sparkgate.io/backendMode"), GUARD),
    "change the mode": (lambda m: m["labels"].update({"sparkgate.io/mode": "audit"}), GUARD),
    "opt out": (lambda m: m["labels"].pop("sparkgate.io/mode"), GUARD),
    "a label of others": (lambda m: m["labels"].update(team="a"), {}),
    "an annotation of others": (lambda m: m["annotations"].update(note="a"), {}),
    "the same again": (lambda m: m["annotations"].update(K8S), {}),
}


@pytest.mark.parametrize("resource", [None, "status", "finalize"])
@pytest.mark.parametrize("what", WRITES)
def test_seen_through_every_resource(api, calls, what, resource):
    edit, expected = WRITES[what]
    with calls() as counted:
        write(api, "enforce-k8s", edit, resource).allowed()
    assert counted == expected


def test_opting_in_is_seen_and_creation_is(api, calls, namespace):
    name = namespace()
    with calls() as counted:
        api.patch("Namespace", None, name, {"metadata": {"labels": ENFORCE}}, dry_run=True).allowed()
    assert counted == GUARD
    new = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "brand-new", "labels": ENFORCE}}
    with calls() as counted:
        api.create(new, dry_run=True).allowed()
        api.create(changed(new, metadata__labels={"a": "b"}), dry_run=True).allowed()
    assert counted == GUARD


@pytest.mark.parametrize("resource", [None, "status", "finalize"])
@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("sparkgate.io/backendMode", "standalon", "standalone"),
        ("sparkgate.io/standaloneMaster", "http://master", "spark://"),
        ("sparkgate.io/allowOverride", "yes", "true"),
    ],
)
def test_what_would_refuse_every_server_is_refused_when_written(api, key, value, word, resource):
    answer = write(api, "enforce-k8s", lambda m: m["annotations"].update({key: value}), resource)
    text = answer.refused("namespaces.validate.sparkgate.io")
    assert key in text and word in text
    assert any(f and key in f for f, _ in answer.causes), answer.causes


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sparkgate.io/pssLevel", "strict"),
        ("sparkgate.io/hardening", "on"),
        ("sparkgate.io/pssVersion", "1.30"),
        ("sparkgate.io/backendmode", "k8s"),
    ],
)
def test_what_falls_back_is_told_when_written(api, key, value):
    answer = write(api, "enforce-k8s", lambda m: m["annotations"].update({key: value}), None)
    answer.allowed()
    assert sum(key in w for w in answer.warnings) == 1, answer.warnings


def test_a_misspelt_mode_is_told_when_written(api, namespace):
    name = namespace()
    answer = api.patch("Namespace", None, name, {"metadata": {"labels": {"sparkgate.io/mode": "Enforce"}}}, dry_run=True)
    answer.allowed()
    assert any("sparkgate.io/mode" in w and "enforce" in w for w in answer.warnings), answer.warnings


def test_an_old_bad_value_does_not_stand_in_the_way(api):
    """typo-backend was written before sparkgate came: other keys can still be changed, and it can be mended."""
    obj = api.get("Namespace", None, "typo-backend").allowed()
    other = copy.deepcopy(obj)
    other["metadata"]["annotations"]["sparkgate.io/pssMode"] = "warn"
    api.replace(other, dry_run=True).allowed()
    obj["metadata"]["annotations"]["sparkgate.io/backendMode"] = "k8s"
    answer = api.replace(obj, dry_run=True)
    answer.allowed()
    assert answer.warnings == []


def test_deleting_a_namespace_calls_nobody(api, calls, namespace):
    name = namespace(labels=ENFORCE, annotations=K8S)
    with calls(settle=True) as counted:
        api.delete("Namespace", None, name).allowed()
    assert counted == {}
