"""Namespaces in warn and audit, over HTTP: nothing is changed, nothing refused, whatever arrives; and all that enforce
would do stands in the audit annotations, the log and the metrics."""

import json

import pytest

from recipe import config_map
from reviews import STANDING_STILL, padded, pod, review
from server import LIMIT, Server, until

GROUP = "modes"
MODES = {"enforce-team": "enforce", "warn-team": "warn", "audit-team": "audit", "not-opted-in": None}
SILENT = {"name": "loud-team", "mode": "warn", "pssMode": "audit"}
HALF = {"name": "half-team", "mode": "enforce", "pssMode": "warn"}


def of(kind, resource, group=""):
    """The fields of a request that say what it is about."""
    return {"kind": {"group": group, "version": "v1", "kind": kind}, "resource": {"group": group, "version": "v1", "resource": resource}}


def namespace(name, mode, **annotations):
    labels = {"sparkgate.io/mode": mode} if mode else {}
    annotations = {"backendMode": "k8s", **annotations}
    found = {f"sparkgate.io/{key}": value for key, value in annotations.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels, "annotations": found}}


# Whoever is asked about, an exemption may be asked whether it is for him.
EXEMPTIONS = """apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- {id: others, owner: o, reason: r, expires: never, rules: [pss.hostPorts], namespaces: [others], names: ["a*"], users: [alice], groups: [admins]}
"""


@pytest.fixture(scope="module")
def modes(tmp_path_factory):
    directory = tmp_path_factory.mktemp("modes")
    layer = directory / "layer.yaml"
    layer.write_text(EXEMPTIONS)
    facts = directory / "facts.yaml"
    objects = [namespace(name, mode) for name, mode in MODES.items()] + [namespace(**SILENT), namespace(**HALF)]
    facts.write_text("\n---\n".join(json.dumps(o) for o in objects))
    with Server(directory / "server", "--policies", layer, facts=facts) as server:
        yield server


# ---- what cannot be read ----


def nul(namespace):
    body = config_map({"spark-defaults.conf": "spark.connect.x \0"})
    body["request"]["namespace"] = namespace
    return body


def values(namespace):
    body = config_map({"a": [0] * 200_001})
    body["request"]["namespace"] = namespace
    return body


def deep(namespace):
    body = config_map({"a": json.loads("[" * 80 + "]" * 80)})
    body["request"]["namespace"] = namespace
    return body


UNREAD = {
    "too large": (lambda namespace: padded(LIMIT + 1, namespace=namespace), 413, "the review is larger than 3 MiB"),
    "NUL": (nul, 400, "u0000 is not accepted"),
    "too many values": (values, 400, "values"),
    "too deep": (deep, 400, "deep"),
    "another namespace": (lambda namespace: review(pod(namespace="x"), namespace=namespace), 400, "metadata.namespace is 'x'"),
}


def line_of(server, uid):
    return until(lambda: next((line for line in server.log if line.get("uid") == uid), None), what="the log line")


@pytest.mark.parametrize("name", UNREAD)
@pytest.mark.parametrize("path", ["/mutate", "/validate"])
def test_unread_is_refused_in_enforce_alone(modes, path, name):
    build, code, why = UNREAD[name]
    for team, mode in MODES.items():
        body = build(team)
        answer = modes.post(path, body).review
        assert answer["uid"] == body["request"]["uid"] and "patch" not in answer
        assert answer["allowed"] is (mode != "enforce"), (team, answer)
        line = line_of(modes, body["request"]["uid"])
        assert why in line["error"] and line["namespace"] == team
        warnings, audit = answer.get("warnings", []), answer.get("auditAnnotations", {})
        if mode == "enforce":
            assert answer["status"]["code"] == code and why in answer["status"]["message"]
            assert (line["msg"], warnings, audit) == ("request refused", [], {})
            continue
        assert line["msg"] == "decision" and line.get("rules") == ("scope.unread" if mode else None)
        assert line["verdict"] is (mode is None)
        if mode:
            assert audit["violations"].startswith("deny scope.unread: not looked at: ") and audit["mode"] == mode
            assert why in audit["violations"]
        else:
            assert not audit
        assert [why in w and w.startswith("scope.unread: ") and len(w) <= 120 for w in warnings] == ([True] if mode == "warn" else [])


@pytest.mark.parametrize("team", [*MODES, "unheard-of"])
def test_unread_namespaces_are_refused(modes, team):
    """An object that nobody read may be the Namespace on its way into enforce."""
    unread = {"kind": "Namespace", "metadata": {"name": team, "annotations": {"x": "\0"}}}
    body = review(unread, namespace=team, operation="UPDATE", **of("Namespace", "namespaces"))
    answer = modes.post("/validate", body).review
    assert answer["allowed"] is False and answer["status"]["code"] == 400


def test_unread_in_an_unknown_namespace_is_refused(modes):
    for path in ("/mutate", "/validate"):
        assert modes.post(path, nul("unheard-of")).review["allowed"] is False


def test_the_object_does_not_name_its_namespace(modes):
    """What a tenant writes is not taken for the request's own word, wherever it stands."""
    quoted = '","namespace":"audit-team","x":"'
    for body in (
        review(pod(name=quoted, annotations={"x": "\0", "namespace": "audit-team"}), namespace="enforce-team", name=quoted),
        review({**pod(annotations={"x": "\0"}), "namespace": "audit-team"}, namespace="enforce-team"),
        review({**pod(annotations={"x": "\0"}), "request": {"namespace": "audit-team"}}, namespace="enforce-team"),
        # A name that fills up what is kept of a body: then nothing is known of the rest.
        review(pod(annotations={"x": "x" * LIMIT}), namespace="audit-team", resource={"x": "x" * 17_000}),
    ):
        answer = modes.post("/validate", body)
        assert answer.review["allowed"] is False, answer.body


def test_no_room_is_no_refusal_in_audit(start, modes):
    """A body that stands still holds all there is."""
    server = start("--max-inflight-bytes", "3Mi", facts=modes.directory.parent / "facts.yaml")
    raw = server.raw()
    raw.sendall(STANDING_STILL)
    until(lambda: server.metric("sparkgate_inflight_bytes") >= 2_500_000, what="its bytes")
    for team, mode in MODES.items():
        raw.sendall(b" ")  # it is silent for no longer than one of our own requests takes
        answer = server.post("/validate", padded(1_000_000, namespace=team)).review
        assert answer["allowed"] is (mode != "enforce"), (team, answer)
        if mode in ("warn", "audit"):
            assert "--max-inflight-bytes" in answer["auditAnnotations"]["violations"]
    raw.close()


# ---- what is said ----


def hostile(namespace):
    """Wrong backend, no hardening, and what no hardening mends."""
    body = review(namespace=namespace)
    body["request"]["object"]["spec"]["hostNetwork"] = True
    return body


def both(server, team):
    """What the two endpoints say: answers and log lines."""
    found = []
    for path in ("/mutate", "/validate"):
        body = hostile(team)
        answer = server.post(path, body).review
        found.append((answer, line_of(server, body["request"]["uid"])))
    return found


def ids(text):
    return set(text.split(",")) if text else set()


@pytest.mark.parametrize("team", ["warn-team", "audit-team"])
def test_log_names_what_would_be(modes, team):
    (enforced, line), _ = both(modes, "enforce-team")
    assert "wouldChange" not in line and line["changes"] > 5 and "patch" in enforced
    (mutated, first), (validated, second) = both(modes, team)
    assert mutated["allowed"] and validated["allowed"] and "patch" not in mutated
    assert (first["changes"], second["changes"], second["verdict"]) == (0, 0, False)
    changed = {change.split(": ")[0] for change in mutated["auditAnnotations"]["changes"].split("; ")}
    assert ids(first["wouldChange"]) == changed and "backend.master" in changed
    assert "pss.hostNamespaces" in ids(second["rules"]) and "wouldChange" not in second
    assert "deny pss.hostNamespaces: " in validated["auditAnnotations"]["violations"]


def test_log_tells_the_halves_apart(modes):
    (mutated, line), (validated, second) = both(modes, HALF["name"])
    assert (line["mode"], line["pssMode"]) == ("enforce", "warn") and mutated["auditAnnotations"]["pssMode"] == "warn"
    assert "patch" in mutated and line["changes"] > 0
    assert all(rule.startswith("pss.") for rule in ids(line.get("wouldChange")))
    assert validated["allowed"] is False and "PodSecurity" not in validated["status"]["message"]  # /validate saw it unrewritten
    assert any(w.startswith("would violate PodSecurity") for w in validated["warnings"])
    (mutated, line), (validated, second) = both(modes, SILENT["name"])
    assert mutated["allowed"] and validated["allowed"] and (line["mode"], line["pssMode"]) == ("warn", "audit")
    warnings = mutated["warnings"] + validated.get("warnings", [])
    assert any(w.startswith("backend.master: would change") for w in warnings)
    assert not any("pss." in w or "PodSecurity" in w for w in warnings)


def test_controllers_say_what_their_pods_would_be(modes):
    template = {k: pod()[k] for k in ("metadata", "spec")}
    deployment = {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": template}}
    body = review(deployment, namespace="audit-team", **of("Deployment", "deployments", "apps"))
    answer = modes.post("/validate", body).review
    line = line_of(modes, body["request"]["uid"])
    assert "backend.master" in ids(line["wouldChange"]) and "backend.master: " in answer["auditAnnotations"]["changes"]


def counts(server, mode):
    """Master would be changed; host's network would be refused; anything was changed."""
    return [server.metric("sparkgate_would_rewrite_total", rule="backend.master", mode=mode),
            server.metric("sparkgate_violations_total", rule="pss.hostNamespaces", action="deny", mode=mode),
            server.metric("sparkgate_rewrites_total")]  # fmt: skip


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_metrics_count_by_mode(modes, mode):
    before = counts(modes, mode)
    both(modes, f"{mode}-team")
    both(modes, f"{mode}-team")
    assert [b - a for a, b in zip(before, counts(modes, mode))] == [2, 2, 0]


def test_metrics_tell_the_halves_apart(modes):
    before = counts(modes, "warn")
    both(modes, HALF["name"])
    would, refused, made = (b - a for a, b in zip(before, counts(modes, "warn")))
    assert (would, refused) == (0, 1) and made > 5
    assert modes.metric("sparkgate_would_rewrite_total", mode="enforce") == 0
