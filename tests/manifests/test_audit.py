"""The chart's CronJob of `sparkgate audit`: its arguments, its rights, and that it is none of the replicas."""

import os
import subprocess

import pytest

from chart import VARIANTS, Objects, rendered, template

WITH = [name for name, values in VARIANTS.items() if values.get("audit", {}).get("enabled")]
NAME = "sparkgate-audit"


def job(o):
    return o.of("CronJob")["spec"]["jobTemplate"]["spec"]


def pod(o):
    return job(o)["template"]["spec"]


def args(o):
    return pod(o)["containers"][0]["args"]


def test_nothing_of_it_by_default():
    assert not any("audit" in name for _, name in Objects().all)


@pytest.mark.parametrize("name", WITH)
def test_audit_takes_the_arguments(name):
    """Every flag is one of the program's: with --help behind them it prints its help, or names the bad one."""
    run = subprocess.run([os.environ["SPARKGATE"], *args(Objects(VARIANTS[name])), "--help"], capture_output=True, text=True, timeout=20)
    assert run.returncode == 0 and run.stdout.startswith("usage: sparkgate audit"), run.stderr


def test_what_it_is_asked_for():
    assert args(Objects(VARIANTS["audit"])) == ["audit", "--publish", "--fail-on=never", "--output=table", "--policies-configmap=sparkgate-policies"]
    o = Objects(VARIANTS["audit-log"])
    assert args(o)[1:3] == ["--fail-on=deny", "--output=table"] and args(o)[-1] == "--namespace=a"
    assert (o.of("CronJob")["spec"]["schedule"], job(o)["activeDeadlineSeconds"], job(o)["backoffLimit"]) == ("0 * * * *", 600, 0)


def test_the_same_policy_as_the_replicas():
    o = Objects(VARIANTS["audit"], release="other")
    assert f"--policies-configmap={o.flags['--policies-configmap']}" in args(o)
    env = {e["name"]: e["valueFrom"]["fieldRef"]["fieldPath"] for e in pod(o)["containers"][0]["env"]}
    assert env["POD_NAMESPACE"] == "metadata.namespace", "where that ConfigMap is"


@pytest.mark.parametrize("values", [{}, {"fullnameOverride": "x" * 63}, {"nameOverride": "y" * 60}, {"fullnameOverride": "z" * 45 + "-end"}])
def test_names_are_valid(values):
    o = Objects({**values, "audit": {"enabled": True}})
    name = o.of("CronJob")["metadata"]["name"]
    assert len(name) <= 52 and "--" not in name, "a Job's name is longer by eleven"
    labels = job(o)["template"]["metadata"]["labels"]
    assert all(len(v) <= 63 and v[-1].isalnum() for v in labels.values())
    assert pod(o)["serviceAccountName"] == name


def test_it_is_none_of_the_replicas():
    o = Objects({**VARIANTS["audit"], "podLabels": {"a": "b"}, "commonLabels": {"c": "d"}})
    labels = job(o)["template"]["metadata"]["labels"]
    assert {"a": "b", "c": "d"}.items() <= labels.items()
    policies = [x["spec"]["podSelector"]["matchLabels"] for (kind, _), x in o.all.items() if kind == "NetworkPolicy"]
    selectors = [o.of("Service")["spec"]["selector"], o.of("Deployment")["spec"]["selector"]["matchLabels"],
                 o.of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"], o.of("NetworkPolicy", "sparkgate")["spec"]["podSelector"]["matchLabels"]]  # fmt: skip
    assert not any(s.items() <= labels.items() for s in selectors)
    assert sum(s.items() <= labels.items() for s in policies) == 1, "its own"
    own = o.of("NetworkPolicy", NAME)["spec"]
    assert own["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in own
    assert own["egress"] == o.of("NetworkPolicy", "sparkgate")["spec"]["egress"]


def test_its_account_is_its_own():
    o = Objects(VARIANTS["audit"], namespace="platform")
    assert pod(o)["serviceAccountName"] == NAME and o.of("ServiceAccount", NAME)["automountServiceAccountToken"] is False
    binding = o.of("ClusterRoleBinding", NAME)
    assert (binding["subjects"][0]["name"], binding["subjects"][0]["namespace"], binding["roleRef"]["name"]) == (NAME, "platform", NAME)
    assert o.of("ClusterRole", "sparkgate")["rules"] == Objects().of("ClusterRole", "sparkgate")["rules"], "the webhook may no more"


def test_it_reads_and_keeps_reports_and_nothing_else():
    rules = Objects(VARIANTS["audit"]).of("ClusterRole", NAME)["rules"]
    assert "*" not in str(rules) and "secrets" not in str(rules)
    written = {r for rule in rules for r in rule["resources"] if set(rule["verbs"]) - {"get", "list"}}
    assert written == {"reports"}
    assert "reports" not in str(Objects(VARIANTS["audit-log"]).of("ClusterRole", NAME)["rules"])


def test_each_right_says_why():
    lines = rendered(VARIANTS["audit"], "--show-only", "templates/audit-rbac.yaml").split("kind: ClusterRoleBinding")[0].splitlines()
    rules = [i for i, line in enumerate(lines) if line.startswith("- apiGroups")]
    groups = [i for i in rules if not lines[i - 3].startswith("- apiGroups")]
    assert len(rules) == 7 and all(lines[i - 1].startswith("#") for i in groups)


def test_openshift_chooses_users():
    assert pod(Objects(VARIANTS["audit"]))["securityContext"]["runAsUser"] == 65532
    assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(pod(Objects(VARIANTS["audit-log"]))["securityContext"])


def test_as_dressed_as_the_replicas():
    o = Objects(VARIANTS["dressed"])
    for key in ("imagePullSecrets", "nodeSelector", "tolerations"):
        assert pod(o)[key] == o.pod[key]
    assert pod(o)["containers"][0]["image"] == o.container["image"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"failOn": "always"}, "failOn"),
        ({"schedule": ""}, "schedule"),
        ({"publish": "yes"}, "publish"),
        ({"activeDeadlineSeconds": 5}, "activeDeadlineSeconds"),
        ({"suspend": True}, "suspend"),
        ({"extraArgs": ["--publish"]}, "extraArgs"),
        ({"extraArgs": ["--fail-on=deny"]}, "extraArgs"),
        ({"extraArgs": ["-o", "json"]}, "extraArgs"),
        ({"extraArgs": ["-ojson"]}, "extraArgs"),
        ({"extraArgs": ["--output", "json"]}, "extraArgs"),
        ({"extraArgs": ["--policies-configmap=x"]}, "extraArgs"),
    ],
)
def test_refused_by_name(values, named):
    run = template({"audit": values})
    assert run.returncode != 0 and named in run.stderr
