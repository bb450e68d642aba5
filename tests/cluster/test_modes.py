"""enforce refuses, warn says, audit writes down; and kubectl shows it to people."""

import re

import pytest
import yaml
from bed.objects import changed, in_namespace, load_one, servers, settings, substance

POD, _ = servers()["argv"]
BAD = changed(POD, metadata__name="bad", spec__hostNetwork=True, spec__containers__0__securityContext={"privileged": True})
VALIDATE = "servers.validate.sparkgate.io"


def test_enforce_refuses_with_rules_and_places(api):
    answer = api.create(BAD, "enforce-k8s", dry_run=True)
    text = answer.refused(VALIDATE)
    assert text.startswith('sparkgate: Pod "bad" in namespace "enforce-k8s" (backendMode k8s, enforce): ')
    assert 'violates PodSecurity "restricted:latest": ' in text
    assert answer.status == 403 and answer.body["reason"] == "Forbidden" and answer.body["code"] == 403
    fields = [f for f, _ in answer.causes]
    assert "spec.hostNetwork" in fields and any("securityContext.privileged" in f for f in fields), answer.causes
    assert not any(w in text for w in answer.warnings)


@pytest.mark.parametrize("backend", ["k8s", "standalone"])
def test_warn_changes_nothing_and_says_it(api, backend):
    answer = api.create(BAD, f"warn-{backend}", dry_run=True)
    assert substance(answer.allowed()) == substance(api.create(BAD, "plain", dry_run=True).allowed())
    assert sum("would violate PodSecurity" in w for w in answer.warnings) == 1, answer.warnings
    if backend == "standalone":
        assert any("spark.master" in w or "backend." in w for w in answer.warnings), answer.warnings


@pytest.mark.parametrize("backend", ["k8s", "standalone"])
def test_audit_changes_nothing_and_is_silent(api, backend):
    answer = api.create(BAD, f"audit-{backend}", dry_run=True)
    assert substance(answer.allowed()) == substance(api.create(BAD, "plain", dry_run=True).allowed())
    assert answer.warnings == []
    notes = api.audit_annotations(answer)
    assert notes[f"{VALIDATE}/mode"] == "audit"
    assert "pss." in notes[f"{VALIDATE}/violations"]


def test_the_weaker_of_mode_and_pss_mode(api):
    warned = api.create(BAD, "pss-warn", dry_run=True)
    assert settings(warned.allowed())["spark.master"].startswith("k8s://")
    assert (
        "securityContext" not in warned.body["spec"]["containers"][0]
        or "capabilities" not in warned.body["spec"]["containers"][0]["securityContext"]
    )
    assert any("would violate PodSecurity" in w for w in warned.warnings)
    audited = api.create(BAD, "pss-audit", dry_run=True)
    audited.allowed()
    assert not any("PodSecurity" in w for w in audited.warnings)
    assert "pss." in api.audit_annotations(audited)[f"{VALIDATE}/violations"]


def test_baseline_asks_less(api):
    api.create(POD, "pss-baseline", dry_run=True).allowed()
    assert 'violates PodSecurity "baseline:latest"' in api.create(BAD, "pss-baseline", dry_run=True).refused(VALIDATE)


def test_an_explicit_bad_value_under_fill_and_force(api):
    bad = changed(POD, spec__securityContext={"runAsNonRoot": False})
    text = api.create(bad, "enforce-k8s", dry_run=True).refused(VALIDATE)
    assert "runAsNonRoot" in text and "force" in text
    assert api.create(bad, "harden-force", dry_run=True).allowed()["spec"]["securityContext"]["runAsNonRoot"] is True


def test_hardening_off_touches_no_security_field(api):
    text = api.create(POD, "harden-off", dry_run=True).refused(VALIDATE)
    assert "allowPrivilegeEscalation != false" in text


def test_what_is_hardened_passes_the_api_servers_own_pod_security(api):
    for name, (pod, _) in servers().items():
        api.create(pod, "both", dry_run=True).allowed(), name


# The oracle: Pod Security of the API server itself, asked about the same pods.
VIOLATIONS = {
    "nothing-set": {},
    "privileged": {"spec__containers__0__securityContext": {"privileged": True}},
    "host-namespaces": {"spec__hostNetwork": True, "spec__hostPID": True, "spec__hostIPC": True},
    "host-path": {"spec__volumes": [{"name": "host", "hostPath": {"path": "/"}}, {"name": "etc", "hostPath": {"path": "/etc"}}]},
    "host-port": {"spec__containers__0__ports": [{"containerPort": 15002, "hostPort": 15002}]},
    "added-capabilities": {"spec__containers__0__securityContext": {"capabilities": {"add": ["NET_ADMIN", "SYS_TIME"]}}},
    "unconfined": {"spec__securityContext": {"seccompProfile": {"type": "Unconfined"}}},
    "root-user": {"spec__securityContext": {"runAsUser": 0}},
    "unmasked-proc": {"spec__hostUsers": False, "spec__containers__0__securityContext": {"procMount": "Unmasked"}},
    "sysctls": {"spec__securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
    "selinux": {"spec__securityContext": {"seLinuxOptions": {"user": "u", "type": "spc_t"}}},
    "windows": {
        "spec__containers__0__securityContext": {"windowsOptions": {"hostProcess": True}, "runAsNonRoot": True},
        "spec__hostNetwork": True,
    },
    "host-probe": {"spec__containers__0__livenessProbe": {"tcpSocket": {"port": 15002, "host": "10.0.0.1"}}},
    "apparmor": {"spec__containers__0__securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
    "two-containers": {
        "spec__containers": [
            {"name": "spark", "image": "spark:4.1.1", "command": ["/opt/spark/sbin/start-connect-server.sh"]},
            {"name": "side", "image": "side:1", "securityContext": {"runAsUser": 0, "allowPrivilegeEscalation": True}},
        ]
    },
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_pod_security_speaks_upstreams_words(api, name):
    """The same reasons, in the same order and words, as the API server's own Pod Security gives."""
    pod = changed(load_one("probe.yaml"), **VIOLATIONS[name])
    native = api.create(pod, "native-restricted", dry_run=True).message
    reasons = re.search(r'violates PodSecurity "restricted:latest": .*', native)
    if not reasons:
        pytest.skip(f"the API server itself says: {native}")
    assert reasons.group() in api.create(pod, "harden-off", dry_run=True).refused(VALIDATE)


def test_a_warning_is_word_for_word_the_api_servers_own(api):
    native = api.create(BAD, "native-warn", dry_run=True).warnings
    ours = api.create(BAD, "warn-k8s", dry_run=True).warnings
    assert len(native) == 1 and native[0] in ours


def test_kubectl_prints_a_refusal(api):
    run = api.kubectl("create", "--dry-run=server", "-n", "enforce-k8s", "-f", "-", stdin=BAD, check=False)
    head = f'Error from server (Forbidden): error when creating "STDIN": admission webhook "{VALIDATE}" denied the request: '
    assert run.stderr.startswith(head), run.stderr
    assert run.stderr.removeprefix(head).startswith('sparkgate: Pod "bad" in namespace "enforce-k8s" (backendMode k8s, enforce): ')
    assert run.stderr.count("\n") == 1


def test_kubectl_prints_warnings(api):
    run = api.kubectl("create", "--dry-run=server", "-n", "warn-standalone", "-f", "-", stdin=BAD, check=True)
    lines = run.stderr.splitlines()
    assert lines and all(line.startswith("Warning: ") for line in lines), run.stderr
    assert any("would violate PodSecurity" in line for line in lines)
    assert run.stdout == "pod/bad created (server dry run)\n"
    others = [line for line in lines if "would violate PodSecurity" not in line]
    assert all(len(line) <= len("Warning: ") + 120 for line in others), others


def test_kubectl_prints_nothing_under_audit(api):
    run = api.kubectl("create", "--dry-run=server", "-n", "audit-standalone", "-f", "-", stdin=BAD, check=True)
    assert run.stderr == ""


def test_a_refused_file_of_several_objects_names_each(api):
    text = yaml.safe_dump_all([in_namespace(BAD, "enforce-k8s"), in_namespace(POD, "enforce-k8s")])
    run = api.kubectl("create", "--dry-run=server", "-f", "-", stdin=text, check=False)
    assert "pod/connect-argv-0 created (server dry run)" in run.stdout
    assert run.stderr.count("denied the request") == 1
